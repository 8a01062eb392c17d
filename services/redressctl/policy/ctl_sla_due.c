/* redressctl sla due: working-time arithmetic by itself: when an allowance is used up, or how much
 * of it has passed. */
#include "base/clock.h"
#include "base/file.h"
#include "base/options.h"
#include "data/calendar.h"
#include "redressctl/commands.h"
#include "redressctl/ctl.h"
#include "redressctl/ctl_out.h"
#include "redressctl/policy/ctl_sla.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_LIMIT = 1 << 30,
    SECONDS_MAX = 10 * 366 * 86400 /* as policies: ten years */
};

struct mark_line {
    const char *type;
    int64_t at;
};
struct due_line {
    const struct tree *id, *calendar;
    int64_t start, end, seconds;
    const char *target;
    struct parts events;
};

static const struct field mark_fields[] = {
    {FIELD(mark_line, type), .type = FIELD_NAME, .doc = "pause or resume."},
    {FIELD(mark_line, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED, .doc = "When."},
    FIELDS_END};
static const struct table mark_table = {
    .name = "event", .size = sizeof(struct mark_line), .fields = mark_fields};
static const struct field line_fields[] = {
    {FIELD(due_line, id), .type = FIELD_TREE, .doc = "Comes back with the result."},
    {FIELD(due_line, calendar), .type = FIELD_TREE, .doc = "Open hours; absent: always open."},
    {FIELD(due_line, start), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "The clock starts."},
    {FIELD(due_line, end), .type = FIELD_TIME, .doc = "How much has passed by then is asked for."},
    {FIELD_AS("target_seconds", due_line, seconds), .type = FIELD_INT, .min = 0, .max = SECONDS_MAX,
     .doc = "The allowance, or"},
    {FIELD(due_line, target), .type = FIELD_NAME, .doc = "3wd, 24h."},
    {FIELD(due_line, events), .type = FIELD_PARTS, .of = &mark_table,
     .doc = "When the clock stood."},
    FIELDS_END};
static const struct table line_table = {
    .name = "line", .size = sizeof(struct due_line), .fields = line_fields};

struct question {
    struct due_line line;
    const struct calendar *calendar;
    struct calendar_allowance allowance;
    struct calendar_pause *pauses;
    int pause_count;
};

static int by_time(const void *a, const void *b) {
    const struct mark_line *one = *(const struct mark_line *const *)a;
    const struct mark_line *two = *(const struct mark_line *const *)b;
    if (one->at != two->at) return one->at < two->at ? -1 : 1;
    if (one < two) return -1;
    return 1; /* of one moment: as they stand in the line */
}

/* Pauses in order; repeated ones are harmless. */
static void read_pauses(struct question *question, struct arena *arena) {
    const struct parts *events = &question->line.events;
    size_t count = (size_t)events->count;
    const struct mark_line **sorted = arena_alloc(arena, (count + 1) * sizeof *sorted);

    question->pauses = arena_alloc(arena, (count + 1) * sizeof *question->pauses);
    for (size_t i = 0; i < count; i++) sorted[i] = (const struct mark_line *)events->at + i;
    qsort(sorted, count, sizeof *sorted, by_time);
    struct calendar_pause *open = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(sorted[i]->type, "pause") == 0 && !open) {
            open = &question->pauses[question->pause_count++];
            *open = (struct calendar_pause){sorted[i]->at, CALENDAR_NEVER};
        } else if (strcmp(sorted[i]->type, "resume") == 0 && open) {
            open->to_ms = sorted[i]->at;
            if (open->to_ms == open->from_ms) question->pause_count--;
            open = NULL;
        }
    }
}

/* -1: `faults` says why not. */
static int read_line(const struct tree *tree, struct arena *arena, struct question *out,
                     struct faults *faults) {
    if (fields_decode(&line_table, tree, FIELDS_EVENT, arena, &out->line, faults)) return -1;
    const struct due_line *line = &out->line;
    if (line->calendar)
        out->calendar = calendar_read(line->calendar, "calendar", FIELDS_EVENT, arena, faults);
    out->allowance.ms = line->seconds * 1000;
    if (line->target && calendar_parse_allowance(line->target, &out->allowance))
        faults_add(faults, FAULT_VALUE, 0, "target", "expected a duration such as 24h or 3wd");
    else if (!line->target && !line->end && !tree_get(tree, "target_seconds"))
        faults_add(faults, FAULT_MISSING, 0, "target_seconds",
                   "expected target_seconds, target or end");
    read_pauses(out, arena);

    if (faults->count) return -1;
    return 0;
}

static void write_time(struct json_out *out, int64_t ms) {
    char text[CLOCK_TEXT_MAX];
    if (ms == CALENDAR_NEVER)
        json_null(out);
    else
        json_text(out, clock_format(ms, text));
}

/* What counted, adjoining intervals joined, up to the due time. */
static void write_intervals(const struct question *question, int64_t due_ms, struct json_out *out) {
    int64_t from, to;
    int64_t at = question->line.start;

    json_begin_list(out);
    while (at < due_ms &&
           calendar_next_counted(question->calendar, at, question->pauses, question->pause_count,
                                 &from, &to) == 0 &&
           from < due_ms) {
        int64_t first = from;
        int64_t more_from, more_to;
        while (to < due_ms &&
               calendar_next_counted(question->calendar, to, question->pauses,
                                     question->pause_count, &more_from, &more_to) == 0 &&
               more_from == to)
            to = more_to;
        if (to > due_ms) to = due_ms;
        json_begin_list(out);
        write_time(out, first);
        write_time(out, to);
        json_end_list(out);
        if (to == CALENDAR_NEVER) break;
        at = to;
    }
    json_end_list(out);
}

static void answer(const struct question *question, struct json_out *out) {
    const struct due_line *line = &question->line;

    json_begin_map(out);
    if (line->id) {
        json_key(out, "id");
        json_tree(out, line->id);
    }
    if (line->end) {
        json_key(out, "elapsed_seconds");
        json_int(out, calendar_elapsed(question->calendar, line->start, line->end, question->pauses,
                                       question->pause_count) /
                          1000);
    } else {
        int64_t due_ms = calendar_due(question->calendar, line->start, question->allowance,
                                      question->pauses, question->pause_count);
        json_key(out, "due_at");
        write_time(out, due_ms);
        json_key(out, "intervals");
        write_intervals(question, due_ms, out);
    }
    json_end_map(out);
}

static int take_line(const struct file_line *line, struct arena *arena, struct buf *to) {
    const struct tree *tree;
    struct err err;
    struct question question = {0};
    struct faults faults = {.arena = arena, .limit = 1};
    enum json_fault fault = json_read(arena, line->at, line->len, NULL, &tree, &err);

    if (fault != JSON_OK) {
        ctl_sla_fail("line %" PRId64 ": %s: %s", line->number, json_fault_name(fault), err.text);
        return -1;
    }
    if (read_line(tree, arena, &question, &faults)) {
        ctl_sla_fail("line %" PRId64 ": %s: %s", line->number, faults.at[0].path,
                     faults.at[0].text);
        return -1;
    }
    struct json_out out = {.buf = to};
    buf_clear(to);
    answer(&question, &out);
    ctl_json(to->at, to->len);

    return 0;
}

int ctl_sla_due(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_sla};
    const struct options_row options[] = {{"--json", NULL, &ctl.json}, {NULL, NULL, NULL}};
    int status = ctl_take(&ctl, options, &argc, argv);

    if (status) return status;
    if (argc != 2) return ctl_usage(&ctl, "expected one FILE");
    const char *path = argv[1];
    struct arena *arena = arena_new();
    struct arena *work = arena_new();
    struct buf to = {0};
    struct err err;
    const char *bytes;
    size_t len;
    struct file_line line = {0};
    int bad = 0;
    if (file_read(arena, path, FILE_LIMIT, &bytes, &len, &err)) {
        arena_free(arena);
        arena_free(work);
        return ctl_sla_fail("%s", err.text);
    }
    for (const char *at = bytes; file_next_line(&at, bytes + len, &line);) {
        if (take_line(&line, work, &to)) bad++;
        arena_reset(work);
    }
    buf_free(&to);
    arena_free(work);
    arena_free(arena);

    if (!bad) return EXIT_OK;
    return ctl_sla_fail("%d of %" PRId64 " lines could not be answered", bad, line.number);
}
