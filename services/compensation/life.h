/* life: the life of a proposal as one table: where it stands, what happens, where it stands then.
 * Every change of a proposal's status goes through life_next(), and the diagram in
 * deploy/docs/compensation.md is made from the table (tests/unit/test_compensation_life.c). */
#ifndef REDRESS_LIFE_H
#define REDRESS_LIFE_H

#include "compensation.h"

enum life_step {
    LIFE_ASK = 1,  /* people must approve */
    LIFE_APPROVE,  /* policy, or enough people */
    LIFE_REJECT,   /* a person who may */
    LIFE_EXPIRE,   /* nobody decided, or nobody chose */
    LIFE_WITHDRAW, /* a newer one, other facts, the end of the case */
    LIFE_CHOOSE,   /* the customer */
    LIFE_REPORT,   /* some settlements have reported, others are out */
    LIFE_SETTLE,   /* all are done */
    LIFE_FAIL,     /* all have reported, one of them failed */
    LIFE_RETRY     /* what is not done is ordered again */
};

struct life_row {
    int from; /* enum compensation_status */
    enum life_step step;
    int to;
    const char *words; /* for people */
};
extern const struct life_row life_rows[]; /* ends with from 0 */

/* Where a proposal stands after a step; COMPENSATION_NONE: it cannot happen. */
int life_next(int status, enum life_step step);

#endif
