/* sla_silence: cases that nobody ever closes. A policy says after how long without a word such a
 * case is closed, with an event; it leaves like any other that is closed.
 *
 * Counted from the last word of people or systems: neither redress' own events nor reports of its
 * messages are any. A deadline, or the end of a pause, that is still ahead when the time is up is a
 * promise: the time counts from there once more. A cycle that comes again by itself, a pause
 * without an end and what was breached are none. */
#ifndef REDRESS_SLA_SILENCE_H
#define REDRESS_SLA_SILENCE_H

#include "sla_report.h"

/* Is an event of this type a word about the case? */
bool sla_silence_is_word(enum event_type type);

/* When the case is to be closed; CALENDAR_NEVER: it is over, or the policy does not say. */
int64_t sla_silence_ends(const struct sla_report *report);

/* Closes it when that was due by `proven_ms`, by an event and a fact of that time. True: it did,
 * and what the facts make of the deadlines is to be worked out anew. */
bool sla_silence_close(struct sla_report *report, int64_t proven_ms);

#endif
