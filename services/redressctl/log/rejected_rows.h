/* rejected_rows: how `redressctl rejected` shows records, to people and as JSON. */
#ifndef REDRESS_REJECTED_ROWS_H
#define REDRESS_REJECTED_ROWS_H

#include "redressctl/log/rejected.h"

struct rejected_entry {
    struct rejected rejected;
    struct raw raw; /* bytes only when they are wanted: copies in the arena */
    bool chosen;
    bool replayed; /* a mark says so */
};

/* The table's heading, and a line of it. */
void rejected_rows_head(void);
void rejected_rows_list(const struct rejected_entry *entry, bool as_json);
/* One with its headers and bytes. */
void rejected_rows_show(const struct rejected_entry *entry, bool as_json);
/* A JSON line of what became of one: sent again to `topic`, or (NULL) why not. */
void rejected_rows_replay(const struct rejected_entry *entry, const char *topic, const char *why);

#endif
