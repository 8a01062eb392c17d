/* intake_join: which case a submission belongs to, by claims in rounds: one for what is new, some
 * for what joins. ask() and decide() walk through the same function: where an answer is missing
 * yet, the claim is added and the walk ends with the round. */
#ifndef REDRESS_INTAKE_JOIN_H
#define REDRESS_INTAKE_JOIN_H

#include "intake_submission.h"

enum intake_join_kind {
    INTAKE_JOIN_WAITING,   /* claims were added */
    INTAKE_JOIN_DUPLICATE, /* seen before: nothing is to be done */
    INTAKE_JOIN_NEW,       /* a complaint opens its case; an activity's case is known */
    INTAKE_JOIN_BY_CONVERSATION,
    INTAKE_JOIN_BY_ORDER
};
struct intake_join {
    enum intake_join_kind kind;
    const char *case_id; /* the case that it belongs to; NULL: none is named */
    int64_t repeats;     /* INTAKE_JOIN_BY_ORDER: 1, 2, ... */
    int64_t erased_at;   /* a complaint's customer asked for his erasure later than it was made; 0:
                            he did not */
    bool other_account;  /* another account has named its order before */
};

/* claims NULL: all answers must be there. */
void intake_join_find(const struct decision *in, const struct intake_submission *s,
                      struct claims *claims, struct intake_join *out);

#endif
