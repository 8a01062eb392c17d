/* train_fit: one fit of all columns on some of the folds (train.h). A class is learned from whole
 * texts; a flag that stands in a sentence from whole texts and from the sentences that speak for
 * it, chosen by turns with the fit (multiple-instance learning: Andrews, Tsochantaridis, Hofmann
 * 2002, mi-SVM, with one witness a text). */
#ifndef REDRESS_TRAIN_FIT_H
#define REDRESS_TRAIN_FIT_H

#include "redressctl/policy/train.h"

/* Trains on the folds whose bits are not in `without`; the weights live in the arena. The signs'
 * curves are not fitted. */
void train_fit(const struct train_set *set, unsigned without, struct arena *arena,
               struct model *out);

#endif
