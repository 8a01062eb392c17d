/* http against a plain socket: status, head, query, limits, addresses. */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
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

static const struct http_route routes[] = {
    {"/readyz", "text/plain", serve_ready}, {"/healthz", "application/json", serve_empty}, {0}};

/* Sends bytes and reads until the other side closes. */
static const char *exchange(int port, const char *bytes, size_t len) {
    static char answer[64 * 1024];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t got = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0) break;
        bytes += sent, len -= (size_t)sent;
    }
    for (ssize_t more; got < sizeof answer - 1 && (more = recv(fd, answer + got, sizeof answer - 1 - got, 0)) > 0;)
        got += (size_t)more;
    answer[got] = 0;
    close(fd);
    return answer;
}

static const char *request(int port, const char *method, const char *target) {
    char text[1024];
    int len = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, target);
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
        assert_status(request(http_port(*state), cases[i].method, cases[i].target), cases[i].status);
    const char *post = "POST /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
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
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
