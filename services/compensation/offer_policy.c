/* offer_policy: the tables of compensation.yaml, and what a table cannot say of it: sums, orders,
 * names that must exist. */
#include "offer_policy.h"
#include "share.h"

#include <string.h>

const char *const offer_policy_by[] = {"policy", "agent", "supervisor", "manager", "finance", NULL};
static const char *const ons[] = {"classified", "assessed", NULL};
static const char *const rounds[] = {"half_up", "up", "down", NULL};
static const char *const yes_no[] = {"no", "yes", NULL};

static const struct field remedy_fields[] = {
    {FIELD(offer_remedy, kind), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_remedy_kinds, .doc = "What is done."},
    {FIELD(offer_remedy, fixed), .type = FIELD_TREE, .doc = "The amount: {currency: minor units}."},
    {FIELD(offer_remedy, percent), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "The amount: percent of the order's amount."},
    {FIELD(offer_remedy, round), .type = FIELD_CHOICE, .choices = rounds,
     .doc = "To a minor unit; half_up when absent."},
    {FIELD(offer_remedy, at_most), .type = FIELD_TREE,
     .doc = "Upper limit of the percentage: {currency: minor units}."},
    {FIELD(offer_remedy, at_least), .type = FIELD_TREE,
     .doc = "Lower limit of the percentage: {currency: minor units}."},
    {FIELD(offer_remedy, assessed_costs), .type = FIELD_BOOL,
     .doc = "The amount: the assessed costs without the customer's share."},
    {FIELD(offer_remedy, cost_percent), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "Costs this percent of the order's amount, though nothing is paid."},
    {FIELD(offer_remedy, valid_days), .type = FIELD_INT, .min = 1, .max = 3650,
     .doc = "Days that it is valid."},
    {FIELD(offer_remedy, detail), .type = FIELD_NAME,
     .doc = "A line for people; notification.yaml may translate it."},
    {FIELD(offer_remedy, split), .type = FIELD_TREE,
     .doc = "Who bears it: {party: percent}; the option's when absent."},
    FIELDS_END,
};
static const struct record remedy_record = {.name = "remedy",
                                            .size = sizeof(struct offer_remedy),
                                            .fields = remedy_fields,
                                            .doc = "One thing that makes good."};

static const struct field option_fields[] = {
    {FIELD(offer_option, option), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 16,
     .doc = "A, B."},
    {FIELD(offer_option, remedies), .type = FIELD_RECORDS, .flags = FIELD_REQUIRED,
     .of = &remedy_record, .max = OFFER_REMEDIES_MAX, .doc = "What the customer gets."},
    {FIELD(offer_option, split), .type = FIELD_TREE,
     .doc = "Who bears it: {party: percent}; the policy's when absent."},
    FIELDS_END,
};
static const struct record option_record = {.name = "option",
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
     .doc = "At least one of these is set; no threats."},
    {FIELD(offer_match, without_flags), .type = FIELD_TEXTS, .doc = "None of these is set."},
    {FIELD(offer_match, order_status), .type = FIELD_TEXTS, .doc = "Where the order stands."},
    {FIELD(offer_match, currency), .type = FIELD_TEXTS, .doc = "Currencies of the order."},
    {FIELD(offer_match, order), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Whether there is an order with an amount."},
    {FIELD(offer_match, custom), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Made to the customer's wish."},
    {FIELD(offer_match, perishable), .type = FIELD_CHOICE, .choices = yes_no,
     .doc = "Perishable, by the order or by its flag."},
    {FIELD(offer_match, amount_from), .type = FIELD_TREE,
     .doc = "The order's amount is this or more: {currency: minor units}."},
    {FIELD(offer_match, amount_below), .type = FIELD_TREE,
     .doc = "The order's amount is less: {currency: minor units}."},
    {FIELD(offer_match, costs), .type = FIELD_TEXTS,
     .doc = "Assessed costs of one of these kinds."},
    FIELDS_END,
};
static const struct record match_record = {.name = "match",
                                           .size = sizeof(struct offer_match),
                                           .fields = match_fields,
                                           .doc = "When a rule speaks; absent = any."};

static const struct field rule_fields[] = {
    {FIELD(offer_rule, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "Its name, given among the reasons."},
    {FIELD(offer_rule, on), .type = FIELD_CHOICE, .choices = ons,
     .doc = "classified (when absent) or assessed."},
    {FIELD(offer_rule, match), .type = FIELD_RECORD, .of = &match_record, .doc = "When it speaks."},
    {FIELD(offer_rule, options), .type = FIELD_RECORDS, .of = &option_record,
     .max = OFFER_OPTIONS_MAX, .doc = "What is proposed; absent: nothing."},
    FIELDS_END,
};
static const struct record rule_record = {.name = "rule",
                                          .size = sizeof(struct offer_rule),
                                          .fields = rule_fields,
                                          .doc = "A row of the decision table."};

static const struct field level_fields[] = {
    {FIELD(offer_level, by), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = offer_policy_by, .doc = "Who approves."},
    {FIELD(offer_level, approvals), .type = FIELD_INT, .min = 1, .max = 10,
     .doc = "How many different people; 1 when absent."},
    {FIELD(offer_level, up_to), .type = FIELD_TREE,
     .doc = "Up to this cost: {currency: minor units}."},
    FIELDS_END,
};
static const struct record level_record = {.name = "level",
                                           .size = sizeof(struct offer_level),
                                           .fields = level_fields,
                                           .doc = "Who may approve how much."};

static const struct field step_fields[] = {
    {FIELD(offer_step, after), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,
     .max = INT64_MAX, .doc = "So long after the proposal."},
    {FIELD(offer_step, to), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_roles, .doc = "The role that is told."},
    FIELDS_END,
};
static const struct record step_record = {.name = "escalate",
                                          .size = sizeof(struct offer_step),
                                          .fields = step_fields,
                                          .doc = "A reminder while nobody decides."};

static const struct field caps_fields[] = {
    {FIELD(offer_caps, order_extra), .type = FIELD_TREE,
     .doc = "All proposals of an order together: its amount and this."},
    {FIELD(offer_caps, customer_monthly), .type = FIELD_TREE,
     .doc = "All proposals of a customer in a month together."},
    {FIELD(offer_caps, over), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_roles, .doc = "The lowest role that may approve beyond."},
    FIELDS_END,
};
static const struct record caps_record = {.name = "caps",
                                          .size = sizeof(struct offer_caps),
                                          .fields = caps_fields,
                                          .doc = "Limits over several cases."};

static const struct field budget_fields[] = {
    {FIELD(offer_budget, by), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = offer_policy_by, .doc = "Whose budget."},
    {FIELD(offer_budget, daily), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "What all of them may approve in a day."},
    FIELDS_END,
};
static const struct record budget_record = {.name = "budget",
                                            .size = sizeof(struct offer_budget),
                                            .fields = budget_fields,
                                            .doc = "A daily budget."};

static const struct field share_fields[] = {
    {FIELD(offer_share, cost), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Kind of an assessed cost."},
    {FIELD(offer_share, split), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "Who bears it: {party: percent}."},
    FIELDS_END,
};
static const struct record share_record = {.name = "share",
                                           .size = sizeof(struct offer_share),
                                           .fields = share_fields,
                                           .doc = "Who bears a kind of cost, whoever is at fault."};

#define PERIOD(member)                                                                             \
    FIELD(offer_policy, member), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,     \
                                 .max = INT64_MAX
static const struct field policy_fields[] = {
    {FIELD(offer_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "A case keeps the version it was opened under."},
    {FIELD(offer_policy, migrate), .type = FIELD_BOOL,
     .doc = "Running cases of older versions take this one."},
    {FIELD(offer_policy, currency), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .min = 3, .max = 3,
     .doc = "Of a case without an order."},
    {FIELD(offer_policy, split), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "Who bears what no rule divides: {party: percent}."},
    {PERIOD(approve_within), .doc = "A proposal expires when nobody has decided by then."},
    {PERIOD(choose_within), .doc = "An offer expires when the customer has not chosen by then."},
    {PERIOD(keep_for), .doc = "A closed case is kept so long."},
    {FIELD(offer_policy, day_offset), .type = FIELD_DURATION,
     .doc = "Days and months of budgets begin at midnight of UTC and this."},
    {FIELD(offer_policy, escalate), .type = FIELD_RECORDS, .of = &step_record,
     .max = OFFER_STEPS_MAX, .doc = "Who is told while nobody decides."},
    {FIELD(offer_policy, approval), .type = FIELD_RECORDS, .flags = FIELD_REQUIRED,
     .of = &level_record,
     .doc = "In order, the first that reaches the cost; the last without limit."},
    {FIELD(offer_policy, caps), .type = FIELD_RECORD, .of = &caps_record,
     .doc = "Limits over several cases."},
    {FIELD(offer_policy, budgets), .type = FIELD_RECORDS, .of = &budget_record,
     .doc = "Daily budgets."},
    {FIELD(offer_policy, shares), .type = FIELD_RECORDS, .of = &share_record,
     .doc = "Who bears a kind of assessed cost."},
    {FIELD(offer_policy, rules), .type = FIELD_RECORDS, .flags = FIELD_REQUIRED, .of = &rule_record,
     .doc = "In order, the first that matches and can be computed."},
    FIELDS_END,
};
const struct record offer_policy_record = {
    .name = "compensation",
    .size = sizeof(struct offer_policy),
    .fields = policy_fields,
    .doc = "compensation.yaml: what is offered, who approves, up to which amounts."};
#undef PERIOD

bool offer_policy_is_threat(const char *flag) {
    return strcmp(flag, "review_threat") == 0 || strcmp(flag, "excessive_demand") == 0;
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

/* The file beside the structs, for line numbers. */
struct check {
    struct faults *faults;
    struct arena *arena;
    const char *path; /* of what is being checked */
    const struct tree *node;
};

static void fault(const struct check *check, const char *member, const char *text) {
    const struct tree *at = tree_get(check->node, member);
    const struct tree *line = at;
    if (!at) line = check->node;
    faults_add(check->faults, FAULT_VALUE, line ? line->line : 0,
               arena_printf(check->arena, "%s%s%s", check->path, *check->path ? "." : "", member),
               "%s", text);
}

static struct check inside(const struct check *check, const char *member, int index) {
    const struct tree *node = tree_get(check->node, member);

    if (node)
        node = node->first;
    else
        node = NULL;
    for (int i = 0; node && i < index; i++) node = node->next;
    struct check inner = *check;
    inner.node = node;
    inner.path = arena_printf(check->arena, "%s%s%s[%d]", check->path, *check->path ? "." : "",
                              member, index);
    return inner;
}

static void check_amounts(const struct check *check, const char *member,
                          const struct tree *amounts) {
    if (!amounts) return;
    if (amounts->kind != TREE_MAP || !amounts->count) {
        fault(check, member, "expected {currency: minor units}");
        return;
    }
    for (const struct tree *at = amounts->first; at; at = at->next) {
        bool currency = strspn(at->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 && !at->key[3];
        if (!currency || at->kind != TREE_INT || at->num < 0 || at->num > CONTRACT_MONEY_MAX)
            fault(check, member,
                  "expected ISO 4217 codes with integer minor units, e.g. {CNY: 10000}");
    }
}

static void check_split(const struct check *check, const struct tree *split) {
    struct share_weights weights;
    int64_t sum = 0;

    if (!split) return;
    if (share_read_percents(split, &weights))
        for (int i = 0; i < weights.count; i++) sum += weights.weight[i];
    if (sum != 100000)
        fault(check, "split", "expected {party: percent} of at most 8 parties, 100 together");
}

static bool is_class(const char *pattern) {
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(pattern, contract_classes[i])) return true;
    return false;
}

static void check_words(const struct check *check, const char *member, const struct texts *words,
                        const char *const *known) {
    for (int i = 0; i < words->count; i++)
        if (!fields_choice_value(known, words->at[i]))
            fault(check, member, arena_printf(check->arena, "unknown: %s", words->at[i]));
}

static void check_match(const struct check *check, const struct offer_match *match) {
    for (int i = 0; i < match->class_names.count; i++)
        if (!is_class(match->class_names.at[i]))
            fault(
                check, "class",
                arena_printf(check->arena, "no class is matched by %s", match->class_names.at[i]));
    check_words(check, "severity", &match->severity, contract_severities);
    check_words(check, "tier", &match->tier, contract_tiers);
    check_words(check, "order_status", &match->order_status, contract_order_statuses);
    check_words(check, "flags", &match->flags, contract_flags);
    check_words(check, "without_flags", &match->without_flags, contract_flags);
    for (int i = 0; i < match->flags.count; i++)
        if (offer_policy_is_threat(match->flags.at[i]))
            fault(check, "flags", "a threat or an excessive demand never leads to an offer");
    check_amounts(check, "amount_from", match->amount_from);
    check_amounts(check, "amount_below", match->amount_below);
}

static void check_remedy(const struct check *check, const struct offer_remedy *remedy) {
    check_amounts(check, "fixed", remedy->fixed);
    check_amounts(check, "at_most", remedy->at_most);
    check_amounts(check, "at_least", remedy->at_least);
    check_split(check, remedy->split);
    int sources =
        !!remedy->fixed + !!remedy->percent + remedy->assessed_costs + !!remedy->cost_percent;
    if (sources > 1)
        fault(check, "kind", "expected one of fixed, percent, assessed_costs, cost_percent");
    if ((remedy->at_most || remedy->at_least || remedy->round) && !remedy->percent &&
        !remedy->cost_percent)
        fault(check, "kind", "at_most, at_least and round belong to a percentage");
}

static void check_options(const struct check *check, const struct offer_rule *rule) {
    const struct offer_option *options = rule->options.at;

    for (int i = 0; i < rule->options.count; i++) {
        struct check option = inside(check, "options", i);
        const struct offer_remedy *remedies = options[i].remedies.at;
        check_split(&option, options[i].split);
        for (int j = 0; j < i; j++)
            if (strcmp(options[i].option, options[j].option) == 0)
                fault(&option, "option", "is there twice");
        for (int j = 0; j < options[i].remedies.count; j++) {
            struct check remedy = inside(&option, "remedies", j);
            check_remedy(&remedy, &remedies[j]);
            if (remedies[j].assessed_costs && rule->on != OFFER_ON_ASSESSED)
                fault(&remedy, "assessed_costs", "expected only in a rule with `on: assessed`");
        }
    }
}

static void check_rules(const struct check *top, const struct offer_policy *policy) {
    const struct offer_rule *rules = policy->rules.at;

    for (int i = 0; i < policy->rules.count; i++) {
        struct check check = inside(top, "rules", i);
        for (int j = 0; j < i; j++)
            if (strcmp(rules[i].name, rules[j].name) == 0) fault(&check, "name", "is there twice");
        if (rules[i].match) {
            struct check match = check;
            match.node = tree_get(check.node, "match");
            match.path = arena_printf(check.arena, "%s.match", check.path);
            check_match(&match, rules[i].match);
        }
        check_options(&check, &rules[i]);
    }
}

static void check_levels(const struct check *top, const struct offer_policy *policy) {
    const struct offer_level *levels = policy->approval.at;
    int last = policy->approval.count - 1;

    for (int i = 0; i <= last; i++) {
        struct check check = inside(top, "approval", i);
        check_amounts(&check, "up_to", levels[i].up_to);
        if (i > 0 && levels[i].by <= levels[i - 1].by)
            fault(&check, "by", "expected a higher one than the level before");
        if (!levels[i].up_to != (i == last))
            fault(&check, "up_to", "expected in all levels but the last");
    }
    if (last >= 0 && levels[last].by == OFFER_BY_POLICY) {
        struct check check = inside(top, "approval", last);
        fault(&check, "by", "expected a role: what is without limit is approved by a person");
    }
}

/* A limit that shrinks from one level to the next would never be reached. */
static void check_limits_rise(const struct check *top, const struct offer_policy *policy) {
    const struct offer_level *levels = policy->approval.at;

    for (int i = 1; i < policy->approval.count - 1; i++) {
        if (!levels[i].up_to || !levels[i - 1].up_to) continue;
        for (const struct tree *at = levels[i].up_to->first; at; at = at->next)
            if (at->num <= offer_policy_amount(levels[i - 1].up_to, at->key)) {
                struct check check = inside(top, "approval", i);
                fault(&check, "up_to",
                      arena_printf(top->arena, "%s: expected more than in the level before",
                                   at->key));
            }
    }
}

static void check_limits(const struct check *top, const struct offer_policy *policy) {
    const struct offer_budget *budgets = policy->budgets.at;
    const struct offer_share *shares = policy->shares.at;
    const struct offer_step *steps = policy->escalate.at;

    for (int i = 0; i < policy->budgets.count; i++) {
        struct check check = inside(top, "budgets", i);
        check_amounts(&check, "daily", budgets[i].daily);
    }
    for (int i = 0; i < policy->shares.count; i++) {
        struct check check = inside(top, "shares", i);
        check_split(&check, shares[i].split);
    }
    for (int i = 0; i < policy->escalate.count; i++) {
        struct check check = inside(top, "escalate", i);
        if (i > 0 && steps[i].after <= steps[i - 1].after)
            fault(&check, "after", "expected more than in the step before");
        if (steps[i].after >= policy->approve_within)
            fault(&check, "after", "expected less than approve_within");
    }
    if (policy->caps) {
        struct check check = *top;
        check.node = tree_get(top->node, "caps");
        check.path = "caps";
        check_amounts(&check, "order_extra", policy->caps->order_extra);
        check_amounts(&check, "customer_monthly", policy->caps->customer_monthly);
    }
}

int offer_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                      void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct offer_policy *policy = ARENA_NEW(arena, struct offer_policy);
    int before = faults->count;
    if (fields_decode(&offer_policy_record, file, FIELDS_STRICT, arena, policy, faults)) return -1;
    struct check top = {.faults = faults, .arena = arena, .path = "", .node = file};
    check_split(&top, policy->split);
    check_levels(&top, policy);
    check_limits(&top, policy);
    check_rules(&top, policy);
    if (faults->count == before) check_limits_rise(&top, policy);
    if (faults->count != before) return -1;
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}
