/* ctl_places: see the header. */
#include "redressctl/log/ctl_places.h"
#include "classification/classification.h"
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "sla/sla.h"

#include <string.h>

const struct worker_spec *const ctl_places_specs[] = {
    &intake_spec,       &classification_spec, &sla_spec, &compensation_spec,
    &notification_spec, &cohort_spec,         NULL};
const char ctl_places_names[] = "intake, classification, sla, compensation, notification or cohort";

const struct worker_spec *ctl_places_find(const char *name) {
    for (int i = 0; ctl_places_specs[i]; i++)
        if (strcmp(ctl_places_specs[i]->name, name) == 0) return ctl_places_specs[i];
    return NULL;
}

static int add_topic(struct ctl *ctl, enum topic topic, int64_t partition, struct ctl_places *out,
                     struct err *err) {
    int partitions = kafka_partitions(out->asker, topic, CTL_PLACES_ASK_MS, err);

    for (int i = 0; i < partitions; i++)
        if (partition < 0 || partition == i)
            *ARENA_ADD(ctl->arena, out->committed, out->count) =
                (struct place){.topic = topic, .partition = i, .offset = KAFKA_NO_OFFSET};
    return partitions < 0 ? -1 : 0;
}

int ctl_places_ask(struct ctl *ctl, const struct worker_spec *spec, const char *topic,
                   int64_t partition, struct ctl_places *out, struct err *err) {
    struct kafka kafka = {.config = &ctl->config, .worker = spec->name};

    *out = (struct ctl_places){.asker = kafka_asker_new(&kafka, err)};
    if (!out->asker) return -1;
    for (const enum topic *reads = spec->reads; *reads != TOPIC_NONE; reads++)
        if ((!topic || strcmp(topic, topic_name(*reads)) == 0) &&
            add_topic(ctl, *reads, partition, out, err) < 0)
            return -1;
    if (!out->count) return err_set(err, "%s reads no such partition", spec->name);

    size_t size = sizeof *out->committed * (size_t)out->count;
    out->starts = arena_memdup(ctl->arena, out->committed, size);
    out->ends = arena_memdup(ctl->arena, out->committed, size);
    if (kafka_starts(out->asker, out->starts, out->count, CTL_PLACES_ASK_MS, err) < 0 ||
        kafka_ends(out->asker, out->ends, out->count, CTL_PLACES_ASK_MS, err) < 0 ||
        kafka_group_offsets(out->asker, spec->name, out->committed, out->count, CTL_PLACES_ASK_MS,
                            err) < 0)
        return -1;
    return 0;
}

int64_t ctl_places_lag(const struct ctl_places *places, int i) {
    int64_t from = places->committed[i].offset;

    if (from < places->starts[i].offset) from = places->starts[i].offset;
    return places->ends[i].offset > from ? places->ends[i].offset - from : 0;
}
