/* kafka_ask: questions to the broker that need no fetching. Ends are asked with read_uncommitted: the true end, never a
 * cached watermark and never the last stable offset (DESIGN.md, section 3). */
#include "fault.h"
#include "kafka_handle.h"
#include <stdlib.h>
#include <string.h>

struct kafka_asker {
    struct kafka kafka;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* of the question at hand: a late answer must not answer the next one */
};

struct kafka_asker *kafka_asker_new(const struct kafka *kafka, struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, KAFKA_ROLE_ASKER, err);
    if (!conf) return NULL;
    const char *ends = FAULT_WITHOUT("true_end") ? "read_committed" : "read_uncommitted";
    if (kafka_handle_set(conf, "isolation.level", ends, err) < 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    struct kafka_asker *asker = calloc(1, sizeof *asker);
    ASSERT(asker);
    asker->kafka = *kafka;
    char text[256];
    asker->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!asker->rk) {
        err_set(err, "kafka: %s", text);
        rd_kafka_conf_destroy(conf);
        free(asker);
        return NULL;
    }
    return asker;
}

void kafka_asker_free(struct kafka_asker *asker) {
    if (!asker) return;
    rd_kafka_destroy(asker->rk);
    free(asker);
}

/* `which`: RD_KAFKA_OFFSET_END or RD_KAFKA_OFFSET_BEGINNING, which are what ListOffsets takes for a time. */
static int list_offsets(struct kafka_asker *asker, struct place *places, int count, int64_t which, int timeout_ms,
                        struct err *err) {
    if (!count) return 0;
    rd_kafka_topic_partition_list_t *list = kafka_handle_list(&asker->kafka, places, count, false);
    for (int i = 0; i < count; i++) list->elems[i].offset = which;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(asker->rk, list, timeout_ms);
    for (int i = 0; !code && i < count; i++)
        if (list->elems[i].err || list->elems[i].offset < 0)
            code = list->elems[i].err ? list->elems[i].err : RD_KAFKA_RESP_ERR__NO_OFFSET;
    for (int i = 0; !code && i < count; i++) places[i].offset = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return code ? err_set(err, "offsets: %s", rd_kafka_err2str(code)) : 0;
}

int kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms, struct err *err) {
    return list_offsets(asker, places, count, RD_KAFKA_OFFSET_END, timeout_ms, err);
}

int kafka_starts(struct kafka_asker *asker, struct place *places, int count, int timeout_ms, struct err *err) {
    return list_offsets(asker, places, count, RD_KAFKA_OFFSET_BEGINNING, timeout_ms, err);
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

static rd_kafka_AdminOptions_t *options_new(struct kafka_asker *asker, rd_kafka_admin_op_t op, int timeout_ms) {
    char text[128];
    asker->queue = rd_kafka_queue_new(asker->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(asker->rk, op);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, text, sizeof text);
    return options;
}

static void find_offset(struct kafka_asker *asker, const rd_kafka_topic_partition_list_t *list, struct place *place) {
    char name[KAFKA_NAME_MAX];
    const rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_find(
        (rd_kafka_topic_partition_list_t *)list, kafka_topic(&asker->kafka, place->topic, name), place->partition);
    place->offset = item && !item->err && item->offset >= 0 ? item->offset : KAFKA_NO_OFFSET;
}

int kafka_group_offsets(struct kafka_asker *asker, const char *worker, struct place *places, int count, int timeout_ms,
                        struct err *err) {
    char group[KAFKA_NAME_MAX];
    snprintf(group, sizeof group, "%s-%s", asker->kafka.config->topic_prefix, worker);
    rd_kafka_topic_partition_list_t *list = kafka_handle_list(&asker->kafka, places, count, false);
    rd_kafka_ListConsumerGroupOffsets_t *request = rd_kafka_ListConsumerGroupOffsets_new(group, list);
    rd_kafka_AdminOptions_t *options = options_new(asker, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout_ms);
    rd_kafka_ListConsumerGroupOffsets(asker->rk, &request, 1, options, asker->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_event_t *event = wait_for(asker, timeout_ms, err);
    if (!event) return -1;
    int failed = 0;
    size_t groups = 0;
    const rd_kafka_ListConsumerGroupOffsets_result_t *result = rd_kafka_event_ListConsumerGroupOffsets_result(event);
    const rd_kafka_group_result_t **list_groups =
        result ? rd_kafka_ListConsumerGroupOffsets_result_groups(result, &groups) : NULL;
    if (groups != 1 || rd_kafka_group_result_error(list_groups[0]))
        failed =
            err_set(err, "offsets of group %s: %s", group,
                    groups == 1 ? rd_kafka_error_string(rd_kafka_group_result_error(list_groups[0])) : "no answer");
    for (int i = 0; !failed && i < count; i++)
        find_offset(asker, rd_kafka_group_result_partitions(list_groups[0]), &places[i]);
    rd_kafka_event_destroy(event);
    return failed;
}

int kafka_partitions(struct kafka_asker *asker, enum topic topic, int timeout_ms, struct err *err) {
    char name[KAFKA_NAME_MAX];
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(asker->rk, kafka_topic(&asker->kafka, topic, name), NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(asker->rk, 0, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (code) return err_set(err, "metadata of %s: %s", name, rd_kafka_err2str(code));
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    int count = code ? 0 : metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (!code || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return count;
    return err_set(err, "metadata of %s: %s", name, rd_kafka_err2str(code));
}

static int copy_setting(const rd_kafka_event_t *event, const char *setting, char *value_out, size_t size,
                        struct err *err) {
    size_t count = 0, entries = 0;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)event);
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
    if (count != 1 || rd_kafka_ConfigResource_error(resources[0]))
        return err_set(err, "%s", count == 1 ? rd_kafka_ConfigResource_error_string(resources[0]) : "no answer");
    const rd_kafka_ConfigEntry_t **list = rd_kafka_ConfigResource_configs(resources[0], &entries);
    for (size_t i = 0; i < entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(list[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(list[i]), setting) != 0 || !value) continue;
        snprintf(value_out, size, "%s", value);
        return 0;
    }
    return err_set(err, "the broker does not know the setting %s", setting);
}

int kafka_topic_setting(struct kafka_asker *asker, enum topic topic, const char *setting, int timeout_ms,
                        char *value_out, size_t size, struct err *err) {
    char name[KAFKA_NAME_MAX];
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, kafka_topic(&asker->kafka, topic, name));
    rd_kafka_AdminOptions_t *options = options_new(asker, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    rd_kafka_DescribeConfigs(asker->rk, &resource, 1, options, asker->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_event_t *event = wait_for(asker, timeout_ms, err);
    if (!event) return -1;
    int result = copy_setting(event, setting, value_out, size, err);
    rd_kafka_event_destroy(event);
    return result;
}
