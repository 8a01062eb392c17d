/* post: see the header. */
#include "gateway/post.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "contract/contract.h"
#include "data/json.h"
#include "gateway/gateway_read.h"
#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MAX = 5000,
    BYTES_MAX = 32 * 1024 * 1024,
    POLL_MAX = 200, /* records of one lane in one turn */
    REPORTS_MAX = 1000,
    REPORT_MS = 100,  /* between two transactions */
    COMMIT_MS = 1000, /* between two that say nothing but how far the group is */
    ASK_MS = 2000,
    AGAIN_MS = 1000, /* after trouble with Kafka */
    SELDOM_MS = 60000
};

void post_init(struct post *post, struct gateway *gateway, const struct gateway_lane *policy,
               const struct sender_target *target) {
    struct arena *arena = gateway->arena;
    const char *worker = arena_printf(arena, "gateway-%s", policy->name);
    bool settles = texts_has(&policy->takes, GATEWAY_SETTLEMENTS);

    *post = (struct post){.gateway = gateway,
                          .topics = {settles ? TOPIC_SETTLEMENTS : TOPIC_DELIVERIES, TOPIC_NONE},
                          .kafka = {.config = gateway->config, .worker = worker},
                          .turn = arena_new(),
                          .gate = ARENA_NEW(arena, struct log_gate)};
    post->transactional_id = arena_printf(arena, "%s-%s-%s", gateway->config->topic_prefix, worker,
                                          gateway->config->instance);
    post_follow(post, policy, target);
}

void post_follow(struct post *post, const struct gateway_lane *policy,
                 const struct sender_target *target) {
    post->policy = policy;
    post->target = target;
    post->lane.rules = (struct lane_rules){.concurrency = (int)policy->concurrency,
                                           .rate = (int)policy->rate,
                                           .retry_first_ms = policy->retry_first,
                                           .retry_longest_ms = policy->retry_longest,
                                           .give_up_ms = policy->give_up_after,
                                           .breaker = (int)policy->breaker,
                                           .rest_first_ms = policy->rest_first,
                                           .rest_longest_ms = policy->rest_longest};
}

/* ---- Reading ---- */

static void forget(struct post *post) {
    sender_forget(post->gateway->sender, post);
    lane_forget(&post->lane);
    post->paused = post->stands = false;
}

static void on_assigned(void *context, const struct place *places, int count) {
    struct post *post = context;

    forget(post);
    post->parts = heap_resize(post->parts, sizeof *post->parts * (size_t)count);
    for (int i = 0; i < count; i++)
        post->parts[i] = (struct post_part){.partition = places[i].partition};
    post->part_count = count;
    post->assigned = true;
    log_say(LOG_INFO, "assigned", "lane", post->policy->name, "partitions", log_int(count), NULL);
}

static void on_revoked(void *context, bool lost) {
    struct post *post = context;

    (void)lost;
    forget(post);
    post->part_count = 0;
    post->assigned = false;
}

static void trouble(struct post *post, const char *what, const char *why) {
    log_seldom(post->gate, SELDOM_MS, LOG_WARN, what, "lane", post->policy->name, "error", why,
               NULL);
    post->open_at_ms = clock_boot_ms() + AGAIN_MS;
}

static void close_reader(struct post *post) {
    kafka_consumer_free(post->consumer);
    post->consumer = NULL;
    forget(post);
    post->part_count = 0;
    post->assigned = false;
}

static bool open_reader(struct post *post) {
    const struct kafka_hooks hooks = {post, on_assigned, on_revoked};
    struct err err;

    if (post->consumer) return true;
    if (clock_boot_ms() < post->open_at_ms) return false;
    post->consumer = kafka_consumer_new(&post->kafka, post->topics, &hooks, &err);
    if (!post->consumer) trouble(post, "no reader", err.text);
    return post->consumer != NULL;
}

static struct place *places_of(const struct post *post, struct arena *arena) {
    struct place *places = arena_alloc(arena, sizeof *places * ((size_t)post->part_count + 1));
    for (int i = 0; i < post->part_count; i++)
        places[i] = (struct place){.topic = post->topics[0],
                                   .partition = post->parts[i].partition,
                                   .offset = post->parts[i].next};
    return places;
}

/* From where each partition is read: what the group has committed, else the beginning. */
static void stand(struct post *post) {
    struct err err = {"not known yet"};

    arena_reset(post->turn);
    struct place *places = places_of(post, post->turn);
    struct place *starts = places_of(post, post->turn);
    int count = post->part_count;
    if (kafka_committed(post->consumer, places, count, ASK_MS, &err) != OUTCOME_DONE ||
        kafka_starts(post->gateway->asker, starts, count, ASK_MS, &err) < 0) {
        trouble(post, "where to go on is not known", err.text);
        return;
    }
    for (int i = 0; i < count; i++) {
        post->parts[i].committed = places[i].offset;
        if (places[i].offset < starts[i].offset) places[i].offset = starts[i].offset;
        post->parts[i].next = places[i].offset;
    }
    if (kafka_fetch_from(post->consumer, places, count, &err) < 0)
        trouble(post, "cannot read", err.text);
    else
        post->stands = true;
}

static void take(struct post *post, const struct kafka_record *record) {
    struct raw raw;
    struct err err;

    arena_reset(post->turn);
    kafka_record_raw(&post->kafka, record, post->turn, &raw);
    for (int i = 0; i < post->part_count; i++)
        if (post->parts[i].partition == raw.partition) post->parts[i].next = raw.offset + 1;
    if (raw.unreadable) return;
    struct lane_item *item = gateway_read(&raw, post->turn, &err);
    if (!item && err.text[0])
        log_say(LOG_ERROR, "a record that is no message: it is passed over", "lane",
                post->policy->name, "partition", log_int(raw.partition), "offset",
                log_int(raw.offset), "error", err.text, NULL);
    if (!item) return;
    if (!item->channel || gateway_policy_takes(post->gateway->policy, post->policy, item->channel))
        lane_add(&post->lane, item);
    else
        free(item->memory);
}

/* Reading stops while too much is in hand, and goes on at half of it. */
static void pause_or_go_on(struct post *post) {
    const struct lane *lane = &post->lane;
    bool is_full = lane->count >= ITEMS_MAX || lane->bytes >= BYTES_MAX;
    bool has_room = lane->count <= ITEMS_MAX / 2 && lane->bytes <= BYTES_MAX / 2;
    struct err err;

    if (post->paused ? !has_room : !is_full) return;
    arena_reset(post->turn);
    if (kafka_pause(post->consumer, places_of(post, post->turn), post->part_count, !post->paused,
                    &err) < 0)
        trouble(post, "reading cannot be stopped or begun", err.text);
    else
        post->paused = !post->paused;
}

bool post_poll(struct post *post) {
    int taken = 0;
    enum kafka_got got = KAFKA_RECORD;

    if (!open_reader(post)) return false;
    while (taken < POLL_MAX && (got == KAFKA_RECORD || got == KAFKA_END)) {
        struct kafka_record *record;
        struct place place;
        struct err err;
        got = kafka_poll(post->consumer, 0, &record, &place, &err);
        if (got == KAFKA_RECORD) {
            take(post, record);
            kafka_record_free(record);
            taken++;
        } else if (got == KAFKA_TROUBLE) {
            trouble(post, "kafka", err.text);
        } else if (got == KAFKA_LOST || got == KAFKA_DAMAGED) {
            trouble(post, "the reader is made anew", err.text);
            close_reader(post);
            return false;
        } else if (got == KAFKA_DOUBLE) {
            log_say(LOG_ERROR, "another process uses the same REDRESS_INSTANCE", NULL);
            post->gateway->exit_status = EXIT_CANNOT_GO_ON;
            return false;
        }
    }
    if (post->assigned && !post->stands && clock_boot_ms() >= post->open_at_ms) stand(post);
    if (post->stands) pause_or_go_on(post);

    return taken > 0;
}

/* ---- Sending ---- */

int64_t post_begin(struct post *post, int64_t now_ms) {
    int64_t wake_ms = INT64_MAX;
    struct lane_item *item;

    while ((item = lane_next(&post->lane, now_ms, &wake_ms)))
        sender_start(post->gateway->sender, post->target, item, post, now_ms);
    metrics_set(post->gateway->metrics.waiting, post->policy->name, post->lane.count);
    metrics_set(post->gateway->metrics.resting, post->policy->name, post->lane.rest_ms > 0);

    return wake_ms;
}

void post_result(struct post *post, const struct sender_result *result, int64_t now_ms) {
    struct lane_item *item = result->item;
    const char *lane = post->policy->name;

    item->accepted = result->accepted;
    memcpy(item->reference, result->reference, sizeof item->reference);
    lane_result(&post->lane, item, result->outcome, result->reason, result->after_ms, now_ms);
    if (!item->finished) {
        metrics_add(post->gateway->metrics.retried, lane, 1);
        log_seldom(post->gate, SELDOM_MS, LOG_WARN, "a message is tried again", "lane", lane, "id",
                   item->id, "why", result->reason, NULL);
        return;
    }
    metrics_add(item->delivered ? post->gateway->metrics.sent : post->gateway->metrics.failed, lane,
                1);
    if (!item->delivered)
        log_say(LOG_WARN, "a message has failed", "lane", lane, "id", item->id, "why", item->reason,
                NULL);
}

/* ---- Reporting ---- */

static const char *report_type(const struct lane_item *item) {
    enum event_type done = item->channel ? EVENT_DELIVERY_DONE : EVENT_SETTLEMENT_DONE;
    enum event_type failed = item->channel ? EVENT_DELIVERY_FAILED : EVENT_SETTLEMENT_FAILED;

    return contract_row(item->delivered ? done : failed)->name;
}

static void add_about(struct json_out *json, const char *name, const char *id) {
    if (!id) return;
    json_key(json, name);
    json_text(json, id);
}

static const char *report_data(const struct lane_item *item, struct arena *arena) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    add_about(&json, "case_id", item->case_id);
    add_about(&json, "order_id", item->order_id);
    add_about(&json, "cohort_id", item->cohort_id);
    add_about(&json, "tenant", item->tenant);
    json_key(&json, item->channel ? "notification_id" : "settlement_id");
    json_text(&json, item->id);
    if (item->reason[0]) {
        json_key(&json, "reason");
        json_text(&json, item->reason);
    }
    if (!item->channel && item->delivered && item->reference[0]) {
        json_key(&json, "reference");
        json_text(&json, item->reference);
    }
    json_end_map(&json);
    const char *text = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);

    return text;
}

/* The id depends on what it is about alone: told twice, it counts once. */
static enum kafka_outcome produce(struct post *post, const struct lane_item *item,
                                  struct err *err) {
    struct arena *arena = post->turn;
    char id[27], time[CLOCK_TEXT_MAX];
    const char *type = report_type(item);
    const char *data = report_data(item, arena);
    ids_hash(id, 3, "gateway", type, item->id);
    clock_format(clock_now_ms(), time);
    const char *const pairs[] = {
        "ce_specversion", "1.0", "ce_id",   id,   "ce_source",    "/redress/gateway",
        "ce_type",        type,  "ce_time", time, "content-type", "application/json"};
    enum { HEADERS = sizeof pairs / sizeof *pairs / 2 };
    struct header headers[HEADERS];

    for (int i = 0; i < HEADERS; i++)
        headers[i] = (struct header){pairs[2 * i], pairs[2 * i + 1], strlen(pairs[2 * i + 1])};
    const struct kafka_message message = {.topic = TOPIC_ACTIVITY,
                                          .partition = -1,
                                          .key = item->key,
                                          .key_len = strlen(item->key),
                                          .value = data,
                                          .value_len = strlen(data),
                                          .headers = headers,
                                          .header_count = HEADERS};

    return kafka_produce(post->producer, &message, err);
}

static bool open_producer(struct post *post) {
    static const enum topic topics[] = {TOPIC_ACTIVITY, TOPIC_NONE};
    struct err err = {""};

    if (!post->producer)
        post->producer = kafka_producer_new(&post->kafka, post->transactional_id, &err);
    enum kafka_outcome outcome = KAFKA_REBUILD;
    if (post->producer) outcome = kafka_producer_ready(post->producer, topics, ASK_MS, &err);
    if (outcome == KAFKA_DONE) return true;
    if (outcome != KAFKA_LATER) {
        trouble(post, "no producer", err.text);
        kafka_producer_free(post->producer);
        post->producer = NULL;
    }
    return false;
}

/* Places that have moved on; returns how many. */
static int moved(const struct post *post, struct place *places) {
    int count = 0;

    for (int i = 0; i < post->part_count; i++) {
        const struct post_part *part = &post->parts[i];
        int64_t to = lane_finished_to(&post->lane, part->partition, part->next);
        if (to <= part->committed || (to == 0 && part->committed < 0)) continue;
        places[count++] =
            (struct place){.topic = post->topics[0], .partition = part->partition, .offset = to};
    }
    return count;
}

/* Tells of what was chosen, and how far the group is, or neither. */
static enum kafka_outcome transact(struct post *post, const struct place *places, int count,
                                   struct err *err) {
    enum kafka_outcome outcome = kafka_begin(post->producer, err);

    if (outcome == KAFKA_DONE && count)
        outcome = kafka_send_offsets(post->producer, places, count,
                                     kafka_membership(post->consumer), err);
    for (struct lane_item *item = post->lane.first; item && outcome == KAFKA_DONE;
         item = item->next)
        if (item->telling) outcome = produce(post, item, err);
    if (outcome == KAFKA_DONE) outcome = kafka_commit(post->producer, err);

    return outcome;
}

static void note_committed(struct post *post, const struct place *places, int count) {
    lane_told(&post->lane);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < post->part_count; k++)
            if (post->parts[k].partition == places[i].partition)
                post->parts[k].committed = places[i].offset;
        lane_drop(&post->lane, places[i].partition, places[i].offset);
    }
}

/* Not committed, or not known: everything is told again, under the same ids. */
static void failed(struct post *post, enum kafka_outcome outcome, const struct err *err) {
    struct err why;

    trouble(post, "a report is not written", err->text);
    post->report_at_ms = clock_boot_ms() + AGAIN_MS;
    if (outcome == KAFKA_ABORT && kafka_abort(post->producer, &why) == KAFKA_DONE) return;
    kafka_producer_free(post->producer);
    post->producer = NULL;
}

bool post_report(struct post *post, bool is_last) {
    int64_t boot_ms = clock_boot_ms();
    struct err err = {""};

    if (!post->stands || (!is_last && boot_ms < post->report_at_ms)) return false;
    arena_reset(post->turn);
    struct place *places = places_of(post, post->turn);
    int told = lane_choose(&post->lane, REPORTS_MAX);
    int count = moved(post, places);
    if (!count && !told) return false;
    if (!open_producer(post)) return false;

    enum kafka_outcome outcome = transact(post, places, count, &err);
    if (outcome != KAFKA_DONE) {
        failed(post, outcome, &err);
        return false;
    }
    note_committed(post, places, count);
    post->report_at_ms = clock_boot_ms() + (told ? REPORT_MS : COMMIT_MS);

    return told == REPORTS_MAX;
}

void post_close(struct post *post) {
    if (post->consumer) close_reader(post);
    kafka_producer_free(post->producer);
    arena_free(post->turn);
    free(post->parts);
}
