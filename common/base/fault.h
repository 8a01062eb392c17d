/* fault: places where a test kills or stops the process, and guards that a test takes away. Nothing
 * of it is there without -DREDRESS_FAULT_POINTS; production is never built with it.
 *
 * REDRESS_TEST_FAULT=<point>:<n>       SIGKILL at the n-th passage of the point
 * REDRESS_TEST_FAULT=<point>:<n>:stop  SIGSTOP there; after SIGCONT a pause, in which only
 * librdkafka's threads go on REDRESS_TEST_WITHOUT=<guard>         the guard is not there: cas,
 * mark, offsets, membership, true_end, proof, complaints_first */
#ifndef REDRESS_FAULT_H
#define REDRESS_FAULT_H

#include <stdbool.h>

#ifdef REDRESS_FAULT_POINTS
void fault_point(const char *name);
bool fault_without(const char *guard);
#define FAULT_POINT(name)    fault_point(name)
#define FAULT_WITHOUT(guard) fault_without(guard)
#else
#define FAULT_POINT(name)    ((void)0)
#define FAULT_WITHOUT(guard) false
#endif

#endif
