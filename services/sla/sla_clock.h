/* sla_clock: the time that counts for a cycle: its calendar, what it waits for, and what a cycle
 * that reopening started had used before. Pure arithmetic over what a replay found. */
#ifndef REDRESS_SLA_CLOCK_H
#define REDRESS_SLA_CLOCK_H

#include "sla_replay.h"

/* The rule that the deadline is worked out by: the one in force, or an earlier promise. */
const struct sla_rule *sla_clock_rule(const struct sla_derived *derived);

/* The calendar of a rule for this case. */
struct sla_hours sla_clock_hours(const struct sla_replay *replay, const struct sla_rule *rule);
/* And that of the rule that the deadline is worked out by. */
const struct calendar *sla_clock_calendar(const struct sla_replay *replay,
                                          const struct sla_derived *derived);

/* When the clock began: with the cycle, or with the first of those that it goes on with. */
int64_t sla_clock_begun(const struct sla_derived *derived);

/* When the clock stood, up to `end_ms`. Returns how often. */
int sla_clock_pauses(const struct sla_replay *replay, const struct sla_derived *derived,
                     int64_t end_ms, struct calendar_pause **pauses_out);

/* The policy's deadline by what is known up to `end_ms`; CALENDAR_NEVER: none. *kept_out: the
 * promise that it is, where that is earlier than what the rule in force says; else NULL. */
int64_t sla_clock_due(const struct sla_replay *replay, const struct sla_derived *derived,
                      int64_t end_ms, const struct sla_rule **kept_out);

/* When a step is due for the `telling`-th time (from 1) behind the deadline that was missed;
 * CALENDAR_NEVER: not while it waits. */
int64_t sla_clock_step_at(const struct sla_replay *replay, const struct sla_derived *derived,
                          int64_t due, const struct sla_step *step, int64_t telling);

/* When a warning is due for a cycle that has a due time; 0: never (it would be due before the
 * start). */
int64_t sla_clock_warn_at(const struct sla_replay *replay, const struct sla_derived *derived,
                          const struct sla_warning *warning);

#endif
