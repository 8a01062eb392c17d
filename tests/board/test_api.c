/* redress-board by HTTP, on a real Redis: requests that may be read in two ways, slow clients, many
 * clients, names that are not its own, Redis away; and that what it reads is bounded. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "compensation/compensation.h"
#include "compensation/duty_policy.h"
#include "compensation/offer_policy.h"
#include "decision/policy_file.h"
#include "harness.h"
#include "outside/redis.h"
#include "runtime/claim_store.h"
#include "seed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PASSWORD "hushhush"

enum { SHARDS = 3, CASES = 40, ANSWER_MS = 240000, ROOM = 1 << 20 };

static struct harness *h;
static struct process *board;
static struct seed *seed;
static int port;

static int connect_to(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static void send_text(int fd, const char *text) {
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* What comes until the other side ends, or nothing comes for a while. */
static int receive(int fd, struct buf *out, int quiet_ms) {
    char bytes[4096];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (poll(&wait, 1, quiet_ms) > 0) {
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0) return 0;
        buf_add(out, bytes, (size_t)got);
    }
    return 1;
}

/* The whole answer to a request, which asks for the end of its connection. */
static int ask(const char *request, struct buf *out) {
    int fd = connect_to();
    int status = 0;
    buf_clear(out);
    if (fd < 0) return 0;
    send_text(fd, request);
    (void)receive(fd, out, ANSWER_MS);
    close(fd);
    if (out->at) (void)sscanf(out->at, "HTTP/1.1 %d", &status);
    return status;
}

static int get(const char *path, struct buf *out) {
    char request[600];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    return ask(request, out);
}

/* All that is asked here is asked by a user who may do what `redressctl acl board` says. */
static void make_user(void) {
    struct buf out = {NULL, 0, 0};
    char command[4000];

    if (harness_run(h, &out, ANSWER_MS, "redressctl", "acl", "board", NULL) != 0)
        wait_fail("redressctl acl board: %s", out.at);
    const char *rule = strstr(out.at, "redis-cli ");
    assert_non_null(rule);
    assert_non_null(strstr(out.at, "--operation Write --topic redress.decisions"));
    assert_null(strstr(rule, "private"));
    snprintf(command, sizeof command, "redis-cli -p %d %.*s '>%s'", h->redis_port,
             (int)strcspn(rule + 10, "\n"), rule + 10, PASSWORD);
    buf_clear(&out);
    if (harness_run(h, &out, ANSWER_MS, "sh", "-c", command, NULL) != 0 || !strstr(out.at, "OK"))
        wait_fail("%s: %s", command, out.at);
    buf_free(&out);
}

static int set_up(void **state) {
    (void)state;
    struct seed_case cases[CASES];
    struct buf answer = {NULL, 0, 0};
    int64_t now_ms = clock_now_ms();

    h = harness_new("board");
    harness_start_redis(h);
    seed = seed_open(h->redis_url, "redress", SHARDS);
    for (int i = 0; i < CASES; i++) seed_make(i, now_ms, &cases[i]);
    seed_put(seed, cases, CASES);
    make_user();
    snprintf(h->bootstrap, sizeof h->bootstrap, "127.0.0.1:1");
    board = harness_worker(h, "board", 0);
    process_env(board, "REDRESS_REDIS_URL=redis://redress-board:%s@127.0.0.1:%d/0", PASSWORD,
                h->redis_port);
    port = net_free_port();
    process_arg(board, "--listen");
    process_arg(board, "127.0.0.1:%d", port);
    process_start(board);
    harness_wait_ready(h, board);
    WAIT_FOR(get("/api/v1/counts", &answer) == 200 && strstr(answer.at, "\"known\":40"), ANSWER_MS);
    buf_free(&answer);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    seed_close(seed);
    harness_close(h);
    return 0;
}

/* ---- Causes and orders at risk ---- */

static void put_value(const char *key, const char *index, const char *list, const char *json) {
    struct arena *arena = arena_new();
    struct redis_reply reply;
    struct err err;
    struct redis *redis = redis_new(h->redis_url, &err);
    const char *hash = arena_printf(arena, "redress:{cohort.1}:case:%s", key);
    const char *by = arena_printf(arena, "redress:{cohort.1}:by:%s", index);

    assert_non_null(redis);
    assert_int_equal(redis_ask(redis, arena, &reply, &err, 10, "HSET", hash, "tenant", "default",
                               "dimension", "carrier", "value", "SF", list, json),
                     0);
    assert_int_equal(redis_ask(redis, arena, &reply, &err, 4, "ZADD", by, "1795341600000", key), 0);
    redis_free(redis);
    arena_free(arena);
}

/* As redress-cohort's view has them; the one that nobody has answered comes first. */
static void test_causes(void **state) {
    (void)state;
    struct buf answer = {NULL, 0, 0};

    assert_int_equal(get("/api/v1/causes", &answer), 200);
    assert_non_null(strstr(answer.at, "{\"total\":0}"));
    put_value("default\x1f"
              "carrier\x1fSF",
              "risen_at", "causes",
              "[{\"cause_id\":\"BYCRCNPA1C41H-0000001\",\"class\":\"logistics.lost\",\"status\":"
              "\"over\",\"party\":\"carrier\",\"at\":\"2026-11-21T18:00:00Z\",\"outcome\":"
              "\"fallen\"},{\"cause_id\":\"BYCRCNPA1C41H-0000002\",\"class\":\"quality.flaw\","
              "\"status\":\"risen\",\"party\":\"quality\",\"at\":\"2026-11-20T18:00:00Z\","
              "\"complaints\":42,\"orders\":1234,\"rate\":34.04,\"usual_rate\":4}]");
    put_value("default\x1f"
              "carrier\x1fSF",
              "ends_at", "cohorts",
              "[{\"cohort_id\":\"BYCRCNPA1C41H-0000003\",\"class\":\"logistics.delayed\","
              "\"status\":\"waiting\",\"members\":21,\"match\":{\"carrier\":\"SF\"},\"ends_at\":"
              "\"2026-11-25T02:00:00Z\"}]");
    WAIT_FOR(get("/api/v1/causes", &answer) == 200 && strstr(answer.at, "\"total\":2"), ANSWER_MS);
    assert_non_null(strstr(
        answer.at, "{\"items\":[{\"cause_id\":\"BYCRCNPA1C41H-0000002\",\"tenant\":\"default\","
                   "\"dimension\":\"carrier\",\"value\":\"SF\",\"status\":\"risen\",\"class\":"
                   "\"quality.flaw\",\"party\":\"quality\",\"at\":\"2026-11-20T18:00:00Z\","
                   "\"complaints\":42,\"orders\":1234,\"rate\":34.04,\"usual_rate\":4"));
    assert_int_equal(get("/api/v1/causes?party=carrier", &answer), 200);
    assert_non_null(strstr(answer.at, "\"outcome\":\"fallen\""));
    assert_null(strstr(answer.at, "quality.flaw"));
    assert_int_equal(get("/api/v1/causes?limit=1", &answer), 200);
    assert_non_null(strstr(answer.at, "\"total\":2"));
    assert_null(strstr(answer.at, "logistics.lost"));
    WAIT_FOR(get("/api/v1/cohorts", &answer) == 200 && strstr(answer.at, "\"total\":1"), ANSWER_MS);
    assert_non_null(strstr(answer.at, "\"status\":\"waiting\",\"class\":\"logistics.delayed\","
                                      "\"members\":21,\"warned\":0"));
    buf_free(&answer);
}

/* ---- Requests that may be read in two ways, or are nobody's business ---- */

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200},
        {"GET /api/v1/me HTTP/1.1\r\nConnection: close\r\n\r\n", 400},
        {"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n",
         400},
        {"GET /api/v1/me HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421},
        {"POST /api/v1/decisions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
         "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
         400},
        {"POST /api/v1/decisions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
         "Content-Length: 3\r\nConnection: close\r\n\r\n{}",
         400},
        {"POST /api/v1/decisions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: "
         "close\r\n\r\n{}",
         403},
        {"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\n"
         "Authorization: Bearer b\r\nConnection: close\r\n\r\n",
         400},
        {"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer nobody\r\n"
         "Connection: close\r\n\r\n",
         401},
        {"GET /api/v1/due?limit=%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400},
        {"GET /api/v1/due?a=1&a=2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400},
        {"GET /api/v1/cases/..%2f..%2fetc HTTP/1.1\r\nHost: localhost\r\nConnection: "
         "close\r\n\r\n",
         404},
        {"GET /api/v1/cases/%1b[2J HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404},
        {"PUT /api/v1/due HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: "
         "close\r\n\r\n",
         405},
        {"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404},
    };
    struct buf answer = {NULL, 0, 0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = ask(cases[i].request, &answer);
        if (status != cases[i].status)
            fail_msg("row %zu: %d, expected %d: %s", i, status, cases[i].status,
                     answer.at ? answer.at : "");
    }
    buf_free(&answer);
}

/* Behind a request nothing is taken for a second one that the first had hidden in its body. */
static void test_no_smuggling(void **state) {
    (void)state;
    struct buf answer = {NULL, 0, 0};
    int fd = connect_to();

    send_text(fd, "POST /api/v1/decisions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
                  "chunked\r\nContent-Length: 70\r\n\r\n0\r\n\r\nGET /api/v1/me HTTP/1.1\r\nHost: "
                  "localhost\r\nConnection: close\r\n\r\n");
    (void)receive(fd, &answer, ANSWER_MS); /* it ends the connection */
    close(fd);
    assert_non_null(answer.at);
    assert_null(strstr(answer.at, "\"role\""));
    buf_free(&answer);
}

static void test_too_large(void **state) {
    (void)state;
    struct buf request = {NULL, 0, 0};
    struct buf answer = {NULL, 0, 0};

    buf_puts(&request, "POST /api/v1/decisions HTTP/1.1\r\nHost: localhost\r\nConnection: "
                       "close\r\nContent-Length: 40000\r\n\r\n");
    for (int i = 0; i < 40000; i++) buf_puts(&request, " ");
    assert_int_equal(ask(request.at, &answer), 413);
    buf_clear(&request);
    buf_puts(&request, "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    for (int i = 0; i < 60000; i++) buf_puts(&request, "x");
    buf_puts(&request, "\r\n\r\n");
    int status = ask(request.at, &answer);
    assert_true(status == 431 || status == 0 || status == 413 || status == 500);
    assert_int_equal(get("/api/v1/me", &answer), 200);
    buf_free(&request);
    buf_free(&answer);
}

/* Every answer carries what keeps it where it belongs. */
static void test_guards(void **state) {
    (void)state;
    static const char *const paths[] = {"/", "/main.js", "/api/v1/me", "/api/v1/nothing",
                                        "/api/v1/cases/AAAAAAAAAAAAA-AAAAAAA"};
    static const char *const guards[] = {
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        "Content-Security-Policy: default-src 'none'; script-src 'self'",
        "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin"};
    struct buf answer = {NULL, 0, 0};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        (void)get(paths[i], &answer);
        for (size_t j = 0; j < sizeof guards / sizeof *guards; j++)
            if (!answer.at || !strstr(answer.at, guards[j]))
                fail_msg("%s: without %s", paths[i], guards[j]);
    }
    buf_free(&answer);
}

/* ---- Signing in through a proxy ---- */

/* Another board that believes what comes from `nets`; it takes the place of the first until
 * its process is stopped. */
static struct process *start_behind(const char *nets, int replica) {
    char path[300], text[800];
    struct err err;

    snprintf(path, sizeof path, "%s/proxy-%d", h->dir, replica);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(text, sizeof text,
             "version: a\nproxy: {addresses: [%s], user_header: X-User, groups_header: X-Groups, "
             "team_header: X-Team, groups: [{group: desk, role: agent}, {group: heads, role: "
             "supervisor}]}\nanonymous: nobody\n",
             nets);
    struct process *other = harness_worker(h, "board", replica);
    process_env(other, "REDRESS_POLICY_DIR=%s", path);
    process_env(other, "REDRESS_REDIS_URL=redis://redress-board:%s@127.0.0.1:%d/0", PASSWORD,
                h->redis_port);
    snprintf(path + strlen(path), sizeof path - strlen(path), "/board.yaml");
    if (file_write(path, text, strlen(text), &err) < 0) fail_msg("%s", err.text);
    port = net_free_port();
    process_arg(other, "--listen");
    process_arg(other, "127.0.0.1:%d", port);
    process_arg(other, "--allow-decisions");
    process_start(other);
    harness_wait_ready(h, other);

    return other;
}

static int get_as(const char *headers, const char *path, struct buf *out) {
    char request[600];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n", path, headers);
    return ask(request, out);
}

/* Whom the proxy names is who it is, in the highest role of his groups, and of his team. Without a
 * name it is nobody; two names, or a name from where no proxy is, are refused. */
static void test_proxy(void **state) {
    (void)state;
    static const struct {
        const char *headers;
        int status;
        const char *says[3];
    } rows[] = {
        {"X-User: ann\r\nX-Groups: staff, desk\r\n",
         200,
         {"\"name\":\"ann\"", "\"role\":\"agent\"", "\"decides\":true"}},
        {"X-User: bob\r\nX-Groups: desk,heads\r\nX-Team: north\r\n",
         200,
         {"\"name\":\"bob\"", "\"role\":\"supervisor\"", "\"team\":\"north\""}},
        {"X-User: eve\r\nX-Groups: deskx\r\n",
         200,
         {"\"name\":\"eve\"", "\"role\":\"viewer\"", "\"decides\":false"}},
        {"X-Groups: heads\r\n", 401, {NULL}},
        {"X-User: \r\nX-Groups: heads\r\n", 401, {NULL}},
        {"X-User: ann\r\nX-User: bob\r\nX-Groups: desk\r\n", 400, {NULL}},
        {"", 401, {NULL}},
    };
    struct buf answer = {NULL, 0, 0};
    int first = port;

    struct process *behind = start_behind("127.0.0.0/8, '::1/128'", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = get_as(rows[i].headers, "/api/v1/me", &answer);
        if (status != rows[i].status) fail_msg("row %zu: %d: %s", i, status, answer.at);
        for (int n = 0; n < 3 && rows[i].says[n]; n++)
            if (!strstr(answer.at, rows[i].says[n]))
                fail_msg("row %zu: no %s: %s", i, rows[i].says[n], answer.at);
    }
    assert_int_equal(process_stop(behind, ANSWER_MS), 0);
    struct process *elsewhere = start_behind("10.0.0.0/8", 2);
    assert_int_equal(get_as(rows[1].headers, "/api/v1/me", &answer), 403);
    assert_int_equal(get_as(rows[1].headers, "/api/v1/due", &answer), 403);
    assert_int_equal(get_as("", "/api/v1/due", &answer), 401);
    assert_int_equal(process_stop(elsewhere, ANSWER_MS), 0);
    port = first;
    buf_free(&answer);
}

/* ---- Those who are slow, and those who are many ---- */

/* One who sends a header a letter at a time is cut after a while; others are served meanwhile. */
static void test_slow(void **state) {
    (void)state;
    static const char head[] = "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    struct buf answer = {NULL, 0, 0};
    int slow = connect_to();
    int64_t began_ms = clock_boot_ms();
    struct pollfd wait = {.fd = slow, .events = POLLIN};

    send_text(slow, head);
    while (poll(&wait, 1, 200) == 0 && clock_boot_ms() - began_ms < 60000) {
        send_text(slow, "x");
        assert_int_equal(get("/api/v1/me", &answer), 200);
    }
    int64_t took_ms = clock_boot_ms() - began_ms;
    close(slow);
    if (took_ms < 5000 || took_ms > 30000) fail_msg("cut after %lld ms", (long long)took_ms);
    buf_free(&answer);
}

/* Many who only hold their connections keep nobody out. */
static void test_many(void **state) {
    (void)state;
    enum { MANY = 700 };
    static int held[MANY];
    struct buf answer = {NULL, 0, 0};

    for (int i = 0; i < MANY; i++) held[i] = connect_to();
    assert_int_equal(get("/api/v1/me", &answer), 200);
    for (int i = 0; i < MANY; i++)
        if (held[i] >= 0) close(held[i]);
    assert_int_equal(get("/api/v1/me", &answer), 200);
    buf_free(&answer);
}

/* A listener hears of a change; one who does not read costs nothing. */
static void test_stream(void **state) {
    (void)state;
    static const char request[] = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct buf heard = {NULL, 0, 0};
    struct seed_case one;
    int deaf = connect_to();
    int fd = connect_to();

    send_text(deaf, request);
    send_text(fd, request);
    WAIT_FOR((receive(fd, &heard, 100), heard.at && strstr(heard.at, "event: tick")), ANSWER_MS);
    buf_clear(&heard);
    seed_make(CASES, clock_now_ms(), &one);
    seed_put(seed, &one, 1);
    WAIT_FOR((receive(fd, &heard, 100), heard.at && strstr(heard.at, "event: tick")), ANSWER_MS);
    close(fd);
    close(deaf);
    buf_free(&heard);
}

/* ---- Redis ---- */

static int64_t redis_number(const char *name) {
    struct arena *arena = arena_new();
    struct redis_reply info;
    struct err err;
    struct redis *redis = redis_new(h->redis_url, &err);
    int64_t number = -1;

    if (redis_ask(redis, arena, &info, &err, 1, "INFO") == 0) {
        const char *at = strstr(info.text, name);
        if (at) number = strtoll(at + strlen(name) + 1, NULL, 10);
    }
    redis_free(redis);
    arena_free(arena);
    return number;
}

/* However many ask, Redis is asked as often as for one. */
static void test_cached(void **state) {
    (void)state;
    struct buf answer = {NULL, 0, 0};
    int64_t before = redis_number("total_commands_processed");
    int64_t began_ms = clock_boot_ms();
    int asked = 0;

    while (clock_boot_ms() - began_ms < 3000) {
        char path[80];
        snprintf(path, sizeof path, "/api/v1/due?limit=%d", 1 + asked % 50);
        assert_int_equal(get(path, &answer), 200);
        asked++;
    }
    int64_t took_ms = clock_boot_ms() - began_ms;
    int64_t commands = redis_number("total_commands_processed") - before;
    int64_t most = (took_ms / 1000 + 2) * (40 * SHARDS + 3 * CASES + 48 * SHARDS);
    print_message("%d requests: %lld commands of Redis in %lld ms\n", asked, (long long)commands,
                  (long long)took_ms);
    assert_true(asked > 30);
    if (commands > most)
        fail_msg("%lld commands, expected at most %lld", (long long)commands, (long long)most);
    /* Nor for a case that many look at. */
    char id[SEED_ID_SIZE], path[80];
    seed_case_id(7, id);
    snprintf(path, sizeof path, "/api/v1/cases/%s", id);
    before = redis_number("total_commands_processed");
    began_ms = clock_boot_ms();
    for (int i = 0; i < 300; i++) assert_int_equal(get(path, &answer), 200);
    took_ms = clock_boot_ms() - began_ms;
    commands = redis_number("total_commands_processed") - before;
    most = (took_ms / 1000 + 2) * (40 * SHARDS + 3 * CASES + 48 * SHARDS);
    print_message("300 requests for a case: %lld commands of Redis in %lld ms\n",
                  (long long)commands, (long long)took_ms);
    if (commands > most)
        fail_msg("%lld commands, expected at most %lld", (long long)commands, (long long)most);
    buf_free(&answer);
}

/* A frozen Redis stops nobody but who asks for a case. */
static void test_frozen(void **state) {
    (void)state;
    struct buf answer = {NULL, 0, 0};

    process_freeze(&h->redis);
    for (int i = 0; i < 10; i++) {
        int64_t began_ms = clock_boot_ms();
        assert_int_equal(get("/api/v1/due", &answer), 200);
        assert_true(clock_boot_ms() - began_ms < 3000);
    }
    assert_int_equal(get("/api/v1/cases/BYCRCNPA1C41H-FRGWX4V", &answer), 503);
    assert_non_null(strstr(answer.at, "\"no_redis\""));
    process_thaw(&h->redis);
    WAIT_FOR(get("/api/v1/cases/BYCRCNPA1C41H-FRGWX4V", &answer) == 404, ANSWER_MS);
    buf_free(&answer);
}

/* What is used of policy's budget of the day, in the board's words and in redressctl's. */
static bool says(const char *words) {
    struct buf answer = {NULL, 0, 0};
    bool found = get("/api/v1/budgets", &answer) == 200 && strstr(answer.at, words);

    buf_free(&answer);
    return found;
}

static int say_budgets(struct buf *out) {
    buf_clear(out);
    return harness_run(h, out, ANSWER_MS, "redressctl", "budgets", "--json", NULL);
}

/* Where the delivered policy's first budget is counted at an instant. */
static const char *budget_key(int64_t ms, struct arena *arena) {
    const struct worker_spec *spec = &compensation_spec;
    struct faults faults = {.arena = arena};
    const struct tree *file;
    const char *version;
    void *loaded;
    struct err err;
    int digits;

    assert_int_equal(policy_file_read(spec, h->policy_dir, arena, &file, &err), 0);
    assert_int_equal(spec->load(file, h->policy_dir, arena, &loaded, &version, &faults), 0);
    const struct offer_policy *policy = loaded;
    const struct duty_budget *budget = policy->budgets.at;
    const char *currency = offer_policy_currency(duty_budget_limit(budget, &digits));
    const char *claim = duty_budget_key(duty_budget_name(budget), "default", currency,
                                        duty_budget_period(policy, ms, digits, arena), arena);
    return claim_store_key("redress", claim, arena);
}

/* A sum that is not there is nothing used, or lost with its tag's marker: never mistaken for each
 * other. */
static void test_budgets(void **state) {
    enum { DAY_MS = 24 * 3600 * 1000 };
    struct arena *arena = arena_new();
    struct err err;
    struct redis_reply reply;
    struct buf out = {NULL, 0, 0};
    struct redis *redis = redis_new(h->redis_url, &err);

    (void)state;
    WAIT_FOR(says("\"lost\":true"), ANSWER_MS);
    assert_int_equal(say_budgets(&out), 70);
    assert_non_null(strstr(out.at, "Redis has no claims, or lost them"));

    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        const char *marker = arena_printf(arena, "redress:{claims.%d}:marker", tag);
        assert_int_equal(redis_ask(redis, arena, &reply, &err, 3, "SET", marker, "1"),
                         OUTCOME_DONE);
    }
    WAIT_FOR(!says("\"lost\":true"), ANSWER_MS);
    assert_int_equal(say_budgets(&out), 0);
    assert_non_null(strstr(out.at, "\"used_minor\":0"));

    for (int day = 0; day < 2; day++) { /* one may begin meanwhile */
        const char *key = budget_key(clock_now_ms() + day * DAY_MS, arena);
        assert_int_equal(redis_ask(redis, arena, &reply, &err, 4, "HSET", key, "s", "1234"),
                         OUTCOME_DONE);
    }
    WAIT_FOR(says("\"used_minor\":1234"), ANSWER_MS);
    assert_int_equal(say_budgets(&out), 0);
    assert_non_null(strstr(out.at, "\"used_minor\":1234"));
    buf_free(&out);
    redis_free(redis);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes),    cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_no_smuggling),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_guards),
        cmocka_unit_test(test_proxy),     cmocka_unit_test(test_slow),
        cmocka_unit_test(test_many),      cmocka_unit_test(test_stream),
        cmocka_unit_test(test_cached),    cmocka_unit_test(test_frozen),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
