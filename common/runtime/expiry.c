/* expiry: see the header. */
#include "runtime/expiry.h"
#include "base/certificate.h"
#include "base/clock.h"
#include "base/metrics.h"

enum { LOOK_MS = 60000 };

/* A file that cannot be read now was a wrong setting, or is being renewed: what was known stays. */
static void tell(const char *of, const char *path) {
    int64_t end_ms;
    struct err err;

    if (!path || certificate_look(path, &end_ms, &err) < 0) return;
    struct metric *metric =
        metrics_gauge("redress_certificate_end_seconds",
                      "When the certificate ends that this process shows, since the epoch.", "of");
    metrics_set(metric, of, (double)end_ms / 1000);
}

void expiry_begin(const struct config *config) {
    tell("kafka", config_kafka(config, "ssl.certificate.location"));
    tell("redis", config->redis_tls.certificate);
}

void expiry_turn(const struct config *config) {
    static int64_t look_at_ms;

    if (!config->redis_tls.certificate || clock_boot_ms() < look_at_ms) return;
    look_at_ms = clock_boot_ms() + LOOK_MS;
    tell("redis", config->redis_tls.certificate);
}
