/* claim_store: claims in Redis and in redress.claims (common/protocol.md, Claims). Claims are
 * spread over CLAIM_TAGS hash tags; each tag has a marker "2:<run_id>:<random>". A missing one, or
 * one of another Redis run, means: restore from the topic first. The markers under which a batch
 * was decided are looked at again before its commit, when its claim records are already in the
 * topic: whoever restores after that reads them.
 *
 * A claim's record says when it ends. A restore gives it what is left of its life, and nothing to
 * one that has run out; the topic keeps each for as long as the longest lives (CLAIMS_KEPT_MAX_MS).
 */
#ifndef REDRESS_CLAIM_STORE_H
#define REDRESS_CLAIM_STORE_H

#include "decision/claims.h"
#include "outside/kafka.h"
#include "outside/redis.h"

enum { CLAIM_TAGS = 16 };

struct claim_store;

struct claim_store *claim_store_new(struct redis *redis, const struct kafka *kafka);
void claim_store_free(struct claim_store *store);

/* Where Redis has a claim that has a key of its own (claim.shared), and the marker of its tag:
 * without it claims may be missing. A count's sum is the hash's field `s`; lives in the arena. */
const char *claim_store_key(const char *prefix, const char *key, struct arena *arena);
const char *claim_store_marker(const char *prefix, const char *key, struct arena *arena);

/* A new batch: forgets the markers seen. */
void claim_store_begin(struct claim_store *store);
/* Makes claims, those of a tag in one script, all scripts in one pipeline; of one key in their
 * order. answers[i] belongs to claims[i]. */
enum outcome claim_store_make(struct claim_store *store, struct arena *arena,
                              const struct claim *claims, struct answer *answers, int count,
                              struct err *err);
/* The record of a claim for redress.claims; false when it needs none. */
bool claim_store_record(const struct claim *claim, const struct answer *answer, struct arena *arena,
                        struct kafka_message *out);
/* The record that takes a given-back claim out of the topic. */
bool claim_store_tombstone(const struct claim *claim, struct arena *arena,
                           struct kafka_message *out);
/* Are the markers those under which this batch was decided? OUTCOME_BROKEN when not. */
enum outcome claim_store_verify(struct claim_store *store, struct arena *arena, struct err *err);
/* Gives claims back, also when Redis is full; best effort, they run out by themselves. */
void claim_store_release(struct claim_store *store, struct arena *arena, const struct claim *claims,
                         int count);

/* Restores for at most `ms`; OUTCOME_DONE when all is restored, OUTCOME_BROKEN when there is more
 * to do: call again. */
enum outcome claim_store_restore(struct claim_store *store, struct kafka_asker *asker, int ms,
                                 struct err *err);
/* Takes what has run out out of the topic: one of all workers a day, `ms` at a time; called each
 * turn. True: it is under way. */
bool claim_store_tidy(struct claim_store *store, struct kafka_asker *asker, int ms);
/* Drops what was begun. */
void claim_store_restart(struct claim_store *store);

#endif
