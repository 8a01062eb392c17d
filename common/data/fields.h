/* fields: one table a record. The same table decodes a tree (JSON or YAML) into a plain struct,
 * encodes it, validates it, flattens it into a Redis hash with its indexes and counters, and
 * documents it. */
#ifndef REDRESS_FIELDS_H
#define REDRESS_FIELDS_H

#include "data/json.h"

/* A zeroed struct is an empty record: NULL, 0, "" and an empty currency mean absent. So an optional
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
    FIELD_TEXTS,   /* struct texts: list of names as FIELD_NAME; in a hash joined by commas (a comma
                      within a name has a   backslash before it) */
    FIELD_RECORD,  /* pointer to a struct of `of`, NULL = absent; JSON text in a hash */
    FIELD_RECORDS, /* struct records of `of`; JSON text in a hash */
    FIELD_GROUPS,  /* struct records of `of`, whose first field is a FIELD_ID or FIELD_NAME; a list
                      of maps in JSON, but  in a hash each member's  fields stand as <name>_<field>;
                      names have no place in a hash other than  this: a member with nothing but its
                      name is not kept there, and  members come back in the order of  their names.
                      Where <name>_<field> would be taken for something else  it is
                      _<groups>.<field>:<name>  instead */
    FIELD_TREE,    /* const struct tree *: anything, kept as it came; JSON text in a hash */
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
    FIELD_HIDDEN = 32 /* for the worker's own use: in changelog and hash, not in the contract's
                         documentation */
};

struct money {
    char currency[4]; /* ISO 4217, "" = absent */
    int64_t minor;
};
struct texts {
    const char **at;
    int count;
};
struct records {
    void *at; /* `count` structs of the table's size, one after the other */
    int count;
};

/* Members of a map that no field claims, in the order of their names; NULL = none. */
struct rest {
    const struct tree *shown,
        *private; /* personal data stands apart, and is blanked with the record's own */
};

struct record;
struct field {
    const char *name;
    enum field_type type;
    unsigned flags;
    size_t offset;
    const struct record *of;    /* FIELD_RECORD, FIELD_RECORDS, FIELD_GROUPS */
    const char *const *choices; /* FIELD_CHOICE: NULL-terminated */
    int64_t min, max;           /* both 0: no limit beyond the type's own */
    const char *doc;            /* one sentence, with the unit and the source of a rule */
};

/* Values of another field of the same (sub)record under which indexes or counters hold. */
struct field_while {
    const char *field;         /* a FIELD_CHOICE or text field; NULL = always */
    const char *const *values; /* NULL-terminated */
};

struct record {
    const char *name;
    size_t size;
    const struct field *fields; /* ends with a NULL name */
    struct field_while index_while, count_while;
    const char *doc;
};

#define FIELD(record_struct, member)                                                               \
    .name = #member, .offset = offsetof(struct record_struct, member)
#define FIELD_AS(json_name, record_struct, member)                                                 \
    .name = json_name, .offset = offsetof(struct record_struct, member)
/* The last row of a table whose records are carried through versions that do not know all of their
 * fields. In JSON they stand among the others, and "@private" names those that hold personal data;
 * in a hash a text stands under its own name, any other value as JSON under "@<name>". */
#define FIELD_REST_OF(record_struct, member)                                                       \
    .name = "@rest", .type = FIELD_REST, .flags = FIELD_HIDDEN,                                    \
    .offset = offsetof(struct record_struct, member),                                              \
    .doc = "What a newer version has written, carried along."
#define FIELDS_END                                                                                 \
    { .name = NULL }

/* What is wrong with a document. Paths look like `customer.tier` and `items[2].price`. */
enum fault_kind { FAULT_MISSING, FAULT_VALUE, FAULT_UNKNOWN_KEY };
struct fault {
    enum fault_kind kind;
    int line; /* of the YAML file, else 0 */
    const char *path;
    const char *text; /* what was expected, and the value found where it is a number or one of a
                         list; never personal data */
};
struct faults {
    struct arena *arena; /* owner of paths and texts; set by the caller */
    struct fault *at;
    int count;
    int limit; /* stop collecting here; 0 = 100 */
};
void faults_add(struct faults *faults, enum fault_kind kind, int line, const char *path,
                const char *fmt, ...) PRINTF(5, 6);
/* "FILE:LINE: path: text" lines into buf, as a worker prints them before it refuses to start. */
void faults_print(const struct faults *faults, const char *file, struct buf *buf);

enum fields_mode {
    FIELDS_EVENT, /* unknown keys are skipped (deploy/contract/README.md: ignored and not copied on)
                   */
    FIELDS_STRICT, /* settings and policies: an unknown key is a fault */
    FIELDS_STATE   /* a worker's own record: unknown keys are carried where the table has a
                      FIELD_REST, else skipped */
};

/* Decodes a tree into a zeroed struct. All faults are added; returns 0 when there were none. What
 * it points to lives in the arena (texts are those of the tree). A `null` counts as absent. */
int fields_decode(const struct record *record, const struct tree *tree, enum fields_mode mode,
                  struct arena *arena, void *out, struct faults *faults) MUST_CHECK;

/* Writes the struct as a JSON map; absent fields are left out (bools: false is written only when
 * FIELD_REQUIRED). */
void fields_encode(const struct record *record, const void *data, struct json_out *out);

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
 * order they come. */
struct hashes {
    struct pairs public, private;
    uint64_t sum;
};
void fields_to_hashes(const struct record *record, const void *data, struct arena *arena,
                      struct hashes *out);
void fields_flatten(const struct record *record, const void *data, struct arena *arena,
                    struct pairs *public_out, struct pairs *private_out);
/* The way back. A pair that no field claims is carried where the table has a FIELD_REST; else it is
 * an error: the hash is not of this table. fields_unflatten() takes the pairs of both hashes as
 * one, for readers who write nothing back.
 */
int fields_from_hashes(const struct record *record, const struct hashes *hashes,
                       struct arena *arena, void *out, uint64_t *sum_out,
                       struct err *err) MUST_CHECK;
int fields_unflatten(const struct record *record, const struct pairs *pairs, struct arena *arena,
                     void *out, struct err *err) MUST_CHECK;

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
void fields_indexes(const struct record *record, const void *data, struct arena *arena,
                    struct marks *out);
/* The index entry of one of the record's own times (not of a group's); 0: it has none. */
int64_t fields_indexed(const struct record *record, const void *data, const char *name,
                       struct arena *arena);
void fields_counters(const struct record *record, const void *data, struct arena *arena,
                     struct marks *out);
void fields_hours(const struct record *record, const void *data, struct arena *arena,
                  struct marks *out);

/* Deep copy into another arena. */
void fields_copy(const struct record *record, const void *data, struct arena *arena, void *out);
/* Blanks all FIELD_PRIVATE fields. */
void fields_erase_private(const struct record *record, void *data);

/* What a hash or a changelog record of this table looks like, as 26 letters and digits: another
 * text means that it may be read as something else than was written. */
enum { FIELDS_FINGERPRINT_SIZE = 27 };
void fields_fingerprint(const struct record *record, char out[FIELDS_FINGERPRINT_SIZE]);

/* The table as documentation: Markdown rows, and JSON Schema (draft 2020-12). */
void fields_document(const struct record *record, struct buf *out);
void fields_schema(const struct record *record, struct json_out *out);

/* Parsers on their own; 0 or -1. */
int fields_parse_duration(const char *text, int64_t *ms_out) MUST_CHECK;
const char *fields_choice_name(const char *const *choices,
                               int value); /* NULL when 0 or out of range */
int fields_choice_value(const char *const *choices, const char *name); /* 0 when unknown */
bool fields_is_id(const char *text, size_t len);
bool fields_is_name(const char *text, size_t len, int max_characters);

#endif
