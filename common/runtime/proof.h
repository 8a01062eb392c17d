/* proof: a wake-up fires only when everything produced before it has been read (DESIGN.md, section
 * 3): at time T the true ends of intake's inputs are asked for; when intake's group has committed
 * beyond them, the true end of each own partition; when the shard has folded up to that, wake-ups
 * due before T may fire. */
#ifndef REDRESS_PROOF_H
#define REDRESS_PROOF_H

#include "runtime/engine.h"

/* A shard's part. */
struct shard_proof {
    int64_t proven_ms;  /* wake-ups before this may fire */
    int64_t pending_ms; /* T of the proof that waits for own_end; 0 = none */
    int64_t own_end;    /* fold up to here */
    bool pending_unconfirmed;
    bool unconfirmed; /* proven_ms comes from hold_max */
};

struct proof;
struct proof *proof_new(struct engine *engine);
void proof_free(struct proof *proof);

/* Begins a proof for time `now_ms` unless one is under way. */
void proof_begin(struct proof *proof, int64_t now_ms);
/* Goes on; true once intake is there: then the caller asks its own ends and calls proof_taken().
 * *at_ms_out is T. */
bool proof_turn(struct proof *proof, int64_t *at_ms_out, bool *unconfirmed_out);
void proof_drop(struct proof *proof);
/* How many records intake is behind the ends asked for, while waiting; 0 otherwise. */
int64_t proof_behind(const struct proof *proof);

#endif
