/* notification_parts: what each event changes in the state and tells; for notification*.c only. */
#ifndef REDRESS_NOTIFICATION_PARTS_H
#define REDRESS_NOTIFICATION_PARTS_H

#include "message.h"

/* Of the event at hand; the rest is for the caller. */
struct moment *notification_moment(const struct message_turn *turn);
const char *notification_number(const struct message_turn *turn, int64_t num);
/* Of an event of which a case may have any number: it comes of its source and id. */
const char *notification_event_mark(const struct message_turn *turn);

/* The event at hand is the customer's own word: he is awake. */
void notification_heard(struct message_turn *turn);

/* One event into the state; `turn` is set when it was folded. */
enum result notification_fold(const struct decision *in, struct notification_state *state,
                              struct effects *out, struct message_turn *turn);

/* The case is over, or is not any more: others learn from it or do not. Before anything is told of
 * it. False: the turn is unanswered. */
bool notification_library_keep(struct message_turn *turn);
/* Adds to a moment the closed case that is most like this one, if there is any. False: the turn is
 * unanswered. */
bool notification_library_find(struct message_turn *turn, struct moment *moment);

/* Which state an event belongs to: its case's, or its order's where it is about one without a case.
 */
const char *notification_key(const struct event *ev, struct arena *arena);
/* The token of a warned order is not reported as done, and its time is over: colleagues are told.
 * At wake-ups only. */
void notification_watch_token(struct message_turn *turn);
/* Of the types that open a state that is no case's: an order's, a cause's. */
bool notification_opens(enum event_type type);

/* One function a kind of event; data is a struct of the event's table. */
typedef void notification_act(struct message_turn *turn, const void *data);
notification_act notification_on_opened, notification_on_repeated, notification_on_message,
    notification_on_classified, notification_on_reclassified, notification_on_assigned,
    notification_on_assessed, notification_on_closed, notification_on_resolved,
    notification_on_reopened, notification_on_withdrawn, notification_on_task_started,
    notification_on_task_done, notification_on_reply, notification_on_scored,
    notification_on_started, notification_on_clock, notification_on_rescheduled,
    notification_on_ended, notification_on_warned, notification_on_breached,
    notification_on_escalated, notification_on_retracted, notification_on_proposed,
    notification_on_approved, notification_on_chosen, notification_on_outcome,
    notification_on_reminded, notification_on_decided, notification_on_choice,
    notification_on_refused, notification_on_demand_refused, notification_on_demand_referred,
    notification_on_erased, notification_on_order, notification_on_member_warned,
    notification_on_token_done, notification_on_token_failed, notification_on_cause;

#endif
