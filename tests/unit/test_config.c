/* Settings from YAML and environment: who wins, what is refused and in which words, and that
 * nothing secret is printed.
 */
#include "outside/config.h"
#include "outside/kafka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct buf errors;
    struct config config;
    char yaml[64], secret[64];
};

static void write_temp(char path[64], const char *name, const char *text) {
    snprintf(path, 64, "/tmp/redress-test-%s-XXXXXX", name);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int start(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_new();
    *state = fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    if (*fixture->yaml) unlink(fixture->yaml);
    if (*fixture->secret) unlink(fixture->secret);
    buf_free(&fixture->errors);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static int load(struct fixture *fixture, const char *yaml, char **environ_list) {
    if (*fixture->yaml) unlink(fixture->yaml);
    if (yaml) write_temp(fixture->yaml, "yaml", yaml);
    buf_clear(&fixture->errors);
    return config_load(yaml ? fixture->yaml : NULL, environ_list, fixture->arena, &fixture->config,
                       &fixture->errors);
}

static void test_defaults(void **state) {
    struct fixture *fixture = *state;
    struct config *config = &fixture->config;
    char *none[] = {NULL};
    assert_int_equal(load(fixture, NULL, none), 0);
    assert_string_equal(config->redis_url, "redis://127.0.0.1:6379/0");
    assert_string_equal(config->topic_prefix, "redress");
    assert_string_equal(config->log_level, "info");
    assert_string_equal(strstr(config->policy_dir, "deploy/policies"),
                        "deploy/policies"); /* the tree that this ran in */
    assert_int_equal(access(arena_printf(fixture->arena, "%s/sla.yaml", config->policy_dir), R_OK),
                     0);
    assert_null(config->instance);
    assert_null(config->http_listen);
    assert_int_equal(config->batch_ms, 10);
    assert_int_equal(config->batch_records, 2000);
    assert_int_equal(config->late_settle_ms, 10000);
    assert_int_equal(config->hold_max_ms, 120000);
    assert_int_equal(config->step_hold_ms, 10000);
    assert_int_equal(config->drain_ms, 10000);
    assert_int_equal(config->transaction_timeout_ms, 5000);
    assert_int_equal(config->session_timeout_ms, 15000);
    assert_int_equal(config->dedupe_for_ms, 7 * 86400000LL);
    assert_int_equal(config->join_for_ms, 7 * 86400000LL);
    assert_false(config->demonstration);
    assert_int_equal(config->kafka_count, 0);
    assert_null(config_kafka(config, "bootstrap.servers"));
}

static void test_environment_wins(void **state) {
    struct fixture *fixture = *state;
    char *env[] = {"REDRESS_TOPIC_PREFIX=shop",
                   "REDRESS_KAFKA_BOOTSTRAP_SERVERS=k2:9092",
                   "REDRESS_HOLD_MAX=90s",
                   "REDRESS_DEMONSTRATION=true",
                   "REDRESS_HTTP_LISTEN=",
                   "HOME=/root",
                   "REDRESS_TEST_CRASH_AT=commit",
                   "REDRESS_BATCH_RECORDS=50",
                   NULL};
    assert_int_equal(
        load(fixture,
             "topic_prefix: other\nhttp_listen: \"127.0.0.1:9101\"\nbatch_wait: 15ms\nlog_level: "
             "null\n"
             "kafka:\n  bootstrap.servers: k1:9092\n  linger.ms: 5\n  api.version.request: true\n",
             env),
        0);
    struct config *config = &fixture->config;
    assert_string_equal(config->topic_prefix, "shop");
    assert_string_equal(config->http_listen, "127.0.0.1:9101"); /* an empty variable is none */
    assert_string_equal(config_kafka(config, "bootstrap.servers"), "k2:9092");
    assert_string_equal(config_kafka(config, "linger.ms"), "5");
    assert_string_equal(config_kafka(config, "api.version.request"), "true");
    assert_int_equal(config->kafka_count, 3);
    assert_int_equal(config->hold_max_ms, 90000);
    assert_int_equal(config->batch_ms, 15);
    assert_int_equal(config->batch_records, 50);
    assert_true(config->demonstration);
}

/* Keys are read, and never shown, neither when they are good nor when they are bad. */
static void test_keys(void **state) {
    struct fixture *fixture = *state;
    char *good[] = {"REDRESS_VISIT_SECRET=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"
                    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                    NULL};
    assert_int_equal(load(fixture, NULL, good), 0);
    assert_int_equal(fixture->config.visit_secret.count, 2);
    assert_int_equal(fixture->config.person_secret.count, 0);
    struct buf shown = {NULL, 0, 0};
    config_print(&fixture->config, &shown);
    assert_non_null(strstr(shown.at, "visit_secret: (secret)\n"));
    assert_non_null(strstr(shown.at, "person_secret: none\n"));
    assert_null(strstr(shown.at, "MDEyMzQ1"));
    buf_free(&shown);

    char *bad[] = {"REDRESS_PERSON_SECRET=whsec_aHVudGVyMg==", NULL};
    assert_int_equal(load(fixture, NULL, bad), -1);
    assert_non_null(strstr(fixture->errors.at, "REDRESS_PERSON_SECRET: secret 1: expected whsec_"));
    assert_null(strstr(fixture->errors.at, "aHVudGVyMg"));
}

static void test_secret_files(void **state) {
    struct fixture *fixture = *state;
    char file_variable[128], redis_variable[128];
    write_temp(fixture->secret, "secret", "redis://u:hunter2@h:6379/1\n");
    snprintf(file_variable, sizeof file_variable, "REDRESS_KAFKA_SASL_PASSWORD_FILE=%s",
             fixture->secret);
    snprintf(redis_variable, sizeof redis_variable, "REDRESS_REDIS_URL_FILE=%s", fixture->secret);
    /* The file wins whichever stands first. */
    char *env[] = {"REDRESS_REDIS_URL=redis://plain:6379/0", redis_variable, file_variable,
                   "REDRESS_KAFKA_SASL_PASSWORD=plain", NULL};
    assert_int_equal(load(fixture, NULL, env), 0);
    assert_string_equal(fixture->config.redis_url, "redis://u:hunter2@h:6379/1");
    assert_string_equal(config_kafka(&fixture->config, "sasl.password"),
                        "redis://u:hunter2@h:6379/1");
    struct buf shown = {NULL, 0, 0};
    config_print(&fixture->config, &shown);
    assert_null(strstr(shown.at, "hunter2"));
    assert_non_null(strstr(shown.at, "redis_url: redis://u:***@h:6379/1\n"));
    assert_non_null(strstr(shown.at, "kafka.sasl.password: (secret)\n"));
    assert_non_null(strstr(shown.at, "join_for: 604800000ms\n"));
    buf_free(&shown);
    /* One line's end goes, whatever it is; a text without one stays whole. */
    static const char *const endings[] = {"", "\r\n", "\n"};
    char *only[] = {file_variable, NULL};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char text[40];
        snprintf(text, sizeof text, "hunter\n2%s", endings[i]);
        write_temp(fixture->secret, "secret", text);
        snprintf(file_variable, sizeof file_variable, "REDRESS_KAFKA_SASL_PASSWORD_FILE=%s",
                 fixture->secret);
        assert_int_equal(load(fixture, NULL, only), 0);
        assert_string_equal(config_kafka(&fixture->config, "sasl.password"), "hunter\n2");
    }
    char *missing[] = {"REDRESS_KAFKA_SASL_PASSWORD_FILE=/no/such/file", NULL};
    assert_int_equal(load(fixture, NULL, missing), -1);
    assert_string_equal(
        fixture->errors.at,
        "REDRESS_KAFKA_SASL_PASSWORD_FILE: /no/such/file: No such file or directory\n");
}

static void test_variable_errors(void **state) {
    static const struct {
        char *variable;
        const char *error;
    } cases[] = {
        {"REDRESS_TOPIC_PREFX=x",
         "REDRESS_TOPIC_PREFX: unknown setting, did you mean REDRESS_TOPIC_PREFIX?\n"},
        {"REDRESS_FOO=1", "REDRESS_FOO: unknown setting; --help lists all\n"},
        {"REDRESS_HTTP_LISTN_FILE=/x",
         "REDRESS_HTTP_LISTN_FILE: unknown setting, did you mean REDRESS_HTTP_LISTEN?\n"},
        {"REDRESS_KAFKA_=1", "REDRESS_KAFKA_: unknown setting; --help lists all\n"},
        {"REDRESS_TOPIC_PREFIX={a}", "REDRESS_TOPIC_PREFIX: \"{a}\": expected 1-100 letters, "
                                     "digits, dots, hyphens and underscores\n"},
        {"REDRESS_HOLD_MAX=10",
         "REDRESS_HOLD_MAX: \"10\": expected a duration such as 250ms, 10s, 15m, 1h or 7d\n"},
        {"REDRESS_HOLD_MAX=10ms",
         "REDRESS_HOLD_MAX: \"10ms\": expected a duration from 1000ms to 86400s\n"},
        {"REDRESS_HOLD_MAX=99999999999999999999ms",
         "REDRESS_HOLD_MAX: \"99999999999999999999ms\": expected a duration such as"},
        {"REDRESS_HOLD_MAX=-5ms", "REDRESS_HOLD_MAX: \"-5ms\": expected a duration such as"},
        {"REDRESS_BATCH_RECORDS=0",
         "REDRESS_BATCH_RECORDS: \"0\": expected a whole number from 1 to 10000\n"},
        {"REDRESS_BATCH_RECORDS= 5", "REDRESS_BATCH_RECORDS: \" 5\": expected a whole number"},
        {"REDRESS_BATCH_RECORDS=5x", "REDRESS_BATCH_RECORDS: \"5x\": expected a whole number"},
        {"REDRESS_DEMONSTRATION=yes", "REDRESS_DEMONSTRATION: \"yes\": expected true or false\n"},
        {"REDRESS_LOG_LEVEL=INFO",
         "REDRESS_LOG_LEVEL: \"INFO\": expected error, warn, info or debug\n"},
        {"REDRESS_HTTP_LISTEN=9101",
         "REDRESS_HTTP_LISTEN: \"9101\": expected HOST:PORT, [IPv6]:PORT or :PORT\n"},
        {"REDRESS_HTTP_LISTEN=::1:9101", "REDRESS_HTTP_LISTEN: \"::1:9101\": expected HOST:PORT"},
        {"REDRESS_HTTP_LISTEN=h:99999",
         "REDRESS_HTTP_LISTEN: \"h:99999\": expected HOST:PORT, [IPv6]:PORT or :PORT: the port is "
         "no number from 0 to 65535\n"},
        {"REDRESS_HTTP_LISTEN=:",
         "REDRESS_HTTP_LISTEN: \":\": expected HOST:PORT, [IPv6]:PORT or :PORT: the port"},
        {"REDRESS_HTTP_LISTEN=http://h:9101",
         "REDRESS_HTTP_LISTEN: \"http://h:9101\": expected HOST:PORT, [IPv6]:PORT or :PORT: an "
         "IPv6 address stands in brackets, and no scheme before it\n"},
        {"REDRESS_HTTP_LISTEN=*:9101",
         "REDRESS_HTTP_LISTEN: \"*:9101\": expected HOST:PORT, [IPv6]:PORT or :PORT: the host is "
         "no name and no address; without one it is every address\n"},
        {"REDRESS_HTTP_LISTEN=local host:9101",
         "REDRESS_HTTP_LISTEN: \"local host:9101\": expected HOST:PORT"},
        {"REDRESS_HTTP_LISTEN=[]:9101",
         "REDRESS_HTTP_LISTEN: \"[]:9101\": expected HOST:PORT, [IPv6]:PORT or :PORT: between the "
         "brackets stands no IPv6 address\n"},
        {"REDRESS_HTTP_LISTEN=[127.0.0.1]:9101",
         "REDRESS_HTTP_LISTEN: \"[127.0.0.1]:9101\": expected HOST:PORT"},
        {"REDRESS_HTTP_LISTEN=[::1]", "REDRESS_HTTP_LISTEN: \"[::1]\": expected HOST:PORT"},
        {"REDRESS_REDIS_URL=redis://h:6379/0 ",
         "REDRESS_REDIS_URL: a space, a line break or another control character"},
        {"REDRESS_REDIS_URL=redis://u:my pass@h:6379", "REDRESS_REDIS_URL: a space, a line break"},
        {"REDRESS_REDIS_URL=redis://h:x/0",
         "REDRESS_REDIS_URL: the port must be a number from 1 to 65535 (the value is not shown: it "
         "may hold a password)\n"},
        {"REDRESS_REDIS_SSL_CA_LOCATION=/no/such.pem",
         "REDRESS_REDIS_SSL_CA_LOCATION: /no/such.pem: No such file or directory\n"},
        {"REDRESS_REDIS_SSL_CA_LOCATION=/dev/null",
         "REDRESS_REDIS_SSL_CA_LOCATION: /dev/null: expected a certificate in PEM"},
        {"REDRESS_REDIS_SSL_CERTIFICATE_LOCATION=/tmp",
         "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION: /tmp: Is a directory\n"},
        {"REDRESS_REDIS_SSL_KEY_LOCATION=/dev/null",
         "REDRESS_REDIS_SSL_KEY_LOCATION: /dev/null: expected a private key in PEM, -----BEGIN "
         "PRIVATE KEY-----, without a password\n"},
        {"REDRESS_KAFKA_BOOTSTRAP_SERVERS=k:9092\n",
         "REDRESS_KAFKA_BOOTSTRAP_SERVERS: \"k:9092\n\": a space or a line break is in it: "
         "expected HOST:PORT,HOST:PORT\n"},
        {"REDRESS_SESSION_TIMEOUT=6s", "session_timeout: 6000ms: expected more than "
                                       "transaction_timeout (5000ms) and 1 s for the broker"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *env[] = {cases[i].variable, NULL};
        assert_int_equal(load(*state, NULL, env), -1);
        const char *errors = ((struct fixture *)*state)->errors.at;
        assert_memory_equal(errors, cases[i].error, strlen(cases[i].error));
        if (!strstr(cases[i].variable, "\n"))
            assert_ptr_equal(strchr(errors, '\n') + 1, errors + strlen(errors)); /* one line */
    }
    char *good[] = {"REDRESS_HTTP_LISTEN=[::1]:9101", "REDRESS_REDIS_URL=redis+cluster://h1,h2",
                    "REDRESS_KAFKA_BOOTSTRAP_SERVERS=k1:9092, k2:9092", NULL};
    assert_int_equal(load(*state, NULL, good), 0);
    char *zone[] = {"REDRESS_HTTP_LISTEN=[fe80::1%eth0]:9101",
                    "REDRESS_REDIS_URL=unix:///a path/redis.sock", NULL};
    assert_int_equal(load(*state, NULL, zone), 0);
}

/* A file that holds nothing, and a folder in its place. */
static void test_bad_secret_files(void **state) {
    struct fixture *fixture = *state;
    char variable[128], expected[256];
    static const char *const empty[] = {"", "\n", "\r\n"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        if (*fixture->secret) unlink(fixture->secret);
        write_temp(fixture->secret, "secret", empty[i]);
        snprintf(variable, sizeof variable, "REDRESS_KAFKA_SASL_PASSWORD_FILE=%s", fixture->secret);
        char *env[] = {variable, NULL};
        assert_int_equal(load(fixture, NULL, env), -1);
        snprintf(expected, sizeof expected,
                 "REDRESS_KAFKA_SASL_PASSWORD_FILE: %s: the file is empty: expected the value of "
                 "the setting\n",
                 fixture->secret);
        assert_string_equal(fixture->errors.at, expected);
    }
    char *folder[] = {"REDRESS_REDIS_URL_FILE=/tmp", NULL};
    assert_int_equal(load(fixture, NULL, folder), -1);
    assert_string_equal(fixture->errors.at, "REDRESS_REDIS_URL_FILE: /tmp: Is a directory\n");
}

/* What Kubernetes puts into every container of a namespace with services named redress,
 * redress-sla, redress-kafka..., as its envvars.FromServices makes it. */
static char *links[] = {"REDRESS_SLA_SERVICE_HOST=10.96.12.3",
                        "REDRESS_SLA_SERVICE_PORT=9101",
                        "REDRESS_SLA_SERVICE_PORT_METRICS=9101",
                        "REDRESS_SLA_SERVICE_PORT_FILE=9101",
                        "REDRESS_SLA_PORT=tcp://10.96.12.3:9101",
                        "REDRESS_SLA_PORT_9101_TCP=tcp://10.96.12.3:9101",
                        "REDRESS_SLA_PORT_9101_TCP_PROTO=tcp",
                        "REDRESS_SLA_PORT_9101_TCP_PORT=9101",
                        "REDRESS_SLA_PORT_9101_TCP_ADDR=10.96.12.3",
                        "REDRESS_SERVICE_HOST=10.96.12.4",
                        "REDRESS_PORT=tcp://10.96.12.4:80",
                        "REDRESS_PORT_80_TCP_ADDR=10.96.12.4",
                        "REDRESS_KAFKA_SERVICE_HOST=fd00:10:96::5",
                        "REDRESS_KAFKA_SERVICE_PORT=9092",
                        "REDRESS_KAFKA_SERVICE_PORT_CLIENTS_TLS=9093",
                        "REDRESS_KAFKA_PORT=tcp://[fd00:10:96::5]:9092",
                        "REDRESS_KAFKA_PORT_9092_TCP=tcp://[fd00:10:96::5]:9092",
                        "REDRESS_KAFKA_PORT_9092_TCP_PROTO=tcp",
                        "REDRESS_KAFKA_PORT_9092_TCP_PORT=9092",
                        "REDRESS_KAFKA_PORT_9092_TCP_ADDR=fd00:10:96::5",
                        "REDRESS_KAFKA_BOOTSTRAP_PORT_9094_SCTP_PROTO=sctp",
                        "REDRESS_REDIS_SERVICE_PORT_REDIS=6379",
                        "REDRESS_REDIS_PORT_6379_UDP=udp://10.96.12.6:6379",
                        "REDRESS_PORT_PORT_53_UDP_PORT=53", /* a service named redress-port */
                        NULL};

/* What a person may have meant as a setting, though it looks nearly so. */
static char *const mistyped[] = {"REDRESS_KAFKA_PORT=9092",
                                 "REDRESS_REDIS_PORT=6379",
                                 "REDRESS_REDIS_HOST=10.0.0.1",
                                 "REDRESS_HTTP_PORT=9101",
                                 "REDRESS_REDIS_SERVICE_HOST=redis.example",
                                 "REDRESS_REDIS_SERVICE_HOST=10.0.0",
                                 "REDRESS_REDIS_SERVICE_PORT=tcp",
                                 "REDRESS_REDIS_SERVICE_PORT=65536",
                                 "REDRESS_REDIS_SERVICE_PORT=0",
                                 "REDRESS_REDIS_SERVICE_PORT_=6379",
                                 "REDRESS_REDIS_PORT=redis://10.0.0.1:6379",
                                 "REDRESS_REDIS_PORT=tcp://redis:6379",
                                 "REDRESS_REDIS_PORT=tcp://10.0.0.1",
                                 "REDRESS_REDIS_PORT=TCP://10.0.0.1:6379",
                                 "REDRESS_REDIS_PORT=tcp://fd00::1:6379",
                                 "REDRESS_REDIS_PORT_6379_TCP=tcp://10.0.0.1:6380",
                                 "REDRESS_REDIS_PORT_6379_TCP_PORT=6380",
                                 "REDRESS_REDIS_PORT_6379_TCP_PROTO=http",
                                 "REDRESS_REDIS_PORT_6379_TCP_HOST=10.0.0.1",
                                 "REDRESS_REDIS_PORT_6379_HTTP_ADDR=10.0.0.1",
                                 "REDRESS_REDIS_PORT_TCP_ADDR=10.0.0.1",
                                 "REDRESS_redis_SERVICE_HOST=10.0.0.1",
                                 "REDRESS_REDIS-SERVICE_HOST=10.0.0.1"};

static void test_service_links(void **state) {
    struct fixture *fixture = *state;
    int count = (int)(sizeof links / sizeof *links) - 1;
    assert_int_equal(load(fixture, NULL, links), 0);
    assert_int_equal(fixture->config.service_links, count);
    assert_int_equal(fixture->config.kafka_count, 0); /* none of them is a property */
    for (int i = 0; i < count; i++) {
        char *alone[] = {links[i], NULL};
        assert_int_equal(load(fixture, NULL, alone), 0);
        assert_int_equal(fixture->config.service_links, 1);
    }
}

/* The next to a link is refused as before: as a setting, or as a property that librdkafka does not
 * know. */
static void test_nearly_links(void **state) {
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof mistyped / sizeof *mistyped; i++) {
        char *alone[] = {mistyped[i], NULL};
        int bad = load(fixture, NULL, alone);
        if (bad == 0) bad = kafka_check(&fixture->config, &fixture->errors);
        if (bad == 0) fail_msg("%s was taken", mistyped[i]);
    }
    char *both[] = {links[0], "REDRESS_TOPIC_PREFX=x", NULL};
    assert_int_equal(load(fixture, NULL, both), -1);
    assert_string_equal(
        fixture->errors.at,
        "REDRESS_TOPIC_PREFX: unknown setting, did you mean REDRESS_TOPIC_PREFIX?\n");
    char *property[] = {"REDRESS_KAFKA_BOOTSTRAP_SERVER=10.0.0.1:9092", NULL};
    assert_int_equal(load(fixture, NULL, property), 0);
    assert_int_equal(kafka_check(&fixture->config, &fixture->errors), -1);
    assert_non_null(strstr(fixture->errors.at, ", did you mean bootstrap.servers?\n"));
}

/* No setting and no property of librdkafka is ever taken for a link, whatever its value. */
static void test_settings_are_no_links(void **state) {
    (void)state;
    static const char *const values[] = {"10.0.0.1", "9092", "tcp://10.0.0.1:9092", "tcp"};
    static const char *const names[] = {"REDRESS_REDIS_URL",
                                        "REDRESS_HTTP_LISTEN",
                                        "REDRESS_INSTANCE",
                                        "REDRESS_KAFKA_BOOTSTRAP_SERVERS",
                                        "REDRESS_KAFKA_METADATA_BROKER_LIST",
                                        "REDRESS_KAFKA_SASL_KERBEROS_SERVICE_NAME",
                                        "REDRESS_KAFKA_BROKER_ADDRESS_FAMILY",
                                        "REDRESS_KAFKA_BROKER_ADDRESS_TTL",
                                        "REDRESS_KAFKA_SECURITY_PROTOCOL",
                                        "REDRESS_KAFKA_CLIENT_RACK",
                                        "REDRESS_KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL",
                                        "REDRESS_KAFKA_SOCKET_TIMEOUT_MS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            assert_false(config_is_service_link(names[i], values[k]));
}

/* A bad URL may hold a password. */
static void test_redis_url_is_not_shown(void **state) {
    char *env[] = {"REDRESS_REDIS_URL=http://u:hunter2@h", NULL};
    assert_int_equal(load(*state, NULL, env), -1);
    const char *errors = ((struct fixture *)*state)->errors.at;
    assert_null(strstr(errors, "hunter2"));
    assert_non_null(strstr(errors, "REDRESS_REDIS_URL: expected redis://"));
}

static void test_all_errors_at_once(void **state) {
    struct fixture *fixture = *state;
    char *env[] = {"REDRESS_LOG_LEVEL=loud", NULL};
    assert_int_equal(
        load(fixture,
             "log_level: info\nkafka:\n  acks: [1]\nhold_mx: 3s\nbatch_records:\n  a: 1\n"
             "redis_url: 12\nkafak: {}\n",
             env),
        -1);
    char expected[1024];
    snprintf(
        expected, sizeof expected,
        "%1$s:3: kafka.acks: expected a text, a number, true or false\n"
        "%1$s:4: hold_mx: unknown setting, did you mean hold_max?\n"
        "%1$s:6: batch_records: expected a single value, not a list or a map\n"
        "%1$s:7: redis_url: expected redis://HOST:PORT/DB, redis+sentinel://HOST,HOST/SERVICE, "
        "redis+cluster://HOST,HOST or unix:///PATH; rediss for TLS (the value is not shown: it may "
        "hold a password)\n"
        "%1$s:8: kafak: unknown setting, did you mean kafka?\n"
        "REDRESS_LOG_LEVEL: \"loud\": expected error, warn, info or debug\n",
        fixture->yaml);
    assert_string_equal(fixture->errors.at, expected);
    assert_string_equal(fixture->config.log_level, "info"); /* what is wrong is as by default */
}

static void test_bad_files(void **state) {
    struct fixture *fixture = *state;
    char *none[] = {NULL};
    assert_int_equal(
        config_load("/no/such.yaml", none, fixture->arena, &fixture->config, &fixture->errors), -1);
    assert_non_null(strstr(fixture->errors.at, "/no/such.yaml"));
    assert_int_equal(load(fixture, "- a\n", none), -1);
    assert_non_null(strstr(fixture->errors.at, ":1: configuration: expected a map of settings\n"));
    assert_int_equal(load(fixture, "kafka: yes please\n", none), -1);
    assert_non_null(
        strstr(fixture->errors.at, ":1: kafka: expected a map of librdkafka properties"));
}

static void test_document(void **state) {
    (void)state;
    struct buf out = {NULL, 0, 0};
    config_document(&out);
    assert_non_null(strstr(out.at, "| `REDRESS_HOLD_MAX` | `hold_max` | `2m` | "));
    assert_non_null(strstr(out.at, "| `REDRESS_INSTANCE` | `instance` | none | "));
    assert_non_null(strstr(out.at, "`REDRESS_KAFKA_<PROPERTY>`"));
    for (const char *row = out.at; *row; row = strchr(row, '\n') + 1) { /* four cells in each row */
        int bars = 0;
        for (const char *at = row; *at != '\n'; at++) bars += *at == '|';
        assert_int_equal(bars, 5);
    }
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, start, end),
        cmocka_unit_test_setup_teardown(test_environment_wins, start, end),
        cmocka_unit_test_setup_teardown(test_keys, start, end),
        cmocka_unit_test_setup_teardown(test_secret_files, start, end),
        cmocka_unit_test_setup_teardown(test_variable_errors, start, end),
        cmocka_unit_test_setup_teardown(test_bad_secret_files, start, end),
        cmocka_unit_test_setup_teardown(test_service_links, start, end),
        cmocka_unit_test_setup_teardown(test_nearly_links, start, end),
        cmocka_unit_test(test_settings_are_no_links),
        cmocka_unit_test_setup_teardown(test_redis_url_is_not_shown, start, end),
        cmocka_unit_test_setup_teardown(test_all_errors_at_once, start, end),
        cmocka_unit_test_setup_teardown(test_bad_files, start, end),
        cmocka_unit_test(test_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
