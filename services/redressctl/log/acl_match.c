/* acl_match: see the header. */
#include "redressctl/log/acl_match.h"
#include <string.h>

static bool is_of(const struct kafka_acl *acl, const char *principal) {
    return strcmp(acl->principal, principal) == 0 || strcmp(acl->principal, "User:*") == 0;
}

/* All names that a permission is about are among those of the broker's entry. */
static bool covers_names(const struct kafka_acl *acl, const char *name, bool prefixed) {
    if (strcmp(acl->name, "*") == 0 && !acl->prefixed) return true;
    if (acl->prefixed) return strncmp(acl->name, name, strlen(acl->name)) == 0;
    return !prefixed && strcmp(acl->name, name) == 0;
}

static bool covers_operation(const struct kafka_acl *acl, enum kafka_operation operation) {
    if (acl->operation == KAFKA_ANY_OPERATION || acl->operation == (int)operation) return true;
    bool more = acl->operation == KAFKA_READ || acl->operation == KAFKA_WRITE;
    return operation == KAFKA_DESCRIBE && more && !acl->deny;
}

enum acl_standing acl_match(const struct acl_list *list, const struct permission *permission,
                            const char *principal) {
    enum acl_standing standing = ACL_MISSING;

    for (int i = 0; i < list->count; i++) {
        const struct kafka_acl *acl = &list->at[i];
        if (acl->resource != permission->resource || !is_of(acl, principal) ||
            !covers_names(acl, permission->name, permission->prefixed) ||
            !covers_operation(acl, permission->operation))
            continue;
        if (acl->deny) return ACL_DENIED;
        standing = ACL_THERE;
    }
    return standing;
}

bool acl_is_needed(const struct kafka_acl *acl, const struct permission *needed, int count,
                   const char *principal) {
    if (acl->deny || strcmp(acl->principal, principal) != 0) return true;
    for (int i = 0; i < count; i++) {
        const struct permission *one = &needed[i];
        bool reads_or_writes = one->operation == KAFKA_READ || one->operation == KAFKA_WRITE;
        bool same = acl->operation == (int)one->operation ||
                    (acl->operation == KAFKA_DESCRIBE && reads_or_writes);
        if (same && acl->resource == one->resource && acl->prefixed == one->prefixed &&
            strcmp(acl->name, one->name) == 0)
            return true;
    }
    return false;
}

bool acl_writes(const struct kafka_acl *acl, const char *topic, const char *but) {
    if (acl->deny || acl->resource != KAFKA_TOPIC || strcmp(acl->principal, but) == 0) return false;
    return covers_names(acl, topic, false) && covers_operation(acl, KAFKA_WRITE);
}
