/* thread: a thread beside the worker's one. Signals are for the worker's: it hears SIGTERM and
 * SIGHUP, and no other thread does. */
#ifndef REDRESS_THREAD_H
#define REDRESS_THREAD_H

#include <pthread.h>

/* Starts it; a system without room for a thread ends the process, as one without memory does. To be
 * joined with pthread_join(). */
pthread_t thread_start(void *(*run)(void *context), void *context);

#endif
