/* redressctl rejected: reads the rejected topic whole (rejections are few), shows it, sends parts
 * of it again. */
#include "base/clock.h"
#include "contract/contract.h"
#include "outside/reading.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/rejected_rows.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT = 50,           /* a screenful */
    COLLECT_MAX = 100000, /* records told of at once, some 50 MB */
    REPLAY_MAX = 1000,    /* of one transaction, which has 5 s; the rest with the next run */
    REPLAY_BYTES = 64 * 1024 * 1024,
    ASK_MS = 10000,
    READ_MS = 60000 /* without any record or end in this time the broker is away */
};

struct rejected_run {
    struct ctl ctl;
    const char *reason, *topic, *limit_text;
    bool all, force;
    int64_t limit;
    char **ids; /* of show and replay */
    int id_count;
    bool with_bytes;
    struct rejected_entry *entries;
    int count;
    size_t bytes;
    char **marks; /* ids that were sent again */
    int mark_count;
};

static bool is_asked(const struct rejected_run *run, const struct rejected *rejected) {
    char id[REJECTED_ID_MAX];
    rejected_format_id(rejected->id, id);
    for (int i = 0; i < run->id_count; i++)
        if (strcmp(run->ids[i], id) == 0) return true;
    return false;
}

static bool matches(const struct rejected_run *run, const struct rejected *rejected) {
    if (run->id_count) return is_asked(run, rejected);
    if (run->reason && strcmp(run->reason, rejected->reason) != 0) return false;
    if (!run->topic) return true;
    size_t prefix = strlen(run->ctl.config.topic_prefix);
    return strcmp(run->topic, rejected->topic) == 0 ||
           (strncmp(rejected->topic, run->ctl.config.topic_prefix, prefix) == 0 &&
            rejected->topic[prefix] == '.' &&
            strcmp(run->topic, rejected->topic + prefix + 1) == 0);
}

static void copy_bytes(struct rejected_run *run, const struct raw *raw, struct raw *copy) {
    struct arena *arena = run->ctl.arena;
    struct header *headers = arena_alloc(arena, ((size_t)raw->header_count + 1) * sizeof *headers);

    *copy = *raw;
    if (raw->key)
        copy->key = arena_memdup(arena, raw->key, raw->key_len);
    else
        copy->key = NULL;
    if (raw->value)
        copy->value = arena_memdup(arena, raw->value, raw->value_len);
    else
        copy->value = NULL;
    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        headers[i] = (struct header){
            arena_strdup(arena, header->name),
            header->value ? arena_memdup(arena, header->value, header->value_len) : NULL,
            header->value_len};
    }
    copy->headers = headers;
    run->bytes += raw->value_len;
}

static void add_mark(struct rejected_run *run, const char *id) {
    struct arena *arena = run->ctl.arena;

    *ARENA_ADD(arena, run->marks, run->mark_count) = arena_strdup(arena, id);
}

/* Takes note of one record of the topic. */
static int collect(void *context, const struct raw *raw) {
    struct rejected_run *run = context;
    struct rejected rejected;
    struct arena *arena = run->ctl.arena;

    arena_reset(run->ctl.turn);
    rejected_read(raw, run->ctl.turn, &rejected);
    if (rejected.is_mark) {
        add_mark(run, rejected.replayed);
        return 0;
    }
    if (!matches(run, &rejected) || run->count == COLLECT_MAX) return 0;
    if (run->with_bytes && run->bytes + raw->value_len > REPLAY_BYTES) return 0;
    struct rejected_entry *entry = ARENA_ADD(arena, run->entries, run->count);
    rejected_read(raw, arena, &entry->rejected);
    if (run->with_bytes) copy_bytes(run, raw, &entry->raw);

    return 0;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_time(const void *a, const void *b) {
    const struct rejected *one = &((const struct rejected_entry *)a)->rejected;
    const struct rejected *two = &((const struct rejected_entry *)b)->rejected;
    if (one->time_ms != two->time_ms) return one->time_ms < two->time_ms ? -1 : 1;
    if (one->id.partition != two->id.partition)
        return one->id.partition < two->id.partition ? -1 : 1;
    if (one->id.offset < two->id.offset) return -1;
    return one->id.offset > two->id.offset;
}

/* Marks stand behind what they mark, so they are applied when all is read. */
static void apply_marks(struct rejected_run *run) {
    if (run->mark_count) qsort(run->marks, (size_t)run->mark_count, sizeof *run->marks, by_text);
    if (run->count) qsort(run->entries, (size_t)run->count, sizeof *run->entries, by_time);
    for (int i = 0; i < run->count && run->mark_count; i++) {
        char id[REJECTED_ID_MAX];
        char *key = rejected_format_id(run->entries[i].rejected.id, id);
        run->entries[i].replayed =
            bsearch(&key, run->marks, (size_t)run->mark_count, sizeof *run->marks, by_text) != NULL;
    }
}

static int read_topic(struct rejected_run *run) {
    struct err err;
    struct kafka_asker *asker = kafka_asker_new(&run->ctl.kafka, &err);

    if (!asker) return ctl_fail(&run->ctl, "%s", err.text);
    const struct reading_plan plan = {.kafka = &run->ctl.kafka,
                                      .asker = asker,
                                      .topic = TOPIC_REJECTED,
                                      .end = READING_STABLE_END,
                                      .silence_ms = READ_MS,
                                      .each = collect,
                                      .context = run};
    int count = kafka_partitions(asker, TOPIC_REJECTED, ASK_MS, &err);
    int status = ctl_partitions(&run->ctl, TOPIC_REJECTED, count, READING_PARTITIONS_MAX, &err);
    if (!status && reading_run(&plan, &err) != OUTCOME_DONE)
        status = ctl_fail(&run->ctl, "%s.rejected: %s", run->ctl.config.topic_prefix, err.text);
    kafka_asker_free(asker);
    if (!status) apply_marks(run);

    return status;
}

static int list(struct rejected_run *run) {
    int status = read_topic(run);

    if (status) return status;
    int first = 0;
    if (run->count > run->limit) first = run->count - (int)run->limit;
    if (!run->ctl.json && run->count) rejected_rows_head();
    for (int i = first; i < run->count; i++) rejected_rows_list(&run->entries[i], run->ctl.json);
    if (run->count == COLLECT_MAX)
        ctl_note("only the first %d found are told of; --reason and --topic narrow it down",
                 COLLECT_MAX);
    else if (!run->ctl.json)
        ctl_note("%d of %d, the latest last", run->count - first, run->count);
    return 0;
}

static int show(struct rejected_run *run) {
    if (run->id_count != 1)
        return ctl_usage(&run->ctl, "expected one ID, as `redressctl rejected list` prints it");
    run->with_bytes = true;
    int status = read_topic(run);
    if (!status && !run->count)
        status = ctl_fail(&run->ctl, "no record %s in %s.rejected", run->ids[0],
                          run->ctl.config.topic_prefix);
    if (!status) rejected_rows_show(&run->entries[0], run->ctl.json);
    return status;
}

/* Which of those found are sent; each that is not says why. Returns how many are left out though
 * they were asked for.
 */
static int choose(struct rejected_run *run, int *chosen_out) {
    int refused = 0;

    *chosen_out = 0;
    for (int i = 0; i < run->count && *chosen_out < REPLAY_MAX; i++) {
        struct rejected_entry *entry = &run->entries[i];
        char id[REJECTED_ID_MAX];
        struct kafka_message message;
        struct err err = {""};
        rejected_format_id(entry->rejected.id, id);
        if (rejected_replay(&entry->raw, &entry->rejected, &run->ctl.kafka, run->ctl.turn, &message,
                            &err) < 0)
            ;
        else if (entry->replayed && !run->force)
            err_set(&err, "it was sent again already; --force sends it once more");
        else if (entry->rejected.replayed && !run->force)
            err_set(&err, "it is %s sent again and rejected again; --force sends it once more",
                    entry->rejected.replayed);
        else {
            entry->chosen = true;
            (*chosen_out)++;
            continue;
        }
        if (run->all && entry->replayed) continue; /* done before: nothing to tell */
        ctl_note("%s: not sent: %s", id, err.text);
        if (run->ctl.json) rejected_rows_replay(entry, NULL, err.text);
        refused++;
    }

    return refused;
}

static enum kafka_outcome send_chosen(struct rejected_run *run, struct kafka_producer *producer,
                                      struct err *err) {
    enum kafka_outcome outcome = kafka_begin(producer, err);

    for (int i = 0; i < run->count && outcome == KAFKA_DONE; i++) {
        struct rejected_entry *entry = &run->entries[i];
        struct kafka_message message;
        if (!entry->chosen) continue;
        int rc = rejected_replay(&entry->raw, &entry->rejected, &run->ctl.kafka, run->ctl.turn,
                                 &message, err);
        ASSERT(rc == 0); /* it was chosen because this went well */
        outcome = kafka_produce(producer, &message, err);
        rejected_mark(&entry->raw, &entry->rejected, run->ctl.turn, &message);
        if (outcome == KAFKA_DONE) outcome = kafka_produce(producer, &message, err);
    }
    if (outcome == KAFKA_DONE) outcome = kafka_commit(producer, err);
    if (outcome == KAFKA_ABORT) {
        struct err why;
        (void)kafka_abort(producer, &why); /* the transaction's own time-out ends it otherwise */
    }

    return outcome;
}

/* That they are in their topics is said when it is known. */
static void print_sent(struct rejected_run *run) {
    for (int i = 0; i < run->count; i++) {
        struct rejected_entry *entry = &run->entries[i];
        struct kafka_message message;
        struct err err;
        if (!entry->chosen) continue;
        int rc = rejected_replay(&entry->raw, &entry->rejected, &run->ctl.kafka, run->ctl.turn,
                                 &message, &err);
        ASSERT(rc == 0); /* as it was sent */
        rejected_rows_replay(entry,
                             arena_printf(run->ctl.arena, "%s.%s", run->ctl.config.topic_prefix,
                                          topic_name(message.topic)),
                             NULL);
    }
}

/* All in one transaction with the marks. The transactional id is one for all: of two at the same
 * time one is refused.
 */
static int send_all(struct rejected_run *run, int chosen) {
    static const enum topic topics[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_DECISIONS,
                                        TOPIC_REJECTED, TOPIC_NONE};
    struct err err = {""};
    const char *id =
        arena_printf(run->ctl.arena, "%s-redressctl-rejected", run->ctl.config.topic_prefix);
    struct kafka_producer *producer = kafka_producer_new(&run->ctl.kafka, id, &err);

    if (!producer) return ctl_fail(&run->ctl, "%s", err.text);
    enum kafka_outcome outcome = kafka_producer_ready(producer, topics, ASK_MS, &err);
    if (outcome == KAFKA_DONE) outcome = send_chosen(run, producer, &err);
    kafka_producer_free(producer);
    if (outcome == KAFKA_DONE) {
        ctl_note("%d sent again", chosen);
        if (run->ctl.json) print_sent(run);
        return 0;
    }
    if (outcome == KAFKA_FENCED)
        return ctl_fail(&run->ctl, "another `rejected replay` is running; nothing was sent");
    return ctl_fail(&run->ctl, "%s: %s",
                    outcome == KAFKA_REBUILD
                        ? "it is not known whether they were sent; look with `rejected list`"
                        : "nothing was sent",
                    err.text);
}

static int replay(struct rejected_run *run) {
    int chosen;

    if (!run->id_count && !run->all)
        return ctl_usage(&run->ctl, "expected ID..., or --all with --reason or --topic");
    if (run->id_count && (run->all || run->reason || run->topic))
        return ctl_usage(&run->ctl, "ids and --all, --reason or --topic exclude each other");
    run->with_bytes = true;
    int status = read_topic(run);
    if (status) return status;
    int missing = 0;
    if (run->id_count > run->count) missing = run->id_count - run->count;
    if (missing)
        ctl_fail(&run->ctl, "%d of the ids are not in %s.rejected", missing,
                 run->ctl.config.topic_prefix);
    int refused = choose(run, &chosen);
    if (chosen) status = send_all(run, chosen);
    if (!chosen) ctl_note("nothing to send");
    if (chosen == REPLAY_MAX || run->bytes + 1024 * 1024 > REPLAY_BYTES)
        ctl_note("there may be more: run it again");
    if (status) return status;
    return refused || missing ? EXIT_CANNOT_GO_ON : 0;
}

static int check_one_of(const struct rejected_run *run, const char *option, const char *given,
                        const char *const *known) {
    struct buf list = {NULL, 0, 0};
    for (int i = 0; known[i]; i++)
        if (strcmp(known[i], given) == 0) return 0;

    for (int i = 0; known[i]; i++) buf_printf(&list, "%s%s", i ? ", " : "", known[i]);
    int status = ctl_usage(&run->ctl, "%s \"%.40s\": expected one of %s", option, given, list.at);
    buf_free(&list);
    return status;
}

/* A mistyped reason or topic would find nothing. */
static int check_choice(const struct rejected_run *run) {
    static const char *const topics[] = {"complaints", "activity", "decisions", "events", NULL};
    int status = 0;
    if (run->reason) status = check_one_of(run, "--reason", run->reason, contract_rejections);
    bool whole_name = run->topic && strchr(run->topic, '.'); /* of whatever prefix */
    if (!status && run->topic && !whole_name)
        status = check_one_of(run, "--topic", run->topic, topics);
    return status;
}

static int run_rejected(int argc, char **argv) {
    struct rejected_run run = {.ctl.command = &ctl_rejected, .limit = LIMIT};
    struct ctl *ctl = &run.ctl;
    const struct options_row options[] = {
        {"--reason", &run.reason, NULL},    {"--topic", &run.topic, NULL},
        {"--limit", &run.limit_text, NULL}, {"--all", NULL, &run.all},
        {"--force", NULL, &run.force},      {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);
    const char *what = "";
    if (argc > 1) what = argv[1];

    run.ids = argv + 2;
    if (argc > 2)
        run.id_count = argc - 2;
    else
        run.id_count = 0;
    for (int i = 0; i < run.id_count && !status; i++) {
        struct rejected_id id;
        if (rejected_parse_id(run.ids[i], &id) < 0)
            status = ctl_usage(ctl, "id \"%.40s\": expected PARTITION-OFFSET", run.ids[i]);
    }
    if (!status && run.limit_text)
        status = ctl_number(ctl, "--limit", run.limit_text, 1, COLLECT_MAX, &run.limit);
    bool known =
        strcmp(what, "list") == 0 || strcmp(what, "show") == 0 || strcmp(what, "replay") == 0;
    if (!status && !known) status = ctl_usage(ctl, "expected list, show or replay");
    if (!status && *what == 'l' && run.id_count) status = ctl_usage(ctl, "list takes no ids");
    if (!status) status = check_choice(&run);
    if (!status) status = ctl_config(ctl);
    if (!status && *what == 'l')
        status = list(&run);
    else if (!status && *what == 's')
        status = show(&run);
    else if (!status)
        status = replay(&run);
    ctl_close(ctl);

    return status;
}

const struct command ctl_rejected = {
    .name = "rejected",
    .usage = "rejected list|show ID|replay ID...|replay --all [--reason R] [--topic T] [--limit N] "
             "[--force] [--json]",
    .about = "what could not be accepted, why, and sending it again once mended",
    .options = "list show replay --reason --topic --limit --all --force --json",
    .run = run_rejected,
    .help = help_rejected,
};
