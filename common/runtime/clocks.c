/* clocks: asking Redis for its TIME, and telling how far this host's clock is from it. */
#include "runtime/clocks.h"
#include "base/clock.h"
#include "base/log.h"
#include "runtime/engine.h"
#include "runtime/health.h"
#include <stdlib.h>

enum {
    LOOK_MS = 10000, /* a clock that is set wrongly is noticed within this */
    SAY_MS = 60000,  /* and said so often */
    AHEAD_MS = 1000 /* producers' clocks are ahead of ours by less all the time: no reason to ask */
};

int64_t clocks_now(const struct clocks_times *times) {
    bool is_alone =
        times->redis_ms && times->broker_ms && times->own_ms > times->redis_ms + CLOCKS_APART_MS;
    int64_t now_ms = 0;
    if (!is_alone) now_ms = times->own_ms;

    if (times->redis_ms > now_ms) now_ms = times->redis_ms;
    if (times->broker_ms > now_ms) now_ms = times->broker_ms;
    return now_ms;
}

/* ---- Asking ---- */

static int64_t number_at(const struct redis_reply *list, int index) {
    const char *text = list->items[index].text;

    if (!text) return 0;
    return strtoll(text, NULL, 10);
}

enum outcome clocks_ask(struct redis *redis, struct arena *arena, int64_t *redis_ms_out,
                        int64_t *behind_ms_out, struct err *err) {
    struct redis_reply reply;
    int64_t before_ms = clock_now_ms();
    enum outcome outcome = redis_ask(redis, arena, &reply, err, 1, "TIME");
    if (outcome != OUTCOME_DONE) return outcome;

    if (reply.kind != REDIS_LIST || reply.count < 2) {
        err_set(err, "TIME was answered in another form than expected");
        return OUTCOME_STOP;
    }

    int64_t redis_ms = number_at(&reply, 0) * 1000 + number_at(&reply, 1) / 1000;
    int64_t after_ms = clock_now_ms();
    *behind_ms_out = 0;
    if (redis_ms > after_ms) *behind_ms_out = redis_ms - after_ms;
    if (redis_ms < before_ms) *behind_ms_out = redis_ms - before_ms;
    *redis_ms_out = redis_ms;
    return OUTCOME_DONE;
}

static enum outcome ask(struct engine *engine, int64_t *behind_ms_out, struct err *err) {
    struct clocks *clocks = &engine->clocks;
    int64_t redis_ms;
    enum outcome outcome = clocks_ask(engine->redis, engine->arena, &redis_ms, behind_ms_out, err);

    if (outcome != OUTCOME_DONE) return outcome;
    clocks->redis_known = true;
    clocks->redis_skew_ms = redis_ms - clock_boot_ms();
    return OUTCOME_DONE;
}

/* ---- Telling ---- */

static void tell(struct engine *engine, int64_t behind_ms) {
    static struct log_gate gate;
    bool behind = behind_ms > 0;
    int64_t apart_ms = -behind_ms;
    if (behind) apart_ms = behind_ms;
    metrics_set(engine->metrics.clock_behind, NULL, (double)behind_ms / 1e3);
    if (apart_ms < CLOCKS_APART_MS) {
        health_remark(NULL);
        return;
    }

    const char *what = "this host's clock is ahead of Redis'";
    if (behind) what = "this host's clock is behind Redis': what is due is late by as much";
    health_remark(arena_printf(engine->arena, "%s, by %lld s: set both by NTP", what,
                               (long long)apart_ms / 1000));
    log_seldom(&gate, SAY_MS, LOG_WARN, what, "by_ms", log_int(apart_ms), "remedy",
               "set both by NTP", NULL);
}

void clocks_turn(struct engine *engine) {
    struct clocks *clocks = &engine->clocks;
    int64_t boot_ms = clock_boot_ms();
    int64_t behind_ms;
    struct err err;
    if (!engine->redis || boot_ms < clocks->look_at_ms || engine_paused(engine)) return;

    clocks->look_at_ms = boot_ms + LOOK_MS;
    if (ask(engine, &behind_ms, &err) == OUTCOME_DONE) tell(engine, behind_ms);
}

/* ---- Judging ---- */

bool clocks_reach(struct engine *engine, int64_t event_ms) {
    int64_t behind_ms;
    struct err err;
    if (!engine->redis || event_ms - clock_now_ms() <= AHEAD_MS) return true;
    if (ask(engine, &behind_ms, &err) == OUTCOME_DONE) return true;

    engine_pause(engine, "an event is ahead of this host's clock, and Redis' cannot be asked now",
                 err.text);
    return false;
}

int64_t clocks_of(const struct engine *engine, const struct raw *raw) {
    const struct clocks *clocks = &engine->clocks;
    struct clocks_times times = {.own_ms = clock_now_ms(), .broker_ms = raw->appended_ms};

    if (clocks->redis_known) times.redis_ms = clock_boot_ms() + clocks->redis_skew_ms;
    return clocks_now(&times);
}
