/* A group's offsets are gone, or wrong: intake and classification neither publish anything a second
 * time nor leave anything out. They stop with a remedy, the remedy works, and what is new begins by
 * itself. Every submission is counted. */
#include "base/clock.h"
#include "base/ids.h"
#include "classification/classification.h"
#include "grow.h"
#include "intake/intake.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PARTITIONS = 2,
    GROWN = 4,
    STEP_MS = 240000,
    RUN_MS = 240000, /* a tool that waits for sessions to time out */
    COMPLAINTS = 20,
    BAD = 3,
    UNREAD = 5
};

struct scene {
    struct harness *h;
    struct world *world;
    struct process *intake, *classification;
    int complaints, contacts, bad;
};

static const struct worker_spec *const both[] = {&intake_spec, &classification_spec, NULL};
static const struct header structured = {"content-type", "application/cloudevents+json", 28};

static void publish(struct scene *scene, enum topic topic, int partition, const char *key,
                    const char *type, const char *source, const char *id, const char *data) {
    struct buf buf = {0};
    char time[CLOCK_TEXT_MAX];
    struct err err;
    buf_printf(&buf,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"%s\",\"time\":"
               "\"%s\",\"data\":%s}",
               id, source, type, clock_format(clock_now_ms(), time), data);
    if (partition < 0) {
        world_publish(scene->world, topic, key, buf.at, buf.len, &structured, 1);
    } else {
        struct kafka_message message = {.topic = topic,
                                        .partition = partition,
                                        .key = key,
                                        .key_len = strlen(key),
                                        .value = buf.at,
                                        .value_len = buf.len,
                                        .headers = &structured,
                                        .header_count = 1};
        if (kafka_produce(scene->world->producer, &message, &err) != KAFKA_DONE)
            wait_fail("%s", err.text);
    }
    buf_free(&buf);
}

static void case_of(int number, char route_out[IDS_ROUTE_LEN + 1],
                    char case_out[IDS_CASE_LEN + 1]) {
    char order[32], id[32];
    snprintf(order, sizeof order, "order:O%d", number);
    snprintf(id, sizeof id, "c-%d", number);
    ids_route("default", order, route_out);
    ids_case(route_out, "/shop/app", id, case_out);
}

static void complain(struct scene *scene, int count, int partition) {
    for (int end = scene->complaints + count; scene->complaints < end; scene->complaints++) {
        char id[32], data[300], route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
        case_of(scene->complaints, route, case_id);
        snprintf(id, sizeof id, "c-%d", scene->complaints);
        snprintf(data, sizeof data,
                 "{\"channel\":\"app\",\"customer\":{\"id\":\"u-%d\",\"tier\":\"regular\"},"
                 "\"order\":{\"id\":\"O%d\",\"status\":\"signed\",\"amount\":{\"currency\":\"CNY\","
                 "\"minor\":8900}},\"text\":\"it is torn\"}",
                 scene->complaints, scene->complaints);
        publish(scene, TOPIC_COMPLAINTS, partition, route, "complaint.submitted", "/shop/app", id,
                data);
    }
    world_flush(scene->world);
}

static void contact(struct scene *scene, int count) {
    for (int end = scene->contacts + count; scene->contacts < end; scene->contacts++) {
        char id[32], data[100], route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
        case_of(scene->contacts, route, case_id);
        snprintf(id, sizeof id, "k-%d", scene->contacts);
        snprintf(data, sizeof data, "{\"case_id\":\"%s\",\"by\":\"anna\",\"channel\":\"phone\"}",
                 case_id);
        publish(scene, TOPIC_ACTIVITY, -1, route, "case.contacted", "/desk", id, data);
    }
    world_flush(scene->world);
}

static void send_bad(struct scene *scene, int count) {
    for (int i = 0; i < count; i++, scene->bad++)
        publish(scene, TOPIC_COMPLAINTS, -1, "k", "complaint.invented", "/shop/app", "b", "{}");
    world_flush(scene->world);
}

/* ---- What came out ---- */

struct seen {
    struct arena *arena;
    char **ids; /* source, id and type of each event */
    int count, opened, contacted, classified;
};

static const char *text_of(struct arena *arena, const struct raw *raw, const char *name) {
    for (int i = 0; i < raw->header_count; i++)
        if (strcmp(raw->headers[i].name, name) == 0)
            return arena_strndup(arena, raw->headers[i].value, raw->headers[i].value_len);
    fail_msg("no header %s", name);
    return NULL;
}

static void see_event(void *context, const struct raw *raw) {
    enum { EVENTS_MAX = 10000 };
    struct seen *seen = context;
    const char *type = text_of(seen->arena, raw, "ce_type");
    if (!seen->ids) seen->ids = arena_alloc(seen->arena, sizeof *seen->ids * EVENTS_MAX);
    assert_true(seen->count < EVENTS_MAX);
    seen->ids[seen->count++] =
        arena_printf(seen->arena, "%s %s %s", text_of(seen->arena, raw, "ce_source"),
                     text_of(seen->arena, raw, "ce_id"), type);
    seen->opened += strcmp(type, "case.opened") == 0;
    seen->contacted += strcmp(type, "case.contacted") == 0;
    seen->classified += strcmp(type, "case.classified") == 0;
}

static void see_any(void *context, const struct raw *raw) {
    (void)raw;
    ++*(int *)context;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect_counts(struct scene *scene, int opened, int classified) {
    struct seen seen = {.arena = arena_new()};
    int rejected = 0;
    world_read(scene->world, TOPIC_EVENTS, NULL, see_event, &seen);
    world_read(scene->world, TOPIC_REJECTED, NULL, see_any, &rejected);
    print_message("%d of %d opened, %d of %d contacted, %d of %d classified, %d of %d rejected\n",
                  seen.opened, opened, seen.contacted, scene->contacts, seen.classified, classified,
                  rejected, scene->bad);
    if (seen.count) qsort(seen.ids, (size_t)seen.count, sizeof *seen.ids, by_text);
    for (int i = 1; i < seen.count; i++)
        if (strcmp(seen.ids[i - 1], seen.ids[i]) == 0) fail_msg("twice: %s", seen.ids[i]);
    assert_int_equal(seen.opened, opened);
    assert_int_equal(seen.contacted, scene->contacts);
    assert_int_equal(seen.classified, classified);
    assert_int_equal(rejected, scene->bad);
    arena_free(seen.arena);
}

/* ---- Operating ---- */

static void start(struct scene *scene) {
    process_start(scene->intake);
    process_start(scene->classification);
    harness_wait_ready(scene->h, scene->intake);
    harness_wait_ready(scene->h, scene->classification);
}

static void stop(struct scene *scene) {
    assert_int_equal(process_stop(scene->intake, STEP_MS), 0);
    assert_int_equal(process_stop(scene->classification, STEP_MS), 0);
}

static void expect_refused(struct process *worker, const char *why, const char *remedy) {
    process_start(worker);
    if (!process_wait(worker, STEP_MS)) wait_fail("%s still runs", worker->name);
    if (process_exit_status(worker) == EXIT_CANNOT_GO_ON && process_log_count(worker, why) > 0 &&
        process_log_count(worker, remedy) > 0)
        return;
    process_log_tail(worker, 10);
    fail_msg("%s: status %d, expected %d, \"%s\" and \"%s\"", worker->name,
             process_exit_status(worker), EXIT_CANNOT_GO_ON, why, remedy);
}

static void tool(struct scene *scene, int expected, const char *a, const char *b, const char *c,
                 const char *d, const char *expected_text) {
    struct buf out = {0};
    int status = harness_run(scene->h, &out, RUN_MS, "redressctl", "offsets", a, b, c, d, NULL);
    if (status != expected || (expected_text && !strstr(out.at, expected_text)))
        fail_msg("offsets %s %s: status %d, expected %d and \"%s\" in: %s", a, b, status, expected,
                 expected_text ? expected_text : "", out.at ? out.at : "");
    buf_free(&out);
}

/* Complaints lie there before intake, and events before classification, was ever started. */
static void first_start(struct scene *scene) {
    complain(scene, COMPLAINTS, -1);
    send_bad(scene, BAD);
    process_start(scene->intake);
    contact(scene, COMPLAINTS);
    const struct worker_spec *const intake[] = {&intake_spec, NULL};
    world_wait_idle(scene->world, intake, STEP_MS);
    process_start(scene->classification);
    world_wait_idle(scene->world, both, STEP_MS);
    expect_counts(scene, COMPLAINTS, COMPLAINTS);
}

static void offsets_gone(struct scene *scene) {
    static const char why[] = "no committed offsets although it has read before";
    stop(scene);
    complain(scene, UNREAD, -1);
    tool(scene, 0, "delete", "intake", NULL, NULL, NULL);
    tool(scene, 0, "delete", "classification", NULL, NULL, NULL);
    expect_refused(scene->intake, why, "redressctl offsets set intake --from-log");
    expect_refused(scene->classification, why, "redressctl offsets set classification --from-log");
    expect_counts(scene, COMPLAINTS, COMPLAINTS);
    tool(scene, 0, "set", "intake", "--from-log", NULL, "behind what was published");
    tool(scene, 0, "set", "classification", "--from-log", NULL, "behind what was published");
    start(scene);
    world_wait_idle(scene->world, both, STEP_MS);
    expect_counts(scene, COMPLAINTS + UNREAD, COMPLAINTS + UNREAD);
}

static void offsets_beyond(struct scene *scene) {
    stop(scene);
    struct buf out = {0};
    assert_int_equal(harness_run(scene->h, &out, RUN_MS, "redressctl", "offsets", "set", "intake",
                                 "--topic", "complaints", "--partition", "0", "--to", "100000",
                                 NULL),
                     0);
    buf_free(&out);
    expect_refused(scene->intake, "beyond the end of the topic",
                   "redressctl offsets set intake --from-log");
    tool(scene, 0, "set", "intake", "--from-log", NULL, NULL);
    tool(scene, 0, "list", "intake", "--json", NULL,
         "{\"topic\":\"decisions\",\"partition\":1,\"committed\":0,");
    start(scene);
    world_wait_idle(scene->world, both, STEP_MS);
    expect_counts(scene, scene->complaints, scene->complaints);
}

/* Partitions are added to an input while intake is away for a moment. A member that comes back
 * under its name gets what it had, so the group has to be asked to divide anew; then they begin by
 * themselves, at their beginning. */
static void partitions_added(struct scene *scene) {
    stop(scene);
    grow(scene->world, TOPIC_COMPLAINTS, GROWN);
    world_close(scene->world); /* its producer knows the old count */
    scene->world = world_open(scene->h);
    complain(scene, 1, -1);
    for (int i = PARTITIONS; i < GROWN; i++) complain(scene, COMPLAINTS, i);
    start(scene);
    world_wait_idle(scene->world, both, 2 * STEP_MS);
    expect_counts(scene, scene->complaints, scene->complaints);
}

static void test_offsets(void **state) {
    (void)state;
    struct scene scene = {.h = harness_new("offsets")};
    harness_start_kafka(scene.h);
    harness_start_redis(scene.h);
    harness_create_topics(scene.h, PARTITIONS);
    scene.world = world_open(scene.h);
    scene.intake = harness_worker(scene.h, "intake", 0);
    scene.classification = harness_worker(scene.h, "classification", 0);
    first_start(&scene);
    offsets_gone(&scene);
    offsets_beyond(&scene);
    partitions_added(&scene);
    world_close(scene.world);
    harness_close(scene.h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_offsets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
