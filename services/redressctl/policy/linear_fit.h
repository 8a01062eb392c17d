/* linear_fit: a linear support vector machine (L2 loss, dual) by liblinear, the only place that
 * knows it. Rows are texts, columns features; many fits share the rows. */
#ifndef REDRESS_LINEAR_FIT_H
#define REDRESS_LINEAR_FIT_H

#include "base/arena.h"
#include <stdbool.h>

struct linear;
/* Room for so many rows and features; all of it in the arena. */
struct linear *linear_new(int rows, int features, struct arena *arena);
/* Sets a row: `count` features, their indexes ascending from 0. */
void linear_row(struct linear *linear, int row, const int *indexes, const double *values,
                int count);

/* Tells rows with sides[row] > 0 from those with < 0; rows with 0 are left out. cost_*: what a row
 * on the wrong side costs. weights_out: of each feature. The same rows give the same weights.
 * False: a side has no row, and nothing is written. */
bool linear_fit(struct linear *linear, const signed char *sides, double cost_positive,
                double cost_negative, double *weights_out, double *bias_out);
/* How far the row lies on the positive side of what was fitted. */
double linear_margin(const struct linear *linear, int row, const double *weights, double bias);

#endif
