/* kafka_admin: each request waits on a queue of its own, so that a late answer cannot answer the
 * next one. */
#include "outside/kafka_admin.h"
#include "outside/kafka_handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_GRACE_MS = 500
}; /* librdkafka ends a request itself at its time-out; this is for handing that over */

struct kafka_admin {
    rd_kafka_t *rk;
};

struct kafka_admin *kafka_admin_new(const struct kafka *kafka, struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, KAFKA_ROLE_ASKER, err);

    if (!conf) return NULL;
    struct kafka_admin *admin = calloc(1, sizeof *admin);
    ASSERT(admin);
    admin->rk = kafka_handle_new(RD_KAFKA_CONSUMER, conf, "kafka", err);
    if (admin->rk) return admin;
    free(admin);

    return NULL;
}

void kafka_admin_free(struct kafka_admin *admin) {
    if (!admin) return;
    kafka_handle_free(admin->rk);
    free(admin);
}

/* A request under way. */
struct request {
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    int timeout_ms;
};

static struct request request_new(struct kafka_admin *admin, rd_kafka_admin_op_t op,
                                  int timeout_ms) {
    char text[128];
    struct request request = {rd_kafka_queue_new(admin->rk),
                              rd_kafka_AdminOptions_new(admin->rk, op), timeout_ms};

    rd_kafka_AdminOptions_set_request_timeout(request.options, timeout_ms, text, sizeof text);
    if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS)
        rd_kafka_AdminOptions_set_operation_timeout(request.options, timeout_ms, text, sizeof text);
    return request;
}

/* The answer, to be destroyed by the caller, or NULL and err. */
static rd_kafka_event_t *request_end(struct request *request, struct err *err) {
    rd_kafka_event_t *event =
        rd_kafka_queue_poll(request->queue, request->timeout_ms + ANSWER_GRACE_MS);

    rd_kafka_queue_destroy(request->queue);
    rd_kafka_AdminOptions_destroy(request->options);
    if (!event)
        err_set(err, "the broker did not answer in %d ms", request->timeout_ms);
    else if (rd_kafka_event_error(event))
        err_set(err, "%s", rd_kafka_event_error_string(event));
    else
        return event;
    if (event) rd_kafka_event_destroy(event);
    return NULL;
}

static rd_kafka_NewTopic_t *new_topic(struct kafka_new_topic *topic) {
    char text[256];
    rd_kafka_NewTopic_t *handle = rd_kafka_NewTopic_new(topic->name, topic->partitions,
                                                        topic->replication, text, sizeof text);

    topic->made = KAFKA_NOT_MADE;
    err_set(&topic->err, "%s", handle ? "the broker said nothing about it" : text);
    for (int i = 0; handle && i < topic->setting_count; i++)
        rd_kafka_NewTopic_set_config(handle, topic->settings[i].name, topic->settings[i].value);
    return handle;
}

static void note_results(const rd_kafka_event_t *event, struct kafka_new_topic *topics, int count) {
    size_t results = 0;
    const rd_kafka_topic_result_t **list = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result((rd_kafka_event_t *)event), &results);

    for (size_t i = 0; i < results; i++)
        for (int j = 0; j < count; j++) {
            if (strcmp(topics[j].name, rd_kafka_topic_result_name(list[i])) != 0) continue;
            rd_kafka_resp_err_t code = rd_kafka_topic_result_error(list[i]);
            topics[j].made = KAFKA_NOT_MADE;
            if (!code) topics[j].made = KAFKA_MADE;
            if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) topics[j].made = KAFKA_EXISTS;
            const char *why = rd_kafka_topic_result_error_string(list[i]);
            err_set(&topics[j].err, "%s", why ? why : rd_kafka_err2str(code));
        }
}

int kafka_admin_create(struct kafka_admin *admin, struct kafka_new_topic *topics, int count,
                       int timeout_ms, struct err *err) {
    rd_kafka_NewTopic_t **handles = calloc((size_t)count + 1, sizeof(rd_kafka_NewTopic_t *));

    ASSERT(handles);
    size_t valid = 0;
    for (int i = 0; i < count; i++) {
        rd_kafka_NewTopic_t *handle = new_topic(&topics[i]);
        if (handle) handles[valid++] = handle;
    }
    struct request request = request_new(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
    rd_kafka_CreateTopics(admin->rk, handles, valid, request.options, request.queue);
    rd_kafka_event_t *event = request_end(&request, err);
    rd_kafka_NewTopic_destroy_array(handles, valid);
    free(handles);
    if (!event) return -1;
    note_results(event, topics, count);
    rd_kafka_event_destroy(event);

    return 0;
}

int kafka_admin_delete_group(struct kafka_admin *admin, const char *group, int timeout_ms,
                             struct err *err) {
    rd_kafka_DeleteGroup_t *one = rd_kafka_DeleteGroup_new(group);
    struct request request = request_new(admin, RD_KAFKA_ADMIN_OP_DELETEGROUPS, timeout_ms);
    rd_kafka_DeleteGroups(admin->rk, &one, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_end(&request, err);
    rd_kafka_DeleteGroup_destroy(one);
    if (!event) return -1;

    size_t results = 0;
    const rd_kafka_group_result_t **list =
        rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &results);
    const rd_kafka_error_t *error = results == 1 ? rd_kafka_group_result_error(list[0]) : NULL;
    int failed = 0;
    if (results != 1) failed = err_set(err, "no answer");
    if (error) failed = err_set(err, "%s", rd_kafka_error_string(error));
    if (error && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP) failed = 1;
    rd_kafka_event_destroy(event);
    return failed;
}

int kafka_admin_brokers(struct kafka_admin *admin, int timeout_ms, struct err *err) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->rk, 0, NULL, &metadata, timeout_ms);

    if (code) return err_set(err, "the cluster's brokers: %s", rd_kafka_err2str(code));
    int count = metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

int kafka_admin_partitions(struct kafka_admin *admin, const char *name, int timeout_ms,
                           struct err *err) {
    return kafka_handle_partitions(admin->rk, name, timeout_ms, err);
}

static void copy_values(const rd_kafka_ConfigResource_t *resource, struct kafka_setting *settings,
                        int count, struct arena *arena) {
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t **list = rd_kafka_ConfigResource_configs(resource, &entries);

    for (int i = 0; i < count; i++) {
        settings[i].value = NULL;
        for (size_t j = 0; j < entries; j++)
            if (strcmp(rd_kafka_ConfigEntry_name(list[j]), settings[i].name) == 0)
                settings[i].value = arena_strdup(arena, rd_kafka_ConfigEntry_value(list[j]));
    }
}

static int describe(struct kafka_admin *admin, rd_kafka_ResourceType_t type, const char *name,
                    struct kafka_setting *settings, int count, int timeout_ms, struct arena *arena,
                    struct err *err) {
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(type, name);
    struct request request = request_new(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);

    rd_kafka_DescribeConfigs(admin->rk, &resource, 1, request.options, request.queue);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_event_t *event = request_end(&request, err);
    if (!event) return -1;
    size_t resources = 0;
    int failed = 0;
    const rd_kafka_ConfigResource_t **list = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &resources);
    if (resources != 1 || rd_kafka_ConfigResource_error(list[0]))
        failed =
            err_set(err, "settings of %s: %s", name,
                    resources == 1 ? rd_kafka_ConfigResource_error_string(list[0]) : "no answer");
    else
        copy_values(list[0], settings, count, arena);
    rd_kafka_event_destroy(event);

    return failed;
}

int kafka_admin_topic_settings(struct kafka_admin *admin, const char *name,
                               struct kafka_setting *settings, int count, int timeout_ms,
                               struct arena *arena, struct err *err) {
    return describe(admin, RD_KAFKA_RESOURCE_TOPIC, name, settings, count, timeout_ms, arena, err);
}

int kafka_admin_broker_settings(struct kafka_admin *admin, struct kafka_setting *settings,
                                int count, int timeout_ms, struct arena *arena, struct err *err) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->rk, 0, NULL, &metadata, timeout_ms);

    if (code) return err_set(err, "the cluster's brokers: %s", rd_kafka_err2str(code));
    char id[16] = "";
    if (metadata->broker_cnt > 0) snprintf(id, sizeof id, "%d", (int)metadata->brokers[0].id);
    rd_kafka_metadata_destroy(metadata);
    return describe(admin, RD_KAFKA_RESOURCE_BROKER, id, settings, count, timeout_ms, arena, err);
}

/* ---- Permissions ---- */

/* As the protocol numbers them; librdkafka before 2.8 has no name for the last. */
static rd_kafka_ResourceType_t resource_type(enum kafka_resource resource) {
    static const int types[] = {[KAFKA_TOPIC] = RD_KAFKA_RESOURCE_TOPIC,
                                [KAFKA_GROUP] = RD_KAFKA_RESOURCE_GROUP,
                                [KAFKA_TRANSACTIONAL_ID] = 5};
    return (rd_kafka_ResourceType_t)types[resource];
}

static const rd_kafka_AclOperation_t operations[] = {
    [KAFKA_READ] = RD_KAFKA_ACL_OPERATION_READ,
    [KAFKA_WRITE] = RD_KAFKA_ACL_OPERATION_WRITE,
    [KAFKA_DESCRIBE] = RD_KAFKA_ACL_OPERATION_DESCRIBE,
    [KAFKA_DESCRIBE_CONFIGS] = RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS};

bool kafka_admin_knows(enum kafka_resource resource) {
    return resource != KAFKA_TRANSACTIONAL_ID || RD_KAFKA_VERSION >= 0x020800ff;
}

static int operation_of(rd_kafka_AclOperation_t operation) {
    if (operation == RD_KAFKA_ACL_OPERATION_ALL) return KAFKA_ANY_OPERATION;
    for (int i = KAFKA_READ; i <= KAFKA_DESCRIBE_CONFIGS; i++)
        if (operations[i] == operation) return i;
    return 0;
}

static void copy_acls(const rd_kafka_AclBinding_t **list, size_t count,
                      enum kafka_resource resource, struct arena *arena, struct kafka_acl *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (struct kafka_acl){
            .resource = resource,
            .name = arena_strdup(arena, rd_kafka_AclBinding_name(list[i])),
            .prefixed = rd_kafka_AclBinding_resource_pattern_type(list[i]) ==
                        RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
            .principal = arena_strdup(arena, rd_kafka_AclBinding_principal(list[i])),
            .operation = operation_of(rd_kafka_AclBinding_operation(list[i])),
            .deny =
                rd_kafka_AclBinding_permission_type(list[i]) == RD_KAFKA_ACL_PERMISSION_TYPE_DENY};
}

int kafka_admin_acls(struct kafka_admin *admin, enum kafka_resource resource, int timeout_ms,
                     struct arena *arena, struct kafka_acl **acls_out, struct err *err) {
    char text[256];
    rd_kafka_AclBindingFilter_t *filter = rd_kafka_AclBindingFilter_new(
        resource_type(resource), NULL, RD_KAFKA_RESOURCE_PATTERN_ANY, NULL, NULL,
        RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, text, sizeof text);

    if (!filter) return err_set(err, "%s", text);
    struct request request = request_new(admin, RD_KAFKA_ADMIN_OP_DESCRIBEACLS, timeout_ms);
    rd_kafka_DescribeAcls(admin->rk, filter, request.options, request.queue);
    rd_kafka_event_t *event = request_end(&request, err);
    rd_kafka_AclBinding_destroy(filter);
    if (!event) return -1;
    size_t count;
    const rd_kafka_AclBinding_t **list =
        rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event), &count);
    *acls_out = arena_alloc(arena, sizeof **acls_out * (count + 1));
    copy_acls(list, count, resource, arena, *acls_out);
    rd_kafka_event_destroy(event);

    return (int)count;
}

static int count_refused(rd_kafka_event_t *event, struct err *err) {
    size_t count;
    int refused = 0;
    const rd_kafka_acl_result_t **results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);

    for (size_t i = 0; i < count; i++) {
        const rd_kafka_error_t *error = rd_kafka_acl_result_error(results[i]);
        if (error && !refused) err_set(err, "%s", rd_kafka_error_string(error));
        refused += error != NULL;
    }
    return refused;
}

int kafka_admin_grant(struct kafka_admin *admin, const struct kafka_acl *acls, int count,
                      int timeout_ms, struct err *err) {
    char text[256];
    rd_kafka_AclBinding_t **list = calloc((size_t)count + 1, sizeof(rd_kafka_AclBinding_t *));

    ASSERT(list);
    for (int i = 0; i < count; i++) {
        list[i] = rd_kafka_AclBinding_new(resource_type(acls[i].resource), acls[i].name,
                                          acls[i].prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED
                                                           : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                                          acls[i].principal, "*", operations[acls[i].operation],
                                          RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, text, sizeof text);
        ASSERT(list[i]);
    }
    struct request request = request_new(admin, RD_KAFKA_ADMIN_OP_CREATEACLS, timeout_ms);
    rd_kafka_CreateAcls(admin->rk, list, (size_t)count, request.options, request.queue);
    rd_kafka_event_t *event = request_end(&request, err);
    rd_kafka_AclBinding_destroy_array(list, (size_t)count);
    free(list);
    if (!event) return -1;
    int refused = count_refused(event, err);
    rd_kafka_event_destroy(event);

    return refused;
}
