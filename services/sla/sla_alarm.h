/* sla_alarm: when the warnings and the steps of a cycle are to be told, and which have been: what
 * the facts, the policy and the cycle say. Pure; told they are by sla_fire. */
#ifndef REDRESS_SLA_ALARM_H
#define REDRESS_SLA_ALARM_H

#include "sla_replay.h"

struct sla_alarm {
    struct arena *arena;
    const struct sla_replay *replay;
    const struct sla_derived *derived;
    const struct sla_cycle *cycle; /* NULL: nothing was told; not for sla_alarm_next() */
};

/* When a warning is to be given; CALENDAR_NEVER: not, or not any more. */
int64_t sla_alarm_warning_at(const struct sla_alarm *alarm, const struct sla_warning *warning);
bool sla_alarm_is_warned(const struct sla_alarm *alarm, const struct sla_warning *warning);
/* The same warning, of whichever deadline. */
bool sla_alarm_was_warned_so(const struct sla_alarm *alarm, const struct sla_warning *warning);
/* What the cycle keeps of it. */
const char *sla_alarm_warning_key(const struct sla_alarm *alarm, const struct sla_warning *warning);

/* The next step of the ladder, and the how manieth telling of it that is; `step` is the number of
 * steps and at_ms CALENDAR_NEVER: there is none, or it waits. */
struct sla_alarm_next {
    int step;
    int64_t telling, at_ms;
};
struct sla_alarm_next sla_alarm_next(const struct sla_alarm *alarm);
/* How often a step was told. */
int64_t sla_alarm_tellings(const struct sla_alarm *alarm, int step);
/* What the cycle keeps of a telling. */
const char *sla_alarm_step_key(const struct sla_alarm *alarm, int step, int64_t telling);

#endif
