/* ctl_row: one JSON line of a command's result, member by member: what --json writes where no table
 * of fields describes it. */
#ifndef REDRESS_CTL_ROW_H
#define REDRESS_CTL_ROW_H

#include "data/json.h"

struct ctl_row {
    struct buf buf;
    struct json_out json; /* for members that are no text, number or truth */
};

void ctl_row_begin(struct ctl_row *row);
void ctl_row_text(struct ctl_row *row, const char *key, const char *text); /* NULL: no member */
void ctl_row_int(struct ctl_row *row, const char *key, int64_t number);
void ctl_row_bool(struct ctl_row *row, const char *key, bool value);
/* Writes it to standard output, and frees it. */
void ctl_row_end(struct ctl_row *row);

#endif
