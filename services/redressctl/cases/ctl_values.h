/* ctl_values: what redressctl cohorts and redressctl causes have in common: a look at
 * redress-cohort's view, and an item of it as a JSON line. */
#ifndef REDRESS_CTL_VALUES_H
#define REDRESS_CTL_VALUES_H

#include "redressctl/cases/ctl_sight.h"
#include "sight/sight_values.h"

/* 0, or -1 as sight.h says; *lost_out as sight_values_read(). */
typedef int ctl_values_reader(struct sight *sight, void *found, int *lost_out);

/* Opens Redis and reads while the view stands; an exit status, said on stderr where it is not 0. */
int ctl_values_read(struct ctl *ctl, ctl_values_reader *read, void *found) MUST_CHECK;
/* One line: whose it is, then all that the item has. */
void ctl_values_json(const struct sight_value *value);

#endif
