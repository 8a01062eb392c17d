/* kafka_words: what to do about what librdkafka says of connections, TLS and signing in, with the
 * names of the settings. */
#ifndef REDRESS_KAFKA_WORDS_H
#define REDRESS_KAFKA_WORDS_H

#include "outside/kafka.h"
#include <stdbool.h>

/* The remedy for a text of librdkafka's: what it says in its log, or why it makes no client. "":
 * none is known. */
const char *kafka_words(const char *text);

/* Whether this librdkafka is older than 2.6.1, which said the nonce of SCRAM twice (its #4895):
 * Kafka from 3.7.2, 3.8.1 and 3.9 on takes that for a wrong password. */
bool kafka_words_old_scram(void);

/* "ssl.ca.location" -> "REDRESS_KAFKA_SSL_CA_LOCATION". Returns variable_out. */
const char *kafka_words_variable(const char *property, char variable_out[KAFKA_NAME_MAX]);

#endif
