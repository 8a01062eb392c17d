/* config_parts: what the table of settings (config_settings.c) and the reading of the two places
 * (config.c) share. */
#ifndef REDRESS_CONFIG_PARTS_H
#define REDRESS_CONFIG_PARTS_H

#include "outside/config.h"
#include <stddef.h>

enum setting_type {
    SETTING_FOLDER,
    SETTING_NAME,
    SETTING_LISTEN,
    SETTING_REDIS,
    SETTING_COLLECTOR,
    SETTING_CERTIFICATE, /* a file of certificates in PEM */
    SETTING_KEY,         /* a file with a private key in PEM, without a password */
    SETTING_TEXT,
    SETTING_LEVEL,
    SETTING_DURATION,
    SETTING_COUNT,
    SETTING_BOOL,
    SETTING_SECRET
};

struct setting {
    const char *key;      /* in YAML */
    const char *variable; /* in the environment; variable_FILE wins over it */
    enum setting_type type;
    size_t offset;
    const char *initial; /* NULL: none */
    int64_t min, max;    /* SETTING_DURATION in ms, SETTING_COUNT */
    const char *doc;
};

extern const struct setting config_settings[];
extern const int config_setting_count;

/* Sets one setting from its text; the text lives as long as the configuration. -1: err. */
int config_set(struct config *config, const struct setting *setting, const char *value,
               struct err *err) MUST_CHECK;

#endif
