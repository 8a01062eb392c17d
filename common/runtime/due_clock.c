/* due_clock: skews against CLOCK_BOOTTIME, and their steps. */
#include "runtime/due_clock.h"
#include "base/log.h"
#include <stddef.h>

enum { STEP_MS = 1000 }; /* a clock that moved by more against CLOCK_BOOTTIME has stepped */

/* Whether it stepped. */
static bool note_step(struct due_clock *clock, int64_t moved_ms, int64_t boot_ms,
                      const char *whose) {
    if (moved_ms <= STEP_MS && moved_ms >= -STEP_MS) return false;
    clock->hold_until_ms = boot_ms + clock->step_hold_ms;
    log_say(LOG_WARN, "a clock stepped: nothing fires for a while", "whose", whose, "by_ms",
            log_int(moved_ms), NULL);
    return true;
}

int64_t due_clock_now_ms(struct due_clock *clock, int64_t wall_ms, int64_t boot_ms) {
    int64_t skew_ms = wall_ms - boot_ms;
    int64_t redis_ms = boot_ms + clock->redis_skew_ms;

    if (clock->worker_known) note_step(clock, skew_ms - clock->worker_skew_ms, boot_ms, "worker");
    clock->worker_known = true;
    clock->worker_skew_ms = skew_ms;
    if (clock->redis_known && redis_ms < wall_ms) return redis_ms;
    return wall_ms;
}

/* A slow answer makes Redis' clock look behind for once; small changes are followed down at once
 * and up slowly. */
void due_clock_note_redis(struct due_clock *clock, int64_t redis_ms, int64_t boot_ms) {
    int64_t skew_ms = redis_ms - boot_ms;
    int64_t moved_ms = skew_ms - clock->redis_skew_ms;
    bool jumps =
        !clock->redis_known || note_step(clock, moved_ms, boot_ms, "redis") || moved_ms < 0;

    clock->redis_known = true;
    if (jumps)
        clock->redis_skew_ms = skew_ms;
    else
        clock->redis_skew_ms += moved_ms / 8;
}
