/* spec: what a service hands to the runtime, and the shape of a decision.
 *
 * A service is a pure decision: (policies, state, event | wake-up, now) -> effects. It does no I/O,
 * reads no clock, owns no thread. All I/O, retries, transactions, batching, metrics, signals and
 * health live in common/. */
#ifndef REDRESS_SPEC_H
#define REDRESS_SPEC_H

#include "base/secrets.h"
#include "decision/claims.h"
#include "decision/effects.h"
#include "decision/policies.h"

/* An operator's settings that decisions use (config.c has their reasons). */
struct settings {
    int64_t dedupe_for_ms;  /* how long a submission sent again is recognised */
    int64_t join_for_ms;    /* how long after the last word a submission joins its case */
    int64_t late_settle_ms; /* how long a deadline that had passed when its record was folded waits
                               for late records */
    struct secrets visit;   /* sign what a customer is given to come back with; none: no links */
    struct secrets persons; /* make pseudonyms of ids of people in claims; none: they stand there
                               as they are */
};
/* 7 d, 7 d, 10 s: deploy/docs/settings.md */
#define SETTINGS_DEFAULT                                                                           \
    {                                                                                              \
        .dedupe_for_ms = INT64_C(604800000), .join_for_ms = INT64_C(604800000),                    \
        .late_settle_ms = 10000                                                                    \
    }

/* What a decision is given. */
struct decision {
    const struct settings *settings; /* NULL: the defaults; use decision_settings() */
    const struct policies *policies;
    const struct event *ev; /* NULL: a wake-up, or a visit */
    bool visit;             /* a newer version of the policies may take the case along; nothing has
                               happened, and nothing is proven */
    int64_t now_ms; /* keyed: min(worker clock, Redis TIME) at which this is folded; of a map worker
                       with claims: by all the clocks there are (clocks.h) */
    bool unconfirmed; /* a wake-up fired without proof, because intake stands still (hold_max) */
    bool exists;      /* the state was there before; a new one is zeroed */
    const struct answer *answers; /* one for each claim asked so far, in the order asked */
    int answer_count;
    struct arena *arena; /* the batch's */
};

/* Never NULL. */
static inline const struct settings *decision_settings(const struct decision *in) {
    static const struct settings defaults = SETTINGS_DEFAULT;
    return in->settings ? in->settings : &defaults;
}

/* The event's place in the time of the log, which is the same whenever it is folded: the broker's
 * time, else that of the worker that wrote it; never later than now_ms. A wake-up's is now_ms. */
static inline int64_t decision_logged_ms(const struct decision *in) {
    int64_t logged_ms = 0;
    if (in->ev && in->ev->raw) logged_ms = in->ev->raw->appended_ms;
    if (in->ev && in->ev->raw && !logged_ms) logged_ms = in->ev->raw->timestamp_ms;
    if (logged_ms <= 0 || logged_ms > in->now_ms) return in->now_ms;
    return logged_ms;
}

enum worker_kind {
    WORKER_MAP,     /* event in -> events out, or a rejection */
    WORKER_KEYED,   /* state per case, one wake-up time each, exactly-once */
    WORKER_GATEWAY, /* sends on what others have ordered, at least once; it has a loop of its own */
    WORKER_BOARD    /* shows the views of others; it has a loop of its own */
};

struct worker_spec {
    const char *name;  /* "sla"; group <prefix>-sla, changelog <prefix>.sla.state */
    const char *about; /* one line for --help */
    enum worker_kind kind;
    const enum topic *reads; /* TOPIC_NONE-terminated; keyed workers read one, of as many partitions
                                as the case log: that or TOPIC_ORDERS */
    const enum topic *
        writes; /* TOPIC_NONE-terminated: beside the case log and rejected records; NULL: nothing */
    const char *policy_file;  /* "sla.yaml" in REDRESS_POLICY_DIR, or NULL */
    const char *policy_names; /* the key under which that file names another beside it, or NULL */
    const char *policy_parts; /* the key under which it lists files that belong to it whole, or NULL
                                 (policy_file.h) */

    /* Checks a policy file and turns it into what decide() uses, all of it in the arena. `dir` is
     * the policy folder, for files that it names. All faults are added at once; returns 0 when
     * there were none. Reading a version back from redress.policies gives the same tree, so load()
     * may not depend on line numbers. */
    int (*load)(const struct tree *file, const char *dir, struct arena *arena, void **policy_out,
                const char **version_out, struct faults *faults);

    /* Map: records of the other topics are passed on only when every record of this topic that was
     * there when they were read has been committed by the group (common/protocol.md, Intake).
     * TOPIC_NONE: no order among topics. */
    enum topic leads;

    /* Keyed: the state's table. It must have a FIELD_TIME|FIELD_INDEXED field `wake_at`: when the
     * worker must look at the case again, 0 = never; and a FIELD_NAME `policy_version`: the version
     * that the case keeps (policies.h). */
    const struct table *state;

    /* True for the event types that this worker folds; asked with ce_type before anything is
     * parsed. NULL: all. */
    bool (*wants)(const char *type);

    /* Keyed: which state an event belongs to; NULL function: its subject (the case id). May return
     * NULL: none. A state's events have one key, so that they are in one partition. */
    const char *(*state_key)(const struct event *ev, struct arena *arena);

    /* Keyed: events of the type `spreads` are folded into every state whose FIELD_FOUND field
     * `spreads_to` may hold the text that the event names, once each, with the state's key as its
     * subject, also into those that events of the same batch have just opened. NULL: none are. */
    const char *spreads, *spreads_to;
    const char *(*names)(const struct event *ev); /* of any event; NULL: it names none */

    /* Keyed: wake-ups fire unconfirmed when intake has stood still for hold_max although it is
     * behind (sla alone). */
    bool fires_unconfirmed;

    /* Keyed: after a version that says `migrate: true` has become current, each case is visited
     * once (in batches, between which events flow), and not only when it is folded next. */
    bool visits;

    /* Optional. Adds the claims that the decision depends on; called again with the answers until
     * it adds no more (at most 4 rounds). */
    void (*ask)(const struct decision *in, const void *state, struct claims *claims);

    /* The decision. Keyed: `state` is changed in place (wake_at included; a handled wake-up must
     * move or clear it). DONE or REJECT. */
    enum result (*decide)(const struct decision *in, void *state, struct effects *out);
};

/* What a keyed worker reads: the case log, or another. */
static inline enum topic spec_input(const struct worker_spec *spec) {
    return spec->reads[0];
}

#endif
