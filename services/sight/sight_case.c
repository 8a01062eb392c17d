/* sight_case: see the header. */
#include "sight/sight_case.h"
#include "base/ids.h"

#include <string.h>

/* The checksum is left out, and what is packed where it is not wanted. */
static struct pairs pairs_of(const struct redis_reply *hash, struct arena *arena, bool packed) {
    struct pairs pairs = {NULL, 0};

    for (int i = 0; hash->kind == REDIS_LIST && i + 1 < hash->count; i += 2) {
        const struct redis_reply *name = &hash->items[i];
        const struct redis_reply *value = &hash->items[i + 1];
        if (name->text[0] == '#' || (name->text[0] == FIELDS_PACK_NAME && !packed)) continue;
        *ARENA_ADD(arena, pairs.at, pairs.count) =
            (struct pair){name->text, value->text, value->len};
    }
    return pairs;
}

static struct redis_reply text_reply(const char *text, size_t len) {
    return (struct redis_reply){.kind = REDIS_TEXT, .text = text, .len = len};
}

static const struct redis_reply *reply_of(const struct pairs *pairs, struct arena *arena) {
    struct redis_reply *reply = ARENA_NEW(arena, struct redis_reply);

    reply->kind = REDIS_LIST;
    reply->count = 2 * pairs->count;
    reply->items = arena_alloc(arena, sizeof *reply->items * (size_t)(reply->count + 1));
    for (int i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->at[i];
        reply->items[2 * i] = text_reply(pair->name, strlen(pair->name));
        reply->items[2 * i + 1] = text_reply(pair->value, pair->value_len);
    }
    return reply;
}

/* made_by: the fingerprint of the table that the hash's view was made by. */
static const struct redis_reply *expand(struct sight *sight, const char *case_id,
                                        const struct table *table, const struct redis_reply *hash,
                                        const struct redis_reply *made_by) {
    char fingerprint[FIELDS_FINGERPRINT_SIZE];
    struct arena *arena = sight->arena;
    struct err err;

    fields_fingerprint(table, fingerprint);
    bool ours = made_by->kind == REDIS_TEXT && strcmp(made_by->text, fingerprint) == 0;
    struct hashes hashes = {.id = case_id, .public = pairs_of(hash, arena, true)};
    struct pairs pairs;
    bool good =
        hashes.public.count && ours && fields_expand(table, &hashes, arena, &pairs, &err) == 0;
    if (!good) pairs = pairs_of(hash, arena, false);
    return reply_of(&pairs, arena);
}

int sight_case_read(struct sight *sight, const char *case_id, bool private,
                    struct sight_case *out) {
    static const char *const workers[] = {"sla", "compensation", "notification"};
    struct redis_reply *replies;
    int count;
    int shard = ids_partition(case_id, IDS_ROUTE_LEN, sight->shards);

    for (int i = 0; i < 3; i++) {
        redis_addf(sight->redis, 2, "HGETALL", sight_case_key(sight, workers[i], case_id));
        redis_addf(sight->redis, 3, "HGET", sight_key(sight, workers[i], shard, "totals"),
                   "@schema");
    }
    if (private)
        redis_addf(sight->redis, 2, "HGETALL",
                   sight_key(sight, "notification", shard,
                             arena_printf(sight->arena, "private:%s", case_id)));
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    *out = (struct sight_case){
        .case_id = case_id,
        .sla = expand(sight, case_id, &sla_state_table, &replies[0], &replies[1]),
        .compensation = expand(sight, case_id, &compensation_state_table, &replies[2], &replies[3]),
        .notification =
            expand(sight, case_id, &notification_state_table, &replies[4], &replies[5])};
    if (private) out->private = &replies[6];

    return 0;
}

bool sight_case_is_none(const struct sight_case *found) {
    return found->sla->count == 0 && found->compensation->count == 0;
}

/* What begins with these is the view's own, or of a version that this one does not know. */
static void add_pairs(struct pairs *pairs, const struct redis_reply *hash) {
    for (int i = 0; hash && i + 1 < hash->count; i += 2) {
        const struct redis_reply *name = &hash->items[i];
        const struct redis_reply *value = &hash->items[i + 1];
        if (strchr("@#", name->text[0])) continue;
        pairs->at[pairs->count++] = (struct pair){name->text, value->text, value->len};
    }
}

static int read_state(struct sight *sight, const struct sight_case *found,
                      const struct table *table, const struct redis_reply *public,
                      const struct redis_reply *private, void *out) {
    struct pairs pairs = {NULL, 0};
    struct err err;
    size_t most = (size_t) public->count;
    if (private) most += (size_t) private->count;

    pairs.at = arena_alloc(sight->arena, (most + 1) * sizeof *pairs.at);
    add_pairs(&pairs, public);
    add_pairs(&pairs, private);
    if (fields_unflatten(table, &pairs, sight->arena, out, &err) == 0) return 0;
    return err_set(&sight->err, "case %s: %s", found->case_id, err.text);
}

int sight_case_sla(struct sight *sight, const struct sight_case *found, struct sla_state *out) {
    *out = (struct sla_state){0};
    return read_state(sight, found, &sla_state_table, found->sla, NULL, out);
}

int sight_case_compensation(struct sight *sight, const struct sight_case *found,
                            struct compensation_state *out) {
    *out = (struct compensation_state){0};
    return read_state(sight, found, &compensation_state_table, found->compensation, NULL, out);
}

int sight_case_notification(struct sight *sight, const struct sight_case *found,
                            struct notification_state *out) {
    *out = (struct notification_state){0};
    return read_state(sight, found, &notification_state_table, found->notification, found->private,
                      out);
}

int sight_case_compensations(struct sight *sight, int shard, const char *const *case_ids, int count,
                             struct compensation_state *out) {
    struct redis_reply *replies;
    int replied;

    for (int i = 0; i < count; i++)
        redis_addf(sight->redis, 2, "HGETALL", sight_case_key(sight, "compensation", case_ids[i]));
    redis_addf(sight->redis, 3, "HGET", sight_key(sight, "compensation", shard, "totals"),
               "@schema");
    if (sight_exchange(sight, &replies, &replied) < 0) return -1;

    for (int i = 0; i < count; i++) {
        struct sight_case found = {.case_id = case_ids[i]};
        found.compensation =
            expand(sight, case_ids[i], &compensation_state_table, &replies[i], &replies[count]);
        if (sight_case_compensation(sight, &found, &out[i]) < 0) return -1;
    }
    return 0;
}
