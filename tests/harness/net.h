/* net: free ports, and whether what listens on one answers. Addresses are 127.0.0.1 only. */
#ifndef REDRESS_HARNESS_NET_H
#define REDRESS_HARNESS_NET_H

#include <stdbool.h>
#include <stddef.h>

/* A port nobody listens on, below the range that the kernel gives to outgoing connections: a client
 * that keeps trying a stopped server's port within that range ends up connected to itself. Never
 * the same one twice in a process. */
int net_free_port(void);

bool net_kafka_answers(int port); /* the broker tells its API versions */
bool net_redis_answers(int port); /* PING gives PONG; not while it is loading */

/* Sends a request and reads until `size` bytes are there, or the other side has closed or says no
 * more. Returns how many came. */
size_t net_exchange(int port, const char *request, size_t len, char *answer, size_t size);

/* One GET. Returns the HTTP status, or 0 when nobody answers, or the answer stops for 10 s
 * before its end. The body, cut to fit, goes
 * to body_out with a NUL. */
int net_http_get(int port, const char *path, char *body_out, size_t size);

#endif
