/* http against a plain socket: status, head, query, limits, addresses. */
#include "base/clock.h"
#include "outside/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static int serve_ready(void *context, const char *query, struct buf *body) {
    buf_printf(body, "held by %s, asked %s\n", (const char *)context, query);
    return 503;
}

static int serve_empty(void *context, const char *query, struct buf *body) {
    (void)context, (void)query, (void)body;
    return 200;
}

enum {
    MEGABYTE = 1024 * 1024, /* more than the server's kernel is to keep for one who does not read;
                               by itself 6 times that */
    READERS = 80,           /* more than there are places for */
    WINDOW = 4096,          /* what such a one lets it take in on his side */
    MANY = 200,             /* more connections than there are places for */
    HEALTH_MS = 5000, /* a prober's patience, five times what Kubernetes has by itself: the machine
                         may be slow */
    TRIES = 20,       /* of what a slow machine may spoil */
    CUT_MS = 60000,   /* connections live for 5 s; on a slow machine */
    DRIP_MS = 1000,
    TRICKLE_MS = 15000 /* three times as long as a connection may last */
};

static int serve_large(void *context, const char *query, struct buf *body) {
    static const char megabyte[MEGABYTE] = "# HELP much\n";
    (void)context;
    for (int i = atoi(query); i > 0; i--) buf_add(body, megabyte, sizeof megabyte);
    return 200;
}

static const struct http_route routes[] = {{"/readyz", "text/plain", serve_ready},
                                           {"/healthz", "application/json", serve_empty},
                                           {"/metrics", "text/plain", serve_large},
                                           {0}};

/* A connection from 127.0.0.<last>, all of which are this machine. */
static int open_from(int last, int port) {
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + (unsigned)last)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0), window = WINDOW;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Sends bytes and reads until the other side closes. */
static const char *exchange_on(int fd, const char *bytes, size_t len) {
    static char answer[64 * 1024];
    size_t got = 0;
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0) break;
        bytes += sent, len -= (size_t)sent;
    }
    for (ssize_t more; got < sizeof answer - 1 &&
                       (more = recv(fd, answer + got, sizeof answer - 1 - got, 0)) > 0;)
        got += (size_t)more;
    answer[got] = 0;
    close(fd);
    return answer;
}

static const char *exchange(int port, const char *bytes, size_t len) {
    return exchange_on(open_from(1, port), bytes, len);
}

static const char *request(int port, const char *method, const char *target) {
    char text[1024];
    int len = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                       method, target);
    return exchange(port, text, (size_t)len);
}

static int start(void **state) {
    struct err err;
    *state = http_start("127.0.0.1:0", routes, "test", &err);
    return *state ? 0 : -1;
}

static int stop(void **state) {
    http_stop(*state);
    return 0;
}

static void assert_status(const char *answer, int status) {
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    assert_memory_equal(answer, line, strlen(line));
}

static void test_get(void **state) {
    const char *answer = request(http_port(*state), "GET", "/readyz?why=1&x=%20");
    assert_status(answer, 503);
    assert_non_null(strstr(answer, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nheld by test, asked why=1&x=%20\n"));
    answer = request(http_port(*state), "GET", "/healthz");
    assert_status(answer, 200);
    assert_non_null(strstr(answer, "Content-Length: 0\r\n"));
}

static void test_head(void **state) {
    const char *answer = request(http_port(*state), "HEAD", "/readyz");
    assert_status(answer, 503);
    assert_non_null(strstr(answer, "Content-Length: 21\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void test_refused(void **state) {
    static const struct {
        const char *method, *target;
        int status;
    } cases[] = {{"GET", "/", 404},
                 {"GET", "/readyz/", 404},
                 {"GET", "/../etc/passwd", 404},
                 {"PUT", "/readyz", 405},
                 {"DELETE", "/no", 405}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_status(request(http_port(*state), cases[i].method, cases[i].target),
                      cases[i].status);
    const char *post =
        "POST /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    const char *answer = exchange(http_port(*state), post, strlen(post));
    assert_status(answer, 405);
    assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
}

static void test_too_much(void **state) {
    size_t len = 64 * 1024;
    char *bytes = malloc(len);
    memset(bytes, 'x', len);
    memcpy(bytes, "GET /readyz HTTP/1.1\r\nA: ", 25);
    const char *answer = exchange(http_port(*state), bytes, len);
    assert_null(strstr(answer, "held by"));
    free(bytes);
    assert_status(request(http_port(*state), "GET", "/healthz"), 200);
}

/* Whether /healthz, asked from an address, answers within a prober's patience; what was overdue
 * before it was read gets no answer. */
static bool is_healthy(int last, int port) {
    static const char text[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    int64_t asked_ms = clock_boot_ms();
    const char *answer = exchange_on(open_from(last, port), text, sizeof text - 1);
    if (!*answer) return false;
    assert_status(answer, 200);
    return clock_boot_ms() - asked_ms < HEALTH_MS;
}

static void assert_healthy(int last, int port) {
    assert_true(is_healthy(last, port));
}

/* True: the other side has ended it. */
static bool is_over(int fd) {
    char bytes[16];
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

static void open_many(int port, int count, int fds[MANY], const char *first) {
    for (int i = 0; i < count; i++) {
        fds[i] = open_from(1, port);
        (void)!send(fds[i], first, strlen(first), MSG_NOSIGNAL);
    }
}

static void close_many(int count, int fds[MANY]) {
    for (int i = 0; i < count; i++) close(fds[i]);
}

/* Requests that never come to their end, a byte a second each: they keep nobody out, and are over
 * in time although they are never silent. */
static void test_slow_requests(void **state) {
    int port = http_port(*state), fds[MANY], left = MANY;
    int64_t end_ms = clock_boot_ms() + CUT_MS;
    open_many(port, MANY, fds, "GET /healthz HTTP/1.1\r\nX: ");
    while (left > 0) {
        assert_healthy(1, port);
        assert_healthy(2, port);
        assert_true(clock_boot_ms() < end_ms);
        for (int i = 0; i < MANY; i++) {
            if (fds[i] < 0) continue;
            (void)!send(fds[i], "x", 1, MSG_NOSIGNAL);
            if (!is_over(fds[i])) continue;
            close(fds[i]);
            fds[i] = -1;
            left--;
        }
        poll(NULL, 0, left > 0 ? DRIP_MS : 0);
    }
}

/* Who asks for much and does not read it keeps nobody out. */
static void test_slow_readers(void **state) {
    int port = http_port(*state), fds[MANY];
    bool healthy = false;
    for (int i = 0; i < TRIES && !healthy; i++) { /* again when the machine was so slow */
        open_many(port, READERS, fds, "GET /metrics?6 HTTP/1.1\r\nHost: x\r\n\r\n");
        healthy = is_healthy(1, port) && is_healthy(2, port);
        close_many(READERS, fds);
    }
    assert_true(healthy);
    const char *answer = "";
    for (int i = 0; i < TRIES && !*answer; i++) answer = request(port, "HEAD", "/metrics?6");
    assert_non_null(strstr(answer, "Content-Length: 6291456\r\n"));
}

/* Who reads much, slowly but without a pause, does not get it whole. */
static void test_trickling_reader(void **state) {
    static const char text[] = "GET /metrics?1 HTTP/1.1\r\nHost: x\r\n\r\n";
    char bytes[1024];
    int64_t got = 0, trickle_until_ms = clock_boot_ms() + TRICKLE_MS;
    int fd = open_from(1, http_port(*state));
    assert_int_equal(send(fd, text, sizeof text - 1, MSG_NOSIGNAL), (ssize_t)sizeof text - 1);
    for (ssize_t more; (more = recv(fd, bytes, sizeof bytes, 0)) > 0; got += more) {
        if (clock_boot_ms() < trickle_until_ms)
            poll(NULL, 0, 100); /* then what is on its way is read to its end */
    }
    assert_true(got > 0 && got < MEGABYTE);
    close(fd);
}

/* One address's many connections go at its own cost: another's half request stays, and is answered.
 */
static void test_limit_per_address(void **state) {
    int port = http_port(*state), fds[MANY];
    const char *answer = "";
    for (int i = 0; i < TRIES && !*answer; i++) { /* again when the request was overdue */
        int half = open_from(2, port);
        (void)!send(half, "GET /readyz HT", 14, MSG_NOSIGNAL);
        open_many(port, MANY, fds, "GET /healthz HTTP/1.1\r\nX: ");
        assert_healthy(3, port);
        static const char rest[] = "TP/1.1\r\nHost: x\r\n\r\n";
        answer = exchange_on(half, rest, sizeof rest - 1);
        close_many(MANY, fds);
    }
    assert_status(answer, 503);
}

/* Without a host every address is listened on, those of IPv6 too where there are any. */
static void test_every_address(void **state) {
    (void)state;
    struct err err;
    struct http *all = http_start(":0", routes, "all", &err);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    assert_non_null(all);
    assert_healthy(1, http_port(all));
    int any = socket(AF_INET6, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (any < 0 || bind(any, (struct sockaddr *)&to, sizeof to) < 0) {
        print_message("this machine has no IPv6\n");
    } else {
        static const char text[] = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
        to.sin6_port = htons((uint16_t)http_port(all));
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
        assert_status(exchange_on(dup(fd), text, sizeof text - 1), 503);
    }
    if (any >= 0) close(any);
    if (fd >= 0) close(fd);
    http_stop(all);
}

static void test_addresses(void **state) {
    (void)state;
    static const char *const bad[] = {"",           "9101",           "127.0.0.1",
                                      "127.0.0.1:", "127.0.0.1:http", "no.such.host.invalid:80"};
    struct err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.text[0] = 0;
        assert_null(http_start(bad[i], routes, NULL, &err));
        assert_non_null(strstr(err.text, bad[i]));
    }
    struct http *all = http_start(":0", routes, "all", &err);
    assert_non_null(all);
    assert_status(request(http_port(all), "GET", "/readyz"), 503);
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%d", http_port(all));
    assert_null(http_start(taken, routes, NULL, &err));
    assert_non_null(strstr(err.text, "cannot listen"));
    http_stop(all);
    http_stop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_get, start, stop),
        cmocka_unit_test_setup_teardown(test_head, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_too_much, start, stop),
        cmocka_unit_test_setup_teardown(test_slow_requests, start, stop),
        cmocka_unit_test_setup_teardown(test_slow_readers, start, stop),
        cmocka_unit_test_setup_teardown(test_trickling_reader, start, stop),
        cmocka_unit_test_setup_teardown(test_limit_per_address, start, stop),
        cmocka_unit_test(test_every_address),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
