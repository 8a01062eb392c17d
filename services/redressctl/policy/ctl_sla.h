/* ctl_sla: the parts of `redressctl sla`. */
#ifndef REDRESS_CTL_SLA_H
#define REDRESS_CTL_SLA_H

#include "base/arena.h"

/* Each takes its word and what is behind it, and returns an exit status. */
int ctl_sla_due(int argc, char **argv);
int ctl_sla_simulate(int argc, char **argv);
int ctl_sla_explain(int argc, char **argv);

/* "redressctl sla: ..." on stderr; the exit status. */
int ctl_sla_fail(const char *fmt, ...) PRINTF(1, 2);

#endif
