/* A table with every type. First byte 'h': lines "name=value" as a hash; else JSON. What is
 * accepted survives every way there and back. */
#include "sample_table.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *encoded(struct arena *arena, const struct sample *sample) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    fields_encode(&sample_table, sample, &out);
    const char *text = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return text;
}

/* Both hashes in one, as a worker reads them back. */
static struct pairs flattened(struct arena *arena, const struct sample *sample) {
    struct pairs pairs, hidden;
    fields_flatten(&sample_table, sample, arena, &pairs, &hidden);
    struct pairs all = {.count = pairs.count + hidden.count};
    all.at = arena_alloc(arena, (size_t)(all.count + 1) * sizeof *all.at);
    if (pairs.count) memcpy(all.at, pairs.at, (size_t)pairs.count * sizeof *all.at);
    if (hidden.count)
        memcpy(all.at + pairs.count, hidden.at, (size_t)hidden.count * sizeof *all.at);
    return all;
}

static bool same_pairs(const struct pairs *a, const struct pairs *b) {
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->at[i].name, b->at[i].name) != 0 ||
            strcmp(a->at[i].value, b->at[i].value) != 0)
            return false;
    return true;
}

/* A hash written by ourselves is read back as what it was. Once read, the members of groups are in
 * the order of their names. */
static void check_hash(struct arena *arena, const struct sample *sample) {
    struct sample once = {0}, twice = {0}, copy = {0};
    struct err err;
    struct pairs first = flattened(arena, sample);
    ASSERT(fields_unflatten(&sample_table, &first, arena, &once, &err) == 0);
    struct pairs second = flattened(arena, &once);
    ASSERT(second.count == first.count);
    ASSERT(fields_unflatten(&sample_table, &second, arena, &twice, &err) == 0);
    struct pairs third = flattened(arena, &twice);
    ASSERT(same_pairs(&second, &third));
    fields_copy(&sample_table, sample, arena, &copy);
    ASSERT(strcmp(encoded(arena, sample), encoded(arena, &copy)) == 0);
    struct marks marks;
    fields_indexes(&sample_table, sample, arena, &marks);
    fields_hours(&sample_table, sample, arena, &marks);
    fields_counters(&sample_table, sample, arena, &marks);
    fields_erase_private(&sample_table, &copy);
}

static void from_json(struct arena *arena, const char *bytes, size_t size) {
    const struct tree *tree, *again;
    struct err err;
    if (json_read(arena, bytes, size, NULL, &tree, &err) != JSON_OK) return;
    struct sample sample = {0}, decoded = {0};
    struct faults faults = {.arena = arena}, none = {.arena = arena};
    int result = fields_decode(&sample_table, tree, FIELDS_INBOUND, arena, &sample, &faults);
    ASSERT((result == 0) == (faults.count == 0));
    for (int i = 0; i < faults.count; i++) ASSERT(faults.at[i].path && faults.at[i].text[0]);
    if (result) return;
    const char *text = encoded(arena, &sample);
    ASSERT(json_read(arena, text, strlen(text), NULL, &again, &err) == JSON_OK);
    ASSERT(fields_decode(&sample_table, again, FIELDS_STRICT, arena, &decoded, &none) == 0);
    ASSERT(strcmp(encoded(arena, &decoded), text) == 0);
    check_hash(arena, &sample);
}

static void from_hash(struct arena *arena, const char *bytes, size_t size) {
    enum { PAIRS_MAX = 64 };
    struct pair list[PAIRS_MAX];
    struct pairs pairs = {.at = list};
    const char *end = bytes + size;
    while (bytes < end && pairs.count < PAIRS_MAX) {
        const char *line = memchr(bytes, '\n', (size_t)(end - bytes));
        if (!line) line = end;
        const char *equals = memchr(bytes, '=', (size_t)(line - bytes));
        if (!equals) equals = line;
        const char *value = equals < line ? equals + 1 : line;
        list[pairs.count++] =
            (struct pair){.name = arena_strndup(arena, bytes, (size_t)(equals - bytes)),
                          .value = value,
                          .value_len = (size_t)(line - value)};
        bytes = line < end ? line + 1 : end;
    }
    struct sample sample = {0};
    struct err err = {""};
    if (fields_unflatten(&sample_table, &pairs, arena, &sample, &err))
        ASSERT(err.text[0]);
    else
        fields_flatten(&sample_table, &sample, arena, &pairs, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    const char *bytes = (const char *)data;
    if (size && bytes[0] == 'h')
        from_hash(arena, bytes + 1, size - 1);
    else
        from_json(arena, bytes, size);
    arena_free(arena);
    return 0;
}
