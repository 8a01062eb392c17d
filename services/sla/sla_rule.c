/* sla_rule: one target of one policy, from the file to what the deadlines are worked out from. */
#include "sla_rule.h"
#include "sla_match.h"
#include <string.h>

enum {
    CHAIN_MAX = 5, /* missed updates in a row: nobody updates this case any more */
};

struct rule_file {
    const char *within;
    int automated, on_reopen;
    int64_t chain_max;
    struct texts pause_on, starts_on, met_by, ends_on;
    const struct tree *by, *calendar, *warn;
    struct parts escalate;
};
static const char *const reopen_choices[] = {"restart", "continue", NULL};
enum { RESTART = 1, CONTINUE };
static const char *const automated_choices[] = {"counts", NULL};
static const struct field rule_fields[] = {
    {FIELD(rule_file, within), .type = FIELD_NAME,
     .doc = "The allowance: `90s` `15m` `1h` `3d` (of 24 hours) `3wd` (the end of the third "
            "working day)."},
    {FIELD(rule_file, by), .type = FIELD_TREE,
     .doc = "In place of `within`: a time of day on a working day."},
    {FIELD(rule_file, calendar), .type = FIELD_TREE,
     .doc = "The calendar that it runs through, or a map (calendar of the case); absent: always "
            "open."},
    {FIELD(rule_file, automated), .type = FIELD_CHOICE, .choices = automated_choices,
     .doc = "`counts`: what a program did (`automated`) meets it, too."},
    {FIELD(rule_file, on_reopen), .type = FIELD_CHOICE, .choices = reopen_choices,
     .doc =
         "What a case that is reopened gets: the whole time anew (`restart`, as without the key), "
         "or the rest of it (`continue`): what was used before counts."},
    {FIELD(rule_file, chain_max), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "Of `next_update`: how often in a row it runs on by itself after a missed one; absent: "
            "5."},
    {FIELD(rule_file, pause_on), .type = FIELD_TEXTS, .doc = "Pause reasons that stop this clock."},
    {FIELD(rule_file, warn), .type = FIELD_TREE,
     .doc = "When `sla.warned` is told: `75%` of the allowance used, `10m` before the deadline, or "
            "a map (warning)."},
    {FIELD(rule_file, escalate), .type = FIELD_PARTS, .of = &sla_rule_step_table,
     .max = SLA_STEPS_MAX, .doc = "The ladder: whom `sla.escalated` names after a breach."},
    {FIELD(rule_file, starts_on), .type = FIELD_TEXTS,
     .doc = "Event types that start a cycle; absent: as the target's name has it."},
    {FIELD(rule_file, met_by), .type = FIELD_TEXTS,
     .doc = "Event types that meet it; absent: as the name has it."},
    {FIELD(rule_file, ends_on), .type = FIELD_TEXTS,
     .doc = "Event types that cancel it; absent: as the name has it."},
    FIELDS_END};
const struct table sla_rule_table = {.name = "target",
                                     .size = sizeof(struct rule_file),
                                     .fields = rule_fields,
                                     .doc = "One of `targets`."};

/* deploy/contract/README.md, Targets. The last row is any named task. */
struct kind {
    const char *name;
    struct event_set starts_on, met_by, ends_on;
    bool chained;
};
#define ON(type) [EVENT_##type] = true
#define SET(...)                                                                                   \
    {                                                                                              \
        .has = { __VA_ARGS__ }                                                                     \
    }
static const struct kind kinds[] = {
    {"first_contact", SET(ON(CASE_OPENED)), SET(ON(CASE_CONTACTED), ON(CASE_REPLIED)), SET(false),
     false},
    {"resolution", SET(ON(CASE_OPENED), ON(CASE_REOPENED)), SET(ON(CASE_RESOLVED), ON(CASE_CLOSED)),
     SET(false), false},
    {"next_reply", SET(ON(CASE_CUSTOMER_REPLIED)), SET(ON(CASE_REPLIED), ON(CASE_CONTACTED)),
     SET(ON(CASE_RESOLVED), ON(CASE_CLOSED)), false},
    {"next_update", SET(ON(CASE_OPENED), ON(CASE_REOPENED), ON(CASE_UPDATED), ON(CASE_REPLIED)),
     SET(ON(CASE_UPDATED), ON(CASE_REPLIED)), SET(ON(CASE_RESOLVED), ON(CASE_CLOSED)), true},
    {"follow_up", SET(ON(CASE_RESOLVED)), SET(ON(VISIT_SCORED)), SET(ON(CASE_REOPENED)), false},
    {NULL, SET(ON(TASK_STARTED)), SET(ON(TASK_DONE)), SET(false), false}};
#undef ON
#undef SET

void sla_rule_complain(struct sla_reader *reader, const struct tree *at, const char *path,
                       const char *found, const char *expected) {
    faults_add(reader->faults, FAULT_VALUE, at ? at->line : 0, path, "found %s, expected %s", found,
               expected);
}

bool sla_policy_takes(enum event_type type) {
    if (type == EVENT_UNKNOWN || type == EVENT_CASE_ERASED) return false;
    const struct contract_type *row = contract_row(type);
    if (!row->names_case) return false;
    if (row->topic == TOPIC_EVENTS) return strncmp(row->name, "case.", strlen("case.")) == 0;
    return row->topic == TOPIC_ACTIVITY || row->topic == TOPIC_DECISIONS;
}

void sla_rule_read_types(struct sla_reader *reader, const struct tree *tree, const char *path,
                         const char *key, const struct texts *names, struct event_set *types_out) {
    if (!tree_get(tree, key)) return;
    *types_out = (struct event_set){0};
    for (int i = 0; i < names->count; i++) {
        enum event_type type = contract_event(names->at[i]);
        types_out->has[type] = true;
        if (sla_policy_takes(type)) continue;
        sla_rule_complain(reader, tree_get(tree, key),
                          arena_printf(reader->arena, "%s.%s", path, key), names->at[i],
                          "an event type of cases, activity or decisions");
    }
}

static void check_reasons(struct sla_reader *reader, const struct tree *tree, const char *path,
                          const struct texts *reasons) {
    for (int i = 0; i < reasons->count; i++)
        if (!sla_policy_wait(reader->policy, reasons->at[i]))
            sla_rule_complain(reader, tree_get(tree, "pause_on"),
                              arena_printf(reader->arena, "%s.pause_on", path), reasons->at[i],
                              "awaiting_customer, awaiting_third_party or one of `pauses`");
}

bool sla_rule_is_name(const char *name) {
    size_t len = strlen(name);
    if (len == 0 || len > SLA_TARGET_NAME_MAX) return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static const struct kind *kind_of(const char *target) {
    const struct kind *kind = kinds;
    while (kind->name && strcmp(kind->name, target) != 0) kind++;
    return kind;
}

bool sla_policy_bare_rule(const char *target, struct sla_rule *rule_out) {
    if (!sla_rule_is_name(target)) return false;
    const struct kind *kind = kind_of(target);
    *rule_out = (struct sla_rule){.name = target,
                                  .starts_on = kind->starts_on,
                                  .met_by = kind->met_by,
                                  .ends_on = kind->ends_on,
                                  .chained = kind->chained,
                                  .chain_max = CHAIN_MAX,
                                  .policy = "",
                                  .open_ended = true};
    return true;
}

static void read_events(struct sla_reader *reader, const struct tree *tree, const char *path,
                        const struct rule_file *file, struct sla_rule *rule) {
    const struct kind *kind = kind_of(rule->name);

    rule->starts_on = kind->starts_on;
    rule->met_by = kind->met_by;
    rule->ends_on = kind->ends_on;
    if (file->starts_on.count)
        sla_rule_read_types(reader, tree, path, "starts_on", &file->starts_on, &rule->starts_on);
    if (file->met_by.count)
        sla_rule_read_types(reader, tree, path, "met_by", &file->met_by, &rule->met_by);
    if (file->ends_on.count)
        sla_rule_read_types(reader, tree, path, "ends_on", &file->ends_on, &rule->ends_on);
    rule->automated = file->automated != 0;
    rule->chained = kind->chained;
    rule->chain_max = file->chain_max ? (int)file->chain_max : CHAIN_MAX;
    if (file->chain_max && !kind->chained)
        sla_rule_complain(reader, tree_get(tree, "chain_max"), path, "chain_max",
                          "it at next_update alone: no other target runs on by itself");
    rule->continues = file->on_reopen == CONTINUE;
    if (file->on_reopen && !rule->starts_on.has[EVENT_CASE_REOPENED])
        sla_rule_complain(reader, tree_get(tree, "on_reopen"),
                          arena_printf(reader->arena, "%s.on_reopen", path), "it",
                          "it only at a target that case.reopened starts, such as resolution");
    if (rule->continues && rule->by)
        sla_rule_complain(reader, tree_get(tree, "on_reopen"),
                          arena_printf(reader->arena, "%s.on_reopen", path), "continue with `by`",
                          "restart: of a time of day there is no rest");
}

static void read_within(struct sla_reader *reader, const struct tree *tree, const char *path,
                        const struct rule_file *file, struct sla_rule *rule) {
    const char *place = arena_printf(reader->arena, "%s.within", path);
    struct calendar_allowance *allowance = &rule->allowance;
    rule->within = file->within;

    if (!file->within && !file->by)
        sla_rule_complain(reader, tree, place, "neither", "`within` or `by`");
    if (file->within && file->by)
        sla_rule_complain(reader, tree, place, "`by`, too", "one of the two");
    if (!file->within) return;
    if (calendar_parse_allowance(file->within, allowance) || allowance->ms + allowance->days == 0)
        sla_rule_complain(reader, tree_get(tree, "within"), place, file->within,
                          "a duration such as 90s 15m 1h 3d 3wd, not 0");
}

void sla_rule_read(struct sla_reader *reader, const struct tree *tree, const char *above,
                   struct sla_rule *rule) {
    const char *path = arena_printf(reader->arena, "%s.targets.%s", above, tree->key);
    struct rule_file file = {0};

    rule->name = tree->key;
    if (!sla_rule_is_name(tree->key))
        sla_rule_complain(reader, tree, path, "this name", "1-40 characters of a-z 0-9 _");
    if (tree->kind != TREE_MAP) {
        sla_rule_complain(reader, tree, path, tree_kind_name(tree->kind), "a map with `within`");
        return;
    }
    if (sla_match_decode(&sla_rule_table, tree, path, reader->arena, &file, reader->faults)) return;
    sla_rule_read_by(reader, file.by, path, rule);
    read_within(reader, tree, path, &file, rule);
    sla_rule_read_hours(reader, file.calendar, path, rule);
    rule->pause_on = file.pause_on;
    check_reasons(reader, tree, path, &file.pause_on);
    sla_rule_read_ladder(reader, tree, path, &file.escalate, rule);
    sla_rule_read_warnings(reader, file.warn, path, rule);
    read_events(reader, tree, path, &file, rule);
}
