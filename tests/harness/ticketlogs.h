/* ticketlogs: the ticket logs of ../shared/data as inbound events, exactly as ../shared/data/README.md says.
 */
#ifndef REDRESS_TICKETLOGS_H
#define REDRESS_TICKETLOGS_H

#include "decision/event.h"

enum ticketlog { TICKETLOG_UCI, TICKETLOG_HELPDESK, TICKETLOG_RABOBANK };

struct ticket_event {
    enum topic topic; /* TOPIC_COMPLAINTS or TOPIC_ACTIVITY */
    const char *type, *id, *source;
    int64_t time_ms, sequence;
    int64_t order_ms; /* its place among all: not before an earlier row of its case, even where the
                         clock ran backwards */
    const char *key;  /* Kafka's: the case's route */
    const char *case_id;
    const char *data; /* JSON */
};

struct ticketlog_events {
    struct ticket_event *at; /* by order_ms; of one time, a case's in their order */
    int count;
    int rows, cases;
};

/* "" when the data is there, else the path that is missing: such a test reports itself skipped. */
const char *ticketlogs_missing(enum ticketlog log);
void ticketlogs_read(enum ticketlog log, struct arena *arena, struct ticketlog_events *out);

/* One structured CloudEvent, as `redressctl publish` and `sla simulate` take it. */
void ticketlogs_write(const struct ticket_event *event, struct buf *out);

#endif
