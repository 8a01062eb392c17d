/* Fuzzes the normalisation of customers' texts: any bytes give valid UTF-8 whose every byte leads back into the
 * original, and normalising the result again changes no length upwards. */
#include "text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct arena *start, *arena;
    static struct text_tables *tables;
    if (!start) {
        start = arena_new();
        arena = arena_new();
        tables = text_tables_new(start);
    }
    struct text text, again;
    text_normalise(tables, (const char *)bytes, len, arena, &text);
    ASSERT(text.at[text.len] == 0);
    for (size_t i = 0; i < text.len; i++) {
        ASSERT(text.from[i] < text.to[i] && text.to[i] <= len);
        ASSERT(i == 0 || text.from[i - 1] <= text.from[i]);
    }
    text_normalise(tables, text.at, text.len, arena, &again);
    ASSERT(again.len <= text.len);
    arena_reset(arena);
    return 0;
}
