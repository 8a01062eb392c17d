/* features: what the model sees of a text. Of characters beyond ASCII, runs of 1 to 3 with at least
 * one of them; of Latin words, the word, two words in a row, and runs of 3 to 5 letters within the
 * word and its ends. Chosen by measure (deploy/docs/classes.md). Each is a hash, and how often it
 * stands there: pure, and the same everywhere. */
#ifndef REDRESS_FEATURES_H
#define REDRESS_FEATURES_H

#include "data/text.h"

struct feature {
    uint32_t hash;
    uint32_t weight; /* thousandths: 1 + ln(times) */
};
struct features {
    struct feature *at;
    int count;
};

/* The distinct ones of a normalised text, in the order in which they first stand there. */
void features_of(const struct text *text, struct arena *arena, struct features *out);

/* Those of the whole text, and of each sentence by itself where it has several: a threat at the
 * end of a long complaint is a small part of the whole. */
struct feature_parts {
    struct features whole;
    struct features *sentences;
    int count; /* 0: the text is one sentence */
};
void features_parts(const struct text *text, struct arena *arena, struct feature_parts *out);

/* Calls `each` for every place: bytes from..to of the normalised text. */
typedef void features_each_fn(void *context, uint32_t hash, size_t from, size_t to);
void features_each(const struct text *text, features_each_fn *each, void *context);

#endif
