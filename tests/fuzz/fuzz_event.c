/* Any record: lines "name: value" as headers up to an empty line, then the value. What is accepted
 * has what an event must have; what is not has a reason of the contract, and the detail repeats no
 * attribute. */
#include "base/utf8.h"
#include "data/fields.h"
#include "decision/event.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 16 };

static const char *const reasons[] = {"not_json",        "too_large",     "too_deep",
                                      "too_many_values", "duplicate_key", "bad_utf8",
                                      "missing_field",   "bad_value",     NULL};

/* The headers are cut from the bytes in place; returns what is left. */
static const char *take_headers(struct arena *arena, const char *at, const char *end,
                                struct header *headers, int *count) {
    for (*count = 0; at < end && *at != '\n' && *count < HEADERS_MAX;) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        if (!line) line = end;
        const char *colon = memchr(at, ':', (size_t)(line - at));
        const char *name_end = colon ? colon : line, *value = colon ? colon + 1 : line;
        headers[(*count)++] =
            (struct header){.name = arena_strndup(arena, at, (size_t)(name_end - at)),
                            .value = colon ? value : NULL,
                            .value_len = (size_t)(line - value)};
        at = line < end ? line + 1 : end;
    }
    return at < end && *at == '\n' ? at + 1 : at;
}

static void check_event(const struct event *ev) {
    ASSERT(fields_is_id(ev->id, strlen(ev->id)));
    ASSERT(fields_is_name(ev->source, strlen(ev->source), 200) && *ev->source);
    ASSERT(fields_is_name(ev->type, strlen(ev->type), 200) && *ev->type);
    ASSERT(ev->time_ms >= 0);
    ASSERT(ev->data && ev->data->kind == TREE_MAP);
    ASSERT(!ev->traceparent || strlen(ev->traceparent) == 55);
}

static void check_rejection(const struct rejection *rejection) {
    bool known = false;
    for (int i = 0; reasons[i]; i++) known = known || strcmp(reasons[i], rejection->reason) == 0;
    ASSERT(known);
    ASSERT(rejection->detail[0]);
    ASSERT(fields_is_name(rejection->detail, strlen(rejection->detail), sizeof rejection->detail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct header headers[HEADERS_MAX];
    struct raw raw = {.topic = TOPIC_COMPLAINTS, .headers = headers};
    const char *end = (const char *)data + size;
    raw.value = take_headers(arena, (const char *)data, end, headers, &raw.header_count);
    raw.value_len = (size_t)(end - raw.value);
    struct event ev = {0};
    struct rejection rejection = {0};
    if (event_read(&raw, arena, &ev, &rejection))
        check_rejection(&rejection);
    else
        check_event(&ev);
    size_t len = 0;
    const char *type = event_peek_type(&raw, &len);
    if (type && ev.type) ASSERT(len == strlen(ev.type) && memcmp(type, ev.type, len) == 0);
    arena_free(arena);
    return 0;
}
