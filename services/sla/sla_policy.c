/* sla_policy: from the file to rules. Everything that is wrong is said at once, with its line. */
#include "sla_match.h"
#include <stdlib.h>
#include <string.h>

enum {
    CHAIN_MAX = 5, /* missed updates in a row: nobody updates this case any more */
    CLASSIFY_WITHIN_MS =
        10 * 1000, /* classification answers in milliseconds: ten seconds is an outage */
    KEEP_CLOSED_MS =
        8 * 24 * 3600 * 1000, /* intake joins for 7 days after the last word, and one more */
};

struct policy_file {
    const char *version;
    bool migrate;
    int64_t classify_within, keep_closed_for, close_silent_after;
    const struct tree *calendars, *policies;
};
static const struct field policy_fields[] = {
    {FIELD(policy_file, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Names this text; never used for another."},
    {FIELD(policy_file, migrate), .type = FIELD_BOOL,
     .doc = "Running cases of older versions take this one: what runs is due anew from its old "
            "start, verdicts stay."},
    {FIELD(policy_file, classify_within), .type = FIELD_DURATION,
     .doc = "Targets wait so long for the class; 10s."},
    {FIELD(policy_file, keep_closed_for), .type = FIELD_DURATION,
     .doc = "A case that is over is kept so long; 8d."},
    {FIELD(policy_file, close_silent_after), .type = FIELD_DURATION,
     .doc = "A case of which nothing was heard for so long is closed; absent: never."},
    {FIELD(policy_file, calendars), .type = FIELD_TREE, .doc = "Calendars by name."},
    {FIELD(policy_file, policies), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "In order, the first that matches."},
    FIELDS_END};
static const struct record policy_record = {
    .name = "sla.yaml", .size = sizeof(struct policy_file), .fields = policy_fields};

struct row_file {
    const char *name;
    const struct tree *match, *targets;
    struct texts reopen_resolved_on, reopen_closed_on, resume_on;
};
static const struct field row_fields[] = {
    {FIELD(row_file, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The policy's name, in sla.started."},
    {FIELD(row_file, match), .type = FIELD_TREE, .doc = "Which cases; absent: all."},
    {FIELD(row_file, targets), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "Targets by name."},
    {FIELD(row_file, reopen_resolved_on), .type = FIELD_TEXTS,
     .doc = "What reopens a resolved case; case.repeated."},
    {FIELD(row_file, reopen_closed_on), .type = FIELD_TEXTS,
     .doc = "What reopens a closed case; case.repeated and case.customer_replied."},
    {FIELD(row_file, resume_on), .type = FIELD_TEXTS,
     .doc = "What ends a wait for the customer; case.customer_replied and case.repeated."},
    FIELDS_END};
static const struct record row_record = {
    .name = "policy", .size = sizeof(struct row_file), .fields = row_fields};

struct rule_file {
    const char *within, *calendar;
    int automated;
    int64_t chain_max;
    struct texts pause_on, warn, starts_on, met_by, ends_on;
    struct records escalate;
};
static const struct field step_fields[] = {
    {FIELD(sla_step, after), .type = FIELD_DURATION, .doc = "Time after the deadline."},
    {FIELD(sla_step, to), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The role that is told."},
    FIELDS_END};
static const struct record step_record = {
    .name = "step", .size = sizeof(struct sla_step), .fields = step_fields};
static const char *const automated_choices[] = {"counts", NULL};
static const struct field rule_fields[] = {
    {FIELD(rule_file, within), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The allowance: 90s 15m 1h 3d 3wd."},
    {FIELD(rule_file, calendar), .type = FIELD_NAME,
     .doc = "A calendar's name; absent: always open."},
    {FIELD(rule_file, automated), .type = FIELD_CHOICE, .choices = automated_choices,
     .doc = "`counts`: what a program did (`automated`) meets it, too."},
    {FIELD(rule_file, chain_max), .type = FIELD_INT, .min = 1, .max = 100,
     .doc = "next_update: how often it runs on by itself after a missed one; 5."},
    {FIELD(rule_file, pause_on), .type = FIELD_TEXTS, .doc = "Pause reasons that stop this clock."},
    {FIELD(rule_file, warn), .type = FIELD_TEXTS,
     .doc = "75% of the allowance used, or 10m before."},
    {FIELD(rule_file, escalate), .type = FIELD_RECORDS, .of = &step_record, .max = SLA_STEPS_MAX,
     .doc = "The ladder."},
    {FIELD(rule_file, starts_on), .type = FIELD_TEXTS, .doc = "Event types that start a cycle."},
    {FIELD(rule_file, met_by), .type = FIELD_TEXTS, .doc = "Event types that meet it."},
    {FIELD(rule_file, ends_on), .type = FIELD_TEXTS, .doc = "Event types that cancel it."},
    FIELDS_END};
static const struct record rule_record = {
    .name = "target", .size = sizeof(struct rule_file), .fields = rule_fields};

/* deploy/contract/README.md, Targets. The last row is any named task. */
struct kind {
    const char *name;
    const char *starts_on[5], *met_by[3], *ends_on[3];
    bool chained;
};
static const struct kind kinds[] = {
    {"first_contact", {"case.opened"}, {"case.contacted", "case.replied"}, {NULL}, false},
    {"resolution",
     {"case.opened", "case.reopened"},
     {"case.resolved", "case.closed"},
     {NULL},
     false},
    {"next_reply",
     {"case.customer_replied"},
     {"case.replied", "case.contacted"},
     {"case.resolved", "case.closed"},
     false},
    {"next_update",
     {"case.opened", "case.reopened", "case.updated", "case.replied"},
     {"case.updated", "case.replied"},
     {"case.resolved", "case.closed"},
     true},
    {"follow_up", {"case.resolved"}, {"visit.scored"}, {"case.reopened"}, false},
    {NULL, {"task.started"}, {"task.done"}, {NULL}, false}};

struct reader {
    struct arena *arena;
    struct faults *faults;
    const struct tree *calendar_trees;
    const struct calendar **calendars; /* as calendar_trees' members; NULL where faulty */
};

static void complain(struct reader *reader, const struct tree *at, const char *path,
                     const char *found, const char *expected) {
    faults_add(reader->faults, FAULT_VALUE, at ? at->line : 0, path, "found %s, expected %s", found,
               expected);
}

static void read_calendars(struct reader *reader) {
    const struct tree *trees = reader->calendar_trees;

    if (!trees) return;
    if (trees->kind != TREE_MAP) {
        complain(reader, trees, "calendars", tree_kind_name(trees->kind),
                 "a map of calendars by name");
        reader->calendar_trees = NULL;
        return;
    }
    reader->calendars =
        arena_alloc(reader->arena, (size_t)(trees->count + 1) * sizeof(struct calendar *));
    int i = 0;
    for (const struct tree *at = trees->first; at; at = at->next)
        reader->calendars[i++] =
            calendar_read(at, arena_printf(reader->arena, "calendars.%s", at->key), FIELDS_STRICT,
                          reader->arena, reader->faults);
}

static const struct calendar *find_calendar(struct reader *reader, const struct tree *tree,
                                            const char *path, const char *name) {
    int i = 0;

    for (const struct tree *at = reader->calendar_trees ? reader->calendar_trees->first : NULL; at;
         at = at->next, i++)
        if (strcmp(at->key, name) == 0) return reader->calendars[i];
    complain(reader, tree_get(tree, "calendar"), arena_printf(reader->arena, "%s.calendar", path),
             name, "the name of a calendar of this file");
    return NULL;
}

static struct texts copy_names(struct arena *arena, const char *const *names, int max) {
    struct texts texts = {.at = arena_alloc(arena, (size_t)max * sizeof(char *))};

    while (texts.count < max && names[texts.count]) {
        texts.at[texts.count] = names[texts.count];
        texts.count++;
    }
    return texts;
}

static void read_warning(struct reader *reader, const struct tree *tree, const char *path,
                         const char *text, const struct sla_rule *rule, struct sla_warning *out) {
    size_t len = strlen(text);
    char *end;

    out->text = text;
    if (len > 1 && text[len - 1] == '%') {
        out->percent = strtol(text, &end, 10);
        if (*end == '%' && text[0] >= '1' && text[0] <= '9' && out->percent < 100) return;
    } else if (fields_parse_duration(text, &out->before_ms) == 0 && out->before_ms > 0 &&
               (rule->allowance.in_days || out->before_ms < rule->allowance.ms)) {
        return;
    }
    complain(reader, tree_get(tree, "warn"), arena_printf(reader->arena, "%s.warn", path), text,
             "1% to 99%, or a duration shorter than `within`");
}

static void read_ladder(struct reader *reader, const struct tree *tree, const char *path,
                        const struct records *ladder) {
    const struct sla_step *steps = ladder->at;
    for (int i = 1; i < ladder->count; i++)
        if (steps[i].after < steps[i - 1].after)
            complain(reader, tree_get(tree, "escalate"),
                     arena_printf(reader->arena, "%s.escalate", path), "a step", "ascending times");
}

/* Only types that come to this worker can start or meet anything. */
static void check_types(struct reader *reader, const struct tree *tree, const char *path,
                        const char *key, const struct texts *types) {
    for (int i = 0; i < types->count; i++) {
        const struct contract_type *type = contract_find(types->at[i]);
        bool ours = type && type->names_case && strncmp(type->name, "sla.", 4) != 0 &&
                    type->topic != TOPIC_COMPLAINTS &&
                    (type->topic != TOPIC_EVENTS || strncmp(type->name, "case.", 5) == 0);
        if (ours && type->topic != TOPIC_SETTLEMENTS && type->topic != TOPIC_DELIVERIES) continue;
        complain(reader, tree_get(tree, key), arena_printf(reader->arena, "%s.%s", path, key),
                 types->at[i], "an event type of cases, activity or decisions");
    }
}

static unsigned read_reasons(struct reader *reader, const struct tree *tree, const char *path,
                             const struct texts *reasons) {
    unsigned set = 0;
    for (int i = 0; i < reasons->count; i++) {
        int reason = fields_choice_value(contract_pause_reasons, reasons->at[i]);
        set |= 1u << reason;
        if (!reason)
            complain(reader, tree_get(tree, "pause_on"),
                     arena_printf(reader->arena, "%s.pause_on", path), reasons->at[i],
                     "awaiting_customer or awaiting_third_party");
    }

    return set;
}

static bool is_target_name(const char *name) {
    size_t len = strlen(name);
    if (len == 0 || len > SLA_TARGET_NAME_MAX) return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static const struct kind *kind_of(const char *target) {
    const struct kind *kind = kinds;
    while (kind->name && strcmp(kind->name, target) != 0) kind++;
    return kind;
}

bool sla_policy_bare_rule(const char *target, struct arena *arena, struct sla_rule *rule_out) {
    if (!is_target_name(target)) return false;
    const struct kind *kind = kind_of(target);
    *rule_out = (struct sla_rule){.name = target,
                                  .starts_on = copy_names(arena, kind->starts_on, 5),
                                  .met_by = copy_names(arena, kind->met_by, 3),
                                  .ends_on = copy_names(arena, kind->ends_on, 3),
                                  .chained = kind->chained,
                                  .chain_max = CHAIN_MAX,
                                  .policy = "",
                                  .open_ended = true};
    return true;
}

static void read_events(struct reader *reader, const struct tree *tree, const char *path,
                        const struct rule_file *file, struct sla_rule *rule) {
    const struct kind *kind = kind_of(rule->name);

    rule->starts_on =
        file->starts_on.count ? file->starts_on : copy_names(reader->arena, kind->starts_on, 5);
    if (file->met_by.count)
        rule->met_by = file->met_by;
    else
        rule->met_by = copy_names(reader->arena, kind->met_by, 3);
    rule->ends_on =
        file->ends_on.count ? file->ends_on : copy_names(reader->arena, kind->ends_on, 3);
    rule->automated = file->automated != 0;
    rule->chained = kind->chained;
    rule->chain_max = file->chain_max ? (int)file->chain_max : CHAIN_MAX;
    if (file->chain_max && !kind->chained)
        complain(reader, tree_get(tree, "chain_max"), path, "chain_max",
                 "it at next_update alone: no other target runs on by itself");
    check_types(reader, tree, path, "starts_on", &rule->starts_on);
    check_types(reader, tree, path, "met_by", &rule->met_by);
    check_types(reader, tree, path, "ends_on", &rule->ends_on);
}

static void read_rule(struct reader *reader, const struct tree *tree, const char *above,
                      struct sla_rule *rule) {
    const char *path = arena_printf(reader->arena, "%s.targets.%s", above, tree->key);
    struct rule_file file = {0};

    rule->name = tree->key;
    if (!is_target_name(tree->key))
        complain(reader, tree, path, "this name", "1-40 characters of a-z 0-9 _");
    if (tree->kind != TREE_MAP) {
        complain(reader, tree, path, tree_kind_name(tree->kind), "a map with `within`");
        return;
    }
    if (sla_match_decode(&rule_record, tree, path, reader->arena, &file, reader->faults)) return;
    rule->within = file.within;
    if (calendar_parse_allowance(file.within, &rule->allowance) ||
        rule->allowance.ms + rule->allowance.days == 0)
        complain(reader, tree_get(tree, "within"), arena_printf(reader->arena, "%s.within", path),
                 file.within, "a duration such as 90s 15m 1h 3d 3wd, not 0");
    rule->calendar_name = file.calendar;
    if (file.calendar) rule->calendar = find_calendar(reader, tree, path, file.calendar);
    rule->pause_on = read_reasons(reader, tree, path, &file.pause_on);
    rule->escalate = file.escalate;
    read_ladder(reader, tree, path, &file.escalate);
    if (file.warn.count > SLA_WARNINGS_MAX)
        complain(reader, tree_get(tree, "warn"), path, "more", "at most 8 warnings");
    rule->warnings =
        arena_alloc(reader->arena, (size_t)(file.warn.count + 1) * sizeof *rule->warnings);
    for (int i = 0; i < file.warn.count; i++)
        read_warning(reader, tree, path, file.warn.at[i], rule,
                     &rule->warnings[rule->warning_count++]);
    read_events(reader, tree, path, &file, rule);
}

static void read_row(struct reader *reader, const struct tree *tree, const char *path,
                     struct sla_row *row) {
    static const char *const reopen[] = {"case.repeated", "case.customer_replied"};
    struct row_file file = {0};

    row->match = sla_match_read(NULL, path, reader->arena, reader->faults);
    if (sla_match_decode(&row_record, tree, path, reader->arena, &file, reader->faults)) return;
    row->name = file.name;
    row->match = sla_match_read(file.match, arena_printf(reader->arena, "%s.match", path),
                                reader->arena, reader->faults);
    if (tree_get(tree, "reopen_resolved_on"))
        row->reopen_resolved_on = file.reopen_resolved_on;
    else
        row->reopen_resolved_on = copy_names(reader->arena, reopen, 1);
    if (tree_get(tree, "reopen_closed_on"))
        row->reopen_closed_on = file.reopen_closed_on;
    else
        row->reopen_closed_on = copy_names(reader->arena, reopen, 2);
    if (tree_get(tree, "resume_on"))
        row->resume_on = file.resume_on;
    else
        row->resume_on = copy_names(reader->arena, reopen, 2);
    check_types(reader, tree, path, "resume_on", &row->resume_on);
    check_types(reader, tree, path, "reopen_resolved_on", &row->reopen_resolved_on);
    check_types(reader, tree, path, "reopen_closed_on", &row->reopen_closed_on);
    if (file.targets->kind != TREE_MAP) {
        complain(reader, file.targets, path, tree_kind_name(file.targets->kind),
                 "targets as a map by name");
        return;
    }
    row->rules = arena_alloc(reader->arena, (size_t)(file.targets->count + 1) * sizeof *row->rules);
    for (const struct tree *at = file.targets->first; at; at = at->next) {
        row->rules[row->rule_count].policy = row->name;
        read_rule(reader, at, path, &row->rules[row->rule_count++]);
    }
}

/* A policy behind one that takes all of its cases is a mistake of the order. */
static void check_shadows(struct reader *reader, const struct tree *list,
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
            if (!sla_match_covers(policy->rows[k].match, policy->rows[i].match)) continue;
            faults_add(reader->faults, FAULT_VALUE, tree->line, path,
                       "policy %s can never match, since %s before it takes all of its cases", name,
                       other);
            break;
        }
    }
}

static void add_types(struct arena *arena, struct texts *all, const struct texts *more) {
    for (int i = 0; i < more->count; i++) {
        if (sla_policy_lists(all, more->at[i])) continue;
        size_t count = (size_t)all->count;
        all->at =
            arena_grow(arena, all->at, count * sizeof *all->at, (count + 1) * sizeof *all->at);
        all->at[all->count++] = more->at[i];
    }
}

static void collect_types(struct arena *arena, struct sla_policy *policy) {
    for (int i = 0; i < policy->row_count; i++) {
        add_types(arena, &policy->types, &policy->rows[i].reopen_resolved_on);
        add_types(arena, &policy->types, &policy->rows[i].reopen_closed_on);
        add_types(arena, &policy->types, &policy->rows[i].resume_on);
        for (int k = 0; k < policy->rows[i].rule_count; k++) {
            add_types(arena, &policy->types, &policy->rows[i].rules[k].starts_on);
            add_types(arena, &policy->types, &policy->rows[i].rules[k].met_by);
            add_types(arena, &policy->types, &policy->rows[i].rules[k].ends_on);
        }
    }
}

int sla_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                    void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct reader reader = {.arena = arena, .faults = faults};
    struct policy_file read = {0};
    int before = faults->count;
    if (fields_decode(&policy_record, file, FIELDS_STRICT, arena, &read, faults)) return -1;
    struct sla_policy *policy = ARENA_NEW(arena, struct sla_policy);
    *policy = (struct sla_policy){
        .version = read.version,
        .classify_within = read.classify_within ? read.classify_within : CLASSIFY_WITHIN_MS,
        .keep_closed_for = read.keep_closed_for ? read.keep_closed_for : KEEP_CLOSED_MS,
        .close_silent_after = read.close_silent_after};
    reader.calendar_trees = read.calendars;
    read_calendars(&reader);
    if (read.policies->kind != TREE_LIST || read.policies->count == 0) {
        complain(&reader, read.policies, "policies", tree_kind_name(read.policies->kind),
                 "a list of at least one policy");
        return -1;
    }
    policy->rows = arena_alloc(arena, (size_t)read.policies->count * sizeof *policy->rows);
    for (const struct tree *at = read.policies->first; at; at = at->next) {
        const char *path = arena_printf(arena, "policies[%d]", policy->row_count);
        read_row(&reader, at, path, &policy->rows[policy->row_count++]);
    }
    if (faults->count == before) check_shadows(&reader, read.policies, policy);
    if (faults->count != before) return -1;
    collect_types(arena, policy);
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}

const struct sla_row *sla_policy_match(const struct sla_policy *policy,
                                       const struct sla_profile *profile) {
    for (int i = 0; i < policy->row_count; i++)
        if (sla_match_holds(policy->rows[i].match, profile)) return &policy->rows[i];
    return NULL;
}

const struct sla_rule *sla_policy_rule(const struct sla_row *row, const char *target) {
    for (int i = 0; row && i < row->rule_count; i++)
        if (strcmp(row->rules[i].name, target) == 0) return &row->rules[i];
    return NULL;
}

bool sla_policy_lists(const struct texts *types, const char *type) {
    for (int i = 0; i < types->count; i++)
        if (strcmp(types->at[i], type) == 0) return true;
    return false;
}
