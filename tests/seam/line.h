/* line: a small line of real loops on the fakes: two intakes (map) pass complaints and activity on,
 * a second complaint about a case joining it by a claim; two replicas of a keyed worker keep a
 * state per case and a deadline. What must hold whatever happens is checked before each step. */
#ifndef REDRESS_SEAM_LINE_H
#define REDRESS_SEAM_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct line_faults {
    unsigned kafka, redis; /* percent of their calls that go wrong */
    int kills, freezes;    /* of processes */
    int losses;            /* of Redis: flushed, restarted, rolled back */
    bool open;             /* a channel leaves a transaction open on complaints */
    bool
        unread; /* before its first event each case has a record that cannot be read, for a while */
};

/* One run from its seed. What went wrong is printed with the seed, and false returned. */
bool line_run(uint64_t seed, const struct line_faults *faults);
/* How often a worker used a state that it kept, in all runs so far; each was held against the
 * changelog. */
int64_t line_recalled(void);

#endif
