/* rules_set: the compiled rules, shared by rules_load.c, which makes them, and rules.c, which uses
 * them. */
#ifndef REDRESS_RULES_SET_H
#define REDRESS_RULES_SET_H

#include "rules.h"

enum part {
    PART_WORD,
    PART_NEAR,
    PART_UNLESS,
    PART_COUNT, /* those above belong to one rule, those below to all */
    PART_DENIAL = PART_COUNT,
    PART_DENIAL_EXCEPT,
    PART_SUPPOSITION,
    PART_SUPPOSITION_EXCEPT,
    PART_BEFORE,
    PART_AFTER,
    PART_END
};

/* What a find of an item means: which rule it speaks for, and how. */
struct use {
    int item, rule;
    enum part part;
};

struct rules {
    const struct rule *at;
    int count;
    int64_t denial_reach, supposition_within;
    struct match *match;
    struct use *uses; /* by item */
    int *uses_of;     /* item -> its first use; one more than there are items */
};

#endif
