/* template: fixed texts with {name} placeholders. Filled in one pass: a value is never scanned
 * again, there are no formats, and `{{` and `}}` stand for the braces themselves. Knows no rule of
 * complaints. */
#ifndef REDRESS_TEMPLATE_H
#define REDRESS_TEMPLATE_H

#include "base/arena.h"
#include <stdbool.h>

struct template;

enum template_escape {
    TEMPLATE_PLAIN, /* chat and SMS: control characters of a value, line ends among them, become one
                       blank */
    TEMPLATE_HTML /* mail: as plain, and & < > " ' of text and values as entities; line ends of the
                     text as <br> */
};

enum { TEMPLATE_NAMES_MAX = 64 /* placeholders of one text: a bit each in template_uses() */ };

/* Reads a text. `names`, NULL-terminated, are the placeholders that it may use; a value is found by
 * the same index. On an unknown name, a lone brace or an empty name -1, err says which and on which
 * line of the text, and *line_out (may be NULL) is that line, from 0. */
int template_parse(const char *text, const char *const *names, struct arena *arena,
                   const struct template **out, int *line_out, struct err *err) MUST_CHECK;

/* True when the text uses the index-th name. */
bool template_uses(const struct template *template, int index);

/* The filled text, or NULL when a placeholder that it uses has no value (NULL or ""): half a
 * promise is none. */
const char *template_fill(const struct template *template, enum template_escape escape,
                          const char *const *values, struct arena *arena);

/* Characters (code points) of a UTF-8 text, as an SMS is counted. */
int template_length(const char *text);

#endif
