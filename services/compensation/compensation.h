/* compensation: what a customer is offered, who approves it, what he chose and that it is carried
 * out, once.
 *
 * Consumes: case.opened, case.repeated, case.customer_replied (what a submission brings),
 * case.classified, case.reclassified, case.assessed, case.resolved, case.withdrawn, case.closed,
 * case.reopened, visit.scored, sla.breached, decision.approved, decision.rejected, decision.chosen,
 * compensation.requested, settlement.done, settlement.failed, customer.erased (his id is blanked:
 * buyer.h).
 *
 * Emits: case.erased, compensation.proposed, .vote_counted, .decision_refused, .recovery_claimed,
 * .recovery_settled, .recovery_failed, .approved, .chosen, .rejected, .expired, .escalated,
 * .withdrawn, .settled, .failed; and settlement.ordered to redress.settlements, one a remedy of the
 * chosen option.
 *
 * Keeps: per case the facts that the decision table asks for, one proposal at a time, and the
 * settlements of all of them.
 *
 * Decides: options and amounts by the table of compensation.yaml (offer.h); approval by policy, or
 * by people whose role reaches the cost; each decision about money by the log's time: what the log
 * took after the end is refused (expired), whenever that is folded. A proposal is made at the first
 * classification that is no question, when an assessment has a rule, when a person asks for one,
 * and again when facts change what the table says: a person corrects the class, an order or its
 * articles become known, something is shown or asked for, the goods prove perishable, a deadline is
 * breached. What a person has offered or rejected stands. Once the customer has chosen, only what
 * pays the order back is offered anew, within what was paid for it, and goodwill is not given a
 * second time by policy; a person may, within what was paid for the order. A newer proposal
 * withdraws what was not chosen yet, and so does the end of the case, closed or withdrawn; what was
 * chosen goes on. An approval that names an option narrows the offer to it; a rejection rejects
 * all of it. A settlement's id is its proposal's and its remedy's, and is ordered when the one
 * choice is made. One that is not done in its time is ordered again under that id, then people are
 * told (settle.h); one that is done stays so, and is never ordered again.
 *
 * Rejects: nothing to the rejected topic but what cannot be read (bad_value); decisions that do not
 * count become compensation.decision_refused.
 *
 * Claims (all CLAIM_COUNT, id = the proposal's, amount = that of the option that gives most; once
 * one is chosen, its own, under the id <proposal>.chosen):
 *
 *     key                                  counts                     limit              held
 *     cap order tenant currency order      what pays the order back   what was paid      400 d
 *     cap item .. order sku                the same, of an article    its price          400 d
 *     cap goodwill tenant currency order   goodwill beside an order   caps.order_extra   400 d
 *     cap customer .. customer month       all that is given          customer_monthly   70 d
 *     cap no_order tenant customer         offers without an order    1                  a period
 *     budget name tenant .. day|month      all that is given          budgets            3, 70 d
 *
 * and those of `history` (history.h) and `recovery` (recovery.h).
 *
 * Days and months are those in which the log took what decides, and each limit counts in one
 * currency. An order is paid in its own: a person's offer in another is refused (other_currency).
 *
 * What an order, or an article of it, has been paid back never exceeds what was paid for it, for
 * nobody: policy passes over what would, and a person is refused (over_paid); nothing was paid for
 * an order that is unpaid or cancelled. Without a paid order, policy offers a customer something
 * once in `caps.without_order_every`. An exceeded cap of goodwill or of the customer takes the
 * approval away from policy and from roles below `caps.over`, and so does an amount of which nobody
 * knows what it is in the cap's currency (rate.h); the policy's exhausted budget asks an
 * agent; a role's exhausted budget refuses the decision (over_budget). A person's approval beyond a
 * cap is counted all the same, without limit, so that later proposals see it. What a proposal held
 * is given back when it is rejected, expires or is withdrawn, and what the chosen option does not
 * need when it is chosen. */
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
    struct parts remedies; /* struct compensation_remedy */
    struct money cost;
    const struct tree *split;
    int64_t given_minor;    /* what of its cost leaves the house for the customer; */
    int64_t back_minor;     /* of that, what pays the order back: refunds, reissues, exchanges; */
    int64_t goodwill_minor; /* of that, goodwill: gifts, coupons, stored value, insurance */
    struct rest rest;
};
struct compensation_vote {
    const char *actor;
    const char *in_place_of; /* NULL: his own */
    struct rest rest;
};
/* A claim that was granted: its key is built from this and the state. */
struct compensation_hold {
    int kind;           /* enum compensation_held */
    const char *by;     /* a budget's owner: policy or a role; an article's sku */
    const char *period; /* month or day; "" where there is none */
    const char *currency;
    const char *id; /* the claimant */
    int64_t minor;
    struct rest rest;
};
enum compensation_held {
    COMPENSATION_HELD_ORDER = 1, /* paid back of an order */
    COMPENSATION_HELD_CUSTOMER,
    COMPENSATION_HELD_BUDGET,
    COMPENSATION_HELD_GOODWILL, /* given beside an order */
    COMPENSATION_HELD_ITEM,     /* paid back of an article of an order */
    COMPENSATION_HELD_NO_ORDER  /* that there was goodwill without an order */
};
struct compensation_item {
    const char *sku;
    int64_t minor; /* price of its pieces, in the order's currency */
    struct rest rest;
};
/* A count of `history` (history.h), as it was when an offer was last made or looked for. */
struct compensation_count {
    const char *name;
    int64_t count;
    struct rest rest;
};
/* What a party owes for the order (recovery.h). */
struct compensation_recovery {
    const char *settlement_id, *party, *reference;
    struct money amount;
    int64_t claimed_at;
    int outcome;                        /* enum compensation_outcome */
    bool claimed_counted, paid_counted; /* in the sums of its month */
    struct rest rest;
};
enum compensation_outcome { COMPENSATION_ORDERED = 1, COMPENSATION_DONE, COMPENSATION_NOT_DONE };
struct compensation_settlement {
    const char *settlement_id, *proposal_id, *reference;
    int outcome;
    struct compensation_remedy *remedy; /* NULL once it is done: it is never ordered again */
    int64_t ordered_at;                 /* first; */
    int64_t orders, steps;              /* how often by now; steps of `settle` taken */
    bool failure_told;                  /* compensation.failed has named it */
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
    const char *tenant, *order_id, *policy_version, *customer_id, *customer_mark;
    int64_t opened_at;
    int64_t score;       /* what the customer said when asked afterwards, 1 to 5; 0: nothing */
    const char *library; /* the closed case can be found by this (shelf.h); NULL: it cannot */
    const char *phone_mark, *address_mark; /* by which history counts; NULL: not known */
    int tier, order_status;
    const struct profile *profile; /* class, severity, flags, status; NULL: nothing known */
    struct money order_amount;
    struct parts items; /* struct compensation_item: those that the case is about */
    bool custom, perishable;
    bool other_account; /* another account has complained about the order before */
    int64_t placed_at, promised_at, delivered_at; /* the order's; 0: not known */
    int64_t order_told_at;                        /* when all this was last told */
    const char *carrier, *warehouse, *region;
    int64_t repeats;         /* further complaints */
    int requested;           /* the remedy that the customer asks for; 0: none */
    int64_t evidence;        /* what he has shown */
    struct texts breached;   /* deadlines of the case that were not kept */
    bool gifted;             /* an option with goodwill was chosen */
    struct parts history;    /* struct compensation_count */
    struct texts recovered;  /* parties of which something was claimed for the order, */
    struct parts recoveries; /* struct compensation_recovery: and by this case */
    struct texts counted;    /* rows of `history` in which the case's offer counts */
    struct texts answered;   /* rows of `reviews` by which a demand was answered */
    /* The proposal at hand. */
    int64_t proposals, proposed_at, escalated, paid_minor, back_minor, goodwill_minor;
    const char *proposer;
    const char *rule;     /* the one that it was made by; NULL: a person */
    bool unvalued;        /* nobody knows what it costs */
    struct parts options; /* struct compensation_option */
    struct parts votes;   /* struct compensation_vote */
    struct parts held;    /* struct compensation_hold */
    /* All proposals. */
    struct parts settlements; /* struct compensation_settlement */
    struct texts seen;        /* hashes of the last decisions about money */
    int64_t forget_at, wake_at;
    struct rest rest; /* of a newer version */
};

enum {
    COMPENSATION_SEEN_MAX =
        64, /* decisions of one case: a vote each of several proposals, and room for copies */
    COMPENSATION_SETTLEMENTS_MAX = 200, /* of one case: ten a proposal, twenty proposals */
    COMPENSATION_PROPOSALS_MAX = 20,    /* of one case: who asks oftener is refused */
    COMPENSATION_BREACHED_MAX = 20,     /* targets of one case: more than sla.yaml names */
    COMPENSATION_ITEMS_MAX =
        8 /* articles that are counted one by one; a case about more is about its order */
};

extern const struct table compensation_state_table;
extern const struct worker_spec compensation_spec;

/* Whether there is an order for which something was paid and not given back with a cancellation. */
bool compensation_has_paid_order(const struct compensation_state *state);

#endif
