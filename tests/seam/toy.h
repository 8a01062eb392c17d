/* toy: what the workers of the line decide. Intake passes on: the first complaint about a case
 * opens it, any other joins. The keyed worker counts a case's events and breaches its deadline
 * once, unless a contact came in time: small, but with everything that the protocol of
 * common/protocol.md is about. */
#ifndef REDRESS_SEAM_TOY_H
#define REDRESS_SEAM_TOY_H

#include "data/fields.h"
#include "decision/spec.h"

enum { TOY_DEADLINE_MS = 2000 };

struct toy_state {
    int64_t seen, opened, early, breached, due, wake_at;
    int status;
    const char *policy_version;
    struct rest rest;
};

extern const struct table toy_state_table;
extern const struct worker_spec toy_intake, toy_keyed;

/* An event about a case, as a publisher or intake would write it. */
void toy_publish(enum topic topic, int partition, const char *type, const char *id,
                 const char *case_id, int64_t time_ms);

#endif
