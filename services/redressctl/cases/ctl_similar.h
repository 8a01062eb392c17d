/* ctl_similar: closed cases that are like one, told as a command tells them. */
#ifndef REDRESS_CTL_SIMILAR_H
#define REDRESS_CTL_SIMILAR_H

#include "redressctl/ctl.h"

/* After ctl_shards(). 0, or an exit status after having said why. */
int ctl_similar(struct ctl *ctl, const char *case_id, bool as_json) MUST_CHECK;

#endif
