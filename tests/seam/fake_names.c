/* fake_names: the calls of outside/kafka.h that ask no broker: settings, and topics by their names. */
#include "outside/kafka.h"

#include <stdio.h>
#include <string.h>

int kafka_check(const struct config *config, struct buf *errors) {
    (void)config, (void)errors;
    return 0;
}

char *kafka_topic(const struct kafka *kafka, enum topic topic, char name_out[KAFKA_NAME_MAX]) {
    const char *prefix = kafka->config->topic_prefix;

    if (topic == TOPIC_STATE)
        snprintf(name_out, KAFKA_NAME_MAX, "%s.%s.state", prefix,
                 kafka->worker ? kafka->worker : "none");
    else
        snprintf(name_out, KAFKA_NAME_MAX, "%s.%s", prefix, topic_name(topic));
    return name_out;
}

enum topic kafka_topic_of(const struct kafka *kafka, const char *name) {
    char ours[KAFKA_NAME_MAX];

    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++)
        if (strcmp(kafka_topic(kafka, topic, ours), name) == 0) return topic;
    return TOPIC_NONE;
}

const char *kafka_library_version(void) {
    return "fake";
}
