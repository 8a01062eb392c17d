/* options: a command line's `--name VALUE`, `--name=VALUE` and flags, for all programs. */
#ifndef REDRESS_OPTIONS_H
#define REDRESS_OPTIONS_H

#include "base/err.h"
#include <stdbool.h>

/* A list of them ends with a NULL name. A name in several rows may be given as often: each value
 * goes to the first of them that has none. */
struct options_row {
    const char *name;   /* "--limit" */
    const char **value; /* one of the two is set; untouched when the option is not given */
    bool *flag;
};

/* Takes the options out of argv; what remains are argv[1] to argv[*argc - 1]. What follows "--" are
 * no options, and "-" is none. -1: err names the option, and the nearest one that there is. */
int options_take(const struct options_row *options, int *argc, char **argv,
                 struct err *err) MUST_CHECK;

#endif
