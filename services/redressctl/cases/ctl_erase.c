/* redressctl erase: a customer's erasure, said and followed: what is gone, and what still runs out.
 * Said by an event; what became of it is read from Redis and from the topics. */
#include "base/clock.h"
#include "redressctl/cases/erase_look.h"
#include "redressctl/cases/word.h"
#include "redressctl/help_texts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    WAIT_MS = 30000, /* workers that keep up need some 100 ms; some that are restarted, 20 s */
    LOOK_MS = 200
};

struct erase_run {
    struct ctl ctl;
    struct sight_person person;
    struct erase_found found;
    bool report;
    int64_t wait_ms;
};

/* ---- Showing ---- */

static const char *when(int64_t ms, char text_out[CLOCK_TEXT_MAX]) {
    if (ms == INT64_MAX) return "for ever";
    if (ms == 0) return "-";
    return clock_format(ms, text_out);
}

static void print_json(const struct erase_row *row) {
    char time[CLOCK_TEXT_MAX];
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    json_key(&json, "place"), json_text(&json, row->place);
    json_key(&json, "what"), json_text(&json, row->what);
    json_key(&json, "left"), json_bool(&json, row->left);
    if (row->count != ERASE_NOT_COUNTED) json_key(&json, "count"), json_int(&json, row->count);
    if (row->until) json_key(&json, "until"), json_text(&json, when(row->until, time));
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static void print_line(const struct erase_row *row) {
    char count[24] = "-";
    char time[CLOCK_TEXT_MAX];

    if (row->count != ERASE_NOT_COUNTED) snprintf(count, sizeof count, "%" PRId64, row->count);
    ctl_line("%-4s  %-30s %10s  %-24s  %s", row->left ? "left" : "gone", row->place, count,
             row->left ? when(row->until, time) : "-", row->what);
}

/* That all is gone is said only where all could be looked at. */
static int print_rows(struct erase_run *run) {
    struct erase_row rows[ERASE_ROWS_MAX];
    int count = erase_rows(&run->found, rows);
    int64_t until = 0;
    int left = 0;
    char time[CLOCK_TEXT_MAX];
    char last[CLOCK_TEXT_MAX];

    if (!run->ctl.json)
        ctl_line("%-4s  %-30s %10s  %-24s  %s", "", "PLACE", "COUNT", "UNTIL", "WHAT");
    for (int i = 0; i < count; i++) {
        if (run->ctl.json)
            print_json(&rows[i]);
        else
            print_line(&rows[i]);
        left += rows[i].left;
        if (rows[i].left && rows[i].until > until) until = rows[i].until;
    }
    if (!left) {
        ctl_note("erased at %s: nothing of him is left", clock_format(run->found.erased_at, time));
        return EXIT_OK;
    }
    ctl_note("erased at %s: something of him may be in %d places, until %s at the latest",
             clock_format(run->found.erased_at, time), left, when(until, last));
    if (run->found.notification + run->found.compensation > 0)
        ctl_note(
            "what Redis still shows goes when the workers read the erasure (`redressctl lag`), "
            "unless he has written again since");
    return EXIT_NOT_YET;
}

/* ---- Following ---- */

static int not_known(const struct erase_run *run) {
    return ctl_fail(
        &run->ctl, "no erasure of this customer is known: none was asked for under this tenant and "
                   "this REDRESS_PERSON_SECRET, or it is more than 40 days ago");
}

static int report(struct erase_run *run) {
    int status = erase_look_redis(&run->ctl, &run->person, &run->found);

    if (!status && !run->found.erased_at) status = not_known(run);
    if (!status) status = erase_look_topics(&run->ctl, &run->found);
    if (!status) status = print_rows(run);
    return status;
}

static bool is_done(const struct erase_run *run, int64_t said_ms) {
    return run->found.erased_at >= said_ms && !run->found.notification && !run->found.compensation;
}

/* Until the workers have read it, and blanked; or it has taken long enough. */
static int follow(struct erase_run *run, int64_t said_ms) {
    int64_t end_ms = clock_boot_ms() + run->wait_ms;
    int status = erase_look_redis(&run->ctl, &run->person, &run->found);

    while (!status && !is_done(run, said_ms) && clock_boot_ms() < end_ms) {
        usleep(LOOK_MS * 1000);
        status = erase_look_redis(&run->ctl, &run->person, &run->found);
    }
    if (!status && run->found.erased_at < said_ms) {
        run->found.erased_at = said_ms;
        ctl_note("the workers have not read it yet");
    }
    if (!status) status = erase_look_topics(&run->ctl, &run->found);
    if (!status) status = print_rows(run);
    return status;
}

/* ---- Saying ---- */

static int say(struct erase_run *run) {
    struct ctl *ctl = &run->ctl;
    const struct activity data = {.tenant = run->person.tenant,
                                  .customer_id = run->person.customer_id};
    struct buf event = {NULL, 0, 0};
    struct err err;
    int64_t now_ms = clock_now_ms();
    char id[27];
    int status = 0;

    word_make_id(run->person.customer_id, "erase", id);
    if (word_event(EVENT_CUSTOMER_ERASED, &data, NULL, id, now_ms, ctl->arena, &event, &err) < 0)
        status = ctl_usage(ctl, "%s", err.text);
    else if (word_send(&ctl->kafka, &event, ctl->arena, &err) < 0)
        status = ctl_fail(ctl, "not acknowledged by Kafka: %s", err.text);
    if (!status) ctl_note("sent; waiting for the workers");
    buf_free(&event);
    if (status) return status;
    return follow(run, now_ms);
}

static int run_erase(int argc, char **argv) {
    struct erase_run run = {.ctl.command = &ctl_erase, .wait_ms = WAIT_MS};
    struct ctl *ctl = &run.ctl;
    const char *wait = NULL;
    const struct options_row options[] = {{"--tenant", &run.person.tenant, NULL},
                                          {"--report", NULL, &run.report},
                                          {"--wait", &wait, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc != 2) status = ctl_usage(ctl, "expected CUSTOMER, his id");
    if (!status && run.report && wait)
        status = ctl_usage(ctl, "expected --report or --wait, not both");
    if (!status && wait) status = ctl_duration(ctl, "--wait", wait, &run.wait_ms);
    if (!run.person.tenant) run.person.tenant = "default";
    if (!status) run.person.customer_id = argv[1];
    if (!status) status = ctl_redis(ctl);
    if (!status) status = ctl_shards(ctl);
    if (!status) status = run.report ? report(&run) : say(&run);
    ctl_close(ctl);
    return status;
}

const struct command ctl_erase = {
    .name = "erase",
    .usage = "erase CUSTOMER [--tenant NAME] [--wait TIME] [--json] | CUSTOMER --report [--tenant "
             "NAME] [--json]",
    .about = "ask for a customer's erasure, and see what is left of him",
    .options = "--report --wait --tenant --json",
    .run = run_erase,
    .help = help_erase,
};
