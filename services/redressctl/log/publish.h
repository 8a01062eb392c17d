/* publish: which topic and key a structured CloudEvent belongs to. Pure. */
#ifndef REDRESS_PUBLISH_H
#define REDRESS_PUBLISH_H

#include "decision/event.h"

/* A line of the input. Checked is what is needed to route it: a JSON map with id, source, type,
 * time and data; the rest is for intake to judge, which says why it refuses. */
struct publish_record {
    enum topic topic;
    const char *key; /* in the arena */
};
/* 0, or -1 with what is wrong. */
int publish_route(const char *line, size_t len, struct arena *arena, struct publish_record *out,
                  struct err *err) MUST_CHECK;

#endif
