/* pipes: see the header. */
#include "base/pipes.h"

#include <signal.h>

void pipes_survive(void) {
    signal(SIGPIPE, SIG_IGN);
}

void pipes_end(void) {
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}
