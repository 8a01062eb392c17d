/* faults: what the tests of this folder do to a replay. A fault counts only while something is undecided: each of them
 * asserts that and prints how much it was. */
#ifndef REDRESS_FAULTS_H
#define REDRESS_FAULTS_H

#include "replay.h"

enum { FAULTS_ALL = 1 << 30, FAULTS_WAIT_MS = 600000, FAULTS_STEP_MS = 60000 };

/* A seed from the clock, printed, or REDRESS_TEST_SEED. */
unsigned faults_seed(void);
/* Sleeps between the two, at random. */
void faults_pause(unsigned *seed, int least_ms, int most_ms);
/* Waits until intake has only so much of the log left, and a moment at random: there is something to lose, and to do.
 */
void faults_reach(struct replay *replay, unsigned *seed, int percent_left);
/* The workers stand while the next share of the log is published: so much is undecided when they go on, however fast
 * they are, and none of them reads the half of it. Returns how many events it has. */
int faults_feed(struct replay *replay, int times);
/* How many input records a worker's group has decided, and the wait until it has decided so many. */
int64_t faults_done(struct replay *replay, const struct worker_spec *spec);
void faults_progress(struct replay *replay, const struct worker_spec *spec, int64_t done);
/* Starts it, and returns when it has said a word since: "assigned" is in the midst of its take-over. */
void faults_start_until(struct process *process, const char *message);
/* Asserts that something is undecided, and says so. */
void faults_count(struct replay *replay, const char *what);
/* kill -9, and a new start. */
void faults_kill(struct replay *replay, struct process *process);
void faults_restart(struct replay *replay, struct process *process);
/* Runs into a crash point (fault.h) and is started again without it. */
void faults_crash_at(struct replay *replay, struct process *process, const char *point, int passage);
/* One command to Redis, of at most four words. */
void faults_redis(struct replay *replay, const char *command);
void faults_tell_redis(struct world *world, const char *command);
/* A minute passes without Redis or the broker: how much of one processor do the first workers take? */
void faults_stay_away(struct replay *replay, const char *whose);
/* For both groups: short enough that a frozen worker is given up soon. */
void faults_short_session(struct replay *replay);

#endif
