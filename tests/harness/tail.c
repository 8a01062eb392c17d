/* tail: see tail.h. */
#include "tail.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 5000, FIND_MS = 240000, CATCH_UP_MS = 600000, PARTITIONS_MAX = 64 };

struct tail {
    struct world *world;
    struct kafka kafka;
    struct kafka_consumer *reader;
    struct arena *arena;
    enum topic topic;
    struct place places[PARTITIONS_MAX]; /* where reading stands */
    int64_t next[PARTITIONS_MAX];        /* behind the last record */
    int partitions;
    struct tail_event **at;
    int count, size;
};

struct tail *tail_open(struct world *world, enum topic topic) {
    struct tail *tail = calloc(1, sizeof *tail);
    struct err err;

    *tail = (struct tail){.world = world, .topic = topic, .arena = arena_new()};
    tail->kafka = (struct kafka){.config = &world->config};
    WAIT_FOR((tail->partitions = kafka_partitions(world->asker, topic, ASK_MS, &err)) > 0, FIND_MS);
    if (tail->partitions > PARTITIONS_MAX) wait_fail("topic %s: no partitions", topic_name(topic));
    for (int i = 0; i < tail->partitions; i++)
        tail->places[i] = (struct place){.topic = topic, .partition = i};
    tail->reader = kafka_reader_new(&tail->kafka, true, &err);
    if (!tail->reader || kafka_fetch_from(tail->reader, tail->places, tail->partitions, &err) < 0)
        wait_fail("%s", err.text);
    return tail;
}

void tail_close(struct tail *tail) {
    kafka_consumer_free(tail->reader);
    arena_free(tail->arena);
    free(tail->at);
    free(tail);
}

static void keep(struct tail *tail, const struct raw *raw) {
    struct tail_event *event = arena_alloc(tail->arena, sizeof *event);
    struct rejection rejection;

    *event = (struct tail_event){.partition = raw->partition,
                                 .offset = raw->offset,
                                 .stamp_ms = raw->timestamp_ms,
                                 .seen_ms = clock_now_ms()};
    if (event_read(raw, tail->arena, &event->ev, &rejection) < 0)
        wait_fail("%s, partition %d, offset %lld: %s", topic_name(raw->topic), raw->partition,
                  (long long)raw->offset, rejection.detail);
    event->ev.raw = NULL;
    event->data = arena_strndup(tail->arena, raw->value, raw->value_len);
    event->key = raw->key ? arena_strndup(tail->arena, raw->key, raw->key_len) : NULL;
    if (tail->count == tail->size) {
        tail->size = tail->size ? 2 * tail->size : 256;
        tail->at = realloc(tail->at, (size_t)tail->size * sizeof(struct tail_event *));
    }
    tail->at[tail->count++] = event;
}

static enum kafka_got poll_once(struct tail *tail, int wait_ms) {
    struct kafka_record *record;
    struct place place;
    struct err err;
    enum kafka_got got = kafka_poll(tail->reader, wait_ms, &record, &place, &err);

    if (got == KAFKA_RECORD) {
        struct raw raw;
        kafka_record_raw(&tail->kafka, record, tail->arena, &raw);
        keep(tail, &raw);
        tail->places[raw.partition].offset = tail->next[raw.partition] = raw.offset + 1;
        kafka_record_free(record);
    } else if (got == KAFKA_END && place.offset > tail->places[place.partition].offset) {
        tail->places[place.partition].offset = place.offset;
    } else if (got == KAFKA_LOST) {
        wait_fail("%s", err.text);
    }

    return got;
}

bool tail_poll(struct tail *tail, int wait_ms) {
    int before = tail->count;
    int64_t end_ms = wait_now_ms() + wait_ms;

    do {
        int64_t left_ms = end_ms - wait_now_ms();
        poll_once(tail, left_ms > 0 ? (int)left_ms : 0);
    } while (tail->count == before && wait_now_ms() < end_ms);
    while (poll_once(tail, 0) == KAFKA_RECORD) continue;
    return tail->count > before;
}

void tail_catch_up(struct tail *tail) {
    struct place ends[PARTITIONS_MAX];
    struct err err;

    memcpy(ends, tail->places, sizeof ends);
    WAIT_FOR(kafka_ends(tail->world->asker, ends, tail->partitions, ASK_MS, &err) == 0, FIND_MS);
    int64_t end_ms = wait_now_ms() + CATCH_UP_MS;
    for (int i = 0; i < tail->partitions; i++)
        while (tail->places[i].offset < ends[i].offset) {
            poll_once(tail, 50);
            if (wait_now_ms() > end_ms)
                wait_fail("topic %s was not read to its end", topic_name(tail->topic));
        }
}

int64_t tail_next_offset(const struct tail *tail, int partition) {
    return tail->next[partition];
}

int tail_partitions(const struct tail *tail) {
    return tail->partitions;
}

int tail_read(const struct tail *tail) {
    return tail->count;
}

const struct tail_event *tail_at(const struct tail *tail, int index) {
    return index < tail->count ? tail->at[index] : NULL;
}

static bool is(const struct tail_event *event, const char *type, const char *subject) {
    return strcmp(event->ev.type, type) == 0 &&
           (!subject || (event->ev.subject && strcmp(event->ev.subject, subject) == 0));
}

const struct tail_event *tail_find(const struct tail *tail, const char *type, const char *subject,
                                   int nth) {
    for (int i = 0; i < tail->count; i++)
        if (is(tail->at[i], type, subject) && --nth == 0) return tail->at[i];
    return NULL;
}

int tail_count(const struct tail *tail, const char *type, const char *subject) {
    int count = 0;
    for (int i = 0; i < tail->count; i++) count += is(tail->at[i], type, subject);
    return count;
}

const struct tail_event *tail_wait(struct tail *tail, const char *type, const char *subject,
                                   int nth, int limit_ms) {
    const struct tail_event *event;
    int64_t end_ms = wait_now_ms() + limit_ms;

    while (!(event = tail_find(tail, type, subject, nth))) {
        if (wait_now_ms() > end_ms)
            wait_fail("no %s number %d about %s within %d ms", type, nth,
                      subject ? subject : "anything", limit_ms);
        tail_poll(tail, 50);
    }

    return event;
}
