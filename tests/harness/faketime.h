/* faketime: processes whose clock a test moves (libfaketime). CLOCK_MONOTONIC and CLOCK_BOOTTIME
 * stay true, as they do on a machine whose clock is set. */
#ifndef REDRESS_HARNESS_FAKETIME_H
#define REDRESS_HARNESS_FAKETIME_H

#include "process.h"

/* What is to be in LD_PRELOAD, for the life of the test. Skips the test, and says so, where
 * `faketime` does not work. */
const char *faketime_preload(void);

/* Before its start: the process goes by the clock in the file at `path`. */
void faketime_of(struct process *process, const char *path);

/* From now on its clock is ahead of the true one by "+SECONDS", or behind by "-SECONDS". */
void faketime_set(const char *path, const char *offset);

#endif
