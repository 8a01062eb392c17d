/* kafka_ask: questions to the broker that need no fetching. Ends are asked with read_uncommitted:
 * the true end, never a cached watermark and never the last stable offset (common/protocol.md,
 * Proof before a deadline fires).
 */
#include "outside/kafka_handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 8 }; /* a worker asks about intake and itself, a test about every worker */

struct asked_group {
    char name[KAFKA_NAME_MAX];
    rd_kafka_t *rk;
};

struct kafka_asker {
    struct kafka kafka;
    rd_kafka_t *rk;
    rd_kafka_t
        *stable; /* that sees as a reader of what is committed does; NULL: not needed so far */
    struct asked_group groups[GROUPS_MAX];
    int group_count;
    rd_kafka_queue_t
        *queue; /* of the question at hand: a late answer must not answer the next one */
};

static rd_kafka_conf_t *asker_conf(const struct kafka *kafka, const char *isolation,
                                   struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, KAFKA_ROLE_ASKER, err);
    if (!conf || kafka_handle_set(conf, "isolation.level", isolation, err) == 0) return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static rd_kafka_t *handle_new(const struct kafka *kafka, const char *isolation, struct err *err) {
    rd_kafka_conf_t *conf = asker_conf(kafka, isolation, err);

    if (!conf) return NULL;
    return kafka_handle_new(RD_KAFKA_CONSUMER, conf, "kafka", err);
}

struct kafka_asker *kafka_asker_new(const struct kafka *kafka, struct err *err) {
    rd_kafka_t *rk = handle_new(kafka, "read_uncommitted", err);

    if (!rk) return NULL;
    struct kafka_asker *asker = calloc(1, sizeof *asker);
    ASSERT(asker);
    asker->kafka = *kafka;
    asker->rk = rk;
    return asker;
}

void kafka_asker_free(struct kafka_asker *asker) {
    if (!asker) return;
    for (int i = 0; i < asker->group_count; i++) kafka_handle_free(asker->groups[i].rk);
    if (asker->stable) kafka_handle_free(asker->stable);
    kafka_handle_free(asker->rk);
    free(asker);
}

/* `which`: RD_KAFKA_OFFSET_END or RD_KAFKA_OFFSET_BEGINNING, which are what ListOffsets takes for a
 * time. */
static int list_offsets(struct kafka_asker *asker, rd_kafka_t *rk, struct place *places, int count,
                        int64_t which, int timeout_ms, struct err *err) {
    if (!count) return 0;
    rd_kafka_topic_partition_list_t *list = kafka_handle_list(&asker->kafka, places, count, false);
    for (int i = 0; i < count; i++) list->elems[i].offset = which;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, timeout_ms);
    for (int i = 0; !code && i < count; i++)
        if (list->elems[i].err || list->elems[i].offset < 0)
            code = list->elems[i].err ? list->elems[i].err : RD_KAFKA_RESP_ERR__NO_OFFSET;
    for (int i = 0; !code && i < count; i++) places[i].offset = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);

    if (!code) return 0;
    return err_set(err, "offsets: %s", rd_kafka_err2str(code));
}

int kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
               struct err *err) {
    return list_offsets(asker, asker->rk, places, count, RD_KAFKA_OFFSET_END, timeout_ms, err);
}

int kafka_stable_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                      struct err *err) {
    if (!asker->stable) asker->stable = handle_new(&asker->kafka, "read_committed", err);
    if (!asker->stable) return -1;
    return list_offsets(asker, asker->stable, places, count, RD_KAFKA_OFFSET_END, timeout_ms, err);
}

int kafka_starts(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                 struct err *err) {
    return list_offsets(asker, asker->rk, places, count, RD_KAFKA_OFFSET_BEGINNING, timeout_ms,
                        err);
}

/* The ends are asked first: what is written in between is found by its time, or lies behind. */
int kafka_since(struct kafka_asker *asker, int64_t time_ms, struct place *places, int count,
                int timeout_ms, struct err *err) {
    if (kafka_ends(asker, places, count, timeout_ms, err) < 0) return -1;
    rd_kafka_topic_partition_list_t *list = kafka_handle_list(&asker->kafka, places, count, false);
    for (int i = 0; i < count; i++) list->elems[i].offset = time_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(asker->rk, list, timeout_ms);
    for (int i = 0; !code && i < count; i++) code = list->elems[i].err;
    for (int i = 0; !code && i < count; i++)
        if (list->elems[i].offset >= 0) places[i].offset = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);

    if (!code) return 0;
    return err_set(err, "offsets by time: %s", rd_kafka_err2str(code));
}

static rd_kafka_event_t *wait_for(struct kafka_asker *asker, int timeout_ms, struct err *err) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(asker->queue, timeout_ms + 100);

    rd_kafka_queue_destroy(asker->queue);
    if (!event) {
        err_set(err, "the broker did not answer in %d ms", timeout_ms);
        return NULL;
    }
    if (!rd_kafka_event_error(event)) return event;
    err_set(err, "%s", rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);

    return NULL;
}

static rd_kafka_AdminOptions_t *options_new(struct kafka_asker *asker, rd_kafka_admin_op_t op,
                                            int timeout_ms) {
    char text[128];
    asker->queue = rd_kafka_queue_new(asker->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(asker->rk, op);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, text, sizeof text);
    return options;
}

/* A handle that belongs to the group without joining it. */
static struct asked_group *find_group(struct kafka_asker *asker, const char *worker,
                                      struct err *err) {
    char name[KAFKA_NAME_MAX];

    snprintf(name, sizeof name, "%s-%s", asker->kafka.config->topic_prefix, worker);
    for (int i = 0; i < asker->group_count; i++)
        if (strcmp(asker->groups[i].name, name) == 0) return &asker->groups[i];
    ASSERT(asker->group_count < GROUPS_MAX);
    struct asked_group *group = &asker->groups[asker->group_count];
    rd_kafka_conf_t *conf = asker_conf(&asker->kafka, "read_uncommitted", err);
    if (!conf) return NULL;
    if (kafka_handle_set(conf, "group.id", name, err) < 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    group->rk = kafka_handle_new(RD_KAFKA_CONSUMER, conf, "kafka", err);
    if (!group->rk) return NULL;
    snprintf(group->name, sizeof group->name, "%s", name);
    asker->group_count++;

    return group;
}

/* OffsetFetch of an ordinary handle. The admin call for it, rd_kafka_ListConsumerGroupOffsets, ends
 * the process in librdkafka 2.0.2 when the coordinator goes away at the wrong moment (assertion
 * eonce->refcnt > 0). */
int kafka_group_offsets(struct kafka_asker *asker, const char *worker, struct place *places,
                        int count, int timeout_ms, struct err *err) {
    struct asked_group *group = find_group(asker, worker, err);

    if (!group) return -1;
    rd_kafka_topic_partition_list_t *list = kafka_handle_list(&asker->kafka, places, count, false);
    rd_kafka_resp_err_t code = rd_kafka_committed(group->rk, list, timeout_ms);
    for (int i = 0; !code && i < count; i++) code = list->elems[i].err;
    for (int i = 0; !code && i < count; i++) kafka_handle_committed(&list->elems[i], &places[i]);
    rd_kafka_topic_partition_list_destroy(list);

    if (!code) return 0;
    return err_set(err, "offsets of group %s: %s", group->name, rd_kafka_err2str(code));
}

/* What came of a commit: of all places, or of the first that failed. */
static rd_kafka_resp_err_t commit_error(const rd_kafka_event_t *event) {
    const rd_kafka_topic_partition_list_t *list =
        rd_kafka_event_topic_partition_list((rd_kafka_event_t *)event);
    rd_kafka_resp_err_t code = rd_kafka_event_error((rd_kafka_event_t *)event);
    for (int i = 0; !code && list && i < list->cnt; i++) code = list->elems[i].err;
    return code;
}

int kafka_group_set(struct kafka_asker *asker, const char *worker, const struct place *places,
                    int count, int timeout_ms, struct err *err) {
    struct asked_group *group = find_group(asker, worker, err);

    if (!group) return -1;
    rd_kafka_topic_partition_list_t *list = kafka_handle_list(&asker->kafka, places, count, true);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(group->rk);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(group->rk, list, queue, NULL, NULL);
    rd_kafka_event_t *event = code ? NULL : rd_kafka_queue_poll(queue, timeout_ms);
    if (!code) code = event ? commit_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    if (!code) return 0;
    err_set(err, "offsets of group %s: %s", group->name, rd_kafka_err2str(code));

    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
        return 1;
    return -1;
}

int kafka_partitions(struct kafka_asker *asker, enum topic topic, int timeout_ms, struct err *err) {
    char name[KAFKA_NAME_MAX];

    return kafka_handle_partitions(asker->rk, kafka_topic(&asker->kafka, topic, name), timeout_ms,
                                   err);
}

/* 0; 1: it may not be asked, or the broker does not know it; -1. */
static int copy_setting(const rd_kafka_event_t *event, const char *setting, char *value_out,
                        size_t size, struct err *err) {
    size_t count = 0;
    size_t entries = 0;
    const rd_kafka_DescribeConfigs_result_t *result =
        rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)event);
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &count);
    if (count != 1) return err_set(err, "no answer");

    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[0]);
    if (code) {
        err_set(err, "%s", rd_kafka_ConfigResource_error_string(resources[0]));
        if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
            code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            return 1;
        return -1;
    }

    const rd_kafka_ConfigEntry_t **list = rd_kafka_ConfigResource_configs(resources[0], &entries);
    for (size_t i = 0; i < entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(list[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(list[i]), setting) != 0 || !value) continue;
        snprintf(value_out, size, "%s", value);
        return 0;
    }
    err_set(err, "the broker does not know the setting %s", setting);
    return 1;
}

static int ask_setting(struct kafka_asker *asker, enum topic topic, const char *setting,
                       int timeout_ms, char *value_out, size_t size, struct err *err) {
    char name[KAFKA_NAME_MAX];
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(
        RD_KAFKA_RESOURCE_TOPIC, kafka_topic(&asker->kafka, topic, name));
    rd_kafka_AdminOptions_t *options =
        options_new(asker, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    rd_kafka_DescribeConfigs(asker->rk, &resource, 1, options, asker->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_event_t *event = wait_for(asker, timeout_ms, err);
    if (!event) return -1;

    int result = copy_setting(event, setting, value_out, size, err);
    rd_kafka_event_destroy(event);
    return result;
}

int kafka_topic_setting(struct kafka_asker *asker, enum topic topic, const char *setting,
                        int timeout_ms, char *value_out, size_t size, struct err *err) {
    if (ask_setting(asker, topic, setting, timeout_ms, value_out, size, err) == 0) return 0;
    return -1;
}

int kafka_topic_limit(struct kafka_asker *asker, enum topic topic, int timeout_ms,
                      int64_t *limit_out, struct err *err) {
    char value[32];
    int result =
        ask_setting(asker, topic, "max.message.bytes", timeout_ms, value, sizeof value, err);
    if (result == 0) *limit_out = strtoll(value, NULL, 10);
    return result;
}
