/* redressctl recoveries: what parties owe for orders of a month, from the claims that sum it up. */
#include "base/clock.h"
#include "compensation/compensation.h"
#include "compensation/duty_policy.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_policy.h"
#include "sight/sight_recoveries.h"

#include <inttypes.h>
#include <string.h>

struct recoveries_run {
    struct ctl ctl;
    const struct offer_policy *policy;
    const char *dir;
    struct sight_recoveries of;
    struct parts rows; /* struct sight_recovery */
};

static int read_rows(struct recoveries_run *run) {
    struct ctl *ctl = &run->ctl;

    if (!run->of.period)
        run->of.period =
            duty_budget_period(run->policy, clock_now_ms(), DUTY_MONTH_DIGITS, ctl->arena);
    return ctl_sight(ctl, sight_recoveries_read(&ctl->sight, run->policy, &run->of, &run->rows));
}

static const char *sum_text(const struct recoveries_run *run, const struct sight_recovery *row,
                            int64_t minor) {
    if (row->lost) return "?";
    return arena_printf(run->ctl.arena, "%" PRId64, minor);
}

static void print_line(const struct recoveries_run *run, const struct sight_recovery *row) {
    int64_t open = row->claimed_minor - row->paid_minor;
    const char *carrier = "all";

    if (row->carrier) carrier = row->carrier;
    ctl_line("%-16s %-16s %-16s %-8s %15s %15s %15s %s", row->party, carrier, row->tenant,
             row->period, sum_text(run, row, row->claimed_minor),
             sum_text(run, row, row->paid_minor), sum_text(run, row, open), row->currency);
}

/* Rows that are lost are shown as such. */
static int print_rows(struct recoveries_run *run) {
    const struct sight_recovery *rows = run->rows.at;
    bool lost = false;

    if (!run->ctl.json && run->rows.count)
        ctl_line("%-16s %-16s %-16s %-8s %15s %15s %15s %s", "PARTY", "CARRIER", "TENANT", "MONTH",
                 "CLAIMED (MINOR)", "PAID", "OPEN", "CURRENCY");
    for (int i = 0; i < run->rows.count; i++) {
        lost = lost || rows[i].lost;
        if (run->ctl.json)
            ctl_json_row(&sight_recovery_table, &rows[i]);
        else
            print_line(run, &rows[i]);
    }
    if (!run->rows.count) ctl_note("compensation.yaml has no rows of `recovery`");
    if (lost)
        return ctl_fail(&run->ctl, "Redis has no claims, or lost them, where there is a question "
                                   "mark: the workers restore them with their next decision");
    return 0;
}

/* YYYYMM. */
static bool is_month(const char *text) {
    if (strlen(text) != DUTY_MONTH_DIGITS || strspn(text, "0123456789") != DUTY_MONTH_DIGITS)
        return false;
    return strcmp(text + 4, "01") >= 0 && strcmp(text + 4, "12") <= 0;
}

static int run_recoveries(int argc, char **argv) {
    struct recoveries_run run = {.ctl.command = &ctl_recoveries, .of.tenant = "default"};
    struct ctl *ctl = &run.ctl;
    const struct options_row options[] = {{"--tenant", &run.of.tenant, NULL},
                                          {"--carrier", &run.of.carrier, NULL},
                                          {"--month", &run.of.period, NULL},
                                          {"--policies", &run.dir, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status && run.of.period && !is_month(run.of.period))
        status = ctl_usage(ctl, "--month: \"%.60s\", expected YYYYMM", run.of.period);
    if (!status) status = ctl_redis(ctl);
    if (!status) run.policy = ctl_policy_load(&compensation_spec, run.dir, ctl->arena);
    if (!status && !run.policy) status = EXIT_BAD_CONFIG;
    if (!status) status = read_rows(&run);
    if (!status) status = print_rows(&run);
    ctl_close(ctl);

    return status;
}

const struct command ctl_recoveries = {
    .name = "recoveries",
    .usage = "recoveries [--month YYYYMM] [--carrier NAME] [--tenant NAME] [--policies DIR] "
             "[--json]",
    .about = "what carriers and others owe for orders of a month, and have paid",
    .help = help_recoveries,
    .options = "--month --carrier --tenant --policies --json",
    .run = run_recoveries,
};
