/* kafka: the only user of librdkafka (kafka.c, kafka_consumer.c, kafka_producer.c, kafka_ask.c,
 * kafka_admin.c). Traps and versions that shaped it: a delivery callback and a small back-off make
 * a transaction 17 times faster; offsets go first; the batch consume API and cooperative assignors
 * of 2.0.2 are not used; auto.offset.reset is `error`, so that a position is never guessed. */
#ifndef REDRESS_KAFKA_H
#define REDRESS_KAFKA_H

#include "decision/effects.h"
#include "outside/config.h"

enum { KAFKA_NAME_MAX = 250 }; /* Kafka allows 249 characters in a topic's name */

/* What goes through a handle at most, in bytes. 0: as preset (kafka.c). An operator's own property
 * wins, but for one_by_one. */
struct kafka_sizes {
    int64_t receive; /* receive.message.max.bytes: one answer of the broker, and what a batch may
                        unpack to */
    int64_t record;  /* message.max.bytes: one record, before compression */
    int64_t batch;   /* batch.size: a batch of several records, which a topic's max.message.bytes is
                        held against */
    bool one_by_one; /* each record is a batch of its own: then a refusal names its record */
};

/* Settings of a process, checked: the properties known to librdkafka, and none that the protocol
 * depends on. */
struct kafka {
    const struct config *config;
    const char *worker; /* NULL for tools: no TOPIC_STATE then */
    struct kafka_sizes sizes;
};
int kafka_check(const struct config *config, struct buf *errors) MUST_CHECK;
/* "redress.complaints"; TOPIC_STATE: "redress.<worker>.state". Returns name_out. */
char *kafka_topic(const struct kafka *kafka, enum topic topic, char name_out[KAFKA_NAME_MAX]);
/* The topic of a name under this prefix, or TOPIC_NONE. */
enum topic kafka_topic_of(const struct kafka *kafka, const char *name);
const char *kafka_library_version(void);

enum {
    KAFKA_METADATA_MAX = 1100
}; /* brokers allow 4 096 bytes by default (offset.metadata.max.bytes) */

/* A position in a topic: the next offset to read. */
struct place {
    enum topic topic;
    int partition;
    int64_t offset;                    /* KAFKA_NO_OFFSET: none */
    char metadata[KAFKA_METADATA_MAX]; /* of a committed offset: the changelog's log id, or what
                                          waits (map_inputs.h) */
};
enum { KAFKA_NO_OFFSET = -1001 };

/* ---- Reading ---- */

struct kafka_consumer;
struct kafka_record; /* one message, owned by whoever polled it */

/* Called from within kafka_poll(), on the worker's thread. */
struct kafka_hooks {
    void *context;
    void (*assigned)(void *context, const struct place *places, int count);
    void (*revoked)(void *context, bool lost); /* all of them: drop everything in hand */
};

/* A member of group <prefix>-<worker> of `topics` (TOPIC_NONE-terminated). Nothing is fetched
 * before kafka_fetch_from(). */
struct kafka_consumer *kafka_consumer_new(const struct kafka *kafka, const enum topic *topics,
                                          const struct kafka_hooks *hooks, struct err *err);
/* A reader outside any group; read_committed or not. */
struct kafka_consumer *kafka_reader_new(const struct kafka *kafka, bool committed, struct err *err);
/* Asks the group to divide its partitions anew. */
int kafka_subscribe_again(struct kafka_consumer *consumer, const enum topic *topics,
                          struct err *err) MUST_CHECK;
void kafka_consumer_free(struct kafka_consumer *consumer); /* leaves the group; NULL is allowed */

/* Sets what is fetched, and from where: the whole set, replacing the one before. Records of an
 * earlier set are never handed out after, and nothing of the new one is paused. */
int kafka_fetch_from(struct kafka_consumer *consumer, const struct place *places, int count,
                     struct err *err) MUST_CHECK;
/* Stops and restarts fetching of some of what is fetched without losing the place. */
int kafka_pause(struct kafka_consumer *consumer, const struct place *places, int count, bool pause,
                struct err *err) MUST_CHECK;

enum kafka_got {
    KAFKA_NOTHING,
    KAFKA_RECORD, /* *record_out is set */
    KAFKA_END, /* *place_out: everything before its offset has been handed out, and nothing visible
                  is beyond */
    KAFKA_TROUBLE, /* err says what; it goes on by itself */
    KAFKA_LOST,    /* err: this handle cannot go on (offset out of range, ...): make a new one */
    KAFKA_DAMAGED, /* err: the broker's copy is damaged. What the handle hands out after this is not
                      to be believed */
    KAFKA_DOUBLE   /* another process uses the same REDRESS_INSTANCE */
};
enum kafka_got kafka_poll(struct kafka_consumer *consumer, int timeout_ms,
                          struct kafka_record **record_out, struct place *place_out,
                          struct err *err);
void kafka_record_free(struct kafka_record *record);
/* Headers are listed in the arena, bytes are borrowed from the record. A group's member also gets,
 * as a record with nothing but its place and raw.unreadable, each one of a batch that cannot be
 * unpacked: what is behind it follows. */
void kafka_record_raw(const struct kafka *kafka, const struct kafka_record *record,
                      struct arena *arena, struct raw *raw_out);

/* The group metadata of the assignment under which records are read; taken in the assignment
 * callback, never fetched later. */
struct kafka_membership;
struct kafka_membership *
kafka_membership(struct kafka_consumer *consumer); /* borrowed; NULL: nothing assigned */

/* Committed offsets and metadata of this group; a place without one gets KAFKA_NO_OFFSET.
 * OUTCOME_WAIT: not (yet) stable, or not in time. */
enum outcome kafka_committed(struct kafka_consumer *consumer, struct place *places, int count,
                             int timeout_ms, struct err *err) MUST_CHECK;

/* ---- Writing ---- */

struct kafka_producer;
/* What a transactional call came to. */
enum kafka_outcome {
    KAFKA_DONE,
    KAFKA_LATER,   /* not yet: ask again (kafka_producer_ready only) */
    KAFKA_ABORT,   /* kafka_abort(), rewind, try again */
    KAFKA_REBUILD, /* the outcome is unknown or the handle is dead: free it, make a new one, re-read
                      committed offsets, heal */
    KAFKA_FENCED   /* the same, and a rival has our transactional id */
};

/* transactional_id NULL: an idempotent producer without transactions, for tools. */
struct kafka_producer *kafka_producer_new(const struct kafka *kafka, const char *transactional_id,
                                          struct err *err);
void kafka_producer_free(struct kafka_producer *producer);
/* init_transactions and metadata of `topics`, in turns of timeout_ms: KAFKA_DONE once, then always.
 */
enum kafka_outcome kafka_producer_ready(struct kafka_producer *producer, const enum topic *topics,
                                        int timeout_ms, struct err *err);

enum kafka_outcome kafka_begin(struct kafka_producer *producer, struct err *err);
enum kafka_outcome kafka_send_offsets(struct kafka_producer *producer, const struct place *places,
                                      int count, struct kafka_membership *membership,
                                      struct err *err);

/* Why a record will never be taken as it is; of a batch of several, all of them get it. */
enum kafka_refusal {
    KAFKA_NOT_REFUSED,
    KAFKA_TOO_LARGE, /* than the producer's own limit, or the topic's */
    KAFKA_NOT_VALID  /* by the topic's rules: no key where it is compacted, a schema, ... */
};
/* Where a record went. Must live until kafka_commit(), kafka_abort() or kafka_producer_free(). */
struct kafka_delivery {
    int64_t offset; /* -1 until known; KAFKA_NO_OFFSET: failed */
    enum kafka_refusal refusal;
};
struct kafka_message {
    enum topic topic;
    const char *topic_name;  /* instead of topic, for tools; NULL */
    int partition;           /* -1: by key (murmur2, as the Java client) */
    const char *key, *value; /* NULL: none; copied */
    size_t key_len, value_len;
    const struct header *headers;
    int header_count;
    int64_t timestamp_ms;            /* of a copy: that of what it was; 0: now */
    struct kafka_delivery *delivery; /* NULL: not asked */
};
/* Waits while the queue is full. */
enum kafka_outcome kafka_produce(struct kafka_producer *producer,
                                 const struct kafka_message *message, struct err *err);
/* Waits until everything is acknowledged. */
enum kafka_outcome kafka_flush(struct kafka_producer *producer, int timeout_ms, struct err *err);
/* KAFKA_DONE only when committed for certain: an EndTxn that was sent twice counts as unknown
 * (common/README.md, The hard cases). */
enum kafka_outcome kafka_commit(struct kafka_producer *producer, struct err *err);
enum kafka_outcome kafka_abort(struct kafka_producer *producer, struct err *err);

/* ---- Asking ---- */

/* A handle that does not fetch: true ends, group offsets, partition counts, topic settings. Calls
 * block up to timeout_ms. */
struct kafka_asker;
struct kafka_asker *kafka_asker_new(const struct kafka *kafka, struct err *err);
void kafka_asker_free(struct kafka_asker *asker);
/* The true end (high watermark, read_uncommitted) of each place into its offset. */
int kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
               struct err *err) MUST_CHECK;
/* Where each partition's stable part ends: nothing at or behind this can be read before a
 * transaction ends that is open there. The true end where none is. */
int kafka_stable_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                      struct err *err) MUST_CHECK;
/* The first offset still there. */
int kafka_starts(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                 struct err *err) MUST_CHECK;
/* The first offset that was written at `time_ms` or later (the record's timestamp); where there is
 * none, the true end. */
int kafka_since(struct kafka_asker *asker, int64_t time_ms, struct place *places, int count,
                int timeout_ms, struct err *err) MUST_CHECK;
/* Committed offsets and metadata of group <prefix>-<worker>; KAFKA_NO_OFFSET where there is none.
 */
int kafka_group_offsets(struct kafka_asker *asker, const char *worker, struct place *places,
                        int count, int timeout_ms, struct err *err) MUST_CHECK;
/* Commits them, with their metadata, for that group, which must have no member. 0; 1 while it has;
 * -1. */
int kafka_group_set(struct kafka_asker *asker, const char *worker, const struct place *places,
                    int count, int timeout_ms, struct err *err) MUST_CHECK;
/* Partition count of a topic; 0: no such topic; -1: error. */
int kafka_partitions(struct kafka_asker *asker, enum topic topic, int timeout_ms,
                     struct err *err) MUST_CHECK;
/* The largest batch that a topic takes (max.message.bytes). 0; 1 when it may not be asked or is not
 * said; -1 on an error. */
int kafka_topic_limit(struct kafka_asker *asker, enum topic topic, int timeout_ms,
                      int64_t *limit_out, struct err *err) MUST_CHECK;
/* A topic's setting ("cleanup.policy") into value_out. */
int kafka_topic_setting(struct kafka_asker *asker, enum topic topic, const char *setting,
                        int timeout_ms, char *value_out, size_t size, struct err *err) MUST_CHECK;

#endif
