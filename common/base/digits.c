/* digits: see digits.h. */
#include "base/digits.h"

#include <string.h>

size_t digits_print(int64_t number, char out[DIGITS_MAX]) {
    char backwards[DIGITS_MAX];
    uint64_t left = (uint64_t)number;
    size_t count = 0;
    size_t len = 0;

    if (number < 0) left = 0 - left;
    do {
        backwards[count++] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0) out[len++] = '-';
    while (count) out[len++] = backwards[--count];
    out[len] = 0;

    return len;
}

char *digits_pad(char *out, int width, unsigned number) {
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return out + width;
}
