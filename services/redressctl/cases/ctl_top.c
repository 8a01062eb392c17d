/* redressctl top: the state of the house on one screen, drawn anew each second. */
#include "base/clock.h"
#include "redressctl/cases/deadlines.h"
#include "redressctl/help_texts.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    REFRESH_MS = 1000,
    VALUES_MAX = 40, /* values of a counted field: the contract has 25 classes */
    NEXT_MAX = 10    /* deadlines shown */
};

static const char *const counted[] = {"status", "severity", "tier", "class"};
enum { COUNTED = sizeof counted / sizeof *counted };

struct count {
    const char *value;
    int64_t cases;
};
struct counts {
    struct count at[VALUES_MAX];
    int count;
};

struct top_run {
    struct ctl ctl;
    struct texts targets;
    struct counts counts[COUNTED];
    int64_t overdue, now_ms;
    struct ctl_view view;
    struct buf screen;
};

static volatile sig_atomic_t stopped;

static void on_stop(int number) {
    (void)number;
    stopped = 1;
}

static void add_count(struct counts *counts, const char *value, int64_t cases) {
    for (int i = 0; i < counts->count; i++)
        if (strcmp(counts->at[i].value, value) == 0) {
            counts->at[i].cases += cases;
            return;
        }
    if (counts->count < VALUES_MAX) counts->at[counts->count++] = (struct count){value, cases};
}

static int by_cases(const void *a, const void *b) {
    const struct count *one = a;
    const struct count *two = b;
    if (one->cases != two->cases) return one->cases < two->cases ? 1 : -1;
    return strcmp(one->value, two->value);
}

/* Counters and the number of overdue deadlines, in one exchange. */
static int ask(struct top_run *run) {
    struct ctl *ctl = &run->ctl;
    struct redis_reply *replies, *reply;
    int got;
    const char *now = arena_printf(ctl->turn, "(%" PRId64, run->now_ms);

    for (int shard = 0; shard < ctl->shards; shard++) {
        for (int i = 0; i < COUNTED; i++)
            redis_addf(ctl->redis, 2, "HGETALL",
                       ctl_key(ctl, "sla", shard, arena_printf(ctl->turn, "count:%s", counted[i])));
        for (int i = 0; i < run->targets.count; i++)
            redis_addf(ctl->redis, 4, "ZCOUNT",
                       ctl_key(ctl, "sla", shard,
                               arena_printf(ctl->turn, "by:%s_due", run->targets.at[i])),
                       "-inf", now);
    }
    int status = ctl_exchange(ctl, &replies, &got);
    if (status) return status;
    reply = replies;
    for (int shard = 0; shard < ctl->shards; shard++) {
        for (int i = 0; i < COUNTED; i++, reply++)
            for (int j = 0; j + 1 < reply->count; j += 2)
                add_count(&run->counts[i], reply->items[j].text,
                          strtoll(reply->items[j + 1].text, NULL, 10));
        for (int i = 0; i < run->targets.count; i++, reply++) run->overdue += reply->number;
    }

    return 0;
}

static void draw_counts(struct top_run *run) {
    for (int i = 0; i < COUNTED; i++) {
        struct counts *counts = &run->counts[i];
        qsort(counts->at, (size_t)counts->count, sizeof *counts->at, by_cases);
        buf_printf(&run->screen, "%-9s", counted[i]);
        int drawn = 0;
        for (int j = 0; j < counts->count; j++) {
            if (counts->at[j].cases == 0) continue;
            if (drawn && drawn % 5 == 0) buf_puts(&run->screen, "\n         ");
            buf_printf(&run->screen, " %s %" PRId64 " ", counts->at[j].value, counts->at[j].cases);
            drawn++;
        }
        buf_puts(&run->screen, drawn ? "\n" : " none\n");
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
    struct deadlines *deadlines =
        deadlines_open(&run->ctl, &run->targets, run->now_ms, INT64_MAX / 1024, NEXT_MAX);
    struct deadline deadline;
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (!deadlines) return EXIT_CANNOT_GO_ON;
    buf_printf(&run->screen, "\noverdue deadlines %" PRId64 "\n\nNEXT\n", run->overdue);
    for (int i = 0; i < NEXT_MAX; i++) {
        int more = deadlines_next(deadlines, &deadline);
        if (more < 0) return EXIT_CANNOT_GO_ON;
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
    memset(run->counts, 0, sizeof run->counts);
    run->overdue = 0;
    buf_clear(&run->screen);
    buf_clear(&run->view.faults);
    int status = ctl_view_look(&run->view);
    if (status) return status;
    run->now_ms = run->view.now_ms;
    run->targets = deadlines_find(&run->view);
    status = ask(run);
    if (status) return status;
    buf_printf(&run->screen, "redress  %s  %s  %d shards\n\nopen cases by\n",
               run->ctl.config.topic_prefix, clock_format(run->now_ms / 1000 * 1000, time),
               run->ctl.shards);
    draw_counts(run);
    status = draw_next(run);
    if (status) return status;
    draw_held(run);
    status = ctl_view_look(&run->view); /* it may have begun to be made anew meanwhile */
    draw_faults(run);

    return status;
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
    const struct ctl_option options[] = {{"--once", NULL, &once}, {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(&run.ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status) status = ctl_redis(&run.ctl);
    if (!status) status = ctl_shards(&run.ctl);
    run.view = (struct ctl_view){.ctl = &run.ctl, .worker = "sla", .shard = CTL_VIEW_ALL};
    if (!status && !once && ctl_is_terminal()) {
        status = watch(&run);
    } else if (!status) {
        status = draw(&run);
        if (!status) ctl_page(run.screen.at);
        if (!status) status = ctl_view_tell(&run.view);
    }
    ctl_view_end(&run.view);
    buf_free(&run.screen);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_top = {
    .name = "top",
    .usage = "top [--once]",
    .about =
        "a live view: cases by status, severity, tier and class, the next deadlines, what is held",
    .options = "--once",
    .run = run_top,
    .help = help_top,
};
