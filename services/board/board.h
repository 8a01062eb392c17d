/* board: the web page and the API over what Redis shows: redress-board.
 *
 * Reads: Redis, every view; redress.policies, for the deadlines of cases that keep another version.
 * Writes: redress.decisions, with --allow-decisions only.
 *
 * Three threads beside those of libraries: this one reads Redis into the mirror and the overview,
 * once for everybody who looks, and rests four times as long as that took; the site's answers from
 * memory and waits for nothing; desks ask Redis for single cases, and send decisions. */
#ifndef REDRESS_BOARD_H
#define REDRESS_BOARD_H

#include "board/board_policy.h"
#include "decision/spec.h"
#include "outside/config.h"

/* What it may do in Kafka and Redis comes from this, as with a worker. */
extern const struct worker_spec board_spec;

/* Until SIGTERM or SIGINT. The exit status. `dir`: of the policies, which SIGHUP reads again. */
int board_run(const struct config *config, const struct board_policy *policy, bool allow_decisions);

#endif
