/* ends: how far whoever reads a topic must get to have read everything that was there at a moment.
 * That is the true end. But where somebody leaves a transaction open nobody can read beyond its
 * first record, be it for the 15 minutes that a broker allows; so after ENDS_OPEN_MAX_MS (half of
 * REDRESS_HOLD_MAX, if that is less) what lies behind that is not waited for any more, and it is
 * said. */
#ifndef REDRESS_ENDS_H
#define REDRESS_ENDS_H

#include "runtime/engine.h"

enum { ENDS_OPEN_MAX_MS = 10000 }; /* a channel's transaction lasts well below a second */

struct ends {
    struct place *at; /* the caller's partitions, with their ends once they have been asked for */
    int64_t *open;    /* of each: where an old transaction is open; -1: none is known to be */
    struct place *stable;
    int count;
    int open_count;
    int64_t look_at_ms; /* boot time */
};

/* Other partitions: what is known of the ones before is forgotten where they differ. Copies them.
 */
void ends_of(struct ends *ends, const struct place *places, int count);
void ends_free(struct ends *ends);

/* Asks for the ends as they are now. -1: not known. */
int ends_ask(struct ends *ends, struct engine *engine, struct err *err) MUST_CHECK;
/* To be called while they are waited for: looks, once they have been for long, whether there are
 * open transactions, and brings the ends back to those. */
void ends_look(struct ends *ends, struct engine *engine);

#endif
