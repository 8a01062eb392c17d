/* calendar_zone: IANA time zones as plain tables. ICU is asked once, when a calendar is compiled;
 * afterwards it is a search in an array. */
#ifndef REDRESS_CALENDAR_ZONE_H
#define REDRESS_CALENDAR_ZONE_H

#include "base/arena.h"
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

/* Returns NULL for a name that is no IANA zone. */
const struct calendar_zone *calendar_zone_find(const char *name, struct arena *arena);

int64_t calendar_zone_to_local(const struct calendar_zone *zone, int64_t utc_ms);
/* A local time in a gap moves forward by the gap; of one that comes twice the first counts. */
int64_t calendar_zone_to_utc(const struct calendar_zone *zone, int64_t local_ms);

#endif
