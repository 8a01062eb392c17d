/* kafka_credentials: user and password of SASL (PLAIN, SCRAM) that change while a process runs: all
 * its handles get the new ones, and sign in by them with their next connection. Handles made later
 * begin with them. Any thread. */
#ifndef REDRESS_KAFKA_CREDENTIALS_H
#define REDRESS_KAFKA_CREDENTIALS_H

#include "outside/config.h"

/* sasl.username and sasl.password of settings that were read again; without both nothing changes.
 * True: they are others than before. */
bool kafka_credentials_take(const struct config *read);

/* A broker has refused to let us in since the last call: it is time to read the settings again. */
bool kafka_credentials_refused(void);

#endif
