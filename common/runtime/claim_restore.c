/* claim_restore: reading redress.claims: to bring back what Redis has forgotten, and to take out
 * what has run out. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "runtime/claim_parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 2000,         /* one question to the broker */
    RESTORE_BATCH = 500,   /* claims in one pipeline */
    PARTITIONS_MAX = 1024, /* partitions of redress.claims */
    POLL_MS = 20,
    TIDY_LOOK_MS = 600000, /* whether the topic is to be tidied */
    TIDY_EVERY_MS = 100,   /* while it is: a little now and then, so that no event waits for it */
    FLUSH_MS = 5000
};

static const char turn_kept_ms[] = "5000"; /* much longer than between two calls */
static const char token_kept_ms[] =
    "3600000"; /* longer than any restore; a token that is left behind goes then */

/* ---- A way through the topic ---- */

static void stop(struct claim_reading *reading) {
    kafka_consumer_free(reading->reader);
    free(reading->ends);
    *reading = (struct claim_reading){.reader = NULL};
}

/* Claims end by Redis' clock: a host whose own is days ahead would take out what still lives. */
static enum outcome ask_clock(struct claim_store *store, struct claim_reading *reading,
                              struct arena *arena, struct err *err) {
    struct redis_reply reply;
    enum outcome asked = redis_ask(store->redis, arena, &reply, err, 1, "TIME");
    if (asked != OUTCOME_DONE) return asked;

    bool told = reply.kind == REDIS_LIST && reply.count > 0 && reply.items[0].text;
    int64_t redis_ms = 0;
    if (told) redis_ms = strtoll(reply.items[0].text, NULL, 10) * 1000;
    reading->skew_ms = redis_ms - clock_boot_ms();
    return OUTCOME_DONE;
}

static enum outcome start(struct claim_store *store, struct claim_reading *reading,
                          struct kafka_asker *asker, struct arena *arena, struct err *err) {
    enum outcome told = ask_clock(store, reading, arena, err);

    if (told != OUTCOME_DONE) return told;
    int partitions = kafka_partitions(asker, TOPIC_CLAIMS, ASK_MS, err);
    if (partitions < 0) return OUTCOME_WAIT;
    if (partitions == 0 || partitions > PARTITIONS_MAX) {
        err_set(err,
                "the claims topic has %d partitions, expected 1 to %d: `redressctl topics create`",
                partitions, PARTITIONS_MAX);
        return OUTCOME_STOP;
    }
    struct place *starts = calloc((size_t)partitions, sizeof *starts);
    reading->ends = calloc((size_t)partitions, sizeof *reading->ends);
    ASSERT(starts && reading->ends);
    for (int i = 0; i < partitions; i++)
        starts[i] = reading->ends[i] = (struct place){.topic = TOPIC_CLAIMS, .partition = i};
    reading->partitions = partitions;
    reading->began_ms = clock_boot_ms();
    reading->count = 0;
    bool bad = kafka_ends(asker, reading->ends, partitions, ASK_MS, err) < 0 ||
               kafka_starts(asker, starts, partitions, ASK_MS, err) < 0;
    if (!bad) reading->reader = kafka_reader_new(&store->kafka, true, err);
    bad = bad || !reading->reader || kafka_fetch_from(reading->reader, starts, partitions, err) < 0;
    for (int i = 0; !bad && i < partitions; i++)
        if (starts[i].offset >= reading->ends[i].offset)
            reading->ends[i].offset = KAFKA_NO_OFFSET; /* nothing to read */
    free(starts);
    if (!bad) return OUTCOME_DONE;
    stop(reading);

    return OUTCOME_WAIT;
}

static bool all_read(const struct claim_reading *reading) {
    for (int i = 0; i < reading->partitions; i++)
        if (reading->ends[i].offset != KAFKA_NO_OFFSET) return false;
    return true;
}

typedef void take_record(struct claim_store *store, struct arena *arena, const struct raw *raw);

/* Reads one pipeline's worth. A place is through when the reader says that nothing visible is left
 * before its true end.
 */
static enum outcome read_some(struct claim_store *store, struct claim_reading *reading,
                              take_record *take, struct arena *arena, int64_t until_ms,
                              struct err *err) {
    for (int count = 0;
         count < RESTORE_BATCH && !all_read(reading) && clock_boot_ms() < until_ms;) {
        struct kafka_record *record;
        struct place place;
        int64_t left_ms = until_ms - clock_boot_ms();
        enum kafka_got got = kafka_poll(reading->reader, left_ms < POLL_MS ? (int)left_ms : POLL_MS,
                                        &record, &place, err);
        if (got == KAFKA_DAMAGED) return OUTCOME_STOP;
        if (got == KAFKA_LOST || got == KAFKA_DOUBLE) return OUTCOME_WAIT;
        if (got == KAFKA_END && place.offset >= reading->ends[place.partition].offset)
            reading->ends[place.partition].offset = KAFKA_NO_OFFSET;
        if (got != KAFKA_RECORD) continue;
        struct raw raw;
        kafka_record_raw(&store->kafka, record, arena, &raw);
        take(store, arena, &raw);
        kafka_record_free(record);
        count++;
    }

    return OUTCOME_DONE;
}

/* ---- Records ---- */

struct kept { /* what a record says */
    const char *key, *kind, *id, *value;
    int64_t last_ms, joined, amount, ends_ms;
    bool shared;
};

static bool read_number(const struct tree *tree, const char *name, int64_t *out) {
    const struct tree *member = tree_get(tree, name);
    if (!member || member->kind != TREE_INT) return false;
    *out = member->num;
    return true;
}

/* A record of a version that knew no end: it was kept since the last word, or since it was written.
 */
static int64_t old_end(const struct kept *kept, const struct raw *raw, const struct tree *tree) {
    int64_t kept_ms;
    if (!read_number(tree, "kept_ms", &kept_ms)) return 0;
    return (kept->last_ms > 0 ? kept->last_ms : raw->timestamp_ms) + kept_ms;
}

static bool read_kept(const struct raw *raw, struct arena *arena, struct kept *out) {
    const struct tree *tree;
    struct err err;

    if (!raw->value || json_read(arena, raw->value, raw->value_len, NULL, &tree, &err) != JSON_OK)
        return false;
    *out = (struct kept){.key = tree_text(tree, "key"),
                         .kind = tree_text(tree, "kind"),
                         .id = tree_text(tree, "id"),
                         .value = tree_text(tree, "value")};
    if (!out->key || !out->kind || !out->id || !out->value ||
        !read_number(tree, "last_ms", &out->last_ms) ||
        !read_number(tree, "joined", &out->joined) || !read_number(tree, "amount", &out->amount))
        return false;
    if (!read_number(tree, "ends_ms", &out->ends_ms)) out->ends_ms = old_end(out, raw, tree);
    const struct tree *shared = tree_get(tree, "shared");
    out->shared = !shared || shared->kind != TREE_BOOL || shared->num; /* older ones do not say */
    return true;
}

/* ---- Restoring ---- */

/* A count was given back: its record, which may have been read before this, does not count. (Of the
 * others, only what has run out is taken back.) */
static void add_given_back(struct claim_store *store, struct arena *arena, const struct raw *raw) {
    char *key = arena_strndup(arena, raw->key, raw->key_len);
    char *id = NULL;

    for (char *at = key; (at = strstr(at, CLAIM_ID_MARK)); at++) id = at;
    if (!id) return;
    *id = 0;
    *ARENA_ADD(arena, store->ops, store->op_count) =
        (struct claim_op){.key = key, .kind = "release-count", .id = id + strlen(CLAIM_ID_MARK)};
}

/* Redis' own clock has the last word; this only spares it what is long over by both. */
static bool is_over(const struct claim_reading *reading, const struct kept *kept) {
    int64_t redis_ms = clock_boot_ms() + reading->skew_ms;
    int64_t own_ms = clock_now_ms();
    int64_t now_ms = own_ms;
    if (redis_ms < own_ms) now_ms = redis_ms;

    return kept->ends_ms + CLAIM_DAY_MS < now_ms;
}

static void add_restore(struct claim_store *store, struct arena *arena, const struct raw *raw) {
    struct kept kept;

    if (!raw->value) add_given_back(store, arena, raw);
    if (!read_kept(raw, arena, &kept) || is_over(&store->restoring, &kept)) return;
    bool counts = strcmp(kept.kind, claim_kind_names[CLAIM_COUNT]) == 0;
    *ARENA_ADD(arena, store->ops, store->op_count) =
        (struct claim_op){.key = arena_strdup(arena, kept.key),
                          .kind = counts ? "restore-count" : "restore",
                          .id = arena_strdup(arena, kept.id),
                          .value = arena_strdup(arena, kept.value),
                          .time_ms = kept.last_ms,
                          .valid_ms = kept.joined,
                          .kept_ms = kept.ends_ms,
                          .amount = kept.amount,
                          .shared = kept.shared};
    store->restoring.count++;
}

static const char *token_key(const struct claim_store *store, struct arena *arena, int tag) {
    return claim_redis_key(store, arena, tag, arena_printf(arena, "restoring:%s", store->token));
}

/* Puts this restore's token beside each marker. Each restore has a token of its own, so that
 * several processes may restore at once. */
static enum outcome set_tokens(struct claim_store *store, struct arena *arena, struct err *err) {
    struct redis_reply *replies;
    int count;
    uint64_t random;

    arc4random_buf(&random, sizeof random);
    snprintf(store->token, sizeof store->token, "%" PRIx64, random);
    snprintf(store->marker, sizeof store->marker, "%s%s", claim_marker_begin(store->redis, arena),
             store->token);
    for (int tag = 0; tag < CLAIM_TAGS; tag++)
        redis_addf(store->redis, 5, "SET", token_key(store, arena, tag), "1", "PX", token_kept_ms);
    return redis_exchange(store->redis, arena, &replies, &count, err);
}

/* The markers name the Redis at which the restore began: one that was restarted, or is another,
 * does not take them for its own. And each is set only where the token still is: one that was
 * emptied meanwhile has forgotten claims that were restored already. */
static enum outcome set_markers(struct claim_store *store, struct arena *arena, struct err *err) {
    FAULT_POINT("before_markers");
    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        const char *argv[] = {token_key(store, arena, tag),
                              claim_redis_key(store, arena, tag, "marker"),
                              claim_redis_key(store, arena, tag, "~size"), store->marker};
        redis_add_script(store->redis, &store->restored_all, 3, 4, argv, NULL);
    }
    struct redis_reply *replies;
    int count;
    enum outcome result = redis_exchange(store->redis, arena, &replies, &count, err);
    for (int i = 0; result == OUTCOME_DONE && i < count; i++) {
        if (replies[i].number) continue;
        err_set(err, "Redis has lost what was restored: once more");
        result = OUTCOME_WAIT;
    }

    return result;
}

/* Whether each tag has a marker of this run: then somebody has restored everything. One that cannot
 * be read (somebody put another type there) is none, and written over. */
static enum outcome look_at_markers(struct claim_store *store, struct arena *arena, bool *good_out,
                                    struct err *err) {
    const char *begin = claim_marker_begin(store->redis, arena);
    struct redis_reply *replies;
    int count;

    for (int tag = 0; tag < CLAIM_TAGS; tag++)
        redis_addf(store->redis, 2, "GET", claim_redis_key(store, arena, tag, "marker"));
    enum outcome result = redis_exchange(store->redis, arena, &replies, &count, err);
    if (result == OUTCOME_STOP) return OUTCOME_DONE;
    if (result != OUTCOME_DONE) return result;
    *good_out = *begin != 0;
    for (int i = 0; i < count; i++)
        *good_out = *good_out && replies[i].kind == REDIS_TEXT &&
                    strncmp(replies[i].text, begin, strlen(begin)) == 0;

    return OUTCOME_DONE;
}

/* Several may restore at once, but each of them would take as long as all together. So whoever is
 * first does it for all; who does not go on in time has lost his turn. */
static enum outcome take_turn(struct claim_store *store, struct arena *arena, struct err *err) {
    struct redis_reply reply;
    const char *key = claim_redis_key(store, arena, 0, "restorer");
    enum outcome asked =
        redis_ask(store->redis, arena, &reply, err, 6, "SET", key, "1", "NX", "PX", turn_kept_ms);

    if (asked != OUTCOME_DONE) return asked;
    store->turn = reply.kind == REDIS_TEXT;
    if (store->turn) return OUTCOME_DONE;
    err_set(err, "another worker restores them");
    return OUTCOME_WAIT;
}

/* What cannot be told runs out by itself. */
static void keep_turn(struct claim_store *store, struct arena *arena, const char *ms) {
    struct redis_reply reply;
    struct err err;
    const char *key = claim_redis_key(store, arena, 0, "restorer");

    if (store->turn && redis_ask(store->redis, arena, &reply, &err, 5, "SET", key, "1", "PX", ms))
        store->turn = false;
}

static enum outcome start_restore(struct claim_store *store, struct kafka_asker *asker,
                                  struct arena *arena, struct err *err) {
    enum outcome told = take_turn(store, arena, err);
    if (told == OUTCOME_DONE) told = set_tokens(store, arena, err);
    if (told != OUTCOME_DONE) return told;
    return start(store, &store->restoring, asker, arena, err);
}

static enum outcome restore_some(struct claim_store *store, struct arena *arena, int64_t until_ms,
                                 struct err *err) {
    store->ops = NULL;
    store->op_count = 0;
    enum outcome read = read_some(store, &store->restoring, add_restore, arena, until_ms, err);
    enum outcome sent = claim_run(store, arena, store->ops, store->op_count, NULL, err);
    if (read == OUTCOME_DONE) return sent;
    return read;
}

static void say_restored(const struct claim_reading *reading) {
    log_say(LOG_INFO, "claims restored", "count", log_int(reading->count), "ms",
            log_int(clock_boot_ms() - reading->began_ms), NULL);
}

static void end_restore(struct claim_store *store, struct arena *arena) {
    static const char at_once_ms[] = "1";

    keep_turn(store, arena, at_once_ms);
    store->turn = false;
    stop(&store->restoring);
}

enum outcome claim_store_restore(struct claim_store *store, struct kafka_asker *asker, int ms,
                                 struct err *err) {
    struct claim_reading *reading = &store->restoring;
    struct arena *arena = arena_new();
    int64_t until_ms = clock_boot_ms() + ms;
    enum outcome result = OUTCOME_DONE;
    bool is_there = false;

    keep_turn(store, arena, turn_kept_ms);
    if (!reading->reader) result = look_at_markers(store, arena, &is_there, err);
    if (!reading->reader && !is_there && result == OUTCOME_DONE)
        result = start_restore(store, asker, arena, err);
    while (result == OUTCOME_DONE && !is_there && !all_read(reading) &&
           clock_boot_ms() < until_ms) {
        result = restore_some(store, arena, until_ms, err);
        arena_reset(arena);
    }
    if (is_there) {
        log_say(LOG_INFO, "claims were restored by another worker", NULL);
    } else if (result == OUTCOME_DONE && !all_read(reading)) {
        result = OUTCOME_BROKEN;
    } else if (result == OUTCOME_DONE) {
        result = set_markers(store, arena, err);
        if (result == OUTCOME_DONE) say_restored(reading);
    }
    if (result != OUTCOME_BROKEN) end_restore(store, arena);
    arena_free(arena);
    return result;
}

/* ---- Tidying ---- */

/* A record that has run out says nothing any more. Its key is its owner's alone, who asks again
 * only while it lives; so a tombstone takes nothing from anybody. */
static void bury(struct claim_store *store, struct arena *arena, const struct raw *raw) {
    struct kept kept;
    struct err err;

    if (!read_kept(raw, arena, &kept) || !is_over(&store->tidying, &kept)) return;
    const struct kafka_message tombstone = {.topic = TOPIC_CLAIMS,
                                            .partition = raw->partition,
                                            .key = raw->key,
                                            .key_len = raw->key_len};
    if (kafka_produce(store->buries, &tombstone, &err) == KAFKA_DONE) store->tidying.count++;
}

/* One of all workers a day. */
static bool is_our_turn(struct claim_store *store, struct arena *arena) {
    struct redis_reply reply;
    struct err err;
    const char *key = claim_redis_key(store, arena, 0, "tidied");
    const char *day_ms = claim_number(arena, CLAIM_DAY_MS);
    enum outcome asked =
        redis_ask(store->redis, arena, &reply, &err, 6, "SET", key, "1", "NX", "PX", day_ms);
    return asked == OUTCOME_DONE && reply.kind == REDIS_TEXT;
}

static bool start_tidying(struct claim_store *store, struct kafka_asker *asker,
                          struct arena *arena) {
    struct err err;
    store->tidy_at_ms = clock_boot_ms() + TIDY_LOOK_MS;
    if (!is_our_turn(store, arena)) return false;
    if (!store->buries) store->buries = kafka_producer_new(&store->kafka, NULL, &err);
    return store->buries && start(store, &store->tidying, asker, arena, &err) == OUTCOME_DONE;
}

static void end_tidying(struct claim_store *store) {
    struct err err;
    enum kafka_outcome outcome = kafka_flush(store->buries, FLUSH_MS, &err);

    log_say(LOG_INFO, "claims tidied", "taken_out", log_int(store->tidying.count), "ms",
            log_int(clock_boot_ms() - store->tidying.began_ms), "error",
            outcome == KAFKA_DONE ? "" : err.text, NULL);
    kafka_producer_free(store->buries);
    store->buries = NULL;
    stop(&store->tidying);
    store->tidy_at_ms = clock_boot_ms() + TIDY_LOOK_MS;
}

bool claim_store_tidy(struct claim_store *store, struct kafka_asker *asker, int ms) {
    struct claim_reading *reading = &store->tidying;

    if (!store->tidy_at_ms) store->tidy_at_ms = clock_boot_ms() + TIDY_LOOK_MS;
    if (clock_boot_ms() < store->tidy_at_ms) return reading->reader != NULL;
    struct arena *arena = arena_new();
    struct err err;
    bool goes_on = reading->reader || start_tidying(store, asker, arena);
    if (goes_on &&
        read_some(store, reading, bury, arena, clock_boot_ms() + ms, &err) != OUTCOME_DONE) {
        stop(reading); /* another day */
        goes_on = false;
    }
    if (goes_on) store->tidy_at_ms = clock_boot_ms() + TIDY_EVERY_MS;
    if (goes_on && all_read(reading)) {
        end_tidying(store);
        goes_on = false;
    }
    arena_free(arena);

    return goes_on;
}

void claim_store_restart(struct claim_store *store) {
    stop(&store->restoring);
    stop(&store->tidying);
}
