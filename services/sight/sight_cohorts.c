/* sight_cohorts: by the index of their ends, which closed ones have left. */
#include "sight/sight_cohorts.h"
#include "base/clock.h"
#include "data/json.h"

#include <stdlib.h>
#include <string.h>

enum { TENANT, DIMENSION, VALUE, COHORTS };

static const struct field cohort_fields[] = {
    {FIELD(sight_cohort, cohort_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The cohort."},
    {FIELD(sight_cohort, tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD(sight_cohort, dimension), .type = FIELD_NAME,
     .doc = "carrier, warehouse, sku, batch, lane or day,"},
    {FIELD(sight_cohort, value), .type = FIELD_TEXT, .doc = "and which."},
    {FIELD(sight_cohort, status), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "waiting (for a person) or open."},
    {FIELD_AS("class", sight_cohort, class_name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The class of complaint that threatens."},
    {FIELD(sight_cohort, by), .type = FIELD_NAME, .doc = "Who found it; absent: the rate."},
    {FIELD(sight_cohort, members), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "Orders warned or at risk."},
    {FIELD(sight_cohort, warned), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "Orders that it has warned."},
    {FIELD(sight_cohort, ends_at), .type = FIELD_TIME, .doc = "When it ends."},
    FIELDS_END};
const struct table sight_cohort_table = {.name = "cohort",
                                         .size = sizeof(struct sight_cohort),
                                         .fields = cohort_fields,
                                         .doc = "Orders at risk from one cause."};

static int64_t number_of(const struct tree *tree, const char *name) {
    const struct tree *number = tree_get(tree, name);
    return number && number->kind == TREE_INT ? number->num : 0;
}

static int64_t time_of(const struct tree *tree, const char *name) {
    const char *text = tree_text(tree, name);
    int64_t ms;
    return text && clock_parse(text, &ms) == 0 ? ms : 0;
}

static void add(struct sight *sight, const struct redis_reply *hash, const struct tree *cohort,
                struct sight_cohorts *out) {
    const char *status = tree_text(cohort, "status");
    const char *cohort_id = tree_text(cohort, "cohort_id");
    const char *class_name = tree_text(cohort, "class");

    if (!status || !cohort_id || !class_name || strcmp(status, "closed") == 0) return;
    *ARENA_ADD(sight->arena, out->at, out->count) = (struct sight_cohort){
        .cohort_id = cohort_id,
        .tenant = sight_item(hash, TENANT),
        .dimension = sight_item(hash, DIMENSION),
        .value = sight_item(hash, VALUE),
        .status = status,
        .class_name = class_name,
        .by = tree_text(cohort, "by"),
        .members = number_of(cohort, "members"),
        .warned = number_of(cohort, "warned"),
        .ends_at = time_of(cohort, "ends_at"),
        .all = cohort,
    };
}

static void take(struct sight *sight, const struct redis_reply *hash, struct sight_cohorts *out) {
    const char *text = sight_item(hash, COHORTS);
    const struct tree *cohorts;
    struct err err;

    if (!text || json_read(sight->arena, text, strlen(text), NULL, &cohorts, &err) != JSON_OK) {
        out->lost++;
        return;
    }
    for (const struct tree *at = cohorts->first; at; at = at->next) add(sight, hash, at, out);
}

static int by_need(const void *a, const void *b) {
    const struct sight_cohort *one = a;
    const struct sight_cohort *two = b;
    int order = strcmp(two->status, one->status); /* "waiting" before "open" */
    if (order) return order;
    if (one->ends_at != two->ends_at) return one->ends_at < two->ends_at ? -1 : 1;
    return strcmp(one->cohort_id, two->cohort_id);
}

int sight_cohorts_read(struct sight *sight, struct sight_cohorts *out) {
    struct redis_reply *found;
    struct redis_reply *hashes;
    int shards;
    int count;
    int asked = 0;

    *out = (struct sight_cohorts){NULL, 0, 0};
    for (int shard = 0; shard < sight->shards; shard++)
        redis_addf(sight->redis, 4, "ZRANGE", sight_key(sight, "cohort", shard, "by:ends_at"), "0",
                   "-1");
    if (sight_exchange(sight, &found, &shards) < 0) return -1;
    for (int shard = 0; shard < shards; shard++)
        for (int i = 0; i < found[shard].count; i++, asked++)
            redis_addf(sight->redis, 6, "HMGET",
                       sight_key(sight, "cohort", shard,
                                 arena_printf(sight->arena, "case:%s", found[shard].items[i].text)),
                       "tenant", "dimension", "value", "cohorts");
    if (asked == 0) return 0;
    if (sight_exchange(sight, &hashes, &count) < 0) return -1;
    for (int i = 0; i < count; i++) take(sight, &hashes[i], out);
    qsort(out->at, (size_t)out->count, sizeof *out->at, by_need);
    return 0;
}

const struct sight_cohort *sight_cohorts_find(const struct sight_cohorts *cohorts,
                                              const char *cohort_id) {
    for (int i = 0; i < cohorts->count; i++)
        if (strcmp(cohorts->at[i].cohort_id, cohort_id) == 0) return &cohorts->at[i];
    return NULL;
}
