/* ctl_log: every partition of the case log by one reader. */
#include "redressctl/log/ctl_log.h"
#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

enum {
    ASK_MS = 15000, /* a broker that does not answer in this time is away */
    TURN_MS = 200,
    SILENCE_MS = 60000, /* nothing read and no end reached for so long: not waited for any more */
    PARTITIONS_MAX = 1024
};

struct log {
    struct ctl *ctl;
    const struct ctl_log_reading *reading;
    struct kafka_consumer *reader;
    struct place places[PARTITIONS_MAX];
    bool finished[PARTITIONS_MAX];
    int partitions, left;
};

static int ask_places(struct log *log, struct kafka_asker *asker) {
    struct err err;

    log->partitions = kafka_partitions(asker, TOPIC_EVENTS, ASK_MS, &err);
    int status = ctl_partitions(log->ctl, TOPIC_EVENTS, log->partitions, PARTITIONS_MAX, &err);
    if (status) return status;
    for (int i = 0; i < log->partitions; i++)
        log->places[i] = (struct place){.topic = TOPIC_EVENTS, .partition = i};
    log->left = log->partitions;
    if (kafka_starts(asker, log->places, log->partitions, ASK_MS, &err) < 0)
        return ctl_fail(log->ctl, "%s", err.text);
    return 0;
}

static int open_reader(struct log *log) {
    struct err err;
    struct kafka_asker *asker = kafka_asker_new(&log->ctl->kafka, &err);

    if (!asker) return ctl_fail(log->ctl, "%s", err.text);
    int status = ask_places(log, asker);
    kafka_asker_free(asker);
    if (status) return status;
    log->reader = kafka_reader_new(&log->ctl->kafka, true, &err);
    if (!log->reader || kafka_fetch_from(log->reader, log->places, log->partitions, &err) < 0)
        return ctl_fail(log->ctl, "%s", err.text);
    return 0;
}

/* What is no event is not ours to judge: everything in the case log was written by a worker. */
static int hand_out(struct log *log, const struct kafka_record *record, struct err *err) {
    struct raw raw;
    struct event ev;
    struct rejection rejection;
    size_t len;
    char type[64];

    kafka_record_raw(&log->ctl->kafka, record, log->ctl->turn, &raw);
    const char *peeked = event_peek_type(&raw, &len);
    if (peeked != NULL && len < sizeof type) {
        memcpy(type, peeked, len);
        type[len] = '\0';
        if (!log->reading->wants(type)) return 0;
    }
    if (event_read(&raw, log->ctl->turn, &ev, &rejection) < 0) {
        ctl_note("partition %d, offset %" PRId64 ": no event: %s: %s", raw.partition, raw.offset,
                 rejection.reason, rejection.detail);
        return 0;
    }

    if (log->reading->wants(ev.type)) return log->reading->each(log->reading->context, &ev, err);
    return 0;
}

static void finish(struct log *log, int partition) {
    if (partition >= log->partitions || log->finished[partition]) return;
    log->finished[partition] = true;
    log->left--;
}

static int read_on(struct log *log) {
    int64_t heard_ms = clock_boot_ms();

    while (log->left > 0) {
        struct kafka_record *record = NULL;
        struct place place;
        struct err err;
        enum kafka_got got = kafka_poll(log->reader, TURN_MS, &record, &place, &err);
        if (got == KAFKA_RECORD) {
            int status = hand_out(log, record, &err);
            kafka_record_free(record);
            arena_reset(log->ctl->turn);
            if (status < 0) return ctl_fail(log->ctl, "%s", err.text);
        } else if (got == KAFKA_END) {
            finish(log, place.partition);
        } else if (got == KAFKA_TROUBLE) {
            ctl_note("redressctl %s: %s", log->ctl->command->name, err.text);
        } else if (got != KAFKA_NOTHING) {
            return ctl_fail(log->ctl, "%s", err.text);
        }
        if (got == KAFKA_RECORD || got == KAFKA_END) heard_ms = clock_boot_ms();
        if (clock_boot_ms() - heard_ms > SILENCE_MS)
            return ctl_fail(
                log->ctl, "Kafka has been silent for %d s, %d partitions are not read to their end",
                SILENCE_MS / 1000, log->left);
    }

    return 0;
}

int ctl_log_read(struct ctl *ctl, const struct ctl_log_reading *reading) {
    struct log *log = ARENA_NEW(ctl->arena, struct log);

    log->ctl = ctl;
    log->reading = reading;
    int status = open_reader(log);
    if (!status) status = read_on(log);
    kafka_consumer_free(log->reader);
    return status;
}
