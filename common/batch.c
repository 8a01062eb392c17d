/* batch: what one transaction writes: CloudEvents headers, rejected records, claims. */
#include "clock.h"
#include "engine.h"
#include <inttypes.h>
#include <string.h>

enum { HEADERS_MAX = 12 };

void batch_init(struct batch *batch, struct arena *arena) {
    *batch = (struct batch){.arena = arena};
}

int batch_add(struct batch *batch, const struct kafka_message *message) {
    if (batch->count == batch->size) {
        int size = batch->size ? batch->size * 2 : 64;
        size_t old = (size_t)batch->size, new = (size_t)size;
        batch->messages =
            arena_grow(batch->arena, batch->messages, sizeof *batch->messages * old, sizeof *batch->messages * new);
        batch->deliveries = arena_grow(batch->arena, batch->deliveries, sizeof *batch->deliveries * old,
                                       sizeof *batch->deliveries * new);
        batch->size = size;
    }
    batch->messages[batch->count] = *message;
    return batch->count++;
}

static void add_header(struct kafka_message *message, struct header *headers, const char *name, const char *value) {
    if (!value) return;
    ASSERT(message->header_count < HEADERS_MAX);
    headers[message->header_count++] = (struct header){name, value, strlen(value)};
}

static void add_to_all(const struct engine *engine, struct batch *batch, struct kafka_message *message) {
    for (int i = 0; i < engine->partitions; i++) {
        message->partition = i;
        batch_add(batch, message);
    }
}

void batch_add_output(struct engine *engine, struct batch *batch, const struct output *output,
                      const char *traceparent) {
    struct arena *arena = batch->arena;
    struct header *headers = arena_alloc(arena, sizeof *headers * HEADERS_MAX);
    struct kafka_message message = {.topic = output->topic,
                                    .partition = -1,
                                    .key = output->key,
                                    .headers = headers,
                                    .value = output->data,
                                    .value_len = output->data_len};
    message.key_len = output->key ? strlen(output->key) : 0;
    char time[CLOCK_TEXT_MAX];
    add_header(&message, headers, "ce_specversion", "1.0");
    add_header(&message, headers, "ce_type", output->type);
    add_header(&message, headers, "ce_id", output->id);
    add_header(&message, headers, "ce_source",
               output->source ? output->source : arena_printf(arena, "/redress/%s", engine->spec->name));
    add_header(&message, headers, "ce_time", arena_strdup(arena, clock_format(output->time_ms, time)));
    add_header(&message, headers, "ce_subject", output->subject);
    if (output->sequence != EVENT_NO_SEQUENCE)
        add_header(&message, headers, "ce_sequence", arena_printf(arena, "%" PRId64, output->sequence));
    add_header(&message, headers, "ce_traceparent", output->traceparent ? output->traceparent : traceparent);
    add_header(&message, headers, "content-type", "application/json");
    if (output->topic == TOPIC_EVENTS && !output->key)
        add_to_all(engine, batch, &message);
    else
        batch_add(batch, &message);
}

void batch_add_rejected(struct engine *engine, struct batch *batch, const struct raw *raw,
                        const struct rejection *rejection) {
    struct arena *arena = batch->arena;
    struct header *headers = arena_alloc(arena, sizeof *headers * ((size_t)raw->header_count + 5));
    memcpy(headers, raw->headers, sizeof *headers * (size_t)raw->header_count);
    struct kafka_message message = {.topic = TOPIC_REJECTED,
                                    .partition = -1,
                                    .key = raw->key,
                                    .key_len = raw->key_len,
                                    .value = raw->value,
                                    .value_len = raw->value_len,
                                    .headers = headers,
                                    .header_count = raw->header_count};
    char name[KAFKA_NAME_MAX];
    const char *const more[5][2] = {
        {"redress_reason", rejection->reason},
        {"redress_detail", arena_strdup(arena, rejection->detail)},
        {"redress_topic", arena_strdup(arena, kafka_topic(&engine->kafka, raw->topic, name))},
        {"redress_partition", arena_printf(arena, "%d", raw->partition)},
        {"redress_offset", arena_printf(arena, "%" PRId64, raw->offset)}};
    for (int i = 0; i < 5; i++)
        headers[message.header_count++] = (struct header){more[i][0], more[i][1], strlen(more[i][1])};
    batch_add(batch, &message);
    metrics_add(engine->metrics.rejected, rejection->reason, 1);
}

static void add_released(struct batch *batch, const struct claim *claim) {
    if (batch->released_count == batch->released_size) {
        int size = batch->released_size ? batch->released_size * 2 : 16;
        batch->released =
            arena_grow(batch->arena, batch->released, sizeof *batch->released * (size_t)batch->released_size,
                       sizeof *batch->released * (size_t)size);
        batch->released_size = size;
    }
    batch->released[batch->released_count++] = *claim;
}

static bool is_released(const struct effects *effects, int index) {
    for (int i = 0; i < effects->release_count; i++)
        if (effects->releases[i] == index) return true;
    return false;
}

/* A claim that is asked twice in one decision (with another value) is recorded as it was answered last. */
static void add_claims(struct batch *batch, const struct effects *effects, const struct claims *claims,
                       const struct answer *answers) {
    for (int i = 0; i < claims->count; i++) {
        struct kafka_message message;
        bool released = is_released(effects, i);
        if (released) add_released(batch, &claims->at[i]);
        if (released ? claim_store_tombstone(&claims->at[i], batch->arena, &message)
                     : claim_store_record(&claims->at[i], &answers[i], batch->arena, &message))
            batch_add(batch, &message);
    }
}

void batch_add_effects(struct engine *engine, struct batch *batch, const struct event *ev, const struct raw *raw,
                       enum result result, const struct effects *effects, const struct claims *claims,
                       const struct answer *answers) {
    if (result == REJECT) {
        ASSERT(raw && effects->rejection.reason);
        batch_add_rejected(engine, batch, raw, &effects->rejection);
        return;
    }
    for (int i = 0; i < effects->count; i++)
        batch_add_output(engine, batch, &effects->at[i], ev ? ev->traceparent : NULL);
    if (claims) add_claims(batch, effects, claims, answers);
}
