/* mock_broker: librdkafka's own broker in this process, for what outside/kafka.h makes of the
 * answers of a broker; each answer may be an error that the test wants. It knows one member a group
 * and no transaction's guarantees: those are for tests/integration. */
#ifndef REDRESS_MOCK_BROKER_H
#define REDRESS_MOCK_BROKER_H

#include "outside/kafka.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOCK_PARTITIONS = 2, MOCK_BROKER = 1, MOCK_LIMIT_MS = 120000 };

/* What is asked of it, by number in Kafka's protocol. */
enum mock_question {
    MOCK_PRODUCE = 0,
    MOCK_FETCH = 1,
    MOCK_LIST_OFFSETS = 2,
    MOCK_OFFSET_COMMIT = 8,
    MOCK_OFFSET_FETCH = 9,
    MOCK_INIT_PRODUCER = 22,
    MOCK_ADD_OFFSETS = 25,
    MOCK_END_TXN = 26,
    MOCK_TXN_OFFSETS = 28
};

struct mock {
    rd_kafka_t *home; /* the cluster lives in a client */
    rd_kafka_mock_cluster_t *cluster;
    struct config_property bootstrap;
    struct config config;
    struct kafka kafka; /* of a worker "sla" */
};

static inline void mock_topic(struct mock *mock, enum topic topic) {
    char name[KAFKA_NAME_MAX];
    assert_int_equal(rd_kafka_mock_topic_create(
                         mock->cluster, kafka_topic(&mock->kafka, topic, name), MOCK_PARTITIONS, 1),
                     0);
}

static inline struct mock *mock_open(void) {
    struct mock *mock = calloc(1, sizeof *mock);
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    assert_non_null(mock);
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    mock->home = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(mock->home);
    mock->cluster = rd_kafka_mock_cluster_new(mock->home, 1);
    assert_non_null(mock->cluster);
    mock->bootstrap.name = "bootstrap.servers";
    mock->bootstrap.value = rd_kafka_mock_cluster_bootstraps(mock->cluster);
    mock->config = (struct config){.kafka = &mock->bootstrap,
                                   .kafka_count = 1,
                                   .topic_prefix = "shop",
                                   .transaction_timeout_ms = 5000,
                                   .session_timeout_ms = 15000};
    mock->kafka = (struct kafka){.config = &mock->config, .worker = "sla"};
    mock_topic(mock, TOPIC_EVENTS);
    mock_topic(mock, TOPIC_STATE);

    return mock;
}

static inline void mock_close(struct mock *mock) {
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->home);
    free(mock);
}

/* The next of these questions get this answer, as many as `times`. */
static inline void mock_answer(struct mock *mock, enum mock_question question,
                               rd_kafka_resp_err_t code, int times) {
    for (int i = 0; i < times; i++)
        rd_kafka_mock_push_request_errors(mock->cluster, (int16_t)question, 1, code);
}

static inline void mock_answer_well(struct mock *mock, enum mock_question question) {
    rd_kafka_mock_clear_request_errors(mock->cluster, (int16_t)question);
}

#endif
