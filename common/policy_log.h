/* policy_log: policy versions whole in redress.policies (key "<worker>:<version>"), read at start, written before their
 * first use (CONTRACT.md, Policies). Another body under a used version is refused. */
#ifndef REDRESS_POLICY_LOG_H
#define REDRESS_POLICY_LOG_H

#include "kafka.h"
#include "worker.h"

/* Reads the policy file of the spec and checks it. -1: all faults in `errors`. *version_out NULL: the spec has no
 * policy. */
int policy_log_load(const struct worker_spec *spec, const char *dir, struct arena *arena,
                    const struct policy_version **version_out, const char **body_out, struct buf *errors) MUST_CHECK;

enum policy_log_result {
    POLICY_LOG_DONE = 0,
    POLICY_LOG_AWAY = 1,    /* Kafka does not answer: again later */
    POLICY_LOG_CHANGED = -1 /* err: this version has another body in the topic, or a body in it cannot be used */
};
/* Reads all versions of this worker, adds the current one to the topic when it is new, and links them: current first.
 */
enum policy_log_result policy_log_sync(const struct worker_spec *spec, const struct kafka *kafka,
                                       struct kafka_asker *asker, const char *dir, struct arena *arena,
                                       const struct policy_version *current, const char *body,
                                       struct policies *policies_out, struct err *err) MUST_CHECK;

/* Reads all versions that this worker has used, in the order of the topic, and writes nothing. None: current is NULL.
 */
enum policy_log_result policy_log_read(const struct worker_spec *spec, const struct kafka *kafka,
                                       struct kafka_asker *asker, const char *dir, struct arena *arena,
                                       struct policies *policies_out, struct err *err) MUST_CHECK;

#endif
