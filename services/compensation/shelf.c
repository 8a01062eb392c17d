/* shelf: see the header. */
#include "shelf.h"

#include <string.h>

const char *shelf_of(const struct compensation_state *state, struct arena *arena) {
    const char *class_name = profile_class(state->profile);

    if (!class_name || !state->tenant) return NULL;
    return arena_printf(arena, "%s %s", state->tenant, class_name);
}

void shelf_put(struct compensation_state *state, struct arena *arena) {
    if (!state->customer_id) state->profile = profile_without_sketch(state->profile, arena);

    bool stands = profile_status(state->profile) == PROFILE_CLOSED && state->profile->text_sketch;
    if (stands)
        state->library = shelf_of(state, arena);
    else
        state->library = NULL;
}

static bool same_text(const char *one, const char *two) {
    return one && two && strcmp(one, two) == 0;
}

static bool share_article(const struct compensation_state *one,
                          const struct compensation_state *two) {
    const struct compensation_item *ones = one->items.at;
    const struct compensation_item *twos = two->items.at;

    for (int i = 0; i < one->items.count; i++)
        for (int j = 0; j < two->items.count; j++)
            if (same_text(ones[i].sku, twos[j].sku)) return true;
    return false;
}

static bool same_value(const struct money *one, const struct money *two) {
    if (one->minor <= 0 || two->minor <= 0 || strcmp(one->currency, two->currency) != 0)
        return false;
    return one->minor / 2 <= two->minor && two->minor / 2 <= one->minor;
}

struct texts shelf_same(const struct compensation_state *one, const struct compensation_state *two,
                        struct arena *arena) {
    bool orders = one->order_status && two->order_status;
    const struct {
        const char *name;
        bool same;
    } facts[] = {
        {"article", share_article(one, two)},
        {"status", orders && one->order_status == two->order_status},
        {"goods", orders && one->custom == two->custom && one->perishable == two->perishable},
        {"value", same_value(&one->order_amount, &two->order_amount)},
        {"carrier", same_text(one->carrier, two->carrier)},
        {"warehouse", same_text(one->warehouse, two->warehouse)},
        {"asked", one->requested && one->requested == two->requested},
    };
    struct texts same = {0};

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].same) texts_add(&same, facts[i].name, arena);
    return same;
}
