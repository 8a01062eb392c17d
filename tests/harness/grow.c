/* grow: see grow.h. */
#include "grow.h"
#include "wait.h"

#include <librdkafka/rdkafka.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { GROW_MS = 240000 };

static rd_kafka_t *open_client(const struct world *world, char *text, size_t size) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", world->h->bootstrap, text, size))
        wait_fail("%s", text);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, size);
    if (!client) wait_fail("%s", text);
    return client;
}

static void expect_grown(rd_kafka_event_t *event, const char *name) {
    size_t count = 0;
    if (!event || rd_kafka_event_error(event))
        wait_fail("%s: %s", name, event ? rd_kafka_event_error_string(event) : "no answer");
    const rd_kafka_topic_result_t **results = rd_kafka_CreatePartitions_result_topics(
        rd_kafka_event_CreatePartitions_result(event), &count);
    if (count != 1 || rd_kafka_topic_result_error(results[0]))
        wait_fail("%s: %s", name, count ? rd_kafka_topic_result_error_string(results[0]) : "none");
}

void grow(const struct world *world, enum topic topic, int count) {
    const struct kafka kafka = {.config = &world->config};
    char name[KAFKA_NAME_MAX], text[256];
    kafka_topic(&kafka, topic, name);
    rd_kafka_t *client = open_client(world, text, sizeof text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_NewPartitions_t *more =
        rd_kafka_NewPartitions_new(name, (size_t)count, text, sizeof text);
    if (!more) wait_fail("%s: %s", name, text);

    rd_kafka_CreatePartitions(client, &more, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, GROW_MS);
    expect_grown(event, name);
    rd_kafka_event_destroy(event);
    rd_kafka_NewPartitions_destroy(more);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}
