/* memory: see the header. */
#include "runtime/memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void memory_keep_private(void) {
    const struct rlimit none = {0, 0};

    /* A core_pattern that is a pipe (systemd-coredump) gets its dump whatever the limit is; a
     * process that is not dumpable gives it none. A sanitizer reads the process' memory at its end,
     * and only root may do so then. */
#ifndef REDRESS_SANITIZED
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    (void)setrlimit(RLIMIT_CORE, &none);
}
