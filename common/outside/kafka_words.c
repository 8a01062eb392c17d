/* kafka_words: see the header. */
#include "outside/kafka_words.h"
#include <ctype.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

static const char own_certificate[] =
    "it wants a certificate of ours that it knows: REDRESS_KAFKA_SSL_CERTIFICATE_LOCATION and "
    "REDRESS_KAFKA_SSL_KEY_LOCATION (ssl.certificate.location, ssl.key.location)";

static const char protocol[] =
    "does REDRESS_KAFKA_SECURITY_PROTOCOL (security.protocol) fit the port: plaintext, ssl, "
    "sasl_plaintext or sasl_ssl?";

static const char old_scram[] =
    "before 2.6.1 librdkafka cannot sign in by SCRAM at Kafka from 3.7.2, 3.8.1 and 3.9 on: use "
    "certificates, PLAIN by TLS, or a build on Debian 13; else user or password is wrong: "
    "REDRESS_KAFKA_SASL_USERNAME and REDRESS_KAFKA_SASL_PASSWORD (sasl.username, sasl.password)";

bool kafka_words_old_scram(void) {
    return rd_kafka_version() < 0x020601ff;
}

const char *kafka_words(const char *text) {
    static const struct {
        const char *part, *remedy;
    } rows[] = {
        {"nvalid credentials",
         "user or password is wrong: REDRESS_KAFKA_SASL_USERNAME and REDRESS_KAFKA_SASL_PASSWORD "
         "(sasl.username, sasl.password)"},
        {"mechanism",
         "is REDRESS_KAFKA_SASL_MECHANISM (sasl.mechanism) one that the listener offers, and are "
         "REDRESS_KAFKA_SASL_USERNAME and REDRESS_KAFKA_SASL_PASSWORD right?"},
        {"uthentication failed",
         "is the user known there: REDRESS_KAFKA_SASL_USERNAME, REDRESS_KAFKA_SASL_PASSWORD, or "
         "with OAUTHBEARER what REDRESS_KAFKA_SASL_OAUTHBEARER_... say?"},
        {"sasl.username", "REDRESS_KAFKA_SASL_USERNAME and REDRESS_KAFKA_SASL_PASSWORD"},
        {"certificate verify failed",
         "nobody whom REDRESS_KAFKA_SSL_CA_LOCATION (ssl.ca.location) names has signed the "
         "broker's certificate, or it is for another host"},
        {"ertificate required", own_certificate},
        {"alert bad certificate", own_certificate},
        {"alert unknown ca", own_certificate},
        {"alert certificate", own_certificate},
        {"alert handshake failure", own_certificate},
        {"client SSL authentication", own_certificate},
        {"security.protocol", protocol},
        {"SSL listener", protocol},
        {"wrong version number", protocol},
        {"brokers are down",
         "does a broker listen at REDRESS_KAFKA_BOOTSTRAP_SERVERS (bootstrap.servers), and does "
         "REDRESS_KAFKA_SECURITY_PROTOCOL (security.protocol) fit the port?"},
    };

    if (kafka_words_old_scram() && strstr(text, "nvalid credentials with SASL mechanism SCRAM"))
        return old_scram;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(text, rows[i].part)) return rows[i].remedy;
    return "";
}

const char *kafka_words_variable(const char *property, char variable_out[KAFKA_NAME_MAX]) {
    snprintf(variable_out, KAFKA_NAME_MAX, "REDRESS_KAFKA_%s", property);
    for (char *at = variable_out; *at; at++)
        *at = *at == '.' ? '_' : (char)toupper((unsigned char)*at);
    return variable_out;
}
