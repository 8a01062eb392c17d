/* policy_store: the policy versions that one process has in memory. Each has an arena of its own,
 * so that a version goes as a whole: the file that it was read from, compiled patterns, calendars,
 * everything.
 *
 * Its own file gives the current one, at start and at SIGHUP. Another is read from redress.policies
 * when a case names it, before anything is decided about that case, and stays while cases name it:
 * at a reload those go that no case has named since the reload before, and between two batches
 * those beyond POLICY_STORE_MAX that were named longest ago. */
#ifndef REDRESS_POLICY_STORE_H
#define REDRESS_POLICY_STORE_H

#include "decision/spec.h"
#include "runtime/policy_log.h"

enum {
    POLICY_STORE_MAX = 32
}; /* versions beside the current one: a new one a week, and cases of half a year */

struct policy_store;

/* `policies` is what decisions are given; it belongs to the store from now on. `dir` must outlive
 * it. */
struct policy_store *policy_store_new(const struct worker_spec *spec, const char *dir,
                                      struct policies *policies);
void policy_store_free(struct policy_store *store); /* NULL is allowed */

/* Reads and checks the file at start. -1: all faults in `errors`. A spec without a policy file: 0,
 * and no policy. */
int policy_store_load(struct policy_store *store, struct buf *errors) MUST_CHECK;

/* The current version is in the topic from here on, with its place among the others. *newer_out: a
 * version of this worker that was written after it, or NULL; lives until the next call. */
enum outcome policy_store_publish(struct policy_store *store, const struct policy_topic *topic,
                                  const char **newer_out, struct err *err) MUST_CHECK;

/* The file again. *changed_out false: it says what it said before, as does the file that it names,
 * and nothing was done. Unless the result is DONE everything stays as it was. */
enum outcome policy_store_reload(struct policy_store *store, const struct policy_topic *topic,
                                 bool *changed_out, struct buf *errors) MUST_CHECK;

/* Makes the version that a case keeps known: DONE when policies_choose() answers for it from now
 * on. Before the first of a batch policy_store_begin(). REFUSED: redress.policies, read to its end,
 * has no such version, or one that this program cannot read, and the current one does not take
 * running cases; err says which and what to do. */
void policy_store_begin(struct policy_store *store);
enum outcome policy_store_know(struct policy_store *store, const struct policy_topic *topic,
                               const char *version, struct err *err) MUST_CHECK;

/* One version of a spec out of the topic, for tools. The policy lives in the arena. REFUSED: it is
 * not there, or this program cannot read it. */
enum outcome policy_store_find(const struct worker_spec *spec, const char *dir,
                               const struct policy_topic *topic, const char *version,
                               struct arena *arena, const void **policy_out,
                               struct err *err) MUST_CHECK;

#endif
