/* sight_causes: by the index of when they were told. */
#include "sight/sight_causes.h"
#include "base/clock.h"
#include "data/json.h"

#include <stdlib.h>
#include <string.h>

enum { TENANT, DIMENSION, VALUE, CAUSES };

static const struct field cause_fields[] = {
    {FIELD(sight_cause, cause_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The cause."},
    {FIELD(sight_cause, tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD(sight_cause, dimension), .type = FIELD_NAME,
     .doc = "carrier, warehouse, sku, batch or lane,"},
    {FIELD(sight_cause, value), .type = FIELD_TEXT, .doc = "and which."},
    {FIELD(sight_cause, status), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "risen, answered or over."},
    {FIELD_AS("class", sight_cause, class_name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The class of most of its complaints."},
    {FIELD(sight_cause, party), .type = FIELD_NAME, .doc = "The role that was told."},
    {FIELD(sight_cause, outcome), .type = FIELD_NAME,
     .doc = "fallen, stays, over or lasting; absent: not known yet."},
    {FIELD(sight_cause, at), .type = FIELD_TIME, .doc = "When it was told."},
    {FIELD(sight_cause, complaints), .type = FIELD_INT, .doc = "Complaints that showed it,"},
    {FIELD(sight_cause, orders), .type = FIELD_INT, .doc = "and orders."},
    {FIELD(sight_cause, rate), .type = FIELD_REAL, .doc = "Complaints in 1 000 orders,"},
    {FIELD(sight_cause, usual_rate), .type = FIELD_REAL, .doc = "and those that were usual."},
    FIELDS_END};
const struct table sight_cause_table = {.name = "cause",
                                        .size = sizeof(struct sight_cause),
                                        .fields = cause_fields,
                                        .doc = "What brings more complaints than usual."};

static double real_of(const struct tree *tree, const char *name) {
    const struct tree *number = tree_get(tree, name);
    bool known = number && (number->kind == TREE_INT || number->kind == TREE_REAL);
    return known ? number->real : 0;
}

static int64_t time_of(const struct tree *tree, const char *name) {
    const char *text = tree_text(tree, name);
    int64_t ms;
    return text && clock_parse(text, &ms) == 0 ? ms : 0;
}

static void add(struct sight *sight, const struct redis_reply *hash, const struct tree *cause,
                struct sight_causes *out) {
    const char *status = tree_text(cause, "status");
    const char *cause_id = tree_text(cause, "cause_id");
    const char *class_name = tree_text(cause, "class");

    if (!status || !cause_id || !class_name) return;
    *ARENA_ADD(sight->arena, out->at, out->count) = (struct sight_cause){
        .cause_id = cause_id,
        .tenant = sight_item(hash, TENANT),
        .dimension = sight_item(hash, DIMENSION),
        .value = sight_item(hash, VALUE),
        .status = status,
        .class_name = class_name,
        .party = tree_text(cause, "party"),
        .outcome = tree_text(cause, "outcome"),
        .at = time_of(cause, "at"),
        .complaints = (int64_t)real_of(cause, "complaints"),
        .orders = (int64_t)real_of(cause, "orders"),
        .rate = real_of(cause, "rate"),
        .usual_rate = real_of(cause, "usual_rate"),
        .all = cause,
    };
}

static void take(struct sight *sight, const struct redis_reply *hash, struct sight_causes *out) {
    const char *text = sight_item(hash, CAUSES);
    const struct tree *causes;
    struct err err;

    if (!text || json_read(sight->arena, text, strlen(text), NULL, &causes, &err) != JSON_OK) {
        out->lost++;
        return;
    }
    for (const struct tree *at = causes->first; at; at = at->next) add(sight, hash, at, out);
}

static int need_of(const struct sight_cause *cause) {
    if (strcmp(cause->status, "risen") == 0) return 0;
    return strcmp(cause->status, "answered") == 0 ? 1 : 2;
}

static int by_need(const void *a, const void *b) {
    const struct sight_cause *one = a;
    const struct sight_cause *two = b;
    int order = need_of(one) - need_of(two);
    if (order) return order;
    if (one->at != two->at) return one->at > two->at ? -1 : 1;
    return strcmp(one->cause_id, two->cause_id);
}

int sight_causes_read(struct sight *sight, struct sight_causes *out) {
    struct redis_reply *found;
    struct redis_reply *hashes;
    int shards;
    int count;
    int asked = 0;

    *out = (struct sight_causes){NULL, 0, 0};
    for (int shard = 0; shard < sight->shards; shard++)
        redis_addf(sight->redis, 4, "ZRANGE", sight_key(sight, "cohort", shard, "by:risen_at"), "0",
                   "-1");
    if (sight_exchange(sight, &found, &shards) < 0) return -1;
    for (int shard = 0; shard < shards; shard++)
        for (int i = 0; i < found[shard].count; i++, asked++)
            redis_addf(sight->redis, 6, "HMGET",
                       sight_key(sight, "cohort", shard,
                                 arena_printf(sight->arena, "case:%s", found[shard].items[i].text)),
                       "tenant", "dimension", "value", "causes");
    if (asked == 0) return 0;
    if (sight_exchange(sight, &hashes, &count) < 0) return -1;
    for (int i = 0; i < count; i++) take(sight, &hashes[i], out);
    if (out->count) qsort(out->at, (size_t)out->count, sizeof *out->at, by_need);
    return 0;
}

const struct sight_cause *sight_causes_find(const struct sight_causes *causes,
                                            const char *cause_id) {
    for (int i = 0; i < causes->count; i++)
        if (strcmp(causes->at[i].cause_id, cause_id) == 0) return &causes->at[i];
    return NULL;
}
