/* health: a short list under a lock. Nothing is asked here: the loop says what it found. */
#include "runtime/health.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "runtime/vitals.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    STANDS_MS = 60000, /* /healthz fails when the loop has not turned for so long */
    THINGS_MAX = 100, /* a worker needs some 40: the contract's topics, groups, commands and keys */
    WHAT_MAX = 160,
    WHY_MAX = 600
};

struct thing {
    char what[WHAT_MAX], why[WHY_MAX];
    int64_t since_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct thing things[THINGS_MAX];
static int thing_count;
static char waits[WHY_MAX], remark[WHY_MAX];
static int64_t limit_ms = STANDS_MS;
static _Atomic int64_t last_turn_ms;
static _Atomic int ready;

static struct metric *unproven_metric(void) {
    return metrics_gauge(
        "redress_unproven",
        "1 while something that this worker needs could not be had when tried last.", "what");
}

void health_init(int64_t new_limit_ms) {
    limit_ms = new_limit_ms;
    (void)unproven_metric();
}

void health_turned(bool is_ready) {
    last_turn_ms = clock_boot_ms();
    ready = is_ready;
}

/* ---- Things ---- */

static struct thing *find(const char *what) {
    for (int i = 0; i < thing_count; i++)
        if (strncmp(things[i].what, what, WHAT_MAX - 1) == 0) return &things[i];
    return NULL;
}

static void note(const char *what, const char *why) {
    struct thing *thing = find(what);

    if (!thing && thing_count == THINGS_MAX) return;
    if (!thing) {
        thing = &things[thing_count++];
        thing->since_ms = clock_boot_ms();
    }
    snprintf(thing->what, sizeof thing->what, "%s", what);
    snprintf(thing->why, sizeof thing->why, "%s", why);
}

void health_unproven(const char *what, const char *why) {
    pthread_mutex_lock(&lock);
    note(what, why);
    pthread_mutex_unlock(&lock);
    metrics_set(unproven_metric(), what, 1);
}

void health_proven(const char *what) {
    pthread_mutex_lock(&lock);
    struct thing *thing = find(what);
    if (thing) *thing = things[--thing_count];
    pthread_mutex_unlock(&lock);
    if (thing) metrics_set(unproven_metric(), what, 0);
}

void health_waits(const char *message, const char *detail) {
    pthread_mutex_lock(&lock);
    waits[0] = 0;
    if (message) snprintf(waits, sizeof waits, "%s: %s", message, detail ? detail : "");
    pthread_mutex_unlock(&lock);
}

void health_remark(const char *text) {
    pthread_mutex_lock(&lock);
    snprintf(remark, sizeof remark, "%s", text ? text : "");
    pthread_mutex_unlock(&lock);
}

/* ---- Answers ---- */

static int serve_health(void *context, const char *query, struct buf *body) {
    (void)context, (void)query;
    bool turning = clock_boot_ms() - last_turn_ms < STANDS_MS;
    buf_puts(body, turning ? "ok\n" : "the loop stands still\n");
    if (turning) return 200;
    return 503;
}

/* What has been missing for too long; all that is missing while the worker is not ready anyway. */
static int list_things(bool all, struct buf *body) {
    int listed = 0;

    for (int i = 0; i < thing_count; i++) {
        int64_t for_ms = clock_boot_ms() - things[i].since_ms;
        if (!all && for_ms < limit_ms) continue;
        buf_printf(body, "not proven for %lld s: %s: %s\n", (long long)for_ms / 1000,
                   things[i].what, things[i].why);
        listed++;
    }

    return listed;
}

int health_serve_ready(void *context, const char *query, struct buf *body) {
    (void)context, (void)query;
    bool runs = ready;
    pthread_mutex_lock(&lock);
    if (!runs)
        buf_printf(body, "not ready: %s\n",
                   waits[0] ? waits : "waiting for Kafka, Redis or an assignment");
    int missing = list_things(!runs, body);
    bool fails = !runs || missing;
    if (!fails) buf_puts(body, "ready\n");
    if (remark[0]) buf_printf(body, "%s\n", remark);
    pthread_mutex_unlock(&lock);

    if (fails) return 503;
    return 200;
}

static int serve_metrics(void *context, const char *query, struct buf *body) {
    (void)context, (void)query;
    metrics_print(body);
    vitals_print(body);
    return 200;
}

int health_serve(const char *listen, struct http **http_out) {
    static const struct http_route routes[] = {
        {"/metrics", "text/plain; version=0.0.4", serve_metrics},
        {"/healthz", "text/plain", serve_health},
        {"/readyz", "text/plain", health_serve_ready},
        {NULL, NULL, NULL}};
    struct err err;

    *http_out = NULL;
    if (!listen) return 0;
    *http_out = http_start(listen, routes, NULL, &err);
    if (!*http_out) {
        log_say(LOG_ERROR, "no http", "error", err.text, NULL);
        return -1;
    }
    log_say(LOG_INFO, "http is served", "port", log_int(http_port(*http_out)), NULL);
    return 0;
}
