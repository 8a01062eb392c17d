/* ctl_money: the parts of `redressctl compensation`, and `redressctl budgets`. */
#ifndef REDRESS_CTL_MONEY_H
#define REDRESS_CTL_MONEY_H

#include "decision/rehearse.h"

/* Each takes its word and what is behind it, and returns an exit status. */
int ctl_money_explain(int argc, char **argv);
int ctl_money_simulate(int argc, char **argv);

/* "redressctl compensation: ..." on stderr; returns EXIT_CANNOT_GO_ON. */
int ctl_money_fail(const char *fmt, ...) PRINTF(1, 2);

/* The workers that money depends on, in memory, with the policies of a folder; `spec` is
 * compensation's. NULL after having said what is wrong with them: EXIT_BAD_CONFIG. */
struct rehearse *ctl_money_rehearse(const char *dir, const struct worker_spec *spec,
                                    rehearse_listener *listener, void *context);
#endif
