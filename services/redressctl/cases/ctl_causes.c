/* redressctl causes: what has begun to bring more complaints than usual, and the word by which
 * somebody says what he has done about it. Listed from Redis; said by an event. */
#include "base/clock.h"
#include "redressctl/cases/causes.h"
#include "redressctl/cases/ctl_values.h"
#include "redressctl/cases/word.h"
#include "redressctl/help_texts.h"
#include "sight/sight_causes.h"

#include <inttypes.h>
#include <string.h>

struct causes_run {
    struct ctl ctl;
    bool all;
    const char *party, *done, *by;
    const char *cause_id;
    struct sight_causes found;
};

/* ---- Looking ---- */

static int read_found(struct sight *sight, void *found, int *lost_out) {
    struct sight_causes *causes = found;
    int rc = sight_causes_read(sight, causes);

    *lost_out = causes->lost;
    return rc;
}

static int read_all(struct causes_run *run) {
    return ctl_values_read(&run->ctl, read_found, &run->found);
}

static void print_json(const struct sight_cause *cause) {
    const struct sight_value value = {cause->tenant, cause->dimension, cause->value, cause->all};

    ctl_values_json(&value);
}

static void print_row(const struct sight_cause *cause, int64_t now_ms, bool first) {
    char span[CTL_SPAN_MAX];

    if (first)
        ctl_line("%-21s  %-8s %-8s %10s %10s %9s %9s %-9s %-12s %-25s %s", "CAUSE", "STATUS",
                 "OUTCOME", "COMPLAINTS", "IN 1 000", "USUAL", "AGE", "DIMENSION", "PARTY", "CLASS",
                 "VALUE");
    ctl_line("%-21s  %-8s %-8s %10" PRId64 " %10.1f %9.1f %9s %-9s %-12s %-25s %s", cause->cause_id,
             cause->status, cause->outcome ? cause->outcome : "-", cause->complaints, cause->rate,
             cause->usual_rate, ctl_span(now_ms - cause->at, span),
             cause->dimension ? cause->dimension : "-", cause->party ? cause->party : "-",
             cause->class_name, cause->value ? cause->value : "-");
}

static bool is_wanted(const struct causes_run *run, const struct sight_cause *cause) {
    if (!run->all && strcmp(cause->status, "over") == 0) return false;
    return !run->party || (cause->party && strcmp(cause->party, run->party) == 0);
}

static int list_all(struct causes_run *run) {
    int status = read_all(run);
    int shown = 0;

    for (int i = 0; i < run->found.count; i++) {
        if (!is_wanted(run, &run->found.at[i])) continue;
        if (run->ctl.json)
            print_json(&run->found.at[i]);
        else
            print_row(&run->found.at[i], clock_now_ms(), shown == 0);
        shown++;
    }
    if (!status && !shown && !run->ctl.json) ctl_note("no cause has risen");
    return status;
}

static int find(struct causes_run *run, const struct sight_cause **cause_out) {
    int status = read_all(run);

    *cause_out = NULL;
    if (status) return status;
    *cause_out = sight_causes_find(&run->found, run->cause_id);
    if (*cause_out) return 0;
    return ctl_fail(&run->ctl, "%.60s: no such cause", run->cause_id);
}

static int show(struct causes_run *run) {
    const struct sight_cause *cause;
    int status = find(run, &cause);

    if (!status) print_json(cause);
    return status;
}

/* ---- Saying ---- */

static int send(struct causes_run *run, const struct causes_word *word) {
    struct ctl *ctl = &run->ctl;
    struct buf event = {NULL, 0, 0};
    struct err err;
    char id[27];
    int status = 0;

    word_make_id(run->cause_id, run->by, id);
    if (causes_event(word, id, clock_now_ms(), ctl->turn, &event, &err) < 0)
        status = ctl_usage(ctl, "%s", err.text);
    if (!status && word_send(&ctl->kafka, &event, ctl->turn, &err) < 0)
        status = ctl_fail(ctl, "not acknowledged by Kafka: %s", err.text);
    if (!status) {
        ctl_json(event.at, event.len);
        ctl_note("sent; in a week `redressctl causes show %s` says what came of it", run->cause_id);
    }
    buf_free(&event);
    return status;
}

/* About one that is listed, and not over. */
static int answer(struct causes_run *run) {
    const struct sight_cause *cause;
    int status = 0;

    if (!run->by || !run->done) return ctl_usage(&run->ctl, "expected --done and --by");
    status = find(run, &cause);
    if (status) return status;
    if (strcmp(cause->status, "over") == 0)
        return ctl_fail(&run->ctl, "%.60s is over", run->cause_id);
    const struct causes_word word = {.tenant = cause->tenant,
                                     .dimension = cause->dimension,
                                     .value = cause->value,
                                     .class_name = cause->class_name,
                                     .note = run->done,
                                     .by = run->by};
    return send(run, &word);
}

/* ---- The parts ---- */

static int run_part(struct causes_run *run, const char *part) {
    bool about = run->cause_id != NULL;

    if (strcmp(part, "list") == 0 && !about) return list_all(run);
    if (strcmp(part, "show") == 0 && about) return show(run);
    if (strcmp(part, "answer") == 0 && about) return answer(run);
    return ctl_usage(&run->ctl, "expected list, show CAUSE or answer CAUSE");
}

static int run_causes(int argc, char **argv) {
    struct causes_run run = {.ctl.command = &ctl_causes};
    const struct options_row options[] = {{"--all", NULL, &run.all},
                                          {"--party", &run.party, NULL},
                                          {"--done", &run.done, NULL},
                                          {"--by", &run.by, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc > 3) status = ctl_usage(&run.ctl, "unexpected argument \"%.60s\"", argv[3]);
    if (!status && argc > 2) run.cause_id = argv[2];
    if (!status) status = run_part(&run, argc > 1 ? argv[1] : "list");
    ctl_close(&run.ctl);
    return status;
}

const struct command ctl_causes = {
    .name = "causes",
    .usage =
        "causes [list] [--all] [--party ROLE] [--json] | show CAUSE [--json] | answer CAUSE --done "
        "TEXT --by ID [--json]",
    .about = "what brings more complaints than usual, and what was done about it",
    .options = "list show answer --all --party --json --done --by",
    .run = run_causes,
    .help = help_causes,
};
