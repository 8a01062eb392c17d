/* cause_line: counts by day as one short text, for states that are written with every change: "3 0
 * 1" are the days up to `last`. Days before are 0; what is older than CAUSE_KEPT days is forgotten.
 * */
#ifndef REDRESS_CAUSE_LINE_H
#define REDRESS_CAUSE_LINE_H

#include "cause.h"

/* What is compared, and the orders whose complaints came in its first days. */
enum { CAUSE_KEPT = CAUSE_DAYS + CAUSE_DELAY };

struct cause_line {
    int64_t last;       /* the day of the last number, since 1970-01-01 */
    const char *counts; /* NULL: none yet */
};

/* `count` more on a day. One so old that it would be forgotten is ignored: returns false. */
bool cause_line_add(struct cause_line *line, int64_t day, int64_t count, struct arena *arena);
/* The CAUSE_KEPT days up to `day`, of which out[CAUSE_KEPT - 1] is the last. What cannot be read
 * counts as 0. */
void cause_line_read(const struct cause_line *line, int64_t day, int64_t out[CAUSE_KEPT]);

#endif
