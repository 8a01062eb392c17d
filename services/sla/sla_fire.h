/* sla_fire: what only a wake-up does: warnings, breaches, steps of the ladder; and when the next
 * wake-up must come. */
#ifndef REDRESS_SLA_FIRE_H
#define REDRESS_SLA_FIRE_H

#include "sla_report.h"

/* Fires what was due by `proven_ms`, the wake-up's own time: only up to there everything is known
 * to have been read. */
void sla_fire_due(struct sla_report *report, int64_t proven_ms);

/* Sets wake_at, forget_at and which deadlines are in the index. */
void sla_fire_plan(struct sla_report *report);

#endif
