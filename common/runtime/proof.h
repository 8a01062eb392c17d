/* proof: a wake-up fires only when everything produced before it has been read (common/protocol.md,
 * Proof before a deadline fires): at time T the true ends of intake's inputs are asked for; when
 * intake's group has committed beyond them, the true end of each own partition; when the shard has
 * folded up to that, wake-ups due before T may fire. */
#ifndef REDRESS_PROOF_H
#define REDRESS_PROOF_H

#include "runtime/shard.h"

struct proof;
struct proof *proof_new(struct engine *engine, struct shards *shards);
void proof_free(struct proof *proof);

/* Goes on with the proof at hand, or begins one when a wake-up is due; what has been proven stands
 * in the shards. */
void proof_turn(struct proof *proof);
/* Whether a wake-up is proven and may fire. */
bool proof_fires(const struct proof *proof);
/* Gives up the proof at hand: the shards are others now. */
void proof_drop(struct proof *proof);
/* How many records intake is behind the ends asked for, while waiting; 0 otherwise. */
int64_t proof_behind(const struct proof *proof);

#endif
