/* fields_rest: what a newer version's table has and this one's has not. It is carried along, so
 * that state survives an upgrade and the way back; what it means is not known here, so that nothing
 * is decided from it. */
#include "data/fields_parts.h"

#include <stdlib.h>
#include <string.h>

static const char private_key[] =
    "@private"; /* in JSON: the names of all members that hold personal data */

const struct field *fields_rest_of(const struct table *table) {
    for (const struct field *field = table->fields; field->name; field++)
        if (field->type == FIELD_REST) return field;
    return NULL;
}

static bool is_own(const struct table *table, const char *key) {
    if (strcmp(key, private_key) == 0) return true;
    for (const struct field *field = table->fields; field->name; field++)
        if (strcmp(field->name, key) == 0) return true;
    return false;
}

void fields_rest_add(struct fields_rest *rest, const char *key, const struct tree *value,
                     bool private) {
    if (is_own(rest->table, key)) return;
    *ARENA_ADD(rest->arena, rest->at, rest->count) =
        (struct fields_rest_member){key, value, private};
}

/* What is personal comes first of two with one name, and stays. */
static int by_key(const void *a, const void *b) {
    const struct fields_rest_member *one = a;
    const struct fields_rest_member *two = b;
    int order = strcmp(one->key, two->key);
    if (order) return order;
    return (int)two->private - (int)one->private;
}

static void append(struct arena *arena, const struct tree **map,
                   const struct fields_rest_member *member) {
    if (!*map) *map = tree_new(arena, TREE_MAP);
    tree_add((struct tree *)*map, member->key,
             arena_memdup(arena, member->value, sizeof *member->value));
}

struct rest fields_rest_end(struct fields_rest *rest) {
    struct rest out = {NULL, NULL};

    if (rest->count > 1) qsort(rest->at, (size_t)rest->count, sizeof *rest->at, by_key);
    for (int i = 0; i < rest->count; i++) {
        if (i && strcmp(rest->at[i].key, rest->at[i - 1].key) == 0) continue;
        append(rest->arena, rest->at[i].private ? &out.private : &out.shown, &rest->at[i]);
    }
    return out;
}

static bool has_name(const struct tree *list, const char *name) {
    for (const struct tree *member = list ? list->first : NULL; member; member = member->next)
        if (member->kind == TREE_TEXT && strcmp(member->text, name) == 0) return true;
    return false;
}

void fields_rest_decode(struct arena *arena, const struct table *table, const struct tree *map,
                        void *data) {
    const struct field *field = fields_rest_of(table);

    if (!field) return;
    const struct tree *private = tree_get(map, private_key);
    struct fields_rest rest = {.arena = arena, .table = table};
    for (const struct tree *member = map->first; member; member = member->next)
        fields_rest_add(&rest, member->key, member, has_name(private, member->key));
    *FIELD_AT(struct rest, field, data) = fields_rest_end(&rest);
}

static void encode_members(const struct tree *map, struct json_out *out) {
    for (const struct tree *member = map ? map->first : NULL; member; member = member->next) {
        json_key(out, member->key);
        json_tree(out, member);
    }
}

static void add_name(const char *name, bool *begun, struct json_out *out) {
    if (!*begun) {
        json_key(out, private_key);
        json_begin_list(out);
    }
    *begun = true;
    json_text(out, name);
}

void fields_rest_encode(const struct table *table, const void *data, struct json_out *out) {
    const struct rest *rest = FIELD_IN(struct rest, fields_rest_of(table), data);
    bool begun = false;

    encode_members(rest->shown, out);
    encode_members(rest->private, out);
    for (const struct field *field = table->fields; field->name; field++)
        if (field->flags & FIELD_PRIVATE && fields_present(field, data))
            add_name(field->name, &begun, out);
    for (const struct tree *member = rest->private ? rest->private->first : NULL; member;
         member = member->next)
        add_name(member->key, &begun, out);
    if (begun) json_end_list(out);
}
