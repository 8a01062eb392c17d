/* sla_rule_alarms: the warnings and the ladder of a target, from the file to what rings. */
#include "sla_match.h"
#include "sla_rule.h"
#include <stdlib.h>
#include <string.h>

static const char *const time_choices[] = {"wall", "working", NULL};
enum { WALL = 1, WORKING };
#define TIME_DOC                                                                                   \
    "`wall` (as without the key): by the clock on the wall; `working`: as the target's own clock " \
    "counts, through its calendar, and standing while the case waits."

static const char *const if_choices[] = {"unassigned", NULL};
#define IF_DOC "`unassigned`: only as long as nobody has the case (`case.assigned`)."

struct step_file {
    const char *after, *to;
    int time, only_if;
    int64_t every, times;
};
static const struct field step_fields[] = {
    {FIELD(step_file, after), .type = FIELD_NAME,
     .doc = "So long after the deadline, or when so much of the allowance is used: `100%` to "
            "`1000%`; absent: 0s."},
    {FIELD(step_file, time), .type = FIELD_CHOICE, .choices = time_choices, .doc = TIME_DOC},
    {FIELD_AS("if", step_file, only_if), .type = FIELD_CHOICE, .choices = if_choices,
     .doc = IF_DOC},
    {FIELD(step_file, every), .type = FIELD_DURATION, .min = 1000,
     .doc = "Told again so often, until the target is met; by the same clock as `after`."},
    {FIELD(step_file, times), .type = FIELD_INT, .min = 2, .max = SLA_TELLINGS_MAX,
     .doc = "With `every`: told so often at most, the first time counted."},
    {FIELD(step_file, to), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The role that is told."},
    FIELDS_END};
const struct table sla_rule_step_table = {
    .name = "step",
    .size = sizeof(struct step_file),
    .fields = step_fields,
    .doc = "One of `escalate`: who is told that a deadline was missed, and is still not met."};

struct warning_file {
    const char *at;
    int time, only_if;
};
static const struct field warning_fields[] = {
    {FIELD(warning_file, at), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "`75%` of the allowance used, or `10m` before the deadline."},
    {FIELD(warning_file, time), .type = FIELD_CHOICE, .choices = time_choices, .doc = TIME_DOC},
    {FIELD_AS("if", warning_file, only_if), .type = FIELD_CHOICE, .choices = if_choices,
     .doc = IF_DOC},
    FIELDS_END};
const struct table sla_rule_warning_table = {
    .name = "warning",
    .size = sizeof(struct warning_file),
    .fields = warning_fields,
    .doc = "One of `warn` that says more than when; a text alone is its `at`. A share of the "
           "allowance is always counted as the target's clock counts."};

struct part { /* of a target */
    struct sla_reader *reader;
    const struct tree *at;
    const char *path;
};

static void complain(const struct part *part, const char *found, const char *expected) {
    sla_rule_complain(part->reader, part->at, part->path, found, expected);
}

/* Warnings. */

/* "75%": 75; 0: it is no share. */
static int64_t read_share(const char *text, int64_t least, int64_t most) {
    char *end;
    if (*text < '1' || *text > '9') return 0;
    int64_t percent = strtoll(text, &end, 10);
    bool is_share = strcmp(end, "%") == 0 && percent >= least && percent <= most;
    return is_share ? percent : 0;
}

static void refuse_wall(const struct part *part, int time) {
    if (time == WALL)
        complain(part, "time: wall",
                 "it only with a duration: a share is counted as the target's clock counts");
}

static void read_warning(const struct part *part, const struct warning_file *file,
                         const struct sla_rule *rule, struct sla_warning *out) {
    bool may_be_longer = rule->allowance.in_days || rule->by;

    *out = (struct sla_warning){
        .text = file->at, .working = file->time == WORKING, .unassigned = file->only_if != 0};
    out->percent = read_share(file->at, 1, 99);
    if (out->percent) {
        refuse_wall(part, file->time);
        out->working = false;
    } else if (fields_parse_duration(file->at, &out->before_ms) || out->before_ms <= 0 ||
               (!may_be_longer && out->before_ms >= rule->allowance.ms)) {
        complain(part, file->at, "1% to 99%, or a duration shorter than `within`");
    }
    const char *only_if = out->unassigned ? ".unassigned" : "";
    out->kind = arena_printf(part->reader->arena, "%s%s", out->working ? ".working" : "", only_if);
    out->key = arena_printf(part->reader->arena, "%s%s", file->at, out->kind);
}

/* "75%", or a map. False: a fault. */
static bool decode_warning(const struct part *part, struct warning_file *out) {
    if (part->at->kind == TREE_TEXT) {
        out->at = part->at->text;
        return true;
    }
    return !sla_match_decode(&sla_rule_warning_table, part->at, part->path, part->reader->arena,
                             out, part->reader->faults);
}

void sla_rule_read_warnings(struct sla_reader *reader, const struct tree *list, const char *path,
                            struct sla_rule *rule) {
    struct part part = {reader, list, arena_printf(reader->arena, "%s.warn", path)};
    if (!list || list->kind == TREE_NULL) return;
    if (list->kind != TREE_LIST) {
        complain(&part, tree_kind_name(list->kind), "a list such as [75%, 10m]");
        return;
    }
    if (list->count > SLA_WARNINGS_MAX) complain(&part, "more", "at most 8 warnings");

    size_t size = ((size_t)list->count + 1) * sizeof *rule->warnings;
    rule->warnings = arena_alloc(reader->arena, size);
    for (part.at = list->first; part.at; part.at = part.at->next) {
        struct warning_file file = {0};
        if (!decode_warning(&part, &file)) continue;
        struct sla_warning *warning = &rule->warnings[rule->warning_count++];
        read_warning(&part, &file, rule, warning);
        for (int i = 0; i < rule->warning_count - 1; i++)
            if (strcmp(rule->warnings[i].key, warning->key) == 0)
                complain(&part, file.at, "each warning once");
    }
}

/* The ladder. */

static void read_step(const struct part *part, const struct step_file *file, struct sla_step *out) {
    *out = (struct sla_step){.text = file->after,
                             .working = file->time == WORKING,
                             .unassigned = file->only_if != 0,
                             .every_ms = file->every,
                             .times = file->times ? file->times : 1,
                             .to = file->to};

    if (!file->after) out->text = "0s";
    out->percent = read_share(out->text, 100, 1000);
    if (out->percent) {
        refuse_wall(part, file->time);
        out->working = true;
    } else if (fields_parse_duration(out->text, &out->after_ms) || out->after_ms < 0) {
        complain(part, out->text, "a duration such as 0s 15m 1h 3d, or 100% to 1000%");
    }
    if (file->every && !file->times) complain(part, "every", "`times` beside it: 2 to 10");
    if (file->times && !file->every) complain(part, "times", "`every` beside it, such as 30m");
}

static bool is_before(const struct sla_step *one, const struct sla_step *two) {
    return one->percent < two->percent || one->after_ms < two->after_ms;
}

static bool is_same_kind(const struct sla_step *one, const struct sla_step *two) {
    return one->working == two->working && !one->percent == !two->percent;
}

/* Times of one kind ascend; those of another may stand anywhere between. */
static void check_order(const struct part *part, const struct sla_step *steps, int at) {
    for (int i = 0; i < at; i++) {
        if (!is_same_kind(&steps[i], &steps[at]) || !is_before(&steps[at], &steps[i])) continue;
        complain(part, steps[at].text, "ascending times");
        return;
    }
}

void sla_rule_read_ladder(struct sla_reader *reader, const struct tree *tree, const char *path,
                          const struct parts *files, struct sla_rule *rule) {
    const struct step_file *file = files->at;
    struct sla_step *steps = arena_alloc(reader->arena, ((size_t)files->count + 1) * sizeof *steps);
    struct part part = {reader, NULL, arena_printf(reader->arena, "%s.escalate", path)};
    const struct tree *list = tree_get(tree, "escalate");

    if (list) part.at = list->first;
    for (int i = 0; i < files->count; i++) {
        read_step(&part, &file[i], &steps[i]);
        check_order(&part, steps, i);
        if (part.at) part.at = part.at->next;
    }
    rule->escalate = (struct parts){steps, files->count};
}
