/* redis_layout: which servers there are, and which of them has a key: from the URL alone, from
 * Sentinels, or from a cluster's own map of its slots. */
#ifndef REDRESS_REDIS_LAYOUT_H
#define REDRESS_REDIS_LAYOUT_H

#include "outside/redis_url.h"
#include <stddef.h>
#include <stdint.h>

enum { REDIS_SLOTS = 16384, REDIS_NODES_MAX = 1000, REDIS_NO_NODE = UINT16_MAX };

struct redis_node {
    char host[REDIS_HOST_MAX];
    int port;
};

struct redis_layout_map {
    struct redis_node *nodes; /* primaries; free() gives them back */
    int count;
    uint16_t slots[REDIS_SLOTS]; /* a node each; REDIS_NO_NODE: nobody's */
};

/* The slot of a key, of what stands in its first {...} if something does: CRC16 (XMODEM) modulo
 * 16384, as in the Redis Cluster specification. */
int redis_slot(const char *key, size_t len);

/* Finds the servers. Sentinels and nodes are asked one after the other until one knows, beginning
 * with the *first_inout-th, which becomes the one that answered. 0; -1 and err. */
int redis_layout_find(const struct redis_address *address, int *first_inout,
                      struct redis_layout_map *out, struct err *err) MUST_CHECK;
void redis_layout_free(struct redis_layout_map *map);

/* Where a command's key stands in argv (EVALSHA's and SCAN's own rule too); -1: it has none, any
 * server will do. */
int redis_key_at(int argc, const char *const *argv);

#endif
