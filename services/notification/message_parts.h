/* message_parts: what the files of message share; for message_*.c only. */
#ifndef REDRESS_MESSAGE_PARTS_H
#define REDRESS_MESSAGE_PARTS_H

#include "facts.h"
#include "message.h"

/* Who is told, where, and in which language. */
struct message_reader {
    const char *audience;              /* "customer", or a role */
    const struct message_staff *staff; /* NULL: the customer */
    const char *named;                 /* the person, where the role's row has no address */
    const struct message_rule *rule;   /* NULL: it is gone from the policy */
};

/* Where a message goes, and in which words. */
struct message_way {
    int channel;
    const char *to;
    const struct wording_language *language;
    struct wording_rendered words;
};

/* The row that is told in the end, and whom it names; `role` is that which the event names, and a
 * role that names nobody passes it on. */
struct message_reader message_staff_reader(const struct message_turn *turn,
                                           const struct moment *moment, const char *audience);

/* `<case_id>.<mark>`, or with a hash where that is no id. */
const char *message_id(const struct message_turn *turn, const char *mark);
/* True the first time. */
bool message_note(struct message_turn *turn, const char *mark);

/* The first way that has an address, has not failed (`tried` channels) and has room. Returns why
 * there is none, or NULL. */
const char *message_find_way(const struct message_turn *turn, const struct message_reader *reader,
                             const char *text, const struct moment *moment,
                             const struct texts *tried, struct message_way *out);

/* notification.requested and delivery.requested; the message is under way from here on. */
void message_send(struct message_turn *turn, const struct message_reader *reader,
                  const struct message_way *way, const struct notification_pending *pending);
void message_suppress(struct message_turn *turn, const char *mark, const char *text,
                      const char *audience, int channel, const char *reason);
/* notification.<what> about a message that was sent. */
void message_outcome(struct message_turn *turn, enum event_type type,
                     const struct notification_pending *of, const char *reason);
/* The id that the gateway knows an attempt by. */
const char *message_attempt_id(const struct message_turn *turn,
                               const struct notification_pending *of);

/* Why a message to the customer is not said any more, or NULL. */
const char *message_obsolete(const struct message_turn *turn, const struct message_rule *rule,
                             const char *text, const struct moment *moment);

/* When the next one without a report has failed; 0: none is waited for. */
int64_t message_reports_wake(const struct notification_state *state);
/* One more is about to be under way than a case may have: the oldest are not waited for. */
void message_make_room(struct message_turn *turn);

/* How long a message to colleagues is collected; 0: it is told at once. */
int64_t message_window(const struct message_turn *turn, const struct message_reader *reader);
/* Its subject line goes into a digest. */
void message_collect(struct message_turn *turn, const struct message_reader *reader,
                     const char *mark, const char *text, const struct message_way *way,
                     int64_t window);
/* When the next retry is due; with `customer` the next of the customer's. 0: there is none. */
int64_t message_retries_wake(const struct notification_state *state, bool customer);
/* 0: there is none to tell. */
int64_t message_lines_wake(const struct notification_state *state);

/* Until when the customer is let sleep; 0: he may be written to now. */
int64_t message_quiet_until(const struct message_turn *turn);

/* A message to the customer waits from here on. */
void message_queue(struct message_turn *turn, const char *mark, const char *text,
                   const struct moment *moment);

/* What holds for the customer; the language is that in which the text is written. */
struct facts_reader message_customer_reader(const struct message_turn *turn,
                                            const struct message_rule *rule, const char *text);

#endif
