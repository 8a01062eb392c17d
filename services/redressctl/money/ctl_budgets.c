/* redressctl budgets: how much of each budget is used, from the claims that count it. */
#include "base/clock.h"
#include "compensation/compensation.h"
#include "compensation/duty_policy.h"
#include "compensation/offer_policy.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_policy.h"
#include "runtime/claim_store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct budget_row {
    const char *name, *tenant, *period, *currency, *key;
    int64_t limit, used;
};
struct budgets_run {
    struct ctl ctl;
    const struct offer_policy *policy;
    const char *dir, *tenant;
    bool json;
    struct budget_row *rows;
    int count;
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

static void add_row(struct budgets_run *run, const struct duty_budget *budget, const char *tenant) {
    int digits;
    const struct tree *limit = duty_budget_limit(budget, &digits);
    struct budget_row *row = &run->rows[run->count];

    if (budget->tenant.count > 0 && !texts_has(&budget->tenant, tenant)) return;
    *row = (struct budget_row){
        .name = duty_budget_name(budget),
        .tenant = tenant,
        .period = duty_budget_period(run->policy, clock_now_ms(), digits, run->ctl.arena),
        .currency = offer_policy_currency(limit)};
    row->limit = offer_policy_amount(limit, row->currency);
    row->key = duty_budget_key(row->name, tenant, row->currency, row->period, run->ctl.arena);
    run->count++;
}

static void make_rows(struct budgets_run *run) {
    const struct duty_budget *budgets = run->policy->budgets.at;
    struct texts tenants = tenants_of(run);

    run->rows = arena_alloc(run->ctl.arena, ((size_t)tenants.count + 1) *
                                                ((size_t)run->policy->budgets.count + 1) *
                                                sizeof *run->rows);
    for (int i = 0; i < run->policy->budgets.count; i++)
        for (int t = 0; t < tenants.count; t++) add_row(run, &budgets[i], tenants.at[t]);
}

/* A sum means nothing where its tag's marker is gone: claims are restored first. */
static int ask_used(struct budgets_run *run) {
    struct ctl *ctl = &run->ctl;
    const char *prefix = ctl->kafka.config->topic_prefix;
    struct redis_reply *replies;
    int count;

    for (int i = 0; i < run->count; i++) {
        const char *key = run->rows[i].key;
        redis_addf(ctl->redis, 2, "GET", claim_store_marker(prefix, key, ctl->arena));
        redis_addf(ctl->redis, 3, "HGET", claim_store_key(prefix, key, ctl->arena), "s");
    }
    int status = run->count ? ctl_exchange(ctl, &replies, &count) : 0;
    for (int i = 0; i < run->count && !status; i++) {
        if (replies[2 * i + 1].kind == REDIS_TEXT)
            run->rows[i].used = strtoll(replies[2 * i + 1].text, NULL, 10);
        else if (replies[2 * i].kind != REDIS_TEXT)
            status = ctl_fail(ctl, "Redis has no claims, or lost them: the workers restore them "
                                   "with their next decision");
    }

    return status;
}

static void print_json(const struct budget_row *row) {
    const char *const texts[] = {"budget", row->name,   "tenant",   row->tenant,
                                 "period", row->period, "currency", row->currency};
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_begin_map(&out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i += 2) {
        json_key(&out, texts[i]);
        json_text(&out, texts[i + 1]);
    }
    json_key(&out, "used_minor");
    json_int(&out, row->used);
    json_key(&out, "limit_minor");
    json_int(&out, row->limit);
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static void print_rows(const struct budgets_run *run) {
    if (!run->json && run->count)
        ctl_line("%-24s %-16s %-8s %15s %15s %15s %s", "BUDGET", "TENANT", "PERIOD", "USED (MINOR)",
                 "LIMIT", "LEFT", "CURRENCY");
    for (int i = 0; i < run->count; i++) {
        const struct budget_row *row = &run->rows[i];
        int64_t left = row->limit - row->used;
        if (run->json)
            print_json(row);
        else
            ctl_line("%-24s %-16s %-8s %15" PRId64 " %15" PRId64 " %15" PRId64 " %s", row->name,
                     row->tenant, row->period, row->used, row->limit, left, row->currency);
    }
    if (!run->count) ctl_note("compensation.yaml has no budgets");
}

static int run_budgets(int argc, char **argv) {
    struct budgets_run run = {.ctl.command = &ctl_budgets};
    struct ctl *ctl = &run.ctl;
    const struct options_row options[] = {{"--tenant", &run.tenant, NULL},
                                          {"--policies", &run.dir, NULL},
                                          {"--json", NULL, &run.json},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status) status = ctl_redis(ctl);
    if (!status) run.policy = ctl_policy_load(&compensation_spec, run.dir, ctl->arena);
    if (!status && !run.policy) status = EXIT_BAD_CONFIG;
    if (!status) {
        make_rows(&run);
        status = ask_used(&run);
    }
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
