/* What redress.claims brings back when Redis has forgotten: who holds what, how many joined, for as
 * long as is left of it, and nothing that was given back or has run out. */
#include "base/clock.h"
#include "base/ids.h"
#include "faults.h"
#include "runtime/claim_parts.h"

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

static struct scene scene; /* one broker and one Redis for all tests, and a prefix for each */

static void restore(void) {
    struct err err;
    WAIT_FOR(claim_store_restore(scene.store, scene.world->asker, RESTORE_MS, &err) == OUTCOME_DONE,
             FAULTS_STEP_MS);
    claim_store_begin(scene.store);
}

static void produce(const struct kafka_message *message) {
    struct err err;
    if (kafka_produce(scene.producer, message, &err) != KAFKA_DONE ||
        kafka_flush(scene.producer, FAULTS_STEP_MS, &err) != KAFKA_DONE)
        fail_msg("%s", err.text);
}

/* Makes a claim, and records it as a transaction does. */
static struct answer make(struct claim claim) {
    struct err err;
    struct answer answer = {0};
    struct kafka_message message;
    claim.logged = true;
    if (claim_store_make(scene.store, scene.arena, &claim, &answer, 1, &err) != OUTCOME_DONE)
        fail_msg("%s", err.text);
    if (claim_store_record(&claim, &answer, scene.arena, &message)) produce(&message);
    return answer;
}

static struct answer count(const char *id, int64_t amount) {
    return make((struct claim){.kind = CLAIM_COUNT,
                               .key = "cap\x1f"
                                      "order-1",
                               .id = id,
                               .valid_ms = DAY_MS,
                               .amount = amount,
                               .limit = LIMIT});
}

static struct answer join(const char *key, const char *id, int64_t time_ms) {
    return make((struct claim){.kind = CLAIM_JOIN,
                               .key = key,
                               .id = id,
                               .value = id,
                               .time_ms = time_ms,
                               .valid_ms = 1000});
}

static void give_back(const char *id) {
    struct kafka_message message;
    struct claim claim = {.kind = CLAIM_COUNT,
                          .key = "cap\x1f"
                                 "order-1",
                          .id = id,
                          .logged = true};
    assert_true(claim_store_tombstone(&claim, scene.arena, &message));
    produce(&message);
    claim_store_release(scene.store, scene.arena, &claim, 1);
}

static void forget(void) {
    struct err err;
    struct redis_reply reply;
    struct answer answer;
    struct claim claim = {.kind = CLAIM_LOOK, .key = "chat"};
    assert_int_equal(redis_ask(scene.redis, scene.arena, &reply, &err, 1, "FLUSHALL"),
                     OUTCOME_DONE);
    assert_int_equal(claim_store_make(scene.store, scene.arena, &claim, &answer, 1, &err),
                     OUTCOME_BROKEN);
}

static int open_servers(void **state) {
    (void)state;
    scene.h = harness_new("claims");
    harness_start_kafka(scene.h);
    harness_start_redis(scene.h);
    return 0;
}

static int close_servers(void **state) {
    (void)state;
    harness_close(scene.h);
    return 0;
}

static int open_prefix(void **state) {
    (void)state;
    static int tests;
    struct err err;
    snprintf(scene.h->prefix, sizeof scene.h->prefix, "claims%d", ++tests);
    harness_create_topics(scene.h, 2);
    scene.world = world_open(scene.h);
    scene.arena = arena_new();
    scene.kafka = (struct kafka){.config = &scene.world->config};
    scene.redis = redis_new(scene.world->config.redis_url, &err);
    scene.store = claim_store_new(scene.redis, &scene.kafka);
    scene.producer = kafka_producer_new(&scene.kafka, NULL, &err);
    if (!scene.producer) fail_msg("%s", err.text);
    return 0;
}

static int close_prefix(void **state) {
    (void)state;
    kafka_producer_free(scene.producer);
    claim_store_free(scene.store);
    redis_free(scene.redis);
    world_close(scene.world);
    arena_free(scene.arena);
    return 0;
}

static void test_forgotten(void **state) {
    (void)state;
    restore();
    assert_true(count("first", 60).granted);
    assert_false(count("second", 60).granted);
    give_back("first");
    assert_true(count("third", 30).granted);
    assert_true(join("chat", "one", 5000).granted);
    assert_int_equal(join("chat", "two", 4500).ordinal,
                     1); /* an earlier event: the last word stays */
    assert_true(join("expired", "old", 1000).granted);
    assert_int_equal(join("expired", "old too", 1500).ordinal, 1);
    assert_true(join("expired", "new", 9000).granted);
    for (int i = 0; i < 2; i++) {
        forget();
        restore();
        assert_false(count(i ? "too much" : "much", LIMIT - 30 + 1).granted); /* 30 are held */
        assert_int_equal(join("chat", i ? "four" : "three", 5000).ordinal, 2 + i);
        struct answer answer = join("expired", i ? "fourth" : "third", 9000);
        assert_string_equal(answer.value, "new");
        assert_int_equal(answer.ordinal, 1 + i);
    }
    assert_true(count("rest", LIMIT - 30).granted);
}

/* ---- By whom ---- */

/* Another worker with the same Redis; closed by close_other(). */
static struct claim_store *open_other(void) {
    struct err err;
    return claim_store_new(redis_new(scene.world->config.redis_url, &err), &scene.kafka);
}

static void close_other(struct claim_store *other) {
    struct redis *redis = other->redis;
    claim_store_free(other);
    redis_free(redis);
}

static enum outcome restore_of(struct claim_store *store, int ms, struct err *err) {
    return claim_store_restore(store, scene.world->asker, ms, err);
}

static enum outcome join_of(struct claim_store *store, struct answer *answer, struct err *err) {
    const struct claim claim = {.kind = CLAIM_JOIN,
                                .key = "chat",
                                .id = "other",
                                .value = "other",
                                .time_ms = 5000,
                                .valid_ms = 1000};
    return claim_store_make(store, scene.arena, &claim, answer, 1, err);
}

/* One restores for all: the others wait for its markers, and whoever has a batch in hand decides it
 * again, and restores nothing. */
static void test_one_restores(void **state) {
    (void)state;
    struct claim_store *other = open_other();
    struct answer answer;
    struct err err;

    restore();
    assert_true(join("chat", "one", 5000).granted);
    assert_int_equal(join_of(other, &answer, &err), OUTCOME_DONE);
    forget();
    assert_int_equal(restore_of(scene.store, 0, &err), OUTCOME_BROKEN); /* it has begun */
    assert_int_equal(restore_of(other, RESTORE_MS, &err), OUTCOME_WAIT);
    assert_non_null(strstr(err.text, "another worker"));
    restore();
    assert_int_equal(restore_of(other, 0, &err), OUTCOME_DONE); /* without a look at the topic */
    assert_int_equal(claim_store_verify(other, scene.arena, &err), OUTCOME_WAIT);
    assert_non_null(strstr(err.text, "decided again"));
    assert_int_equal(join_of(other, &answer, &err), OUTCOME_WAIT);

    claim_store_begin(other);
    assert_int_equal(join_of(other, &answer, &err), OUTCOME_DONE);
    assert_string_equal(answer.value, "one");
    assert_int_equal(claim_store_verify(other, scene.arena, &err), OUTCOME_DONE);
    close_other(other);
}

/* Who has begun and stands still keeps the others waiting for some seconds; when he goes on, he does
 * no harm. */
static void test_restorer_stands(void **state) {
    (void)state;
    struct claim_store *other = open_other();
    struct answer answer;
    struct err err;

    restore();
    assert_true(count("first", 60).granted);
    forget();
    assert_int_equal(restore_of(scene.store, 0, &err), OUTCOME_BROKEN);
    WAIT_FOR(restore_of(other, RESTORE_MS, &err) == OUTCOME_DONE, FAULTS_STEP_MS);
    assert_int_equal(join_of(other, &answer, &err), OUTCOME_DONE);
    restore();
    claim_store_begin(scene.store);
    assert_false(count("second", 60).granted);
    assert_true(count("third", 40).granted);
    close_other(other);
}

/* ---- How long ---- */

static struct redis_reply tell(const char *verb, const char *a, const char *b, const char *c) {
    struct redis_reply reply;
    struct err err;
    int argc = c ? 4 : b ? 3 : 2;
    if (redis_ask(scene.redis, scene.arena, &reply, &err, argc, verb, a, b, c))
        fail_msg("%s: %s", verb, err.text);
    return reply;
}

/* What Redis has under a name beside a claim. */
static const char *redis_name(const char *key, const char *name) {
    return arena_printf(scene.arena, "%s:{claims.%d}:%s", scene.h->prefix,
                        ids_partition(key, strlen(key), CLAIM_TAGS), name);
}

static const char *redis_key(const char *key) {
    return redis_name(key, key);
}

/* The bucket in which it is looked for, and its name there (claims.lua). */
static const char *bucket_of(const char *key, char field_out[CLAIM_FIELD_MAX]) {
    struct redis_reply reply = tell("GET", redis_name(key, "~size"), NULL, NULL);
    int buckets = reply.kind == REDIS_TEXT ? atoi(reply.text) : 1;

    claim_field(key, field_out);
    return redis_name(key, arena_printf(scene.arena, "~%d", claim_bucket(field_out, buckets)));
}

/* NULL: it has none. */
static const char *short_form(const char *key) {
    char field[CLAIM_FIELD_MAX];
    const char *bucket = bucket_of(key, field);
    struct redis_reply reply = tell("HGET", bucket, field, NULL);
    return reply.kind == REDIS_TEXT ? reply.text : NULL;
}

/* -2: it is not there. */
static int64_t left_ms(const char *key) {
    const char *form = short_form(key);
    char ends[9] = "";
    if (!form) return tell("PTTL", redis_key(key), NULL, NULL).number;
    memcpy(ends, form + 2, sizeof ends - 1);
    return strtoll(ends, NULL, 16) * 1000 - clock_now_ms();
}

/* As a version wrote it that knew no end, when ends_ms is 0. */
static void write_record(const char *record_key, const char *key, const char *kind, const char *id,
                         int64_t last_ms, int64_t amount, int64_t kept_ms, int64_t ends_ms) {
    char end[64] = "";
    if (ends_ms) snprintf(end, sizeof end, ",\"ends_ms\":%lld", (long long)ends_ms);
    const char *value =
        arena_printf(scene.arena,
                     "{\"key\":\"%s\",\"kind\":\"%s\",\"id\":\"%s\",\"value\":\"v\",\"last_ms\":%"
                     "lld,\"joined\":0,\"amount\":%lld,\"kept_ms\":%lld%s}",
                     key, kind, id, (long long)last_ms, (long long)amount, (long long)kept_ms, end);
    produce(&(struct kafka_message){.topic = TOPIC_CLAIMS,
                                    .partition = -1,
                                    .key = record_key,
                                    .key_len = strlen(record_key),
                                    .value = value,
                                    .value_len = strlen(value)});
}

static bool is_about(int64_t found, int64_t expected) {
    return found < expected + FAULTS_STEP_MS && found > expected - FAULTS_STEP_MS;
}

/* What is left of a life, not a new one; and nothing of one that is over, whichever version wrote
 * it. */
static void test_lives(void **state) {
    (void)state;
    const int64_t now = clock_now_ms(), day = DAY_MS;
    restore();
    struct answer join_made = join("made", "m", now);
    struct answer cap_made = make((struct claim){.kind = CLAIM_COUNT,
                                                 .key = "cap",
                                                 .id = "first",
                                                 .valid_ms = 400 * day,
                                                 .amount = 60,
                                                 .limit = LIMIT});
    assert_true(is_about(cap_made.ends_ms, now + 401 * day));
    write_record("old", "old", "join", "o", now - 20 * day, 0, 8 * day, 0);
    write_record("young", "young", "join", "y", now - 5 * day, 0, 8 * day, 0);
    write_record("sums\x1f#a", "sums", "count", "a", 0, 60, 8 * day, 0); /* since it was written */
    write_record("over\x1f#o", "over", "join", "o", now, 0, 8 * day, now - 1);
    write_record("short\x1f#s", "short", "join", "s", now, 0, 8 * day, now + 3600000);
    forget();
    restore();
    assert_true(is_about(left_ms("made"), join_made.ends_ms - now));
    assert_true(is_about(left_ms("cap"), cap_made.ends_ms - now));
    assert_int_equal(left_ms("old"), -2);
    assert_true(is_about(left_ms("young"), 3 * day));
    assert_true(is_about(left_ms("sums"), 8 * day));
    assert_int_equal(left_ms("over"), -2);
    assert_true(is_about(left_ms("short"), 3600000));
}

/* A claim of nothing asks for the sum, and is given back, too. */
static void test_of_nothing(void **state) {
    (void)state;
    restore();
    assert_int_equal(count("part", 60).sum, 60);
    assert_int_equal(count("look", 0).sum, 60);
    give_back("look");
    assert_int_equal(count("look", 0).sum, 60);
    give_back("part");
    assert_int_equal(count("look", 0).sum, 0);
}

/* A part of a count runs out by itself, while later parts keep the count; that a claim is asked for
 * and refused keeps nothing. */
static void test_parts(void **state) {
    (void)state;
    const int64_t now = clock_now_ms(), soon = now + 3000;
    struct answer answer;
    int asked = 0;
    restore();
    write_record("parts\x1f#a", "parts", "count", "a", 0, 60, DAY_MS, soon);
    write_record("parts\x1f#b", "parts", "count", "b", 0, 30, DAY_MS, now + DAY_MS);
    forget();
    restore();
    do {
        answer = make((struct claim){.kind = CLAIM_COUNT,
                                     .key = "parts",
                                     .id = arena_printf(scene.arena, "ask-%d", asked++),
                                     .valid_ms = 100 * (int64_t)DAY_MS,
                                     .amount = 50,
                                     .limit = LIMIT});
        if (!answer.granted) assert_true(left_ms("parts") <= DAY_MS);
    } while (!answer.granted && clock_now_ms() < soon + FAULTS_STEP_MS);
    assert_true(answer.granted);
    assert_true(clock_now_ms() >= soon);
    assert_int_equal(answer.sum, 80);
    assert_true(left_ms("parts") > DAY_MS);
}

struct found {
    int live, gone;
};

static void count_keys(void *context, const struct raw *raw) {
    struct found *found = context;
    if (raw->key_len < 4 || memcmp(raw->key, "tidy", 4) != 0) return;
    found->live += raw->value != NULL;
    found->gone += raw->value == NULL;
}

/* What ran out more than a day ago is taken out of the topic, of which one worker takes care a day.
 */
/* With the next call, not only when it is looked at again. */
static void tidy_now(void) {
    scene.store->tidy_at_ms = clock_boot_ms();
}

static void test_tidied(void **state) {
    (void)state;
    enum { OLD = 300, LIVE = 20, TURN_MS = 50 };
    const int64_t now = clock_now_ms(), day = DAY_MS;
    struct found found = {0, 0};
    restore();
    for (int i = 0; i < OLD; i++) {
        const char *key = arena_printf(scene.arena, "tidy-old-%d", i);
        write_record(key, key, "join", "o", now - 20 * day, 0, 8 * day, i % 2 ? now - 2 * day : 0);
    }
    for (int i = 0; i < LIVE; i++) {
        const char *key = arena_printf(scene.arena, "tidy-live-%d", i);
        write_record(key, key, "join", "o", now, 0, 8 * day, i % 2 ? now + day : 0);
    }
    assert_false(
        claim_store_tidy(scene.store, scene.world->asker, TURN_MS)); /* not at once after a start */
    tidy_now();
    WAIT_FOR(!claim_store_tidy(scene.store, scene.world->asker, TURN_MS), FAULTS_STEP_MS);
    world_read(scene.world, TOPIC_CLAIMS, NULL, count_keys, &found);
    assert_int_equal(found.gone, OLD);

    tidy_now(); /* somebody has done it today */
    assert_false(claim_store_tidy(scene.store, scene.world->asker, TURN_MS));
    found = (struct found){0, 0};
    world_read(scene.world, TOPIC_CLAIMS, NULL, count_keys, &found);
    assert_int_equal(found.gone, OLD);
    assert_int_equal(found.live, OLD + LIVE);
    forget();
    restore();
    assert_true(is_about(left_ms("tidy-live-1"), day));
    assert_int_equal(left_ms("tidy-old-1"), -2);
}

/* ---- What somebody else has put there ---- */

static enum outcome look(const char *key) {
    struct err err;
    struct answer answer;
    struct claim claim = {.kind = CLAIM_LOOK, .key = key};
    return claim_store_make(scene.store, scene.arena, &claim, &answer, 1, &err);
}

/* A claim, or a marker, whose key is of another type: it comes back from the topic. */
static void test_other_types(void **state) {
    (void)state;
    restore();
    assert_true(join("typed", "first", 5000).granted);
    char field[CLAIM_FIELD_MAX];
    tell("SET", bucket_of("typed", field), "x", NULL);
    assert_int_equal(look("typed"), OUTCOME_BROKEN);
    restore();
    assert_int_equal(join("typed", "second", 5000).ordinal, 1);
    tell("SET", redis_key("typed"), "x", NULL); /* of its own since somebody joined it */
    assert_int_equal(look("typed"), OUTCOME_BROKEN);
    restore();
    assert_int_equal(join("typed", "second", 5000).ordinal, 2);

    const char *marker = arena_printf(scene.arena, "%s:{claims.%d}:marker", scene.h->prefix,
                                      ids_partition("typed", strlen("typed"), CLAIM_TAGS));
    tell("DEL", marker, NULL, NULL);
    tell("SADD", marker, "x", NULL);
    tell("SET", redis_key("typed"), "x", NULL);
    assert_int_equal(look("typed"), OUTCOME_BROKEN);
    restore();
    assert_int_equal(join("typed", "third", 5000).ordinal, 3);
}

/* ---- A full Redis ---- */

static enum outcome take(struct claim claim) {
    struct err err;
    struct answer answer;
    return claim_store_make(scene.store, scene.arena, &claim, &answer, 1, &err);
}

static const char *owner_of(const char *key) {
    struct err err;
    struct answer answer;
    struct claim claim = {.kind = CLAIM_LOOK, .key = key};
    if (claim_store_make(scene.store, scene.arena, &claim, &answer, 1, &err))
        fail_msg("%s", err.text);
    return answer.owner;
}

/* No claim is made, and none is half taken over; giving back goes on. */
static void test_full(void **state) {
    (void)state;
    const int64_t now = clock_now_ms();
    restore();
    assert_true(join("thing", "first", now - 100000).granted);
    assert_true(count("part", 60).granted);
    tell("CONFIG", "SET", "maxmemory", "1000");
    assert_int_equal(
        take((struct claim){
            .kind = CLAIM_JOIN, .key = "new", .id = "n", .time_ms = now, .valid_ms = 1000}),
        OUTCOME_WAIT);
    assert_int_equal(
        take((struct claim){
            .kind = CLAIM_JOIN, .key = "thing", .id = "second", .time_ms = now, .valid_ms = 1000}),
        OUTCOME_WAIT);
    assert_string_equal(owner_of("thing"), "first");
    give_back("part");
    assert_null(short_form("cap\x1forder-1"));
    tell("CONFIG", "SET", "maxmemory", "0");
    assert_true(join("thing", "second", now).granted);
    assert_true(count("other", 100).granted);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forgotten, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_one_restores, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_restorer_stands, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_lives, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_of_nothing, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_parts, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_tidied, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_other_types, open_prefix, close_prefix),
        cmocka_unit_test_setup_teardown(test_full, open_prefix, close_prefix),
    };
    return cmocka_run_group_tests(tests, open_servers, close_servers);
}
