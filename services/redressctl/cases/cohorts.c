/* cohorts: goes through the contract's own table, in both directions: what intake would reject is
 * refused here. */
#include "redressctl/cases/cohorts.h"
#include "base/clock.h"

#include <string.h>

static int read_time(const char *option, const char *text, int64_t *ms_out, struct err *err) {
    *ms_out = 0;
    if (!text || clock_parse(text, ms_out) == 0) return 0;
    return err_set(err, "%s \"%.40s\": expected a time such as 2026-11-22T00:00:00Z", option, text);
}

static int check(const struct table *table, const struct buf *data, struct arena *arena,
                 struct err *err) {
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct activity again = {0};

    if (json_read(arena, data->at, data->len, NULL, &tree, err) != JSON_OK) return -1;
    if (fields_decode(table, tree, FIELDS_STRICT, arena, &again, &faults) == 0) return 0;
    return err_set(err, "%s: %s", faults.at[0].path, faults.at[0].text);
}

static bool is_empty(const struct cohort_match *match) {
    return !match->carrier && !match->warehouse && !match->sku && !match->batch && !match->lane;
}

static void put(const struct contract_type *type, const char *id, int64_t now_ms,
                const struct buf *data, struct buf *out) {
    char time[CLOCK_TEXT_MAX];
    struct json_out json = {.buf = out};
    const char *const attributes[][2] = {{"specversion", "1.0"},
                                         {"id", id},
                                         {"source", "/redress/redressctl"},
                                         {"type", type->name},
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

int cohorts_event(enum event_type type, const struct cohorts_word *word, const char *id,
                  int64_t now_ms, struct arena *arena, struct buf *out, struct err *err) {
    const struct contract_type *row = contract_row(type);
    struct cohort_match match = word->match;
    struct activity data = {
        .tenant = word->tenant, .match = &match, .class_name = word->class_name, .by = word->by};
    struct buf text = {NULL, 0, 0};

    if (is_empty(&match))
        return err_set(err, "expected --carrier, --warehouse, --sku, --batch or --lane");
    if (!word->class_name || !fields_choice_value(contract_classes, word->class_name))
        return err_set(err, "--class \"%.60s\": expected a class, such as logistics.delayed",
                       word->class_name ? word->class_name : "");
    if (!word->by || !*word->by) return err_set(err, "expected --by");
    if (read_time("--placed-from", word->placed_from, &data.placed_from, err) < 0 ||
        read_time("--placed-to", word->placed_to, &data.placed_to, err) < 0)
        return -1;
    fields_encode(row->table, &data, &(struct json_out){.buf = &text});
    int rc = check(row->table, &text, arena, err);
    if (rc == 0) put(row, id, now_ms, &text, out);
    buf_free(&text);
    return rc;
}

void cohorts_word_about(const struct tree *all, const char *tenant, struct cohorts_word *out) {
    const struct tree *match = tree_get(all, "match");

    *out = (struct cohorts_word){
        .tenant = tenant,
        .match = {.carrier = tree_text(match, "carrier"),
                  .warehouse = tree_text(match, "warehouse"),
                  .sku = tree_text(match, "sku"),
                  .batch = tree_text(match, "batch"),
                  .lane = tree_text(match, "lane")},
        .placed_from = tree_text(all, "placed_from"),
        .placed_to = tree_text(all, "placed_to"),
        .class_name = tree_text(all, "class"),
    };
}
