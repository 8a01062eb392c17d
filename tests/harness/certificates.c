/* certificates: see the header. */
#include "certificates.h"
#include "base/file.h"

#include <string.h>

enum { MAKE_MS = 240000, FILE_MAX = 1 << 16 };

#define NEW_KEY "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"

const char *certificates_path(struct harness *h, struct arena *arena, const char *file) {
    return arena_printf(arena, "%s/%s", h->dir, file);
}

static void expect_made(int status, struct buf *out) {
    if (status != 0) wait_fail("openssl: status %d: %s", status, out->at ? out->at : "");
    buf_free(out);
}

void certificates_authority(struct harness *h, const char *name) {
    struct arena *arena = arena_new();
    struct buf out = {0};

    int status =
        harness_run(h, &out, MAKE_MS, "openssl", "req", "-x509", NEW_KEY, "-days", "2", "-subj",
                    arena_printf(arena, "/CN=%s", name), "-keyout",
                    certificates_path(h, arena, arena_printf(arena, "%s.key", name)), "-out",
                    certificates_path(h, arena, arena_printf(arena, "%s.pem", name)), NULL);
    expect_made(status, &out);
    arena_free(arena);
}

/* openssl of 3.0 cannot be told when a certificate's time is over: the clock is. */
void certificates_issue(struct harness *h, const char *authority, const char *name,
                        const char *subject, const char *names, bool over) {
    struct arena *arena = arena_new();
    struct buf out = {0};

    int status =
        harness_run(h, &out, MAKE_MS, "faketime", over ? "3 days ago" : "1 minute ago", "openssl",
                    "req", "-x509", NEW_KEY, "-days", "2", "-extensions", "usr_cert", "-addext",
                    arena_printf(arena, "subjectAltName=%s", names), "-subj", subject, "-CA",
                    certificates_path(h, arena, arena_printf(arena, "%s.pem", authority)), "-CAkey",
                    certificates_path(h, arena, arena_printf(arena, "%s.key", authority)),
                    "-keyout", certificates_path(h, arena, arena_printf(arena, "%s.key", name)),
                    "-out", certificates_path(h, arena, arena_printf(arena, "%s.pem", name)), NULL);
    expect_made(status, &out);
    arena_free(arena);
}

void certificates_join(struct harness *h, const char *name) {
    struct arena *arena = arena_new();
    struct buf both = {0};
    struct err err;
    static const char *const endings[] = {"key", "pem"};

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const char *bytes;
        size_t len;
        const char *file = arena_printf(arena, "%s.%s", name, endings[i]);
        if (file_read(arena, certificates_path(h, arena, file), FILE_MAX, &bytes, &len, &err) < 0)
            wait_fail("%s", err.text);
        buf_add(&both, bytes, len);
    }
    const char *joined = certificates_path(h, arena, arena_printf(arena, "%s.both", name));
    if (file_write(joined, both.at, both.len, &err) < 0) wait_fail("%s", err.text);
    buf_free(&both);
    arena_free(arena);
}

void certificates_on_redis(struct harness *h, const char *name, int port, bool asks) {
    struct arena *arena = arena_new();
    struct buf out = {0};

    int status = harness_run(
        h, &out, MAKE_MS, "redis-cli", "-p", arena_printf(arena, "%d", h->redis_port), "CONFIG",
        "SET", "tls-cert-file", certificates_path(h, arena, arena_printf(arena, "%s.pem", name)),
        "tls-key-file", certificates_path(h, arena, arena_printf(arena, "%s.key", name)),
        "tls-ca-cert-file", certificates_path(h, arena, "ca.pem"), "tls-auth-clients",
        asks ? "yes" : "no", "tls-port", arena_printf(arena, "%d", port), NULL);
    if (status != 0 || !out.at || strncmp(out.at, "OK", 2) != 0)
        wait_fail("redis: status %d: %s", status, out.at ? out.at : "");
    buf_free(&out);
    arena_free(arena);
}
