/* options: see the header. */
#include "base/options.h"
#include "base/suggest.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

static int unknown(const struct options_row *options, const char *given, size_t len,
                   struct err *err) {
    char word[SHOWN_MAX];
    struct suggest nearest = {.word = word};

    snprintf(word, sizeof word, "%.*s", len < sizeof word ? (int)len : SHOWN_MAX - 1, given);
    for (; options->name; options++) suggest_offer(&nearest, options->name);
    const char *best = suggest_best(&nearest);
    if (best) return err_set(err, "unknown option %s, did you mean %s?", word, best);
    return err_set(err, "unknown option %s", word);
}

static const struct options_row *find(const struct options_row *options, const char *given,
                                      size_t len) {
    const struct options_row *found = NULL;

    for (; options->name; options++) {
        if (strlen(options->name) != len || memcmp(options->name, given, len) != 0) continue;
        found = options;
        if (options->flag || !*options->value) break;
    }
    return found;
}

/* How many arguments it used, from argv[0] on, or -1. */
static int take(const struct options_row *options, int argc, char **argv, struct err *err) {
    const char *equals = strchr(argv[0], '=');
    size_t len = equals ? (size_t)(equals - argv[0]) : strlen(argv[0]);
    const struct options_row *option = find(options, argv[0], len);

    if (!option) return unknown(options, argv[0], len, err);
    if (option->flag) {
        *option->flag = true;
        return equals ? err_set(err, "%s takes no value", option->name) : 1;
    }
    if (equals) {
        *option->value = equals + 1;
        return 1;
    }
    if (argc == 1) return err_set(err, "%s needs a value", option->name);
    *option->value = argv[1];

    return 2;
}

int options_take(const struct options_row *options, int *argc, char **argv, struct err *err) {
    int kept = 1;
    int at = 1;

    while (at < *argc && strcmp(argv[at], "--") != 0) {
        if (argv[at][0] != '-' || argv[at][1] == 0) { /* "-" is standard input */
            argv[kept++] = argv[at++];
            continue;
        }
        int used = take(options, *argc - at, argv + at, err);
        if (used < 0) return -1;
        at += used;
    }
    for (at++; at < *argc; at++) argv[kept++] = argv[at];
    *argc = kept;

    return 0;
}
