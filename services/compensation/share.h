/* share: a whole amount divided by weights, by largest remainder, so that the parts always add up
 * to it. */
#ifndef REDRESS_SHARE_H
#define REDRESS_SHARE_H

#include "data/fields.h"

enum {
    SHARE_PARTIES_MAX = 8 /* platform, merchant, carrier, supplier, customer and some to come */
};

/* What a {party: weight} or {party: money} map says; weights in any unit. */
struct share_weights {
    const char *party[SHARE_PARTIES_MAX];
    int64_t weight[SHARE_PARTIES_MAX];
    int count;
};

/* Reads {party: percent}; percents may have up to three decimals. False when it is no such map,
 * holds a negative, or is all zero. */
bool share_read_percents(const struct tree *map, struct share_weights *out) MUST_CHECK;
/* Somebody bears something. */
bool share_is_useful(const struct share_weights *weights);
/* Reads {party: money}. */
bool share_read_money(const struct tree *map, struct share_weights *out) MUST_CHECK;

/* parts_out[i] is total * weight[i] / sum, the missing units going to the largest remainders, the
 * first of equals first. total >= 0. */
void share_divide(int64_t total, const struct share_weights *weights,
                  int64_t parts_out[SHARE_PARTIES_MAX]);

/* A split under way: {party: minor} that grows. */
struct share_split {
    struct share_weights sums;
};
/* Adds the parts of `total`. False when there are more than SHARE_PARTIES_MAX parties by then. */
bool share_add(struct share_split *split, int64_t total,
               const struct share_weights *weights) MUST_CHECK;
/* Adds another split, party by party. */
bool share_merge(struct share_split *split, const struct share_split *other) MUST_CHECK;
/* What a party bears by now. */
int64_t share_in(const struct share_split *split, const char *party);
/* As the contract writes it: {party: {currency, minor}}, parties that bear nothing left out unless
 * all do. */
const struct tree *share_tree(const struct share_split *split, const char *currency,
                              struct arena *arena);
/* What one party bears of a {party: money} map; 0 when it is not there. */
int64_t share_of(const struct tree *split, const char *party);

#endif
