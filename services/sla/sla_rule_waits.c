/* sla_rule_waits: `pauses`: for what else a case may wait, and how long at most. */
#include "sla_match.h"
#include "sla_rule.h"
#include <string.h>

struct wait_file {
    int64_t max;
};
static const struct field wait_fields[] = {
    {FIELD(wait_file, max), .type = FIELD_DURATION, .min = 1000,
     .doc = "The wait ends by itself so long after it began, however often it is said again; "
            "absent: it does not."},
    FIELDS_END};
const struct table sla_rule_wait_table = {
    .name = "pause",
    .size = sizeof(struct wait_file),
    .fields = wait_fields,
    .doc = "One of `pauses`; `awaiting_customer` and `awaiting_third_party` may stand there, too."};

static struct sla_wait *wait_of(struct sla_reader *reader, struct sla_policy *policy,
                                const char *name) {
    for (int i = 0; i < policy->wait_count; i++)
        if (strcmp(policy->waits[i].name, name) == 0) return &policy->waits[i];
    struct sla_wait *wait = ARENA_ADD(reader->arena, policy->waits, policy->wait_count);
    *wait = (struct sla_wait){.name = name};
    return wait;
}

/* `sla explain` names what does not count: "closed", or the wait. */
static bool is_wait_name(const char *name) {
    return sla_rule_is_name(name) && strcmp(name, "open") != 0 && strcmp(name, "closed") != 0;
}

void sla_rule_read_waits(struct sla_reader *reader, const struct tree *tree,
                         struct sla_policy *policy) {
    reader->policy = policy;
    for (int i = 0; contract_pause_reasons[i]; i++)
        wait_of(reader, policy, contract_pause_reasons[i]);
    if (!tree || tree->kind == TREE_NULL) return;
    if (tree->kind != TREE_MAP) {
        sla_rule_complain(reader, tree, "pauses", tree_kind_name(tree->kind),
                          "a map such as {awaiting_parts: {max: 10d}}");
        return;
    }

    for (const struct tree *at = tree->first; at; at = at->next) {
        const char *path = arena_printf(reader->arena, "pauses.%s", at->key);
        struct wait_file file = {0};
        if (!is_wait_name(at->key))
            sla_rule_complain(reader, at, path, "this name",
                              "1-40 characters of a-z 0-9 _, not open or closed");
        struct sla_wait *wait = wait_of(reader, policy, at->key);
        if (at->kind == TREE_NULL) continue;
        if (sla_match_decode(&sla_rule_wait_table, at, path, reader->arena, &file, reader->faults))
            continue;
        wait->longest_ms = file.max;
    }
}
