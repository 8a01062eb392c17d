/* overview: what the board shows beside lists of cases: read once a turn, in an arena of its own,
 * and then the same for everybody who looks. */
#ifndef REDRESS_BOARD_OVERVIEW_H
#define REDRESS_BOARD_OVERVIEW_H

#include "board/mirror.h"
#include "sight/sight_approvals.h"
#include "sight/sight_budgets.h"
#include "sight/sight_causes.h"
#include "sight/sight_cohorts.h"
#include "sight/sight_counts.h"

enum {
    OVERVIEW_HOURS = 48,       /* shown; Redis keeps 8 days */
    OVERVIEW_APPROVALS = 1000, /* listed; all are counted */
    OVERVIEW_HOURS_MS = 5000,  /* how often all hours are read */
    OVERVIEW_LOOK_MS = 5000    /* how often it is looked whether all is shown */
};

struct overview_counts {
    int64_t open, overdue, due_15m, due_1h, due_4h, awaiting_approval;
    int64_t opened_24h, resolved_24h, breached_24h;
    const char *oldest_case;
    int64_t oldest_opened_at;
    struct parts status, severity, tier, class_name, team; /* struct sight_count */
    int64_t known, behind; /* cases in memory, and those not read since they changed */
    struct texts faults;   /* why not all is shown */
};
/* What a worker says of itself. */
struct overview_worker {
    const char *name;
    bool answers, ready;
    int64_t lag_records;
    const char *says;
};
struct overview_held {
    const char *where, *why;
};
struct overview_version {
    const char *worker, *version;
};
struct overview_level {
    const char *by;
    int64_t approvals;
    const struct tree *up_to; /* {CUR: minor} */
};
extern const struct table overview_counts_table, overview_worker_table, overview_held_table,
    overview_version_table, overview_level_table;

struct overview {
    struct arena *arena;
    int64_t as_of_ms, looked_ms, hours_ms; /* looked_ms, hours_ms: boot time */
    bool whole;                            /* Redis answered, and nothing is missing */
    struct overview_counts counts;
    struct sight_approvals approvals;
    struct sight_causes causes;
    struct sight_cohorts cohorts;
    struct parts hours;    /* struct sight_hour */
    struct parts budgets;  /* struct sight_budget */
    struct parts levels;   /* struct overview_level */
    struct parts workers;  /* struct overview_worker */
    struct parts held;     /* struct overview_held */
    struct parts versions; /* struct overview_version */
    const char *indexes;   /* of sla; NULL: not known */
};

/* Reads the next one into out->arena, keeping of the last what is not read each turn. -1:
 * sight->err. sight->arena is out->arena meanwhile. */
int overview_read(struct sight *sight, const struct overview *last, struct mirror *mirror,
                  const struct offer_policy *policy, struct overview *out) MUST_CHECK;

/* The counts of those cases that a filter takes, from the mirror; `tenants` (NULL: not wanted) gets
 * their names. Deadlines by now_ms. */
void overview_count(const struct mirror_list *list, const struct sight_filter *filter,
                    int64_t now_ms, struct arena *arena, struct overview_counts *out,
                    struct texts *tenants);

#endif
