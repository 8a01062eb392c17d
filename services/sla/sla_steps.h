/* sla_steps: what each fact means, which policy holds from it on, and whether the clock stands: the
 * first half of a replay (sla_replay.h). Only sla_replay.c includes it. */
#ifndef REDRESS_SLA_STEPS_H
#define REDRESS_SLA_STEPS_H

#include "sla_replay.h"

struct sla_replay_step {
    const struct sla_fact *fact;
    enum event_type type; /* the fact's, or case.reopened where the policy says that it reopens */
    int64_t at;           /* not before the opening */
    int segment;          /* the policy's, from here on */
    bool silent;          /* nothing starts: the case was over before, in the same way */
};

/* A stretch of facts under one policy. */
struct sla_segment {
    const struct sla_row *row;
    const char *class_name;
    int severity;
    struct texts flags;
};

struct sla_steps {
    struct sla_replay *replay;
    const struct sla_state *state;
    const enum event_type *types; /* of its facts */
    struct sla_replay_step *steps;
    int step_count;
    struct sla_segment *segments;
    int segment_count;
    const char *assignee, *team; /* who has the case so far; NULL: nobody */
    int64_t repeats;             /* further complaints so far */
    struct sla_pause_span span;  /* the open one; reason NULL: none */
    int64_t waits_since;         /* for that reason without a break */
};

/* The facts of run->state as steps and segments; status, times and pauses go to run->replay. */
void sla_steps_make(struct sla_steps *run);

#endif
