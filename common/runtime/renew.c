/* renew: see the header. */
#include "runtime/renew.h"
#include "base/log.h"
#include "outside/kafka_credentials.h"
#include "outside/redis_credentials.h"
#include "runtime/expiry.h"

#include <unistd.h>

void renew_begin(const struct config *config) {
    kafka_credentials_take(config);
    redis_credentials_take(config);
    expiry_begin(config);
}

/* Nobody waits for servers that this process will not ask before its next start. */
static void tell_of_servers(const struct config *config, const struct config *read) {
    if (redis_url_same_servers(config->redis_url, read->redis_url)) return;
    log_say(LOG_WARN, "REDRESS_REDIS_URL names other servers: they count from the next start on",
            NULL);
}

static bool take(const struct config *config, const struct config *read,
                 struct secrets *visit_out) {
    bool kafka = kafka_credentials_take(read);
    bool redis = redis_credentials_take(read);

    if (visit_out) *visit_out = read->visit_secret;
    if (kafka) log_say(LOG_INFO, "user and password for kafka were read again", NULL);
    if (redis) log_say(LOG_INFO, "user and password for redis were read again", NULL);
    tell_of_servers(config, read);

    return kafka || redis;
}

bool renew_secrets(const struct config *config, struct secrets *visit_out) {
    struct arena *arena = arena_new();
    struct buf errors = {0};
    struct config read;
    bool others = false;

    if (config_load(config->file, environ, arena, &read, &errors) < 0)
        log_say(LOG_ERROR, "secrets not reloaded", "errors", errors.at ? errors.at : "", NULL);
    else
        others = take(config, &read, visit_out);
    buf_free(&errors);
    arena_free(arena);

    return others;
}

bool renew_turn(const struct config *config, struct secrets *visit_out) {
    bool kafka = kafka_credentials_refused();
    bool redis = redis_credentials_refused();

    expiry_turn(config);
    if (!kafka && !redis) return false;
    return renew_secrets(config, visit_out);
}
