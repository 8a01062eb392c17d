/* keyed_work: one batch of a keyed worker as what gathers and commits it (keyed_batch.c) and what
 * decides it (keyed_fold.c) share. */
#ifndef REDRESS_KEYED_WORK_H
#define REDRESS_KEYED_WORK_H

#include "runtime/keyed_batch.h"

/* A case at hand. */
struct keyed_case {
    struct shard *shard;
    const char *id;
    const void *old;  /* as the view has it; NULL: nothing */
    void *state;      /* as it is being folded */
    uint64_t old_sum; /* view_case.sum */
    uint64_t new_sum; /* once it is applied */
    bool exists;
    int jobs;                /* how many so far: the n-th is decided in round n */
    int spread;              /* of the last record that was spread to it, from 1 on; 0: none was */
    int first_message;       /* of its changelog record; -1: unchanged */
    const struct raw *cause; /* the last event that was folded into it */
};

/* An event, a wake-up or a visit to be decided. */
struct keyed_job {
    struct keyed_case *entry; /* NULL: a record that cannot be read */
    struct raw raw;
    struct event ev;
    enum { KEYED_EVENT, KEYED_WAKE, KEYED_VISIT } kind;
    int round;
    struct effects effects;
    struct asking asking;
    enum result result;
};

/* A record that concerns several cases: those that hold its text. */
struct keyed_spread {
    int record; /* of the batch */
    const char *text;
    const char **ids;
    int count;
};

/* A view that this batch has moved. */
struct keyed_move {
    struct shard *shard;
    int64_t from;
};

struct keyed_work {
    struct keyed *keyed;
    struct engine *engine;
    struct arena *arena;
    struct keyed_case *entries;
    int entry_count, entry_size;
    int *table; /* open addressing: index + 1 of entries */
    size_t table_size;
    struct keyed_job **jobs;
    int job_count, rounds;
    struct keyed_spread *spreads;
    int spread_count;
    struct keyed_move *moves;
    int move_count;
    int64_t now_ms;
};

static inline bool keyed_runs(const struct shard *shard) {
    return shard->phase == SHARD_RUN;
}

/* The state's member wake_at. */
static inline int64_t keyed_wake_ms(const struct keyed_work *work, const void *state) {
    return *(const int64_t *)(const void *)((const char *)state + work->keyed->wake_offset);
}

/* Reads the states of all cases at hand, and the policy versions that they keep, then decides all
 * jobs, the n-th of a case in round n. False: not now. */
bool keyed_fold(struct keyed_work *work);

/* Whether the record lies at or behind one that is held. */
bool keyed_is_held(const struct keyed_work *work, const struct keyed_job *job);
/* As the changelog has it. */
void keyed_encode(const struct keyed_work *work, const void *state, struct buf *out);

#endif
