/* drill: a recorded or written case played through the workers' decisions in virtual time, and what
 * was done for it held against the policies: which promises were kept, what the policies offered,
 * which decisions counted. The same file gives the same result, always. */
#ifndef REDRESS_DRILL_H
#define REDRESS_DRILL_H

#include "data/fields.h"

/* One cycle of a target. */
struct drill_promise {
    const char *target, *verdict; /* kept, late, missed, open (not due by the end), void */
    int64_t began_at, due_at, met_at;
};
/* One proposal. */
struct drill_offer {
    const char *proposal_id;
    const char *by;    /* "rule <name>", or the person */
    const char *needs; /* the role that must approve it; NULL: nobody must */
    const char *outcome;
    bool person;    /* a person asked for it */
    bool undecided; /* nobody approved or rejected it in its time */
    int64_t at;
    struct money cost; /* of its costliest option */
    bool above;        /* a person's that costs more than the policy offered before it */
};
/* A decision of a person of the house. */
struct drill_decision {
    const char *type, *actor, *event_id;
    const char *outcome; /* counted, or why not */
    int64_t at;
};

struct drill_result {
    const char *case_id, *class_name, *severity, *status;
    struct parts promises, offers, decisions; /* of the structs above */
    int64_t points, possible; /* in halves: what was done, of what could have been */
    int64_t score;            /* 0 to 100 */
    bool scored;              /* possible is not 0 */
};
extern const struct table drill_result_table;

/* Plays a file ("-": standard input) under the policies of a folder until its last event, or longer
 * until `until_ms`. 0; or an exit status after having said why. */
int drill_play(const char *path, const char *dir, int64_t until_ms, struct arena *arena,
               struct drill_result *out) MUST_CHECK;

/* Points, possible and score from the lists. Pure: drill.txt has the formula. */
void drill_score(struct drill_result *result);

#endif
