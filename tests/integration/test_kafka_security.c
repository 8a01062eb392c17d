/* A broker with TLS and an authorizer: the workers sign in by password (PLAIN, and SCRAM-SHA-512
 * where librdkafka can), certificates and tokens, each under its own name, with what `redressctl acl`
 * prints alone, and take a complaint through. Whoever does more, or signs in wrongly, is told. */
#include "acls.h"
#include "base/certificate.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"
#include "board/board.h"
#include "certificates.h"
#include "cohort/cohort.h"
#include "gateway/gateway.h"
#include "outside/kafka_words.h"
#include "outside/redis_tls.h"
#include "pipeline.h"
#include "runtime/permissions.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    LIMIT_MS = PIPELINE_WITHIN_MS,
    PARTITIONS = 2,
    RUN_MS = 120000,
    TRY_MS = 2000, /* the first; each further one has so much more */
    LATE_MS = 3 * 24 * 3600 * 1000,
    BAD_CONFIG = 78
};
#define PASSWORD "a-long-password"

static struct harness *h;
static struct arena *arena;

static const struct worker_spec *const more_specs[] = {&gateway_spec, &board_spec, &cohort_spec,
                                                       NULL};

static const char *in_folder(const char *file) {
    return certificates_path(h, arena, file);
}

static void make_certificates(void) {
    certificates_authority(h, "ca");
    certificates_authority(h, "other");
    certificates_issue(h, "ca", "server", "/CN=broker", "IP:127.0.0.1,DNS:localhost", false);
    certificates_join(h, "server");
    for (int i = 0; pipeline_specs[i]; i++) {
        const char *name = pipeline_specs[i]->name;
        certificates_issue(h, "ca", name, arena_printf(arena, "/CN=redress-%s", name),
                           "DNS:redress", false);
    }
    for (int i = 0; more_specs[i]; i++) {
        const char *name = more_specs[i]->name;
        certificates_issue(h, "ca", name, arena_printf(arena, "/CN=redress-%s", name),
                           "DNS:redress", false);
    }
    certificates_issue(h, "other", "stranger", "/CN=redress-sla", "DNS:redress", false);
}

/* ---- What redressctl prints, done ---- */

static const char *word_behind(const char *line, const char *option) {
    const char *at = strstr(line, option);
    if (!at) return NULL;
    at += strlen(option);
    return arena_strndup(arena, at, strcspn(at, " \n"));
}

static enum kafka_operation operation_of(const char *word) {
    if (strcmp(word, "Read") == 0) return KAFKA_READ;
    if (strcmp(word, "Write") == 0) return KAFKA_WRITE;
    if (strcmp(word, "Describe") == 0) return KAFKA_DESCRIBE;
    assert_string_equal(word, "DescribeConfigs");
    return KAFKA_DESCRIBE_CONFIGS;
}

/* One line of kafka-acls.sh, asked of the broker as that program asks it. */
static void apply_line(const char *line) {
    static const struct {
        const char *option;
        enum kafka_resource resource;
    } rows[] = {{" --topic ", KAFKA_TOPIC},
                {" --group ", KAFKA_GROUP},
                {" --transactional-id ", KAFKA_TRANSACTIONAL_ID}};
    struct permission permission = {.prefixed = strstr(line, "--resource-pattern-type prefixed")};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *name = word_behind(line, rows[i].option);
        if (name) permission.name = name;
        if (name) permission.resource = rows[i].resource;
    }
    permission.operation = operation_of(word_behind(line, "--operation "));
    assert_non_null(permission.name);
    acls_grant(h, word_behind(line, "--allow-principal User:"), &permission);
}

static void apply_all(void) {
    struct buf out = {0};
    int count = 0;
    static const char program[] = "kafka-acls.sh --add ";

    assert_int_equal(harness_run(h, &out, RUN_MS, "redressctl", "acl", NULL), 0);
    for (char *rest, *line = strtok_r(out.at, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, program, sizeof program - 1) != 0) continue;
        apply_line(line);
        count++;
    }
    print_message("redressctl acl: %d permissions of Kafka's\n", count);
    assert_true(count > 50);
    buf_free(&out);
}

static int setup(void **state) {
    (void)state;
    h = harness_new("kafka-security");
    h->tls = true;
    arena = arena_new();
    make_certificates();
    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, PARTITIONS);
    acls_add_user(h, "redress-sla", PASSWORD);
    apply_all();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(arena);
    harness_close(h);
    return 0;
}

/* ---- Who signs in how ---- */

static void trust(struct process *worker, const char *protocol, int port, const char *ca) {
    process_env(worker, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%d", port);
    process_env(worker, "REDRESS_KAFKA_SECURITY_PROTOCOL=%s", protocol);
    process_env(worker, "REDRESS_KAFKA_SSL_CA_LOCATION=%s", in_folder(ca));
}

static void by_password(struct process *worker, const char *mechanism, const char *user,
                        const char *password) {
    trust(worker, "sasl_ssl", h->secure_port, "ca.pem");
    process_env(worker, "REDRESS_KAFKA_SASL_MECHANISM=%s", mechanism);
    process_env(worker, "REDRESS_KAFKA_SASL_USERNAME=%s", user);
    process_env(worker, "REDRESS_KAFKA_SASL_PASSWORD=%s", password);
}

static void by_certificate(struct process *worker, const char *name) {
    trust(worker, "ssl", h->tls_port, "ca.pem");
    process_env(worker, "REDRESS_KAFKA_SSL_CERTIFICATE_LOCATION=%s",
                in_folder(arena_printf(arena, "%s.pem", name)));
    process_env(worker, "REDRESS_KAFKA_SSL_KEY_LOCATION=%s",
                in_folder(arena_printf(arena, "%s.key", name)));
}

/* A token that nobody signed, as librdkafka makes them for tests and Kafka takes them. */
static void by_token(struct process *worker, const char *user) {
    trust(worker, "sasl_ssl", h->secure_port, "ca.pem");
    process_env(worker, "REDRESS_KAFKA_SASL_MECHANISM=OAUTHBEARER");
    process_env(worker, "REDRESS_KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT=true");
    process_env(worker, "REDRESS_KAFKA_SASL_OAUTHBEARER_CONFIG=principal=%s", user);
}

/* Redis by TLS too, where this build can. */
static void use_redis_tls(struct process *worker, int port) {
    if (redis_tls_missing()) return;
    process_env(worker, "REDRESS_REDIS_URL=rediss://127.0.0.1:%d/0", port);
    process_env(worker, "REDRESS_REDIS_SSL_CA_LOCATION=%s", in_folder("ca.pem"));
    process_env(worker, "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION=%s", in_folder("sla.pem"));
    process_env(worker, "REDRESS_REDIS_SSL_KEY_LOCATION=%s", in_folder("sla.key"));
}

/* Not with every librdkafka at this Kafka. */
static const char *scram(void) {
    if (kafka_words_old_scram()) return "PLAIN";
    return "SCRAM-SHA-512";
}

static void start_workers(struct pipeline *pipeline) {
    int redis_port = net_free_port();

    if (!redis_tls_missing()) certificates_on_redis(h, "server", redis_port, true);
    pipeline_workers(pipeline, 0);
    by_password(pipeline->workers[PIPELINE_INTAKE], "PLAIN", "redress-intake", PASSWORD);
    by_password(pipeline->workers[PIPELINE_SLA], scram(), "redress-sla", PASSWORD);
    by_certificate(pipeline->workers[PIPELINE_COMPENSATION], "compensation");
    by_certificate(pipeline->workers[PIPELINE_CLASSIFICATION], "classification");
    by_token(pipeline->workers[PIPELINE_NOTIFICATION], "redress-notification");
    for (int i = 0; i < PIPELINE_WORKERS; i++) {
        use_redis_tls(pipeline->workers[i], redis_port);
        process_env(pipeline->workers[i], "REDRESS_LATE_SETTLE=1s");
    }
    pipeline_start(pipeline);
}

static void a_complaint_passes(void **state) {
    (void)state;
    struct pipeline own = {.h = h, .world = world_open(h)};
    char route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
    static const char *const types[] = {
        "case.opened",           "case.classified",        "sla.started",
        "compensation.proposed", "notification.requested", "sla.breached"};

    own.events = tail_open(own.world, TOPIC_EVENTS);
    start_workers(&own);
    ids_route("default", "order:P1", route);
    ids_case(route, "/shop/app", "p-1", case_id);
    pipeline_publish(
        &own, "complaint.submitted", "/shop/app", "p-1", clock_now_ms() - LATE_MS, route,
        "{'channel':'app','customer':{'id':'u-1','tier':'regular'},'order':{'id':'P1','status':'"
        "signed','amount':{'currency':'CNY','minor':8900}},'text':'收到的包有瑕疵，皮面上有划痕'}");
    world_flush(own.world);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        tail_wait(own.events, types[i], case_id, 1, LIMIT_MS);
    for (int i = 0; i < PIPELINE_WORKERS; i++) process_stop(own.workers[i], LIMIT_MS);
    tail_close(own.events);
    world_close(own.world);
}

/* ---- What each must not do ---- */

/* One that signs in by its certificate, and its list. */
struct person {
    struct config_property kafka[5];
    struct config config;
    struct kafka handle;
    struct permission *list;
    int count, refused, allowed;
};

static void begin(struct person *person, const struct worker_spec *spec) {
    const char *name = spec->name;

    memset(person, 0, sizeof *person);
    person->kafka[0] = (struct config_property){"bootstrap.servers",
                                                arena_printf(arena, "127.0.0.1:%d", h->tls_port)};
    person->kafka[1] = (struct config_property){"security.protocol", "ssl"};
    person->kafka[2] = (struct config_property){"ssl.ca.location", in_folder("ca.pem")};
    person->kafka[3] = (struct config_property){"ssl.certificate.location",
                                                in_folder(arena_printf(arena, "%s.pem", name))};
    person->kafka[4] = (struct config_property){"ssl.key.location",
                                                in_folder(arena_printf(arena, "%s.key", name))};
    person->config = (struct config){.arena = arena,
                                     .kafka = person->kafka,
                                     .kafka_count = 5,
                                     .topic_prefix = "redress",
                                     .transaction_timeout_ms = 5000,
                                     .session_timeout_ms = 15000};
    person->handle = (struct kafka){.config = &person->config, .worker = name};
    person->count = permissions_of(spec, "redress", arena, &person->list);
}

static bool is_granted(const struct person *person, enum kafka_resource resource, const char *name,
                       enum kafka_operation operation) {
    for (int i = 0; i < person->count; i++) {
        const struct permission *one = &person->list[i];
        size_t len = strlen(one->name);
        if (one->resource != resource || one->operation != operation) continue;
        if (strcmp(one->name, name) == 0) return true;
        if (one->prefixed && strncmp(one->name, name, len) == 0) return true;
    }
    return false;
}

static void attempt(struct person *person, enum kafka_resource resource, const char *name,
                    enum kafka_operation operation) {
    struct err err = {""};
    bool granted = is_granted(person, resource, name, operation);
    enum kafka_verdict verdict = KAFKA_SILENT;
    int64_t end_ms = wait_now_ms() + LIMIT_MS;

    /* Who is slow does not answer, or says that he is loading. A transactional id that is refused is
     * told only when the time is over: so that is short at first. */
    for (int try_ms = TRY_MS;
         verdict != KAFKA_ALLOWED && verdict != KAFKA_FORBIDDEN && wait_now_ms() < end_ms;
         try_ms += TRY_MS) {
        struct kafka_tries *tries = kafka_tries_new(&person->handle);
        verdict = kafka_try(tries, resource, name, operation, try_ms, &err);
        kafka_tries_free(tries);
    }
    if (verdict != (granted ? KAFKA_ALLOWED : KAFKA_FORBIDDEN))
        fail_msg("redress-%s: %s on %s %s: verdict %d, expected it %s: %s", person->handle.worker,
                 permissions_operation(operation), permissions_resource(resource), name, verdict,
                 granted ? "allowed" : "forbidden", err.text);
    person->allowed += granted;
    person->refused += !granted;
}

static void attempt_topic(struct person *person, const char *name) {
    attempt(person, KAFKA_TOPIC, name, KAFKA_READ);
    attempt(person, KAFKA_TOPIC, name, KAFKA_WRITE);
}

/* Whatever another worker is called by. */
static void attempt_names_of(struct person *person, const struct worker_spec *spec) {
    const char *own = arena_printf(arena, "redress-%s", spec->name);

    if (spec->kind == WORKER_GATEWAY) own = arena_printf(arena, "%s-mail", own);
    attempt(person, KAFKA_GROUP, own, KAFKA_READ);
    attempt(person, KAFKA_TRANSACTIONAL_ID, arena_printf(arena, "redress-%s-try", spec->name),
            KAFKA_WRITE);
    if (spec->kind == WORKER_KEYED)
        attempt_topic(person, arena_printf(arena, "redress.%s.state", spec->name));
}

static void attempt_everything(const struct worker_spec *spec) {
    struct person person;

    begin(&person, spec);
    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++)
        if (topic != TOPIC_STATE)
            attempt_topic(&person, arena_printf(arena, "redress.%s", topic_name(topic)));
    for (int i = 0; pipeline_specs[i]; i++) attempt_names_of(&person, pipeline_specs[i]);
    for (int i = 0; more_specs[i]; i++) attempt_names_of(&person, more_specs[i]);
    bool decides = is_granted(&person, KAFKA_TOPIC, "redress.decisions", KAFKA_WRITE);
    assert_int_equal(decides, spec->kind == WORKER_BOARD); /* the approver console alone */
    print_message("redress-%s: %d allowed, %d refused\n", spec->name, person.allowed,
                  person.refused);
    assert_true(person.refused > 20);
}

static void nobody_does_more(void **state) {
    (void)state;
    for (int i = 0; pipeline_specs[i]; i++) attempt_everything(pipeline_specs[i]);
    for (int i = 0; more_specs[i]; i++) attempt_everything(more_specs[i]);
}

/* ---- What redressctl sees of it ---- */

static bool check_says(int status, const char *words) {
    struct buf out = {0};
    int found = harness_run(h, &out, RUN_MS, "redressctl", "acl", "check", NULL);
    bool said = found == status && out.at && strstr(out.at, words);

    if (!said) print_message("status %d:\n%s\n", found, out.at ? out.at : "");
    buf_free(&out);
    return said;
}

/* `redressctl acl <verb> intake --json` */
static bool has_row(const char *verb, int status, const char *row) {
    struct buf out = {0};
    int found = harness_run(h, &out, RUN_MS, "redressctl", "acl", verb, "intake", "--json", NULL);

    bool said = found == status && out.at && strstr(out.at, row);
    if (!said)
        print_message("acl %s: status %d, no %s in %s\n", verb, found, row, out.at ? out.at : "");
    buf_free(&out);
    return said;
}

/* A try for which redressctl had too little time may have granted it: then it is missing again. */
static bool is_applied(const struct permission *read) {
    acls_revoke(h, "redress-intake", read);
    return has_row("apply", 0,
                   "{\"user\":\"redress-intake\",\"what\":\"Read on topic redress.complaints\","
                   "\"granted\":true}\n");
}

static void what_is_granted_is_seen(void **state) {
    (void)state;
    struct permission read = {KAFKA_TOPIC, "redress.complaints", false, KAFKA_READ, ""};
    struct permission decide = {KAFKA_TOPIC, "redress.decisions", false, KAFKA_WRITE, ""};

    WAIT_FOR(check_says(0, " 0 missing, 0 not needed"), LIMIT_MS);
    acls_revoke(h, "redress-intake", &read);
    WAIT_FOR(check_says(70, "missing     redress-intake: Read on topic redress.complaints: "
                            "kafka-acls.sh --add --allow-principal User:redress-intake"),
             LIMIT_MS);
    WAIT_FOR(has_row("check", 70,
                     "{\"user\":\"redress-intake\",\"standing\":\"missing\",\"what\":\"Read on "
                     "topic redress.complaints\",\"mend\":\"kafka-acls.sh --add"),
             LIMIT_MS);
    WAIT_FOR(is_applied(&read), LIMIT_MS);
    WAIT_FOR(check_says(0, " 0 missing, 0 not needed"), LIMIT_MS);
    acls_grant(h, "redress-sla", &decide);
    WAIT_FOR(check_says(70, "not needed  redress-sla: Write on topic redress.decisions"), LIMIT_MS);
    WAIT_FOR(check_says(70, "User:redress-sla may write redress.decisions"), LIMIT_MS);
    acls_revoke(h, "redress-sla", &decide);
    WAIT_FOR(check_says(0, " 0 missing, 0 not needed"), LIMIT_MS);
}

/* The certificates made here last for two days. */
static void what_ends_soon_is_told(void **state) {
    (void)state;
    struct buf out = {0};
    struct err err;
    const char *path = in_folder("doctor.yaml");
    const char *yaml =
        arena_printf(arena, "kafka:\n  ssl.certificate.location: %s\n  ssl.key.location: %s\n",
                     in_folder("sla.pem"), in_folder("sla.key"));

    if (file_write(path, yaml, strlen(yaml), &err) < 0) fail_msg("%s", err.text);
    harness_run(h, &out, RUN_MS, "redressctl", "doctor", "--config", path, NULL);
    if (!strstr(out.at, "BAD  certificate for kafka") || !strstr(out.at, ", in 1 days\n") ||
        !strstr(out.at, "renew it in place"))
        fail_msg("%s", out.at);
    assert_null(strstr(out.at, "certificate for redis"));
    buf_free(&out);
}

/* ---- A password that changes ---- */

static void write_password(const char *password) {
    struct err err;
    if (file_write(in_folder("password"), password, strlen(password), &err) < 0)
        fail_msg("%s", err.text);
}

/* Another one for redress-sla, who signs in by PLAIN; the broker knows it when it is started anew. */
static void change_on_broker(const char *from, const char *to) {
    static const char replace[] = "s/user_redress-sla=\"%s\"/user_redress-sla=\"%s\"/";
    const char *script = arena_printf(arena, replace, from, to);
    const char *path = arena_printf(arena, "%s/server.properties", h->dir);

    assert_int_equal(harness_run(h, NULL, RUN_MS, "sed", "-i", script, path, NULL), 0);
    process_kill(&h->kafka, SIGKILL);
    harness_start_kafka(h);
}

/* Something for sla to read. */
static void tell_sla(struct world *world) {
    static const char text[] = "no event";
    for (int i = 0; i < 8; i++)
        world_publish(world, TOPIC_EVENTS, arena_printf(arena, "k%d", i), text, sizeof text - 1,
                      NULL, 0);
    world_flush(world);
}

static bool has_read_all(struct world *world) {
    return world_lag(world, pipeline_specs[PIPELINE_SLA]) == 0;
}

/* The broker takes another password while the worker runs: it is refused, reads its file again when
 * that is changed too, and goes on. So does one that is told by SIGHUP. */
static void a_password_changes(void **state) {
    (void)state;
    struct world *world = world_open(h);
    struct process *sla = harness_worker(h, "sla", 20);

    write_password(PASSWORD);
    by_password(sla, "PLAIN", "redress-sla", "");
    process_env(sla, "REDRESS_KAFKA_SASL_PASSWORD_FILE=%s", in_folder("password"));
    process_start(sla);
    harness_wait_ready(h, sla);
    tell_sla(world);
    WAIT_FOR(has_read_all(world), LIMIT_MS);

    change_on_broker(PASSWORD, "another-one");
    WAIT_FOR(process_log_count(sla, "Invalid username or password") > 0, LIMIT_MS);
    tell_sla(world);
    assert_false(has_read_all(world));
    assert_int_equal(process_log_count(sla, "were read again"), 0);
    write_password("another-one");
    WAIT_FOR(has_read_all(world), LIMIT_MS);
    assert_int_equal(process_log_count(sla, "were read again"), 1);
    assert_int_equal(process_log_count(sla, "another-one"), 0);

    write_password(PASSWORD);
    process_kill(sla, SIGHUP);
    WAIT_FOR(process_log_count(sla, "were read again") == 2, LIMIT_MS);
    change_on_broker("another-one", PASSWORD);
    tell_sla(world);
    WAIT_FOR(has_read_all(world), LIMIT_MS);
    assert_int_equal(process_stop(sla, LIMIT_MS), 0);
    world_close(world);
}

/* ---- A certificate that is renewed ---- */

static double end_of(const char *file) {
    int64_t end_ms;
    struct err err;
    if (certificate_look(in_folder(file), &end_ms, &err) < 0) fail_msg("%s", err.text);
    return (double)end_ms / 1000;
}

static double end_told(struct process *worker) {
    return harness_metric(h, worker, "redress_certificate_end_seconds{of=\"kafka\"}");
}

static void issue_renewed(void) {
    certificates_issue(h, "ca", "renewed", "/CN=redress-sla", "DNS:redress", false);
}

/* In place, under a running worker: it goes on by the one that it has read, and tells how long that
 * is good, until it is started anew. */
static void a_certificate_is_renewed(void **state) {
    (void)state;
    struct world *world = world_open(h);
    struct process *sla = harness_worker(h, "sla", 21);

    issue_renewed();
    double first = end_of("renewed.pem");
    by_certificate(sla, "renewed");
    process_start(sla);
    harness_wait_ready(h, sla);
    assert_true(end_told(sla) == first);

    WAIT_FOR((issue_renewed(), end_of("renewed.pem")) > first, LIMIT_MS);
    double second = end_of("renewed.pem");
    process_kill(sla, SIGHUP);
    WAIT_FOR(process_log_count(sla, "policies unchanged") > 0, LIMIT_MS);
    tell_sla(world);
    WAIT_FOR(has_read_all(world), LIMIT_MS);
    assert_true(end_told(sla) == first);

    assert_int_equal(process_stop(sla, LIMIT_MS), 0);
    process_start(sla);
    harness_wait_ready(h, sla);
    assert_true(end_told(sla) == second);
    tell_sla(world);
    WAIT_FOR(has_read_all(world), LIMIT_MS);
    assert_int_equal(process_stop(sla, LIMIT_MS), 0);
    world_close(world);
}

/* ---- Who signs in wrongly ---- */

static void expect_word(struct process *worker, const char *word) {
    process_start(worker);
    WAIT_FOR(process_log_count(worker, word) > 0, LIMIT_MS);
    assert_true(process_running(worker)); /* somebody may mend it */
    assert_int_equal(process_log_count(worker, "wrong-password"), 0);
    assert_int_equal(process_stop(worker, LIMIT_MS), 0);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    struct process *sla;

    by_password(sla = harness_worker(h, "sla", 1), "PLAIN", "redress-sla", "wrong-password");
    expect_word(sla, "REDRESS_KAFKA_SASL_USERNAME");
    by_password(sla = harness_worker(h, "sla", 8), "SCRAM-SHA-512", "redress-sla",
                "wrong-password");
    expect_word(sla, "REDRESS_KAFKA_SASL_USERNAME and REDRESS_KAFKA_SASL_PASSWORD");
    if (kafka_words_old_scram()) {
        by_password(sla = harness_worker(h, "sla", 9), "SCRAM-SHA-512", "redress-sla", PASSWORD);
        expect_word(sla, "before 2.6.1 librdkafka cannot sign in by SCRAM");
    }
    by_password(sla = harness_worker(h, "sla", 2), scram(), "redress-sla", PASSWORD);
    process_env(sla, "REDRESS_KAFKA_SSL_CA_LOCATION=%s", in_folder("other.pem"));
    expect_word(sla, "REDRESS_KAFKA_SSL_CA_LOCATION (ssl.ca.location)");
    by_password(sla = harness_worker(h, "sla", 3), "SCRAM-SHA-256", "redress-sla", PASSWORD);
    expect_word(sla, "REDRESS_KAFKA_SASL_MECHANISM (sasl.mechanism)");
    trust(sla = harness_worker(h, "sla", 4), "ssl", h->tls_port, "ca.pem");
    expect_word(sla, "REDRESS_KAFKA_SSL_CERTIFICATE_LOCATION");
    by_certificate(sla = harness_worker(h, "sla", 5), "stranger");
    expect_word(sla, "REDRESS_KAFKA_SSL_CERTIFICATE_LOCATION");
    trust(sla = harness_worker(h, "sla", 6), "plaintext", h->tls_port, "ca.pem");
    expect_word(sla, "REDRESS_KAFKA_SECURITY_PROTOCOL (security.protocol)");
}

/* All at once, before anything is asked. */
static void wrong_files_are_settings(void **state) {
    (void)state;
    struct process *sla = harness_worker(h, "sla", 7);

    by_certificate(sla, "sla");
    process_env(sla, "REDRESS_KAFKA_SSL_CA_LOCATION=/no/such.pem");
    process_env(sla, "REDRESS_KAFKA_SSL_KEY_LOCATION=%s", in_folder("sla.pem"));
    process_env(sla, "REDRESS_KAFKA_LINGER_MS=soon");
    process_start(sla);
    assert_true(process_wait(sla, LIMIT_MS));
    assert_int_equal(process_exit_status(sla), BAD_CONFIG);
    static const char *const words[] = {
        "ssl.ca.location (REDRESS_KAFKA_SSL_CA_LOCATION): /no/such.pem: No such file",
        "ssl.key.location (REDRESS_KAFKA_SSL_KEY_LOCATION): ",
        "linger.ms (REDRESS_KAFKA_LINGER_MS): "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!process_log_count(sla, words[i])) fail_msg("not said: %s", words[i]);
    process_env(sla, "REDRESS_KAFKA_SSL_CA_LOCATION=%s", in_folder("ca.pem"));
    process_env(sla, "REDRESS_KAFKA_SSL_KEY_LOCATION=%s", in_folder("stranger.key"));
    process_env(sla, "REDRESS_KAFKA_LINGER_MS=");
    process_start(sla);
    assert_true(process_wait(sla, LIMIT_MS));
    assert_int_equal(process_exit_status(sla), BAD_CONFIG);
    assert_true(process_log_count(sla, "is not that of the certificate") > 0);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complaint_passes),      cmocka_unit_test(nobody_does_more),
        cmocka_unit_test(a_password_changes),      cmocka_unit_test(a_certificate_is_renewed),
        cmocka_unit_test(what_is_granted_is_seen), cmocka_unit_test(what_ends_soon_is_told),
        cmocka_unit_test(what_is_wrong_is_named),  cmocka_unit_test(wrong_files_are_settings)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
