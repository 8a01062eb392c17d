/* kafka_handle: what the parts of kafka.h share. Only kafka*.c include it, and with it librdkafka.
 */
#ifndef REDRESS_KAFKA_HANDLE_H
#define REDRESS_KAFKA_HANDLE_H

#include "outside/kafka.h"
#include "outside/kafka_credentials.h"
#include <librdkafka/rdkafka.h>

enum kafka_role { KAFKA_ROLE_MEMBER, KAFKA_ROLE_READER, KAFKA_ROLE_PRODUCER, KAFKA_ROLE_ASKER };

/* A configuration with what the role needs, then the operator's properties, then what nobody may
 * change. NULL and err on a bad property. */
rd_kafka_conf_t *kafka_handle_conf(const struct kafka *kafka, enum kafka_role role,
                                   struct err *err);
int kafka_handle_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                     struct err *err) MUST_CHECK;
/* A client of this configuration, which it takes. Tokens (OAUTHBEARER) are renewed by librdkafka's
 * own thread, since not every handle is polled. NULL and err, "<what>: why". */
rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *what,
                             struct err *err);
/* The end of one; NULL is not allowed. */
void kafka_handle_free(rd_kafka_t *rk);
/* Of kafka_credentials.c: handles that are there get new user and password; what the log says of
 * refusals is noted. */
void kafka_credentials_join(rd_kafka_t *rk);
void kafka_credentials_leave(const rd_kafka_t *rk);
void kafka_credentials_note(const char *text);
/* A list of the places with their names under this prefix; offsets as given. */
rd_kafka_topic_partition_list_t *
kafka_handle_list(const struct kafka *kafka, const struct place *places, int count, bool metadata);
/* How many partitions a topic has; 0: there is none of this name. -1: it cannot be asked now. */
int kafka_handle_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms,
                            struct err *err) MUST_CHECK;
/* What a group has committed, from an item of a list to its place. */
void kafka_handle_committed(const rd_kafka_topic_partition_t *item, struct place *place_out);

#endif
