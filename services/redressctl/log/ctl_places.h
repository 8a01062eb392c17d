/* ctl_places: how far the groups of workers have come, beside the bounds of what they read. */
#ifndef REDRESS_CTL_PLACES_H
#define REDRESS_CTL_PLACES_H

#include "decision/spec.h"
#include "redressctl/ctl.h"

enum { CTL_PLACES_ASK_MS = 10000 }; /* one request */

/* The workers with a group of their own under the topics of the contract; ends with NULL. */
extern const struct worker_spec *const ctl_places_specs[];
/* "intake, classification, ...": for people. */
extern const char ctl_places_names[];
const struct worker_spec *ctl_places_find(const char *name); /* NULL: unknown */

/* Each partition that a worker reads. */
struct ctl_places {
    struct kafka_asker *asker;
    struct place *committed; /* offset KAFKA_NO_OFFSET: none */
    struct place *starts, *ends;
    int count;
};

/* Those of a topic by its name (NULL: of all), one partition of each (-1: all). 0; -1 with err. The
 * asker is to be freed in either case. */
int ctl_places_ask(struct ctl *ctl, const struct worker_spec *spec, const char *topic,
                   int64_t partition, struct ctl_places *out, struct err *err) MUST_CHECK;

/* Records that have not been read; what was never committed counts from the first that is there. */
int64_t ctl_places_lag(const struct ctl_places *places, int i);

#endif
