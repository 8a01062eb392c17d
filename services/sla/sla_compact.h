/* sla_compact: what bounds a case's facts without changing a verdict. Old facts are folded into
 * what they decided: a wait keeps its end and no longer what ended it; a fact goes when everything
 * else is the same without it, but for cycles that are over and told. Pure.
 *
 * The books are closed up to the latest fact that went: a record that comes late by more than that
 * starts nothing any more. What no text or person may say again (deadlines of others, classes, the
 * status) stays as long as it may still count. */
#ifndef REDRESS_SLA_COMPACT_H
#define REDRESS_SLA_COMPACT_H

#include "sla_replay.h"

/* When there are more facts than policy->facts_kept, tries to get well below it; not at each fact
 * when that does not succeed. The cycles are as reported (sla_state_put_cycles). */
void sla_compact(struct sla_state *state, const struct sla_policy *policy, int64_t now_ms,
                 struct arena *arena);

#endif
