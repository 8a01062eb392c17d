/* message: one message, from its occasion to notification.requested and delivery.requested, or to
 * the reason why there is none. */
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
};

/* What an occasion knows beyond the state; absent is 0 or NULL. */
struct message_facts {
    int64_t due_at, approve_by, choose_by;
    int64_t percent, before_ms, level, approvals;
    const struct records *options; /* struct option */
    const struct option *chosen;
    struct money cost;
    const char *target, *role, *reason, *proposal_id;
};

/* The acknowledgement in its four forms, as message_customer() takes them. */
extern const enum message_kind message_acknowledgements[];

/* Tells the customer: the first of `kinds` (ended by MESSAGE_KINDS) for which all values are there.
 * `cause` names the occasion within the case; told once. */
void message_customer(struct message_turn *turn, const enum message_kind *kinds, const char *cause,
                      const struct message_facts *facts);
/* Tells a role. `alarm`: nobody is alarmed by a mere question. */
void message_staff(struct message_turn *turn, enum message_kind kind, const char *cause,
                   const char *role, bool alarm, const struct message_facts *facts);
/* What a gateway says of a message. */
void message_delivered(struct message_turn *turn, const struct activity *result);
void message_failed(struct message_turn *turn, const struct activity *result);

#endif
