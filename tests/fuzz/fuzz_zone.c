/* Fuzzes zone files: whatever the bytes, a reason, or a zone whose spans rise and whose times go there
 * and back. */
#include "base/err.h"
#include "data/calendar_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct arena *arena;

static void check(const struct calendar_zone *zone) {
    ASSERT(zone->count > 0 && zone->spans[0].from_ms == INT64_MIN);
    for (int i = 1; i < zone->count; i++) {
        int64_t at_ms = zone->spans[i].from_ms;
        ASSERT(i == 1 || zone->spans[i - 1].from_ms < at_ms);
        ASSERT(zone->spans[i - 1].offset_ms != zone->spans[i].offset_ms);
        ASSERT(calendar_zone_to_local(zone, at_ms) == at_ms + zone->spans[i].offset_ms);
        ASSERT(calendar_zone_to_local(zone, at_ms - 1) == at_ms - 1 + zone->spans[i - 1].offset_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct err err;
    if (!arena) arena = arena_new();
    const struct calendar_zone *zone =
        calendar_zone_parse("Fuzzed/Zone", (const char *)bytes, len, arena, &err);
    if (zone) check(zone);
    arena_reset(arena);
    return 0;
}
