/* cohorts: a person's word about orders at risk as an event. */
#ifndef REDRESS_COHORTS_H
#define REDRESS_COHORTS_H

#include "contract/contract.h"

struct cohorts_word {
    const char *tenant; /* NULL: "default" */
    struct cohort_match match;
    const char *placed_from, *placed_to; /* RFC 3339, or NULL */
    const char *class_name, *by;
};
/* The structured CloudEvent cohort.confirmed or cohort.ended; `id` names this word. Pure. 0, or -1
 * with what is wrong with it. */
int cohorts_event(enum event_type type, const struct cohorts_word *word, const char *id,
                  int64_t now_ms, struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;
/* What is to be said to admit, or to end, a cohort of `all`'s fields. */
void cohorts_word_about(const struct tree *all, const char *tenant, struct cohorts_word *out);

#endif
