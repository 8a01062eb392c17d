/* suggest: the known word nearest to a mistyped one, for "did you mean ...". */
#ifndef REDRESS_SUGGEST_H
#define REDRESS_SUGGEST_H

/* Letters to change, add, leave out or swap with their neighbour, between two words of at most 100
 * bytes (more counts as far off). */
int suggest_distance(const char *a, const char *b);

/* Offers one candidate after another: start with {.word = w}, ask suggest_best() at the end. NULL
 * when none is near: at most a third of the word's length off. */
struct suggest {
    const char *word;
    const char *best;
    int distance;
};
void suggest_offer(struct suggest *suggest, const char *candidate);
const char *suggest_best(const struct suggest *suggest);

#endif
