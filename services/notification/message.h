/* message: from what an event told to notification.requested and delivery.requested, or to the
 * reason why nobody is told. */
#ifndef REDRESS_MESSAGE_H
#define REDRESS_MESSAGE_H

#include "message_policy.h"
#include "notification.h"

struct message_turn {
    const struct decision *in;
    struct notification_state *state;
    struct effects *out;
    const struct message_policy *policy;
    const char *case_id;
    const struct moment *moment; /* the last that was told; NULL: none was */
    struct claims *claims;       /* what is claimed is added here; NULL: it has been answered */
    int claimed;                 /* so far */
    bool alone;                  /* a preview: nobody answers, and nothing is claimed; */
    const char *similar;         /* this is what an escalated case is most like (library.h) */
    bool unanswered; /* what was asked for decides what comes next: the turn ends here, and is done
                        again with the answers */
};

/* By when a remedy that is ordered at `ms` is carried out, by the policy's `settle`; 0: it says
 * nothing of such ones. */
int64_t message_settle_by(const struct message_policy *policy, const struct remedy *remedy,
                          int64_t ms);
/* The time of the event at hand, or of the wake-up. */
int64_t message_time(const struct message_turn *turn);

/* The next claim's answer; NULL: it is only asked for. */
const struct answer *message_claim(struct message_turn *turn, const struct claim *claim);

/* Tells everybody whom the rules name for it: colleagues at once, the customer behind what waits
 * already. */
void message_tell(struct message_turn *turn, const struct moment *moment);

/* Sends what waits for the customer and may go out now. When the rest may is in
 * message_wake(). */
void message_flush(struct message_turn *turn);
/* Tries again what failed for now and whose time has come. */
void message_flush_retries(struct message_turn *turn);

/* Waits for reports on what is under way from here on. */
void message_await_reports(struct message_turn *turn);
/* What has had no report in its time has failed. At wake-ups only: they have proof that no report
 * lies unread. */
void message_flush_unreported(struct message_turn *turn);

/* Nothing that waits for the customer is said any more. Returns how much that was. */
int message_drop_customers(struct message_turn *turn, const char *reason);

/* A line of a digest that this case hosts; tells the digests whose time has come. */
void message_take_line(struct message_turn *turn, const struct collected *line);
void message_flush_lines(struct message_turn *turn);

/* When something of this state's is to be looked at again; 0: never. */
int64_t message_wake(const struct notification_state *state);

/* What a gateway says of a message. */
void message_delivered(struct message_turn *turn, const struct activity *result);
void message_failed(struct message_turn *turn, const struct activity *result);

#endif
