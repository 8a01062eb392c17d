/* notification_offers: proposals, what was offered and chosen, and decisions that do not count. */
#include "base/ids.h"
#include "notification_parts.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* "2" for the case's second proposal; the hash takes care of a foreign id. */
static const char *proposal_mark(const struct message_turn *turn, const char *proposal_id) {
    bool ours = strlen(proposal_id) > IDS_CASE_LEN &&
                strncmp(proposal_id, turn->case_id, IDS_CASE_LEN) == 0;
    return ours ? proposal_id + IDS_CASE_LEN + 1 : proposal_id;
}

/* A zero amount gives nothing, and neither does an option of nothing else. */
static struct money costliest(const struct parts *options) {
    const struct option *at = options->at;
    struct money most = {0};

    for (int i = 0; i < options->count; i++)
        if (!most.currency[0] || at[i].cost.minor > most.minor) most = at[i].cost;
    return most;
}

static struct moment *offer_moment(const struct message_turn *turn,
                                   const struct compensation *data) {
    struct moment *moment = notification_moment(turn);

    moment->proposal_id = data->proposal_id;
    moment->mark = proposal_mark(turn, data->proposal_id);
    moment->option = data->option;
    moment->reason = data->reason;
    moment->role = fields_choice_name(contract_roles, data->role);
    if (turn->state->proposal_id && strcmp(turn->state->proposal_id, data->proposal_id) == 0) {
        moment->cost = turn->state->cost;
        moment->approve_by = turn->state->approve_by;
    }
    return moment;
}

void notification_on_proposed(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct compensation *proposed = data;

    state->proposal_id = proposed->proposal_id;
    state->cost = costliest(&proposed->options);
    state->approve_by = proposed->approve_by;
    struct moment *moment = offer_moment(turn, proposed);
    moment->options = proposed->options;
    moment->reasons = proposed->reasons;
    if (proposed->needs) {
        moment->role = fields_choice_name(contract_roles, proposed->needs->role);
        moment->approvals = proposed->needs->approvals;
    }
    message_tell(turn, moment);
}

/* The offer of a proposal, in a copy of the list that may be changed; NULL: there is none. */
static struct notification_offer *own_offer(struct message_turn *turn, const char *proposal_id) {
    struct parts *offers = &turn->state->offers;
    struct notification_offer *copy = NULL;

    if (offers->count)
        copy = arena_memdup(arena_of(turn), offers->at, (size_t)offers->count * sizeof *copy);
    offers->at = copy;
    for (int i = 0; i < offers->count; i++)
        if (strcmp(copy[i].proposal_id, proposal_id) == 0) return &copy[i];
    return NULL;
}

void notification_on_approved(struct message_turn *turn, const void *data) {
    const struct compensation *approved = data;
    struct notification_offer *offer = own_offer(turn, approved->proposal_id);

    if (!offer)
        offer =
            parts_add(&turn->state->offers, sizeof *offer, NOTIFICATION_OFFERS_MAX, arena_of(turn));
    offer->proposal_id = approved->proposal_id;
    offer->options = approved->options;
    offer->choose_by = approved->choose_by;
    struct moment *moment = offer_moment(turn, approved);
    moment->options = approved->options;
    moment->choose_by = approved->choose_by;
    message_tell(turn, moment);
}

void notification_on_chosen(struct message_turn *turn, const void *data) {
    const struct compensation *chosen = data;
    struct notification_offer *offer = own_offer(turn, chosen->proposal_id);

    if (offer) offer->chosen = chosen->option;
    message_tell(turn, offer_moment(turn, chosen));
}

/* settled, failed, rejected, expired, withdrawn: it cannot be chosen any more. */
void notification_on_outcome(struct message_turn *turn, const void *data) {
    const struct compensation *outcome = data;
    struct notification_offer *offer = own_offer(turn, outcome->proposal_id);

    if (offer) offer->ended = true;
    message_tell(turn, offer_moment(turn, outcome));
}

/* Every step has an event of its own; its id says which. */
void notification_on_reminded(struct message_turn *turn, const void *data) {
    const struct compensation *escalated = data;
    struct moment *moment = offer_moment(turn, escalated);
    const char *step = strrchr(turn->in->ev->id, '.');

    if (step) moment->mark = arena_printf(arena_of(turn), "%s%s", moment->mark, step);
    message_tell(turn, moment);
}

/* ---- Demands ---- */

/* One answer a row: its event's id says which. The proposal is there when something is offered. */
static void tell_demand(struct message_turn *turn, const struct compensation *data) {
    struct moment *moment = notification_moment(turn);

    moment->mark = notification_event_mark(turn);
    moment->proposal_id = data->proposal_id;
    moment->options = data->options;
    moment->reason = data->rule;
    moment->role = fields_choice_name(contract_roles, data->role);
    moment->keep = data->keep;
    message_tell(turn, moment);
}

void notification_on_demand_refused(struct message_turn *turn, const void *data) {
    turn->state->demand = NOTIFICATION_REFUSED;
    tell_demand(turn, data);
}

/* What the law may give is not refused any more. */
void notification_on_demand_referred(struct message_turn *turn, const void *data) {
    turn->state->demand = NOTIFICATION_REFERRED;
    tell_demand(turn, data);
}

/* ---- Decisions that may be refused ---- */

static void note_decision(struct message_turn *turn, const char *actor, const char *option) {
    struct notification_decision *added = parts_add(&turn->state->decisions, sizeof *added,
                                                    NOTIFICATION_DECISIONS_MAX, arena_of(turn));
    *added = (struct notification_decision){
        .id = notification_event_mark(turn), .actor = actor, .option = option};
}

void notification_on_decided(struct message_turn *turn, const void *data) {
    const struct activity *decision = data;
    note_decision(turn, decision->actor, decision->option);
}

void notification_on_choice(struct message_turn *turn, const void *data) {
    const struct activity *decision = data;
    notification_heard(turn);
    note_decision(turn, NULL, decision->option);
}

static void take_decision(struct message_turn *turn, struct moment *moment,
                          const struct notification_decision *decision) {
    const struct notification_offer *offer = own_offer(turn, moment->proposal_id);

    moment->actor = decision->actor;
    moment->by_customer = !decision->actor;
    moment->same_choice = moment->by_customer && offer && offer->chosen && decision->option &&
                          strcmp(offer->chosen, decision->option) == 0;
}

void notification_on_refused(struct message_turn *turn, const void *data) {
    const struct compensation *refused = data;
    const struct notification_decision *decisions = turn->state->decisions.at;
    struct moment *moment = offer_moment(turn, refused);
    char hash[27];

    ids_hash(hash, 2, refused->decision->source, refused->decision->id);
    for (int i = 0; i < turn->state->decisions.count; i++)
        if (strncmp(decisions[i].id, hash, strlen(decisions[i].id)) == 0)
            take_decision(turn, moment, &decisions[i]);
    moment->mark = notification_event_mark(turn);
    moment->reason = fields_choice_name(contract_refusals, refused->refusal);
    message_tell(turn, moment);
}
