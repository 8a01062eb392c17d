/* sight_causes: causes that have risen, and what became of them, as redress-cohort's view has them.
 */
#ifndef REDRESS_SIGHT_CAUSES_H
#define REDRESS_SIGHT_CAUSES_H

#include "data/fields.h"
#include "sight/sight.h"

struct sight_cause {
    const char *cause_id, *tenant, *dimension, *value; /* whose state it is in */
    const char *status, *class_name;                   /* "risen", "answered" or "over" */
    const char *party;                                 /* who was told */
    const char *outcome;                               /* NULL: not known yet */
    int64_t at, complaints, orders;
    double rate, usual_rate; /* complaints in 1 000 orders */
    const struct tree *all;  /* every field of it, as JSON has them */
};
extern const struct table sight_cause_table;
struct sight_causes {
    struct sight_cause *at;
    int count;
    int lost; /* values that an index names and that have no hash */
};

/* Those that have risen first, then those that were answered, then those that are over; the latest
 * first. 0, or -1 as sight.h says. */
int sight_causes_read(struct sight *sight, struct sight_causes *out) MUST_CHECK;
/* NULL: there is none. */
const struct sight_cause *sight_causes_find(const struct sight_causes *causes,
                                            const char *cause_id);

#endif
