/* redressctl sla simulate: real events against a draft policy, in virtual time. The decisions are
 * the workers' own; what is left out is Kafka, Redis and the clock. */
#include "base/clock.h"
#include "classification/classification.h"
#include "contract/contract.h"
#include "decision/rehearse.h"
#include "intake/intake.h"
#include "redressctl/ctl_out.h"
#include "redressctl/ctl_row.h"
#include "redressctl/policy/ctl_policy.h"
#include "redressctl/policy/ctl_replay.h"
#include "redressctl/policy/ctl_sla.h"
#include "redressctl/policy/ctl_sla_compare.h"
#include "sla/sla.h"
#include "sla/sla_state.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROWS_MAX =
        2000 /* policies times classes times targets; what is beyond is added up in one row */
};

struct row { /* of the summary */
    const char *policy, *class_name, *target;
    int64_t met, late, breached, first, retracted, cancelled;
};

struct play {
    const char *dir;
    struct rehearse *rehearse;
    struct arena *arena, *work; /* the latter for one event */
    struct row rows[ROWS_MAX];
    int row_count;
    struct ctl_sla_heard heard; /* when two are compared */
    int64_t events, rejected;
    bool quiet, compare;
};

struct simulation {
    struct arena *arena;
    struct play plays[CTL_REPLAY_FOLDERS_MAX];
    int count;
    struct ctl_replay replay; /* what is asked for */
};

static struct row *row_of(struct play *play, const char *policy, const char *class_name,
                          const char *target) {
    for (int i = 0; i < play->row_count; i++) {
        struct row *row = &play->rows[i];
        if (strcmp(row->target, target) == 0 && strcmp(row->policy, policy) == 0 &&
            strcmp(row->class_name, class_name) == 0)
            return row;
    }
    if (play->row_count == ROWS_MAX) return &play->rows[ROWS_MAX - 1];
    struct row *row = &play->rows[play->row_count++];
    *row = (struct row){arena_strdup(play->arena, policy),
                        arena_strdup(play->arena, class_name),
                        arena_strdup(play->arena, target),
                        0,
                        0,
                        0,
                        0,
                        0,
                        0};
    return row;
}

static void tally(struct play *play, const struct output *output, const struct tree *data) {
    const struct sla_state *state = rehearse_state(play->rehearse, &sla_spec, output->subject);
    const char *target = tree_text(data, "target");
    const char *cycle = tree_text(data, "cycle");
    enum event_type type = contract_event(output->type);

    if (!target || !state) return;
    struct row *row = row_of(play, state->policy ? state->policy : "-",
                             state->class_name ? state->class_name : "-", target);
    int64_t cycle_ms = 0;
    const struct tree *on_time = tree_get(data, "on_time");
    if (type == EVENT_SLA_MET) {
        if (on_time && on_time->num)
            row->met++;
        else
            row->late++;
    } else if (type == EVENT_SLA_BREACHED) {
        row->breached++;
        if (clock_parse(cycle, &cycle_ms) == 0 && cycle_ms == state->opened_at) row->first++;
    } else if (type == EVENT_SLA_RETRACTED) {
        row->retracted++;
    } else if (type == EVENT_SLA_CANCELLED) {
        row->cancelled++;
    }
}

static void write_event(const struct output *output) {
    static struct buf buf;
    char time[CLOCK_TEXT_MAX];

    buf_clear(&buf);
    struct json_out out = {.buf = &buf};
    json_begin_map(&out);
    const char *const pairs[][2] = {{"specversion", "1.0"},
                                    {"id", output->id},
                                    {"source", "/redress/sla"},
                                    {"type", output->type},
                                    {"subject", output->subject},
                                    {"time", clock_format(output->time_ms, time)},
                                    {"datacontenttype", "application/json"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        json_key(&out, pairs[i][0]);
        json_text(&out, pairs[i][1]);
    }
    json_key(&out, "data");
    json_raw(&out, output->data, output->data_len);
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
}

static void take_output(struct play *play, const struct output *output, const struct tree *data) {
    tally(play, output, data);
    if (play->compare) ctl_sla_hear(&play->heard, output, data);
}

static void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    struct play *play = context;
    char now[CLOCK_TEXT_MAX];

    if (rejection) {
        play->rejected++;
        if (play->rejected <= 10)
            ctl_sla_fail("at %s: %s %s: %s: %s", clock_format(now_ms, now), ev ? ev->type : "",
                         ev ? ev->id : "", rejection->reason, rejection->detail);
    }
    if (!output || spec != &sla_spec) return;
    play->events++;
    if (!play->quiet) write_event(output);
    const struct tree *data;
    if (json_read(play->work, output->data, output->data_len, NULL, &data, NULL) == JSON_OK)
        take_output(play, output, data);
    arena_reset(play->work);
}

/* Setting up. */

static int begin(struct play *play, const char *dir) {
    struct buf errors = {0};

    play->dir = dir;
    play->arena = arena_new();
    play->work = arena_new();
    play->heard = (struct ctl_sla_heard){.arena = play->arena};
    play->rehearse = rehearse_new(listen, play);
    const char *rules = arena_printf(play->arena, "%s/%s", dir, classification_spec.policy_file);
    int bad = rehearse_add(play->rehearse, &intake_spec, dir, &errors);
    if (access(rules, F_OK) == 0)
        bad |= rehearse_add(play->rehearse, &classification_spec, dir, &errors);
    else
        ctl_note("redressctl sla: no %s: nothing is classified", rules);
    bad |= rehearse_add(play->rehearse, &sla_spec, dir, &errors);
    ctl_faults(errors.at);
    buf_free(&errors);

    if (bad) return -1;
    return 0;
}

static int begin_all(struct simulation *simulation, bool summary_only) {
    const char *dirs[CTL_REPLAY_FOLDERS_MAX] = {
        ctl_policy_dir(simulation->replay.dirs[0], simulation->arena), simulation->replay.dirs[1]};

    if (!dirs[0]) return EXIT_BAD_CONFIG;
    for (int i = 0; i < CTL_REPLAY_FOLDERS_MAX && dirs[i]; i++) {
        struct play *play = &simulation->plays[simulation->count++];
        play->compare = dirs[1] != NULL;
        play->quiet = summary_only || dirs[1];
        if (begin(play, dirs[i])) return EXIT_BAD_CONFIG;
    }
    return EXIT_OK;
}

/* Telling. */

static int by_name(const void *a, const void *b) {
    const struct row *one = a;
    const struct row *two = b;
    int order = strcmp(one->policy, two->policy);
    if (!order) order = strcmp(one->class_name, two->class_name);
    if (order) return order;
    return strcmp(one->target, two->target);
}

static void put_row(const struct play *play, const struct row *row) {
    const struct {
        const char *name;
        int64_t number;
    } counts[] = {{"met", row->met},
                  {"met_late", row->late},
                  {"breached", row->breached},
                  {"breached_first_cycle", row->first},
                  {"retracted", row->retracted},
                  {"cancelled", row->cancelled}};
    struct ctl_row line;

    ctl_row_begin(&line);
    ctl_row_text(&line, "policies", play->dir);
    ctl_row_text(&line, "policy", row->policy);
    ctl_row_text(&line, "class", row->class_name);
    ctl_row_text(&line, "target", row->target);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        ctl_row_int(&line, counts[i].name, counts[i].number);
    ctl_row_end(&line);
}

static void print_summary(struct play *play, bool as_json) {
    qsort(play->rows, (size_t)play->row_count, sizeof *play->rows, by_name);
    for (int i = 0; as_json && i < play->row_count; i++) put_row(play, &play->rows[i]);
    ctl_note("%s: %" PRId64 " sla events, %" PRId64 " records rejected", play->dir, play->events,
             play->rejected);
    ctl_note("%-20s %-26s %-20s %9s %9s %9s %9s %9s %9s", "policy", "class", "target", "met",
             "met late", "breached", "1st cycle", "retracted", "cancelled");
    for (int i = 0; i < play->row_count; i++) {
        const struct row *row = &play->rows[i];
        ctl_note("%-20s %-26s %-20s %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64
                 " %9" PRId64,
                 row->policy, row->class_name, row->target, row->met, row->late, row->breached,
                 row->first, row->retracted, row->cancelled);
    }
}

int ctl_sla_simulate(int argc, char **argv) {
    static struct simulation simulation;
    struct rehearse *rehearses[CTL_REPLAY_FOLDERS_MAX];
    bool summary_only = false;

    simulation = (struct simulation){.arena = arena_new(), .replay.ctl.command = &ctl_sla};
    int status = ctl_replay_arguments(&simulation.replay, argc, argv, &summary_only);
    if (!status) status = begin_all(&simulation, summary_only);
    for (int i = 0; i < simulation.count; i++) rehearses[i] = simulation.plays[i].rehearse;
    if (status == EXIT_OK) {
        status = ctl_replay_file(&simulation.replay, rehearses, simulation.count);
        for (int i = 0; i < simulation.count; i++)
            print_summary(&simulation.plays[i], simulation.replay.ctl.json);
        struct play *plays = simulation.plays;
        if (simulation.count == 2)
            ctl_sla_compare(plays[0].dir, &plays[0].heard, plays[1].dir, &plays[1].heard);
    }
    for (int i = 0; i < simulation.count; i++) {
        rehearse_free(simulation.plays[i].rehearse);
        arena_free(simulation.plays[i].arena);
        arena_free(simulation.plays[i].work);
    }
    arena_free(simulation.arena);

    return status;
}
