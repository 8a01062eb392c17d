/* word: what a person says as an event: made, and on its way. It goes through the contract's own
 * table, in both directions: what intake would reject is refused here. */
#ifndef REDRESS_WORD_H
#define REDRESS_WORD_H

#include "contract/contract.h"
#include "outside/kafka.h"

/* The structured CloudEvent; `id` names this word; source NULL: /redress/redressctl. Pure. 0, or -1
 * with what is wrong with the data. */
int word_event(enum event_type type, const struct activity *data, const char *source,
               const char *id, int64_t now_ms, struct arena *arena, struct buf *out,
               struct err *err) MUST_CHECK;

/* Each is a word of its own: the same person's second one about the same is for the worker to
 * refuse. */
void word_make_id(const char *about, const char *actor, char id_out[27]);
/* To the topic of its type. 0 when Kafka has acknowledged it, else -1. */
int word_send(const struct kafka *kafka, const struct buf *event, struct arena *arena,
              struct err *err) MUST_CHECK;

#endif
