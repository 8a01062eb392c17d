/* kafka_try: one small question each. A handle that was told no is given up: librdkafka says such a
 * thing once, and remembers it. */
#include "outside/kafka_try.h"
#include "base/clock.h"
#include "outside/kafka_handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUPS_MAX = 4,
    NO_PARTITION = 0x7fffffff, /* nobody has so many */
    POLL_MS = 20
};

/* A consumer handle under a group's name, which never joins it. */
struct asking {
    char group[KAFKA_NAME_MAX];
    rd_kafka_t *rk;
};

struct kafka_tries {
    struct kafka kafka;
    struct asking groups[GROUPS_MAX]; /* the first is the worker's own */
    int group_count;
    rd_kafka_t *reader, *writer;
};

/* What is waited for, and what was said. */
struct answer_slot {
    bool known;
    rd_kafka_resp_err_t code;
};

struct kafka_tries *kafka_tries_new(const struct kafka *kafka) {
    struct kafka_tries *tries = calloc(1, sizeof *tries);
    ASSERT(tries);
    tries->kafka = *kafka;
    return tries;
}

static void drop(rd_kafka_t **rk) {
    if (*rk && rd_kafka_type(*rk) == RD_KAFKA_PRODUCER)
        rd_kafka_purge(*rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (!*rk) return;
    kafka_credentials_leave(*rk);
    rd_kafka_destroy_flags(*rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); /* nothing was joined */
    *rk = NULL;
}

void kafka_tries_free(struct kafka_tries *tries) {
    if (!tries) return;
    for (int i = 0; i < tries->group_count; i++) drop(&tries->groups[i].rk);
    drop(&tries->reader);
    drop(&tries->writer);
    free(tries);
}

/* ---- Handles ---- */

/* Takes the configuration, NULL included. */
static rd_kafka_t *handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err) {
    if (!conf) return NULL;
    return kafka_handle_new(type, conf, "kafka", err);
}

/* A role's configuration with one or two values of its own. */
static rd_kafka_conf_t *conf_with(const struct kafka *kafka, enum kafka_role role,
                                  const char *const (*values)[2], struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, role, err);

    for (; conf && (*values)[0]; values++) {
        if (kafka_handle_set(conf, (*values)[0], (*values)[1], err) == 0) continue;
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

static struct asking *find_group(struct kafka_tries *tries, const char *group, struct err *err) {
    struct asking *asking = tries->groups;

    while (asking < tries->groups + tries->group_count && strcmp(asking->group, group) != 0)
        asking++;
    ASSERT(asking < tries->groups + GROUPS_MAX);
    if (asking == tries->groups + tries->group_count) {
        tries->group_count++;
        strcpy(asking->group, group);
    }
    const char *const values[][2] = {{"group.id", group}, {NULL, NULL}};
    if (asking->rk) return asking;
    asking->rk =
        handle_new(RD_KAFKA_CONSUMER, conf_with(&tries->kafka, KAFKA_ROLE_ASKER, values, err), err);
    if (!asking->rk) return NULL;
    rd_kafka_poll_set_consumer(asking->rk);

    return asking;
}

static rd_kafka_t *own_handle(struct kafka_tries *tries, struct err *err) {
    char group[KAFKA_NAME_MAX];
    snprintf(group, sizeof group, "%s-%s", tries->kafka.config->topic_prefix, tries->kafka.worker);
    struct asking *asking = find_group(tries, group, err);
    if (!asking) return NULL;
    return asking->rk;
}

static enum kafka_verdict verdict_of(rd_kafka_resp_err_t code, struct err *err) {
    if (!code) return KAFKA_ALLOWED;
    err_set(err, "%s", rd_kafka_err2str(code));
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
        code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__WAIT_COORD)
        return KAFKA_SILENT;
    bool forbidden = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                     code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
                     code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
                     code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    if (forbidden) return KAFKA_FORBIDDEN;
    return KAFKA_UNSURE;
}

/* ---- Topics ---- */

/* By the handle that goes on with the topic: without its metadata librdkafka waits up to a second
 * for them, and half a minute for news of a topic that may not be described. */
static enum kafka_verdict describe_topic(rd_kafka_t *rk, const char *name, int timeout_ms,
                                         struct err *err) {
    const struct rd_kafka_metadata *metadata;

    if (!rk) return KAFKA_UNSURE;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &metadata, timeout_ms);
    rd_kafka_topic_destroy(topic);
    if (code) return verdict_of(code, err);
    if (metadata->topic_cnt == 1)
        code = metadata->topics[0].err;
    else
        code = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    rd_kafka_metadata_destroy(metadata);

    return verdict_of(code, err);
}

static rd_kafka_resp_err_t settings_code(rd_kafka_event_t *event) {
    size_t count = 0;
    if (rd_kafka_event_error(event)) return rd_kafka_event_error(event);
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    if (count != 1) return RD_KAFKA_RESP_ERR__FAIL;
    return rd_kafka_ConfigResource_error(resources[0]);
}

static enum kafka_verdict describe_settings(struct kafka_tries *tries, const char *name,
                                            int timeout_ms, struct err *err) {
    char text[128];
    rd_kafka_t *rk = own_handle(tries, err);

    if (!rk) return KAFKA_UNSURE;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, text, sizeof text);
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms + 100);
    rd_kafka_resp_err_t code = event ? settings_code(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);

    return verdict_of(code, err);
}

static rd_kafka_t *reader(struct kafka_tries *tries, struct err *err) {
    static const char *const values[][2] = {
        {"fetch.wait.max.ms", "1"}, {"queued.min.messages", "1"}, {NULL, NULL}};
    if (tries->reader) return tries->reader;
    tries->reader = handle_new(RD_KAFKA_CONSUMER,
                               conf_with(&tries->kafka, KAFKA_ROLE_READER, values, err), err);
    if (tries->reader) rd_kafka_poll_set_consumer(tries->reader);
    return tries->reader;
}

/* The end, or a record that has just come, is an answer; trouble with the connection or the group
 * is none. */
static rd_kafka_resp_err_t wait_for_fetch(rd_kafka_t *rk, int timeout_ms) {
    for (int64_t end_ms = clock_boot_ms() + timeout_ms; clock_boot_ms() < end_ms;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, POLL_MS);
        if (!message) continue;
        rd_kafka_resp_err_t said = message->err;
        rd_kafka_message_destroy(message);
        if (!said || said == RD_KAFKA_RESP_ERR__PARTITION_EOF) return RD_KAFKA_RESP_ERR_NO_ERROR;
        if (said == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return said;
    }

    return RD_KAFKA_RESP_ERR__TIMED_OUT;
}

static enum kafka_verdict read_topic(struct kafka_tries *tries, const char *name, int timeout_ms,
                                     struct err *err) {
    rd_kafka_t *rk = reader(tries, err);
    enum kafka_verdict verdict = describe_topic(rk, name, timeout_ms, err);

    if (verdict != KAFKA_ALLOWED) return verdict;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, 0)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t code = rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!code) code = wait_for_fetch(rk, timeout_ms);
    rd_kafka_assign(rk, NULL);

    return verdict_of(code, err);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
    (void)rk, (void)opaque;
    struct answer_slot *slot = message->_private;
    if (slot) *slot = (struct answer_slot){true, message->err};
}

static rd_kafka_t *writer(struct kafka_tries *tries, struct err *err) {
    static const char *const values[][2] = {
        {"enable.idempotence", "false"}, {"acks", "7"}, {NULL, NULL}};

    if (tries->writer) return tries->writer;
    rd_kafka_conf_t *conf = conf_with(&tries->kafka, KAFKA_ROLE_PRODUCER, values, err);
    if (conf) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    tries->writer = handle_new(RD_KAFKA_PRODUCER, conf, err);
    return tries->writer;
}

static enum kafka_verdict write_topic(struct kafka_tries *tries, const char *name, int timeout_ms,
                                      struct err *err) {
    static const char key[] = "@trial";
    struct answer_slot slot = {false, RD_KAFKA_RESP_ERR__TIMED_OUT};
    rd_kafka_t *rk = writer(tries, err);
    enum kafka_verdict verdict = describe_topic(rk, name, timeout_ms, err);

    if (verdict != KAFKA_ALLOWED) return verdict;
    rd_kafka_resp_err_t code = rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(name), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(key, sizeof key - 1),
        RD_KAFKA_V_VALUE((void *)key, sizeof key - 1), RD_KAFKA_V_OPAQUE(&slot), RD_KAFKA_V_END);
    if (code) return verdict_of(code, err);
    for (int64_t end_ms = clock_boot_ms() + timeout_ms; !slot.known && clock_boot_ms() < end_ms;)
        rd_kafka_poll(rk, POLL_MS);
    if (!slot.known) { /* its report would come to a slot that is gone */
        rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        while (!slot.known) rd_kafka_poll(rk, POLL_MS);
        slot.code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (slot.code == RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS)
        slot.code = RD_KAFKA_RESP_ERR_NO_ERROR;
    return verdict_of(slot.code, err);
}

/* ---- Groups ---- */

/* A coordinator that may not be looked for is an event of the handle, not an answer. */
static rd_kafka_resp_err_t told_meanwhile(rd_kafka_t *rk, rd_kafka_resp_err_t code) {
    struct err err;
    rd_kafka_message_t *message;

    while ((message = rd_kafka_consumer_poll(rk, 0))) {
        if (verdict_of(message->err, &err) == KAFKA_FORBIDDEN) code = message->err;
        rd_kafka_message_destroy(message);
    }
    return code;
}

/* Only what is said of the group is an answer; whether its topics may be read is another question.
 */
static rd_kafka_resp_err_t of_the_group(rd_kafka_resp_err_t code,
                                        const rd_kafka_topic_partition_list_t *list) {
    for (int i = 0; !code && list && i < list->cnt; i++)
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
            code = list->elems[i].err;
    bool answered = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                    code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                    code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT;
    if (answered) return RD_KAFKA_RESP_ERR_NO_ERROR;
    return code;
}

static rd_kafka_topic_partition_list_t *some_place(struct kafka_tries *tries, int partition) {
    char name[KAFKA_NAME_MAX];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    kafka_topic(&tries->kafka, TOPIC_EVENTS, name);
    rd_kafka_topic_partition_list_add(list, name, partition)->offset = 0;
    return list;
}

static enum kafka_verdict describe_group(struct kafka_tries *tries, struct asking *asking,
                                         int timeout_ms, struct err *err) {
    rd_kafka_topic_partition_list_t *list = some_place(tries, 0);
    rd_kafka_resp_err_t code = rd_kafka_committed(asking->rk, list, timeout_ms);
    code = told_meanwhile(asking->rk, of_the_group(code, list));
    rd_kafka_topic_partition_list_destroy(list);
    return verdict_of(code, err);
}

/* Without its coordinator a commit waits for 45 s, and the end of its handle with it: so that is
 * asked for first. */
static enum kafka_verdict read_group(struct kafka_tries *tries, struct asking *asking,
                                     int timeout_ms, struct err *err) {
    enum kafka_verdict verdict = describe_group(tries, asking, timeout_ms, err);

    if (verdict != KAFKA_ALLOWED) return verdict;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_topic_partition_list_t *list = some_place(tries, NO_PARTITION);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(asking->rk);
    rd_kafka_event_t *event = NULL;
    if (!rd_kafka_commit_queue(asking->rk, list, queue, NULL, NULL))
        event = rd_kafka_queue_poll(queue, timeout_ms);
    if (event)
        code =
            of_the_group(rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event));
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);

    return verdict_of(code, err);
}

static enum kafka_verdict try_group(struct kafka_tries *tries, const char *name,
                                    enum kafka_operation operation, int timeout_ms,
                                    struct err *err) {
    struct asking *asking = find_group(tries, name, err);

    if (!asking) return KAFKA_UNSURE;
    enum kafka_verdict verdict = operation == KAFKA_READ
                                     ? read_group(tries, asking, timeout_ms, err)
                                     : describe_group(tries, asking, timeout_ms, err);
    if (verdict != KAFKA_ALLOWED) drop(&asking->rk);
    return verdict;
}

/* ---- Transactional ids ---- */

static enum kafka_verdict write_transactions(struct kafka_tries *tries, const char *id,
                                             int timeout_ms, struct err *err) {
    const char *const values[][2] = {{"transactional.id", id}, {NULL, NULL}};
    rd_kafka_t *rk = handle_new(RD_KAFKA_PRODUCER,
                                conf_with(&tries->kafka, KAFKA_ROLE_PRODUCER, values, err), err);

    if (!rk) return KAFKA_UNSURE;
    rd_kafka_error_t *error = rd_kafka_init_transactions(rk, timeout_ms);
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error) rd_kafka_error_destroy(error);
    drop(&rk);

    return verdict_of(code, err);
}

static enum kafka_verdict try_topic(struct kafka_tries *tries, const char *name,
                                    enum kafka_operation operation, int timeout_ms,
                                    struct err *err) {
    enum kafka_verdict verdict = KAFKA_UNSURE;

    switch (operation) {
    case KAFKA_DESCRIBE: return describe_topic(own_handle(tries, err), name, timeout_ms, err);
    case KAFKA_DESCRIBE_CONFIGS: return describe_settings(tries, name, timeout_ms, err);
    case KAFKA_READ:
        verdict = read_topic(tries, name, timeout_ms, err);
        if (verdict != KAFKA_ALLOWED) drop(&tries->reader);
        break;
    case KAFKA_WRITE:
        verdict = write_topic(tries, name, timeout_ms, err);
        if (verdict != KAFKA_ALLOWED) drop(&tries->writer);
        break;
    }

    return verdict;
}

enum kafka_verdict kafka_try(struct kafka_tries *tries, enum kafka_resource resource,
                             const char *name, enum kafka_operation operation, int timeout_ms,
                             struct err *err) {
    err_set(err, "no answer");
    switch (resource) {
    case KAFKA_TOPIC: return try_topic(tries, name, operation, timeout_ms, err);
    case KAFKA_GROUP: return try_group(tries, name, operation, timeout_ms, err);
    case KAFKA_TRANSACTIONAL_ID: return write_transactions(tries, name, timeout_ms, err);
    }
    return KAFKA_UNSURE;
}
