/* map_inputs: how far each assigned input partition is, and what may be committed of it. Pure: no broker, no clock.
 *
 * What is known of a partition beyond its committed offset (what was handed out, where its end was reported) holds only
 * for the fetch position under which it was seen. So whatever sets that position anew (an assignment, a revoke,
 * trouble, a record that waits, a stop and start of fetching) goes through map_input_rewind(), which forgets all of it.
 */
#ifndef REDRESS_MAP_INPUTS_H
#define REDRESS_MAP_INPUTS_H

#include "kafka.h"

struct map_input {
    enum topic topic;
    int partition;
    int64_t begin;   /* where the partition began, when the group had committed nothing of it */
    int64_t settled; /* what the group has committed; -1: nothing */
    int64_t decided; /* every record before this is decided, here or by those before us */
    int64_t polled;  /* every record before this has been handed out since the fetch position was set */
    int64_t end;     /* reported since then: nothing visible is left before this; -1: not reported */
};

/* Assigned; where it stands is not known yet. */
void map_input_assign(struct map_input *input, enum topic topic, int partition);
/* The group's committed offset (-1: none), and where the partition begins. */
void map_input_stand(struct map_input *input, int64_t settled, int64_t begin);
/* Back to what is committed: what was handed out or decided beyond it comes again. Returns the offset to fetch from. */
int64_t map_input_rewind(struct map_input *input);

/* A record was handed out; an end was reported. */
void map_input_polled(struct map_input *input, int64_t offset);
void map_input_ended(struct map_input *input, int64_t end);

/* Every record before `next` is decided. */
void map_input_decide(struct map_input *input, int64_t next);
/* What is to be committed: what was decided; or the reported end, behind which only transaction markers are left, when
 * every record handed out is decided. -1: nothing that is not committed yet. */
int64_t map_input_due(const struct map_input *input);
/* Committed. Asserts that nothing was passed over. */
void map_input_settle(struct map_input *input, int64_t next);

struct map_input *map_input_find(struct map_input *inputs, int count, enum topic topic, int partition);

#endif
