/* sight_causes: by the index of when they were told. */
#include "sight/sight_causes.h"
#include "sight/sight_values.h"

#include <stdlib.h>
#include <string.h>

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

static void take(struct sight *sight, const struct sight_value *value, void *context) {
    struct sight_causes *out = context;
    const struct tree *cause = value->item;
    const char *status = tree_text(cause, "status");
    const char *cause_id = tree_text(cause, "cause_id");
    const char *class_name = tree_text(cause, "class");

    if (!status || !cause_id || !class_name) return;
    *ARENA_ADD(sight->arena, out->at, out->count) = (struct sight_cause){
        .cause_id = cause_id,
        .tenant = value->tenant,
        .dimension = value->dimension,
        .value = value->value,
        .status = status,
        .class_name = class_name,
        .party = tree_text(cause, "party"),
        .outcome = tree_text(cause, "outcome"),
        .at = sight_values_time(cause, "at"),
        .complaints = sight_values_number(cause, "complaints"),
        .orders = sight_values_number(cause, "orders"),
        .rate = sight_values_real(cause, "rate"),
        .usual_rate = sight_values_real(cause, "usual_rate"),
        .all = cause,
    };
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
    *out = (struct sight_causes){NULL, 0, 0};
    if (sight_values_read(sight, "risen_at", "causes", take, out, &out->lost) < 0) return -1;
    if (out->count) qsort(out->at, (size_t)out->count, sizeof *out->at, by_need);
    return 0;
}

const struct sight_cause *sight_causes_find(const struct sight_causes *causes,
                                            const char *cause_id) {
    for (int i = 0; i < causes->count; i++)
        if (strcmp(causes->at[i].cause_id, cause_id) == 0) return &causes->at[i];
    return NULL;
}
