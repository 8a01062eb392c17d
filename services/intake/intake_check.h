/* intake_check: what field tables cannot say about a record. */
#ifndef REDRESS_INTAKE_CHECK_H
#define REDRESS_INTAKE_CHECK_H

#include "contract/contract.h"

/* Returns 0, or -1 with the rejection. */
int intake_check_activity(const struct contract_type *type, const struct activity *data,
                          struct rejection *rejection) MUST_CHECK;

/* Fills the rejection and returns -1. */
int intake_check_fail(struct rejection *rejection, const char *reason, const char *fmt, ...)
    PRINTF(3, 4);

#endif
