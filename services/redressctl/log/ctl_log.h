/* ctl_log: the case log from its beginning to its end, read_committed, leaving no trace: no group,
 * no offsets. */
#ifndef REDRESS_CTL_LOG_H
#define REDRESS_CTL_LOG_H

#include "decision/event.h"
#include "redressctl/ctl.h"

struct ctl_log_reading {
    bool (*wants)(const char *type); /* others are not decoded */
    /* Each event wanted, those of a partition in order. Event and raw record are gone afterwards;
     * -1 with err ends the reading. */
    int (*each)(void *context, const struct event *ev, struct err *err);
    void *context;
};

/* After ctl_config(). Reads to where each partition ends when it is come to. 0, or
 * EXIT_CANNOT_GO_ON after having said why. */
int ctl_log_read(struct ctl *ctl, const struct ctl_log_reading *reading) MUST_CHECK;

#endif
