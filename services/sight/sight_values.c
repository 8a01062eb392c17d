/* sight_values: a walk over an index of redress-cohort's view. */
#include "sight/sight_values.h"
#include "base/clock.h"
#include "data/json.h"

#include <string.h>

enum { TENANT, DIMENSION, VALUE, LIST };

/* Our own, so only against a runaway. */
static const struct json_limits limits = {.bytes = 4 << 20, .depth = 32, .values = 1 << 20};

double sight_values_real(const struct tree *item, const char *name) {
    const struct tree *number = tree_get(item, name);

    if (!number || (number->kind != TREE_INT && number->kind != TREE_REAL)) return 0;
    return number->real;
}

int64_t sight_values_number(const struct tree *item, const char *name) {
    const struct tree *number = tree_get(item, name);

    if (!number || number->kind != TREE_INT) return 0;
    return number->num;
}

int64_t sight_values_time(const struct tree *item, const char *name) {
    const char *text = tree_text(item, name);
    int64_t ms;

    if (!text || clock_parse(text, &ms) != 0) return 0;
    return ms;
}

/* False: it has no list. */
static bool give(struct sight *sight, const struct redis_reply *hash, sight_values_taker *take,
                 void *context) {
    struct sight_value value = {.tenant = sight_item(hash, TENANT),
                                .dimension = sight_item(hash, DIMENSION),
                                .value = sight_item(hash, VALUE)};
    const char *text = sight_item(hash, LIST);
    const struct tree *list;
    struct err err;

    if (!text || json_read(sight->arena, text, strlen(text), &limits, &list, &err) != JSON_OK)
        return false;
    for (value.item = list->first; value.item; value.item = value.item->next)
        take(sight, &value, context);
    return true;
}

int sight_values_read(struct sight *sight, const char *by, const char *list,
                      sight_values_taker *take, void *context, int *lost_out) {
    const char *index = arena_printf(sight->arena, "by:%s", by);
    struct redis_reply *found;
    struct redis_reply *hashes;
    int shards;
    int count;
    int asked = 0;

    *lost_out = 0;
    for (int shard = 0; shard < sight->shards; shard++)
        redis_addf(sight->redis, 4, "ZRANGE", sight_key(sight, "cohort", shard, index), "0", "-1");
    if (sight_exchange(sight, &found, &shards) < 0) return -1;
    for (int shard = 0; shard < shards; shard++)
        for (int i = 0; i < found[shard].count; i++, asked++)
            redis_addf(sight->redis, 6, "HMGET",
                       sight_key(sight, "cohort", shard,
                                 arena_printf(sight->arena, "case:%s", found[shard].items[i].text)),
                       "tenant", "dimension", "value", list);
    if (asked == 0) return 0;
    if (sight_exchange(sight, &hashes, &count) < 0) return -1;
    for (int i = 0; i < count; i++) *lost_out += !give(sight, &hashes[i], take, context);
    return 0;
}
