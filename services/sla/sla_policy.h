/* sla_policy: sla.yaml, read, checked and compiled. Which policy a case has: the first that matches
 * its facts. */
#ifndef REDRESS_SLA_POLICY_H
#define REDRESS_SLA_POLICY_H

#include "contract/contract.h"
#include "data/calendar.h"

enum {
    SLA_TARGET_NAME_MAX = 40, /* a target's name stands in ids of at most 128 bytes */
    SLA_STEPS_MAX = 20,       /* of a ladder: contract.h allows levels 1-20 */
    SLA_WARNINGS_MAX = 8      /* more warnings than that are noise */
};

struct sla_warning {
    const char *text; /* as written: "75%", "10m" */
    int64_t percent;  /* one of the two */
    int64_t before_ms;
};
struct sla_step {
    int64_t after; /* ms after the deadline, by the clock on the wall: escalation does not wait for
                      office hours */
    const char *to;
};

/* One target of one policy. */
struct sla_rule {
    const char *name;
    const char *
        policy; /* the name of the policy that it is of; "": of none, a deadline set from outside */
    const char *within; /* as written */
    const char *calendar_name;
    struct calendar_allowance allowance;
    const struct calendar *calendar; /* NULL: always open */
    unsigned pause_on;               /* 1 << enum pause_reason */
    struct sla_warning *warnings;
    int warning_count;
    struct records escalate; /* struct sla_step */
    struct texts starts_on, met_by,
        ends_on;     /* event types; those of tasks only where the task has the target's name */
    bool open_ended; /* has no allowance: only deadlines set from outside count */
    bool automated;  /* what a program did meets it, too */
    bool chained;    /* after a missed one the next runs from its due time, */
    int chain_max;   /* so often in a row; the last one waits for what meets it */
};

struct sla_order { /* the order's facts that policies may ask for */
    int status;
    const char *carrier, *warehouse, *lane;
    bool custom, perishable;
    struct money amount;
    struct rest rest;
};

/* What a policy is chosen by. */
struct sla_profile {
    const char *tenant, *class_name; /* class_name NULL: not classified */
    int severity, tier, channel;
    const struct texts *flags;
    const struct sla_order *order; /* NULL: none */
    int64_t opened_at;
};

struct sla_row {
    const char *name;
    struct sla_match *match;
    struct sla_rule *rules;
    int rule_count;
    struct texts reopen_resolved_on,
        reopen_closed_on;   /* event types that reopen like case.reopened */
    struct texts resume_on; /* event types that end a wait for the customer */
};

struct sla_policy {
    const char *version;
    int64_t classify_within;    /* ms: so long targets wait for the class */
    int64_t keep_closed_for;    /* ms: a case that is over is kept so long for late records */
    int64_t close_silent_after; /* ms: a case without a word for so long is closed; 0: never */
    struct sla_row *rows;
    int row_count;
    struct texts types; /* all event types named by some rule */
};

/* load() of struct worker_spec. */
int sla_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                    void **policy_out, const char **version_out, struct faults *faults);

/* NULL: none matches. */
const struct sla_row *sla_policy_match(const struct sla_policy *policy,
                                       const struct sla_profile *profile);
/* NULL: the row is NULL or has no such target. */
const struct sla_rule *sla_policy_rule(const struct sla_row *row, const char *target);
/* The rule of a target that the policy lacks, and for which somebody outside has set a deadline:
 * its usual facts, no allowance, no warnings, no ladder. False: no target can have this name. */
bool sla_policy_bare_rule(const char *target, struct arena *arena, struct sla_rule *rule_out);
bool sla_policy_lists(const struct texts *types, const char *type);

#endif
