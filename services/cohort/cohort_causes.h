/* cohort_causes: what a dimension's value keeps to find causes (cause.h), and what is told of them.
 *
 * Counted by the tenant's days (policy), each by its own time: an order on the day on which it is
 * reported as `counts_at`, a complaint on the day on which the customer complained. So what comes
 * late counts where it belongs, for CAUSE_KEPT days; the future counts as the log's time. An order
 * counts once as long as it is held; one that is no more counts when it is reported as `counts_at`,
 * which is once, unless the shop repeats itself.
 *
 * Judged by wake-ups alone, `judged_after` the end of a day: those fire only when all that was
 * written before is read, so a backlog neither hides nor makes a rise. After a stop each day of the
 * last week that was missed is looked at, in its order. Only values that have had `at_least`
 * complaints in a week, or have a cause, are woken.
 *
 * Emits cause.risen once a rise, cause.reviewed once for what an answer has brought and once when
 * it is over. Their ids are made of tenant, dimension, value, group and first day: whoever decides
 * again says the same. A day's lane (COHORT_DAY) has no causes: it does not come back.
 *
 * Memory: 25 lines at most, of CAUSE_KEPT numbers; of a value with thousands of complaints a day
 * some 10 KB. Case ids are all that is kept of customers. */
#ifndef REDRESS_COHORT_CAUSES_H
#define REDRESS_COHORT_CAUSES_H

#include "cohort_open.h"

enum {
    COHORT_CAUSES_MOST = 32, /* a rise takes a week at least: of six groups within nine weeks */
    COHORT_EXAMPLES_MOST = 5
};

/* After its facts were taken in; `was_held` before them. Returns whether something has changed. */
bool cohort_causes_see_order(const struct cohort_turn *turn, const struct activity *data,
                             bool was_held);
void cohort_causes_see_complaint(const struct cohort_turn *turn, const struct cohort_pending *of,
                                 const char *class_name);
/* cause.answered; false: nothing has risen. */
bool cohort_causes_answer(const struct cohort_turn *turn, const struct activity *data);
/* A wake-up: the days that are over are looked at. */
void cohort_causes_judge(const struct cohort_turn *turn);
/* Forgets what is too old. */
void cohort_causes_tidy(const struct cohort_turn *turn);
/* When the next day is to be looked at, or something is to be forgotten; 0: never. */
int64_t cohort_causes_wake(const struct cohort_turn *turn);
bool cohort_causes_empty(const struct cohort_state *state);
/* What dashboards look for. */
void cohort_causes_set_status(struct cohort_state *state);

#endif
