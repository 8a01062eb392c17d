/* watch: what must not change while a worker runs, and what its group must not overlook.
 *
 * Which partition a key goes to depends on how many there are. A case's events, its states and what
 * is granted to it must stay together, so a worker uses the counts of its start and stops when they
 * change: events of open cases would go elsewhere. More partitions come by `redressctl
 * repartition`. The inputs may grow at any time. */
#ifndef REDRESS_WATCH_H
#define REDRESS_WATCH_H

#include "runtime/engine.h"

/* Counts the topics that the worker writes with a key (those of the case log have been counted),
 * and the inputs that it reads, or on which its deadlines wait. OUTCOME_STOP: there are too
 * many. */
enum outcome watch_begin(struct engine *engine, struct err *err) MUST_CHECK;
/* -1 and the limit when there are more input partitions than a worker keeps track of. */
int watch_check_inputs(int partitions, struct err *err) MUST_CHECK;
/* Looks from time to time; stops the engine when a count has changed. */
void watch_turn(struct engine *engine);
/* The partition that a message goes to: by the counts of the start; -1: any (it has no key). */
int watch_partition(const struct engine *engine, const struct kafka_message *message);
/* Stops the engine with the remedy. */
void watch_stop(struct engine *engine, enum topic topic, int before, int now);

#endif
