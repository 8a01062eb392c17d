/* sla_state: what the worker keeps about a case. Facts decide; the other fields are what dashboards
 * read (deploy/docs/redis.md) and what was said already, so that it is said once. */
#ifndef REDRESS_SLA_STATE_H
#define REDRESS_SLA_STATE_H

#include "sla_policy.h"

enum {
    SLA_TIMELINE_MAX = 100, /* deploy/docs/redis.md */
    SLA_FACTS_MAX = 500,    /* where sla_compact cannot get below SLA_FACTS_KEPT: a case whose
                               systems run wild stays below 64 KiB */
    SLA_CYCLES_MAX =
        100 /* cycles remembered beside the latest of each target: two years of weekly updates */
};

enum sla_status { SLA_OPEN = 1, SLA_PAUSED, SLA_RESOLVED, SLA_CLOSED, SLA_WITHDRAWN };
enum sla_cycle_state {
    SLA_CYCLE_RUNNING = 1,
    SLA_CYCLE_PAUSED,
    SLA_CYCLE_MET,
    SLA_CYCLE_MET_LATE,
    SLA_CYCLE_BREACHED,
    SLA_CYCLE_CANCELLED
};

/* One thing that happened. Sorted by time, sequence, arrival. */
struct sla_fact {
    int64_t at;
    bool ordered;   /* has a sequence */
    bool automated; /* a program did it: case.closed */
    int64_t sequence;
    const char *id; /* of the event, as a hash of its source and id; NULL: of an earlier version */
    const char *type; /* "case.contacted" */
    const char *name; /* task, target of a deadline, class */
    const char *set_by;
    const char *team;   /* case.assigned */
    int64_t until;      /* end of a pause, time of a deadline */
    const char *reason; /* of a pause */
    int severity;
    struct texts flags;
    struct rest rest;
};

/* One cycle of one target, as it was reported. */
struct sla_cycle {
    const char *name; /* the target */
    int64_t due;      /* 0: none */
    int state;
    int64_t cycle;
    int64_t met_at;
    int64_t breached_at; /* noticed; cleared when retracted */
    int64_t breach_due;  /* the deadline that was reported breached, and stands so; 0: none */
    int64_t retracted;   /* how often that was taken back */
    int64_t settle_at;   /* the breach is not reported before this: more records may be behind */
    struct texts warned; /* warnings given: of which deadline, which */
    struct texts told;   /* steps of ladders taken, "<policy>:<number>"; states of earlier versions
                            have none */
    int64_t level;       /* how many */
    const char *waits_for; /* reason of the pause that was reported */
    const char *set_by;    /* whose deadline it is; NULL: the policy's */
    bool frozen;           /* its verdict stands under an earlier policy version */
    bool watched;          /* in the index of deadlines */
    struct rest rest;
};

struct sla_pause_span {
    int64_t from, to; /* to 0: no end */
    const char *reason;
};
struct sla_moment {
    int64_t at;
    const char *type, *target;
    struct rest rest;
};

struct sla_state {
    int status;
    const char *tenant;
    int channel, tier;
    const char *class_name;
    int severity;
    struct texts flags;
    const char *policy, *policy_version;
    int64_t opened_at, contacted_at, resolved_at, closed_at;
    const char *assignee;
    int64_t repeats;
    struct parts pauses;   /* struct sla_pause_span */
    struct parts timeline; /* struct sla_moment */
    struct parts targets;  /* struct sla_cycle: the latest of each target */
    /* For the worker's own use. */
    int64_t wake_at;
    const char *case_id, *traceparent;
    struct sla_order *order;
    const char *customer; /* a hash of its id */
    const char *contract, *region, *locale;
    struct texts categories;                /* of the items */
    struct parts facts;                     /* struct sla_fact */
    struct parts cycles;                    /* struct sla_cycle: earlier ones */
    int64_t assigned_at, assigned_sequence; /* 0: none */
    int64_t heard_at;     /* the last word of people or systems; 0: as the facts have it */
    bool started;         /* targets run */
    int64_t start_by;     /* else they do from here */
    int64_t looked_at;    /* the last wake-up: chained targets run up to here */
    int64_t migrated_at;  /* the version was taken over then */
    int64_t closed_books; /* cycles up to here that are not remembered are not taken up again */
    int64_t forget_at;    /* over, and gone then */
    struct rest rest;     /* of a newer version */
};

extern const struct table sla_state_table;

/* NULL is the same as NULL alone. */
bool sla_state_same_text(const char *one, const char *two);

bool sla_state_has_fact(const struct sla_state *state, const struct sla_fact *fact);
/* Their types, in the facts' order. */
const enum event_type *sla_state_events(const struct sla_state *state, struct arena *arena);
/* Puts a fact in its place. False: it was there already. */
bool sla_state_add_fact(struct sla_state *state, const struct sla_fact *fact, struct arena *arena);
void sla_state_add_moment(struct sla_state *state, int64_t at, enum event_type type,
                          const char *target, struct arena *arena);

/* The cycles as one list, in no order, and the way back into `targets` and `cycles`. */
struct sla_cycles {
    struct arena *arena;
    struct sla_cycle *at;
    int count;
};
void sla_state_take_cycles(const struct sla_state *state, struct arena *arena,
                           struct sla_cycles *out);
void sla_state_put_cycles(struct sla_state *state, const struct sla_cycles *cycles);
struct sla_cycle *sla_state_find_cycle(struct sla_cycles *cycles, const char *name, int64_t cycle);
struct sla_cycle *sla_state_add_cycle(struct sla_cycles *cycles, const char *name, int64_t cycle);

#endif
