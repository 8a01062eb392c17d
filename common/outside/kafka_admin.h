/* kafka_admin: making topics and looking at their settings, for redressctl. Calls block up to
 * timeout_ms. */
#ifndef REDRESS_KAFKA_ADMIN_H
#define REDRESS_KAFKA_ADMIN_H

#include "outside/kafka_try.h"

struct kafka_admin;
struct kafka_admin *kafka_admin_new(const struct kafka *kafka, struct err *err);
void kafka_admin_free(struct kafka_admin *admin); /* NULL is allowed */

struct kafka_setting {
    const char *name, *value;
};
enum kafka_made { KAFKA_MADE, KAFKA_EXISTS, KAFKA_NOT_MADE };
struct kafka_new_topic {
    const char *name;
    int partitions, replication;
    const struct kafka_setting *settings;
    int setting_count;
    enum kafka_made made; /* what came of it; err when it was not made */
    struct err err;
};
/* Makes all of them in one request. 0, or -1 when the broker did not answer; each topic says how it
 * went. */
int kafka_admin_create(struct kafka_admin *admin, struct kafka_new_topic *topics, int count,
                       int timeout_ms, struct err *err) MUST_CHECK;

/* Deletes a consumer group without members, and its offsets. 0; 1 while it has members; -1. */
int kafka_admin_delete_group(struct kafka_admin *admin, const char *group, int timeout_ms,
                             struct err *err) MUST_CHECK;

/* Brokers of the cluster; -1: error. */
int kafka_admin_brokers(struct kafka_admin *admin, int timeout_ms, struct err *err) MUST_CHECK;
/* Partition count of a topic by its full name; 0: no such topic; -1: error. */
int kafka_admin_partitions(struct kafka_admin *admin, const char *name, int timeout_ms,
                           struct err *err) MUST_CHECK;
/* The values in force of a topic's settings, in the arena; the value becomes NULL where the broker
 * does not know one.
 */
int kafka_admin_topic_settings(struct kafka_admin *admin, const char *name,
                               struct kafka_setting *settings, int count, int timeout_ms,
                               struct arena *arena, struct err *err) MUST_CHECK;
/* The same of one broker, whichever is asked. */
int kafka_admin_broker_settings(struct kafka_admin *admin, struct kafka_setting *settings,
                                int count, int timeout_ms, struct arena *arena,
                                struct err *err) MUST_CHECK;

/* A permission as the broker keeps it: one principal, one operation, names by themselves or those
 * that begin so. */
struct kafka_acl {
    enum kafka_resource resource;
    const char *name; /* "*": every one */
    bool prefixed;
    const char *principal; /* "User:redress-sla" */
    int operation;         /* an enum kafka_operation; KAFKA_ANY_OPERATION; 0: another one */
    bool deny;
};
enum { KAFKA_ANY_OPERATION = -1 };

/* Whether librdkafka can be asked about permissions of this kind: of transactional ids only from
 * 2.8 on. */
bool kafka_admin_knows(enum kafka_resource resource);
/* All permissions of a kind, in the arena. Returns how many; -1. */
int kafka_admin_acls(struct kafka_admin *admin, enum kafka_resource resource, int timeout_ms,
                     struct arena *arena, struct kafka_acl **acls_out, struct err *err) MUST_CHECK;
/* Grants them; those that are there already stay. Returns how many were refused, the first of them
 * in err; -1: no answer. */
int kafka_admin_grant(struct kafka_admin *admin, const struct kafka_acl *acls, int count,
                      int timeout_ms, struct err *err) MUST_CHECK;

#endif
