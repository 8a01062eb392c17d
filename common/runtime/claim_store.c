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
    CLAIM_WORDS = 10,     /* of each, beside its keys: claim.lua */
    GROWTH = 4,           /* so many buckets may be added by one script */
    BUCKETS_MAX = 1 << 26,
    TRIES_MAX = 100 /* while others add buckets */
};

const char *const claim_kind_names[] = {
    [CLAIM_ONCE] = "once", [CLAIM_JOIN] = "join", [CLAIM_COUNT] = "count", [CLAIM_LOOK] = "look"};

struct claim_store *claim_store_new(struct redis *redis, const struct kafka *kafka) {
    struct claim_store *store = calloc(1, sizeof *store);

    ASSERT(store);
    store->redis = redis;
    store->kafka = *kafka;
    if (asprintf(&store->claim_text, "%s\n%s", lua_claims, lua_claim) < 0) ASSERT(!"memory");
    store->claim = (struct redis_script){.name = "claim", .lua = store->claim_text};
    store->restored_all = (struct redis_script){.name = "restored", .lua = lua_restored};
    redis_use(redis, &store->claim);
    redis_use(redis, &store->restored_all);
    for (int tag = 0; tag < CLAIM_TAGS; tag++) store->buckets[tag] = 1;

    return store;
}

void claim_store_free(struct claim_store *store) {
    if (!store) return;
    claim_store_restart(store);
    kafka_producer_free(store->buries);
    free(store->claim_text);
    free(store);
}

static int tag_of(const char *key) {
    return ids_partition(key, strlen(key), CLAIM_TAGS);
}

const char *claim_redis_key(const struct claim_store *store, struct arena *arena, int tag,
                            const char *name) {
    return arena_printf(arena, "%s:{claims.%d}:%s", store->kafka.config->topic_prefix, tag, name);
}

const char *claim_store_key(const char *prefix, const char *key, struct arena *arena) {
    return arena_printf(arena, "%s:{claims.%d}:%s", prefix, tag_of(key), key);
}

const char *claim_store_marker(const char *prefix, const char *key, struct arena *arena) {
    return arena_printf(arena, "%s:{claims.%d}:marker", prefix, tag_of(key));
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
    bool done;
};

/* All claims, by tag, in the order in which they are asked for. */
static int group(const struct claim_op *ops, int count, struct arena *arena,
                 struct claim_group **out) {
    int last[CLAIM_TAGS]; /* group of each tag, from 1 on; 0: none yet */
    int groups = 0;

    memset(last, 0, sizeof last);
    *out = NULL;
    for (int i = 0; i < count; i++) {
        int tag = tag_of(ops[i].key);
        if (!last[tag] || (*out)[last[tag] - 1].count == CLAIMS_AT_ONCE) {
            ARENA_ADD(arena, *out, groups)->tag = tag;
            last[tag] = groups;
        }
        struct claim_group *mine = &(*out)[last[tag] - 1];
        mine->at[mine->count++] = i;
    }
    return groups;
}

static const char *bucket_key(const struct claim_store *store, struct arena *arena, int tag,
                              int bucket) {
    return claim_redis_key(store, arena, tag, arena_printf(arena, "~%d", bucket));
}

static const char **add_words(struct arena *arena, const char **arg, const struct claim_op *op,
                              const char *field) {
    *arg++ = op->kind;
    *arg++ = field;
    *arg++ = op->id ? op->id : "";
    *arg++ = op->value ? op->value : "";
    *arg++ = claim_number(arena, op->time_ms);
    *arg++ = claim_number(arena, op->valid_ms);
    *arg++ = claim_number(arena, op->kept_ms);
    *arg++ = claim_number(arena, op->amount);
    *arg++ = claim_number(arena, op->limit);
    *arg++ = op->shared ? "1" : "0";
    return arg;
}

/* KEYS and ARGV of claims.lua. */
static void add_group(struct claim_store *store, struct arena *arena, const struct claim_op *ops,
                      const struct claim_group *group, const char *marker) {
    int tag = group->tag;
    int buckets = store->buckets[tag];
    int keys = 2 + 2 * group->count + 2 * GROWTH;
    const char **argv =
        arena_alloc(arena, sizeof *argv * (size_t)(keys + 3 + CLAIM_WORDS * group->count));
    const char **key = argv;
    const char **arg = argv + keys;

    *key++ = claim_redis_key(store, arena, tag, "marker");
    *key++ = claim_redis_key(store, arena, tag, "~size");
    *arg++ = marker;
    *arg++ = claim_number(arena, buckets);
    *arg++ = claim_number(arena, group->count);
    for (int i = 0; i < group->count; i++) {
        const struct claim_op *op = &ops[group->at[i]];
        char *field = arena_memory(arena, CLAIM_FIELD_LEN + 1);
        claim_field(op->key, field);
        *key++ = claim_redis_key(store, arena, tag, op->key);
        *key++ = bucket_key(store, arena, tag, claim_bucket(field, buckets));
        arg = add_words(arena, arg, op, field);
    }
    for (int i = 0; i < GROWTH; i++) {
        *key++ = bucket_key(store, arena, tag, claim_split(buckets + i));
        *key++ = bucket_key(store, arena, tag, buckets + i);
    }
    redis_add_script(store->redis, &store->claim, keys, (int)(arg - argv), argv, NULL);
}

/* Of this version and this run: an earlier one, which knows no buckets, takes it for that of
 * another Redis and restores claims into keys of their own, and so do we with its. */
const char *claim_marker_begin(struct redis *redis, struct arena *arena) {
    const char *run_id = redis_reach(redis);
    if (!*run_id) return "";
    return arena_printf(arena, "2:%s:", run_id);
}

/* Another marker of this run: somebody has restored all claims since, so those that this batch has
 * made may be gone, and nothing else is. It is decided again. */
static enum outcome note_marker(struct claim_store *store, struct arena *arena, int tag,
                                const char *marker, struct err *err) {
    const char *begin = claim_marker_begin(store->redis, arena);
    size_t len = strlen(begin);
    bool valid = len && strncmp(marker, begin, len) == 0;

    if (valid && !store->markers[tag][0])
        snprintf(store->markers[tag], CLAIM_MARKER_MAX, "%s", marker);
    if (valid && strcmp(store->markers[tag], marker) == 0) return OUTCOME_DONE;
    if (valid) {
        err_set(err, "claims of tag %d were restored meanwhile: decided again", tag);
        return OUTCOME_WAIT;
    }
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

/* A group is done, or has to be asked again with as many buckets as there are. */
static enum outcome read_answers(struct claim_store *store, struct arena *arena,
                                 struct claim_group *group, const struct redis_reply *reply,
                                 struct answer *answers, struct err *err) {
    enum { MARKER, BUCKETS, FIRST };
    bool read = reply->kind == REDIS_LIST && reply->count >= 1 && reply->items[MARKER].text;
    enum outcome result = OUTCOME_DONE;

    if (read && answers)
        result = note_marker(store, arena, group->tag, reply->items[MARKER].text, err);
    if (result != OUTCOME_DONE) return result;
    read = read && (reply->count == FIRST || reply->count == FIRST + group->count);
    if (read) {
        int64_t buckets = as_number(&reply->items[BUCKETS]);
        read = buckets >= 1 && buckets <= BUCKETS_MAX;
        if (read) store->buckets[group->tag] = (int)buckets;
        group->done = reply->count > FIRST;
    }
    for (int i = 0; read && group->done && answers && i < group->count; i++)
        read = read_answer(&reply->items[FIRST + i], &answers[group->at[i]]);
    if (read) return OUTCOME_DONE;
    err_set(err, "claim.lua answered in another form than expected");
    return OUTCOME_STOP;
}

/* One pipeline of what is not done; *left_out: what is not done after it. */
static enum outcome run_groups(struct claim_store *store, struct arena *arena,
                               const struct claim_op *ops, struct claim_group *groups, int count,
                               struct answer *answers, int *left_out, struct err *err) {
    const char *marker = answers ? claim_marker_begin(store->redis, arena) : "";
    struct redis_reply *replies;
    int replied;

    for (int i = 0; i < count; i++)
        if (!groups[i].done) add_group(store, arena, ops, &groups[i], marker);
    enum outcome result = redis_exchange(store->redis, arena, &replies, &replied, err);
    *left_out = 0;
    for (int i = 0, at = 0; result == OUTCOME_DONE && i < count; i++) {
        if (groups[i].done) continue;
        result = read_answers(store, arena, &groups[i], &replies[at++], answers, err);
        *left_out += !groups[i].done;
    }

    return result;
}

enum outcome claim_run(struct claim_store *store, struct arena *arena, const struct claim_op *ops,
                       int count, struct answer *answers, struct err *err) {
    struct claim_group *groups;
    int group_count = group(ops, count, arena, &groups);
    int left = group_count;
    enum outcome result = OUTCOME_DONE;

    for (int tries = 0; left && result == OUTCOME_DONE; tries++) {
        if (tries == TRIES_MAX) {
            err_set(err, "the number of buckets of claims changes all the time");
            return OUTCOME_WAIT;
        }
        result = run_groups(store, arena, ops, groups, group_count, answers, &left, err);
    }

    return result;
}

enum outcome claim_store_make(struct claim_store *store, struct arena *arena,
                              const struct claim *claims, struct answer *answers, int count,
                              struct err *err) {
    if (!count) return OUTCOME_DONE;
    struct claim_op *ops = arena_alloc(arena, sizeof *ops * (size_t)count);
    for (int i = 0; i < count; i++)
        ops[i] = (struct claim_op){.key = claims[i].key,
                                   .kind = claim_kind_names[claims[i].kind],
                                   .id = claims[i].id,
                                   .value = claims[i].value,
                                   .time_ms = claims[i].time_ms,
                                   .valid_ms = claims[i].valid_ms,
                                   .kept_ms = kept_ms(&claims[i]),
                                   .amount = claims[i].amount,
                                   .limit = claims[i].limit,
                                   .shared = claims[i].shared};
    return claim_run(store, arena, ops, count, answers, err);
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
    json_key(&json, "shared"), json_bool(&json, claim->shared);
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
        result = note_marker(store, arena, tags[i],
                             replies[i].kind == REDIS_TEXT ? replies[i].text : "", err);
    return result;
}

void claim_store_release(struct claim_store *store, struct arena *arena, const struct claim *claims,
                         int count) {
    if (!count) return;
    struct claim_op *ops = arena_alloc(arena, sizeof *ops * (size_t)count);
    struct err err;
    for (int i = 0; i < count; i++)
        ops[i] =
            (struct claim_op){.key = claims[i].key,
                              .kind = claims[i].kind == CLAIM_COUNT ? "release-count" : "release",
                              .id = claims[i].id};
    if (claim_run(store, arena, ops, count, NULL, &err))
        log_say(LOG_WARN, "claims not given back", "error", err.text, NULL);
}
