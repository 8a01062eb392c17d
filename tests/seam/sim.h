/* sim: processes as fibers in virtual time, one seed a run. Every call of a fake (fake_kafka.c,
 * fake_redis.c) passes sim_seam(): there time goes on a little, and another process may go on
 * instead, as the seed has it. So a run is one interleaving of the real loops, and the same seed
 * gives the same run. A process that is killed is left where it stands.
 *
 * The clock of common/base/clock.h, usleep and arc4random are the simulation's own by the linker's
 * --wrap. */
#ifndef REDRESS_SEAM_SIM_H
#define REDRESS_SEAM_SIM_H

#include <stdbool.h>
#include <stdint.h>

enum { SIM_FIBERS_MAX = 32 };

/* A new run. Time goes on from where the last run ended. */
void sim_begin(uint64_t seed);
void sim_end(void); /* forgets all fibers */

/* Starts a process. Returns its number. */
int sim_spawn(const char *name, void (*run)(void *context), void *context);
void sim_kill(int fiber);                     /* never goes on */
void sim_freeze(int fiber, int64_t until_ms); /* SIGSTOP, and SIGCONT then */
bool sim_lives(int fiber);                    /* it has neither ended nor been killed */
int sim_self(void);                           /* the fiber at hand; -1: the driver */

/* The driver's: lets processes run until `done` says so. False when `limit_ms` of virtual time have
 * passed before. */
bool sim_run(bool (*done)(void *context), void *context, int64_t limit_ms);
/* Called before each step of a process, by the driver's fiber: for faults and invariants. */
void sim_each_step(void (*step)(void *context), void *context);

/* A process's: */
void sim_seam(const char *call);
void sim_sleep(int64_t ms);

int64_t
sim_now_ms(void); /* the wall clock of all machines; boot time is the same less a constant */
uint64_t sim_random(uint64_t below);
bool sim_chance(unsigned percent);

/* How often control went from one process to another. */
int64_t sim_switches(void);

#endif
