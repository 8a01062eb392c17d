/* erase_look: see the header. */
#include "redressctl/cases/erase_look.h"
#include "base/clock.h"
#include "cohort/cohort.h"
#include "cohort/cohort_policy.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/log/topics.h"
#include "redressctl/policy/ctl_policy.h"

#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 15000, /* a broker that does not answer in this time is away */
    PARTITIONS_MAX = 1024
};
#define WINDOW_MAX_MS (INT64_C(60) * 24 * 3600 * 1000) /* as cohort.yaml lets it be */

struct look {
    struct ctl *ctl;
    struct erase_found *out;
    struct kafka_admin *admin;
    struct kafka_asker *asker;
    struct err err;
};

int erase_look_redis(struct ctl *ctl, const struct sight_person *person, struct erase_found *out) {
    arena_reset(ctl->turn);
    int rc = sight_person_erased(&ctl->sight, &ctl->config.person_secret, person, &out->erased_at);

    if (rc == 0)
        rc = sight_person_cases(&ctl->sight, person, &out->notification, &out->compensation);
    out->pseudonyms = ctl->config.person_secret.count > 0;
    out->now = clock_now_ms();
    return ctl_sight(ctl, rc);
}

/* Records that were written before `until` and are there. */
static int count_before(struct look *look, enum topic topic, int64_t until_ms, int64_t *count_out) {
    int partitions = kafka_partitions(look->asker, topic, ASK_MS, &look->err);
    struct arena *arena = look->ctl->arena;

    if (partitions < 0 || partitions > PARTITIONS_MAX) return -1;
    struct place *starts = arena_alloc(arena, (size_t)(partitions + 1) * sizeof *starts);
    struct place *ends = arena_alloc(arena, (size_t)(partitions + 1) * sizeof *ends);
    for (int i = 0; i < partitions; i++)
        starts[i] = ends[i] = (struct place){.topic = topic, .partition = i};
    if (kafka_starts(look->asker, starts, partitions, ASK_MS, &look->err) < 0 ||
        kafka_since(look->asker, until_ms, ends, partitions, ASK_MS, &look->err) < 0)
        return -1;

    *count_out = 0;
    for (int i = 0; i < partitions; i++)
        if (ends[i].offset > starts[i].offset) *count_out += ends[i].offset - starts[i].offset;
    return 0;
}

static int64_t number_of(const struct kafka_setting *setting) {
    if (!setting->value) return -1; /* not known: no end can be promised */
    return strtoll(setting->value, NULL, 10);
}

static int look_at(struct look *look, const struct topics_plan *plan, const char *what) {
    struct erase_topic *topic = &look->out->topics[look->out->topic_count];
    struct kafka_setting settings[] = {{"cleanup.policy", NULL},
                                       {"retention.ms", NULL},
                                       {"max.compaction.lag.ms", NULL},
                                       {"segment.ms", NULL}};

    ASSERT(look->out->topic_count < ERASE_TOPICS_MAX);
    if (kafka_admin_topic_settings(look->admin, plan->name, settings, 4, ASK_MS, look->ctl->arena,
                                   &look->err) < 0)
        return -1;
    const char *cleanup = settings[0].value;
    bool compacted = cleanup != NULL && strstr(cleanup, "compact") != NULL;
    *topic = (struct erase_topic){.name = plan->name,
                                  .what = what,
                                  .compacted = compacted,
                                  .kept_ms = number_of(&settings[compacted ? 2 : 1]),
                                  .segment_ms = number_of(&settings[3]),
                                  .before = ERASE_NOT_COUNTED};
    look->out->topic_count++;
    if (compacted) return 0;
    return count_before(look, plan->topic, look->out->erased_at + ERASE_SETTLE_MS, &topic->before);
}

static int look_at_all(struct look *look) {
    static struct topics_plan plans[TOPICS_MAX];
    struct ctl *ctl = look->ctl;
    int count = topics_plan(ctl->arena, ctl->config.topic_prefix, 1, 1, plans);
    int rc = 0;

    look->admin = kafka_admin_new(&ctl->kafka, &look->err);
    if (look->admin) look->asker = kafka_asker_new(&ctl->kafka, &look->err);
    if (!look->asker) return -1;
    for (int i = 0; i < count && rc == 0; i++) {
        const char *what = erase_held(plans[i].topic, plans[i].worker);
        if (what) rc = look_at(look, &plans[i], what);
        if (rc < 0) ctl_note("%s cannot be looked at", plans[i].name);
    }
    return rc;
}

/* As the policy that is in force here says; without one the longest that there can be. */
static int64_t cohort_window(struct ctl *ctl) {
    const char *version;
    struct buf faults = {NULL, 0, 0};
    struct err err;
    const struct cohort_policy *policy =
        ctl_policy_read(&cohort_spec, ctl->config.policy_dir, ctl->arena, &version, &faults, &err);

    buf_free(&faults);
    if (!policy) return WINDOW_MAX_MS;
    return policy->window;
}

int erase_look_topics(struct ctl *ctl, struct erase_found *out) {
    struct look look = {.ctl = ctl, .out = out, .err = {"no answer"}};

    out->window_ms = cohort_window(ctl);
    out->topic_count = 0;
    int rc = look_at_all(&look);
    kafka_asker_free(look.asker);
    kafka_admin_free(look.admin);
    if (rc == 0) return 0;
    return ctl_fail(ctl, "%s", look.err.text);
}
