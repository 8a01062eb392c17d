/* erase_look: asks Redis and the topics what erase.h judges. */
#ifndef REDRESS_ERASE_LOOK_H
#define REDRESS_ERASE_LOOK_H

#include "redressctl/cases/erase.h"
#include "redressctl/ctl.h"
#include "sight/sight_person.h"

/* After ctl_redis() and ctl_shards(). Redis' part: when, and which cases hold him. 0, or
 * EXIT_CANNOT_GO_ON after having said why; erased_at 0: no erasure is known. */
int erase_look_redis(struct ctl *ctl, const struct sight_person *person,
                     struct erase_found *out) MUST_CHECK;
/* The topics', once erased_at is known. */
int erase_look_topics(struct ctl *ctl, struct erase_found *out) MUST_CHECK;

#endif
