/* cohort_policy: cohort.yaml: when a cohort opens, whom it warns and with what, and when a person
 * is asked (deploy/docs/cohorts.md). */
#ifndef REDRESS_COHORT_POLICY_H
#define REDRESS_COHORT_POLICY_H

#include "contract/contract.h"

enum cohort_joins { COHORT_AT_ONCE = 1, COHORT_AT_HAND_OVER };

struct cohort_rule {
    const char *name;
    struct texts classes; /* patterns, as contract_class_matches() has them */
    struct texts at_risk; /* statuses of an order that is still to be hit */
    struct remedy *token; /* NULL: none */
};
struct cohort_policy {
    const char *version;
    bool migrate;
    int64_t window, ends_after, half_life; /* ms */
    double false_alarm;                    /* of one test */
    int64_t at_least;                      /* complaints, however unusual */
    double per_thousand;                   /* complaints of a group in 1 000 orders, before a */
    int64_t weight;         /* dimension's own experience counts: as so many orders */
    struct texts not_flags; /* whose complaints do not count */
    int64_t orders_most;    /* held of a dimension's value */
    int64_t people_over;    /* orders; and */
    struct money cost_over; /* what a cohort may spend on its own */
    int joins;              /* enum cohort_joins */
    const char *borne_by;   /* the party that bears the tokens */
    struct parts rules;     /* struct cohort_rule: the first that matches */
};

extern const struct table cohort_policy_table;

/* load() of the spec: all faults at once, each with its line. */
int cohort_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                       void **policy_out, const char **version_out,
                       struct faults *faults) MUST_CHECK;

#endif
