/* redressctl approvals, approve, reject: the compensation queue. Listed from Redis; decided by an
 * event, so that whatever the queue showed, the worker judges what it finds. */
#include "base/clock.h"
#include "base/ids.h"
#include "contract/contract.h"
#include "redressctl/cases/approvals.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/cases/word.h"
#include "redressctl/help_texts.h"
#include "sight/sight_approvals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT = 50 /* a screenful */
};

struct approvals_run {
    struct ctl ctl;
    const char *role;
    int64_t limit;
    struct sight_approvals found;
    struct sight_view view;
};

static const char *or_dash(const char *text) {
    if (text && *text) return text;
    return "-";
}

static void print_row(const struct sight_waiting *waiting, int64_t now_ms, bool first) {
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX], cost[24] = "-";

    if (first)
        ctl_line("%-24s %9s  %-25s %-11s %-8s %14s %-25s %-3s %s", "APPROVE BY", "IN", "PROPOSAL",
                 "NEEDS", "COUNTED", "COST (MINOR)", "CLASS", "SEV", "TIER");
    if (waiting->cost_minor) snprintf(cost, sizeof cost, "%" PRId64, waiting->cost_minor);
    ctl_line("%-24s %9s  %-25s %-11s %3" PRId64 " of %-2" PRId64 " %10s %-3s %-25s %-3s %s",
             clock_format(waiting->approve_by, time), ctl_span(waiting->approve_by - now_ms, span),
             or_dash(waiting->proposal_id), waiting->role, waiting->approvals, waiting->required,
             cost, or_dash(waiting->currency), or_dash(waiting->class_name),
             or_dash(waiting->severity), or_dash(waiting->tier));
}

static void print_queue(const struct approvals_run *run) {
    int64_t now_ms = clock_now_ms();

    for (int i = 0; i < run->found.count; i++) {
        if (run->ctl.json)
            ctl_json_row(&sight_waiting_table, &run->found.at[i]);
        else
            print_row(&run->found.at[i], now_ms, i == 0);
    }
}

/* That nothing waits is said only when all of it could be looked at. */
static int conclude(struct approvals_run *run) {
    int status = ctl_sight(&run->ctl, sight_view_look(&run->view));

    if (!status) status = ctl_sight_tell(&run->ctl, &run->view);
    if (run->found.lost > 0)
        status = ctl_fail(&run->ctl,
                          "Redis has lost %d proposals that wait: `redressctl rebuild "
                          "compensation` makes the view anew",
                          run->found.lost);
    if (!status && !run->found.count && !run->ctl.json) ctl_note("nothing awaits approval");
    return status;
}

static int list_queue(struct approvals_run *run) {
    struct sight *sight = &run->ctl.sight;
    run->view = (struct sight_view){.sight = sight, .worker = "compensation", .shard = SIGHT_ALL};
    int status = ctl_sight(&run->ctl, sight_view_look(&run->view));

    if (!status)
        status =
            ctl_sight(&run->ctl, sight_approvals_read(sight, run->role, run->limit, &run->found));
    if (!status) print_queue(run);
    if (!status) status = conclude(run);
    sight_view_end(&run->view);

    return status;
}

static int run_approvals(int argc, char **argv) {
    struct approvals_run run = {.ctl.command = &ctl_approvals, .limit = LIMIT};
    struct ctl *ctl = &run.ctl;
    const char *limit = NULL;
    const struct options_row options[] = {
        {"--role", &run.role, NULL}, {"--limit", &limit, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status && limit)
        status = ctl_number(ctl, "--limit", limit, 1, SIGHT_APPROVALS_MAX, &run.limit);
    if (!status && run.role && !fields_choice_value(contract_roles, run.role))
        status = ctl_usage(ctl, "--role \"%.40s\": expected agent, supervisor, manager or finance",
                           run.role);
    if (!status) status = ctl_redis(ctl);
    if (!status) status = ctl_shards(ctl);
    if (!status) status = list_queue(&run);
    ctl_close(ctl);

    return status;
}

/* ---- Deciding ---- */

static int decide(const struct command *command, enum event_type type, bool needs_reason, int argc,
                  char **argv) {
    struct ctl ctl = {.command = command};
    struct approvals_decision decision = {.proposal_id = NULL};
    struct buf event = {NULL, 0, 0};
    struct err err;
    char id[27];
    const struct options_row options[] = {
        {"--actor", &decision.actor, NULL},     {"--role", &decision.role, NULL},
        {"--comment", &decision.comment, NULL}, {"--option", &decision.option, NULL},
        {"--reason", &decision.reason, NULL},   {NULL, NULL, NULL}};
    int status = ctl_options(&ctl, options, &argc, argv);

    if (!status && argc != 2) status = ctl_usage(&ctl, "expected one PROPOSAL");
    if (!status && (!decision.actor || !decision.role))
        status = ctl_usage(&ctl, "expected --actor and --role");
    if (!status && needs_reason != (decision.reason != NULL))
        status = ctl_usage(&ctl, needs_reason ? "expected --reason"
                                              : "--reason belongs to reject; here it is --comment");
    if (!status) {
        decision.proposal_id = argv[1];
        word_make_id(decision.proposal_id, decision.actor, id);
        if (approvals_event(type, &decision, id, clock_now_ms(), ctl.turn, &event, &err) < 0)
            status = ctl_usage(&ctl, "%s", err.text);
    }
    if (!status) status = ctl_config(&ctl);
    if (!status && word_send(&ctl.kafka, &event, ctl.turn, &err) < 0)
        status = ctl_fail(&ctl, "not acknowledged by Kafka: %s", err.text);
    if (!status) {
        ctl_json(event.at, event.len);
        ctl_note("sent; `redressctl case %.*s` shows what came of it", IDS_CASE_LEN,
                 decision.proposal_id);
    }
    buf_free(&event);
    ctl_close(&ctl);

    return status;
}

static int run_approve(int argc, char **argv) {
    return decide(&ctl_approve, EVENT_DECISION_APPROVED, false, argc, argv);
}

static int run_reject(int argc, char **argv) {
    return decide(&ctl_reject, EVENT_DECISION_REJECTED, true, argc, argv);
}

const struct command ctl_approvals = {
    .name = "approvals",
    .usage = "approvals [--role ROLE] [--limit N] [--json]",
    .about = "compensation proposals that await approval",
    .options = "--role --limit --json",
    .run = run_approvals,
    .help = help_approvals,
};

const struct command ctl_approve = {
    .name = "approve",
    .usage = "approve PROPOSAL --actor ID --role ROLE [--option OPTION] [--comment TEXT] "
             "[--json]",
    .about = "approve a compensation proposal",
    .options = "--actor --role --option --comment --json",
    .run = run_approve,
    .help = help_approve,
};

const struct command ctl_reject = {
    .name = "reject",
    .usage =
        "reject PROPOSAL --actor ID --role ROLE --reason TEXT [--option OPTION] [--comment TEXT] "
        "[--json]",
    .about = "reject a compensation proposal",
    .options = "--actor --role --reason --option --comment --json",
    .run = run_reject,
    .help = help_reject,
};
