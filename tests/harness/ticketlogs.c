/* ticketlogs: each row of a log becomes one or more events of its case; what the row means depends
 * on those before it.
 */
#include "ticketlogs.h"
#include "base/clock.h"
#include "base/ids.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS_MAX = 48, /* UCI has 36 */
    LINE_SIZE = 4096,
    STEPS = 8 /* events of one row, in the numbering of sequences */
};

struct source {
    const char *path, *name;
    int case_column, word_column, time_column,
        opened_column; /* opened_column -1: the first row's time */
};
static const struct source sources[] = {
    [TICKETLOG_UCI] = {"uci_incident_sla/incident_event_log.csv.gz", "/tickets/uci", 0, 1, 13, 9},
    [TICKETLOG_HELPDESK] = {"helpdesk_italian/Helpdesk.csv.gz", "/tickets/helpdesk", 6, 0, 3, -1},
    [TICKETLOG_RABOBANK] = {"bpi2014_rabobank/incidents.csv.gz", "/tickets/rabobank", 0, 1, 2, -1},
};

struct row {
    char *columns[COLUMNS_MAX];
    int count;
    const char *number, *word;
    int64_t time_ms;
};

/* The case at hand: rows of a case stand together in all three logs. */
struct ticket {
    const char *number;
    char case_id[IDS_CASE_LEN + 1], route[IDS_ROUTE_LEN + 1];
    int row;
    int64_t latest_ms;
    bool contacted, paused, resolved_once, resolved;
    const char **seen; /* rows of this case, for duplicates */
    int seen_count;
};

struct reader {
    enum ticketlog log;
    const struct source *source;
    struct arena *arena;
    struct ticketlog_events *out;
    int size;
    struct ticket ticket;
};

static const char *path_of(enum ticketlog log) {
    static char path[512];
    snprintf(path, sizeof path, "%s/../shared/data/%s", REDRESS_SOURCE_DIR, sources[log].path);
    return path;
}

const char *ticketlogs_missing(enum ticketlog log) {
    FILE *file = fopen(path_of(log), "r");
    if (!file) return path_of(log);
    fclose(file);
    return "";
}

/* "29/2/2016 04:40", taken as UTC, or RFC 3339 with a blank in place of the T. */
static int64_t read_time(const char *text) {
    int day, month, year, hour, minute;
    char iso[64];
    int64_t ms;

    if (sscanf(text, "%d/%d/%d %d:%d", &day, &month, &year, &hour, &minute) == 5) {
        snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:00Z", year, month, day, hour, minute);
    } else {
        snprintf(iso, sizeof iso, "%s", text);
        if (iso[10] == ' ') iso[10] = 'T';
    }
    if (clock_parse(iso, &ms)) {
        fprintf(stderr, "ticketlogs: not a time: %s\n", text);
        exit(1);
    }

    return ms;
}

static void split(struct row *row, char *line) {
    row->count = 0;
    line[strcspn(line, "\r\n")] = 0;
    while (line && row->count < COLUMNS_MAX) row->columns[row->count++] = strsep(&line, ",");
}

/* `time_ms` and `step` order the events of one row behind each other. */
static void add(struct reader *reader, const char *type, int64_t time_ms, int step, const char *fmt,
                ...) PRINTF(5, 6);
static void add(struct reader *reader, const char *type, int64_t time_ms, int step, const char *fmt,
                ...) {
    struct ticketlog_events *out = reader->out;
    struct ticket *ticket = &reader->ticket;
    char data[LINE_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(data, sizeof data, fmt, args);
    va_end(args);
    if (out->count == reader->size) {
        int size = reader->size ? reader->size * 2 : 4096;
        out->at = arena_grow(reader->arena, out->at, (size_t)reader->size * sizeof *out->at,
                             (size_t)size * sizeof *out->at);
        reader->size = size;
    }
    if (time_ms > ticket->latest_ms) ticket->latest_ms = time_ms;
    bool complaint = strcmp(type, "complaint.submitted") == 0;
    const char *id =
        complaint ? ticket->number
                  : arena_printf(reader->arena, "%s-%d-%d", ticket->number, ticket->row, step);
    out->at[out->count++] =
        (struct ticket_event){.topic = complaint ? TOPIC_COMPLAINTS : TOPIC_ACTIVITY,
                              .type = type,
                              .id = id,
                              .source = reader->source->name,
                              .time_ms = time_ms,
                              .order_ms = ticket->latest_ms,
                              .sequence = ticket->row * STEPS + step,
                              .key = arena_strdup(reader->arena, ticket->route),
                              .case_id = arena_strdup(reader->arena, ticket->case_id),
                              .data = arena_strdup(reader->arena, data)};
}

static void act(struct reader *reader, const char *type, int64_t time_ms, int step) {
    add(reader, type, time_ms, step, "{\"case_id\":\"%s\",\"by\":\"desk\"}",
        reader->ticket.case_id);
}

/* A row pauses until the next: the last row of a case, which has none, does not. */
static void end_ticket(struct reader *reader) {
    struct ticket *ticket = &reader->ticket;
    if (!ticket->paused) return;
    act(reader, "case.resumed", ticket->latest_ms, 7);
    ticket->paused = false;
}

static void open_ticket(struct reader *reader, const struct row *row) {
    struct ticket *ticket = &reader->ticket;

    *ticket = (struct ticket){.number = arena_strdup(reader->arena, row->number)};
    ids_route("default", arena_printf(reader->arena, "conversation:%s", ticket->number),
              ticket->route);
    ids_case(ticket->route, reader->source->name, ticket->number, ticket->case_id);
    int64_t opened = row->time_ms;
    if (reader->source->opened_column >= 0)
        opened = read_time(row->columns[reader->source->opened_column]);
    bool known = reader->log == TICKETLOG_UCI && strcmp(row->columns[7], "?") != 0;
    add(reader, "complaint.submitted", opened, 0,
        "{\"channel\":\"phone\",\"customer\":{\"id\":\"caller-%s\",\"tier\":\"regular\"},"
        "\"conversation\":\"%s\",\"text\":\"ticket %s\"}",
        known ? row->columns[7] : "unknown", ticket->number, ticket->number);
    reader->out->cases++;
}

static bool is(const struct row *row, const char *word) {
    return strcmp(row->word, word) == 0;
}

static bool contacts(enum ticketlog log, const struct row *row) {
    if (log == TICKETLOG_UCI) return !is(row, "New") && !is(row, "-100");
    if (log == TICKETLOG_HELPDESK) return is(row, "Take in charge ticket");
    return is(row, "Operator Update") || is(row, "Status Change") || is(row, "Closed");
}

static bool pauses(enum ticketlog log, const struct row *row) {
    if (log == TICKETLOG_UCI) return strncmp(row->word, "Awaiting", 8) == 0;
    return log == TICKETLOG_HELPDESK && is(row, "Wait");
}

static bool resolves(enum ticketlog log, const struct row *row, const struct ticket *ticket) {
    if (log == TICKETLOG_UCI)
        return is(row, "Resolved") || (is(row, "Closed") && !ticket->resolved_once);
    return is(row, log == TICKETLOG_HELPDESK ? "Resolve ticket" : "Closed");
}

static bool reopens(enum ticketlog log, const struct row *row, const struct ticket *ticket) {
    if (!ticket->resolved) return false;
    if (log == TICKETLOG_UCI) return !is(row, "Resolved") && !is(row, "Closed");
    if (log == TICKETLOG_RABOBANK) return !is(row, "Closed");
    return is(row, "Take in charge ticket") || is(row, "Wait") || is(row, "Require upgrade");
}

static void take_row(struct reader *reader, const struct row *row) {
    struct ticket *ticket = &reader->ticket;
    int64_t at = row->time_ms;
    int before = reader->out->count;

    if (ticket->paused && !pauses(reader->log, row)) {
        act(reader, "case.resumed", at, 1);
        ticket->paused = false;
    }
    if (reopens(reader->log, row, ticket)) {
        act(reader, "case.reopened", at, 2);
        ticket->resolved = false;
    }
    if (!ticket->contacted && contacts(reader->log, row)) {
        act(reader, "case.contacted", at, 3);
        ticket->contacted = true;
    }
    if (!ticket->resolved && resolves(reader->log, row, ticket)) {
        act(reader, "case.resolved", at, 4);
        ticket->resolved = ticket->resolved_once = true;
    }
    if (pauses(reader->log, row) && !ticket->paused) {
        bool customer = reader->log == TICKETLOG_HELPDESK || is(row, "Awaiting User Info");
        add(reader, "case.paused", at, 5, "{\"case_id\":\"%s\",\"reason\":\"%s\"}", ticket->case_id,
            customer ? "awaiting_customer" : "awaiting_third_party");
        ticket->paused = true;
    }
    if (reader->out->count == before && !is(row, "Closed")) act(reader, "case.updated", at, 6);
}

/* A row that stands there twice gives its events twice. */
static bool repeat(struct reader *reader, const char *line) {
    struct ticket *ticket = &reader->ticket;
    struct ticketlog_events *out = reader->out;

    for (int i = 0; i < ticket->seen_count; i++) {
        if (strcmp(ticket->seen[i], line) != 0) continue;
        int count = out->count;
        for (int k = count - 1; k >= 0 && strcmp(out->at[k].case_id, ticket->case_id) == 0; k--) {
            if (out->at[k].topic != TOPIC_ACTIVITY || out->at[k].sequence / STEPS != i + 1)
                continue;
            struct ticket_event again = out->at[k];
            add(reader, again.type, again.time_ms, 0, "%s", again.data);
            out->at[out->count - 1] = again;
        }
        ticket->row++;
        ticket->seen[ticket->seen_count++] = "";
        return true;
    }

    return false;
}

static void note(struct reader *reader, const char *line) {
    struct ticket *ticket = &reader->ticket;
    size_t count = (size_t)ticket->seen_count;
    ticket->seen = arena_grow(reader->arena, ticket->seen, count * sizeof *ticket->seen,
                              (count + 2) * sizeof *ticket->seen);
    ticket->seen[ticket->seen_count++] = line;
}

static void take_line(struct reader *reader, char *line) {
    struct row row;
    const char *whole = arena_strdup(reader->arena, line);

    split(&row, line);
    row.number = row.columns[reader->source->case_column];
    row.word = row.columns[reader->source->word_column];
    row.time_ms = read_time(row.columns[reader->source->time_column]);
    for (char *c = row.columns[reader->source->case_column]; *c; c++)
        if (*c == ' ') *c = '-';
    reader->out->rows++;
    if (!reader->ticket.number || strcmp(reader->ticket.number, row.number) != 0) {
        end_ticket(reader);
        open_ticket(reader, &row);
    }
    if (reader->log == TICKETLOG_HELPDESK) {
        if (repeat(reader, whole)) return;
        note(reader, whole);
    }
    reader->ticket.row++;
    take_row(reader, &row);
}

static int by_time(const void *a, const void *b) {
    const struct ticket_event *one = a;
    const struct ticket_event *two = b;

    if (one->order_ms != two->order_ms) return one->order_ms < two->order_ms ? -1 : 1;
    int order = strcmp(one->case_id, two->case_id);
    if (order) return order;
    return one->sequence < two->sequence ? -1 : one->sequence > two->sequence;
}

void ticketlogs_read(enum ticketlog log, struct arena *arena, struct ticketlog_events *out) {
    *out = (struct ticketlog_events){0};
    struct reader reader = {.log = log, .source = &sources[log], .arena = arena, .out = out};
    char command[600], line[LINE_SIZE];
    snprintf(command, sizeof command, "gzip -dc '%s'", path_of(log));
    FILE *file = popen(command, "r");
    if (!file || !fgets(line, sizeof line, file)) {
        fprintf(stderr, "ticketlogs: %s gave nothing\n", command);
        exit(1);
    }
    while (fgets(line, sizeof line, file)) take_line(&reader, line);
    end_ticket(&reader);
    pclose(file);
    qsort(out->at, (size_t)out->count, sizeof *out->at, by_time);
}

void ticketlogs_write(const struct ticket_event *event, struct buf *out) {
    char time[CLOCK_TEXT_MAX];
    struct json_out json = {.buf = out};
    const char *const pairs[][2] = {{"specversion", "1.0"},
                                    {"id", event->id},
                                    {"source", event->source},
                                    {"type", event->type},
                                    {"time", clock_format(event->time_ms, time)},
                                    {"datacontenttype", "application/json"}};

    json_begin_map(&json);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        json_key(&json, pairs[i][0]);
        json_text(&json, pairs[i][1]);
    }
    json_key(&json, "sequence");
    json_int(&json, event->sequence);
    json_key(&json, "data");
    json_raw(&json, event->data, strlen(event->data));
    json_end_map(&json);
}
