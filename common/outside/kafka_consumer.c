/* kafka_consumer: group members and readers. The set of what is fetched is always given whole, with
 * explicit offsets: one mechanism for take-over, rewinding after an abort, and healing. */
#include "base/heap.h"
#include "outside/kafka_handle.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kafka_consumer {
    struct kafka kafka;
    rd_kafka_t *rk;
    bool member;
    struct kafka_hooks hooks;
    struct place *from; /* as set by kafka_fetch_from(); behind what could not be unpacked */
    int from_count;
    bool has_paused; /* something of that */
    rd_kafka_consumer_group_metadata_t *membership;
    char *last_topic_name; /* the topic of the last record, to look it up once */
    enum topic last_topic;
};

static enum topic topic_of(struct kafka_consumer *consumer, const char *name) {
    if (consumer->last_topic_name && strcmp(consumer->last_topic_name, name) == 0)
        return consumer->last_topic;
    free(consumer->last_topic_name);
    consumer->last_topic_name = strdup(name);
    consumer->last_topic = kafka_topic_of(&consumer->kafka, name);
    return consumer->last_topic;
}

static void drop_membership(struct kafka_consumer *consumer) {
    if (consumer->membership) rd_kafka_consumer_group_metadata_destroy(consumer->membership);
    consumer->membership = NULL;
}

static void tell_assigned(struct kafka_consumer *consumer,
                          const rd_kafka_topic_partition_list_t *list) {
    struct place *places = calloc((size_t)list->cnt + 1, sizeof *places);

    ASSERT(places);
    for (int i = 0; i < list->cnt; i++) {
        places[i].topic = topic_of(consumer, list->elems[i].topic);
        places[i].partition = list->elems[i].partition;
        places[i].offset = KAFKA_NO_OFFSET;
    }
    consumer->hooks.assigned(consumer->hooks.context, places, list->cnt);
    free(places);
}

/* Eager protocol. The group hands us partitions; what is fetched of them the worker decides later
 * (kafka_fetch_from).
 */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct kafka_consumer *consumer = opaque;

    drop_membership(consumer);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
        rd_kafka_assign(rk, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
        consumer->membership = rd_kafka_consumer_group_metadata(rk);
        tell_assigned(consumer, list);
    } else {
        bool lost = rd_kafka_assignment_lost(rk) != 0;
        consumer->hooks.revoked(consumer->hooks.context, lost);
        rd_kafka_assign(rk, NULL);
    }
}

static struct kafka_consumer *consumer_new(const struct kafka *kafka, rd_kafka_conf_t *conf,
                                           struct err *err) {
    struct kafka_consumer *consumer = calloc(1, sizeof *consumer);

    ASSERT(consumer);
    consumer->kafka = *kafka;
    rd_kafka_conf_set_opaque(conf, consumer);
    consumer->rk = kafka_handle_new(RD_KAFKA_CONSUMER, conf, "kafka consumer", err);
    if (!consumer->rk) {
        free(consumer);
        return NULL;
    }
    rd_kafka_poll_set_consumer(consumer->rk);

    return consumer;
}

static int subscribe(struct kafka_consumer *consumer, const enum topic *topics, struct err *err) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    char name[KAFKA_NAME_MAX];

    for (; *topics != TOPIC_NONE; topics++)
        rd_kafka_topic_partition_list_add(list, kafka_topic(&consumer->kafka, *topics, name),
                                          RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!code) return 0;
    return err_set(err, "subscribe: %s", rd_kafka_err2str(code));
}

struct kafka_consumer *kafka_consumer_new(const struct kafka *kafka, const enum topic *topics,
                                          const struct kafka_hooks *hooks, struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, KAFKA_ROLE_MEMBER, err);

    if (!conf) return NULL;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    struct kafka_consumer *consumer = consumer_new(kafka, conf, err);
    if (!consumer) return NULL;
    consumer->hooks = *hooks;
    consumer->member = true;
    if (subscribe(consumer, topics, err) == 0) return consumer;
    kafka_consumer_free(consumer);

    return NULL;
}

int kafka_subscribe_again(struct kafka_consumer *consumer, const enum topic *topics,
                          struct err *err) {
    return subscribe(consumer, topics, err);
}

struct kafka_consumer *kafka_reader_new(const struct kafka *kafka, bool committed,
                                        struct err *err) {
    rd_kafka_conf_t *conf = kafka_handle_conf(kafka, KAFKA_ROLE_READER, err);

    if (!conf) return NULL;
    if (kafka_handle_set(conf, "isolation.level", committed ? "read_committed" : "read_uncommitted",
                         err) == 0)
        return consumer_new(kafka, conf, err);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

void kafka_consumer_free(struct kafka_consumer *consumer) {
    if (!consumer) return;
    rd_kafka_consumer_close(consumer->rk); /* runs the revoke callback */
    drop_membership(consumer);
    kafka_handle_free(consumer->rk);
    free(consumer->last_topic_name);
    free(consumer->from);
    free(consumer);
}

struct kafka_membership *kafka_membership(struct kafka_consumer *consumer) {
    return (struct kafka_membership *)consumer->membership;
}

static int resume_all(struct kafka_consumer *consumer, struct err *err) {
    if (!consumer->has_paused) return 0;
    return kafka_pause(consumer, consumer->from, consumer->from_count, false, err);
}

/* A pause outlives an assignment in librdkafka. It is ended before the next one, never behind it: a
 * resume that comes while a partition's fetcher starts leaves it, about once in ten thousand times,
 * without a fetch for ever (2.0.2). */
int kafka_fetch_from(struct kafka_consumer *consumer, const struct place *places, int count,
                     struct err *err) {
    if (resume_all(consumer, err) < 0) return -1;
    consumer->has_paused = false;
    rd_kafka_topic_partition_list_t *list =
        kafka_handle_list(&consumer->kafka, places, count, false);
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    consumer->from = heap_resize(consumer->from, sizeof *consumer->from * (size_t)count);
    if (count) memcpy(consumer->from, places, sizeof *places * (size_t)count);
    consumer->from_count = count;

    if (!code) return 0;
    return err_set(err, "cannot fetch: %s", rd_kafka_err2str(code));
}

int kafka_pause(struct kafka_consumer *consumer, const struct place *places, int count, bool pause,
                struct err *err) {
    rd_kafka_topic_partition_list_t *list =
        kafka_handle_list(&consumer->kafka, places, count, false);
    rd_kafka_resp_err_t code = pause ? rd_kafka_pause_partitions(consumer->rk, list)
                                     : rd_kafka_resume_partitions(consumer->rk, list);

    rd_kafka_topic_partition_list_destroy(list);
    if (pause && count) consumer->has_paused = true;
    if (!code) return 0;
    return err_set(err, "cannot pause or resume: %s", rd_kafka_err2str(code));
}

static void place_of(struct kafka_consumer *consumer, const rd_kafka_message_t *message,
                     struct place *place_out) {
    *place_out = (struct place){.topic = topic_of(consumer, rd_kafka_topic_name(message->rkt)),
                                .partition = message->partition,
                                .offset = message->offset};
}

/* What the broker has is not what it was given: a checksum that does not fit, a form of batch that
 * Kafka does not know, or a length beyond everything. librdkafka 2.0.2 goes on behind such a batch,
 * or anywhere, or asks for it for ever. */
static bool is_damage(const rd_kafka_message_t *message) {
    const char *text = "";
    if (message->payload) text = message->payload;
    if (message->err == RD_KAFKA_RESP_ERR__BAD_MSG) return true;
    if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) return true;
    return message->err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED && strstr(text, "MagicByte");
}

/* A batch in a form that was meant so, but not to be unpacked here: with a codec that this
 * librdkafka was built without, or to more than it allows. It stays where it is, and asks again for
 * it. */
static bool is_packed(const rd_kafka_message_t *message) {
    return message->err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
           message->err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED;
}

/* Errors come as messages; they are never data. */
static enum kafka_got got_error(struct kafka_consumer *consumer, const rd_kafka_message_t *message,
                                struct place *place_out, struct err *err) {
    char text[300], name[KAFKA_NAME_MAX];
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: place_of(consumer, message, place_out); return KAFKA_END;
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FENCED:
        err_set(err, "another process uses the same REDRESS_INSTANCE");
        return KAFKA_DOUBLE;
    default: break;
    }

    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(consumer->rk, text, sizeof text);
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        err_set(err, "another process uses the same REDRESS_INSTANCE: %s", text);
        return KAFKA_DOUBLE;
    }
    err_set(err, "%s: %s", rd_kafka_err2name(message->err), rd_kafka_message_errstr(message));
    if (!fatal && message->rkt && (is_damage(message) || is_packed(message))) {
        place_of(consumer, message, place_out);
        err_set(err, "%s:%d, offset %" PRId64 ": %s",
                kafka_topic(&consumer->kafka, place_out->topic, name), place_out->partition,
                place_out->offset, rd_kafka_message_errstr(message));
        return KAFKA_DAMAGED;
    }
    bool out_of_range = message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                        message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    if (fatal || out_of_range) return KAFKA_LOST;
    return KAFKA_TROUBLE;
}

static struct place *find_from(struct kafka_consumer *consumer, const struct place *place) {
    for (int i = 0; i < consumer->from_count; i++)
        if (consumer->from[i].topic == place->topic &&
            consumer->from[i].partition == place->partition)
            return &consumer->from[i];
    return NULL;
}

/* Steps over one record of a batch that cannot be unpacked; the batch says where it begins, not
 * where it ends, so what comes next is either behind it or the same batch again. False: it is no
 * longer fetched. */
static bool step_over(struct kafka_consumer *consumer, rd_kafka_message_t *message) {
    struct place place;
    place_of(consumer, message, &place);
    struct place *from = find_from(consumer, &place);
    if (!from) return false;

    if (from->offset < place.offset) from->offset = place.offset;
    message->offset = from->offset++;
    return rd_kafka_seek(message->rkt, message->partition, from->offset, 0) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
}

enum kafka_got kafka_poll(struct kafka_consumer *consumer, int timeout_ms,
                          struct kafka_record **record_out, struct place *place_out,
                          struct err *err) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->rk, timeout_ms);
    if (!message) return KAFKA_NOTHING;
    bool packed = message->err && consumer->member && is_packed(message) && !is_damage(message);
    if (!message->err || (packed && step_over(consumer, message))) {
        *record_out = (struct kafka_record *)message;
        return KAFKA_RECORD;
    }

    enum kafka_got got = KAFKA_NOTHING;
    if (!packed) got = got_error(consumer, message, place_out, err);
    rd_kafka_message_destroy(message);
    return got;
}

void kafka_record_free(struct kafka_record *record) {
    rd_kafka_message_destroy((rd_kafka_message_t *)record);
}

static void list_headers(const rd_kafka_message_t *message, struct arena *arena, struct raw *raw) {
    rd_kafka_headers_t *headers;

    if (rd_kafka_message_headers(message, &headers)) return;
    size_t count = rd_kafka_header_cnt(headers);
    struct header *list = arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const void *value;
        rd_kafka_header_get_all(headers, i, &list[i].name, &value, &list[i].value_len);
        list[i].value = value;
    }
    raw->headers = list;
    raw->header_count = (int)count;
}

void kafka_record_raw(const struct kafka *kafka, const struct kafka_record *record,
                      struct arena *arena, struct raw *raw_out) {
    const rd_kafka_message_t *message = (const rd_kafka_message_t *)record;
    if (message->err) { /* its payload is the error's text */
        *raw_out = (struct raw){.topic = kafka_topic_of(kafka, rd_kafka_topic_name(message->rkt)),
                                .partition = message->partition,
                                .offset = message->offset,
                                .unreadable = arena_strndup(arena, message->payload, message->len)};
        return;
    }

    rd_kafka_timestamp_type_t whose;
    int64_t stamp_ms = rd_kafka_message_timestamp(message, &whose);
    *raw_out =
        (struct raw){.topic = kafka_topic_of(kafka, rd_kafka_topic_name(message->rkt)),
                     .partition = message->partition,
                     .offset = message->offset,
                     .timestamp_ms = stamp_ms,
                     .appended_ms = whose == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? stamp_ms : 0,
                     .key = message->key,
                     .key_len = message->key_len,
                     .value = message->payload,
                     .value_len = message->len};
    list_headers(message, arena, raw_out);
}

enum outcome kafka_committed(struct kafka_consumer *consumer, struct place *places, int count,
                             int timeout_ms, struct err *err) {
    rd_kafka_topic_partition_list_t *list =
        kafka_handle_list(&consumer->kafka, places, count, false);
    rd_kafka_resp_err_t code = rd_kafka_committed(consumer->rk, list, timeout_ms);

    for (int i = 0; !code && i < count; i++) {
        const rd_kafka_topic_partition_t *item = &list->elems[i];
        code = item->err;
        if (!code) kafka_handle_committed(item, &places[i]);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (!code) return OUTCOME_DONE;
    err_set(err, "committed offsets: %s", rd_kafka_err2str(code));
    return OUTCOME_WAIT;
}
