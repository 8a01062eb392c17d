/* sight_rows: the lines of lists: what is shown of a case, which of them are wanted, and their
 * tables, from which JSON and its schema are made. `redressctl cases` and the board's API list with
 * these. */
#ifndef REDRESS_SIGHT_ROWS_H
#define REDRESS_SIGHT_ROWS_H

#include "data/fields.h"
#include "sight/sight_deadlines.h"

/* A target of a case, the latest cycle. */
struct sight_target {
    const char *name, *state; /* state NULL: the case has no such target */
    int64_t due_at;           /* ms; 0: none, as while it is paused */
};

struct sight_row {
    const char *case_id;
    const char *status; /* NULL: Redis has no such case */
    const char *class_name, *severity, *tier, *assignee, *team, *tenant, *channel, *policy;
    struct texts flags;
    int64_t opened_at;
    struct parts targets; /* struct sight_target: those that it was asked for */
};

/* A deadline and its case. */
struct sight_listed {
    const char *target, *state;
    int64_t due_at;
    bool overdue;
    struct sight_row row;
};
extern const struct table sight_row_table, sight_target_table, sight_listed_table;

/* Reads cases, each with these targets; the rows' ids are given. At most SIGHT_ROWS_MAX. */
enum { SIGHT_ROWS_MAX = 500 }; /* some 10 ms of Redis, in small commands */
int sight_rows_read(struct sight *sight, const struct texts *targets, struct sight_row *rows,
                    int count) MUST_CHECK;

/* Reads the cases of deadlines. One that Redis has lost, though its deadline stands in the index,
 * has a row without a status and is `lost`; one that went together with its deadline after that was
 * read is not listed: case_id NULL. */
struct sight_found {
    struct sight_listed listed;
    bool lost;
};
int sight_rows_find(struct sight *sight, const struct sight_deadline *deadlines,
                    struct sight_found *found, int count, int64_t now_ms) MUST_CHECK;

/* What is wanted; NULL and 0: whatever it is. Pure. */
struct sight_filter {
    const char *class_pattern; /* "quality.damaged", "quality.*" */
    const char *tier, *severity, *status, *assignee, *team, *tenant, *channel, *flag;
    const char *target, *state; /* of deadlines */
    int64_t from_ms, to_ms;     /* due from here, and before there */
};
bool sight_filter_row(const struct sight_filter *filter, const struct sight_row *row);
bool sight_filter_target(const struct sight_filter *filter, const struct sight_target *target);

#endif
