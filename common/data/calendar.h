/* calendar: working time. An allowance runs through a calendar's open intervals in absolute
 * milliseconds, so a clock change neither adds nor removes working time (boundary rules:
 * deploy/contract/README.md, Working time). A calendar is compiled once and not changed afterwards;
 * the arithmetic is pure. A NULL calendar is always open, in UTC. */
#ifndef REDRESS_CALENDAR_H
#define REDRESS_CALENDAR_H

#include "data/calendar_zone.h"
#include "data/fields.h"

#define CALENDAR_NEVER INT64_MAX

enum {
    CALENDAR_WINDOWS_MAX = 16, /* open windows a day: a day split into more is a mistake */
    CALENDAR_EXCEPTIONS_MAX =
        4096 /* holidays and overrides of a calendar: eleven years of every day */
};

struct calendar;

/* Its table, as policies write it. */
extern const struct table calendar_table;

/* Reads {timezone, weekly, holidays, overrides} as policies write it; faults have paths below
 * `path`. A calendar without any open time is a fault. Returns the calendar, or NULL when there
 * were faults. */
const struct calendar *calendar_read(const struct tree *tree, const char *path,
                                     enum fields_mode mode, struct arena *arena,
                                     struct faults *faults);

/* Working milliseconds, or whole working days where `days` is set ("3wd"). */
struct calendar_allowance {
    int64_t ms;
    int64_t days;
    bool in_days;
};
/* "90s" "15m" "1h" "24h" "3d" "3wd"; at most ten years. 0 or -1. */
int calendar_parse_allowance(const char *text, struct calendar_allowance *out) MUST_CHECK;

/* Time that does not count: [from, to). In order, not overlapping; the last may end with
 * CALENDAR_NEVER. */
struct calendar_pause {
    int64_t from_ms, to_ms;
};

/* When the allowance that starts at `start_ms` is used up; CALENDAR_NEVER while paused without an
 * end before that (or when the calendar has no open time left). Working days: the last closing of
 * the n-th working day after the start's date, closings while paused not counted. */
int64_t calendar_due(const struct calendar *calendar, int64_t start_ms,
                     struct calendar_allowance allowance, const struct calendar_pause *pauses,
                     int pause_count);

/* Working milliseconds from start to end, pauses left out; 0 when the end is before the start. */
int64_t calendar_elapsed(const struct calendar *calendar, int64_t start_ms, int64_t end_ms,
                         const struct calendar_pause *pauses, int pause_count);

/* The first day (days since 1970-01-01, local) at or after `from` on which a window begins. Returns
 * 0, or -1 when there is none. */
int calendar_working_day(const struct calendar *calendar, int64_t from, int64_t *day_out);
/* The calendar's local time and back. */
int64_t calendar_to_local(const struct calendar *calendar, int64_t utc_ms);
int64_t calendar_to_utc(const struct calendar *calendar, int64_t local_ms);
/* "HH:MM" or "HH:MM:SS" as ms of the day, "24:00" with `is_end` alone. 0 or -1. */
int calendar_parse_clock(const char *text, bool is_end, int64_t *ms_out) MUST_CHECK;

/* The first open time at or after `from_ms`: [*from_out, *to_out), cut at `from_ms`, perhaps
 * followed at once by more. Returns 0, or -1 when there is none. */
int calendar_next_open(const struct calendar *calendar, int64_t from_ms, int64_t *from_out,
                       int64_t *to_out);

/* The next time that counts: open and not paused; adjoining open windows are joined. Returns 0, or
 * -1 when there is none. */
int calendar_next_counted(const struct calendar *calendar, int64_t from_ms,
                          const struct calendar_pause *pauses, int pause_count, int64_t *from_out,
                          int64_t *to_out);

#endif
