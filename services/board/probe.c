/* probe: see the header. */
#include "board/probe.h"
#include "base/heap.h"
#include "base/thread.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    EVERY_S = 5,
    WAIT_MS = 2000,
    BYTES_MAX = 1 << 20 /* /metrics has some 20 KB */
};

struct finding {
    bool answers, ready;
    int64_t lag_records;
    char says[400];
};
struct probe {
    const struct board_policy *policy;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ends;
    struct finding *found; /* one a worker */
};

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context) {
    struct buf *body = context;
    if (body->len + size * count > BYTES_MAX) return 0;
    buf_add(body, bytes, size * count);
    return size * count;
}

/* The status, or 0. */
static long get(const char *url, const char *path, struct buf *body) {
    CURL *curl = curl_easy_init();
    char whole[300];
    long status = 0;

    ASSERT(curl);
    snprintf(whole, sizeof whole, "%s%s", url, path);
    buf_clear(body);
    curl_easy_setopt(curl, CURLOPT_URL, whole);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WAIT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);

    return status;
}

static int64_t read_lag(const struct buf *metrics) {
    static const char name[] = "\nredress_lag_records ";
    const char *at = NULL;
    if (metrics->at) at = strstr(metrics->at, name);
    if (!at) return 0;
    return (int64_t)strtod(at + sizeof name - 1, NULL);
}

static void ask(const struct board_worker *worker, struct finding *out) {
    struct buf body = {NULL, 0, 0};
    long status = get(worker->url, "/readyz", &body);

    *out = (struct finding){.answers = status != 0, .ready = status == 200};
    snprintf(out->says, sizeof out->says, "%.*s", body.at ? (int)strcspn(body.at, "\n") : 0,
             body.at ? body.at : "");
    if (out->answers && get(worker->url, "/metrics", &body) == 200)
        out->lag_records = read_lag(&body);
    buf_free(&body);
}

static bool pause_for(struct probe *probe) {
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += EVERY_S;
    pthread_mutex_lock(&probe->lock);
    if (!probe->ends) pthread_cond_timedwait(&probe->wake, &probe->lock, &until);
    bool goes_on = !probe->ends;
    pthread_mutex_unlock(&probe->lock);

    return goes_on;
}

static void *run(void *context) {
    struct probe *probe = context;
    const struct board_worker *workers = probe->policy->workers.at;

    do {
        for (int i = 0; i < probe->policy->workers.count; i++) {
            struct finding found;
            ask(&workers[i], &found);
            pthread_mutex_lock(&probe->lock);
            probe->found[i] = found;
            pthread_mutex_unlock(&probe->lock);
        }
    } while (pause_for(probe));

    return NULL;
}

struct probe *probe_new(const struct board_policy *policy) {
    size_t size = ((size_t)policy->workers.count + 1) * sizeof(struct finding);
    struct probe *probe = heap_resize(NULL, sizeof *probe);

    *probe = (struct probe){.policy = policy, .found = heap_resize(NULL, size)};
    memset(probe->found, 0, size);
    for (int i = 0; i < policy->workers.count; i++)
        snprintf(probe->found[i].says, sizeof probe->found[i].says, "not asked yet");
    pthread_mutex_init(&probe->lock, NULL);
    pthread_cond_init(&probe->wake, NULL);
    probe->thread = thread_start(run, probe);

    return probe;
}

void probe_free(struct probe *probe) {
    if (!probe) return;
    pthread_mutex_lock(&probe->lock);
    probe->ends = true;
    pthread_cond_signal(&probe->wake);
    pthread_mutex_unlock(&probe->lock);
    pthread_join(probe->thread, NULL);
    pthread_cond_destroy(&probe->wake);
    pthread_mutex_destroy(&probe->lock);
    free(probe->found);
    free(probe);
}

void probe_take(struct probe *probe, struct arena *arena, struct parts *out) {
    const struct board_worker *workers = probe->policy->workers.at;

    *out = (struct parts){NULL, 0};
    pthread_mutex_lock(&probe->lock);
    for (int i = 0; i < probe->policy->workers.count; i++) {
        struct overview_worker *worker = parts_add(out, sizeof *worker, 1000, arena);
        const struct finding *found = &probe->found[i];
        *worker = (struct overview_worker){.name = workers[i].name,
                                           .answers = found->answers,
                                           .ready = found->ready,
                                           .lag_records = found->lag_records,
                                           .says = arena_strdup(arena, found->says)};
    }
    pthread_mutex_unlock(&probe->lock);
}
