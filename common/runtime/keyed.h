/* keyed: the loop of a worker with a state per case (protocol.md). */
#ifndef REDRESS_KEYED_H
#define REDRESS_KEYED_H

#include "runtime/engine.h"

/* Runs until it is told to stop. */
void keyed_run(struct engine *engine);

#endif
