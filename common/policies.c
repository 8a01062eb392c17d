/* policies: looking a version up. There are few: a new one every some weeks, and only those that open cases name. */
#include "policies.h"

#include <string.h>

const void *policies_find(const struct policies *policies, const char *version) {
    for (const struct policy_version *at = policies->current; at; at = at->older)
        if (version && strcmp(at->version, version) == 0) return at->policy;
    return NULL;
}

const void *policies_current(const struct policies *policies) {
    return policies->current ? policies->current->policy : NULL;
}
