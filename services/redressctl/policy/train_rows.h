/* train_rows: what `redressctl train --evaluate` has found, as one JSON line. */
#ifndef REDRESS_TRAIN_ROWS_H
#define REDRESS_TRAIN_ROWS_H

#include "redressctl/policy/train.h"

void train_rows_put(const struct train_set *set, const struct train_score *rules,
                    const struct train_score *model, const struct train_score *joined);

/* The class that an output stands for. */
const char *train_rows_name(const struct train_set *set, int output);
/* Thousandths; -1: of nothing. */
int train_rows_ratio(int part, int whole);

#endif
