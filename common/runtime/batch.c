/* batch: what one transaction writes: CloudEvents headers, rejected records, claims. */
#include "base/clock.h"
#include "runtime/describe.h"
#include "runtime/engine.h"
#include <inttypes.h>
#include <string.h>

enum {
    HEADERS_MAX = 12,
    ORIGIN_HEADERS = 5 /* redress_reason to redress_offset */
};

void batch_init(struct batch *batch, struct arena *arena) {
    *batch = (struct batch){.arena = arena, .began_ms = clock_now_ms()};
}

int batch_add(struct batch *batch, const struct kafka_message *message) {
    if (batch->count == batch->size) {
        int size = 64;
        if (batch->size) size = batch->size * 2;
        size_t old = (size_t)batch->size;
        size_t new = (size_t)size;
        batch->messages = arena_grow(batch->arena, batch->messages, sizeof *batch->messages * old,
                                     sizeof *batch->messages * new);
        batch->deliveries =
            arena_grow(batch->arena, batch->deliveries, sizeof *batch->deliveries * old,
                       sizeof *batch->deliveries * new);
        batch->causes = arena_grow(batch->arena, batch->causes, sizeof *batch->causes * old,
                                   sizeof *batch->causes * new);
        batch->size = size;
    }
    batch->messages[batch->count] = *message;
    batch->causes[batch->count] = batch->cause;

    return batch->count++;
}

static void add_header(struct kafka_message *message, struct header *headers, const char *name,
                       const char *value) {
    if (!value) return;
    ASSERT(message->header_count < HEADERS_MAX);
    headers[message->header_count++] = (struct header){name, value, strlen(value)};
}

static void add_to_all(const struct engine *engine, struct batch *batch,
                       struct kafka_message *message) {
    for (int i = 0; i < engine->partitions; i++) {
        message->partition = i;
        batch_add(batch, message);
    }
}

/* An output with its CloudEvents headers; to every partition when it is for the case log without a
 * key. */
static void add_output(struct engine *engine, struct batch *batch, const struct output *output,
                       const char *traceparent) {
    struct arena *arena = batch->arena;
    struct header *headers = arena_alloc(arena, sizeof *headers * HEADERS_MAX);
    struct kafka_message message = {.topic = output->topic,
                                    .partition = -1,
                                    .key = output->key,
                                    .headers = headers,
                                    .value = output->data,
                                    .value_len = output->data_len};

    if (output->key)
        message.key_len = strlen(output->key);
    else
        message.key_len = 0;
    char time[CLOCK_TEXT_MAX];
    add_header(&message, headers, "ce_specversion", "1.0");
    add_header(&message, headers, "ce_type", output->type);
    add_header(&message, headers, "ce_id", output->id);
    add_header(&message, headers, "ce_source",
               output->source ? output->source
                              : arena_printf(arena, "/redress/%s", engine->spec->name));
    add_header(&message, headers, "ce_time",
               arena_strdup(arena, clock_format(output->time_ms, time)));
    add_header(&message, headers, "ce_subject", output->subject);
    if (output->sequence != EVENT_NO_SEQUENCE)
        add_header(&message, headers, "ce_sequence",
                   arena_printf(arena, "%" PRId64, output->sequence));
    add_header(&message, headers, "ce_traceparent",
               output->traceparent ? output->traceparent : traceparent);
    /* A worker without a state leaves its position with what it says: `redressctl offsets set`
     * finds it there. */
    if (engine->spec->kind == WORKER_MAP && batch->cause)
        add_header(&message, headers, "redress_from",
                   arena_printf(arena, "%s/%d/%" PRId64, topic_name(batch->cause->topic),
                                batch->cause->partition, batch->cause->offset));
    add_header(&message, headers, "content-type", "application/json");
    if (output->topic == TOPIC_EVENTS && !output->key)
        add_to_all(engine, batch, &message);
    else
        batch_add(batch, &message);
}

/* Why and from where, behind the headers that it has. */
static void add_origin(struct engine *engine, struct arena *arena, const struct raw *raw,
                       const struct rejection *rejection, struct header *headers, int *count) {
    char name[KAFKA_NAME_MAX];
    const char *const more[ORIGIN_HEADERS][2] = {
        {"redress_reason", rejection->reason},
        {"redress_detail", arena_strdup(arena, rejection->detail)},
        {"redress_topic", arena_strdup(arena, kafka_topic(&engine->kafka, raw->topic, name))},
        {"redress_partition", arena_printf(arena, "%d", raw->partition)},
        {"redress_offset", arena_printf(arena, "%" PRId64, raw->offset)}};
    for (int i = 0; i < ORIGIN_HEADERS; i++)
        headers[(*count)++] = (struct header){more[i][0], more[i][1], strlen(more[i][1])};
}

static void copy_record(struct engine *engine, struct arena *arena, const struct raw *raw,
                        const struct rejection *rejection, struct kafka_message *out) {
    struct header *headers =
        arena_alloc(arena, sizeof *headers * ((size_t)raw->header_count + ORIGIN_HEADERS));

    if (raw->header_count)
        memcpy(headers, raw->headers, sizeof *headers * (size_t)raw->header_count);
    *out = (struct kafka_message){.topic = TOPIC_REJECTED,
                                  .partition = -1,
                                  .key = raw->key,
                                  .key_len = raw->key_len,
                                  .value = raw->value,
                                  .value_len = raw->value_len,
                                  .headers = headers,
                                  .header_count = raw->header_count};
    add_origin(engine, arena, raw, rejection, headers, &out->header_count);
}

/* Says so in the last header: that one is ours whatever headers the record came with. */
static void describe_record(struct engine *engine, struct arena *arena, const struct raw *raw,
                            const struct rejection *rejection, struct kafka_message *out) {
    struct header *headers =
        arena_alloc(arena, sizeof *headers * (DESCRIBE_HEADERS_MAX + ORIGIN_HEADERS + 1));
    const char *what = "too_large";
    if (raw->unreadable) what = "unreadable";
    char name[KAFKA_NAME_MAX];

    describe_record_into(raw, kafka_topic(&engine->kafka, raw->topic, name), arena, headers, out);
    add_origin(engine, arena, raw, rejection, headers, &out->header_count);
    headers[out->header_count++] = (struct header){"redress_described", what, strlen(what)};
}

/* The record as it came, to redress.rejected, or a description of it where Kafka would not take it.
 */
static void add_rejected(struct engine *engine, struct batch *batch, const struct raw *raw,
                         const struct rejection *rejection) {
    const struct bounds_refused *refused = bounds_refused(engine, raw);
    struct kafka_message message;

    copy_record(engine, batch->arena, raw, rejection, &message);
    if (raw->unreadable || (refused && !refused->copied) ||
        !bounds_fit(engine, TOPIC_REJECTED, bounds_size(&message)))
        describe_record(engine, batch->arena, raw, rejection, &message);
    batch_add(batch, &message);
    metrics_add(engine->metrics.rejected, rejection->reason, 1);
}

static void add_released(struct batch *batch, const struct claim *claim) {
    *ARENA_ADD(batch->arena, batch->released, batch->released_count) = *claim;
}

static bool is_released(const struct effects *effects, int index) {
    for (int i = 0; i < effects->release_count; i++)
        if (effects->releases[i] == index) return true;
    return false;
}

/* A claim that is asked twice in one decision (with another value) is recorded as it was answered
 * last. */
static void add_claims(struct batch *batch, const struct effects *effects,
                       const struct claims *claims, const struct answer *answers) {
    for (int i = 0; i < claims->count; i++) {
        struct kafka_message message;
        bool released = is_released(effects, i);
        if (released) add_released(batch, &claims->at[i]);
        if (released ? claim_store_tombstone(&claims->at[i], batch->arena, &message)
                     : claim_store_record(&claims->at[i], &answers[i], batch->arena, &message))
            batch_add(batch, &message);
    }
}

/* The first message from there on that its topic would not take; -1: none. */
static int find_too_large(const struct engine *engine, const struct batch *batch, int first) {
    for (int i = first; i < batch->count; i++)
        if (!bounds_fit(engine, batch->messages[i].topic, bounds_size(&batch->messages[i])))
            return i;
    return -1;
}

static void stop_for(struct engine *engine, const struct kafka_message *message) {
    char name[KAFKA_NAME_MAX];
    int64_t size = bounds_size(message);

    engine_stop(engine, EXIT_CANNOT_GO_ON, "a deadline needs a larger record than Kafka takes",
                arena_printf(engine->arena,
                             "%.*s: %" PRId64
                             " bytes: kafka-configs.sh --alter --entity-type topics --entity-name "
                             "%s --add-config max.message.bytes=%" PRId64,
                             message->key ? (int)message->key_len : 0, message->key, size,
                             kafka_topic(&engine->kafka, message->topic, name), size * 2));
}

/* An event of which the worker makes more than a topic takes is rejected for that. A worker without
 * state does it on the spot; one with a state has folded the event already, and decides the batch
 * again without it. */
static void reject_cause(struct engine *engine, struct batch *batch, int first, int released,
                         int large) {
    const struct kafka_message *message = &batch->messages[large];
    const struct raw *cause = batch->causes[large];
    char name[KAFKA_NAME_MAX];
    kafka_topic(&engine->kafka, message->topic, name);
    batch->again = true;
    if (!cause) {
        stop_for(engine, message);
        return;
    }
    bounds_refuse(
        engine, cause, true, "too_large",
        "what %s makes of it is %" PRId64 " bytes, expected at most %" PRId64 ", which %s takes",
        engine->spec->name, bounds_size(message), bounds_of(engine, message->topic), name);
    if (engine->spec->kind == WORKER_KEYED) return;

    batch->again = false;
    batch->count = first;
    batch->released_count = released;
    add_rejected(engine, batch, cause, &bounds_refused(engine, cause)->rejection);
}

/* A deadline has no event: its trace is the one that the case keeps, and its outputs carry. */
static void add_span(struct engine *engine, struct batch *batch, const struct event *ev,
                     const struct raw *raw, enum result result, const struct effects *effects) {
    const char *traceparent = NULL;
    if (ev)
        traceparent = ev->traceparent;
    else if (effects->count)
        traceparent = effects->at[0].traceparent;
    if (!engine->spans || !spans_sampled(traceparent)) return;

    struct span *span = ARENA_ADD(batch->arena, batch->spans, batch->span_count);
    *span = (struct span){.traceparent = traceparent, .name = "decide deadline"};
    if (ev)
        span->name =
            arena_printf(batch->arena, "%s %s", result == REJECT ? "reject" : "decide", ev->type);
    if (result != REJECT) span->outputs = effects->count;
    if (ev && raw->topic == TOPIC_EVENTS) span->subject = ev->subject;
    if (!ev && effects->count) span->subject = effects->at[0].subject;
    if (!raw || raw->topic == TOPIC_NONE) return;

    char *name = arena_alloc(batch->arena, KAFKA_NAME_MAX);
    span->topic = kafka_topic(&engine->kafka, raw->topic, name);
    span->partition = raw->partition;
    span->offset = raw->offset;
}

void batch_tell_spans(const struct engine *engine, struct batch *batch) {
    int64_t ended_ms = clock_now_ms();
    for (int i = 0; i < batch->span_count; i++) {
        batch->spans[i].began_ms = batch->began_ms;
        batch->spans[i].ended_ms = ended_ms;
        spans_add(engine->spans, &batch->spans[i]);
    }
}

void batch_add_effects(struct engine *engine, struct batch *batch, const struct event *ev,
                       const struct raw *raw, enum result result, const struct effects *effects,
                       const struct claims *claims, const struct answer *answers) {
    bool has_input = raw && raw->topic != TOPIC_NONE; /* else it is a wake-up */
    const struct bounds_refused *refused = NULL;
    if (has_input) refused = bounds_refused(engine, raw);
    int first = batch->count;
    int released = batch->released_count;
    if (has_input)
        batch->cause = raw;
    else
        batch->cause = NULL;
    if (refused && refused->rejection.reason) {
        add_rejected(engine, batch, raw, &refused->rejection);
    } else if (result == REJECT) {
        ASSERT(has_input && effects->rejection.reason);
        add_rejected(engine, batch, raw, &effects->rejection);
    } else {
        for (int i = 0; i < effects->count; i++)
            add_output(engine, batch, &effects->at[i], ev ? ev->traceparent : NULL);
        if (claims) add_claims(batch, effects, claims, answers);
        int large = find_too_large(engine, batch, first);
        if (large >= 0) reject_cause(engine, batch, first, released, large);
    }
    batch->cause = NULL;
    add_span(engine, batch, ev, raw, result, effects);
}

int batch_add_state(struct engine *engine, struct batch *batch, const struct kafka_message *message,
                    const struct raw *cause, bool grows) {
    int64_t size = bounds_size(message);
    bool fits = bounds_fit(engine, TOPIC_STATE, size);
    bool full = grows && size > bounds_of_state(engine);
    const char *id = arena_strndup(batch->arena, message->key, message->key_len);
    bool watched = bounds_watched(engine, id);

    if (cause && !watched && (full || !fits)) {
        bounds_watch(engine, id);
        batch->again = true;
    } else if (!fits) {
        stop_for(engine, message);
        batch->again = true;
    }

    return batch_add(batch, message);
}
