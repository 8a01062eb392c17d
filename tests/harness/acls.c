/* acls: see acls.h. */
#include "acls.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CREATE_ACLS = 30,
    DELETE_ACLS = 31,
    VERSION = 1,
    ALLOW = 3,
    LITERAL = 3,
    PREFIXED = 4,
    FIXED_ANSWER = 18, /* length, correlation, throttle, count, error */
};

struct request {
    char at[1024];
    size_t len;
};

static void put(struct request *request, uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        request->at[request->len++] = (char)(value >> shift);
}

static void put_text(struct request *request, const char *text) {
    put(request, strlen(text), 2);
    memcpy(request->at + request->len, text, strlen(text));
    request->len += strlen(text);
}

static int resource_code(enum kafka_resource resource) {
    static const int codes[] = {[KAFKA_TOPIC] = 2, [KAFKA_GROUP] = 3, [KAFKA_TRANSACTIONAL_ID] = 5};
    return codes[resource];
}

static int operation_code(enum kafka_operation operation) {
    static const int codes[] = {
        [KAFKA_READ] = 3, [KAFKA_WRITE] = 4, [KAFKA_DESCRIBE] = 8, [KAFKA_DESCRIBE_CONFIGS] = 10};
    return codes[operation];
}

/* Both requests have the same form: one binding, or one filter that matches it alone. */
static void send(struct harness *h, int api, const char *user,
                 const struct permission *permission) {
    char principal[64];
    struct request request = {.len = 4}; /* the length is put in at the end */

    put(&request, (uint64_t)api, 2);
    put(&request, VERSION, 2);
    put(&request, 7, 4); /* correlation */
    put_text(&request, "test");
    put(&request, 1, 4); /* one */
    put(&request, (uint64_t)resource_code(permission->resource), 1);
    put_text(&request, permission->name);
    put(&request, permission->prefixed ? PREFIXED : LITERAL, 1);
    snprintf(principal, sizeof principal, "User:%s", user);
    put_text(&request, principal);
    put_text(&request, "*");
    put(&request, (uint64_t)operation_code(permission->operation), 1);
    put(&request, ALLOW, 1);
    size_t len = request.len;
    request.len = 0;
    put(&request, len - 4, 4);
    char answer[FIXED_ANSWER];
    size_t got = net_exchange(h->kafka_port, request.at, len, answer, sizeof answer);
    if (got != sizeof answer || answer[16] || answer[17])
        wait_fail("acls: request %d about %s: %zu bytes, error %d", api, permission->name, got,
                  got > 17 ? answer[17] : 0);
}

void acls_grant(struct harness *h, const char *user, const struct permission *permission) {
    send(h, CREATE_ACLS, user, permission);
}

void acls_revoke(struct harness *h, const char *user, const struct permission *permission) {
    send(h, DELETE_ACLS, user, permission);
}
