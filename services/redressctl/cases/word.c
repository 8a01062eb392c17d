/* word: see the header. The event as text; word_send.c sends it. */
#include "redressctl/cases/word.h"
#include "base/clock.h"

static int check(const struct table *table, const struct buf *data, struct arena *arena,
                 struct err *err) {
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct activity again = {0};

    if (json_read(arena, data->at, data->len, NULL, &tree, err) != JSON_OK) return -1;
    if (fields_decode(table, tree, FIELDS_STRICT, arena, &again, &faults) == 0) return 0;
    return err_set(err, "%s: %s", faults.at[0].path, faults.at[0].text);
}

static void put(const char *type, const char *source, const char *id, int64_t now_ms,
                const struct buf *data, struct buf *out) {
    char time[CLOCK_TEXT_MAX];
    struct json_out json = {.buf = out};
    const char *const attributes[][2] = {{"specversion", "1.0"},
                                         {"id", id},
                                         {"source", source ? source : "/redress/redressctl"},
                                         {"type", type},
                                         {"time", clock_format(now_ms, time)},
                                         {"datacontenttype", "application/json"}};

    json_begin_map(&json);
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        json_key(&json, attributes[i][0]);
        json_text(&json, attributes[i][1]);
    }
    json_key(&json, "data");
    json_raw(&json, data->at, data->len);
    json_end_map(&json);
}

int word_event(enum event_type type, const struct activity *data, const char *source,
               const char *id, int64_t now_ms, struct arena *arena, struct buf *out,
               struct err *err) {
    const struct contract_type *row = contract_row(type);
    struct buf text = {NULL, 0, 0};

    fields_encode(row->table, data, &(struct json_out){.buf = &text});
    int rc = check(row->table, &text, arena, err);
    if (rc == 0) put(row->name, source, id, now_ms, &text, out);
    buf_free(&text);
    return rc;
}
