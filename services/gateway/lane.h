/* lane: what a gateway does with the messages of one lane (some channels, or settlements): which is
 * sent next, when one is tried again, when the lane as a whole rests, and how far the group's
 * offset may go. Pure: time is given, nothing is sent here.
 *
 * Each message goes out at least once, always under the same id. Messages of one key (a case's
 * route) go out one after the other, in their order; those of other keys pass them. */
#ifndef REDRESS_LANE_H
#define REDRESS_LANE_H

#include "outside/kafka.h"
#include <stdbool.h>

/* How a lane works. Times in ms. */
struct lane_rules {
    int concurrency;          /* on their way at once */
    int rate;                 /* begun in a second at most; 0: as many as there are */
    int64_t retry_first_ms;   /* after the first failure; doubled each time, */
    int64_t retry_longest_ms; /* up to this */
    int64_t give_up_ms;    /* a message that is still refused so long after its first try failed */
    int breaker;           /* so many failures in a row: the lane rests, then tries one */
    int64_t rest_first_ms; /* doubled while the one fails, */
    int64_t rest_longest_ms; /* up to this */
};

/* What came of a try. */
enum lane_outcome {
    LANE_DONE,    /* taken */
    LANE_REFUSED, /* this message will never be taken: the receiver's fault is none */
    LANE_BUSY,    /* later, says the receiver: it is there */
    LANE_TROUBLE  /* no answer, or one that says that the receiver is ill; perhaps it was taken */
};

struct lane_item {
    const char *id;                            /* notification_id, settlement_id */
    const char *case_id;                       /* NULL: not known, or there is none: then */
    const char *order_id, *cohort_id, *tenant; /* these, of an order without a case */
    const char *key;                           /* of the record */
    const char *type;                          /* delivery.requested, settlement.ordered */
    const char *data;                          /* the record's data, JSON */
    const char *channel, *to, *subject, *body; /* of a delivery; NULL: none */
    struct place place;
    int64_t not_before_ms;
    size_t bytes; /* of its memory */
    void *memory; /* all of the above, and the item; free() gives it back */
    /* The lane's own. */
    int64_t next_ms, first_failed_ms;
    int tries;
    bool on_its_way, finished;
    bool probe;     /* sent to see whether the receiver is well again */
    bool delivered; /* of a finished one */
    bool telling;   /* chosen for the transaction that comes next */
    bool reported;
    char reason[128];         /* why it failed; "" */
    char reference[128];      /* of a settlement, as the receiver gave it; "" */
    bool accepted;            /* taken, and somebody else will report on it */
    struct lane_item *behind; /* waits for this one, of the same key; NULL: for none */
    struct lane_item *next;   /* in the order in which they were taken */
};

struct lane {
    struct lane_rules rules;
    struct lane_item *first, *last;
    int count, on_their_way;
    size_t bytes;
    int failures;    /* in a row */
    int64_t rest_ms; /* how long the lane rested last; 0: it does not */
    int64_t rest_until_ms;
    bool probing;     /* a probe is on its way */
    int64_t begin_ms; /* the earliest time for the next: by the rate, or as the receiver said */
};

/* Takes an item: the lane owns it until lane_drop() or lane_forget() frees it. */
void lane_add(struct lane *lane, struct lane_item *item);
/* The one to be sent now, marked as on its way; NULL: none, and *wake_ms_out is when there may be
 * one (INT64_MAX: when something comes or ends). */
struct lane_item *lane_next(struct lane *lane, int64_t now_ms, int64_t *wake_ms_out);
/* What came of one that was on its way. after_ms: how long the receiver wants to be left alone; 0:
 * it did not say. */
void lane_result(struct lane *lane, struct lane_item *item, enum lane_outcome outcome,
                 const char *reason, int64_t after_ms, int64_t now_ms);
/* Chooses which finished ones the next transaction tells of: the first `max` that none has told of
 * and that nobody else will report on. Returns how many. */
int lane_choose(struct lane *lane, int max);
/* That transaction has been committed. */
void lane_told(struct lane *lane);
/* The offset up to which everything of a partition is finished, and told of or chosen to be: that
 * of the first which is not, or `next` when all are. */
int64_t lane_finished_to(const struct lane *lane, int partition, int64_t next);
/* Takes out and frees the finished ones of a partition below `offset`. */
void lane_drop(struct lane *lane, int partition, int64_t offset);
/* All of them, whatever they are doing. */
void lane_forget(struct lane *lane);

#endif
