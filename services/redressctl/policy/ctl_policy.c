/* ctl_policy: the worker's own load(), without the worker. */
#include "redressctl/policy/ctl_policy.h"
#include "decision/policy_file.h"
#include "outside/config.h"
#include "redressctl/ctl.h"
#include "redressctl/ctl_out.h"
#include "runtime/policy_store.h"

#include <unistd.h>

const char *ctl_policy_dir(const char *dir, struct arena *arena) {
    struct config config = {.arena = NULL};
    struct buf errors = {NULL, 0, 0};
    if (dir != NULL) return dir;

    int bad = config_load(NULL, environ, arena, &config, &errors);
    if (bad) ctl_faults(errors.at);
    buf_free(&errors);
    if (bad) return NULL;
    return config.policy_dir;
}

const void *ctl_policy_read(const struct worker_spec *spec, const char *dir, struct arena *arena,
                            const char **version_out, struct buf *faults, struct err *err) {
    struct faults found = {.arena = arena};
    const struct tree *file;
    void *policy = NULL;

    err->text[0] = 0;
    if (policy_file_read(spec, dir, arena, &file, err) != 0) return NULL;
    if (spec->load(file, dir, arena, &policy, version_out, &found) == 0) return policy;
    faults_print(&found, arena_printf(arena, "%s/%s", dir, spec->policy_file), faults);

    return NULL;
}

const void *ctl_policy_load(const struct worker_spec *spec, const char *dir, struct arena *arena) {
    const char *version;
    struct buf faults = {0};
    struct err err;

    dir = ctl_policy_dir(dir, arena);
    if (dir == NULL) return NULL;
    const void *policy = ctl_policy_read(spec, dir, arena, &version, &faults, &err);
    if (err.text[0]) ctl_error(NULL, "%s", err.text);
    if (faults.len) ctl_faults(faults.at);
    buf_free(&faults);

    return policy;
}

const void *ctl_policy_version(struct ctl *ctl, const struct worker_spec *spec, const char *dir,
                               const char *version, struct arena *arena, struct err *err) {
    struct policy_log log = {&ctl->kafka, kafka_asker_new(&ctl->kafka, err)};

    if (!log.asker) return NULL;
    struct policy_topic topic = policy_log_open(&log);
    const void *policy = NULL;
    enum outcome result = policy_store_find(spec, dir, &topic, version, arena, &policy, err);
    kafka_asker_free(log.asker);

    if (result == OUTCOME_DONE) return policy;
    return NULL;
}
