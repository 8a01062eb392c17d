/* rejected: see the header. */
#include "redressctl/log/rejected.h"
#include "base/ids.h"
#include "contract/contract.h"
#include "data/fields.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ours[] = "redress_", replayed_header[] = "redress_replayed";

int rejected_parse_id(const char *text, struct rejected_id *out) {
    char *dash, *end;

    if (!isdigit((unsigned char)*text)) return -1;
    errno = 0;
    long partition = strtol(text, &dash, 10);
    if (errno || *dash != '-' || !isdigit((unsigned char)dash[1]) || partition > INT32_MAX)
        return -1;
    long long offset = strtoll(dash + 1, &end, 10);
    if (errno || *end) return -1;
    *out = (struct rejected_id){(int)partition, offset};

    return 0;
}

char *rejected_format_id(struct rejected_id id, char text_out[REJECTED_ID_MAX]) {
    snprintf(text_out, REJECTED_ID_MAX, "%d-%" PRId64, id.partition, id.offset);
    return text_out;
}

/* The last header of that name, as a text; NULL: none. */
static const char *header_text(const struct raw *raw, const char *name, struct arena *arena) {
    for (int i = raw->header_count - 1; i >= 0; i--)
        if (strcmp(raw->headers[i].name, name) == 0)
            return arena_strndup(arena, raw->headers[i].value ? raw->headers[i].value : "",
                                 raw->headers[i].value ? raw->headers[i].value_len : 0);
    return NULL;
}

/* The last header of all, which is always the worker's own. */
static const char *description(const struct raw *raw, struct arena *arena) {
    const struct header *last = NULL;
    if (raw->header_count) last = &raw->headers[raw->header_count - 1];
    if (last && strcmp(last->name, "redress_described") == 0)
        return header_text(raw, last->name, arena);
    return NULL;
}

static const char *or_empty(const char *text) {
    if (text) return text;
    return "";
}

void rejected_read(const struct raw *raw, struct arena *arena, struct rejected *out) {
    const char *reason = header_text(raw, "redress_reason", arena);

    *out = (struct rejected){.id = {raw->partition, raw->offset},
                             .time_ms = raw->timestamp_ms,
                             .reason = or_empty(reason),
                             .detail = or_empty(header_text(raw, "redress_detail", arena)),
                             .topic = or_empty(header_text(raw, "redress_topic", arena)),
                             .type = or_empty(header_text(raw, "ce_type", arena)),
                             .replayed = header_text(raw, replayed_header, arena),
                             .described = description(raw, arena)};
    const char *partition = header_text(raw, "redress_partition", arena);
    const char *offset = header_text(raw, "redress_offset", arena);
    if (partition && offset)
        out->origin = arena_printf(arena, "%s-%s", partition, offset);
    else
        out->origin = "";
    out->is_mark = !reason && out->replayed;
}

static int replay_topic(const struct rejected *rejected, const struct kafka *kafka, enum topic *out,
                        struct err *err) {
    enum topic topic = kafka_topic_of(kafka, rejected->topic);

    if (topic == TOPIC_EVENTS) {
        const struct contract_type *type = contract_find(rejected->type);
        if (type)
            topic = type->topic;
        else
            topic = TOPIC_NONE;
    }
    if (topic != TOPIC_COMPLAINTS && topic != TOPIC_ACTIVITY && topic != TOPIC_DECISIONS)
        return err_set(err, "it came from \"%.100s\"%s%.60s, where only workers write",
                       rejected->topic, *rejected->type ? " as " : "", rejected->type);
    *out = topic;

    return 0;
}

static const struct header *replayed(const struct rejected *rejected, struct arena *arena) {
    char id[REJECTED_ID_MAX];
    struct header *header = ARENA_NEW(arena, struct header);
    const char *text = arena_strdup(arena, rejected_format_id(rejected->id, id));
    *header = (struct header){replayed_header, text, strlen(text)};
    return header;
}

/* An event that sla refused has been accepted by intake once, which knows its id and would drop it
 * as a copy. It gets an id that depends on where it lay, so that it still counts once. */
static struct header new_id(const struct header *old, const struct rejected *rejected,
                            struct arena *arena) {
    char place[REJECTED_ID_MAX], hash[27];
    const char *id =
        arena_strndup(arena, old->value ? old->value : "", old->value ? old->value_len : 0);
    const char *text = arena_printf(arena, "%s.%s", id, rejected_format_id(rejected->id, place));

    if (!fields_is_id(text, strlen(text))) {
        ids_hash(hash, 2, id, place);
        text = arena_strdup(arena, hash);
    }

    return (struct header){old->name, text, strlen(text)};
}

int rejected_replay(const struct raw *raw, const struct rejected *rejected,
                    const struct kafka *kafka, struct arena *arena, struct kafka_message *out,
                    struct err *err) {
    enum topic topic = TOPIC_NONE;

    if (rejected->is_mark)
        return err_set(err, "it is the mark that %s was sent again, not a rejected record",
                       rejected->replayed);
    if (rejected->described)
        return err_set(
            err,
            "only a description of it is here: the record itself could not be copied. It lies in "
            "%.100s at %.60s (partition and offset) as long as that topic keeps it",
            rejected->topic, rejected->origin);
    if (replay_topic(rejected, kafka, &topic, err) < 0) return -1;
    struct header *headers = arena_alloc(arena, ((size_t)raw->header_count + 1) * sizeof *headers);
    bool accepted = kafka_topic_of(kafka, rejected->topic) == TOPIC_EVENTS;
    int count = 0;
    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        if (strncmp(header->name, ours, sizeof ours - 1) == 0) continue;
        if (accepted && strcmp(header->name, "ce_id") == 0)
            headers[count++] = new_id(header, rejected, arena);
        else
            headers[count++] = *header;
    }
    headers[count++] = *replayed(rejected, arena);
    *out = (struct kafka_message){.topic = topic,
                                  .partition = -1,
                                  .key = raw->key,
                                  .key_len = raw->key_len,
                                  .value = raw->value,
                                  .value_len = raw->value_len,
                                  .headers = headers,
                                  .header_count = count};
    return 0;
}

void rejected_mark(const struct raw *raw, const struct rejected *rejected, struct arena *arena,
                   struct kafka_message *out) {
    *out = (struct kafka_message){.topic = TOPIC_REJECTED,
                                  .partition = rejected->id.partition,
                                  .key = raw->key,
                                  .key_len = raw->key_len,
                                  .headers = replayed(rejected, arena),
                                  .header_count = 1};
}
