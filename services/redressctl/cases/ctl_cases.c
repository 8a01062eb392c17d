/* redressctl cases: running deadlines, each with a few facts of its case. */
#include "base/clock.h"
#include "base/suggest.h"
#include "contract/contract.h"
#include "redressctl/cases/deadlines.h"
#include "redressctl/help_texts.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT = 50, /* a screenful */
    LIMIT_MAX = 1000000,
    BATCH = 100,   /* cases asked for in one exchange */
    PAGE_MAX = 200 /* of an index: with 100 shards and 6 targets some 8 MB */
};

/* What is shown of a case. The last is the state of the deadline's own target. */
static const char *const shown[] = {"status",   "class",  "severity", "tier",
                                    "assignee", "tenant", "channel",  "opened_at"};
enum {
    STATUS,
    CLASS,
    SEVERITY,
    TIER,
    ASSIGNEE,
    TENANT,
    CHANNEL,
    OPENED,
    SHOWN,
    STATE = SHOWN,
    FACTS
};

struct cases_run {
    struct ctl ctl;
    const char *class_pattern, *tier, *target;
    bool overdue, json;
    int64_t within_ms, limit, now_ms, printed;
    int64_t lost; /* deadlines whose case Redis does not have any more */
    struct ctl_view view;
    struct buf line;
};

/* "quality.damaged", or a dash. */
static const char *or_dash(const char *text) {
    if (text && *text) return text;
    return "-";
}

static bool wanted(const struct cases_run *run, const char *const *facts) {
    if (run->class_pattern &&
        !contract_class_matches(run->class_pattern, facts[CLASS] ? facts[CLASS] : ""))
        return false;
    return !run->tier || (facts[TIER] && strcmp(run->tier, facts[TIER]) == 0);
}

static void print_json(struct cases_run *run, const struct deadline *deadline,
                       const char *const *facts) {
    char time[CLOCK_TEXT_MAX];
    struct json_out json = {.buf = &run->line};

    buf_clear(&run->line);
    json_begin_map(&json);
    json_key(&json, "case_id");
    json_text(&json, deadline->case_id);
    json_key(&json, "target");
    json_text(&json, deadline->target);
    json_key(&json, "due_at");
    json_text(&json, clock_format(deadline->due_ms, time));
    json_key(&json, "overdue");
    json_bool(&json, deadline->due_ms < run->now_ms);
    json_key(&json, "state");
    json_text(&json, facts[STATE]);
    for (int i = 0; i < SHOWN; i++) {
        if (!facts[i]) continue;
        json_key(&json, shown[i]);
        json_text(&json, i == OPENED ? clock_format(strtoll(facts[i], NULL, 10), time) : facts[i]);
    }
    json_end_map(&json);
    ctl_json(run->line.at, run->line.len);
}

static void print_row(struct cases_run *run, const struct deadline *deadline,
                      const char *const *facts) {
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (run->printed == 0)
        ctl_line("%-24s %9s  %-18s %-9s %-21s %-9s %-25s %-3s %-7s %s", "DUE", "IN", "TARGET",
                 "STATE", "CASE", "STATUS", "CLASS", "SEV", "TIER", "ASSIGNEE");
    ctl_line("%-24s %9s  %-18s %-9s %-21s %-9s %-25s %-3s %-7s %s",
             clock_format(deadline->due_ms, time), ctl_span(deadline->due_ms - run->now_ms, span),
             deadline->target, or_dash(facts[STATE]), deadline->case_id, or_dash(facts[STATUS]),
             or_dash(facts[CLASS]), or_dash(facts[SEVERITY]), or_dash(facts[TIER]),
             or_dash(facts[ASSIGNEE]));
}

/* Facts of a deadline's case, and then whether it is still in its index: two replies. */
static void ask_facts(struct cases_run *run, const struct deadline *deadline) {
    struct ctl *ctl = &run->ctl;
    const char *argv[FACTS + 2] = {"HMGET",
                                   ctl_key(ctl, "sla", deadline->shard,
                                           arena_printf(ctl->turn, "case:%s", deadline->case_id))};
    memcpy(argv + 2, shown, sizeof shown);
    argv[2 + STATE] = arena_printf(ctl->turn, "%s_state", deadline->target);
    redis_add(ctl->redis, FACTS + 2, argv, NULL);

    const char *index = arena_printf(ctl->turn, "by:%s_due", deadline->target);
    redis_addf(ctl->redis, 3, "ZSCORE", ctl_key(ctl, "sla", deadline->shard, index),
               deadline->case_id);
}

/* A case that is gone from Redis while its deadline stands there was lost: it is listed, for it may
 * be late. One that went with its deadline, after the index was read, is not. */
static void print_one(struct cases_run *run, const struct deadline *deadline,
                      const struct redis_reply *replies) {
    const char *facts[FACTS] = {NULL};
    for (int j = 0; j < FACTS && replies[0].kind == REDIS_LIST && j < replies[0].count; j++)
        facts[j] = replies[0].items[j].kind == REDIS_TEXT ? replies[0].items[j].text : NULL;
    bool lost = !facts[STATUS] && replies[1].kind == REDIS_TEXT;
    if (!lost && (!facts[STATUS] || !wanted(run, facts))) return;

    run->lost += lost;
    if (run->json)
        print_json(run, deadline, facts);
    else
        print_row(run, deadline, facts);
    run->printed++;
}

/* Asks for the facts of a batch of deadlines, and prints those that are wanted. */
static int print_batch(struct cases_run *run, const struct deadline *batch, int count) {
    struct redis_reply *replies;
    int got;

    for (int i = 0; i < count; i++) ask_facts(run, &batch[i]);
    int status = 0;
    if (count) status = ctl_exchange(&run->ctl, &replies, &got);
    for (int i = 0; i < count && !status && run->printed < run->limit; i++)
        print_one(run, &batch[i], &replies[2 * i]);
    return status;
}

static int print_all(struct cases_run *run, const struct texts *targets) {
    int64_t from_ms = 0;
    if (run->within_ms) from_ms = run->now_ms;
    int64_t to_ms = INT64_MAX / 1024;
    if (run->within_ms) to_ms = run->now_ms + run->within_ms;
    if (run->overdue) to_ms = run->now_ms - 1;
    int page =
        run->limit < PAGE_MAX && !run->class_pattern && !run->tier ? (int)run->limit : PAGE_MAX;
    struct deadlines *deadlines = deadlines_open(&run->ctl, targets, from_ms, to_ms, page);

    if (!deadlines) return EXIT_CANNOT_GO_ON;
    int more = 1;
    while (more && run->printed < run->limit) {
        struct deadline batch[BATCH];
        int count = 0;
        while (count < BATCH && (more = deadlines_next(deadlines, &batch[count])) > 0) count++;
        if (more < 0 || print_batch(run, batch, count)) return EXIT_CANNOT_GO_ON;
    }

    return 0;
}

/* What is to be said of the list: that there is none only when all of it could be looked at. */
static int conclude(struct cases_run *run) {
    if (!run->json && run->printed == run->limit)
        ctl_note("the first %lld; --limit shows more", (long long)run->limit);
    int status = ctl_view_tell(&run->view);
    if (run->lost > 0)
        status = ctl_fail(&run->ctl,
                          "%lld of these deadlines are of cases that Redis has lost: `redressctl "
                          "rebuild sla` makes the view anew",
                          (long long)run->lost);
    if (!status && !run->json && !run->printed) ctl_note("none");
    return status;
}

static int list(struct cases_run *run) {
    run->view = (struct ctl_view){.ctl = &run->ctl, .worker = "sla", .shard = CTL_VIEW_ALL};
    int status = ctl_view_look(&run->view);
    run->now_ms = run->view.now_ms;
    if (!status && run->target) status = deadlines_check_target(&run->view, run->target);
    if (!status) {
        struct texts targets =
            run->target ? (struct texts){&run->target, 1} : deadlines_find(&run->view);
        status = print_all(run, &targets);
    }
    if (!status) status = ctl_view_look(&run->view);
    if (!status) status = conclude(run);
    ctl_view_end(&run->view);

    return status;
}

/* A class that there is not would give an empty list. */
static int check_class(const struct cases_run *run) {
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(run->class_pattern, contract_classes[i])) return 0;

    struct suggest nearest = {.word = run->class_pattern};
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
    const struct ctl_option options[] = {
        {"--overdue", NULL, &run.overdue},     {"--due-within", &within, NULL},
        {"--class", &run.class_pattern, NULL}, {"--tier", &run.tier, NULL},
        {"--target", &run.target, NULL},       {"--limit", &limit, NULL},
        {"--json", NULL, &run.json},           {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status && run.overdue && within)
        status = ctl_usage(ctl, "--overdue and --due-within exclude each other");
    if (!status && within) status = ctl_duration(ctl, "--due-within", within, &run.within_ms);
    if (!status && limit) status = ctl_number(ctl, "--limit", limit, 1, LIMIT_MAX, &run.limit);
    if (!status && run.tier && !fields_choice_value(contract_tiers, run.tier))
        status = ctl_usage(ctl, "--tier \"%.40s\": expected regular, vip or svip", run.tier);
    if (!status && run.class_pattern) status = check_class(&run);
    if (!status) status = ctl_redis(ctl);
    if (!status) status = ctl_shards(ctl);
    if (!status) status = list(&run);
    buf_free(&run.line);
    ctl_close(ctl);

    return status;
}

const struct command ctl_cases = {
    .name = "cases",
    .usage = "cases [--overdue | --due-within TIME] [--class CLASS] [--tier TIER] [--target NAME] "
             "[--limit N] [--json]",
    .about = "open cases by deadline, the most urgent first",
    .options = "--overdue --due-within --class --tier --target --limit --json",
    .run = run_cases,
    .help = help_cases,
};
