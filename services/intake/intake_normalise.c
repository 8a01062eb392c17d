/* intake_normalise: channels and telephone numbers. */
#include "intake_normalise.h"
#include "base/utf8.h"
#include "contract/phone.h"

#include <string.h>

enum { WORD_MAX = 64 /* longer is no channel */ };

/* In half width and lower case without blanks, or -1 when the text holds anything beyond ASCII or
 * is too long. */
static int fold(const char *text, char folded_out[WORD_MAX]) {
    char folded[WORD_MAX];
    size_t len = 0;

    while (*text) {
        uint32_t c = utf8_half_width(utf8_next(&text));
        if (c >= 0x80 || len == WORD_MAX - 1) return -1;
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
        if (!strchr(" \t\r\n", (char)c)) folded[len++] = (char)c;
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

    if (!channel || channel->kind != TREE_TEXT || fold(channel->text, folded) != 0) return data;
    if (strcmp(folded, channel->text) == 0) return data;
    return with_text(data, channel, folded, arena);
}

void intake_normalise_customer(struct customer *customer, struct arena *arena) {
    if (customer->phone) customer->phone = phone_e164(customer->phone, customer->locale, arena);
}
