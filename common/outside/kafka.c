/* kafka: names, properties and checks that all handles share. */
#include "base/log.h"
#include "outside/kafka_handle.h"
#include "outside/kafka_words.h"
#include <stdio.h>
#include <string.h>

/* What each role sets before the operator's properties: good defaults, each with its reason in
 * reference order. */
struct preset {
    const char *name, *value;
};

static const struct preset everyone[] = {
    {"client.id", "redress"},
    {"bootstrap.servers", "127.0.0.1:9092"},
    {"socket.nagle.disable", "true"},     /* on by default before 2.10 (#4986) */
    {"log.connection.close", "false"},    /* idle connections are closed by brokers: no news */
    {"reconnect.backoff.ms", "100"},      /* a broker away for minutes costs little CPU */
    {"reconnect.backoff.max.ms", "2000"}, /* and is found again soon */
    {"topic.metadata.refresh.interval.ms", "60000"},
    {"allow.auto.create.topics", "false"},
    {NULL, NULL}};

static const struct preset readers[] = {
    {"fetch.wait.max.ms",
     "10"}, /* how soon an end is reported, on which the proof before a deadline waits */
    {"fetch.error.backoff.ms", "50"},
    {"queued.max.messages.kbytes", "16384"}, /* back-pressure: 16 MiB in front of a
                                                stalled worker, not 64 */
    {"queued.min.messages", "10000"},
    {"fetch.message.max.bytes", "2097152"},
    {"check.crcs", "true"},
    {NULL, NULL}};

static const struct preset producers[] = {
    {"linger.ms", "0"},        /* commit flushes; waiting first only adds latency */
    {"retry.backoff.ms", "2"}, /* the wait after CONCURRENT_TRANSACTIONS: 100 by default */
    {"queue.buffering.max.messages", "50000"},
    {"queue.buffering.max.kbytes", "65536"},
    {"compression.codec", "lz4"},
    {"message.max.bytes", "2097152"}, /* a rejected record of 1 MiB passes with its headers */
    {"batch.size", "1000000"},        /* what a topic takes by default, and a little less */
    {NULL, NULL}};

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk;
    static struct log_gate gates[8];
    enum log_level ours_level = LOG_DEBUG;
    if (level <= 5) ours_level = LOG_INFO;
    if (level <= 3) ours_level = LOG_WARN;
    const char *remedy = "";
    if (ours_level == LOG_WARN) remedy = kafka_words(text);
    kafka_credentials_note(text);
    log_seldom(&gates[level & 7], 1000, ours_level, "kafka client", "facility", facility, "text",
               text, *remedy ? "remedy" : NULL, remedy, NULL);
}

int kafka_handle_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK) return 0;
    return err_set(err, "kafka property %s: %s", name, text);
}

static int set_all(rd_kafka_conf_t *conf, const struct preset *presets, struct err *err) {
    for (; presets->name; presets++)
        if (kafka_handle_set(conf, presets->name, presets->value, err) < 0) return -1;
    return 0;
}

static int set_number(rd_kafka_conf_t *conf, const char *name, int64_t value, struct err *err) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return kafka_handle_set(conf, name, text, err);
}

static int set_sizes(rd_kafka_conf_t *conf, const struct kafka_sizes *sizes, enum kafka_role role,
                     struct err *err) {
    if (role != KAFKA_ROLE_PRODUCER)
        return sizes->receive ? set_number(conf, "receive.message.max.bytes", sizes->receive, err)
                              : 0;
    if (sizes->record && set_number(conf, "message.max.bytes", sizes->record, err) < 0) return -1;
    if (!sizes->batch) return 0;
    return set_number(conf, "batch.size", sizes->batch, err);
}

static int set_role(rd_kafka_conf_t *conf, const struct kafka *kafka, enum kafka_role role,
                    struct err *err) {
    const struct config *config = kafka->config;

    if (role == KAFKA_ROLE_PRODUCER) {
        if (kafka->sizes.one_by_one && kafka_handle_set(conf, "batch.num.messages", "1", err) < 0)
            return -1;
        if (kafka_handle_set(conf, "enable.idempotence", "true", err) < 0) return -1;
        return kafka_handle_set(conf, "partitioner", "murmur2_random", err);
    }
    char group[KAFKA_NAME_MAX];
    snprintf(group, sizeof group, "%s-%s", config->topic_prefix,
             kafka->worker ? kafka->worker : "tool");
    if (kafka_handle_set(conf, "group.id", group, err) < 0 ||
        kafka_handle_set(conf, "enable.auto.commit", "false", err) < 0 ||
        kafka_handle_set(conf, "enable.auto.offset.store", "false", err) < 0 ||
        kafka_handle_set(conf, "auto.offset.reset", "error", err) < 0 ||
        kafka_handle_set(conf, "enable.partition.eof", "true", err) < 0)
        return -1;
    if (role != KAFKA_ROLE_MEMBER) return 0;
    if (kafka_handle_set(conf, "partition.assignment.strategy", "range", err) <
            0 || /* eager: 2.0.2's cooperative has known bugs */
        kafka_handle_set(conf, "isolation.level", "read_committed", err) < 0 ||
        set_number(conf, "session.timeout.ms", config->session_timeout_ms, err) < 0 ||
        set_number(conf, "heartbeat.interval.ms", config->session_timeout_ms / 10, err) < 0)
        return -1;
    if (!config->instance) return 0;
    return kafka_handle_set(conf, "group.instance.id", config->instance, err);
}

rd_kafka_conf_t *kafka_handle_conf(const struct kafka *kafka, enum kafka_role role,
                                   struct err *err) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set_log_cb(conf, on_log);
    int bad = set_all(conf, everyone, err) < 0 ||
              set_all(conf, role == KAFKA_ROLE_PRODUCER ? producers : readers, err) < 0;
    bad = bad || set_sizes(conf, &kafka->sizes, role, err) < 0;
    for (int i = 0; !bad && i < kafka->config->kafka_count; i++)
        bad = kafka_handle_set(conf, kafka->config->kafka[i].name, kafka->config->kafka[i].value,
                               err) < 0;
    bad = bad || set_role(conf, kafka, role, err) < 0;
    if (!bad) return conf;
    rd_kafka_conf_destroy(conf);

    return NULL;
}

static bool uses_tokens(const rd_kafka_conf_t *conf) {
    char mechanism[32] = "";
    size_t size = sizeof mechanism;

    if (rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism, &size) != RD_KAFKA_CONF_OK)
        return false;
    return strcmp(mechanism, "OAUTHBEARER") == 0;
}

rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *what,
                             struct err *err) {
    char text[256];
    bool tokens = uses_tokens(conf);

    if (tokens) rd_kafka_conf_enable_sasl_queue(conf, 1);
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
    if (!rk) {
        err_set(err, "%s: %s", what, text);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    /* Refused where there is nothing to call: tokens that librdkafka makes itself, for tests. */
    rd_kafka_error_t *error = NULL;
    if (tokens) error = rd_kafka_sasl_background_callbacks_enable(rk);
    if (error) rd_kafka_error_destroy(error);
    kafka_credentials_join(rk);

    return rk;
}

void kafka_handle_free(rd_kafka_t *rk) {
    kafka_credentials_leave(rk);
    rd_kafka_destroy(rk);
}

const char *kafka_library_version(void) {
    return rd_kafka_version_str();
}

int kafka_handle_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms, struct err *err) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);

    if (!handle) return err_set(err, "%s: %s", topic, rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (code) return err_set(err, "metadata of %s: %s", topic, rd_kafka_err2str(code));
    if (metadata->topic_cnt == 1)
        code = metadata->topics[0].err;
    else
        code = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    int count = 0;
    if (!code) count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (!code || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return count;

    return err_set(err, "metadata of %s: %s", topic, rd_kafka_err2str(code));
}

rd_kafka_topic_partition_list_t *
kafka_handle_list(const struct kafka *kafka, const struct place *places, int count, bool metadata) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);

    for (int i = 0; i < count; i++) {
        char name[KAFKA_NAME_MAX];
        rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(
            list, kafka_topic(kafka, places[i].topic, name), places[i].partition);
        item->offset = places[i].offset;
        size_t len = strnlen(places[i].metadata, sizeof places[i].metadata);
        if (!metadata || !len) continue;
        item->metadata = strndup(places[i].metadata, len); /* freed by the list */
        item->metadata_size = len;
    }

    return list;
}

void kafka_handle_committed(const rd_kafka_topic_partition_t *item, struct place *place_out) {
    size_t len = 0;
    if (item->metadata) len = item->metadata_size;

    if (item->offset < 0)
        place_out->offset = KAFKA_NO_OFFSET;
    else
        place_out->offset = item->offset;
    if (len >= sizeof place_out->metadata) len = sizeof place_out->metadata - 1;
    if (len) memcpy(place_out->metadata, item->metadata, len);
    place_out->metadata[len] = 0;
}
