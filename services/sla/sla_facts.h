/* sla_facts: from an event to the facts that it states. */
#ifndef REDRESS_SLA_FACTS_H
#define REDRESS_SLA_FACTS_H

#include "decision/spec.h"
#include "sla_state.h"

/* case.opened: fills a new state. DONE or REJECT. */
enum result sla_facts_open(struct sla_state *state, const struct decision *in, struct effects *out);
/* Any other event. *news_out: whether the state knows more than before. DONE or REJECT. */
enum result sla_facts_add(struct sla_state *state, const struct decision *in,
                          const struct sla_policy *policy, bool *news_out, struct effects *out);
/* Event types that this worker folds. */
bool sla_facts_wanted(const char *type);

#endif
