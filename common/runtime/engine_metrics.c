/* engine_metrics: what the map and the keyed loop tell of themselves in numbers. */
#include "base/clock.h"
#include "runtime/engine.h"

#include <stdio.h>

/* A batch that takes so long is worth a line: deadlines wait behind it. */
enum { SLOW_BATCH_MS = 2000 };

void engine_metrics(struct engine *engine) {
    static const double fast[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                  0.25,  0.5,    1,     2.5,  5,     10,   0};
    static const double slow[] = {0.05, 0.25, 1, 5, 15, 60, 300, 1800, 0};

    engine->metrics.events =
        metrics_counter("redress_events_total", "Events decided, by type.", "type");
    engine->metrics.rejected =
        metrics_counter("redress_rejected_total", "Records rejected, by reason.", "reason");
    engine->metrics.batch = metrics_histogram(
        "redress_batch_seconds", "From the first record of a batch to its apply.", fast);
    engine->metrics.commit = metrics_histogram("redress_commit_seconds",
                                               "One Kafka transaction, offsets to commit.", fast);
    engine->metrics.aborts = metrics_counter("redress_transaction_aborts_total",
                                             "Transactions aborted and decided again.", NULL);
    engine->metrics.rebuilt =
        metrics_counter("redress_producers_rebuilt_total",
                        "Producers replaced after a fatal error or an unknown outcome.", NULL);
    engine->metrics.heals = metrics_counter(
        "redress_heals_total", "Views healed from their changelog, take-overs included.", NULL);
    engine->metrics.heal = metrics_histogram("redress_heal_seconds", "How long a heal took.", slow);
    engine->metrics.late = metrics_histogram("redress_timer_late_seconds",
                                             "From a wake-up's time to its decision.", fast);
    engine->metrics.lag = metrics_gauge(
        "redress_lag_records", "Input records not yet decided, of this process' partitions.", NULL);
    engine->metrics.partition_lag =
        metrics_gauge("redress_partition_lag_records",
                      "The same of each partition; 0 of those that another process has by now.",
                      "topic,partition");
    engine->metrics.held =
        metrics_gauge("redress_held", "1 while something is held, by reason.", "reason");
    engine->metrics.ready =
        metrics_gauge("redress_ready", "1 when this worker decides events.", NULL);
    engine->metrics.clock_behind =
        metrics_gauge("redress_clock_behind_seconds",
                      "How far this host's clock is behind Redis'; negative: ahead.", NULL);
    engine->metrics.retries =
        metrics_counter("redress_retries_total", "Pauses after trouble with Kafka or Redis.", NULL);
}

void engine_lag(struct engine *engine, enum topic topic, int partition, int64_t records) {
    char labels[KAFKA_NAME_MAX + sizeof METRICS_NEXT + 12];
    char name[KAFKA_NAME_MAX];

    snprintf(labels, sizeof labels, "%s" METRICS_NEXT "%d",
             kafka_topic(&engine->kafka, topic, name), partition);
    metrics_set(engine->metrics.partition_lag, labels, (double)records);
}

void engine_batch_done(struct engine *engine, int64_t began_us, int records) {
    static struct log_gate gate;
    int64_t took_us = clock_boot_us() - began_us;

    metrics_observe(engine->metrics.batch, (double)took_us / 1e6);
    if (took_us / 1000 >= SLOW_BATCH_MS)
        log_seldom(&gate, 1000, LOG_WARN, "slow batch", "records", log_int(records), "ms",
                   log_int(took_us / 1000), NULL);
}
