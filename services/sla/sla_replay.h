/* sla_replay: deadlines as a function of facts and policy. The facts are gone through in their own
 * order, each under the policy that was right at its time; the result is every cycle of every
 * target, with its due time and what the facts say became of it. Nothing here depends on when a
 * record arrived. */
#ifndef REDRESS_SLA_REPLAY_H
#define REDRESS_SLA_REPLAY_H

#include "sla_state.h"

enum sla_end {
    SLA_NOT_ENDED = 0,
    SLA_END_MET,
    SLA_END_CANCELLED,
    SLA_END_MISSED /* chained: the next one runs */
};

struct sla_derived {
    const struct sla_rule *rule;
    int64_t cycle;
    int64_t due;        /* 0: none; of a breached one the deadline that was missed */
    const char *set_by; /* whose deadline, NULL: the policy's */
    bool breached;      /* the facts say so; what ends without a fact is for the wake-up to say */
    enum sla_end end;
    int64_t end_at;
    const char *cause; /* of a cancellation */
    bool paused;
    int waits_for;
    int64_t resumes_at; /* 0: unknown */
};

struct sla_replay {
    struct arena *arena;
    const struct sla_policy *policy;
    int64_t now_ms;
    /* The results. */
    struct sla_derived *at;
    int count;
    const struct sla_row *row; /* the policy at the end; NULL: none matches */
    const char *class_name;
    int severity;
    struct texts flags;
    int status;
    int64_t contacted_at, resolved_at, closed_at;
    struct sla_pause_span *spans;
    int span_count;
};

void sla_replay_run(struct sla_replay *replay, const struct sla_state *state);

/* The pauses that stop a rule's clock, up to `end_ms`. Returns their count. */
int sla_replay_pauses(const struct sla_replay *replay, const struct sla_rule *rule, int64_t end_ms,
                      struct calendar_pause **pauses_out);

/* When a warning is due for a cycle that has a due time; 0: never (it would be due before the
 * start). */
int64_t sla_replay_warn_at(const struct sla_replay *replay, const struct sla_derived *derived,
                           const struct sla_warning *warning);

#endif
