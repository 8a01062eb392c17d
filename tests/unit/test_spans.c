/* spans: what a collector gets, as OTLP's JSON has it; one that is away, busy, or refuses; what is
 * left out. The collector is a socket of this test. */
#include "base/clock.h"
#include "base/metrics.h"
#include "data/json.h"
#include "outside/spans.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define TRACE    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define UNSEEN   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
#define NO_TRACE "00-00000000000000000000000000000000-b7ad6b7169203331-01"

enum { LIMIT_MS = 240000, MORE_THAN_WAITS = 5000 };

static const struct span sample = {.traceparent = TRACE,
                                   .name = "decide case.opened",
                                   .topic = "redress.events",
                                   .subject = "c-1",
                                   .partition = 3,
                                   .offset = 77,
                                   .began_ms = 1700000000123,
                                   .ended_ms = 1700000000456,
                                   .outputs = 2};

static struct arena *arena;

/* ---- A collector ---- */

struct collector {
    int listens, port, talks;
};

static struct collector open_collector(void) {
    struct collector collector = {.talks = -1};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    collector.listens = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(collector.listens, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(collector.listens, 5), 0);
    assert_int_equal(getsockname(collector.listens, (struct sockaddr *)&at, &len), 0);
    collector.port = ntohs(at.sin_port);
    return collector;
}

static void close_collector(struct collector *collector) {
    if (collector->talks >= 0) close(collector->talks);
    close(collector->listens);
}

static bool readable(int fd, int wait_ms) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, wait_ms) == 1;
}

static void receive(struct collector *collector, struct buf *in) {
    char bytes[4096];

    if (!readable(collector->talks, LIMIT_MS)) fail_msg("the request does not end");
    ssize_t got = recv(collector->talks, bytes, sizeof bytes, 0);
    if (got <= 0) fail_msg("the request broke off");
    buf_add(in, bytes, (size_t)got);
}

/* The next request's body, which gets this answer; its connection is closed. */
static const struct tree *take_request(struct collector *collector, int status) {
    struct buf in = {0};
    const char *body = NULL;
    const struct tree *document;
    struct err err;
    const struct json_limits limits = {.bytes = 1 << 24, .depth = 32, .values = 1000000};

    if (!readable(collector->listens, LIMIT_MS)) fail_msg("nobody sends anything");
    collector->talks = accept(collector->listens, NULL, NULL);
    while (!body) {
        receive(collector, &in);
        body = strstr(in.at, "\r\n\r\n");
    }
    assert_non_null(strstr(in.at, "POST /base/v1/traces HTTP/1.1\r\n"));
    assert_non_null(strstr(in.at, "content-type: application/json\r\n"));
    size_t head = (size_t)(body + 4 - in.at);
    size_t len = strtoul(strstr(in.at, "Content-Length:") + 15, NULL, 10);
    if (strstr(in.at, "100-continue"))
        assert_true(send(collector->talks, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL) > 0);
    while (in.len < head + len) receive(collector, &in);
    dprintf(collector->talks, "HTTP/1.1 %d so\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            status);
    close(collector->talks);
    collector->talks = -1;
    assert_int_equal(json_read(arena, in.at + head, len, &limits, &document, &err), 0);
    buf_free(&in);

    return document;
}

static struct spans *begin(const struct collector *collector) {
    return spans_new(arena_printf(arena, "http://127.0.0.1:%d/base/", collector->port),
                     "redress-sla", "sla-0");
}

static const struct tree *only(const struct tree *list) {
    assert_int_equal(list->count, 1);
    return list->first;
}

static const struct tree *spans_of(const struct tree *document) {
    const struct tree *resource = only(tree_get(document, "resourceSpans"));
    return tree_get(only(tree_get(resource, "scopeSpans")), "spans");
}

static int64_t metric(const char *name) {
    struct buf all = {0};
    metrics_print(&all);
    const char *at = strstr(all.at, arena_printf(arena, "\n%s ", name));
    assert_non_null(at);
    int64_t value = strtoll(at + strlen(name) + 2, NULL, 10);
    buf_free(&all);
    return value;
}

static void wait_for_metric(const char *name, int64_t wanted) {
    int64_t until_ms = clock_boot_ms() + LIMIT_MS;
    while (metric(name) != wanted) {
        if (clock_boot_ms() > until_ms)
            fail_msg("%s: %lld, expected %lld", name, (long long)metric(name), (long long)wanted);
        usleep(1000);
    }
}

/* ---- The tests ---- */

static void test_writes_one(void **state) {
    (void)state;
    struct buf out = {0};
    spans_write(&sample, "00f067aa0ba902b7", &out);
    assert_string_equal(
        out.at,
        "{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"spanId\":\"00f067aa0ba902b7\","
        "\"parentSpanId\":\"b7ad6b7169203331\",\"name\":\"decide case.opened\",\"kind\":5,"
        "\"startTimeUnixNano\":\"1700000000123000000\",\"endTimeUnixNano\":\"1700000000456000000\","
        "\"attributes\":[{\"key\":\"messaging.system\",\"value\":{\"stringValue\":\"kafka\"}},"
        "{\"key\":\"messaging.destination.name\",\"value\":{\"stringValue\":\"redress.events\"}},"
        "{\"key\":\"messaging.kafka.message.offset\",\"value\":{\"intValue\":\"77\"}},"
        "{\"key\":\"messaging.kafka.destination.partition\",\"value\":{\"intValue\":\"3\"}},"
        "{\"key\":\"redress.case\",\"value\":{\"stringValue\":\"c-1\"}},"
        "{\"key\":\"redress.outputs\",\"value\":{\"intValue\":\"2\"}}]}");

    buf_clear(&out);
    spans_write(&(struct span){.traceparent = TRACE, .name = "decide deadline"}, "00f067aa0ba902b7",
                &out);
    assert_null(strstr(out.at, "messaging"));
    assert_null(strstr(out.at, "redress.case"));
    buf_free(&out);
}

static void test_which_are_recorded(void **state) {
    (void)state;
    assert_true(spans_sampled(TRACE));
    assert_true(spans_sampled("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"));
    assert_false(spans_sampled(UNSEEN));
    assert_false(spans_sampled("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02"));
    assert_false(spans_sampled(NO_TRACE));
    assert_false(spans_sampled("00-short-01"));
    assert_false(spans_sampled(NULL));
}

static void test_urls(void **state) {
    (void)state;
    static const struct {
        const char *url, *fault; /* NULL: good */
    } cases[] = {
        {"http://collector:4318", NULL},
        {"https://[::1]:4318/otlp/", NULL},
        {"collector:4318", "expected http://HOST:PORT"},
        {"grpc://collector:4317", "expected http://HOST:PORT"},
        {"http://", "expected a host"},
        {"http:///v1", "expected a host"},
        {"http://me:word@collector", "expected no user"},
        {"http://collector?x=1", "expected no query"},
        {"http://collector/#here", "expected no query, and no fragment"},
        {"http://collector/a b", "expected a URL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *fault = spans_url_fault(cases[i].url);
        if (!cases[i].fault && fault) fail_msg("%s: %s", cases[i].url, fault);
        if (!cases[i].fault) continue;
        if (!fault || !strstr(fault, cases[i].fault))
            fail_msg("%s: %s, expected %s", cases[i].url, fault, cases[i].fault);
    }
}

static void test_sends(void **state) {
    (void)state;
    struct collector collector = open_collector();
    struct spans *spans = begin(&collector);
    struct span unseen = sample;
    unseen.traceparent = UNSEEN;

    spans_add(spans, &unseen);
    spans_add(spans, &sample);
    spans_add(spans, &unseen);
    const struct tree *document = take_request(&collector, 200);
    const struct tree *span = only(spans_of(document));
    assert_string_equal(tree_text(span, "name"), "decide case.opened");
    assert_int_equal(strlen(tree_text(span, "spanId")), 16);
    const struct tree *resource = only(tree_get(document, "resourceSpans"));
    const struct tree *attributes = tree_get(tree_get(resource, "resource"), "attributes");
    assert_int_equal(attributes->count, 3);
    assert_string_equal(tree_text(tree_get(attributes->first, "value"), "stringValue"),
                        "redress-sla");
    wait_for_metric("redress_spans_sent_total", 1);
    assert_int_equal(metric("redress_spans_dropped_total"), 0);
    spans_free(spans);
    close_collector(&collector);
}

/* Busy: sent again, the same. Refused: gone, and counted. What waits at the end is sent once. */
static void test_trouble(void **state) {
    (void)state;
    struct collector collector = open_collector();
    struct spans *spans = begin(&collector);
    int64_t sent = metric("redress_spans_sent_total");
    int64_t dropped = metric("redress_spans_dropped_total");

    spans_add(spans, &sample);
    const char *first = tree_text(only(spans_of(take_request(&collector, 503))), "spanId");
    const char *again = tree_text(only(spans_of(take_request(&collector, 429))), "spanId");
    const char *taken = tree_text(only(spans_of(take_request(&collector, 202))), "spanId");
    assert_string_equal(first, again);
    assert_string_equal(first, taken);
    wait_for_metric("redress_spans_sent_total", sent + 1);

    spans_add(spans, &sample);
    only(spans_of(take_request(&collector, 400)));
    wait_for_metric("redress_spans_dropped_total", dropped + 1);
    spans_free(spans);
    close_collector(&collector);
}

/* Nobody waits for one that is away: what has no room is dropped, and so is the rest at the end. */
static void test_away(void **state) {
    (void)state;
    struct collector collector = open_collector();
    struct spans *spans = begin(&collector);
    int64_t sent = metric("redress_spans_sent_total");
    int64_t dropped = metric("redress_spans_dropped_total");

    close_collector(&collector);
    for (int i = 0; i < MORE_THAN_WAITS; i++) spans_add(spans, &sample);
    assert_true(metric("redress_spans_dropped_total") > dropped);
    spans_free(spans);
    assert_int_equal(metric("redress_spans_sent_total"), sent);
    assert_int_equal(metric("redress_spans_dropped_total"), dropped + MORE_THAN_WAITS);
}

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_one), cmocka_unit_test(test_which_are_recorded),
        cmocka_unit_test(test_urls),       cmocka_unit_test(test_sends),
        cmocka_unit_test(test_trouble),    cmocka_unit_test(test_away),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
