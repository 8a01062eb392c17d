/* digits: numbers as decimal text. Every record has dozens of them: printf took a seventh of a
 * worker's time. */
#ifndef REDRESS_DIGITS_H
#define REDRESS_DIGITS_H

#include <stddef.h>
#include <stdint.h>

enum { DIGITS_MAX = 21 }; /* "-9223372036854775808" and its NUL */

/* As "%lld" prints it. Returns the length. */
size_t digits_print(int64_t number, char out[DIGITS_MAX]);

/* The last `width` digits, led by zeros; no NUL. Returns what is behind them. */
char *digits_pad(char *out, int width, unsigned number);

#endif
