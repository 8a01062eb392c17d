/* log: one JSON line an event to stderr. Libraries do not log; whoever decides logs, once. Control,
 * escape and bidirectional characters in values are escaped, values are cut at 500 bytes, and no
 * text or address of a customer is ever passed here. */
#ifndef REDRESS_LOG_H
#define REDRESS_LOG_H

#include "base/err.h"
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Once at start. */
void log_init(const char *worker, const char *instance, enum log_level level);
void log_set_level(enum log_level level);
int log_parse_level(const char *name, enum log_level *out) MUST_CHECK;

/* log_say(LOG_INFO, "batch committed", "shard", log_int(3), "error", err.text, NULL): pairs of a
 * name and a text, ended by NULL. */
void log_say(enum log_level level, const char *message, ...) __attribute__((sentinel));
const char *
log_int(int64_t num); /* a short-lived text, good for one call of log_say with at most 16 numbers */

/* The same message at most once in `every_ms`; counts what it left out and says so the next time
 * ("repeated": n). */
struct log_gate {
    int64_t next_ms;
    int64_t left_out;
};
void log_seldom(struct log_gate *gate, int64_t every_ms, enum log_level level, const char *message,
                ...) __attribute__((sentinel));

#endif
