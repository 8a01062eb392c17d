/* bounds: what Kafka takes of a worker's records, and what is done about a record that it does not
 * take. No input may stop the line: what cannot be copied to redress.rejected is described there,
 * and an event of which a worker would make more than a topic takes is rejected for that. Limits
 * are known before a record is written; what the broker refuses all the same (a topic was changed
 * while the worker ran) teaches them. */
#ifndef REDRESS_BOUNDS_H
#define REDRESS_BOUNDS_H

#include "outside/kafka.h"

struct batch;
struct engine;

enum {
    /* A submission has at most 64 KiB (deploy/contract/README.md, Limits), its event in the case
     * log a little more: a topic that takes less than this would have good complaints rejected, so
     * the worker does not run with it. */
    BOUNDS_LEAST = 256 * 1024,
    BOUNDS_MOST = 32 * 1024 * 1024, /* half of what the producer's queue holds */
    BOUNDS_WATCHED_MAX = 1000       /* then the list begins anew: who grows is found again */
};

/* An input that is rejected whatever a decision would say of it. */
struct bounds_refused {
    struct place place;
    bool copied;                /* no: its copy was refused, so it is described */
    struct rejection rejection; /* without a reason: the decision has one */
};

struct bounds {
    int64_t bytes[TOPIC_COUNT]; /* the largest batch that the topic takes; 0: not known */
    int64_t own;                /* the largest record that the producer takes */
    int64_t batch; /* the largest batch of several, where the broker had to teach it; 0: not */
    bool alone;    /* a record was refused that was alone in its batch */
    struct bounds_refused *refused;
    int refused_count;
    char *watched[BOUNDS_WATCHED_MAX]; /* cases whose state may not grow any more */
    int watched_count;
};
void bounds_free(struct bounds *bounds);

/* Asks for the limits of every topic that the worker reads or writes. OUTCOME_STOP: a topic takes
 * less than the worker needs, err has the remedy. */
enum outcome bounds_ask(struct engine *engine, struct err *err) MUST_CHECK;

/* An upper bound of what it takes on the wire, alone in a batch and uncompressed: what a topic's
 * max.message.bytes is compared with. */
int64_t bounds_size(const struct kafka_message *message);
/* Whether a message of that size may be sent to the topic. */
bool bounds_fit(const struct engine *engine, enum topic topic, int64_t size);
/* The largest size that may: of a state only three quarters, so that there is always room for what
 * a deadline does. */
int64_t bounds_of(const struct engine *engine, enum topic topic);
int64_t bounds_of_state(const struct engine *engine);

/* Rejects an input from now on, until its offset is committed. */
void bounds_refuse(struct engine *engine, const struct raw *raw, bool copied, const char *reason,
                   const char *fmt, ...) PRINTF(5, 6);
/* NULL: none. */
const struct bounds_refused *bounds_refused(const struct engine *engine, const struct raw *raw);
/* event_read(), which fails for what is refused. */
int bounds_read_event(struct engine *engine, const struct raw *raw, struct arena *arena,
                      struct event *ev_out, struct rejection *rejection) MUST_CHECK;
/* What is committed need not be remembered. */
void bounds_settled(struct engine *engine, const struct place *places, int count);

/* Watches the state of a case: an event that would let it grow is rejected. */
void bounds_watch(struct engine *engine, const char *id);
bool bounds_watched(const struct engine *engine, const char *id);

/* Learns from what the broker refused of a batch; true when it refused something. The producer is
 * to be made anew. */
bool bounds_learn(struct engine *engine, const struct batch *batch);
/* The same of a batch that went through. True: the producer is to be made anew. */
bool bounds_passed(struct engine *engine);

#endif
