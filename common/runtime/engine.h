/* engine: what the map and the keyed loop share: the handles, one transaction, rejections, claims,
 * policies, and what is told about them. One process, one thread; librdkafka and the HTTP server
 * have threads of their own. */
#ifndef REDRESS_ENGINE_H
#define REDRESS_ENGINE_H

#include "base/log.h"
#include "base/metrics.h"
#include "decision/spec.h"
#include "outside/kafka.h"
#include "outside/redis.h"
#include "outside/spans.h"
#include "runtime/bounds.h"
#include "runtime/claim_store.h"
#include "runtime/clocks.h"
#include "runtime/policy_store.h"

enum {
    ENGINE_ASK_MS = 1000, /* one question to the broker; a few ms when it is there */
    ENGINE_IDLE_MS = 100, /* longest sleep: signals and health are looked at ten times a second */
    ENGINE_PLACES_MAX = 4096, /* input partitions, of all topics together */
    ENGINE_FENCED_MAX = 5,    /* fenced that often in a row: two processes under one name */
    ENGINE_FENCED_MS = 60000, /* in a row: not longer than this after the last time */
    ENGINE_ROUNDS_MAX = 20 /* rounds of claims of one decision; mostly one, joins have some more */
};

struct engine {
    const struct worker_spec *spec;
    const struct config *config;
    const char *instance; /* REDRESS_INSTANCE, or a name made for this run: then the group's
                             membership is not static */
    struct kafka kafka;
    struct kafka_consumer *consumer;
    struct kafka_hooks hooks; /* the consumer's */
    bool fenced_off; /* its membership or its producer is fenced: both are given up, and made anew
                        later */
    int fenced;      /* times in a row */
    int64_t fenced_at_ms, rejoin_at_ms; /* (boot time) */
    struct kafka_producer *producer;    /* NULL: to be made anew */
    struct kafka_asker *asker;
    struct redis *redis;        /* NULL: this worker needs none */
    struct claim_store *claims; /* NULL: the spec asks for none */
    struct policies policies;   /* what the store has */
    struct policy_store *store;
    struct policy_log policy_log;
    struct permissions *permissions; /* permissions_try.h */
    struct spans *spans;             /* NULL: no collector of traces is given */
    int64_t committed_ms;            /* the last time, or the start (boot time) */
    struct settings settings;
    int partitions;          /* of the case log, counted before anything starts */
    int counts[TOPIC_COUNT]; /* of every topic that is written with a key, likewise (watch.h) */
    int64_t watch_at_ms;
    int unread; /* times in a row that an input partition was nobody's */
    struct bounds bounds;
    struct clocks clocks;
    struct place *begun; /* input partitions known to be marked (begun.h) */
    int begun_count;
    void (*reload)(struct engine *engine); /* at SIGHUP */
    struct arena *arena;                   /* the batch's */
    bool need_restore; /* claims are to be restored before anything is decided */
    struct err damage; /* where the last damaged batch was met, and how it is */
    int exit_status;   /* set with `stopping` */
    bool stopping;
    int64_t pause_ms, pause_until_ms; /* growing pause after trouble (boot time) */
    int64_t waits_since_ms;           /* when the first of these pauses began */
    const char *waits_for;            /* in the words of the last of them */
    struct {
        struct metric *events, *rejected, *batch, *commit, *aborts, *rebuilt, *heals, *heal, *late,
            *lag, *partition_lag, *held, *ready, *retries, *clock_behind;
    } metrics;
};

/* Registers the metrics. */
void engine_metrics(struct engine *engine);

/* The signals, seen by both loops: SIGTERM and SIGINT, SIGHUP. */
void engine_signals(unsigned drain_s); /* how long after SIGTERM the process ends at the latest */
bool engine_stop_asked(void);
bool engine_reload_asked(void); /* once per SIGHUP */
/* Reads again what a signal, or a broker that refuses us, gives reason to. Each turn. */
void engine_read_again(struct engine *engine);

/* Stops the process with a status and an error line. */
void engine_stop(struct engine *engine, int status, const char *message, const char *detail);

/* The same for a batch whose copy at the broker is damaged (KAFKA_DAMAGED). */
void engine_damaged(struct engine *engine, const char *detail);

/* Waits before trying again, longer each time; engine_calm() after a success. */
void engine_pause(struct engine *engine, const char *message, const char *detail);
bool engine_paused(const struct engine *engine);
void engine_calm(struct engine *engine);
/* How many records of an input partition are not decided yet; 0 when it is another's now. */
void engine_lag(struct engine *engine, enum topic topic, int partition, int64_t records);
/* Observes how long a batch took since then (boot time), and says so where that was long. */
void engine_batch_done(struct engine *engine, int64_t began_us, int records);

/* Waits or stops as an outcome says: OUTCOME_STOP ends the process with EXIT_CANNOT_GO_ON,
 * everything else that is not done pauses. What is stale or broken is mended by the caller. Returns
 * whether it is done. */
struct engine_words {
    const char *wait, *stop; /* what is said then, before the detail */
};
bool engine_takes(struct engine *engine, enum outcome outcome, const struct engine_words *words,
                  const char *detail);

/* A transactional producer that is ready, making a new one where needed. False: not yet. */
bool engine_producer(struct engine *engine);

/* One transaction. */
struct batch {
    struct arena *arena;
    struct kafka_message *messages;
    struct kafka_delivery *deliveries; /* one for each message */
    const struct raw **causes; /* the input that each message comes from; NULL: a deadline */
    const struct raw *cause;   /* of those that are being added */
    int count, size;
    bool again; /* something in it is larger than Kafka takes: it is not sent, but decided again
                   without its cause */
    struct place *places; /* own next offsets, of every partition touched */
    int place_count;
    struct claim *made,
        *released; /* claims to be recorded, and to be given back after the commit */
    int released_count;
    struct span *spans; /* told after the commit */
    int span_count;
    int64_t began_ms;
};
void batch_init(struct batch *batch, struct arena *arena);
/* Returns the message's index. The struct and what it points to live as long as the arena. */
int batch_add(struct batch *batch, const struct kafka_message *message);
/* What a decision came to: outputs, rejection, claims made and given back. */
void batch_add_effects(struct engine *engine, struct batch *batch, const struct event *ev,
                       const struct raw *raw, enum result result, const struct effects *effects,
                       const struct claims *claims, const struct answer *answers);

/* Tells the collector of traces what was committed. */
void batch_tell_spans(const struct engine *engine, struct batch *batch);

/* A case's changelog record: `grows` when it is larger than the one before, and cause says through
 * which event. */
int batch_add_state(struct engine *engine, struct batch *batch, const struct kafka_message *message,
                    const struct raw *cause, bool grows);

/* KAFKA_DONE: committed. Otherwise nothing of it counts (or it is not known): rewind, re-read
 * offsets, heal; the engine has paused and dropped the producer where it must. */
enum kafka_outcome engine_commit(struct engine *engine, struct batch *batch);
/* Whether it is so long ago that something was committed that it is not known any more whether it
 * still may be: a fourth of REDRESS_UNPROVEN_FOR. */
bool engine_unproven(const struct engine *engine);

/* Makes the claims of many decisions in one pipeline. */
struct asking {
    struct decision in; /* answers and answer_count are kept here */
    const void *state;
    struct claims claims;
    struct answer *answers;
    int answered;
    bool settled; /* asked, and it added no claim: it is not asked again */
};
/* Asks each until it adds no claim. OUTCOME_DONE, or the batch is to be decided again later (the
 * engine has paused).
 */
enum outcome engine_ask(struct engine *engine, struct asking *askings, int count);

/* Restores claims for a while; true when there is nothing (more) to restore. */
bool engine_restored(struct engine *engine);

/* Becomes a member of the group of what the worker reads; stops the engine when that cannot be. */
void engine_join(struct engine *engine, const struct kafka_hooks *hooks);

/* Polls, and treats what is the same in both loops. KAFKA_DAMAGED: engine->damage says where and
 * what. While something is fetched the loop polls nothing more, commits what it has read before,
 * and calls engine_damaged(). */
enum kafka_got engine_poll(struct engine *engine, int timeout_ms, struct kafka_record **record_out,
                           struct place *place_out);

/* Whether the worker decides on records of this type; where it cannot be seen, it does. */
bool engine_wants(const struct engine *engine, const struct raw *raw);

#endif
