/* cohort_open: how a cohort opens, is confirmed, waits and closes. */
#ifndef REDRESS_COHORT_OPEN_H
#define REDRESS_COHORT_OPEN_H

#include "cohort.h"

struct cohort_turn {
    const struct decision *in;
    const struct cohort_policy *policy;
    struct cohort_state *state;
    struct effects *out;
    int64_t now_ms; /* the log's time of an event, the clock of a wake-up */
};

/* The orders that share the state's value; of a day's lane without the day. */
struct cohort_match *cohort_open_match(const struct cohort_state *state, struct arena *arena);
/* After one more complaint of a class: opens one, if there are more than usual and none runs. */
void cohort_open_by_rate(const struct cohort_turn *turn, const char *class_name);
/* A person has confirmed a cause: opens one, admits one that waits, or lets one run on. Returns
 * whether anything has changed. */
bool cohort_open_confirm(const struct cohort_turn *turn, const struct activity *data);
/* A person says that it is over. */
bool cohort_open_end(const struct cohort_turn *turn, const struct activity *data);
/* Closes those whose time has come, and forgets the closed ones. */
void cohort_open_expire(const struct cohort_turn *turn);
/* Lets those wait that may warn nobody more; counts who is in them. */
void cohort_open_review(const struct cohort_turn *turn);

#endif
