/* ctl_topics: what differs at the topics that are there, for `topics check` and `doctor`. */
#ifndef REDRESS_CTL_TOPICS_H
#define REDRESS_CTL_TOPICS_H

#include "redressctl/ctl.h"
#include "redressctl/log/topics.h"

/* After ctl_config(). `brokers`: how many there are. 0; -1 with err: Kafka does not say. */
int ctl_topics_faults(struct ctl *ctl, int brokers, struct topics_faults *faults,
                      struct err *err) MUST_CHECK;

#endif
