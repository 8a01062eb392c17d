/* sight_approvals: see the header. */
#include "sight/sight_approvals.h"
#include "base/ids.h"
#include "data/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct field waiting_fields[] = {
    {FIELD(sight_waiting, proposal_id), .type = FIELD_ID, .doc = "`<case_id>.<n>`."},
    {FIELD(sight_waiting, case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The case."},
    {FIELD(sight_waiting, approve_by), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "It expires then."},
    {FIELD(sight_waiting, role), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Who must approve: agent, supervisor, manager or finance."},
    {FIELD(sight_waiting, currency), .type = FIELD_NAME, .doc = "Of the cost; ISO 4217."},
    {FIELD_AS("class", sight_waiting, class_name), .type = FIELD_NAME, .doc = "The case's class."},
    {FIELD(sight_waiting, severity), .type = FIELD_NAME, .doc = "P1 to P4."},
    {FIELD(sight_waiting, tier), .type = FIELD_NAME, .doc = "The customer's tier."},
    {FIELD(sight_waiting, team), .type = FIELD_NAME, .doc = "The team that has the case."},
    {FIELD(sight_waiting, approvals), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "Approvals counted by now."},
    {FIELD(sight_waiting, required), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "Approvals that it needs."},
    {FIELD(sight_waiting, cost_minor), .type = FIELD_INT,
     .doc = "Cost of its costliest option, in minor units."},
    FIELDS_END};
const struct table sight_waiting_table = {.name = "approval",
                                          .size = sizeof(struct sight_waiting),
                                          .fields = waiting_fields,
                                          .doc = "A proposal that awaits approval."};

enum {
    BATCH = 500, /* proposals asked for in one exchange */
    COMMANDS = 4 /* a proposal */
};

/* What is asked of a proposal's hash, and of its case's. */
enum { STATUS, PROPOSAL, NEEDS, APPROVALS, COST, CURRENCY };

static int by_time(const void *a, const void *b) {
    const struct sight_waiting *one = a;
    const struct sight_waiting *two = b;
    if (one->approve_by != two->approve_by) return one->approve_by < two->approve_by ? -1 : 1;
    return strcmp(one->case_id, two->case_id);
}

/* The earliest `limit` of each shard hold the earliest `limit` of all. */
static int read_index(struct sight *sight, int64_t limit, struct sight_approvals *out) {
    struct redis_reply *replies;
    int count;
    int total = 0;
    const char *most = arena_printf(sight->arena, "%" PRId64, limit);

    for (int shard = 0; shard < sight->shards; shard++)
        redis_addf(sight->redis, 8, "ZRANGEBYSCORE",
                   sight_key(sight, "compensation", shard, "by:approve_by"), "-inf", "+inf",
                   "WITHSCORES", "LIMIT", "0", most);
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    for (int shard = 0; shard < count; shard++) total += replies[shard].count / 2;
    out->at = arena_alloc(sight->arena, ((size_t)total + 1) * sizeof *out->at);
    out->count = 0;
    for (int shard = 0; shard < count; shard++)
        for (int i = 0; i + 1 < replies[shard].count; i += 2)
            out->at[out->count++] = (struct sight_waiting){
                .case_id = replies[shard].items[i].text,
                .approve_by = (int64_t)strtod(replies[shard].items[i + 1].text, NULL)};
    qsort(out->at, (size_t)out->count, sizeof *out->at, by_time);

    return 0;
}

static void ask(struct sight *sight, const char *case_id) {
    const char *key = sight_case_key(sight, "compensation", case_id);
    int shard = ids_partition(case_id, IDS_ROUTE_LEN, sight->shards);

    redis_addf(sight->redis, 8, "HMGET", key, "status", "proposal_id", "needs", "approvals",
               "cost_minor", "currency");
    /* Behind the hash: a proposal that was decided meanwhile is in neither. */
    redis_addf(sight->redis, 3, "ZSCORE", sight_key(sight, "compensation", shard, "by:approve_by"),
               case_id);
    redis_addf(sight->redis, 5, "HMGET", sight_case_key(sight, "sla", case_id), "class", "severity",
               "tier");
    redis_addf(sight->redis, 3, "HGET", sight_case_key(sight, "notification", case_id), "team");
}

/* needs: {"role": "supervisor", "approvals": 2} */
static void read_needs(struct sight_waiting *waiting, const char *text, struct arena *arena) {
    const struct tree *needs;
    struct err err;

    waiting->role = "-";
    if (!text || json_read(arena, text, strlen(text), NULL, &needs, &err) != JSON_OK) return;
    const char *role = tree_text(needs, "role");
    const struct tree *approvals = tree_get(needs, "approvals");
    if (role) waiting->role = role;
    if (approvals && approvals->kind == TREE_INT) waiting->required = approvals->num;
}

/* False when it does not wait (any more). */
static bool take(struct sight_waiting *waiting, const struct redis_reply *replies,
                 struct sight_approvals *out, struct arena *arena) {
    const char *status = sight_item(&replies[0], STATUS);

    out->lost += !status && replies[1].kind == REDIS_TEXT;
    waiting->proposal_id = sight_item(&replies[0], PROPOSAL);
    waiting->approvals = sight_number(sight_item(&replies[0], APPROVALS));
    waiting->cost_minor = sight_number(sight_item(&replies[0], COST));
    waiting->currency = sight_item(&replies[0], CURRENCY);
    read_needs(waiting, sight_item(&replies[0], NEEDS), arena);
    waiting->class_name = sight_item(&replies[2], 0);
    waiting->severity = sight_item(&replies[2], 1);
    waiting->tier = sight_item(&replies[2], 2);
    if (replies[3].kind == REDIS_TEXT) waiting->team = replies[3].text;
    return status && strcmp(status, "awaiting_approval") == 0;
}

int sight_approvals_read(struct sight *sight, const char *role, int64_t limit,
                         struct sight_approvals *out) {
    struct redis_reply *replies;
    int got;
    int kept = 0;

    *out = (struct sight_approvals){NULL, 0, 0};
    if (read_index(sight, role ? SIGHT_APPROVALS_MAX : limit, out) < 0) return -1;
    for (int first = 0; first < out->count && kept < limit; first += BATCH) {
        int count = out->count - first;
        if (count > BATCH) count = BATCH;
        for (int i = 0; i < count; i++) ask(sight, out->at[first + i].case_id);
        if (sight_exchange(sight, &replies, &got) < 0) return -1;
        for (int i = 0; i < count && kept < limit; i++) {
            struct sight_waiting waiting = out->at[first + i];
            if (!take(&waiting, &replies[COMMANDS * i], out, sight->arena)) continue;
            if (!role || strcmp(role, waiting.role) == 0) out->at[kept++] = waiting;
        }
    }
    out->count = kept;

    return 0;
}
