/* vitals: what the system knows of this process, and which version it is, as Prometheus wants it of
 * every program: process_* and redress_build_info. */
#ifndef REDRESS_VITALS_H
#define REDRESS_VITALS_H

#include "base/arena.h"

/* Behind the metrics of metrics_print. What cannot be had (no /proc) is left out. Any thread. */
void vitals_print(struct buf *out);

#endif
