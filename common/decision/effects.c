/* effects: collecting what a decision wants done. Everything lands in the batch's arena. */
#include "decision/effects.h"
#include "base/ids.h"

#include <stdio.h>
#include <string.h>

void effects_init(struct effects *out, struct arena *arena) {
    *out = (struct effects){.arena = arena};
}

struct output *effects_send(struct effects *out, enum topic topic, const char *key,
                            const char *type, const char *id, int64_t time_ms,
                            const struct table *table, const void *data) {
    ASSERT(table || !data);
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};
    if (table && data)
        fields_encode(table, data, &json);
    else
        json_raw(&json, "{}", 2);
    struct output *output = ARENA_ADD(out->arena, out->at, out->count);
    *output = (struct output){.topic = topic,
                              .key = arena_strdup(out->arena, key),
                              .id = arena_strdup(out->arena, id),
                              .type = arena_strdup(out->arena, type),
                              .time_ms = time_ms,
                              .sequence = EVENT_NO_SEQUENCE,
                              .data = arena_strndup(out->arena, buf.at, buf.len),
                              .data_len = buf.len};
    buf_free(&buf);

    return output;
}

struct output *effects_emit(struct effects *out, const char *type, const char *case_id,
                            const char *id, int64_t time_ms, const struct table *table,
                            const void *data) {
    ASSERT(strlen(case_id) > IDS_ROUTE_LEN);
    const char *route = arena_strndup(out->arena, case_id, IDS_ROUTE_LEN);
    struct output *output = effects_send(out, TOPIC_EVENTS, route, type, id, time_ms, table, data);
    output->subject = arena_strdup(out->arena, case_id);
    return output;
}

enum result effects_reject(struct effects *out, const char *reason, const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    out->rejection.reason = reason;
    vsnprintf(out->rejection.detail, sizeof out->rejection.detail, fmt, args);
    va_end(args);
    return REJECT;
}

enum result effects_decode(struct effects *out, const struct event *ev, const struct table *table,
                           void *data_out) {
    struct faults faults = {.arena = out->arena, .limit = 1};
    if (fields_decode(table, ev->data, FIELDS_EVENT, out->arena, data_out, &faults) == 0)
        return DONE;
    const struct fault *first = &faults.at[0];
    return effects_reject(out, first->kind == FAULT_MISSING ? "missing_field" : "bad_value",
                          "%s: %s", first->path, first->text);
}

void effects_release(struct effects *out, int index) {
    *ARENA_ADD(out->arena, out->releases, out->release_count) = index;
}
