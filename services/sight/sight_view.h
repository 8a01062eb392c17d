/* sight_view: whether what Redis shows of a worker is all there is. "Nothing there" may be said
 * only when one could look: a view that is being made anew, that nobody looks after, or that was
 * never made shows nothing too. */
#ifndef REDRESS_SIGHT_VIEW_H
#define REDRESS_SIGHT_VIEW_H

#include "data/fields.h"
#include "sight/sight.h"

enum { SIGHT_ALL = -1 };

struct sight_view {
    struct sight *sight;
    const char *worker; /* "sla" */
    int shard;          /* or SIGHT_ALL */
    /* Found by sight_view_look(), in the arena. */
    const struct redis_reply *meta; /* <prefix>:meta */
    const char *indexes;            /* what view_indexes.h lists of the worker; NULL: no list */
    int64_t now_ms;    /* the later of this host's clock and Redis': a slow host may not say that
                          nothing is overdue */
    struct buf faults; /* a line each, why not all is shown; freed by sight_view_end() */
};

/* Looks where the views stand; after sight_open(). What is found is added to the faults, unless
 * there are some already: look before and after reading, for a view may begin to be made anew
 * meanwhile. */
int sight_view_look(struct sight_view *view) MUST_CHECK;

void sight_view_end(struct sight_view *view);

/* The worker has run with this Redis; after a look. */
bool sight_view_exists(const struct sight_view *view);

#endif
