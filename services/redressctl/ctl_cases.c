/* redressctl cases: running deadlines, each with a few facts of its case. */
#include "clock.h"
#include "contract.h"
#include "deadlines.h"

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
enum { STATUS, CLASS, SEVERITY, TIER, ASSIGNEE, TENANT, CHANNEL, OPENED, SHOWN, STATE = SHOWN, FACTS };

struct cases_run {
    struct ctl ctl;
    const char *class_pattern, *tier, *target;
    bool overdue, json;
    int64_t within_ms, limit, now_ms, printed;
    struct buf line;
};

/* "quality.damaged", or a dash. */
static const char *or_dash(const char *text) {
    return text && *text ? text : "-";
}

static bool wanted(const struct cases_run *run, const char *const *facts) {
    if (!facts[STATUS]) return false; /* the case went between the index and its hash */
    if (run->class_pattern && !contract_class_matches(run->class_pattern, facts[CLASS] ? facts[CLASS] : ""))
        return false;
    return !run->tier || (facts[TIER] && strcmp(run->tier, facts[TIER]) == 0);
}

static void print_json(struct cases_run *run, const struct deadline *deadline, const char *const *facts) {
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

static void print_row(struct cases_run *run, const struct deadline *deadline, const char *const *facts) {
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];
    if (run->printed == 0)
        ctl_line("%-24s %9s  %-18s %-9s %-21s %-9s %-25s %-3s %-7s %s", "DUE", "IN", "TARGET", "STATE", "CASE",
                 "STATUS", "CLASS", "SEV", "TIER", "ASSIGNEE");
    ctl_line("%-24s %9s  %-18s %-9s %-21s %-9s %-25s %-3s %-7s %s", clock_format(deadline->due_ms, time),
             ctl_span(deadline->due_ms - run->now_ms, span), deadline->target, or_dash(facts[STATE]), deadline->case_id,
             facts[STATUS], or_dash(facts[CLASS]), or_dash(facts[SEVERITY]), or_dash(facts[TIER]),
             or_dash(facts[ASSIGNEE]));
}

/* Asks for the facts of a batch of deadlines, and prints those that are wanted. */
static int print_batch(struct cases_run *run, const struct deadline *batch, int count) {
    struct ctl *ctl = &run->ctl;
    struct redis_reply *replies;
    int got;
    for (int i = 0; i < count; i++) {
        const char *argv[FACTS + 2] = {
            "HMGET", ctl_key(ctl, "sla", batch[i].shard, arena_printf(ctl->turn, "case:%s", batch[i].case_id))};
        memcpy(argv + 2, shown, sizeof shown);
        argv[2 + STATE] = arena_printf(ctl->turn, "%s_state", batch[i].target);
        redis_add(ctl->redis, FACTS + 2, argv, NULL);
    }
    int status = count ? ctl_exchange(ctl, &replies, &got) : 0;
    for (int i = 0; i < count && !status && run->printed < run->limit; i++) {
        const char *facts[FACTS] = {NULL};
        for (int j = 0; j < FACTS && replies[i].kind == REDIS_LIST && j < replies[i].count; j++)
            facts[j] = replies[i].items[j].kind == REDIS_TEXT ? replies[i].items[j].text : NULL;
        if (!wanted(run, facts)) continue;
        if (run->json)
            print_json(run, &batch[i], facts);
        else
            print_row(run, &batch[i], facts);
        run->printed++;
    }
    return status;
}

static int print_all(struct cases_run *run) {
    struct texts targets = run->target ? (struct texts){&run->target, 1} : deadlines_known_targets(&run->ctl);
    int64_t from_ms = run->within_ms ? run->now_ms : 0;
    int64_t to_ms = run->overdue ? run->now_ms - 1 : run->within_ms ? run->now_ms + run->within_ms : INT64_MAX / 1024;
    int page = run->limit < PAGE_MAX && !run->class_pattern && !run->tier ? (int)run->limit : PAGE_MAX;
    struct deadlines *deadlines = deadlines_open(&run->ctl, &targets, from_ms, to_ms, page);
    if (!deadlines) return EXIT_CANNOT_GO_ON;
    int more = 1;
    while (more && run->printed < run->limit) {
        struct deadline batch[BATCH];
        int count = 0;
        while (count < BATCH && (more = deadlines_next(deadlines, &batch[count])) > 0) count++;
        if (more < 0 || print_batch(run, batch, count)) return EXIT_CANNOT_GO_ON;
    }
    if (!run->json && run->printed == run->limit) ctl_note("the first %lld; --limit shows more", (long long)run->limit);
    if (!run->json && !run->printed) ctl_note("none");
    return 0;
}

static int run_cases(int argc, char **argv) {
    struct cases_run run = {.ctl.command = &ctl_cases, .limit = LIMIT, .now_ms = clock_now_ms()};
    struct ctl *ctl = &run.ctl;
    const char *within = NULL, *limit = NULL;
    const struct ctl_option options[] = {{"--overdue", NULL, &run.overdue},     {"--due-within", &within, NULL},
                                         {"--class", &run.class_pattern, NULL}, {"--tier", &run.tier, NULL},
                                         {"--target", &run.target, NULL},       {"--limit", &limit, NULL},
                                         {"--json", NULL, &run.json},           {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);
    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status && run.overdue && within) status = ctl_usage(ctl, "--overdue and --due-within exclude each other");
    if (!status && within) status = ctl_duration(ctl, "--due-within", within, &run.within_ms);
    if (!status && limit) status = ctl_number(ctl, "--limit", limit, 1, LIMIT_MAX, &run.limit);
    if (!status && run.tier && !fields_choice_value(contract_tiers, run.tier))
        status = ctl_usage(ctl, "--tier \"%.40s\": expected regular, vip or svip", run.tier);
    if (!status) status = ctl_redis(ctl);
    if (!status) status = ctl_shards(ctl);
    if (!status) status = print_all(&run);
    buf_free(&run.line);
    ctl_close(ctl);
    return status;
}

const struct command ctl_cases = {
    .name = "cases",
    .usage = "cases [--overdue | --due-within TIME] [--class CLASS] [--tier TIER] [--target NAME] [--limit N] [--json]",
    .about = "open cases by deadline, the most urgent first",
    .options = "--overdue --due-within --class --tier --target --limit --json",
    .run = run_cases,
    .help =
        "Lists the deadlines of open cases from Redis, over all shards, earliest first: one line a deadline, so a "
        "case\n"
        "with two stands there twice. A deadline that was missed stays in the list until the target is met or "
        "cancelled.\n"
        "A paused one has no due time and is not listed; `redressctl case` shows it.\n"
        "\n"
        "OPTIONS\n"
        "  --overdue           those whose time has passed\n"
        "  --due-within TIME   those due from now on within this time: 10m, 1h, 1d\n"
        "  --class CLASS       of this class; quality.* stands for all whose name begins so\n"
        "  --tier TIER         of customers of this tier: regular, vip or svip\n"
        "  --target NAME       this target only, such as first_contact. Without it: the targets of the contract, and\n"
        "                      those that REDRESS_POLICY_DIR/sla.yaml names\n"
        "  --limit N           at most N lines, 50 if not given\n"
        "  --json              JSON lines {case_id, target, due_at, overdue, state, status, class, severity, tier, "
        "...}\n"
        "\n"
        "EXAMPLES\n"
        "  redressctl cases --due-within 10m --tier svip\n"
        "  redressctl cases --overdue --json --limit 100000 | jq -r .case_id | sort -u\n"
        "\n"
        "EXIT STATUS\n"
        "  0   listed, also when there is none\n"
        "  64  usage\n"
        "  70  Redis does not answer, or no worker has run with it yet\n"
        "  78  bad settings\n",
};
