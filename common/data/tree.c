/* tree: documents in memory, whatever they were written in. */
#include "data/tree.h"

#include <string.h>

const struct tree *tree_get(const struct tree *map, const char *key) {
    if (!map || map->kind != TREE_MAP) return NULL;
    for (const struct tree *member = map->first; member; member = member->next)
        if (strcmp(member->key, key) == 0) return member;
    return NULL;
}

const char *tree_text(const struct tree *map, const char *key) {
    const struct tree *member = tree_get(map, key);
    if (member && member->kind == TREE_TEXT) return member->text;
    return NULL;
}

struct tree *tree_new(struct arena *arena, enum tree_kind kind) {
    struct tree *tree = ARENA_NEW(arena, struct tree);
    tree->kind = kind;
    return tree;
}

struct tree *tree_new_text(struct arena *arena, const char *text) {
    struct tree *tree = tree_new(arena, TREE_TEXT);
    tree->text_len = strlen(text);
    tree->text = arena_strndup(arena, text, tree->text_len);
    return tree;
}

struct tree *tree_new_int(struct arena *arena, int64_t num) {
    struct tree *tree = tree_new(arena, TREE_INT);
    tree->num = num;
    tree->real = (double)num;
    return tree;
}

struct tree *tree_add(struct tree *parent, const char *key, struct tree *child) {
    ASSERT(parent->kind == TREE_LIST ? !key : parent->kind == TREE_MAP && key);
    child->key = key;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;

    return child;
}

/* Recursion ends: readers limit the depth of what they make trees of. */
struct tree *tree_copy(struct arena *arena, const struct tree *tree) {
    if (!tree) return NULL;
    struct tree *copy = arena_memdup(arena, tree, sizeof *tree);
    copy->key = arena_strdup(arena, tree->key);
    if (tree->text) copy->text = arena_strndup(arena, tree->text, tree->text_len);
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    for (const struct tree *member = tree->first; member; member = member->next) {
        struct tree *twin = tree_copy(arena, member);
        tree_add(copy, twin->key, twin);
    }

    return copy;
}

static bool equal_keys(const char *a, const char *b) {
    if (a && b) return strcmp(a, b) == 0;
    return a == b;
}

bool tree_equal(const struct tree *a, const struct tree *b) {
    if (!a || !b) return a == b;
    if (a->kind != b->kind || a->count != b->count) return false;
    switch (a->kind) {
    case TREE_NULL: return true;
    case TREE_BOOL:
    case TREE_INT: return a->num == b->num;
    case TREE_REAL: return a->real == b->real;
    case TREE_TEXT: return a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
    case TREE_LIST:
    case TREE_MAP: break;
    }
    const struct tree *x = a->first;
    const struct tree *y = b->first;
    for (; x && y; x = x->next, y = y->next)
        if (!equal_keys(x->key, y->key) || !tree_equal(x, y)) return false;
    return x == y;
}

const char *tree_kind_name(enum tree_kind kind) {
    switch (kind) {
    case TREE_NULL: return "null";
    case TREE_BOOL: return "true or false";
    case TREE_INT: return "an integer";
    case TREE_REAL: return "a number";
    case TREE_TEXT: return "a text";
    case TREE_LIST: return "a list";
    case TREE_MAP: return "a map";
    }

    return "nothing known";
}
