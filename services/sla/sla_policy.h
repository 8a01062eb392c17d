/* sla_policy: sla.yaml, read, checked and compiled. Which policy a case has: the first that matches
 * its facts. */
#ifndef REDRESS_SLA_POLICY_H
#define REDRESS_SLA_POLICY_H

#include "contract/contract.h"
#include "data/calendar_cutoff.h"

enum {
    SLA_TARGET_NAME_MAX = 40, /* a target's name stands in ids of at most 128 bytes */
    SLA_STEPS_MAX = 20,       /* of a ladder: contract.h allows levels 1-20 */
    SLA_FACTS_KEPT = 400,     /* some forty times what real cases have */
    SLA_ALSO_MAX = 4,         /* agreements beside the case's own policy */
    SLA_TELLINGS_MAX = 10,    /* of one step: who has not come by then does not */
    SLA_REPEATS_MAX = 20,     /* further complaints that a `match` may count */
    SLA_WARNINGS_MAX = 8      /* more warnings than that are noise */
};

/* Working time is that of the target's clock: its calendar, its pauses. */
struct sla_warning {
    const char *text; /* as written: "75%", "10m" */
    const char *kind; /* what tells it from others of that text: "", ".working", ".unassigned" */
    const char *key;  /* both */
    int64_t percent;  /* one of the two */
    int64_t before_ms;
    bool working;    /* before_ms is; a percent always is */
    bool unassigned; /* only as long as nobody has the case */
};
struct sla_step {
    const char *text; /* as written: "15m", "120%" */
    int64_t after_ms; /* after the deadline; or: */
    int64_t percent;  /* of the allowance are used; 0: after_ms */
    bool working;     /* a percent is */
    bool unassigned;  /* only as long as nobody has the case */
    int64_t every_ms; /* told again so often, as the step's own time counts; 0: once */
    int64_t times;    /* in all, at least 1 */
    const char *to;
};

struct sla_hours {
    const char *name;
    const struct calendar *calendar; /* NULL: always open */
};
/* What names the calendar of a case. */
enum sla_hours_by { SLA_HOURS_BY_REGION = 1, SLA_HOURS_BY_CONTRACT };

/* One target of one policy. */
struct sla_rule {
    const char *name;
    const char *
        policy; /* the name of the policy that it is of; "": of none, a deadline set from outside */
    const char *within;               /* as written; NULL: `by` */
    const struct calendar_cutoff *by; /* in place of the allowance; or NULL */
    const char *by_text;              /* "16:00 if before 14:00, else 12:00 +1wd" */
    struct calendar_allowance allowance;
    struct sla_hours hours;          /* of all cases, or of those without their own: */
    enum sla_hours_by hours_by;      /* 0: of all */
    const struct sla_hours *choices; /* all of the file */
    int choice_count;
    struct texts pause_on; /* reasons */
    struct sla_warning *warnings;
    int warning_count;
    struct parts escalate; /* struct sla_step */
    /* Those of tasks only where the task has the target's name. */
    struct event_set starts_on, met_by, ends_on;
    bool open_ended; /* has no allowance: only deadlines set from outside count */
    bool automated;  /* what a program did meets it, too */
    bool continues;  /* a cycle that reopening starts has the rest of the time of the one before */
    bool chained;    /* after a missed one the next runs from its due time, */
    int chain_max;   /* so often in a row; the last one waits for what meets it */
};

/* A reason to wait. */
struct sla_wait {
    const char *name;
    int64_t longest_ms; /* it ends by itself so long after its begin; 0: it does not */
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
    const char *team, *assignee; /* NULL: nobody has it */
    const char *customer;        /* sla_match_customer() */
    const char *contract, *region, *locale;
    const struct texts *categories; /* of the items; NULL: none */
    int64_t repeats;                /* further complaints by now */
};

struct sla_row {
    const char *name;
    struct sla_match *match;
    const struct sla_rule **rules;
    int rule_count;
    /* Several agreements at once (sla_policy_also.c). */
    struct texts also_names;
    const struct sla_row *also[SLA_ALSO_MAX];
    int also_count;
    struct sla_row *variants;            /* with the targets of each set of these */
    const struct sla_rule **named_rules; /* its own under the names that others have for them */
    bool listed;                         /* under the `also` of another */
    struct event_set reopen_resolved_on, reopen_closed_on; /* reopen like case.reopened */
    struct event_set resume_on;                            /* end a wait for the customer */
};

struct sla_policy {
    const char *version;
    int64_t classify_within;    /* ms: so long targets wait for the class */
    int64_t keep_closed_for;    /* ms: a case that is over is kept so long for late records */
    int64_t close_silent_after; /* ms: a case without a word for so long is closed; 0: never */
    int facts_kept; /* more of a case than that are folded into what they decided; not a key */
    struct sla_row *rows;
    int row_count;
    struct sla_wait *waits;
    int wait_count;
    struct event_set types; /* all that some rule names */
};

/* The tables of sla.yaml, each with its keys, for the reference in deploy/docs/policies.md; NULL
 * behind the last. */
extern const struct table *const sla_policy_tables[];

/* load() of struct worker_spec. */
int sla_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                    void **policy_out, const char **version_out, struct faults *faults);

/* Does this worker fold such events? */
bool sla_policy_takes(enum event_type type);
/* NULL: the policy knows no such reason. */
const struct sla_wait *sla_policy_wait(const struct sla_policy *policy, const char *reason);
/* NULL: none matches. With the targets of those under its `also` that match, too. */
const struct sla_row *sla_policy_match(const struct sla_policy *policy,
                                       const struct sla_profile *profile);
/* NULL: the row is NULL or has no such target. */
const struct sla_rule *sla_policy_rule(const struct sla_row *row, const char *target);
/* The rule of a target that the policy lacks, and for which somebody outside has set a deadline:
 * its usual facts, no allowance, no warnings, no ladder. False: no target can have this name. */
bool sla_policy_bare_rule(const char *target, struct sla_rule *rule_out);

#endif
