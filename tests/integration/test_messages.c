/* Many messages on a real broker and a real Redis: to customers in all zones of the policy, through
 * notification and redress-gateway, both killed in between. None is asked for twice, none is lost,
 * none goes out in its reader's night; prints the rates. 5 000 of them; 100 000 as soak.messages.
 *
 * And the night passes: the clocks of the worker and of Redis move on by hours under 100 messages
 * that wait, which go out in each reader's morning, once. */
#include "base/clock.h"
#include "base/file.h"
#include "data/calendar_zone.h"
#include "data/json.h"
#include "faketime.h"
#include "notification/notification.h"
#include "tail.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    EACH = 2, /* messages to each customer: the first word, and news behind it */
    CASES = 2500,
    SOAK_CASES = 50000,
    NIGHT_CASES = 50,
    WITHIN_MS = 10 * 60000,
    SOAK_WITHIN_MS = 60 * 60000,
    FILE_MAX = 512 << 20,
    AWAKE_FROM = 8 * 60, /* notification.yaml, quiet.awake, in minutes */
    AWAKE_TO = 21 * 60,
    MINUTE_MS = 60000
};

static const char *const zones[] = {
    "Asia/Shanghai", "Asia/Taipei",   "Asia/Singapore", "Asia/Tokyo",       "Australia/Sydney",
    "Europe/London", "Europe/Berlin", "Asia/Hong_Kong", "America/New_York", "America/Los_Angeles"};
enum { ZONES = sizeof zones / sizeof *zones };

/* What became of the nth message to the customer of a case. */
struct letter {
    int asked, lines;
    const char *report; /* the event's id; NULL: none yet */
};

struct scene {
    struct harness *h;
    struct world *world;
    struct arena *arena;
    struct process *notification, *gateway;
    struct tail *deliveries, *activity;
    const struct calendar_zone *zones[ZONES];
    const char *clock; /* a file of faketime.h; NULL: the true one */
    int cases, within_ms, deliveries_read, activity_read;
    int asked, done, told_again;
    struct letter *letters; /* EACH a case */
    int *waiting;           /* a case's messages that wait, by its newest state */
};

static const char *const texts[EACH] = {"acknowledgement", "task_started"};

/* ---- What happens ---- */

static void publish(struct scene *scene, int number, const char *type, const char *id,
                    const char *data) {
    char case_id[32];
    char time[CLOCK_TEXT_MAX];

    snprintf(case_id, sizeof case_id, "%013d-0000000", number);
    /* An hour ago: who wrote just now is answered at any hour. */
    clock_format(clock_now_ms() - 60 * MINUTE_MS, time);
    const char *const pairs[] = {"ce_specversion", "1.0",
                                 "ce_id",          id,
                                 "ce_source",      "/shop/app",
                                 "ce_type",        type,
                                 "ce_subject",     case_id,
                                 "ce_time",        time,
                                 "content-type",   "application/json"};
    enum { HEADERS = sizeof pairs / sizeof *pairs / 2 };
    struct header headers[HEADERS];
    for (int i = 0; i < HEADERS; i++)
        headers[i] = (struct header){pairs[2 * i], pairs[2 * i + 1], strlen(pairs[2 * i + 1])};
    char *text = strdup(data);
    for (char *at = text; *at; at++)
        if (*at == '\'') *at = '"';
    char key[16];
    snprintf(key, sizeof key, "%013d", number);
    world_publish(scene->world, TOPIC_EVENTS, key, text, strlen(text), headers, HEADERS);
    free(text);
}

static void happen(struct scene *scene, int number, const char *type, const char *fmt, ...)
    PRINTF(4, 5);
static void happen(struct scene *scene, int number, const char *type, const char *fmt, ...) {
    char rest[600];
    char data[800];
    char id[64];
    va_list args;

    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    snprintf(data, sizeof data, "{'case_id':'%013d-0000000',%s}", number, rest);
    snprintf(id, sizeof id, "%s-%d", type, number);
    publish(scene, number, type, id, data);
}

/* As intake, classification, sla and the warehouse would say it. */
static void publish_cases(struct scene *scene) {
    char opened[CLOCK_TEXT_MAX];
    char due[CLOCK_TEXT_MAX];
    clock_format(clock_now_ms() - 60 * MINUTE_MS, opened);
    clock_format(clock_now_ms() + 48 * 60 * MINUTE_MS, due);

    for (int i = 0; i < scene->cases; i++) {
        happen(scene, i, "case.opened",
               "'opened_at':'%s','tenant':'default','channel':'im','customer':{'id':'u%d','tier':"
               "'regular','locale':'zh-CN','timezone':'%s','name':'张伟','phone':'+8613812341234'},"
               "'text':'x'",
               opened, i, zones[i % ZONES]);
        happen(scene, i, "case.classified",
               "'class':'logistics.delayed','severity':'P3','confidence':0.9,'rules_version':'1'");
        happen(scene, i, "sla.started",
               "'policy':'p','policy_version':'1','targets':[{'name':'resolution','cycle':'%s',"
               "'due_at':'%s'}]",
               opened, due);
        happen(scene, i, "task.started", "'task':'inspection','by':'lab'");
    }
    world_flush(scene->world);
}

/* ---- What is seen ---- */

/* Of "0000000000017-0000000.acknowledgement"; NULL: it is none of ours. */
static struct letter *letter_of(struct scene *scene, const char *id) {
    long number = strtol(id, NULL, 10);
    if (strlen(id) < 22 || number < 0 || number >= scene->cases) return NULL;
    for (int i = 0; i < EACH; i++)
        if (strncmp(id + 22, texts[i], strlen(texts[i])) == 0)
            return &scene->letters[number * EACH + i];
    return NULL;
}

static bool is_awake(const struct scene *scene, int number, int64_t ms) {
    int64_t local = calendar_zone_to_local(scene->zones[number % ZONES], ms);
    int64_t minute = local / MINUTE_MS % (24 * 60);
    /* Decided a little before it is written. */
    return minute >= AWAKE_FROM && minute <= AWAKE_TO + 1;
}

static void look_at_deliveries(struct scene *scene) {
    const struct tail_event *event;

    while (tail_poll(scene->deliveries, 0)) continue;
    for (; (event = tail_at(scene->deliveries, scene->deliveries_read)); scene->deliveries_read++) {
        const char *id = tree_text(event->ev.data, "notification_id");
        struct letter *letter = letter_of(scene, id);
        if (!letter) fail_msg("%s", id);
        if (++letter->asked > 1) fail_msg("%s was asked for twice", id);
        if (!is_awake(scene, atoi(id), event->stamp_ms)) fail_msg("%s went out at night", id);
        scene->asked++;
    }
}

static void look_at_reports(struct scene *scene) {
    const struct tail_event *event;

    while (tail_poll(scene->activity, 0)) continue;
    for (; (event = tail_at(scene->activity, scene->activity_read)); scene->activity_read++) {
        const char *id = tree_text(event->ev.data, "notification_id");
        assert_string_equal(event->ev.type, "delivery.done");
        /* Once more under the same id, of what a killed gateway had told beyond its offset: intake
         * knows it by that. */
        struct letter *letter = letter_of(scene, id);
        if (letter->report && strcmp(letter->report, event->ev.id) != 0)
            fail_msg("%s was reported under two ids", id);
        scene->done += letter->report == NULL;
        scene->told_again += letter->report != NULL;
        letter->report = event->ev.id;
    }
}

static void note_state(void *context, const struct raw *raw) {
    struct scene *scene = context;
    const struct tree *tree;
    struct arena *arena = arena_new();
    int number;

    if (raw->value && raw->key_len == 21 && sscanf(raw->key, "%13d", &number) == 1) {
        if (json_read(arena, raw->value, raw->value_len, NULL, &tree, NULL) != JSON_OK)
            fail_msg("a state is no JSON");
        const struct tree *waiting = tree_get(tree, "waiting");
        scene->waiting[number] = waiting ? waiting->count : 0;
    }
    arena_free(arena);
}

/* Asked for, or waiting for the morning. */
static int count_waiting(struct scene *scene) {
    int waiting = 0;
    world_read(scene->world, TOPIC_STATE, "notification", note_state, scene);
    for (int i = 0; i < scene->cases; i++) waiting += scene->waiting[i];
    return waiting;
}

static bool is_idle(struct scene *scene) {
    look_at_deliveries(scene);
    look_at_reports(scene);
    return world_lag(scene->world, &notification_spec) == 0;
}

static bool all_is_reported(struct scene *scene) {
    look_at_deliveries(scene);
    look_at_reports(scene);
    return scene->done == scene->asked;
}

static bool some_are_asked(struct scene *scene, int count) {
    look_at_deliveries(scene);
    return scene->asked >= count;
}

static bool some_are_reported(struct scene *scene, int count) {
    look_at_reports(scene);
    return scene->done >= count;
}

/* The file that the gateway writes: each message is there; twice only what it had in hand when it
 * was killed. */
static int count_again(struct scene *scene) {
    const char *bytes;
    size_t len;
    struct err err;
    int again = 0;

    if (file_read(scene->arena, arena_printf(scene->arena, "%s/sent.jsonl", scene->h->dir),
                  FILE_MAX, &bytes, &len, &err) < 0)
        fail_msg("%s", err.text);
    for (const char *line = bytes; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        static const char key[] = "\"id\":\"";
        const char *id = strstr(line, key);
        if (id) again += ++letter_of(scene, id + sizeof key - 1)->lines > 1;
    }
    for (int i = 0; i < scene->cases * EACH; i++)
        if (scene->letters[i].asked && !scene->letters[i].lines)
            fail_msg("message %d of case %d never left", i % EACH, i / EACH);

    return again;
}

/* ---- The scene ---- */

static void open_scene(struct scene *scene, const char *name, int cases, bool fake) {
    struct harness *h = harness_new(name);
    struct err err;

    *scene = (struct scene){.h = h,
                            .arena = arena_new(),
                            .cases = cases,
                            .within_ms = cases == SOAK_CASES ? SOAK_WITHIN_MS : WITHIN_MS};
    if (fake) {
        scene->clock = arena_printf(scene->arena, "%s/clock", h->dir);
        faketime_set(scene->clock, "+0");
        faketime_of(&h->redis, scene->clock);
    }
    harness_start_kafka(h);
    harness_start_redis(h);
    for (int i = 0; i < ZONES; i++) {
        scene->zones[i] = calendar_zone_find(zones[i], scene->arena, &err);
        assert_non_null(scene->zones[i]);
    }
    scene->letters = calloc((size_t)scene->cases * EACH, sizeof *scene->letters);
    scene->waiting = calloc((size_t)scene->cases, sizeof *scene->waiting);
    harness_create_topics(h, 4);
    scene->world = world_open(h);
    scene->notification = harness_worker(h, "notification", 0);
    if (fake) faketime_of(scene->notification, scene->clock);
    const char *policy =
        arena_printf(scene->arena,
                     "version: '1'\nlanes:\n  - {lane: file, takes: [others], file: {path: "
                     "'%s/sent.jsonl'}}\n",
                     h->dir);
    const char *path = arena_printf(scene->arena, "%s/gateway.yaml", h->dir);
    if (file_write(path, policy, strlen(policy), &err) < 0) fail_msg("%s", err.text);
    scene->gateway = harness_worker(h, "gateway", 0);
    process_env(scene->gateway, "REDRESS_POLICY_DIR=%s", h->dir);
    scene->deliveries = tail_open(scene->world, TOPIC_DELIVERIES);
    scene->activity = tail_open(scene->world, TOPIC_ACTIVITY);
}

static void close_scene(struct scene *scene) {
    tail_close(scene->deliveries);
    tail_close(scene->activity);
    world_close(scene->world);
    harness_close(scene->h);
    free(scene->letters);
    free(scene->waiting);
    arena_free(scene->arena);
}

static void kill_and_start(struct scene *scene, struct process *process) {
    process_kill(process, SIGKILL);
    process_start(process);
    harness_wait_ready(scene->h, process);
}

static double rate(int count, int64_t ms) {
    return ms > 0 ? 1000.0 * count / (double)ms : 0;
}

/* The whole backlog is there when the worker begins: as after a night. */
static void ask_for_all(struct scene *scene) {
    int64_t began_ms = wait_now_ms();

    process_start(scene->notification);
    harness_wait_ready(scene->h, scene->notification);
    WAIT_FOR(some_are_asked(scene, scene->cases / 4), scene->within_ms);
    kill_and_start(scene, scene->notification);
    WAIT_FOR(is_idle(scene), scene->within_ms);
    look_at_deliveries(scene);
    int waiting = count_waiting(scene);
    int64_t took_ms = wait_now_ms() - began_ms;
    print_message("%d cases: %d messages asked for, %d wait for the morning; %.0f events and %.0f "
                  "messages a second, a kill and a restart included\n",
                  scene->cases, scene->asked, waiting, rate(4 * scene->cases, took_ms),
                  rate(scene->asked, took_ms));
    assert_int_equal(scene->asked + waiting, scene->cases * EACH);
    assert_true(scene->asked > 0);
}

static void send_all(struct scene *scene) {
    int64_t began_ms = wait_now_ms();

    process_start(scene->gateway);
    harness_wait_ready(scene->h, scene->gateway);
    WAIT_FOR(some_are_reported(scene, scene->asked / 4), scene->within_ms);
    kill_and_start(scene, scene->gateway);
    WAIT_FOR(all_is_reported(scene), scene->within_ms);
    int64_t took_ms = wait_now_ms() - began_ms;
    int again = count_again(scene);
    print_message(
        "the gateway: %.0f messages a second into a file, a kill and a restart included; "
        "%d were in hand then and went out once more, and %d reports, under the same ids\n",
        rate(scene->done, took_ms), again, scene->told_again);
}

static void none_twice_none_lost_none_at_night(void **unused) {
    (void)unused;
    struct scene scene;
    open_scene(&scene, "messages", getenv("REDRESS_TEST_SOAK") ? SOAK_CASES : CASES, false);
    publish_cases(&scene);
    ask_for_all(&scene);
    send_all(&scene);
    close_scene(&scene);
}

/* Whoever was awake well within that minute has been written to. */
static bool awake_are_asked(struct scene *scene, int64_t now_ms) {
    enum { MARGIN_MS = 5 * MINUTE_MS };

    look_at_deliveries(scene);
    for (int i = 0; i < scene->cases; i++) {
        bool awake =
            is_awake(scene, i, now_ms - MARGIN_MS) && is_awake(scene, i, now_ms + MARGIN_MS);
        for (int n = 0; n < EACH && awake; n++)
            if (!scene->letters[i * EACH + n].asked) return false;
    }
    return true;
}

/* The next step when all who are awake now are written to; returns whether anybody was. */
static bool move_on(struct scene *scene, int hours, bool killed) {
    int before = scene->asked;
    char offset[32];

    snprintf(offset, sizeof offset, "+%d", hours * 3600);
    faketime_set(scene->clock, offset);
    if (killed) kill_and_start(scene, scene->notification);
    int64_t now_ms = clock_now_ms() + (int64_t)hours * 60 * MINUTE_MS;
    WAIT_FOR(awake_are_asked(scene, now_ms), scene->within_ms);

    return scene->asked > before;
}

/* Steps shorter than a zone's day: each is awake at one of them. */
static void the_night_passes(void **unused) {
    enum { STEP_H = 3, STEPS = 8, KILLED_AT = 3 };
    struct scene scene;
    int mornings = 0;

    (void)unused;
    faketime_preload();
    open_scene(&scene, "night", NIGHT_CASES, true);
    process_env(scene.notification, "REDRESS_STEP_HOLD=3s"); /* not 10 s: for the time it takes */
    publish_cases(&scene);
    process_start(scene.notification);
    harness_wait_ready(scene.h, scene.notification);
    WAIT_FOR(is_idle(&scene), scene.within_ms);
    look_at_deliveries(&scene);
    int waited = count_waiting(&scene);
    assert_int_equal(scene.asked + waited, scene.cases * EACH);
    assert_true(waited > 0);

    for (int step = 1; step <= STEPS; step++)
        mornings += move_on(&scene, step * STEP_H, step == KILLED_AT);
    WAIT_FOR(is_idle(&scene), scene.within_ms);
    look_at_deliveries(&scene);
    print_message("%d messages waited for the morning; it came for them in %d steps of %d hours\n",
                  waited, mornings, STEP_H);
    assert_int_equal(scene.asked, scene.cases * EACH);
    assert_int_equal(count_waiting(&scene), 0);
    assert_true(mornings > 0);
    close_scene(&scene);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(none_twice_none_lost_none_at_night),
                                       cmocka_unit_test(the_night_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
