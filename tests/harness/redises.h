/* redises: several Redis servers as large installations run them: a Redis Cluster of three primaries
 * with a replica each, and a primary with a replica that three Sentinels watch. Real processes on free
 * ports, in the harness's folder. */
#ifndef REDRESS_HARNESS_REDISES_H
#define REDRESS_HARNESS_REDISES_H

#include "harness.h"

enum { REDISES_MAX = 6, REDISES_WITHIN_MS = 120000 };

struct redises {
    struct harness *h;
    struct arena *arena; /* of what was told */
    struct process servers[REDISES_MAX];
    int ports[REDISES_MAX];
    int count;
    struct process mover; /* redis-cli, while slots move */
    char url[200];        /* REDRESS_REDIS_URL */
};

/* Servers 0 to 2 are primaries, 3 to 5 their replicas; nodes are given up after 2 s. */
void redises_cluster(struct redises *redises, struct harness *h);
/* Server 0 is the primary, 1 its replica, 2 to 4 Sentinels, which wait 2 s. */
void redises_sentinel(struct redises *redises, struct harness *h);
/* Three primaries that know nothing of each other. */
void redises_spread(struct redises *redises, struct harness *h);
void redises_close(struct redises *redises);

/* redis-cli to the nth server: words, ended by NULL. Returns what it printed, which lives as long as
 * these servers; fails the test when redis-cli does. */
const char *redises_tell(struct redises *redises, int n, ...) __attribute__((sentinel));
/* Most slots of the first primary begin to move to the others, key by key, until redises_moved(). */
void redises_move_slots(struct redises *redises);
/* The first `count` slots of the nth server begin to move to another, in the same way. */
void redises_move_some(struct redises *redises, int n, int to, int count);
/* False: they still move. The test fails when they cannot. */
bool redises_moved(struct redises *redises);
/* Whether the nth server is a primary; false when it does not answer. */
bool redises_is_primary(struct redises *redises, int n);

#endif
