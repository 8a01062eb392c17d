/* calendar_zone: the only user of ICU's calendars. */
#include "data/calendar_zone.h"
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { NAME_MAX_LEN = 64 /* the longest IANA name has 32 */ };

#define LAST_MS ((int64_t)(CALENDAR_ZONE_LAST_YEAR - 1970 + 1) * 31556952000)

static bool known(const UChar *name) {
    UErrorCode status = U_ZERO_ERROR;
    UBool system = false;
    UChar canonical[NAME_MAX_LEN];
    ucal_getCanonicalTimeZoneID(name, -1, canonical, NAME_MAX_LEN, &system, &status);
    return U_SUCCESS(status) && system;
}

static int64_t offset_at(UCalendar *calendar, int64_t utc_ms, UErrorCode *status) {
    ucal_setMillis(calendar, (UDate)utc_ms, status);
    return (int64_t)ucal_get(calendar, UCAL_ZONE_OFFSET, status) +
           ucal_get(calendar, UCAL_DST_OFFSET, status);
}

/* ICU also reports changes of name or of standard time that leave the offset as it was; those are
 * skipped. */
static int spans_of(UCalendar *calendar, struct arena *arena,
                    const struct calendar_zone_span **spans_out) {
    UErrorCode status = U_ZERO_ERROR;
    struct calendar_zone_span *spans = NULL;
    int count = 0;
    int size = 0;
    int64_t at = INT64_MIN;
    int64_t ask = -((int64_t)200 * 31556952000);

    for (;;) {
        int64_t offset = offset_at(calendar, ask, &status);
        if (U_FAILURE(status)) return -1;
        if (count == size) {
            spans = arena_grow(arena, spans, (size_t)size * sizeof *spans,
                               (size_t)(size + 64) * sizeof *spans);
            size += 64;
        }
        if (count == 0 || spans[count - 1].offset_ms != offset)
            spans[count++] = (struct calendar_zone_span){at, offset};
        UDate next;
        ucal_setMillis(calendar, (UDate)ask, &status);
        if (!ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &next, &status) ||
            U_FAILURE(status))
            break;
        at = ask = (int64_t)next;
        if (at > LAST_MS) break;
    }
    *spans_out = spans;

    return count;
}

const struct calendar_zone *calendar_zone_find(const char *name, struct arena *arena) {
    UChar wide[NAME_MAX_LEN];
    if (strlen(name) >= NAME_MAX_LEN) return NULL;
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c >= 0x80) return NULL;
    u_charsToUChars(name, wide, (int32_t)strlen(name) + 1);
    if (!known(wide)) return NULL;

    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar = ucal_open(wide, -1, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status)) return NULL;
    struct calendar_zone *zone = ARENA_NEW(arena, struct calendar_zone);
    zone->name = arena_strdup(arena, name);
    zone->count = spans_of(calendar, arena, &zone->spans);
    ucal_close(calendar);
    if (zone->count > 0) return zone;
    return NULL;
}

int64_t calendar_zone_to_local(const struct calendar_zone *zone, int64_t utc_ms) {
    int low = 0;
    int high = zone->count - 1;

    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (zone->spans[middle].from_ms <= utc_ms)
            low = middle;
        else
            high = middle - 1;
    }

    return utc_ms + zone->spans[low].offset_ms;
}

/* The first span whose local end is still ahead; if its local beginning is ahead too, the time lies
 * in the gap before it. */
int64_t calendar_zone_to_utc(const struct calendar_zone *zone, int64_t local_ms) {
    const struct calendar_zone_span *spans = zone->spans;
    int low = 0;
    int high = zone->count - 1;

    while (low < high) {
        int middle = (low + high) / 2;
        if (local_ms < spans[middle + 1].from_ms + spans[middle].offset_ms)
            high = middle;
        else
            low = middle + 1;
    }
    if (low > 0 && local_ms - spans[low].offset_ms < spans[low].from_ms)
        return local_ms - spans[low - 1].offset_ms;
    return local_ms - spans[low].offset_ms;
}
