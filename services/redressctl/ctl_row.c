/* ctl_row: see the header. */
#include "redressctl/ctl_row.h"
#include "redressctl/ctl_out.h"

void ctl_row_begin(struct ctl_row *row) {
    row->buf = (struct buf){NULL, 0, 0};
    row->json = (struct json_out){.buf = &row->buf};
    json_begin_map(&row->json);
}

void ctl_row_text(struct ctl_row *row, const char *key, const char *text) {
    if (!text) return;
    json_key(&row->json, key);
    json_text(&row->json, text);
}

void ctl_row_int(struct ctl_row *row, const char *key, int64_t number) {
    json_key(&row->json, key);
    json_int(&row->json, number);
}

void ctl_row_bool(struct ctl_row *row, const char *key, bool value) {
    json_key(&row->json, key);
    json_bool(&row->json, value);
}

void ctl_row_end(struct ctl_row *row) {
    json_end_map(&row->json);
    ctl_json(row->buf.at, row->buf.len);
    buf_free(&row->buf);
}
