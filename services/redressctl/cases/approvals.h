/* approvals: a decision about a proposal as an event. */
#ifndef REDRESS_APPROVALS_H
#define REDRESS_APPROVALS_H

#include "base/arena.h"
#include "contract/event_type.h"
#include <stdint.h>

struct approvals_decision {
    const char *proposal_id;                              /* <case_id>.<n> */
    const char *source;                                   /* NULL: /redress/redressctl */
    const char *actor, *role, *option, *comment, *reason; /* the last three may be NULL */
};
/* The structured CloudEvent decision.approved or decision.rejected; `id` names this decision. Pure.
 * 0, or -1 with what is wrong with it. */
int approvals_event(enum event_type type, const struct approvals_decision *decision, const char *id,
                    int64_t now_ms, struct arena *arena, struct buf *out,
                    struct err *err) MUST_CHECK;

#endif
