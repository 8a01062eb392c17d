/* sla, intake or both are down while complaints and their contacts, in time, are published: when
 * they come back, only what was really late breaches. Deadlines are seconds away, and pass while
 * the workers are down: how many seconds is tried out, for a slow machine needs more of them to get
 * so far. */
#include "base/clock.h"
#include "base/ids.h"
#include "faults.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PARTITIONS = 2,
    REPLICAS = 2,
    CASES = 60,         /* before it, and as many meanwhile */
    WITHIN_MS = 600000, /* policies-downtime */
    LEAD_MS = 15000, /* from the first complaint to the deadlines; three times as much when that was
                        too little */
    TRIES = 4,
    SETTLE_MS = 2000,
    LOOK_MS = 200, /* each look reads the whole case log */
    CONTROL_EVERY =
        10 /* every tenth case is contacted by nobody: it shows that deadlines do fire */
};

struct scene {
    const char *name, *without;
    char prefix[40];
    int replicas;
    bool intake_down, sla_down;
    struct harness *h;
    struct world *world;
    struct process *intake[REPLICAS], *sla[REPLICAS];
    int controls, meanwhile; /* cases that are late in truth; breaches while something was down */
    int64_t due_ms, published_ms;
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
                                          .time_ms = scene->due_ms - WITHIN_MS,
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
    if (event_read(raw, arena, &ev, &rejection) < 0)
        wait_fail("an event of the case log cannot be read");
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
    int64_t end_ms = wait_now_ms() + FAULTS_WAIT_MS;
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
}

static void wait_ready(struct scene *scene) {
    for (int i = 0; i < scene->replicas; i++) {
        harness_wait_ready(scene->h, scene->intake[i]);
        harness_wait_ready(scene->h, scene->sla[i]);
    }
}

static void kill_all(struct scene *scene, struct process **workers) {
    for (int i = 0; i < scene->replicas; i++) process_kill(workers[i], SIGKILL);
}

static void open_scene(struct harness *h, struct scene *scene, int try) {
    scene->h = h;
    snprintf(scene->prefix, sizeof scene->prefix, "%s-%d", scene->name, try);
    snprintf(h->prefix, sizeof h->prefix, "%s", scene->prefix);
    harness_create_topics(h, PARTITIONS);
    scene->world = world_open(h);
    for (int i = 0; i < scene->replicas; i++) {
        scene->intake[i] = harness_worker(h, "intake", i);
        scene->sla[i] = harness_worker(h, "sla", i);
        process_env(scene->sla[i], "REDRESS_LATE_SETTLE=1s");
        faults_unguarded(scene->sla[i], scene->without);
    }
    start(scene, scene->intake);
    start(scene, scene->sla);
}

/* Half of the cases are open when the workers go down, the others are opened meanwhile. */
static void open_cases(struct scene *scene, int lead_ms) {
    scene->due_ms = clock_now_ms() + lead_ms;
    for (int i = 0; i < CASES; i++) complain(scene, i);
    world_flush(scene->world);
}

/* Everything is published before the first deadline; false: it was not. */
static bool go_down(struct scene *scene) {
    while (lag(scene) != 0 && clock_now_ms() < scene->due_ms) usleep(LOOK_MS * 1000);
    if (scene->intake_down) kill_all(scene, scene->intake);
    if (scene->sla_down) kill_all(scene, scene->sla);
    for (int i = CASES; i < 2 * CASES; i++) complain(scene, i);
    world_flush(scene->world); /* what is about a case is sent when its complaint has arrived */
    for (int i = 0; i < 2 * CASES; i++) contact(scene, i);
    world_flush(scene->world);
    scene->published_ms = clock_now_ms();

    int64_t behind = -1;
    WAIT_FOR((behind = lag(scene)) >= 0, FAULTS_STEP_MS);
    print_message("%s: down with %lld records undecided, %lld ms before the first deadline\n",
                  scene->prefix, (long long)behind,
                  (long long)(scene->due_ms - scene->published_ms));
    if (scene->published_ms >= scene->due_ms) return false;
    assert_true(behind > 0);
    return true;
}

static void come_back(struct scene *scene) {
    WAIT_FOR(clock_now_ms() > scene->due_ms + SETTLE_MS, FAULTS_WAIT_MS);
    scene->meanwhile = count_breaches(scene).count;
    if (scene->intake_down) start(scene, scene->intake);
    if (scene->sla_down) start(scene, scene->sla);
}

static struct breaches look(struct scene *scene) {
    wait_for_controls(scene);
    WAIT_FOR(lag(scene) == 0, FAULTS_WAIT_MS);
    struct breaches b = count_breaches(scene);
    print_message("%s: breached %d, of them late in truth %d of %d; while down %d; retracted %d\n",
                  scene->prefix, b.count, b.of_controls, scene->controls, scene->meanwhile,
                  b.retracted);
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

static void judge(struct scene *scene) {
    struct breaches b = look(scene);
    if (scene->without)
        assert_true(b.count > b.of_controls);
    else
        check(scene, b);
}

/* All at the same time, each with topics and keys of its own: most of it is waiting for deadlines.
 */
static bool play(struct scene *scenes, int count, int try, int lead_ms) {
    struct harness *h = harness_share("downtime");
    bool in_time = true;
    snprintf(h->policy_dir, sizeof h->policy_dir, "%s/tests/harness/policies-downtime",
             REDRESS_SOURCE_DIR);

    for (int i = 0; i < count; i++) open_scene(h, &scenes[i], try);
    for (int i = 0; i < count; i++) wait_ready(&scenes[i]);
    for (int i = 0; i < count; i++) open_cases(&scenes[i], lead_ms);
    for (int i = 0; i < count && in_time; i++) in_time = go_down(&scenes[i]);
    for (int i = 0; i < count && in_time; i++) come_back(&scenes[i]);
    for (int i = 0; i < count && in_time; i++) judge(&scenes[i]);
    for (int i = 0; i < count; i++) world_close(scenes[i].world);
    harness_leave(h);
    return in_time;
}

static void test_downtime(void **state) {
    (void)state;
    static const struct scene all[] = {
        {.name = "sla-of-1", .replicas = 1, .sla_down = true},
        {.name = "intake-of-1", .replicas = 1, .intake_down = true},
        {.name = "both-of-1", .replicas = 1, .intake_down = true, .sla_down = true},
        {.name = "sla-of-2", .replicas = 2, .sla_down = true},
        {.name = "intake-of-2", .replicas = 2, .intake_down = true},
        {.name = "both-of-2", .replicas = 2, .intake_down = true, .sla_down = true},
        {.name = "without-proof", .replicas = 1, .intake_down = true, .without = "proof"},
    };
    struct scene scenes[sizeof all / sizeof *all];
    bool done = false;

    for (int try = 1, lead_ms = LEAD_MS; try <= TRIES && !done; try++, lead_ms *= 3) {
        memcpy(scenes, all, sizeof all);
        done = play(scenes, sizeof all / sizeof *all, try, lead_ms);
    }
    assert_true(done);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_downtime)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
