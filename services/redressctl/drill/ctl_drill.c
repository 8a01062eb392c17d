/* redressctl drill: a case in accelerated time, and what was done for it, scored. */
#include "base/clock.h"
#include "redressctl/ctl.h"
#include "redressctl/drill/drill.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_policy.h"

#include <inttypes.h>
#include <string.h>

static const char *at(int64_t ms, char text[CLOCK_TEXT_MAX]) {
    if (!ms) return "-";
    return clock_format(ms, text);
}

static void print_promises(const struct drill_result *result) {
    const struct drill_promise *promises = result->promises.at;
    char began[CLOCK_TEXT_MAX], due[CLOCK_TEXT_MAX], met[CLOCK_TEXT_MAX];

    ctl_page("\n");
    ctl_line("%-9s %-20s %-24s %-24s %s", "PROMISES", "TARGET", "FROM", "DUE", "MET");
    for (int i = 0; i < result->promises.count; i++)
        ctl_line("%-9s %-20s %-24s %-24s %s", promises[i].verdict, promises[i].target,
                 at(promises[i].began_at, began), at(promises[i].due_at, due),
                 at(promises[i].met_at, met));
}

static void print_offers(const struct drill_result *result) {
    const struct drill_offer *offers = result->offers.at;
    char time[CLOCK_TEXT_MAX];
    if (!result->offers.count) return;

    ctl_page("\n");
    ctl_line("%-9s %-20s %-24s %-12s %s", "OFFERS", "BY", "MADE", "APPROVED BY",
             "COST (MINOR UNITS)");
    for (int i = 0; i < result->offers.count; i++) {
        const struct drill_offer *offer = &offers[i];
        const char *notes = "";
        if (offer->above) notes = ", more than the policy offered";
        if (offer->undecided) notes = ", nobody decided in time";
        ctl_line("%-9s %-20s %-24s %-12s %s %" PRId64 "%s", offer->outcome, offer->by,
                 at(offer->at, time), offer->needs ? offer->needs : "policy", offer->cost.currency,
                 offer->cost.minor, notes);
    }
}

static void print_decisions(const struct drill_result *result) {
    const struct drill_decision *decisions = result->decisions.at;
    char time[CLOCK_TEXT_MAX];
    if (!result->decisions.count) return;

    ctl_page("\n");
    ctl_line("%-30s %-24s %-16s %s", "DECISIONS", "AT", "BY", "OUTCOME");
    for (int i = 0; i < result->decisions.count; i++)
        ctl_line("%-30s %-24s %-16s %s", decisions[i].type, at(decisions[i].at, time),
                 decisions[i].actor ? decisions[i].actor : "-", decisions[i].outcome);
}

static void print_people(const struct drill_result *result) {
    ctl_line("CASE %s  %s %s, %s", result->case_id, result->class_name ? result->class_name : "-",
             result->severity ? result->severity : "-", result->status);
    print_promises(result);
    print_offers(result);
    print_decisions(result);
    ctl_page("\n");
    if (!result->scored) {
        ctl_line("SCORE: none, for nothing was due yet");
        return;
    }
    ctl_line("SCORE %" PRId64 " of 100: %" PRId64 "%s points of %" PRId64, result->score,
             result->points / 2, result->points % 2 ? ".5" : "", result->possible / 2);
}

static int run(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_drill};
    struct drill_result result;
    const char *dir = NULL;
    const char *until = NULL;
    int64_t until_ms = 0;
    const struct options_row options[] = {
        {"--policies", &dir, NULL}, {"--until", &until, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(&ctl, options, &argc, argv);

    if (!status && argc != 2) status = ctl_usage(&ctl, "expected one FILE");
    if (!status && until) status = ctl_time(&ctl, "--until", until, &until_ms);
    if (!status) dir = ctl_policy_dir(dir, ctl.arena);
    if (!status && !dir) status = EXIT_BAD_CONFIG;
    if (!status) status = drill_play(argv[1], dir, until_ms, ctl.arena, &result);
    if (!status && ctl.json) ctl_json_row(&drill_result_table, &result);
    if (!status && !ctl.json) print_people(&result);
    ctl_close(&ctl);

    return status;
}

const struct command ctl_drill = {
    .name = "drill",
    .usage = "drill [--policies DIR] [--until TIME] [--json] FILE",
    .about = "plays a case in accelerated time, and scores what was done for it",
    .options = "--policies --until --json",
    .run = run,
    .help = help_drill,
    .offline = true,
};
