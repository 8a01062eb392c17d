/* calendar_cutoff: a time of day on a working day, in place of an allowance: "by 16:00 the same day
 * if it comes before 14:00, else by noon of the next". The arithmetic is pure.
 *
 * Day 0 is the start's local day, or the first working day behind it where that is none (and then
 * it has come before any hour of it). A time of day that falls into a pause is not counted, as the
 * closings of "3wd" are not. */
#ifndef REDRESS_CALENDAR_CUTOFF_H
#define REDRESS_CALENDAR_CUTOFF_H

#include "data/calendar.h"

enum { CALENDAR_CUTOFF_DAYS_MAX = 366 };

struct calendar_cutoff {
    int64_t time_ms; /* of the local day, up to 24:00 */
    int64_t days;    /* working days behind day 0 */
    bool split;      /* what comes on day 0 at before_ms or later is due by the other two */
    int64_t before_ms;
    int64_t else_time_ms, else_days;
};

/* When it is due; CALENDAR_NEVER: it is paused without an end, or the calendar ends before. */
int64_t calendar_cutoff_due(const struct calendar *calendar, int64_t start_ms,
                            const struct calendar_cutoff *cutoff,
                            const struct calendar_pause *pauses, int pause_count);

#endif
