/* mirror: the rows of all open cases in memory, so that lists with whatever filter cost Redis
 * nothing, however many look at them.
 *
 * It follows the indexes of deadlines: what stands there otherwise than at the last look is read
 * again, and so is what somebody looks at, what is due soonest, and in turns all the rest. One
 * thread fills it; others read the list under its lock. Knows no Redis. */
#ifndef REDRESS_MIRROR_H
#define REDRESS_MIRROR_H

#include "sight/sight_rows.h"

enum { MIRROR_CASES_MAX = 500000 }; /* some 350 MB; beyond, what is due soonest is there */

struct mirror;
struct mirror *mirror_new(void);
void mirror_free(struct mirror *mirror); /* NULL is allowed */
/* Everything is forgotten: another Redis, or another count of shards. */
void mirror_forget(struct mirror *mirror);

/* ---- Filling: one thread ---- */

/* All indexes of a shard, as they stand. */
void mirror_index_begin(struct mirror *mirror, int shard);
void mirror_index_saw(struct mirror *mirror, const char *case_id, const char *target,
                      int64_t due_ms);
void mirror_index_end(struct mirror *mirror);
/* A case that may be open though no deadline of it runs. */
void mirror_met(struct mirror *mirror, int shard, const char *case_id);

/* What is to be read next, the most pressing first; `changed` says of each shard whether something
 * was applied to it. Ids live until mirror_put() or mirror_forget(). */
int mirror_wanted(struct mirror *mirror, const bool *changed, const char **ids, int most);
/* Turns after which every case has been wanted once. */
int mirror_turns(const struct mirror *mirror);
/* A row that was read: kept, or dropped when the case is over or gone. */
void mirror_put(struct mirror *mirror, const struct sight_row *row);
/* Cases known, and those of them that have not been read since they changed. */
int mirror_count(const struct mirror *mirror);
int mirror_behind(const struct mirror *mirror);
/* Whether a case is known already. */
bool mirror_knows(const struct mirror *mirror, const char *case_id);

/* Makes what was put the list that others read. True: it is another than before. */
bool mirror_publish(struct mirror *mirror);

/* ---- Reading: any thread, between these two ---- */

/* A deadline: an entry of the list, earliest first. */
struct mirror_entry {
    int64_t due_ms;
    const struct sight_row *row;
    const struct sight_target *target;
};
struct mirror_list {
    int64_t version; /* raised by each change */
    const struct mirror_entry *deadlines;
    int deadline_count;
    const struct sight_row *const *cases; /* by their next deadline; those without one last */
    int case_count;
};
const struct mirror_list *mirror_lock(struct mirror *mirror);
void mirror_unlock(struct mirror *mirror);
/* Somebody is shown this row: it is kept fresh for a while. */
void mirror_shown(const struct sight_row *row);

/* A page of a list: what is wanted, behind the place that `after` names ("" the beginning). */
struct mirror_page {
    const struct sight_filter *filter;
    const char *after; /* "<due ms>.<case_id>.<target>" of the last one seen, or NULL */
    int limit;
    /* Found. */
    int count;
    int64_t total;    /* wanted in all */
    const char *next; /* NULL: there are no more */
};
enum { MIRROR_LIMIT_MAX = 1000 };
/* Deadlines, overdue or running. `out` has room for `limit`. */
void mirror_find_deadlines(const struct mirror_list *list, struct mirror_page *page,
                           struct arena *arena, const struct mirror_entry **out);
/* Cases; a filter for deadlines takes those that have one such. */
void mirror_find_cases(const struct mirror_list *list, struct mirror_page *page,
                       struct arena *arena, const struct sight_row **out);
/* When its next deadline is due: the earliest that runs or was missed; INT64_MAX: none. */
int64_t mirror_next_due(const struct sight_row *row);

#endif
