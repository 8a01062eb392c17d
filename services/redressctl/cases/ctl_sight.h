/* ctl_sight: what sight/ found, told as a command tells it. */
#ifndef REDRESS_CTL_SIGHT_H
#define REDRESS_CTL_SIGHT_H

#include "redressctl/ctl.h"
#include "sight/sight_view.h"

/* The result of a function of sight/ as an exit status: 0, or EXIT_CANNOT_GO_ON after having said
 * why. */
int ctl_sight(const struct ctl *ctl, int rc) MUST_CHECK;
/* Tells a view's faults on stderr. 0, or EXIT_CANNOT_GO_ON when there are some. */
int ctl_sight_tell(const struct ctl *ctl, const struct sight_view *view) MUST_CHECK;
/* Looks at a worker's view of one shard, and tells its faults likewise: a view that is being made
 * anew may lack a case, or have it as it was. */
int ctl_sight_shard(struct ctl *ctl, const char *worker, int shard) MUST_CHECK;
/* 0, or EXIT_BAD_USAGE after having said which target may be meant: neither listed nor in the
 * contract nor in the policies of REDRESS_POLICY_DIR. */
int ctl_sight_target(struct ctl *ctl, const struct sight_view *view, const char *target) MUST_CHECK;

#endif
