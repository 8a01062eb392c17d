/* ctl_acl: what the files of `redressctl acl` share. */
#ifndef REDRESS_CTL_ACL_H
#define REDRESS_CTL_ACL_H

#include "redressctl/ctl.h"
#include "runtime/permissions.h"

/* Which workers, each with its permissions of Kafka's and its user. */
struct ctl_acl_worker {
    const struct worker_spec *spec;
    const char *user;
    struct permission *list;
    int count;
};
enum { CTL_ACL_WORKERS_MAX = 16 };

/* Holds the broker's list against theirs. Returns the exit status. */
int ctl_acl_check(struct ctl *ctl, const struct ctl_acl_worker *workers, int count);
/* Grants what the broker can be asked for, and prints the rest as commands; in JSON what was
 * granted, too. */
int ctl_acl_apply(struct ctl *ctl, const struct ctl_acl_worker *workers, int count);

#endif
