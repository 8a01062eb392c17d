/* shard_parts: what the files shard*.c share and nobody else includes. */
#ifndef REDRESS_SHARD_PARTS_H
#define REDRESS_SHARD_PARTS_H

#include "runtime/shard.h"

/* At once, and not only from the next report on, whoever looks at the view is told whether it is
 * whole. why NULL: it is. */
void shard_note_held(struct shards *shards, const struct shard *shard, const char *why);

/* shard.c: finds where the replay goes on, and lets the reader begin there. False: not now, or the
 * view has to be made anew first. */
bool shard_replay_begin(struct shards *shards, struct shard *shard);
/* shard_replay.c: at most SHARD_REPLAY_MS of the replay. */
void shard_replay(struct shards *shards, struct shard *shard);
/* From here on it is known which cases the view has, if it has none now. */
void shard_seen_begin(struct shard_seen *seen, const struct shard *shard,
                      const struct view_standing *standing);

#endif
