/* json: the only user of jansson. Bytes to trees, with every limit checked before jansson sees the
 * bytes (1 MB of `[{},{},...]` would become 82 MB of heap), and a writer for our own documents. */
#ifndef REDRESS_JSON_H
#define REDRESS_JSON_H

#include "data/tree.h"

#include <float.h>

/* The limits of deploy/contract/README.md; pass NULL for these. */
struct json_limits {
    size_t bytes; /* 65 536 */
    int depth;    /* 16 levels: a map in a map is 2 */
    int values;   /* 4 096, keys not counted */
};

enum json_fault {
    JSON_OK,
    JSON_NOT_JSON,
    JSON_TOO_LARGE,
    JSON_TOO_DEEP,
    JSON_TOO_MANY_VALUES,
    JSON_DUPLICATE_KEY,
    JSON_BAD_UTF8
};

#define JSON_REAL_MAX DBL_MAX

/* "not_json", "too_large", ...: the redress_reason of deploy/contract/README.md. */
const char *json_fault_name(enum json_fault fault);

/* Reads one JSON document (any kind at the top). On a fault *tree_out is untouched and err says
 * where (byte offset). The tree lives in the arena.
 * A byte order mark before the document is passed over. U+0000, raw anywhere or as \u0000 in a
 * text, is JSON_NOT_JSON. Half of a surrogate pair (\ud83d alone) becomes U+FFFD.
 * A number without a fraction is a TREE_INT however it is written (29900.0, 2.99e4), as JSON Schema
 * has it, as long as doubles hold every integer of its size. An integer beyond 64 bits is a
 * TREE_REAL, and what is beyond a double is the largest one, JSON_REAL_MAX, which nobody should
 * take for a value. */
enum json_fault json_read(struct arena *arena, const char *bytes, size_t len,
                          const struct json_limits *limits, const struct tree **tree_out,
                          struct err *err) MUST_CHECK;

/* jansson exports two of the writer's names; the linker must not take ours for its own. */
#define json_real json_out_real
#define json_null json_out_null

/* The writer appends compact JSON to a buf and puts commas itself. Texts are escaped as JSON needs,
 * nothing more: what came in as UTF-8 goes out byte-identical. */
struct json_out {
    struct buf *buf;
    bool comma;
};
void json_begin_map(struct json_out *out);
void json_end_map(struct json_out *out);
void json_begin_list(struct json_out *out);
void json_end_list(struct json_out *out);
void json_key(struct json_out *out, const char *key);
void json_text(struct json_out *out, const char *text); /* NULL writes null */
void json_int(struct json_out *out, int64_t num);
void json_real(struct json_out *out,
               double num); /* shortest form that reads back equal; never for money or time */
void json_bool(struct json_out *out, bool value);
void json_null(struct json_out *out);
void json_tree(struct json_out *out, const struct tree *tree);
void json_raw(struct json_out *out, const char *bytes,
              size_t len); /* one value that is JSON already */

#endif
