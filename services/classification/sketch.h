/* sketch: a text as 96 characters, from which nobody reads it again, but which tell how alike two
 * texts are. Each character is what one of 96 hash functions has as its least over the features of
 * the text (features.h), or rather 6 bits of that: two texts have it in common as often as their
 * sets of features are the same, |both| of |either| (Broder's min-wise hashing; b-bit, of Li and
 * König). It depends on no model: sketches stay comparable when another is trained.
 *
 * Pure, and the same everywhere. */
#ifndef REDRESS_SKETCH_H
#define REDRESS_SKETCH_H

#include "features.h"

enum {
    SKETCH_LEN = 96, /* what other lengths are worth: deploy/docs/classes.md */
    SKETCH_SIZE = SKETCH_LEN + 1
};

/* "" of a text without features. */
void sketch_of(const struct features *features, char out[SKETCH_SIZE]);

/* How alike, in thousandths: 0 nothing in common, 1000 the same words; -1: one of them is no
 * sketch. Off by 50 in one of three where they are half alike. */
int sketch_alike(const char *one, const char *two);

#endif
