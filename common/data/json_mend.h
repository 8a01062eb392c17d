/* json_mend: between json_read.c and jansson, and nobody else's. What RFC 8259 allows and jansson
 * does not take: numbers beyond 64 bits or beyond a double, and half of a surrogate pair, which a
 * browser leaves when it cuts a text within an emoji. */
#ifndef REDRESS_JSON_MEND_H
#define REDRESS_JSON_MEND_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* From the opening quote of a text to behind the closing one, or to the end. */
const char *json_mend_skip_text(const char *at, const char *end);
/* A number, true, false, null, or what is none of them and jansson will refuse. */
const char *json_mend_skip_word(const char *at, const char *end);

/* Whether one of these, as it stands between `at` and `end`, needs mending. */
bool json_mend_text_needs(const char *at, const char *end);
bool json_mend_word_needs(const char *at, const char *end);

/* The document with each half of a pair as \ufffd and each such number as a real one, in the arena.
 */
void json_mend(const char *bytes, size_t len, struct arena *arena, const char **bytes_out,
               size_t *len_out);

#endif
