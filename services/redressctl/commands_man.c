/* commands_man: all pages of help as one page of man, for the package. */
#include "redressctl/commands.h"

#include <string.h>

/* As troff takes a text for what it is: no line is a request, and a hyphen may be searched for. */
static void put_lines(const char *text, struct buf *out) {
    bool at_start = true;

    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\'')) buf_puts(out, "\\&");
        if (*text == '\\')
            buf_puts(out, "\\e");
        else if (*text == '-')
            buf_puts(out, "\\-");
        else
            buf_add(out, text, 1);
        at_start = *text == '\n';
    }
}

static void put_block(const struct buf *text, struct buf *out) {
    buf_puts(out, ".nf\n");
    put_lines(text->at, out);
    buf_puts(out, ".fi\n");
}

void commands_man(struct buf *out) {
    struct buf page = {NULL, 0, 0};

    buf_puts(out, ".\\\" Made by `redressctl help man` from the pages of help.\n"
                  ".TH REDRESSCTL 1 \"\" \"redress " REDRESS_VERSION "\" \"Redress\"\n"
                  ".SH NAME\nredressctl \\- the operator's command line of Redress\n"
                  ".SH SYNOPSIS\n");
    commands_help(&page);
    put_block(&page, out);
    for (int i = 0; commands_all[i]; i++) {
        buf_clear(&page);
        commands_help_one(commands_all[i], &page);
        buf_printf(out, ".SH \"%s\"\n", commands_all[i]->name);
        put_block(&page, out);
    }
    buf_free(&page);
}
