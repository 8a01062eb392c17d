/* sla_alarm: each warning and each step once per cycle, which says what was told. */
#include "sla_alarm.h"
#include "sla_clock.h"
#include <string.h>

/* Warnings. */

/* A warning belongs to its deadline: that of a policy, which pauses move, or one set from outside.
 */
const char *sla_alarm_warning_key(const struct sla_alarm *alarm,
                                  const struct sla_warning *warning) {
    const struct sla_derived *derived = alarm->derived;
    if (derived->set_by)
        return arena_printf(alarm->arena, "%s@%lld:%s", derived->set_by, (long long)derived->due,
                            warning->key);
    return arena_printf(alarm->arena, "%s:%s", sla_clock_rule(derived)->policy, warning->key);
}

/* States of earlier versions have the text alone. */
bool sla_alarm_is_warned(const struct sla_alarm *alarm, const struct sla_warning *warning) {
    if (!alarm->cycle) return false;
    return texts_has(&alarm->cycle->warned, warning->key) ||
           texts_has(&alarm->cycle->warned, sla_alarm_warning_key(alarm, warning));
}

bool sla_alarm_was_warned_so(const struct sla_alarm *alarm, const struct sla_warning *warning) {
    const struct texts *warned = &alarm->cycle->warned;
    for (int i = 0; i < warned->count; i++) {
        const char *colon = strrchr(warned->at[i], ':');
        if (colon && strcmp(colon + 1, warning->key) == 0) return true;
    }
    return false;
}

int64_t sla_alarm_warning_at(const struct sla_alarm *alarm, const struct sla_warning *warning) {
    const struct sla_derived *derived = alarm->derived;
    const struct sla_cycle *cycle = alarm->cycle;
    bool runs =
        !derived->end && !derived->breached && derived->due && !cycle->breach_due && !cycle->frozen;
    bool waits = derived->paused && (!derived->set_by || warning->working);
    bool taken = warning->unassigned && alarm->replay->assigned;
    if (!runs || waits || taken || sla_alarm_is_warned(alarm, warning)) return CALENDAR_NEVER;

    int64_t at = sla_clock_warn_at(alarm->replay, derived, warning);
    if (at) return at;
    return CALENDAR_NEVER;
}

/* The ladder. */

/* A missed update is escalated as long as the next one is missing too. */
static bool is_relieved(const struct sla_alarm *alarm) {
    const struct sla_derived *derived = alarm->derived;
    if (derived->end != SLA_END_MISSED) return derived->end != SLA_NOT_ENDED;
    for (int i = 0; i < alarm->replay->count; i++) {
        const struct sla_derived *other = &alarm->replay->at[i];
        bool later_one = other->rule == derived->rule && other->cycle > derived->cycle;
        if (later_one && other->end != SLA_NOT_ENDED && other->end != SLA_END_MISSED) return true;
    }
    return false;
}

const char *sla_alarm_step_key(const struct sla_alarm *alarm, int step, int64_t telling) {
    const char *key = arena_printf(alarm->arena, "%s:%d", alarm->derived->rule->policy, step);
    if (telling == 1) return key;
    return arena_printf(alarm->arena, "%s#%lld", key, (long long)telling);
}

/* A step belongs to the ladder of its policy: whoever a graver one names is told, however many were
 * told by the one before. */
int64_t sla_alarm_tellings(const struct sla_alarm *alarm, int step) {
    const struct sla_step *steps = alarm->derived->rule->escalate.at;
    const struct sla_cycle *cycle = alarm->cycle;
    int64_t told = 0;
    if (!cycle) return 0;
    if (!cycle->told.count) return step < cycle->level; /* of an earlier version */

    while (told < steps[step].times &&
           texts_has(&cycle->told, sla_alarm_step_key(alarm, step, told + 1)))
        told++;
    return told;
}

/* The first moment that is later than the time of the step. */
static int64_t telling_at(const struct sla_alarm *alarm, int step, int64_t telling) {
    const struct sla_step *steps = alarm->derived->rule->escalate.at;
    int64_t at = sla_clock_step_at(alarm->replay, alarm->derived, alarm->cycle->breach_due,
                                   &steps[step], telling);
    if (at == CALENDAR_NEVER) return at;
    return at + 1;
}

struct sla_alarm_next sla_alarm_next(const struct sla_alarm *alarm) {
    const struct sla_cycle *cycle = alarm->cycle;
    const struct sla_step *steps = alarm->derived->rule->escalate.at;
    int count = alarm->derived->rule->escalate.count;
    struct sla_alarm_next next = {.step = count, .at_ms = CALENDAR_NEVER};
    bool open = cycle->breach_due && !cycle->frozen && !is_relieved(alarm);

    for (int i = 0; open && i < count; i++) {
        int64_t telling = sla_alarm_tellings(alarm, i) + 1;
        bool taken = steps[i].unassigned && alarm->replay->assigned;
        if (taken || telling > steps[i].times) continue;
        int64_t at_ms = telling_at(alarm, i, telling);
        if (at_ms < next.at_ms) next = (struct sla_alarm_next){i, telling, at_ms};
    }
    return next;
}
