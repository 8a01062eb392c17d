/* net: see net.h. */
#include "net.h"

#include "wait.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    FIRST_PORT = 15000, /* above the well-known servers, below the kernel's 32768 */
    LAST_PORT = 31999,
    ANSWER_WITHIN_S = 10 /* a frozen server must not freeze the test, a slow one may answer */
};

static struct sockaddr_in local_address(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool is_free(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = local_address(port);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    close(fd);
    return bound;
}

/* Test programs that run side by side begin at different places, further apart than one of them
 * needs ports. */
int net_free_port(void) {
    static int next;

    if (!next) next = FIRST_PORT + (int)(getpid() * 257L % (LAST_PORT - FIRST_PORT));
    for (int tries = 0; tries <= LAST_PORT - FIRST_PORT; tries++) {
        int port = next;
        next = next == LAST_PORT ? FIRST_PORT : next + 1;
        if (is_free(port)) return port;
    }
    wait_fail("no free port between %d and %d", FIRST_PORT, LAST_PORT);
}

static int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = ANSWER_WITHIN_S};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    struct sockaddr_in address = local_address(port);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);

    return -1;
}

size_t net_exchange(int port, const char *request, size_t len, char *answer, size_t size) {
    int fd = connect_to(port);

    if (fd < 0) return 0;
    size_t got = 0;
    if (send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len) {
        ssize_t more = 1;
        while (got < size && (more = recv(fd, answer + got, size - got, 0)) > 0)
            got += (size_t)more;
    }
    close(fd);

    return got;
}

/* ApiVersions (key 18) version 0, correlation 7, no client id; the answer: length, correlation,
 * error code 0. */
bool net_kafka_answers(int port) {
    static const char request[] = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, (char)0xff, (char)0xff};
    static const char expected[] = {0, 0, 0, 7, 0, 0};
    char answer[10];
    return net_exchange(port, request, sizeof request, answer, sizeof answer) == sizeof answer &&
           memcmp(answer + 4, expected, sizeof expected) == 0;
}

bool net_redis_answers(int port) {
    static const char request[] = "PING\r\n";
    static const char expected[] = "+PONG\r\n";
    char answer[sizeof expected - 1];
    return net_exchange(port, request, sizeof request - 1, answer, sizeof answer) ==
               sizeof answer &&
           memcmp(answer, expected, sizeof answer) == 0;
}

/* The body, or NULL where the answer broke off: a process that was stopped in between has said half of
 * it. */
static const char *whole_body(const char *answer) {
    static const char name[] = "\r\nContent-Length:";
    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, name);

    if (!body) return NULL;
    body += 4;
    if (length && length < body && strlen(body) < strtoul(length + sizeof name - 1, NULL, 10))
        return NULL;
    return body;
}

int net_http_get(int port, const char *path, char *body_out, size_t size) {
    enum { ANSWER_MAX = 1 << 20 }; /* /metrics is some tens of KB */
    char request[512];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    char *answer = calloc(1, ANSWER_MAX + 1);
    net_exchange(port, request, (size_t)len, answer, ANSWER_MAX);
    int status = 0;
    const char *body = whole_body(answer);
    if (body && sscanf(answer, "HTTP/1.%*d %d", &status) == 1) snprintf(body_out, size, "%s", body);
    free(answer);

    return status;
}
