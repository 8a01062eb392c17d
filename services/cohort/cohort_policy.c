/* cohort_policy: see the header. */
#include "cohort_policy.h"

#include <string.h>

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS  (24 * HOUR_MS)

static const char *const joins[] = {"at_once", "hand_over", NULL};

/* Sums of doubles near 1 are exact to some 1e-15, and above 0.05 it would be no alarm. */
static const double FALSE_ALARM_LEAST = 1e-12;
static const double FALSE_ALARM_MOST = 0.05;

static const struct field rule_fields[] = {
    {FIELD(cohort_rule, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .doc = "Its name."},
    {FIELD_AS("class", cohort_rule, classes), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Classes of complaints that count, for which the customer is not at fault: "
            "`quality.*`, `logistics.delayed`."},
    {FIELD(cohort_rule, at_risk), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Where an order stands that may still be hit: statuses of the contract."},
    {FIELD(cohort_rule, token), .type = FIELD_PART, .of = &contract_remedy,
     .doc = "What is given with the warning; without it the warning stands alone."},
    FIELDS_END};
static const struct table rule_table = {
    .name = "rule", .size = sizeof(struct cohort_rule), .fields = rule_fields};

static const struct field party_fields[] = {
    {FIELD(cohort_party, party), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Who can mend it: a role of notification.yaml."},
    {FIELD_AS("dimension", cohort_party, dimensions), .type = FIELD_TEXTS,
     .doc = "Whose value it is: `carrier`, `warehouse`, `sku`, `batch`, `lane`; absent: any."},
    {FIELD_AS("class", cohort_party, classes), .type = FIELD_TEXTS,
     .doc = "Classes of its complaints; absent: any."},
    FIELDS_END};
static const struct table party_table = {
    .name = "party", .size = sizeof(struct cohort_party), .fields = party_fields};

static const struct field tenant_fields[] = {
    {FIELD(cohort_tenant, tenant), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The tenant."},
    {FIELD(cohort_tenant, timezone), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The zone of its days."},
    FIELDS_END};
static const struct table tenant_table = {
    .name = "tenant", .size = sizeof(struct cohort_tenant), .fields = tenant_fields};

static const struct field causes_fields[] = {
    {FIELD(cohort_causes, timezone), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Whose days are counted (IANA),"},
    {FIELD(cohort_causes, tenants), .type = FIELD_PARTS, .of = &tenant_table, .max = 200,
     .doc = "but for these tenants."},
    {FIELD(cohort_causes, judged_after), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1,
     .max = DAY_MS, .doc = "A day is looked at so long after its end."},
    {FIELD(cohort_causes, counts_at), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_order_statuses,
     .doc = "An order counts when it is reported so, once: a status that all orders pass."},
    {FIELD(cohort_causes, false_alarm), .type = FIELD_REAL, .flags = FIELD_REQUIRED,
     .doc = "How likely one value and group of classes is told on one day by chance alone."},
    {FIELD(cohort_causes, at_least), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 2,
     .max = 1000, .doc = "Complaints that it takes, however unusual they are."},
    {FIELD(cohort_causes, per_thousand), .type = FIELD_REAL, .flags = FIELD_REQUIRED,
     .doc = "Complaints of one group in 1 000 orders, where nothing is known yet,"},
    {FIELD(cohort_causes, weight), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1,
     .max = 1000000, .doc = "which stands for so many orders of experience."},
    {FIELD(cohort_causes, half_within), .type = FIELD_DURATION, .flags = FIELD_REQUIRED,
     .min = HOUR_MS, .max = 14 * DAY_MS,
     .doc = "Of those who complain half do so within this time after it."},
    {FIELD(cohort_causes, parties), .type = FIELD_PARTS, .flags = FIELD_REQUIRED,
     .of = &party_table, .max = 50,
     .doc = "Who can mend it; the first that matches, the last any."},
    FIELDS_END};
static const struct table causes_table = {
    .name = "causes", .size = sizeof(struct cohort_causes), .fields = causes_fields};

static const struct field policy_fields[] = {
    {FIELD(cohort_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Changed with the file."},
    {FIELD(cohort_policy, migrate), .type = FIELD_BOOL, .flags = FIELD_REQUIRED,
     .doc = "`true`: a carrier lives on from version to version."},
    {FIELD(cohort_policy, window), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = DAY_MS,
     .max = 60 * DAY_MS, .doc = "How long an order and a complaint count."},
    {FIELD(cohort_policy, ends_after), .type = FIELD_DURATION, .flags = FIELD_REQUIRED,
     .min = HOUR_MS, .max = 60 * DAY_MS,
     .doc = "A cohort ends so long after it was opened or last confirmed."},
    {FIELD(cohort_policy, half_life), .type = FIELD_DURATION, .flags = FIELD_REQUIRED,
     .min = DAY_MS, .max = 730 * DAY_MS, .doc = "What was usual counts half after this time."},
    {FIELD(cohort_policy, false_alarm), .type = FIELD_REAL, .flags = FIELD_REQUIRED,
     .doc = "How likely one counted complaint may open a cohort by chance alone: 1e-12 to 0.05."},
    {FIELD(cohort_policy, at_least), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 2,
     .max = 1000, .doc = "Complaints that it takes, however unusual they are."},
    {FIELD(cohort_policy, per_thousand), .type = FIELD_REAL, .flags = FIELD_REQUIRED,
     .doc = "Complaints of one group of classes in 1 000 orders, where nothing is known yet: above "
            "0, at most 1 000."},
    {FIELD(cohort_policy, weight), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1,
     .max = 1000000, .doc = "How many orders of experience that stands for."},
    {FIELD(cohort_policy, not_flags), .type = FIELD_TEXTS,
     .doc = "Complaints with one of these flags do not count."},
    {FIELD(cohort_policy, orders_most), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 10,
     .max = 2000,
     .doc = "Orders held of one value: some 300 bytes each; beyond that a person is "
            "asked."},
    {FIELD(cohort_policy, people_over), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1,
     .max = 2000, .doc = "A cohort that would warn more orders waits for a person;"},
    {FIELD(cohort_policy, cost_over), .type = FIELD_MONEY, .flags = FIELD_REQUIRED, .min = 0,
     .max = CONTRACT_MONEY_MAX, .doc = "so does one whose tokens would cost more."},
    {FIELD(cohort_policy, joins), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = joins,
     .doc = "Orders that join later are warned `at_once`, or at their `hand_over` to the carrier."},
    {FIELD(cohort_policy, borne_by), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The party that bears the tokens, e.g. `platform`."},
    {FIELD(cohort_policy, rules), .type = FIELD_PARTS, .flags = FIELD_REQUIRED, .of = &rule_table,
     .max = 50, .doc = "In order, the first that matches; other classes warn nobody."},
    {FIELD(cohort_policy, causes), .type = FIELD_PART, .of = &causes_table,
     .doc = "When a cause has risen, and who is told; absent: none is looked for."},
    FIELDS_END};
const struct table cohort_policy_table = {
    .name = "cohort", .size = sizeof(struct cohort_policy), .fields = policy_fields};

/* ---- What the tables do not say ---- */

struct check {
    const struct tree *node;
    const char *path; /* "" or "rules[2]." */
    struct arena *arena;
    struct faults *faults;
};

static void fault(const struct check *check, const char *member, const char *text) {
    const struct tree *at = tree_get(check->node, member);

    if (!at) at = check->node;
    faults_add(check->faults, FAULT_VALUE, at ? at->line : 0,
               arena_printf(check->arena, "%s%s", check->path, member), "%s", text);
}

static void check_choices(const struct check *check, const char *member, const struct texts *texts,
                          const char *const *choices, const char *what) {
    for (int i = 0; i < texts->count; i++)
        if (!fields_choice_value(choices, texts->at[i]))
            fault(check, member,
                  arena_printf(check->arena, "%s is no %s of the contract", texts->at[i], what));
}

static bool is_class(const char *pattern) {
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(pattern, contract_classes[i])) return true;
    return false;
}

static void check_token(const struct check *check, const struct cohort_policy *policy,
                        const struct remedy *token) {
    if (!token->amount.currency[0] || token->amount.minor <= 0) {
        fault(check, "token", "amount: expected {currency, minor} above 0");
        return;
    }
    if (strcmp(token->amount.currency, policy->cost_over.currency) != 0)
        fault(check, "token", "amount: expected the currency of cost_over");
}

static void check_rule(const struct check *check, const struct cohort_policy *policy, int index) {
    const struct cohort_rule *rules = policy->rules.at;
    const struct cohort_rule *rule = &rules[index];

    for (int i = 0; i < index; i++)
        if (strcmp(rules[i].name, rule->name) == 0) fault(check, "name", "is there twice");
    for (int i = 0; i < rule->classes.count; i++)
        if (!is_class(rule->classes.at[i]))
            fault(
                check, "class",
                arena_printf(check->arena, "%s is no class of the contract", rule->classes.at[i]));
    check_choices(check, "at_risk", &rule->at_risk, contract_order_statuses, "status of an order");
    if (rule->token) check_token(check, policy, rule->token);
}

static void check_rules(const struct check *top, const struct cohort_policy *policy) {
    const struct tree *rules = tree_get(top->node, "rules");
    const struct tree *node = rules ? rules->first : NULL;

    for (int i = 0; i < policy->rules.count; i++) {
        struct check check = *top;
        check.node = node;
        check.path = arena_printf(top->arena, "rules[%d].", i);
        check_rule(&check, policy, i);
        if (node) node = node->next;
    }
}

static void check_numbers(const struct check *check, const struct cohort_policy *policy) {
    if (!(policy->false_alarm >= FALSE_ALARM_LEAST && policy->false_alarm <= FALSE_ALARM_MOST))
        fault(check, "false_alarm", "expected 1e-12 to 0.05");
    if (!(policy->per_thousand > 0 && policy->per_thousand <= 1000))
        fault(check, "per_thousand", "expected above 0, at most 1000");
    if (!policy->migrate)
        fault(check, "migrate", "expected true: a carrier lives on from version to version");
    check_choices(check, "not_flags", &policy->not_flags, contract_flags, "flag");
}

/* ---- Causes ---- */

static void find_zones(const struct check *check, struct cohort_causes *causes) {
    struct cohort_tenant *tenants = causes->tenants.at;
    struct err err;

    causes->zone = calendar_zone_find(causes->timezone, check->arena, &err);
    if (!causes->zone) fault(check, "timezone", arena_strdup(check->arena, err.text));
    for (int i = 0; i < causes->tenants.count; i++) {
        tenants[i].zone = calendar_zone_find(tenants[i].timezone, check->arena, &err);
        if (!tenants[i].zone)
            fault(check, "tenants",
                  arena_printf(check->arena, "%s: %s", tenants[i].tenant, err.text));
    }
}

static void check_party(const struct check *check, const struct cohort_party *party) {
    static const char *const dimensions[] = {"carrier", "warehouse", "sku", "batch", "lane", NULL};

    check_choices(check, "dimension", &party->dimensions, dimensions, "dimension");
    for (int i = 0; i < party->classes.count; i++)
        if (!is_class(party->classes.at[i]))
            fault(
                check, "class",
                arena_printf(check->arena, "%s is no class of the contract", party->classes.at[i]));
}

static void check_parties(const struct check *top, const struct cohort_causes *causes) {
    const struct cohort_party *parties = causes->parties.at;
    const struct tree *node = tree_get(top->node, "parties");
    const struct cohort_party *last = &parties[causes->parties.count - 1];

    node = node ? node->first : NULL;
    for (int i = 0; i < causes->parties.count; i++) {
        struct check check = *top;
        check.node = node;
        check.path = arena_printf(top->arena, "causes.parties[%d].", i);
        check_party(&check, &parties[i]);
        if (node) node = node->next;
    }
    if (last->dimensions.count || last->classes.count)
        fault(top, "parties", "expected a last row with `party` alone: for all others");
}

static void check_causes(const struct check *top, struct cohort_causes *causes) {
    struct check check = *top;

    if (!causes) return;
    check.node = tree_get(top->node, "causes");
    check.path = "causes.";
    if (!(causes->false_alarm >= FALSE_ALARM_LEAST && causes->false_alarm <= FALSE_ALARM_MOST))
        fault(&check, "false_alarm", "expected 1e-12 to 0.05");
    if (!(causes->per_thousand > 0 && causes->per_thousand <= 1000))
        fault(&check, "per_thousand", "expected above 0, at most 1000");
    if (causes->counts_at == ORDER_CANCELLED)
        fault(&check, "counts_at", "expected a status that orders pass");
    find_zones(&check, causes);
    check_parties(&check, causes);
}

const struct calendar_zone *cohort_policy_zone(const struct cohort_causes *causes,
                                               const char *tenant) {
    const struct cohort_tenant *tenants = causes->tenants.at;

    for (int i = 0; i < causes->tenants.count; i++)
        if (strcmp(tenants[i].tenant, tenant) == 0) return tenants[i].zone;
    return causes->zone;
}

static bool matches_class(const struct texts *patterns, const char *class_name) {
    for (int i = 0; i < patterns->count; i++)
        if (contract_class_matches(patterns->at[i], class_name)) return true;
    return patterns->count == 0;
}

const char *cohort_policy_party(const struct cohort_causes *causes, const char *dimension,
                                const char *class_name) {
    const struct cohort_party *parties = causes->parties.at;

    for (int i = 0; i < causes->parties.count; i++) {
        bool about =
            parties[i].dimensions.count == 0 || texts_has(&parties[i].dimensions, dimension);
        if (about && matches_class(&parties[i].classes, class_name)) return parties[i].party;
    }
    ASSERT(false); /* the last matches: check_parties() */
    return NULL;
}

int cohort_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                       void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct cohort_policy *policy = ARENA_NEW(arena, struct cohort_policy);
    int before = faults->count;

    if (fields_decode_whole(&cohort_policy_table, file, arena, policy, faults)) return -1;
    struct check check = {.node = file, .path = "", .arena = arena, .faults = faults};
    check_numbers(&check, policy);
    check_rules(&check, policy);
    check_causes(&check, policy->causes);
    if (faults->count != before) return -1;
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}
