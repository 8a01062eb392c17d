/* faults: see faults.h. */
#include "faults.h"
#include "base/clock.h"
#include "outside/redis.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

unsigned faults_seed(void) {
    const char *given = getenv("REDRESS_TEST_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_now_ms();
    print_message("REDRESS_TEST_SEED=%u\n", seed);
    return seed;
}

static void stand(struct replay *replay, bool still) {
    for (int i = 0; i < replay->replicas; i++) {
        struct process *const workers[] = {replay->intake[i], replay->sla[i]};
        for (int k = 0; k < 2; k++) {
            if (!still) process_thaw(workers[k]);
            if (still && process_running(workers[k])) process_freeze(workers[k]);
        }
    }
}

int faults_feed(struct replay *replay, int times) {
    stand(replay, true);
    int count = replay_publish_share(replay, times);
    stand(replay, false);
    return count;
}

void faults_work(struct replay *replay, unsigned *seed, const struct worker_spec *spec, int times) {
    int64_t before = -1;
    WAIT_FOR((before = world_done(replay->world, spec)) >= 0, FAULTS_STEP_MS);

    int half = faults_feed(replay, times) / 2;
    int64_t done = before + 1 + rand_r(seed) % (unsigned)half;
    WAIT_FOR(world_done(replay->world, spec) >= done, FAULTS_WAIT_MS);
}

void faults_start_until(struct process *process, const char *message) {
    char text[100];
    snprintf(text, sizeof text, "\"message\":\"%s\"", message);
    int before = process_log_count(process, text);

    process_start(process);
    WAIT_FOR(process_log_count(process, text) > before, FAULTS_STEP_MS);
}

void faults_count(struct replay *replay, const char *what) {
    int64_t lag = -1;
    for (int64_t end_ms = wait_now_ms() + FAULTS_STEP_MS; lag < 0 && wait_now_ms() < end_ms;)
        lag = replay_lag(replay);
    print_message("%s: %lld records undecided\n", what, (long long)lag);
    assert_true(lag > 0);
}

void faults_restart(struct replay *replay, struct process *process) {
    process_start(process);
    harness_wait_ready(replay->h, process);
}

void faults_kill(struct replay *replay, struct process *process) {
    process_kill(process, SIGKILL);
    faults_count(replay, process->name);
}

void faults_crash_at(struct replay *replay, struct process *process, const char *point,
                     int passage) {
    if (process_running(process)) process_kill(process, SIGKILL);
    process_env(process, "REDRESS_TEST_FAULT=%s:%d", point, passage);
    process_start(process);
    if (!process_wait(process, FAULTS_WAIT_MS))
        wait_fail("%s did not come to %s %d times", process->name, point, passage);
    assert_int_equal(process_exit_status(process), 128 + SIGKILL);
    char what[200];
    snprintf(what, sizeof what, "%s killed at %s", process->name, point);
    faults_count(replay, what);
    process_env(process, "REDRESS_TEST_FAULT=");
}

void faults_unguarded(struct process *worker, const char *guard) {
    if (!guard) return;
    char *program = NULL;
    if (asprintf(&program, "%s-unguarded", worker->argv[0]) < 0) wait_fail("out of memory");
    free(worker->argv[0]);
    worker->argv[0] = program;
    process_env(worker, "REDRESS_TEST_WITHOUT=%s", guard);
}

void faults_version(struct process *worker, bool next) {
    static const char suffix[] = "-next";
    char *program = worker->argv[0];
    char *end = strstr(program, suffix);

    if (end) *end = '\0';
    if (!next) return;
    if (asprintf(&worker->argv[0], "%s%s", program, suffix) < 0) wait_fail("out of memory");
    free(program);
}

void faults_redis(struct replay *replay, const char *command) {
    faults_tell_redis(replay->world, command);
}

void faults_tell_redis(struct world *world, const char *command) {
    struct err err;
    struct redis *redis = redis_new(world->config.redis_url, &err);
    struct redis_reply reply;
    struct arena *arena = arena_new();
    enum { WORDS_MAX = 4 };
    const char *words[WORDS_MAX] = {NULL};
    int count = 0;
    for (char *rest, *word = strtok_r(arena_strdup(arena, command), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (redis_ask(redis, arena, &reply, &err, count, words[0], words[1], words[2], words[3]))
        wait_fail("%s: %s", command, err.text);
    redis_free(redis);
    arena_free(arena);
}

void faults_stay_away(struct replay *replay, const char *whose) {
    enum {
        AWAY_MS = 15000,
        BUSY_PERCENT = 20
    }; /* 2 % is usual; what turns without a pause takes 100 */
    double before = process_cpu_s(replay->intake[0]) + process_cpu_s(replay->sla[0]);

    usleep(AWAY_MS * 1000);
    double took = process_cpu_s(replay->intake[0]) + process_cpu_s(replay->sla[0]) - before;
    print_message("both workers took %.1f s of processor time in %d s without %s\n", took,
                  AWAY_MS / 1000, whose);
    assert_true(took * 1e3 * 100 < (double)AWAY_MS * BUSY_PERCENT);
}

void faults_short_session(struct replay *replay) {
    for (int i = 0; i < replay->replicas; i++) {
        process_env(replay->intake[i], "REDRESS_SESSION_TIMEOUT=6s");
        process_env(replay->sla[i], "REDRESS_SESSION_TIMEOUT=6s");
        process_env(replay->intake[i], "REDRESS_TRANSACTION_TIMEOUT=3s");
        process_env(replay->sla[i], "REDRESS_TRANSACTION_TIMEOUT=3s");
    }
}
