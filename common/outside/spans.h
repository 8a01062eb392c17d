/* spans: what a worker did with each event, for a collector of traces: OTLP/HTTP in JSON, as of
 * opentelemetry-proto 1.3 (https://opentelemetry.io/docs/specs/otlp/, JSON Protobuf Encoding).
 * Nothing waits for the collector: what it does not take in time is dropped, and counted. Spans
 * name events, topics and cases; nothing that a customer wrote or is called by is in them. */
#ifndef REDRESS_SPANS_H
#define REDRESS_SPANS_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

/* One event's way through one worker. Texts are copied. */
struct span {
    const char *traceparent; /* W3C Trace Context of the event: the span's parent */
    const char *name;        /* "decide case.opened" */
    const char *topic;       /* its whole name; NULL: a deadline, which comes from nowhere */
    const char *subject;     /* the case; NULL: none */
    int partition;
    int64_t offset;
    int64_t began_ms, ended_ms; /* since the epoch */
    int outputs;                /* events that it led to */
};

struct spans;

/* url: the collector's base, "http://collector:4318"; spans go to url/v1/traces. service:
 * "redress-sla". Starts a thread. */
struct spans *spans_new(const char *url, const char *service, const char *instance);
/* Sends what is left, for a second at most. NULL is allowed. */
void spans_free(struct spans *spans);

/* Whether a trace is recorded: who began it says so in the flags. False for NULL. */
bool spans_sampled(const char *traceparent);

/* Never waits. Spans of traces that are not recorded are left out. */
void spans_add(struct spans *spans, const struct span *span);

/* One span as it is sent, under this id (16 hexadecimal digits). */
void spans_write(const struct span *span, const char *id, struct buf *out);

/* NULL, or what is wrong with a collector's URL. */
const char *spans_url_fault(const char *url);

#endif
