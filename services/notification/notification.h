/* notification: who is told what, on which channel, in which words.
 *
 * Consumes: case.opened, case.repeated, case.customer_replied (an address that comes with it),
 * case.classified, case.reclassified, case.resolved, case.reopened, case.closed, case.withdrawn;
 * sla.started, sla.rescheduled, sla.paused, sla.resumed, sla.warned, sla.breached, sla.escalated,
 * sla.retracted; compensation.proposed, .approved, .chosen, .settled, .failed, .expired,
 * .escalated; delivery.done, delivery.failed. Emits: notification.requested, .delivered, .failed,
 * .suppressed; and delivery.requested to redress.deliveries, one a message. Keeps: per case how the
 * customer is reached (private), the deadlines that were promised, the proposal at hand, which
 * causes have been told, and messages under way that could still fall back to another channel.
 * Decides: one message a cause, ever: its id is `<case_id>.<cause>`, or `<case_id>.<hash>` where
 * that is no id. The customer is told of the acknowledgement with its deadlines, repeats, the
 * offer, the choice, the settlement, the resolution; the roles of notification.yaml of warnings,
 * breaches, escalations, approvals, and of what failed. A deadline that has passed is not promised:
 * another text says by when somebody calls. A failed delivery goes out once more on another channel
 * that has an address; then a person is told. Suppressed with a reason: no_address, too_long, stale
 * (longer ago than `stale_after`), withdrawn, question (an alarm about a case that only asks).
 * Rejects: nothing to the rejected topic but what cannot be read (bad_value).
 *
 * Colleagues see customers masked (张*, 138****1234). */
#ifndef REDRESS_NOTIFICATION_H
#define REDRESS_NOTIFICATION_H

#include "contract/contract.h"
#include "contract/profile.h"
#include "decision/spec.h"

/* A message that no gateway has answered for. */
struct notification_pending {
    const char *notification_id, *kind, *audience, *locale;
    int channel;
    bool fell_back;
    const struct tree
        *values; /* {placeholder: text} for another try with a customer; not the name */
    struct rest rest;
};

struct notification_state {
    const char *tenant, *locale, *policy_version;
    int channel, tier;
    const struct profile *profile; /* class, severity, flags, status; NULL: nothing known */
    int64_t first_contact_due, resolution_due; /* 0: none, or paused */
    int64_t reopened;                          /* how often */
    const char *proposal_id;
    struct money cost;
    int64_t approve_by;
    struct records options; /* struct option, of the offer */
    struct texts sent;      /* causes that have been told */
    struct records pending; /* struct notification_pending */
    int64_t wake_at;
    const char *customer_id, *name, *phone, *email, *conversation;
    struct rest rest; /* of a newer version */
};

enum {
    NOTIFICATION_SENT_MAX =
        128, /* causes of one case: what is older cannot come again but by a fault upstream */
    NOTIFICATION_PENDING_MAX = 16, /* messages of one case that no gateway has answered for */
};

extern const struct record notification_state_record;
extern const struct worker_spec notification_spec;

#endif
