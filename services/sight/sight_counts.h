/* sight_counts: how many: open cases by what they are, deadlines by when they are due, what was
 * opened, resolved, met and breached by hour. */
#ifndef REDRESS_SIGHT_COUNTS_H
#define REDRESS_SIGHT_COUNTS_H

#include "data/fields.h"
#include "sight/sight.h"

/* A value and how many cases have it; the most first. */
struct sight_count {
    const char *value;
    int64_t cases;
};
extern const struct table sight_count_table;
enum { SIGHT_VALUES_MAX = 100 }; /* of a counted field: the contract has 25 classes */

/* Adds to a list of counts; beyond SIGHT_VALUES_MAX under "other". */
void sight_counts_add(struct parts *counts, const char *value, int64_t cases, struct arena *arena);
/* Drops those that are 0, and puts the most first. */
void sight_counts_sort(struct parts *counts);

/* Open cases by what the sla worker counts; lists of struct sight_count. */
struct sight_counts {
    struct parts status, severity, tier, class_name;
};
int sight_counts_read(struct sight *sight, struct sight_counts *out) MUST_CHECK;

/* Deadlines of these targets, of all shards, that are due before `to_ms[i]` but not before
 * `from_ms[i]` (INT64_MIN: since ever). */
struct sight_span {
    int64_t from_ms, to_ms;
    int64_t deadlines; /* found */
};
int sight_counts_due(struct sight *sight, const struct texts *targets, struct sight_span *spans,
                     int count) MUST_CHECK;

/* Hours, UTC, the latest last: `metrics` is a list of struct sight_count: opened, resolved,
 * <target>_met, <target>_breached. */
struct sight_hour {
    int64_t from; /* ms: where it begins */
    struct parts metrics;
};
extern const struct table sight_hour_table;
int sight_hours_read(struct sight *sight, int64_t last_ms, int count,
                     struct sight_hour *hours) MUST_CHECK;

#endif
