/* cause_world: chance for the tests of causes: the same numbers each time, and the policy that they
 * are judged by. */
#ifndef REDRESS_CAUSE_WORLD_H
#define REDRESS_CAUSE_WORLD_H

#include "cohort/cause.h"

#include <math.h>

static inline uint64_t chance_next(uint64_t *seed) {
    *seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t number = *seed;
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* 0 to below 1. */
static inline double chance_share(uint64_t *seed) {
    return (double)(chance_next(seed) >> 11) / (double)(UINT64_C(1) << 53);
}

/* Knuth's, in parts so that no power runs out. */
static inline int64_t chance_poisson(uint64_t *seed, double mean) {
    int64_t sum = 0;

    while (mean > 0) {
        double part = mean < 30 ? mean : 30;
        double limit = exp(-part);
        double product = chance_share(seed);
        while (product > limit) {
            sum++;
            product *= chance_share(seed);
        }
        mean -= part;
    }
    return sum;
}

/* Half complain within four days, hardly anybody after four weeks. */
static inline struct cause_policy cause_policy_of(double false_alarm) {
    struct cause_policy policy = {
        .false_alarm = false_alarm, .at_least = 5, .per_order = 0.004, .weight = 200};
    double sum = 0;

    for (int d = 0; d < CAUSE_DELAY; d++) sum += policy.delay[d] = pow(0.84, d);
    for (int d = 0; d < CAUSE_DELAY; d++) policy.delay[d] /= sum;
    return policy;
}

#endif
