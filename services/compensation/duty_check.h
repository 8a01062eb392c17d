/* duty_check: what the tables of duty_policy.h cannot say of them. */
#ifndef REDRESS_DUTY_CHECK_H
#define REDRESS_DUTY_CHECK_H

#include "check.h"

void duty_check(const struct check *top, const struct offer_policy *policy);

#endif
