/* sight_budgets: the counts among the claims that services/compensation/hold.c makes. */
#include "sight/sight_budgets.h"
#include "compensation/duty_policy.h"
#include "sight/sight_claims.h"

static const struct field budget_fields[] = {
    {FIELD(sight_budget, budget), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Its name in compensation.yaml, or what it is for."},
    {FIELD(sight_budget, tenant), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The tenant."},
    {FIELD(sight_budget, period), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The day, YYYYMMDD, or month, YYYYMM, as compensation.yaml counts days."},
    {FIELD(sight_budget, currency), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "ISO 4217."},
    {FIELD(sight_budget, limit_minor), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "What may be approved in the period, in minor units."},
    {FIELD(sight_budget, used_minor), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "What has been approved by now."},
    {FIELD(sight_budget, lost), .type = FIELD_BOOL,
     .doc = "Redis has lost its claims: what is used is not known before the workers restore them, "
            "with their next decision."},
    FIELDS_END};
const struct table sight_budget_table = {.name = "budget",
                                         .size = sizeof(struct sight_budget),
                                         .fields = budget_fields,
                                         .doc =
                                             "A budget of a day or month, and how much is used."};

enum { BUDGETS_MAX = 500 }; /* tenants times roles; more is no page for people */

static void ask_used(struct sight *sight, const struct sight_budget *budget) {
    const char *claim = duty_budget_key(budget->budget, budget->tenant, budget->currency,
                                        budget->period, sight->arena);

    sight_claims_ask(sight, claim, SIGHT_CLAIM_SUM);
}

static void add_budget(struct sight *sight, const struct offer_policy *policy,
                       const struct duty_budget *row, const char *tenant, int64_t now_ms,
                       struct parts *out) {
    int digits;
    const struct tree *limit = duty_budget_limit(row, &digits);
    const char *currency = offer_policy_currency(limit);
    if (row->tenant.count > 0 && !texts_has(&row->tenant, tenant)) return;
    if (out->count == BUDGETS_MAX) return;

    struct sight_budget *added = parts_add(out, sizeof *added, BUDGETS_MAX, sight->arena);
    *added =
        (struct sight_budget){.budget = duty_budget_name(row),
                              .tenant = tenant,
                              .currency = currency,
                              .period = duty_budget_period(policy, now_ms, digits, sight->arena),
                              .limit_minor = offer_policy_amount(limit, currency)};
}

int sight_budgets_read(struct sight *sight, const struct offer_policy *policy,
                       const struct texts *tenants, int64_t now_ms, struct parts *out) {
    const struct duty_budget *rows = policy->budgets.at;
    struct redis_reply *replies;
    int got;

    *out = (struct parts){NULL, 0};
    for (int tenant = 0; tenant < tenants->count; tenant++)
        for (int i = 0; i < policy->budgets.count; i++)
            add_budget(sight, policy, &rows[i], tenants->at[tenant], now_ms, out);
    struct sight_budget *budgets = out->at;
    for (int i = 0; i < out->count; i++) ask_used(sight, &budgets[i]);
    if (out->count == 0) return 0;
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int i = 0; i < out->count; i++)
        budgets[i].lost =
            !sight_claims_take(&replies[SIGHT_CLAIM_REPLIES * i], &budgets[i].used_minor);

    return 0;
}
