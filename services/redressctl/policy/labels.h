/* labels: which cases a person reclassified, and the words they were opened with; the pure part of
 * `redressctl labels`.
 *
 * The case log is read twice, so that only corrections are kept in memory, not every text: the
 * first reading takes case.reclassified and customer.erased (labels_note), the second gives the
 * label at each case.opened (labels_at). The last word about a case wins, in the order of facts:
 * time, sequence, arrival. A text is left out when its customer was erased behind it in the log:
 * customer.erased stands in every partition. */
#ifndef REDRESS_LABELS_H
#define REDRESS_LABELS_H

#include "decision/event.h"

/* Corrected cases and erased customers: 200 MB. People who correct more of them name a later time.
 */
enum { LABELS_MAX = 1 << 20 };

struct labels;
struct label {
    const char *case_id, *text, *class_name; /* borrowed from the event */
};
enum labels_answer {
    LABELS_NONE, /* no opening of a case that was corrected, or one that was given already */
    LABELS_ERASED,
    LABELS_GIVEN
};

/* Takes words given at `since_ms` or later. Lives in the arena. */
struct labels *labels_new(struct arena *arena, int64_t since_ms);

/* Which events each reading wants, by their type alone. */
bool labels_notes(const char *type);
bool labels_opens(const char *type);

/* 0, also for other events; -1 with the reason. Partition and offset are those of ev->raw. */
int labels_note(struct labels *labels, const struct event *ev, struct err *err) MUST_CHECK;
enum labels_answer labels_at(struct labels *labels, const struct event *ev, struct label *out);

int labels_corrected(const struct labels *labels); /* cases */
int labels_missing(
    const struct labels *labels); /* of them, cases whose opening has not been seen */

#endif
