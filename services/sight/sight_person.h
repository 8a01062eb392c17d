/* sight_person: what Redis has of a customer: which cases hold him, and when he asked for his
 * erasure. Nothing private is read: cases are found by a hash of his id. */
#ifndef REDRESS_SIGHT_PERSON_H
#define REDRESS_SIGHT_PERSON_H

#include "base/secrets.h"
#include "sight/sight.h"

struct sight_person {
    const char *tenant, *customer_id;
};

/* How many states of notification and of compensation hold him, orders without a case among them.
 * After sight_open(). */
int sight_person_cases(struct sight *sight, const struct sight_person *person,
                       int64_t *notification_out, int64_t *compensation_out) MUST_CHECK;

/* When he asked, by the event's time; 0: it is not known, for he did not, or it is too long ago
 * (CONTRACT_ERASED_KEPT_MS), or by another REDRESS_PERSON_SECRET. -1 also when Redis has lost its
 * claims. */
int sight_person_erased(struct sight *sight, const struct secrets *secrets,
                        const struct sight_person *person, int64_t *at_out) MUST_CHECK;

#endif
