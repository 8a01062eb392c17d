/* sight_cohorts: by the index of their ends, which closed ones have left. */
#include "sight/sight_cohorts.h"
#include "sight/sight_values.h"

#include <stdlib.h>
#include <string.h>

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

static void take(struct sight *sight, const struct sight_value *value, void *context) {
    struct sight_cohorts *out = context;
    const struct tree *cohort = value->item;
    const char *status = tree_text(cohort, "status");
    const char *cohort_id = tree_text(cohort, "cohort_id");
    const char *class_name = tree_text(cohort, "class");

    if (!status || !cohort_id || !class_name || strcmp(status, "closed") == 0) return;
    *ARENA_ADD(sight->arena, out->at, out->count) = (struct sight_cohort){
        .cohort_id = cohort_id,
        .tenant = value->tenant,
        .dimension = value->dimension,
        .value = value->value,
        .status = status,
        .class_name = class_name,
        .by = tree_text(cohort, "by"),
        .members = sight_values_number(cohort, "members"),
        .warned = sight_values_number(cohort, "warned"),
        .ends_at = sight_values_time(cohort, "ends_at"),
        .all = cohort,
    };
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
    *out = (struct sight_cohorts){NULL, 0, 0};
    if (sight_values_read(sight, "ends_at", "cohorts", take, out, &out->lost) < 0) return -1;
    if (out->count) qsort(out->at, (size_t)out->count, sizeof *out->at, by_need);
    return 0;
}

const struct sight_cohort *sight_cohorts_find(const struct sight_cohorts *cohorts,
                                              const char *cohort_id) {
    for (int i = 0; i < cohorts->count; i++)
        if (strcmp(cohorts->at[i].cohort_id, cohort_id) == 0) return &cohorts->at[i];
    return NULL;
}
