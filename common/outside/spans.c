/* spans: see the header. A ring of spans that are text already, and a thread that takes them. */
#include "outside/spans.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "data/json.h"
#include "data/uri.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WAITING_MAX = 4096, /* spans of some 600 bytes: 2.5 MB at most */
    SENT_TOGETHER = 512,
    GATHER_MS = 200,
    ANSWER_MS = 5000,
    LAST_MS = 1000, /* the one attempt at the end */
    PAUSE_FIRST_MS = 500,
    PAUSE_LAST_MS = 30000,
    KIND_CONSUMER = 5,
    TRACE_AT = 3,   /* of "00-<32>-<16>-<2>": trace id */
    PARENT_AT = 36, /* the span that caused it */
    FLAGS_AT = 53,
    TRACE_LEN = 32,
    PARENT_LEN = 16
};

struct spans {
    char *url;
    char *resource; /* what comes before the spans of every document */
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t wake;
    bool ends;
    char *waiting[WAITING_MAX];
    int first, count;
    struct metric *sent, *dropped;
};

/* ---- What is written ---- */

bool spans_sampled(const char *traceparent) {
    if (!traceparent || strlen(traceparent) < FLAGS_AT + 2) return false;
    if (strspn(traceparent + TRACE_AT, "0") >= TRACE_LEN) return false; /* none, by W3C */
    return strtol(traceparent + FLAGS_AT, NULL, 16) & 1;
}

static void begin_attribute(struct json_out *out, const char *key) {
    json_begin_map(out);
    json_key(out, "key");
    json_text(out, key);
    json_key(out, "value");
    json_begin_map(out);
}

static void end_attribute(struct json_out *out) {
    json_end_map(out);
    json_end_map(out);
}

static void text_attribute(struct json_out *out, const char *key, const char *value) {
    begin_attribute(out, key);
    json_key(out, "stringValue");
    json_text(out, value);
    end_attribute(out);
}

/* 64-bit numbers are texts in this encoding. */
static void number_attribute(struct json_out *out, const char *key, int64_t value) {
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    begin_attribute(out, key);
    json_key(out, "intValue");
    json_text(out, text);
    end_attribute(out);
}

static void write_part(struct json_out *out, const char *key, const char *text, size_t len) {
    char part[TRACE_LEN + 1];

    memcpy(part, text, len);
    part[len] = '\0';
    json_key(out, key);
    json_text(out, part);
}

static void write_time(struct json_out *out, const char *key, int64_t ms) {
    char text[32];

    snprintf(text, sizeof text, "%" PRId64 "000000", ms);
    json_key(out, key);
    json_text(out, text);
}

void spans_write(const struct span *span, const char *id, struct buf *buf) {
    struct json_out out = {.buf = buf};

    json_begin_map(&out);
    write_part(&out, "traceId", span->traceparent + TRACE_AT, TRACE_LEN);
    write_part(&out, "spanId", id, PARENT_LEN);
    write_part(&out, "parentSpanId", span->traceparent + PARENT_AT, PARENT_LEN);
    json_key(&out, "name");
    json_text(&out, span->name);
    json_key(&out, "kind");
    json_int(&out, KIND_CONSUMER);
    write_time(&out, "startTimeUnixNano", span->began_ms);
    write_time(&out, "endTimeUnixNano", span->ended_ms);
    json_key(&out, "attributes");
    json_begin_list(&out);
    if (span->topic) {
        text_attribute(&out, "messaging.system", "kafka");
        text_attribute(&out, "messaging.destination.name", span->topic);
        number_attribute(&out, "messaging.kafka.message.offset", span->offset);
        number_attribute(&out, "messaging.kafka.destination.partition", span->partition);
    }
    if (span->subject) text_attribute(&out, "redress.case", span->subject);
    number_attribute(&out, "redress.outputs", span->outputs);
    json_end_list(&out);
    json_end_map(&out);
}

static char *write_resource(const char *service, const char *instance) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_begin_list(&out);
    text_attribute(&out, "service.name", service);
    text_attribute(&out, "service.version", REDRESS_VERSION);
    text_attribute(&out, "service.instance.id", instance);
    json_end_list(&out);
    struct buf whole = {0};
    buf_printf(&whole,
               "{\"resourceSpans\":[{\"resource\":{\"attributes\":%s},\"scopeSpans\":[{\"scope\":{"
               "\"name\":\"redress\",\"version\":\"" REDRESS_VERSION "\"},\"spans\":[",
               buf.at);
    buf_free(&buf);
    return whole.at;
}

/* ---- The thread ---- */

static struct timespec after(int64_t ms) {
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

/* Until the end is asked for, or for so long. */
static void rest(struct spans *spans, int64_t ms) {
    struct timespec until = after(ms);

    pthread_mutex_lock(&spans->lock);
    while (!spans->ends && pthread_cond_timedwait(&spans->wake, &spans->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&spans->lock);
}

/* What waits, joined into a document; how many these are. They wait no more. */
static int take(struct spans *spans, struct buf *out) {
    buf_clear(out);
    pthread_mutex_lock(&spans->lock);
    while (!spans->ends && !spans->count) pthread_cond_wait(&spans->wake, &spans->lock);
    pthread_mutex_unlock(&spans->lock);
    rest(spans, GATHER_MS);

    buf_puts(out, spans->resource);
    pthread_mutex_lock(&spans->lock);
    int taken = spans->count;
    if (taken > SENT_TOGETHER) taken = SENT_TOGETHER;
    for (int i = 0; i < taken; i++) {
        char *span = spans->waiting[(spans->first + i) % WAITING_MAX];
        if (i) buf_puts(out, ",");
        buf_puts(out, span);
        free(span);
    }
    spans->first = (spans->first + taken) % WAITING_MAX;
    spans->count -= taken;
    pthread_mutex_unlock(&spans->lock);
    buf_puts(out, "]}]}]}");

    return taken;
}

static size_t pass_over(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes, (void)context;
    return size * count;
}

enum fate { TAKEN, REFUSED, AGAIN };

/* The collector's word: 2xx took them; 429 and 5xx want them again later (OTLP, Failures). */
static enum fate post(CURL *curl, const struct buf *body, long wait_ms) {
    static struct log_gate gate;
    long status = 0;

    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, wait_ms);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->at);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return TAKEN;

    log_seldom(&gate, 60000, LOG_WARN, "the collector takes no spans", "status", log_int(status),
               "detail", code == CURLE_OK ? "" : curl_easy_strerror(code), NULL);
    if (code != CURLE_OK || status == 429 || status >= 500) return AGAIN;
    return REFUSED;
}

static bool has_ended(struct spans *spans) {
    pthread_mutex_lock(&spans->lock);
    bool ends = spans->ends;
    pthread_mutex_unlock(&spans->lock);
    return ends;
}

/* Tries until they are taken or refused; at the end once. Meanwhile the ring fills. */
static bool send_taken(struct spans *spans, CURL *curl, const struct buf *body) {
    int64_t pause_ms = PAUSE_FIRST_MS;

    for (;;) {
        bool last = has_ended(spans);
        enum fate fate = post(curl, body, last ? LAST_MS : ANSWER_MS);
        if (fate != AGAIN || last) return fate == TAKEN;
        rest(spans, pause_ms);
        pause_ms *= 2;
        if (pause_ms > PAUSE_LAST_MS) pause_ms = PAUSE_LAST_MS;
    }
}

static void *run(void *context) {
    struct spans *spans = context;
    struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
    struct buf body = {0};
    CURL *curl = curl_easy_init();
    ASSERT(curl && headers);

    curl_easy_setopt(curl, CURLOPT_URL, spans->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_over);
    int taken;
    while ((taken = take(spans, &body)) > 0) {
        if (send_taken(spans, curl, &body))
            metrics_add(spans->sent, NULL, taken);
        else
            metrics_add(spans->dropped, NULL, taken);
        if (has_ended(spans)) break; /* once, and not for as long as the ring is */
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    buf_free(&body);

    return NULL;
}

/* ---- From the worker ---- */

const char *spans_url_fault(const char *url) {
    size_t scheme = 0;
    if (strncmp(url, "http://", 7) == 0) scheme = 7;
    if (strncmp(url, "https://", 8) == 0) scheme = 8;
    if (!scheme) return "expected http://HOST:PORT or https://HOST:PORT";
    size_t host = strcspn(url + scheme, "/?#");
    if (!host) return "expected a host behind the scheme";
    if (memchr(url + scheme, '@', host)) return "expected no user in it";
    if (strpbrk(url, "?#")) return "expected no query, and no fragment";
    if (uri_reference(url, strlen(url)) != strlen(url)) return "expected a URL of RFC 3986";
    return NULL;
}

struct spans *spans_new(const char *url, const char *service, const char *instance) {
    struct spans *spans = heap_resize(NULL, sizeof *spans);
    struct buf whole = {0};
    size_t len = strlen(url);

    memset(spans, 0, sizeof *spans);
    while (len && url[len - 1] == '/') len--;
    buf_add(&whole, url, len);
    buf_puts(&whole, "/v1/traces");
    spans->url = whole.at;
    spans->resource = write_resource(service, instance);
    spans->sent = metrics_counter("redress_spans_sent_total",
                                  "Spans that the collector of traces took.", NULL);
    spans->dropped =
        metrics_counter("redress_spans_dropped_total",
                        "Spans that it did not take, or not in time, and that are gone.", NULL);
    pthread_mutex_init(&spans->lock, NULL);
    pthread_cond_init(&spans->wake, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    spans->thread = thread_start(run, spans);

    return spans;
}

void spans_add(struct spans *spans, const struct span *span) {
    if (!spans_sampled(span->traceparent)) return;
    struct buf text = {0};
    unsigned long long id;
    char id_text[PARENT_LEN + 1];

    do {
        arc4random_buf(&id, sizeof id);
    } while (!id); /* of zeros it would be none */
    snprintf(id_text, sizeof id_text, "%016llx", id);
    spans_write(span, id_text, &text);
    pthread_mutex_lock(&spans->lock);
    bool has_room = spans->count < WAITING_MAX;
    if (has_room) spans->waiting[(spans->first + spans->count++) % WAITING_MAX] = text.at;
    if (spans->count == 1) pthread_cond_signal(&spans->wake);
    pthread_mutex_unlock(&spans->lock);
    if (has_room) return;

    metrics_add(spans->dropped, NULL, 1);
    buf_free(&text);
}

void spans_free(struct spans *spans) {
    if (!spans) return;
    pthread_mutex_lock(&spans->lock);
    spans->ends = true;
    pthread_cond_signal(&spans->wake);
    pthread_mutex_unlock(&spans->lock);
    pthread_join(spans->thread, NULL);
    metrics_add(spans->dropped, NULL, spans->count);
    for (int i = 0; i < spans->count; i++) free(spans->waiting[(spans->first + i) % WAITING_MAX]);
    pthread_cond_destroy(&spans->wake);
    pthread_mutex_destroy(&spans->lock);
    free(spans->url);
    free(spans->resource);
    free(spans);
}
