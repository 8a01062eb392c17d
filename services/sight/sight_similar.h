/* sight_similar: closed cases that are like an open one: of its tenant and class, those first whose
 * orders have most facts in common with its order, among them those first whose words are most
 * alike; with what was offered and chosen, how long it took and what the customer said afterwards.
 * Nothing personal: no words, no names, no remarks on remedies. */
#ifndef REDRESS_SIGHT_SIMILAR_H
#define REDRESS_SIGHT_SIMILAR_H

#include "sight/sight_case.h"

/* A remedy of an option; what an option was. */
struct sight_remedy {
    const char *kind;
    struct money amount;
    int64_t valid_days;
};
struct sight_option {
    const char *option;
    struct parts remedies; /* struct sight_remedy */
};

struct sight_similar {
    const char *case_id;
    int64_t alike;     /* thousandths (classification/sketch.h) */
    struct texts same; /* compensation/shelf.h */
    const char *severity;
    int64_t opened_at, ended_at; /* ended: solved, or closed without that */
    int64_t took;                /* ms between them */
    const char *offer;           /* what became of the last offer; NULL: none was made */
    const char *by;              /* the rule that made it, or "person" */
    struct parts offered;        /* struct sight_option: of the last offer */
    const char *chosen;          /* the option */
    int64_t score;               /* 0: he was not asked, or did not say */
};

enum {
    SIGHT_SIMILAR_SHOWN = 5,    /* what somebody reads before he answers */
    SIGHT_SIMILAR_LOOKED = 2000 /* at most so many are compared: 2 MB of Redis, some 60 ms */
};
struct sight_similar_list {
    const char *case_id, *class_name; /* class NULL: it has none yet, and none is like it */
    int64_t looked_at, there_are;     /* closed cases of its class: compared, and in all */
    struct parts similar;             /* struct sight_similar, the most similar first */
};
extern const struct table sight_similar_list_table;

/* Negative: `one` stands before `two`. Pure. */
int sight_similar_order(const struct sight_similar *one, const struct sight_similar *two);

/* After sight_open(). team: only cases that this team got; NULL: all. A case that Redis does not
 * have is one without a class. */
int sight_similar_read(struct sight *sight, const char *case_id, const char *team, int most,
                       struct sight_similar_list *out) MUST_CHECK;

#endif
