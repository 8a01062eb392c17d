/* fields_parts: what the files fields*.c share and nobody else includes. */
#ifndef REDRESS_FIELDS_PARTS_H
#define REDRESS_FIELDS_PARTS_H

#include "data/fields.h"

/* A field's place in a struct, as its type has it. */
#define FIELD_AT(type, field, data) ((type *)(void *)((char *)(data) + (field)->offset))
#define FIELD_IN(type, field, data)                                                                \
    ((type const *)(const void *)((const char *)(data) + (field)->offset))

/* The i-th struct of a list. */
static inline const void *fields_member(const struct field *field, const struct parts *list,
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
    bool spare; /* FIELDS_INBOUND: the document could do without the value at hand */
};
/* Decodes one value that is not null into its place in `data`. */
void fields_decode_value(struct fields_decoder *decoder, const struct field *field,
                         const struct tree *tree, const struct fields_path *path, void *data);

/* fields_clean.c: the value without what should not be in it; the tree itself where that is
 * nothing. */
const struct tree *fields_clean(const struct field *field, const struct tree *tree,
                                struct arena *arena);

/* Writes one value that is present. */
void fields_encode_value(const struct field *field, const void *data, struct json_out *out);

/* A field's column or columns in a hash: money has two. */
enum fields_part { PART_WHOLE, PART_MINOR, PART_CURRENCY };
/* The name in a hash; group and member are NULL at the top level. */
const char *fields_column(const struct table *table, const struct field *group, const char *member,
                          const struct field *field, enum fields_part part, struct arena *arena);
/* What a name in a hash stands for; false when nothing in the table has it. */
struct fields_place {
    const struct field *group; /* NULL: top level */
    const char *member;        /* within the name */
    size_t member_len;
    const struct field *field;
    enum fields_part part;
};
bool fields_find_column(const struct table *table, const char *name, struct fields_place *out);
/* Names that begin so are not a field's: "@" is ours, "#" is the view's, "~" what is packed. */
static inline bool fields_is_mark(char c) {
    return c == '@' || c == '#' || c == FIELDS_PACK_NAME;
}

/* fields_pack.c: what no dashboard reads, as one text; of a group's members, what has no column.
 * `id`: the key that the struct stands under, which its texts often hold. */
bool fields_is_packed(const struct field *field);
static inline bool fields_is_grouped(const struct field *field) {
    return field->type == FIELD_REST || fields_is_packed(field);
}
void fields_pack(const struct table *table, const void *data, const char *id, struct arena *arena,
                 struct buf *out);
/* Into a struct that holds what stands in columns. False: it is not what fields_pack() writes. */
bool fields_unpack(const struct table *table, const char *bytes, size_t len, const char *id,
                   struct arena *arena, void *data) MUST_CHECK;
/* Of a group by name; a new one at the end where there is none. */
void *fields_group_member(const struct field *group, const char *name, size_t len,
                          struct arena *arena, void *data);

/* Longer values make Redis keep a hash as a table, at twice the memory
 * (hash-max-listpack-value). */
enum { FIELDS_PIECE_MAX = 64 };

/* fields_lines.c: a list of FIELD_LINES in pieces, each with its name; false: it cannot be said so.
 */
bool fields_lines(const struct field *field, const void *data, struct arena *arena,
                  struct pairs *out) MUST_CHECK;
/* Adds the members of the next piece. */
bool fields_read_lines(const struct field *field, const struct pair *pair, struct arena *arena,
                       void *data) MUST_CHECK;

/* A digit is one of 94 printable characters: the first 47 end a number, the others go on. */
enum { PACK_BASE = 47, PACK_FIRST_DIGIT = '!' };
/* What stands for a text: a number, PACK_KINDS times a length or place, and one of these. */
enum {
    PACK_LITERAL, /* its bytes follow */
    PACK_SEEN,    /* the text at this place of those seen */
    PACK_LIKE,    /* as that one for so many bytes, then so many others */
    PACK_KINDS
};
/* What stands for a time: twice by how many seconds it is later than the one before, or once more
 * than twice by how many ms; in place of no ms, which cannot be, a whole time follows. */
enum { PACK_WHOLE_TIME = 1 };
#define PACK_LATER_MAX (INT64_MAX / 4)
/* The texts and the time that both sides know. */
enum {
    FIELDS_SEEN_MAX = 300, /* no more are remembered: a text is looked for among all */
    FIELDS_SEEN_LEN = 256  /* longer ones do not come again */
};
struct fields_seen {
    const char *at[FIELDS_SEEN_MAX];
    size_t lens[FIELDS_SEEN_MAX];
    int count;
    int64_t last_ms;
};
/* What is known beforehand: the table's words, the id, and what stands in columns. */
void fields_see_first(struct fields_seen *seen, const struct table *table, const void *data,
                      const char *id);
void fields_see(struct fields_seen *seen, const char *text, size_t len);

/* fields_rest.c: the table's FIELD_REST, NULL when it has none. */
const struct field *fields_rest_of(const struct table *table);
/* Collects what no field claims. A key that a field has is left out, and a key given twice counts
 * once. */
struct fields_rest {
    struct arena *arena;
    const struct table *table;
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
void fields_rest_decode(struct arena *arena, const struct table *table, const struct tree *map,
                        void *data);
/* The members, and "@private" with the names of all that is personal in the struct. */
void fields_rest_encode(const struct table *table, const void *data, struct json_out *out);

/* The name of the first field: a group's members are named by it. */
static inline const char *fields_group_name(const struct field *group, const void *member) {
    return *FIELD_IN(const char *, &group->of->fields[0], member);
}

#endif
