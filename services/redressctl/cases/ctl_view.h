/* ctl_view: whether what Redis shows of a worker is all there is. "Nothing there" may be said only
 * when one could look: a view that is being made anew, that nobody looks after, or that was never
 * made shows nothing too. */
#ifndef REDRESS_CTL_VIEW_H
#define REDRESS_CTL_VIEW_H

#include "data/fields.h"
#include "redressctl/ctl.h"

enum { CTL_VIEW_ALL = -1 };

struct ctl_view {
    struct ctl *ctl;
    const char *worker; /* "sla" */
    int shard;          /* or CTL_VIEW_ALL */
    /* Found by ctl_view_look(), in the turn's arena. */
    const struct redis_reply *meta; /* <prefix>:meta */
    const char *indexes;            /* what view_indexes.h lists of the worker; NULL: no list */
    int64_t now_ms;    /* the later of this host's clock and Redis': a slow host may not say that
                          nothing is overdue */
    struct buf faults; /* a line each, why not all is shown; freed by ctl_view_end() */
};

/* Looks where the views stand; after ctl_shards(). What is found is added to the faults, unless
 * there are some already: look before and after reading, for a view may begin to be made anew
 * meanwhile. 0, or EXIT_CANNOT_GO_ON when Redis did not answer. */
int ctl_view_look(struct ctl_view *view) MUST_CHECK;

/* Tells the faults on stderr. 0, or EXIT_CANNOT_GO_ON when there are some. */
int ctl_view_tell(const struct ctl_view *view) MUST_CHECK;

void ctl_view_end(struct ctl_view *view);

/* The worker has run with this Redis; after a look. */
bool ctl_view_exists(const struct ctl_view *view);

#endif
