/* renew: secrets read again while they are used: at SIGHUP, and when Kafka does not let us in by
 * those that we have. */
#ifndef REDRESS_RENEW_H
#define REDRESS_RENEW_H

#include "outside/kafka_credentials.h"

/* Reads the settings again, and takes of them user and password for Kafka, and into *visit_out
 * (NULL: not used) the secret of visits. All or nothing; says in the log what came of it. */
void renew_secrets(const struct config *config, struct secrets *visit_out);
/* Each turn: the same when a broker has refused us since the last. */
void renew_turn(const struct config *config, struct secrets *visit_out);

#endif
