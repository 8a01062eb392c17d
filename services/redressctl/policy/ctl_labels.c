/* redressctl labels: what agents corrected, as labels to train on: from the case log itself, or
 * from lines of it. */
#include "redressctl/policy/ctl_labels.h"
#include "base/clock.h"
#include "base/file.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/ctl_log.h"
#include "redressctl/policy/labels.h"

#include <inttypes.h>
#include <string.h>

enum { EVENT_BYTES_MAX = 1 << 20 }; /* a line of the case log: a submission of 64 KiB, escaped */

struct run {
    struct ctl ctl;
    struct labels *labels;
    int given, erased;
};

static void write_label(const struct label *label) {
    struct buf line = {0};
    struct json_out out = {&line, false};

    json_begin_map(&out);
    json_key(&out, "case_id");
    json_text(&out, label->case_id);
    json_key(&out, "text");
    json_text(&out, label->text);
    json_key(&out, "class");
    json_text(&out, label->class_name);
    json_end_map(&out);
    ctl_json(line.at, line.len);
    buf_free(&line);
}

static int note(void *context, const struct event *ev, struct err *err) {
    struct run *run = context;
    return labels_note(run->labels, ev, err);
}

static int give(void *context, const struct event *ev, struct err *err) {
    struct run *run = context;
    struct label label;
    enum labels_answer answer = labels_at(run->labels, ev, &label);

    if (answer == LABELS_GIVEN) write_label(&label);
    run->given += answer == LABELS_GIVEN;
    run->erased += answer == LABELS_ERASED;
    if (ctl_flush() == 0) return 0;
    return err_set(err, "the labels cannot be written");
}

static int read_log(struct run *run) {
    const struct ctl_log_reading first = {labels_notes, note, run},
                                 second = {labels_opens, give, run};
    int status = ctl_config(&run->ctl);
    if (!status) status = ctl_log_read(&run->ctl, &first);
    if (!status && labels_corrected(run->labels) > 0) status = ctl_log_read(&run->ctl, &second);
    return status;
}

/* A whole number of an event, such as its offset; `absent` where there is none. */
static int64_t number_of(const struct tree *event, const char *key, int64_t absent) {
    const struct tree *node = tree_get(event, key);
    if (node != NULL && node->kind == TREE_INT) return node->num;
    return absent;
}

/* A line of `redressctl events --json`, or any structured CloudEvent. One without a time is ordered
 * by its line. */
static int read_event(const struct file_line *line, struct arena *arena, struct event *out,
                      struct err *err) {
    const struct json_limits limits = {EVENT_BYTES_MAX, 18,
                                       8192}; /* a submission's limits within an envelope */
    const struct tree *event;
    struct raw *raw = ARENA_NEW(arena, struct raw);

    if (json_read(arena, line->at, line->len, &limits, &event, err) != JSON_OK) return -1;
    const char *time = tree_text(event, "time");
    *out = (struct event){
        .raw = raw, .type = tree_text(event, "type"), .data = tree_get(event, "data")};
    if (out->type == NULL || out->data == NULL)
        return err_set(err, "expected an event with type and data");
    if (time != NULL && clock_parse(time, &out->time_ms) != 0)
        return err_set(err, "time \"%.40s\": expected RFC 3339, such as 2026-11-22T08:00:00+08:00",
                       time);
    out->sequence = number_of(event, "sequence", EVENT_NO_SEQUENCE);
    raw->partition = (int)number_of(event, "partition", 0);
    raw->offset = number_of(event, "offset", line->number);

    return 0;
}

/* One reading of the lines; says what is wrong with them when asked. Returns how many are bad. */
static int read_lines(struct run *run, const struct ctl_log_reading *reading, const char *path,
                      const char *bytes, size_t len, bool say) {
    int bad = 0;
    struct file_line line = {0};

    for (const char *at = bytes; file_next_line(&at, bytes + len, &line);) {
        struct event ev;
        struct err err;
        int status = read_event(&line, run->ctl.turn, &ev, &err);
        if (status == 0 && reading->wants(ev.type)) status = reading->each(run, &ev, &err);
        if (status != 0 && say)
            ctl_error("labels", "%s:%" PRId64 ": %s", path, line.number, err.text);
        bad += status != 0;
        arena_reset(run->ctl.turn);
    }

    return bad;
}

static int read_file(struct run *run, const char *path) {
    const struct ctl_log_reading first = {labels_notes, note, run},
                                 second = {labels_opens, give, run};
    const char *bytes;
    size_t len;
    struct err err;

    if (file_read(run->ctl.arena, path, CTL_LABELS_FILE_MAX, &bytes, &len, &err) != 0)
        return ctl_fail(&run->ctl, "%s", err.text);
    int bad = read_lines(run, &first, path, bytes, len, true);
    read_lines(run, &second, path, bytes, len, false);

    if (bad > 0) return EXIT_CANNOT_GO_ON;
    return EXIT_OK;
}

static void report(const struct run *run) {
    struct buf words = {NULL, 0, 0};

    buf_printf(&words, "%d labels", run->given);
    if (run->erased > 0) buf_printf(&words, "; %d texts of erased customers left out", run->erased);
    if (labels_missing(run->labels) > 0)
        buf_printf(&words, "; %d corrected cases were opened before what is there",
                   labels_missing(run->labels));
    ctl_note("%s", words.at);
    buf_free(&words);
}

static int run_labels(int argc, char **argv) {
    struct run run = {.ctl.command = &ctl_labels};
    const char *since = NULL;
    int64_t since_ms = INT64_MIN;
    const struct options_row options[] = {{"--since", &since, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc > 2) status = ctl_usage(&run.ctl, "expected at most one file of EVENTS");
    if (!status && since != NULL && clock_parse(since, &since_ms) != 0)
        status = ctl_usage(
            &run.ctl, "--since \"%.40s\": expected RFC 3339, such as 2026-11-22T08:00:00+08:00",
            since);
    if (!status) {
        run.labels = labels_new(run.ctl.arena, since_ms);
        if (argc == 2)
            status = read_file(&run, argv[1]);
        else
            status = read_log(&run);
        if (!status || run.given > 0) report(&run);
    }
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_labels = {
    .name = "labels",
    .usage = "labels [EVENTS] [--since TIME] [--json]",
    .about = "collect agents' corrections as labels to train on",
    .help = help_labels,
    .options = "--since --json",
    .run = run_labels,
};
