/* house: see house.h. */
#include "house.h"
#include "base/clock.h"
#include "classification/classification.h"
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "fake_kafka.h"
#include "fake_redis.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "process.h"
#include "redressctl/commands.h"
#include "sim.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORKERS = 6, REST_MS = 600000, ROUND_MS = 10000, WORDS_MAX = 24 };

static const struct worker_spec *const specs[WORKERS] = {&intake_spec,       &classification_spec,
                                                         &sla_spec,          &compensation_spec,
                                                         &notification_spec, &cohort_spec};

static struct house {
    struct config config;
    struct arena *arena;
    int partitions;
    struct {
        int fiber;
        struct engine *engine;
    } workers[WORKERS];
} house;

/* ---- Workers ---- */

static void publish_policy(struct engine *engine) {
    struct policy_topic topic = policy_log_open(&engine->policy_log);
    const char *newer;
    struct err err;

    while (policy_store_publish(engine->store, &topic, &newer, &err) != OUTCOME_DONE) {
        log_say(LOG_WARN, "policy not published", "error", err.text, NULL);
        sim_sleep(10);
    }
}

static void run_worker(void *context) {
    int number = (int)(intptr_t)context;
    const struct worker_spec *spec = specs[number];
    struct engine *engine = process_open(
        spec, &house.config, arena_printf(house.arena, "%s-0", spec->name), house.partitions);
    struct buf errors = {0};

    house.workers[number].engine = engine;
    engine->settings = (struct settings){.dedupe_for_ms = house.config.dedupe_for_ms,
                                         .join_for_ms = house.config.join_for_ms,
                                         .late_settle_ms = house.config.late_settle_ms};
    engine->policy_log = (struct policy_log){&engine->kafka, engine->asker};
    engine->store = policy_store_new(spec, house.config.policy_dir, &engine->policies);
    if (policy_store_load(engine->store, &errors) < 0) fail_msg("%s", errors.at);
    publish_policy(engine);
    if (process_run(engine)) fail_msg("%s gave up", spec->name);
    house.workers[number].engine = NULL;
}

static int number_of(const char *worker) {
    for (int i = 0; i < WORKERS; i++)
        if (strcmp(specs[i]->name, worker) == 0) return i;
    fail_msg("%s is no worker", worker);
    return -1;
}

void house_start(const char *worker) {
    int number = number_of(worker);
    house.workers[number].fiber = sim_spawn(worker, run_worker, (void *)(intptr_t)number);
}

static bool has_ended(void *fiber) {
    return !sim_lives(*(const int *)fiber);
}

void house_stop(const char *worker) {
    int number = number_of(worker);
    house.workers[number].engine->stopping = true;
    if (!sim_run(has_ended, &house.workers[number].fiber, REST_MS))
        fail_msg("%s does not end", worker);
}

void house_open(int partitions) {
    struct buf errors = {0};

    house = (struct house){.arena = arena_new(), .partitions = partitions};
    if (config_load(NULL, environ, house.arena, &house.config, &errors) < 0)
        fail_msg("%s", errors.at);
    sim_begin(1);
    fake_kafka_begin(partitions);
    fake_redis_begin();
    for (int i = 0; i < WORKERS; i++) house_start(specs[i]->name);
    house_rest();
}

void house_close(void) {
    for (int i = 0; i < WORKERS; i++)
        if (house.workers[i].engine) house_stop(specs[i]->name);
    sim_end();
    arena_free(house.arena);
}

/* ---- Time ---- */

static bool is_over(void *until_ms) {
    return sim_now_ms() >= *(const int64_t *)until_ms;
}

void house_wait(int64_t ms) {
    int64_t until_ms = sim_now_ms() + ms;
    sim_run(is_over, &until_ms, ms + 1);
}

/* Of what a worker has not read yet, the first; "" when there is nothing. */
static bool is_read(void *unread_out) {
    const char **unread = unread_out;
    for (int i = 0; i < WORKERS; i++) {
        if (!house.workers[i].engine) continue;
        for (const enum topic *topic = specs[i]->reads; *topic != TOPIC_NONE; topic++)
            for (int partition = 0; partition < house.partitions; partition++)
                if (fake_kafka_left(*topic, NULL, partition,
                                    fake_kafka_committed(specs[i]->name, *topic, partition))) {
                    *unread = arena_printf(house.arena, "%s has not read %s, partition %d",
                                           specs[i]->name, topic_name(*topic), partition);
                    return false;
                }
    }
    *unread = "a transaction is open";
    return fake_kafka_quiet();
}

/* What one reads another may have written a moment later. */
void house_rest(void) {
    enum { MOMENT_MS = 2000 };
    const char *unread;
    house_wait(MOMENT_MS);
    if (!sim_run(is_read, &unread, REST_MS)) fail_msg("no rest: %s", unread);
    house_wait(MOMENT_MS);
}

/* ---- Tools ---- */

/* Each output goes to a file meanwhile. */
static int run_into(FILE *files[2], int argc, char **argv) {
    int outs[] = {STDERR_FILENO, STDOUT_FILENO};
    int kept[2];

    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        kept[i] = dup(outs[i]);
        assert_true(dup2(fileno(files[i]), outs[i]) >= 0);
    }
    int status = commands_main(argc, argv);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        assert_true(dup2(kept[i], outs[i]) >= 0);
        close(kept[i]);
    }
    return status;
}

/* What the file holds is added; the file is closed. */
static void take(FILE *file, struct buf *said) {
    char bytes[4096];
    size_t got;

    rewind(file);
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0) buf_add(said, bytes, got);
    fclose(file);
}

int house_ctl(const char *line, struct buf *said, size_t *results_out) {
    char *words[WORDS_MAX + 2] = {(char[]){"redressctl"}};
    char *text = strdup(line);
    int argc = 1;

    for (char *at = text; *at && argc < WORDS_MAX;) {
        bool quoted = *at == '\'';
        char end = ' ';
        if (quoted) end = *at++;
        words[argc++] = at;
        at += strcspn(at, (char[]){end, '\0'});
        if (*at) *at++ = '\0';
        while (*at == ' ') at++;
    }
    /* A few calls more or less than last time show nowhere: it always begins on a round time. */
    house_wait(ROUND_MS - sim_now_ms() % ROUND_MS);
    FILE *files[] = {tmpfile(), tmpfile()};
    assert_true(files[0] && files[1]);
    int status = run_into(files, argc, words);
    take(files[0], said);
    if (results_out) *results_out = said->len;
    take(files[1], said);
    free(text);
    return status;
}
