/* rediss://: a real Redis that speaks TLS, with certificates made here. Who is taken for whom they
 * say, who is not, and what is said then. A build whose hiredis has no TLS says that, and what to
 * do. Without Kafka. */
#include "base/file.h"
#include "certificates.h"
#include "harness.h"
#include "outside/config.h"
#include "outside/redis.h"
#include "outside/redis_tls.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEP_MS = 240000, BAD_CONFIG = 78, LARGE = 3000000, HELLO_MAX = 4096 };

static struct harness *h;
static struct arena *arena;
static int tls_port;

static int open_redis(void **state) {
    (void)state;
    h = harness_new("redis-tls");
    harness_start_redis(h);
    arena = arena_new();
    certificates_authority(h, "ca");
    certificates_authority(h, "other");
    certificates_issue(h, "ca", "server", "/CN=redis", "IP:127.0.0.1,DNS:localhost", false);
    certificates_issue(h, "ca", "client", "/CN=redress", "DNS:redress", false);
    certificates_issue(h, "other", "stranger", "/CN=redress", "DNS:redress", false);
    return 0;
}

static int close_redis(void **state) {
    (void)state;
    arena_free(arena);
    harness_close(h);
    return 0;
}

static const char *in_folder(const char *file) {
    return certificates_path(h, arena, file);
}

static void tell(int port, const char *command) {
    struct err err;
    struct redis_reply *replies;
    struct redis *admin = redis_new(arena_printf(arena, "redis://127.0.0.1:%d", port), &err);
    const char *words[20];
    int count = 0;

    assert_non_null(admin);
    for (char *rest, *word = strtok_r(arena_strdup(arena, command), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    redis_add(admin, count, words, NULL);
    if (redis_exchange(admin, arena, &replies, &count, &err)) fail_msg("%s: %s", command, err.text);
    redis_free(admin);
}

/* What Redis shows from now on, and whether it asks for a certificate in return. */
static void serve(const char *name, bool asks) {
    if (!tls_port) tls_port = net_free_port();
    certificates_on_redis(h, name, tls_port, asks);
}

/* Files by name; NULL: none. */
static struct config config_of(const char *url, const char *ca, const char *own,
                               const char *server_name) {
    struct config config = {.redis_url = url, .redis_tls.server_name = server_name};

    if (ca) config.redis_tls.ca = in_folder(arena_printf(arena, "%s.pem", ca));
    if (own) config.redis_tls.certificate = in_folder(arena_printf(arena, "%s.pem", own));
    if (own) config.redis_tls.key = in_folder(arena_printf(arena, "%s.key", own));
    return config;
}

static const char *tls_url(const char *host) {
    return arena_printf(arena, "rediss://%s:%d/0", host, tls_port);
}

static void expect(struct config config, enum redis_state state, const char *words,
                   const char *remedy) {
    struct err err = {""};
    struct redis *redis = redis_of(&config, &err);

    if (!redis) fail_msg("%s: %s", config.redis_url, err.text);
    enum redis_state found = redis_check(redis, &err);
    if (found != state || !strstr(err.text, words) || !strstr(err.text, remedy))
        fail_msg("%s: state %d, \"%s\"; expected %d, \"%s\" and \"%s\"", config.redis_url, found,
                 err.text, state, words, remedy);
    redis_free(redis);
}

static void who_is_taken_for_redis(void **state) {
    (void)state;
    const char *url;

    serve("server", false);
    url = tls_url("127.0.0.1");
    expect(config_of(url, "ca", NULL, NULL), REDIS_GOOD, "", "");
    expect(config_of(tls_url("localhost"), "ca", NULL, NULL), REDIS_GOOD, "", "");
    expect(config_of(url, "ca", NULL, "localhost"), REDIS_GOOD, "", "");
    expect(config_of(url, "ca", NULL, "redis.example"), REDIS_MISCONFIGURED, "hostname mismatch",
           "REDRESS_REDIS_SSL_SERVER_NAME");
    expect(config_of(url, "ca", NULL, "127.0.0.2"), REDIS_MISCONFIGURED, "IP address mismatch",
           "REDRESS_REDIS_SSL_SERVER_NAME");
    expect(config_of(url, "other", NULL, NULL), REDIS_MISCONFIGURED,
           "TLS: its certificate: ", "REDRESS_REDIS_SSL_CA_LOCATION");
    expect(config_of(url, NULL, NULL, NULL), REDIS_MISCONFIGURED,
           "TLS: its certificate: ", "REDRESS_REDIS_SSL_CA_LOCATION");

    certificates_issue(h, "ca", "late", "/CN=redis", "IP:127.0.0.1", true);
    serve("late", false);
    expect(config_of(url, "ca", NULL, NULL), REDIS_MISCONFIGURED, "certificate has expired",
           "needs a new one");
    serve("server", false);
}

static void who_we_are(void **state) {
    (void)state;
    const char *url;

    serve("server", true);
    url = tls_url("127.0.0.1");
    expect(config_of(url, "ca", NULL, NULL), REDIS_MISCONFIGURED, "certificate required",
           "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION");
    expect(config_of(url, "ca", "stranger", NULL), REDIS_MISCONFIGURED, "unknown ca",
           "who signed REDRESS_REDIS_SSL_CERTIFICATE_LOCATION");
    expect(config_of(url, "ca", "client", NULL), REDIS_GOOD, "", "");
    serve("server", false);
}

static void which_port_speaks_what(void **state) {
    (void)state;
    const char *plain = arena_printf(arena, "redis://127.0.0.1:%d", tls_port);
    const char *wrong = arena_printf(arena, "rediss://127.0.0.1:%d", h->redis_port);

    expect(config_of(plain, NULL, NULL, NULL), REDIS_AWAY, "", "rediss://");
    expect(config_of(wrong, "ca", NULL, NULL), REDIS_AWAY, "TLS: no answer", "without TLS");
}

/* Whoever renews a certificate writes new files; the next connection reads them. */
static void renewed_files_are_read(void **state) {
    (void)state;
    struct config config = config_of(tls_url("127.0.0.1"), "renewed", "mine", NULL);
    struct err err;
    struct redis_reply reply;

    certificates_authority(h, "renewed");
    certificates_issue(h, "renewed", "mine", "/CN=redress", "DNS:redress", false);
    struct redis *redis = redis_of(&config, &err);
    assert_int_equal(redis_check(redis, &err), REDIS_MISCONFIGURED);
    int status =
        harness_run(h, NULL, STEP_MS, "cp", in_folder("ca.pem"), in_folder("renewed.pem"), NULL);
    assert_int_equal(status, 0);
    certificates_issue(h, "ca", "mine", "/CN=redress", "DNS:redress", false);
    serve("server", true);
    WAIT_FOR(redis_ask(redis, arena, &reply, &err, 1, "PING") == OUTCOME_DONE, STEP_MS);
    redis_free(redis);
    serve("server", false);
}

/* More than one record of TLS, and more than a socket takes at once, both ways. */
static void what_is_large_passes(void **state) {
    (void)state;
    static const char lua[] = "return redis.call('GET', KEYS[1]) .. ARGV[1]";
    struct config config = config_of(tls_url("127.0.0.1"), "ca", NULL, NULL);
    struct redis_script script = {.name = "join", .lua = lua};
    struct redis_reply *replies;
    struct err err;
    int count;
    char *large = malloc(LARGE + 1);

    assert_non_null(large);
    for (int i = 0; i < LARGE; i++) large[i] = (char)('a' + i % 26);
    large[LARGE] = 0;
    struct redis *redis = redis_of(&config, &err);
    redis_use(redis, &script);
    for (int i = 0; i < 1000; i++) redis_addf(redis, 3, "SET", "small", "x");
    redis_addf(redis, 3, "SET", "large", large);
    const char *argv[] = {"large", "end"};
    redis_add_script(redis, &script, 1, 2, argv, NULL);
    if (redis_exchange(redis, arena, &replies, &count, &err)) fail_msg("%s", err.text);
    assert_int_equal(count, 1002);
    assert_int_equal(replies[1001].len, LARGE + 3);
    assert_memory_equal(replies[1001].text, large, LARGE);
    assert_string_equal(replies[1001].text + LARGE, "end");
    free(large);
    redis_free(redis);
}

/* The name stands in the first thing that is sent (RFC 6066, section 3); and what answers
 * otherwise than TLS is told. */
static void the_name_is_sent_ahead(void **state) {
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    int port = net_free_port();
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;

    address.sin_port = htons((uint16_t)port);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 1), 0);
    pid_t child = fork();
    if (child == 0) {
        char hello[HELLO_MAX];
        int client = accept(listening, NULL, NULL);
        ssize_t len = read(client, hello, sizeof hello);
        if (write(client, answer, sizeof answer - 1) < 0) _exit(1);
        _exit(len > 0 && memmem(hello, (size_t)len, "redis.example", 13) ? 0 : 1);
    }
    close(listening);
    const char *url = arena_printf(arena, "rediss://127.0.0.1:%d", port);
    expect(config_of(url, "ca", NULL, "redis.example"), REDIS_MISCONFIGURED, "wrong version number",
           "write redis in place of rediss");
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- Sentinels and clusters ---- */

static void begin_server(struct process *server, const char *name, int port) {
    process_init(server, h->dir, name);
    process_env_basic(server);
    process_arg(server, "redis-server");
    process_arg(server, "%s", in_folder(arena_printf(arena, "%s.conf", name)));
    process_arg(server, "--port");
    process_arg(server, "%d", port);
    static const char *const files[][2] = {{"tls-cert-file", "server.pem"},
                                           {"tls-key-file", "server.key"},
                                           {"tls-ca-cert-file", "ca.pem"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        process_arg(server, "--%s", files[i][0]);
        process_arg(server, "%s", in_folder(files[i][1]));
    }
    process_arg(server, "--tls-auth-clients");
    process_arg(server, "no");
}

static void write_conf(const char *name, const char *text) {
    struct err err;
    const char *path = in_folder(arena_printf(arena, "%s.conf", name));
    if (file_write(path, text, strlen(text), &err) < 0) fail_msg("%s", err.text);
}

/* The Sentinel is asked by TLS too, and names the primary's port for TLS. */
static void a_sentinel_by_tls(void **state) {
    (void)state;
    struct process sentinel;
    int port = net_free_port();
    int own_tls_port = net_free_port();

    write_conf("sentinel",
               arena_printf(arena, "bind 127.0.0.1\ndir %s\nsentinel monitor m 127.0.0.1 %d 1\n",
                            h->dir, tls_port));
    begin_server(&sentinel, "sentinel", port);
    process_arg(&sentinel, "--tls-replication");
    process_arg(&sentinel, "yes");
    process_arg(&sentinel, "--tls-port");
    process_arg(&sentinel, "%d", own_tls_port);
    process_arg(&sentinel, "--sentinel");
    process_start(&sentinel);
    WAIT_FOR(net_redis_answers(port), STEP_MS);
    const char *url = arena_printf(arena, "rediss+sentinel://localhost:%d/m/0", own_tls_port);
    expect(config_of(url, "ca", NULL, NULL), REDIS_GOOD, "", "");
    expect(config_of(url, "other", NULL, NULL), REDIS_AWAY,
           "TLS: its certificate: ", "REDRESS_REDIS_SSL_CA_LOCATION");
    process_free(&sentinel);
}

/* A node's map of the slots names the ports for TLS to whom asks by TLS. */
static void a_cluster_by_tls(void **state) {
    (void)state;
    struct process node;
    int port = net_free_port();
    int own_tls_port = net_free_port();

    write_conf("node", arena_printf(arena,
                                    "bind 127.0.0.1\ndir %s\ncluster-enabled yes\ntls-cluster yes\n"
                                    "cluster-port %d\nsave \"\"\nmaxmemory-policy noeviction\n",
                                    h->dir, net_free_port()));
    begin_server(&node, "node", port);
    process_arg(&node, "--tls-port");
    process_arg(&node, "%d", own_tls_port);
    process_start(&node);
    WAIT_FOR(net_redis_answers(port), STEP_MS);
    tell(port, "CLUSTER ADDSLOTSRANGE 0 16383");
    struct config config = config_of(
        arena_printf(arena, "rediss+cluster://127.0.0.1:%d", own_tls_port), "ca", NULL, NULL);
    struct err err = {""};
    struct redis_reply reply;
    struct redis *redis = redis_of(&config, &err);
    WAIT_FOR(redis_ask(redis, arena, &reply, &err, 3, "SET", "k", "v") == OUTCOME_DONE, STEP_MS);
    assert_string_equal(reply.text, "OK");
    redis_free(redis);
    process_free(&node);
}

/* ---- Workers ---- */

static void expect_end(struct process *worker, const char *words) {
    process_start(worker);
    if (!process_wait(worker, STEP_MS)) fail_msg("%s still runs", worker->name);
    if (process_exit_status(worker) != BAD_CONFIG || !process_log_count(worker, words)) {
        process_log_tail(worker, 10);
        fail_msg("%s: status %d, expected %d and \"%s\"", worker->name, process_exit_status(worker),
                 BAD_CONFIG, words);
    }
}

/* All of them at once, each with its variable; and what only the server can say. */
static void a_worker_refuses_wrong_files(void **state) {
    (void)state;
    struct process *sla = harness_worker(h, "sla", 0);

    process_env(sla, "REDRESS_REDIS_URL=%s", tls_url("127.0.0.1"));
    process_env(sla, "REDRESS_REDIS_SSL_CA_LOCATION=/no/such.pem");
    process_env(sla, "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION=%s", in_folder("client.key"));
    process_env(sla, "REDRESS_REDIS_SSL_KEY_LOCATION=%s", in_folder("client.pem"));
    expect_end(sla, "REDRESS_REDIS_SSL_CA_LOCATION: /no/such.pem: No such file");
    assert_true(process_log_count(sla, "CERTIFICATE_LOCATION") > 0);
    assert_true(process_log_count(sla, "expected a certificate in PEM") > 0);
    assert_true(process_log_count(sla, "REDRESS_REDIS_SSL_KEY_LOCATION") > 0);

    process_env(sla, "REDRESS_REDIS_SSL_CA_LOCATION=%s", in_folder("other.pem"));
    process_env(sla, "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION=%s", in_folder("client.pem"));
    process_env(sla, "REDRESS_REDIS_SSL_KEY_LOCATION=%s", in_folder("stranger.key"));
    expect_end(sla, "is not that of the certificate of");
    process_env(sla, "REDRESS_REDIS_SSL_KEY_LOCATION=");
    expect_end(sla, "one of them alone says nothing");
    process_env(sla, "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION=");
    process_env(sla, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%d", net_free_port());
    expect_end(sla, "nobody whom REDRESS_REDIS_SSL_CA_LOCATION names has signed it");
}

static void a_build_without_says_so(void **state) {
    (void)state;
    struct err err;
    struct process *sla = harness_worker(h, "sla", 0);
    const char *yaml = in_folder("settings.yaml");
    static const char text[] = "log_level: info\nredis_url: rediss://:hush@redis/0\n";

    assert_null(redis_new("rediss+cluster://a", &err));
    assert_non_null(strstr(err.text, "REDRESS_REDIS_URL: it asks for TLS"));
    process_env(sla, "REDRESS_REDIS_URL=rediss://:hush@redis/0");
    expect_end(sla, "REDRESS_REDIS_URL: it asks for TLS, and this build's hiredis");
    process_env(sla, "REDRESS_REDIS_URL=");
    if (file_write(yaml, text, strlen(text), &err) < 0) fail_msg("%s", err.text);
    process_arg(sla, "--config");
    process_arg(sla, "%s", yaml);
    expect_end(sla, "settings.yaml:2: redis_url: it asks for TLS");
    assert_true(process_log_count(sla, "local TLS proxy") > 0);
    assert_int_equal(process_log_count(sla, "hush"), 0);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest with[] = {
        cmocka_unit_test(who_is_taken_for_redis),      cmocka_unit_test(who_we_are),
        cmocka_unit_test(which_port_speaks_what),      cmocka_unit_test(renewed_files_are_read),
        cmocka_unit_test(what_is_large_passes),        cmocka_unit_test(the_name_is_sent_ahead),
        cmocka_unit_test(a_sentinel_by_tls),           cmocka_unit_test(a_cluster_by_tls),
        cmocka_unit_test(a_worker_refuses_wrong_files)};
    const struct CMUnitTest without[] = {cmocka_unit_test(a_build_without_says_so)};
    if (redis_tls_missing()) return cmocka_run_group_tests(without, open_redis, close_redis);
    return cmocka_run_group_tests(with, open_redis, close_redis);
}
