/* pipeline: all five workers on real Kafka and Redis, published to and read from like any channel
 * service would. */
#ifndef REDRESS_HARNESS_PIPELINE_H
#define REDRESS_HARNESS_PIPELINE_H

#include "tail.h"

enum pipeline_worker {
    PIPELINE_INTAKE,
    PIPELINE_CLASSIFICATION,
    PIPELINE_SLA,
    PIPELINE_COMPENSATION,
    PIPELINE_NOTIFICATION,
    PIPELINE_WORKERS
};

enum {
    PIPELINE_WITHIN_MS = 240000
}; /* how long a test waits for what must come: sanitizers on a busy machine */

struct pipeline {
    struct harness *h;
    struct world *world;
    struct process *workers[PIPELINE_WORKERS];
    struct tail *events; /* the case log */
};

extern const struct worker_spec
    *const pipeline_specs[]; /* by enum pipeline_worker; ends with NULL */

/* Kafka, Redis (harness_share()) and the topics; the workers exist but do not run. */
struct pipeline *pipeline_new(const char *name, int partitions);

/* The workers anew, numbered by `ordinal`, under the prefix that the harness has now: all by the same
 * policies as those of pipeline_new(), since a version of a policy has one content. */
void pipeline_workers(struct pipeline *pipeline, int ordinal);

void pipeline_start(
    struct pipeline *pipeline); /* all that do not run, and waits until they are ready */
void pipeline_close(struct pipeline *pipeline);

/* A structured CloudEvent to the topic that its type belongs to; `data` in single quotes,
 * {'case_id':'...'}. */
void pipeline_publish(struct pipeline *pipeline, const char *type, const char *source,
                      const char *id, int64_t time_ms, const char *key, const char *data, ...)
    __attribute__((format(printf, 7, 8)));

/* Waits until nothing is left to read for any worker, and reads the case log to its end. */
void pipeline_wait_idle(struct pipeline *pipeline);

/* Fails the test unless the view of a worker, or those of sla, compensation and notification, equal
 * the folds of their changelogs. */
void pipeline_check_view(struct pipeline *pipeline, const struct worker_spec *spec);
void pipeline_check_views(struct pipeline *pipeline);
/* Until they are, after a Redis that forgot: who is idle makes a view anew at its next look. */
void pipeline_wait_views(struct pipeline *pipeline);

#endif
