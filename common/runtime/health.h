/* health: what /healthz and /readyz say. Written by the worker's one thread, read by the
 * HTTP server's. */
#ifndef REDRESS_HEALTH_H
#define REDRESS_HEALTH_H

#include "base/arena.h"
#include "outside/http.h"
#include <stdbool.h>
#include <stdint.h>

/* Once at start: what has not been proven for `limit_ms` makes /readyz fail. */
void health_init(int64_t limit_ms);

/* Something that the worker needs, and whether it could be had the last time it was tried:
 * "Describe on topic redress.complaints". The same thing by the same words. `why` names the remedy.
 * Also in the metric redress_unproven.
 */
void health_unproven(const char *what, const char *why);
void health_proven(const char *what);

/* Told by the loops each turn. */
void health_turned(bool is_ready);

/* Why the loop waits, for the answer of /readyz while it is not ready; NULL: it does not. */
void health_waits(const char *message, const char *detail);

/* What an operator is to know although the worker is ready: a line more in the answer of /readyz.
 * NULL: nothing. */
void health_remark(const char *text);

/* For the table of http.h. */
int health_serve_ready(void *context, const char *query, struct buf *body);

/* Serves /metrics, /healthz and /readyz at `listen`, and logs at which port; NULL: nothing is
 * served. -1: logged. */
int health_serve(const char *listen, struct http **http_out) MUST_CHECK;

#endif
