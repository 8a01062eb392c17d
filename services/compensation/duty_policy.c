/* duty_policy: the tables. */
#include "duty_policy.h"
#include "base/clock.h"
#include "decision/claims.h"
#include "offer_policy.h"

#define DAY_MS INT64_C(86400000)

static const char *const ofs[] = {"customer", "address", "phone", NULL};
static const char *const counts[] = {"offers", "accounts", NULL};
static const char *const thens[] = {"expire", "reject", "approve", NULL};

static const struct field settle_fields[] = {
    {FIELD(duty_settle, after), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,
     .max = INT64_MAX, .doc = "So long after it was ordered first."},
    {FIELD(duty_settle, retry), .type = FIELD_BOOL,
     .doc = "It is ordered again, under the same settlement_id."},
    {FIELD(duty_settle, to), .type = FIELD_CHOICE, .choices = contract_roles,
     .doc = "The role that is told."},
    {FIELD(duty_settle, kinds), .type = FIELD_TEXTS,
     .doc =
         "Remedies that it is about; without it, all: an inspection takes longer than a refund."},
    FIELDS_END,
};
const struct table duty_settle_table = {.name = "settle",
                                        .size = sizeof(struct duty_settle),
                                        .fields = settle_fields,
                                        .doc = "What is done about a settlement that is not "
                                               "done."};

static const struct field undecided_fields[] = {
    {FIELD(duty_undecided, then), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = thens,
     .doc = "expire, reject, or approve what policy offers up to `up_to` (more of it expires)."},
    {FIELD(duty_undecided, up_to), .type = FIELD_TREE,
     .doc = "approve: up to this: {currency: minor units}."},
    FIELDS_END,
};
const struct table duty_undecided_table = {.name = "undecided",
                                           .size = sizeof(struct duty_undecided),
                                           .fields = undecided_fields,
                                           .doc = "What happens when nobody has decided."};

static const struct field delegation_fields[] = {
    {FIELD(duty_delegation, from), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The actor who is away."},
    {FIELD(duty_delegation, to), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The actor who decides in that place."},
    {FIELD(duty_delegation, role), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_roles, .doc = "As which role."},
    {FIELD(duty_delegation, begins), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "From then on,"},
    {FIELD(duty_delegation, ends), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "and before then."},
    {FIELD(duty_delegation, up_to), .type = FIELD_TREE,
     .doc = "Up to this cost: {currency: minor units}; absent: as far as the role reaches."},
    FIELDS_END,
};
const struct table duty_delegation_table = {.name = "delegation",
                                            .size = sizeof(struct duty_delegation),
                                            .fields = delegation_fields,
                                            .doc = "Who decides in whose place, and when."};

static const struct field budget_fields[] = {
    {FIELD(duty_budget, name), .type = FIELD_NAME, .max = 80,
     .doc = "Its name; that of `by` when absent."},
    {FIELD(duty_budget, by), .type = FIELD_CHOICE, .choices = offer_policy_by,
     .doc = "What these approve counts; absent: what anybody approves."},
    {FIELD(duty_budget, tenant), .type = FIELD_TEXTS, .doc = "Of these tenants only."},
    {FIELD_AS("class", duty_budget, class_names), .type = FIELD_TEXTS,
     .doc = "Of these classes only, also quality.*"},
    {FIELD(duty_budget, daily), .type = FIELD_TREE,
     .doc = "What may be approved in a day, for each tenant, in one currency."},
    {FIELD(duty_budget, monthly), .type = FIELD_TREE, .doc = "The same for a month."},
    {FIELD(duty_budget, over), .type = FIELD_CHOICE, .choices = contract_roles,
     .doc = "Without `by`: the lowest role that may approve beyond it."},
    FIELDS_END,
};
const struct table duty_budget_table = {.name = "budget",
                                        .size = sizeof(struct duty_budget),
                                        .fields = budget_fields,
                                        .doc = "What may be approved in a day or a month."};

static const struct field history_fields[] = {
    {FIELD(duty_history, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "By it rules and reviews ask."},
    {FIELD(duty_history, of), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = ofs,
     .doc = "Whose: of the customer, of all at an address, or of all with a telephone number."},
    {FIELD(duty_history, counts), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = counts,
     .doc = "offers: cases in which something is offered or was chosen; accounts: customers."},
    {FIELD_AS("class", duty_history, class_names), .type = FIELD_TEXTS,
     .doc = "Offers in cases of these classes only, also quality.*"},
    {FIELD(duty_history, within), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = DAY_MS,
     .max = CLAIMS_KEPT_MAX_MS - DAY_MS, .doc = "Each counts so long."},
    FIELDS_END,
};
const struct table duty_history_table = {.name = "history",
                                         .size = sizeof(struct duty_history),
                                         .fields = history_fields,
                                         .doc = "What is counted of who complains."};

const char *duty_budget_name(const struct duty_budget *budget) {
    if (budget->name) return budget->name;
    return fields_choice_name(offer_policy_by, budget->by);
}

const struct tree *duty_budget_limit(const struct duty_budget *budget, int *digits_out) {
    *digits_out = budget->daily ? DUTY_DAY_DIGITS : DUTY_MONTH_DIGITS;
    if (budget->daily) return budget->daily;
    return budget->monthly;
}

const char *duty_budget_key(const char *name, const char *tenant, const char *currency,
                            const char *period, struct arena *arena) {
    return arena_printf(arena, "budget\x1f%s\x1f%s\x1f%s\x1f%s", name, tenant, currency, period);
}

const char *duty_budget_period(const struct offer_policy *policy, int64_t ms, int digits,
                               struct arena *arena) {
    char text[CLOCK_TEXT_MAX];

    clock_format_hour(ms + policy->day_offset, text);
    return arena_strndup(arena, text, (size_t)digits);
}

bool duty_settle_is_about(const struct duty_settle *step, int remedy_kind) {
    return step->kinds.count == 0 ||
           texts_has(&step->kinds, fields_choice_name(contract_remedy_kinds, remedy_kind));
}
