/* A view on a real Redis, without Kafka and workers: whatever is taken out of it or changed in it
 * is noticed; a full Redis changes nothing of it; and no script leaves half of its work behind. */
#include "base/clock.h"
#include "harness.h"
#include "runtime/view.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHARD = 3, CASES = 5, ROOM_MIB = 4 };

/* ---- A worker's state ---- */

struct goal {
    const char *name;
    int64_t due, met_at;
    struct rest rest;
};
static const struct field goal_fields[] = {
    {FIELD(goal, name), .type = FIELD_NAME},
    {FIELD(goal, due), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(goal, met_at), .type = FIELD_TIME, .flags = FIELD_HOURLY},
    {FIELD_REST_OF(goal, rest)},
    FIELDS_END,
};
static const struct table goal_table = {
    .name = "goal", .size = sizeof(struct goal), .fields = goal_fields};

struct state {
    const char *status, *name, *words;
    int64_t wake_at, opened_at;
    struct parts goals;
    struct rest rest;
};
static const struct field state_fields[] = {
    {FIELD(state, status), .type = FIELD_NAME, .flags = FIELD_COUNTED},
    {FIELD(state, name), .type = FIELD_NAME, .flags = FIELD_PRIVATE},
    {FIELD(state, words), .type = FIELD_TEXT},
    {FIELD(state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(state, opened_at), .type = FIELD_TIME, .flags = FIELD_HOURLY},
    {FIELD(state, goals), .type = FIELD_GROUPS, .of = &goal_table},
    {FIELD_REST_OF(state, rest)},
    FIELDS_END,
};
static const struct table state_table = {
    .name = "state", .size = sizeof(struct state), .fields = state_fields};

/* ---- The scene: one Redis, a view with some cases at offset CASES ---- */

static struct harness *h;
static struct redis *redis;
static struct view *view;
static struct arena *arena;
static struct view_standing standing;
static int64_t opened_ms, applied;

static int open_redis(void **state) {
    (void)state;
    struct err err;
    h = harness_new("view");
    harness_start_redis(h);
    redis = redis_new(h->redis_url, &err);
    arena = arena_new();
    view = view_new(redis, "redress", "test", &state_table);
    opened_ms = clock_now_ms() - 1000;
    return 0;
}

static int close_redis(void **state) {
    (void)state;
    view_free(view);
    redis_free(redis);
    arena_free(arena);
    harness_close(h);
    return 0;
}

/* "DEL %s" with {t} for the shard's keys: at most eight words. */
static struct redis_reply tell(const char *command) {
    const char *words[8] = {NULL};
    struct redis_reply reply;
    struct err err;
    int count = 0;
    for (char *rest, *word = strtok_r(arena_strdup(arena, command), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = strncmp(word, "{t}:", 4) == 0
                             ? arena_printf(arena, "redress:{test.%d}:%s", SHARD, word + 4)
                             : word;
    if (redis_ask(redis, arena, &reply, &err, count, words[0], words[1], words[2], words[3],
                  words[4], words[5], words[6], words[7]))
        fail_msg("%s: %s", command, err.text);
    return reply;
}

static struct state *a_state(int i) {
    struct state *state = ARENA_NEW(arena, struct state);
    struct goal *goals = arena_alloc(arena, 2 * sizeof *goals);
    goals[0] = (struct goal){.name = "contact", .due = opened_ms + 3600000 + i};
    goals[1] = (struct goal){.name = "finish", .met_at = opened_ms};
    *state = (struct state){
        .status = i % 2 ? "paused" : "open",
        .name = "Li",
        .words = "as it came",
        .wake_at = i == CASES - 1 ? 0 : opened_ms + 3600000 + i, /* the last one sleeps */
        .opened_at = opened_ms,
        .goals = {goals, 2}};
    return state;
}

static const char *case_id(int i) {
    return arena_printf(arena, "c%d", i);
}

static enum outcome apply(struct view_change *changes, int count, struct err *err) {
    int64_t to = applied + count;
    for (int i = 0; i < count; i++) changes[i].offset = applied + i;
    enum outcome result =
        view_apply(view, SHARD, arena, applied, to, changes, count, &standing, err);
    if (result == OUTCOME_DONE) applied = to;
    return result;
}

static void must_be(enum outcome result, enum outcome expected, const struct err *err) {
    if (result != expected)
        fail_msg("result %d, expected %d: %s", result, expected, result ? err->text : "");
}

static void empty(void) {
    struct err err = {""};
    uint64_t cursor = 0, mark = 7;
    must_be(view_read(view, SHARD, arena, NULL, 0, &standing, &err), OUTCOME_DONE, &err);
    must_be(view_wipe_begin(view, SHARD, arena, &standing, mark, &err), OUTCOME_DONE, &err);
    do must_be(view_wipe_step(view, SHARD, arena, mark, &cursor, &err), OUTCOME_DONE, &err);
    while (cursor);
    must_be(view_wipe_end(view, SHARD, arena, mark, 0, &err), OUTCOME_DONE, &err);
    applied = 0;
}

static void fill(void) {
    struct view_change changes[CASES];
    struct err err = {""};
    empty();
    for (int i = 0; i < CASES; i++)
        changes[i] = (struct view_change){.id = case_id(i), .now = a_state(i)};
    must_be(apply(changes, CASES, &err), OUTCOME_DONE, &err);
}

static bool is_good(const struct view_standing *seen) {
    return seen->known && !seen->wiping && !seen->wipe_asked && seen->made_here && seen->whole &&
           seen->applied == applied;
}

/* Each way in which a worker looks at a view, until one finds something: what it says, or NULL. */
static const char *found(void) {
    struct view_case cases[CASES + 1];
    struct view_walk walk = {false, 0};
    struct err err = {""};
    int next = 0, count, walked = 0, living = 0;
    const char **ids;
    for (int i = 0; i <= CASES; i++) cases[i].id = case_id(i);
    enum outcome result = view_read(view, SHARD, arena, cases, CASES + 1, &standing, &err);
    if (!is_good(&standing)) return "the standing";
    if (result == OUTCOME_BROKEN) return arena_strdup(arena, err.text);
    must_be(result, OUTCOME_DONE, &err);
    do {
        result = view_check(view, SHARD, arena, &next, &standing, &err);
        if (result == OUTCOME_BROKEN) return arena_strdup(arena, err.text);
        must_be(result, OUTCOME_DONE, &err);
    } while (next);
    do {
        must_be(view_next_ids(view, SHARD, arena, &walk, CASES, &ids, &count, &err), OUTCOME_DONE,
                &err);
        walked += count;
    } while (walk.asleep || walk.cursor);
    for (int i = 0; i <= CASES; i++) living += cases[i].state != NULL;
    return walked < living ? "the walk came past too few" : NULL;
}

/* ---- What is lost ---- */

static void whatever_is_lost_is_noticed(void **state) {
    (void)state;
    static const struct {
        const char *command, *more, *expected;
    } rows[] = {
        {"DEL {t}:case:c1", NULL, "case c1: its hash is gone"},
        {"DEL {t}:case:c4", NULL, "case c4: its hash is gone"}, /* the one that sleeps */
        {"DEL {t}:case:c1 {t}:private:c1", NULL, "case c1: its hash is gone"},
        {"DEL {t}:private:c1", NULL, "case c1: a field of its hash was lost"},
        {"HDEL {t}:private:c1 name", NULL, "case c1: a field of its hash was lost"},
        {"HDEL {t}:case:c1 words", NULL, "case c1: a field of its hash was lost"},
        {"HDEL {t}:case:c1 #", NULL, "case c1: a field of its hash was lost"},
        {"HDEL {t}:case:c1 contact_due", NULL, "case c1: a field of its hash was lost"},
        {"HSET {t}:case:c1 status closed", NULL,
         "case c1: a field of its hash was lost, or changed"},
        {"HSET {t}:case:c1 words other", NULL, "case c1: a field of its hash was lost, or changed"},
        {"HSET {t}:case:c1 opened_at soon", NULL, "case c1: state: hash field opened_at"},
        {"DEL {t}:case:c1", "SET {t}:case:c1 x", "case c1: its hash is a key of another type"},
        {"DEL {t}:private:c1", "SADD {t}:private:c1 x",
         "case c1: its hash is a key of another type"},
        {"COPY {t}:case:c1 {t}:case:c5", "COPY {t}:private:c1 {t}:private:c5",
         "case c5: it is not in by:wake_at"},
        {"ZREM {t}:by:wake_at c1", NULL, "the standing"},
        {"DEL {t}:by:wake_at", NULL, "the standing"},
        {"DEL {t}:by:wake_at", "SET {t}:by:wake_at x", "the standing"},
        {"ZADD {t}:by:wake_at 1 stranger", NULL, "the standing"},
        {"ZADD {t}:by:wake_at 1 c1", NULL,
         "case c1: it is not in by:wake_at or asleep as its hash says"},
        {"DEL {t}:asleep", NULL, "the standing"},
        {"SMOVE {t}:asleep {t}:elsewhere c4", "SADD {t}:asleep c1", "case c4: it is not in"},
        {"DEL {t}:by:contact_due", NULL, "by:contact_due holds 0 where 5 belong"},
        {"ZREM {t}:by:contact_due c2", NULL, "by:contact_due holds 4 where 5 belong"},
        {"DEL {t}:count:status", NULL, "count:status holds 0 where 5 belong"},
        {"HINCRBY {t}:count:status open 1", NULL, "count:status holds 6 where 5 belong"},
        {"HDEL {t}:count:status paused", NULL, "count:status holds 3 where 5 belong"},
        {"DEL {t}:count:status", "SET {t}:count:status x", "count:status holds 0 where 5 belong"},
        {"DEL {t}:totals", NULL, "the standing"},
        {"DEL {t}:totals", "SET {t}:totals x", "the standing"},
        {"HDEL {t}:totals @cases", NULL, "the standing"},
        {"HSET {t}:totals by:contact_due x", NULL, "by:contact_due holds 5 where 0 belong"},
        {"HSET {t}:totals @schema other", NULL, "the standing"},
        {"HSET {t}:unread c9 why", NULL, "the standing"},
        {"DEL {t}:applied", NULL, "the standing"},
        {"DEL {t}:applied", "RPUSH {t}:applied 5", "the standing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fill();
        const char *before = found();
        if (before) fail_msg("before %s: %s", rows[i].command, before);
        tell(rows[i].command);
        if (rows[i].more) tell(rows[i].more);
        const char *after = found();
        if (!after || strncmp(after, rows[i].expected, strlen(rows[i].expected)) != 0)
            fail_msg("%s: found \"%s\", expected \"%s\"", rows[i].command,
                     after ? after : "nothing", rows[i].expected);
    }
    char hour[CLOCK_TEXT_MAX];
    fill();
    tell(arena_printf(arena, "DEL {t}:hour:%s", clock_format_hour(opened_ms, hour)));
    assert_string_equal(found(), arena_printf(arena, "hour:%s holds 0 where 10 belong", hour));
}

/* Hours run out by themselves; so do their totals. */
static void hours_run_out(void **state) {
    (void)state;
    struct err err = {""};
    char hour[CLOCK_TEXT_MAX];
    fill();
    int64_t old_ms = opened_ms - INT64_C(9) * 24 * 3600 * 1000;
    tell(arena_printf(arena, "HSET {t}:totals hour:%s 3", clock_format_hour(old_ms, hour)));
    assert_null(found());
    assert_int_equal(tell(arena_printf(arena, "HEXISTS {t}:totals hour:%s", hour)).number, 0);

    struct state *old = a_state(0);
    old->opened_at = old_ms;
    struct view_change change = {.id = "c7", .now = old};
    must_be(apply(&change, 1, &err), OUTCOME_DONE, &err);
    assert_null(found());
}

/* A field that nobody knows does no harm, and is carried along. */
static void an_unknown_field_stays(void **state) {
    (void)state;
    struct err err = {""};
    struct view_case one = {.id = "c1"};
    fill();
    tell("HSET {t}:case:c1 first_escalated_by anna");
    assert_null(found());
    must_be(view_read(view, SHARD, arena, &one, 1, &standing, &err), OUTCOME_DONE, &err);
    struct state *now = a_state(1);
    now->rest = ((const struct state *)one.state)->rest;
    now->status = "open";
    struct view_change change = {.id = "c1", .old = one.state, .now = now};
    must_be(apply(&change, 1, &err), OUTCOME_DONE, &err);
    assert_string_equal(tell("HGET {t}:case:c1 first_escalated_by").text, "anna");
    assert_null(found());
}

/* ---- Changes ---- */

/* All that a case can go through, and the view is whole after each step. */
static void a_view_stays_whole(void **state) {
    (void)state;
    struct err err = {""};
    fill();
    for (int round = 0; round < 6; round++) {
        struct view_case cases[CASES];
        struct view_change changes[CASES];
        for (int i = 0; i < CASES; i++) cases[i].id = case_id(i);
        must_be(view_read(view, SHARD, arena, cases, CASES, &standing, &err), OUTCOME_DONE, &err);
        for (int i = 0; i < CASES; i++) {
            struct state *now = a_state(i + round);
            changes[i] = (struct view_change){.id = cases[i].id,
                                              .old = cases[i].state,
                                              .was_unread = cases[i].unread != NULL,
                                              .now = now};
            if ((i + round) % 3 == 0) now->wake_at = 0;
            if ((i + round) % 4 == 1) changes[i].now = NULL;
            if ((i + round) % 4 == 2)
                changes[i].now = NULL, changes[i].unread = "changelog offset 1: why";
            if ((i + round) % 5 == 0) now->goals.count = 1;
        }
        must_be(apply(changes, CASES, &err), OUTCOME_DONE, &err);
        const char *wrong = found();
        if (wrong) fail_msg("round %d: %s", round, wrong);
        must_be(view_read(view, SHARD, arena, cases, CASES, &standing, &err), OUTCOME_DONE, &err);
        for (int i = 0; i < CASES; i++) {
            assert_true((cases[i].state != NULL) == (changes[i].now != NULL));
            assert_true((cases[i].unread != NULL) == (changes[i].unread != NULL));
        }
    }
}

/* Somebody has put another type, or no number, where a script writes: it says so, and nobody
 * decides from that view. */
static void what_is_half_done_is_made_anew(void **state) {
    (void)state;
    static const char *const commands[] = {
        "SET {t}:count:status x", "HSET {t}:count:status closed x", "SET {t}:by:contact_due x",
        "SET {t}:asleep x", "HSET {t}:totals @cases x"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct err err = {""};
        struct state *now = a_state(1);
        struct view_change change = {.id = "c8", .now = now};
        fill();
        tell(commands[i]);
        now->status = "closed";
        now->wake_at = 0;
        must_be(apply(&change, 1, &err), OUTCOME_BROKEN, &err);
        assert_int_equal(strncmp(err.text, "broken: ", 8), 0);
        assert_true(standing.wipe_asked);
        must_be(view_read(view, SHARD, arena, NULL, 0, &standing, &err), OUTCOME_DONE, &err);
        assert_true(standing.wipe_asked);
        fill();
        assert_null(found());
    }
}

/* ---- A full Redis ---- */

static int64_t used_memory(void) {
    return strtoll(strstr(tell("INFO memory").text, "used_memory:") + strlen("used_memory:"), NULL,
                   10);
}

static void set_limit(int64_t bytes) {
    tell(arena_printf(arena, "CONFIG SET maxmemory %" PRId64, bytes));
}

/* Nothing is written at the limit, whatever a change begins with; what takes away goes on; and then
 * all is as before.
 */
static void a_full_redis_changes_nothing(void **state) {
    (void)state;
    struct err err = {""};
    fill();
    char *words = arena_alloc(arena, (size_t)ROOM_MIB << 20);
    memset(words, 'x', ((size_t)ROOM_MIB << 20) - 1);
    struct redis_reply before = tell("DUMP {t}:case:c1");
    set_limit(used_memory() - 1000);
    struct view_change changes[] = {{.id = "c1", .old = a_state(1)},
                                    {.id = "c1", .old = a_state(1), .now = a_state(2)}};
    ((struct state *)changes[1].now)->words = words;
    for (int i = 0; i < 20; i++) {
        must_be(apply(&changes[i % 2], 1, &err), OUTCOME_WAIT, &err);
        assert_non_null(strstr(err.text, "OOM"));
    }
    assert_null(found());
    struct redis_reply after = tell("DUMP {t}:case:c1");
    assert_int_equal(after.len, before.len);
    assert_memory_equal(after.text, before.text, before.len);

    set_limit(0);
    must_be(apply(&changes[1], 1, &err), OUTCOME_DONE, &err);
    assert_null(found());
    int64_t full = used_memory();
    assert_true(full > ROOM_MIB << 20);
    set_limit(1 << 20); /* wiping makes room, and goes on */
    empty();
    assert_true(used_memory() < full);
    set_limit(0);
    fill();
    assert_null(found());
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_is_lost_is_noticed),
                                       cmocka_unit_test(hours_run_out),
                                       cmocka_unit_test(an_unknown_field_stays),
                                       cmocka_unit_test(a_view_stays_whole),
                                       cmocka_unit_test(what_is_half_done_is_made_anew),
                                       cmocka_unit_test(a_full_redis_changes_nothing)};
    return cmocka_run_group_tests(tests, open_redis, close_redis);
}
