/* The clock of the sla worker alone, then that of Redis alone, is an hour ahead, an hour behind,
 * and jumps to and fro (libfaketime): no breach before its time by the true clock, none twice, and
 * none missing once the clock is right again. CLOCK_MONOTONIC and CLOCK_BOOTTIME stay true, as they
 * do on a machine whose clock is set.
 *
 * And an intake whose clock is slow, or fast: what is fresh by any clock comes in, what is ahead of
 * all does not. */
#include "base/clock.h"
#include "faketime.h"
#include "intake/intake.h"
#include "outside/redis.h"
#include "timers.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PARTITIONS = 2,
    COUNT = 60,       /* deadlines of one part */
    LEAD_MS = 5000,   /* read and started by then; where not, nothing is early or missing either */
    OVER_MS = 2000,   /* they are spread over so long */
    STROBE_MS = 9000, /* so long the clock jumps: over all the deadlines of the part */
    LIMIT_MS = 240000
};

static char clock_file[300];

static void set_clock(const char *offset) {
    faketime_set(clock_file, offset);
}

static bool enough_here(const struct timers *timers) {
    return timers->breached == timers->count;
}

static int publish(struct timers *timers) {
    int first = timers->count;
    int64_t due_ms = clock_now_ms() + LEAD_MS;
    for (int i = 0; i < COUNT; i++) timers_publish(timers, due_ms + (int64_t)i * OVER_MS / COUNT);
    world_flush(timers->world);
    return first;
}

static void expect_all(struct timers *timers, int first, const char *what) {
    int64_t began_ms = wait_now_ms();
    bool all = timers_follow(timers, LIMIT_MS, enough_here);
    print_message("%s: all reported %lld ms later; ", what, (long long)(wait_now_ms() - began_ms));
    if (!all) print_message("%d are missing\n", timers->count - timers->breached);
    timers_check(timers, first, COUNT);
}

/* A clock that is ahead changes nothing: the other one counts. */
static void ahead(struct timers *timers) {
    int first = publish(timers);
    expect_all(timers, first, "an hour ahead");
}

/* A clock that is behind holds everything, until it is right again. */
static void behind(struct timers *timers) {
    set_clock("-3600");
    int first = publish(timers), before = timers->breached;
    timers_follow(timers, LEAD_MS + OVER_MS + 1000, NULL);
    assert_int_equal(timers->breached, before);
    set_clock("+0");
    expect_all(timers, first, "an hour behind, then right again");
}

static void strobing(struct timers *timers) {
    int first = publish(timers);
    int64_t end_ms = wait_now_ms() + STROBE_MS;
    for (int i = 0; wait_now_ms() < end_ms; i++) {
        set_clock(i % 2 ? "+2" : "-2");
        timers_follow(timers, 100, NULL);
    }
    print_message("while it jumped, %d of %d were reported\n", timers->breached - first, COUNT);
    set_clock("+0");
    expect_all(timers, first, "jumping by 2 s to and fro, then right again");
}

/* What is overdue is seen from a host whose clock is an hour slow, too. */
static void look_from_a_slow_host(struct timers *timers) {
    char load[640];
    struct buf out = {0};
    int lines = 0;
    snprintf(load, sizeof load, "LD_PRELOAD=%s", faketime_preload());
    int status =
        harness_run(timers->h, &out, LIMIT_MS, "env", load, "FAKETIME=-3600s",
                    "FAKETIME_DONT_FAKE_MONOTONIC=1", "ASAN_OPTIONS=verify_asan_link_order=0",
                    "redressctl", "cases", "--overdue", "--json", "--limit", "1000", NULL);
    assert_int_equal(status, 0);
    for (const char *at = out.at; at && (at = strstr(at, "\"overdue\":true")); at++) lines++;
    assert_int_equal(lines, timers->count);
    buf_free(&out);
}

static void run(const char *name, bool of_redis) {
    faketime_preload();
    struct timers *timers = timers_new(name, 3 * COUNT);
    snprintf(clock_file, sizeof clock_file, "%s/clock", timers->h->dir);
    set_clock("+3600");
    if (of_redis) faketime_of(&timers->h->redis, clock_file);
    timers_open(timers, PARTITIONS, false);
    if (!of_redis) faketime_of(timers->sla, clock_file);
    process_env(timers->sla,
                "REDRESS_STEP_HOLD=3s"); /* not 10 s, nor the next: for the time the test takes */
    process_env(timers->sla, "REDRESS_LATE_SETTLE=1s");
    timers_start(timers);
    ahead(timers);
    behind(timers);
    strobing(timers);
    timers_follow(timers, 2000, NULL); /* a second report would come now */
    timers_check(timers, 0, timers->count);
    if (!of_redis) look_from_a_slow_host(timers);
    assert_true(process_log_count(timers->sla, "a clock stepped") >
                0); /* the clock was really moved */
    timers_close(timers);
}

static void test_worker_clock(void **state) {
    (void)state;
    run("sla-clock", false);
}

static void test_redis_clock(void **state) {
    (void)state;
    run("redis-clock", true);
}

/* ---- Intake ---- */

struct intake_scene {
    struct timers *timers;
    char redis_clock[300];
    int rejected; /* in_future, as of the last look */
};

static void look_at_rejected(void *context, const struct raw *raw) {
    struct intake_scene *scene = context;
    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        bool reason = strcmp(header->name, "redress_reason") == 0;
        if (!reason) continue;
        if (header->value_len != 9 || memcmp(header->value, "in_future", 9) != 0)
            wait_fail("rejected as %.*s", (int)header->value_len, header->value);
        scene->rejected++;
    }
}

static int rejected(struct intake_scene *scene) {
    scene->rejected = 0;
    world_read(scene->timers->world, TOPIC_REJECTED, NULL, look_at_rejected, scene);
    return scene->rejected;
}

/* A complaint whose time is so far ahead of the true one. */
static void complain(struct intake_scene *scene, int64_t ahead_ms) {
    timers_publish(scene->timers, clock_now_ms() + ahead_ms + TIMERS_WITHIN_MS);
    world_flush(scene->timers->world);
}

static bool all_judged(struct intake_scene *scene, int opened, int refused) {
    timers_follow(scene->timers, 100, NULL);
    return scene->timers->opened + rejected(scene) == opened + refused;
}

static void expect(struct intake_scene *scene, const char *what, int opened, int refused) {
    WAIT_FOR(all_judged(scene, opened, refused), LIMIT_MS);
    print_message("%s: %d opened, %d in the future\n", what, scene->timers->opened,
                  scene->rejected);
    assert_int_equal(scene->timers->opened, opened);
    assert_int_equal(scene->rejected, refused);
}

static bool says(struct intake_scene *scene, const char *words) {
    char body[2000] = "";
    struct harness *h = scene->timers->h;
    return net_http_get(harness_http_port(h, scene->timers->intake), "/readyz", body,
                        sizeof body) == 200 &&
           strstr(body, words);
}

static void count_opened(void *context, const struct raw *raw) {
    size_t len;
    const char *type = event_peek_type(raw, &len);
    *(int *)context +=
        type && len == strlen("case.opened") && memcmp(type, "case.opened", len) == 0;
}

static int openings(struct intake_scene *scene) {
    static const struct worker_spec *const specs[] = {&intake_spec, NULL};
    int count = 0;
    world_wait_idle(scene->timers->world, specs, LIMIT_MS);
    world_read(scene->timers->world, TOPIC_EVENTS, NULL, count_opened, &count);
    return count;
}

static void empty_redis(struct intake_scene *scene) {
    struct err err;
    struct redis_reply reply;
    struct redis *redis = redis_new(scene->timers->h->redis_url, &err);
    if (!redis ||
        redis_ask(redis, scene->timers->arena, &reply, &err, 1, "FLUSHALL") != OUTCOME_DONE)
        wait_fail("%s", err.text);
    redis_free(redis);
}

static void let_the_broker_stamp(struct intake_scene *scene) {
    char jars[PATH_MAX], name[100];
    struct buf out = {0};
    struct harness *h = scene->timers->h;
    harness_kafka_jars(jars, sizeof jars);
    snprintf(name, sizeof name, "%s.complaints", h->prefix);
    if (harness_run(h, &out, LIMIT_MS, "java", "-cp", jars, "kafka.admin.ConfigCommand",
                    "--bootstrap-server", h->bootstrap, "--alter", "--entity-type", "topics",
                    "--entity-name", name, "--add-config", "message.timestamp.type=LogAppendTime",
                    NULL) != 0)
        wait_fail("%s", out.at);
    buf_free(&out);
}

static void open_intake_scene(struct intake_scene *scene) {
    struct timers *timers = scene->timers = timers_new("intake-clock", 20);
    snprintf(clock_file, sizeof clock_file, "%s/clock", timers->h->dir);
    snprintf(scene->redis_clock, sizeof scene->redis_clock, "%s/clock-of-redis", timers->h->dir);
    set_clock("+0");
    faketime_set(scene->redis_clock, "+0");
    faketime_of(&timers->h->redis, scene->redis_clock);
    timers_open(timers, PARTITIONS, false);
    faketime_of(timers->intake, clock_file);
    process_start(timers->intake);
    harness_wait_ready(timers->h, timers->intake);
}

static void test_intake_clock(void **state) {
    enum { MINUTE_MS = 60000, DAY_MS = 24 * 60 * MINUTE_MS };
    struct intake_scene scene = {.timers = NULL};
    (void)state;
    faketime_preload();
    open_intake_scene(&scene);

    set_clock("-600");
    complain(&scene, 0);
    complain(&scene, 4 * MINUTE_MS);
    complain(&scene, 6 * MINUTE_MS);
    complain(&scene, DAY_MS);
    expect(&scene, "ten minutes slow", 2, 2);
    WAIT_FOR(says(&scene, "this host's clock is behind Redis'"), LIMIT_MS);
    assert_true(process_log_count(scene.timers->intake, "this host's clock is behind Redis'") > 0);
    double behind_s =
        harness_metric(scene.timers->h, scene.timers->intake, "redress_clock_behind_seconds");
    assert_true(behind_s > 590 && behind_s < 610);

    /* With the broker's time beside Redis', a host that is fast is alone. */
    let_the_broker_stamp(&scene);
    set_clock("+1200");
    WAIT_FOR(says(&scene, "this host's clock is ahead of Redis'"), LIMIT_MS);
    complain(&scene, 10 * MINUTE_MS);
    complain(&scene, 0);
    expect(&scene, "twenty minutes fast", 3, 3);

    /* And where Redis is slow, too, the broker's is what is left. */
    set_clock("-600");
    faketime_set(scene.redis_clock, "-600");
    complain(&scene, 0);
    complain(&scene, 6 * MINUTE_MS);
    expect(&scene, "ten minutes slow, and Redis with it", 4, 4);

    /* Claims end by Redis' clock: one that is ten days ahead restores them all the same. */
    set_clock("+864000");
    empty_redis(&scene);
    scene.timers->count -= 2;
    complain(&scene, 0); /* the last that was opened, once more */
    assert_int_equal(openings(&scene), 4);
    timers_close(scene.timers);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_worker_clock),
                                       cmocka_unit_test(test_redis_clock),
                                       cmocka_unit_test(test_intake_clock)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
