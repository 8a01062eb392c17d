/* Fuzzes the normalisation of customers' texts: any bytes give valid UTF-8 whose every byte leads
 * back into the original, between its characters where these are whole, and normalising the result
 * again changes no length upwards.
 */
#include "base/utf8.h"
#include "data/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Not within a character: a quotation is never cut there. */
static void check_boundary(const uint8_t *bytes, size_t len, uint32_t at) {
    ASSERT(at <= len && (at == len || (bytes[at] & 0xc0) != 0x80));
}

static void check_map(const uint8_t *bytes, size_t len, const struct text *text) {
    bool whole = utf8_valid((const char *)bytes, len) == len;
    for (size_t i = 0; i < text->len; i++) {
        bool inside = ((uint8_t)text->at[i] & 0xc0) ==
                      0x80; /* a character's bytes come from the same place */
        ASSERT(text->from[i] < text->to[i] && text->to[i] <= len);
        ASSERT(i == 0 || (text->from[i - 1] <= text->from[i] && text->to[i - 1] <= text->to[i]));
        ASSERT(!inside || (text->from[i] == text->from[i - 1] && text->to[i] == text->to[i - 1]));
        if (!whole) continue;
        check_boundary(bytes, len, text->from[i]);
        check_boundary(bytes, len, text->to[i]);
    }
}

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
    ASSERT(utf8_valid(text.at, text.len) == text.len);
    check_map(bytes, len, &text);
    text_normalise(tables, text.at, text.len, arena, &again);
    ASSERT(again.len <= text.len);
    arena_reset(arena);
    return 0;
}
