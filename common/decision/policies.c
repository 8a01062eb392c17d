/* policies: looking a version up. There are few: a new one every some weeks, and only those that
 * open cases name. */
#include "decision/policies.h"

#include <string.h>

const struct policy_version *policies_version(const struct policies *policies,
                                              const char *version) {
    for (const struct policy_version *at = policies->current; at; at = at->older)
        if (version && strcmp(at->version, version) == 0) return at;
    return NULL;
}

const void *policies_current(const struct policies *policies) {
    if (!policies->current) return NULL;
    return policies->current->policy;
}

const struct policy_version *policies_choose(const struct policies *policies, const char *own) {
    const struct policy_version *current = policies->current;

    if (!own) return current;
    const struct policy_version *found = policies_version(policies, own);
    if (!found || found == current) return found;
    if (current->migrate && current->order > found->order) return current;
    if (found->policy) return found;
    return NULL;
}

bool policies_migrates(const struct tree *file) {
    const struct tree *migrate = tree_get(file, "migrate");
    return migrate && migrate->kind == TREE_BOOL && migrate->num;
}
