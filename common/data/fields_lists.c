/* fields_lists: texts and parts that grow by one. What was read may stand in other places,
 * too, so that every addition is to a copy. */
#include "data/fields.h"
#include <limits.h>
#include <string.h>

bool texts_has(const struct texts *texts, const char *text) {
    for (int i = 0; text && i < texts->count; i++)
        if (strcmp(texts->at[i], text) == 0) return true;
    return false;
}

bool texts_equal(const struct texts *one, const struct texts *two) {
    if (one->count != two->count) return false;
    for (int i = 0; i < one->count; i++)
        if (strcmp(one->at[i], two->at[i]) != 0) return false;
    return true;
}

void *parts_add(struct parts *parts, size_t size, int most, struct arena *arena) {
    int kept = parts->count < most ? parts->count : most - 1;
    int gone = parts->count - kept;
    char *copy = arena_alloc(arena, (size_t)(kept + 1) * size);

    if (kept) memcpy(copy, (const char *)parts->at + (size_t)gone * size, (size_t)kept * size);
    *parts = (struct parts){copy, kept + 1};

    return copy + (size_t)kept * size;
}

void texts_keep(struct texts *texts, const char *text, int most, struct arena *arena) {
    struct parts all = {texts->at, texts->count};
    const char **added = parts_add(&all, sizeof *added, most, arena);

    *added = text;
    *texts = (struct texts){all.at, all.count};
}

void texts_add(struct texts *texts, const char *text, struct arena *arena) {
    texts_keep(texts, text, INT_MAX, arena);
}
