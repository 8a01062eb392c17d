/* due_clock: what time it is for a deadline: the earlier of the worker's clock and Redis', and
 * nothing fires for a while after one of them has stepped. The caller reads them. Times are in ms;
 * boot_ms is of CLOCK_BOOTTIME, which neither steps nor stands still in a sleep, and is what the
 * others are measured against. */
#ifndef REDRESS_DUE_CLOCK_H
#define REDRESS_DUE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct due_clock {
    int64_t step_hold_ms; /* how long nothing fires after a step (REDRESS_STEP_HOLD) */
    bool worker_known, redis_known;
    int64_t worker_skew_ms, redis_skew_ms; /* against boot_ms */
    int64_t hold_until_ms;                 /* (boot time) */
};

/* Notes the worker's clock. Returns the earlier of it and Redis' (as far as that is known). */
int64_t due_clock_now_ms(struct due_clock *clock, int64_t wall_ms, int64_t boot_ms);
/* Notes what Redis said its time is (TIME). */
void due_clock_note_redis(struct due_clock *clock, int64_t redis_ms, int64_t boot_ms);

#endif
