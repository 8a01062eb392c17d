/* redressctl publish: a window of records is sent, awaited and counted; then the next. */
#include "base/clock.h"
#include "base/file.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

enum {
    WINDOW = 10000, /* records under way: enough for full throughput, and some 20 MB at most */
    WINDOWS_A_SECOND = 20, /* with --rate: how evenly records are spread */
    RATE_MAX = 1000000,
    FLUSH_MS = 60000, /* librdkafka gives a record up after 5 min; a window that stands for 1 min is
                         no progress */
    READY_MS = 10000, /* a broker that is there answers in milliseconds */
    PROGRESS_MS = 500
};

struct publish_run {
    struct ctl ctl;
    struct kafka_producer *producer;
    struct arena *lines;
    FILE *input;
    const char *input_name;
    struct kafka_delivery *window;
    int window_size, in_window;
    int64_t rate; /* 0: as fast as it goes */
    int64_t line, acknowledged, refused;
    int64_t started_us, progress_ms;
};

static void progress(struct publish_run *run) {
    int64_t now_ms = clock_boot_ms();

    if (now_ms < run->progress_ms) return;
    run->progress_ms = now_ms + PROGRESS_MS;
    int64_t us = clock_boot_us() - run->started_us;
    ctl_progress("%" PRId64 " acknowledged, %" PRId64 " refused, %" PRId64 "/s", run->acknowledged,
                 run->refused, us > 0 ? run->acknowledged * 1000000 / us : 0);
}

static void refuse(struct publish_run *run, int64_t line, const char *why) {
    struct ctl_row row;

    run->refused++;
    ctl_note("%s:%" PRId64 ": %s", run->input_name, line, why);
    if (!run->ctl.json) return;
    ctl_row_begin(&row);
    ctl_row_int(&row, "line", line);
    ctl_row_text(&row, "error", why);
    ctl_row_end(&row);
}

static void put_counts(const struct publish_run *run) {
    struct ctl_row row;

    ctl_note("%" PRId64 " acknowledged, %" PRId64 " refused", run->acknowledged, run->refused);
    if (!run->ctl.json) return;
    ctl_row_begin(&row);
    ctl_row_int(&row, "acknowledged", run->acknowledged);
    ctl_row_int(&row, "refused", run->refused);
    ctl_row_end(&row);
}

/* Waits until the window's records are acknowledged, or known not to be. */
static void finish_window(struct publish_run *run) {
    struct err err = {""};

    if (!run->in_window) return;
    bool complete = kafka_flush(run->producer, FLUSH_MS, &err) == KAFKA_DONE;
    int64_t lost = 0;
    for (int i = 0; i < run->in_window; i++) {
        if (run->window[i].offset >= 0)
            run->acknowledged++;
        else
            lost++;
    }
    run->refused += lost;
    if (lost)
        ctl_fail(&run->ctl, "up to line %" PRId64 ": %" PRId64 " records not acknowledged: %s",
                 run->line, lost, complete ? "refused by the broker" : err.text);
    run->in_window = 0;
    progress(run);
}

/* Sleeps until the records sent so far are due at the rate asked for. Everything sent is
 * acknowledged by then. */
static void keep_rate(struct publish_run *run) {
    if (!run->rate) return;
    int64_t due_us = run->started_us + (run->acknowledged + run->refused) * 1000000 / run->rate;
    int64_t wait_us = due_us - clock_boot_us();
    if (wait_us <= 0) return;
    struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    nanosleep(&wait, NULL);
}

static void send_line(struct publish_run *run, const char *line, size_t len) {
    static const struct header headers[] = {
        {"content-type", "application/cloudevents+json; charset=UTF-8", 43}};
    struct publish_record record;
    struct err err;

    arena_reset(run->lines);
    if (publish_route(line, len, run->lines, &record, &err) < 0) {
        refuse(run, run->line, err.text);
        return;
    }
    struct kafka_message message = {.topic = record.topic,
                                    .partition = -1,
                                    .key = *record.key ? record.key : NULL,
                                    .key_len = strlen(record.key),
                                    .value = line,
                                    .value_len = len,
                                    .headers = headers,
                                    .header_count = 1,
                                    .delivery = &run->window[run->in_window]};
    if (kafka_produce(run->producer, &message, &err) != KAFKA_DONE)
        refuse(run, run->line, err.text);
    else
        run->in_window++;
    if (run->in_window < run->window_size) return;
    finish_window(run);
    keep_rate(run);
}

static int send_all(struct publish_run *run) {
    struct file_line line = {0};
    char *room = NULL;
    size_t size = 0;

    while (file_read_line(run->input, &room, &size, &line)) {
        run->line = line.number;
        send_line(run, line.at, line.len);
    }
    bool failed = ferror(run->input);
    int saved = errno;
    free(room);
    finish_window(run);
    put_counts(run);
    if (failed) return ctl_fail(&run->ctl, "%s: %s", run->input_name, strerror(saved));
    if (run->refused) return EXIT_CANNOT_GO_ON;
    return 0;
}

static int open_all(struct publish_run *run, const char *path) {
    struct err err;
    int status = ctl_config(&run->ctl);

    if (status) return status;
    if (strcmp(path, "-") == 0)
        run->input = stdin;
    else
        run->input = fopen(path, "re");
    if (!run->input) return ctl_fail(&run->ctl, "%s: %s", path, strerror(errno));
    if (run->input == stdin)
        run->input_name = "standard input";
    else
        run->input_name = path;
    run->producer = kafka_producer_new(&run->ctl.kafka, NULL, &err);
    if (!run->producer) return ctl_fail(&run->ctl, "%s", err.text);
    static const enum topic topics[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_DECISIONS,
                                        TOPIC_NONE};
    if (kafka_producer_ready(run->producer, topics, READY_MS, &err) != KAFKA_DONE)
        return ctl_fail(
            &run->ctl,
            "Kafka does not answer (REDRESS_KAFKA_BOOTSTRAP_SERVERS says where it is): %s",
            err.text);
    if (run->rate)
        run->window_size = (int)(run->rate / WINDOWS_A_SECOND) + 1;
    else
        run->window_size = WINDOW;
    if (run->window_size > WINDOW) run->window_size = WINDOW;
    run->window = calloc((size_t)run->window_size, sizeof *run->window);
    run->lines = arena_new();
    ASSERT(run->window);
    run->started_us = clock_boot_us();

    return 0;
}

static int run_publish(int argc, char **argv) {
    struct publish_run run = {.ctl.command = &ctl_publish};
    const char *rate = NULL;
    const struct options_row options[] = {{"--rate", &rate, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc != 2)
        status = ctl_usage(&run.ctl, "expected one FILE, or - for standard input");
    if (!status && rate) status = ctl_number(&run.ctl, "--rate", rate, 1, RATE_MAX, &run.rate);
    if (!status) status = open_all(&run, argv[1]);
    if (!status) status = send_all(&run);
    kafka_producer_free(run.producer); /* before the window that its deliveries point into */
    if (run.input && run.input != stdin) fclose(run.input);
    arena_free(run.lines);
    free(run.window);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_publish = {
    .name = "publish",
    .usage = "publish [--rate N] [--json] FILE|-",
    .about = "send CloudEvents, one a line, to the topics that their types belong to",
    .options = "--rate --json",
    .run = run_publish,
    .help = help_publish,
};
