/* sight_cohorts: cohorts that run or wait for a person, as redress-cohort's view has them. */
#ifndef REDRESS_SIGHT_COHORTS_H
#define REDRESS_SIGHT_COHORTS_H

#include "data/fields.h"
#include "sight/sight.h"

struct sight_cohort {
    const char *cohort_id, *tenant, *dimension, *value; /* whose state it is in */
    const char *status, *class_name;                    /* "waiting" or "open" */
    const char *by;                                     /* who found it; NULL: the rate */
    int64_t members, warned, ends_at;
    const struct tree *all; /* every field of it, `match` and the times as JSON has them */
};
extern const struct table sight_cohort_table;
struct sight_cohorts {
    struct sight_cohort *at;
    int count;
    int lost; /* values that an index names and that have no hash */
};

/* Those that wait first, then by their end. 0, or -1 as sight.h says. */
int sight_cohorts_read(struct sight *sight, struct sight_cohorts *out) MUST_CHECK;
/* NULL: it neither runs nor waits. */
const struct sight_cohort *sight_cohorts_find(const struct sight_cohorts *cohorts,
                                              const char *cohort_id);

#endif
