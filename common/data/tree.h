/* tree: what JSON (json.h) and YAML (yaml.h) are read into, so that people's files and machines'
 * events go through the same field tables. Nodes live in an arena and are not changed after
 * parsing. */
#ifndef REDRESS_TREE_H
#define REDRESS_TREE_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_INT, TREE_REAL, TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree {
    enum tree_kind kind;
    int line;        /* 1-based line of the YAML file; 0 in JSON */
    int count;       /* members of a list or map */
    const char *key; /* this node's name within its map, or NULL */
    const char
        *text; /* TREE_TEXT; for a YAML scalar of any kind the characters as written; else NULL */
    size_t text_len;    /* bytes of text: a TREE_TEXT never holds a NUL */
    int64_t num;        /* TREE_INT and TREE_BOOL */
    double real;        /* TREE_REAL, and TREE_INT as well */
    struct tree *first; /* members, in the order of the document */
    struct tree *last;
    struct tree *next; /* within the parent */
};

/* The member of a map by name, or NULL (also when `map` is NULL or no map). */
const struct tree *tree_get(const struct tree *map, const char *key);
/* The text of a member, or NULL where absent or of another kind. */
const char *tree_text(const struct tree *map, const char *key);

/* Builds trees in code. tree_add() appends to a list or map (key NULL for a list) and returns the
 * child. */
struct tree *tree_new(struct arena *arena, enum tree_kind kind);
struct tree *tree_new_text(struct arena *arena, const char *text);
struct tree *tree_new_int(struct arena *arena, int64_t num);
struct tree *tree_add(struct tree *parent, const char *key, struct tree *child);
/* Deep copy; the copy has no siblings and keeps its key. NULL gives NULL. */
struct tree *tree_copy(struct arena *arena, const struct tree *tree);
bool tree_equal(const struct tree *a,
                const struct tree *b); /* same kinds, values and order; lines do not matter */

const char *tree_kind_name(enum tree_kind kind); /* "a list", "a text", ... for messages */

#endif
