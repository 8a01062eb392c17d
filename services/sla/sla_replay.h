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
    int64_t begun; /* of one that reopening started: when the first began; 0: it is none */
    const struct calendar_pause *gaps; /* and when none of them ran */
    int gap_count;
    /* What texts of the customer promised before the latest of them: never later than that. */
    const struct sla_rule **promises;
    int promise_count;
    const struct sla_rule *kept; /* whose deadline it therefore is; NULL: that of `rule` */
    int64_t due;                 /* 0: none; of a breached one the deadline that was missed */
    const char *set_by;          /* whose deadline, NULL: the policy's */
    bool breached; /* the facts say so; what ends without a fact is for the wake-up to say */
    enum sla_end end;
    int64_t end_at;
    const char *cause; /* of a cancellation */
    bool paused;
    const char *waits_for;
    int64_t resumes_at; /* 0: unknown */
};

/* How long a policy was that of the case. */
struct sla_stretch {
    int64_t from;
    const struct sla_row *row; /* NULL: none matched */
    const char *since;         /* the type of the fact by which it came */
};

struct sla_replay {
    struct arena *arena;
    const struct sla_policy *policy;
    int64_t now_ms;
    const struct sla_state *state; /* set by sla_replay_run() */
    /* The results. */
    struct sla_derived *at;
    int count;
    const struct sla_row *row; /* the policy at the end; NULL: none matches */
    const char *class_name;
    int severity;
    struct texts flags;
    bool assigned; /* somebody has the case */
    int status;
    int64_t contacted_at, resolved_at, closed_at;
    struct sla_pause_span *spans;
    int span_count;
    struct sla_stretch *stretches; /* in order, at least one */
    int stretch_count;
};

void sla_replay_run(struct sla_replay *replay, const struct sla_state *state);

#endif
