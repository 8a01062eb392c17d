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
    FIXED_ANSWER = 18,        /* length, correlation, throttle, count, error */
    ANSWER_WITHIN_MS = 240000 /* each is written to the controller's disk, which may be busy */
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

/* False: no answer in time, or another than that it is done, which is said. */
static bool is_done(struct harness *h, const char *request, size_t len) {
    char answer[FIXED_ANSWER];
    size_t got = net_exchange(h->kafka_port, request, len, answer, sizeof answer);
    bool done = got == sizeof answer && !answer[16] && !answer[17];

    if (!done)
        fprintf(stderr, "acls: request %d: %zu bytes, error %d\n", request[5], got,
                got == sizeof answer ? answer[17] : 0);
    return done;
}

/* Both requests have the same form: one binding, or one filter that matches it alone. Asked again
 * they change nothing more. */
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
    WAIT_FOR(is_done(h, request.at, len), ANSWER_WITHIN_MS);
}

void acls_grant(struct harness *h, const char *user, const struct permission *permission) {
    send(h, CREATE_ACLS, user, permission);
}

void acls_revoke(struct harness *h, const char *user, const struct permission *permission) {
    send(h, DELETE_ACLS, user, permission);
}

/* By Kafka's own program, which gives a broker a minute. */
static bool is_added(struct harness *h, const char *jars, const char *user, const char *password) {
    struct buf out = {0};
    char change[128];

    snprintf(change, sizeof change, "SCRAM-SHA-512=[password=%s]", password);
    int status =
        harness_run(h, &out, ANSWER_WITHIN_MS, "java", "-XX:TieredStopAtLevel=1", "-cp", jars,
                    "kafka.admin.ConfigCommand", "--bootstrap-server", h->bootstrap, "--alter",
                    "--add-config", change, "--entity-type", "users", "--entity-name", user, NULL);
    if (status != 0) fprintf(stderr, "kafka-configs: status %d: %s\n", status, out.at);
    buf_free(&out);
    return status == 0;
}

void acls_add_user(struct harness *h, const char *user, const char *password) {
    char jars[300];
    harness_kafka_jars(jars, sizeof jars);
    WAIT_FOR(is_added(h, jars, user, password), ANSWER_WITHIN_MS);
}
