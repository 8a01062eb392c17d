/* fields: one table a kind of data: it decodes a tree (JSON or YAML) into a plain struct,
 * encodes it, validates it, flattens it into a Redis hash with its indexes and counters, and
 * documents it. */
#ifndef REDRESS_FIELDS_H
#define REDRESS_FIELDS_H

#include "data/json.h"

/* A zeroed struct is empty: NULL, 0, "" and an empty currency mean absent. So an optional
 * number of 0 or text of no characters is not written; a required number is, whatever it is. min
 * and max: of a number, of a text's characters, of a duration's ms, of money's minor units, of a
 * list's members; with only min set there is no upper bound. */
enum field_type {
    FIELD_TEXT, /* const char *: any characters; min/max count characters (code points) */
    FIELD_NAME, /* const char *: up to 200 characters (or max), no control or bidirectional
                   characters */
    FIELD_ID,   /* const char *: 1-128 bytes of [A-Za-z0-9._:-] */
    FIELD_INT,  /* int64_t, min..max when either is set */
    FIELD_REAL, /* double; never money or time */
    FIELD_BOOL, /* bool */
    FIELD_TIME, /* int64_t, ms since the epoch UTC; RFC 3339 with offset in JSON, the number in a
                   hash; 0 = absent */
    FIELD_DURATION, /* int64_t, ms; "250ms" "90s" "15m" "1h" "24h" "3d" in JSON and YAML, up to 100
                       years; the number in a hash */
    FIELD_MONEY,    /* struct money */
    FIELD_CHOICE,   /* int, 1-based index into `choices`; the name in JSON */
    FIELD_TEXTS,  /* struct texts: list of names as FIELD_NAME; in a hash joined by commas (a comma
                      within a name has a   backslash before it) */
    FIELD_PART,   /* pointer to a struct of `of`, NULL = absent; JSON text in a hash */
    FIELD_PARTS,  /* struct parts of `of`; JSON text in a hash */
    FIELD_GROUPS, /* struct parts of `of`, whose first field is a FIELD_ID or FIELD_NAME; a list
                      of maps in JSON, but  in a hash each member's  fields stand as <name>_<field>;
                      names have no place in a hash other than  this: a member with nothing but its
                      name is not kept there, and  members come back in the order of  their names.
                      Where <name>_<field> would be taken for something else  it is
                      _<groups>.<field>:<name>  instead */
    FIELD_TREE,   /* const struct tree *: anything, kept as it came; JSON text in a hash */
    FIELD_REST /* struct rest: what a newer version's table has and this one has not (FIELD_REST_OF,
                  FIELDS_STATE) */
};

enum {
    FIELD_REQUIRED = 1, /* must be present and not empty */
    FIELD_PRIVATE =
        2, /* personal data: to the private hash, blanked on customer.erased; top level only */
    FIELD_INDEXED = 4, /* FIELD_TIME: an index by:<hash field>, subject to index_while */
    FIELD_COUNTED = 8, /* top level: a counter count:<field> by value, subject to count_while */
    FIELD_HOURLY =
        16, /* FIELD_TIME named x_at: one more in hour:<YYYYMMDDHH>, field x (or <name>_x) */
    FIELD_FOUND = 64, /* top level text: the index of:<name> finds states by it, whatever their
                         other fields are */
    FIELD_PACKED =
        128, /* in a hash it has no column, but stands in the packed text (fields_pack.c) */
    FIELD_LINES = 256, /* top level, of parts: short text for people in a view's hash, in place of
                          JSON: `<ms> <text> <text>,+<ms later> ...`, in pieces <name>, <name>~1 ...
                          (fields_lines.c) */
    FIELD_HIDDEN = 32  /* for the worker's own use: in changelog and hash, there packed, not in the
                         contract's documentation */
};

struct money {
    char currency[4]; /* ISO 4217, "" = absent */
    int64_t minor;
};
struct texts {
    const char **at;
    int count;
};
struct parts {
    void *at; /* `count` structs of the table's size, one after the other */
    int count;
};

bool texts_has(const struct texts *texts, const char *text);        /* NULL is in none */
bool texts_equal(const struct texts *one, const struct texts *two); /* in the same order */
/* Adds at the end, to a copy: what was read may stand in other places, too. */
void texts_add(struct texts *texts, const char *text, struct arena *arena);
/* The same for lists that are bounded: of `most` the oldest goes, which stands first. */
void texts_keep(struct texts *texts, const char *text, int most, struct arena *arena);
/* A new last element of `size` bytes, zeroed; bounded as texts_keep() is. */
void *parts_add(struct parts *parts, size_t size, int most, struct arena *arena);

/* Members of a map that no field claims, in the order of their names; NULL = none. */
struct rest {
    const struct tree *shown,
        *private; /* personal data stands apart, and is blanked with the table's own */
};

struct table;
struct field {
    const char *name;
    enum field_type type;
    unsigned flags;
    size_t offset;
    const struct table *of;     /* FIELD_PART, FIELD_PARTS, FIELD_GROUPS */
    const char *const *choices; /* FIELD_CHOICE: NULL-terminated. FIELD_NAME: what the schema says
                                   there is; whoever decodes it checks */
    int64_t min, max;           /* both 0: no limit beyond the type's own */
    const char *doc;            /* one sentence, with the unit and the source of a rule */
    /* For the schema alone; whoever decodes it checks: */
    const char *pattern; /* FIELD_ID: in place of the type's own (ECMA-262) */
    const char *schema;  /* FIELD_TREE: a JSON Schema that its values hold to */
};

/* Values of another field of the same table under which indexes or counters hold. */
struct field_while {
    const char *field;         /* a FIELD_CHOICE or text field; NULL = always */
    const char *const *values; /* NULL-terminated */
};

struct table {
    const char *name;
    size_t size;
    const struct field *fields; /* ends with a NULL name */
    struct field_while index_while, count_while;
    const char *doc;
    const char *schema; /* a JSON Schema that it holds to besides; whoever decodes it checks */
    const char *const *words; /* NULL-terminated, or none: texts that are often in it, which makes
                                 its packed text shorter */
};

#define FIELD(table_struct, member) .name = #member, .offset = offsetof(struct table_struct, member)
#define FIELD_AS(json_name, table_struct, member)                                                  \
    .name = json_name, .offset = offsetof(struct table_struct, member)
/* The last row of a table whose structs are carried through versions that do not know all of their
 * fields. In JSON they stand among the others, and "@private" names those that hold personal data;
 * in a hash a text stands under its own name, any other value as JSON under "@<name>". */
#define FIELD_REST_OF(table_struct, member)                                                        \
    .name = "@rest", .type = FIELD_REST, .flags = FIELD_HIDDEN,                                    \
    .offset = offsetof(struct table_struct, member),                                               \
    .doc = "What a newer version has written, carried along."
#define FIELDS_END                                                                                 \
    { .name = NULL }

/* What is wrong with a document. Paths look like `customer.tier` and `items[2].price`. */
enum fault_kind { FAULT_MISSING, FAULT_VALUE, FAULT_UNKNOWN_KEY };
struct fault {
    enum fault_kind kind;
    const char *file; /* beside the one that was read; NULL: that one itself */
    int line;         /* of the YAML file, else 0 */
    const char *path;
    const char *text; /* what was expected, and the value found where it is a number or one of a
                         list; never personal data */
};
struct faults {
    struct arena *arena; /* owner of paths and texts; set by the caller */
    struct fault *at;
    int count;
    int limit;        /* stop collecting here; 0 = 100 */
    const char *file; /* what is looked at now, for the faults that come; NULL: the one that was
                         read. Set by the caller */
};
void faults_add(struct faults *faults, enum fault_kind kind, int line, const char *path,
                const char *fmt, ...) PRINTF(5, 6);
/* Whether all that were added since there were `before` are unknown keys: then what was decoded is
 * whole, and can be looked at as well, so that everything that is wrong is told at once. */
bool fields_faults_are_keys(const struct faults *faults, int before);
/* "FILE:LINE: path: text" lines into buf, as a worker prints them before it refuses to start; a
 * fault's own file stands in the same folder. */
void faults_print(const struct faults *faults, const char *file, struct buf *buf);

enum fields_mode {
    FIELDS_INBOUND, /* FIELDS_EVENT from outside: currencies are those of ISO 4217, and what the
                       document could do without (an optional field, all within an optional part) is
                       cleaned: tabs, line ends, marks of direction */
    FIELDS_EVENT, /* unknown keys are skipped (deploy/contract/README.md: ignored and not copied on)
                   */
    FIELDS_STRICT, /* settings and policies: an unknown key is a fault */
    FIELDS_STATE   /* a worker's own state: unknown keys are carried where the table has a
                      FIELD_REST, else skipped */
};

/* Decodes a tree into a zeroed struct. All faults are added; returns 0 when there were none. What
 * it points to lives in the arena (texts are those of the tree). A `null` counts as absent. */
int fields_decode(const struct table *table, const struct tree *tree, enum fields_mode mode,
                  struct arena *arena, void *out, struct faults *faults) MUST_CHECK;
/* The same of a file that people write, FIELDS_STRICT; 0 also where unknown keys are all that is
 * wrong: the struct is whole then, and is looked at as well, so that all faults are told at once.
 * Whoever calls counts them. */
int fields_decode_whole(const struct table *table, const struct tree *tree, struct arena *arena,
                        void *out, struct faults *faults) MUST_CHECK;

/* Writes the struct as a JSON map; absent fields are left out (bools: false is written only when
 * FIELD_REQUIRED). */
void fields_encode(const struct table *table, const void *data, struct json_out *out);

/* A struct flattened for Redis. Times are numbers, bools 1, money `<name>_minor` and
 * `<name>_currency`. Absent fields have no pair. */
struct pair {
    const char *name, *value;
    size_t value_len;
};
struct pairs {
    struct pair *at;
    int count;
};
/* Both hashes, and a checksum of the pairs that the table's own fields have in them, in whatever
 * order they come. What no dashboard reads (FIELD_HIDDEN, FIELD_PACKED) is one packed text, in
 * pieces "~", "~1", "~2" ... that are short enough for Redis to keep the hash as a list
 * (hash-max-listpack-value). `id`: the key that the struct stands under. */
struct hashes {
    const char *id;
    struct pairs public, private;
    uint64_t sum;
};
#define FIELDS_PACK_NAME '~'
void fields_to_hashes(const struct table *table, const void *data, const char *id,
                      struct arena *arena, struct hashes *out);
/* All fields with a column of their own, for people and tests. */
void fields_flatten(const struct table *table, const void *data, struct arena *arena,
                    struct pairs *public_out, struct pairs *private_out);
/* The way back. A pair that no field claims is carried where the table has a FIELD_REST; else it is
 * an error: the hash is not of this table. fields_unflatten() takes the pairs of both hashes as
 * one, for readers who write nothing back.
 */
int fields_from_hashes(const struct table *table, const struct hashes *hashes, struct arena *arena,
                       void *out, uint64_t *sum_out, struct err *err) MUST_CHECK;
int fields_unflatten(const struct table *table, const struct pairs *pairs, struct arena *arena,
                     void *out, struct err *err) MUST_CHECK;
/* The pairs of a hash as fields_flatten() gives them: for readers of a view that show all of it. */
int fields_expand(const struct table *table, const struct hashes *hashes, struct arena *arena,
                  struct pairs *out, struct err *err) MUST_CHECK;

/* Index entries of a struct: hash field name and score (ms). Counter entries: field and value. Hour
 * entries: metric and ms. */
struct mark {
    const char *name;
    const char *value; /* counters */
    int64_t ms;        /* indexes and hours */
};
struct marks {
    struct mark *at;
    int count;
};
void fields_indexes(const struct table *table, const void *data, struct arena *arena,
                    struct marks *out);
/* The index entry of one of the struct's own times (not of a group's); 0: it has none. */
int64_t fields_indexed(const struct table *table, const void *data, const char *name,
                       struct arena *arena);
/* Where a struct stands in the indexes of:<name>: each text as a number (fields_found_as). */
void fields_finds(const struct table *table, const void *data, struct arena *arena,
                  struct marks *out);
/* The text of a FIELD_FOUND field; NULL: none. */
const char *fields_found(const struct table *table, const void *data, const char *name);
/* 52 bits of a text, which a score of Redis holds: two texts may share them. */
int64_t fields_found_as(const char *name, const char *text);
void fields_counters(const struct table *table, const void *data, struct arena *arena,
                     struct marks *out);
void fields_hours(const struct table *table, const void *data, struct arena *arena,
                  struct marks *out);

/* Deep copy into another arena. */
void fields_copy(const struct table *table, const void *data, struct arena *arena, void *out);
/* The names of the FIELD_PRIVATE fields that are present. */
void fields_private_names(const struct table *table, const void *data, struct arena *arena,
                          struct texts *out);
/* Blanks all FIELD_PRIVATE fields. */
void fields_erase_private(const struct table *table, void *data);

/* What a hash or a changelog record of this table looks like, as 26 letters and digits: another
 * text means that it may be read as something else than was written. */
enum { FIELDS_FINGERPRINT_SIZE = 27 };
void fields_fingerprint(const struct table *table, char out[FIELDS_FINGERPRINT_SIZE]);

/* The table as documentation: Markdown rows, and JSON Schema (draft 2020-12) of what is decoded in
 * that mode, FIELDS_INBOUND or FIELDS_EVENT. */
void fields_document(const struct table *table, struct buf *out);
void fields_schema(const struct table *table, enum fields_mode mode, struct json_out *out);

/* Parsers on their own; 0 or -1. */
int fields_parse_duration(const char *text, int64_t *ms_out) MUST_CHECK;
const char *fields_choice_name(const char *const *choices,
                               int value); /* NULL when 0 or out of range */
int fields_choice_value(const char *const *choices, const char *name); /* 0 when unknown */
bool fields_is_id(const char *text, size_t len);
bool fields_is_name(const char *text, size_t len, int max_characters);
/* A valid text without blanks, control and other unseen characters around it; the text itself where
 * there are none. */
const char *fields_trim(const char *text, struct arena *arena);

#endif
