/* thread: see the header. A new thread has the mask of the one that makes it. */
#include "base/thread.h"
#include "base/err.h"

#include <signal.h>

pthread_t thread_start(void *(*run)(void *context), void *context) {
    sigset_t all, old;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    ASSERT(rc == 0);

    return thread;
}
