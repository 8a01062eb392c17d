/* Any bytes as JSON: what is accepted keeps the limits, and is the same again when written and
 * read. */
#include "base/utf8.h"
#include "data/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json_limits limits = {.bytes = 4096, .depth = 8, .values = 100};

static int count_values(const struct tree *tree, int depth) {
    ASSERT(depth <= limits.depth);
    ASSERT(tree->kind != TREE_TEXT || strlen(tree->text) == tree->text_len);
    bool holds = tree->kind == TREE_LIST || tree->kind == TREE_MAP;
    int values = 1, members = 0;
    for (const struct tree *member = tree->first; member; member = member->next, members++) {
        ASSERT(holds && (tree->kind == TREE_MAP) == (member->key != NULL));
        bool deeper = member->kind == TREE_LIST || member->kind == TREE_MAP;
        values += count_values(member, depth + deeper);
    }
    ASSERT(members == tree->count);
    return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *bytes = (const char *)data;
    struct arena *arena = arena_new();
    const struct tree *tree = NULL, *again = NULL;
    struct err err = {""};
    enum json_fault fault = json_read(arena, bytes, size, &limits, &tree, &err);
    ASSERT((fault == JSON_OK) == (tree != NULL));
    ASSERT((fault == JSON_TOO_LARGE) == (size > limits.bytes));
    if (fault != JSON_TOO_LARGE)
        ASSERT((fault == JSON_BAD_UTF8) == (utf8_valid(bytes, size) < size));
    if (tree) {
        bool holds = tree->kind == TREE_LIST || tree->kind == TREE_MAP;
        ASSERT(count_values(tree, holds) <= limits.values);
        struct buf buf = {0};
        struct json_out out = {.buf = &buf};
        json_tree(&out, tree);
        /* Escapes may make it longer. */
        const struct json_limits wide = {
            .bytes = 10 * limits.bytes, .depth = limits.depth, .values = limits.values};
        ASSERT(json_read(arena, buf.at, buf.len, &wide, &again, &err) == JSON_OK);
        ASSERT(tree_equal(tree, again));
        ASSERT(tree_equal(tree, tree_copy(arena, tree)));
        buf_free(&buf);
    } else {
        ASSERT(err.text[0]);
    }
    arena_free(arena);
    return 0;
}
