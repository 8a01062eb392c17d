/* cohorts: see the header. */
#include "redressctl/cases/cohorts.h"
#include "base/clock.h"
#include "contract/cohort_key.h"
#include "redressctl/cases/word.h"

#include <string.h>

static int read_time(const char *option, const char *text, int64_t *ms_out, struct err *err) {
    *ms_out = 0;
    if (!text || clock_parse(text, ms_out) == 0) return 0;
    return err_set(err, "%s \"%.40s\": expected a time such as 2026-11-22T00:00:00Z", option, text);
}

int cohorts_event(enum event_type type, const struct cohorts_word *word, const char *id,
                  int64_t now_ms, struct arena *arena, struct buf *out, struct err *err) {
    struct cohort_match match = word->match;
    struct activity data = {
        .tenant = word->tenant, .match = &match, .class_name = word->class_name, .by = word->by};

    if (cohort_match_is_empty(&match))
        return err_set(err, "expected --carrier, --warehouse, --sku, --batch or --lane");
    if (!word->class_name || !fields_choice_value(contract_classes, word->class_name))
        return err_set(err, "--class \"%.60s\": expected a class, such as logistics.delayed",
                       word->class_name ? word->class_name : "");
    if (!word->by || !*word->by) return err_set(err, "expected --by");
    if (read_time("--placed-from", word->placed_from, &data.placed_from, err) < 0 ||
        read_time("--placed-to", word->placed_to, &data.placed_to, err) < 0)
        return -1;
    return word_event(type, &data, NULL, id, now_ms, arena, out, err);
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
