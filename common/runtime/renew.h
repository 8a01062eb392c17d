/* renew: secrets read again while they are used: at SIGHUP, and when Kafka or Redis does not let us
 * in by those that we have. */
#ifndef REDRESS_RENEW_H
#define REDRESS_RENEW_H

#include "outside/config.h"

/* The settings that a process starts with: whether others are read later is seen beside these. */
void renew_begin(const struct config *config);
/* Reads the settings again, and takes of them users and passwords for Kafka and Redis, and into
 * *visit_out (NULL: not used) the secret of visits. All or nothing; says in the log what came of
 * it. True: there are others to sign in by. */
bool renew_secrets(const struct config *config, struct secrets *visit_out);
/* Each turn: the same when a broker or a Redis has refused us since the last. */
bool renew_turn(const struct config *config, struct secrets *visit_out);

#endif
