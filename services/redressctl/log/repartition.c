/* repartition: see the header. */
#include "redressctl/log/repartition.h"
#include "base/ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A state's key is its case, whose first characters are the route that its events have as their
 * key. */
static int partition_of(const struct repartition *plan, const struct raw *raw,
                        struct arena *arena) {
    size_t len = raw->key_len;
    if (!raw->key) return -1;
    if (raw->topic == TOPIC_STATE && ids_is_case(arena_strndup(arena, raw->key, len)))
        len = IDS_ROUTE_LEN;
    return ids_partition(raw->key, len, plan->counts[raw->topic]);
}

/* A state was written when its worker had come so far: the new case log's end, for everything in it
 * was decided. */
static void set_next(const struct repartition *plan, struct arena *arena,
                     struct kafka_message *message) {
    struct header *headers =
        arena_alloc(arena, sizeof *headers * ((size_t)message->header_count + 1));

    for (int i = 0; i < message->header_count; i++) {
        headers[i] = message->headers[i];
        if (strcmp(headers[i].name, "redress_next") != 0) continue;
        headers[i].value = arena_printf(arena, "%" PRId64, plan->next[message->partition]);
        headers[i].value_len = strlen(headers[i].value);
    }
    message->headers = headers;
}

/* "complaints/3/17": who claimed is a position in the old input. In the new one another record will
 * lie there. */
static bool is_position(const char *id) {
    char name[32];
    int partition;
    long long offset;
    return id && sscanf(id, "%31[a-z]/%d/%lld", name, &partition, &offset) == 3;
}

static const char *moved_claim(const struct repartition *plan, const struct tree *claim,
                               struct arena *arena, size_t *len_out) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    for (const struct tree *member = claim->first; member; member = member->next) {
        json_key(&json, member->key);
        if (strcmp(member->key, "id") == 0)
            json_text(&json, arena_printf(arena, "%s:%s", plan->from, member->text));
        else
            json_tree(&json, member);
    }
    json_end_map(&json);
    const char *text = arena_strndup(arena, buf.at, buf.len);
    *len_out = buf.len;
    buf_free(&buf);

    return text;
}

static void move_claim(const struct repartition *plan, const struct raw *raw, struct arena *arena,
                       struct kafka_message *message) {
    const struct tree *claim;
    struct err err;
    if (!raw->value || json_read(arena, raw->value, raw->value_len, NULL, &claim, &err) != JSON_OK)
        return;
    if (claim->kind == TREE_MAP && is_position(tree_text(claim, "id")))
        message->value = moved_claim(plan, claim, arena, &message->value_len);
}

static bool begins_with(const struct raw *raw, const char *text) {
    return raw->key && raw->key_len >= strlen(text) && memcmp(raw->key, text, strlen(text)) == 0;
}

/* The new changelogs have an @log of their own, and in the new inputs nobody has begun. */
static bool is_left_behind(const struct raw *raw) {
    if (raw->topic == TOPIC_STATE) return raw->key_len == 4 && begins_with(raw, "@log");
    return raw->topic == TOPIC_POLICIES && begins_with(raw, "@begun:");
}

int repartition_record(const struct repartition *plan, const struct raw *raw, struct arena *arena,
                       struct kafka_message *out) {
    if (is_left_behind(raw)) return 0;
    *out = (struct kafka_message){.topic = raw->topic,
                                  .partition = partition_of(plan, raw, arena),
                                  .key = raw->key,
                                  .key_len = raw->key_len,
                                  .value = raw->value,
                                  .value_len = raw->value_len,
                                  .headers = raw->headers,
                                  .header_count = raw->header_count,
                                  .timestamp_ms = raw->timestamp_ms};
    if (raw->topic == TOPIC_STATE) set_next(plan, arena, out);
    if (raw->topic == TOPIC_CLAIMS) move_claim(plan, raw, arena, out);
    if (raw->topic != TOPIC_EVENTS || raw->key) return 1;
    /* What concerns all cases lies in every partition, and is to. */

    if (raw->partition == 0) return plan->counts[TOPIC_EVENTS];
    return 0;
}
