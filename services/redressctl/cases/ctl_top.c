/* redressctl top: the state of the house on one screen, drawn anew each second. */
#include "base/clock.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/help_texts.h"
#include "sight/sight_counts.h"
#include "sight/sight_deadlines.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    REFRESH_MS = 1000,
    NEXT_MAX = 10 /* deadlines shown */
};

struct top_run {
    struct ctl ctl;
    struct texts targets;
    struct sight_counts counts;
    int64_t overdue, now_ms;
    struct sight_view view;
    struct buf screen;
};

static volatile sig_atomic_t stopped;

static void on_stop(int number) {
    (void)number;
    stopped = 1;
}

/* Counters and the number of overdue deadlines. */
static int ask(struct top_run *run) {
    struct sight *sight = &run->ctl.sight;
    struct sight_span overdue = {INT64_MIN, run->now_ms, 0};
    int status = ctl_sight(&run->ctl, sight_counts_read(sight, &run->counts));

    if (!status) status = ctl_sight(&run->ctl, sight_counts_due(sight, &run->targets, &overdue, 1));
    run->overdue = overdue.deadlines;
    return status;
}

static void draw_counts(struct top_run *run) {
    const struct {
        const char *name;
        const struct parts *counts;
    } rows[] = {{"status", &run->counts.status},
                {"severity", &run->counts.severity},
                {"tier", &run->counts.tier},
                {"class", &run->counts.class_name}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct sight_count *at = rows[i].counts->at;
        buf_printf(&run->screen, "%-9s", rows[i].name);
        for (int j = 0; j < rows[i].counts->count; j++) {
            if (j && j % 5 == 0) buf_puts(&run->screen, "\n         ");
            buf_printf(&run->screen, " %s %" PRId64 " ", at[j].value, at[j].cases);
        }
        buf_puts(&run->screen, rows[i].counts->count ? "\n" : " none\n");
    }
}

/* Counters of a view that is not whole are too low, and what is not shown may be late. */
static void draw_faults(struct top_run *run) {
    if (run->view.faults.len > 0)
        buf_printf(&run->screen, "\nNOT ALL IS SHOWN\n%s", run->view.faults.at);
}

/* What is held, and why: fields held:<worker>.<shard> of redress:meta. */
static void draw_held(struct top_run *run) {
    bool any = false;

    for (int i = 0; i + 1 < run->view.meta->count; i += 2) {
        const char *field = run->view.meta->items[i].text;
        if (strncmp(field, "held:", 5) != 0) continue;
        buf_printf(&run->screen, "%s  %-18s %s\n", any ? "" : "\nHELD\n", field + 5,
                   run->view.meta->items[i + 1].text);
        any = true;
    }
    if (!any) buf_puts(&run->screen, "\nnothing is held\n");
}

static int draw_next(struct top_run *run) {
    struct sight_deadlines *deadlines = sight_deadlines_open(
        &run->ctl.sight, &run->targets, run->now_ms, INT64_MAX / 1024, NEXT_MAX);
    struct sight_deadline deadline;
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (!deadlines) return ctl_sight(&run->ctl, -1);
    buf_printf(&run->screen, "\noverdue deadlines %" PRId64 "\n\nNEXT\n", run->overdue);
    for (int i = 0; i < NEXT_MAX; i++) {
        int more = sight_deadlines_next(deadlines, &deadline);
        if (more < 0) return ctl_sight(&run->ctl, -1);
        if (!more) break;
        buf_printf(&run->screen, "  %-24s %9s  %-18s %s\n", clock_format(deadline.due_ms, time),
                   ctl_span(deadline.due_ms - run->now_ms, span), deadline.target,
                   deadline.case_id);
    }

    return 0;
}

static int draw(struct top_run *run) {
    char time[CLOCK_TEXT_MAX];

    arena_reset(run->ctl.turn);
    buf_clear(&run->screen);
    buf_clear(&run->view.faults);
    int status = ctl_sight(&run->ctl, sight_view_look(&run->view));
    if (status) return status;
    run->now_ms = run->view.now_ms;
    run->targets = sight_deadlines_find(&run->view);
    status = ask(run);
    if (status) return status;
    buf_printf(&run->screen, "redress  %s  %s  %d shards\n\nopen cases by\n",
               run->ctl.config.topic_prefix, clock_format(run->now_ms / 1000 * 1000, time),
               run->ctl.shards);
    draw_counts(run);
    status = draw_next(run);
    if (status) return status;
    draw_held(run);
    status = ctl_sight(
        &run->ctl, sight_view_look(&run->view)); /* it may have begun to be made anew meanwhile */
    draw_faults(run);

    return status;
}

/* ---- The same for programs ---- */

static void add_counts(struct json_out *json, const char *name, const struct parts *counts) {
    const struct sight_count *at = counts->at;

    json_key(json, name);
    json_begin_map(json);
    for (int i = 0; i < counts->count; i++) {
        json_key(json, at[i].value);
        json_int(json, at[i].cases);
    }
    json_end_map(json);
}

static void add_held(struct json_out *json, const struct redis_reply *meta) {
    json_key(json, "held");
    json_begin_map(json);
    for (int i = 0; i + 1 < meta->count; i += 2) {
        const char *field = meta->items[i].text;
        if (strncmp(field, "held:", 5) != 0) continue;
        json_key(json, field + 5);
        json_text(json, meta->items[i + 1].text);
    }
    json_end_map(json);
}

static void print_json(const struct top_run *run) {
    char time[CLOCK_TEXT_MAX];
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    json_key(&json, "prefix"), json_text(&json, run->ctl.config.topic_prefix);
    json_key(&json, "at"), json_text(&json, clock_format(run->now_ms / 1000 * 1000, time));
    json_key(&json, "shards"), json_int(&json, run->ctl.shards);
    add_counts(&json, "status", &run->counts.status);
    add_counts(&json, "severity", &run->counts.severity);
    add_counts(&json, "tier", &run->counts.tier);
    add_counts(&json, "class", &run->counts.class_name);
    json_key(&json, "overdue"), json_int(&json, run->overdue);
    add_held(&json, run->view.meta);
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

/* Redis away is shown, and waited for. */
static int watch(struct top_run *run) {
    struct sigaction stop = {.sa_handler = on_stop};

    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    while (!stopped) {
        if (draw(run) == 0) ctl_screen(run->screen.at);
        poll(NULL, 0, REFRESH_MS);
    }

    return 0;
}

static int run_top(int argc, char **argv) {
    struct top_run run = {.ctl.command = &ctl_top};
    bool once = false;
    const struct options_row options[] = {{"--once", NULL, &once}, {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(&run.ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status) status = ctl_redis(&run.ctl);
    if (!status) status = ctl_shards(&run.ctl);
    run.view = (struct sight_view){.sight = &run.ctl.sight, .worker = "sla", .shard = SIGHT_ALL};
    if (!status && !once && !run.ctl.json && ctl_is_terminal()) {
        status = watch(&run);
    } else if (!status) {
        status = draw(&run);
        if (!status && run.ctl.json) print_json(&run);
        if (!status && !run.ctl.json) ctl_page(run.screen.at);
        if (!status) status = ctl_sight_tell(&run.ctl, &run.view);
    }
    sight_view_end(&run.view);
    buf_free(&run.screen);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_top = {
    .name = "top",
    .usage = "top [--once | --json]",
    .about =
        "a live view: cases by status, severity, tier and class, the next deadlines, what is held",
    .options = "--once --json",
    .run = run_top,
    .help = help_top,
};
