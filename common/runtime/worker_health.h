/* worker_health: what /healthz and /readyz say. Written by the worker's one thread, read by the
 * HTTP server's. */
#ifndef REDRESS_WORKER_HEALTH_H
#define REDRESS_WORKER_HEALTH_H

#include "base/arena.h"
#include <stdint.h>

/* Once at start: what has not been proven for `limit_ms` makes /readyz fail. */
void worker_health_init(int64_t limit_ms);

/* Something that the worker needs, and whether it could be had the last time it was tried:
 * "Describe on topic redress.complaints". The same thing by the same words. `why` names the remedy.
 * Also in the metric redress_unproven.
 */
void worker_unproven(const char *what, const char *why);
void worker_proven(const char *what);
/* Things that are not proven now. */
int worker_unproven_count(void);

/* Why the loop waits, for the answer of /readyz while it is not ready; NULL: it does not. */
void worker_waits(const char *message, const char *detail);

/* What an operator is to know although the worker is ready: a line more in the answer of /readyz.
 * NULL: nothing. */
void worker_remark(const char *text);

/* For the table of http.h. */
int worker_serve_health(void *context, const char *query, struct buf *body);
int worker_serve_ready(void *context, const char *query, struct buf *body);

#endif
