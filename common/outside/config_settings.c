/* config_settings: the table of settings. A row says where a setting is found, how it is parsed,
 * what it is without a word from the operator, and why that is so; --help and README are made from
 * it. */
#include "base/certificate.h"
#include "data/fields.h"
#include "outside/config_parts.h"
#include "outside/redis_url.h"
#include "outside/spans.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_BYTES =
        100 /* a topic name has at most 249 bytes, and the longest name behind the prefix has 30 */
};

#define AT(member) offsetof(struct config, member)
enum { SECOND = 1000, MINUTE = 60 * SECOND };
#define DAY ((int64_t)24 * 60 * MINUTE)

const struct setting config_settings[] = {
    {"redis_url", "REDRESS_REDIS_URL", SETTING_REDIS, AT(redis_url), "redis://127.0.0.1:6379/0", 0,
     0,
     "where Redis is: `redis://user:password@host:port/db`, `redis+sentinel://host,host/service`, "
     "`redis+cluster://host,host`, `redis://host,host` for several primaries; `rediss` in place of "
     "`redis` by TLS; user and password are read again at SIGHUP, and when Redis refuses them"},
    {"redis_ssl_ca_location", "REDRESS_REDIS_SSL_CA_LOCATION", SETTING_CERTIFICATE,
     AT(redis_tls.ca), NULL, 0, 0,
     "who must have signed Redis' certificate, a file in PEM; without it whom the system trusts"},
    {"redis_ssl_certificate_location", "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION",
     SETTING_CERTIFICATE, AT(redis_tls.certificate), NULL, 0, 0,
     "our own certificate with its chain, a file in PEM, where Redis asks for one "
     "(`tls-auth-clients`); read again with each connection"},
    {"redis_ssl_key_location", "REDRESS_REDIS_SSL_KEY_LOCATION", SETTING_KEY, AT(redis_tls.key),
     NULL, 0, 0, "its key, a file in PEM, without a password"},
    {"redis_ssl_server_name", "REDRESS_REDIS_SSL_SERVER_NAME", SETTING_TEXT,
     AT(redis_tls.server_name), NULL, 0, 0,
     "the name that Redis' certificate must be for, and that is sent ahead (SNI); without it the "
     "host or address that is connected to, as the URL, the Sentinels or the cluster name it"},
    {"topic_prefix", "REDRESS_TOPIC_PREFIX", SETTING_NAME, AT(topic_prefix), "redress", 0, 0,
     "first part of every topic, group and Redis key, for several environments on one cluster"},
    {"instance", "REDRESS_INSTANCE", SETTING_NAME, AT(instance), NULL, 0, 0,
     "this process's stable name, such as a StatefulSet's ordinal `redress-sla-0`: its "
     "transactional id and static membership come from it; no two processes may share one"},
    {"http_listen", "REDRESS_HTTP_LISTEN", SETTING_LISTEN, AT(http_listen), NULL, 0, 0,
     "address of `/metrics`, `/healthz` and `/readyz`, such as `127.0.0.1:9101`; `:9101` is every "
     "address, port 0 a free port, which the log names; without it there is no HTTP"},
    {"policy_dir", "REDRESS_POLICY_DIR", SETTING_FOLDER, AT(policy_dir), "share/redress/policies",
     0, 0,
     "folder of the policy files; if not given that of the installation, or `deploy/policies` of "
     "the build tree's source"},
    {"log_level", "REDRESS_LOG_LEVEL", SETTING_LEVEL, AT(log_level), "info", 0, 0,
     "`error`, `warn`, `info` or `debug`"},
    {"batch_wait", "REDRESS_BATCH_WAIT", SETTING_DURATION, AT(batch_ms), "10ms", 0, SECOND,
     "how long a batch is gathered: a transaction costs 6-19 ms whatever it holds, so less gains "
     "nothing and more delays every event"},
    {"batch_records", "REDRESS_BATCH_RECORDS", SETTING_COUNT, AT(batch_records), "2000", 1, 10000,
     "records of a batch at most: one has what lies there, so that it grows and shrinks with the "
     "lag; a transaction costs the broker much, whatever it holds, and 4 000 need 40 MB more"},
    {"recent_bytes", "REDRESS_RECENT_BYTES", SETTING_COUNT, AT(recent_bytes), "16777216", 0,
     INT64_C(1) << 36,
     "memory of sla, compensation, notification and cohort for the states that changed last, some "
     "2 KB each, which are not read from Redis again; 0: all are"},
    {"late_settle", "REDRESS_LATE_SETTLE", SETTING_DURATION, AT(late_settle_ms), "10s", 0,
     10 * MINUTE,
     "how long a deadline that had already passed when its case was read waits for records that "
     "are still on their way"},
    {"hold_max", "REDRESS_HOLD_MAX", SETTING_DURATION, AT(hold_max_ms), "2m", SECOND, DAY,
     "how long sla waits for an intake that stands still before it reports breaches as "
     "unconfirmed"},
    {"step_hold", "REDRESS_STEP_HOLD", SETTING_DURATION, AT(step_hold_ms), "10s", 0, 10 * MINUTE,
     "how long no deadline fires after a clock stepped by more than 1 s"},
    {"drain_for", "REDRESS_DRAIN_FOR", SETTING_DURATION, AT(drain_ms), "10s", SECOND, 10 * MINUTE,
     "how long SIGTERM waits for the batch in hand: keep it under the orchestrator's own limit"},
    {"transaction_timeout", "REDRESS_TRANSACTION_TIMEOUT", SETTING_DURATION,
     AT(transaction_timeout_ms), "5s", SECOND, 15 * MINUTE,
     "after which the broker aborts a transaction that its worker left open; readers wait that "
     "long behind it"},
    {"session_timeout", "REDRESS_SESSION_TIMEOUT", SETTING_DURATION, AT(session_timeout_ms), "15s",
     3 * SECOND, 30 * MINUTE,
     "after which a silent worker's partitions go to another; more than transaction_timeout plus "
     "the broker's own 1 s for finding it"},
    {"dedupe_for", "REDRESS_DEDUPE_FOR", SETTING_DURATION, AT(dedupe_for_ms), "7d", MINUTE,
     90 * DAY, "how long a submission sent again is recognised"},
    {"join_for", "REDRESS_JOIN_FOR", SETTING_DURATION, AT(join_for_ms), "7d", 0, 365 * DAY,
     "how long after the last word a submission about the same order or conversation joins its "
     "case"},
    {"unproven_for", "REDRESS_UNPROVEN_FOR", SETTING_DURATION, AT(unproven_ms), "1m", SECOND,
     60 * MINUTE,
     "how long a permission, a topic or a Redis command that the worker needs may not be provable "
     "before `/readyz` says no; everything is tried four times in that time"},
    {"visit_secret", "REDRESS_VISIT_SECRET", SETTING_SECRET, AT(visit_secret), NULL, 0, 0,
     "`whsec_` and 24 to 64 bytes in base64, by which notification signs the link of the next "
     "day's question (`visit.link` of `notification.yaml`); two lines while a new one, the first, "
     "takes over; SIGHUP reads it again; without it customers are asked for a reply"},
    {"person_secret", "REDRESS_PERSON_SECRET", SETTING_SECRET, AT(person_secret), NULL, 0, 0,
     "of the same form, one: the same for intake, compensation, notification and cohort, given "
     "before the first start and kept, for it makes the names under which claims count customers "
     "and conversations; without it these stand there as they are"},
    {"otlp_url", "REDRESS_OTLP_URL", SETTING_COLLECTOR, AT(otlp_url), NULL, 0, 0,
     "collector of traces, such as `http://collector:4318`: each worker sends a span for each "
     "event whose `traceparent` says that its trace is recorded (OTLP/HTTP, JSON, `/v1/traces`); "
     "without "
     "it none are sent"},
    {"demonstration", "REDRESS_DEMONSTRATION", SETTING_BOOL, AT(demonstration), "false", 0, 0,
     "the broker is redress-devbroker, which keeps no offsets: deadlines fire without proof. Never "
     "in production"},
};
const int config_setting_count = sizeof config_settings / sizeof *config_settings;

/* ---- From a text ---- */

static int parse_duration(const char *text, int64_t *ms_out) {
    size_t len = strlen(text);
    char *end;

    if (len < 3 || strcmp(text + len - 2, "ms") != 0 || !isdigit((unsigned char)text[0]))
        return fields_parse_duration(text, ms_out);
    errno = 0;
    long long ms = strtoll(text, &end, 10);
    if (errno || end != text + len - 2) return -1;
    *ms_out = ms;

    return 0;
}

static int set_duration(const struct setting *setting, const char *value, int64_t *out,
                        struct err *err) {
    int64_t ms;

    if (parse_duration(value, &ms) < 0)
        return err_set(err, "\"%.60s\": expected a duration such as 250ms, 10s, 15m, 1h or 7d",
                       value);
    if (ms < setting->min || ms > setting->max)
        return err_set(err, "\"%.60s\": expected a duration from %" PRId64 "ms to %" PRId64 "s",
                       value, setting->min, setting->max / 1000);
    *out = ms;

    return 0;
}

static int set_count(const struct setting *setting, const char *value, int64_t *out,
                     struct err *err) {
    char *end;

    errno = 0;
    long long num = strtoll(value, &end, 10);
    if (errno || *end || !isdigit((unsigned char)*value) || num < setting->min ||
        num > setting->max)
        return err_set(err, "\"%.60s\": expected a whole number from %" PRId64 " to %" PRId64,
                       value, setting->min, setting->max);
    *out = num;

    return 0;
}

static int set_bool(const char *value, bool *out, struct err *err) {
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return err_set(err, "\"%.60s\": expected true or false", value);
    *out = strcmp(value, "true") == 0;
    return 0;
}

/* As Kafka takes it in topics, groups and transactional ids; braces would move a Redis key's hash
 * tag. */
static int check_name(const char *value, struct err *err) {
    size_t len = strlen(value);

    if (len > NAME_MAX_BYTES ||
        strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != len)
        return err_set(err,
                       "\"%.60s\": expected 1-%d letters, digits, dots, hyphens and underscores",
                       value, NAME_MAX_BYTES);
    return 0;
}

/* What is wrong with the host of a listening address, or NULL. An empty one is every address. */
static const char *host_fault(const char *host, size_t len) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    unsigned char bytes[sizeof(struct in6_addr)];
    char address[INET6_ADDRSTRLEN] = "";

    if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
        size_t address_len = strcspn(host + 1, "%]"); /* a zone may follow */
        if (address_len < sizeof address) memcpy(address, host + 1, address_len);
        if (inet_pton(AF_INET6, address, bytes) == 1) return NULL;
        return ": between the brackets stands no IPv6 address";
    }
    if (memchr(host, ':', len))
        return ": an IPv6 address stands in brackets, and no scheme before it";
    if (strspn(host, letters) >= len) return NULL;
    return ": the host is no name and no address; without one it is every address";
}

static int check_listen(const char *value, struct err *err) {
    const char *colon = strrchr(value, ':');
    const char *why = "";
    size_t digits = 0;
    if (colon) digits = strspn(colon + 1, "0123456789");
    if (colon && (digits < 1 || digits > 5 || colon[1 + digits] || atoi(colon + 1) > 65535))
        why = ": the port is no number from 0 to 65535";
    else if (colon)
        why = host_fault(value, (size_t)(colon - value));

    if (!why) return 0;
    return err_set(err, "\"%.60s\": expected HOST:PORT, [IPv6]:PORT or :PORT%s", value, why);
}

static bool has_blank(const char *value) {
    for (; *value; value++)
        if (isspace((unsigned char)*value) || iscntrl((unsigned char)*value)) return true;
    return false;
}

static int check_redis(const char *value, struct err *err) {
    if (strncmp(value, "unix://", 7) != 0 && has_blank(value)) /* a path may have spaces */
        return err_set(err, "a space, a line break or another control character is in it: expected "
                            "none, at its ends neither, and %%20 in a password (the value is not "
                            "shown: it may hold a password)");

    struct redis_address address;
    struct err why;
    if (redis_url_parse(value, &address, &why) < 0)
        return err_set(err, "%s (the value is not shown: it may hold a password)", why.text);
    bool tls = address.tls;
    redis_url_free(&address);
    if (!tls || !redis_tls_missing()) return 0;
    return err_set(err, "%s", redis_tls_missing());
}

static int check_certificate(const char *path, struct err *err) {
    int64_t end_ms;
    return certificate_look(path, &end_ms, err);
}

static int check_collector(const char *value, struct err *err) {
    const char *fault = spans_url_fault(value);
    if (!fault) return 0;
    return err_set(err, "\"%.60s\": %s", value, fault);
}

static int check_level(const char *value, struct err *err) {
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(value, levels[i]) == 0) return 0;
    return err_set(err, "\"%.60s\": expected error, warn, info or debug", value);
}

static int set_text(const struct setting *setting, const char *value, const char **out,
                    struct err *err) {
    int rc = 0;
    if (setting->type == SETTING_NAME) rc = check_name(value, err);
    if (setting->type == SETTING_LISTEN) rc = check_listen(value, err);
    if (setting->type == SETTING_REDIS) rc = check_redis(value, err);
    if (setting->type == SETTING_COLLECTOR) rc = check_collector(value, err);
    if (setting->type == SETTING_LEVEL) rc = check_level(value, err);
    if (setting->type == SETTING_CERTIFICATE) rc = check_certificate(value, err);
    if (setting->type == SETTING_KEY) rc = certificate_look_at_key(value, NULL, err);
    if (rc == 0) *out = value;
    return rc;
}

static int set_secret(const char *value, struct secrets *out, struct err *err) {
    struct err why;
    if (secrets_read(value, out, &why) == 0) return 0;
    return err_set(err, "%s (the value is not shown)", why.text);
}

int config_set(struct config *config, const struct setting *setting, const char *value,
               struct err *err) {
    void *member = (char *)config + setting->offset;
    switch (setting->type) {
    case SETTING_DURATION: return set_duration(setting, value, member, err);
    case SETTING_COUNT: return set_count(setting, value, member, err);
    case SETTING_BOOL: return set_bool(value, member, err);
    case SETTING_SECRET: return set_secret(value, member, err);
    default: return set_text(setting, value, member, err);
    }
}

/* ---- For people ---- */

void config_document(struct buf *out) {
    buf_puts(out, "| variable | key in YAML | default | meaning |\n|---|---|---|---|\n");
    buf_puts(
        out,
        "| `REDRESS_KAFKA_<PROPERTY>` | `kafka: {property: value}` | librdkafka's | any librdkafka "
        "property, dots as `_`: `REDRESS_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092` |\n");
    for (int i = 0; i < config_setting_count; i++) {
        const struct setting *row = &config_settings[i];
        buf_printf(out, "| `%s` | `%s` | %s%s%s | %s |\n", row->variable, row->key,
                   row->initial ? "`" : "", row->initial ? row->initial : "none",
                   row->initial ? "`" : "", row->doc);
    }
    buf_puts(out, "| `REDRESS_..._FILE` | | | the file that holds the value of `REDRESS_...`: it "
                  "wins over the variable; a newline at its end is left out |\n");
}

static bool is_secret_property(const char *name) {
    return strstr(name, "password") || strstr(name, "secret") || strstr(name, "key") ||
           strstr(name, "sasl.oauthbearer.config");
}

/* The URL without its password. */
static const char *redis_shown(const struct config *config) {
    const char *url = config->redis_url;
    const char *host = strstr(url, "://");
    const char *at = strrchr(url, '@');

    if (!host || !at) return url;
    const char *colon = memchr(host + 3, ':', (size_t)(at - host - 3));
    if (!colon) return arena_printf(config->arena, "%.*s***%s", (int)(host + 3 - url), url, at);
    return arena_printf(config->arena, "%.*s:***%s", (int)(colon - url), url, at);
}

void config_print(const struct config *config, struct buf *out) {
    for (int i = 0; i < config->kafka_count; i++)
        buf_printf(out, "kafka.%s: %s\n", config->kafka[i].name,
                   is_secret_property(config->kafka[i].name) ? "(secret)" : config->kafka[i].value);
    for (int i = 0; i < config_setting_count; i++) {
        const void *member = (const char *)config + config_settings[i].offset;
        buf_printf(out, "%s: ", config_settings[i].key);
        switch (config_settings[i].type) {
        case SETTING_DURATION: buf_printf(out, "%" PRId64 "ms\n", *(const int64_t *)member); break;
        case SETTING_COUNT: buf_printf(out, "%" PRId64 "\n", *(const int64_t *)member); break;
        case SETTING_BOOL: buf_puts(out, *(const bool *)member ? "true\n" : "false\n"); break;
        case SETTING_SECRET:
            buf_puts(out, ((const struct secrets *)member)->count ? "(secret)\n" : "none\n");
            break;
        case SETTING_REDIS: buf_printf(out, "%s\n", redis_shown(config)); break;
        default:
            buf_printf(out, "%s\n",
                       *(const char *const *)member ? *(const char *const *)member : "none");
        }
    }
}
