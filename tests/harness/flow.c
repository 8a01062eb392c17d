/* flow: see the header. */
#include "flow.h"
#include "base/clock.h"
#include "base/ids.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    STEP_MS = 5,     /* the publisher's */
    SAMPLE_MS = 100, /* how far they are behind is noted so often */
    RUN_MAX_MS = 3600000,
    BUCKETS = RUN_MAX_MS / FLOW_BUCKET_MS,
    SAMPLES = RUN_MAX_MS / SAMPLE_MS,
    FLUSH_MS = 240000,
    QUIET_MS =
        3000, /* nothing new has come of a complaint for so long, and no worker has anything to read */
    CASES_SIZE = 1 << 20,
    IDS_SIZE = 1 << 23,
    PARTITIONS_MAX = 64,
    WAREHOUSES = 20
};

struct flow {
    struct pipeline *pipeline;
    struct kafka kafka;
    int rate;
    int64_t began_us, began_at_ms; /* by the two clocks */
    pthread_t publisher, follower;
    atomic_bool stop_publishing, stop_following;
    atomic_int sent, late, chosen;
    /* By the number of a complaint. */
    char (*case_ids)[IDS_CASE_LEN + 1];
    char (*routes)[IDS_ROUTE_LEN + 1];
    int *by_case; /* a table of CASES_SIZE: number + 1 */
    unsigned char *counts[FLOW_KINDS];
    int64_t *given; /* minor units */
    /* Of the follower. */
    atomic_int totals[FLOW_KINDS];
    unsigned char *wrote[FLOW_KINDS]; /* by bucket */
    uint64_t *ids;                    /* of events, a table of IDS_SIZE */
    atomic_llong events, last_at_ms;
    int events_doubled;
    int *behind; /* by sample */
};

/* ---- Which complaint ---- */

static const char *const kinds[] = {[FLOW_OPENED] = "case.opened",
                                    [FLOW_CLASSIFIED] = "case.classified",
                                    [FLOW_STARTED] = "sla.started",
                                    [FLOW_PROPOSED] = "compensation.proposed",
                                    [FLOW_REQUESTED] = "notification.requested",
                                    [FLOW_APPROVED] = "compensation.approved",
                                    [FLOW_CHOSEN] = "compensation.chosen"};

static size_t case_at(const struct flow *flow, const char *case_id, size_t len) {
    size_t at = ids_table_hash(case_id, len) & (CASES_SIZE - 1);

    for (; flow->by_case[at]; at = (at + 1) & (CASES_SIZE - 1))
        if (strncmp(flow->case_ids[flow->by_case[at] - 1], case_id, len) == 0) break;
    return at;
}

static void name_cases(struct flow *flow) {
    for (int i = 0; i < FLOW_MAX; i++) {
        char id[24], order[24];
        snprintf(id, sizeof id, "f-%d", i);
        snprintf(order, sizeof order, "order:F%d", i);
        ids_route("default", order, flow->routes[i]);
        ids_case(flow->routes[i], "/shop/app", id, flow->case_ids[i]);
        flow->by_case[case_at(flow, flow->case_ids[i], IDS_CASE_LEN)] = i + 1;
    }
}

int64_t flow_now_ms(const struct flow *flow) {
    return (clock_boot_us() - flow->began_us) / 1000;
}

/* ---- The publisher ---- */

static void produce(struct kafka_producer *producer, enum topic topic, const char *key,
                    const struct buf *buf) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct kafka_message message = {.topic = topic,
                                    .partition = -1,
                                    .key = key,
                                    .key_len = strlen(key),
                                    .value = buf->at,
                                    .value_len = buf->len,
                                    .headers = &structured,
                                    .header_count = 1};
    struct err err;

    if (kafka_produce(producer, &message, &err) != KAFKA_DONE) {
        fprintf(stderr, "a record cannot be published: %s\n", err.text);
        abort();
    }
}

static struct kafka_producer *producer_of(struct flow *flow) {
    struct err err;
    struct kafka_producer *producer = kafka_producer_new(&flow->kafka, NULL, &err);
    ASSERT(producer);
    return producer;
}

static void flush_all(struct kafka_producer *producer) {
    struct err err;
    enum kafka_outcome outcome = kafka_flush(producer, FLUSH_MS, &err);
    ASSERT(outcome == KAFKA_DONE);
    kafka_producer_free(producer);
}

static void complain(struct flow *flow, struct kafka_producer *producer, int i, struct buf *buf) {
    char time[CLOCK_TEXT_MAX];

    buf_clear(buf);
    buf_printf(buf,
               "{\"specversion\":\"1.0\",\"id\":\"f-%d\",\"source\":\"/shop/app\",\"type\":"
               "\"complaint.submitted\",\"time\":\"%s\",\"data\":{\"channel\":\"app\",\"customer\":"
               "{\"id\":\"u-%d\",\"tier\":\"regular\"},\"order\":{\"warehouse\":\"W%d\","
               "\"id\":\"F%d\",\"status\":\"signed\",\"amount\":{\"currency\":\"CNY\",\"minor\":"
               "8900}},\"text\":\"收到的包有瑕疵，皮面上有划痕\"}}",
               i, clock_format(clock_now_ms(), time), i, i % WAREHOUSES, i);
    produce(producer, TOPIC_COMPLAINTS, flow->routes[i], buf);
}

static void send_up_to(struct flow *flow, struct kafka_producer *producer, int due,
                       struct buf *buf) {
    for (int i = flow->sent; i < due; i++) {
        complain(flow, producer, i, buf);
        int before = i - flow->rate;
        if (before >= 0 && before % FLOW_AGAIN == 0) complain(flow, producer, before, buf);
        flow->sent = i + 1;
    }
}

static void *publish(void *context) {
    struct flow *flow = context;
    struct kafka_producer *producer = producer_of(flow);
    struct buf buf = {0};

    while (!flow->stop_publishing) {
        int due = (int)(flow_now_ms(flow) * flow->rate / 1000);
        if (due > FLOW_MAX) due = FLOW_MAX;
        if (due - flow->sent > flow->late) flow->late = due - flow->sent;
        send_up_to(flow, producer, due, &buf);
        usleep(STEP_MS * 1000);
    }
    flush_all(producer);
    buf_free(&buf);

    return NULL;
}

/* ---- The follower ---- */

static bool is_new(struct flow *flow, const char *source, const char *id) {
    char text[400];
    int len = snprintf(text, sizeof text, "%s\n%s", source, id);
    uint64_t hash = ids_table_hash(text, (size_t)len);
    size_t at = hash & (IDS_SIZE - 1);

    if (!hash) hash = 1;
    for (; flow->ids[at]; at = (at + 1) & (IDS_SIZE - 1))
        if (flow->ids[at] == hash) return false;
    flow->ids[at] = hash;
    return true;
}

/* {"cost":{"currency":"CNY","minor":...}} of the costliest option, or of the one named. */
static int64_t cost_of(const struct tree *data, const char *option) {
    const struct tree *options = tree_get(data, "options");
    int64_t most = 0;

    for (const struct tree *at = options ? options->first : NULL; at; at = at->next) {
        const struct tree *cost = tree_get(at, "cost");
        const struct tree *minor = cost ? tree_get(cost, "minor") : NULL;
        if (!minor || (option && strcmp(tree_text(at, "option"), option) != 0)) continue;
        if (minor->num > most) most = minor->num;
    }
    return most;
}

static void choose(struct flow *flow, struct kafka_producer *producer, int i, struct buf *buf) {
    char time[CLOCK_TEXT_MAX];

    buf_clear(buf);
    buf_printf(buf,
               "{\"specversion\":\"1.0\",\"id\":\"c-%d\",\"source\":\"/shop/app\",\"type\":"
               "\"decision.chosen\",\"time\":\"%s\",\"data\":{\"case_id\":\"%s\",\"proposal_id\":"
               "\"%s.1\",\"option\":\"A\"}}",
               i, clock_format(clock_now_ms(), time), flow->case_ids[i], flow->case_ids[i]);
    produce(producer, TOPIC_ACTIVITY, flow->routes[i], buf);
    flow->chosen++;
}

/* Whoever chooses takes the first option, so its cost is what counts in the end. */
static void approved(struct flow *flow, struct kafka_producer *producer, int i,
                     const struct event *ev, struct buf *buf) {
    bool chooses = i % FLOW_CHOOSES == 0 && cost_of(ev->data, "A") > 0;

    flow->given[i] = cost_of(ev->data, chooses ? "A" : NULL);
    if (chooses) choose(flow, producer, i, buf);
}

static void note(struct flow *flow, struct kafka_producer *producer, const struct raw *raw,
                 const struct event *ev, struct buf *buf) {
    if (!is_new(flow, ev->source, ev->id)) flow->events_doubled++;
    flow->events++;
    int found = 0;
    if (ev->subject) found = flow->by_case[case_at(flow, ev->subject, strlen(ev->subject))];
    for (int kind = 0; found && kind < FLOW_KINDS; kind++) {
        if (strcmp(ev->type, kinds[kind]) != 0) continue;
        int64_t at_ms = raw->timestamp_ms - flow->began_at_ms;
        if (at_ms >= 0 && at_ms < RUN_MAX_MS) flow->wrote[kind][at_ms / FLOW_BUCKET_MS] = 1;
        bool first = !flow->counts[kind][found - 1];
        flow->totals[kind] += first;
        if (first) flow->last_at_ms = flow_now_ms(flow);
        if (flow->counts[kind][found - 1] < 255) flow->counts[kind][found - 1]++;
        if (kind == FLOW_APPROVED) approved(flow, producer, found - 1, ev, buf);
    }
}

static void sample(struct flow *flow) {
    int64_t at = flow_now_ms(flow) / SAMPLE_MS;
    int behind = flow_behind(flow);
    if (at < SAMPLES && behind > flow->behind[at]) flow->behind[at] = behind;
}

static struct kafka_consumer *reader_of(struct flow *flow) {
    int count = tail_partitions(flow->pipeline->events);
    struct place places[PARTITIONS_MAX];
    struct err err;
    struct kafka_consumer *reader = kafka_reader_new(&flow->kafka, true, &err);

    ASSERT(reader && count <= PARTITIONS_MAX);
    for (int i = 0; i < count; i++)
        places[i] = (struct place){.topic = TOPIC_EVENTS, .partition = i};
    int bad = kafka_fetch_from(reader, places, count, &err);
    ASSERT(!bad);
    return reader;
}

static void *follow(void *context) {
    struct flow *flow = context;
    struct kafka_producer *producer = producer_of(flow);
    struct kafka_consumer *reader = reader_of(flow);
    struct arena *arena = arena_new();
    struct buf buf = {0};

    while (!flow->stop_following) {
        struct kafka_record *record;
        struct rejection rejection;
        struct place place;
        struct raw raw;
        struct event ev;
        struct err err;
        sample(flow);
        enum kafka_got got = kafka_poll(reader, SAMPLE_MS / 2, &record, &place, &err);
        ASSERT(got != KAFKA_LOST && got != KAFKA_DAMAGED);
        if (got != KAFKA_RECORD) continue;
        kafka_record_raw(&flow->kafka, record, arena, &raw);
        int bad = event_read(&raw, arena, &ev, &rejection);
        ASSERT(!bad);
        note(flow, producer, &raw, &ev, &buf);
        kafka_record_free(record);
        arena_reset(arena);
    }
    flush_all(producer);
    kafka_consumer_free(reader);
    arena_free(arena);
    buf_free(&buf);

    return NULL;
}

/* ---- For the test ---- */

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count, size);
    ASSERT(memory);
    return memory;
}

struct flow *flow_begin(struct pipeline *pipeline, int rate) {
    struct flow *flow = zeroed(1, sizeof *flow);

    flow->pipeline = pipeline;
    flow->kafka = (struct kafka){.config = &pipeline->world->config};
    flow->rate = rate;
    flow->case_ids = zeroed(FLOW_MAX, sizeof *flow->case_ids);
    flow->routes = zeroed(FLOW_MAX, sizeof *flow->routes);
    flow->by_case = zeroed(CASES_SIZE, sizeof *flow->by_case);
    flow->given = zeroed(FLOW_MAX, sizeof *flow->given);
    flow->ids = zeroed(IDS_SIZE, sizeof *flow->ids);
    flow->behind = zeroed(SAMPLES, sizeof *flow->behind);
    for (int i = 0; i < FLOW_KINDS; i++) {
        flow->counts[i] = zeroed(FLOW_MAX, 1);
        flow->wrote[i] = zeroed(BUCKETS, 1);
    }
    name_cases(flow);
    flow->began_us = clock_boot_us();
    flow->began_at_ms = clock_now_ms();
    int bad = pthread_create(&flow->follower, NULL, follow, flow) ||
              pthread_create(&flow->publisher, NULL, publish, flow);
    ASSERT(!bad);

    return flow;
}

int flow_sent(const struct flow *flow) {
    return flow->sent;
}

int flow_total(const struct flow *flow, enum flow_kind kind) {
    return flow->totals[kind];
}

int flow_behind(const struct flow *flow) {
    return flow->sent - flow->totals[FLOW_STARTED];
}

static bool is_quiet(struct flow *flow) {
    return flow_behind(flow) <= 0 && flow_now_ms(flow) - flow->last_at_ms > QUIET_MS;
}

void flow_end(struct flow *flow, int limit_ms) {
    flow->stop_publishing = true;
    pthread_join(flow->publisher, NULL);
    WAIT_FOR(is_quiet(flow), limit_ms);
    world_wait_idle(flow->pipeline->world, pipeline_specs, limit_ms);
    WAIT_FOR(is_quiet(flow), limit_ms);
    flow->stop_following = true;
    pthread_join(flow->follower, NULL);
}

struct flow_sums flow_sums(struct flow *flow) {
    struct flow_sums sums = {.sent = flow->sent,
                             .chosen = flow->chosen,
                             .events = flow->events,
                             .events_doubled = flow->events_doubled,
                             .late = flow->late};

    for (int i = 0; i < flow->sent; i++) {
        bool lost = false;
        bool doubled = false;
        for (int kind = 0; kind < FLOW_KINDS; kind++) {
            if (kind <= FLOW_REQUESTED) lost |= !flow->counts[kind][i];
            if (kind != FLOW_REQUESTED) doubled |= flow->counts[kind][i] > 1;
        }
        sums.lost += lost;
        sums.doubled += doubled;
        sums.approved_minor += flow->given[i];
        sums.sent_twice += i + flow->rate < flow->sent && i % FLOW_AGAIN == 0;
    }
    return sums;
}

/* Ids of a topic's records, each of which must come once. */
struct once {
    uint64_t *table;
    size_t size;
    int count, doubled;
    const char *field;
};

static void see_once(void *context, const struct raw *raw) {
    struct once *once = context;
    const char *at = memmem(raw->value, raw->value_len, once->field, strlen(once->field));
    if (!at) return;
    at += strlen(once->field);
    const char *end = memchr(at, '"', raw->value_len - (size_t)(at - raw->value));
    assert_non_null(end);
    uint64_t hash = ids_table_hash(at, (size_t)(end - at)) | 1;
    size_t slot = hash & (once->size - 1);
    for (; once->table[slot]; slot = (slot + 1) & (once->size - 1))
        if (once->table[slot] == hash) {
            once->doubled++;
            return;
        }
    once->table[slot] = hash;
    once->count++;
}

static int expect_once(struct flow *flow, enum topic topic, const char *field) {
    struct once once = {.size = 1 << 22, .field = field};
    once.table = calloc(once.size, sizeof *once.table);
    assert_non_null(once.table);
    world_read(flow->pipeline->world, topic, NULL, see_once, &once);
    free(once.table);
    assert_int_equal(once.doubled, 0);
    return once.count;
}

struct flow_sums flow_check(struct flow *flow) {
    struct flow_sums sums = flow_sums(flow);

    print_message("\n%d complaints at %d/s (the publisher at most %d behind), %d of them sent "
                  "twice, %d customers chose: %lld events, %d complaints lost, %d with two of "
                  "anything, %d events twice\n",
                  sums.sent, flow->rate, sums.late, sums.sent_twice, sums.chosen,
                  (long long)sums.events, sums.lost, sums.doubled, sums.events_doubled);
    assert_int_equal(sums.lost, 0);
    assert_int_equal(sums.doubled, 0);
    assert_int_equal(sums.events_doubled, 0);
    assert_true(sums.chosen > 0 && sums.sent_twice > 0);
    int settled = expect_once(flow, TOPIC_SETTLEMENTS, "\"settlement_id\":\"");
    int letters = expect_once(flow, TOPIC_DELIVERIES, "\"notification_id\":\"");
    print_message("%d settlements and %d messages, each once\n", settled, letters);
    assert_true(settled >= sums.chosen && letters >= sums.sent);
    pipeline_check_views(flow->pipeline);

    return sums;
}

int flow_longest_ms(const struct flow *flow, enum flow_kind kind, int64_t from_ms, int64_t to_ms) {
    int longest = 0;
    int now = 0;

    for (int64_t at = from_ms / FLOW_BUCKET_MS; at < to_ms / FLOW_BUCKET_MS; at++) {
        now = flow->wrote[kind][at] ? 0 : now + 1;
        if (now > longest) longest = now;
    }
    return longest * FLOW_BUCKET_MS;
}

int flow_most_behind(const struct flow *flow, int64_t from_ms, int64_t to_ms) {
    int most = 0;

    for (int64_t at = from_ms / SAMPLE_MS; at < to_ms / SAMPLE_MS; at++)
        if (flow->behind[at] > most) most = flow->behind[at];
    return most;
}

int flow_caught_up_ms(const struct flow *flow, int64_t from_ms, int64_t to_ms, int few) {
    int64_t last = from_ms / SAMPLE_MS - 1;

    for (int64_t at = from_ms / SAMPLE_MS; at < to_ms / SAMPLE_MS; at++)
        if (flow->behind[at] > few) last = at;
    if (last + 1 >= to_ms / SAMPLE_MS) return -1;
    int64_t ms = (last + 1) * SAMPLE_MS - from_ms;
    if (ms < 0) return 0;
    return (int)ms;
}

void flow_free(struct flow *flow) {
    for (int i = 0; i < FLOW_KINDS; i++) {
        free(flow->counts[i]);
        free(flow->wrote[i]);
    }
    free(flow->case_ids);
    free(flow->routes);
    free(flow->by_case);
    free(flow->given);
    free(flow->ids);
    free(flow->behind);
    free(flow);
}
