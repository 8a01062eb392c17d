/* pipeline: see pipeline.h. */
#include "pipeline.h"
#include "base/clock.h"
#include "classification/classification.h"
#include "compensation/compensation.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ASK_MS = 5000, PARTITIONS_MAX = 64 };

const struct worker_spec *const pipeline_specs[] = {
    [PIPELINE_INTAKE] = &intake_spec,
    [PIPELINE_CLASSIFICATION] = &classification_spec,
    [PIPELINE_SLA] = &sla_spec,
    [PIPELINE_COMPENSATION] = &compensation_spec,
    [PIPELINE_NOTIFICATION] = &notification_spec,
    [PIPELINE_WORKERS] = NULL,
};

/* Tests run at all hours: the delivered rules, but for the night, in which customers are told nothing
 * and promised nothing (unit.notification_quiet has that in virtual time). */
static void keep_awake(struct pipeline *pipeline) {
    static const char make[] =
        "mkdir -p %s/awake && cp %s/deploy/policies/notification*.yaml %s/awake && "
        "sed -i '/^quiet:/,/^[^ #]/{/^quiet:/d;/^ /d}' %s/awake/notification.yaml";
    const char *dir = pipeline->h->dir;
    char command[2000];

    snprintf(command, sizeof command, make, dir, REDRESS_SOURCE_DIR, dir, dir);
    if (system(command) != 0) wait_fail("%s: failed", command);
    process_env(pipeline->workers[PIPELINE_NOTIFICATION], "REDRESS_POLICY_DIR=%s/awake", dir);
}

void pipeline_workers(struct pipeline *pipeline, int ordinal) {
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        pipeline->workers[i] = harness_worker(pipeline->h, pipeline_specs[i]->name, ordinal);
    keep_awake(pipeline);
}

struct pipeline *pipeline_new(const char *name, int partitions) {
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);

    pipeline->h = harness_share(name);
    harness_create_topics(pipeline->h, partitions);
    pipeline_workers(pipeline, 0);
    pipeline->world = world_open(pipeline->h);
    pipeline->events = tail_open(pipeline->world, TOPIC_EVENTS);

    return pipeline;
}

void pipeline_start(struct pipeline *pipeline) {
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        if (!process_running(pipeline->workers[i])) process_start(pipeline->workers[i]);
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        harness_wait_ready(pipeline->h, pipeline->workers[i]);
}

void pipeline_close(struct pipeline *pipeline) {
    tail_close(pipeline->events);
    world_close(pipeline->world);
    harness_leave(pipeline->h);
    free(pipeline);
}

void pipeline_publish(struct pipeline *pipeline, const char *type, const char *source,
                      const char *id, int64_t time_ms, const char *key, const char *data, ...) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    const struct contract_type *row = contract_find(type);
    struct buf buf = {0};
    char time[CLOCK_TEXT_MAX];
    char *text = NULL;

    assert_non_null(row);
    va_list args;
    va_start(args, data);
    assert_true(vasprintf(&text, data, args) >= 0);
    va_end(args);
    for (char *at = text; *at; at++)
        if (*at == '\'') *at = '"';
    buf_printf(&buf,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"%s\",\"time\":"
               "\"%s\",\"data\":%s}",
               id, source, type, clock_format(time_ms, time), text);
    world_publish(pipeline->world, row->topic, key, buf.at, buf.len, &structured, 1);
    free(text);
    buf_free(&buf);
}

/* Whether a worker has committed every record of the case log that the tail has read. */
static bool has_done(struct pipeline *pipeline, const struct worker_spec *spec) {
    struct place group[PARTITIONS_MAX];
    struct err err;
    int count = tail_partitions(pipeline->events);

    for (int i = 0; i < count; i++)
        group[i] = (struct place){.topic = TOPIC_EVENTS, .partition = i};
    if (kafka_group_offsets(pipeline->world->asker, spec->name, group, count, ASK_MS, &err) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if ((group[i].offset == KAFKA_NO_OFFSET ? 0 : group[i].offset) <
            tail_next_offset(pipeline->events, i))
            return false;
    return true;
}

/* A worker's outputs and its offsets are committed as one: when intake has done all its input, and
 * everybody the whole log as it was then, and the log is still the same after that, nothing is
 * under way but what a timer may add. */
static bool is_idle(struct pipeline *pipeline) {
    if (world_lag(pipeline->world, &intake_spec) != 0) return false;
    tail_catch_up(pipeline->events);
    int before = tail_read(pipeline->events);
    for (int i = PIPELINE_CLASSIFICATION; i < PIPELINE_WORKERS; i++)
        if (!has_done(pipeline, pipeline_specs[i])) return false;
    tail_catch_up(pipeline->events);
    return tail_read(pipeline->events) == before;
}

void pipeline_wait_idle(struct pipeline *pipeline) {
    world_flush(pipeline->world);
    WAIT_FOR(is_idle(pipeline), PIPELINE_WITHIN_MS);
}

static bool views_agree(struct pipeline *pipeline) {
    bool agree = true;

    for (int i = PIPELINE_SLA; i <= PIPELINE_NOTIFICATION && agree; i++) {
        struct buf diff = {0};
        int lines;
        agree = world_check_view(pipeline->world, pipeline_specs[i], &diff, &lines) == 0;
        buf_free(&diff);
    }
    return agree;
}

void pipeline_wait_views(struct pipeline *pipeline) {
    WAIT_FOR(views_agree(pipeline), PIPELINE_WITHIN_MS);
}

void pipeline_check_view(struct pipeline *pipeline, const struct worker_spec *spec) {
    struct buf diff = {0};
    int lines;
    int differ = world_check_view(pipeline->world, spec, &diff, &lines);

    if (differ) print_message("%s", diff.at);
    print_message("view of %s: %d lines, %d differ from the fold of the changelog\n", spec->name,
                  lines, differ);
    assert_int_equal(differ, 0);
    assert_true(lines > 0);
    buf_free(&diff);
}

void pipeline_check_views(struct pipeline *pipeline) {
    for (int i = PIPELINE_SLA; i <= PIPELINE_NOTIFICATION; i++)
        pipeline_check_view(pipeline, pipeline_specs[i]);
}
