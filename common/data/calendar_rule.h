/* calendar_rule: the rule at the end of a TZif file, "EST5EDT,M3.2.0,M11.1.0": TZ as POSIX writes
 * it, with RFC 9636's hours from -167 to 167. Pure. */
#ifndef REDRESS_CALENDAR_RULE_H
#define REDRESS_CALENDAR_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum calendar_rule_kind {
    CALENDAR_RULE_JULIAN, /* Jn: 1 to 365, 29 February is never counted */
    CALENDAR_RULE_DAY,    /* n: 0 to 365, it is */
    CALENDAR_RULE_WEEK    /* Mm.w.d: weekday d (0 is Sunday) of week w (5: the last) of month m */
};

struct calendar_rule_day {
    enum calendar_rule_kind kind;
    int month, week, day;
    int64_t time_s; /* from midnight, local time; may be negative or beyond the day */
};

struct calendar_rule {
    int64_t standard_s, other_s; /* local = UTC + offset */
    bool changes;                /* the offset is other_s from `from` to `to` of each year */
    struct calendar_rule_day from, to;
};

/* Returns 0, or -1: it is no such rule. */
int calendar_rule_read(const char *text, size_t len, struct calendar_rule *out);

/* When the offset changes in a year (UTC, in seconds since 1970). */
void calendar_rule_changes(const struct calendar_rule *rule, int year, int64_t *from_s_out,
                           int64_t *to_s_out);

#endif
