/* redressctl cases: running deadlines, each with a few facts of its case. */
#include "base/clock.h"
#include "base/suggest.h"
#include "contract/contract.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/help_texts.h"
#include "sight/sight_rows.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT = 50, /* a screenful */
    LIMIT_MAX = 1000000,
    BATCH = 100,   /* cases asked for in one exchange */
    PAGE_MAX = 200 /* of an index: with 100 shards and 6 targets some 8 MB */
};

struct cases_run {
    struct ctl ctl;
    struct sight_filter filter;
    const char *target;
    bool overdue;
    int64_t within_ms, limit, now_ms, printed;
    int64_t lost; /* deadlines whose case Redis does not have any more */
    struct sight_view view;
    struct buf line;
};

/* "quality.damaged", or a dash. */
static const char *or_dash(const char *text) {
    if (text && *text) return text;
    return "-";
}

static void print_json(struct cases_run *run, const struct sight_listed *listed) {
    struct json_out json = {.buf = &run->line};

    buf_clear(&run->line);
    fields_encode(&sight_listed_table, listed, &json);
    ctl_json(run->line.at, run->line.len);
}

static void print_row(const struct cases_run *run, const struct sight_listed *listed) {
    const struct sight_row *row = &listed->row;
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (run->printed == 0)
        ctl_line("%-24s %9s  %-18s %-9s %-21s %-9s %-25s %-3s %-7s %s", "DUE", "IN", "TARGET",
                 "STATE", "CASE", "STATUS", "CLASS", "SEV", "TIER", "ASSIGNEE");
    ctl_line("%-24s %9s  %-18s %-9s %-21s %-9s %-25s %-3s %-7s %s",
             clock_format(listed->due_at, time), ctl_span(listed->due_at - run->now_ms, span),
             listed->target, or_dash(listed->state), row->case_id, or_dash(row->status),
             or_dash(row->class_name), or_dash(row->severity), or_dash(row->tier),
             or_dash(row->assignee));
}

/* A case that was lost is listed whatever is wanted, for it may be late. */
static void print_one(struct cases_run *run, const struct sight_found *found) {
    const struct sight_listed *listed = &found->listed;
    if (!listed->row.case_id) return;
    if (!found->lost && !sight_filter_row(&run->filter, &listed->row)) return;

    run->lost += found->lost;
    if (run->ctl.json)
        print_json(run, listed);
    else
        print_row(run, listed);
    run->printed++;
}

/* Asks for the facts of a batch of deadlines, and prints those that are wanted. */
static int print_batch(struct cases_run *run, const struct sight_deadline *batch, int count) {
    struct sight_found found[BATCH];
    int rc = sight_rows_find(&run->ctl.sight, batch, found, count, run->now_ms);

    for (int i = 0; i < count && rc == 0 && run->printed < run->limit; i++)
        print_one(run, &found[i]);
    return ctl_sight(&run->ctl, rc);
}

/* Most of what is read may not be wanted. */
static bool is_filtered(const struct cases_run *run) {
    const struct sight_filter *filter = &run->filter;
    return filter->class_pattern || filter->tier || filter->severity || filter->team ||
           filter->assignee;
}

static int print_all(struct cases_run *run, const struct texts *targets) {
    int64_t from_ms = 0;
    if (run->within_ms) from_ms = run->now_ms;
    int64_t to_ms = INT64_MAX / 1024;
    if (run->within_ms) to_ms = run->now_ms + run->within_ms;
    if (run->overdue) to_ms = run->now_ms - 1;
    int page = run->limit < PAGE_MAX && !is_filtered(run) ? (int)run->limit : PAGE_MAX;
    struct sight_deadlines *deadlines =
        sight_deadlines_open(&run->ctl.sight, targets, from_ms, to_ms, page);

    if (!deadlines) return ctl_sight(&run->ctl, -1);
    int more = 1;
    while (more && run->printed < run->limit) {
        struct sight_deadline batch[BATCH];
        int count = 0;
        while (count < BATCH && (more = sight_deadlines_next(deadlines, &batch[count])) > 0)
            count++;
        if (more < 0) return ctl_sight(&run->ctl, -1);
        if (print_batch(run, batch, count)) return EXIT_CANNOT_GO_ON;
    }

    return 0;
}

/* What is to be said of the list: that there is none only when all of it could be looked at. */
static int conclude(struct cases_run *run) {
    if (!run->ctl.json && run->printed == run->limit)
        ctl_note("the first %lld; --limit shows more", (long long)run->limit);
    int status = ctl_sight_tell(&run->ctl, &run->view);
    if (run->lost > 0)
        status = ctl_fail(&run->ctl,
                          "%lld of these deadlines are of cases that Redis has lost: `redressctl "
                          "rebuild sla` makes the view anew",
                          (long long)run->lost);
    if (!status && !run->ctl.json && !run->printed) ctl_note("none");
    return status;
}

static int list(struct cases_run *run) {
    run->view = (struct sight_view){.sight = &run->ctl.sight, .worker = "sla", .shard = SIGHT_ALL};
    int status = ctl_sight(&run->ctl, sight_view_look(&run->view));
    run->now_ms = run->view.now_ms;
    if (!status && run->target) status = ctl_sight_target(&run->ctl, &run->view, run->target);
    if (!status) {
        struct texts targets =
            run->target ? (struct texts){&run->target, 1} : sight_deadlines_find(&run->view);
        status = print_all(run, &targets);
    }
    if (!status) status = ctl_sight(&run->ctl, sight_view_look(&run->view));
    if (!status) status = conclude(run);
    sight_view_end(&run->view);

    return status;
}

/* A class that there is not would give an empty list. */
static int check_class(const struct cases_run *run) {
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(run->filter.class_pattern, contract_classes[i])) return 0;

    struct suggest nearest = {.word = run->filter.class_pattern};
    for (int i = 0; contract_classes[i]; i++) suggest_offer(&nearest, contract_classes[i]);
    const char *best = suggest_best(&nearest);
    if (best)
        return ctl_usage(&run->ctl, "--class \"%.60s\": no such class, did you mean %s?",
                         nearest.word, best);
    return ctl_usage(&run->ctl,
                     "--class \"%.60s\": expected a class such as quality.damaged, or quality.*",
                     nearest.word);
}

static int run_cases(int argc, char **argv) {
    struct cases_run run = {.ctl.command = &ctl_cases, .limit = LIMIT};
    struct ctl *ctl = &run.ctl;
    const char *within = NULL;
    const char *limit = NULL;
    const struct options_row options[] = {{"--overdue", NULL, &run.overdue},
                                          {"--due-within", &within, NULL},
                                          {"--class", &run.filter.class_pattern, NULL},
                                          {"--tier", &run.filter.tier, NULL},
                                          {"--severity", &run.filter.severity, NULL},
                                          {"--team", &run.filter.team, NULL},
                                          {"--assignee", &run.filter.assignee, NULL},
                                          {"--target", &run.target, NULL},
                                          {"--limit", &limit, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status && run.overdue && within)
        status = ctl_usage(ctl, "--overdue and --due-within exclude each other");
    if (!status && within) status = ctl_duration(ctl, "--due-within", within, &run.within_ms);
    if (!status && limit) status = ctl_number(ctl, "--limit", limit, 1, LIMIT_MAX, &run.limit);
    if (!status && run.filter.tier && !fields_choice_value(contract_tiers, run.filter.tier))
        status = ctl_usage(ctl, "--tier \"%.40s\": expected regular, vip or svip", run.filter.tier);
    if (!status && run.filter.severity &&
        !fields_choice_value(contract_severities, run.filter.severity))
        status =
            ctl_usage(ctl, "--severity \"%.40s\": expected P1, P2, P3 or P4", run.filter.severity);
    if (!status && run.filter.class_pattern) status = check_class(&run);
    if (!status) status = ctl_redis(ctl);
    if (!status) status = ctl_shards(ctl);
    if (!status) status = list(&run);
    buf_free(&run.line);
    ctl_close(ctl);

    return status;
}

const struct command ctl_cases = {
    .name = "cases",
    .usage = "cases [--overdue | --due-within TIME] [--class CLASS] [--tier TIER] [FILTER...] "
             "[--limit N] "
             "[--json]",
    .about = "open cases by deadline, the most urgent first",
    .options = "--overdue --due-within --class --tier --severity --team --assignee --target "
               "--limit --json",
    .run = run_cases,
    .help = help_cases,
};
