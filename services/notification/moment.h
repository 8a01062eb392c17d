/* moment: what an event tells that a message may be about, and that is kept while the message
 * waits. Holds no personal data. */
#ifndef REDRESS_MOMENT_H
#define REDRESS_MOMENT_H

#include "contract/contract.h"

/* Moments of its own, which no event tells. */
#define MOMENT_DIGEST    "notification.digest"
#define MOMENT_VISIT_DUE "visit.due"
#define MOMENT_TOKEN_DUE "token.unsettled" /* of a warning, and not reported as done */

/* What has risen, or what became of it: of cause.*. */
struct moment_cause {
    const char *value, *lane; /* whose it is; the second where it is a lane */
    int64_t days, complaints, orders;
    double rate, usual_rate; /* complaints in 1 000 orders */
    struct texts examples;   /* case ids */
    const char *answer;
    struct rest rest;
};

/* Absent is 0 or NULL. */
struct moment {
    const char *type; /* the event's, or one of the above */
    int64_t at;       /* and its time */
    const char *mark; /* which of several such events of the case; part of the messages' ids */
    const char *target, *task;
    int64_t cycle, due_at, percent, before, level;
    const char *proposal_id, *option;
    struct parts options; /* struct option */
    struct money cost;
    int64_t choose_by, approve_by, approvals;
    const char *role, *actor;
    const char *reason;
    struct texts reasons;
    struct texts keep; /* as evidence */
    const char *other_case;
    struct texts lines; /* of a digest */
    int64_t score;
    const char *message; /* the notification that could not be delivered */
    struct moment_cause *cause;
    const char *similar; /* the closed case that an escalated one is most like (library.h) */
    bool promise;        /* first contact or solution began to run */
    bool by_customer;    /* the refused decision was the customer's */
    bool same_choice;    /* and had been made before */
    struct rest rest;
};
extern const struct table moment_table;

/* An event type of which somebody may be told. */
struct moment_kind {
    const char *type;
    uint64_t always, maybe; /* enum wording_word, as bits, beside those of the case */
};
const struct moment_kind *moment_kind(const char *type); /* NULL: nobody is ever told of it */
/* The words that every case may have. */
uint64_t moment_of_case(void);

#endif
