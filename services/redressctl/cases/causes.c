/* causes: see the header. */
#include "redressctl/cases/causes.h"
#include "redressctl/cases/word.h"

#include <string.h>

static int match_of(const char *dimension, const char *value, struct cohort_match *out,
                    struct err *err) {
    const struct {
        const char *name;
        const char **member;
    } rows[] = {{"carrier", &out->carrier},
                {"warehouse", &out->warehouse},
                {"sku", &out->sku},
                {"batch", &out->batch},
                {"lane", &out->lane}};

    for (size_t i = 0; dimension && value && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, dimension) != 0) continue;
        *rows[i].member = value;
        return 0;
    }
    return err_set(err, "it is of no carrier, warehouse, article, batch or lane");
}

int causes_event(const struct causes_word *word, const char *id, int64_t now_ms,
                 struct arena *arena, struct buf *out, struct err *err) {
    struct cohort_match match = {.carrier = NULL};
    const struct activity data = {.tenant = word->tenant,
                                  .match = &match,
                                  .class_name = word->class_name,
                                  .note = word->note,
                                  .by = word->by};

    if (!word->by || !*word->by) return err_set(err, "expected --by");
    if (!word->note || !*word->note) return err_set(err, "expected --done: what was done");
    if (match_of(word->dimension, word->value, &match, err) < 0) return -1;
    return word_event(EVENT_CAUSE_ANSWERED, &data, NULL, id, now_ms, arena, out, err);
}
