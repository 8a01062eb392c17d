/* renew: see the header. */
#include "runtime/renew.h"
#include "base/log.h"

#include <unistd.h>

void renew_secrets(const struct config *config, struct secrets *visit_out) {
    struct arena *arena = arena_new();
    struct buf errors = {0};
    struct config read;

    if (config_load(config->file, environ, arena, &read, &errors) < 0) {
        log_say(LOG_ERROR, "secrets not reloaded", "errors", errors.at ? errors.at : "", NULL);
    } else {
        if (visit_out) *visit_out = read.visit_secret;
        if (kafka_credentials_take(&read))
            log_say(LOG_INFO, "user and password for kafka were read again", NULL);
    }
    buf_free(&errors);
    arena_free(arena);
}

void renew_turn(const struct config *config, struct secrets *visit_out) {
    if (kafka_credentials_refused()) renew_secrets(config, visit_out);
}
