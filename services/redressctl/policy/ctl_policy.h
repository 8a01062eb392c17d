/* ctl_policy: a policy file read and compiled for a command, with its faults told to people. */
#ifndef REDRESS_CTL_POLICY_H
#define REDRESS_CTL_POLICY_H

#include "decision/spec.h"

struct ctl;

/* DIR, or where that is NULL the folder of the settings: REDRESS_POLICY_DIR, else the
 * installation's. NULL after having listed the settings' errors: EXIT_BAD_CONFIG. */
const char *ctl_policy_dir(const char *dir, struct arena *arena);

/* The policy of a worker from DIR, and its version; or NULL: `err` says why the file cannot be
 * read, or is empty, and every fault is in `faults`, a line each. */
const void *ctl_policy_read(const struct worker_spec *spec, const char *dir, struct arena *arena,
                            const char **version_out, struct buf *faults, struct err *err);

/* The policy of a worker from DIR (NULL: as above), or NULL with every fault on stderr. */
const void *ctl_policy_load(const struct worker_spec *spec, const char *dir, struct arena *arena);

/* The version that a case keeps, from redress.policies (DIR's where that is it), or NULL, and err:
 * it is not to be had. */
const void *ctl_policy_version(struct ctl *ctl, const struct worker_spec *spec, const char *dir,
                               const char *version, struct arena *arena, struct err *err);

#endif
