/* gateway: the loop: each lane reads its topic in a group of its own, sends, reports, and commits
 * offset and reports as one. At least once, always under the same id: what was on its way when the
 * process died is sent again. */
#ifndef REDRESS_GATEWAY_H
#define REDRESS_GATEWAY_H

#include "decision/spec.h"
#include "gateway/gateway_policy.h"
#include "outside/config.h"

/* What it reads and writes: for its permissions. */
extern const struct worker_spec gateway_spec;

/* Until SIGTERM or SIGINT. The exit status. */
int gateway_run(const struct config *config, const struct gateway_policy *policy);

#endif
