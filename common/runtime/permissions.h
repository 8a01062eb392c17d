/* permissions: everything that a worker will ever need of Kafka and of Redis, as one table
 * (permissions.c). What tries it at start and while the worker runs (permissions_try.h), what
 * `redressctl acl` prints, and deploy/permissions.md are all made from it. */
#ifndef REDRESS_PERMISSIONS_H
#define REDRESS_PERMISSIONS_H

#include "decision/spec.h"
#include "outside/kafka_try.h"

/* One permission of Kafka's. */
struct permission {
    enum kafka_resource resource;
    const char *name; /* "redress.events"; with the prefix */
    bool prefixed;    /* every name that begins so: transactional ids have the instance behind it */
    enum kafka_operation operation;
    const char *why; /* what for, a few words */
};
/* In the arena; returns how many. Read and Write bring Describe with them. */
int permissions_of(const struct worker_spec *spec, const char *prefix, struct arena *arena,
                   struct permission **permissions_out);

/* "Describe on topic redress.complaints"; "kafka-acls.sh --add ... --topic redress.complaints". */
const char *permissions_name(const struct permission *permission, struct arena *arena);
const char *permissions_grant(const struct permission *permission, const char *principal,
                              struct arena *arena);
const char *permissions_resource(enum kafka_resource resource);
const char *permissions_operation(enum kafka_operation operation);

/* What a worker needs of Redis: commands (its scripts' own among them, read from their texts) and
 * keys. */
struct permission_texts {
    const char **commands; /* "evalsha", "script|load", "hset" */
    int command_count;
    const char **keys; /* patterns: "redress:{sla.*}:*" */
    int key_count;
    bool only_reads; /* no key is written */
};
/* No commands: the worker needs no Redis. */
void permissions_of_redis(const struct worker_spec *spec, const char *prefix, struct arena *arena,
                          struct permission_texts *out);
/* "ACL SETUSER redress-sla ... ~redress:{sla.*}:* +evalsha ...": the whole rule but for the
 * password. */
const char *permissions_redis_grant(const struct permission_texts *texts, const char *user,
                                    struct arena *arena);
/* The same as a shell wants it: its patterns in quotes. */
const char *permissions_redis_quoted(const struct permission_texts *texts, const char *user,
                                     struct arena *arena);

/* What lua/permitted.lua answered about the commands and a key of each pattern: which of them is
 * missing. An answer is a text a command. Where no command may touch any key, it is the keys that
 * are missing; what of the commands is missing, too, is seen when they are there. `missing_out` has
 * room for all commands and keys: the place of a command, or the count of commands and the place of
 * a pattern. Returns how many. */
int permissions_redis_missing(const struct permission_texts *texts, const char *const *answers,
                              int *missing_out);

/* The table as a page of documentation, one section a worker. */
void permissions_document(const struct worker_spec *const *specs, const char *prefix,
                          struct buf *out);

#endif
