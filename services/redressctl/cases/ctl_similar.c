/* ctl_similar: see the header. */
#include "redressctl/cases/ctl_similar.h"
#include "base/clock.h"
#include "redressctl/cases/ctl_sight.h"
#include "sight/sight_similar.h"

#include <inttypes.h>
#include <string.h>

/* "A (chosen): refund 12900 CNY, coupon 2000 CNY for 60 days" */
static void add_option(struct buf *line, const struct sight_option *option, bool chosen) {
    const struct sight_remedy *remedies = option->remedies.at;

    buf_printf(line, "%s%s:", option->option, chosen ? " (chosen)" : "");
    for (int i = 0; i < option->remedies.count; i++) {
        const struct sight_remedy *remedy = &remedies[i];
        buf_printf(line, "%s %s", i ? "," : "", remedy->kind);
        if (remedy->amount.currency[0])
            buf_printf(line, " %" PRId64 " %s", remedy->amount.minor, remedy->amount.currency);
        if (remedy->valid_days) buf_printf(line, " for %" PRId64 " days", remedy->valid_days);
    }
}

static void print_offer(const struct sight_similar *found) {
    const struct sight_option *options = found->offered.at;
    struct buf line = {NULL, 0, 0};

    for (int i = 0; i < found->offered.count; i++) {
        bool chosen = found->chosen && strcmp(found->chosen, options[i].option) == 0;
        buf_clear(&line);
        add_option(&line, &options[i], chosen);
        ctl_line("    %s", line.at);
    }
    buf_free(&line);
}

static void print_one(struct ctl *ctl, const struct sight_similar *found) {
    char opened[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];
    struct buf line = {NULL, 0, 0};

    buf_printf(&line, "%s  words %" PRId64 ".%" PRId64 " %%", found->case_id, found->alike / 10,
               found->alike % 10);
    if (found->same.count) buf_puts(&line, ", same");
    for (int i = 0; i < found->same.count; i++) buf_printf(&line, " %s", found->same.at[i]);
    ctl_line("%s", line.at);

    buf_clear(&line);
    if (found->opened_at) buf_printf(&line, "opened %s", clock_format(found->opened_at, opened));
    if (found->took) buf_printf(&line, ", took %s", ctl_span(found->took, span));
    if (found->severity) buf_printf(&line, ", %s", found->severity);
    if (found->score) buf_printf(&line, ", visit scored %" PRId64 " of 5", found->score);
    ctl_line("    %s", line.at ? line.at : "");
    if (found->offer)
        ctl_line("    offer %s%s", found->offer,
                 found->by ? arena_printf(ctl->turn, ", by %s", found->by) : "");
    else
        ctl_line("    nothing was offered");
    print_offer(found);
    buf_free(&line);
}

static void print_people(struct ctl *ctl, const struct sight_similar_list *list) {
    const struct sight_similar *similar = list->similar.at;

    if (!list->class_name) {
        ctl_line("%s has no class yet: none is like it", list->case_id);
        return;
    }
    ctl_line("CLOSED CASES LIKE %s (%s, %" PRId64 " of %" PRId64
             " compared; amounts in minor units)",
             list->case_id, list->class_name, list->looked_at, list->there_are);
    for (int i = 0; i < list->similar.count; i++) print_one(ctl, &similar[i]);
    if (list->similar.count == 0) ctl_line("none");
}

int ctl_similar(struct ctl *ctl, const char *case_id, bool as_json) {
    struct sight_view view = {.sight = &ctl->sight, .worker = "compensation", .shard = SIGHT_ALL};
    struct sight_similar_list list;
    int status = ctl_sight(ctl, sight_view_look(&view));

    if (!status)
        status = ctl_sight(
            ctl, sight_similar_read(&ctl->sight, case_id, NULL, SIGHT_SIMILAR_SHOWN, &list));
    if (!status && as_json) ctl_json_row(&sight_similar_list_table, &list);
    if (!status && !as_json) print_people(ctl, &list);
    if (!status) status = ctl_sight(ctl, sight_view_look(&view));
    if (!status) status = ctl_sight_tell(ctl, &view);
    sight_view_end(&view);

    return status;
}
