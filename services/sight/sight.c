/* sight: the plumbing. */
#include "sight/sight.h"
#include "base/ids.h"

#include <stdlib.h>
#include <string.h>

enum { SHARDS_MAX = 10000 /* partitions of a topic: beyond any cluster that this serves */ };

int sight_exchange(struct sight *sight, struct redis_reply **replies_out, int *count_out) {
    struct err err;
    if (redis_exchange(sight->redis, sight->arena, replies_out, count_out, &err) == OUTCOME_DONE)
        return 0;
    return err_set(&sight->err, "Redis at %s: %s", redis_where(sight->redis), err.text);
}

int sight_open(struct sight *sight) {
    struct redis_reply *replies;
    int count;

    redis_addf(sight->redis, 3, "HGET", arena_printf(sight->arena, "%s:meta", sight->prefix),
               "shards");
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    if (replies[0].kind == REDIS_NIL)
        return err_set(&sight->err,
                       "Redis at %s has no %s:meta: no worker has run with this Redis and "
                       "REDRESS_TOPIC_PREFIX yet",
                       redis_where(sight->redis), sight->prefix);
    const char *text = "";
    if (replies[0].kind == REDIS_TEXT) text = replies[0].text;
    int shards = atoi(text);
    if (shards < 1 || shards > SHARDS_MAX)
        return err_set(&sight->err, "%s:meta: shards is \"%.20s\", expected 1-%d", sight->prefix,
                       text, SHARDS_MAX);
    sight->shards = shards;

    return 0;
}

const char *sight_key(struct sight *sight, const char *worker, int shard, const char *rest) {
    return arena_printf(sight->arena, "%s:{%s.%d}:%s", sight->prefix, worker, shard, rest);
}

const char *sight_case_key(struct sight *sight, const char *worker, const char *case_id) {
    int shard = ids_partition(case_id, IDS_ROUTE_LEN, sight->shards);
    return sight_key(sight, worker, shard, arena_printf(sight->arena, "case:%s", case_id));
}

static const char *text_of(const struct redis_reply *reply) {
    if (reply->kind == REDIS_TEXT) return reply->text;
    return NULL;
}

const char *sight_hash_get(const struct redis_reply *hash, const char *field) {
    for (int i = 0; hash->kind == REDIS_LIST && i + 1 < hash->count; i += 2)
        if (hash->items[i].kind == REDIS_TEXT && strcmp(hash->items[i].text, field) == 0)
            return text_of(&hash->items[i + 1]);
    return NULL;
}

const char *sight_item(const struct redis_reply *list, int index) {
    if (list->kind != REDIS_LIST || index >= list->count) return NULL;
    return text_of(&list->items[index]);
}

int64_t sight_number(const char *text) {
    if (!text) return 0;
    return strtoll(text, NULL, 10);
}
