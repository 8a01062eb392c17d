/* compensation: what a customer is offered, who approves it, what he chose and that it is carried
 * out, once.
 *
 * Consumes: case.opened, case.repeated, case.customer_replied (an order that comes with it),
 * case.classified, case.reclassified, case.assessed, case.resolved, case.withdrawn, case.closed,
 * case.reopened, decision.approved, decision.rejected, decision.chosen, compensation.requested,
 * settlement.done, settlement.failed. Emits: compensation.proposed, .vote_counted,
 * .decision_refused, .approved, .chosen, .rejected, .expired, .escalated, .withdrawn, .settled,
 * .failed; and settlement.ordered to redress.settlements, one a remedy of the chosen option. Keeps:
 * per case the facts that the decision table asks for, one proposal at a time, and the settlements
 * of all of them. Decides: options and amounts by the table of compensation.yaml (offer.h);
 * approval by policy, or by people whose role reaches the cost; each decision about money by its
 * arrival. A proposal is made at the first classification that is no question, again when a person
 * corrects the class before anybody approved, when an assessment has a rule, and when a person asks
 * for one. A newer one withdraws what was not chosen yet; what was chosen goes on. An approval that
 * names an option narrows the offer to it; a rejection rejects all of it. A settlement's id is its
 * proposal's and its remedy's, and is ordered when the one choice is made: once, ever. One that is
 * done stays so. Rejects: nothing to the rejected topic but what cannot be read (bad_value);
 * decisions that do not count become compensation.decision_refused.
 *
 * Claims (all CLAIM_COUNT, id = the proposal's, amount = what others than the customer pay for the
 * costliest option): cap / order / tenant / order: an order's proposals together may not exceed its
 * amount and `caps.order_extra`, for several cases may be about one order. Held 400 days. cap /
 * customer / tenant / customer / month: `caps.customer_monthly`. Held 70 days. budget / policy or
 * role / tenant / currency / day: `budgets`. Held 3 days. An exceeded cap takes the approval away
 * from policy and from roles below `caps.over`; the policy's exhausted budget asks an agent; a
 * role's exhausted budget refuses the decision (over_budget). A person's approval beyond a cap is
 * counted all the same, without limit, so that later proposals see it. What a proposal held is
 * given back when it is rejected, expires or is withdrawn. */
#ifndef REDRESS_COMPENSATION_H
#define REDRESS_COMPENSATION_H

#include "contract/contract.h"
#include "contract/profile.h"
#include "decision/spec.h"

enum compensation_status {
    COMPENSATION_NONE,
    COMPENSATION_PROPOSED, /* between the proposal and its approval by policy: never kept */
    COMPENSATION_AWAITING_APPROVAL,
    COMPENSATION_APPROVED,
    COMPENSATION_CHOSEN,   /* its settlements are ordered, none has reported */
    COMPENSATION_SETTLING, /* some have */
    COMPENSATION_SETTLED,
    COMPENSATION_FAILED, /* all have, one of them failed */
    COMPENSATION_REJECTED,
    COMPENSATION_EXPIRED,
    COMPENSATION_WITHDRAWN
};

/* As struct remedy and struct option, with what each remedy costs and who bears that. */
struct compensation_remedy {
    int kind;
    struct money amount;
    int64_t valid_days;
    const char *detail;
    const struct tree *split; /* {party: money} */
    struct rest rest;
};
struct compensation_option {
    const char *option;
    struct records remedies; /* struct compensation_remedy */
    struct money cost;
    const struct tree *split;
    struct rest rest;
};
struct compensation_vote {
    const char *actor;
    struct rest rest;
};
/* A claim that was granted: its key is built from this and the state. */
struct compensation_hold {
    int kind;           /* enum compensation_held */
    const char *by;     /* a budget's owner: policy or a role */
    const char *period; /* month or day; "" for an order */
    const char *id;     /* the claimant */
    int64_t minor;
    struct rest rest;
};
enum compensation_held {
    COMPENSATION_HELD_ORDER = 1,
    COMPENSATION_HELD_CUSTOMER,
    COMPENSATION_HELD_BUDGET
};
enum compensation_outcome { COMPENSATION_ORDERED = 1, COMPENSATION_DONE, COMPENSATION_NOT_DONE };
struct compensation_settlement {
    const char *settlement_id, *proposal_id, *reference;
    int outcome;
    struct rest rest;
};

struct compensation_state {
    int status;
    const char *proposal_id;
    struct approval_need *needs;
    int64_t approvals, cost_minor;
    const char *currency, *option;
    int64_t approve_by, choose_by;
    /* Facts. */
    const char *tenant, *order_id, *policy_version, *customer_id;
    int tier, order_status;
    const struct profile *profile; /* class, severity, flags, status; NULL: nothing known */
    struct money order_amount;
    bool custom, perishable;
    /* The proposal at hand. */
    int64_t proposals, proposed_at, escalated, paid_minor;
    const char *proposer;
    struct records options; /* struct compensation_option */
    struct records votes;   /* struct compensation_vote */
    struct records held;    /* struct compensation_hold */
    /* All proposals. */
    struct records settlements; /* struct compensation_settlement */
    struct texts seen;          /* hashes of the last decisions about money */
    int64_t forget_at, wake_at;
    struct rest rest; /* of a newer version */
};

enum {
    COMPENSATION_SEEN_MAX =
        64, /* decisions of one case: a vote each of several proposals, and room for copies */
    COMPENSATION_SETTLEMENTS_MAX = 200, /* of one case: ten a proposal, twenty proposals */
    COMPENSATION_PROPOSALS_MAX = 20     /* of one case: who asks oftener is refused */
};

extern const struct record compensation_state_record;
extern const struct worker_spec compensation_spec;

#endif
