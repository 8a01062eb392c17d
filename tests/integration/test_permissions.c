/* A Kafka with an authorizer and a Redis user with rules: the table of permissions is all that a
 * worker needs, each of them that is missing is named with the command that grants it, at start and
 * while the worker runs. */
#include "acls.h"
#include "base/clock.h"
#include "base/ids.h"
#include "pipeline.h"
#include "runtime/health.h"
#include "runtime/permissions_try.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define USER "worker"

enum { LIMIT_MS = PIPELINE_WITHIN_MS, PARTITIONS = 2, RUN_MS = 240000, BODY_MAX = 1 << 15 };

static struct harness *h;
static struct arena *arena;

static int setup(void **state) {
    (void)state;
    h = harness_new("permissions");
    h->secure = true;
    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, PARTITIONS);
    arena = arena_new();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(arena);
    harness_close(h);
    return 0;
}

/* ---- One worker's permissions, tried as it does at its start ---- */

struct trial {
    struct config_property kafka[5];
    struct config config;
    struct engine engine;
    bool with_redis;
    struct permission *list;
    int count;
};

static void begin(struct trial *trial, const struct worker_spec *spec, const char *redis_url) {
    memset(trial, 0, sizeof *trial);
    trial->kafka[0] = (struct config_property){"bootstrap.servers",
                                               arena_printf(arena, "127.0.0.1:%d", h->secure_port)};
    trial->kafka[1] = (struct config_property){"security.protocol", "SASL_PLAINTEXT"};
    trial->kafka[2] = (struct config_property){"sasl.mechanism", "PLAIN"};
    trial->kafka[3] = (struct config_property){"sasl.username", USER};
    trial->kafka[4] = (struct config_property){"sasl.password", ACLS_PASSWORD};
    trial->config = (struct config){.arena = arena,
                                    .kafka = trial->kafka,
                                    .kafka_count = 5,
                                    .topic_prefix = "redress",
                                    .redis_url = redis_url ? redis_url : "redis://127.0.0.1",
                                    .transaction_timeout_ms = 5000,
                                    .session_timeout_ms = 15000,
                                    .unproven_ms = 60000};
    trial->engine =
        (struct engine){.spec = spec, .config = &trial->config, .instance = "0", .arena = arena};
    trial->with_redis = redis_url != NULL;
    trial->engine.kafka = (struct kafka){.config = &trial->config, .worker = spec->name};
    trial->count = permissions_of(spec, "redress", arena, &trial->list);
}

/* Tried by handles of its own, as by a process that starts. */
static enum permissions_result try_once(struct trial *trial, struct err *err) {
    if (trial->with_redis) trial->engine.redis = redis_new(trial->config.redis_url, err);
    struct permissions *permissions = permissions_new(&trial->engine);
    enum permissions_result result = permissions_try_all(permissions, err);
    permissions_free(permissions);
    redis_free(trial->engine.redis);
    trial->engine.redis = NULL;
    return result;
}

static const char *readiness(void) {
    struct buf body = {0};
    health_turned(false);
    assert_int_equal(health_serve_ready(NULL, NULL, &body), 503);
    const char *text = arena_strndup(arena, body.at, body.len);
    buf_free(&body);
    return text;
}

/* A worker that is not ready names them all, a line each. */
static int count_unproven(void) {
    int count = 0;
    for (const char *at = readiness(); (at = strstr(at, "not proven for ")); at++) count++;
    return count;
}

static void expect_good(struct trial *trial) {
    struct err err = {""};
    int64_t end_ms = wait_now_ms() + LIMIT_MS;
    while (try_once(trial, &err) != PERMISSIONS_DONE) {
        if (wait_now_ms() > end_ms) fail_msg("redress-%s: %s", trial->engine.spec->name, err.text);
    }
    assert_int_equal(count_unproven(), 0);
}

/* This one is named, with what grants it, and no other. */
static void expect_named(struct trial *trial, const char *what, const char *remedy) {
    struct err err = {""};
    int64_t end_ms = wait_now_ms() + LIMIT_MS;
    while (try_once(trial, &err) != PERMISSIONS_MISSING || count_unproven() != 1 ||
           !strstr(readiness(), what) || !strstr(readiness(), remedy))
        if (wait_now_ms() > end_ms)
            fail_msg("redress-%s: expected \"%s\" and \"%s\" alone in\n%s%s",
                     trial->engine.spec->name, what, remedy, readiness(), err.text);
}

static void try_each(const struct worker_spec *spec) {
    struct trial trial;
    begin(&trial, spec, NULL);
    for (int i = 0; i < trial.count; i++) acls_grant(h, USER, &trial.list[i]);
    expect_good(&trial);
    for (int i = 0; i < trial.count; i++) {
        acls_revoke(h, USER, &trial.list[i]);
        expect_named(&trial, permissions_name(&trial.list[i], arena),
                     permissions_grant(&trial.list[i], USER, arena));
        acls_grant(h, USER, &trial.list[i]);
        expect_good(&trial);
    }
    print_message("redress-%s: %d permissions\n", spec->name, trial.count);
    for (int i = 0; i < trial.count; i++) acls_revoke(h, USER, &trial.list[i]);
}

static void each_missing_permission_is_named(void **state) {
    (void)state;
    for (const struct worker_spec *const *spec = pipeline_specs; *spec; spec++) try_each(*spec);
}

/* ---- Redis ---- */

static void tell_redis(const char *rule) {
    struct err err;
    struct redis_reply reply;
    struct redis *redis = redis_new(h->redis_url, &err);
    const char *argv[128];
    int argc = 0;
    for (char *rest, *word = strtok_r(arena_strdup(arena, rule), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    redis_add(redis, argc, argv, NULL);
    struct redis_reply *replies;
    int count;
    if (redis_exchange(redis, arena, &replies, &count, &err)) fail_msg("%s: %s", rule, err.text);
    reply = replies[0];
    assert_int_equal(reply.kind, REDIS_TEXT);
    redis_free(redis);
}

static void try_redis_of(const struct worker_spec *spec) {
    struct trial trial;
    struct permission_texts texts;
    begin(&trial, spec, arena_printf(arena, "redis://worker:secret@127.0.0.1:%d/0", h->redis_port));
    permissions_of_redis(spec, "redress", arena, &texts);
    const char *rule =
        arena_printf(arena, "%s >secret", permissions_redis_grant(&texts, "worker", arena));
    for (int i = 0; i < trial.count; i++) acls_grant(h, USER, &trial.list[i]);
    tell_redis(rule);
    expect_good(&trial);
    for (int i = 0; i < texts.command_count; i++) {
        const char *command = texts.commands[i];
        bool carries =
            strchr(command, '|') || strcmp(command, "evalsha") == 0 || strcmp(command, "info") == 0;
        if (carries) continue; /* without them nothing can be asked */
        tell_redis(arena_printf(arena, "ACL SETUSER worker -%s", command));
        expect_named(&trial, arena_printf(arena, "Redis command %s", command),
                     arena_printf(arena, "ACL SETUSER worker +%s", command));
        tell_redis(rule);
    }
    for (int i = 0; i < texts.key_count; i++) {
        struct buf others = {0};
        buf_puts(&others, "ACL SETUSER worker resetkeys ~other");
        for (int k = 0; k < texts.key_count; k++)
            if (k != i) buf_printf(&others, " ~%s", texts.keys[k]);
        tell_redis(others.at);
        expect_named(&trial, arena_printf(arena, "Redis keys %s", texts.keys[i]),
                     arena_printf(arena, "ACL SETUSER worker ~%s", texts.keys[i]));
        buf_puts(&others,
                 arena_printf(arena, " %%R~%s", texts.keys[i])); /* not even reading alone */
        tell_redis(others.at);
        if (texts.key_count > 1)
            expect_named(&trial, arena_printf(arena, "Redis keys %s", texts.keys[i]),
                         arena_printf(arena, "ACL SETUSER worker ~%s", texts.keys[i]));
        buf_free(&others);
        tell_redis(rule);
    }
    expect_good(&trial);
    print_message("redress-%s: %d commands and %d patterns of keys\n", spec->name,
                  texts.command_count, texts.key_count);
    for (int i = 0; i < trial.count; i++) acls_revoke(h, USER, &trial.list[i]);
}

static void each_missing_command_is_named(void **state) {
    (void)state;
    try_redis_of(pipeline_specs[PIPELINE_INTAKE]);
    try_redis_of(pipeline_specs[PIPELINE_COMPENSATION]); /* a view, and claims */
}

/* ---- A worker ---- */

static void secure(struct process *worker, const char *user) {
    process_env(worker, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%d", h->secure_port);
    process_env(worker, "REDRESS_KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT");
    process_env(worker, "REDRESS_KAFKA_SASL_MECHANISM=PLAIN");
    process_env(worker, "REDRESS_KAFKA_SASL_USERNAME=%s", user);
    process_env(worker, "REDRESS_KAFKA_SASL_PASSWORD=" ACLS_PASSWORD);
    process_env(worker, "REDRESS_UNPROVEN_FOR=3s");
}

static bool says(const struct process *worker, int status, const char *text) {
    static char body[BODY_MAX];
    return net_http_get(harness_http_port(h, worker), "/readyz", body, sizeof body) == status &&
           (!text || strstr(body, text));
}

static struct permission *find(struct trial *trial, enum kafka_resource resource, const char *name,
                               enum kafka_operation operation) {
    for (int i = 0; i < trial->count; i++)
        if (trial->list[i].resource == resource && trial->list[i].operation == operation &&
            strcmp(trial->list[i].name, name) == 0)
            return &trial->list[i];
    fail_msg("no permission about %s", name);
    return NULL;
}

/* Without it the worker is no longer ready, and says why; with it, it is again, by itself. */
static void take_away(struct process *worker, struct trial *trial, enum kafka_resource resource,
                      const char *name, enum kafka_operation operation) {
    struct permission *permission = find(trial, resource, name, operation);
    const char *what = permissions_name(permission, arena);
    acls_revoke(h, USER, permission);
    WAIT_FOR(says(worker, 503, what), LIMIT_MS);
    double unproven =
        harness_metric(h, worker, arena_printf(arena, "redress_unproven{what=\"%s\"}", what));
    acls_grant(h, USER, permission);
    WAIT_FOR(says(worker, 200, NULL), LIMIT_MS);
    assert_true(process_running(worker));
    assert_true(unproven == 1);
    print_message("without %s it is not ready\n", what);
}

static void a_worker_says_what_it_lacks(void **state) {
    (void)state;
    struct trial trial;
    struct process *sla = harness_worker(h, "sla", 1);
    begin(&trial, &sla_spec, NULL);
    secure(sla, USER);
    process_start(sla);
    WAIT_FOR(process_log_count(sla, "\"message\":\"not permitted\"") >= trial.count, LIMIT_MS);
    for (int i = 0; i < trial.count; i++) {
        const char *what = permissions_name(&trial.list[i], arena);
        assert_true(process_log_count(sla, permissions_grant(&trial.list[i], USER, arena)) > 0);
        assert_true(says(sla, 503, what));
    }
    for (int i = 0; i < trial.count; i++) acls_grant(h, USER, &trial.list[i]);
    harness_wait_ready(h, sla);

    take_away(sla, &trial, KAFKA_TOPIC, "redress.complaints", KAFKA_DESCRIBE);
    take_away(sla, &trial, KAFKA_GROUP, "redress-intake", KAFKA_DESCRIBE);
    take_away(sla, &trial, KAFKA_TOPIC, "redress.rejected", KAFKA_WRITE);
    take_away(sla, &trial, KAFKA_TOPIC, "redress.sla.state", KAFKA_DESCRIBE_CONFIGS);
    acls_revoke(h, USER, find(&trial, KAFKA_TRANSACTIONAL_ID, "redress-sla-", KAFKA_WRITE));
    WAIT_FOR(says(sla, 503, "ransactional"),
             LIMIT_MS); /* tried by every transaction, and idle ones */
    acls_grant(h, USER, find(&trial, KAFKA_TRANSACTIONAL_ID, "redress-sla-", KAFKA_WRITE));
    WAIT_FOR(says(sla, 200, NULL), LIMIT_MS);
    for (int i = 0; i < trial.count; i++) acls_revoke(h, USER, &trial.list[i]);
    process_kill(sla, SIGKILL);
    sla->pid = 0;
}

/* ---- All of them ---- */

/* Each signs in under its own name, with its own permissions and nothing else. */
static void start_with_its_own(struct pipeline *pipeline, int number) {
    const struct worker_spec *spec = pipeline_specs[number];
    struct process *worker = pipeline->workers[number] = harness_worker(h, spec->name, 0);
    struct permission *list;
    struct permission_texts texts;
    int count = permissions_of(spec, "redress", arena, &list);
    for (int i = 0; i < count; i++) acls_grant(h, spec->name, &list[i]);
    secure(worker, spec->name);
    permissions_of_redis(spec, "redress", arena, &texts);
    if (texts.command_count) {
        tell_redis(
            arena_printf(arena, "%s >secret", permissions_redis_grant(&texts, spec->name, arena)));
        process_env(worker, "REDRESS_REDIS_URL=redis://%s:secret@127.0.0.1:%d/0", spec->name,
                    h->redis_port);
    }
    process_env(worker, "REDRESS_LATE_SETTLE=1s");
    process_env(worker,
                "REDRESS_UNPROVEN_FOR=1s"); /* so that whatever is lacking is noticed soon */
    process_start(worker);
}

/* From a complaint to an offer, a message and a breach: the table has everything that is needed for
 * it. */
static void the_table_is_enough(void **state) {
    (void)state;
    enum { LATE_MS = 3 * 24 * 3600 * 1000 };
    struct pipeline own = {.h = h, .world = world_open(h)}, *pipeline = &own;
    char route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
    pipeline->events = tail_open(pipeline->world, TOPIC_EVENTS);
    for (int i = 0; i < PIPELINE_WORKERS; i++) start_with_its_own(pipeline, i);
    for (int i = 0; i < PIPELINE_WORKERS; i++) harness_wait_ready(h, pipeline->workers[i]);
    ids_route("default", "order:P1", route);
    ids_case(route, "/shop/app", "p-1", case_id);
    pipeline_publish(
        pipeline, "complaint.submitted", "/shop/app", "p-1", clock_now_ms() - LATE_MS, route,
        "{'channel':'app','customer':{'id':'u-1','tier':'regular'},'order':{'id':'P1','status':'"
        "signed','amount':{'currency':'CNY','minor':8900}},'text':'收到的包有瑕疵，皮面上有划痕'}");
    world_flush(pipeline->world);
    static const char *const types[] = {
        "case.opened",           "case.classified",        "sla.started",
        "compensation.proposed", "notification.requested", "sla.breached"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        tail_wait(pipeline->events, types[i], case_id, 1, LIMIT_MS);
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        WAIT_FOR(says(pipeline->workers[i], 200, NULL), LIMIT_MS);
    tail_close(pipeline->events);
    world_close(pipeline->world);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_missing_permission_is_named),
                                       cmocka_unit_test(each_missing_command_is_named),
                                       cmocka_unit_test(a_worker_says_what_it_lacks),
                                       cmocka_unit_test(the_table_is_enough)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
