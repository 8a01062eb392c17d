/* metrics: counters, gauges and histograms in Prometheus text. Registered at start, changed by the
 * worker's one thread, read by the HTTP thread (relaxed atomics, no locks on the hot path). */
#ifndef REDRESS_METRICS_H
#define REDRESS_METRICS_H

#include "base/arena.h"
#include <stdint.h>

struct metric;

#define METRICS_NEXT "\x1f"

/* name "redress_events_total", help one sentence; label NULL or one label's name ("type"), or
 * several ("period,budget"), whose values are then given in one text, METRICS_NEXT between them.
 * Names are the field's standard: _total for counters, _seconds for times. Registering the same
 * name again returns the same metric. */
struct metric *metrics_counter(const char *name, const char *help, const char *label);
struct metric *metrics_gauge(const char *name, const char *help, const char *label);
/* bounds: ascending, in seconds, ended by 0. */
struct metric *metrics_histogram(const char *name, const char *help, const double *bounds);

/* value NULL where there is no label. At most 200 label values a metric; more are counted under
 * "other". */
void metrics_add(struct metric *metric, const char *value, int64_t delta);
void metrics_set(struct metric *metric, const char *value, double number);
void metrics_observe(struct metric *metric, double seconds);

void metrics_print(struct buf *out);

#endif
