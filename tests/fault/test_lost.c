/* A Redis that has lost, or was given, something in the middle of a view, under running workers:
 * the view is made anew, no case becomes unknown, and what a newer version wrote is carried along.
 * One stack for all tests. */
#include "base/clock.h"
#include "base/ids.h"
#include "compensation/compensation.h"
#include "faults.h"
#include "intake/intake.h"
#include "outside/redis.h"
#include "pipeline.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PARTITIONS = 8, CASES = 24 };

static struct pipeline *stack;
static struct redis *redis;
static struct arena *arena;
static const struct worker_spec *const specs[] = {&intake_spec, &sla_spec, &compensation_spec,
                                                  NULL};
static const enum pipeline_worker used[] = {PIPELINE_INTAKE, PIPELINE_SLA, PIPELINE_COMPENSATION};

struct subject {
    char id[IDS_CASE_LEN + 1], route[IDS_ROUTE_LEN + 1];
    int shard;
};
static struct subject subjects[CASES];

/* ---- The stack ---- */

static void wait_idle(void) {
    world_flush(stack->world);
    world_wait_idle(stack->world, specs, FAULTS_STEP_MS);
}

static void subject_of(int i, struct subject *out) {
    char routed_by[64], number[32];
    snprintf(number, sizeof number, "lost-%d", i);
    snprintf(routed_by, sizeof routed_by, "conversation:%s", number);
    ids_route("default", routed_by, out->route);
    ids_case(out->route, "/desk", number, out->id);
    out->shard = ids_partition(out->route, strlen(out->route), PARTITIONS);
}

static void complain(int i) {
    char number[32];
    snprintf(number, sizeof number, "lost-%d", i);
    pipeline_publish(stack, "complaint.submitted", "/desk", number, clock_now_ms(),
                     subjects[i].route,
                     "{'channel':'phone','customer':{'id':'caller-%d','tier':'regular'},'"
                     "conversation':'%s','text':'it is late'}",
                     i, number);
}

static void contact(int i, const char *what) {
    const char *id = arena_printf(arena, "%s-%d", what, i);
    pipeline_publish(stack, "case.contacted", "/desk", id, clock_now_ms(), subjects[i].route,
                     "{'case_id':'%s','by':'anna'}", subjects[i].id);
}

static int open_stack(void **state) {
    (void)state;
    struct err err;
    stack = pipeline_new("lost", PARTITIONS);
    redis = redis_new(stack->world->config.redis_url, &err);
    arena = arena_new();
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) process_start(stack->workers[used[i]]);
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        harness_wait_ready(stack->h, stack->workers[used[i]]);
    for (int i = 0; i < CASES; i++) subject_of(i, &subjects[i]);
    for (int i = 0; i < CASES; i++) complain(i);
    wait_idle();
    return 0;
}

static int close_stack(void **state) {
    (void)state;
    redis_free(redis);
    arena_free(arena);
    pipeline_close(stack);
    return 0;
}

/* "DEL sla:case:*": worker:key, `*` the case's id; at most six words. */
static struct redis_reply tell(const struct subject *subject, const char *command) {
    const char *words[6] = {NULL};
    struct redis_reply reply;
    struct err err;
    int count = 0;
    for (char *rest, *word = strtok_r(arena_strdup(arena, command), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':'), *star = strchr(word, '*');
        const char *id = star ? subject->id : "";
        if (star) *star = 0;
        if (colon) *colon = 0;
        words[count++] = colon ? arena_printf(arena, "%s:{%s.%d}:%s%s", stack->h->prefix, word,
                                              subject->shard, colon + 1, id)
                               : arena_printf(arena, "%s%s", word, id);
    }
    if (redis_ask(redis, arena, &reply, &err, count, words[0], words[1], words[2], words[3],
                  words[4], words[5]))
        fail_msg("%s: %s", command, err.text);
    return reply;
}

static bool views_are_whole(void) {
    struct buf diff = {0};
    int lines;
    bool whole = world_check_view(stack->world, &sla_spec, &diff, &lines) == 0 &&
                 world_check_view(stack->world, &compensation_spec, &diff, &lines) == 0;
    buf_free(&diff);
    return whole;
}

static void count_record(void *context, const struct raw *raw) {
    (void)raw;
    ++*(int *)context;
}

static int rejected(void) {
    int count = 0;
    world_read(stack->world, TOPIC_REJECTED, NULL, count_record, &count);
    return count;
}

static void all_run(void) {
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        assert_true(process_running(stack->workers[used[i]]));
}

/* ---- What is lost ---- */

static void whatever_is_lost_comes_back(void **state) {
    (void)state;
    static const struct {
        const char *command, *more;
    } rows[] = {
        {"DEL sla:case:*", NULL},
        {"DEL compensation:private:*", NULL},
        {"ZREM sla:by:wake_at *", NULL},
        {"DEL sla:by:wake_at", NULL},
        {"DEL sla:by:resolution_due", NULL},
        {"DEL sla:count:status", NULL},
        {"HDEL sla:case:* tier", NULL},
        {"HSET sla:case:* opened_at soon", NULL},
        {"DEL sla:totals", NULL},
        {"DEL compensation:asleep", NULL},
        {"DEL compensation:case:*", NULL},
        {"DEL sla:case:*", "SET sla:case:* x"},
        {"HSET sla:case:* status closed", NULL},
        {"ZADD sla:by:wake_at 99999999999999 *", NULL},
        {"DEL sla:applied", "SADD sla:applied x"},
    };
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct subject *subject = &subjects[i % CASES];
        struct redis_reply reply = tell(subject, rows[i].command);
        if (rows[i].more) tell(subject, rows[i].more);
        assert_true(reply.kind == REDIS_NUMBER);
        if (i % 3 == 0) contact((int)i % CASES, "at-once"); /* an event about it comes at once */
        WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
        print_message("%s, shard %d: the view is whole again\n", rows[i].command, subject->shard);
    }
    wait_idle();
    assert_int_equal(rejected(), 0);
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    all_run();
}

/* ---- What nobody knows ---- */

static bool in_changelog;

static void look_for_anna(void *context, const struct raw *raw) {
    const struct subject *subject = context;
    size_t len = strlen(subject->id);
    if (raw->key_len != len || memcmp(raw->key, subject->id, len) != 0 || !raw->value) return;
    in_changelog =
        memmem(raw->value, raw->value_len, "\"first_escalated_by\":\"anna\"", 27) != NULL;
}

/* ---- What cannot be read ---- */

static const char *good_record;
static size_t good_len;

static void keep_record(void *context, const struct raw *raw) {
    const struct subject *subject = context;
    size_t len = strlen(subject->id);
    if (raw->key_len != len || memcmp(raw->key, subject->id, len) != 0 || !raw->value) return;
    good_record = arena_memdup(arena, raw->value, raw->value_len);
    good_len = raw->value_len;
}

static void write_state(const struct subject *subject, const char *value, size_t len) {
    struct kafka kafka = {.config = &stack->world->config, .worker = "sla"};
    struct err err;
    struct kafka_producer *producer = kafka_producer_new(&kafka, NULL, &err);
    struct kafka_message message = {.topic = TOPIC_STATE,
                                    .partition = subject->shard,
                                    .key = subject->id,
                                    .key_len = strlen(subject->id),
                                    .value = value,
                                    .value_len = len};
    if (kafka_produce(producer, &message, &err) != KAFKA_DONE ||
        kafka_flush(producer, FAULTS_STEP_MS, &err) != KAFKA_DONE)
        fail_msg("%s", err.text);
    kafka_producer_free(producer);
}

static void an_unknown_field_is_carried_along(void **state) {
    (void)state;
    struct subject *subject = &subjects[1];
    world_read(stack->world, TOPIC_STATE, "sla", keep_record, subject);
    const char *newer = arena_printf(arena, "{\"first_escalated_by\":\"anna\",%.*s",
                                     (int)good_len - 1, good_record + 1);
    write_state(subject, newer, strlen(newer)); /* as a newer version would */
    tell(subject, "SET sla:wipe 1");
    WAIT_FOR(tell(subject, "HEXISTS sla:case:* first_escalated_by").number == 1, FAULTS_STEP_MS);
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    contact(1, "unknown-field");
    wait_idle();
    assert_string_equal(tell(subject, "HGET sla:case:* first_escalated_by").text, "anna");
    world_read(stack->world, TOPIC_STATE, "sla", look_for_anna, subject);
    assert_true(in_changelog);
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);

    faults_tell_redis(stack->world, "FLUSHALL");
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    assert_string_equal(tell(subject, "HGET sla:case:* first_escalated_by").text, "anna");
    all_run();
}

static bool contacted(int i) {
    return tell(&subjects[i], "HEXISTS sla:case:* contacted_at").number == 1;
}

/* Another case of the same shard (or of another one) that nobody has contacted yet. */
static int another(int than, bool same_shard) {
    for (int i = 0; i < CASES; i++)
        if (i != than && (subjects[i].shard == subjects[than].shard) == same_shard && !contacted(i))
            return i;
    fail_msg("no case left");
    return -1;
}

/* The shard goes on up to the first event about that case; other shards go on behind it. Nothing is
 * lost: with a record that can be read it goes on where it stood. */
static void an_unreadable_record_holds_its_events_only(void **state) {
    (void)state;
    static const char broken[] = "{\"status\":\"of another version\"}";
    enum { BAD = 2 };
    struct process *sla = stack->workers[PIPELINE_SLA];
    int beside, elsewhere;
    assert_false(contacted(BAD));
    world_read(stack->world, TOPIC_STATE, "sla", keep_record, &subjects[BAD]);
    write_state(&subjects[BAD], broken, sizeof broken - 1);
    tell(&subjects[BAD], "SET sla:wipe 1");
    WAIT_FOR(tell(&subjects[BAD], "HLEN sla:unread").number == 1, FAULTS_STEP_MS);
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);

    beside = another(BAD, true);
    contact(beside, "beside");
    WAIT_FOR(contacted(beside), FAULTS_STEP_MS);

    contact(BAD, "held");
    WAIT_FOR(process_log_count(sla, "a shard is held") > 0, FAULTS_STEP_MS);
    assert_true(process_log_count(sla, subjects[BAD].id) > 0);
    elsewhere = another(BAD, false);
    contact(elsewhere, "elsewhere");
    WAIT_FOR(contacted(elsewhere), FAULTS_STEP_MS);

    process_kill(sla, SIGTERM);
    assert_true(process_wait(sla, FAULTS_STEP_MS));
    process_start(sla);
    WAIT_FOR(process_log_count(sla, "a shard is held") > 1, FAULTS_STEP_MS);
    assert_int_equal(tell(&subjects[BAD], "HLEN sla:unread").number, 1);

    write_state(&subjects[BAD], good_record, good_len);
    tell(&subjects[BAD], "SET sla:wipe 1");
    WAIT_FOR(contacted(BAD), FAULTS_STEP_MS);
    wait_idle();
    harness_wait_ready(stack->h, sla);
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    assert_int_equal(tell(&subjects[BAD], "HLEN sla:unread").number, 0);
    assert_int_equal(rejected(), 0);
    all_run();
}

/* ---- A full Redis ---- */

static int64_t used_memory(void) {
    const struct subject none = {.shard = 0};
    return strtoll(strstr(tell(&none, "INFO memory").text, "used_memory:") + strlen("used_memory:"),
                   NULL, 10);
}

/* Intake with its claims, and sla with what intake has passed on before. */
static void a_full_redis_is_waited_for(void **state) {
    (void)state;
    const struct subject none = {.shard = 0};
    struct process *intake = stack->workers[PIPELINE_INTAKE], *sla = stack->workers[PIPELINE_SLA];
    assert_int_equal(process_stop(sla, FAULTS_STEP_MS), 0);
    for (int i = 0; i < CASES; i++) contact(i, "before");
    world_flush(stack->world);
    WAIT_FOR(world_lag(stack->world, &intake_spec) == 0, FAULTS_STEP_MS);
    int64_t limit = used_memory();
    tell(&none, arena_printf(arena, "CONFIG SET maxmemory %lld", (long long)limit));
    int said = process_log_count(sla, "OOM"), intake_said = process_log_count(intake, "OOM");
    process_start(sla);
    for (int i = 0; i < CASES; i++) contact(i, "full");
    world_flush(stack->world);
    WAIT_FOR(process_log_count(sla, "OOM") > said && process_log_count(intake, "OOM") > intake_said,
             FAULTS_STEP_MS);
    assert_true(used_memory() < limit + (4 << 20)); /* clients' buffers only */
    for (int i = 0; i < CASES; i++)
        assert_int_equal(tell(&subjects[i], "EXISTS sla:case:*").number, 1);
    tell(&none, "CONFIG SET maxmemory 0");
    wait_idle();
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    for (int i = 0; i < CASES; i++) assert_true(contacted(i));
    assert_int_equal(rejected(), 0);
    all_run();
}

/* ---- A deadline ---- */

/* The hash of a case is gone, its wake-up is not: it comes due, and is told of once. */
static void a_lost_case_still_breaches(void **state) {
    (void)state;
    struct process *sla = stack->workers[PIPELINE_SLA];
    char id[IDS_CASE_LEN + 1];
    struct subject late;
    assert_int_equal(process_stop(sla, FAULTS_STEP_MS), 0);
    process_env(sla, "REDRESS_POLICY_DIR=%s/tests/harness/policies-seconds", REDRESS_SOURCE_DIR);
    process_start(sla);
    subject_of(CASES, &late);
    pipeline_publish(stack, "complaint.submitted", "/desk", "lost-24", clock_now_ms(), late.route,
                     "{'channel':'phone','customer':{'id':'caller','tier':'regular'},'conversation'"
                     ":'lost-24','text':'it is late'}");
    world_flush(stack->world);
    memcpy(id, late.id, sizeof id);
    tail_wait(stack->events, "sla.started", id, 1, FAULTS_STEP_MS);
    WAIT_FOR(tell(&late, "EXISTS sla:case:*").number == 1, FAULTS_STEP_MS);
    tell(&late, "DEL sla:case:*");
    tail_wait(stack->events, "sla.breached", id, 2,
              FAULTS_STEP_MS); /* first_contact and resolution */
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    tail_catch_up(stack->events);
    assert_int_equal(tail_count(stack->events, "sla.breached", id), 2);
    WAIT_FOR(views_are_whole(), FAULTS_STEP_MS);
    all_run();
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_unknown_field_is_carried_along),
                                       cmocka_unit_test(an_unreadable_record_holds_its_events_only),
                                       cmocka_unit_test(whatever_is_lost_comes_back),
                                       cmocka_unit_test(a_full_redis_is_waited_for),
                                       cmocka_unit_test(a_lost_case_still_breaches)};
    return cmocka_run_group_tests(tests, open_stack, close_stack);
}
