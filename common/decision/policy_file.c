/* policy_file: the file's tree, copied with its parts in it. */
#include "decision/policy_file.h"
#include "data/yaml.h"

#include <string.h>

static int read_part(const char *dir, const char *file, const struct tree *name,
                     struct arena *arena, struct tree **out, struct err *err) {
    const struct tree *part;

    if (name->kind != TREE_TEXT || strchr(name->text, '/'))
        return err_set(err, "%s/%s:%d: expected the name of a file beside this one", dir, file,
                       name->line);
    const char *path = arena_printf(arena, "%s/%s", dir, name->text);
    if (yaml_read_file(arena, path, &part, err) < 0) return -1;
    if (part->kind != TREE_MAP) return err_set(err, "%s:1: expected a map", path);
    struct tree *whole = tree_new(arena, TREE_MAP);
    whole->line = part->line;
    tree_add(whole, "file", tree_new_text(arena, name->text));
    for (const struct tree *at = part->first; at; at = at->next)
        tree_add(whole, at->key, tree_copy(arena, at));
    *out = whole;

    return 0;
}

static int read_parts(const char *dir, const char *file, const struct tree *names,
                      struct arena *arena, struct tree **out, struct err *err) {
    struct tree *list = tree_new(arena, TREE_LIST);

    list->line = names->line;
    for (const struct tree *at = names->first; at; at = at->next) {
        struct tree *part = NULL;
        if (read_part(dir, file, at, arena, &part, err) < 0) return -1;
        tree_add(list, NULL, part);
    }
    *out = list;

    return 0;
}

/* A copy of the file in which the parts stand in place of their names. */
static const struct tree *put_parts(const struct tree *file, const struct tree *names,
                                    struct tree *parts, struct arena *arena) {
    struct tree *whole = tree_new(arena, TREE_MAP);

    whole->line = file->line;
    for (const struct tree *at = file->first; at; at = at->next) {
        struct tree *member = parts;
        if (at != names) member = tree_copy(arena, at);
        tree_add(whole, at->key, member);
    }
    return whole;
}

int policy_file_read(const struct worker_spec *spec, const char *dir, struct arena *arena,
                     const struct tree **tree_out, struct err *err) {
    const char *path = arena_printf(arena, "%s/%s", dir, spec->policy_file);
    const struct tree *file;
    struct tree *parts = NULL;

    if (yaml_read_file(arena, path, &file, err) < 0) return -1;
    const struct tree *names = NULL;
    if (spec->policy_parts) names = tree_get(file, spec->policy_parts);
    if (!names || names->kind != TREE_LIST) {
        *tree_out = file;
        return 0;
    }
    if (read_parts(dir, spec->policy_file, names, arena, &parts, err) < 0) return -1;
    *tree_out = put_parts(file, names, parts, arena);

    return 0;
}
