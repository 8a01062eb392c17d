/* kafka_producer: transactions, and the error taxonomy in one place: what may be tried again, what
 * aborts, and what means a new handle. */
#include "base/clock.h"
#include "base/log.h"
#include "outside/kafka_handle.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    API_END_TXN = 26, /* Kafka protocol */
    OFFSETS_TRY_MS =
        10000, /* limit of send_offsets with its retries: twice the transaction's own time-out */
    OFFSETS_PAUSE_MS = 50, /* between two of them: without a broker the answer is there at once */
    FULL_WAIT_MS =
        30000 /* a full queue that does not drain in this time is a dead broker: rebuild */
};

struct kafka_producer {
    struct kafka kafka;
    rd_kafka_t *rk;
    bool transactional, initialised, ready;
    bool failed; /* a record was not delivered in this transaction */
    atomic_int
        end_requests; /* EndTxn requests sent for this commit; written by librdkafka's threads */
    struct err failure;
};

/* Sorts an error by what it says of the record. Everything else passes by itself, or concerns all
 * records. */
static enum kafka_refusal refusal_of(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return KAFKA_TOO_LARGE; /* the second: than a segment of the log */
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return KAFKA_NOT_VALID;
    default: return KAFKA_NOT_REFUSED;
    }
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
    (void)rk;
    struct kafka_producer *producer = opaque;
    struct kafka_delivery *delivery = message->_private;
    if (message->err) {
        producer->failed = true;
        err_set(&producer->failure, "not delivered to %s: %s", rd_kafka_topic_name(message->rkt),
                rd_kafka_err2str(message->err));
    }
    if (!delivery) return;
    if (message->err || message->offset < 0)
        delivery->offset = KAFKA_NO_OFFSET;
    else
        delivery->offset = message->offset;
    delivery->refusal = refusal_of(message->err);
}

static rd_kafka_resp_err_t on_request(rd_kafka_t *rk, int sockfd, const char *broker, int32_t id,
                                      int16_t api, int16_t version, int32_t corr, size_t size,
                                      void *opaque) {
    (void)rk, (void)sockfd, (void)broker, (void)id, (void)version, (void)corr, (void)size;
    struct kafka_producer *producer = opaque;
    if (api == API_END_TXN) atomic_fetch_add(&producer->end_requests, 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque,
                                  char *text, size_t size) {
    (void)conf, (void)text, (void)size;
    return rd_kafka_interceptor_add_on_request_sent(rk, "redress", on_request, opaque);
}

static int set_transactions(rd_kafka_conf_t *conf, const struct kafka *kafka, const char *id,
                            struct err *err) {
    char timeout[32];
    snprintf(timeout, sizeof timeout, "%lld", (long long)kafka->config->transaction_timeout_ms);
    if (kafka_handle_set(conf, "transactional.id", id, err) < 0) return -1;
    return kafka_handle_set(conf, "transaction.timeout.ms", timeout, err);
}

struct kafka_producer *kafka_producer_new(const struct kafka *kafka, const char *transactional_id,
                                          struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, KAFKA_ROLE_PRODUCER, err);

    if (!conf) return NULL;
    if (transactional_id && set_transactions(conf, kafka, transactional_id, err) < 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    struct kafka_producer *producer = calloc(1, sizeof *producer);
    ASSERT(producer);
    producer->kafka = *kafka;
    producer->transactional = transactional_id != NULL;
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_interceptor_add_on_new(conf, "redress", on_new, producer);
    producer->rk = kafka_handle_new(RD_KAFKA_PRODUCER, conf, "kafka producer", err);
    if (producer->rk) return producer;
    free(producer);

    return NULL;
}

void kafka_producer_free(struct kafka_producer *producer) {
    if (!producer) return;
    rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                     RD_KAFKA_PURGE_F_NON_BLOCKING);
    kafka_handle_free(producer->rk);
    free(producer);
}

/* Sorts an error by what to do. Takes the error. */
static enum kafka_outcome classify_error(struct kafka_producer *producer, rd_kafka_error_t *error,
                                         const char *what, struct err *err) {
    if (!error) return KAFKA_DONE;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    enum kafka_outcome outcome = KAFKA_REBUILD;
    if (code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED || code == RD_KAFKA_RESP_ERR__FENCED ||
        code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
        outcome = KAFKA_FENCED;
    else if (!rd_kafka_error_is_fatal(error) && rd_kafka_error_txn_requires_abort(error))
        outcome = KAFKA_ABORT;
    err_set(err, "%s: %s%s%s", what, rd_kafka_error_string(error), producer->failed ? "; " : "",
            producer->failed ? producer->failure.text : "");
    rd_kafka_error_destroy(error);

    return outcome;
}

/* #5032: before 2.10.1 the first record of a fresh producer waits 1 s unless the topic's metadata
 * is there. */
static bool prime(struct kafka_producer *producer, const enum topic *topics, int timeout_ms) {
    for (; *topics != TOPIC_NONE; topics++) {
        char name[KAFKA_NAME_MAX];
        rd_kafka_topic_t *topic =
            rd_kafka_topic_new(producer->rk, kafka_topic(&producer->kafka, *topics, name), NULL);
        const struct rd_kafka_metadata *metadata;
        rd_kafka_resp_err_t code = rd_kafka_metadata(producer->rk, 0, topic, &metadata, timeout_ms);
        if (!code) rd_kafka_metadata_destroy(metadata);
        rd_kafka_topic_destroy(topic);
        if (code) return false;
    }

    return true;
}

enum kafka_outcome kafka_producer_ready(struct kafka_producer *producer, const enum topic *topics,
                                        int timeout_ms, struct err *err) {
    if (producer->ready) return KAFKA_DONE;
    if (producer->transactional && !producer->initialised) {
        rd_kafka_error_t *error = rd_kafka_init_transactions(producer->rk, timeout_ms);
        if (error && rd_kafka_error_is_retriable(error)) {
            err_set(err, "init transactions: %s", rd_kafka_error_string(error));
            rd_kafka_error_destroy(error);
            return KAFKA_LATER;
        }
        enum kafka_outcome outcome = classify_error(producer, error, "init transactions", err);
        if (outcome != KAFKA_DONE) return outcome == KAFKA_ABORT ? KAFKA_REBUILD : outcome;
        producer->initialised = true;
    }
    if (!prime(producer, topics, timeout_ms)) {
        err_set(err, "no metadata of the topics yet");
        return KAFKA_LATER;
    }
    producer->ready = true;

    return KAFKA_DONE;
}

/* begin_transaction on a dead handle has been seen to hang (#4420): ask for the fatal error first.
 */
enum kafka_outcome kafka_begin(struct kafka_producer *producer, struct err *err) {
    char text[300];

    producer->failed = false;
    atomic_store(&producer->end_requests, 0);
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer->rk, text, sizeof text);
    if (!fatal)
        return classify_error(producer, rd_kafka_begin_transaction(producer->rk), "begin", err);
    err_set(err, "producer: %s", text);
    if (fatal == RD_KAFKA_RESP_ERR__FENCED) return KAFKA_FENCED;
    return KAFKA_REBUILD;
}

/* Retriable, but with the same arguments only. */
enum kafka_outcome kafka_send_offsets(struct kafka_producer *producer, const struct place *places,
                                      int count, struct kafka_membership *membership,
                                      struct err *err) {
    rd_kafka_topic_partition_list_t *list =
        kafka_handle_list(&producer->kafka, places, count, true);
    int64_t end_ms = clock_boot_ms() + OFFSETS_TRY_MS;
    rd_kafka_error_t *error;

    for (;;) {
        error = rd_kafka_send_offsets_to_transaction(
            producer->rk, list, (rd_kafka_consumer_group_metadata_t *)membership, -1);
        if (!error || !rd_kafka_error_is_retriable(error) || clock_boot_ms() > end_ms) break;
        rd_kafka_error_destroy(error);
        usleep(OFFSETS_PAUSE_MS * 1000);
    }
    rd_kafka_topic_partition_list_destroy(list);

    return classify_error(producer, error, "send offsets", err);
}

static rd_kafka_headers_t *headers_of(const struct kafka_message *message) {
    if (!message->header_count) return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)message->header_count);
    for (int i = 0; i < message->header_count; i++)
        rd_kafka_header_add(headers, message->headers[i].name, -1, message->headers[i].value,
                            (ssize_t)message->headers[i].value_len);
    return headers;
}

enum kafka_outcome kafka_produce(struct kafka_producer *producer,
                                 const struct kafka_message *message, struct err *err) {
    char ours[KAFKA_NAME_MAX];
    const char *name = message->topic_name ? message->topic_name
                                           : kafka_topic(&producer->kafka, message->topic, ours);
    int64_t end_ms = clock_boot_ms() + FULL_WAIT_MS;

    for (;;) {
        rd_kafka_headers_t *headers = headers_of(message);
        if (message->delivery) *message->delivery = (struct kafka_delivery){.offset = -1};
        rd_kafka_resp_err_t code = rd_kafka_producev(
            producer->rk, RD_KAFKA_V_TOPIC(name),
            RD_KAFKA_V_PARTITION(message->partition < 0 ? RD_KAFKA_PARTITION_UA
                                                        : message->partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(message->key, message->key_len),
            RD_KAFKA_V_VALUE((void *)message->value, message->value_len),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_TIMESTAMP(message->timestamp_ms),
            RD_KAFKA_V_OPAQUE(message->delivery), RD_KAFKA_V_END);
        if (!code) {
            rd_kafka_poll(producer->rk, 0);
            return KAFKA_DONE;
        }
        if (headers) rd_kafka_headers_destroy(headers);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || clock_boot_ms() > end_ms) {
            err_set(err, "produce to %s: %s", name, rd_kafka_err2str(code));
            if (message->delivery) message->delivery->refusal = refusal_of(code);
            if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || code == RD_KAFKA_RESP_ERR__FATAL ||
                code == RD_KAFKA_RESP_ERR__FENCED)
                return KAFKA_REBUILD;
            return KAFKA_ABORT;
        }
        rd_kafka_poll(producer->rk, 10);
    }
}

enum kafka_outcome kafka_flush(struct kafka_producer *producer, int timeout_ms, struct err *err) {
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->rk, timeout_ms);

    if (code) {
        err_set(err, "flush: %s", rd_kafka_err2str(code));
        return KAFKA_ABORT;
    }
    if (!producer->failed) return KAFKA_DONE;
    *err = producer->failure;

    return KAFKA_ABORT;
}

/* -1 is the rest of the transaction's own time-out. A time-out leaves the outcome open: the handle
 * goes. */
enum kafka_outcome kafka_commit(struct kafka_producer *producer, struct err *err) {
    rd_kafka_error_t *error = rd_kafka_commit_transaction(producer->rk, -1);
    enum kafka_outcome outcome = classify_error(producer, error, "commit", err);

    if (outcome != KAFKA_DONE) return outcome;
    if (atomic_load(&producer->end_requests) <= 1) return KAFKA_DONE;
    err_set(err, "commit: the end of the transaction was sent more than once");
    return KAFKA_REBUILD;
}

enum kafka_outcome kafka_abort(struct kafka_producer *producer, struct err *err) {
    rd_kafka_error_t *error = rd_kafka_abort_transaction(producer->rk, -1);
    enum kafka_outcome outcome = classify_error(producer, error, "abort", err);
    if (outcome == KAFKA_DONE && atomic_load(&producer->end_requests) <= 1) return KAFKA_DONE;
    if (outcome == KAFKA_FENCED) return KAFKA_FENCED;
    return KAFKA_REBUILD;
}
