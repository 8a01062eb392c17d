/* buyer: see the header. */
#include "buyer.h"
#include "base/ids.h"

#include <string.h>

/* What history counts by; NULL: not known. */
static const char *mark_of(struct proposal_turn *turn, const char *what, const char *value) {
    const struct secrets *secrets = &decision_settings(turn->in)->persons;
    char hash[27];

    if (!value) return NULL;
    ids_hash(hash, 3, turn->state->tenant, what, value);
    return secrets_pseudonym(secrets, arena_strdup(turn->in->arena, hash), turn->in->arena);
}

void buyer_take(struct proposal_turn *turn, const struct customer *customer) {
    struct compensation_state *state = turn->state;
    const struct secrets *secrets = &decision_settings(turn->in)->persons;
    const char *whole = arena_printf(turn->in->arena, "%s\x1f%s", state->tenant, customer->id);

    state->tier = customer->tier;
    state->region = customer->region;
    if (secrets->count) state->customer_mark = secrets_pseudonym(secrets, whole, turn->in->arena);
    state->phone_mark = mark_of(turn, "phone", customer->phone);
    state->address_mark = mark_of(turn, "address", customer->address_id);
    if (!customer->erased_at) state->customer_id = customer->id;
}

static bool is_buyer(const struct compensation_state *state, const struct activity *erased) {
    const char *tenant = erased->tenant ? erased->tenant : "default";
    return state->customer_id && strcmp(state->customer_id, erased->customer_id) == 0 &&
           strcmp(state->tenant, tenant) == 0;
}

void buyer_erase(struct proposal_turn *turn, const struct activity *erased) {
    const struct decision *in = turn->in;
    struct erasure told = {.case_id = turn->case_id,
                           .by = "redress-compensation",
                           .clear_by = in->now_ms + CONTRACT_PERSONAL_MS};
    char hash[27];

    if (!is_buyer(turn->state, erased)) {
        turn->out->unchanged = true;
        return;
    }
    fields_private_names(&compensation_state_table, turn->state, in->arena, &told.fields);
    if (turn->state->profile && turn->state->profile->text_sketch)
        texts_add(&told.fields, "sketch", in->arena); /* shelf_put() takes it away */
    fields_erase_private(&compensation_state_table, turn->state);
    ids_hash(hash, 2, in->ev->source, in->ev->id);
    const char *id = arena_printf(in->arena, "%s.erased.compensation.%.8s", turn->case_id, hash);
    contract_emit(turn->out, EVENT_CASE_ERASED, turn->case_id, id, in->ev->time_ms, &told);
}
