/* The keys of what an order of the tests shares with others: tenant, dimension, value. */
#ifndef REDRESS_TEST_COHORT_KEYS_H
#define REDRESS_TEST_COHORT_KEYS_H

#define TRUCK                                                                                      \
    "default\x1f"                                                                                  \
    "day\x1f"                                                                                      \
    "HZ-SH@2026-11-22"
#define LANE                                                                                       \
    "default\x1f"                                                                                  \
    "lane\x1f"                                                                                     \
    "HZ-SH"
#define BATCH                                                                                      \
    "default\x1f"                                                                                  \
    "batch\x1f"                                                                                    \
    "B-7"
#define CARRIER                                                                                    \
    "default\x1f"                                                                                  \
    "carrier\x1f"                                                                                  \
    "SF"
#define WAREHOUSE                                                                                  \
    "default\x1f"                                                                                  \
    "warehouse\x1f"                                                                                \
    "W1"

#endif
