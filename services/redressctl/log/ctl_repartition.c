/* redressctl repartition: copies what open cases rest on to the topics of another prefix. */
#include "base/clock.h"
#include "classification/classification.h"
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "outside/reading.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/repartition.h"
#include "sla/sla.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 10000,
    SILENCE_MS = 60000,
    FLUSH_MS = 60000,
    FLUSH_EVERY = 10000,
    PROGRESS_MS = 500
};

static const struct worker_spec *const specs[] = {
    &intake_spec,       &classification_spec, &sla_spec, &compensation_spec,
    &notification_spec, &cohort_spec,         NULL};

/* Topics under one prefix, as one worker or none sees them. */
struct side {
    struct config config;
    struct kafka kafka;
    struct kafka_asker *asker;
};

struct repartition_run {
    struct ctl ctl;
    const char *to_prefix;
    struct side from, to;
    struct kafka_producer *producer;
    struct repartition plan;
    int64_t *next;
    int64_t copied, progress_ms;
    struct err err; /* of the record at hand */
    bool failed;
};

/* ---- The two sides ---- */

static int open_side(struct repartition_run *run, struct side *side, const char *prefix,
                     const char *worker) {
    struct err err;

    kafka_asker_free(side->asker);
    side->config = run->ctl.config;
    side->config.topic_prefix = prefix;
    side->kafka = (struct kafka){.config = &side->config, .worker = worker};
    side->asker = kafka_asker_new(&side->kafka, &err);
    if (side->asker) return 0;
    return ctl_fail(&run->ctl, "%s", err.text);
}

static int open_sides(struct repartition_run *run, const char *worker) {
    int status = open_side(run, &run->from, run->ctl.config.topic_prefix, worker);
    if (status) return status;
    return open_side(run, &run->to, run->to_prefix, worker);
}

static int count(struct repartition_run *run, struct side *side, enum topic topic, int *count_out) {
    struct err err;
    char name[KAFKA_NAME_MAX];

    *count_out = kafka_partitions(side->asker, topic, ASK_MS, &err);
    if (*count_out > 0) return 0;
    return ctl_fail(
        &run->ctl, "%s: %s", kafka_topic(&side->kafka, topic, name),
        *count_out == 0
            ? "no such topic: make those of both prefixes with `redressctl topics create`"
            : err.text);
}

static struct place *places_of(struct repartition_run *run, enum topic topic, int partitions) {
    struct place *places = arena_alloc(run->ctl.arena, sizeof *places * ((size_t)partitions + 1));
    for (int i = 0; i < partitions; i++) places[i] = (struct place){.topic = topic, .partition = i};
    return places;
}

/* ---- Is everything decided? ---- */

struct looking {
    const struct worker_spec *spec;
    struct arena *arena;
    int64_t left;
};

static int look(void *context, const struct raw *raw) {
    struct looking *looking = context;
    size_t len;
    const char *type = event_peek_type(raw, &len);
    looking->left += !looking->spec->wants || !type ||
                     looking->spec->wants(arena_strndup(looking->arena, type, len));
    return 0;
}

static int look_at_topic(struct repartition_run *run, struct looking *looking, enum topic topic) {
    struct err err = {"no answer"};
    int partitions;
    int status = count(run, &run->from, topic, &partitions);

    if (status) return status;
    struct place *group = places_of(run, topic, partitions);
    struct place *starts = places_of(run, topic, partitions);
    bool known = kafka_group_offsets(run->from.asker, looking->spec->name, group, partitions,
                                     ASK_MS, &err) == 0 &&
                 kafka_starts(run->from.asker, starts, partitions, ASK_MS, &err) == 0;
    for (int i = 0; known && i < partitions; i++)
        if (group[i].offset == KAFKA_NO_OFFSET) group[i].offset = starts[i].offset;
    const struct reading_plan plan = {.kafka = &run->from.kafka,
                                      .asker = run->from.asker,
                                      .topic = topic,
                                      .from = group,
                                      .from_count = partitions,
                                      .silence_ms = SILENCE_MS,
                                      .each = look,
                                      .context = looking};
    if (!known || reading_run(&plan, &err) != OUTCOME_DONE)
        return ctl_fail(&run->ctl, "%s: %s", topic_name(topic), err.text);
    return 0;
}

/* A worker that was never started has everything before it: then it is not part of this
 * installation. */
static int check_decided(struct repartition_run *run) {
    for (const struct worker_spec *const *spec = specs; *spec; spec++) {
        struct looking looking = {*spec, run->ctl.arena, 0};
        for (const enum topic *topic = (*spec)->reads; *topic != TOPIC_NONE; topic++) {
            int status = look_at_topic(run, &looking, *topic);
            if (status) return status;
        }
        if (looking.left)
            return ctl_fail(&run->ctl,
                            "%" PRId64 " records are not yet decided by %s: start redress-%s again "
                            "until it has (`redressctl offsets list %s`), then stop it",
                            looking.left, (*spec)->name, (*spec)->name, (*spec)->name);
    }

    return 0;
}

/* ---- Is there room? ---- */

static int check_empty(struct repartition_run *run, enum topic topic, int partitions,
                       int64_t expected) {
    struct err err;
    char name[KAFKA_NAME_MAX];
    struct place *starts = places_of(run, topic, partitions);
    struct place *ends = places_of(run, topic, partitions);

    kafka_topic(&run->to.kafka, topic, name);
    if (kafka_starts(run->to.asker, starts, partitions, ASK_MS, &err) < 0 ||
        kafka_ends(run->to.asker, ends, partitions, ASK_MS, &err) < 0)
        return ctl_fail(&run->ctl, "%s: %s", name, err.text);
    for (int i = 0; i < partitions; i++)
        if (starts[i].offset != 0 || ends[i].offset != expected)
            return ctl_fail(
                &run->ctl,
                "%s is not new: partition %d has %" PRId64 " records, expected %" PRId64
                ". Take a prefix that was never used, or remove its topics and make them anew",
                name, i, ends[i].offset - starts[i].offset, expected);
    return 0;
}

/* Only @log is in a changelog that `topics create` has made. */
static int check_changelog(struct repartition_run *run, const struct worker_spec *spec) {
    int partitions = 0;
    int status = open_sides(run, spec->name);

    if (!status) status = count(run, &run->to, TOPIC_STATE, &partitions);
    if (!status && partitions != run->plan.counts[spec_input(spec)])
        status = ctl_fail(&run->ctl, "%s.%s.state has %d partitions, expected %d", run->to_prefix,
                          spec->name, partitions, run->plan.counts[spec_input(spec)]);
    if (!status) status = check_empty(run, TOPIC_STATE, partitions, 1);
    run->plan.counts[TOPIC_STATE] = partitions;

    return status;
}

static const enum topic copied[] = {TOPIC_POLICIES, TOPIC_CLAIMS, TOPIC_ORDERS, TOPIC_EVENTS,
                                    TOPIC_NONE};

static int check_room(struct repartition_run *run) {
    int status = 0;

    for (const enum topic *topic = copied; !status && *topic != TOPIC_NONE; topic++) {
        status = count(run, &run->to, *topic, &run->plan.counts[*topic]);
        if (!status) status = check_empty(run, *topic, run->plan.counts[*topic], 0);
    }
    for (const struct worker_spec *const *spec = specs; !status && *spec; spec++)
        if ((*spec)->kind == WORKER_KEYED) status = check_changelog(run, *spec);
    if (status) return status;
    return open_sides(run, NULL);
}

/* ---- Copying ---- */

static void fail(struct repartition_run *run) {
    run->failed = true;
}

static int copy(void *context, const struct raw *raw) {
    struct repartition_run *run = context;
    struct kafka_message message;

    arena_reset(run->ctl.turn);
    int times = repartition_record(&run->plan, raw, run->ctl.turn, &message);
    for (int i = 0; i < times; i++) {
        if (times > 1) message.partition = i;
        if (kafka_produce(run->producer, &message, &run->err) != KAFKA_DONE) fail(run);
    }
    run->copied += times > 0;
    if (run->copied % FLUSH_EVERY == 0 &&
        kafka_flush(run->producer, FLUSH_MS, &run->err) != KAFKA_DONE)
        fail(run);
    if (clock_boot_ms() < run->progress_ms) return run->failed;
    ctl_progress("%" PRId64 " records of %s copied", run->copied, topic_name(raw->topic));
    run->progress_ms = clock_boot_ms() + PROGRESS_MS;

    return run->failed;
}

static void print_copied(const struct repartition_run *run, const char *from, const char *to) {
    struct ctl_row row;

    if (!run->ctl.json) {
        ctl_line("%s: %" PRId64 " records", to, run->copied);
        return;
    }
    ctl_row_begin(&row);
    ctl_row_text(&row, "from", from);
    ctl_row_text(&row, "to", to);
    ctl_row_int(&row, "records", run->copied);
    ctl_row_end(&row);
}

static int copy_topic(struct repartition_run *run, enum topic topic) {
    char from[KAFKA_NAME_MAX], to[KAFKA_NAME_MAX];
    struct err err;

    run->copied = run->progress_ms = 0;
    run->failed = false;
    kafka_topic(&run->from.kafka, topic, from);
    kafka_topic(&run->to.kafka, topic, to);
    run->producer = kafka_producer_new(&run->to.kafka, NULL, &err);
    if (!run->producer) return ctl_fail(&run->ctl, "%s", err.text);
    const struct reading_plan plan = {.kafka = &run->from.kafka,
                                      .asker = run->from.asker,
                                      .topic = topic,
                                      .silence_ms = SILENCE_MS,
                                      .each = copy,
                                      .context = run};
    enum outcome result = reading_run(&plan, &err);
    if (!run->failed && kafka_flush(run->producer, FLUSH_MS, &run->err) != KAFKA_DONE) fail(run);
    kafka_producer_free(run->producer);
    if (result == OUTCOME_DONE && !run->failed) {
        print_copied(run, from, to);
        return 0;
    }
    return ctl_fail(&run->ctl,
                    "%s: %s: remove the new topics and make them anew before the next try", from,
                    run->failed ? run->err.text : err.text);
}

static bool is_log(enum topic topic) {
    return topic == TOPIC_EVENTS || topic == TOPIC_ORDERS;
}

/* How far the new case log, or another that keyed workers read, goes by now; all of it is decided.
 */
static int ask_next(struct repartition_run *run, enum topic topic) {
    struct err err;
    int partitions = run->plan.counts[topic];
    struct place *ends = places_of(run, topic, partitions);

    if (kafka_ends(run->to.asker, ends, partitions, ASK_MS, &err) < 0)
        return ctl_fail(&run->ctl, "%s", err.text);
    run->next = arena_alloc(run->ctl.arena, sizeof *run->next * (size_t)partitions);
    for (int i = 0; i < partitions; i++) run->next[i] = ends[i].offset;
    run->plan.next = run->next;

    return 0;
}

static int copy_all(struct repartition_run *run) {
    int status = 0;

    for (const enum topic *topic = copied; !status && *topic != TOPIC_NONE; topic++)
        status = copy_topic(run, *topic);
    for (const struct worker_spec *const *spec = specs; !status && *spec; spec++) {
        if ((*spec)->kind != WORKER_KEYED) continue;
        status = ask_next(run, spec_input(*spec));
        if (!status) status = open_sides(run, (*spec)->name);
        if (!status) status = copy_topic(run, TOPIC_STATE);
    }

    if (status) return status;
    return open_sides(run, NULL);
}

/* ---- Offsets ---- */

/* The inputs begin anew, and the logs are behind everybody. */
static int set_offsets(struct repartition_run *run, const struct worker_spec *spec,
                       enum topic topic) {
    struct err err;
    int partitions;
    int status = count(run, &run->to, topic, &partitions);

    if (status) return status;
    struct place *places = places_of(run, topic, partitions);
    if (is_log(topic)) status = ask_next(run, topic);
    if (status) return status;
    bool known =
        is_log(topic) || kafka_starts(run->to.asker, places, partitions, ASK_MS, &err) == 0;
    for (int i = 0; is_log(topic) && i < partitions; i++) places[i].offset = run->next[i];
    if (known && kafka_group_set(run->to.asker, spec->name, places, partitions, ASK_MS, &err) == 0)
        return 0;
    return ctl_fail(&run->ctl, "offsets of %s-%s: %s", run->to_prefix, spec->name, err.text);
}

static int set_all_offsets(struct repartition_run *run) {
    for (const struct worker_spec *const *spec = specs; *spec; spec++)
        for (const enum topic *topic = (*spec)->reads; *topic != TOPIC_NONE; topic++) {
            int status = set_offsets(run, *spec, *topic);
            if (status) return status;
        }
    return 0;
}

static void print_ready(const struct repartition_run *run) {
    struct ctl_row row;

    ctl_note("all workers may start with REDRESS_TOPIC_PREFIX=%s. What %s has in Kafka and "
             "Redis is no longer used",
             run->to_prefix, run->plan.from);
    if (!run->ctl.json) return;
    ctl_row_begin(&row);
    ctl_row_text(&row, "prefix", run->to_prefix);
    ctl_row_bool(&row, "ready", true);
    ctl_row_end(&row);
}

static int repartition(struct repartition_run *run) {
    if (strcmp(run->to_prefix, run->ctl.config.topic_prefix) == 0)
        return ctl_usage(&run->ctl,
                         "--to: expected another prefix than %s, which REDRESS_TOPIC_PREFIX names",
                         run->to_prefix);
    run->plan.from = run->ctl.config.topic_prefix;
    int status = open_sides(run, NULL);
    if (!status) status = check_decided(run);
    if (!status) status = check_room(run);
    if (!status) status = copy_all(run);
    if (!status) status = check_decided(run); /* nobody has gone on meanwhile */
    if (!status) status = set_all_offsets(run);
    if (!status) print_ready(run);
    return status;
}

static int run_repartition(int argc, char **argv) {
    struct repartition_run *run = calloc(1, sizeof *run);

    ASSERT(run);
    run->ctl.command = &ctl_repartition;
    const struct options_row options[] = {{"--to", &run->to_prefix, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(&run->ctl, options, &argc, argv);
    if (!status && (argc != 1 || !run->to_prefix))
        status = ctl_usage(&run->ctl, "expected --to PREFIX");
    if (!status) status = ctl_config(&run->ctl);
    if (!status) status = repartition(run);
    kafka_asker_free(run->from.asker);
    kafka_asker_free(run->to.asker);
    ctl_close(&run->ctl);
    free(run);

    return status;
}

const struct command ctl_repartition = {
    .name = "repartition",
    .usage = "repartition --to PREFIX [--json]",
    .about = "open cases, claims and caps to topics with another number of partitions",
    .options = "--to --json",
    .run = run_repartition,
    .help = help_repartition,
};
