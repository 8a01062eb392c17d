/* event: a CloudEvents 1.0 record as it came from, or goes to, a topic. */
#ifndef REDRESS_EVENT_H
#define REDRESS_EVENT_H

#include "data/json.h"

/* The topics (deploy/docs/topics.md). Names on the wire are prefix + "." + topic_name(). */
enum topic {
    TOPIC_NONE = 0,
    TOPIC_COMPLAINTS,
    TOPIC_ACTIVITY,
    TOPIC_DECISIONS,
    TOPIC_EVENTS,
    TOPIC_DELIVERIES,
    TOPIC_SETTLEMENTS,
    TOPIC_ORDERS,
    TOPIC_POLICIES,
    TOPIC_CLAIMS,
    TOPIC_REJECTED,
    TOPIC_STATE, /* "<worker>.state" of the worker at hand */
    TOPIC_COUNT
};
const char *topic_name(enum topic topic); /* "complaints", ... */

struct header {
    const char *name;
    const char *value; /* may hold any bytes */
    size_t value_len;
};

/* A record as Kafka hands it out; bytes are borrowed. */
struct raw {
    enum topic topic;
    int partition;
    int64_t offset;
    int64_t timestamp_ms;
    int64_t appended_ms; /* the broker's time (message.timestamp.type=LogAppendTime); 0: only the
                            producer's is known */
    const char *key, *value; /* NULL: none */
    size_t key_len, value_len;
    const struct header *headers;
    int header_count;
    const char *unreadable; /* why its bytes cannot be had; NULL: they are there */
};

struct event {
    const struct raw *raw;
    const char *id, *source, *type;
    const char *subject;     /* NULL: none, or inbound one that is no name; the case id in the case
                                log */
    const char *traceparent; /* NULL: none */
    int64_t time_ms;
    int64_t sequence; /* the CloudEvents extension; INT64_MIN: none, or one that is no integer.
                         Facts are ordered by time, sequence, arrival. */
    const struct tree *data;
};
#define EVENT_NO_SEQUENCE INT64_MIN

/* Why a record cannot be accepted: redress_reason and redress_detail of deploy/contract/README.md.
 */
struct rejection {
    const char *reason; /* static text */
    char detail[256];   /* JSON path and what was expected; never a text found */
};

/* Reads a record, structured (content-type application/cloudevents+json, or a body that is one when
 * the record has no ce_ headers) or binary (ce_* headers). Checks limits, UTF-8, required
 * attributes, ids, time. Returns 0, or -1 with the rejection. The event and its data live in the
 * arena; texts of the raw record are not borrowed. */
int event_read(const struct raw *raw, struct arena *arena, struct event *ev_out,
               struct rejection *rejection) MUST_CHECK;

/* The data of a structured event, from `data` or `data_base64`; NULL: none. Limits as json_read()
 * has them. Returns 0, or -1 with the rejection. */
int event_data(const struct tree *event, const struct json_limits *limits, struct arena *arena,
               const struct tree **data_out, struct rejection *rejection) MUST_CHECK;

/* Only the type, from the ce_type header, without reading anything else; NULL when the record is
 * not in binary mode. */
const char *event_peek_type(const struct raw *raw, size_t *len_out);

#endif
