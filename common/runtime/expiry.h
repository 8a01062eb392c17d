/* expiry: until when the certificates are good that this process shows to Kafka and to Redis, as a
 * metric: somebody is to renew them before nobody gets in. */
#ifndef REDRESS_EXPIRY_H
#define REDRESS_EXPIRY_H

#include "outside/config.h"

/* At the start: librdkafka reads a certificate when a client is made and never again, so of Kafka's
 * counts how it was then, whatever the file says by now. */
void expiry_begin(const struct config *config);
/* Each turn: Redis' certificate is read with each connection, so its file is looked at once a
 * minute. */
void expiry_turn(const struct config *config);

#endif
