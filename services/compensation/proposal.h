/* proposal: one proposal's life: made, voted on, approved, chosen, settled; or rejected, expired,
 * withdrawn. compensation.h says when.
 *
 * The same functions run twice: first asking, where `claims` collects what they would claim and
 * every answer that is not there yet counts as granted, on a copy of the state and with effects
 * that are thrown away; then deciding, with all answers. What is claimed, and in which order, may
 * therefore depend on an answer only behind `waiting`. */
#ifndef REDRESS_PROPOSAL_H
#define REDRESS_PROPOSAL_H

#include "life.h"
#include "offer.h"

/* What a proposal gives back in this turn; until the commit it still counts in the sums. */
struct proposal_freed {
    const char *key; /* NULL: it is not known any more */
    int64_t minor;
    int index; /* of the answer; -1: none */
};
struct proposal_turn {
    const struct decision *in;
    struct compensation_state *state;
    struct effects *out;
    struct claims *claims;             /* NULL: deciding */
    int claimed;                       /* answers used so far */
    const struct offer_policy *policy; /* that the case keeps */
    const struct offer_policy *now;    /* in force now: delegations */
    int budget_claimed, budget_held;   /* before the last hold_budget() */
    const char *case_id;
    bool waiting; /* asking: what follows depends on answers that are not there yet */
    struct proposal_freed *freed; /* NULL: nothing was reached for */
    int freed_count;
    int *history; /* of each row, the answer's index; -1: none */
};

/* Makes a proposal of an offer, in place of one that nobody has chosen from. `asked` is the
 * compensation.requested, or NULL. False, and nothing has changed, when it would pay back more than
 * was paid, or comes once too often. */
bool proposal_make(struct proposal_turn *turn, const struct offer *offer,
                   const struct activity *asked, const struct texts *reasons);
/* decision.approved, decision.rejected, decision.chosen, compensation.requested: they count, or are
 * refused with a reason. */
void proposal_approve(struct proposal_turn *turn, const struct activity *decision);
void proposal_reject(struct proposal_turn *turn, const struct activity *decision);
void proposal_choose(struct proposal_turn *turn, const struct activity *decision);
void proposal_request(struct proposal_turn *turn, const struct activity *asked);
/* compensation.decision_refused for the event at hand; `reason` is one of the contract's. */
void proposal_refuse(struct proposal_turn *turn, const char *proposal_id, const char *reason);
/* Ends a proposal that nobody has chosen from; nothing when there is none. */
void proposal_withdraw(struct proposal_turn *turn, const char *reason);
/* Escalates and expires what is due at in->now_ms. */
void proposal_wake(struct proposal_turn *turn);
/* The next time at which proposal_wake() has something to do; 0 = none. */
int64_t proposal_next(const struct offer_policy *policy, const struct compensation_state *state);
/* Something is still to be decided, chosen or carried out. */
bool proposal_is_pending(const struct offer_policy *policy, const struct compensation_state *state);

/* The event "<proposal_id>.<what>"; of the proposal at hand where `data` names none. Nothing while
 * asking. */
void proposal_tell(struct proposal_turn *turn, enum event_type type, const char *what,
                   struct compensation *data);
/* Every change of a status but the beginning. */
void proposal_move(struct proposal_turn *turn, enum life_step step);
/* When it happens: the event's time, else the clock's. */
int64_t proposal_time(const struct proposal_turn *turn);
/* Where a period begins: people get the whole of it, also for what was folded late. */
int64_t proposal_base(const struct proposal_turn *turn);

#endif
