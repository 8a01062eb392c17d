/* customer.erased on a real broker and a real Redis: strings that stand for a person are where they
 * belong before it, and afterwards in no key, no compacted topic's newest records, no log, metric or
 * header, with workers killed in between; what is left lies in topics that keep nothing longer than
 * they say (deploy/docs/privacy.md). */
#include "base/clock.h"
#include "base/file.h"
#include "contract/contract.h"
#include "outside/redis.h"
#include "pipeline.h"
#include "redressctl/cases/erase.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRET       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER_SECRET "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define WHO                                                                                        \
    "'customer':{'id':'CANARYID','tier':'regular','locale':'zh-CN','name':'CANARYNAME','phone':"   \
    "'13899998888','email':'canary@mail.example'}"
#define TEXT "'text':'快递两天没动了，物流停滞 CANARYTEXT，请送到 CANARYADDRESS 路 7 号'"
#define CHAT "'conversation':'CANARYCHAT'"

enum { STEP_MS = PIPELINE_WITHIN_MS, FILE_MAX = 64 << 20, OTHERS = 20 };

/* What must be nowhere. Text and address are never kept outside topics of limited time. */
static const char *const canaries[] = {"CANARYID",   "CANARYNAME",    "99998888",  "canary@mail",
                                       "CANARYTEXT", "CANARYADDRESS", "CANARYCHAT"};
enum { CANARIES = sizeof canaries / sizeof *canaries };

struct scene {
    struct pipeline *pipeline;
    struct process *gateway;
    struct arena *arena;
};

/* Bytes may hold any. */
static const char *found_in(const char *bytes, size_t len) {
    for (int i = 0; i < CANARIES; i++)
        if (memmem(bytes, len, canaries[i], strlen(canaries[i]))) return canaries[i];
    return NULL;
}

/* ---- Topics ---- */

struct newest {
    char *key, *value;
    size_t value_len;
    bool in_headers;
};
struct newests {
    struct newest *at;
    int count;
};

static bool headers_hold(const struct raw *raw) {
    for (int i = 0; i < raw->header_count; i++)
        if (found_in(raw->headers[i].value, raw->headers[i].value_len)) return true;
    return false;
}

/* What compaction leaves: of each key the last record. */
static void keep_newest(void *context, const struct raw *raw) {
    struct newests *newests = context;
    char *key = strndup(raw->key ? raw->key : "", raw->key_len);
    struct newest *found = NULL;

    for (int i = 0; i < newests->count && !found; i++)
        if (strcmp(newests->at[i].key, key) == 0) found = &newests->at[i];
    if (found) {
        free(found->value);
        free(key);
    } else {
        newests->at = realloc(newests->at, sizeof *newests->at * (size_t)(newests->count + 1));
        found = &newests->at[newests->count++];
        found->key = key;
    }
    found->value_len = raw->value ? raw->value_len : 0;
    found->value =
        memcpy(malloc(found->value_len + 1), raw->value ? raw->value : "", found->value_len);
    found->in_headers = headers_hold(raw);
}

/* How many of the newest records of a compacted topic hold a canary. */
static int count_in_topic(struct scene *scene, enum topic topic, const char *worker, bool says) {
    struct newests newests = {0};
    int holding = 0;

    world_read(scene->pipeline->world, topic, worker, keep_newest, &newests);
    for (int i = 0; i < newests.count; i++) {
        const struct newest *at = &newests.at[i];
        const char *found = found_in(at->value, at->value_len);
        if (!found) found = found_in(at->key, strlen(at->key));
        if (!found && at->in_headers) found = "a header";
        if (found && says)
            print_message("%s %s: %s: %s\n", topic_name(topic), worker ? worker : "", found,
                          at->key);
        holding += found != NULL;
        free(at->key);
        free(at->value);
    }
    free(newests.at);

    return holding;
}

static int count_in_compacted(struct scene *scene, bool says) {
    return count_in_topic(scene, TOPIC_STATE, "sla", says) +
           count_in_topic(scene, TOPIC_STATE, "compensation", says) +
           count_in_topic(scene, TOPIC_STATE, "notification", says) +
           count_in_topic(scene, TOPIC_CLAIMS, NULL, says) +
           count_in_topic(scene, TOPIC_POLICIES, NULL, says);
}

/* All others let go of everything after the time that the documentation says. */
static void check_retention(struct scene *scene) {
    static const enum topic kept[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY,   TOPIC_DECISIONS,
                                      TOPIC_EVENTS,     TOPIC_DELIVERIES, TOPIC_SETTLEMENTS,
                                      TOPIC_ORDERS,     TOPIC_REJECTED};
    const int64_t day_ms = INT64_C(24) * 3600 * 1000;

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        char retention[32];
        char segment[32];
        char policy[32];
        struct err err;
        struct kafka_asker *asker = scene->pipeline->world->asker;
        if (kafka_topic_setting(asker, kept[i], "retention.ms", STEP_MS, retention,
                                sizeof retention, &err) ||
            kafka_topic_setting(asker, kept[i], "segment.ms", STEP_MS, segment, sizeof segment,
                                &err) ||
            kafka_topic_setting(asker, kept[i], "cleanup.policy", STEP_MS, policy, sizeof policy,
                                &err))
            fail_msg("%s: %s", topic_name(kept[i]), err.text);
        assert_string_equal(policy, "delete");
        int64_t kept_ms = atoll(retention) + atoll(segment);
        assert_in_range(kept_ms, day_ms, CONTRACT_PERSONAL_MS);
        print_message("%s: gone after %d days at most\n", topic_name(kept[i]),
                      (int)(kept_ms / day_ms));
    }
}

/* ---- Redis, logs, metrics ---- */

static const char *tell(struct scene *scene, struct redis *redis, const char *one, const char *two,
                        const char *three, const char *four) {
    struct redis_reply reply;
    struct err err;
    int words = 1 + (two != NULL) + (three != NULL) + (four != NULL);
    if (redis_ask(redis, scene->arena, &reply, &err, words, one, two, three, four))
        fail_msg("%s: %s", one, err.text);
    return reply.kind == REDIS_LIST ? reply.items[1].text : reply.text;
}

/* All that Redis holds, keys and values, as it would be on disk, not compressed. */
static const char *found_in_redis(struct scene *scene) {
    struct err err;
    struct redis *redis = redis_new(scene->pipeline->h->redis_url, &err);
    const char *bytes;
    size_t len;

    assert_non_null(redis);
    tell(scene, redis, "CONFIG", "SET", "rdbcompression", "no");
    tell(scene, redis, "SAVE", NULL, NULL, NULL);
    const char *path =
        arena_printf(scene->arena, "%s/%s", tell(scene, redis, "CONFIG", "GET", "dir", NULL),
                     tell(scene, redis, "CONFIG", "GET", "dbfilename", NULL));
    if (file_read(scene->arena, path, FILE_MAX, &bytes, &len, &err) < 0) fail_msg("%s", err.text);
    redis_free(redis);

    return found_in(bytes, len);
}

static void check_process(struct scene *scene, const struct process *process) {
    static char metrics[1 << 20];
    const char *bytes;
    size_t len;
    struct err err;

    if (file_read(scene->arena, process->log, FILE_MAX, &bytes, &len, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(len > 0);
    if (found_in(bytes, len)) fail_msg("%s holds %s", process->log, found_in(bytes, len));
    int port = harness_http_port(scene->pipeline->h, process);
    WAIT_FOR(net_http_get(port, "/metrics", metrics, sizeof metrics) == 200, PIPELINE_WITHIN_MS);
    const char *found = found_in(metrics, strlen(metrics));
    if (found) fail_msg("a metric of %s holds %s", process->name, found);
}

/* ---- The story ---- */

static void open_scene(struct scene *scene) {
    *scene = (struct scene){.pipeline = pipeline_new("erasure", 3), .arena = arena_new()};
    struct harness *h = scene->pipeline->h;
    const char *path = arena_printf(scene->arena, "%s/gateway.yaml", h->dir);
    const char *policy = arena_printf(scene->arena,
                                      "version: '1'\nlanes:\n  - {lane: file, takes: [others], "
                                      "file: {path: '%s/sent.jsonl'}}\n",
                                      h->dir);
    struct err err;

    if (file_write(path, policy, strlen(policy), &err)) fail_msg("%s", err.text);
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        process_env(scene->pipeline->workers[i], "REDRESS_PERSON_SECRET=%s", SECRET);
    scene->gateway = harness_worker(h, "gateway", 0);
    process_env(scene->gateway, "REDRESS_POLICY_DIR=%s", h->dir);
    pipeline_start(scene->pipeline);
    process_start(scene->gateway);
    harness_wait_ready(h, scene->gateway);
}

static void publish(struct scene *scene, const char *type, const char *id, int64_t time_ms,
                    const char *key, const char *data) {
    pipeline_publish(scene->pipeline, type, "/shop/app", id, time_ms, key, "%s", data);
}

/* A chat about an order, another order, and one without either; and others, who stay. */
static void complain(struct scene *scene, int64_t now_ms) {
    static const char *const own[] = {
        "{'channel':'im'," CHAT "," WHO ",'order':{'id':'A1001','status':'shipped','amount':{"
        "'currency':'CNY','minor':9900}}," TEXT "}",
        "{'channel':'email'," WHO ",'order':{'id':'A1002','status':'signed','amount':{'currency':"
        "'CNY','minor':19900}}," TEXT "}",
        "{'channel':'phone'," WHO "," TEXT "}"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        publish(scene, "complaint.submitted", arena_printf(scene->arena, "c-%zu", i), now_ms,
                arena_printf(scene->arena, "k%zu", i), own[i]);
    for (int i = 0; i < OTHERS; i++)
        publish(scene, "complaint.submitted", arena_printf(scene->arena, "o-%d", i), now_ms, "o",
                arena_printf(scene->arena,
                             "{'channel':'im','customer':{'id':'u-%d','tier':'regular','name':"
                             "'SOMEBODY','phone':'13812341234'},'text':'快递两天没动了'}",
                             i));
}

/* Opened and erased in one batch, when a worker reads both at once. */
static void complain_again(struct scene *scene, int64_t now_ms) {
    publish(scene, "complaint.submitted", "c-9", now_ms, "k8",
            "{'channel':'app'," WHO ",'order':{'id':'A1008','status':'signed','amount':{'currency':"
            "'CNY','minor':900}}," TEXT "}");
}

static void erase(struct scene *scene, const char *id, int64_t time_ms) {
    publish(scene, "customer.erased", id, time_ms, "CANARYID",
            "{'tenant':'default','customer_id':'CANARYID'}");
}

/* What he had said before, on its way until now: in the chat, and about a new order. */
static void say_late(struct scene *scene, int64_t time_ms) {
    publish(scene, "complaint.submitted", "late-1", time_ms, "k0",
            "{'channel':'im'," CHAT "," WHO "," TEXT "}");
    publish(scene, "complaint.submitted", "late-2", time_ms, "k9",
            "{'channel':'sms'," WHO ",'order':{'id':'A1009','status':'signed','amount':{'currency':"
            "'CNY','minor':900}}," TEXT "}");
}

static void kill_in_between(struct scene *scene) {
    process_kill(scene->pipeline->workers[PIPELINE_NOTIFICATION], SIGKILL);
    process_kill(scene->pipeline->workers[PIPELINE_COMPENSATION], SIGKILL);
    pipeline_start(scene->pipeline);
}

static int count_erased(struct scene *scene) {
    tail_catch_up(scene->pipeline->events);
    return tail_count(scene->pipeline->events, "case.erased", NULL);
}

/* ---- redressctl erase ---- */

/* What it says must hold `wanted`; it is in the arena. */
static const char *ask(struct scene *scene, const char *secret, const char *how, int status,
                       const char *wanted) {
    struct harness *h = scene->pipeline->h;
    struct buf said = {NULL, 0, 0};
    const char *set = arena_printf(scene->arena, "REDRESS_PERSON_SECRET=%s", secret);
    int got =
        harness_run(h, &said, STEP_MS, "env", set, "redressctl", "erase", "CANARYID", how, NULL);

    if (got != status || !said.at || !strstr(said.at, wanted))
        fail_msg("erase %s: expected %d and \"%s\": %d: %s", how, status, wanted, got, said.at);
    const char *text = arena_strdup(scene->arena, said.at);
    buf_free(&said);
    return text;
}

static void keep_complaints_for_a_day(struct scene *scene) {
    struct harness *h = scene->pipeline->h;
    char jars[300];
    struct buf said = {NULL, 0, 0};
    const char *name = arena_printf(scene->arena, "%s.complaints", h->prefix);

    harness_kafka_jars(jars, sizeof jars);
    if (harness_run(h, &said, STEP_MS, "java", "-cp", jars, "kafka.admin.ConfigCommand",
                    "--bootstrap-server", h->bootstrap, "--alter", "--entity-type", "topics",
                    "--entity-name", name, "--add-config", "retention.ms=86400000", NULL) != 0)
        fail_msg("%s", said.at);
    buf_free(&said);
}

/* How long after the erasure complaints are gone, as a report says. */
static int64_t complaints_ms(const char *report) {
    char erased[CLOCK_TEXT_MAX] = "";
    char until[CLOCK_TEXT_MAX] = "";
    int64_t erased_ms = 0;
    int64_t until_ms = 0;
    const char *first = strstr(report, "erased at ");
    const char *line = strstr(report, "erasure.complaints ");

    if (!first || !line || sscanf(first, "erased at %31s", erased) != 1 ||
        sscanf(line, "%*s %*d %31s", until) != 1)
        fail_msg("%s", report);
    erased[strlen(erased) - 1] = '\0'; /* the colon behind it */
    if (clock_parse(erased, &erased_ms) < 0 || clock_parse(until, &until_ms) < 0)
        fail_msg("\"%s\", \"%s\" in %s", erased, until, report);
    return until_ms - erased_ms;
}

/* The tool says it, sees the workers do it, and goes by what topics are set to; by another secret
 * it finds nothing. */
static void erase_by_tool(struct scene *scene) {
    const int64_t day_ms = INT64_C(24) * 3600 * 1000;
    const char *report = ask(scene, SECRET, "--wait=60s", 75, "\ngone  redis, notification ");

    assert_int_equal(complaints_ms(report), 31 * day_ms + ERASE_SETTLE_MS);
    keep_complaints_for_a_day(scene);
    report = ask(scene, SECRET, "--report", 75, "\nleft  erasure.notification.state ");
    assert_int_equal(complaints_ms(report), 2 * day_ms + ERASE_SETTLE_MS);
    ask(scene, OTHER_SECRET, "--report", 70, "no erasure of this customer is known");
}

static void nothing_is_left(void **unused) {
    (void)unused;
    struct scene scene;
    open_scene(&scene);
    int64_t now_ms = clock_now_ms();
    complain(&scene, now_ms - 60000);
    pipeline_wait_idle(scene.pipeline);
    /* Before: where it belongs, so that looking for it finds it. */
    int before = count_in_compacted(&scene, false);
    assert_true(before >= 5);
    assert_non_null(found_in_redis(&scene));
    assert_int_equal(count_in_topic(&scene, TOPIC_CLAIMS, NULL, true), 0);

    complain_again(&scene, now_ms - 50000);
    world_flush(scene.pipeline->world);
    erase(&scene, "e-1", now_ms - 30000);
    world_flush(scene.pipeline->world);
    kill_in_between(&scene);
    pipeline_wait_idle(scene.pipeline);
    say_late(&scene, now_ms - 40000);
    pipeline_wait_idle(scene.pipeline);

    assert_int_equal(count_in_compacted(&scene, true), 0);
    const char *found = found_in_redis(&scene);
    if (found) fail_msg("Redis holds %s", found);
    for (int i = 0; i < PIPELINE_WORKERS; i++) check_process(&scene, scene.pipeline->workers[i]);
    check_process(&scene, scene.gateway);
    check_retention(&scene);

    /* The record of it: each case once for each worker that held something; once more, nothing. */
    assert_int_equal(count_erased(&scene), 8);
    erase_by_tool(&scene);
    pipeline_wait_idle(scene.pipeline);
    assert_int_equal(count_erased(&scene), 8);
    pipeline_check_views(scene.pipeline);
    print_message("%d of the newest records held him before\n", before);
    arena_free(scene.arena);
    pipeline_close(scene.pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
