/* drill_read: the two forms of a drill's file. Recorded: a JSON object a line, of which time, type,
 * id, source, subject and data count, as `redressctl events --case CASE --json` writes them, or
 * CloudEvents as they were published. Written: steps with a word each (drill.txt). */
#include "base/clock.h"
#include "base/file.h"
#include "contract/contract.h"
#include "redressctl/drill/drill_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_LIMIT = 1 << 20 }; /* a submission has 64 KiB at most */

static bool decides(enum event_type type) {
    return type == EVENT_DECISION_APPROVED || type == EVENT_DECISION_REJECTED ||
           type == EVENT_COMPENSATION_REQUESTED;
}

/* What workers said in their turn is made anew; but intake's own words about a submission are all
 * that the log has of it. */
static bool is_made_anew(const struct contract_type *row) {
    return row->topic == TOPIC_EVENTS && row->type != EVENT_CASE_OPENED &&
           row->type != EVENT_CASE_REPEATED;
}

static void publish(struct drill *drill, const struct contract_type *row, struct event *ev,
                    bool logged) {
    enum topic topic = logged ? TOPIC_EVENTS : row->topic;
    int64_t now_ms = rehearse_now(drill->rehearse);

    if (ev->time_ms > now_ms) now_ms = ev->time_ms;
    if (decides(row->type)) drill_hear_decision(drill, ev);
    rehearse_publish_event(drill->rehearse, topic, ev, now_ms);
}

/* ---- Recorded ---- */

static void play_recorded(struct drill *drill, const char *text, size_t len) {
    const struct tree *tree;
    struct err err;
    struct event ev = {.sequence = EVENT_NO_SEQUENCE};
    if (json_read(drill->arena, text, len, NULL, &tree, &err) != JSON_OK) {
        drill_fault(drill, "%s", err.text);
        return;
    }

    const char *type = tree_text(tree, "type");
    const char *time = tree_text(tree, "time");
    const struct contract_type *row = type ? contract_find(type) : NULL;
    ev.data = tree_get(tree, "data");
    if (!row || !time || clock_parse(time, &ev.time_ms) || !ev.data) {
        drill_fault(drill, "expected an event: time, type of the contract, id, source, data");
        return;
    }
    if (is_made_anew(row)) return;
    ev.type = row->name;
    ev.id = tree_text(tree, "id");
    ev.source = tree_text(tree, "source");
    ev.subject = tree_text(tree, "subject");
    const struct tree *sequence = tree_get(tree, "sequence");
    if (sequence && sequence->kind == TREE_INT) ev.sequence = sequence->num;
    if (!ev.id) ev.id = arena_printf(drill->arena, "line-%lld", (long long)drill->line);
    if (!ev.source) ev.source = "/drill";
    if (!ev.subject && row->names_case) ev.subject = tree_text(ev.data, "case_id");
    if (row->type == EVENT_CASE_OPENED) {
        drill->logged = true;
        drill_hear_opened(drill, ev.subject);
    }
    publish(drill, row, &ev, drill->logged);
}

/* ---- Written ---- */

static void add_text(struct drill *drill, struct tree *data, const char *key, const char *text) {
    if (!tree_get(data, key)) tree_add(data, key, tree_new_text(drill->arena, text));
}

static bool takes(const struct contract_type *row, const char *name) {
    for (const struct field *at = row->table->fields; at->name; at++)
        if (strcmp(at->name, name) == 0) return true;
    return false;
}

/* "1" stands for the case's first proposal, "1.2" for that one's second settlement. */
static void name_whole(struct drill *drill, struct tree *data, const char *key) {
    struct tree *name = (struct tree *)tree_get(data, key);
    bool is_short = name && name->kind == TREE_TEXT && strlen(name->text) < 6;

    if (is_short)
        name->text = arena_printf(drill->arena, "%s.%s", drill->result->case_id, name->text);
}

static void happen(struct drill *drill, const struct contract_type *row, struct tree *data) {
    struct event ev = {.id = arena_printf(drill->arena, "e%lld", (long long)++drill->events),
                       .source = "/drill",
                       .type = row->name,
                       .time_ms = rehearse_now(drill->rehearse),
                       .sequence = EVENT_NO_SEQUENCE,
                       .data = data};
    bool complains = row->topic == TOPIC_COMPLAINTS;

    if (!complains && !drill->result->case_id) {
        drill_fault(drill, "%s: nobody has complained yet", row->name);
        return;
    }
    if (complains) {
        add_text(drill, data, "channel", "im");
    } else {
        add_text(drill, data, "case_id", drill->result->case_id);
        name_whole(drill, data, "proposal_id");
        name_whole(drill, data, "settlement_id");
        if (takes(row, "by")) add_text(drill, data, "by", "agent");
    }
    publish(drill, row, &ev, false);
}

static void step_event(struct drill *drill, char *rest) {
    const char *type = strsep(&rest, " ");
    const char *json = rest && *rest ? rest : "{}";
    const struct contract_type *row = contract_find(type);
    const struct tree *data;
    struct err err;

    if (!row || row->topic == TOPIC_EVENTS)
        drill_fault(drill, "EVENT %s: expected a type that others publish", type);
    else if (json_read(drill->arena, json, strlen(json), NULL, &data, &err) != JSON_OK)
        drill_fault(drill, "EVENT %s: %s", type, err.text);
    else if (data->kind != TREE_MAP)
        drill_fault(drill, "EVENT %s: expected {...} behind it", type);
    else
        happen(drill, row, (struct tree *)data);
}

/* The first word opens the case. */
static void step_customer(struct drill *drill, const char *text) {
    struct tree *data = tree_new(drill->arena, TREE_MAP);
    bool opens = !drill->result->case_id;

    add_text(drill, data, "text", text);
    if (opens) {
        struct tree *customer = tree_new(drill->arena, TREE_MAP);
        add_text(drill, customer, "id", "customer");
        add_text(drill, customer, "tier", "regular");
        tree_add(data, "customer", customer);
    }
    happen(drill, contract_find(opens ? "complaint.submitted" : "case.customer_replied"), data);
}

static void pass_time(struct drill *drill, int64_t until_ms) {
    if (until_ms < rehearse_now(drill->rehearse))
        drill_fault(drill, "time does not go back");
    else
        rehearse_advance(drill->rehearse, until_ms);
}

static void play_step(struct drill *drill, char *line) {
    char *rest = line;
    const char *word = strsep(&rest, " ");
    int64_t ms;
    bool begun = rehearse_now(drill->rehearse) != INT64_MIN;

    if (!rest) {
        drill_fault(drill, "%s: expected AT, AFTER, CUSTOMER or EVENT, and what", word);
    } else if (strcmp(word, "AT") == 0) {
        if (clock_parse(rest, &ms))
            drill_fault(drill, "AT %s: expected a time such as 2026-11-02T11:00:00+08:00", rest);
        else
            pass_time(drill, ms);
    } else if (!begun) {
        drill_fault(drill, "%s: expected AT and a time first", word);
    } else if (strcmp(word, "AFTER") == 0) {
        if (fields_parse_duration(rest, &ms))
            drill_fault(drill, "AFTER %s: expected a duration such as 10m, 1h, 2d", rest);
        else
            pass_time(drill, rehearse_now(drill->rehearse) + ms);
    } else if (strcmp(word, "CUSTOMER") == 0) {
        step_customer(drill, rest);
    } else if (strcmp(word, "EVENT") == 0) {
        step_event(drill, rest);
    } else {
        drill_fault(drill, "%s: expected AT, AFTER, CUSTOMER or EVENT", word);
    }
}

/* ---- The file ---- */

void drill_read(struct drill *drill) {
    FILE *file = strcmp(drill->path, "-") == 0 ? stdin : fopen(drill->path, "r");
    struct file_line line = {0};
    char *room = NULL;
    size_t size = 0;

    if (!file) {
        drill_fault(drill, "cannot be read");
        return;
    }
    while (file_read_line(file, &room, &size, &line)) {
        drill->line = line.number;
        if (line.len > LINE_LIMIT)
            drill_fault(drill, "the line is longer than %d bytes", LINE_LIMIT);
        else if (line.len && line.at[0] == '{')
            play_recorded(drill, line.at, line.len);
        else if (line.len && line.at[0] != '#')
            play_step(drill, arena_strndup(drill->arena, line.at, line.len));
    }
    free(room);
    if (file != stdin) fclose(file);
}
