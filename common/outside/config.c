/* config: reads the settings (config_settings.c) from a file in YAML and from the environment, and
 * lists everything that is wrong with them at once. */
#include "base/certificate.h"
#include "base/file.h"
#include "base/suggest.h"
#include "data/yaml.h"
#include "outside/config_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_MAX =
        64 * 1024, /* bytes of a value or secret file: a certificate chain in PEM is under 20 KiB */
    NOTICE_MS = 1000,    /* for the broker to find a transaction that was left open */
    PROPERTIES_MAX = 200 /* librdkafka knows some 150 properties */
};

static const char kafka_prefix[] = "REDRESS_KAFKA_", any_prefix[] = "REDRESS_",
                  test_prefix[] = "REDRESS_TEST_", file_suffix[] = "_FILE";

/* One reading: where its errors go, and what has been given so far. */
struct reading {
    struct config *config;
    struct arena *arena;
    struct buf *errors;
    const char *path;
    char **environ_list;
};

static void complain(struct reading *reading, int line, const char *where, const char *what) {
    if (line > 0) buf_printf(reading->errors, "%s:%d: ", reading->path, line);
    buf_printf(reading->errors, "%s: %s\n", where, what);
}

/* A list of brokers: librdkafka would look for a host whose name ends in a line break, for ever. */
static int check_brokers(const char *value, struct err *err) {
    for (const char *at = value; *at; at++)
        if (iscntrl((unsigned char)*at) ||
            (isspace((unsigned char)*at) && (at == value || at[-1] != ',')))
            return err_set(
                err, "\"%.60s\": a space or a line break is in it: expected HOST:PORT,HOST:PORT",
                value);
    return 0;
}

static int check_property(const char *name, const char *value, struct err *err) {
    bool brokers =
        strcmp(name, "bootstrap.servers") == 0 || strcmp(name, "metadata.broker.list") == 0;
    if (!brokers) return 0;
    return check_brokers(value, err);
}

/* The later word wins: YAML is read first, then the environment. */
static int set_property(struct reading *reading, const char *name, const char *value,
                        struct err *err) {
    struct config *config = reading->config;

    if (check_property(name, value, err) < 0) return -1;
    for (int i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0) {
            config->kafka[i].value = value;
            return 0;
        }
    if (config->kafka_count == PROPERTIES_MAX)
        return err_set(err, "more than %d Kafka properties", PROPERTIES_MAX);
    config->kafka[config->kafka_count++] = (struct config_property){name, value};

    return 0;
}

static bool is_scalar(const struct tree *node) {
    return node->kind != TREE_LIST && node->kind != TREE_MAP && node->kind != TREE_NULL;
}

static void read_kafka(struct reading *reading, const struct tree *kafka) {
    if (kafka->kind != TREE_MAP) {
        complain(reading, kafka->line, "kafka",
                 "expected a map of librdkafka properties, such as {bootstrap.servers: "
                 "\"127.0.0.1:9092\"}");
        return;
    }
    for (const struct tree *node = kafka->first; node; node = node->next) {
        struct err err = {""};
        if (!is_scalar(node))
            err_set(&err, "expected a text, a number, true or false");
        else if (set_property(reading, node->key, node->text, &err) == 0)
            continue;
        complain(reading, node->line, arena_printf(reading->arena, "kafka.%s", node->key),
                 err.text);
    }
}

static void read_key(struct reading *reading, const struct tree *node) {
    struct suggest nearest = {.word = node->key};
    struct err err;

    suggest_offer(&nearest, "kafka");
    for (int i = 0; i < config_setting_count; i++) {
        suggest_offer(&nearest, config_settings[i].key);
        if (strcmp(node->key, config_settings[i].key) != 0) continue;
        if (node->kind == TREE_NULL) return;
        if (!is_scalar(node))
            complain(reading, node->line, node->key,
                     "expected a single value, not a list or a map");
        else if (config_set(reading->config, &config_settings[i], node->text, &err) < 0)
            complain(reading, node->line, node->key, err.text);
        return;
    }
    const char *best = suggest_best(&nearest);
    complain(reading, node->line, node->key,
             best ? arena_printf(reading->arena, "unknown setting, did you mean %s?", best)
                  : "unknown setting; --help lists all");
}

static void read_yaml(struct reading *reading) {
    const struct tree *file;
    struct err err;

    if (yaml_read_file(reading->arena, reading->path, &file, &err) < 0) {
        buf_printf(reading->errors, "%s\n", err.text);
        return;
    }
    if (file->kind == TREE_NULL) return;
    if (file->kind != TREE_MAP) {
        complain(reading, file->line > 0 ? file->line : 1, "configuration",
                 "expected a map of settings");
        return;
    }
    for (const struct tree *node = file->first; node; node = node->next) {
        if (strcmp(node->key, "kafka") == 0)
            read_kafka(reading, node);
        else
            read_key(reading, node);
    }
}

static const char *read_secret(struct reading *reading, const char *path, struct err *err) {
    const char *bytes;
    size_t len;

    if (file_read(reading->arena, path, VALUE_MAX, &bytes, &len, err) < 0) return NULL;
    if (memchr(bytes, 0, len)) {
        err_set(err, "%s: expected a text, it holds a NUL byte", path);
        return NULL;
    }
    if (len > 0 && bytes[len - 1] == '\n') len--;
    if (len > 0 && bytes[len - 1] == '\r') len--;
    if (len == 0) {
        err_set(err, "%s: the file is empty: expected the value of the setting", path);
        return NULL;
    }

    return arena_strndup(reading->arena, bytes, len);
}

/* "REDRESS_KAFKA_SSL_CA_LOCATION" -> "ssl.ca.location" */
static const char *property_name(struct arena *arena, const char *variable, size_t len) {
    size_t prefix = sizeof kafka_prefix - 1;
    char *name = arena_strndup(arena, variable + prefix, len - prefix);
    for (char *at = name; *at; at++) *at = *at == '_' ? '.' : (char)tolower((unsigned char)*at);
    return name;
}

static const struct setting *find_variable(const char *variable, size_t len) {
    for (int i = 0; i < config_setting_count; i++)
        if (strlen(config_settings[i].variable) == len &&
            memcmp(config_settings[i].variable, variable, len) == 0)
            return &config_settings[i];
    return NULL;
}

static bool ends_in_file(const char *variable, size_t len) {
    size_t suffix = sizeof file_suffix - 1;
    return len > suffix && memcmp(variable + len - suffix, file_suffix, suffix) == 0;
}

/* The environment of a process knows each variable's file. */
static bool has_file(const struct reading *reading, const char *variable, size_t len) {
    for (char **at = reading->environ_list; at && *at; at++)
        if (strncmp(*at, variable, len) == 0 && strncmp(*at + len, "_FILE=", 6) == 0 &&
            (*at)[len + 6])
            return true;
    return false;
}

static void unknown_variable(struct reading *reading, const char *variable) {
    struct suggest nearest = {.word = variable};

    for (int i = 0; i < config_setting_count; i++)
        suggest_offer(&nearest, config_settings[i].variable);
    suggest_offer(&nearest, "REDRESS_KAFKA_BOOTSTRAP_SERVERS");
    const char *best = suggest_best(&nearest);
    complain(reading, 0, variable,
             best ? arena_printf(reading->arena, "unknown setting, did you mean %s?", best)
                  : "unknown setting; --help lists all");
}

/* One `NAME=value` of the environment. */
static void read_variable(struct reading *reading, const char *entry) {
    const char *equals = strchr(entry, '=');

    if (!equals || strncmp(entry, any_prefix, sizeof any_prefix - 1) != 0 ||
        strncmp(entry, test_prefix, sizeof test_prefix - 1) == 0)
        return;
    if (!equals[1]) return; /* an empty variable is one that is not given: orchestrators set such */
    const char *variable = arena_strndup(reading->arena, entry, (size_t)(equals - entry));
    const char *value = equals + 1;
    size_t len = strlen(variable);
    if (!find_variable(variable, len) && config_is_service_link(variable, value)) {
        reading->config->service_links++;
        return;
    }
    bool from_file = ends_in_file(variable, len);
    if (from_file)
        len -= sizeof file_suffix - 1;
    else if (has_file(reading, variable, len))
        return;
    bool kafka = len > sizeof kafka_prefix - 1 &&
                 strncmp(variable, kafka_prefix, sizeof kafka_prefix - 1) == 0;
    const struct setting *setting = NULL;
    if (!kafka) setting = find_variable(variable, len);
    if (!kafka && !setting) {
        unknown_variable(reading, variable);
        return;
    }
    struct err err;
    if (from_file)
        value = read_secret(reading, value, &err);
    else
        value = arena_strdup(reading->arena, value);
    int rc = -1;
    if (value && kafka)
        rc = set_property(reading, property_name(reading->arena, variable, len), value, &err);
    else if (value)
        rc = config_set(reading->config, setting, value, &err);
    if (rc < 0) complain(reading, 0, variable, err.text);
}

static void check_certificate(struct reading *reading) {
    const struct redis_tls *tls = &reading->config->redis_tls;
    const char *where = "redis_ssl_certificate_location, redis_ssl_key_location";
    struct err err;

    if (!tls->certificate && !tls->key) return;
    if (!tls->certificate || !tls->key)
        complain(reading, 0, where, "one of them alone says nothing: expected both or none");
    else if (certificate_look_at_both(tls->certificate, tls->key, NULL, &err) < 0)
        complain(reading, 0, where, err.text);
}

/* What no row can say alone. */
static void check_together(struct reading *reading) {
    const struct config *config = reading->config;

    if (config->session_timeout_ms <= config->transaction_timeout_ms + NOTICE_MS)
        complain(reading, 0, "session_timeout",
                 arena_printf(reading->arena,
                              "%" PRId64 "ms: expected more than transaction_timeout (%" PRId64
                              "ms) and 1 s for the broker to notice",
                              config->session_timeout_ms, config->transaction_timeout_ms));
    check_certificate(reading);
}

static void set_initial(struct config *config) {
    struct err err;

    for (int i = 0; i < config_setting_count; i++) {
        const char *initial = config_settings[i].initial;
        if (config_settings[i].type == SETTING_FOLDER)
            initial = config_default_policy_dir(config->arena);
        int rc = 0;
        if (initial) rc = config_set(config, &config_settings[i], initial, &err);
        ASSERT(rc == 0);
    }
}

int config_load(const char *path, char **environ_list, struct arena *arena, struct config *out,
                struct buf *errors) {
    struct config config = {.arena = arena, .file = path};

    config.kafka = arena_alloc(arena, PROPERTIES_MAX * sizeof *config.kafka);
    struct reading reading = {.config = &config,
                              .arena = arena,
                              .errors = errors,
                              .path = path,
                              .environ_list = environ_list};
    size_t before = errors->len;
    set_initial(&config);
    if (path) read_yaml(&reading);
    for (char **at = environ_list; at && *at; at++) read_variable(&reading, *at);
    check_together(&reading);
    *out = config;

    if (errors->len > before) return -1;
    return 0;
}

const char *config_kafka(const struct config *config, const char *name) {
    for (int i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0) return config->kafka[i].value;
    return NULL;
}
