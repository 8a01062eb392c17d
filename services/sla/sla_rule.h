/* sla_rule: one target of one policy, read and checked: the part of sla_policy.c that knows what a
 * target may say. Only sla_policy.c and sla_rule_*.c include it. */
#ifndef REDRESS_SLA_RULE_H
#define REDRESS_SLA_RULE_H

#include "sla_policy.h"

/* What is being read, and where its faults go. */
struct sla_reader {
    struct arena *arena;
    struct faults *faults;
    struct sla_hours *hours; /* the calendars; NULL where one is faulty */
    int hours_count;
    const struct sla_policy *policy; /* with its waits */
};

/* Its tables: a reason to wait, a target, its `by`, its `calendar`, a warning, and a step of its
 * ladder. */
extern const struct table sla_rule_wait_table, sla_rule_table, sla_rule_by_table,
    sla_rule_choice_table, sla_rule_warning_table, sla_rule_step_table;

/* Reads the target `tree` (its key is the name) of the policy at the path `above`. */
void sla_rule_read(struct sla_reader *reader, const struct tree *tree, const char *above,
                   struct sla_rule *rule);

/* The cut-off (`by`, NULL: none) of the target at `path`. */
void sla_rule_read_by(struct sla_reader *reader, const struct tree *by, const char *path,
                      struct sla_rule *rule);

/* The calendar (`tree`, NULL: none) of the target at the path `above`. */
void sla_rule_read_hours(struct sla_reader *reader, const struct tree *tree, const char *above,
                         struct sla_rule *rule);

/* The warnings (`list`) and the ladder of the target `tree` (`files`, as sla_rule_step_table has
 * it), which has its allowance already; `path` is that of the target. */
void sla_rule_read_warnings(struct sla_reader *reader, const struct tree *list, const char *path,
                            struct sla_rule *rule);
void sla_rule_read_ladder(struct sla_reader *reader, const struct tree *tree, const char *path,
                          const struct parts *files, struct sla_rule *rule);

/* A fault at `at` (NULL: without a line): "found F, expected E". */
void sla_rule_complain(struct sla_reader *reader, const struct tree *at, const char *path,
                       const char *found, const char *expected);

/* The types that `tree` names under `key`, with a fault for each that no worker sends to this one;
 * where it has no such key, *types_out stays. */
void sla_rule_read_types(struct sla_reader *reader, const struct tree *tree, const char *path,
                         const char *key, const struct texts *names, struct event_set *types_out);

/* 1-40 characters of a-z 0-9 _: the name of a target, or of a reason to wait. */
bool sla_rule_is_name(const char *name);

/* The waits of `pauses` (NULL: none), and those that every policy knows, to reader->policy. */
void sla_rule_read_waits(struct sla_reader *reader, const struct tree *tree,
                         struct sla_policy *policy);

/* The policies under `also` of each policy of `list`, once all are read. */
void sla_policy_read_also(struct sla_reader *reader, const struct tree *list,
                          struct sla_policy *policy);
const struct sla_row *sla_policy_with_also(const struct sla_row *row,
                                           const struct sla_profile *profile);

#endif
