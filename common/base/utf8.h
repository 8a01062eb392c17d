/* utf8: checking and counting characters (code points). */
#ifndef REDRESS_UTF8_H
#define REDRESS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many of the bytes, from the first, are valid UTF-8 (no overlong forms, surrogates or anything
 * above U+10FFFF); `len` when all are. */
size_t utf8_valid(const char *bytes, size_t len);
/* Characters of a valid text. */
size_t utf8_count(const char *text, size_t len);
/* The character at *at, which is moved behind it. The text must be valid and not at its end. */
uint32_t utf8_next(const char **at);
/* Control characters (C0, DEL, C1), line and paragraph separators, and those that steer the
 * direction of text: not allowed in ids and names (deploy/contract/README.md). */
bool utf8_is_control(uint32_t character);
/* Those, and what else is obeyed or passed over in place of being shown: byte order marks,
 * annotations, tags. No terminal and no log is given such a character of somebody else's. */
bool utf8_is_hidden(uint32_t character);
/* ASCII for its full-width forms, and for blanks, hyphens and dashes beyond it; else the character
 * itself. */
uint32_t utf8_half_width(uint32_t character);
/* "\u202e", as JSON has it: two of them for a character above U+FFFF. */
enum { UTF8_ESCAPE_MAX = 13 };
char *utf8_escape(uint32_t character, char text_out[UTF8_ESCAPE_MAX]);

#endif
