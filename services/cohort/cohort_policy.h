/* cohort_policy: cohort.yaml: when a cohort opens, whom it warns and with what, and when a person
 * is asked (deploy/docs/cohorts.md); and what is looked for as a cause (deploy/docs/causes.md). */
#ifndef REDRESS_COHORT_POLICY_H
#define REDRESS_COHORT_POLICY_H

#include "contract/contract.h"
#include "data/calendar_zone.h"

enum cohort_joins { COHORT_AT_ONCE = 1, COHORT_AT_HAND_OVER };

struct cohort_rule {
    const char *name;
    struct texts classes; /* patterns, as contract_class_matches() has them */
    struct texts at_risk; /* statuses of an order that is still to be hit */
    struct remedy *token; /* NULL: none */
};
/* Who can mend it; absent is any. */
struct cohort_party {
    const char *party;       /* a role of notification.yaml */
    struct texts dimensions; /* whose value it is */
    struct texts classes;    /* patterns */
};
struct cohort_tenant {
    const char *tenant, *timezone;
    /* Parsed. */
    const struct calendar_zone *zone;
};
/* When a cause has risen. */
struct cohort_causes {
    const char *timezone; /* whose days are counted, */
    struct parts tenants; /* struct cohort_tenant: but for these */
    int64_t judged_after; /* a day is looked at so long after its end: ms */
    int counts_at;        /* enum order_status: an order counts when it comes so far */
    double false_alarm;   /* of one value and group, one day */
    int64_t at_least;     /* complaints, however unusual */
    double per_thousand;  /* complaints in 1 000 orders where nothing is known yet, */
    int64_t weight;       /* as so many orders */
    int64_t half_within;  /* of those who complain half do so within: ms */
    struct parts parties; /* struct cohort_party: the first that matches */
    /* Parsed. */
    const struct calendar_zone *zone;
};
struct cohort_policy {
    const char *version;
    bool migrate;
    int64_t window, ends_after, half_life; /* ms */
    double false_alarm;                    /* of one test */
    int64_t at_least;                      /* complaints, however unusual */
    double per_thousand;                   /* complaints of a group in 1 000 orders, before a */
    int64_t weight;               /* dimension's own experience counts: as so many orders */
    struct texts not_flags;       /* whose complaints do not count */
    int64_t orders_most;          /* held of a dimension's value */
    int64_t people_over;          /* orders; and */
    struct money cost_over;       /* what a cohort may spend on its own */
    int joins;                    /* enum cohort_joins */
    const char *borne_by;         /* the party that bears the tokens */
    struct parts rules;           /* struct cohort_rule: the first that matches */
    struct cohort_causes *causes; /* NULL: none is looked for */
};

extern const struct table cohort_policy_table;

/* The zone of a tenant's days. */
const struct calendar_zone *cohort_policy_zone(const struct cohort_causes *causes,
                                               const char *tenant);
/* Who can mend a cause. Never NULL: the last row is for all. */
const char *cohort_policy_party(const struct cohort_causes *causes, const char *dimension,
                                const char *class_name);

/* load() of the spec: all faults at once, each with its line. */
int cohort_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                       void **policy_out, const char **version_out,
                       struct faults *faults) MUST_CHECK;

#endif
