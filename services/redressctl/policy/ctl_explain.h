/* ctl_explain: what `sla explain` and `compensation explain` have in common: their arguments, the
 * case as Redis has it, and the policy version that it keeps. */
#ifndef REDRESS_CTL_EXPLAIN_H
#define REDRESS_CTL_EXPLAIN_H

#include "decision/spec.h"
#include "redressctl/ctl.h"
#include "sight/sight_case.h"

struct ctl_explain {
    const char *dir, *events, *case_id; /* dir, events: NULL when not given */
    int64_t until_ms;                   /* 0: not given */
    bool json;
    struct arena *arena;
};

/* What stands behind "explain", which is argv[0]. 0; EXIT_BAD_USAGE, and it was said why. */
int ctl_explain_arguments(const struct command *command, int argc, char **argv,
                          struct ctl_explain *request) MUST_CHECK;
/* The case by its id, and that the worker's view of its shard is whole. An exit status, 0 also if
 * the worker has no such case. */
int ctl_explain_find(struct ctl *ctl, const char *worker, const char *case_id,
                     struct sight_case *found_out) MUST_CHECK;
/* Says that there is no such case; returns the exit status. */
int ctl_explain_none(const struct ctl *ctl, const char *case_id);
/* The policy that a case was decided by: that of the folder (`version`), where the case keeps none,
 * keeps the same, or its own is not to be had, which is told; else its own. */
const void *ctl_explain_policy(struct ctl *ctl, const struct ctl_explain *request,
                               const struct worker_spec *spec, const void *policy,
                               const char *version, const char *kept);

#endif
