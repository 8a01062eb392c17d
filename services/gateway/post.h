/* post: one lane at work: its reader, its messages in hand, and the transactions that report what
 * became of them. */
#ifndef REDRESS_POST_H
#define REDRESS_POST_H

#include "gateway/sender.h"

struct post_part {
    int partition;
    int64_t next;      /* the offset that is read next */
    int64_t committed; /* by the group; KAFKA_NO_OFFSET: nothing yet */
};

struct gateway;
struct post {
    struct gateway *gateway;
    const struct gateway_lane *policy;
    const struct sender_target *target;
    enum topic topics[2];
    struct kafka kafka;
    const char *transactional_id;
    struct lane lane;
    struct arena *turn; /* one record, or one transaction */
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
    struct post_part *parts;
    int part_count;
    bool assigned, stands;            /* stands: it is known from where each partition is read */
    bool paused;                      /* as many in hand as may be */
    int64_t report_at_ms, open_at_ms; /* (boot time) not earlier */
    struct log_gate *gate;
};

struct metric;
struct gateway {
    const struct config *config;
    const struct gateway_policy *policy;
    struct arena *arena; /* as long as the run */
    struct kafka kafka;
    struct kafka_asker *asker;
    struct sender *sender;
    struct post *posts;
    int post_count, exit_status;
    struct {
        struct metric *sent, *failed, *retried, *waiting, *resting;
    } metrics;
};

void post_init(struct post *post, struct gateway *gateway, const struct gateway_lane *policy,
               const struct sender_target *target);
/* Works by these rules and sends there from here on; the lane's name stays. */
void post_follow(struct post *post, const struct gateway_lane *policy,
                 const struct sender_target *target);
/* Whether anything was read. */
bool post_poll(struct post *post);
/* Sends what may be sent; returns when there may be more (ms since the epoch). */
int64_t post_begin(struct post *post, int64_t now_ms);
void post_result(struct post *post, const struct sender_result *result, int64_t now_ms);
/* One transaction: what became of messages, and how far the group is. At most every 100 ms, unless
 * it is the last one. True: there may be more to tell. */
bool post_report(struct post *post, bool is_last);
void post_close(struct post *post);

#endif
