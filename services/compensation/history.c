/* history: claims are built from the state and the policy that the case keeps, so that asking again
 * gives the same key and id. */
#include "history.h"

#include <limits.h>
#include <string.h>

static const char *whose(const struct compensation_state *state, int of) {
    if (of == DUTY_OF_ADDRESS) return state->address_mark;
    if (of == DUTY_OF_PHONE) return state->phone_mark;
    if (state->customer_mark) return state->customer_mark;
    return state->customer_id;
}

static const char *key_of(const struct proposal_turn *turn, const struct duty_history *row) {
    const char *mark = whose(turn->state, row->of);
    if (!mark) return NULL;
    return arena_printf(turn->in->arena, "history\x1f%s\x1f%s\x1f%s", row->name,
                        turn->state->tenant, mark);
}

/* Whether the case is one of those that are counted. */
static bool counts(const struct duty_history *row, const struct compensation_state *state) {
    const char *class_name = profile_class(state->profile);

    for (int i = 0; i < row->class_names.count; i++)
        if (class_name && contract_class_matches(row->class_names.at[i], class_name)) return true;
    return row->class_names.count == 0;
}

/* The answer's index; -1 where there is nobody to count. `counted`: by it the case counts. */
static int claim(struct proposal_turn *turn, const struct duty_history *row, bool counted) {
    const char *key = key_of(turn, row);
    const char *id = turn->case_id;

    if (row->counts == DUTY_COUNTS_ACCOUNTS) id = whose(turn->state, DUTY_OF_CUSTOMER);
    if (!key || !id) return -1;
    if (!counted) id = arena_printf(turn->in->arena, "%s.look", turn->case_id);
    int index = turn->claimed++;
    if (turn->claims && index >= turn->in->answer_count)
        claims_add(turn->claims, &(struct claim){.kind = CLAIM_COUNT,
                                                 .key = key,
                                                 .id = id,
                                                 .time_ms = decision_logged_ms(turn->in),
                                                 .valid_ms = row->within,
                                                 .amount = counted,
                                                 .limit = CLAIMS_NO_LIMIT,
                                                 .logged = counted});
    return index;
}

/* Once something was chosen, the case counts for good. */
static bool has_settlements(const struct compensation_state *state) {
    return state->settlements.count > 0;
}

static void note(struct proposal_turn *turn, const char *name, int64_t sum) {
    struct compensation_count *counts = turn->state->history.at;

    for (int i = 0; i < turn->state->history.count; i++) {
        if (strcmp(counts[i].name, name) != 0) continue;
        counts[i].count = sum;
        return;
    }
    struct compensation_count *added =
        parts_add(&turn->state->history, sizeof *added, INT_MAX, turn->in->arena);
    *added = (struct compensation_count){.name = name, .count = sum};
}

static void release(struct proposal_turn *turn, int index) {
    if (index >= 0 && index < turn->in->answer_count && turn->in->answers[index].granted)
        effects_release(turn->out, index);
}

bool history_read(struct proposal_turn *turn) {
    const struct duty_history *rows = turn->policy->history.at;
    int count = turn->policy->history.count;

    turn->history = arena_alloc(turn->in->arena, (size_t)(count + 1) * sizeof *turn->history);
    for (int i = 0; i < count; i++) {
        bool counted = counts(&rows[i], turn->state);
        int index = claim(turn, &rows[i], counted);
        turn->history[i] = index;
        if (!counted) release(turn, index);
        if (index >= 0 && index < turn->in->answer_count)
            note(turn, rows[i].name, turn->in->answers[index].sum);
    }
    if (turn->claims && turn->claimed > turn->in->answer_count) turn->waiting = true;
    return !turn->waiting;
}

static bool is_offers(const struct proposal_turn *turn, const struct duty_history *row) {
    return row->counts == DUTY_COUNTS_OFFERS && counts(row, turn->state);
}

void history_keep(struct proposal_turn *turn, bool offered) {
    const struct duty_history *rows = turn->policy->history.at;
    struct compensation_state *state = turn->state;

    for (int i = 0; i < turn->policy->history.count; i++) {
        if (turn->history[i] < 0 || !is_offers(turn, &rows[i])) continue;
        if (texts_has(&state->counted, rows[i].name)) continue;
        if (offered)
            texts_add(&state->counted, rows[i].name, turn->in->arena);
        else
            release(turn, turn->history[i]);
    }
}

void history_drop(struct proposal_turn *turn) {
    const struct duty_history *rows = turn->policy->history.at;
    struct compensation_state *state = turn->state;

    if (has_settlements(state)) return;
    for (int i = 0; i < turn->policy->history.count; i++)
        if (texts_has(&state->counted, rows[i].name)) release(turn, claim(turn, &rows[i], true));
    state->counted = (struct texts){0};
}

int64_t history_of(const struct compensation_state *state, const char *name) {
    const struct compensation_count *counts = state->history.at;

    for (int i = 0; i < state->history.count; i++)
        if (strcmp(counts[i].name, name) == 0) return counts[i].count;
    return 0;
}
