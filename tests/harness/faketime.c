/* faketime: see faketime.h. */
#include "faketime.h"

#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* `faketime` knows where its library is. */
const char *faketime_preload(void) {
    static char preload[600];
    char found[400] = "";

    if (preload[0]) return preload;
    FILE *pipe = popen("faketime -m -f +0 printenv LD_PRELOAD 2> /dev/null", "r");
    if (pipe && !fgets(found, sizeof found, pipe)) found[0] = 0;
    if (!pipe || pclose(pipe) != 0 || !found[0]) {
        print_message(
            "skipped: `faketime -m` does not work here; deploy/install test installs it\n");
        skip();
    }
    found[strcspn(found, "\n")] = 0;
    snprintf(preload, sizeof preload, "%s:%s", TRUE_WAITS, found);

    return preload;
}

void faketime_of(struct process *process, const char *path) {
    const char *asan = getenv("ASAN_OPTIONS");

    process_env(process, "LD_PRELOAD=%s", faketime_preload());
    process_env(process, "FAKETIME_TIMESTAMP_FILE=%s", path);
    process_env(process, "FAKETIME_NO_CACHE=1");
    process_env(process, "FAKETIME_DONT_FAKE_MONOTONIC=1"); /* nor CLOCK_BOOTTIME (0.9.10) */
    process_env(process, "ASAN_OPTIONS=%s%sverify_asan_link_order=0", asan ? asan : "",
                asan ? ":" : "");
}

/* Replaced whole: libfaketime reads it again at every look at the clock. */
void faketime_set(const char *path, const char *offset) {
    char next[310];

    snprintf(next, sizeof next, "%s.next", path);
    FILE *file = fopen(next, "w");
    if (!file) wait_fail("%s cannot be written", next);
    fprintf(file, "%s\n", offset);
    fclose(file);
    if (rename(next, path) != 0) wait_fail("%s cannot be replaced", path);
}
