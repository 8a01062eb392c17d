/* drill_parts: what the parts of a drill share. */
#ifndef REDRESS_DRILL_PARTS_H
#define REDRESS_DRILL_PARTS_H

#include "decision/rehearse.h"
#include "redressctl/drill/drill.h"

struct drill {
    const char *path;
    int64_t line; /* of the file */
    struct arena *arena;
    struct rehearse *rehearse;
    struct drill_result *result;
    int64_t events;
    bool logged;     /* the file holds records of the case log */
    int64_t offered; /* what the costliest option of the policy's latest offer costs; -1: none */
    int faults;      /* told */
};

/* "redressctl drill: FILE:LINE: ..." on stderr. */
void drill_fault(struct drill *drill, const char *fmt, ...) PRINTF(2, 3);

/* drill_read.c: plays the file's lines. Faults are told and counted. */
void drill_read(struct drill *drill);
/* drill_hear.c: what the workers make of it. */
rehearse_listener drill_listen;
/* The case has its id. A drill has one case. */
void drill_hear_opened(struct drill *drill, const char *case_id);
/* A person of the house decides: before it is published. */
void drill_hear_decision(struct drill *drill, const struct event *ev);
/* What is left to be said once all has been played. */
void drill_conclude(struct drill *drill);

#endif
