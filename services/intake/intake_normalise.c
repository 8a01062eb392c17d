/* intake_normalise: channels and telephone numbers. */
#include "intake_normalise.h"
#include "base/utf8.h"

#include <string.h>

enum {
    FULL_WIDTH = 0xFF00, /* U+FF01 to U+FF5E are the full-width forms of 0x21 to 0x7E */
    FULL_WIDTH_FIRST = 0xFF01,
    FULL_WIDTH_LAST = 0xFF5E,
    IDEOGRAPHIC_SPACE = 0x3000,
    NO_BREAK_SPACE = 0xA0,
    HYPHEN_FIRST = 0x2010, /* to U+2015: hyphens and dashes */
    HYPHEN_LAST = 0x2015,
    WORD_MAX = 64 /* longer is neither a channel nor a telephone number */
};

/* Anything beyond ASCII that is not a form of it becomes 0, which no caller takes. */
static char to_half_width(uint32_t character) {
    if (character >= FULL_WIDTH_FIRST && character <= FULL_WIDTH_LAST)
        return (char)(character - FULL_WIDTH + 0x20);
    if (character == IDEOGRAPHIC_SPACE || character == NO_BREAK_SPACE) return ' ';
    if (character >= HYPHEN_FIRST && character <= HYPHEN_LAST) return '-';
    if (character >= 0x80) return 0;
    return (char)character;
}

/* ASCII in half width without the characters of `dropped`, or -1 when the text holds anything else
 * or is too long. */
static int fold(const char *text, const char *dropped, char folded_out[WORD_MAX]) {
    char folded[WORD_MAX];
    size_t len = 0;

    for (const char *at = text; *at;) {
        char c = to_half_width(utf8_next(&at));
        if (!c || len == WORD_MAX - 1) return -1;
        if (!strchr(dropped, c)) folded[len++] = c;
    }
    folded[len] = 0;
    memcpy(folded_out, folded, len + 1);

    return 0;
}

static const struct tree *with_text(const struct tree *map, const struct tree *changed,
                                    const char *text, struct arena *arena) {
    struct tree *copy = tree_new(arena, TREE_MAP);

    for (const struct tree *member = map->first; member; member = member->next) {
        struct tree *twin = member == changed ? tree_new_text(arena, text)
                                              : arena_memdup(arena, member, sizeof *member);
        tree_add(copy, member->key, twin);
    }
    return copy;
}

const struct tree *intake_normalise_data(const struct tree *data, struct arena *arena) {
    const struct tree *channel = tree_get(data, "channel");
    char folded[WORD_MAX];

    if (!channel || channel->kind != TREE_TEXT || fold(channel->text, " ", folded) != 0)
        return data;
    for (char *at = folded; *at; at++)
        if (*at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
    if (strcmp(folded, channel->text) == 0) return data;
    return with_text(data, channel, folded, arena);
}

static bool is_chinese_mobile(const char *digits) {
    return strlen(digits) == 11 && digits[0] == '1' && digits[1] >= '3';
}

static const char *normalise_phone(const char *phone, struct arena *arena) {
    char folded[WORD_MAX];

    if (fold(phone, " -.()/", folded) != 0) return phone;
    const char *digits = folded;
    if (folded[0] == '+') digits = folded + 1;
    if (!*digits || digits[strspn(digits, "0123456789")]) return phone;
    if (digits != folded) return arena_strdup(arena, folded);
    if (strncmp(digits, "00", 2) == 0 && digits[2]) return arena_printf(arena, "+%s", digits + 2);
    if (is_chinese_mobile(digits)) return arena_printf(arena, "+86%s", digits);
    if (strncmp(digits, "86", 2) == 0 && is_chinese_mobile(digits + 2))
        return arena_printf(arena, "+%s", digits);
    return arena_strdup(arena, digits);
}

void intake_normalise_customer(struct customer *customer, struct arena *arena) {
    if (customer->phone) customer->phone = normalise_phone(customer->phone, arena);
}
