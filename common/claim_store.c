/* claim_store: claims as scripts and records. */
#include "claim_store.h"
#include "clock.h"
#include "fault.h"
#include "ids.h"
#include "log.h"
#include "lua_scripts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    ASK_MS = 2000,       /* one question to the broker */
    RESTORE_BATCH = 500, /* claims in one pipeline */
    MARKER_MAX = 100,
    PARTITIONS_MAX = 1024 /* partitions of redress.claims */
};

static const char token_kept_ms[] = "3600000"; /* longer than any restore; a token that is left behind goes then */

/* Between the key of a count and who was granted his part, in a record's key. */
#define COUNT_MARK "\x1f#"

struct claim_store {
    struct redis *redis;
    struct kafka kafka;
    struct redis_script claim, restore, restored_all, release;
    char markers[CLAIM_TAGS][MARKER_MAX]; /* as seen in this batch; "" = tag not used */
    /* a restore under way */
    struct kafka_consumer *reader;
    struct place *ends;
    int partitions;
    int64_t began_ms, restored;
    char token[20];          /* of this restore: Redis holds it, or has forgotten what was restored by now */
    char marker[MARKER_MAX]; /* that it will set: of the Redis at which it began */
};

static const char *const kind_names[] = {
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

void claim_store_restart(struct claim_store *store) {
    kafka_consumer_free(store->reader);
    free(store->ends);
    store->reader = NULL;
    store->ends = NULL;
    store->partitions = 0;
}

void claim_store_free(struct claim_store *store) {
    if (!store) return;
    claim_store_restart(store);
    free(store);
}

static int tag_of(const char *key) {
    return ids_partition(key, strlen(key), CLAIM_TAGS);
}

static const char *redis_key(const struct claim_store *store, struct arena *arena, int tag, const char *name) {
    return arena_printf(arena, "%s:{claims.%d}:%s", store->kafka.config->topic_prefix, tag, name);
}

static const char *number(struct arena *arena, int64_t value) {
    return arena_printf(arena, "%" PRId64, value);
}

/* A JOIN lives `valid_ms` of event time; Redis may forget it that long after the last word, and a day for late events.
 */
static int64_t kept_ms(const struct claim *claim) {
    return claim->valid_ms + DAY_MS;
}

void claim_store_begin(struct claim_store *store) {
    memset(store->markers, 0, sizeof store->markers);
}

static void add_claim(struct claim_store *store, struct arena *arena, const struct claim *claim, const char *run_id) {
    int tag = tag_of(claim->key);
    const char *argv[] = {redis_key(store, arena, tag, "marker"),
                          redis_key(store, arena, tag, claim->key),
                          kind_names[claim->kind],
                          claim->id ? claim->id : "",
                          claim->value ? claim->value : "",
                          number(arena, claim->time_ms),
                          number(arena, claim->valid_ms),
                          number(arena, kept_ms(claim)),
                          number(arena, claim->amount),
                          number(arena, claim->limit),
                          run_id};
    redis_add_script(store->redis, &store->claim, 2, 11, argv, NULL);
}

static enum claim_result note_marker(struct claim_store *store, int tag, const char *marker, struct err *err) {
    const char *run_id = redis_run_id(store->redis);
    size_t len = strlen(run_id);
    bool valid = len && strncmp(marker, run_id, len) == 0 && marker[len] == ':';
    if (valid && !store->markers[tag][0]) snprintf(store->markers[tag], MARKER_MAX, "%s", marker);
    if (valid && strcmp(store->markers[tag], marker) == 0) return CLAIM_DONE;
    err_set(err, "claims of tag %d are to be restored", tag);
    return CLAIM_RESTORE;
}

static int64_t as_number(const struct redis_reply *reply) {
    return reply->kind == REDIS_NUMBER ? reply->number : strtoll(reply->text ? reply->text : "0", NULL, 10);
}

static enum claim_result read_answer(struct claim_store *store, const struct claim *claim,
                                     const struct redis_reply *reply, struct answer *out, struct err *err) {
    if (reply->kind != REDIS_LIST || reply->count < 9) {
        err_set(err, "claim.lua answered in another form than expected");
        return CLAIM_BROKEN;
    }
    enum claim_result result = note_marker(store, tag_of(claim->key), reply->items[0].text, err);
    *out = (struct answer){.granted = reply->items[1].number != 0,
                           .found = reply->items[2].number != 0,
                           .value = reply->items[3].text,
                           .ordinal = reply->items[4].number,
                           .sum = as_number(&reply->items[5]),
                           .owner = reply->items[6].text,
                           .last_ms = as_number(&reply->items[7]),
                           .joined = reply->items[8].number};
    return result;
}

static enum claim_result sort(int result) {
    return result == 0 ? CLAIM_DONE : result > 0 ? CLAIM_AWAY : CLAIM_BROKEN;
}

enum claim_result claim_store_make(struct claim_store *store, struct arena *arena, const struct claim *claims,
                                   struct answer *answers, int count, struct err *err) {
    if (!count) return CLAIM_DONE;
    const char *run_id = redis_reach(store->redis);
    for (int i = 0; i < count; i++) add_claim(store, arena, &claims[i], run_id);
    struct redis_reply *replies;
    int replied;
    enum claim_result result = sort(redis_exchange(store->redis, arena, &replies, &replied, err));
    for (int i = 0; result == CLAIM_DONE && i < count; i++)
        result = read_answer(store, &claims[i], &replies[i], &answers[i], err);
    return result;
}

/* ---- Records ---- */

/* A count has a record for each claimant, the others one for each key. */
static const char *record_key(const struct claim *claim, struct arena *arena) {
    return claim->kind == CLAIM_COUNT ? arena_printf(arena, "%s" COUNT_MARK "%s", claim->key, claim->id) : claim->key;
}

bool claim_store_record(const struct claim *claim, const struct answer *answer, struct arena *arena,
                        struct kafka_message *out) {
    bool keeps = answer->granted || claim->kind == CLAIM_JOIN;
    if (!claim->logged || claim->kind == CLAIM_LOOK || !keeps) return false;
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};
    json_begin_map(&json);
    json_key(&json, "key"), json_text(&json, claim->key);
    json_key(&json, "kind"), json_text(&json, kind_names[claim->kind]);
    json_key(&json, "id"), json_text(&json, answer->owner);
    json_key(&json, "value"), json_text(&json, answer->value);
    json_key(&json, "last_ms"), json_int(&json, answer->last_ms);
    json_key(&json, "joined"), json_int(&json, answer->joined);
    json_key(&json, "amount"), json_int(&json, claim->amount);
    json_key(&json, "kept_ms"), json_int(&json, kept_ms(claim));
    json_end_map(&json);
    const char *key = record_key(claim, arena);
    *out = (struct kafka_message){.topic = TOPIC_CLAIMS, .partition = -1, .key = key, .key_len = strlen(key)};
    out->value = arena_strndup(arena, buf.at, buf.len);
    out->value_len = buf.len;
    buf_free(&buf);
    return true;
}

bool claim_store_tombstone(const struct claim *claim, struct arena *arena, struct kafka_message *out) {
    if (!claim->logged || claim->kind == CLAIM_LOOK) return false;
    const char *key = record_key(claim, arena);
    *out = (struct kafka_message){.topic = TOPIC_CLAIMS, .partition = -1, .key = key, .key_len = strlen(key)};
    return true;
}

enum claim_result claim_store_verify(struct claim_store *store, struct arena *arena, struct err *err) {
    int tags[CLAIM_TAGS], used = 0;
    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        if (!store->markers[tag][0]) continue;
        redis_addf(store->redis, 2, "GET", redis_key(store, arena, tag, "marker"));
        tags[used++] = tag;
    }
    if (!used) return CLAIM_DONE;
    struct redis_reply *replies;
    int count;
    enum claim_result result = sort(redis_exchange(store->redis, arena, &replies, &count, err));
    for (int i = 0; result == CLAIM_DONE && i < used; i++)
        result = note_marker(store, tags[i], replies[i].kind == REDIS_TEXT ? replies[i].text : "", err);
    return result;
}

void claim_store_release(struct claim_store *store, struct arena *arena, const struct claim *claims, int count) {
    if (!count) return;
    for (int i = 0; i < count; i++) {
        const char *argv[] = {redis_key(store, arena, tag_of(claims[i].key), claims[i].key), kind_names[claims[i].kind],
                              claims[i].id};
        redis_add_script(store->redis, &store->release, 1, 3, argv, NULL);
    }
    struct redis_reply *replies;
    struct err err;
    int replied;
    if (redis_exchange(store->redis, arena, &replies, &replied, &err))
        log_say(LOG_WARN, "claims not given back", "error", err.text, NULL);
}

/* ---- Restoring ---- */

static const char *token_key(const struct claim_store *store, struct arena *arena, int tag) {
    return redis_key(store, arena, tag, arena_printf(arena, "restoring:%s", store->token));
}

/* Puts this restore's token beside each marker. Each restore has a token of its own, so that several processes may
 * restore at once. */
static enum claim_result set_tokens(struct claim_store *store, struct err *err) {
    struct arena *arena = arena_new();
    struct redis_reply *replies;
    int count;

    uint64_t random;
    arc4random_buf(&random, sizeof random);
    snprintf(store->token, sizeof store->token, "%" PRIx64, random);
    snprintf(store->marker, sizeof store->marker, "%s:%s", redis_reach(store->redis), store->token);
    for (int tag = 0; tag < CLAIM_TAGS; tag++)
        redis_addf(store->redis, 5, "SET", token_key(store, arena, tag), "1", "PX", token_kept_ms);
    enum claim_result result = sort(redis_exchange(store->redis, arena, &replies, &count, err));
    arena_free(arena);
    return result;
}

static enum claim_result start_restore(struct claim_store *store, struct kafka_asker *asker, struct err *err) {
    int partitions = kafka_partitions(asker, TOPIC_CLAIMS, ASK_MS, err);
    if (partitions <= 0 || partitions > PARTITIONS_MAX)
        return partitions == 0 ? err_set(err, "the claims topic is missing"), CLAIM_BROKEN : CLAIM_AWAY;
    struct place *starts = calloc((size_t)partitions, sizeof *starts);
    store->ends = calloc((size_t)partitions, sizeof *store->ends);
    ASSERT(starts && store->ends);
    for (int i = 0; i < partitions; i++)
        starts[i] = store->ends[i] = (struct place){.topic = TOPIC_CLAIMS, .partition = i};
    store->partitions = partitions;
    store->began_ms = clock_boot_ms();
    store->restored = 0;
    enum claim_result told = set_tokens(store, err);
    if (told != CLAIM_DONE) {
        free(starts);
        claim_store_restart(store);
        return told;
    }
    bool bad = kafka_ends(asker, store->ends, partitions, ASK_MS, err) < 0 ||
               kafka_starts(asker, starts, partitions, ASK_MS, err) < 0;
    if (!bad) store->reader = kafka_reader_new(&store->kafka, true, err);
    bad = bad || !store->reader || kafka_fetch_from(store->reader, starts, partitions, err) < 0;
    for (int i = 0; !bad && i < partitions; i++)
        if (starts[i].offset >= store->ends[i].offset) store->ends[i].offset = KAFKA_NO_OFFSET; /* nothing to read */
    free(starts);
    if (!bad) return CLAIM_DONE;
    claim_store_restart(store);
    return CLAIM_AWAY;
}

/* A count was given back: its record, which may have been read before this, does not count. (Others are never given
 * back.) */
static void add_given_back(struct claim_store *store, struct arena *arena, const struct raw *raw) {
    char *key = arena_strndup(arena, raw->key, raw->key_len), *id = NULL;
    for (char *at = key; (at = strstr(at, COUNT_MARK)); at++) id = at;
    if (!id) return;
    *id = 0;
    const char *argv[] = {redis_key(store, arena, tag_of(key), key), kind_names[CLAIM_COUNT], id + strlen(COUNT_MARK)};
    redis_add_script(store->redis, &store->release, 1, 3, argv, NULL);
}

static void add_restore(struct claim_store *store, struct arena *arena, const struct raw *raw) {
    const struct tree *tree;
    struct err err;
    if (!raw->value) add_given_back(store, arena, raw);
    if (!raw->value || json_read(arena, raw->value, raw->value_len, NULL, &tree, &err) != JSON_OK)
        return; /* given back, or not ours */
    const char *key = tree_text(tree, "key"), *kind = tree_text(tree, "kind"), *id = tree_text(tree, "id"),
               *value = tree_text(tree, "value");
    const struct tree *last = tree_get(tree, "last_ms"), *joined = tree_get(tree, "joined"),
                      *amount = tree_get(tree, "amount"), *kept = tree_get(tree, "kept_ms");
    if (!key || !kind || !id || !value || !last || !joined || !amount || !kept) return;
    const char *argv[] = {redis_key(store, arena, tag_of(key), key),
                          kind,
                          id,
                          value,
                          number(arena, last->num),
                          number(arena, joined->num),
                          number(arena, amount->num),
                          number(arena, kept->num)};
    redis_add_script(store->redis, &store->restore, 1, 8, argv, NULL);
    store->restored++;
}

static bool all_read(const struct claim_store *store) {
    for (int i = 0; i < store->partitions; i++)
        if (store->ends[i].offset != KAFKA_NO_OFFSET) return false;
    return true;
}

/* Reads one pipeline's worth. A place is through when the reader says that nothing visible is left before its true end.
 */
static enum claim_result restore_some(struct claim_store *store, struct arena *arena, int64_t until_ms,
                                      struct err *err) {
    struct kafka_record *records[RESTORE_BATCH];
    int count = 0;
    enum claim_result result = CLAIM_DONE;
    while (result == CLAIM_DONE && count < RESTORE_BATCH && !all_read(store) && clock_boot_ms() < until_ms) {
        struct place place;
        enum kafka_got got = kafka_poll(store->reader, 20, &records[count], &place, err);
        if (got == KAFKA_RECORD) {
            struct raw raw;
            kafka_record_raw(&store->kafka, records[count++], arena, &raw);
            add_restore(store, arena, &raw);
        } else if (got == KAFKA_END && place.offset >= store->ends[place.partition].offset) {
            store->ends[place.partition].offset = KAFKA_NO_OFFSET;
        } else if (got == KAFKA_LOST || got == KAFKA_DOUBLE) {
            result = CLAIM_AWAY;
        }
    }
    struct redis_reply *replies;
    int replied;
    enum claim_result sent = sort(redis_exchange(store->redis, arena, &replies, &replied, err));
    for (int i = 0; i < count; i++) kafka_record_free(records[i]);
    return result == CLAIM_DONE ? sent : result;
}

/* The markers name the Redis at which the restore began: one that was restarted, or is another, does not take them for
 * its own. And each is set only where the token still is: one that was emptied meanwhile has forgotten claims that were
 * restored already. */
static enum claim_result set_markers(struct claim_store *store, struct arena *arena, struct err *err) {
    FAULT_POINT("before_markers");
    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        const char *argv[] = {token_key(store, arena, tag), redis_key(store, arena, tag, "marker"), store->marker};
        redis_add_script(store->redis, &store->restored_all, 2, 3, argv, NULL);
    }
    struct redis_reply *replies;
    int count;
    enum claim_result result = sort(redis_exchange(store->redis, arena, &replies, &count, err));
    for (int i = 0; result == CLAIM_DONE && i < count; i++) {
        if (replies[i].number) continue;
        err_set(err, "Redis has lost what was restored: once more");
        result = CLAIM_AWAY;
    }
    return result;
}

enum claim_result claim_store_restore(struct claim_store *store, struct kafka_asker *asker, int ms, struct err *err) {
    if (!store->reader) {
        enum claim_result started = start_restore(store, asker, err);
        if (started != CLAIM_DONE) return started;
    }
    struct arena *arena = arena_new();
    int64_t until_ms = clock_boot_ms() + ms;
    enum claim_result result = CLAIM_DONE;
    while (result == CLAIM_DONE && !all_read(store) && clock_boot_ms() < until_ms) {
        result = restore_some(store, arena, until_ms, err);
        arena_reset(arena);
    }
    if (result == CLAIM_DONE && !all_read(store))
        result = CLAIM_RESTORE;
    else if (result == CLAIM_DONE) {
        result = set_markers(store, arena, err);
        if (result == CLAIM_DONE)
            log_say(LOG_INFO, "claims restored", "count", log_int(store->restored), "ms",
                    log_int(clock_boot_ms() - store->began_ms), NULL);
    }
    arena_free(arena);
    if (result != CLAIM_RESTORE) claim_store_restart(store);
    return result;
}
