/* redressctl events: reads one of our topics, the case log by default, as lines for people or as
 * JSON; to its end, or on and on. */
#include "base/clock.h"
#include "base/ids.h"
#include "base/suggest.h"
#include "contract/contract.h"
#include "decision/event.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 15000, /* a broker that does not answer in this time is away */
    TURN_MS = 200,  /* how soon --for and Ctrl-C are noticed */
    PARTITIONS_MAX = 1024,
    DETAIL_MAX =
        80 /* bytes of a value on a line for people: a customer's text may have 8 000 characters */
};

struct events_run {
    struct ctl ctl;
    enum topic topic;
    const char *case_id;
    const char *types; /* "sla.*,case.opened"; NULL: all */
    int64_t since_ms;  /* INT64_MIN: from the beginning */
    int64_t for_ms;    /* 0: to the end; with --follow without end */
    bool follow, only_new;
    bool troubled;  /* Kafka had something to complain about */
    bool unwritten; /* whoever reads what is printed has gone */
    struct kafka_consumer *reader;
    struct arena *turn; /* one record's */
    int partitions;
    struct place *places; /* of all partitions, or of the one that has the case */
    int count;
    bool *finished;
    int left; /* of these, not yet read to the end */
};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

static bool wanted(const struct events_run *run, const struct event *ev) {
    if (run->case_id && (!ev->subject || strcmp(ev->subject, run->case_id) != 0)) return false;
    if (!run->types) return true;
    for (const char *at = run->types; *at;) {
        size_t len = strcspn(at, ",");
        size_t stem = len;
        if (len > 0 && at[len - 1] == '*') stem = len - 1;
        if (strncmp(ev->type, at, stem) == 0 && (stem < len || ev->type[stem] == 0)) return true;
        at += len + (at[len] == ',');
    }

    return false;
}

static void print_json(const struct events_run *run, const struct raw *raw,
                       const struct event *ev) {
    char time[CLOCK_TEXT_MAX];
    struct buf line = {NULL, 0, 0};
    struct json_out json = {.buf = &line};

    json_begin_map(&json);
    const char *const texts[][2] = {{"time", clock_format(ev->time_ms, time)},
                                    {"type", ev->type},
                                    {"id", ev->id},
                                    {"source", ev->source},
                                    {"subject", ev->subject},
                                    {"topic", topic_name(run->topic)}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i][1]) continue;
        json_key(&json, texts[i][0]);
        json_text(&json, texts[i][1]);
    }
    json_key(&json, "partition");
    json_int(&json, raw->partition);
    json_key(&json, "offset");
    json_int(&json, raw->offset);
    json_key(&json, "data");
    json_tree(&json, ev->data);
    json_end_map(&json);
    ctl_json(line.at, line.len);
    buf_free(&line);
}

static void add_value(struct buf *line, const struct tree *value) {
    struct buf text = {NULL, 0, 0};
    struct json_out json = {.buf = &text};

    if (value->kind == TREE_TEXT)
        buf_puts(&text, value->text);
    else
        json_tree(&json, value);
    size_t len = text.len;
    if (len > DETAIL_MAX) {
        len = DETAIL_MAX;
        while (len > 0 && (text.at[len] & 0xC0) == 0x80) len--; /* not within a character */
    }
    ctl_safe(line, text.at, len);
    if (len < text.len) buf_puts(line, "...");
    buf_free(&text);
}

/* "2026-11-22T17:19:16Z  sla.breached  BYCRCNPA1C41H-FRGWX4V  target=first_contact due_at=..." */
static void print_line(const struct event *ev) {
    char time[CLOCK_TEXT_MAX];
    struct buf line = {NULL, 0, 0};

    buf_printf(&line, "%-24s  %-26s", clock_format(ev->time_ms, time), ev->type);
    if (ev->subject) buf_printf(&line, "  %s", ev->subject);
    const char *separator = "  ";
    for (const struct tree *member = ev->data->first; member; member = member->next) {
        if (!member->key || strcmp(member->key, "case_id") == 0) continue;
        buf_printf(&line, "%s%s=", separator, member->key);
        add_value(&line, member);
        separator = " ";
    }
    ctl_line("%s", line.at);
    buf_free(&line);
}

static void show(struct events_run *run, const struct kafka_record *record) {
    struct raw raw;
    struct event ev;
    struct rejection rejection;

    kafka_record_raw(&run->ctl.kafka, record, run->turn, &raw);
    if (event_read(&raw, run->turn, &ev, &rejection) < 0) {
        ctl_note("partition %d, offset %" PRId64 ": no event: %s: %s", raw.partition, raw.offset,
                 rejection.reason, rejection.detail);
        return;
    }
    if (!wanted(run, &ev)) return;
    if (run->ctl.json)
        print_json(run, &raw, &ev);
    else
        print_line(&ev);
    run->unwritten |= ctl_flush() != 0;
}

static void finish(struct events_run *run, int partition) {
    for (int i = 0; i < run->count; i++) {
        if (run->places[i].partition != partition || run->finished[i]) continue;
        run->finished[i] = true;
        run->left--;
    }
}

/* Whether what was printed is all there was: a time that is over too soon, and a broker that went
 * away, print little.
 */
static int conclude(struct events_run *run) {
    struct err err;
    if (interrupted || run->unwritten) return 0;
    if (!run->follow && run->left > 0)
        return ctl_fail(&run->ctl, "%d of %d partitions were not read to their end within --for",
                        run->left, run->count);
    if (!run->troubled) return 0;

    struct kafka_asker *asker = kafka_asker_new(&run->ctl.kafka, &err);
    int partitions = -1;
    if (asker) partitions = kafka_partitions(asker, run->topic, ASK_MS, &err);
    kafka_asker_free(asker);
    return ctl_partitions(&run->ctl, run->topic, partitions, PARTITIONS_MAX, &err);
}

static int read_on(struct events_run *run) {
    int64_t end_ms = INT64_MAX;
    if (run->for_ms) end_ms = clock_boot_ms() + run->for_ms;

    while (!interrupted && !run->unwritten && clock_boot_ms() < end_ms &&
           (run->follow || run->left > 0)) {
        struct kafka_record *record = NULL;
        struct place place;
        struct err err;
        enum kafka_got got = kafka_poll(run->reader, TURN_MS, &record, &place, &err);
        if (got == KAFKA_RECORD) {
            show(run, record);
            kafka_record_free(record);
            arena_reset(run->turn);
        } else if (got == KAFKA_END) {
            finish(run, place.partition);
        } else if (got == KAFKA_TROUBLE) {
            ctl_error("events", "%s", err.text);
            run->troubled = true;
        } else if (got != KAFKA_NOTHING) {
            return ctl_fail(&run->ctl, "%s", err.text);
        }
    }

    return conclude(run);
}

/* What the workers write about a case goes by its route: one partition has all of it. What others
 * write stands wherever they put it. */
static bool goes_by_case(enum topic topic) {
    return topic == TOPIC_EVENTS || topic == TOPIC_DELIVERIES || topic == TOPIC_SETTLEMENTS;
}

static int ask_offsets(struct events_run *run, struct kafka_asker *asker, struct err *err) {
    if (run->only_new) return kafka_ends(asker, run->places, run->count, ASK_MS, err);
    if (run->since_ms == INT64_MIN)
        return kafka_starts(asker, run->places, run->count, ASK_MS, err);
    return kafka_since(asker, run->since_ms, run->places, run->count, ASK_MS, err);
}

static int ask_places(struct events_run *run, struct kafka_asker *asker) {
    struct err err;
    int first = 0;

    run->partitions = kafka_partitions(asker, run->topic, ASK_MS, &err);
    int status = ctl_partitions(&run->ctl, run->topic, run->partitions, PARTITIONS_MAX, &err);
    if (status) return status;
    run->count = run->partitions;
    if (run->case_id && goes_by_case(run->topic)) {
        first = ids_partition(run->case_id, IDS_ROUTE_LEN, run->partitions);
        run->count = 1;
    }
    size_t count = (size_t)run->count;
    run->places = arena_alloc(run->ctl.arena, count * sizeof *run->places);
    run->finished = arena_alloc(run->ctl.arena, count * sizeof *run->finished);
    for (int i = 0; i < run->count; i++)
        run->places[i] = (struct place){.topic = run->topic, .partition = first + i};
    run->left = run->count;
    if (ask_offsets(run, asker, &err) == 0) return 0;
    return ctl_fail(&run->ctl, "%s", err.text);
}

static int open_reader(struct events_run *run) {
    struct err err;
    int status = ctl_config(&run->ctl);

    if (status) return status;
    struct kafka_asker *asker = kafka_asker_new(&run->ctl.kafka, &err);
    if (!asker) return ctl_fail(&run->ctl, "%s", err.text);
    status = ask_places(run, asker);
    kafka_asker_free(asker);
    if (status) return status;
    run->turn = arena_new();
    run->reader = kafka_reader_new(&run->ctl.kafka, true, &err);
    if (!run->reader || kafka_fetch_from(run->reader, run->places, run->count, &err) < 0)
        return ctl_fail(&run->ctl, "%s", err.text);
    return 0;
}

/* The topics that hold events, and no changelogs. */
static int find_topic(struct events_run *run, const char *name) {
    for (int topic = TOPIC_NONE + 1; topic < TOPIC_STATE; topic++) {
        if (topic == TOPIC_POLICIES || topic == TOPIC_CLAIMS) continue;
        if (strcmp(topic_name((enum topic)topic), name) == 0) run->topic = (enum topic)topic;
    }
    if (run->topic != TOPIC_NONE) return 0;
    return ctl_usage(&run->ctl,
                     "topic \"%.40s\": expected events, complaints, activity, decisions, "
                     "deliveries, settlements, orders or rejected",
                     name);
}

static bool is_known_type(const char *pattern, size_t stem, bool whole) {
    for (const struct contract_type *type = contract_types; type->name; type++)
        if (strncmp(type->name, pattern, stem) == 0 && (!whole || type->name[stem] == 0))
            return true;
    return false;
}

/* On our own topics there are no other types: a mistyped one would find nothing. Others write what
 * they like. */
static int check_types(struct events_run *run) {
    bool ours = run->topic != TOPIC_COMPLAINTS && run->topic != TOPIC_ACTIVITY &&
                run->topic != TOPIC_DECISIONS && run->topic != TOPIC_REJECTED;

    for (const char *at = run->types; ours && at && *at;) {
        size_t len = strcspn(at, ",");
        bool whole = len == 0 || at[len - 1] != '*';
        if (len > 0 && !is_known_type(at, whole ? len : len - 1, whole)) {
            struct suggest nearest = {.word = arena_strndup(run->ctl.arena, at, len)};
            for (const struct contract_type *type = contract_types; type->name; type++)
                suggest_offer(&nearest, type->name);
            const char *best = suggest_best(&nearest);
            return ctl_usage(&run->ctl, "--type \"%.60s\": no such type%s%s", nearest.word,
                             best ? ", did you mean "
                                  : "; `redressctl contract document` lists all",
                             best ? best : "");
        }
        at += len + (at[len] == ',');
    }

    return 0;
}

static int run_events(int argc, char **argv) {
    struct events_run run = {.ctl.command = &ctl_events, .since_ms = INT64_MIN};
    const char *span = NULL;
    const char *since = NULL;
    const struct options_row options[] = {{"--case", &run.case_id, NULL},
                                          {"--type", &run.types, NULL},
                                          {"--follow", NULL, &run.follow},
                                          {"--new", NULL, &run.only_new},
                                          {"--since", &since, NULL},
                                          {"--for", &span, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc > 2) status = ctl_usage(&run.ctl, "expected at most one TOPIC");
    if (!status) status = find_topic(&run, argc == 2 ? argv[1] : "events");
    if (!status && run.case_id && !ids_is_case(run.case_id))
        status = ctl_usage(&run.ctl,
                           "--case \"%.40s\": expected a case id such as BYCRCNPA1C41H-FRGWX4V",
                           run.case_id);
    if (!status) status = check_types(&run);
    if (!status && since && run.only_new)
        status = ctl_usage(&run.ctl, "expected --since or --new, not both");
    if (!status && since) status = ctl_moment(&run.ctl, "--since", since, &run.since_ms);
    if (!status && span) status = ctl_duration(&run.ctl, "--for", span, &run.for_ms);
    struct sigaction on_interrupt = {.sa_handler = note_interrupt};
    sigaction(SIGINT, &on_interrupt, NULL);
    sigaction(SIGTERM, &on_interrupt, NULL);
    if (!status) status = open_reader(&run);
    if (!status) status = read_on(&run);
    kafka_consumer_free(run.reader);
    arena_free(run.turn);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_events = {
    .name = "events",
    .usage =
        "events [TOPIC] [--follow] [--new] [--since TIME] [--for TIME] [--case CASE] [--type LIST] "
        "[--json]",
    .about = "read the case log, or another topic, as it stands or as it grows",
    .options = "--follow --new --since --for --case --type --json",
    .run = run_events,
    .help = help_events,
};
