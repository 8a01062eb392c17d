/* view_indexes: which indexes by:<field> a worker's views have, as a list in <prefix>:meta, field
 * indexes:<worker>: names with blanks between, or "*" when there are more than VIEW_INDEXES_MAX. A
 * name stands there before anything stands in its index. Without the list it is not known where to
 * look: whoever reads indexes says so, and does not take it for none. */
#ifndef REDRESS_VIEW_INDEXES_H
#define REDRESS_VIEW_INDEXES_H

#include "runtime/view.h"

enum {
    VIEW_INDEXES_MAX = 1000
}; /* targets have names of at most 40 bytes: a list of 40 KiB; real ones have ten */

struct view_indexes;
struct view_indexes *view_indexes_new(struct redis *redis, const char *prefix, const char *worker);
void view_indexes_free(struct view_indexes *indexes); /* NULL is allowed */

/* Something is about to be put into this index. */
void view_indexes_note(struct view_indexes *indexes, const char *name);
/* Adds to the list what was noted since the last time. OUTCOME_WAIT: it may not be put there yet.
 */
enum outcome view_indexes_tell(struct view_indexes *indexes, struct arena *arena,
                               struct err *err) MUST_CHECK;

/* Once a second: a list that is not there is made. Best effort. */
void view_indexes_look(struct view_indexes *indexes, int shards, struct arena *arena);

#endif
