/* worker: the skeleton that every worker hands its spec to: from the command line to the loop and
 * out again. */
#ifndef REDRESS_WORKER_H
#define REDRESS_WORKER_H

#include "decision/spec.h"

/* Everything: options, configuration, signals, the loop, draining, health. Returns the exit status.
 */
int worker_main(const struct worker_spec *spec, int argc, char **argv);

#endif
