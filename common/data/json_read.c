/* json_read: bytes to trees, the only user of jansson. Size, UTF-8, depth and the number of values
 * are checked in two linear passes before jansson sees the bytes, since it allocates as it reads;
 * and so is what it would take for JSON, such as a NUL behind a number.
 */
#include <jansson.h>

#include "base/utf8.h"
#include "data/json.h"
#include "data/json_mend.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* 2^53 - 1: up to here doubles hold every integer. */
#define EXACT_MAX 9007199254740991.0
/* Editors on Windows begin files with it. */
#define UTF8_BOM "\xef\xbb\xbf"
enum { BOM_LEN = sizeof UTF8_BOM - 1 };

/* deploy/contract/README.md, Limits. */
static const struct json_limits default_limits = {.bytes = 65536, .depth = 16, .values = 4096};

/* What jansson allocates while it reads one document, a thread's own. It is dropped at once when
 * the tree is made, which takes half the time of giving it back piece by piece. */
static _Thread_local struct arena *scratch;
static pthread_key_t scratch_key;

static void *scratch_alloc(size_t size) {
    return arena_memory(scratch, size);
}

static void scratch_free(void *mem) {
    (void)mem;
}

static void scratch_drop(void *arena) {
    arena_free(arena);
}

/* Before jansson is used by any thread; its hashes are keyed at random. */
static void prepare(void) {
    ASSERT(pthread_key_create(&scratch_key, scratch_drop) == 0);
    json_set_alloc_funcs(scratch_alloc, scratch_free);
    json_object_seed(0);
}

static void prepare_thread(void) {
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    pthread_once(&prepared, prepare);
    if (scratch) return;
    scratch = arena_new();
    pthread_setspecific(scratch_key, scratch);
}

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

/* Counts what jansson would allocate for, and sees what must be mended for it. Nothing is checked
 * here that jansson checks: up to the first fault in the syntax the counts are right, and behind it
 * nothing is read. */
static enum json_fault scan(const char *bytes, size_t len, const struct json_limits *limits,
                            bool *mend_out, struct err *err) {
    int depth = 0;
    int values = 0;
    bool mend = false;
    const char *end = bytes + len;

    for (const char *at = skip_space(bytes, end); at < end; at = skip_space(at, end)) {
        const char *start = at;
        bool value = true;
        if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']' || *at == ',' || *at == ':') {
            depth -= *at == '}' || *at == ']';
            value = false;
            at++;
        } else if (*at == '"') {
            at = json_mend_skip_text(at, end);
            mend = mend || json_mend_text_needs(start, at);
            at = skip_space(at, end);
            value = at == end || *at != ':'; /* else it is a key */
        } else {
            at = json_mend_skip_word(at, end);
            mend = mend || json_mend_word_needs(start, at);
        }
        values += value;
        if (depth > limits->depth) {
            err_set(err, "byte %td: deeper than %d levels", start - bytes, limits->depth);
            return JSON_TOO_DEEP;
        }
        if (values > limits->values) {
            err_set(err, "byte %td: more than %d values", start - bytes, limits->values);
            return JSON_TOO_MANY_VALUES;
        }
    }
    *mend_out = mend;

    return JSON_OK;
}

/* jansson's own text is left out: it quotes what it found. */
static enum json_fault explain(const json_error_t *error, struct err *err) {
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        err_set(err, "byte %d: expected each key once in a map", error->position);
        return JSON_DUPLICATE_KEY;
    case json_error_stack_overflow:
        err_set(err, "byte %d: too many levels", error->position);
        return JSON_TOO_DEEP;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        err_set(err, "byte %d: expected texts without U+0000", error->position);
        break;
    case json_error_premature_end_of_input:
        err_set(err, "byte %d: ends too early", error->position);
        break;
    case json_error_end_of_input_expected:
        err_set(err, "byte %d: expected nothing behind the document", error->position);
        break;
    default: err_set(err, "byte %d: expected JSON", error->position); break;
    }

    return JSON_NOT_JSON;
}

static struct tree *take(struct arena *arena, const json_t *json);

static void take_map(struct arena *arena, json_t *json, struct tree *tree) {
    for (void *at = json_object_iter(json); at; at = json_object_iter_next(json, at)) {
        struct tree *member = take(arena, json_object_iter_value(at));
        tree_add(tree, arena_strndup(arena, json_object_iter_key(at), json_object_iter_key_len(at)),
                 member);
    }
}

/* 29900.0 and 2.99e4 are integers, as JSON Schema has it; only where doubles hold every integer of
 * that size, so that none becomes its neighbour. */
static void take_real(double real, struct tree *tree) {
    tree->kind = TREE_REAL;
    tree->real = real;
    if (fabs(real) > EXACT_MAX || real != trunc(real)) return;
    tree->kind = TREE_INT;
    tree->num = (int64_t)real;
    tree->real = (double)tree->num; /* never -0 */
}

static struct tree *take(struct arena *arena, const json_t *json) {
    struct tree *tree = ARENA_NEW(arena, struct tree);

    switch (json_typeof(json)) {
    case JSON_NULL: tree->kind = TREE_NULL; break;
    case JSON_TRUE:
    case JSON_FALSE:
        tree->kind = TREE_BOOL;
        tree->num = json_is_true(json);
        break;
    case JSON_INTEGER:
        tree->kind = TREE_INT;
        tree->num = json_integer_value(json);
        tree->real = (double)tree->num;
        break;
    case JSON_REAL: take_real(json_real_value(json), tree); break;
    case JSON_STRING:
        tree->kind = TREE_TEXT;
        tree->text_len = json_string_length(json);
        tree->text = arena_strndup(arena, json_string_value(json), tree->text_len);
        break;
    case JSON_ARRAY:
        tree->kind = TREE_LIST;
        for (size_t i = 0; i < json_array_size(json); i++)
            tree_add(tree, NULL, take(arena, json_array_get(json, i)));
        break;
    case JSON_OBJECT:
        tree->kind = TREE_MAP;
        /* Iterating does not change the object, though its type has no const for that. */
        take_map(arena, (json_t *)json, tree);
        break;
    }

    return tree;
}

/* What else is known before jansson sees the bytes. */
static enum json_fault check(const char *bytes, size_t len, const struct json_limits *limits,
                             bool *mend_out, struct err *err) {
    size_t valid = utf8_valid(bytes, len);
    if (valid < len) {
        err_set(err, "byte %zu: expected UTF-8", valid);
        return JSON_BAD_UTF8;
    }
    /* Nowhere in a document may one stand, and jansson takes it for the end of a number. */
    const char *nul = NULL;
    if (len) nul = memchr(bytes, 0, len);
    if (nul) {
        err_set(err, "byte %td: expected no U+0000", nul - bytes);
        return JSON_NOT_JSON;
    }

    return scan(bytes, len, limits, mend_out, err);
}

enum json_fault json_read(struct arena *arena, const char *bytes, size_t len,
                          const struct json_limits *limits, const struct tree **tree_out,
                          struct err *err) {
    bool mend = false;

    if (!limits) limits = &default_limits;
    if (len > limits->bytes) {
        err_set(err, "%zu bytes, expected at most %zu", len, limits->bytes);
        return JSON_TOO_LARGE;
    }
    if (len >= BOM_LEN && memcmp(bytes, UTF8_BOM, BOM_LEN) == 0) {
        bytes += BOM_LEN;
        len -= BOM_LEN;
    }
    enum json_fault fault = check(bytes, len, limits, &mend, err);
    if (fault != JSON_OK) return fault;
    prepare_thread();
    if (mend) json_mend(bytes, len, scratch, &bytes, &len);
    json_error_t error;
    const json_t *json =
        json_loadb(len ? bytes : "", len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json)
        *tree_out = take(arena, json);
    else
        fault = explain(&error, err);
    arena_reset(scratch);

    return fault;
}
