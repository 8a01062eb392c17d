/* sla_policy_also: several agreements at once. The targets of the policies that another lists under
 * `also` run beside its own, under names of their own, as long as their own `match` holds: for each
 * set of them that may hold there is a row with all of its targets, made once. */
#include "sla_match.h"
#include "sla_rule.h"
#include <string.h>

struct also {
    struct sla_reader *reader;
    struct sla_policy *policy;
    struct sla_row *row; /* the one that lists them */
    const struct tree *at;
    const char *path;
};

static void complain(const struct also *also, const char *found, const char *expected) {
    sla_rule_complain(also->reader, also->at, also->path, found, expected);
}

static struct sla_row *find(const struct sla_policy *policy, const char *name) {
    for (int i = 0; i < policy->row_count; i++)
        if (policy->rows[i].name && strcmp(policy->rows[i].name, name) == 0)
            return &policy->rows[i];
    return NULL;
}

/* Its targets as "marketplace.resolution": the same for all that list it. */
static void name_rules(const struct also *also, struct sla_row *other) {
    struct arena *arena = also->reader->arena;
    size_t count = (size_t)other->rule_count;
    if (other->named_rules) return;

    other->named_rules = arena_alloc(arena, (count + 1) * sizeof(struct sla_rule *));
    for (size_t i = 0; i < count; i++) {
        struct sla_rule *rule = ARENA_NEW(arena, struct sla_rule);
        *rule = *other->rules[i];
        rule->name = arena_printf(arena, "%s.%s", other->name, other->rules[i]->name);
        if (strlen(rule->name) > SLA_TARGET_NAME_MAX)
            complain(also, rule->name,
                     "names of policy and target that are 39 characters or fewer together");
        other->named_rules[i] = rule;
    }
}

static void add(const struct also *also, const char *name) {
    struct sla_row *row = also->row;
    struct sla_row *other = find(also->policy, name);

    if (!other) {
        complain(also, name, "the name of a policy of this file");
    } else if (other == row) {
        complain(also, name, "another policy than this one");
    } else if (other->also_names.count) {
        complain(also, name, "a policy without `also` of its own");
    } else if (!sla_rule_is_name(name)) {
        complain(also, name, "a policy whose name is 1-40 characters of a-z 0-9 _");
    } else if (row->also_count == SLA_ALSO_MAX) {
        complain(also, name, "at most 4 policies");
    } else {
        for (int i = 0; i < row->also_count; i++)
            if (row->also[i] == other) complain(also, name, "each policy once");
        other->listed = true;
        row->also[row->also_count++] = other;
        name_rules(also, other);
    }
}

/* The row with its own targets and those of a set of the others. */
static struct sla_row variant(struct arena *arena, const struct sla_row *row, unsigned set) {
    struct sla_row with = *row;
    int count = row->rule_count;
    for (int i = 0; i < row->also_count; i++)
        if (set & 1u << i) count += row->also[i]->rule_count;
    with.rules = arena_alloc(arena, ((size_t)count + 1) * sizeof(struct sla_rule *));
    with.rule_count = 0;

    for (int i = 0; i < row->rule_count; i++) with.rules[with.rule_count++] = row->rules[i];
    for (int i = 0; i < row->also_count; i++)
        for (int k = 0; (set & 1u << i) && k < row->also[i]->rule_count; k++)
            with.rules[with.rule_count++] = row->also[i]->named_rules[k];
    return with;
}

void sla_policy_read_also(struct sla_reader *reader, const struct tree *list,
                          struct sla_policy *policy) {
    const struct tree *tree = list->first;

    for (int i = 0; i < policy->row_count; i++, tree = tree->next) {
        struct sla_row *row = &policy->rows[i];
        struct also also = {reader, policy, row, tree_get(tree, "also"),
                            arena_printf(reader->arena, "policies[%d].also", i)};
        for (int k = 0; k < row->also_names.count; k++) add(&also, row->also_names.at[k]);
        if (!row->also_count) continue;
        unsigned sets = 1u << row->also_count;
        row->variants = arena_alloc(reader->arena, sets * sizeof *row->variants);
        for (unsigned set = 0; set < sets; set++)
            row->variants[set] = variant(reader->arena, row, set);
    }
}

const struct sla_row *sla_policy_with_also(const struct sla_row *row,
                                           const struct sla_profile *profile) {
    unsigned set = 0;
    if (!row->also_count) return row;

    for (int i = 0; i < row->also_count; i++)
        if (sla_match_holds(row->also[i]->match, profile)) set |= 1u << i;
    return &row->variants[set];
}
