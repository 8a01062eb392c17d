/* kafka_topics: the topics by their names under a prefix. */
#include "outside/kafka.h"

#include <stdio.h>
#include <string.h>

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
    const char *prefix = kafka->config->topic_prefix;
    size_t prefix_len = strlen(prefix);
    char ours_name[KAFKA_NAME_MAX];

    if (strncmp(name, prefix, prefix_len) != 0 || name[prefix_len] != '.') return TOPIC_NONE;
    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++)
        if (topic != TOPIC_STATE && strcmp(topic_name(topic), name + prefix_len + 1) == 0)
            return topic;
    if (strcmp(kafka_topic(kafka, TOPIC_STATE, ours_name), name) == 0) return TOPIC_STATE;
    return TOPIC_NONE;
}
