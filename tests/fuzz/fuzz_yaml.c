/* Any bytes as YAML: what is accepted is the same as JSON, has lines, and no key twice.
 * "The same" is by value: 1.5e3 is a real number in YAML and, written as JSON, an integer. */
#include "data/json.h"
#include "data/yaml.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const struct tree *tree) {
    ASSERT(tree->line >= 1);
    ASSERT(!tree->text || strlen(tree->text) == tree->text_len);
    int count = 0;
    for (const struct tree *member = tree->first; member; member = member->next, count++)
        check_tree(member);
    ASSERT(count == tree->count);
}

static bool is_number(const struct tree *tree) {
    return tree->kind == TREE_INT || tree->kind == TREE_REAL;
}

static bool same_value(const struct tree *yaml, const struct tree *json) {
    if (yaml->kind == TREE_REAL && is_number(json)) return yaml->real == json->real;
    if (yaml->kind != json->kind || yaml->count != json->count) return false;
    if (yaml->kind != TREE_LIST && yaml->kind != TREE_MAP) return tree_equal(yaml, json);

    const struct tree *other = json->first;
    for (const struct tree *member = yaml->first; member; member = member->next) {
        bool named = yaml->kind == TREE_MAP;
        if (named && strcmp(member->key, other->key) != 0) return false;
        if (!same_value(member, other)) return false;
        other = other->next;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    const struct tree *tree = NULL, *again = NULL;
    struct err err = {""};
    if (yaml_read(arena, "x.yaml", (const char *)data, size, &tree, &err)) {
        ASSERT(!tree && strncmp(err.text, "x.yaml:", 7) == 0);
    } else {
        check_tree(tree);
        struct buf buf = {0};
        struct json_out out = {.buf = &buf};
        json_tree(&out, tree);
        const struct json_limits wide = {.bytes = 1000000, .depth = 64, .values = 1000000};
        ASSERT(json_read(arena, buf.at, buf.len, &wide, &again, &err) == JSON_OK);
        ASSERT(same_value(tree, again));
        buf_free(&buf);
    }
    arena_free(arena);
    return 0;
}
