/* redressctl budgets: how much of each budget is used, from the claims that count it. */
#include "base/clock.h"
#include "compensation/compensation.h"
#include "compensation/duty_policy.h"
#include "compensation/offer_policy.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_policy.h"
#include "sight/sight_budgets.h"

#include <inttypes.h>
#include <string.h>

struct budgets_run {
    struct ctl ctl;
    const struct offer_policy *policy;
    const char *dir, *tenant;
    struct parts rows; /* struct sight_budget */
};

/* Those of whom something is known. */
static struct texts tenants_of(const struct budgets_run *run) {
    const struct duty_budget *budgets = run->policy->budgets.at;
    struct texts tenants = {0};

    texts_add(&tenants, run->tenant ? run->tenant : "default", run->ctl.arena);
    for (int i = 0; i < run->policy->budgets.count && !run->tenant; i++)
        for (int j = 0; j < budgets[i].tenant.count; j++)
            if (!texts_has(&tenants, budgets[i].tenant.at[j]))
                texts_add(&tenants, budgets[i].tenant.at[j], run->ctl.arena);
    return tenants;
}

static int read_rows(struct budgets_run *run) {
    struct texts tenants = tenants_of(run);
    const struct sight_budget *rows;
    int status = ctl_sight(&run->ctl, sight_budgets_read(&run->ctl.sight, run->policy, &tenants,
                                                         clock_now_ms(), &run->rows));

    rows = run->rows.at;
    for (int i = 0; i < run->rows.count && !status; i++)
        if (rows[i].lost)
            status = ctl_fail(&run->ctl, "Redis has no claims, or lost them: the workers restore "
                                         "them with their next decision");
    return status;
}

static void print_rows(const struct budgets_run *run) {
    const struct sight_budget *rows = run->rows.at;

    if (!run->ctl.json && run->rows.count)
        ctl_line("%-24s %-16s %-8s %15s %15s %15s %s", "BUDGET", "TENANT", "PERIOD", "USED (MINOR)",
                 "LIMIT", "LEFT", "CURRENCY");
    for (int i = 0; i < run->rows.count; i++) {
        const struct sight_budget *row = &rows[i];
        int64_t left = row->limit_minor - row->used_minor;
        if (run->ctl.json)
            ctl_json_row(&sight_budget_table, row);
        else
            ctl_line("%-24s %-16s %-8s %15" PRId64 " %15" PRId64 " %15" PRId64 " %s", row->budget,
                     row->tenant, row->period, row->used_minor, row->limit_minor, left,
                     row->currency);
    }
    if (!run->rows.count) ctl_note("compensation.yaml has no budgets");
}

static int run_budgets(int argc, char **argv) {
    struct budgets_run run = {.ctl.command = &ctl_budgets};
    struct ctl *ctl = &run.ctl;
    const struct options_row options[] = {
        {"--tenant", &run.tenant, NULL}, {"--policies", &run.dir, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status) status = ctl_redis(ctl);
    if (!status) run.policy = ctl_policy_load(&compensation_spec, run.dir, ctl->arena);
    if (!status && !run.policy) status = EXIT_BAD_CONFIG;
    if (!status) status = read_rows(&run);
    if (!status) print_rows(&run);
    ctl_close(ctl);

    return status;
}

const struct command ctl_budgets = {
    .name = "budgets",
    .usage = "budgets [--tenant NAME] [--policies DIR] [--json]",
    .about = "how much of each budget is used",
    .help = help_budgets,
    .options = "--tenant --policies --json",
    .run = run_budgets,
};
