/* share: largest remainder in integers. 128 bits, because weights may themselves be amounts. */
#include "share.h"

#include <string.h>

enum { PERCENT_UNITS = 1000 /* three decimals */ };

static bool add_weight(struct share_weights *out, const char *party, int64_t weight) {
    if (out->count == SHARE_PARTIES_MAX || weight < 0) return false;
    out->party[out->count] = party;
    out->weight[out->count++] = weight;
    return true;
}

bool share_is_useful(const struct share_weights *weights) {
    for (int i = 0; i < weights->count; i++)
        if (weights->weight[i] > 0) return true;
    return false;
}

bool share_read_percents(const struct tree *map, struct share_weights *out) {
    struct share_weights weights = {0};

    if (!map || map->kind != TREE_MAP) return false;
    for (const struct tree *at = map->first; at; at = at->next) {
        if (at->kind != TREE_INT && at->kind != TREE_REAL) return false;
        if (!(at->real >= 0 && at->real <= 100)) return false;
        if (!add_weight(&weights, at->key, (int64_t)(at->real * PERCENT_UNITS + 0.5))) return false;
    }
    if (!share_is_useful(&weights)) return false;
    *out = weights;

    return true;
}

static int64_t minor_of(const struct tree *money) {
    const struct tree *minor = tree_get(money, "minor");
    if (minor && minor->kind == TREE_INT) return minor->num;
    return -1;
}

bool share_read_money(const struct tree *map, struct share_weights *out) {
    struct share_weights weights = {0};

    if (!map || map->kind != TREE_MAP) return false;
    for (const struct tree *at = map->first; at; at = at->next)
        if (!add_weight(&weights, at->key, minor_of(at))) return false;
    if (!share_is_useful(&weights)) return false;
    *out = weights;
    return true;
}

void share_divide(int64_t total, const struct share_weights *weights,
                  int64_t parts_out[SHARE_PARTIES_MAX]) {
    __int128 sum = 0, remainders[SHARE_PARTIES_MAX];
    for (int i = 0; i < weights->count; i++) sum += weights->weight[i];
    ASSERT(total >= 0 && sum > 0);
    int64_t left = total;
    for (int i = 0; i < weights->count; i++) {
        __int128 exact = (__int128)total * weights->weight[i];
        parts_out[i] = (int64_t)(exact / sum);
        remainders[i] = exact % sum;
        left -= parts_out[i];
    }
    for (; left > 0; left--) {
        int best = 0;
        for (int i = 1; i < weights->count; i++)
            if (remainders[i] > remainders[best]) best = i;
        parts_out[best]++;
        remainders[best] = -1;
    }
}

static int find_party(const struct share_weights *sums, const char *party) {
    for (int i = 0; i < sums->count; i++)
        if (strcmp(sums->party[i], party) == 0) return i;
    return -1;
}

static bool add_part(struct share_split *split, const char *party, int64_t minor) {
    int at = find_party(&split->sums, party);
    if (at < 0) return add_weight(&split->sums, party, minor);
    split->sums.weight[at] += minor;
    return true;
}

bool share_merge(struct share_split *split, const struct share_split *other) {
    for (int i = 0; i < other->sums.count; i++)
        if (!add_part(split, other->sums.party[i], other->sums.weight[i])) return false;
    return true;
}

bool share_add(struct share_split *split, int64_t total, const struct share_weights *weights) {
    struct share_split parts = {.sums = *weights};
    share_divide(total, weights, parts.sums.weight);
    return share_merge(split, &parts);
}

int64_t share_in(const struct share_split *split, const char *party) {
    int at = find_party(&split->sums, party);
    if (at < 0) return 0;
    return split->sums.weight[at];
}

const struct tree *share_tree(const struct share_split *split, const char *currency,
                              struct arena *arena) {
    const struct share_weights *sums = &split->sums;
    bool all = !share_is_useful(sums);
    struct tree *map = tree_new(arena, TREE_MAP);

    for (int i = 0; i < sums->count; i++) {
        if (!all && sums->weight[i] == 0) continue;
        struct tree *money = tree_add(map, sums->party[i], tree_new(arena, TREE_MAP));
        tree_add(money, "currency", tree_new_text(arena, currency));
        tree_add(money, "minor", tree_new_int(arena, sums->weight[i]));
    }

    return map;
}

int64_t share_of(const struct tree *split, const char *party) {
    int64_t minor = minor_of(tree_get(split, party));
    if (minor > 0) return minor;
    return 0;
}
