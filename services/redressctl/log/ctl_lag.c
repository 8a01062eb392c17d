/* redressctl lag: how many records each worker has still to read. */
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/ctl_places.h"

#include <inttypes.h>
#include <string.h>

struct lag_run {
    struct ctl ctl;
    const char *worker;
    int64_t total;
};

static void print_json(const struct worker_spec *spec, const struct ctl_places *places, int i) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    json_key(&json, "worker"), json_text(&json, spec->name);
    json_key(&json, "topic"), json_text(&json, topic_name(places->committed[i].topic));
    json_key(&json, "partition"), json_int(&json, places->committed[i].partition);
    if (places->committed[i].offset != KAFKA_NO_OFFSET)
        json_key(&json, "committed"), json_int(&json, places->committed[i].offset);
    json_key(&json, "end"), json_int(&json, places->ends[i].offset);
    json_key(&json, "lag"), json_int(&json, ctl_places_lag(places, i));
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static void print(struct lag_run *run, const struct worker_spec *spec,
                  const struct ctl_places *places) {
    for (int i = 0; i < places->count; i++) {
        const struct place *place = &places->committed[i];
        int64_t lag = ctl_places_lag(places, i);
        run->total += lag;
        if (run->ctl.json)
            print_json(spec, places, i);
        else if (place->offset == KAFKA_NO_OFFSET)
            ctl_line("%-15s %-12s %9d %12s %12" PRId64 " %12" PRId64, spec->name,
                     topic_name(place->topic), place->partition, "-", places->ends[i].offset, lag);
        else
            ctl_line("%-15s %-12s %9d %12" PRId64 " %12" PRId64 " %12" PRId64, spec->name,
                     topic_name(place->topic), place->partition, place->offset,
                     places->ends[i].offset, lag);
    }
}

static int show(struct lag_run *run, const struct worker_spec *spec) {
    struct ctl_places places;
    struct err err = {"no answer"};
    int status = 0;

    if (ctl_places_ask(&run->ctl, spec, NULL, -1, &places, &err) < 0)
        status = ctl_fail(&run->ctl, "%s: %s", spec->name, err.text);
    else
        print(run, spec, &places);
    kafka_asker_free(places.asker);

    return status;
}

static int run_lag(int argc, char **argv) {
    struct lag_run run = {.ctl.command = &ctl_lag};
    const struct options_row options[] = {{NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (argc > 1) run.worker = argv[1];
    if (!status && argc > 2) status = ctl_usage(&run.ctl, "expected one worker, or none");
    if (!status && run.worker && !ctl_places_find(run.worker))
        status = ctl_usage(&run.ctl, "unknown worker \"%.60s\", expected %s", run.worker,
                           ctl_places_names);
    if (!status) status = ctl_config(&run.ctl);
    if (!status && !run.ctl.json)
        ctl_line("%-15s %-12s %9s %12s %12s %12s", "WORKER", "TOPIC", "PARTITION", "COMMITTED",
                 "END", "LAG");
    for (int i = 0; ctl_places_specs[i] && !status; i++)
        if (!run.worker || strcmp(run.worker, ctl_places_specs[i]->name) == 0)
            status = show(&run, ctl_places_specs[i]);
    if (!status && !run.ctl.json) ctl_note("%" PRId64 " records behind", run.total);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_lag = {
    .name = "lag",
    .usage = "lag [WORKER] [--json]",
    .about = "how many records each worker has still to read",
    .options = "--json",
    .run = run_lag,
    .help = help_lag,
};
