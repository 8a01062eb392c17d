/* text: the only user of ICU for texts. What customers write, brought to one form in which words
 * can be looked for: NFKC, case and width folded, traditional characters made simplified,
 * zero-width and control characters gone, repetitions collapsed, numbers masked; with the way back
 * to every byte of the original, so that a reason quotes the customer's own words. */
#ifndef REDRESS_TEXT_H
#define REDRESS_TEXT_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct text_tables;

/* Builds the tables from ICU's data (about 30 ms, 1 MB), once at start. They are not changed
 * afterwards. */
struct text_tables *text_tables_new(struct arena *arena);

/* A normalised text: valid UTF-8, NUL-terminated. Byte i came from the bytes from[i] up to, not
 * including, to[i] of the original; a run that was collapsed or masked came from all of it. */
struct text {
    const char *at;
    size_t len;
    const uint32_t *from, *to;
};

/* Numbers: one digit stays, two to five become "00" (hotlines such as 12315 stay), a word with six
 * digits or more (order numbers, phone numbers) becomes "#". Three or more of the same letter or
 * character become one, of the same sign one; white space becomes one blank or one line feed, and
 * blanks between single characters go. Bytes that are no UTF-8 count as U+FFFD. */
void text_normalise(const struct text_tables *tables, const char *bytes, size_t len,
                    struct arena *arena, struct text *out);

#endif
