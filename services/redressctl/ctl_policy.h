/* ctl_policy: a policy file read and compiled for a command, with its faults told to people. */
#ifndef REDRESS_CTL_POLICY_H
#define REDRESS_CTL_POLICY_H

#include "worker.h"

/* The policy of a worker from DIR (NULL: REDRESS_POLICY_DIR, else deploy/policies), or NULL with every fault on stderr.
 */
const void *ctl_policy_load(const struct worker_spec *spec, const char *dir, struct arena *arena);

#endif
