/* sla_rule_by: the `by` of a target: a time of day on a working day, in place of an allowance. */
#include "sla_match.h"
#include "sla_rule.h"
#include <string.h>

struct by_file {
    const char *time, *if_before, *else_time;
    int64_t days, else_days;
};
static const struct field by_fields[] = {
    {FIELD(by_file, time), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Due at this local time (the calendar's zone), `00:00` to `24:00`."},
    {FIELD(by_file, days), .type = FIELD_INT, .max = CALENDAR_CUTOFF_DAYS_MAX,
     .doc = "So many working days behind the day of the start; absent: 0, the same day. A start on "
            "a closed day counts as on the next working day."},
    {FIELD(by_file, if_before), .type = FIELD_NAME,
     .doc = "That holds for what starts before this time of a working day; absent: for all."},
    {FIELD(by_file, else_days), .type = FIELD_INT, .max = CALENDAR_CUTOFF_DAYS_MAX,
     .doc = "What starts then or later is due so many working days behind."},
    {FIELD(by_file, else_time), .type = FIELD_NAME, .doc = "And at this time; absent: at `time`."},
    FIELDS_END};
const struct table sla_rule_by_table = {
    .name = "by",
    .size = sizeof(struct by_file),
    .fields = by_fields,
    .doc = "`by` of a target. Pauses that stop the clock: a time of day that falls into one is not "
           "counted."};

struct by {
    struct sla_reader *reader;
    const struct tree *tree;
    const char *path;
};

static void complain(const struct by *by, const char *key, const char *found,
                     const char *expected) {
    const struct tree *at = tree_get(by->tree, key);
    const char *path = arena_printf(by->reader->arena, "%s.%s", by->path, key);
    sla_rule_complain(by->reader, at ? at : by->tree, path, found, expected);
}

static int64_t read_time(const struct by *by, const char *key, const char *text) {
    int64_t ms = 0;
    if (calendar_parse_clock(text, true, &ms)) complain(by, key, text, "a time such as \"16:00\"");
    return ms;
}

/* Nothing is due before it has begun. */
static void check_order(const struct by *by, const struct by_file *file,
                        const struct calendar_cutoff *cutoff) {
    if (!cutoff->split && cutoff->days == 0)
        complain(by, "days", "0",
                 "1 or more, or `if_before`: what comes behind `time` is due, too");
    if (cutoff->split && cutoff->days == 0 && cutoff->before_ms > cutoff->time_ms)
        complain(by, "if_before", file->if_before,
                 "a time not behind `time`: it would be due before it begins");
    if (cutoff->split && cutoff->else_days == 0)
        complain(by, "else_days", "0", "1 or more beside `if_before`");
    bool later = cutoff->else_days > cutoff->days ||
                 (cutoff->else_days == cutoff->days && cutoff->else_time_ms > cutoff->time_ms);
    if (cutoff->split && cutoff->else_days && !later)
        complain(by, "else_days", "no later day or time",
                 "one: what comes later is not due earlier");
    if (!cutoff->split && (file->else_days || file->else_time))
        complain(by, file->else_days ? "else_days" : "else_time", "it", "`if_before` beside it");
}

static const char *with_days(struct arena *arena, const char *time, int64_t days) {
    if (!days) return time;
    return arena_printf(arena, "%s +%lldwd", time, (long long)days);
}

static const char *text_of(struct arena *arena, const struct by_file *file) {
    const char *first = with_days(arena, file->time, file->days);
    if (!file->if_before) return first;
    const char *time = file->else_time ? file->else_time : file->time;
    return arena_printf(arena, "%s if before %s, else %s", first, file->if_before,
                        with_days(arena, time, file->else_days));
}

void sla_rule_read_by(struct sla_reader *reader, const struct tree *tree, const char *path,
                      struct sla_rule *rule) {
    struct by by = {reader, tree, arena_printf(reader->arena, "%s.by", path)};
    struct by_file file = {0};
    if (!tree || tree->kind == TREE_NULL) return;
    struct calendar_cutoff *cutoff = ARENA_NEW(reader->arena, struct calendar_cutoff);

    rule->by = cutoff;
    if (sla_match_decode(&sla_rule_by_table, tree, by.path, reader->arena, &file, reader->faults))
        return;
    int before = reader->faults->count;
    *cutoff = (struct calendar_cutoff){.time_ms = read_time(&by, "time", file.time),
                                       .days = file.days,
                                       .split = file.if_before != NULL,
                                       .else_days = file.else_days};
    cutoff->else_time_ms = cutoff->time_ms;
    if (file.if_before) cutoff->before_ms = read_time(&by, "if_before", file.if_before);
    if (file.else_time) cutoff->else_time_ms = read_time(&by, "else_time", file.else_time);
    if (reader->faults->count == before) check_order(&by, &file, cutoff);
    rule->by_text = text_of(reader->arena, &file);
}
