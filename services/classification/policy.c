/* policy: the tables of classification.yaml and what they are made into at start. */
#include "policy.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

static const struct field class_row_fields[] = {
    {FIELD_AS("class", class_row, class_id), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_classes, .doc = "The class."},
    {FIELD(class_row, ruled_out_by), .type = FIELD_TEXTS,
     .doc = "Statuses of the order that contradict it."},
    {FIELD(class_row, yields_to), .type = FIELD_TEXTS,
     .doc = "Graver classes, which lead where they are named beside it and about as likely."},
    {FIELD(class_row, needs_proof), .type = FIELD_BOOL,
     .doc = "Without a photograph or other proof: evidence_missing."},
    {FIELD(class_row, by_rules_only), .type = FIELD_BOOL,
     .doc = "Never given on the model's word alone."},
    FIELDS_END};
static const struct table class_table = {
    .name = "class", .size = sizeof(struct class_row), .fields = class_row_fields};

static const struct field amount_fields[] = {{FIELD(amount_row, amount), .type = FIELD_MONEY,
                                              .flags = FIELD_REQUIRED,
                                              .doc = "An amount in one currency."},
                                             FIELDS_END};
static const struct table amount_table = {
    .name = "amount", .size = sizeof(struct amount_row), .fields = amount_fields};

static const struct field severity_fields[] = {
    {FIELD(severity_row, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Stands in the reasons."},
    {FIELD(severity_row, is), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_severities, .doc = "At least this severe."},
    {FIELD(severity_row, classes), .type = FIELD_TEXTS,
     .doc = "The class is one of these (quality.*)."},
    {FIELD(severity_row, flags), .type = FIELD_TEXTS, .doc = "One of these flags is set."},
    {FIELD(severity_row, tiers), .type = FIELD_TEXTS,
     .doc = "The customer's tier is one of these."},
    {FIELD(severity_row, amounts), .type = FIELD_PARTS, .of = &amount_table,
     .doc = "The order's amount is at least this, in its currency."},
    {FIELD(severity_row, repeats_from), .type = FIELD_INT, .min = 1, .max = 1000,
     .doc = "It is at least the n-th repeat."},
    {FIELD(severity_row, final), .type = FIELD_BOOL, .doc = "No later row is looked at."},
    FIELDS_END};
static const struct table severity_table = {
    .name = "severity", .size = sizeof(struct severity_row), .fields = severity_fields};

static const struct field joining_fields[] = {
    {FIELD(joining, threshold), .type = FIELD_INT, .min = 0, .max = 1000,
     .doc = "Confidence in thousandths below which the class is other."},
    {FIELD(joining, rules), .type = FIELD_INT, .min = 1, .max = 10000,
     .doc = "Log-odds of a point in thousandths, without a model."},
    {FIELD(joining, other), .type = FIELD_INT, .min = -10000, .max = 10000,
     .doc = "Log-odds of other in thousandths, without a model."},
    {FIELD(joining, favour), .type = FIELD_INT, .min = 0, .max = 5000,
     .doc = "How much a class is favoured over other in the choice."},
    {FIELD(joining, others_from), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "Points from which a further class is named."},
    {FIELD(joining, others_sure), .type = FIELD_INT, .min = 0, .max = 1000,
     .doc = "Or the confidence in thousandths from which one of the text's clauses by itself names "
            "it; 0: by points alone."},
    FIELDS_END};
static const struct table joining_table = {
    .name = "joining", .size = sizeof(struct joining), .fields = joining_fields};

static const struct field policy_fields[] = {
    {FIELD(policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Changes with every change of this file."},
    {FIELD_AS("model", policy, model_name), .type = FIELD_NAME,
     .doc = "A file beside this one, made by redressctl train."},
    {FIELD(policy, joining), .type = FIELD_PART, .flags = FIELD_REQUIRED, .of = &joining_table,
     .doc = "How sure one must be."},
    {FIELD(policy, groups), .type = FIELD_TREE,
     .doc = "Lists of words that rules name as {group}."},
    {FIELD(policy, negation), .type = FIELD_PART, .of = &rules_negation,
     .doc = "What denies the words behind it."},
    {FIELD(policy, supposition), .type = FIELD_PART, .of = &rules_supposition,
     .doc = "What makes a clause a question or a condition."},
    {FIELD(policy, compounds), .type = FIELD_PART, .of = &rules_compounds,
     .doc = "What changes the meaning of a word it touches."},
    {FIELD_AS("rules", policy, rule_rows), .type = FIELD_PARTS, .flags = FIELD_REQUIRED,
     .of = &rules_rule, .doc = "Words and what they mean."},
    {FIELD_AS("classes", policy, class_rows), .type = FIELD_PARTS, .of = &class_table,
     .doc = "Facts that go with classes."},
    {FIELD(policy, low_values), .type = FIELD_PARTS, .of = &amount_table,
     .doc = "Orders up to these amounts are low_value."},
    {FIELD_AS("severity", policy, severities), .type = FIELD_PARTS, .flags = FIELD_REQUIRED,
     .of = &severity_table, .doc = "Every row that matches counts; the most severe wins."},
    FIELDS_END};
const struct table policy_table = {
    .name = "classification.yaml", .size = sizeof(struct policy), .fields = policy_fields};

static bool is_one_of(const char *const *choices, const char *name) {
    return fields_choice_value(choices, name) != 0;
}

/* Whether a pattern such as quality.* matches some class. */
static bool is_class_pattern(const char *pattern) {
    for (int i = 0; contract_classes[i] != NULL; i++) {
        if (contract_class_matches(pattern, contract_classes[i])) return true;
    }
    return false;
}

static void check_texts(const struct texts *texts, const char *const *choices, int line,
                        const char *path, struct faults *faults) {
    for (int i = 0; i < texts->count; i++) {
        bool known = choices == contract_classes ? is_class_pattern(texts->at[i])
                                                 : is_one_of(choices, texts->at[i]);
        if (!known)
            faults_add(faults, FAULT_VALUE, line, path,
                       "%s is not among the names of the contract; mend or remove it",
                       texts->at[i]);
    }
}

static void check_severities(const struct policy *policy, const struct tree *list,
                             struct faults *faults) {
    const struct severity_row *rows = policy->severities.at;
    const struct tree *node = NULL;
    if (list != NULL) node = list->first;

    for (int i = 0; i < policy->severities.count; i++) {
        char path[32];
        int line = 0;
        if (node != NULL) line = node->line;
        snprintf(path, sizeof path, "severity[%d]", i);
        check_texts(&rows[i].classes, contract_classes, line, path, faults);
        check_texts(&rows[i].flags, contract_flags, line, path, faults);
        check_texts(&rows[i].tiers, contract_tiers, line, path, faults);
        if (node != NULL) node = node->next;
    }
}

static void index_classes(struct policy *policy, const struct tree *list, struct arena *arena,
                          struct faults *faults) {
    struct class_row *rows = policy->class_rows.at;
    const struct tree *node = NULL;
    if (list != NULL) node = list->first;

    while (contract_classes[policy->class_count] != NULL) policy->class_count++;
    ASSERT(policy->class_count < JOIN_CLASSES_MAX);
    policy->other = fields_choice_value(contract_classes, "other");
    policy->classes =
        arena_alloc(arena, ((size_t)policy->class_count + 1) * sizeof *policy->classes);
    for (int i = 0; i < policy->class_rows.count; i++) {
        int line = 0;
        if (node != NULL) line = node->line;
        char path[32];
        snprintf(path, sizeof path, "classes[%d]", i);
        check_texts(&rows[i].ruled_out_by, contract_order_statuses, line, path, faults);
        check_texts(&rows[i].yields_to, contract_classes, line, path, faults);
        if (policy->classes[rows[i].class_id] != NULL)
            faults_add(faults, FAULT_VALUE, line, path, "%s has a row already",
                       contract_classes[rows[i].class_id - 1]);
        policy->classes[rows[i].class_id] = &rows[i];
        if (node != NULL) node = node->next;
    }
}

static void load_model(struct policy *policy, const struct tree *file, const char *dir,
                       struct arena *arena, struct faults *faults) {
    const struct tree *node = tree_get(file, "model");
    struct err err;
    const char *bytes;
    size_t len;

    policy->rules_version = policy->version;
    if (policy->model_name == NULL) return;
    if (strchr(policy->model_name, '/') != NULL) {
        faults_add(faults, FAULT_VALUE, node->line, "model",
                   "expected a file's name beside this file, without a slash");
        return;
    }
    const char *path = arena_printf(arena, "%s/%s", dir, policy->model_name);
    if (file_read(arena, path, MODEL_FILE_MAX, &bytes, &len, &err) != 0 ||
        model_read(bytes, len, arena, &policy->model, &err) != 0) {
        faults_add(faults, FAULT_VALUE, node->line, "model", "%s", err.text);
        return;
    }
    policy->rules_version = arena_printf(arena, "%s+%s", policy->version, policy->model->checksum);
}

static void set_join(struct policy *policy) {
    const struct model *model = policy->model;
    struct join *join = &policy->join;

    *join = (struct join){.class_count = policy->class_count,
                          .other = policy->other,
                          .favour = (int32_t)policy->joining->favour};
    join->alone_rules = (int32_t)policy->joining->rules;
    join->alone_bias = (int32_t)policy->joining->other;
    if (model == NULL) return;
    join->own = model->own;
    join->rules = model->rules;
    join->bias = model->other;
    join_outputs(join, model->outputs, model->output_count);
}

int policy_load(const struct tree *file, const char *dir, struct arena *arena, void **policy_out,
                const char **version_out, struct faults *faults) {
    struct policy *policy = ARENA_NEW(arena, struct policy);
    int before = faults->count;

    if (fields_decode_whole(&policy_table, file, arena, policy, faults)) return -1;
    policy->tables = text_tables_new(arena);
    const struct rules_source source = {policy->rule_rows, policy->negation, policy->supposition,
                                        policy->compounds, policy->groups,   file};
    policy->rules = rules_new(&source, policy->tables, arena, faults);
    index_classes(policy, tree_get(file, "classes"), arena, faults);
    check_severities(policy, tree_get(file, "severity"), faults);
    load_model(policy, file, dir, arena, faults);
    if (faults->count != before) return -1;
    set_join(policy);
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}
