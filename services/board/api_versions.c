/* api_versions: policies that cases keep, each read once. */
#include "base/clock.h"
#include "board/api_case.h"
#include "decision/policy_file.h"
#include "outside/kafka.h"
#include "runtime/policy_store.h"
#include "sla/sla.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSIONS_MAX = 64,
    AGAIN_MS = 60000 /* what was not to be had is asked for again */
};

struct version {
    const char *name;
    const struct sla_policy *policy; /* NULL: not to be had */
    int64_t asked_ms;
};
struct api_versions {
    const char *dir;
    const struct kafka *kafka;
    struct arena *arena;
    const struct sla_policy *own; /* of the folder */
    struct version at[VERSIONS_MAX];
    int count;
    char note[300];
};

static const struct sla_policy *read_own(const char *dir, struct arena *arena) {
    struct faults faults = {.arena = arena};
    const struct tree *file;
    const char *version;
    void *policy = NULL;
    struct err err;

    if (policy_file_read(&sla_spec, dir, arena, &file, &err) < 0) return NULL;
    if (sla_spec.load(file, dir, arena, &policy, &version, &faults) < 0) return NULL;
    return policy;
}

struct api_versions *api_versions_new(const char *policy_dir, const struct kafka *kafka) {
    struct arena *arena = arena_new();
    struct api_versions *versions = ARENA_NEW(arena, struct api_versions);

    versions->arena = arena;
    versions->dir = policy_dir;
    versions->kafka = kafka;
    versions->own = read_own(policy_dir, arena);
    return versions;
}

void api_versions_free(struct api_versions *versions) {
    if (versions) arena_free(versions->arena);
}

/* From redress.policies. */
static const struct sla_policy *ask(struct api_versions *versions, const char *name) {
    struct err err;
    struct policy_log log = {versions->kafka, kafka_asker_new(versions->kafka, &err)};
    const void *policy = NULL;
    if (!log.asker) return NULL;

    struct policy_topic topic = policy_log_open(&log);
    enum outcome result =
        policy_store_find(&sla_spec, versions->dir, &topic, name, versions->arena, &policy, &err);
    kafka_asker_free(log.asker);
    if (result == OUTCOME_DONE) return policy;
    return NULL;
}

static const struct sla_policy *find_other(struct api_versions *versions, const char *name) {
    struct version *version = NULL;
    int64_t now_ms = clock_boot_ms();

    for (int i = 0; i < versions->count && !version; i++)
        if (strcmp(versions->at[i].name, name) == 0) version = &versions->at[i];
    if (version && (version->policy || now_ms - version->asked_ms < AGAIN_MS))
        return version->policy;
    if (!version && versions->count == VERSIONS_MAX) return NULL;
    if (!version) {
        version = &versions->at[versions->count++];
        version->name = arena_strdup(versions->arena, name);
    }
    version->policy = ask(versions, name);
    version->asked_ms = now_ms;

    return version->policy;
}

const struct sla_policy *api_versions_find(struct api_versions *versions, const char *version,
                                           const char **note_out) {
    const struct sla_policy *own = versions->own;

    *note_out = NULL;
    if (own && (!version || strcmp(version, own->version) == 0)) return own;
    const struct sla_policy *other = NULL;
    if (version) other = find_other(versions, version);
    if (other) return other;
    *note_out = "The deadlines cannot be explained: the policy that the case keeps is not to be "
                "had.";
    if (!own) return NULL;
    snprintf(versions->note, sizeof versions->note,
             "The case keeps version %.60s of sla.yaml, which is not to be had; its deadlines are "
             "explained by version %.60s.",
             version, own->version);
    *note_out = versions->note;
    return own;
}
