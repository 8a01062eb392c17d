/* fields_parts: what the files fields*.c share and nobody else includes. */
#ifndef REDRESS_FIELDS_PARTS_H
#define REDRESS_FIELDS_PARTS_H

#include "data/fields.h"

/* A field's place in a struct, as its type has it. */
#define FIELD_AT(type, field, data) ((type *)(void *)((char *)(data) + (field)->offset))
#define FIELD_IN(type, field, data)                                                                \
    ((type const *)(const void *)((const char *)(data) + (field)->offset))

/* The i-th struct of a list. */
static inline const void *fields_member(const struct field *field, const struct records *list,
                                        int i) {
    return (const char *)list->at + (size_t)i * field->of->size;
}

/* Whether a value is written at all: numbers that must be there are written when 0, too. */
bool fields_present(const struct field *field, const void *data);

/* Only the faulty need a path as a text, so that it is kept in parts until then. */
struct fields_path {
    const struct fields_path *up; /* NULL: the document itself */
    const char *key;              /* NULL: a member of a list */
    int index;
};
struct fields_decoder {
    enum fields_mode mode;
    struct arena *arena;
    struct faults *faults;
    bool failed;
};
/* Decodes one value that is not null into its place in `data`. */
void fields_decode_value(struct fields_decoder *decoder, const struct field *field,
                         const struct tree *tree, const struct fields_path *path, void *data);

/* Writes one value that is present. */
void fields_encode_value(const struct field *field, const void *data, struct json_out *out);

/* A field's column or columns in a hash: money has two. */
enum fields_part { PART_WHOLE, PART_MINOR, PART_CURRENCY };
/* The name in a hash; group and member are NULL at the top level. */
const char *fields_column(const struct record *record, const struct field *group,
                          const char *member, const struct field *field, enum fields_part part,
                          struct arena *arena);
/* What a name in a hash stands for; false when nothing in the table has it. */
struct fields_place {
    const struct field *group; /* NULL: top level */
    const char *member;        /* within the name */
    size_t member_len;
    const struct field *field;
    enum fields_part part;
};
bool fields_find_column(const struct record *record, const char *name, struct fields_place *out);

/* fields_rest.c: the table's FIELD_REST, NULL when it has none. */
const struct field *fields_rest_of(const struct record *record);
/* Collects what no field claims. A key that a field has is left out, and a key given twice counts
 * once. */
struct fields_rest {
    struct arena *arena;
    const struct record *record;
    struct fields_rest_member {
        const char *key;
        const struct tree *value;
        bool private;
    } * at;
    int count;
};
void fields_rest_add(struct fields_rest *rest, const char *key, const struct tree *value,
                     bool private);
struct rest fields_rest_end(struct fields_rest *rest);
/* Of a map in JSON. */
void fields_rest_decode(struct arena *arena, const struct record *record, const struct tree *map,
                        void *data);
/* The members, and "@private" with the names of all that is personal in the record. */
void fields_rest_encode(const struct record *record, const void *data, struct json_out *out);

/* The name of the first field: a group's members are named by it. */
static inline const char *fields_group_name(const struct field *group, const void *member) {
    return *FIELD_IN(const char *, &group->of->fields[0], member);
}

#endif
