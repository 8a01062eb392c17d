/* intake_submission: one inbound record, read by its type's table and normalised. */
#ifndef REDRESS_INTAKE_SUBMISSION_H
#define REDRESS_INTAKE_SUBMISSION_H

#include "base/ids.h"
#include "contract/contract.h"
#include "decision/spec.h"

struct intake_submission {
    const struct contract_type *type;
    struct complaint *complaint; /* of these two, one; both NULL when only looked at */
    struct activity *activity;
    const char *tenant;
    const char *order_id, *conversation; /* NULL: none */
    const char *customer_id;             /* of a complaint, and of customer.erased; NULL: none */
    const char *case_id;  /* a complaint's own computed one, or the one named; NULL: none */
    const char *position; /* "complaints/3/1042": where the record stands, the claimant's id */
};

/* Checks everything that can be known from the record alone. Returns 0, or -1 with the rejection.
 */
int intake_submission_read(const struct decision *in, struct intake_submission *out,
                           struct rejection *rejection) MUST_CHECK;

/* Only what claims are made of, from a record that intake_submission_read() has accepted before. */
void intake_submission_look(const struct decision *in, struct intake_submission *out);

#endif
