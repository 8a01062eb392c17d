/* redressctl cohorts: orders at risk: those that are warned, those that wait for a person, and the
 * words by which he admits, refuses, confirms or ends them. Listed from Redis; said by an event. */
#include "base/clock.h"
#include "base/ids.h"
#include "redressctl/cases/cohorts.h"
#include "redressctl/cases/ctl_values.h"
#include "redressctl/cases/word.h"
#include "redressctl/help_texts.h"
#include "sight/sight_cohorts.h"

#include <inttypes.h>
#include <string.h>

struct cohorts_run {
    struct ctl ctl;
    bool waiting;
    const char *cohort_id;
    struct cohorts_word word;
    struct sight_cohorts found;
};

/* ---- Looking ---- */

static int read_found(struct sight *sight, void *found, int *lost_out) {
    struct sight_cohorts *cohorts = found;
    int rc = sight_cohorts_read(sight, cohorts);

    *lost_out = cohorts->lost;
    return rc;
}

static int read_all(struct cohorts_run *run) {
    return ctl_values_read(&run->ctl, read_found, &run->found);
}

static void print_json(const struct sight_cohort *cohort) {
    const struct sight_value value = {cohort->tenant, cohort->dimension, cohort->value,
                                      cohort->all};

    ctl_values_json(&value);
}

static void print_row(const struct sight_cohort *cohort, int64_t now_ms, bool first) {
    char span[CTL_SPAN_MAX];

    if (first)
        ctl_line("%-21s  %-7s %-9s %7s %7s %9s %-25s %s", "COHORT", "STATUS", "DIMENSION", "ORDERS",
                 "WARNED", "ENDS IN", "CLASS", "VALUE");
    ctl_line("%-21s  %-7s %-9s %7" PRId64 " %7" PRId64 " %9s %-25s %s", cohort->cohort_id,
             cohort->status, cohort->dimension ? cohort->dimension : "-", cohort->members,
             cohort->warned, ctl_span(cohort->ends_at - now_ms, span), cohort->class_name,
             cohort->value ? cohort->value : "-");
}

static int list_all(struct cohorts_run *run) {
    int status = read_all(run);
    int shown = 0;

    for (int i = 0; i < run->found.count; i++) {
        const struct sight_cohort *cohort = &run->found.at[i];
        if (run->waiting && strcmp(cohort->status, "waiting") != 0) continue;
        if (run->ctl.json)
            print_json(cohort);
        else
            print_row(cohort, clock_now_ms(), shown == 0);
        shown++;
    }
    if (!status && !shown && !run->ctl.json)
        ctl_note(run->waiting ? "no cohort waits" : "no cohort runs or waits");
    return status;
}

static int find(struct cohorts_run *run, const struct sight_cohort **cohort_out) {
    int status = read_all(run);

    *cohort_out = NULL;
    if (status) return status;
    *cohort_out = sight_cohorts_find(&run->found, run->cohort_id);
    if (*cohort_out) return 0;
    return ctl_fail(&run->ctl, "%.60s: no such cohort runs or waits", run->cohort_id);
}

static int show(struct cohorts_run *run) {
    const struct sight_cohort *cohort;
    int status = find(run, &cohort);

    if (!status) print_json(cohort);
    return status;
}

/* ---- Saying ---- */

static int say(struct cohorts_run *run, enum event_type type) {
    struct ctl *ctl = &run->ctl;
    struct buf event = {NULL, 0, 0};
    struct err err;
    char id[27];
    int status = 0;

    if (!run->word.by || !run->word.class_name)
        return ctl_usage(ctl, "expected --by%s", run->cohort_id ? "" : " and --class");
    word_make_id(run->word.class_name, run->word.by, id);
    if (cohorts_event(type, &run->word, id, clock_now_ms(), ctl->turn, &event, &err) < 0)
        status = ctl_usage(ctl, "%s", err.text);
    if (!status && !run->cohort_id) status = ctl_config(ctl);
    if (!status && word_send(&ctl->kafka, &event, ctl->turn, &err) < 0)
        status = ctl_fail(ctl, "not acknowledged by Kafka: %s", err.text);
    if (!status) {
        ctl_json(event.at, event.len);
        ctl_note("sent; `redressctl cohorts` shows what came of it");
    }
    buf_free(&event);
    return status;
}

/* About one that is listed: by the same match and class. */
static int say_about(struct cohorts_run *run, enum event_type type) {
    const struct sight_cohort *cohort;
    const char *by = run->word.by;
    int status = by ? find(run, &cohort) : ctl_usage(&run->ctl, "expected --by");

    if (status) return status;
    cohorts_word_about(cohort->all, cohort->tenant, &run->word);
    run->word.by = by;
    if (type == EVENT_COHORT_CONFIRMED && cohort->by && strcmp(cohort->by, by) == 0)
        return ctl_usage(&run->ctl, "--by %.60s found it himself: another person must approve", by);
    return say(run, type);
}

/* ---- The parts ---- */

static int run_part(struct cohorts_run *run, const char *part) {
    bool about = run->cohort_id != NULL;

    if (strcmp(part, "list") == 0 && !about) return list_all(run);
    if (strcmp(part, "show") == 0 && about) return show(run);
    if (strcmp(part, "approve") == 0 && about) return say_about(run, EVENT_COHORT_CONFIRMED);
    if (strcmp(part, "refuse") == 0 && about) return say_about(run, EVENT_COHORT_ENDED);
    if (strcmp(part, "confirm") == 0 && !about) return say(run, EVENT_COHORT_CONFIRMED);
    if (strcmp(part, "end") == 0 && !about) return say(run, EVENT_COHORT_ENDED);
    return ctl_usage(&run->ctl,
                     "expected list, show COHORT, approve COHORT, refuse COHORT, confirm "
                     "or end");
}

static int run_cohorts(int argc, char **argv) {
    struct cohorts_run run = {.ctl.command = &ctl_cohorts};
    struct cohorts_word *word = &run.word;
    const struct options_row options[] = {{"--waiting", NULL, &run.waiting},
                                          {"--tenant", &word->tenant, NULL},
                                          {"--carrier", &word->match.carrier, NULL},
                                          {"--warehouse", &word->match.warehouse, NULL},
                                          {"--sku", &word->match.sku, NULL},
                                          {"--batch", &word->match.batch, NULL},
                                          {"--lane", &word->match.lane, NULL},
                                          {"--placed-from", &word->placed_from, NULL},
                                          {"--placed-to", &word->placed_to, NULL},
                                          {"--class", &word->class_name, NULL},
                                          {"--by", &word->by, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc > 3) status = ctl_usage(&run.ctl, "unexpected argument \"%.60s\"", argv[3]);
    if (!status && argc > 2) run.cohort_id = argv[2];
    if (!status) status = run_part(&run, argc > 1 ? argv[1] : "list");
    ctl_close(&run.ctl);
    return status;
}

const struct command ctl_cohorts = {
    .name = "cohorts",
    .usage = "cohorts [list] [--waiting] [--json] | show COHORT [--json] | approve COHORT --by ID "
             "[--json] | refuse COHORT --by ID [--json] | confirm WHICH --class CLASS --by ID "
             "[--json] | "
             "end WHICH --class CLASS --by ID [--json]",
    .about = "orders at risk: who is warned, what waits for a person",
    .options =
        "list show approve refuse confirm end --waiting --json --by --class --lane --carrier "
        "--warehouse --sku --batch --placed-from --placed-to --tenant",
    .run = run_cohorts,
    .help = help_cohorts,
};
