/* effects: what a decision wants done. Pure: it only collects. */
#ifndef REDRESS_EFFECTS_H
#define REDRESS_EFFECTS_H

#include "data/fields.h"
#include "decision/claims.h"
#include "decision/event.h"

struct output {
    enum topic topic;
    const char *key;         /* the route; NULL: none */
    const char *id;          /* ce_id, deterministic */
    const char *source;      /* ce_source; NULL: "/redress/<worker>", filled in by the runtime */
    const char *type;        /* ce_type */
    const char *subject;     /* ce_subject: the case id */
    const char *traceparent; /* NULL: that of the causing event */
    int64_t time_ms;
    int64_t sequence; /* EVENT_NO_SEQUENCE: none */
    const char *data; /* JSON */
    size_t data_len;
};

struct effects {
    struct arena *arena;
    struct output *at;
    int count;
    bool forget;    /* keyed: the state goes (tombstone) */
    bool unchanged; /* keyed: this event does not concern the state; nothing is written */
    int *releases;  /* answers that are given back after the commit */
    int release_count;
    struct rejection rejection; /* when the decision returned REJECT */
};

void effects_init(struct effects *out, struct arena *arena);

/* Adds an event to the case log. key and subject come from case_id; time_ms is the fact's time.
 * `id` must depend on the cause only. */
struct output *effects_emit(struct effects *out, const char *type, const char *case_id,
                            const char *id, int64_t time_ms, const struct table *table,
                            const void *data);
/* The same to any topic, with any key. */
struct output *effects_send(struct effects *out, enum topic topic, const char *key,
                            const char *type, const char *id, int64_t time_ms,
                            const struct table *table, const void *data);
/* Sets the rejection and returns REJECT. */
enum result effects_reject(struct effects *out, const char *reason, const char *fmt, ...)
    PRINTF(3, 4);
/* Reads an event's data as a struct of the record. DONE, or REJECT with the first thing that is
 * wrong. */
enum result effects_decode(struct effects *out, const struct event *ev, const struct table *table,
                           void *data_out);
/* Gives claim `index` back after the commit. */
void effects_release(struct effects *out, int index);

#endif
