/* ctl_replay: see the header. */
#include "redressctl/policy/ctl_replay.h"
#include "base/file.h"
#include "contract/contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_LIMIT = 1 << 20, /* a submission has 64 KiB at most */
    COMPLAINTS_MAX = 10   /* lines that are complained of one by one */
};

int ctl_replay_arguments(struct ctl_replay *replay, int argc, char **argv, bool *summary) {
    const struct ctl *ctl = &replay->ctl;
    const char *until = NULL;
    const char *more = NULL;
    const struct options_row options[] = {{"--policies", &replay->dirs[0], NULL},
                                          {"--policies", &replay->dirs[1], NULL},
                                          {"--policies", &more, NULL},
                                          {"--until", &until, NULL},
                                          {"--json", NULL, &replay->ctl.json},
                                          {summary ? "--summary" : NULL, NULL, summary},
                                          {NULL, NULL, NULL}};
    int status = ctl_take(ctl, options, &argc, argv);

    if (status) return status;
    if (more)
        return ctl_usage(ctl, "--policies \"%.60s\": expected at most %d folders", more,
                         CTL_REPLAY_FOLDERS_MAX);
    if (argc != 2) return ctl_usage(ctl, "expected one FILE");
    replay->path = argv[1];
    if (until) return ctl_time(ctl, "--until", until, &replay->until_ms);
    return 0;
}

/* The topic of what stands in a line; TOPIC_NONE, and why it cannot be played. */
static enum topic read_line(const struct ctl_replay *replay, const struct file_line *line,
                            struct raw *raw, struct arena *work, struct event *ev_out,
                            struct rejection *why_out) {
    *why_out = (struct rejection){.reason = "too_large", .detail = ""};
    if (line->len > LINE_LIMIT || event_read(raw, work, ev_out, why_out) != 0) return TOPIC_NONE;

    const struct contract_type *type = contract_find(ev_out->type);
    if (type && (replay->case_log || type->topic != TOPIC_EVENTS)) return type->topic;
    why_out->reason = "unknown_type";
    snprintf(why_out->detail, sizeof why_out->detail, "%.60s", ev_out->type);
    return TOPIC_NONE;
}

/* 0, or -1 after having said why not. */
static int play_line(const struct ctl_replay *replay, const struct file_line *line,
                     struct rehearse *const *rehearses, int count, int64_t refused,
                     struct arena *work) {
    static const struct header header = {"content-type", "application/cloudevents+json", 28};
    struct raw raw = {.offset = line->number,
                      .value = line->at,
                      .value_len = line->len,
                      .headers = &header,
                      .header_count = 1};
    struct event ev;
    struct rejection why;

    raw.topic = read_line(replay, line, &raw, work, &ev, &why);
    if (raw.topic == TOPIC_NONE) {
        if (refused < COMPLAINTS_MAX)
            ctl_fail(&replay->ctl, "line %" PRId64 ": %s: %s", line->number, why.reason,
                     why.detail);
        return -1;
    }
    int64_t now_ms = rehearse_now(rehearses[0]);
    if (ev.time_ms > now_ms) now_ms = ev.time_ms;
    for (int i = 0; i < count; i++) rehearse_publish_event(rehearses[i], raw.topic, &ev, now_ms);

    return 0;
}

/* What is due at the last event fires, too. */
static void pass_time(struct rehearse *rehearse, int64_t until_ms) {
    int64_t last_ms = rehearse_now(rehearse);
    rehearse_advance(rehearse, until_ms > last_ms ? until_ms : last_ms);
}

int ctl_replay_file(const struct ctl_replay *replay, struct rehearse *const *rehearses, int count) {
    FILE *file = strcmp(replay->path, "-") == 0 ? stdin : fopen(replay->path, "r");
    struct file_line line = {0};
    char *room = NULL;
    size_t size = 0;
    int64_t refused = 0;

    if (!file) return ctl_fail(&replay->ctl, "%s: cannot be read", replay->path);
    struct arena *work = arena_new();
    while (file_read_line(file, &room, &size, &line)) {
        refused -= play_line(replay, &line, rehearses, count, refused, work);
        arena_reset(work);
    }
    free(room);
    if (file != stdin) fclose(file);
    arena_free(work);
    for (int i = 0; i < count && line.number; i++) pass_time(rehearses[i], replay->until_ms);

    if (refused) return EXIT_CANNOT_GO_ON;
    return EXIT_OK;
}
