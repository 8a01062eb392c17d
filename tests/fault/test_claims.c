/* What redress.claims brings back when Redis has forgotten: who holds what, how many joined, and nothing that was given
 * back. */
#include "claim_store.h"
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RESTORE_MS = 1000, LIMIT = 100, DAY_MS = 24 * 3600 * 1000 };

struct scene {
    struct harness *h;
    struct world *world;
    struct kafka kafka;
    struct redis *redis;
    struct claim_store *store;
    struct kafka_producer *producer;
    struct arena *arena;
};

static void restore(struct scene *scene) {
    struct err err;
    WAIT_FOR(claim_store_restore(scene->store, scene->world->asker, RESTORE_MS, &err) == CLAIM_DONE, FAULTS_STEP_MS);
    claim_store_begin(scene->store);
}

static void produce(struct scene *scene, const struct kafka_message *message) {
    struct err err;
    if (kafka_produce(scene->producer, message, &err) != KAFKA_DONE ||
        kafka_flush(scene->producer, FAULTS_STEP_MS, &err) != KAFKA_DONE)
        fail_msg("%s", err.text);
}

/* Makes a claim, and records it as a transaction does. */
static struct answer make(struct scene *scene, struct claim claim) {
    struct err err;
    struct answer answer = {0};
    struct kafka_message message;
    claim.logged = true;
    if (claim_store_make(scene->store, scene->arena, &claim, &answer, 1, &err) != CLAIM_DONE) fail_msg("%s", err.text);
    if (claim_store_record(&claim, &answer, scene->arena, &message)) produce(scene, &message);
    return answer;
}

static struct answer count(struct scene *scene, const char *id, int64_t amount) {
    return make(scene, (struct claim){.kind = CLAIM_COUNT,
                                      .key = "cap\x1f"
                                             "order-1",
                                      .id = id,
                                      .valid_ms = DAY_MS,
                                      .amount = amount,
                                      .limit = LIMIT});
}

static struct answer join(struct scene *scene, const char *key, const char *id, int64_t time_ms) {
    return make(
        scene,
        (struct claim){.kind = CLAIM_JOIN, .key = key, .id = id, .value = id, .time_ms = time_ms, .valid_ms = 1000});
}

static void give_back(struct scene *scene, const char *id) {
    struct kafka_message message;
    struct claim claim = {.kind = CLAIM_COUNT,
                          .key = "cap\x1f"
                                 "order-1",
                          .id = id,
                          .logged = true};
    assert_true(claim_store_tombstone(&claim, scene->arena, &message));
    produce(scene, &message);
    claim_store_release(scene->store, scene->arena, &claim, 1);
}

static void forget(struct scene *scene) {
    struct err err;
    struct redis_reply reply;
    struct answer answer;
    struct claim claim = {.kind = CLAIM_LOOK, .key = "chat"};
    assert_int_equal(redis_ask(scene->redis, scene->arena, &reply, &err, 1, "FLUSHALL"), 0);
    assert_int_equal(claim_store_make(scene->store, scene->arena, &claim, &answer, 1, &err), CLAIM_RESTORE);
}

static void open_scene(struct scene *scene) {
    struct err err;
    scene->h = harness_new("claims");
    harness_start_kafka(scene->h);
    harness_start_redis(scene->h);
    harness_create_topics(scene->h, 2);
    scene->world = world_open(scene->h);
    scene->arena = arena_new();
    scene->kafka = (struct kafka){.config = &scene->world->config};
    scene->redis = redis_new(scene->world->config.redis_url, &err);
    scene->store = claim_store_new(scene->redis, &scene->kafka);
    scene->producer = kafka_producer_new(&scene->kafka, NULL, &err);
    if (!scene->producer) fail_msg("%s", err.text);
}

static void test_forgotten(void **state) {
    (void)state;
    struct scene scene = {0};
    open_scene(&scene);
    restore(&scene);
    assert_true(count(&scene, "first", 60).granted);
    assert_false(count(&scene, "second", 60).granted);
    give_back(&scene, "first");
    assert_true(count(&scene, "third", 30).granted);
    assert_true(join(&scene, "chat", "one", 5000).granted);
    assert_int_equal(join(&scene, "chat", "two", 4500).ordinal, 1); /* an earlier event: the last word stays */
    assert_true(join(&scene, "expired", "old", 1000).granted);
    assert_int_equal(join(&scene, "expired", "old too", 1500).ordinal, 1);
    assert_true(join(&scene, "expired", "new", 9000).granted);
    for (int i = 0; i < 2; i++) {
        forget(&scene);
        restore(&scene);
        assert_false(count(&scene, i ? "too much" : "much", LIMIT - 30 + 1).granted); /* 30 are held */
        assert_int_equal(join(&scene, "chat", i ? "four" : "three", 5000).ordinal, 2 + i);
        struct answer answer = join(&scene, "expired", i ? "fourth" : "third", 9000);
        assert_string_equal(answer.value, "new");
        assert_int_equal(answer.ordinal, 1 + i);
    }
    assert_true(count(&scene, "rest", LIMIT - 30).granted);
    kafka_producer_free(scene.producer);
    claim_store_free(scene.store);
    redis_free(scene.redis);
    world_close(scene.world);
    arena_free(scene.arena);
    harness_close(scene.h);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
