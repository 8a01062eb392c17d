/* sender: messages on their way, by libcurl. Certificates are verified, redirects are not followed,
 * proxies of the environment are not used, and addresses are looked at when they are connected to,
 * so that no name leads to a private one. */
#ifndef REDRESS_SENDER_H
#define REDRESS_SENDER_H

#include "gateway/gateway_policy.h"
#include "gateway/lane.h"

struct sender;
/* A lane's receiver, with its secrets read. */
struct sender_target;

struct sender *sender_new(const struct gateway_policy *policy);
void sender_free(struct sender *sender); /* NULL is allowed */

/* Which private addresses are spoken to from here on. */
void sender_follow(struct sender *sender, const struct gateway_policy *policy);

/* NULL: err names the file and what is wrong with it. */
struct sender_target *sender_target_new(const struct gateway_lane *lane, struct arena *arena,
                                        struct err *err);

struct sender_result {
    struct lane_item *item;
    void *context;
    enum lane_outcome outcome;
    int64_t after_ms; /* how long the receiver wants to be left alone; 0: it did not say */
    bool accepted;    /* taken (202), but not carried out yet: somebody else will report it */
    char reason[128];
    char reference[128]; /* `reference` of a JSON answer */
};

/* The item and what it points to stay until its result was taken, or sender_forget(). */
void sender_start(struct sender *sender, const struct sender_target *target, struct lane_item *item,
                  void *context, int64_t now_ms);
/* Waits for up to timeout_ms, or until something ends. */
void sender_wait(struct sender *sender, int timeout_ms);
bool sender_take(struct sender *sender, struct sender_result *out);
/* Breaks off everything of a context; whether it was taken by its receiver is not known. */
void sender_forget(struct sender *sender, const void *context);

#endif
