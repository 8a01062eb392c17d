/* clocks: what time it is by all the clocks there are: this host's, Redis', and the broker's where
 * a topic has it.
 *
 * An event is fresh when any of them says so: a host whose clock is slow would refuse everything
 * that comes in. The host's own is set aside only when both others are there and it is ahead of
 * them. Redis is asked when an event is ahead of what is known, and now and then, to say how far
 * the two are apart. (That no deadline fires early is another matter: keyed workers go by the
 * earlier of the two clocks, keyed.h.) */
#ifndef REDRESS_CLOCKS_H
#define REDRESS_CLOCKS_H

#include "decision/event.h"
#include "outside/redis.h"
#include <stdbool.h>

struct engine;

enum {
    CLOCKS_APART_MS =
        5000 /* that is said: NTP keeps hosts within milliseconds, and answers of Redis take less */
};

/* What an engine keeps. */
struct clocks {
    bool redis_known;
    int64_t redis_skew_ms; /* Redis' clock against CLOCK_BOOTTIME, when it was asked last */
    int64_t look_at_ms;    /* (boot time) it is asked again then */
};

/* Times in ms since the epoch; 0: not known. */
struct clocks_times {
    int64_t own_ms, redis_ms, broker_ms;
};
/* The latest of them, but without the own one where it is ahead of Redis and the broker is there as
 * well. */
int64_t clocks_now(const struct clocks_times *times);

/* Redis' clock now (ms since the epoch), and how far the own one is behind it, negative: ahead;
 * what the answer took is not counted. */
enum outcome clocks_ask(struct redis *redis, struct arena *arena, int64_t *redis_ms_out,
                        int64_t *behind_ms_out, struct err *err) MUST_CHECK;

/* Called each turn of a loop: looks every ten seconds how far this host's clock is from Redis', and
 * says it: the metric redress_clock_behind_seconds, a line in /readyz, and the log. */
void clocks_turn(struct engine *engine);

/* Makes sure that an event of this time can be judged: when it is ahead of this host's clock, Redis
 * is asked. False: it cannot be asked now, nothing may be judged (the engine has paused). */
bool clocks_reach(struct engine *engine, int64_t event_ms);

/* Now, for a decision about this record. */
int64_t clocks_of(const struct engine *engine, const struct raw *raw);

#endif
