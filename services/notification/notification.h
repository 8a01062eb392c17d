/* notification: who is told what, on which channel, in which words.
 *
 * Consumes: case.opened, .repeated, .customer_replied (an address that comes with it), .classified,
 * .reclassified, .assigned, .assessed, .resolved, .reopened, .closed, .withdrawn; task.started,
 * .done; visit.scored; sla.*; compensation.*; decision.* (who decided); delivery.done, .failed; its
 * own notification.collected; customer.erased (his private fields are blanked); of orders without a
 * case order.updated (how the customer is reached), cohort.member_warned and settlement.done,
 * .failed (what became of its token); cause.*.
 *
 * Emits: case.erased, notification.requested, .delivered, .failed, .suppressed, .collected (a line
 * of a digest, to the case that hosts it); case.updated, when news has arrived; visit.scored, for a
 * reply of one digit; case.reopened, for a low score; and delivery.requested to redress.deliveries,
 * one a message.
 *
 * Keeps: per case how the customer is reached (private), the deadlines that run, what was offered,
 * who was told, which messages have been asked for, those that wait and those that no gateway has
 * answered for.
 *
 * Claims: of each digest which case hosts it; what a customer is told in a day; what a closed case
 * leaves for those like it (library.h), and of an escalated one the one that it is most like.
 *
 * Decides: by the rules of notification.yaml, one message a cause, ever: its id is
 * `<case_id>.<text>[.<which>][.<audience>]`, or `<case_id>.<hash>` where that is no id. Texts
 * say only what the events hold (wording.h). The first word to a customer comes before all others,
 * and none at night, in the customer's zone. What nobody reports on within `report_within` has
 * failed, by a wake-up only. Suppressed with a reason: no_address,
 * too_long, nothing_to_say, stale (longer ago than `stale_after`), withdrawn, question (an alarm
 * about a case that only asks), erased, superseded (no longer so when it could go out).
 *
 * Rejects: nothing to the rejected topic but what cannot be read (bad_value).
 *
 * Colleagues see customers masked (张*, 138****1234). */
#ifndef REDRESS_NOTIFICATION_H
#define REDRESS_NOTIFICATION_H

#include "contract/contract.h"
#include "contract/profile.h"
#include "decision/spec.h"
#include "moment.h"

/* A deadline that runs, or that has passed unmet. */
struct notification_target {
    const char *name;
    int64_t cycle, due_at; /* due_at 0: paused */
    bool breached;
    struct rest rest;
};
/* What a customer waits for. */
struct notification_task {
    const char *name;
    int64_t since;
    struct rest rest;
};
/* A proposal that was approved. */
struct notification_offer {
    const char *proposal_id;
    struct parts options; /* struct option */
    int64_t choose_by;
    const char *chosen; /* the option; NULL: none yet */
    bool told;          /* to the customer */
    bool ended;
    struct rest rest;
};
/* Who made a decision, until it is known whether it counts. */
struct notification_decision {
    const char *id;     /* hash of source and id */
    const char *actor;  /* NULL: the customer */
    const char *option; /* NULL: it names none */
    struct rest rest;
};
enum notification_demand { NOTIFICATION_REFUSED = 1, NOTIFICATION_REFERRED };
/* A message that no gateway has answered for. */
struct notification_pending {
    const char *notification_id, *kind, *audience, *locale;
    int channel;
    int64_t attempt;    /* 1, 2, ...: from the second on part of the id that the gateway sees */
    struct texts tried; /* channels on which it failed */
    int64_t retries;    /* how often it was tried again on this channel */
    int64_t again_at;   /* of one that failed for now: it is tried again then */
    int64_t report_by;  /* what is not reported by then has failed; 0: it is waited for */
    const char *to;     /* of colleagues: the person or team that the event named */
    const struct moment *moment;
    struct rest rest;
};
/* A message to the customer that waits. */
struct notification_waiting {
    const char *mark; /* its id behind the case's */
    const char *text;
    const struct moment *moment;
    struct rest rest;
};

struct notification_state {
    const char *case_id, *tenant, *locale, *timezone, *policy_version;
    int channel, tier;
    const struct profile *profile; /* class, severity, flags, status; NULL: nothing known */
    const char *assignee, *team;
    const char *order_id, *article, *batch, *warehouse, *carrier;
    bool without_case;     /* it is an order's, and case_id is made of its route */
    const char *cohort_id; /* that warned it */
    int64_t token_by;      /* its token is not reported as done: colleagues are told then; 0: they
                              are not */
    int64_t facts_at;      /* the order was so then */
    int64_t opened_at;
    int order_status;
    bool assessed, escalated, evidence;
    int demand;       /* enum notification_demand: what became of it; 0: none was made */
    int64_t reopened; /* how often */
    int64_t score;
    struct texts library;    /* places in which others find it, once it is over (library.h), */
    int64_t library_at;      /* and when it was put there, or taken back */
    struct parts targets;    /* struct notification_target */
    struct parts tasks;      /* struct notification_task */
    struct parts offers;     /* struct notification_offer */
    struct parts decisions;  /* struct notification_decision */
    const char *proposal_id; /* the last one that was proposed */
    struct money cost;
    int64_t approve_by;
    int64_t contact_told, resolve_told; /* the times that the customer was told */
    struct texts told;                  /* audiences that were told of the case */
    struct texts sent;                  /* marks of messages that have been asked for */
    struct parts pending;               /* struct notification_pending */
    struct parts retries;               /* struct notification_pending: failed, and tried again */
    struct parts waiting;               /* struct notification_waiting */
    struct parts lines;                 /* struct collected: of digests that this case hosts */
    bool greeted;                       /* the first word has been said */
    int64_t greet_at;    /* it goes out then, whatever is known; 0: no message waits for it */
    int64_t heard_at;    /* when the customer wrote or chose last */
    int64_t hold_at;     /* what waits goes out then: the customer is asleep; 0: he is not */
    int64_t visit_at;    /* the customer is asked then how content he is; 0: he is not */
    int64_t visit_until; /* he was asked, and a digit is his answer until then */
    int64_t forget_at, wake_at;
    const char *customer_id, *name, *phone, *email, *conversation;
    int64_t erased_at; /* the customer's erasure; 0: he did not ask for it */
    struct rest rest;  /* of a newer version */
};

enum {
    NOTIFICATION_SENT_MAX =
        128, /* causes of one case: what is older cannot come again but by a fault upstream */
    NOTIFICATION_PENDING_MAX = 16, /* messages of one case that no gateway has answered for */
    NOTIFICATION_WAITING_MAX = 16, /* more than anybody would read the next morning */
    NOTIFICATION_LINES_MAX = 200,  /* of all digests that one case hosts; then one is told early */
    NOTIFICATION_TARGETS_MAX = 24, /* what runs at the same time; ladders have fewer */
    NOTIFICATION_TASKS_MAX = 8,
    NOTIFICATION_OFFERS_MAX = 4, /* the last ones: who settles an older one says so without words */
    NOTIFICATION_DECISIONS_MAX = 4
};

extern const struct table notification_state_table;
extern const struct worker_spec notification_spec;

#endif
