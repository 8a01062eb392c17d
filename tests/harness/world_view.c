/* world_view: a Redis view against the fold of its changelog, both as sorted lines of text. */
#include "base/clock.h"
#include "base/ids.h"
#include "outside/redis.h"
#include "world.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct json_limits own_limits = {.bytes = 8 << 20, .depth = 64, .values = 1 << 20};

enum {
    HOUR_MS = 3600 * 1000,
    HOURS_KEPT_MS = 8 * 24 * HOUR_MS,
    SHOWN_MAX = 50,
    ANSWER_MS = 240000,
    SETTLE_MS = 30000, /* and not before so many looks: one takes long on a slow machine */
    LOOKS_MIN = 10
};

struct lines {
    char **at;
    int count, size;
};

static void add_line(struct lines *lines, const char *fmt, ...) PRINTF(2, 3);
static void add_line(struct lines *lines, const char *fmt, ...) {
    if (lines->count == lines->size) {
        lines->size = lines->size ? lines->size * 2 : 1024;
        lines->at = realloc(lines->at, sizeof *lines->at * (size_t)lines->size);
    }
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&lines->at[lines->count++], fmt, args) < 0) wait_fail("out of memory");
    va_end(args);
}

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(struct lines *lines) {
    if (lines->count) qsort(lines->at, (size_t)lines->count, sizeof *lines->at, compare);
}

static void free_lines(struct lines *lines) {
    for (int i = 0; i < lines->count; i++) free(lines->at[i]);
    free(lines->at);
}

/* ---- The fold ---- */

struct last { /* the last record of a case */
    char *id, *value;
    size_t len;
    int64_t offset;
};
struct fold {
    const struct worker_spec *spec;
    const char *prefix;
    struct last *cases; /* by hash of shard and id */
    size_t size, used;
    int64_t ends[512];
    int *shards;
};

static size_t slot_of(const struct fold *fold, int shard, const char *id) {
    size_t at = (ids_table_hash(id, strlen(id)) + (size_t)shard) & (fold->size - 1);

    while (fold->cases[at].id && (strcmp(fold->cases[at].id, id) != 0 || fold->shards[at] != shard))
        at = (at + 1) & (fold->size - 1);
    return at;
}

static void grow(struct fold *fold) {
    struct fold bigger = *fold;

    bigger.size = fold->size ? fold->size * 2 : 4096;
    bigger.cases = calloc(bigger.size, sizeof *bigger.cases);
    bigger.shards = calloc(bigger.size, sizeof *bigger.shards);
    for (size_t i = 0; i < fold->size; i++) {
        if (!fold->cases[i].id) continue;
        size_t at = slot_of(&bigger, fold->shards[i], fold->cases[i].id);
        bigger.cases[at] = fold->cases[i];
        bigger.shards[at] = fold->shards[i];
    }
    free(fold->cases);
    free(fold->shards);
    *fold = bigger;
}

static void fold_record(void *context, const struct raw *raw) {
    struct fold *fold = context;

    fold->ends[raw->partition] = raw->offset + 1;
    if (raw->key_len == 4 && memcmp(raw->key, "@log", 4) == 0) return;
    if ((fold->used + 1) * 2 > fold->size) grow(fold);
    char *id = strndup(raw->key, raw->key_len);
    size_t at = slot_of(fold, raw->partition, id);
    if (fold->cases[at].id) {
        free(id);
        free(fold->cases[at].value);
    } else {
        fold->cases[at].id = id;
        fold->shards[at] = raw->partition;
        fold->used++;
    }
    fold->cases[at].value =
        raw->value ? memcpy(malloc(raw->value_len + 1), raw->value, raw->value_len) : NULL;
    fold->cases[at].len = raw->value_len;
    fold->cases[at].offset = raw->offset;
}

struct tally { /* counters, summed over cases */
    char *key;
    int64_t sum;
};
struct tallies {
    struct tally *at;
    int count;
};

static void tally(struct tallies *tallies, const char *key) {
    for (int i = 0; i < tallies->count; i++)
        if (strcmp(tallies->at[i].key, key) == 0) {
            tallies->at[i].sum++;
            return;
        }
    tallies->at = realloc(tallies->at, sizeof *tallies->at * (size_t)(tallies->count + 1));
    tallies->at[tallies->count++] = (struct tally){strdup(key), 1};
}

static void tally_total(struct tallies *tallies, struct arena *arena, const char *base,
                        const char *kind, const char *name) {
    tally(tallies, arena_printf(arena, "%stotals hash %s%s=", base, kind, name));
}

static void add_pairs(struct lines *lines, const char *key, const struct pairs *pairs) {
    for (int i = 0; i < pairs->count; i++)
        add_line(lines, "%s hash %s=%s", key, pairs->at[i].name, pairs->at[i].value);
}

/* The table by which both sides are read must not pass over anything: written again, the record has
 * as many members. */
static void check_nothing_dropped(const struct table *table, const struct tree *tree,
                                  const void *state, struct arena *arena, const char *id) {
    const struct tree *again;
    struct err err;
    struct buf buf = {0};

    fields_encode(table, state, &(struct json_out){.buf = &buf});
    if (json_read(arena, buf.at, buf.len, &own_limits, &again, &err) != JSON_OK)
        wait_fail("%s: %s", id, err.text);
    for (const struct tree *member = tree->first; member; member = member->next)
        if (!tree_equal(member, tree_get(again, member->key)))
            wait_fail("%s: %s of its changelog record is not carried along", id, member->key);
    buf_free(&buf);
}

/* One case's part of the fold. */
struct part {
    const struct table *table;
    const char *base, *id; /* "redress:{sla.3}:" */
    struct arena *arena;
    struct lines *lines;
    struct tallies *tallies;
};

static void fold_hashes(const struct part *part, const void *state) {
    struct hashes hashes;
    fields_to_hashes(part->table, state, part->id, part->arena, &hashes);
    add_pairs(part->lines, arena_printf(part->arena, "%scase:%s", part->base, part->id),
              &hashes.public);
    add_pairs(part->lines, arena_printf(part->arena, "%sprivate:%s", part->base, part->id),
              &hashes.private);
    tally_total(part->tallies, part->arena, part->base, "@cases", "");
}

static void fold_indexes(const struct part *part, const void *state) {
    struct marks marks = {0};
    bool wakes = false;

    fields_indexes(part->table, state, part->arena, &marks);
    for (int i = 0; i < marks.count; i++) {
        wakes |= strcmp(marks.at[i].name, "wake_at") == 0;
        add_line(part->lines, "%sby:%s zset %s %" PRId64, part->base, marks.at[i].name, part->id,
                 marks.at[i].ms);
        tally_total(part->tallies, part->arena, part->base, "by:", marks.at[i].name);
    }
    if (!wakes) add_line(part->lines, "%sasleep set %s", part->base, part->id);
    marks = (struct marks){0};
    fields_finds(part->table, state, part->arena, &marks);
    for (int i = 0; i < marks.count; i++) {
        add_line(part->lines, "%sof:%s zset %s %" PRId64, part->base, marks.at[i].name, part->id,
                 marks.at[i].ms);
        tally_total(part->tallies, part->arena, part->base, "of:", marks.at[i].name);
    }
}

static void fold_counters(const struct part *part, const void *state) {
    struct marks marks = {0};

    fields_counters(part->table, state, part->arena, &marks);
    for (int i = 0; i < marks.count; i++) {
        tally(part->tallies, arena_printf(part->arena, "%scount:%s hash %s=", part->base,
                                          marks.at[i].name, marks.at[i].value));
        tally_total(part->tallies, part->arena, part->base, "count:", marks.at[i].name);
    }
    marks = (struct marks){0};
    fields_hours(part->table, state, part->arena, &marks);
    for (int i = 0; i < marks.count; i++) {
        char hour[CLOCK_TEXT_MAX];
        if (marks.at[i].ms - marks.at[i].ms % HOUR_MS + HOURS_KEPT_MS <= clock_now_ms()) continue;
        clock_format_hour(marks.at[i].ms, hour);
        tally(part->tallies,
              arena_printf(part->arena, "%shour:%s hash %s=", part->base, hour, marks.at[i].name));
        tally_total(part->tallies, part->arena, part->base, "hour:", hour);
    }
}

static void fold_case(const struct fold *fold, size_t at, struct arena *arena, struct lines *lines,
                      struct tallies *tallies) {
    const struct tree *tree;
    struct err err;
    const struct last *last = &fold->cases[at];
    struct part part = {.table = fold->spec->state,
                        .id = last->id,
                        .arena = arena,
                        .lines = lines,
                        .tallies = tallies};

    part.base =
        arena_printf(arena, "%s:{%s.%d}:", fold->prefix, fold->spec->name, fold->shards[at]);
    void *state = arena_alloc(arena, part.table->size);
    struct faults faults = {.arena = arena};
    if (json_read(arena, last->value, last->len, &own_limits, &tree, &err) != JSON_OK ||
        fields_decode(part.table, tree, FIELDS_STATE, arena, state, &faults) != 0) {
        add_line(lines, "%sunread hash %s=changelog offset %" PRId64, part.base, last->id,
                 last->offset);
        tally_total(tallies, arena, part.base, "@unread", "");
        return;
    }
    check_nothing_dropped(part.table, tree, state, arena, last->id);
    fold_hashes(&part, state);
    fold_indexes(&part, state);
    fold_counters(&part, state);
}

static void fold_changelog(struct world *world, const struct worker_spec *spec,
                           struct lines *lines) {
    struct fold fold = {.spec = spec, .prefix = world->config.topic_prefix};
    struct tallies tallies = {0};
    struct arena *arena = arena_new();

    world_read(world, TOPIC_STATE, spec->name, fold_record, &fold);
    for (size_t i = 0; i < fold.size; i++) {
        if (!fold.cases[i].id) continue;
        if (fold.cases[i].value) fold_case(&fold, i, arena, lines, &tallies);
        arena_reset(arena);
        free(fold.cases[i].id);
        free(fold.cases[i].value);
    }
    for (int i = 0; i < tallies.count; i++) {
        add_line(lines, "%s%" PRId64, tallies.at[i].key, tallies.at[i].sum);
        free(tallies.at[i].key);
    }
    char fingerprint[FIELDS_FINGERPRINT_SIZE];
    fields_fingerprint(spec->state, fingerprint);
    for (int i = 0; i < 512; i++) {
        if (!fold.ends[i]) continue;
        const char *base =
            arena_printf(arena, "%s:{%s.%d}:", world->config.topic_prefix, spec->name, i);
        add_line(lines, "%sapplied string %" PRId64, base, fold.ends[i]);
        add_line(lines, "%stotals hash @schema=%s", base, fingerprint);
    }
    free(tallies.at);
    free(fold.cases);
    free(fold.shards);
    arena_free(arena);
}

/* ---- The dump ---- */

/* False: the key has become one of another type since it was looked at, for a view is made anew. */
static bool ask(struct redis *redis, struct arena *arena, struct redis_reply *reply,
                const char *verb, const char *a, const char *b, const char *c, const char *d) {
    struct err err;
    int argc = d ? 5 : c ? 4 : b ? 3 : 2;
    int result = 1;

    for (int64_t end_ms = wait_now_ms() + ANSWER_MS; result == 1 && wait_now_ms() < end_ms;)
        result = redis_ask(redis, arena, reply, &err, argc, verb, a, b, c, d);
    if (result && strstr(err.text, "WRONGTYPE")) return false;
    if (result) wait_fail("%s: %s", verb, err.text);
    return true;
}

static bool ends_with(const char *text, const char *end) {
    size_t a = strlen(text);
    size_t b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static void dump_key(struct redis *redis, struct arena *arena, const char *key,
                     struct lines *lines) {
    struct redis_reply type, value;

    if (ends_with(key, "}:applied_at")) return; /* when, not what */
    if (!ask(redis, arena, &type, "TYPE", key, NULL, NULL, NULL)) return;
    if (strcmp(type.text, "none") == 0) return; /* it went since */
    if (strcmp(type.text, "hash") == 0) {
        if (!ask(redis, arena, &value, "HGETALL", key, NULL, NULL, NULL)) return;
        for (int i = 0; i + 1 < value.count; i += 2) {
            const char *name = value.items[i].text;
            const char *text = value.items[i + 1].text;
            bool unread =
                ends_with(key, "}:unread"); /* where, not why: that is not what is compared */
            if (strcmp(name, "#") == 0)
                continue; /* the workers hold what they read against it themselves */
            add_line(lines, "%s hash %s=%.*s", key, name,
                     (int)(unread ? strcspn(text, ":") : strlen(text)), text);
        }
    } else if (strcmp(type.text, "set") == 0) {
        if (!ask(redis, arena, &value, "SMEMBERS", key, NULL, NULL, NULL)) return;
        for (int i = 0; i < value.count; i++)
            add_line(lines, "%s set %s", key, value.items[i].text);
    } else if (strcmp(type.text, "zset") == 0) {
        if (!ask(redis, arena, &value, "ZRANGE", key, "0", "-1", "WITHSCORES")) return;
        for (int i = 0; i + 1 < value.count; i += 2)
            add_line(lines, "%s zset %s %.0f", key, value.items[i].text,
                     strtod(value.items[i + 1].text, NULL));
    } else {
        if (!ask(redis, arena, &value, "GET", key, NULL, NULL, NULL)) return;
        add_line(lines, "%s string %s", key, value.text ? value.text : "");
    }
}

static void scan(struct redis *redis, struct arena *arena, struct redis_reply *reply,
                 const char *cursor, const char *pattern) {
    enum outcome outcome = OUTCOME_WAIT;
    struct err err;

    for (int64_t end_ms = wait_now_ms() + ANSWER_MS;
         outcome == OUTCOME_WAIT && wait_now_ms() < end_ms;)
        outcome = redis_ask(redis, arena, reply, &err, 6, "SCAN", cursor, "MATCH", pattern, "COUNT",
                            "1000");
    if (outcome != OUTCOME_DONE) wait_fail("SCAN: %s", err.text);
}

/* Shard by shard: of several servers, each has some. */
static void find_keys(struct world *world, const struct worker_spec *spec, struct redis *redis,
                      int shard, struct lines *keys) {
    struct arena *arena = arena_new();
    char pattern[300];
    char cursor[32] = "0";

    snprintf(pattern, sizeof pattern, "%s:{%s.%d}:*", world->config.topic_prefix, spec->name,
             shard);
    do {
        struct redis_reply reply;
        scan(redis, arena, &reply, cursor, pattern);
        snprintf(cursor, sizeof cursor, "%s", reply.items[0].text);
        for (int i = 0; i < reply.items[1].count; i++)
            add_line(keys, "%s", reply.items[1].items[i].text);
        arena_reset(arena);
    } while (strcmp(cursor, "0") != 0);
    arena_free(arena);
}

static void dump_redis(struct world *world, const struct worker_spec *spec, struct lines *lines) {
    struct err err;
    struct redis *redis = redis_new(world->config.redis_url, &err);
    struct arena *arena = arena_new();
    struct lines keys = {0};
    int shards = kafka_partitions(world->asker, TOPIC_EVENTS, ANSWER_MS, &err);

    if (shards < 0) wait_fail("%s", err.text);
    for (int i = 0; i < shards; i++) find_keys(world, spec, redis, i, &keys);
    sort_lines(&keys);
    for (int i = 0; i < keys.count; i++) {
        if (i && strcmp(keys.at[i], keys.at[i - 1]) == 0) continue; /* SCAN may give a key twice */
        dump_key(redis, arena, keys.at[i], lines);
        if (i % 100 == 0) arena_reset(arena);
    }
    free_lines(&keys);
    redis_free(redis);
    arena_free(arena);
}

/* ---- Both ---- */

struct look {
    int lines, differ;
    bool applied; /* Redis has all that the changelogs had when the look began */
    int64_t ends; /* the changelogs' ends, summed: they only grow */
};

static bool is_applied(const char *line) {
    return strstr(line, "}:applied string ");
}

static struct look look_once(struct world *world, const struct worker_spec *spec, struct buf *diff,
                             size_t diff_len) {
    struct look look = {.applied = true};
    struct lines fold = {0};
    struct lines dump = {0};

    diff->len = diff_len;
    fold_changelog(world, spec, &fold);
    dump_redis(world, spec, &dump);
    sort_lines(&fold);
    sort_lines(&dump);
    for (int i = 0; i < fold.count; i++)
        if (is_applied(fold.at[i])) look.ends += strtoll(strrchr(fold.at[i], ' '), NULL, 10);
    for (int i = 0, k = 0; i < fold.count || k < dump.count;) {
        int order = i == fold.count ? 1 : k == dump.count ? -1 : strcmp(fold.at[i], dump.at[k]);
        const char *line = order < 0 ? fold.at[i] : dump.at[k];
        if (order && is_applied(line)) look.applied = false;
        if (order && look.differ++ < SHOWN_MAX)
            buf_printf(diff, "%s %.300s\n",
                       order < 0 ? "only in the fold: " : "only in redis:    ", line);
        i += order <= 0;
        k += order >= 0;
    }
    look.lines = fold.count;
    free_lines(&fold);
    free_lines(&dump);

    return look;
}

/* Workers run on while they are looked at: a deadline that is due in between stands in Redis and
 * not in what was read of the changelog. So a difference is one only where nothing was written
 * since the look began, which the next look tells, and where all that was written is applied. */
int world_check_view(struct world *world, const struct worker_spec *spec, struct buf *diff,
                     int *lines_out) {
    int64_t end_ms = wait_now_ms() + SETTLE_MS;
    size_t diff_len = diff->len;
    struct look look = look_once(world, spec, diff, diff_len);

    bool still = false;
    for (int looks = 1; look.differ && !still && (looks < LOOKS_MIN || wait_now_ms() < end_ms);
         looks++) {
        struct look before = look;
        look = look_once(world, spec, diff, diff_len);
        still = look.ends == before.ends && look.applied && before.applied;
    }
    *lines_out = look.lines;

    return look.differ;
}
