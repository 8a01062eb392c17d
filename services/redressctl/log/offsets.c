/* offsets: see the header. */
#include "redressctl/log/offsets.h"
#include "runtime/map_inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 };

static const int64_t OFFSET_MAX = INT64_MAX - 1; /* one comes behind it */

/* The last header of that name, as a text; false: none, or too long for what it should be. */
static bool header_text(const struct raw *raw, const char *name, char text_out[KAFKA_NAME_MAX]) {
    for (int i = raw->header_count - 1; i >= 0; i--) {
        const struct header *header = &raw->headers[i];
        if (strcmp(header->name, name) != 0) continue;
        if (!header->value || header->value_len >= KAFKA_NAME_MAX) return false;
        memcpy(text_out, header->value, header->value_len);
        text_out[header->value_len] = 0;
        return true;
    }

    return false;
}

/* From 0; beyond `most` there is none of its kind. */
static bool parse_number(const char *text, int64_t most, int64_t *out) {
    char *end;
    if (*text < '0' || *text > '9') return false;
    *out = strtoll(text, &end, 10); /* INT64_MAX for what is larger */
    return *end == 0 && *out <= most;
}

int offsets_parse_from(const char *text, size_t len, struct place *out) {
    char copy[TEXT_MAX], *partition, *offset;
    int64_t number;
    if (len >= sizeof copy) return -1;
    memcpy(copy, text, len);
    copy[len] = 0;
    partition = strchr(copy, '/');
    if (partition)
        offset = strchr(partition + 1, '/');
    else
        offset = NULL;
    if (!offset) return -1;
    *partition++ = 0;
    *offset++ = 0;

    *out = (struct place){0};
    if (!parse_number(partition, INT32_MAX, &number) ||
        !parse_number(offset, OFFSET_MAX, &out->offset))
        return -1;
    out->partition = (int)number;
    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++)
        if (strcmp(topic_name(topic), copy) == 0) out->topic = topic;
    if (out->topic == TOPIC_NONE) return -1;
    return 0;
}

/* What was decided is `place`; what comes next is behind it. */
static void raise_to(struct offsets *offsets, const struct place *place) {
    for (int i = 0; i < offsets->count; i++) {
        struct place *at = &offsets->at[i];
        if (at->topic == place->topic && at->partition == place->partition &&
            at->offset <= place->offset)
            at->offset = place->offset + 1;
    }
}

static void note_rejected(struct offsets *offsets, const struct raw *raw) {
    char topic[KAFKA_NAME_MAX], partition[KAFKA_NAME_MAX], offset[KAFKA_NAME_MAX];
    struct place place = {0};
    int64_t number;

    if (!header_text(raw, "redress_topic", topic) ||
        !header_text(raw, "redress_partition", partition) ||
        !header_text(raw, "redress_offset", offset))
        return;
    place.topic = kafka_topic_of(offsets->kafka, topic);
    /* Of the case log's records any worker may have rejected it. */
    if (place.topic == TOPIC_EVENTS || !parse_number(partition, INT32_MAX, &number) ||
        !parse_number(offset, OFFSET_MAX, &place.offset))
        return;
    place.partition = (int)number;
    raise_to(offsets, &place);
}

static void note_waiting(struct offsets *offsets, const struct raw *raw) {
    if (!raw->key) return;
    for (int i = 0; i < offsets->count; i++) {
        struct place *waits = &offsets->waits[i];
        const char *key =
            map_input_key(offsets->arena, offsets->spec->name, waits->topic, waits->partition);
        if (raw->key_len != strlen(key) || memcmp(raw->key, key, raw->key_len) != 0) continue;
        if (!raw->value || !map_input_read_note(offsets->arena, raw->value, raw->value_len, waits))
            waits->offset = KAFKA_NO_OFFSET;
    }
}

void offsets_keep_waiting(const struct place *waits, int64_t to, struct place *place_out) {
    struct map_input input;
    map_input_assign(&input, place_out->topic, place_out->partition);
    map_input_stand(&input, waits->offset, waits->metadata, 0);
    map_input_step(&input, to);
    (void)map_input_due(&input, place_out);
}

void offsets_note(struct offsets *offsets, const struct raw *raw) {
    char text[KAFKA_NAME_MAX];
    struct place place = {.topic = TOPIC_EVENTS, .partition = raw->partition};

    if (raw->topic == TOPIC_POLICIES)
        note_waiting(offsets, raw);
    else if (raw->topic == TOPIC_REJECTED)
        note_rejected(offsets, raw);
    else if (raw->topic == TOPIC_STATE && header_text(raw, "redress_next", text) &&
             parse_number(text, OFFSET_MAX, &place.offset)) {
        place.offset--;
        raise_to(offsets, &place);
    } else if (header_text(raw, "redress_from", text) &&
               offsets_parse_from(text, strlen(text), &place) == 0)
        raise_to(offsets, &place);
}

enum offsets_found offsets_choose(int64_t said, int64_t start, int64_t end, int64_t *offset_out) {
    *offset_out = start;
    if (said == KAFKA_NO_OFFSET) return OFFSETS_NOTHING_SAID;
    if (said > end) return OFFSETS_BEYOND_END;
    if (said < start) return OFFSETS_BEFORE_START;
    *offset_out = said;
    return OFFSETS_FOUND;
}
