/* proposal: one proposal's life: made, voted on, approved, chosen, settled; or rejected, expired,
 * withdrawn. compensation.h says when.
 *
 * The same functions run twice: first asking, where `claims` collects what they would claim and
 * every answer that is not there yet counts as granted, on a copy of the state and with effects
 * that are thrown away; then deciding, with all answers. What is claimed, and in which order, may
 * therefore not depend on an answer. */
#ifndef REDRESS_PROPOSAL_H
#define REDRESS_PROPOSAL_H

#include "offer.h"

enum {
    PROPOSAL_FREED_MAX =
        8 /* an order's and a customer's cap, each also beyond it, and two budgets */
};

struct proposal_turn {
    const struct decision *in;
    struct compensation_state *state;
    struct effects *out;
    struct claims *claims; /* NULL: deciding */
    int claimed;           /* answers used so far */
    const struct offer_policy *policy;
    const char *case_id;
    /* What a superseded proposal gives back in this turn; until the commit it still counts in the
     * sums. */
    struct {
        const char *key;
        int64_t minor;
    } freed[PROPOSAL_FREED_MAX];
    int freed_count;
};

/* Makes a proposal of an offer, in place of one that nobody has chosen from. `asked` is the
 * compensation.requested, or NULL. */
void proposal_make(struct proposal_turn *turn, const struct offer *offer,
                   const struct activity *asked, const struct texts *reasons);
/* decision.approved, decision.rejected, decision.chosen, compensation.requested: they count, or are
 * refused with a reason. */
void proposal_approve(struct proposal_turn *turn, const struct activity *decision);
void proposal_reject(struct proposal_turn *turn, const struct activity *decision);
void proposal_choose(struct proposal_turn *turn, const struct activity *decision);
void proposal_request(struct proposal_turn *turn, const struct activity *asked);
void proposal_settle(struct proposal_turn *turn, const struct activity *result, bool done);
/* compensation.decision_refused for the event at hand; `reason` is one of the contract's. */
void proposal_refuse(struct proposal_turn *turn, const char *proposal_id, const char *reason);
/* Ends a proposal that nobody has chosen from; nothing when there is none. */
void proposal_withdraw(struct proposal_turn *turn, const char *reason);
/* Escalates and expires what is due at in->now_ms. */
void proposal_wake(struct proposal_turn *turn);
/* The next time at which proposal_wake() has something to do; 0 = none. */
int64_t proposal_next(const struct offer_policy *policy, const struct compensation_state *state);
/* Something is still to be decided, chosen or carried out. */
bool proposal_is_pending(const struct compensation_state *state);

#endif
