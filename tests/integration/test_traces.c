/* A complaint whose trace is recorded is seen in every worker by the collector of traces, under the
 * trace and the span of whoever published it; its deadlines too; one that is not recorded is in none. */
#include "base/clock.h"
#include "base/ids.h"
#include "pipeline.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARENT   "0af7651916cd43dd8448eb211c80319c b7ad6b7169203331"
#define RECORDED "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define UNSEEN   "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

enum { LIMIT_MS = PIPELINE_WITHIN_MS, RUN_MS = 120000 };

static const char *get_file(struct pipeline *pipeline, const char *name) {
    const char *text = harness_read(pipeline->h, pipeline->world->arena, name);
    return text ? text : "";
}

static void complain(struct pipeline *pipeline, const char *id, const char *traceparent,
                     char case_id[IDS_CASE_LEN + 1]) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct arena *arena = pipeline->world->arena;
    char route[IDS_ROUTE_LEN + 1], time[CLOCK_TEXT_MAX];

    ids_route("default", arena_printf(arena, "order:%s", id), route);
    ids_case(route, "/shop/app", id, case_id);
    const char *event = arena_printf(
        arena,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/app\",\"type\":"
        "\"complaint.submitted\",\"time\":\"%s\",\"traceparent\":\"%s\",\"data\":{\"channel\":"
        "\"app\","
        "\"customer\":{\"id\":\"u-1\",\"tier\":\"regular\"},\"order\":{\"id\":\"%s\",\"status\":"
        "\"signed\",\"amount\":{\"currency\":\"CNY\",\"minor\":8900}},\"text\":"
        "\"毛衣穿了一天就起球\"}}",
        id, clock_format(clock_now_ms(), time), traceparent, id);
    world_publish(pipeline->world, TOPIC_COMPLAINTS, route, event, strlen(event), &structured, 1);
}

/* The policies delivered, but for a first contact within 2 s: its deadlines come while one looks. */
static void shorten(struct pipeline *pipeline) {
    struct harness *h = pipeline->h;
    const char *dir = arena_printf(pipeline->world->arena, "%s/short", h->dir);

    assert_int_equal(harness_run(h, NULL, RUN_MS, "cp", "-r", h->policy_dir, dir, NULL), 0);
    assert_int_equal(
        harness_run(h, NULL, RUN_MS, "sed", "-i",
                    "s/first_contact: {within: [0-9a-z]*,/first_contact: {within: 2s,/;"
                    "/first_contact:/s/warn: \\[[^]]*\\]/warn: [50%]/",
                    arena_printf(pipeline->world->arena, "%s/sla.yaml", dir), NULL),
        0);
    process_env(pipeline->workers[PIPELINE_SLA], "REDRESS_POLICY_DIR=%s", dir);
}

static bool has_span(struct pipeline *pipeline, const char *service, const char *rest) {
    return strstr(get_file(pipeline, "spans"),
                  arena_printf(pipeline->world->arena, "%s redress-%s %s", PARENT, service,
                               rest)) != NULL;
}

static void test_a_trace(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("traces", 2);
    struct arena *arena = pipeline->world->arena;
    struct process collector;
    char seen[IDS_CASE_LEN + 1], unseen[IDS_CASE_LEN + 1];

    process_init(&collector, pipeline->h->dir, "collector");
    process_env_basic(&collector);
    process_arg(&collector, "python3");
    process_arg(&collector, REDRESS_SOURCE_DIR "/tests/integration/traces_collector.py");
    process_arg(&collector, "%s", pipeline->h->dir);
    process_start(&collector);
    WAIT_FOR(*get_file(pipeline, "port"), LIMIT_MS);
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        process_env(pipeline->workers[i], "REDRESS_OTLP_URL=http://127.0.0.1:%s",
                    get_file(pipeline, "port"));
    shorten(pipeline);
    pipeline_start(pipeline);
    complain(pipeline, "t-1", UNSEEN, unseen);
    complain(pipeline, "t-2", RECORDED, seen);
    world_flush(pipeline->world);
    WAIT_FOR(has_span(pipeline, "intake", "decide_complaint.submitted - "), LIMIT_MS);
    WAIT_FOR(
        has_span(pipeline, "classification", arena_printf(arena, "decide_case.opened %s ", seen)),
        LIMIT_MS);
    WAIT_FOR(has_span(pipeline, "sla", arena_printf(arena, "decide_case.classified %s ", seen)),
             LIMIT_MS);
    WAIT_FOR(
        has_span(pipeline, "compensation", arena_printf(arena, "decide_case.classified %s ", seen)),
        LIMIT_MS);
    WAIT_FOR(
        has_span(pipeline, "notification", arena_printf(arena, "decide_case.opened %s ", seen)),
        LIMIT_MS);
    WAIT_FOR(has_span(pipeline, "sla", arena_printf(arena, "decide_deadline %s ", seen)), LIMIT_MS);
    tail_wait(pipeline->events, "case.classified", unseen, 1, LIMIT_MS);
    pipeline_wait_idle(pipeline);
    for (int i = 0; i < PIPELINE_WORKERS; i++) {
        process_kill(pipeline->workers[i], SIGTERM); /* what they have they send when they end */
        assert_true(process_wait(pipeline->workers[i], LIMIT_MS));
    }
    assert_null(strstr(get_file(pipeline, "spans"), "1af7651916cd43dd8448eb211c80319c"));
    process_free(&collector);
    pipeline_close(pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
