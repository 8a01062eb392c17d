/* map: the loop of a worker without state: a batch of events -> events or rejections, one
 * transaction (common/protocol.md, Intake). */
#ifndef REDRESS_MAP_H
#define REDRESS_MAP_H

#include "runtime/engine.h"

/* Runs until it is told to stop. */
void map_run(struct engine *engine);

#endif
