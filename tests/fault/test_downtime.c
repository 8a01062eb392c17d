/* sla, intake or both are down while complaints and their contacts, in time, are published: when they come back, only
 * what was really late breaches. Times are those of now, deadlines are seconds, and they pass while the workers are
 * down. */
#include "clock.h"
#include "faults.h"
#include "ids.h"
#include "sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PARTITIONS = 4,
    REPLICAS = 2,
    CASES = 100,       /* before it, and as many meanwhile */
    WITHIN_MS = 20000, /* policies-downtime */
    SETTLE_MS = 2000,
    LOOK_MS = 200,     /* each look reads the whole case log */
    CONTROL_EVERY = 10 /* every tenth case is contacted by nobody: it shows that deadlines do fire */
};

struct scene {
    const char *prefix, *without;
    int replicas;
    bool intake_down, sla_down;
    struct harness *h;
    struct world *world;
    struct process *intake[REPLICAS], *sla[REPLICAS];
    int controls, meanwhile; /* cases that are late in truth; breaches while something was down */
    int64_t opened_ms, published_ms;
};

/* ---- Publishing ---- */

struct desk_case {
    char number[32], route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
};

static bool is_control(int index) {
    return index % CONTROL_EVERY == 0;
}

static void name_case(int index, struct desk_case *out) {
    char routed_by[64];
    snprintf(out->number, sizeof out->number, "case-%d", index);
    snprintf(routed_by, sizeof routed_by, "conversation:%s", out->number);
    ids_route("default", routed_by, out->route);
    ids_case(out->route, "/desk", out->number, out->case_id);
}

static void publish(struct scene *scene, const struct ticket_event *event) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct buf buf = {0};
    ticketlogs_write(event, &buf);
    world_publish(scene->world, event->topic, event->key, buf.at, buf.len, &structured, 1);
    buf_free(&buf);
}

static void complain(struct scene *scene, int index) {
    struct desk_case named;
    char data[300];
    name_case(index, &named);
    snprintf(data, sizeof data,
             "{\"channel\":\"phone\",\"customer\":{\"id\":\"caller-%d\",\"tier\":\"regular\"},"
             "\"conversation\":\"%s\",\"text\":\"it is late\"}",
             index, named.number);
    publish(scene, &(struct ticket_event){.topic = TOPIC_COMPLAINTS,
                                          .type = "complaint.submitted",
                                          .id = named.number,
                                          .source = "/desk",
                                          .time_ms = clock_now_ms(),
                                          .key = named.route,
                                          .case_id = named.case_id,
                                          .data = data});
    scene->controls += is_control(index);
}

static void contact(struct scene *scene, int index) {
    struct desk_case named;
    char data[300], id[64];
    if (is_control(index)) return;
    name_case(index, &named);
    snprintf(id, sizeof id, "%s-contact", named.number);
    snprintf(data, sizeof data, "{\"case_id\":\"%s\",\"by\":\"desk\"}", named.case_id);
    publish(scene, &(struct ticket_event){.topic = TOPIC_ACTIVITY,
                                          .type = "case.contacted",
                                          .id = id,
                                          .source = "/desk",
                                          .time_ms = clock_now_ms(),
                                          .sequence = 1,
                                          .key = named.route,
                                          .case_id = named.case_id,
                                          .data = data});
}

/* ---- Counting ---- */

struct breaches {
    int count, of_controls, retracted;
};

static void count_breach(void *context, const struct raw *raw) {
    struct breaches *out = context;
    struct arena *arena = arena_new();
    struct event ev;
    struct rejection rejection;
    if (event_read(raw, arena, &ev, &rejection) < 0) wait_fail("an event of the case log cannot be read");
    out->retracted += strcmp(ev.type, "sla.retracted") == 0;
    if (strcmp(ev.type, "sla.breached") == 0) {
        out->count++;
        for (int i = 0; i < 2 * CASES; i += CONTROL_EVERY) {
            struct desk_case named;
            name_case(i, &named);
            out->of_controls += strcmp(named.case_id, ev.subject) == 0;
        }
    }
    arena_free(arena);
}

static struct breaches count_breaches(struct scene *scene) {
    struct breaches out = {0};
    world_read(scene->world, TOPIC_EVENTS, NULL, count_breach, &out);
    return out;
}

static void wait_for_controls(struct scene *scene) {
    int64_t end_ms = wait_now_ms() + FAULTS_STEP_MS;
    while (count_breaches(scene).of_controls < scene->controls) {
        if (wait_now_ms() > end_ms) wait_fail("%s: the controls do not breach", scene->prefix);
        usleep(LOOK_MS * 1000);
    }
}

/* ---- The scene ---- */

static int64_t lag(struct scene *scene) {
    static const enum topic inputs[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_NONE};
    static const struct worker_spec intake = {.name = "intake", .reads = inputs};
    int64_t behind = world_lag(scene->world, &intake), own = world_lag(scene->world, &sla_spec);
    return behind < 0 || own < 0 ? -1 : behind + own;
}

static void start(struct scene *scene, struct process **workers) {
    for (int i = 0; i < scene->replicas; i++) process_start(workers[i]);
    for (int i = 0; i < scene->replicas; i++) harness_wait_ready(scene->h, workers[i]);
}

static void kill_all(struct scene *scene, struct process **workers) {
    for (int i = 0; i < scene->replicas; i++) process_kill(workers[i], SIGKILL);
}

static void open_scene(struct harness *h, struct scene *scene) {
    scene->h = h;
    snprintf(h->prefix, sizeof h->prefix, "%s", scene->prefix);
    harness_create_topics(h, PARTITIONS);
    scene->world = world_open(h);
    for (int i = 0; i < scene->replicas; i++) {
        scene->intake[i] = harness_worker(h, "intake", i);
        scene->sla[i] = harness_worker(h, "sla", i);
        if (scene->without) process_env(scene->sla[i], "REDRESS_TEST_WITHOUT=%s", scene->without);
    }
    start(scene, scene->intake);
    start(scene, scene->sla);
}

/* Half of the cases are open when the workers go down, the others are opened meanwhile. */
static void open_cases(struct scene *scene) {
    for (int i = 0; i < CASES; i++) complain(scene, i);
    scene->opened_ms = clock_now_ms();
    world_flush(scene->world);
}

static void go_down(struct scene *scene) {
    WAIT_FOR(lag(scene) == 0, WITHIN_MS);
    if (scene->intake_down) kill_all(scene, scene->intake);
    if (scene->sla_down) kill_all(scene, scene->sla);
    for (int i = CASES; i < 2 * CASES; i++) complain(scene, i);
    world_flush(scene->world); /* what is about a case is sent when its complaint has arrived */
    for (int i = 0; i < 2 * CASES; i++) contact(scene, i);
    world_flush(scene->world);
    scene->published_ms = clock_now_ms();
    int64_t behind = lag(scene);
    print_message("%s: down with %lld records undecided, %lld ms before the first deadline\n", scene->prefix,
                  (long long)behind, (long long)(scene->opened_ms + WITHIN_MS - scene->published_ms));
    assert_true(scene->published_ms < scene->opened_ms + WITHIN_MS); /* else they were not in time */
    assert_true(behind > 0);
}

static void come_back(struct scene *scene) {
    WAIT_FOR(clock_now_ms() > scene->published_ms + WITHIN_MS + SETTLE_MS, WITHIN_MS * 2);
    scene->meanwhile = count_breaches(scene).count;
    if (scene->intake_down) start(scene, scene->intake);
    if (scene->sla_down) start(scene, scene->sla);
}

static struct breaches look(struct scene *scene) {
    wait_for_controls(scene);
    WAIT_FOR(lag(scene) == 0, FAULTS_STEP_MS);
    struct breaches b = count_breaches(scene);
    print_message("%s: breached %d, of them late in truth %d of %d; while down %d; retracted %d\n", scene->prefix,
                  b.count, b.of_controls, scene->controls, scene->meanwhile, b.retracted);
    return b;
}

static void check(struct scene *scene, struct breaches b) {
    struct buf diff = {0};
    int lines, differ = world_check_view(scene->world, &sla_spec, &diff, &lines);
    if (differ) print_message("%s", diff.at);
    buf_free(&diff);
    assert_int_equal(differ, 0);
    assert_int_equal(scene->meanwhile, 0);
    assert_int_equal(b.count, scene->controls);
    assert_int_equal(b.of_controls, scene->controls);
    assert_int_equal(b.retracted, 0);
}

/* All at the same time, each with topics and keys of its own: most of it is waiting for deadlines. */
static void test_downtime(void **state) {
    (void)state;
    struct scene scenes[] = {
        {.prefix = "sla-of-1", .replicas = 1, .sla_down = true},
        {.prefix = "intake-of-1", .replicas = 1, .intake_down = true},
        {.prefix = "both-of-1", .replicas = 1, .intake_down = true, .sla_down = true},
        {.prefix = "sla-of-2", .replicas = 2, .sla_down = true},
        {.prefix = "intake-of-2", .replicas = 2, .intake_down = true},
        {.prefix = "both-of-2", .replicas = 2, .intake_down = true, .sla_down = true},
        {.prefix = "without-proof", .replicas = 1, .intake_down = true, .without = "proof"},
    };
    enum { SCENES = sizeof scenes / sizeof *scenes };
    struct harness *h = harness_new("downtime");
    snprintf(h->policy_dir, sizeof h->policy_dir, "%s/tests/harness/policies-downtime", REDRESS_SOURCE_DIR);
    harness_start_kafka(h);
    harness_start_redis(h);
    for (int i = 0; i < SCENES; i++) open_scene(h, &scenes[i]);
    for (int i = 0; i < SCENES; i++) open_cases(&scenes[i]);
    for (int i = 0; i < SCENES; i++) go_down(&scenes[i]);
    for (int i = 0; i < SCENES; i++) come_back(&scenes[i]);
    for (int i = 0; i < SCENES; i++) {
        struct breaches b = look(&scenes[i]);
        if (scenes[i].without)
            assert_true(b.count > b.of_controls);
        else
            check(&scenes[i], b);
        world_close(scenes[i].world);
    }
    harness_close(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_downtime)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
