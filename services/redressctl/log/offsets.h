/* offsets: how far a worker had come by what it wrote. Workers without a state say with each event
 * which record it comes from (redress_from), and rejected records where they lay; those with a
 * state leave their next offset with each state (redress_next). A worker commits a partition's
 * records in order and whole, so everything up to the last one that is named was decided, but for
 * what waited for another record (map_inputs.h): that it notes in redress.policies. Pure. */
#ifndef REDRESS_OFFSETS_H
#define REDRESS_OFFSETS_H

#include "decision/spec.h"
#include "outside/kafka.h"

struct offsets {
    const struct kafka *kafka;
    const struct worker_spec *spec;
    struct place *at; /* one for each input partition; offset: what would come next,
                         KAFKA_NO_OFFSET: nothing said */
    int count;
    struct place *waits; /* of each: where the first that waits stands, and its metadata;
                            KAFKA_NO_OFFSET: none */
    struct arena *arena;
};
/* Takes note of a record that the worker may have written. */
void offsets_note(struct offsets *offsets, const struct raw *raw);

/* "complaints/3/17": 0, or -1. */
int offsets_parse_from(const char *text, size_t len, struct place *out) MUST_CHECK;

/* Sets the place at `to`, but for what waits before it as `waits` says: that still does. */
void offsets_keep_waiting(const struct place *waits, int64_t to, struct place *place_out);

/* Where a partition of these bounds goes on. */
enum offsets_found {
    OFFSETS_FOUND,
    OFFSETS_NOTHING_SAID,
    OFFSETS_BEYOND_END,
    OFFSETS_BEFORE_START
};
enum offsets_found offsets_choose(int64_t said, int64_t start, int64_t end, int64_t *offset_out);

#endif
