/* notification_erase: a customer asked for his erasure: what the case holds of him is blanked, and
 * nobody writes to him any more, unless he writes again. */
#include "base/ids.h"
#include "notification_parts.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

static bool is_customer(const struct notification_state *state, const struct activity *erased) {
    const char *tenant = erased->tenant ? erased->tenant : "default";
    return state->customer_id && strcmp(state->customer_id, erased->customer_id) == 0 &&
           strcmp(state->tenant, tenant) == 0;
}

static void tell(struct message_turn *turn, const struct texts *fields, int messages) {
    struct erasure data = {.case_id = turn->case_id,
                           .by = "redress-notification",
                           .fields = *fields,
                           .messages = messages,
                           .clear_by = turn->in->now_ms + CONTRACT_PERSONAL_MS};
    const char *id = arena_printf(arena_of(turn), "%s.erased.notification.%s", turn->case_id,
                                  notification_event_mark(turn));
    contract_emit(turn->out, EVENT_CASE_ERASED, turn->case_id, id, message_time(turn), &data);
}

void notification_on_erased(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct activity *erased = data;
    struct texts fields = {0};
    int64_t at = turn->in->ev->time_ms;

    if (!is_customer(state, erased)) {
        turn->out->unchanged = true;
        return;
    }
    fields_private_names(&notification_state_table, state, arena_of(turn), &fields);
    fields_erase_private(&notification_state_table, state);
    if (at > state->erased_at) state->erased_at = at;
    state->visit_at = state->visit_until = 0;
    if (!notification_library_keep(turn)) return;
    int dropped = message_drop_customers(turn, "erased");
    if (!state->without_case) tell(turn, &fields, dropped);
}
