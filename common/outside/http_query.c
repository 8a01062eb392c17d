/* http_query: see the header. */
#include "outside/http_query.h"
#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

static int digit(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

/* NULL: broken. */
static const char *decode(const char *text, size_t len, struct arena *arena) {
    char *out = arena_memory(arena, len + 1);
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char letter = (unsigned char)text[i];
        if (letter == '+') letter = ' ';
        if (letter == '%') {
            if (i + 2 >= len) return NULL;
            int high = digit(text[i + 1]);
            int low = digit(text[i + 2]);
            if (high < 0 || low < 0) return NULL;
            letter = (unsigned char)(16 * high + low);
            i += 2;
        }
        if (iscntrl(letter)) return NULL;
        out[at++] = (char)letter;
    }
    out[at] = 0;
    if (utf8_valid(out, at) != at) return NULL;

    return out;
}

static int add(struct http_query *query, const char *part, size_t len, struct arena *arena,
               struct err *err) {
    size_t name_len = strcspn(part, "=&");
    const char *name = decode(part, name_len, arena);
    const char *value = "";

    if (name_len < len) value = decode(part + name_len + 1, len - name_len - 1, arena);
    if (!name || !value) return err_set(err, "the query is not well-formed");
    if (http_query_get(query, name)) return err_set(err, "%.60s: given twice", name);
    if (query->count == HTTP_QUERY_MAX) return err_set(err, "too many parameters");
    query->names[query->count] = name;
    query->values[query->count++] = value;

    return 0;
}

int http_query_read(const char *text, struct arena *arena, struct http_query *out,
                    struct err *err) {
    out->count = 0;
    while (*text) {
        size_t len = strcspn(text, "&");
        if (len > 0 && add(out, text, len, arena, err) < 0) return -1;
        text += len + (text[len] == '&');
    }
    return 0;
}

const char *http_query_get(const struct http_query *query, const char *name) {
    for (int i = 0; i < query->count; i++)
        if (strcmp(query->names[i], name) == 0) return query->values[i];
    return NULL;
}
