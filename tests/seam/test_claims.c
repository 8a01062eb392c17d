/* Claims in their short form (claims.lua) against the same claims in keys of their own: whatever
 * is asked, in whatever order, both say the same; and a tag's buckets grow as they fill. */
#include "fake_redis.h"
#include "outside/config.h"
#include "runtime/claim_parts.h"
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THINGS = 600, STEPS = 4000, UNIT_MS = 10000, NEAR_MS = 3000 };

static const struct config config = {.topic_prefix = "redress"};
static const struct kafka kafka = {.config = &config, .worker = "intake"};
static const char *const kinds[] = {"once", "join", "count"};

struct scene {
    struct redis *redis;
    struct claim_store *store;
    struct arena *arena;
    int asked;
};

static void open_scene(struct scene *scene) {
    struct err err;
    fake_redis_begin();
    *scene = (struct scene){.redis = redis_new("fake", &err), .arena = arena_new()};
    scene->store = claim_store_new(scene->redis, &kafka);
    const char *begin = claim_marker_begin(scene->redis, scene->arena);
    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        struct redis_reply reply;
        const char *const words[2][2] = {
            {claim_redis_key(scene->store, scene->arena, tag, "marker"), begin},
            {claim_redis_key(scene->store, scene->arena, tag, "~size"), "1"}};
        for (int i = 0; i < 2; i++)
            assert_int_equal(redis_ask(scene->redis, scene->arena, &reply, &err, 3, "SET",
                                       words[i][0], words[i][1]),
                             OUTCOME_DONE);
    }
}

static void close_scene(struct scene *scene) {
    claim_store_free(scene->store);
    redis_free(scene->redis);
    arena_free(scene->arena);
}

static uint64_t dice(uint64_t below) {
    return sim_random(below);
}

/* One of a thing's claimants; of a count always another, or the last once more: how long somebody
 * stays refused is no promise. */
static const char *claimant(struct scene *scene, bool counts) {
    static const char *const owners[] = {"complaints/3/17", "complaints/12/4711000111",
                                         "4416A8EQRRPWF-CM49VJG.1", "\1odd", "质量"};
    if (!counts) return owners[dice(sizeof owners / sizeof *owners)];
    scene->asked += dice(4) != 0;
    return arena_printf(scene->arena, "4416A8EQRRPWF-CM49VJG.acknowledgement.%d", scene->asked);
}

static const char *value_of(struct scene *scene) {
    static const char *const values[] = {"", "DWVGQWP534357-ZZKMEST", "a;b c\x1f", "12345"};
    if (dice(9)) return values[dice(sizeof values / sizeof *values)];
    char *text = arena_alloc(scene->arena, 201);
    memset(text, 'x', dice(201));
    return text;
}

/* The same for both forms. */
static void ask(struct scene *scene, struct claim_op *ops, struct answer *answers, bool plain) {
    struct err err;
    ops[1] = ops[0];
    ops[1].key = arena_printf(scene->arena, "alone\x1f%s", ops[0].key);
    ops[1].shared = true;
    if (plain) claim_store_begin(scene->store);
    if (claim_run(scene->store, scene->arena, ops, 2, plain ? answers : NULL, &err))
        fail_msg("%s", err.text);
}

static void assert_same(const struct claim_op *op, const struct answer *answers, int step) {
    const struct answer *one = &answers[0];
    const struct answer *two = &answers[1];
    int64_t apart = one->ends_ms - two->ends_ms;
    bool same = one->granted == two->granted && one->found == two->found &&
                strcmp(one->value, two->value) == 0 && one->ordinal == two->ordinal &&
                one->sum == two->sum && strcmp(one->owner, two->owner) == 0 &&
                one->last_ms == two->last_ms && one->joined == two->joined && apart < NEAR_MS &&
                apart > -NEAR_MS;
    if (!same)
        fail_msg("step %d, %s %s by %s: %d %d '%s' %d %d, alone %d %d '%s' %d %d; ends apart %d",
                 step, op->kind, op->key, op->id, one->granted, one->found, one->value,
                 (int)one->ordinal, (int)one->sum, two->granted, two->found, two->value,
                 (int)two->ordinal, (int)two->sum, (int)apart);
}

static struct claim_op any_op(struct scene *scene) {
    int thing = (int)dice(THINGS);
    int kind = thing % 3;
    bool counts = kind == 2;
    int64_t life_ms = (1 + thing % 40) * (int64_t)UNIT_MS + UNIT_MS / 2;
    return (struct claim_op){.key = arena_printf(scene->arena, "thing\x1f%d", thing),
                             .kind = !counts && !dice(5) ? "look" : kinds[kind],
                             .id = claimant(scene, counts),
                             .value = value_of(scene),
                             .time_ms = 1795850345000 + (int64_t)dice(50) * 1000,
                             .valid_ms = (int64_t)dice(60) * 1000,
                             .kept_ms = life_ms,
                             .amount = (int64_t)dice(40),
                             .limit = 100};
}

/* Given back, or as the topic has it. */
static void turn_back(struct scene *scene, struct claim_op *op) {
    bool counts = strcmp(op->kind, "count") == 0;
    if (dice(2)) {
        op->kind = counts ? "release-count" : "release";
        return;
    }
    op->kind = counts ? "restore-count" : "restore";
    op->valid_ms = dice(4) ? 0 : (int64_t)dice(4);
    op->kept_ms += sim_now_ms() - (dice(9) ? 0 : 2 * op->kept_ms);
    if (counts) op->id = arena_printf(scene->arena, "restored.%d", ++scene->asked);
}

static void both_forms(void *context) {
    struct scene *scene = context;
    for (int step = 0; step < STEPS; step++) {
        struct claim_op ops[2] = {any_op(scene)};
        struct answer answers[2];
        if (step % 100 == 0) sim_sleep((int64_t)dice(4) * UNIT_MS);
        bool back = strcmp(ops[0].kind, "look") != 0 && !dice(6);
        if (back) turn_back(scene, &ops[0]);
        ask(scene, ops, answers, !back);
        if (!back) assert_same(&ops[0], answers, step);
        if (step % 50 == 0) arena_reset(scene->arena);
    }
}

struct seen {
    int buckets, short_forms;
};

static void look(void *context, const char *key, const char *field, const char *value, size_t len) {
    struct seen *seen = context;
    const char *bucket = strstr(key, "}:~");
    if (!bucket) return;
    if (strcmp(bucket, "}:~size") == 0) {
        seen->buckets += atoi(value);
        return;
    }
    assert_true(len <= 64 && strlen(field) <= 64); /* so that Redis keeps it as a list */
    seen->short_forms += strlen(field) == CLAIM_FIELD_LEN;
}

static bool is_over(void *context) {
    return !sim_lives(*(const int *)context);
}

static void run_scene(uint64_t seed, void (*run)(void *context), struct scene *scene,
                      struct seen *seen) {
    sim_begin(seed);
    open_scene(scene);
    int fiber = sim_spawn("claims", run, scene);
    assert_true(sim_run(is_over, &fiber, INT64_C(1000000) * UNIT_MS));
    *seen = (struct seen){0};
    fake_redis_each("redress:{claims.", look, seen);
    close_scene(scene);
    sim_end();
}

static void test_both_forms(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct scene scene;
        struct seen seen;
        run_scene(seed, both_forms, &scene, &seen);
        assert_true(seen.short_forms > 50);
    }
}

enum { MANY = 4000 };

/* Each claim is found again, however many buckets there are by then, also by who knew of fewer. */
static void fill(void *context) {
    struct scene *scene = context;
    struct claim_store *late = claim_store_new(scene->redis, &kafka);
    struct claim claims[100];
    struct answer answers[100];
    struct err err;

    for (int turn = 0; turn < 2; turn++)
        for (int from = 0; from < MANY; from += 100) {
            struct claim_store *store = turn ? late : scene->store;
            for (int i = 0; i < 100; i++)
                claims[i] = (struct claim){
                    .kind = CLAIM_ONCE,
                    .key = arena_printf(scene->arena, "submission\x1f%d", from + i),
                    .id = arena_printf(scene->arena, "complaints/%d/%d", turn, from + i),
                    .value = arena_printf(scene->arena, "v%d", from + i),
                    .valid_ms = UNIT_MS};
            claim_store_begin(store);
            if (claim_store_make(store, scene->arena, claims, answers, 100, &err))
                fail_msg("%s", err.text);
            for (int i = 0; i < 100; i++) {
                assert_true(answers[i].granted == !turn);
                if (turn) assert_string_equal(answers[i].value, claims[i].value);
            }
            arena_reset(scene->arena);
        }
    claim_store_free(late);
}

static void test_buckets_grow(void **state) {
    (void)state;
    struct scene scene;
    struct seen seen;
    run_scene(9, fill, &scene, &seen);
    assert_int_equal(seen.short_forms, MANY);
    assert_true(seen.buckets > MANY / 64 && seen.buckets < MANY / 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_forms),
                                       cmocka_unit_test(test_buckets_grow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
