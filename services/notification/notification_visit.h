/* notification_visit: the question of the day after: how content the customer is, 1 to 5, and what
 * comes of the answer. Asked once a resolution, and not who only asked or withdrew (the rule's own
 * `needs`). */
#ifndef REDRESS_NOTIFICATION_VISIT_H
#define REDRESS_NOTIFICATION_VISIT_H

#include "message.h"

/* The case was resolved by the event at hand: the customer is asked the next day. */
void notification_visit_plan(struct message_turn *turn);
/* Asks, when it is time. */
void notification_visit_ask(struct message_turn *turn);

/* "4", "４" or "4分" is 4; anything else 0. */
int notification_visit_score_of(const char *text);
/* Whether the reply is an answer to the question. */
bool notification_visit_is_answer(const struct notification_state *state, const struct event *ev);
/* visit.scored, when it is one. */
void notification_visit_take_reply(struct message_turn *turn, const char *text);

#endif
