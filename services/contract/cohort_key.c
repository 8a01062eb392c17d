/* cohort_key: see the header. */
#include "contract/cohort_key.h"
#include "base/clock.h"

static const char *key_of(const char *tenant, const char *dimension, const char *value,
                          struct arena *arena) {
    return arena_printf(arena, "%s\x1f%s\x1f%s", tenant, dimension, value);
}

static void add(struct texts *out, const char *tenant, const char *dimension, const char *value,
                struct arena *arena) {
    if (value) texts_add(out, key_of(tenant, dimension, value, arena), arena);
}

/* `<lane>@<YYYY-MM-DD>`; NULL: it has none. */
static const char *day_of(const char *lane, int64_t placed_ms, struct arena *arena) {
    char time[CLOCK_TEXT_MAX];

    if (!lane || placed_ms <= 0) return NULL;
    clock_format(placed_ms, time);
    return arena_printf(arena, "%s@%.10s", lane, time);
}

static void add_items(const char *tenant, const struct parts *items, struct arena *arena,
                      struct texts *out) {
    const struct item *item = items->at;
    struct texts skus = {0};
    struct texts batches = {0};

    for (int i = 0; i < items->count; i++) {
        const char *sku = item[i].sku;
        const char *batch = item[i].batch;
        if (skus.count < COHORT_KEY_ITEMS_MOST && !texts_has(&skus, sku))
            texts_add(&skus, sku, arena);
        if (batch && batches.count < COHORT_KEY_ITEMS_MOST && !texts_has(&batches, batch))
            texts_add(&batches, batch, arena);
    }
    for (int i = 0; i < skus.count; i++) add(out, tenant, "sku", skus.at[i], arena);
    for (int i = 0; i < batches.count; i++) add(out, tenant, "batch", batches.at[i], arena);
}

void cohort_keys_of_order(const char *tenant, const struct order *order, const struct parts *items,
                          struct arena *arena, struct texts *out) {
    *out = (struct texts){0};
    add(out, tenant, "carrier", order->carrier, arena);
    add(out, tenant, "warehouse", order->warehouse, arena);
    add(out, tenant, "lane", order->lane, arena);
    add(out, tenant, "day", day_of(order->lane, order->placed_at, arena), arena);
    add_items(tenant, items, arena, out);
}

bool cohort_match_is_empty(const struct cohort_match *match) {
    return !match->carrier && !match->warehouse && !match->sku && !match->batch && !match->lane;
}

const char *cohort_key_of_match(const char *tenant, const struct cohort_match *match,
                                int64_t placed_from, int64_t placed_to, struct arena *arena) {
    bool day = match->lane && placed_from > 0 && placed_from % COHORT_KEY_DAY_MS == 0 &&
               placed_to == placed_from + COHORT_KEY_DAY_MS;

    if (match->batch) return key_of(tenant, "batch", match->batch, arena);
    if (match->sku) return key_of(tenant, "sku", match->sku, arena);
    if (day) return key_of(tenant, "day", day_of(match->lane, placed_from, arena), arena);
    if (match->lane) return key_of(tenant, "lane", match->lane, arena);
    if (match->warehouse) return key_of(tenant, "warehouse", match->warehouse, arena);
    if (match->carrier) return key_of(tenant, "carrier", match->carrier, arena);
    return NULL;
}
