/* offer_policy: the tables of compensation.yaml, and looking things up in it. */
#include "offer_policy.h"
#include "decision/claims.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

const char *const offer_policy_by[] = {"policy", "agent", "supervisor", "manager", "finance", NULL};
static const char *const ons[] = {"classified", "assessed", NULL};
static const char *const rounds[] = {"half_up", "up", "down", NULL};
static const char *const yes_no[] = {"no", "yes", NULL};

static const struct field remedy_fields[] = {
    {FIELD(offer_remedy, kind), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_remedy_kinds, .doc = "What is done."},
    {FIELD(offer_remedy, fixed), .type = FIELD_TREE, .doc = "The amount: {currency: minor units}."},
    {FIELD(offer_remedy, percent), .type = FIELD_INT, .min = 1, .max = 100,
     .doc =
         "The amount: percent of what was paid for the goods: the articles named, else the order."},
    {FIELD(offer_remedy, round), .type = FIELD_CHOICE, .choices = rounds,
     .doc = "To a minor unit; half_up when absent."},
    {FIELD(offer_remedy, at_most), .type = FIELD_TREE,
     .doc = "Upper limit of the percentage: {currency: minor units}."},
    {FIELD(offer_remedy, at_least), .type = FIELD_TREE,
     .doc = "Lower limit of the percentage: {currency: minor units}."},
    {FIELD(offer_remedy, assessed_costs), .type = FIELD_BOOL,
     .doc = "The amount: the assessed costs without the customer's share."},
    {FIELD(offer_remedy, cost_percent), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "Costs this percent of what was paid for the goods, though nothing is paid."},
    {FIELD(offer_remedy, cost), .type = FIELD_TREE,
     .doc = "Costs this, though nothing is paid: {currency: minor units}."},
    {FIELD(offer_remedy, valid_days), .type = FIELD_INT, .min = 1, .max = 3650,
     .doc = "Days that it is valid."},
    {FIELD(offer_remedy, detail), .type = FIELD_NAME,
     .doc = "A line for people; notification.yaml may translate it."},
    {FIELD(offer_remedy, split), .type = FIELD_TREE,
     .doc = "Who bears it: {party: percent}; the option's when absent."},
    {FIELD(offer_remedy, region), .type = FIELD_TEXTS,
     .doc = "Only where the customer is in one of these; else the option goes without it."},
    {FIELD(offer_remedy, goodwill), .type = FIELD_BOOL,
     .doc = "It is given beside what pays the order back: goodwill, though its kind is not."},
    FIELDS_END,
};
static const struct table remedy_table = {.name = "remedy",
                                          .size = sizeof(struct offer_remedy),
                                          .fields = remedy_fields,
                                          .doc = "One thing that makes good."};

static const struct field option_fields[] = {
    {FIELD(offer_option, option), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 16,
     .doc = "A, B."},
    {FIELD(offer_option, remedies), .type = FIELD_PARTS, .flags = FIELD_REQUIRED,
     .of = &remedy_table, .max = OFFER_REMEDIES_MAX, .doc = "What the customer gets."},
    {FIELD(offer_option, split), .type = FIELD_TREE,
     .doc = "Who bears it: {party: percent}; the policy's when absent."},
    {FIELD(offer_option, only_requested), .type = FIELD_BOOL,
     .doc = "Offered to who asks for one of its remedies: first, and with the first other one."},
    FIELDS_END,
};
static const struct table option_table = {.name = "option",
                                          .size = sizeof(struct offer_option),
                                          .fields = option_fields,
                                          .doc = "One of the options."};

static const struct field match_fields[] = {
    {FIELD_AS("class", offer_match, class_names), .type = FIELD_TEXTS,
     .doc = "Classes, also quality.*"},
    {FIELD(offer_match, severity), .type = FIELD_TEXTS, .doc = "P1 to P4."},
    {FIELD(offer_match, tier), .type = FIELD_TEXTS, .doc = "Customer tiers."},
    {FIELD(offer_match, tenant), .type = FIELD_TEXTS, .doc = "Tenants."},
    {FIELD(offer_match, flags), .type = FIELD_TEXTS,
     .doc = "At least one of these is set; no threats, no publicity."},
    {FIELD(offer_match, without_flags), .type = FIELD_TEXTS,
     .doc = "None of these is set; no threats, no publicity."},
    {FIELD(offer_match, order_status), .type = FIELD_TEXTS, .doc = "Where the order stands."},
    {FIELD(offer_match, currency), .type = FIELD_TEXTS, .doc = "Currencies of the order."},
    {FIELD(offer_match, order), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Whether there is an order with an amount."},
    {FIELD(offer_match, custom), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Made to the customer's wish."},
    {FIELD(offer_match, perishable), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Perishable, by the order or by its flag."},
    {FIELD(offer_match, items), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Whether articles of the order are named."},
    {FIELD(offer_match, evidence), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Whether the customer has shown something."},
    {FIELD(offer_match, breached), .type = FIELD_TEXTS,
     .doc = "One of these targets of sla.yaml was breached."},
    {FIELD(offer_match, requested), .type = FIELD_TEXTS,
     .doc = "The customer asks for one of these remedies."},
    {FIELD(offer_match, amount_from), .type = FIELD_TREE,
     .doc = "The order's amount is this or more: {currency: minor units}."},
    {FIELD(offer_match, amount_below), .type = FIELD_TREE,
     .doc = "The order's amount is less: {currency: minor units}."},
    {FIELD(offer_match, carrier), .type = FIELD_TEXTS, .doc = "Who carries the order."},
    {FIELD(offer_match, warehouse), .type = FIELD_TEXTS, .doc = "Where it was sent from."},
    {FIELD(offer_match, region), .type = FIELD_TEXTS,
     .doc = "Where the customer is, with all below: CN takes CN-SH, too."},
    {FIELD(offer_match, repeats), .type = FIELD_INT, .min = 1, .max = 1000,
     .doc = "At least so many further complaints came to the case."},
    {FIELD(offer_match, late_from), .type = FIELD_DURATION, .min = 1000, .max = INT64_MAX,
     .doc = "The order came so much later than promised, or is so late by now, or more."},
    {FIELD(offer_match, late_below), .type = FIELD_DURATION, .min = 1000, .max = INT64_MAX,
     .doc = "Less."},
    {FIELD(offer_match, age_from), .type = FIELD_DURATION, .min = 1000, .max = INT64_MAX,
     .doc = "So long ago, or longer, it was delivered; placed, where that is not known."},
    {FIELD(offer_match, age_below), .type = FIELD_DURATION, .min = 1000, .max = INT64_MAX,
     .doc = "Less long ago."},
    {FIELD(offer_match, costs), .type = FIELD_TEXTS,
     .doc = "Assessed costs of one of these kinds."},
    {FIELD(offer_match, facts), .type = FIELD_TREE,
     .doc = "Assessed facts, each of them: {name: text, or {from: number, below: number}}."},
    {FIELD(offer_match, history), .type = FIELD_TREE,
     .doc = "Counts of `history`, each of them: {name: {from: number, below: number}}; 0 where "
            "nothing is known."},
    FIELDS_END,
};
static const struct table match_table = {.name = "match",
                                         .size = sizeof(struct offer_match),
                                         .fields = match_fields,
                                         .doc = "When a rule speaks; absent = any."};

static const struct field recovery_fields[] = {
    {FIELD(duty_recovery, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "Its name."},
    {FIELD(duty_recovery, party), .type = FIELD_ID, .flags = FIELD_REQUIRED, .max = 40,
     .doc = "Who owes it: carrier, supplier, merchant."},
    {FIELD(duty_recovery, match), .type = FIELD_PART, .of = &match_table,
     .doc = "Of which cases; absent: any."},
    {FIELD(duty_recovery, late_over), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,
     .max = INT64_MAX, .doc = "When the order came more than this late, or is so by now."},
    {FIELD(duty_recovery, amount), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "How much: {currency: minor units}."},
    FIELDS_END,
};
static const struct table recovery_table = {.name = "recovery",
                                            .size = sizeof(struct duty_recovery),
                                            .fields = recovery_fields,
                                            .doc = "What a party owes for an order that is late."};

static const struct field rule_fields[] = {
    {FIELD(offer_rule, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "Its name, given among the reasons."},
    {FIELD(offer_rule, on), .type = FIELD_CHOICE, .choices = ons,
     .doc = "classified (when absent) or assessed."},
    {FIELD(offer_rule, match), .type = FIELD_PART, .of = &match_table, .doc = "When it speaks."},
    {FIELD(offer_rule, options), .type = FIELD_PARTS, .of = &option_table, .max = OFFER_OPTIONS_MAX,
     .doc = "What is proposed; absent: nothing."},
    FIELDS_END,
};
static const struct table rule_table = {.name = "rule",
                                        .size = sizeof(struct offer_rule),
                                        .fields = rule_fields,
                                        .doc = "A row of the decision table."};

static const char *const demands[] = {"lawful", "refused", NULL};

static const struct field review_fields[] = {
    {FIELD(offer_review, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "Its name, given among the reasons."},
    {FIELD(offer_review, match), .type = FIELD_PART, .flags = FIELD_REQUIRED, .of = &match_table,
     .doc = "Of which cases it speaks; threats and demands may be asked for here."},
    {FIELD(offer_review, by), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_roles, .doc = "This role or a higher one decides, whatever it costs."},
    {FIELD(offer_review, demand), .type = FIELD_CHOICE, .choices = demands,
     .doc = "`refused`: what is demanded is too much; `lawful`: the law may give it. The first row "
            "that says one of them answers."},
    {FIELD(offer_review, keep), .type = FIELD_TEXTS,
     .doc = "Of a refused demand: what to keep as evidence."},
    FIELDS_END,
};
static const struct table review_table = {.name = "review",
                                          .size = sizeof(struct offer_review),
                                          .fields = review_fields,
                                          .doc = "What a person looks at, whatever it costs."};

static const struct field level_fields[] = {
    {FIELD(offer_level, by), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = offer_policy_by, .doc = "Who approves."},
    {FIELD(offer_level, approvals), .type = FIELD_INT, .min = 1, .max = 10,
     .doc = "How many different people; 1 when absent."},
    {FIELD(offer_level, up_to), .type = FIELD_TREE,
     .doc = "Up to this cost: {currency: minor units}."},
    FIELDS_END,
};
static const struct table level_table = {.name = "level",
                                         .size = sizeof(struct offer_level),
                                         .fields = level_fields,
                                         .doc = "Who may approve how much."};

static const struct field step_fields[] = {
    {FIELD(offer_step, after), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,
     .max = INT64_MAX, .doc = "So long after the proposal."},
    {FIELD(offer_step, to), .type = FIELD_CHOICE, .choices = contract_roles,
     .doc = "The role that is told; who cannot approve it is not."},
    {FIELD(offer_step, up), .type = FIELD_INT, .min = 1, .max = 4,
     .doc = "At least so many levels of `approval` above who must approve."},
    FIELDS_END,
};
static const struct table step_table = {.name = "escalate",
                                        .size = sizeof(struct offer_step),
                                        .fields = step_fields,
                                        .doc = "A reminder while nobody decides."};

static const struct field caps_fields[] = {
    {FIELD(offer_caps, order_extra), .type = FIELD_TREE,
     .doc = "Goodwill beside an order, of all proposals together."},
    {FIELD(offer_caps, customer_monthly), .type = FIELD_TREE,
     .doc = "All proposals of a customer in a month together, in one currency."},
    {FIELD(offer_caps, without_order_every), .type = FIELD_DURATION, .min = 1000,
     .max = CLAIMS_KEPT_MAX_MS - DAY_MS,
     .doc = "Without a paid order, policy offers a customer something once in this time."},
    {FIELD(offer_caps, over), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_roles, .doc = "The lowest role that may approve beyond."},
    FIELDS_END,
};
static const struct table caps_table = {.name = "caps",
                                        .size = sizeof(struct offer_caps),
                                        .fields = caps_fields,
                                        .doc = "Limits over several cases."};

static const struct field share_fields[] = {
    {FIELD(offer_share, cost), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Kind of an assessed cost."},
    {FIELD(offer_share, split), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "Who bears it: {party: percent}."},
    FIELDS_END,
};
static const struct table share_table = {.name = "share",
                                         .size = sizeof(struct offer_share),
                                         .fields = share_fields,
                                         .doc = "Who bears a kind of cost, whoever is at fault."};

static const struct field value_fields[] = {
    {FIELD(offer_value, kind), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_remedy_kinds, .doc = "A remedy for which no amount is said."},
    {FIELD(offer_value, fixed), .type = FIELD_TREE,
     .doc = "What it costs: {currency: minor units}."},
    {FIELD(offer_value, percent), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "Percent of the order's amount that it costs."},
    FIELDS_END,
};
static const struct table value_table = {.name = "value",
                                         .size = sizeof(struct offer_value),
                                         .fields = value_fields,
                                         .doc = "What goods or work cost."};

#define PERIOD(member)                                                                             \
    FIELD(offer_policy, member), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,     \
                                 .max = INT64_MAX
static const struct field policy_fields[] = {
    {FIELD(offer_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "A case keeps the version it was opened under."},
    {FIELD(offer_policy, migrate), .type = FIELD_BOOL,
     .doc = "Running cases of older versions take this one."},
    {FIELD(offer_policy, currency), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Of a case without an order."},
    {FIELD(offer_policy, rates), .type = FIELD_TREE,
     .doc =
         "What one of another currency is, for caps and budgets: {currency: units of `currency`}."},
    {FIELD(offer_policy, split), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "Who bears what no rule divides: {party: percent}."},
    {PERIOD(approve_within), .doc = "A proposal expires when nobody has decided by then."},
    {PERIOD(choose_within), .doc = "An offer expires when the customer has not chosen by then."},
    {PERIOD(keep_for), .doc = "A closed case is kept so long."},
    {FIELD(offer_policy, day_offset), .type = FIELD_DURATION,
     .doc = "Days and months of budgets begin at midnight of UTC and this."},
    {FIELD(offer_policy, escalate), .type = FIELD_PARTS, .of = &step_table, .max = OFFER_STEPS_MAX,
     .doc = "Who is told while nobody decides."},
    {FIELD(offer_policy, undecided), .type = FIELD_PART, .of = &duty_undecided_table,
     .doc = "What happens when nobody has decided by approve_by; absent: it expires."},
    {FIELD(offer_policy, delegations), .type = FIELD_PARTS, .of = &duty_delegation_table,
     .doc = "Who decides in whose place, and when."},
    {FIELD(offer_policy, settle), .type = FIELD_PARTS, .of = &duty_settle_table,
     .max = DUTY_STEPS_MAX, .doc = "What is done about a settlement that is not done."},
    {FIELD(offer_policy, approval), .type = FIELD_PARTS, .flags = FIELD_REQUIRED,
     .of = &level_table,
     .doc = "In order, the first that reaches the cost; the last without limit."},
    {FIELD(offer_policy, caps), .type = FIELD_PART, .of = &caps_table,
     .doc = "Limits over several cases."},
    {FIELD(offer_policy, budgets), .type = FIELD_PARTS, .of = &duty_budget_table,
     .max = DUTY_BUDGETS_MAX, .doc = "What may be approved in a day or a month."},
    {FIELD(offer_policy, history), .type = FIELD_PARTS, .of = &duty_history_table,
     .max = DUTY_HISTORY_MAX, .doc = "What is counted of who complains, over all his cases."},
    {FIELD(offer_policy, recovery), .type = FIELD_PARTS, .of = &recovery_table,
     .max = DUTY_HISTORY_MAX,
     .doc = "What is claimed of whom for an order that is late, once an "
            "order and party."},
    {FIELD(offer_policy, shares), .type = FIELD_PARTS, .of = &share_table,
     .doc = "Who bears a kind of assessed cost."},
    {FIELD(offer_policy, values), .type = FIELD_PARTS, .of = &value_table,
     .doc = "What goods and work cost for which no amount is said."},
    {FIELD(offer_policy, reviews), .type = FIELD_PARTS, .of = &review_table,
     .doc = "Who decides at least, whatever it costs, and which demands are refused."},
    {FIELD(offer_policy, exceptions), .type = FIELD_CHOICE, .choices = contract_roles,
     .doc = "This role or a higher one decides what a person offers where a demand was refused."},
    {FIELD(offer_policy, rules), .type = FIELD_PARTS, .flags = FIELD_REQUIRED, .of = &rule_table,
     .doc = "In order, the first that matches and can be computed."},
    FIELDS_END,
};
const struct table offer_policy_table = {
    .name = "compensation",
    .size = sizeof(struct offer_policy),
    .fields = policy_fields,
    .doc = "compensation.yaml: what is offered, who approves, up to which amounts."};
#undef PERIOD

bool offer_policy_is_pressure(const char *flag) {
    static const char *const pressure[] = {
        "review_threat", "excessive_demand", "multiple_damages", "public_opinion", "legal", NULL};
    return fields_choice_value(pressure, flag) != 0;
}

static bool is_among(const char *const *kinds, int kind) {
    return fields_choice_value(kinds, fields_choice_name(contract_remedy_kinds, kind)) != 0;
}

bool offer_policy_is_costless(int kind) {
    static const char *const costless[] = {"apology", "recovery_claim", "cancel",
                                           "change",  "warranty",       NULL};
    return is_among(costless, kind);
}

bool offer_policy_is_goods(int kind) {
    static const char *const goods[] = {"exchange", "reissue",    "repair",
                                        "loaner",   "inspection", NULL};
    return is_among(goods, kind);
}

struct offer_value offer_policy_value(const struct offer_policy *policy, int kind) {
    const struct offer_value *values = policy->values.at;

    for (int i = 0; i < policy->values.count; i++)
        if (values[i].kind == kind) return values[i];
    struct offer_value value = {.kind = kind};
    if (offer_policy_is_goods(kind)) value.percent = 100;
    return value;
}

const char *offer_policy_currency(const struct tree *amounts) {
    if (!amounts || !amounts->first) return NULL;
    return amounts->first->key;
}

int64_t offer_policy_amount(const struct tree *amounts, const char *currency) {
    const struct tree *amount = tree_get(amounts, currency);
    if (!amount) return -1;
    return amount->num;
}

const struct offer_level *offer_policy_level(const struct offer_policy *policy,
                                             const char *currency, int64_t cost_minor) {
    const struct offer_level *levels = policy->approval.at;
    for (int i = 0; i < policy->approval.count - 1; i++)
        if (cost_minor <= offer_policy_amount(levels[i].up_to, currency)) return &levels[i];
    return &levels[policy->approval.count - 1];
}
