/* cohort_state: the tables of what is kept of a dimension's value. */
#include "cohort.h"

static const char *const statuses[] = {"waiting", "open", "closed", NULL};

#define NAMED(table_struct, json_name, sentence)                                                   \
    {                                                                                              \
        .name = json_name, .size = sizeof(struct table_struct), .fields = table_struct##_fields,   \
        .doc = sentence                                                                            \
    }

static const struct field cohort_order_fields[] = {
    {FIELD(cohort_order, order_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The order."},
    {FIELD(cohort_order, customer_id), .type = FIELD_ID, .doc = "Whose it is."},
    {FIELD(cohort_order, carrier), .type = FIELD_NAME, .doc = "Who carries it."},
    {FIELD(cohort_order, warehouse), .type = FIELD_NAME, .doc = "Where it was sent from."},
    {FIELD(cohort_order, lane), .type = FIELD_NAME, .doc = "The transport lane."},
    {FIELD(cohort_order, skus), .type = FIELD_TEXTS, .doc = "Its articles, at most 20,"},
    {FIELD(cohort_order, batches), .type = FIELD_TEXTS, .doc = "and their batches."},
    {FIELD(cohort_order, status), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_order_statuses, .doc = "Where it stands."},
    {FIELD(cohort_order, placed_at), .type = FIELD_TIME, .doc = "When it was placed."},
    {FIELD(cohort_order, first_at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "When it was first heard of."},
    {FIELD(cohort_order, facts_at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "When its facts were so,"},
    {FIELD(cohort_order, facts_order), .type = FIELD_INT, .doc = "and their sequence."},
    {FIELD(cohort_order, complained), .type = FIELD_BOOL, .doc = "Its customer has complained."},
    {FIELD(cohort_order, counted), .type = FIELD_BOOL,
     .doc = "It counts where causes are looked for."},
    {FIELD(cohort_order, warned_by), .type = FIELD_NAME, .doc = "The cohort that warned it."},
    {FIELD_REST_OF(cohort_order, rest)},
    FIELDS_END,
};
static const struct table order_table = NAMED(cohort_order, "order", "An order.");

static const struct field cohort_pending_fields[] = {
    {FIELD(cohort_pending, case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The case."},
    {FIELD(cohort_pending, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "When it was opened."},
    {FIELD(cohort_pending, said_at), .type = FIELD_TIME, .doc = "When the customer complained."},
    {FIELD_REST_OF(cohort_pending, rest)},
    FIELDS_END,
};
static const struct table pending_table =
    NAMED(cohort_pending, "pending", "A complaint that has no class yet.");

static const struct field cohort_day_fields[] = {
    {FIELD(cohort_day, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED, .doc = "Its beginning."},
    {FIELD(cohort_day, orders), .type = FIELD_INT, .doc = "New orders."},
    {FIELD_REST_OF(cohort_day, rest)},
    FIELDS_END,
};
static const struct table day_table = NAMED(cohort_day, "day", "A day of the window.");

static const struct field cohort_count_fields[] = {
    {FIELD(cohort_count, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "A day's beginning."},
    {FIELD(cohort_count, group), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The group of classes."},
    {FIELD(cohort_count, complaints), .type = FIELD_INT, .doc = "How many there were."},
    {FIELD_REST_OF(cohort_count, rest)},
    FIELDS_END,
};
static const struct table count_table =
    NAMED(cohort_count, "count", "Complaints of a group on a day.");

static const struct field cohort_usual_fields[] = {
    {FIELD(cohort_usual, group), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The group of classes."},
    {FIELD(cohort_usual, complaints), .type = FIELD_REAL, .doc = "Decayed count."},
    {FIELD_REST_OF(cohort_usual, rest)},
    FIELDS_END,
};
static const struct table usual_table =
    NAMED(cohort_usual, "usual", "Complaints of a group before the window.");

static const struct field cohort_fields[] = {
    {FIELD(cohort, cohort_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "Its id."},
    {FIELD_AS("class", cohort, class_name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The class of complaint that threatens."},
    {FIELD(cohort, status), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = statuses,
     .doc = "`waiting` for a person, `open`, `closed`."},
    {FIELD(cohort, match), .type = FIELD_PART, .flags = FIELD_REQUIRED, .of = &contract_match,
     .doc = "Which orders."},
    {FIELD(cohort, placed_from), .type = FIELD_TIME, .doc = "Placed at this time or later."},
    {FIELD(cohort, placed_to), .type = FIELD_TIME, .doc = "Placed before this time."},
    {FIELD(cohort, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED, .doc = "When it was found."},
    {FIELD(cohort, opened_at), .type = FIELD_TIME, .doc = "When it opened."},
    {FIELD(cohort, ends_at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "When it ends; closed: when it is forgotten."},
    {FIELD(cohort, by), .type = FIELD_NAME, .doc = "The person that found it; absent: the rate."},
    {FIELD(cohort, limit), .type = FIELD_INT, .doc = "Orders that it may warn."},
    {FIELD(cohort, warned), .type = FIELD_INT, .doc = "Orders that it has warned."},
    {FIELD(cohort, members), .type = FIELD_INT, .doc = "Orders warned or still at risk."},
    {FIELD(cohort, complaints), .type = FIELD_INT, .doc = "By rate: complaints that there were,"},
    {FIELD(cohort, expected), .type = FIELD_REAL, .doc = "how many are usual,"},
    {FIELD(cohort, chance), .type = FIELD_REAL, .doc = "and how likely so many are by chance."},
    {FIELD_REST_OF(cohort, rest)},
    FIELDS_END,
};
static const struct table cohort_table = NAMED(cohort, "cohort", "Orders at risk from one cause.");

static const struct field cohort_line_fields[] = {
    {FIELD_AS("class", cohort_line, class_name), .type = FIELD_NAME,
     .doc = "The class of complaints; absent: orders."},
    {FIELD(cohort_line, last), .type = FIELD_INT, .doc = "The day of the last number."},
    {FIELD(cohort_line, counts), .type = FIELD_TEXT, .doc = "Counts by day."},
    {FIELD(cohort_line, examples), .type = FIELD_TEXTS, .doc = "The latest cases."},
    {FIELD_REST_OF(cohort_line, rest)},
    FIELDS_END,
};
static const struct table line_table = NAMED(cohort_line, "line", "Counts by day.");

static const char *const cause_statuses[] = {"risen", "answered", "over", NULL};
static const struct field cohort_cause_fields[] = {
    {FIELD(cohort_cause, cause_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "Its id."},
    {FIELD_AS("class", cohort_cause, class_name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The class of most of its complaints; those of its group count."},
    {FIELD(cohort_cause, status), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = cause_statuses, .doc = "`risen`, `answered`, `over`."},
    {FIELD(cohort_cause, party), .type = FIELD_NAME, .doc = "Who was told, and can mend it."},
    {FIELD(cohort_cause, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "When it was told."},
    {FIELD(cohort_cause, since_day), .type = FIELD_INT,
     .doc = "Its first day: days since 1970-01-01 in the tenant's zone."},
    {FIELD(cohort_cause, until_day), .type = FIELD_INT, .doc = "Over: its last day."},
    {FIELD(cohort_cause, days), .type = FIELD_INT, .doc = "The window that showed it: 1 or 7."},
    {FIELD(cohort_cause, complaints), .type = FIELD_INT, .doc = "Complaints in it,"},
    {FIELD(cohort_cause, orders), .type = FIELD_INT, .doc = "and orders."},
    {FIELD(cohort_cause, rate), .type = FIELD_REAL, .doc = "Complaints in 1 000 orders,"},
    {FIELD(cohort_cause, rate_from), .type = FIELD_REAL, .doc = "the interval of 95 in 100: from"},
    {FIELD(cohort_cause, rate_to), .type = FIELD_REAL, .doc = "to."},
    {FIELD(cohort_cause, usual_rate), .type = FIELD_REAL, .doc = "Those of the weeks before,"},
    {FIELD(cohort_cause, expected), .type = FIELD_REAL, .doc = "as complaints,"},
    {FIELD(cohort_cause, chance), .type = FIELD_REAL, .doc = "how likely so many are by chance."},
    {FIELD(cohort_cause, examples), .type = FIELD_TEXTS, .doc = "Cases of it."},
    {FIELD(cohort_cause, answered_at), .type = FIELD_TIME, .doc = "When something was done,"},
    {FIELD(cohort_cause, answered_day), .type = FIELD_INT, .doc = "on which day,"},
    {FIELD(cohort_cause, answer), .type = FIELD_TEXT, .doc = "what,"},
    {FIELD(cohort_cause, by), .type = FIELD_NAME, .doc = "and who said so."},
    {FIELD(cohort_cause, outcome), .type = FIELD_CHOICE, .choices = contract_cause_outcomes,
     .doc = "What became of it: `fallen`, `stays`, `over`, `lasting`; absent: not known yet."},
    {FIELD(cohort_cause, reviewed_at), .type = FIELD_TIME, .doc = "When that was told,"},
    {FIELD(cohort_cause, reviewed_rate), .type = FIELD_REAL, .doc = "at what rate of that week."},
    {FIELD(cohort_cause, told), .type = FIELD_BOOL, .doc = "What the answer brought was told."},
    {FIELD_REST_OF(cohort_cause, rest)},
    FIELDS_END,
};
static const struct table cause_table =
    NAMED(cohort_cause, "cause", "More complaints than usual have one cause.");

#define OWN(member, field_type)                                                                    \
    FIELD(cohort_state, member), .type = field_type, .flags = FIELD_HIDDEN
static const struct field state_fields[] = {
    {FIELD(cohort_state, status), .type = FIELD_CHOICE, .flags = FIELD_COUNTED, .choices = statuses,
     .doc = "Of its cohorts the one that needs most attention; absent: none."},
    {FIELD(cohort_state, tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD(cohort_state, dimension), .type = FIELD_CHOICE, .choices = cohort_dimensions,
     .doc = "The dimension."},
    {FIELD(cohort_state, value), .type = FIELD_TEXT, .doc = "Its value."},
    {FIELD(cohort_state, ends_at), .type = FIELD_TIME, .flags = FIELD_INDEXED,
     .doc = "When the first of its cohorts ends."},
    {FIELD(cohort_state, waits_since), .type = FIELD_TIME, .flags = FIELD_INDEXED,
     .doc = "Since when one waits for a person."},
    {FIELD(cohort_state, cohorts), .type = FIELD_PARTS, .of = &cohort_table,
     .doc = "Its cohorts; closed ones for a window."},
    {FIELD(cohort_state, cause_status), .type = FIELD_CHOICE, .flags = FIELD_COUNTED,
     .choices = cause_statuses,
     .doc = "Of its causes the one that needs most attention; absent: none."},
    {FIELD(cohort_state, risen_at), .type = FIELD_TIME, .flags = FIELD_INDEXED,
     .doc = "When the latest of its causes was told."},
    {FIELD(cohort_state, causes), .type = FIELD_PARTS, .of = &cause_table,
     .doc = "Its causes; those that are over for nine weeks."},
    {FIELD(cohort_state, orders), .type = FIELD_PARTS, .flags = FIELD_PRIVATE, .of = &order_table,
     .doc = "The orders that it holds."},
    {OWN(policy_version, FIELD_NAME), .doc = "The version of cohort.yaml."},
    {OWN(pending, FIELD_PARTS), .of = &pending_table, .doc = "Complaints without a class yet."},
    {OWN(days, FIELD_PARTS), .of = &day_table, .doc = "Orders by day."},
    {OWN(counts, FIELD_PARTS), .of = &count_table, .doc = "Complaints by group and day."},
    {OWN(usual, FIELD_PARTS), .of = &usual_table, .doc = "Complaints before, decayed,"},
    {OWN(usual_orders, FIELD_REAL), .doc = "orders before, decayed,"},
    {OWN(usual_at, FIELD_TIME), .doc = "as of then."},
    {OWN(incomplete_until, FIELD_TIME), .doc = "Until then an order that was let go is missing."},
    {OWN(lines, FIELD_PARTS), .of = &line_table, .doc = "Orders, and complaints by class, by day,"},
    {OWN(judged_day, FIELD_INT), .doc = "looked at up to this day."},
    {FIELD(cohort_state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN,
     .doc = "When it must be looked at again."},
    {FIELD_REST_OF(cohort_state, rest)},
    FIELDS_END,
};
#undef OWN
const struct table cohort_state_table = {
    .name = "cohort",
    .size = sizeof(struct cohort_state),
    .fields = state_fields,
    .doc = "Orders that share a carrier, warehouse, article, batch, lane or day."};
