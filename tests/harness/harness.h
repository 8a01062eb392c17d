/* harness: what an integration test stands on: Apache Kafka (KRaft, one node), Redis and the
 * workers, as real processes on free ports, in a folder of their own that is removed at the end, or
 * left with its logs when the test failed.
 *
 *     struct harness *h = harness_new("pipeline");
 *     harness_start_kafka(h);
 *     harness_start_redis(h);
 *     harness_create_topics(h, 4);
 *     struct process *sla = harness_worker(h, "sla", 0);
 *     process_env(sla, "REDRESS_LATE_SETTLE=1s");
 *     process_start(sla);
 *     harness_wait_ready(h, sla);
 *     ...
 *     harness_close(h);
 *
 * Processes are killed, frozen and started again with process.h; Kafka and Redis come back on the
 * same port and data with harness_start_kafka() and harness_start_redis(). Conditions are waited
 * for with wait.h. */
#ifndef REDRESS_HARNESS_H
#define REDRESS_HARNESS_H

#include "base/arena.h"
#include "net.h"
#include "process.h"
#include "wait.h"

enum {
    HARNESS_WORKERS_MAX = 32,
    HARNESS_READY_MS = 240000
}; /* with sanitizers, beside everything else: 20 s */

struct harness {
    char dir[200];
    char bootstrap[32]; /* 127.0.0.1:<port> */
    char redis_url[48]; /* redis://127.0.0.1:<port>/0 */
    char prefix[64];    /* REDRESS_TOPIC_PREFIX of workers and tools made from now on; "redress", a
                           test may change it */
    char policy_dir[200]; /* REDRESS_POLICY_DIR likewise; deploy/policies */
    bool secure; /* set before harness_start_kafka(): an authorizer, and a listener to sign in at
                    (acls.h) */
    bool tls;    /* likewise: two that speak TLS, with server.both and ca.pem (certificates.h):
                       secure_port for passwords and tokens, tls_port for certificates */
    int kafka_port, secure_port, tls_port, controller_port, redis_port;
    struct process kafka, redis;
    struct process workers[HARNESS_WORKERS_MAX];
    int http_ports[HARNESS_WORKERS_MAX];
    int worker_count;
    bool left; /* its servers wait for the next test */
};

struct harness *harness_new(const char *name);
/* Stops everything. The test fails when a worker had died by itself, does not leave cleanly at
 * SIGTERM, or a sanitizer reported anything. A harness that is not closed (the test failed before)
 * is ended at the next harness_new() or at exit, and its logs are shown. */
void harness_close(struct harness *h);

/* For programs of many tests, which would each wait for servers: Kafka and Redis run; those of the
 * test before, when it left them with harness_leave(), with an empty Redis. The topic prefix is
 * `name`, and its topics are still to be made.
 */
struct harness *harness_share(const char *name);
void harness_leave(struct harness *h); /* as harness_close(), but for the servers */

/* Returns when it answers. Also after process_kill(&h->kafka, SIGKILL): the same data, the same
 * port. */
void harness_start_kafka(struct harness *h);
void harness_start_redis(struct harness *h);

/* The classpath of Kafka's own programs: harness_run(h, &out, ms, "java", "-cp", jars,
 * "kafka.admin.ConfigCommand",
 * ...). */
void harness_kafka_jars(char *out, size_t size);

/* redressctl topics create. */
void harness_create_topics(struct harness *h, int partitions);

/* A worker "<name>-<replica>" with its settings, not yet started: the test may add to its
 * environment first. */
struct process *harness_worker(struct harness *h, const char *name, int replica);
int harness_http_port(struct harness *h, const struct process *worker);
void harness_wait_ready(struct harness *h, struct process *worker); /* /readyz says 200 */
/* One sample of /metrics by its name with labels, as printed:
 * "redress_events_total{type=\"case.opened\"}". -1: not there. */
double harness_metric(struct harness *h, const struct process *worker, const char *sample);

/* Runs a program of ours (or any in PATH) to its end with the settings of a worker: arguments,
 * ended by NULL. Standard output and error go to out (NULL: nowhere). Returns the exit status; the
 * test fails after limit_ms. */
int harness_run(struct harness *h, struct buf *out, int limit_ms, const char *program, ...)
    __attribute__((sentinel));
/* A file of the harness' folder, with a NUL behind it; NULL where there is none. In the arena. */
const char *harness_read(struct harness *h, struct arena *arena, const char *name);
/* tests/harness/fetch: where `what` is, got from its registry if it is not there yet. NULL: it
 * cannot be got; the log says why. Lives as long as the arena. */
const char *harness_fetch(struct harness *h, struct arena *arena, const char *what);

#endif
