/* profile: what a case is by now: its class, severity and flags, whether it only asks, and where it
 * stands. One table of rules, folded by sla, compensation and notification alike (the
 * highest severity, all flags, a person's word over all). The facts may come in any order: the
 * result is that of their own order, by time, then sequence, then arrival.
 *
 *     what            rule
 *     severity        the highest of all texts
 *     flags           those of all texts; `question` while the case only asks, `packaging_only`
 *                     until a text is about damage to more than that, `unsure` of the text that
 *                     leads until a person has said the class
 *     class           the text that leads: one that complains before one that asks, one with a
 *                     class before `other`, the graver, the earlier
 *     only asks       every text asked, none complained
 *     person's word   the latest: its class, and its severity where it names one; `inquiry.*` only
 *                     asks, all else does not
 *     status          after the latest reopening: withdrawn, else closed, else resolved, else open
 *
 * Pure. A profile is never changed: each function returns a new one from the arena, and NULL is
 * that of a case about which nothing is known. */
#ifndef REDRESS_PROFILE_H
#define REDRESS_PROFILE_H

#include "contract.h"
#include "decision/event.h"

enum { PROFILE_RULES_MAX = 4 }; /* remembered of a text */

/* Where a fact stands in the order of facts. */
struct profile_place {
    int64_t at;   /* ms since the epoch */
    bool ordered; /* it has a sequence; those without come first */
    int64_t sequence;
};

struct profile {
    /* The text that leads. */
    const char *text_class; /* NULL: no text was classified yet */
    int text_severity;
    bool text_asks, text_unsure;
    struct profile_place *text_place;
    struct texts text_rules; /* which said so; none where nobody asks for them */
    const char *text_sketch; /* how it is compared (classification/sketch.h); likewise */
    /* All texts. */
    int severity;
    struct texts flags; /* without `question` and `unsure` */
    bool complains;     /* one of them did more than ask */
    bool goods_damaged; /* one of them is about more than packaging */
    /* The latest word of a person; person_class NULL: none. */
    const char *person_class;
    int person_severity;
    struct profile_place *person_place;
    /* The latest of each; NULL: never. */
    struct profile_place *resolved, *closed, *withdrawn, *reopened;
    struct rest rest;
};

enum profile_status { PROFILE_OPEN, PROFILE_RESOLVED, PROFILE_CLOSED, PROFILE_WITHDRAWN };

/* The table of a profile as a part of a worker's state. */
extern const struct table profile_table;

struct profile_place profile_place(const struct event *ev);

const struct profile *profile_classified(const struct profile *before,
                                         const struct profile_place *place, const char *class_name,
                                         int severity, const struct texts *flags,
                                         struct arena *arena);
/* The same, and which rules said so: `reasons` of case.classified, but for the customer's words;
 * and its sketch. */
const struct profile *profile_classified_by(const struct profile *before,
                                            const struct profile_place *place,
                                            const struct classified *classified,
                                            struct arena *arena);

/* severity 0: the person named none. */
const struct profile *profile_reclassified(const struct profile *before,
                                           const struct profile_place *place,
                                           const char *class_name, int severity,
                                           struct arena *arena);

/* case.resolved, case.closed, case.withdrawn, case.reopened; any other type changes nothing. */
const struct profile *profile_moved(const struct profile *before, const struct profile_place *place,
                                    enum event_type type, struct arena *arena);

/* The same without what its text is compared by. */
const struct profile *profile_without_sketch(const struct profile *before, struct arena *arena);

/* NULL: nobody has classified the case. */
const char *profile_class(const struct profile *profile);

/* 0: not known. */
int profile_severity(const struct profile *profile);

bool profile_only_asks(const struct profile *profile);
struct texts profile_flags(const struct profile *profile, struct arena *arena);
bool profile_has_flag(const struct profile *profile, const char *flag);
enum profile_status profile_status(const struct profile *profile);

#endif
