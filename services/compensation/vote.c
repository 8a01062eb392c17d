/* vote: the list of approvals, and delegations. */
#include "vote.h"

#include <limits.h>
#include <string.h>

static bool is_same(const char *one, const char *two) {
    return one && two && strcmp(one, two) == 0;
}

static bool is_own(const struct compensation_state *state, const char *actor) {
    return is_same(state->customer_id, actor) || is_same(state->proposer, actor);
}

static bool has_voted(const struct compensation_state *state, const char *actor) {
    const struct compensation_vote *votes = state->votes.at;

    for (int i = 0; i < state->votes.count; i++)
        if (is_same(votes[i].actor, actor) || is_same(votes[i].in_place_of, actor)) return true;
    return false;
}

const char *vote_refusal(const struct compensation_state *state, const struct vote *vote) {
    if (is_own(state, vote->actor)) return "own_proposal";
    if (vote->in_place_of && is_own(state, vote->in_place_of)) return "own_proposal";
    if (has_voted(state, vote->actor)) return "same_person";
    if (vote->in_place_of && has_voted(state, vote->in_place_of)) return "same_person";
    if (vote->role < state->needs->role) return "role_too_low";
    return NULL;
}

/* Whether a delegation reaches what the proposal gives; what nobody knows the value of needs one
 * without a limit. */
static bool reaches(const struct duty_delegation *row, const struct compensation_state *state) {
    if (row->role < state->needs->role) return false;
    if (!row->up_to) return true;
    return !state->unvalued &&
           state->paid_minor <= offer_policy_amount(row->up_to, state->currency);
}

struct vote vote_of(const struct offer_policy *now, const struct compensation_state *state,
                    const struct activity *decision, int64_t at_ms) {
    const struct duty_delegation *rows = now->delegations.at;
    struct vote own = {.actor = decision->actor, .role = decision->role};
    struct vote found = own;

    for (int i = 0; i < now->delegations.count && own.role < state->needs->role; i++) {
        struct vote vote = {decision->actor, rows[i].from, rows[i].role};
        if (!is_same(rows[i].to, decision->actor) || !reaches(&rows[i], state)) continue;
        if (at_ms < rows[i].begins || at_ms >= rows[i].ends) continue;
        if (!vote_refusal(state, &vote)) return vote;
        if (!found.in_place_of) found = vote;
    }

    return found;
}

void vote_add(struct compensation_state *state, const struct vote *vote, struct arena *arena) {
    struct compensation_vote *added = parts_add(&state->votes, sizeof *added, INT_MAX, arena);

    added->actor = vote->actor;
    added->in_place_of = vote->in_place_of;
    state->approvals = state->votes.count;
}

struct texts vote_actors(const struct compensation_state *state, struct arena *arena) {
    const struct compensation_vote *votes = state->votes.at;
    const char **names = arena_alloc(arena, (size_t)state->votes.count * sizeof *names);

    for (int i = 0; i < state->votes.count; i++) names[i] = votes[i].actor;
    return (struct texts){names, state->votes.count};
}
