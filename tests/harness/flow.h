/* flow: complaints at a steady rate into running workers, some of them sent twice, some customers
 * who choose what they are offered, and all that becomes of them as anybody sees it who reads the
 * case log: what there is of each complaint, when each worker wrote, how far it was behind. Two
 * threads of its own beside the test's. */
#ifndef REDRESS_HARNESS_FLOW_H
#define REDRESS_HARNESS_FLOW_H

#include "pipeline.h"

enum {
    FLOW_MAX = 400000,  /* complaints */
    FLOW_AGAIN = 50,    /* each so-manieth is sent a second time, a second later */
    FLOW_CHOOSES = 5,   /* and of each so-manieth the customer chooses */
    FLOW_BUCKET_MS = 10 /* in such steps it is known when a worker wrote */
};

/* What is counted of each complaint. Each is written by another worker, but for the last ones. */
enum flow_kind {
    FLOW_OPENED,     /* intake */
    FLOW_CLASSIFIED, /* classification */
    FLOW_STARTED,    /* sla */
    FLOW_PROPOSED,   /* compensation */
    FLOW_REQUESTED,  /* notification: the first message about the case */
    FLOW_APPROVED,
    FLOW_CHOSEN,
    FLOW_KINDS
};

/* What the case log says when all is read. */
struct flow_sums {
    int sent, sent_twice, chosen; /* by whom complains */
    int lost, doubled;            /* complaints without each of the first kinds; with one twice */
    int events_doubled;           /* of the case log: source and id come a second time */
    int64_t events;
    int64_t
        approved_minor; /* what policy gives: of who chose that, of others the costliest option */
    int late;           /* how many complaints the publisher was behind its rate at most */
};

struct flow;
/* Complaints come from now on, `rate` in a second. */
struct flow *flow_begin(struct pipeline *pipeline, int rate);
/* The last complaint is sent, and all are acknowledged; returns when nothing comes any more of
 * them. */
void flow_end(struct flow *flow, int limit_ms);
struct flow_sums flow_sums(struct flow *flow);
/* Fails the test unless no complaint is without its case, its class, its deadlines, its offer and a
 * message, nothing is there twice of any, settlements and messages come once each, and views are
 * the folds of their changelogs. */
struct flow_sums flow_check(struct flow *flow);
void flow_free(struct flow *flow);

int flow_sent(const struct flow *flow);
/* Complaints of which there is one of a kind by now. */
int flow_total(const struct flow *flow, enum flow_kind kind);
/* Complaints that have been sent, and have no deadlines yet. */
int flow_behind(const struct flow *flow);
int64_t flow_now_ms(const struct flow *flow); /* since it began */

/* The longest time in [from, to) in which nothing of a kind was written. */
int flow_longest_ms(const struct flow *flow, enum flow_kind kind, int64_t from_ms, int64_t to_ms);
/* How many complaints were at most without deadlines in that time, ... */
int flow_most_behind(const struct flow *flow, int64_t from_ms, int64_t to_ms);
/* ... and after how long no more than `few` were, for good; -1: not in it. */
int flow_caught_up_ms(const struct flow *flow, int64_t from_ms, int64_t to_ms, int few);

#endif
