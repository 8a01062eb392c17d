/* json: the writer, and the names of faults. Reading is in json_read.c. */
#include "data/json.h"
#include "base/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *json_fault_name(enum json_fault fault) {
    switch (fault) {
    case JSON_OK: return "ok";
    case JSON_NOT_JSON: return "not_json";
    case JSON_TOO_LARGE: return "too_large";
    case JSON_TOO_DEEP: return "too_deep";
    case JSON_TOO_MANY_VALUES: return "too_many_values";
    case JSON_DUPLICATE_KEY: return "duplicate_key";
    case JSON_BAD_UTF8: return "bad_utf8";
    }

    return "not_json";
}

/* A value begins: the comma that the value before it calls for. */
static void begin(struct json_out *out) {
    if (out->comma) buf_add(out->buf, ",", 1);
    out->comma = true;
}

static void open_with(struct json_out *out, const char *bracket) {
    begin(out);
    buf_add(out->buf, bracket, 1);
    out->comma = false;
}

static void close_with(struct json_out *out, const char *bracket) {
    buf_add(out->buf, bracket, 1);
    out->comma = true;
}

void json_begin_map(struct json_out *out) {
    open_with(out, "{");
}

void json_end_map(struct json_out *out) {
    close_with(out, "}");
}

void json_begin_list(struct json_out *out) {
    open_with(out, "[");
}

void json_end_list(struct json_out *out) {
    close_with(out, "]");
}

/* The letter behind the backslash of a character that must not stand as it is; 'u' for those
 * without one of their own. */
static char escape_of(unsigned char c) {
    switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 'u';
    }
}

/* Most texts: all of it may stand as it is. */
static bool add_plain(struct buf *buf, const char *text) {
    size_t len = 0;

    for (; (unsigned char)text[len] >= 0x20; len++)
        if (text[len] == '"' || text[len] == '\\') return false;
    if (text[len]) return false;
    char *at = buf_more(buf, len + 2);
    at[0] = '"';
    memcpy(at + 1, text, len);
    at[len + 1] = '"';
    return true;
}

static void add_quoted(struct buf *buf, const char *text) {
    if (add_plain(buf, text)) return;
    buf_add(buf, "\"", 1);
    const char *plain = text;
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') continue;
        char letter = escape_of((unsigned char)*at);
        buf_add(buf, plain, (size_t)(at - plain));
        if (letter == 'u')
            buf_printf(buf, "\\u%04x", *at);
        else
            buf_add(buf, (char[2]){'\\', letter}, 2);
        plain = at + 1;
    }
    buf_puts(buf, plain);
    buf_add(buf, "\"", 1);
}

void json_key(struct json_out *out, const char *key) {
    begin(out);
    add_quoted(out->buf, key);
    buf_add(out->buf, ":", 1);
    out->comma = false;
}

void json_text(struct json_out *out, const char *text) {
    if (!text) {
        json_null(out);
        return;
    }
    begin(out);
    add_quoted(out->buf, text);
}

void json_int(struct json_out *out, int64_t num) {
    char digits[DIGITS_MAX];

    json_raw(out, digits, digits_print(num, digits));
}

void json_real(struct json_out *out, double num) {
    ASSERT(isfinite(num));
    char text[40];
    int len = 0;
    for (int precision = 1; precision <= 17; precision++) {
        len = snprintf(text, sizeof text - 2, "%.*g", precision, num);
        if (strtod(text, NULL) == num) break;
    }
    /* So that it reads back as a real and not as an integer. */
    if (!strpbrk(text, ".e")) {
        memcpy(text + len, ".0", 3);
        len += 2;
    }
    json_raw(out, text, (size_t)len);
}

void json_bool(struct json_out *out, bool value) {
    json_raw(out, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json_out *out) {
    json_raw(out, "null", 4);
}

void json_raw(struct json_out *out, const char *bytes, size_t len) {
    begin(out);
    buf_add(out->buf, bytes, len);
}

/* Recursion ends: readers limit the depth of what they make trees of. */
void json_tree(struct json_out *out, const struct tree *tree) {
    if (!tree) {
        json_null(out);
        return;
    }
    switch (tree->kind) {
    case TREE_NULL: json_null(out); return;
    case TREE_BOOL: json_bool(out, tree->num != 0); return;
    case TREE_INT: json_int(out, tree->num); return;
    case TREE_REAL: json_real(out, tree->real); return;
    case TREE_TEXT: json_text(out, tree->text); return;
    case TREE_LIST: json_begin_list(out); break;
    case TREE_MAP: json_begin_map(out); break;
    }
    for (const struct tree *member = tree->first; member; member = member->next) {
        if (tree->kind == TREE_MAP) json_key(out, member->key);
        json_tree(out, member);
    }
    if (tree->kind == TREE_MAP)
        json_end_map(out);
    else
        json_end_list(out);
}
