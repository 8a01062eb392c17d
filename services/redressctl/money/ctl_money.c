/* redressctl compensation: why a case is offered what it is, and what a policy would cost. */
#include "redressctl/money/ctl_money.h"
#include "base/clock.h"
#include "base/file.h"
#include "classification/classification.h"
#include "compensation/compensation.h"
#include "intake/intake.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"
#include "redressctl/help_texts.h"
#include "sla/sla.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_LIMIT = 1 << 20, /* a submission has 64 KiB at most */
    COMPLAINTS_MAX = 10   /* lines that are complained of one by one */
};

int ctl_money_usage(void) {
    return commands_usage(&ctl_compensation);
}

int ctl_money_fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ctl_complain("compensation", fmt, args);
    va_end(args);
    return EXIT_CANNOT_GO_ON;
}

struct rehearse *ctl_money_rehearse(const char *dir, const struct worker_spec *spec,
                                    rehearse_listener *listener, void *context) {
    const struct worker_spec *const specs[] = {&intake_spec, &classification_spec, &sla_spec, spec};
    struct rehearse *rehearse = rehearse_new(listener, context);
    struct buf errors = {0};
    int bad = 0;

    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        bad |= rehearse_add(rehearse, specs[i], dir, &errors);
    if (bad) ctl_faults(errors.at);
    buf_free(&errors);
    if (!bad) return rehearse;
    rehearse_free(rehearse);

    return NULL;
}

/* 0, or -1 after having said why not. */
static int play_line(const struct file_line *line, struct rehearse *const *rehearses, int count,
                     int64_t refused, struct arena *work) {
    static const struct header header = {"content-type", "application/cloudevents+json", 28};
    struct raw raw = {.offset = line->number,
                      .value = line->at,
                      .value_len = line->len,
                      .headers = &header,
                      .header_count = 1};
    struct event ev;
    struct rejection rejection = {.reason = "too_large", .detail = ""};
    const struct contract_type *type = NULL;

    if (line->len <= LINE_LIMIT && event_read(&raw, work, &ev, &rejection) == 0) {
        type = contract_find(ev.type);
        rejection.reason = "unknown_type";
    }
    if (!type || type->topic == TOPIC_EVENTS) {
        if (refused < COMPLAINTS_MAX)
            ctl_money_fail("line %" PRId64 ": %s: %s", line->number, rejection.reason,
                           rejection.detail);
        return -1;
    }
    raw.topic = type->topic;
    int64_t now = rehearse_now(rehearses[0]);
    if (ev.time_ms > now) now = ev.time_ms;
    for (int i = 0; i < count; i++) rehearse_publish_event(rehearses[i], type->topic, &ev, now);

    return 0;
}

int ctl_money_file(const char *path, struct rehearse *const *rehearses, int count,
                   int64_t until_ms) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    struct arena *work = arena_new();
    struct file_line line = {0};
    char *room = NULL;
    size_t size = 0;
    int64_t refused = 0;

    if (!file) {
        arena_free(work);
        return ctl_money_fail("%s: cannot be read", path);
    }
    while (file_read_line(file, &room, &size, &line)) {
        refused -= play_line(&line, rehearses, count, refused, work);
        arena_reset(work);
    }
    free(room);
    if (file != stdin) fclose(file);
    for (int i = 0; i < count && line.number; i++)
        if (until_ms > rehearse_now(rehearses[i])) rehearse_advance(rehearses[i], until_ms);
    arena_free(work);

    if (refused) return EXIT_CANNOT_GO_ON;
    return EXIT_OK;
}

static int run(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "explain") == 0) return ctl_money_explain(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "simulate") == 0) return ctl_money_simulate(argc - 2, argv + 2);
    return ctl_money_usage();
}

const struct command ctl_compensation = {
    .name = "compensation",
    .usage = "compensation explain [--policies DIR] [--until TIME] [--events FILE] [--json] CASE | "
             "simulate --policies DIR [--policies DIR] [--until TIME] [--json] FILE",
    .about = "why a case is offered what it is, and what a policy costs on real events",
    .help = help_compensation,
    .options = "explain simulate --policies --until --events --json",
    .run = run,
    .offline = true,
};
