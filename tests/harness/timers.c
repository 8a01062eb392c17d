/* timers: publishing, following, checking. */
#include "timers.h"
#include "base/clock.h"
#include "base/ids.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { ASK_MS = 5000, PLACES_MAX = 64 };

static void write_policy(struct timers *timers, const char *head, int within_ms) {
    char path[300];

    snprintf(path, sizeof path, "%s/sla.yaml", timers->h->policy_dir);
    FILE *file = fopen(path, "w");
    if (!file) wait_fail("%s cannot be written", path);
    fprintf(file,
            "%s\nclassify_within: %s\n"
            "policies:\n  - name: timers\n    targets:\n      first_contact: {within: %ds}\n",
            head, timers->classification ? "10m" : "1s", within_ms / 1000);
    fclose(file);
}

void timers_reload(struct timers *timers, int within_ms) {
    write_policy(timers, "version: timers-2\nmigrate: true", within_ms);
    timers->before_reload = timers->count;
    process_kill(timers->sla, SIGHUP);
}

struct timers *timers_new(const char *name, int most) {
    struct timers *timers = calloc(1, sizeof *timers);

    timers->arena = arena_new();
    timers->h = harness_new(name);
    timers->size = most;
    timers->cases = calloc((size_t)most, sizeof *timers->cases);
    for (timers->table_size = 64; timers->table_size < (size_t)most * 2;) timers->table_size *= 2;
    timers->table = calloc(timers->table_size, sizeof *timers->table);

    return timers;
}

static void open_reader(struct timers *timers) {
    struct place places[PLACES_MAX];
    struct err err;
    int count = kafka_partitions(timers->world->asker, TOPIC_EVENTS, ASK_MS, &err);

    if (count <= 0 || count > PLACES_MAX) wait_fail("partitions of the case log: %d", count);
    for (int i = 0; i < count; i++)
        places[i] = (struct place){.topic = TOPIC_EVENTS, .partition = i};
    timers->kafka = (struct kafka){.config = &timers->world->config};
    timers->reader = kafka_reader_new(&timers->kafka, true, &err);
    if (!timers->reader || kafka_fetch_from(timers->reader, places, count, &err) < 0)
        wait_fail("%s", err.text);
}

void timers_open(struct timers *timers, int partitions, bool classified) {
    struct harness *h = timers->h;

    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, partitions);
    timers->world = world_open(h);
    if (classified)
        timers->classification =
            harness_worker(h, "classification", 0); /* with the policies delivered */
    snprintf(h->policy_dir, sizeof h->policy_dir, "%.190s/policies", h->dir);
    if (mkdir(h->policy_dir, 0755) != 0) wait_fail("%s cannot be made", h->policy_dir);
    write_policy(timers, "version: timers-1", TIMERS_WITHIN_MS);
    timers->intake = harness_worker(h, "intake", 0);
    timers->sla = harness_worker(h, "sla", 0);
    open_reader(timers);
}

void timers_start(struct timers *timers) {
    struct process *const workers[] = {timers->intake, timers->sla, timers->classification};
    for (int i = 0; i < 3; i++)
        if (workers[i]) process_start(workers[i]);
    for (int i = 0; i < 3; i++)
        if (workers[i]) harness_wait_ready(timers->h, workers[i]);
}

void timers_close(struct timers *timers) {
    kafka_consumer_free(timers->reader);
    world_close(timers->world);
    harness_close(timers->h);
    arena_free(timers->arena);
    free(timers->cases);
    free(timers->table);
    free(timers);
}

/* ---- Cases ---- */

static int *slot_of(const struct timers *timers, const char *id) {
    size_t mask = timers->table_size - 1;
    size_t at = ids_table_hash(id, strlen(id)) & mask;

    while (timers->table[at] && strcmp(timers->cases[timers->table[at] - 1].id, id) != 0)
        at = (at + 1) & mask;
    return &timers->table[at];
}

void timers_publish(struct timers *timers, int64_t due_ms) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};

    ASSERT(timers->count < timers->size);
    struct timers_case *item = &timers->cases[timers->count++];
    char subject[48], route[IDS_ROUTE_LEN + 1], id[32], time[CLOCK_TEXT_MAX], text[512];
    snprintf(subject, sizeof subject, "customer:u-%d", timers->count);
    snprintf(id, sizeof id, "t-%d", timers->count);
    ids_route("default", subject, route);
    ids_case(route, "/tests/timers", id, item->id);
    *slot_of(timers, item->id) = timers->count;
    int len = snprintf(text, sizeof text,
                       "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/tests/"
                       "timers\",\"type\":\"complaint.submitted\",\"time\":\"%s\",\"data\":{"
                       "\"channel\":\"app\",\"customer\":{\"id\":\"u-%d\",\"tier\":\"regular\"},"
                       "\"text\":\"The cup arrived broken.\"}}",
                       id, clock_format(due_ms - TIMERS_WITHIN_MS, time), timers->count);
    item->due_ms = due_ms;
    item->published_ms = clock_now_ms();
    world_publish(timers->world, TOPIC_COMPLAINTS, route, text, (size_t)len, &structured, 1);
}

/* ---- Following ---- */

static struct timers_case *case_of(struct timers *timers, const struct raw *raw) {
    for (int i = 0; i < raw->header_count; i++) {
        if (strcmp(raw->headers[i].name, "ce_subject") != 0) continue;
        const char *id =
            arena_strndup(timers->arena, raw->headers[i].value, raw->headers[i].value_len);
        int at = *slot_of(timers, id);
        if (!at) wait_fail("an event of a case that was never published: %s", id);
        return &timers->cases[at - 1];
    }
    return NULL;
}

static int64_t time_in(const struct event *ev, const char *name) {
    const char *text = tree_text(ev->data, name);
    int64_t ms;
    if (!text || clock_parse(text, &ms) < 0)
        wait_fail("%s of %s has no %s", ev->type, ev->subject, name);
    return ms;
}

static void note_breach(struct timers *timers, struct timers_case *item, const struct raw *raw,
                        int64_t now_ms) {
    struct event ev;
    struct rejection rejection;

    if (event_read(raw, timers->arena, &ev, &rejection) < 0)
        wait_fail("sla.breached: %s", rejection.detail);
    if (time_in(&ev, "due_at") != item->due_ms)
        wait_fail("%s is due at %s", item->id, tree_text(ev.data, "due_at"));
    item->breached_at_ms = time_in(&ev, "breached_at");
    if (item->breaches++) return;
    item->breached_ms = now_ms;
    timers->breached++;
}

static void note(struct timers *timers, const struct raw *raw, int64_t now_ms) {
    size_t len;
    const char *type = event_peek_type(raw, &len);
    struct timers_case *item = type ? case_of(timers, raw) : NULL;

    if (!item) return;
    type = arena_strndup(timers->arena, type, len);
    if (strcmp(type, "case.opened") == 0 && !item->opened_ms) {
        item->opened_ms = now_ms;
        timers->opened++;
    } else if (strcmp(type, "sla.started") == 0 && !item->started_ms) {
        item->started_ms = now_ms;
        item->breached_then = timers->breached;
        timers->started++;
    } else if (strcmp(type, "sla.rescheduled") == 0) {
        timers->moved += !item->moves++;
    } else if (strcmp(type, "sla.breached") == 0) {
        note_breach(timers, item, raw, now_ms);
    }
}

bool timers_follow(struct timers *timers, int ms, bool (*enough)(const struct timers *timers)) {
    int64_t end_ms = wait_now_ms() + ms;

    for (int64_t left = ms; left >= 0; left = end_ms - wait_now_ms()) {
        if (enough && enough(timers)) return true;
        struct kafka_record *record;
        struct place place;
        struct err err;
        if (kafka_poll(timers->reader, left < 50 ? (int)left : 50, &record, &place, &err) !=
            KAFKA_RECORD)
            continue;
        struct raw raw;
        kafka_record_raw(&timers->kafka, record, timers->arena, &raw);
        note(timers, &raw, clock_now_ms());
        kafka_record_free(record);
        arena_reset(timers->arena);
    }

    return enough && enough(timers);
}

bool timers_all_started(const struct timers *timers) {
    return timers->started == timers->count;
}

bool timers_all_moved(const struct timers *timers) {
    return timers->moved == timers->before_reload;
}

bool timers_all_breached(const struct timers *timers) {
    return timers->breached == timers->count;
}

/* ---- Checking ---- */

void timers_check(const struct timers *timers, int first, int count) {
    int missing = 0;
    int twice = 0;
    int early = 0;

    for (int i = first; i < first + count; i++) {
        const struct timers_case *item = &timers->cases[i];
        missing += item->breaches == 0;
        twice += item->breaches > 1;
        early += item->breaches &&
                 (item->breached_at_ms < item->due_ms || item->breached_ms < item->due_ms);
    }
    print_message("%d deadlines: %d not reported, %d twice, %d early\n", count, missing, twice,
                  early);
    assert_int_equal(missing, 0);
    assert_int_equal(twice, 0);
    assert_int_equal(early, 0);
}

static int compare(const void *one, const void *two) {
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)two;
    return (a > b) - (a < b);
}

void timers_print(const char *what, int64_t *values_ms, int count) {
    if (!count) {
        print_message("%s: none\n", what);
        return;
    }
    double load = 0;
    if (getloadavg(&load, 1) < 0) load = 0;
    qsort(values_ms, (size_t)count, sizeof *values_ms, compare);
    print_message("%s: p50 %lld ms, p99 %lld ms, max %lld ms of %d (load average %.1f)\n", what,
                  (long long)values_ms[count / 2], (long long)values_ms[(int64_t)count * 99 / 100],
                  (long long)values_ms[count - 1], count, load);
}
