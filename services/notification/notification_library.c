/* notification_library: what a closed case leaves for others, and the one that an escalated case is
 * most like: as claims, which every case may read. Each place is one claim that all cases make
 * under one name, so that the last word counts. */
#include "library.h"
#include "notification_parts.h"

#include <string.h>

#define KEPT_MS (INT64_C(30) * 24 * 3600 * 1000) /* what helped a season ago is out of stock */

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* Of one without a class nothing is known that others could be like. */
static struct library_about about(const struct message_turn *turn) {
    const struct notification_state *state = turn->state;

    return (struct library_about){
        .tenant = state->tenant,
        .class_name = profile_class(state->profile),
        .case_id = turn->case_id,
        .facts = {[LIBRARY_ARTICLE] = state->article,
                  [LIBRARY_WAREHOUSE] = state->warehouse,
                  [LIBRARY_CARRIER] = state->carrier},
    };
}

static struct claim claim_of(const struct message_turn *turn, const char *place,
                             enum claim_kind kind, const char *value) {
    return (struct claim){.kind = kind,
                          .key = arena_printf(arena_of(turn), "library\x1f%s", place),
                          .id = "last",
                          .value = value,
                          .time_ms = turn->state->library_at,
                          .valid_ms = KEPT_MS,
                          .logged = true};
}

/* ---- A case that is over ---- */

/* Of two words of one millisecond a restore would keep the first. */
static void next_word(struct message_turn *turn) {
    int64_t *at = &turn->state->library_at;

    if (turn->in->now_ms > *at)
        *at = turn->in->now_ms;
    else
        ++*at;
}

static struct library_entry entry_of(const struct notification_state *state) {
    const struct notification_offer *offers = state->offers.at;
    const struct profile *profile = state->profile;
    const struct profile_place *end = profile->resolved ? profile->resolved : profile->closed;
    struct library_entry entry = {.case_id = state->case_id, .score = state->score};

    entry.ended_at = end->at;
    if (state->opened_at && end->at > state->opened_at) entry.took = end->at - state->opened_at;
    if (!state->offers.count) return entry;
    entry.options = offers[state->offers.count - 1].options;
    entry.chosen = offers[state->offers.count - 1].chosen;

    return entry;
}

/* Takes the case from the places in which nobody has followed it. False: it is not known yet. */
static bool take_back(struct message_turn *turn) {
    struct texts *places = &turn->state->library;
    const struct answer *answers[LIBRARY_FACTS + 1];
    struct library_entry entry;

    for (int i = 0; i < places->count; i++) {
        struct claim look = claim_of(turn, places->at[i], CLAIM_LOOK, NULL);
        answers[i] = message_claim(turn, &look);
    }
    for (int i = 0; i < places->count; i++)
        if (!answers[i]) return false;
    for (int i = 0; i < places->count; i++) {
        if (!library_read(answers[i]->value, arena_of(turn), &entry) ||
            strcmp(entry.case_id, turn->case_id) != 0)
            continue;
        struct claim empty = claim_of(turn, places->at[i], CLAIM_JOIN, "");
        message_claim(turn, &empty);
    }
    *places = (struct texts){0};

    return true;
}

static void put(struct message_turn *turn, const struct library_about *of) {
    struct library_entry entry = entry_of(turn->state);
    const char *value = library_write(&entry, of, arena_of(turn));
    struct texts places = library_places(of, arena_of(turn));

    for (int i = 0; i < places.count; i++) {
        struct claim claim = claim_of(turn, places.at[i], CLAIM_JOIN, value);
        message_claim(turn, &claim);
    }
    turn->state->library = places;
}

static bool is_same(const struct texts *one, const struct texts *two) {
    for (int i = 0; i < one->count; i++)
        if (!texts_has(two, one->at[i])) return false;
    return one->count == two->count;
}

bool notification_library_keep(struct message_turn *turn) {
    const struct notification_state *state = turn->state;
    struct library_about of = about(turn);
    bool stands = profile_status(state->profile) == PROFILE_CLOSED && state->customer_id &&
                  of.class_name && !profile_only_asks(state->profile);
    struct texts places = {0};

    if (turn->alone || (!stands && !state->library.count)) return true;
    next_word(turn);
    if (stands) places = library_places(&of, arena_of(turn));
    if (state->library.count && !is_same(&state->library, &places) && !take_back(turn)) {
        turn->unanswered = true;
        return false;
    }
    if (stands) put(turn, &of);
    return true;
}

/* ---- One that is most like it ---- */

bool notification_library_find(struct message_turn *turn, struct moment *moment) {
    struct library_about of = about(turn);
    struct library_entry entries[LIBRARY_PLACES_MAX];
    const struct answer *answers[LIBRARY_PLACES_MAX];
    int count = 0;

    moment->similar = turn->similar;
    if (turn->alone || !of.class_name) return true;
    struct texts places = library_around(&of, arena_of(turn));
    for (int i = 0; i < places.count; i++) {
        struct claim look = claim_of(turn, places.at[i], CLAIM_LOOK, NULL);
        answers[i] = message_claim(turn, &look);
    }
    for (int i = 0; i < places.count; i++) {
        if (!answers[i]) {
            turn->unanswered = true;
            return false;
        }
        count += library_read(answers[i]->value, arena_of(turn), &entries[count]);
    }
    const struct library_entry *best = library_choose(entries, count, &of, arena_of(turn));
    if (best) moment->similar = best->value;

    return true;
}
