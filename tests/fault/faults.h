/* faults: what the tests of this folder do to a replay. A fault counts only while something is
 * undecided: each of them asserts that and prints how much it was. */
#ifndef REDRESS_FAULTS_H
#define REDRESS_FAULTS_H

#include "replay.h"

enum {
    FAULTS_ALL = 1 << 30,
    FAULTS_WAIT_MS = 900000, /* for a log to be decided, and for tens of seconds of faults */
    FAULTS_STEP_MS = 240000  /* for one step of a worker: some seconds, alone */
};

/* A seed from the clock, printed, or REDRESS_TEST_SEED. */
unsigned faults_seed(void);
/* The workers stand while the next share of the log is published: so much is undecided when they go
 * on, however fast they are, and none of them reads the half of it. Returns how many events it has.
 */
int faults_feed(struct replay *replay, int times);
/* The same, and waits until a worker's group has decided a part of it, at random, but less than
 * half. */
void faults_work(struct replay *replay, unsigned *seed, const struct worker_spec *spec, int times);
/* Starts it, and returns when it has said a word since: "assigned" is in the midst of its
 * take-over. */
void faults_start_until(struct process *process, const char *message);
/* Asserts that something is undecided, and says so. */
void faults_count(struct replay *replay, const char *what);
/* kill -9, and a new start. */
void faults_kill(struct replay *replay, struct process *process);
void faults_restart(struct replay *replay, struct process *process);
/* Runs into a crash point (fault.h) and is started again without it. */
void faults_crash_at(struct replay *replay, struct process *process, const char *point,
                     int passage);
/* From its next start on it is the program that does without a guard (unguarded.c). NULL: it keeps
 * all of them, and is the program that everybody runs. */
void faults_unguarded(struct process *worker, const char *guard);
/* From its next start on it is the next version (next.py), or today's again. */
void faults_version(struct process *worker, bool next);
/* One command to Redis, of at most four words. */
void faults_redis(struct replay *replay, const char *command);
void faults_tell_redis(struct world *world, const char *command);
/* Time passes without Redis or the broker, more than all time-outs of faults_short_session(): how
 * much of one processor do the first workers take? */
void faults_stay_away(struct replay *replay, const char *whose);
/* For both groups: short enough that a frozen worker is given up soon. */
void faults_short_session(struct replay *replay);

#endif
