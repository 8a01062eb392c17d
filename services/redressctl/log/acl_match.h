/* acl_match: what the broker permits beside what a worker needs. Without I/O. */
#ifndef REDRESS_ACL_MATCH_H
#define REDRESS_ACL_MATCH_H

#include "outside/kafka_admin.h"
#include "runtime/permissions.h"

/* What the broker keeps; of which kinds it was asked stands in kafka_admin_knows(). */
struct acl_list {
    const struct kafka_acl *at;
    int count;
};

enum acl_standing { ACL_THERE, ACL_MISSING, ACL_DENIED };

/* As Kafka's authorizer decides: a denial wins, Read and Write bring Describe with them, "User:*"
 * is everybody. */
enum acl_standing acl_match(const struct acl_list *list, const struct permission *permission,
                            const char *principal);

/* Whether a permission that is there is one that the principal needs; those of others are none of
 * its business, and count as needed. */
bool acl_is_needed(const struct kafka_acl *acl, const struct permission *needed, int count,
                   const char *principal);

/* Whether somebody but this principal may write a topic. */
bool acl_writes(const struct kafka_acl *acl, const char *topic, const char *but);

#endif
