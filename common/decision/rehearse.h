/* rehearse: the workers' decisions played in memory and in virtual time: no Kafka, no Redis, no
 * clock. Specs stand in a row; what one sends to a topic is given at once to those that read it, in
 * the order in which they were added. Wake-ups fire in the order of their times before anything
 * later happens. The same input gives the same output, always. */
#ifndef REDRESS_REHEARSE_H
#define REDRESS_REHEARSE_H

#include "decision/spec.h"

struct rehearse;

/* What came of it, in order: an event that a worker sent, or (output NULL) its rejection of `ev`.
 * Lives until the call returns. */
typedef void rehearse_listener(void *context, const struct worker_spec *spec, int64_t now_ms,
                               const struct output *output, const struct event *ev,
                               const struct rejection *rejection);

struct rehearse *rehearse_new(rehearse_listener *listener, void *context);
void rehearse_free(struct rehearse *rehearse); /* NULL is allowed */

/* Adds a worker with its policy from `policy_dir`. 0, or -1 with all faults in `errors`. */
int rehearse_add(struct rehearse *rehearse, const struct worker_spec *spec, const char *policy_dir,
                 struct buf *errors) MUST_CHECK;
/* A newer version of an added worker's policy; where the worker visits its cases, it does so as
 * soon as time passes or something happens. Only scenarios do so (tests/scenarios). */
int rehearse_reload(struct rehearse *rehearse, const struct worker_spec *spec,
                    const char *policy_dir, struct buf *errors) MUST_CHECK;

/* Lets time pass until `until_ms`: every wake-up up to and with it fires. Time does not go back. */
void rehearse_advance(struct rehearse *rehearse, int64_t until_ms);
int64_t rehearse_now(const struct rehearse *rehearse);

/* The same with an event that is decoded already. */
void rehearse_publish_event(struct rehearse *rehearse, enum topic topic, const struct event *ev,
                            int64_t now_ms);

/* The state of a keyed worker, or NULL. Lives until the next call. */
const void *rehearse_state(const struct rehearse *rehearse, const struct worker_spec *spec,
                           const char *key);
/* Calls `each` with every state, in the order of their first events. */
void rehearse_states(const struct rehearse *rehearse, const struct worker_spec *spec,
                     void (*each)(void *context, const char *key, const void *state),
                     void *context);

#endif
