/* true_waits: preloaded before libfaketime, which needs help in two places.
 *
 * librdkafka takes the time for its waits from timespec_get(), which libfaketime shifts, and waits
 * in glibc's cnd_timedwait(), which it does not: an hour's wait for a clock that is an hour ahead.
 * A real clock moves both, so here timespec_get() stays true.
 *
 * jemalloc, Redis' allocator, looks at the clock and makes a condition variable when it is first
 * used. libfaketime would then set itself up, ask the allocator for memory, and wait for itself: so
 * it is left out until all that is over. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int (*next_gettime)(clockid_t which, struct timespec *ts); /* libfaketime's; NULL: not yet */
static int (*next_cond_init)(pthread_cond_t *cond, const pthread_condattr_t *attr);

int timespec_get(struct timespec *ts, int base) {
    return base == TIME_UTC && syscall(SYS_clock_gettime, CLOCK_REALTIME, ts) == 0 ? base : 0;
}

int clock_gettime(clockid_t which, struct timespec *ts) {
    return next_gettime ? next_gettime(which, ts) : (int)syscall(SYS_clock_gettime, which, ts);
}

int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr) {
    static const pthread_cond_t fresh = PTHREAD_COND_INITIALIZER;
    if (next_cond_init) return next_cond_init(cond, attr);
    *cond = fresh;
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    void *volatile first = malloc(1);
    free(first);
    *(void **)&next_cond_init = dlsym(RTLD_NEXT, "pthread_cond_init");
    *(void **)&next_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}
