/* A keyed worker with a backlog, on the fakes: batches that change hundreds of cases of several
 * shards, whose changelogs have each case several times, and are replayed in slices when the view
 * is lost. Every case is opened, and most are told of again and contacted; all comes at once, and
 * is due before it is read: those that nobody contacted fire, once, and no other.
 *
 *     test_backlog [COUNT [FIRST]]     so many seeds from this one */
#include "base/ids.h"
#include "base/log.h"
#include "fake_kafka.h"
#include "fake_redis.h"
#include "process.h"
#include "runtime/keyed_batch.h"
#include "sim.h"
#include "toy.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PARTITIONS = 3,
    CASES = 900,
    EVENTS = 3,     /* of a case */
    TOGETHER = 150, /* cases, event by event: with batches that are smaller, a changelog has a case
                       several times within a slice of its replay */
    SMALL_BATCH = 100,
    LARGE_BATCH = 1000,
    SETTLE_MS = 1000,
    LATE_MS = 100,
    TROUBLE_MS = 5000, /* all faults come within */
    SELDOM = 500,      /* one in so many steps */
    LIMIT_MS = 120000
};

static long count = 4, first = 1;

struct faults_wanted {
    unsigned redis, commits; /* percent of the exchanges, and of the commits */
    int kills, losses;
};

static struct scene {
    struct faults_wanted faults;
    int64_t began_ms, starts_ms; /* again; 0: it runs */
    bool published, trouble;
    int fiber;
    struct engine *engine;
    int heals;
    int64_t folded[CASES]; /* events and wake-ups */
    char wrong[300];
    struct arena *arena;
} scene;

static struct config config = {PROCESS_SETTINGS, .batch_ms = 1000, .recent_bytes = 1 << 20};

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0"; /* processes that are killed leave what they held */
}

static void fail_with(const char *fmt, ...) PRINTF(1, 2);
static void fail_with(const char *fmt, ...) {
    va_list args;

    if (scene.wrong[0]) return;
    va_start(args, fmt);
    vsnprintf(scene.wrong, sizeof scene.wrong, fmt, args);
    va_end(args);
}

/* ---- What is counted ---- */

void __real_shard_heal(struct shards *shards, struct shard *shard, const char *why);
void __wrap_shard_heal(struct shards *shards, struct shard *shard, const char *why);
void __wrap_shard_heal(struct shards *shards, struct shard *shard, const char *why) {
    scene.heals++;
    __real_shard_heal(shards, shard, why);
}

/* ---- The worker and its log ---- */

static void run_worker(void *context) {
    (void)context;
    scene.engine = process_open(&toy_keyed, &config, "sla-0", PARTITIONS);
    if (process_run(scene.engine)) fail_with("the worker gave up");
}

static void name_case(int number, char out[IDS_CASE_LEN + 1]) {
    snprintf(out, IDS_CASE_LEN + 1, "0000000000%03d-0000%03d", number, number);
}

static void publish(int number, int event, int64_t at_ms) {
    char case_id[IDS_CASE_LEN + 1], id[24];
    static const char *const types[EVENTS] = {"case.opened", "case.repeated", "case.contacted"};

    name_case(number, case_id);
    snprintf(id, sizeof id, "e-%d-%d", number, event);
    toy_publish(TOPIC_EVENTS, number % PARTITIONS, types[event], id, case_id, at_ms);
}

static bool is_silent(int number) {
    return number % 50 == 7;
}

static void publish_all(void) {
    int64_t due_ms = sim_now_ms() - LATE_MS;

    for (int from = 0; from < CASES; from += TOGETHER)
        for (int event = 0; event < EVENTS; event++)
            for (int i = from; i < from + TOGETHER; i++)
                if (!event || !is_silent(i)) publish(i, event, due_ms - TOY_DEADLINE_MS + event);
    scene.published = true;
}

/* Since SETTLE_MS there is a view of each shard: by now all run. */
static bool all_run(void) {
    for (int i = 0; i < PARTITIONS; i++) {
        char key[64];
        snprintf(key, sizeof key, "redress:{sla.%d}:applied", i);
        if (!fake_redis_has(key)) scene.began_ms = sim_now_ms();
    }
    return sim_now_ms() > scene.began_ms + SETTLE_MS;
}

static void step(void *context) {
    (void)context;
    int64_t now_ms = sim_now_ms();

    if (!scene.published) {
        if (!all_run()) return;
        scene.began_ms = now_ms;
        publish_all();
        const struct faults_wanted *faults = &scene.faults;
        fake_kafka_faults(&(struct fake_kafka_faults){.commit_unknown = faults->commits});
        fake_redis_faults(&(struct fake_redis_faults){
            .away = faults->redis, .lost_reply = faults->redis, .half = faults->redis});
        scene.trouble = faults->redis || faults->commits || faults->losses || faults->kills;
    }
    if (scene.starts_ms && now_ms >= scene.starts_ms) {
        scene.starts_ms = 0;
        scene.fiber = sim_spawn("sla-0", run_worker, NULL);
    }
    if (now_ms > scene.began_ms + TROUBLE_MS) {
        fake_redis_faults(&(struct fake_redis_faults){0});
        fake_kafka_faults(&(struct fake_kafka_faults){0});
        return;
    }
    if (scene.faults.kills && !scene.starts_ms && sim_random(SELDOM) == 0) {
        scene.faults.kills--;
        sim_kill(scene.fiber);
        scene.starts_ms = now_ms + 1 + (int64_t)sim_random(300);
    } else if (scene.faults.losses && sim_random(SELDOM) == 0) {
        scene.faults.losses--;
        if (sim_chance(50))
            fake_redis_flush();
        else
            fake_redis_roll_back();
    } else if (scene.faults.losses && sim_chance(2)) {
        fake_redis_remember();
    }
}

/* ---- What must hold at the end ---- */

static bool at_rest(void *context) {
    (void)context;
    if (scene.wrong[0]) return true;
    if (!scene.published || !fake_kafka_quiet() || sim_now_ms() < scene.began_ms + TROUBLE_MS)
        return false;
    for (int i = 0; i < PARTITIONS; i++)
        if (!process_shard_rests("sla", i)) return false;
    return true;
}

static void read_state(const struct raw *raw, struct toy_state *out) {
    const struct tree *tree;
    struct err err;
    struct faults faults = {.arena = scene.arena};

    if (json_read(scene.arena, raw->value, raw->value_len, NULL, &tree, &err) != JSON_OK ||
        fields_decode(&toy_state_table, tree, FIELDS_EVENT, scene.arena, out, &faults))
        fail_with("a changelog record cannot be read");
}

/* Of each case first what is opened, then what is contacted: never older behind newer. */
static void note_state(void *context, const struct raw *raw) {
    struct toy_state state = {0};
    (void)context;

    if (raw->key_len != IDS_CASE_LEN) return;
    int number = atoi(raw->key + 10);
    read_state(raw, &state);
    int64_t folded = state.seen + state.breached;
    if (folded <= scene.folded[number])
        fail_with("case %d: folded twice, or from a state of before", number);
    scene.folded[number] = folded;
    if (state.breached && !is_silent(number))
        fail_with("case %d: a breach that a record disproves", number);
    if (state.opened != 1) fail_with("case %d: opened not once", number);
}

static void check_field(void *context, const char *key, const char *field, const char *value,
                        size_t len) {
    (void)key, (void)len;
    int *found = context;
    if (strcmp(field, "seen") == 0) *found = atoi(value);
}

static void add_up(void *context, const char *key, const char *field, const char *value,
                   size_t len) {
    (void)key, (void)field, (void)len;
    *(int *)context += atoi(value);
}

static void check_counts(int shard) {
    char key[64];
    int counted = 0;

    snprintf(key, sizeof key, "redress:{sla.%d}:count:status", shard);
    fake_redis_each(key, add_up, &counted);
    if (counted != CASES / PARTITIONS) fail_with("shard %d: %d cases are counted", shard, counted);
}

static void check_end(void) {
    for (int i = 0; i < PARTITIONS; i++)
        fake_kafka_each(TOPIC_STATE, "sla", i, -1, note_state, NULL);
    for (int i = 0; i < PARTITIONS; i++) check_counts(i);
    for (int i = 0; i < CASES; i++) {
        char id[IDS_CASE_LEN + 1], key[96];
        int shown = 0;
        name_case(i, id);
        snprintf(key, sizeof key, "redress:{sla.%d}:case:%s", i % PARTITIONS, id);
        fake_redis_each(key, check_field, &shown);
        int events = is_silent(i) ? 1 : EVENTS;
        if (scene.folded[i] != events + is_silent(i))
            fail_with("case %d: %" PRId64 " events and wake-ups", i, scene.folded[i]);
        if (shown != events) fail_with("case %d: the view says %d", i, shown);
    }
}

static void begin(uint64_t seed, const struct faults_wanted *faults) {
    sim_begin(seed);
    config.batch_records = seed % 2 ? LARGE_BATCH : SMALL_BATCH;
    if (!config.arena) config.arena = arena_new();
    scene = (struct scene){.faults = *faults, .arena = arena_new(), .began_ms = sim_now_ms()};
    fake_kafka_begin(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        fake_kafka_publish(TOPIC_STATE, "sla", i, "@log", "{\"log_id\":\"seam\",\"shards\":3}",
                           NULL, 0);
    fake_redis_begin();
    fake_redis_remember();
    sim_each_step(step, NULL);
    scene.fiber = sim_spawn("sla-0", run_worker, NULL);
}

static bool has_ended(void *context) {
    (void)context;
    return !sim_lives(scene.fiber);
}

static void run_all(const struct faults_wanted *faults) {
    int heals = 0;

    for (long seed = first; seed < first + count; seed++) {
        begin((uint64_t)seed, faults);
        bool rested = sim_run(at_rest, NULL, LIMIT_MS);
        if (!rested) fail_with("it does not come to rest");
        check_end();
        if (!scene.trouble && scene.heals)
            fail_with("%d heals though nothing went wrong", scene.heals);
        sim_each_step(NULL, NULL);
        if (sim_lives(scene.fiber)) scene.engine->stopping = true;
        if (!scene.wrong[0]) sim_run(has_ended, NULL, LIMIT_MS);
        sim_end();
        arena_free(scene.arena);
        heals += scene.heals;
        if (scene.wrong[0]) fail_msg("seed %ld: %s", seed, scene.wrong);
    }
    print_message("%ld runs, %d heals\n", count, heals);
    assert_true(heals > 0 || !(faults->redis || faults->losses));
}

static void test_quiet(void **state) {
    (void)state;
    run_all(&(struct faults_wanted){0});
}

static void test_redis(void **state) {
    (void)state;
    run_all(&(struct faults_wanted){.redis = 4, .losses = 1});
}

static void test_commits(void **state) {
    (void)state;
    run_all(&(struct faults_wanted){.commits = 20});
}

static void test_kills(void **state) {
    (void)state;
    run_all(&(struct faults_wanted){.redis = 1, .commits = 5, .kills = 2, .losses = 1});
}

int main(int argc, char **argv) {
    if (argc > 1) count = atol(argv[1]);
    if (argc > 2) first = atol(argv[2]);
    if (argc > 3) cmocka_set_test_filter(argv[3]);
    log_init("seam", "seam", getenv("SEAM_LOG") ? LOG_DEBUG : LOG_ERROR);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quiet), cmocka_unit_test(test_redis),
                                       cmocka_unit_test(test_commits),
                                       cmocka_unit_test(test_kills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
