/* sight_values: what redress-cohort's view lists beside a value of a dimension (a carrier, a
 * warehouse, an article ...): its cohorts, its causes. */
#ifndef REDRESS_SIGHT_VALUES_H
#define REDRESS_SIGHT_VALUES_H

#include "data/tree.h"
#include "sight/sight.h"

struct sight_value {
    const char *tenant, *dimension, *value;
    const struct tree *item; /* one of the list */
};
typedef void sight_values_taker(struct sight *sight, const struct sight_value *value,
                                void *context);

/* Gives each item of the field `list` of each value that the index `by` names, in no order.
 * *lost_out: values that it names and that have no such list. 0, or -1 as sight.h says. */
int sight_values_read(struct sight *sight, const char *by, const char *list,
                      sight_values_taker *take, void *context, int *lost_out) MUST_CHECK;

/* Members of an item; 0: it has none of the name. */
double sight_values_real(const struct tree *item, const char *name);
int64_t sight_values_number(const struct tree *item, const char *name);
int64_t sight_values_time(const struct tree *item, const char *name); /* ms */

#endif
