/* calendar_zone: IANA time zones as plain tables, from the system's tzdata, which a distribution
 * keeps up to date. Its files are read when a calendar is compiled; afterwards it is a search in an
 * array.
 *
 * What is read, in $TZDIR or /usr/share/zoneinfo: tzdata.zi (its version, and which names there
 * are) and the zone's own file, TZif as RFC 9636 writes it, with the rule of POSIX at its end for
 * the years behind its table. */
#ifndef REDRESS_CALENDAR_ZONE_H
#define REDRESS_CALENDAR_ZONE_H

#include "base/arena.h"
#include "base/err.h"
#include <stdint.h>

/* Changes of the offset up to the end of this year; later times keep the last offset. */
enum { CALENDAR_ZONE_LAST_YEAR = 2150 };

struct calendar_zone_span {
    int64_t
        from_ms; /* the offset holds from here (UTC) to the next span; INT64_MIN for the first */
    int64_t offset_ms; /* local = UTC + offset */
};
struct calendar_zone {
    const char *name;
    const struct calendar_zone_span *spans;
    int count;
};

/* NULL and why: no IANA zone (abbreviations such as CST are none: several zones use them), or its
 * file cannot be read. */
const struct calendar_zone *calendar_zone_find(const char *name, struct arena *arena,
                                               struct err *err);

/* The version of the tzdata in use, e.g. "2025b"; NULL and why: there is none. */
const char *calendar_zone_version(struct arena *arena, struct err *err);

/* A zone's file. NULL and why: it is not whole, or does not say what it should. */
const struct calendar_zone *calendar_zone_parse(const char *name, const char *bytes, size_t len,
                                                struct arena *arena, struct err *err);

int64_t calendar_zone_to_local(const struct calendar_zone *zone, int64_t utc_ms);
/* A local time in a gap moves forward by the gap; of one that comes twice the first counts. */
int64_t calendar_zone_to_utc(const struct calendar_zone *zone, int64_t local_ms);

#endif
