/* recent: the states of cases that this process has applied last, so that it need not read from
 * Redis what it has just written there. A shard has one writer, so they are as true as the view is,
 * as long as `applied` stands where this process has moved it: everything is kept under that, and
 * nothing is found under another.
 *
 * Bounded: there are two halves. What is new goes into the younger; when that is full the older is
 * emptied, and becomes the younger. */
#ifndef REDRESS_RECENT_H
#define REDRESS_RECENT_H

#include "data/fields.h"

struct recent;

/* bytes: of both halves together; 0: nothing is kept. */
struct recent *recent_new(const struct table *state, size_t bytes);
void recent_free(struct recent *recent);

/* The state of a case where the shard's view stands at `applied`, and the checksum of its hashes
 * (view_case.sum). NULL: not known. Lives until the next recent_move() or recent_put(). */
const void *recent_find(const struct recent *recent, int shard, int64_t applied, const char *id,
                        uint64_t *sum_out);
/* The view of a shard has been moved by this process. What was kept under another `from` is
 * forgotten; what is kept counts from now on at `to`, but for the cases that changed: each is put,
 * or taken out. */
void recent_move(struct recent *recent, int shard, int64_t from, int64_t to);
/* state NULL: it is not known any more. The state is copied. */
void recent_put(struct recent *recent, int shard, const char *id, const void *state, uint64_t sum);
/* The shard heals, or is somebody else's: nothing is known of it. */
void recent_forget(struct recent *recent, int shard);
void recent_forget_all(struct recent *recent);

#endif
