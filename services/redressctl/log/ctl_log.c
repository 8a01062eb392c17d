/* ctl_log: every partition of the case log by one reader. */
#include "redressctl/log/ctl_log.h"
#include "outside/reading.h"

#include <inttypes.h>
#include <string.h>

enum {
    ASK_MS = 15000,    /* a broker that does not answer in this time is away */
    SILENCE_MS = 60000 /* nothing read and no end reached for so long: not waited for any more */
};

struct log {
    struct ctl *ctl;
    const struct ctl_log_reading *reading;
    struct err err; /* of what ended it */
};

/* What is no event is not ours to judge: everything in the case log was written by a worker. */
static int hand_out(void *context, const struct raw *raw) {
    struct log *log = context;
    struct event ev;
    struct rejection rejection;
    size_t len;
    char type[64];

    arena_reset(log->ctl->turn);
    const char *peeked = event_peek_type(raw, &len);
    if (peeked != NULL && len < sizeof type) {
        memcpy(type, peeked, len);
        type[len] = '\0';
        if (!log->reading->wants(type)) return 0;
    }
    if (event_read(raw, log->ctl->turn, &ev, &rejection) < 0) {
        ctl_note("partition %d, offset %" PRId64 ": no event: %s: %s", raw->partition, raw->offset,
                 rejection.reason, rejection.detail);
        return 0;
    }

    if (!log->reading->wants(ev.type)) return 0;
    return log->reading->each(log->reading->context, &ev, &log->err);
}

int ctl_log_read(struct ctl *ctl, const struct ctl_log_reading *reading) {
    struct log log = {.ctl = ctl, .reading = reading};
    struct kafka_asker *asker = kafka_asker_new(&ctl->kafka, &log.err);

    if (!asker) return ctl_fail(ctl, "%s", log.err.text);
    const struct reading_plan plan = {.kafka = &ctl->kafka,
                                      .asker = asker,
                                      .topic = TOPIC_EVENTS,
                                      .end = READING_STABLE_END,
                                      .silence_ms = SILENCE_MS,
                                      .each = hand_out,
                                      .context = &log};
    int count = kafka_partitions(asker, TOPIC_EVENTS, ASK_MS, &log.err);
    int status = ctl_partitions(ctl, TOPIC_EVENTS, count, READING_PARTITIONS_MAX, &log.err);
    if (!status && reading_run(&plan, &log.err) != OUTCOME_DONE)
        status = ctl_fail(ctl, "%s", log.err.text);
    kafka_asker_free(asker);

    return status;
}
