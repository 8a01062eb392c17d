/* tail: one topic followed from its beginning, read_committed, as any consumer sees it: every event
 * with the moment at which it could be read. */
#ifndef REDRESS_HARNESS_TAIL_H
#define REDRESS_HARNESS_TAIL_H

#include "world.h"

struct tail_event {
    struct event ev;  /* ev.raw is NULL */
    const char *data; /* the value as it came, with a NUL */
    const char *key;
    int partition;
    int64_t offset;
    int64_t stamp_ms; /* its time in Kafka: the clock of the worker that wrote it */
    int64_t seen_ms;  /* the wall clock when it was read */
};

struct tail;
struct tail *tail_open(struct world *world, enum topic topic);
void tail_close(struct tail *tail); /* and all its events */

/* Reads what comes within `wait_ms`, returning as soon as there is something; true if there was. */
bool tail_poll(struct tail *tail, int wait_ms);
/* Reads up to the topic's end as of now. */
void tail_catch_up(struct tail *tail);

/* The offset behind the last record read from a partition; 0: none. What is beyond it when the tail
 * has caught up is transaction markers only, which workers need not commit. */
int64_t tail_next_offset(const struct tail *tail, int partition);
int tail_partitions(const struct tail *tail);
int tail_read(const struct tail *tail); /* how many events so far */

/* What has been read, in the order of reading; NULL beyond the end. */
const struct tail_event *tail_at(const struct tail *tail, int index);

/* The nth (from 1) event of a type about a subject (NULL: any), waited for; the test fails at the
 * limit. */
const struct tail_event *tail_wait(struct tail *tail, const char *type, const char *subject,
                                   int nth, int limit_ms);
/* The same among those read so far; NULL: not there. */
const struct tail_event *tail_find(const struct tail *tail, const char *type, const char *subject,
                                   int nth);
int tail_count(const struct tail *tail, const char *type, const char *subject);

#endif
