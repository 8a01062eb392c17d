/* sla_policy: from the file to rules. Everything that is wrong is said at once, with its line. */
#include "sla_match.h"
#include "sla_rule.h"
#include <stdlib.h>
#include <string.h>

enum {
    CLASSIFY_WITHIN_MS =
        10 * 1000, /* classification answers in milliseconds: ten seconds is an outage */
    KEEP_CLOSED_MS =
        8 * 24 * 3600 * 1000, /* intake joins for 7 days after the last word, and one more */
};

struct policy_file {
    const char *version;
    bool migrate;
    int64_t classify_within, keep_closed_for, close_silent_after;
    const struct tree *calendars, *pauses, *policies;
};
static const struct field policy_fields[] = {
    {FIELD(policy_file, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Names this text; never used for another."},
    {FIELD(policy_file, migrate), .type = FIELD_BOOL,
     .doc = "`true`: running cases of older versions take this one; what runs is due anew from its "
            "old start, verdicts stay."},
    {FIELD(policy_file, classify_within), .type = FIELD_DURATION,
     .doc = "Targets wait so long for the class, then run on the policy that matches without one; "
            "absent: 10s."},
    {FIELD(policy_file, keep_closed_for), .type = FIELD_DURATION,
     .doc = "A case that is over takes late records for so long; absent: 8d."},
    {FIELD(policy_file, close_silent_after), .type = FIELD_DURATION,
     .doc = "A case of which nothing was heard for so long is closed; absent: never."},
    {FIELD(policy_file, calendars), .type = FIELD_TREE, .doc = "Open hours by name."},
    {FIELD(policy_file, pauses), .type = FIELD_TREE,
     .doc = "Reasons of `case.paused` beside `awaiting_customer` and `awaiting_third_party`, by "
            "name, each with a map (pause)."},
    {FIELD(policy_file, policies), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "In order; a case has the first that matches."},
    FIELDS_END};
static const struct table policy_table = {.name = "sla.yaml",
                                          .size = sizeof(struct policy_file),
                                          .fields = policy_fields,
                                          .doc = "The file."};

struct row_file {
    const char *name;
    const struct tree *match, *targets;
    struct texts also, reopen_resolved_on, reopen_closed_on, resume_on;
};
static const struct field row_fields[] = {
    {FIELD(row_file, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The policy's name, in sla.started."},
    {FIELD(row_file, match), .type = FIELD_TREE, .doc = "Which cases have it; absent: all."},
    {FIELD(row_file, targets), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "What is promised, by name: deploy/contract/README.md, Targets; any other name is a "
            "task's."},
    {FIELD(row_file, also), .type = FIELD_TEXTS,
     .doc = "Further policies: their targets run, too, as long as their own `match` holds, each "
            "named by its policy (`marketplace.resolution`). What reopens and resumes is as this "
            "one says."},
    {FIELD(row_file, reopen_resolved_on), .type = FIELD_TEXTS,
     .doc = "Event types that reopen a resolved case; absent: `case.repeated`."},
    {FIELD(row_file, reopen_closed_on), .type = FIELD_TEXTS,
     .doc = "Event types that reopen a closed case; absent: `case.repeated` and "
            "`case.customer_replied`."},
    {FIELD(row_file, resume_on), .type = FIELD_TEXTS,
     .doc = "Event types that end a wait for the customer; absent: `case.customer_replied` and "
            "`case.repeated`."},
    FIELDS_END};
static const struct table row_table = {.name = "policy",
                                       .size = sizeof(struct row_file),
                                       .fields = row_fields,
                                       .doc = "One of `policies`."};

const struct table *const sla_policy_tables[] = {
    &policy_table,           &row_table,           &sla_rule_wait_table,
    &sla_rule_table,         &sla_rule_by_table,   &sla_rule_choice_table,
    &sla_rule_warning_table, &sla_rule_step_table, &sla_match_table,
    &sla_match_order_table,  &calendar_table,      NULL};

static void read_calendars(struct sla_reader *reader, const struct tree *trees) {
    if (!trees) return;
    if (trees->kind != TREE_MAP) {
        sla_rule_complain(reader, trees, "calendars", tree_kind_name(trees->kind),
                          "a map of calendars by name");
        return;
    }
    reader->hours = arena_alloc(reader->arena, (size_t)(trees->count + 1) * sizeof *reader->hours);
    for (const struct tree *at = trees->first; at; at = at->next) {
        const char *path = arena_printf(reader->arena, "calendars.%s", at->key);
        struct sla_hours *hours = &reader->hours[reader->hours_count++];
        hours->name = at->key;
        hours->calendar = calendar_read(at, path, FIELDS_STRICT, reader->arena, reader->faults);
    }
}

static void read_row(struct sla_reader *reader, const struct tree *tree, const char *path,
                     struct sla_row *row) {
    static const struct event_set again = {.has = {[EVENT_CASE_REPEATED] = true}};
    static const struct event_set word = {
        .has = {[EVENT_CASE_REPEATED] = true, [EVENT_CASE_CUSTOMER_REPLIED] = true}};
    struct row_file file = {0};

    row->match = sla_match_read(NULL, path, reader->arena, reader->faults);
    if (sla_match_decode(&row_table, tree, path, reader->arena, &file, reader->faults)) return;
    row->name = file.name;
    row->also_names = file.also;
    row->match = sla_match_read(file.match, arena_printf(reader->arena, "%s.match", path),
                                reader->arena, reader->faults);
    row->reopen_resolved_on = again;
    row->reopen_closed_on = word;
    row->resume_on = word;
    sla_rule_read_types(reader, tree, path, "resume_on", &file.resume_on, &row->resume_on);
    sla_rule_read_types(reader, tree, path, "reopen_resolved_on", &file.reopen_resolved_on,
                        &row->reopen_resolved_on);
    sla_rule_read_types(reader, tree, path, "reopen_closed_on", &file.reopen_closed_on,
                        &row->reopen_closed_on);
    if (file.targets->kind != TREE_MAP) {
        sla_rule_complain(reader, file.targets, path, tree_kind_name(file.targets->kind),
                          "targets as a map by name");
        return;
    }
    row->rules =
        arena_alloc(reader->arena, ((size_t)file.targets->count + 1) * sizeof(struct sla_rule *));
    for (const struct tree *at = file.targets->first; at; at = at->next) {
        struct sla_rule *rule = ARENA_NEW(reader->arena, struct sla_rule);
        rule->policy = row->name;
        sla_rule_read(reader, at, path, rule);
        row->rules[row->rule_count++] = rule;
    }
}

/* A policy behind one that takes all of its cases is a mistake of the order. */
static void check_shadows(struct sla_reader *reader, const struct tree *list,
                          const struct sla_policy *policy) {
    const struct tree *tree = list->first;

    for (int i = 0; i < policy->row_count; i++, tree = tree->next) {
        for (int k = 0; k < i; k++) {
            const char *path = arena_printf(reader->arena, "policies[%d]", i);
            const char *name = "";
            if (policy->rows[i].name) name = policy->rows[i].name;
            const char *other = "";
            if (policy->rows[k].name) other = policy->rows[k].name;
            if (strcmp(name, other) == 0)
                faults_add(reader->faults, FAULT_VALUE, tree->line, path,
                           "the name %s is used twice", name);
            bool covers = sla_match_covers(policy->rows[k].match, policy->rows[i].match);
            if (!covers || policy->rows[i].listed) continue;
            faults_add(reader->faults, FAULT_VALUE, tree->line, path,
                       "policy %s can never match, since %s before it takes all of its cases", name,
                       other);
            break;
        }
    }
}

static void add_types(struct event_set *all, const struct event_set *more) {
    for (int type = EVENT_UNKNOWN + 1; type <= EVENT_TYPES; type++)
        all->has[type] |= more->has[type];
}

static void collect_types(struct sla_policy *policy) {
    for (int i = 0; i < policy->row_count; i++) {
        add_types(&policy->types, &policy->rows[i].reopen_resolved_on);
        add_types(&policy->types, &policy->rows[i].reopen_closed_on);
        add_types(&policy->types, &policy->rows[i].resume_on);
        for (int k = 0; k < policy->rows[i].rule_count; k++) {
            add_types(&policy->types, &policy->rows[i].rules[k]->starts_on);
            add_types(&policy->types, &policy->rows[i].rules[k]->met_by);
            add_types(&policy->types, &policy->rows[i].rules[k]->ends_on);
        }
    }
}

int sla_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                    void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct sla_reader reader = {.arena = arena, .faults = faults};
    struct policy_file read = {0};
    int before = faults->count;
    if (fields_decode_whole(&policy_table, file, arena, &read, faults)) return -1;
    int decoded = faults->count;
    struct sla_policy *policy = ARENA_NEW(arena, struct sla_policy);
    *policy = (struct sla_policy){
        .version = read.version,
        .classify_within = read.classify_within ? read.classify_within : CLASSIFY_WITHIN_MS,
        .keep_closed_for = read.keep_closed_for ? read.keep_closed_for : KEEP_CLOSED_MS,
        .close_silent_after = read.close_silent_after,
        .facts_kept = SLA_FACTS_KEPT};
    read_calendars(&reader, read.calendars);
    sla_rule_read_waits(&reader, read.pauses, policy);
    if (read.policies->kind != TREE_LIST || read.policies->count == 0) {
        sla_rule_complain(&reader, read.policies, "policies", tree_kind_name(read.policies->kind),
                          "a list of at least one policy");
        return -1;
    }
    policy->rows = arena_alloc(arena, (size_t)read.policies->count * sizeof *policy->rows);
    for (const struct tree *at = read.policies->first; at; at = at->next) {
        const char *path = arena_printf(arena, "policies[%d]", policy->row_count);
        read_row(&reader, at, path, &policy->rows[policy->row_count++]);
    }
    if (faults->count == decoded) sla_policy_read_also(&reader, read.policies, policy);
    if (faults->count == decoded) check_shadows(&reader, read.policies, policy);
    if (faults->count != before) return -1;
    collect_types(policy);
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}

const struct sla_wait *sla_policy_wait(const struct sla_policy *policy, const char *reason) {
    for (int i = 0; i < policy->wait_count; i++)
        if (strcmp(policy->waits[i].name, reason) == 0) return &policy->waits[i];
    return NULL;
}

const struct sla_row *sla_policy_match(const struct sla_policy *policy,
                                       const struct sla_profile *profile) {
    for (int i = 0; i < policy->row_count; i++)
        if (sla_match_holds(policy->rows[i].match, profile))
            return sla_policy_with_also(&policy->rows[i], profile);
    return NULL;
}

const struct sla_rule *sla_policy_rule(const struct sla_row *row, const char *target) {
    for (int i = 0; row && i < row->rule_count; i++)
        if (strcmp(row->rules[i]->name, target) == 0) return row->rules[i];
    return NULL;
}
