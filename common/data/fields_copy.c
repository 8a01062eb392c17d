/* fields_copy: structs from one arena to another, and without what is private. */
#include "data/fields_parts.h"

#include <string.h>

static void copy_texts(struct texts *texts, struct arena *arena) {
    const char **at = arena_memdup(arena, texts->at, (size_t)texts->count * sizeof *at);
    for (int i = 0; i < texts->count; i++) at[i] = arena_strdup(arena, at[i]);
    texts->at = at;
}

static void copy_records(const struct field *field, struct parts *parts, struct arena *arena) {
    char *at = arena_alloc(arena, (size_t)parts->count * field->of->size);
    for (int i = 0; i < parts->count; i++)
        fields_copy(field->of, fields_member(field, parts, i), arena,
                    at + (size_t)i * field->of->size);
    parts->at = at;
}

/* `data` is a copy whose pointers still lead into the original. */
static void copy_value(const struct field *field, struct arena *arena, void *data) {
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: {
        const char **text = FIELD_AT(const char *, field, data);
        *text = arena_strdup(arena, *text);
        break;
    }
    case FIELD_TEXTS:
        if (fields_present(field, data)) copy_texts(FIELD_AT(struct texts, field, data), arena);
        break;
    case FIELD_PART: {
        void **part = FIELD_AT(void *, field, data);
        if (!*part) break;
        void *copy = arena_alloc(arena, field->of->size);
        fields_copy(field->of, *part, arena, copy);
        *part = copy;
        break;
    }
    case FIELD_PARTS:
    case FIELD_GROUPS:
        if (fields_present(field, data))
            copy_records(field, FIELD_AT(struct parts, field, data), arena);
        break;
    case FIELD_TREE: {
        const struct tree **tree = FIELD_AT(const struct tree *, field, data);
        *tree = tree_copy(arena, *tree);
        break;
    }
    case FIELD_REST: {
        struct rest *rest = FIELD_AT(struct rest, field, data);
        *rest = (struct rest){tree_copy(arena, rest->shown), tree_copy(arena, rest->private)};
        break;
    }
    case FIELD_INT:
    case FIELD_REAL:
    case FIELD_BOOL:
    case FIELD_TIME:
    case FIELD_DURATION:
    case FIELD_MONEY:
    case FIELD_CHOICE: break;
    }
}

void fields_copy(const struct table *table, const void *data, struct arena *arena, void *out) {
    memmove(out, data, table->size);
    for (const struct field *field = table->fields; field->name; field++)
        copy_value(field, arena, out);
}

static size_t type_size(enum field_type type) {
    switch (type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID:
    case FIELD_PART:
    case FIELD_TREE: return sizeof(void *);
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_DURATION: return sizeof(int64_t);
    case FIELD_REAL: return sizeof(double);
    case FIELD_BOOL: return sizeof(bool);
    case FIELD_MONEY: return sizeof(struct money);
    case FIELD_CHOICE: return sizeof(int);
    case FIELD_TEXTS: return sizeof(struct texts);
    case FIELD_PARTS:
    case FIELD_GROUPS: return sizeof(struct parts);
    case FIELD_REST: return sizeof(struct rest);
    }

    return 0;
}

void fields_private_names(const struct table *table, const void *data, struct arena *arena,
                          struct texts *out) {
    *out = (struct texts){0};
    for (const struct field *field = table->fields; field->name; field++)
        if ((field->flags & FIELD_PRIVATE) && fields_present(field, data))
            texts_add(out, field->name, arena);
}

void fields_erase_private(const struct table *table, void *data) {
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->flags & FIELD_PRIVATE)
            memset((char *)data + field->offset, 0, type_size(field->type));
        if (field->type == FIELD_REST) FIELD_AT(struct rest, field, data)->private = NULL;
    }
}
