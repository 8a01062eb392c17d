/* kafka_check: the operator's properties, looked at before anybody connects: names and values,
 * files, and whether they make a client together. */
#include "base/certificate.h"
#include "base/suggest.h"
#include "outside/kafka_handle.h"
#include "outside/kafka_words.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Properties that the protocol depends on (common/protocol.md): an operator's value for them is
 * an error. */
static const char *const ours[] = {"group.id",
                                   "group.instance.id",
                                   "transactional.id",
                                   "enable.idempotence",
                                   "isolation.level",
                                   "enable.auto.commit",
                                   "enable.auto.offset.store",
                                   "auto.offset.reset",
                                   "partition.assignment.strategy",
                                   "enable.partition.eof",
                                   "transaction.timeout.ms",
                                   "session.timeout.ms",
                                   "acks",
                                   "request.required.acks",
                                   "partitioner",
                                   NULL};

/* ", did you mean bootstrap.servers?", or nothing: for a property that librdkafka does not know. */
static const char *nearest_property(rd_kafka_conf_t *conf, const char *name, struct err *text_out) {
    static const char *const unset[] = {
        "bootstrap.servers",        "sasl.username",    "sasl.password",   "ssl.ca.location",
        "ssl.certificate.location", "ssl.key.location", "ssl.key.password"};
    struct suggest nearest = {.word = name};
    size_t count;
    const char **pairs =
        rd_kafka_conf_dump(conf, &count); /* names and values in turn, of those that have a value */
    for (size_t i = 0; i < count; i += 2) suggest_offer(&nearest, pairs[i]);
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++) suggest_offer(&nearest, unset[i]);

    const char *best = suggest_best(&nearest);
    bool known = best && strcmp(best, name) == 0;
    text_out->text[0] = 0;
    if (best && !known) err_set(text_out, ", did you mean %s?", best);
    rd_kafka_conf_dump_free(pairs, count);
    return text_out->text;
}

/* "kafka property ssl.ca.location (REDRESS_KAFKA_SSL_CA_LOCATION): why". */
static void complain(struct buf *errors, const char *name, const char *why, const char *more) {
    char variable[KAFKA_NAME_MAX];

    buf_printf(errors, "kafka property %s (%s): %s%s\n", name, kafka_words_variable(name, variable),
               why, more);
}

static void check_property(const struct config_property *property, struct buf *errors) {
    for (const char *const *name = ours; *name; name++)
        if (strcmp(*name, property->name) == 0) {
            complain(errors, property->name, "set by redress itself, remove it", "");
            return;
        }
    char text[256];
    struct err nearest;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof text) !=
        RD_KAFKA_CONF_OK)
        complain(errors, property->name, text, nearest_property(conf, property->name, &nearest));
    rd_kafka_conf_destroy(conf);
}

/* A folder, or librdkafka's own words such as "probe", is left to librdkafka. */
static bool is_file(const char *path) {
    struct stat info;
    return strchr(path, '/') && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode));
}

static void check_files(const struct config *config, struct buf *errors) {
    static const char own[] = "ssl.certificate.location";
    const char *ca = config_kafka(config, "ssl.ca.location");
    const char *certificate = config_kafka(config, own);
    const char *key = config_kafka(config, "ssl.key.location");
    const char *password = config_kafka(config, "ssl.key.password");
    size_t before = errors->len;
    int64_t end_ms;
    struct err err;

    if (ca && is_file(ca) && certificate_look(ca, &end_ms, &err) < 0)
        complain(errors, "ssl.ca.location", err.text, "");
    if (certificate && certificate_look(certificate, &end_ms, &err) < 0)
        complain(errors, own, err.text, "");
    if (key && certificate_look_at_key(key, password, &err) < 0)
        complain(errors, "ssl.key.location", err.text, "");
    if (errors->len > before || !certificate || !key) return;
    if (certificate_look_at_both(certificate, key, password, &err) < 0)
        complain(errors, own, err.text, "");
}

/* Without brokers it would say so. */
static void say_nothing(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk, (void)level, (void)facility, (void)text;
}

/* What only a client as a whole finds: a mechanism without its user, a cipher that nobody has. It
 * has no broker, so it asks nobody. */
static void check_together(const struct config *config, struct buf *errors) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    rd_kafka_conf_set_log_cb(conf, say_nothing);
    for (int i = 0; i < config->kafka_count; i++) {
        const struct config_property *property = &config->kafka[i];
        bool brokers = strcmp(property->name, "bootstrap.servers") == 0 ||
                       strcmp(property->name, "metadata.broker.list") == 0;
        if (brokers) continue;
        if (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof text) !=
            RD_KAFKA_CONF_OK)
            break; /* told by check_property() */
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (rk) {
        rd_kafka_destroy(rk);
        return;
    }
    rd_kafka_conf_destroy(conf);
    const char *remedy = kafka_words(text);
    buf_printf(errors, "kafka: %s%s%s\n", text, *remedy ? ": " : "", remedy);
}

int kafka_check(const struct config *config, struct buf *errors) {
    size_t before = errors->len;

    for (int i = 0; i < config->kafka_count; i++) check_property(&config->kafka[i], errors);
    check_files(config, errors);
    /* What is wrong with the whole is often what was told of a part. */
    if (errors->len == 0) check_together(config, errors);
    if (errors->len == before) return 0;

    return -1;
}
