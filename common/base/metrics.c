/* metrics: one registry a process. A series is published to the HTTP thread by the release store of
 * its metric's count, and its numbers are relaxed atomics: a scrape may see one number newer than
 * its neighbour, never a torn one. */
#include "base/metrics.h"
#include "base/ids.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    METRICS_MAX = 128, /* a worker registers some 40 */
    SERIES_MAX = 200, /* label values a metric: the contract has under 60 types, 25 classes, and 100
                         shards are many */
    LABEL_MAX = 200,  /* bytes of a label value: event types come from outside */
    BOUNDS_MAX = 24,  /* buckets of a histogram */
    SLOTS = 512       /* of the open-addressed index over the series: at most 40 % full */
};

enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

struct series {
    char value[LABEL_MAX + 1];
    _Atomic int64_t number; /* counters */
    _Atomic double real;    /* gauges */
};

struct metric {
    enum kind kind;
    const char *name, *help, *label;
    struct series *series; /* SERIES_MAX + 1: the last is "other" */
    atomic_int count;
    _Atomic int64_t other; /* the series "other" exists */
    int16_t slots[SLOTS];  /* index + 1 of a series; the worker's thread only */
    double bounds[BOUNDS_MAX];
    int bound_count;
    _Atomic int64_t buckets[BOUNDS_MAX + 1]; /* not cumulative; the last is beyond all bounds */
    _Atomic int64_t sum_us;
};

static struct metric *registry[METRICS_MAX];
static atomic_int registered;

static void *zeroed(size_t count, size_t size) {
    void *at = calloc(count, size);
    ASSERT(at);
    return at;
}

static struct metric *registry_find(const char *name) {
    for (int i = 0; i < atomic_load(&registered); i++)
        if (strcmp(registry[i]->name, name) == 0) return registry[i];
    return NULL;
}

static struct metric *registry_add(enum kind kind, const char *name, const char *help,
                                   const char *label, const double *bounds) {
    struct metric *metric = registry_find(name);

    if (metric) {
        ASSERT(metric->kind == kind && (metric->label != NULL) == (label != NULL));
        return metric;
    }
    int index = atomic_load(&registered);
    ASSERT(index < METRICS_MAX);
    metric = zeroed(1, sizeof *metric);
    *metric = (struct metric){.kind = kind, .name = name, .help = help, .label = label};
    metric->series = zeroed(label ? SERIES_MAX + 1 : 1, sizeof *metric->series);
    for (; bounds && *bounds > 0; bounds++) {
        ASSERT(metric->bound_count < BOUNDS_MAX);
        metric->bounds[metric->bound_count++] = *bounds;
    }
    registry[index] = metric;
    atomic_store(&registered, index + 1);

    return metric;
}

struct metric *metrics_counter(const char *name, const char *help, const char *label) {
    return registry_add(COUNTER, name, help, label, NULL);
}

struct metric *metrics_gauge(const char *name, const char *help, const char *label) {
    return registry_add(GAUGE, name, help, label, NULL);
}

struct metric *metrics_histogram(const char *name, const char *help, const double *bounds) {
    return registry_add(HISTOGRAM, name, help, NULL, bounds);
}

static size_t hash_text(const char *text) {
    return ids_table_hash(text, strnlen(text, LABEL_MAX));
}

/* The series of a label value, made when it is new. */
static struct series *series_of(struct metric *metric, const char *value) {
    if (!metric->label) return &metric->series[0];
    if (!value) value = "";
    size_t slot = hash_text(value) % SLOTS;
    for (; metric->slots[slot]; slot = (slot + 1) % SLOTS) {
        struct series *series = &metric->series[metric->slots[slot] - 1];
        if (strncmp(series->value, value, LABEL_MAX) == 0) return series;
    }
    int count = atomic_load_explicit(&metric->count, memory_order_relaxed);
    if (count == SERIES_MAX) {
        if (strcmp(value, "other") != 0)
            return series_of(metric, "other"); /* a label may have a value of that name */
        atomic_store_explicit(&metric->other, 1, memory_order_relaxed);
        return &metric->series[SERIES_MAX];
    }
    snprintf(metric->series[count].value, LABEL_MAX + 1, "%s", value);
    metric->slots[slot] = (int16_t)(count + 1);
    atomic_store_explicit(&metric->count, count + 1, memory_order_release);

    return &metric->series[count];
}

void metrics_add(struct metric *metric, const char *value, int64_t delta) {
    ASSERT(metric->kind == COUNTER);
    atomic_fetch_add_explicit(&series_of(metric, value)->number, delta, memory_order_relaxed);
}

void metrics_set(struct metric *metric, const char *value, double number) {
    ASSERT(metric->kind == GAUGE);
    atomic_store_explicit(&series_of(metric, value)->real, number, memory_order_relaxed);
}

void metrics_observe(struct metric *metric, double seconds) {
    ASSERT(metric->kind == HISTOGRAM);
    int bucket = 0;
    while (bucket < metric->bound_count && seconds > metric->bounds[bucket]) bucket++;
    atomic_fetch_add_explicit(&metric->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->sum_us, (int64_t)(seconds * 1e6), memory_order_relaxed);
}

/* A label value as the text format wants it; what is no printable ASCII or UTF-8 lead becomes '?',
 * so that a scrape never fails. */
static void print_value(struct buf *out, const char *value, size_t len) {
    const unsigned char *end = (const unsigned char *)value + len;

    for (const unsigned char *at = (const unsigned char *)value; at < end; at++) {
        if (*at == '\\' || *at == '"')
            buf_printf(out, "\\%c", *at);
        else
            buf_printf(out, "%c", *at < 0x20 || *at >= 0x7f ? '?' : *at);
    }
}

/* The names, each with its value; one that is missing is empty, the last has all that is left. */
static void print_labels(struct buf *out, const char *names, const char *value) {
    for (const char *between = "{"; *names; between = ",") {
        size_t name_len = strcspn(names, ",");
        size_t len = strcspn(value, METRICS_NEXT);
        if (!names[name_len]) len = strlen(value);

        buf_printf(out, "%s%.*s=\"", between, (int)name_len, names);
        print_value(out, value, len);
        buf_puts(out, "\"");
        value += len + (value[len] != 0);
        names += name_len + (names[name_len] != 0);
    }
    buf_puts(out, "}");
}

static void print_series(struct buf *out, const struct metric *metric, const struct series *series,
                         const char *value) {
    buf_puts(out, metric->name);
    if (metric->label) print_labels(out, metric->label, value);
    if (metric->kind == COUNTER)
        buf_printf(out, " %" PRId64 "\n",
                   atomic_load_explicit(&series->number, memory_order_relaxed));
    else
        buf_printf(out, " %.15g\n", atomic_load_explicit(&series->real, memory_order_relaxed));
}

static void print_histogram(struct buf *out, const struct metric *metric) {
    int64_t sum = 0;

    for (int i = 0; i <= metric->bound_count; i++) {
        sum += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        if (i < metric->bound_count)
            buf_printf(out, "%s_bucket{le=\"%g\"} %" PRId64 "\n", metric->name, metric->bounds[i],
                       sum);
        else
            buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", metric->name, sum);
    }
    int64_t sum_us = atomic_load_explicit(&metric->sum_us, memory_order_relaxed);
    buf_printf(out, "%s_sum %.6f\n%s_count %" PRId64 "\n", metric->name, (double)sum_us / 1e6,
               metric->name, sum);
}

void metrics_print(struct buf *out) {
    for (int i = 0; i < atomic_load(&registered); i++) {
        const struct metric *metric = registry[i];
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                   kind_names[metric->kind]);
        if (metric->kind == HISTOGRAM) {
            print_histogram(out, metric);
            continue;
        }
        int count = 1;
        if (metric->label) count = atomic_load_explicit(&metric->count, memory_order_acquire);
        for (int j = 0; j < count; j++)
            print_series(out, metric, &metric->series[j], metric->series[j].value);
        if (atomic_load_explicit(&metric->other, memory_order_relaxed))
            print_series(out, metric, &metric->series[SERIES_MAX], "other");
    }
}
