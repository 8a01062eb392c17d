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

    if (config_load(NULL, environ, arena, &config, &errors) != 0) ctl_notes(errors.at);
    buf_free(&errors);
    return config.policy_dir;
}

const void *ctl_policy_load(const struct worker_spec *spec, const char *dir, struct arena *arena) {
    struct faults faults = {.arena = arena};
    const struct tree *file;
    const char *version;
    void *policy = NULL;
    struct err err;
    struct buf said = {0};
    dir = ctl_policy_dir(dir, arena);
    if (dir == NULL) return NULL;

    const char *path = arena_printf(arena, "%s/%s", dir, spec->policy_file);
    if (policy_file_read(spec, dir, arena, &file, &err) != 0) {
        ctl_note("redressctl: %s", err.text);
        return NULL;
    }
    if (spec->load(file, dir, arena, &policy, &version, &faults) == 0) return policy;
    faults_print(&faults, path, &said);
    ctl_notes(said.at);
    buf_free(&said);
    return NULL;
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
