/* replay: publishing, waiting, counting. */
#include "replay.h"
#include "base/clock.h"
#include "base/ids.h"
#include "contract/contract.h"
#include "outside/redis.h"
#include "sla/sla.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    READY_DUE_MS = 60000, /* no wake-up before now + this: nothing more will fire by itself */
    LOOK_MS = 100, /* between two looks while there is lag: the questions cost the workers' time */
    HOUR_MS = 3600 * 1000
};

/* ---- What must come out ---- */

struct history {
    const char *case_id;
    int64_t opened_ms, contacted_ms, resolved_ms; /* the earliest of each */
};

static void earliest(int64_t *at_ms, int64_t time_ms) {
    if (!*at_ms || time_ms < *at_ms) *at_ms = time_ms;
}

static void note_history(struct history *history, const struct ticket_event *event) {
    if (event->topic == TOPIC_COMPLAINTS) history->opened_ms = event->time_ms;
    if (strcmp(event->type, "case.contacted") == 0)
        earliest(&history->contacted_ms, event->time_ms);
    if (strcmp(event->type, "case.resolved") == 0) earliest(&history->resolved_ms, event->time_ms);
}

static int by_case(const void *a, const void *b) {
    const struct ticket_event *const *one = a;
    const struct ticket_event *const *two = b;
    return strcmp((*one)->case_id, (*two)->case_id);
}

static bool was_late(int64_t opened_ms, int64_t done_ms, int hours) {
    return !done_ms || done_ms > opened_ms + (int64_t)hours * HOUR_MS;
}

static void add_history(struct expected *out, const struct history *history) {
    out->cases++;
    out->first_contact += was_late(history->opened_ms, history->contacted_ms, 1);
    out->resolution += was_late(history->opened_ms, history->resolved_ms, 24);
}

static struct expected expect(const struct ticketlog_events *log) {
    struct expected out = {0};
    const struct ticket_event **sorted = calloc((size_t)log->count, sizeof *sorted);

    for (int i = 0; i < log->count; i++) sorted[i] = &log->at[i];
    qsort(sorted, (size_t)log->count, sizeof *sorted, by_case);
    struct history history = {0};
    for (int i = 0; i < log->count; i++) {
        bool another = history.case_id && strcmp(history.case_id, sorted[i]->case_id) != 0;
        if (another) add_history(&out, &history);
        if (another || !history.case_id) history = (struct history){.case_id = sorted[i]->case_id};
        note_history(&history, sorted[i]);
    }
    if (history.case_id) add_history(&out, &history);
    free(sorted);

    return out;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void replay_limit(struct replay *replay, int cases) {
    if (getenv("REDRESS_TEST_SOAK")) return;
    struct ticketlog_events *log = &replay->log;
    const char **kept = calloc((size_t)cases + 1, sizeof *kept);
    int known = 0;
    int count = 0;
    for (int i = 0; i < log->count && known < cases; i++)
        if (log->at[i].topic == TOPIC_COMPLAINTS) kept[known++] = log->at[i].case_id;
    qsort(kept, (size_t)known, sizeof *kept, by_text);
    for (int i = 0; i < log->count; i++)
        if (bsearch(&log->at[i].case_id, kept, (size_t)known, sizeof *kept, by_text))
            log->at[count++] = log->at[i];
    log->count = count;
    free(kept);
    replay->expected = expect(log);
    print_message("%d events of %d cases; expected: first_contact %d, resolution %d\n", count,
                  replay->expected.cases, replay->expected.first_contact,
                  replay->expected.resolution);
}

/* A case by the place of its complaint. */
struct numbered {
    const char *case_id;
    int number;
};

static int by_numbered(const void *a, const void *b) {
    return strcmp(((const struct numbered *)a)->case_id, ((const struct numbered *)b)->case_id);
}

static struct numbered *number_cases(const struct ticketlog_events *log, int *count_out) {
    struct numbered *cases = calloc((size_t)log->count + 1, sizeof *cases);
    int count = 0;

    for (int i = 0; i < log->count; i++)
        if (log->at[i].topic == TOPIC_COMPLAINTS) {
            cases[count] = (struct numbered){log->at[i].case_id, count};
            count++;
        }
    qsort(cases, (size_t)count, sizeof *cases, by_numbered);
    *count_out = count;
    return cases;
}

void replay_divide(struct replay *replay, int shares) {
    struct ticketlog_events *log = &replay->log;
    int count = 0;
    int filled = 0;
    struct numbered *cases = number_cases(log, &count);
    int *share_of = calloc((size_t)log->count + 1, sizeof *share_of);
    struct ticket_event *sorted = calloc((size_t)log->count + 1, sizeof *sorted);

    for (int i = 0; i < log->count; i++) {
        struct numbered wanted = {.case_id = log->at[i].case_id};
        const struct numbered *found =
            bsearch(&wanted, cases, (size_t)count, sizeof *cases, by_numbered);
        assert_non_null(found);
        share_of[i] = (int)((int64_t)found->number * shares / count);
    }

    replay->shares = shares;
    replay->share_ends = arena_alloc(replay->arena, (size_t)shares * sizeof *replay->share_ends);
    for (int share = 0; share < shares; share++) {
        for (int i = 0; i < log->count; i++)
            if (share_of[i] == share) sorted[filled++] = log->at[i];
        replay->share_ends[share] = filled;
    }
    memcpy(log->at, sorted, (size_t)filled * sizeof *sorted);
    free(sorted);
    free(share_of);
    free(cases);
}

/* ---- Running ---- */

/* Read once for all replays of a program; each has a copy that it may cut and sort. */
static void take_log(struct replay *replay) {
    static struct ticketlog_events whole;
    static struct expected expected;
    static struct arena *arena;

    if (!arena) {
        arena = arena_new();
        ticketlogs_read(TICKETLOG_UCI, arena, &whole);
        expected = expect(&whole);
        assert_int_equal(expected.cases, REPLAY_CASES);
        assert_int_equal(expected.first_contact, REPLAY_FIRST_CONTACT);
        assert_int_equal(expected.resolution, REPLAY_RESOLUTION);
    }
    replay->log = whole;
    replay->log.at = arena_alloc(replay->arena, (size_t)whole.count * sizeof *whole.at);
    memcpy(replay->log.at, whole.at, (size_t)whole.count * sizeof *whole.at);
    replay->expected = expected;
}

struct replay *replay_new(const char *name, int partitions, int replicas, const char *policies) {
    const char *missing = ticketlogs_missing(TICKETLOG_UCI);

    if (missing[0]) {
        print_message("skipped: %s is not there\n", missing);
        skip();
    }
    struct replay *replay = calloc(1, sizeof *replay);
    replay->arena = arena_new();
    replay->replicas = replicas;
    replay->h = harness_share(name);
    snprintf(replay->h->policy_dir, sizeof replay->h->policy_dir, "%s/tests/harness/%s",
             REDRESS_SOURCE_DIR, policies);
    harness_create_topics(replay->h, partitions);
    replay->world = world_open(replay->h);
    take_log(replay);
    for (int i = 0; i < replicas; i++) {
        replay->intake[i] = harness_worker(replay->h, "intake", i);
        replay->sla[i] = harness_worker(replay->h, "sla", i);
        /* Everything is long over and published before it is read: the proof has to do without this
         * wait. */
        process_env(replay->sla[i], "REDRESS_LATE_SETTLE=1s");
    }

    return replay;
}

void replay_start(struct replay *replay) {
    replay->began_ms = wait_now_ms();
    for (int i = 0; i < replay->replicas; i++) {
        process_start(replay->intake[i]);
        process_start(replay->sla[i]);
    }
    for (int i = 0; i < replay->replicas; i++) {
        harness_wait_ready(replay->h, replay->intake[i]);
        harness_wait_ready(replay->h, replay->sla[i]);
    }
}

/* Complaints that were sent, and may not have arrived. */
struct under_way {
    const struct ticket_event *at[REPLAY_CHUNK];
    int count;
};

/* As publishers must do it: what is about a case is sent when its complaint has arrived. Workers
 * that stand find both anyway. */
static void keep_order(struct replay *replay, const struct ticket_event *event,
                       struct under_way *under_way) {
    bool ahead = under_way->count == REPLAY_CHUNK;

    for (int i = 0; i < under_way->count && event->topic != TOPIC_COMPLAINTS; i++)
        ahead |= strcmp(under_way->at[i]->key, event->key) == 0;
    if (ahead) world_flush(replay->world);
    if (ahead) under_way->count = 0;
    if (event->topic == TOPIC_COMPLAINTS) under_way->at[under_way->count++] = event;
}

void replay_publish(struct replay *replay, int count, int times) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct buf buf = {0};
    struct under_way under_way = {.count = 0};
    bool running = false;

    for (int i = 0; i < replay->replicas; i++)
        running |= replay->intake[i]->pid != 0 && !replay->intake[i]->frozen;
    for (int i = 0; i < count && replay->published < replay->log.count; i++) {
        const struct ticket_event *event = &replay->log.at[replay->published++];
        buf_clear(&buf);
        ticketlogs_write(event, &buf);
        if (running) keep_order(replay, event, &under_way);
        for (int k = 0; k < times; k++)
            world_publish(replay->world, event->topic, event->key, buf.at, buf.len, &structured, 1);
    }
    buf_free(&buf);
    world_flush(replay->world);
}

int replay_publish_share(struct replay *replay, int times) {
    assert_true(replay->shares_published < replay->shares);
    int count = replay->share_ends[replay->shares_published++] - replay->published;

    replay_publish(replay, count, times);
    return count;
}

bool replay_published_all(const struct replay *replay) {
    return replay->published == replay->log.count;
}

const struct worker_spec replay_intake = {
    .name = "intake", .reads = (const enum topic[]){TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_NONE}};

int64_t replay_intake_lag(struct replay *replay) {
    return world_lag(replay->world, &replay_intake);
}

int64_t replay_sla_lag(struct replay *replay) {
    return world_lag(replay->world, &sla_spec);
}

int64_t replay_lag(struct replay *replay) {
    int64_t intake = replay_intake_lag(replay);
    int64_t sla = replay_sla_lag(replay);
    return intake < 0 || sla < 0 ? -1 : intake + sla;
}

/* The earliest wake-up of any shard; INT64_MAX: none; 0: not known now. */
static int64_t earliest_wake(struct replay *replay, int partitions) {
    struct err err;
    struct arena *arena = arena_new();
    struct redis *redis = redis_new(replay->world->config.redis_url, &err);
    int64_t earliest = INT64_MAX;

    for (int i = 0; i < partitions && earliest; i++) {
        struct redis_reply reply;
        const char *key = arena_printf(arena, "%s:{sla.%d}:by:wake_at", replay->h->prefix, i);
        if (redis_ask(redis, arena, &reply, &err, 5, "ZRANGE", key, "0", "0", "WITHSCORES"))
            earliest = 0;
        else if (reply.count == 2 && strtoll(reply.items[1].text, NULL, 10) < earliest)
            earliest = strtoll(reply.items[1].text, NULL, 10);
    }
    redis_free(redis);
    arena_free(arena);

    return earliest;
}

static void expect_alive(struct process *worker) {
    if (worker->pid && !process_running(worker))
        wait_fail("%s ended by itself, status %d", worker->name, process_exit_status(worker));
}

bool replay_settles(struct replay *replay, int limit_ms) {
    struct err err;
    int partitions = kafka_partitions(replay->world->asker, TOPIC_EVENTS, 5000, &err);
    int64_t end_ms = wait_now_ms() + limit_ms;

    for (int quiet = 0; quiet < 3;) {
        bool idle = replay_lag(replay) == 0 &&
                    earliest_wake(replay, partitions) > clock_now_ms() + READY_DUE_MS;
        quiet = idle ? quiet + 1 : 0;
        for (int i = 0; i < replay->replicas; i++) {
            expect_alive(replay->intake[i]);
            expect_alive(replay->sla[i]);
        }
        if (wait_now_ms() >= end_ms) return false;
        usleep(LOOK_MS * 1000);
    }

    return true;
}

void replay_wait(struct replay *replay, int limit_ms) {
    if (!replay_settles(replay, limit_ms))
        wait_fail("after %d ms something is unread or due", limit_ms);
}

/* ---- Counting ---- */

struct count {
    struct verdicts *out;
    struct arena *arena;
    struct slot {
        const char *key;
        int times, retracted;
        char kind; /* b: breach of a first cycle of first_contact 'f', resolution 'r', other 'o'; s:
                    * submission; c: case
                    */
        int64_t opened_ms;
    } * table;
    size_t size;
};

static struct slot *slot_of(struct count *count, const char *key) {
    size_t at = ids_table_hash(key, strlen(key)) & (count->size - 1);

    for (; count->table[at].key; at = (at + 1) & (count->size - 1))
        if (strcmp(count->table[at].key, key) == 0) return &count->table[at];
    count->table[at].key = arena_strdup(count->arena, key);
    return &count->table[at];
}

static void count_sla(struct count *count, const struct event *ev, struct arena *arena,
                      bool breach) {
    const struct tree *cycle = tree_get(ev->data, "cycle");
    const struct tree *target = tree_get(ev->data, "target");
    struct slot *slot = slot_of(
        count, arena_printf(arena, "breach %s %s %s", ev->subject, target->text, cycle->text));

    slot->kind = 'b';
    if (breach)
        slot->times++, count->out->breaches++;
    else
        slot->retracted++, count->out->retracted++;
}

static void count_event(void *context, const struct raw *raw) {
    struct count *count = context;
    struct arena *arena = arena_new();
    struct event ev;
    struct rejection rejection;

    if (event_read(raw, arena, &ev, &rejection) < 0)
        wait_fail("an event of the case log cannot be read: %s %s", rejection.reason,
                  rejection.detail);
    count->out->events++;
    if (strcmp(ev.type, "sla.breached") == 0 || strcmp(ev.type, "sla.retracted") == 0)
        count_sla(count, &ev, arena, ev.type[4] == 'b');
    bool opened = strcmp(ev.type, "case.opened") == 0;
    bool replied = strcmp(ev.type, "case.customer_replied") == 0 && tree_get(ev.data, "customer");
    if (opened || replied || strcmp(ev.type, "case.repeated") == 0) {
        struct slot *slot =
            slot_of(count, arena_printf(arena, "submission %s %s", ev.source, ev.id));
        slot->kind = 's';
        slot->times++;
    }
    if (opened) {
        struct slot *slot = slot_of(count, arena_printf(arena, "opened %s %s", ev.subject,
                                                        tree_text(ev.data, "opened_at")));
        slot->kind = 'o';
    }
    arena_free(arena);
}

static bool is_first_cycle(struct count *count, const char *case_id, const char *cycle) {
    char key[200];
    snprintf(key, sizeof key, "opened %s %s", case_id, cycle);
    return slot_of(count, key)->kind == 'o';
}

static void sum_up(struct count *count) {
    for (size_t i = 0; i < count->size; i++) {
        struct slot *slot = &count->table[i];
        if (!slot->key) continue;
        if (slot->kind == 's')
            count->out->submissions++, count->out->submitted_twice += slot->times > 1;
        if (slot->kind != 'b') continue;
        count->out->twice += slot->times > 1;
        char case_id[64], target[64], cycle[64];
        if (sscanf(slot->key, "breach %63s %63s %63s", case_id, target, cycle) != 3) continue;
        if (slot->times - slot->retracted <= 0 || !is_first_cycle(count, case_id, cycle)) continue;
        count->out->first_contact += strcmp(target, "first_contact") == 0;
        count->out->resolution += strcmp(target, "resolution") == 0;
    }
}

struct verdicts replay_verdicts(struct replay *replay) {
    struct verdicts verdicts = {0};
    struct count count = {.out = &verdicts, .arena = arena_new(), .size = 1 << 18};

    count.table = calloc(count.size, sizeof *count.table);
    world_read(replay->world, TOPIC_EVENTS, NULL, count_event, &count);
    sum_up(&count);
    free(count.table);
    arena_free(count.arena);

    return verdicts;
}

static void compare_view(struct replay *replay, struct buf *wrong) {
    int lines;
    int differ = world_check_view(replay->world, &sla_spec, wrong, &lines);
    print_message("view: %d lines, %d differ from the fold of the changelog\n", lines, differ);
    if (differ)
        buf_printf(wrong, "the view differs from the fold of the changelog in %d lines\n", differ);
    if (lines <= 12 * replay->expected.cases)
        buf_puts(wrong, "the view is too small\n"); /* not the empty one */
}

static void compare(struct buf *wrong, const char *what, int is, int expected) {
    if (is != expected) buf_printf(wrong, "%s: %d, expected %d\n", what, is, expected);
}

bool replay_is_right(struct replay *replay, int resolution, bool retractions_allowed,
                     struct buf *wrong) {
    struct verdicts v = replay_verdicts(replay);
    double seconds = (double)(wait_now_ms() - replay->began_ms) / 1e3;

    print_message("%d events in, %lld in the case log, %.1f s, %.0f events/s; breached: "
                  "first_contact %d, resolution %d; breach events %d, retracted %d\n",
                  replay->published, (long long)v.events, seconds, replay->published / seconds,
                  v.first_contact, v.resolution, v.breaches, v.retracted);
    compare(wrong, "breaches reported twice", v.twice, 0);
    compare(wrong, "submissions that opened or joined a case twice", v.submitted_twice, 0);
    compare(wrong, "submissions", v.submissions, replay->expected.cases);
    compare(wrong, "first_contact", v.first_contact, replay->expected.first_contact);
    compare(wrong, "resolution", v.resolution, resolution);
    if (!retractions_allowed) compare(wrong, "retracted", v.retracted, 0);
    compare_view(replay, wrong);

    return wrong->len == 0;
}

void replay_check(struct replay *replay, int resolution, bool retractions_allowed) {
    struct buf wrong = {0};
    bool right = replay_is_right(replay, resolution, retractions_allowed, &wrong);

    for (int i = 0; i < replay->replicas; i++)
        print_message("peak memory: %s %ld KB, %s %ld KB\n", replay->intake[i]->name,
                      process_peak_kb(replay->intake[i]), replay->sla[i]->name,
                      process_peak_kb(replay->sla[i]));
    if (!right) fail_msg("%s", wrong.at);
    buf_free(&wrong);
}

void replay_close(struct replay *replay) {
    world_close(replay->world);
    harness_leave(replay->h);
    arena_free(replay->arena);
    free(replay);
}
