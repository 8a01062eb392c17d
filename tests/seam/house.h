/* house: the workers as they are delivered, on the fakes, in virtual time, and redressctl
 * beside them. */
#ifndef REDRESS_SEAM_HOUSE_H
#define REDRESS_SEAM_HOUSE_H

#include "base/arena.h"
#include <stdint.h>

/* The workers start, with the delivered policies; settings come from the environment. */
void house_open(int partitions);
void house_close(void);

/* Time goes on. */
void house_wait(int64_t ms);
/* Until all have read everything; the test fails where that does not come. */
void house_rest(void);

/* One worker ends as at SIGTERM, or starts again. */
void house_stop(const char *worker);
void house_start(const char *worker);

/* Runs redressctl with words split at blanks ('...' keeps them together); returns its status. What
 * it wrote to standard error is added to `said`, and behind it what it wrote to standard output;
 * results_out (NULL: not asked for) is where in `said` the latter begins. */
int house_ctl(const char *line, struct buf *said, size_t *results_out);

/* What the board knows of all open cases, by their next deadline, once it has read what changed
 * since it was asked last: a line each. */
void house_board(struct buf *out);
void house_board_close(void);

#endif
