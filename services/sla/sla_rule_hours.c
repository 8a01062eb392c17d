/* sla_rule_hours: the `calendar` of a target: one for all cases, or each case's own. */
#include "sla_match.h"
#include "sla_rule.h"
#include <string.h>

struct choice_file {
    int by;
    const char *otherwise;
};
static const char *const by_choices[] = {"region", "contract", NULL};
static const struct field choice_fields[] = {
    {FIELD(choice_file, by), .type = FIELD_CHOICE, .choices = by_choices, .flags = FIELD_REQUIRED,
     .doc = "The calendar that has the name of the customer's `region` or `contract`, or of what "
            "stands before its last `-`: `DE` for `DE-BY`."},
    {FIELD_AS("default", choice_file, otherwise), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The calendar of all others."},
    FIELDS_END};
const struct table sla_rule_choice_table = {
    .name = "calendar of the case",
    .size = sizeof(struct choice_file),
    .fields = choice_fields,
    .doc = "`calendar` of a target, where it is not the same for all cases."};

static const struct calendar *find(struct sla_reader *reader, const struct tree *at,
                                   const char *path, const char *name) {
    for (int i = 0; i < reader->hours_count; i++)
        if (strcmp(reader->hours[i].name, name) == 0) return reader->hours[i].calendar;
    sla_rule_complain(reader, at, path, name, "the name of a calendar of this file");
    return NULL;
}

static void read_choice(struct sla_reader *reader, const struct tree *tree, const char *path,
                        struct sla_rule *rule) {
    struct choice_file file = {0};
    if (sla_match_decode(&sla_rule_choice_table, tree, path, reader->arena, &file, reader->faults))
        return;

    rule->hours_by = file.by;
    rule->choices = reader->hours;
    rule->choice_count = reader->hours_count;
    rule->hours.name = file.otherwise;
    rule->hours.calendar =
        find(reader, tree, arena_printf(reader->arena, "%s.default", path), file.otherwise);
    if (reader->hours_count == 1)
        sla_rule_complain(reader, tree, path, "one calendar alone",
                          "others that are named as regions or contracts are");
}

void sla_rule_read_hours(struct sla_reader *reader, const struct tree *tree, const char *above,
                         struct sla_rule *rule) {
    const char *path = arena_printf(reader->arena, "%s.calendar", above);
    if (!tree || tree->kind == TREE_NULL) return;

    if (tree->kind == TREE_MAP) {
        read_choice(reader, tree, path, rule);
    } else if (tree->kind == TREE_TEXT) {
        rule->hours.name = tree->text;
        rule->hours.calendar = find(reader, tree, path, tree->text);
    } else {
        sla_rule_complain(reader, tree, path, tree_kind_name(tree->kind),
                          "the name of a calendar, or a map such as {by: region, default: office}");
    }
}
