/* An intake that has more activity than it may hold, on the fakes: a channel leaves a transaction
 * open on complaints, so all activity waits. What is held stays within its bound, for the inputs
 * pause; complaints go on meanwhile; and when the transaction has ended the inputs are read on, so
 * that everything is passed on, once and in order.
 *
 *     test_pressure [COUNT [FIRST]]     so many seeds from this one */
#include "base/ids.h"
#include "base/log.h"
#include "fake_kafka.h"
#include "fake_redis.h"
#include "process.h"
#include "sim.h"
#include "toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PARTITIONS = 2,
    HELD_MAX = 10000,    /* map_gate.c asserts that no more is held */
    EACH = HELD_MAX,     /* activity of a partition: one alone fills it */
    OPEN_MS = 10000,     /* the transaction ends then */
    COMPLAINT_MS = 6000, /* by now too much is held */
    PASSED_MS = 9000,    /* and a complaint of then is passed on until then */
    LIMIT_MS = 60000
};

static long count = 2, first = 1;

static struct config config = {PROCESS_SETTINGS, .batch_ms = 100, .batch_records = 1000};

static struct scene {
    int64_t began_ms;
    int fiber;
    struct engine *engine;
    bool complained, looked;
    int passed[PARTITIONS]; /* activity, as the case log has it */
    int complaints;
    const char *wrong;
} scene;

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0"; /* the broker keeps its records */
}

static void run_intake(void *context) {
    (void)context;
    scene.engine = process_open(&toy_intake, &config, "intake-0", PARTITIONS);
    if (process_run(scene.engine)) scene.wrong = "the intake gave up";
}

static void publish(enum topic topic, int partition, int number) {
    char case_id[IDS_CASE_LEN + 1], id[24];
    bool opens = topic == TOPIC_COMPLAINTS;

    snprintf(case_id, sizeof case_id, "000000000000%d-0000000", partition);
    snprintf(id, sizeof id, "%c-%d-%d", opens ? 'c' : 'a', partition, number);
    toy_publish(topic, partition, opens ? "case.opened" : "case.contacted", id, case_id,
                sim_now_ms());
}

static void note_output(void *context, const struct raw *raw) {
    (void)context;
    int partition = 0;
    int number = 0;

    for (int i = 0; i < raw->header_count; i++) {
        if (strcmp(raw->headers[i].name, "ce_id") != 0) continue;
        if (raw->headers[i].value[0] == 'c') scene.complaints++;
        if (sscanf(raw->headers[i].value, "a-%d-%d", &partition, &number) != 2) continue;
        if (number != scene.passed[partition]++)
            scene.wrong = "activity is passed on twice, or not in order";
    }
}

static void look(void) {
    memset(scene.passed, 0, sizeof scene.passed);
    scene.complaints = 0;
    for (int i = 0; i < PARTITIONS; i++)
        fake_kafka_each(TOPIC_EVENTS, NULL, i, -1, note_output, NULL);
}

static void step(void *context) {
    (void)context;
    int64_t since_ms = sim_now_ms() - scene.began_ms;

    if (!scene.complained && since_ms > COMPLAINT_MS) {
        scene.complained = true;
        publish(TOPIC_COMPLAINTS, 1, 0);
    }
    if (scene.looked || since_ms < PASSED_MS) return;
    scene.looked = true;
    look();
    if (!scene.complaints) scene.wrong = "a complaint waits for activity";
    if (scene.passed[0] || scene.passed[1]) scene.wrong = "activity did not wait";
}

static bool is_all_read(void *context) {
    (void)context;
    if (scene.wrong) return true;
    if (!scene.looked || !fake_kafka_quiet()) return false;
    for (int i = 0; i < PARTITIONS; i++)
        if (fake_kafka_left(TOPIC_ACTIVITY, NULL, i,
                            fake_kafka_committed("intake", TOPIC_ACTIVITY, i)))
            return false;
    return true;
}

static bool has_ended(void *context) {
    (void)context;
    return !sim_lives(scene.fiber);
}

static void run(uint64_t seed) {
    sim_begin(seed);
    if (!config.arena) config.arena = arena_new();
    scene = (struct scene){.began_ms = sim_now_ms()};
    fake_kafka_begin(PARTITIONS);
    fake_kafka_faults(&(struct fake_kafka_faults){0});
    fake_redis_begin();
    fake_redis_faults(&(struct fake_redis_faults){0});
    fake_kafka_leave_open(TOPIC_COMPLAINTS, 0, OPEN_MS);
    for (int i = 0; i < EACH; i++)
        for (int k = 0; k < PARTITIONS; k++) publish(TOPIC_ACTIVITY, k, i);
    sim_each_step(step, NULL);
    scene.fiber = sim_spawn("intake-0", run_intake, NULL);

    if (!sim_run(is_all_read, NULL, LIMIT_MS)) scene.wrong = "activity is not read on";
    if (!scene.wrong) look();
    for (int i = 0; i < PARTITIONS && !scene.wrong; i++)
        if (scene.passed[i] != EACH) scene.wrong = "activity is lost";
    sim_each_step(NULL, NULL);
    if (sim_lives(scene.fiber)) scene.engine->stopping = true;
    sim_run(has_ended, NULL, LIMIT_MS);
    sim_end();
    if (scene.wrong) fail_msg("seed %lu: %s", (unsigned long)seed, scene.wrong);
}

static void test_pressure(void **state) {
    (void)state;
    for (long seed = first; seed < first + count; seed++) run((uint64_t)seed);
}

int main(int argc, char **argv) {
    if (argc > 1) count = atol(argv[1]);
    if (argc > 2) first = atol(argv[2]);
    log_init("seam", "seam", getenv("SEAM_LOG") ? LOG_DEBUG : LOG_ERROR);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pressure)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
