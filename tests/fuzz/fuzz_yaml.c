/* Fuzzes what is read of policy files: any bytes give a tree or an error with a place, within limits. */
#include "arena.h"
#include "yaml.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void walk(const struct tree *tree) {
    ASSERT(tree->kind != TREE_TEXT || strlen(tree->text) == tree->text_len);
    int count = 0;
    for (const struct tree *child = tree->first; child; child = child->next) count++, walk(child);
    ASSERT(count == tree->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct arena *arena;
    if (!arena) arena = arena_new();
    const struct tree *tree;
    struct err err = {""};
    if (yaml_read(arena, "policy.yaml", (const char *)bytes, len, &tree, &err) == 0)
        walk(tree);
    else
        ASSERT(strncmp(err.text, "policy.yaml", strlen("policy.yaml")) == 0);
    arena_reset(arena);
    return 0;
}
