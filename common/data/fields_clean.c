/* fields_clean: what came from outside with a tab, a line end or a mark of direction in it, as
 * texts do that were copied from a form or a spreadsheet. Only what a document could do without:
 * it is no reason to lose the rest. */
#include "base/utf8.h"
#include "data/fields_parts.h"

#include <string.h>

/* Tab, line and page ends: they part words. */
static bool is_break(uint32_t c) {
    return (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* What surrounds a value without being part of it. */
static bool is_around(uint32_t c) {
    return c == ' ' || c == 0xA0 || c == 0x200B || c == 0x3000 || utf8_is_hidden(c);
}

const char *fields_trim(const char *text, struct arena *arena) {
    const char *first = text;
    const char *behind = text; /* the last that is part of it */

    for (const char *at = text; *at;) {
        const char *start = at;
        if (is_around(utf8_next(&at))) continue;
        if (behind == text) first = start;
        behind = at;
    }
    if (behind == text) return "";
    if (first == text && !*behind) return text;

    return arena_strndup(arena, first, (size_t)(behind - first));
}

static bool has_control(const char *text) {
    while (*text)
        if (utf8_is_control(utf8_next(&text))) return true;
    return false;
}

/* Breaks become one blank, other control characters nothing. */
static const char *clean_name(const char *text, struct arena *arena) {
    struct buf out = {0};
    bool parted = false;

    if (!has_control(text)) return text;
    buf_puts(&out, "");
    for (const char *at = text; *at;) {
        const char *start = at;
        uint32_t c = utf8_next(&at);
        if (is_break(c)) {
            parted = true;
            continue;
        }
        if (utf8_is_control(c)) continue;
        if (parted && out.len > 0) buf_puts(&out, " ");
        parted = false;
        buf_add(&out, start, (size_t)(at - start));
    }
    const char *cleaned = fields_trim(arena_strndup(arena, out.at, out.len), arena);
    buf_free(&out);

    return cleaned;
}

const struct tree *fields_clean(const struct field *field, const struct tree *tree,
                                struct arena *arena) {
    const char *cleaned = tree->text;

    if (tree->kind != TREE_TEXT) return tree;
    switch (field->type) {
    case FIELD_NAME: cleaned = clean_name(tree->text, arena); break;
    case FIELD_ID:
    case FIELD_TIME:
    case FIELD_DURATION:
    case FIELD_CHOICE: cleaned = fields_trim(tree->text, arena); break;
    default: break;
    }
    if (cleaned == tree->text) return tree;
    struct tree *copy = arena_memdup(arena, tree, sizeof *tree);
    copy->text = cleaned;
    copy->text_len = strlen(cleaned);

    return copy;
}
