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

/* One place of one: bytes from..to of the normalised text. */
struct feature_place {
    uint32_t from, to;
    uint32_t number; /* among the distinct ones */
};

/* A text read once: whatever is asked of its sentences, its clauses and its words later is asked of
 * these places. What lies within a stretch that begins and ends at signs or at an end of the text
 * is what the stretch would have by itself. */
struct feature_map {
    struct features distinct; /* in the order in which they first stand there */
    struct feature_place *places;
    int count;
    int words; /* the first place of the walk over words; those before are runs of characters. In
                  each walk places stand in the order of their ends. */
};
void features_map(const struct text *text, struct arena *arena, struct feature_map *out);

/* The distinct ones alone. */
void features_of(const struct text *text, struct arena *arena, struct features *out);
/* What a feature weighs that stands there so many times. */
uint32_t features_weight(uint32_t times);

/* The next sentence from *at on that is long enough to say something, as bytes from..to; false:
 * there is none, or the text is a single one. Begin with *at = 0. */
bool features_sentence(const struct text *text, size_t *at, size_t *from_out, size_t *to_out);

/* Those of the whole text, and of each sentence by itself where it has several: a threat at the
 * end of a long complaint is a small part of the whole. */
struct feature_parts {
    struct features whole;
    struct features *sentences;
    int count; /* 0: the text is one sentence */
};
void features_parts(const struct text *text, struct arena *arena, struct feature_parts *out);

#endif
