/* fault: see fault.h. Empty unless a test build. */
#include "base/fault.h"
#ifdef REDRESS_FAULT_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAKE_US = 3000000 }; /* librdkafka hears meanwhile that its membership is gone */

void fault_point(const char *name) {
    static long passed;
    const char *order = getenv("REDRESS_TEST_FAULT");
    size_t len = strlen(name);

    if (!order || strncmp(order, name, len) != 0 || order[len] != ':') return;
    char *action;
    if (++passed != strtol(order + len + 1, &action, 10)) return;
    if (strcmp(action, ":stop") != 0) kill(getpid(), SIGKILL);
    kill(getpid(), SIGSTOP);
    usleep(WAKE_US);
}
#endif
