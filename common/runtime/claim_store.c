/* claim_store: claims as scripts and records. */
#include "base/log.h"
#include "runtime/claim_parts.h"
#include "runtime/lua_scripts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLAIMS_AT_ONCE = 200, /* of a tag, in one script: some 2 ms of Redis */
    CLAIM_WORDS = 8       /* of each, beside its key: claim.lua */
};

const char *const claim_kind_names[] = {
    [CLAIM_ONCE] = "once", [CLAIM_JOIN] = "join", [CLAIM_COUNT] = "count", [CLAIM_LOOK] = "look"};

struct claim_store *claim_store_new(struct redis *redis, const struct kafka *kafka) {
    struct claim_store *store = calloc(1, sizeof *store);

    ASSERT(store);
    store->redis = redis;
    store->kafka = *kafka;
    store->claim = (struct redis_script){.name = "claim", .lua = lua_claim};
    store->restore = (struct redis_script){.name = "restore", .lua = lua_restore};
    store->restored_all = (struct redis_script){.name = "restored", .lua = lua_restored};
    store->release = (struct redis_script){.name = "release", .lua = lua_release};
    redis_use(redis, &store->claim);
    redis_use(redis, &store->restore);
    redis_use(redis, &store->restored_all);
    redis_use(redis, &store->release);

    return store;
}

void claim_store_free(struct claim_store *store) {
    if (!store) return;
    claim_store_restart(store);
    kafka_producer_free(store->buries);
    free(store);
}

int claim_tag(const char *key) {
    return ids_partition(key, strlen(key), CLAIM_TAGS);
}

const char *claim_redis_key(const struct claim_store *store, struct arena *arena, int tag,
                            const char *name) {
    return arena_printf(arena, "%s:{claims.%d}:%s", store->kafka.config->topic_prefix, tag, name);
}

const char *claim_store_key(const char *prefix, const char *key, struct arena *arena) {
    return arena_printf(arena, "%s:{claims.%d}:%s", prefix, claim_tag(key), key);
}

const char *claim_store_marker(const char *prefix, const char *key, struct arena *arena) {
    return arena_printf(arena, "%s:{claims.%d}:marker", prefix, claim_tag(key));
}

const char *claim_number(struct arena *arena, int64_t value) {
    return arena_printf(arena, "%" PRId64, value);
}

/* A JOIN lives `valid_ms` of event time; Redis may forget it that long after the last word, and a
 * day for late events. So it lives for a while also when its event is old: others of that time may
 * still be read. */
static int64_t kept_ms(const struct claim *claim) {
    ASSERT(claim->valid_ms + CLAIM_DAY_MS <= CLAIMS_KEPT_MAX_MS);
    return claim->valid_ms + CLAIM_DAY_MS;
}

void claim_store_begin(struct claim_store *store) {
    memset(store->markers, 0, sizeof store->markers);
}

/* ---- Making ---- */

/* Claims of one tag, for one script. */
struct claim_group {
    int tag, count;
    int at[CLAIMS_AT_ONCE]; /* which of those asked for */
};

/* All claims, by tag, in the order in which they are asked for. */
static int group(const struct claim *claims, int count, struct arena *arena,
                 struct claim_group **out) {
    int last[CLAIM_TAGS]; /* group of each tag, from 1 on; 0: none yet */
    int groups = 0;

    memset(last, 0, sizeof last);
    *out = NULL;
    for (int i = 0; i < count; i++) {
        int tag = claim_tag(claims[i].key);
        if (!last[tag] || (*out)[last[tag] - 1].count == CLAIMS_AT_ONCE) {
            ARENA_ADD(arena, *out, groups)->tag = tag;
            last[tag] = groups;
        }
        struct claim_group *mine = &(*out)[last[tag] - 1];
        mine->at[mine->count++] = i;
    }
    return groups;
}

static void add_group(struct claim_store *store, struct arena *arena, const struct claim *claims,
                      const struct claim_group *group, const char *run_id) {
    int keys = 1 + group->count;
    const char **argv =
        arena_alloc(arena, sizeof *argv * (size_t)(keys + 1 + CLAIM_WORDS * group->count));
    const char **arg = argv + keys;

    argv[0] = claim_redis_key(store, arena, group->tag, "marker");
    *arg++ = run_id;
    for (int i = 0; i < group->count; i++) {
        const struct claim *claim = &claims[group->at[i]];
        argv[1 + i] = claim_redis_key(store, arena, group->tag, claim->key);
        *arg++ = claim_kind_names[claim->kind];
        *arg++ = claim->id ? claim->id : "";
        *arg++ = claim->value ? claim->value : "";
        *arg++ = claim_number(arena, claim->time_ms);
        *arg++ = claim_number(arena, claim->valid_ms);
        *arg++ = claim_number(arena, kept_ms(claim));
        *arg++ = claim_number(arena, claim->amount);
        *arg++ = claim_number(arena, claim->limit);
    }
    redis_add_script(store->redis, &store->claim, keys, (int)(arg - argv), argv, NULL);
}

static enum outcome note_marker(struct claim_store *store, int tag, const char *marker,
                                struct err *err) {
    const char *run_id = redis_run_id(store->redis);
    size_t len = strlen(run_id);
    bool valid = len && strncmp(marker, run_id, len) == 0 && marker[len] == ':';

    if (valid && !store->markers[tag][0])
        snprintf(store->markers[tag], CLAIM_MARKER_MAX, "%s", marker);
    if (valid && strcmp(store->markers[tag], marker) == 0) return OUTCOME_DONE;
    err_set(err, "claims of tag %d are to be restored", tag);
    return OUTCOME_BROKEN;
}

static int64_t as_number(const struct redis_reply *reply) {
    if (reply->kind == REDIS_NUMBER) return reply->number;
    return strtoll(reply->text ? reply->text : "0", NULL, 10);
}

static bool read_answer(const struct redis_reply *reply, struct answer *out) {
    enum { GRANTED, FOUND, VALUE, ORDINAL, SUM, OWNER, LAST, JOINED, ENDS, COUNT };
    if (reply->kind != REDIS_LIST || reply->count != COUNT) return false;
    const struct redis_reply *item = reply->items;
    *out = (struct answer){.granted = item[GRANTED].number != 0,
                           .found = item[FOUND].number != 0,
                           .value = item[VALUE].text,
                           .ordinal = item[ORDINAL].number,
                           .sum = as_number(&item[SUM]),
                           .owner = item[OWNER].text,
                           .last_ms = as_number(&item[LAST]),
                           .joined = item[JOINED].number,
                           .ends_ms = as_number(&item[ENDS])};
    return true;
}

static enum outcome read_answers(struct claim_store *store, const struct claim_group *group,
                                 const struct redis_reply *reply, struct answer *answers,
                                 struct err *err) {
    bool read = reply->kind == REDIS_LIST && reply->count >= 1 && reply->items[0].text;
    enum outcome result = OUTCOME_DONE;

    if (read) result = note_marker(store, group->tag, reply->items[0].text, err);
    if (result != OUTCOME_DONE) return result;
    read = read && reply->count == 1 + group->count;
    for (int i = 0; read && i < group->count; i++)
        read = read_answer(&reply->items[1 + i], &answers[group->at[i]]);
    if (read) return OUTCOME_DONE;
    err_set(err, "claim.lua answered in another form than expected");
    return OUTCOME_STOP;
}

enum outcome claim_store_make(struct claim_store *store, struct arena *arena,
                              const struct claim *claims, struct answer *answers, int count,
                              struct err *err) {
    if (!count) return OUTCOME_DONE;
    const char *run_id = redis_reach(store->redis);
    struct claim_group *groups;
    int group_count = group(claims, count, arena, &groups);
    for (int i = 0; i < group_count; i++) add_group(store, arena, claims, &groups[i], run_id);
    struct redis_reply *replies;
    int replied;
    enum outcome result = redis_exchange(store->redis, arena, &replies, &replied, err);
    for (int i = 0; result == OUTCOME_DONE && i < group_count; i++)
        result = read_answers(store, &groups[i], &replies[i], answers, err);
    return result;
}

/* ---- Records ---- */

/* A record for each claimant: so one that has run out can be taken out of the topic without harm to
 * whoever has the claim now. */
static const char *record_key(const struct claim *claim, const char *id, struct arena *arena) {
    return arena_printf(arena, "%s" CLAIM_ID_MARK "%s", claim->key, id);
}

bool claim_store_record(const struct claim *claim, const struct answer *answer, struct arena *arena,
                        struct kafka_message *out) {
    bool keeps = answer->granted || claim->kind == CLAIM_JOIN;

    if (!claim->logged || claim->kind == CLAIM_LOOK || !keeps) return false;
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};
    json_begin_map(&json);
    json_key(&json, "key"), json_text(&json, claim->key);
    json_key(&json, "kind"), json_text(&json, claim_kind_names[claim->kind]);
    json_key(&json, "id"), json_text(&json, answer->owner);
    json_key(&json, "value"), json_text(&json, answer->value);
    json_key(&json, "last_ms"), json_int(&json, answer->last_ms);
    json_key(&json, "joined"), json_int(&json, answer->joined);
    json_key(&json, "amount"), json_int(&json, claim->amount);
    json_key(&json, "kept_ms"),
        json_int(&json, kept_ms(claim)); /* for a version that knows no end */
    json_key(&json, "ends_ms"), json_int(&json, answer->ends_ms);
    json_end_map(&json);
    const char *key = record_key(claim, answer->owner, arena);
    *out = (struct kafka_message){
        .topic = TOPIC_CLAIMS, .partition = -1, .key = key, .key_len = strlen(key)};
    out->value = arena_strndup(arena, buf.at, buf.len);
    out->value_len = buf.len;
    buf_free(&buf);

    return true;
}

bool claim_store_tombstone(const struct claim *claim, struct arena *arena,
                           struct kafka_message *out) {
    if (!claim->logged || claim->kind == CLAIM_LOOK) return false;
    const char *key = record_key(claim, claim->id, arena);
    *out = (struct kafka_message){
        .topic = TOPIC_CLAIMS, .partition = -1, .key = key, .key_len = strlen(key)};
    return true;
}

enum outcome claim_store_verify(struct claim_store *store, struct arena *arena, struct err *err) {
    int tags[CLAIM_TAGS];
    int used = 0;

    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        if (!store->markers[tag][0]) continue;
        redis_addf(store->redis, 2, "GET", claim_redis_key(store, arena, tag, "marker"));
        tags[used++] = tag;
    }
    if (!used) return OUTCOME_DONE;
    struct redis_reply *replies;
    int count;
    enum outcome result = redis_exchange(store->redis, arena, &replies, &count, err);
    for (int i = 0; result == OUTCOME_DONE && i < used; i++)
        result =
            note_marker(store, tags[i], replies[i].kind == REDIS_TEXT ? replies[i].text : "", err);
    return result;
}

void claim_store_release(struct claim_store *store, struct arena *arena, const struct claim *claims,
                         int count) {
    if (!count) return;
    for (int i = 0; i < count; i++) {
        const char *argv[] = {
            claim_redis_key(store, arena, claim_tag(claims[i].key), claims[i].key),
            claim_kind_names[claims[i].kind], claims[i].id};
        redis_add_script(store->redis, &store->release, 1, 3, argv, NULL);
    }
    struct redis_reply *replies;
    struct err err;
    int replied;
    if (redis_exchange(store->redis, arena, &replies, &replied, &err))
        log_say(LOG_WARN, "claims not given back", "error", err.text, NULL);
}
