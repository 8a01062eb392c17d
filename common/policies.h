/* policies: the versions of one worker's policy file. A case keeps the version it started with. */
#ifndef REDRESS_POLICIES_H
#define REDRESS_POLICIES_H

#include "fields.h"

struct policy_version {
    const char *version;
    const void *policy; /* what the worker's load() made of it */
    const struct policy_version *older;
};
struct policies {
    const struct policy_version *current; /* the newest; never NULL in a running worker */
};

/* The policy under a version, or NULL when no such version is known. */
const void *policies_find(const struct policies *policies, const char *version);
const void *policies_current(const struct policies *policies);

#endif
