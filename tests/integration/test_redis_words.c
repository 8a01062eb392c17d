/* A Redis that cannot be used, for each reason, on real servers and on things that only look like
 * one: the worker says which reason it is and what to do, and never the password; a wrong setting
 * refuses the start, everything else is waited for. Without Kafka. */
#include "harness.h"
#include "outside/redis.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEP_MS = 240000, BAD_CONFIG = 78, CANNOT_GO_ON = 70 };
#define SECRET "hush@hush"

static struct harness *h;
static struct arena *arena;

static int open_redis(void **state) {
    (void)state;
    h = harness_new("redis-words");
    harness_start_redis(h);
    arena = arena_new();
    return 0;
}

static int close_redis(void **state) {
    (void)state;
    arena_free(arena);
    harness_close(h);
    return 0;
}

static const char *url_of(const char *credentials, const char *rest) {
    return arena_printf(arena, "redis://%s127.0.0.1:%d%s", credentials, h->redis_port, rest);
}

static void tell(struct redis *redis, const char *command) {
    const char *words[10] = {NULL};
    struct redis_reply reply;
    struct err err;
    int count = 0;
    for (char *rest, *word = strtok_r(arena_strdup(arena, command), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (redis_ask(redis, arena, &reply, &err, count, words[0], words[1], words[2], words[3],
                  words[4], words[5], words[6], words[7], words[8], words[9]))
        fail_msg("%s: %s", command, err.text);
}

static void expect(const char *url, enum redis_state state, const char *words, const char *remedy) {
    struct err err = {""};
    struct redis *redis = redis_new(url, &err);
    if (!redis) fail_msg("%s: %s", url, err.text);
    enum redis_state found = redis_check(redis, &err);
    if (found != state || !strstr(err.text, words) || !strstr(err.text, remedy))
        fail_msg("%s: state %d, \"%s\"; expected %d, \"%s\" and \"%s\"", url, found, err.text,
                 state, words, remedy);
    assert_null(strstr(err.text, SECRET));
    if (state != REDIS_GOOD) { /* said again as long as it is so, also while it waits before the
                                  next attempt */
        struct redis_reply reply;
        assert_int_equal(redis_ask(redis, arena, &reply, &err, 1, "PING"), OUTCOME_WAIT);
        assert_non_null(strstr(err.text, remedy));
    }
    redis_free(redis);
}

static void each_reason_has_its_words(void **state) {
    (void)state;
    struct err err;
    struct redis *admin = redis_new(h->redis_url, &err);
    char free_port[64];
    snprintf(free_port, sizeof free_port, "redis://127.0.0.1:%d", net_free_port());
    expect(url_of("", ""), REDIS_GOOD, "", "");
    expect(url_of(":" SECRET "@", ""), REDIS_MISCONFIGURED, "without any password",
           "no password set");
    expect(url_of("nobody:" SECRET "@", ""), REDIS_MISCONFIGURED, "WRONGPASS", "REDRESS_REDIS_URL");
    expect(url_of("", "/99"), REDIS_MISCONFIGURED, "DB index is out of range", "databases");
    expect(free_port, REDIS_AWAY, "Connection refused", "nothing listens there");
    expect("redis://no-such-host.invalid", REDIS_AWAY, "no-such-host.invalid", ": ");
    expect("unix:///run/no/such.sock", REDIS_AWAY, "No such file", "unixsocket");

    tell(admin, "ACL SETUSER narrow on >hush@hush ~redress:* +ping +info +script");
    tell(admin, "ACL SETUSER blind on >hush@hush ~* +ping");
    expect(url_of("narrow:hush%40hush@", ""), REDIS_GOOD, "", "");
    expect(url_of("blind:hush%40hush@", ""), REDIS_MISCONFIGURED, "NOPERM", "ACL SETUSER");
    struct redis *narrow = redis_new(url_of("narrow:hush%40hush@", ""), &err);
    struct redis_reply reply;
    assert_int_equal(redis_ask(narrow, arena, &reply, &err, 2, "GET", "redress:x"), OUTCOME_WAIT);
    assert_non_null(strstr(err.text, "ACL SETUSER"));
    tell(admin, "ACL SETUSER narrow +get"); /* mended while it runs */
    assert_int_equal(redis_ask(narrow, arena, &reply, &err, 2, "GET", "redress:x"), OUTCOME_DONE);
    redis_free(narrow);

    tell(admin, "CONFIG SET requirepass hush@hush");
    expect(url_of("", ""), REDIS_MISCONFIGURED, "NOAUTH", "asks for a password");
    expect(url_of(":hush%40hush@", ""), REDIS_GOOD, "", "");
    redis_free(admin);
    admin = redis_new(url_of(":hush%40hush@", ""), &err);
    tell(admin, "ACL SETUSER default nopass");
    redis_free(admin);
}

/* ---- What only looks like a Redis ---- */

/* A child that answers the first bytes of each connection with `answer`, or hangs up on it; NULL:
 * stands still. */
static pid_t fake(int *port, const char *answer) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
    *port = net_free_port();
    address.sin_port = htons((uint16_t)*port);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 8), 0);
    pid_t child = fork();
    if (child) {
        close(listening);
        return child;
    }
    for (;;) {
        char bytes[64];
        int client = accept(listening, NULL, NULL);
        if (!answer) continue;
        if (*answer && read(client, bytes, sizeof bytes) > 0 &&
            write(client, answer, strlen(answer)) < 0)
            _exit(1);
        close(client);
    }
}

static void what_is_no_redis_is_told(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        enum redis_state state;
        const char *words, *remedy;
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", REDIS_MISCONFIGURED, "Protocol error",
         "another service's port"},
        {"\x15\x03\x03", REDIS_MISCONFIGURED, "Protocol error", "TLS"},
        {"", REDIS_AWAY, "", "TLS"},
        {"-DENIED Redis is running in protected mode\r\n", REDIS_MISCONFIGURED, "DENIED",
         "requirepass"},
        {"-ERR max number of clients reached\r\n", REDIS_AWAY, "max number", "maxclients"},
        {"-LOADING Redis is loading the dataset in memory\r\n", REDIS_AWAY, "LOADING",
         "after a start"},
        {NULL, REDIS_AWAY, "unavailable", "it stands still"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int port, status;
        pid_t child = fake(&port, rows[i].answer);
        expect(arena_printf(arena, "redis://127.0.0.1:%d", port), rows[i].state, rows[i].words,
               rows[i].remedy);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
}

/* ---- While it runs ---- */

static void a_forgetful_redis_is_noticed_later(void **state) {
    (void)state;
    struct err err;
    struct redis_reply reply;
    struct redis *admin = redis_new(h->redis_url, &err), *redis = redis_new(h->redis_url, &err);
    assert_int_equal(redis_check(redis, &err), REDIS_GOOD);
    tell(admin, "CONFIG SET maxmemory-policy allkeys-lru");
    WAIT_FOR(redis_ask(redis, arena, &reply, &err, 1, "PING") == OUTCOME_WAIT, STEP_MS);
    assert_non_null(strstr(err.text, "CONFIG SET maxmemory-policy noeviction"));
    tell(admin, "CONFIG SET maxmemory-policy noeviction");
    WAIT_FOR(redis_ask(redis, arena, &reply, &err, 1, "PING") == OUTCOME_DONE, STEP_MS);
    redis_free(admin);
    redis_free(redis);
}

/* One that has thrown keys away since is another one to whoever relies on its run. */
static void thrown_away_keys_make_another_run(void **state) {
    (void)state;
    struct err err;
    struct redis_reply reply;
    struct redis *admin = redis_new(h->redis_url, &err), *redis = redis_new(h->redis_url, &err);
    assert_int_equal(redis_check(redis, &err), REDIS_GOOD);
    const char *before = arena_strdup(arena, redis_run_id(redis));
    for (int i = 0; i < 1000; i++) tell(admin, arena_printf(arena, "SET thrown:%d %0900d", i, i));
    tell(admin, "CONFIG SET maxmemory-policy allkeys-lru");
    tell(admin, "CONFIG SET maxmemory 1500000");
    for (int i = 0; i < 1000; i++) tell(admin, arena_printf(arena, "SET more:%d %0900d", i, i));
    tell(admin, "CONFIG SET maxmemory 0");
    tell(admin, "CONFIG SET maxmemory-policy noeviction");
    WAIT_FOR(redis_ask(redis, arena, &reply, &err, 1, "PING") == OUTCOME_DONE &&
                 strcmp(redis_run_id(redis), before) != 0,
             STEP_MS);
    assert_int_equal(strncmp(redis_run_id(redis), before, strlen(before)), 0);
    tell(admin, "FLUSHALL");
    redis_free(admin);
    redis_free(redis);
}

/* A primary that was a replica in between may have lost what it had, in the same process. */
static void a_promotion_makes_another_run(void **state) {
    (void)state;
    struct err err;
    struct redis *admin = redis_new(h->redis_url, &err), *redis = redis_new(h->redis_url, &err);
    assert_int_equal(redis_check(redis, &err), REDIS_GOOD);
    const char *before = arena_strdup(arena, redis_run_id(redis));
    tell(admin, "REPLICAOF 127.0.0.1 1");
    tell(admin, "REPLICAOF NO ONE");
    assert_int_equal(redis_check(redis, &err), REDIS_GOOD);
    assert_string_not_equal(redis_run_id(redis), before);
    redis_free(admin);
    redis_free(redis);
}

/* ---- Workers ---- */

static void expect_end(struct process *worker, int status, const char *words) {
    process_start(worker);
    if (!process_wait(worker, STEP_MS)) fail_msg("%s still runs", worker->name);
    if (process_exit_status(worker) != status || !process_log_count(worker, words)) {
        process_log_tail(worker, 10);
        fail_msg("%s: status %d, expected %d and \"%s\"", worker->name, process_exit_status(worker),
                 status, words);
    }
    assert_int_equal(process_log_count(worker, "hush"), 0);
}

/* A wrong setting is found before anybody waits for Kafka. */
static void a_worker_refuses_wrong_settings(void **state) {
    (void)state;
    struct err err;
    struct redis *admin = redis_new(h->redis_url, &err);
    static const struct {
        const char *credentials, *rest, *words;
    } rows[] = {{":hush@", "", "no password set"},
                {"nobody:hush@", "", "WRONGPASS"},
                {"", "/99", "DB index"},
                {"hush@", "", "redis://:PASSWORD@HOST"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct process *sla = harness_worker(h, "sla", (int)i);
        process_env(sla, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%d", net_free_port());
        process_env(sla, "REDRESS_REDIS_URL=%s", url_of(rows[i].credentials, rows[i].rest));
        expect_end(sla, BAD_CONFIG, rows[i].words);
    }
    tell(admin, "CONFIG SET maxmemory-policy volatile-ttl");
    struct process *sla = harness_worker(h, "sla", 9);
    process_env(sla, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%d", net_free_port());
    expect_end(sla, CANNOT_GO_ON, "maxmemory-policy is volatile-ttl");
    tell(admin, "CONFIG SET maxmemory-policy noeviction");
    redis_free(admin);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_reason_has_its_words),
                                       cmocka_unit_test(what_is_no_redis_is_told),
                                       cmocka_unit_test(a_forgetful_redis_is_noticed_later),
                                       cmocka_unit_test(thrown_away_keys_make_another_run),
                                       cmocka_unit_test(a_promotion_makes_another_run),
                                       cmocka_unit_test(a_worker_refuses_wrong_settings)};
    return cmocka_run_group_tests(tests, open_redis, close_redis);
}
