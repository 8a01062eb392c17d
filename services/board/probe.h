/* probe: how the workers are, as they say at /readyz and /metrics: asked every few seconds, on a
 * thread of its own. */
#ifndef REDRESS_BOARD_PROBE_H
#define REDRESS_BOARD_PROBE_H

#include "board/board_policy.h"
#include "board/overview.h"

struct probe;
struct probe *probe_new(const struct board_policy *policy);
void probe_free(struct probe *probe); /* NULL is allowed */
/* What was found last: a list of struct overview_worker. */
void probe_take(struct probe *probe, struct arena *arena, struct parts *out);

#endif
