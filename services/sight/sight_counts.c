/* sight_counts: see the header. */
#include "sight/sight_counts.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 3600 * 1000 };

static const struct field count_fields[] = {
    {FIELD(sight_count, value), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .doc = "The value."},
    {FIELD(sight_count, cases), .type = FIELD_INT, .flags = FIELD_REQUIRED, .doc = "How many."},
    FIELDS_END};
const struct table sight_count_table = {.name = "count",
                                        .size = sizeof(struct sight_count),
                                        .fields = count_fields,
                                        .doc = "A value, and how many have it."};

static const struct field hour_fields[] = {
    {FIELD(sight_hour, from), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "Where the hour begins."},
    {FIELD(sight_hour, metrics), .type = FIELD_PARTS, .of = &sight_count_table,
     .doc = "opened, resolved, <target>_met, <target>_breached."},
    FIELDS_END};
const struct table sight_hour_table = {.name = "hour",
                                       .size = sizeof(struct sight_hour),
                                       .fields = hour_fields,
                                       .doc = "What happened in an hour."};

void sight_counts_add(struct parts *counts, const char *value, int64_t cases, struct arena *arena) {
    struct sight_count *at = counts->at;

    if (counts->count >= SIGHT_VALUES_MAX) value = "other";
    for (int i = 0; i < counts->count; i++)
        if (strcmp(at[i].value, value) == 0) {
            at[i].cases += cases;
            return;
        }
    struct sight_count *added = ARENA_ADD(arena, at, counts->count);
    *added = (struct sight_count){value, cases};
    counts->at = at;
}

static int by_cases(const void *a, const void *b) {
    const struct sight_count *one = a;
    const struct sight_count *two = b;
    if (one->cases != two->cases) return one->cases < two->cases ? 1 : -1;
    return strcmp(one->value, two->value);
}

void sight_counts_sort(struct parts *counts) {
    struct sight_count *at = counts->at;
    int kept = 0;

    for (int i = 0; i < counts->count; i++)
        if (at[i].cases != 0) at[kept++] = at[i];
    counts->count = kept;
    if (kept) qsort(at, (size_t)kept, sizeof *at, by_cases);
}

static void add_hash(struct parts *counts, const struct redis_reply *hash, struct arena *arena) {
    for (int i = 0; hash->kind == REDIS_LIST && i + 1 < hash->count; i += 2)
        sight_counts_add(counts, hash->items[i].text, sight_number(hash->items[i + 1].text), arena);
}

int sight_counts_read(struct sight *sight, struct sight_counts *out) {
    static const char *const counted[] = {"status", "severity", "tier", "class"};
    enum { COUNTED = sizeof counted / sizeof *counted };
    struct redis_reply *replies;
    int got;

    *out = (struct sight_counts){0};
    struct parts *const lists[] = {&out->status, &out->severity, &out->tier, &out->class_name};
    for (int shard = 0; shard < sight->shards; shard++)
        for (int i = 0; i < COUNTED; i++)
            redis_addf(
                sight->redis, 2, "HGETALL",
                sight_key(sight, "sla", shard, arena_printf(sight->arena, "count:%s", counted[i])));
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int i = 0; i < got; i++) add_hash(lists[i % COUNTED], &replies[i], sight->arena);
    for (int i = 0; i < COUNTED; i++) sight_counts_sort(lists[i]);

    return 0;
}

int sight_counts_due(struct sight *sight, const struct texts *targets, struct sight_span *spans,
                     int count) {
    struct redis_reply *replies;
    int got;
    int lanes = sight->shards * targets->count;
    if (lanes == 0) return 0;

    for (int span = 0; span < count; span++) {
        const char *from = "-inf";
        if (spans[span].from_ms != INT64_MIN)
            from = arena_printf(sight->arena, "%" PRId64, spans[span].from_ms);
        const char *to = arena_printf(sight->arena, "(%" PRId64, spans[span].to_ms);
        for (int i = 0; i < lanes; i++)
            redis_addf(
                sight->redis, 4, "ZCOUNT",
                sight_key(sight, "sla", i / targets->count,
                          arena_printf(sight->arena, "by:%s_due", targets->at[i % targets->count])),
                from, to);
    }
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int span = 0; span < count; span++) {
        spans[span].deadlines = 0;
        for (int i = 0; i < lanes; i++) spans[span].deadlines += replies[span * lanes + i].number;
    }

    return 0;
}

int sight_hours_read(struct sight *sight, int64_t last_ms, int count, struct sight_hour *hours) {
    char hour[CLOCK_TEXT_MAX];
    struct redis_reply *replies;
    int got;

    for (int i = 0; i < count; i++) {
        int64_t from = last_ms / HOUR_MS * HOUR_MS - (int64_t)(count - 1 - i) * HOUR_MS;
        hours[i] = (struct sight_hour){.from = from};
        const char *rest = arena_printf(sight->arena, "hour:%s", clock_format_hour(from, hour));
        for (int shard = 0; shard < sight->shards; shard++)
            redis_addf(sight->redis, 2, "HGETALL", sight_key(sight, "sla", shard, rest));
    }
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int i = 0; i < got; i++)
        add_hash(&hours[i / sight->shards].metrics, &replies[i], sight->arena);
    for (int i = 0; i < count; i++) sight_counts_sort(&hours[i].metrics);

    return 0;
}
