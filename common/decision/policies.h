/* policies: the versions of one worker's policy file, and which of them a case has.
 *
 * What the process' own file says is current: a new case takes it. A running case keeps the version
 * that it started with, whatever the process that owns its shard has in its file; only a version
 * that says `migrate: true` takes the running cases of older ones. Older means written to
 * redress.policies before it, so two processes with different files never hand a case to and fro:
 * it goes forward, once. Going back takes a new version. */
#ifndef REDRESS_POLICIES_H
#define REDRESS_POLICIES_H

#include "data/fields.h"

struct policy_version {
    const char *version;
    const void *policy; /* what the worker's load() made of it; NULL: it cannot be had, only its
                           name and order */
    bool migrate;       /* running cases of older versions take this one */
    int64_t order;      /* the offset of its record in redress.policies; -1: it has none */
    const struct policy_version *older; /* the next one that is known, in no order */
};
struct policies {
    const struct policy_version *current; /* this process' own; never NULL in a running worker */
};

/* What is known under a version, or NULL. */
const struct policy_version *policies_version(const struct policies *policies, const char *version);
const void *policies_current(const struct policies *policies);

/* The version that a case goes on with, given the one that it keeps (NULL: none yet). NULL: its own
 * is not known, or cannot be had, and nothing may be decided about it; the runtime sees to it that
 * a decision never meets this. */
const struct policy_version *policies_choose(const struct policies *policies, const char *own);

/* Whether a policy file says `migrate: true`. */
bool policies_migrates(const struct tree *file);

#endif
