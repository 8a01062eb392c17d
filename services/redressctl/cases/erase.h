/* erase: where data of an erased customer may still be, and until when: a row a place, from what
 * Redis and the topics show (deploy/docs/privacy.md). Pure: erase_look.c asks them. */
#ifndef REDRESS_ERASE_H
#define REDRESS_ERASE_H

#include "data/fields.h"
#include "decision/effects.h"

enum { ERASE_TOPICS_MAX = 16, ERASE_NOT_COUNTED = -1 };

/* What was written so long after the erasure may still be of him: workers that were behind, and
 * gateways with messages in hand. */
#define ERASE_SETTLE_MS (INT64_C(3600) * 1000)

/* A topic that may hold data of his. */
struct erase_topic {
    const char *name;            /* "redress.events" */
    const char *what;            /* of him */
    bool compacted;              /* the newest record of each case has been blanked */
    int64_t kept_ms, segment_ms; /* retention.ms, or max.compaction.lag.ms, and segment.ms; -1: for
                                    ever */
    int64_t before; /* records there that were written before ERASE_SETTLE_MS was over; or
                       ERASE_NOT_COUNTED */
};

struct erase_found {
    int64_t erased_at, now;
    int64_t notification, compensation; /* cases that hold him */
    int64_t window_ms;                  /* of cohort.yaml */
    bool pseudonyms;                    /* REDRESS_PERSON_SECRET is set */
    struct erase_topic topics[ERASE_TOPICS_MAX];
    int topic_count;
};

struct erase_row {
    const char *place, *what;
    bool left;
    int64_t count; /* cases, or records of then of anybody; ERASE_NOT_COUNTED: unknown, for what is
                      there is not read */
    int64_t until; /* ms; INT64_MAX: for ever. Of what has not been blanked yet: 0 */
};
enum { ERASE_ROWS_MAX = ERASE_TOPICS_MAX + 4 };

/* Returns how many rows. */
int erase_rows(const struct erase_found *found, struct erase_row rows_out[ERASE_ROWS_MAX]);

/* What of a customer is in a topic; NULL: nothing. worker: whose TOPIC_STATE. */
const char *erase_held(enum topic topic, const char *worker);

#endif
