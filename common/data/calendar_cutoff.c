/* calendar_cutoff: from working day to working day. */
#include "data/calendar_cutoff.h"

#define DAY_MS ((int64_t)86400000)

static int64_t day_of(int64_t local_ms) {
    int64_t day = local_ms / DAY_MS;
    if (local_ms % DAY_MS < 0) day--;
    return day;
}

/* The pause in which a moment lies, or NULL: one that it ends at counts, one that begins then does
 * not. */
static const struct calendar_pause *pause_at(int64_t at_ms, const struct calendar_pause *pauses,
                                             int pause_count) {
    for (int i = 0; i < pause_count; i++)
        if (pauses[i].from_ms < at_ms && pauses[i].to_ms >= at_ms) return &pauses[i];
    return NULL;
}

int64_t calendar_cutoff_due(const struct calendar *calendar, int64_t start_ms,
                            const struct calendar_cutoff *cutoff,
                            const struct calendar_pause *pauses, int pause_count) {
    int64_t local_ms = calendar_to_local(calendar, start_ms);
    int64_t start_day = day_of(local_ms);
    int64_t time_ms = cutoff->time_ms;
    int64_t left = cutoff->days;
    int64_t day;
    if (calendar_working_day(calendar, start_day, &day)) return CALENDAR_NEVER;

    if (cutoff->split && day == start_day && local_ms - day * DAY_MS >= cutoff->before_ms) {
        time_ms = cutoff->else_time_ms;
        left = cutoff->else_days;
    }
    for (;;) {
        int64_t at_ms = calendar_to_utc(calendar, day * DAY_MS + time_ms);
        const struct calendar_pause *pause = NULL;
        if (at_ms > start_ms) pause = pause_at(at_ms, pauses, pause_count);
        if (pause && pause->to_ms == CALENDAR_NEVER) return CALENDAR_NEVER;
        if (!pause && left == 0 && at_ms > start_ms) return at_ms;
        if (!pause && left > 0) left--;
        if (calendar_working_day(calendar, day + 1, &day)) return CALENDAR_NEVER;
    }
}
