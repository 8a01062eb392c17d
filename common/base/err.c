/* err: texts of errors, and the end of a process that found a bug of its own. */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

int err_set(struct err *err, const char *fmt, ...) {
    if (!err) return -1;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return -1;
}

void err_bug(const char *file, int line, const char *what) {
    fprintf(stderr, "bug: %s:%d: %s\n", file, line, what);
    abort();
}
