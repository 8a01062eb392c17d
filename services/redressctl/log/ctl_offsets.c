/* redressctl offsets: what a worker's group has committed, and setting it knowingly. */
#include "base/clock.h"
#include "outside/kafka_admin.h"
#include "outside/reading.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/ctl_places.h"
#include "redressctl/log/offsets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SILENCE_MS = 60000,
    PROGRESS_MS = 500,
    AGAIN_MS = 500,  /* how often it is tried while the group has members */
    GRACE_MS = 10000 /* beyond the session time-out */
};

struct offsets_run {
    struct ctl ctl;
    const struct worker_spec *spec;
    const char *topic, *partition_text, *offset_text;
    bool from_log, to_beginning, to_end;
    int64_t partition, offset; /* -1: not given */
    struct kafka_asker *asker;
    struct place *places; /* input partitions; offset: what is committed */
    struct place *starts, *ends;
    int count;
    int64_t read;
    int64_t progress_ms;
    int64_t until_ms; /* waiting for the group's members to go */
};

/* ---- What there is ---- */

static int find_spec(struct offsets_run *run, const char *name) {
    run->spec = ctl_places_find(name);
    if (!run->spec)
        return ctl_usage(&run->ctl, "unknown worker \"%s\", expected %s", name, ctl_places_names);
    run->ctl.kafka.worker = run->spec->name;
    return 0;
}

static int ask(struct offsets_run *run) {
    struct ctl_places found;
    struct err err = {"no answer"};
    int rc = ctl_places_ask(&run->ctl, run->spec, run->topic, run->partition, &found, &err);

    run->asker = found.asker;
    run->places = found.committed;
    run->starts = found.starts;
    run->ends = found.ends;
    run->count = found.count;
    if (rc < 0) return ctl_fail(&run->ctl, "%s", err.text);
    return 0;
}

/* ---- list ---- */

static const char *number(struct arena *arena, int64_t offset) {
    if (offset == KAFKA_NO_OFFSET) return "-";
    return arena_printf(arena, "%" PRId64, offset);
}

static void print_row(struct offsets_run *run, int i) {
    const struct place *place = &run->places[i];
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    if (!run->ctl.json) {
        ctl_line("%-12s %9d %12s %12" PRId64 " %12" PRId64, topic_name(place->topic),
                 place->partition, number(run->ctl.arena, place->offset), run->starts[i].offset,
                 run->ends[i].offset);
        return;
    }
    json_begin_map(&json);
    json_key(&json, "topic"), json_text(&json, topic_name(place->topic));
    json_key(&json, "partition"), json_int(&json, place->partition);
    if (place->offset != KAFKA_NO_OFFSET)
        json_key(&json, "committed"), json_int(&json, place->offset);
    json_key(&json, "first"), json_int(&json, run->starts[i].offset);
    json_key(&json, "end"), json_int(&json, run->ends[i].offset);
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static int list(struct offsets_run *run) {
    int status = ask(run);
    if (status) return status;
    if (!run->ctl.json)
        ctl_line("%-12s %9s %12s %12s %12s", "TOPIC", "PARTITION", "COMMITTED", "FIRST", "END");
    for (int i = 0; i < run->count; i++) print_row(run, i);
    return 0;
}

/* A process that stopped under a REDRESS_INSTANCE of its own stays a member until its session times
 * out, so that a restart takes over at once. True: once more. */
static bool wait_for_members(struct offsets_run *run, int result) {
    if (result != 1) return false;
    if (!run->until_ms) {
        run->until_ms = clock_boot_ms() + run->ctl.config.session_timeout_ms + GRACE_MS;
        ctl_note("the group still has members: waiting until their sessions time out");
    }
    usleep(AGAIN_MS * 1000);
    return clock_boot_ms() < run->until_ms;
}

static int say_result(struct offsets_run *run, int result, const struct err *err) {
    if (result == 0) return 0;
    return ctl_fail(&run->ctl, "%s%s%s", err->text, result == 1 ? ": stop all redress-" : "",
                    result == 1 ? run->spec->name : "");
}

/* ---- set ---- */

struct noting {
    struct offsets_run *run;
    struct offsets offsets;
};

static int note(void *context, const struct raw *raw) {
    struct noting *noting = context;
    struct offsets_run *run = noting->run;

    offsets_note(&noting->offsets, raw);
    run->read++;
    if (clock_boot_ms() < run->progress_ms) return 0;
    ctl_progress("%" PRId64 " records of %s read", run->read, topic_name(raw->topic));
    run->progress_ms = clock_boot_ms() + PROGRESS_MS;

    return 0;
}

static int look_into(struct offsets_run *run, struct noting *noting, enum topic topic) {
    struct err err = {"no answer"};
    int partitions = kafka_partitions(run->asker, topic, CTL_PLACES_ASK_MS, &err);

    const struct reading_plan plan = {.kafka = &run->ctl.kafka,
                                      .asker = run->asker,
                                      .topic = topic,
                                      .silence_ms = SILENCE_MS,
                                      .each = note,
                                      .context = noting};
    if (partitions >= 0 && reading_run(&plan, &err) == OUTCOME_DONE) return 0;
    return ctl_fail(&run->ctl, "%s is not read to its end: %s", topic_name(topic), err.text);
}

static int look_at_log(struct offsets_run *run, struct place *said, struct place *waits) {
    static const enum topic map[] = {TOPIC_EVENTS, TOPIC_ORDERS, TOPIC_REJECTED, TOPIC_POLICIES,
                                     TOPIC_NONE};
    static const enum topic keyed[] = {TOPIC_STATE, TOPIC_NONE};
    struct noting noting = {run,
                            {&run->ctl.kafka, run->spec, said, run->count, waits, run->ctl.arena}};
    int status = 0;

    for (int i = 0; i < run->count; i++) said[i].offset = waits[i].offset = KAFKA_NO_OFFSET;
    for (const enum topic *topic = run->spec->kind == WORKER_KEYED ? keyed : map;
         !status && *topic != TOPIC_NONE; topic++)
        status = look_into(run, &noting, *topic);
    return status;
}

static void choose(struct offsets_run *run, struct place *to, int i, const char **why_out) {
    static const char *const found[] = {
        [OFFSETS_FOUND] = "behind what was published",
        [OFFSETS_NOTHING_SAID] = "nothing was published of it: from its beginning",
        [OFFSETS_BEYOND_END] =
            "what was published comes from a longer topic: recreated, so from its beginning",
        [OFFSETS_BEFORE_START] = "what comes next was deleted: from what is left",
    };
    int64_t said = to[i].offset;

    *why_out = "as asked";
    if (run->from_log)
        *why_out =
            found[offsets_choose(said, run->starts[i].offset, run->ends[i].offset, &to[i].offset)];
    else if (run->to_beginning)
        to[i].offset = run->starts[i].offset;
    else
        to[i].offset = run->to_end ? run->ends[i].offset : run->offset;
}

/* What waits for another record is not passed over: it still waits, whatever is set. */
static void keep_waiting(const struct offsets_run *run, int i, const struct place *waits,
                         struct place *to) {
    bool behind = run->spec->kind == WORKER_MAP && (run->from_log || run->offset >= 0);
    to->metadata[0] = 0;
    if (behind && waits->offset >= run->starts[i].offset && to->offset > waits->offset)
        offsets_keep_waiting(waits, to->offset, to);
}

static void print_set(const struct offsets_run *run, int i, const struct place *to,
                      const char *why) {
    int64_t was = run->places[i].offset;
    struct ctl_row row;

    if (!run->ctl.json) {
        ctl_line("%s:%d %s -> %" PRId64 " (%s)", topic_name(to->topic), to->partition,
                 number(run->ctl.arena, was), to->offset, why);
        return;
    }
    ctl_row_begin(&row);
    ctl_row_text(&row, "topic", topic_name(to->topic));
    ctl_row_int(&row, "partition", to->partition);
    if (was != KAFKA_NO_OFFSET) ctl_row_int(&row, "was", was);
    ctl_row_int(&row, "committed", to->offset);
    ctl_row_text(&row, "why", why);
    ctl_row_end(&row);
}

static int set(struct offsets_run *run) {
    struct err err;
    int ways = run->from_log + run->to_beginning + run->to_end + (run->offset >= 0);
    if (ways != 1)
        return ctl_usage(&run->ctl,
                         "expected one of --from-log, --to-beginning, --to-end and --to OFFSET");
    if (run->offset >= 0 && (!run->topic || run->partition < 0))
        return ctl_usage(&run->ctl, "--to needs --topic and --partition");
    int status = ask(run);
    if (status) return status;

    struct place *to = arena_memdup(run->ctl.arena, run->places, sizeof *to * (size_t)run->count);
    struct place *waits =
        arena_memdup(run->ctl.arena, run->places, sizeof *waits * (size_t)run->count);
    if (run->from_log) status = look_at_log(run, to, waits);
    if (status) return status;
    const char **why = arena_alloc(run->ctl.arena, sizeof *why * (size_t)run->count);
    for (int i = 0; i < run->count; i++) {
        choose(run, to, i, &why[i]);
        keep_waiting(run, i, &waits[i], &to[i]);
    }
    int result;
    do
        result =
            kafka_group_set(run->asker, run->spec->name, to, run->count, CTL_PLACES_ASK_MS, &err);
    while (wait_for_members(run, result));
    for (int i = 0; i < run->count && !result; i++) print_set(run, i, &to[i], why[i]);
    return say_result(run, result, &err);
}

/* ---- delete ---- */

static int delete_group(struct offsets_run *run) {
    struct err err;
    const char *group =
        arena_printf(run->ctl.arena, "%s-%s", run->ctl.config.topic_prefix, run->spec->name);
    struct kafka_admin *admin = kafka_admin_new(&run->ctl.kafka, &err);
    int result;

    do result = admin ? kafka_admin_delete_group(admin, group, CTL_PLACES_ASK_MS, &err) : -1;
    while (wait_for_members(run, result));
    kafka_admin_free(admin);
    if (result == 0 && run->ctl.json) {
        struct ctl_row row;
        ctl_row_begin(&row);
        ctl_row_text(&row, "deleted", group);
        ctl_row_end(&row);
    }

    return say_result(run, result, &err);
}

static int parse_numbers(struct offsets_run *run) {
    int status = 0;

    run->partition = run->offset = -1;
    if (run->partition_text)
        status = ctl_number(&run->ctl, "--partition", run->partition_text, 0, INT32_MAX,
                            &run->partition);
    if (!status && run->offset_text)
        status = ctl_number(&run->ctl, "--to", run->offset_text, 0, INT64_MAX, &run->offset);
    return status;
}

static int run_offsets(int argc, char **argv) {
    struct offsets_run run = {.ctl = {.command = &ctl_offsets}};
    const struct options_row options[] = {{"--from-log", NULL, &run.from_log},
                                          {"--to-beginning", NULL, &run.to_beginning},
                                          {"--to-end", NULL, &run.to_end},
                                          {"--to", &run.offset_text, NULL},
                                          {"--topic", &run.topic, NULL},
                                          {"--partition", &run.partition_text, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);
    const char *what = "";
    if (argc == 3) what = argv[1];
    bool lists = strcmp(what, "list") == 0;
    bool sets = strcmp(what, "set") == 0;
    bool deletes = strcmp(what, "delete") == 0;

    if (!status && !lists && !sets && !deletes)
        status = ctl_usage(&run.ctl, "expected list, set or delete, and a worker");
    if (!status) status = parse_numbers(&run);
    if (!status) status = ctl_config(&run.ctl);
    if (!status) status = find_spec(&run, argv[2]);
    if (!status && lists) status = list(&run);
    if (!status && sets) status = set(&run);
    if (!status && deletes) status = delete_group(&run);
    kafka_asker_free(run.asker);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_offsets = {
    .name = "offsets",
    .usage = "offsets list WORKER [--json] | set WORKER --from-log|--to-beginning|--to-end|--to "
             "OFFSET [--json] | delete WORKER [--json]",
    .about = "how far a worker has read, and setting that knowingly",
    .options = "list set delete --from-log --to-beginning --to-end --to --topic --partition --json",
    .run = run_offsets,
    .help = help_offsets,
};
