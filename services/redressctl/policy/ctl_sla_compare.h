/* ctl_sla_compare: what two policies make of the same events, case by case: breaches, deadlines,
 * warnings and steps that only one of them gives, or at another time. */
#ifndef REDRESS_CTL_SLA_COMPARE_H
#define REDRESS_CTL_SLA_COMPARE_H

#include "data/fields.h"
#include "decision/effects.h"

/* What was heard of one play; zeroed but for the arena before. */
struct ctl_sla_heard {
    struct arena *arena;
    struct ctl_sla_word *at;
    int count;
};

/* Notes an sla.* event and its data. */
void ctl_sla_hear(struct ctl_sla_heard *heard, const struct output *output,
                  const struct tree *data);

/* Writes each difference as a line to stdout, and how many there are to stderr; sorts both. */
void ctl_sla_compare(const char *one_dir, struct ctl_sla_heard *one, const char *two_dir,
                     struct ctl_sla_heard *two);

#endif
