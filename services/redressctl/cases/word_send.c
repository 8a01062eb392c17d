/* word_send: a person's word on its way: one producer for each, for people decide seldom. */
#include "base/clock.h"
#include "base/ids.h"
#include "redressctl/cases/word.h"
#include "redressctl/log/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    READY_MS = 10000, /* a broker that is there answers in milliseconds */
    FLUSH_MS = 30000
};

void word_make_id(const char *about, const char *actor, char id_out[27]) {
    char time[24], process[24];
    snprintf(time, sizeof time, "%" PRId64, clock_boot_us());
    snprintf(process, sizeof process, "%ld.%" PRId64, (long)getpid(), clock_now_ms());
    ids_hash(id_out, 4, about, actor, time, process);
}

int word_send(const struct kafka *kafka, const struct buf *event, struct arena *arena,
              struct err *err) {
    static const struct header headers[] = {
        {"content-type", "application/cloudevents+json; charset=UTF-8", 43}};
    struct publish_record record;
    struct kafka_delivery delivery = {.offset = -1};
    int rc = publish_route(event->at, event->len, arena, &record, err);

    ASSERT(rc == 0); /* our own words */
    const enum topic topics[] = {record.topic, TOPIC_NONE};
    struct kafka_producer *producer = kafka_producer_new(kafka, NULL, err);
    if (!producer) return -1;
    struct kafka_message message = {.topic = record.topic,
                                    .partition = -1,
                                    .key = record.key,
                                    .key_len = strlen(record.key),
                                    .value = event->at,
                                    .value_len = event->len,
                                    .headers = headers,
                                    .header_count = 1,
                                    .delivery = &delivery};
    enum kafka_outcome outcome = kafka_producer_ready(producer, topics, READY_MS, err);
    if (outcome == KAFKA_DONE) outcome = kafka_produce(producer, &message, err);
    if (outcome == KAFKA_DONE) outcome = kafka_flush(producer, FLUSH_MS, err);
    kafka_producer_free(producer);
    if (outcome != KAFKA_DONE) return -1;
    if (delivery.offset < 0) return err_set(err, "no offset came back");
    return 0;
}
