/* vote: who has approved a proposal, and who may: by his own role, or in the place of somebody who
 * has delegated it to him. */
#ifndef REDRESS_VOTE_H
#define REDRESS_VOTE_H

#include "compensation.h"
#include "offer_policy.h"

/* A decision as it counts. */
struct vote {
    const char *actor;
    const char *in_place_of; /* NULL: his own role is enough */
    int role;
};

/* By his own role where that is enough; else in the place of the first who has delegated enough to
 * him at `at_ms`. `now` is the policy in force now, not the one that the case keeps: absences are
 * not known when a case is opened. */
struct vote vote_of(const struct offer_policy *now, const struct compensation_state *state,
                    const struct activity *decision, int64_t at_ms);

/* Why it does not count, by the rules about persons; NULL: it does. Nobody approves what he has
 * proposed, or what benefits him, or twice; and who takes somebody's place is that person, too. */
const char *vote_refusal(const struct compensation_state *state, const struct vote *vote);

void vote_add(struct compensation_state *state, const struct vote *vote, struct arena *arena);

/* All who have approved, in the arena. */
struct texts vote_actors(const struct compensation_state *state, struct arena *arena);

#endif
