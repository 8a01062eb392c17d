/* fault: places where a test kills or stops the process. Nothing of it is there without
 * -DREDRESS_FAULT_POINTS; production is never built with it.
 *
 * REDRESS_TEST_FAULT=<point>:<n>       SIGKILL at the n-th passage of the point
 * REDRESS_TEST_FAULT=<point>:<n>:stop  SIGSTOP there; after SIGCONT a pause, in which only
 *                                      librdkafka's threads go on */
#ifndef REDRESS_FAULT_H
#define REDRESS_FAULT_H

#ifdef REDRESS_FAULT_POINTS
void fault_point(const char *name);
#define FAULT_POINT(name) fault_point(name)
#else
#define FAULT_POINT(name) ((void)0)
#endif

#endif
