/* sight_person: see the header. */
#include "sight/sight_person.h"
#include "data/fields.h"
#include "sight/sight_case.h"
#include "sight/sight_claims.h"

#include <inttypes.h>
#include <string.h>

static const char customer_id[] = "customer_id"; /* the field that both find states by */

static void ask_shard(struct sight *sight, const char *worker, int shard, const char *number) {
    const char *key =
        sight_key(sight, worker, shard, arena_printf(sight->arena, "of:%s", customer_id));
    redis_addf(sight->redis, 4, "ZRANGEBYSCORE", key, number, number);
}

/* Those of his tenant: another tenant's customer may have the same id. */
static int count_notification(struct sight *sight, int shard, const struct redis_reply *ids,
                              const char *tenant, int64_t *count_out) {
    struct redis_reply *replies;
    int count;

    for (int i = 0; i < ids->count; i++)
        redis_addf(sight->redis, 3, "HGET",
                   sight_key(sight, "notification", shard,
                             arena_printf(sight->arena, "case:%s", ids->items[i].text)),
                   "tenant");
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    for (int i = 0; i < count; i++)
        *count_out += replies[i].kind == REDIS_TEXT && strcmp(replies[i].text, tenant) == 0;
    return 0;
}

static int count_compensation(struct sight *sight, int shard, const struct redis_reply *ids,
                              const char *tenant, int64_t *count_out) {
    size_t count = (size_t)ids->count;
    const char **names = arena_alloc(sight->arena, count * sizeof *names);
    struct compensation_state *states = arena_alloc(sight->arena, count * sizeof *states);

    for (int i = 0; i < ids->count; i++) names[i] = ids->items[i].text;
    if (sight_case_compensations(sight, shard, names, ids->count, states) < 0) return -1;
    for (int i = 0; i < ids->count; i++)
        *count_out += states[i].tenant && strcmp(states[i].tenant, tenant) == 0;
    return 0;
}

static bool are_some(const struct redis_reply *ids) {
    return ids->kind == REDIS_LIST && ids->count > 0;
}

int sight_person_cases(struct sight *sight, const struct sight_person *person,
                       int64_t *notification_out, int64_t *compensation_out) {
    const char *number =
        arena_printf(sight->arena, "%" PRId64, fields_found_as(customer_id, person->customer_id));
    struct redis_reply *replies;
    int count;

    *notification_out = *compensation_out = 0;
    for (int shard = 0; shard < sight->shards; shard++) {
        ask_shard(sight, "notification", shard, number);
        ask_shard(sight, "compensation", shard, number);
    }
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    for (int shard = 0; shard < sight->shards; shard++) {
        const struct redis_reply *found = &replies[2 * shard];
        if (are_some(&found[0]) &&
            count_notification(sight, shard, &found[0], person->tenant, notification_out) < 0)
            return -1;
        if (are_some(&found[1]) &&
            count_compensation(sight, shard, &found[1], person->tenant, compensation_out) < 0)
            return -1;
    }
    return 0;
}

int sight_person_erased(struct sight *sight, const struct secrets *secrets,
                        const struct sight_person *person, int64_t *at_out) {
    const char *account =
        contract_account(sight->arena, secrets, person->tenant, person->customer_id);
    const char *claim = contract_erased_claim(sight->arena, account);
    struct redis_reply *replies;
    int count;

    sight_claims_ask(sight, claim, SIGHT_CLAIM_LAST);
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    /* Without its marker an older erasure may be there, and the last one lost. */
    bool known = sight_claims_take(replies, at_out);
    if (!known || replies[SIGHT_CLAIM_MARKER].kind != REDIS_TEXT)
        return err_set(&sight->err, "Redis has lost its claims, and with them who was erased: the "
                                    "workers restore them with their next decision");
    return 0;
}
