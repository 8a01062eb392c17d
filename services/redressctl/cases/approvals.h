/* approvals: a decision about a proposal as an event. Pure. */
#ifndef REDRESS_APPROVALS_H
#define REDRESS_APPROVALS_H

#include "base/arena.h"
#include <stdint.h>

struct approvals_decision {
    const char *proposal_id;                              /* <case_id>.<n> */
    const char *actor, *role, *option, *comment, *reason; /* the last three may be NULL */
};
/* The structured CloudEvent decision.approved or decision.rejected, from /redress/redressctl; `id`
 * names this decision. 0, or -1 with what is wrong with it. */
int approvals_event(const char *type, const struct approvals_decision *decision, const char *id,
                    int64_t now_ms, struct arena *arena, struct buf *out,
                    struct err *err) MUST_CHECK;

#endif
