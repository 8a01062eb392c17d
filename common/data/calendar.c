/* calendar: compiled days and the arithmetic over them. Days are stepped one by one; a window
 * belongs to the day on which it begins. */
#include "data/calendar.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

#define DAY_MS ((int64_t)86400000)

enum {
    /* A window ends at most two days after its day begins, and the largest gap (Samoa, 2011) moved
     * a day by one: a time may lie in windows of the two days before its own, and windows of the
     * two days behind a find may begin before it.
     */
    REACH_DAYS = 2,
    WEEK_DAYS = 7,
    YEARS_MAX = 10 /* an allowance longer than this is a mistake */
};

struct window {
    int64_t from_ms, to_ms; /* local, from the day's midnight; up to two days */
};
struct day {
    const struct window *windows;
    int count;
};
struct exception {
    int64_t day; /* days since 1970-01-01 */
    bool override;
    struct day open;
};

struct calendar {
    const struct calendar_zone *zone;
    struct day weekly[WEEK_DAYS]; /* Monday first */
    struct exception *exceptions; /* sorted by day, one a day */
    int exception_count;
};

/* Reading. */

struct reader {
    struct arena *arena;
    struct faults *faults;
    const char *path;
};

struct calendar_file {
    const char *timezone;
    const struct tree *weekly, *holidays, *overrides;
};
static const struct field calendar_fields[] = {
    {FIELD(calendar_file, timezone), .type = FIELD_NAME, .doc = "IANA time zone; UTC when absent."},
    {FIELD(calendar_file, weekly), .type = FIELD_TREE,
     .doc = "mon .. sun: lists of [from, to]; an absent day is closed."},
    {FIELD(calendar_file, holidays), .type = FIELD_TREE, .doc = "Dates that are closed."},
    {FIELD(calendar_file, overrides), .type = FIELD_TREE,
     .doc = "Dates with windows of their own, stronger than holidays."},
    FIELDS_END};
const struct table calendar_table = {.name = "calendar",
                                     .size = sizeof(struct calendar_file),
                                     .fields = calendar_fields,
                                     .doc = "Open hours; each has a name under `calendars`."};

static void complain(struct reader *reader, const struct tree *at, const char *below,
                     const char *expected) {
    const char *path = arena_printf(reader->arena, "%s%s%s", reader->path,
                                    *reader->path && *below ? "." : "", below);
    faults_add(reader->faults, FAULT_VALUE, at ? at->line : 0, path, "%s", expected);
}

static int two_digits(const char *at, int max) {
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return -1;
    int num = (at[0] - '0') * 10 + at[1] - '0';
    if (num <= max) return num;
    return -1;
}

int calendar_parse_clock(const char *text, bool is_end, int64_t *ms_out) {
    size_t len = strlen(text);
    if (len != 5 && len != 8) return -1;
    int hours = two_digits(text, 24);
    int minutes = -1;
    if (text[2] == ':') minutes = two_digits(text + 3, 59);
    int seconds = 0;
    if (len == 8) seconds = text[5] == ':' ? two_digits(text + 6, 59) : -1;
    if (hours < 0 || minutes < 0 || seconds < 0) return -1;
    if (hours == 24 && (!is_end || minutes || seconds)) return -1;
    *ms_out = ((int64_t)hours * 3600 + minutes * 60 + seconds) * 1000;

    return 0;
}

static int read_clock(const struct tree *tree, bool is_end, int64_t *ms_out) {
    if (!tree || tree->kind != TREE_TEXT) return -1;
    return calendar_parse_clock(tree->text, is_end, ms_out);
}

static int read_date(const char *text, int64_t *day_out) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-') return -1;
    int century = two_digits(text, 99);
    int rest = two_digits(text + 2, 99);
    int month = two_digits(text + 5, 12);
    int day = two_digits(text + 8, 31);
    if (century < 0 || rest < 0 || month < 1 || day < 1) return -1;
    int year = century * 100 + rest;
    if (year < 1970) return -1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (leap && month == 2)) return -1;
    *day_out = clock_days(year, month, day);

    return 0;
}

/* Windows of one day: [[from, to], ...]; an empty list or null is closed. */
static struct day read_windows(struct reader *reader, const struct tree *list, const char *below) {
    struct day day = {NULL, 0};

    if (list->kind == TREE_NULL) return day;
    if (list->kind != TREE_LIST || list->count > CALENDAR_WINDOWS_MAX) {
        complain(reader, list, below,
                 "expected a list of at most 16 windows like [\"09:00\", \"18:00\"]");
        return day;
    }
    struct window *windows =
        arena_alloc(reader->arena, (size_t)(list->count + 1) * sizeof *windows);
    for (const struct tree *pair = list->first; pair; pair = pair->next) {
        struct window window;
        if (pair->kind != TREE_LIST || pair->count != 2 ||
            read_clock(pair->first, false, &window.from_ms) ||
            read_clock(pair->first->next, true, &window.to_ms)) {
            complain(reader, pair, below,
                     "expected a window like [\"09:00\", \"18:00\"], until \"24:00\"");
            continue;
        }
        if (window.to_ms <= window.from_ms) window.to_ms += DAY_MS;
        windows[day.count++] = window;
    }
    day.windows = windows;

    return day;
}

static void read_weekly(struct reader *reader, const struct tree *weekly, enum fields_mode mode,
                        struct calendar *calendar) {
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

    if (!weekly) return;
    if (weekly->kind != TREE_MAP) {
        complain(reader, weekly, "weekly", "expected a map of mon .. sun");
        return;
    }
    for (const struct tree *at = weekly->first; at; at = at->next) {
        int weekday = fields_choice_value(names, at->key);
        const char *below = arena_printf(reader->arena, "weekly.%s", at->key);
        if (weekday)
            calendar->weekly[weekday - 1] = read_windows(reader, at, below);
        else if (mode == FIELDS_STRICT)
            complain(reader, at, below, "expected one of mon tue wed thu fri sat sun");
    }
}

static void add_exception(struct calendar *calendar, int64_t day, bool override, struct day open) {
    calendar->exceptions[calendar->exception_count++] = (struct exception){day, override, open};
}

static void read_holidays(struct reader *reader, const struct tree *holidays,
                          struct calendar *calendar) {
    if (!holidays) return;
    if (holidays->kind != TREE_LIST) {
        complain(reader, holidays, "holidays", "expected a list of dates");
        return;
    }
    int64_t day;
    for (const struct tree *at = holidays->first; at; at = at->next) {
        if (at->kind != TREE_TEXT || read_date(at->text, &day))
            complain(reader, at, "holidays", "expected a date like 2026-10-01");
        else
            add_exception(calendar, day, false, (struct day){NULL, 0});
    }
}

static void read_overrides(struct reader *reader, const struct tree *overrides,
                           struct calendar *calendar) {
    if (!overrides) return;
    if (overrides->kind != TREE_MAP) {
        complain(reader, overrides, "overrides", "expected a map of dates");
        return;
    }
    int64_t day;
    for (const struct tree *at = overrides->first; at; at = at->next) {
        const char *below = arena_printf(reader->arena, "overrides.%s", at->key);
        if (read_date(at->key, &day))
            complain(reader, at, below, "expected a date like 2026-10-10");
        else
            add_exception(calendar, day, true, read_windows(reader, at, below));
    }
}

static int by_day(const void *a, const void *b) {
    const struct exception *one = a;
    const struct exception *two = b;
    if (one->day != two->day) return one->day < two->day ? -1 : 1;
    return (int)two->override - (int)one->override;
}

/* One exception a day is left: the override, where there is one. */
static void sort_exceptions(struct calendar *calendar) {
    if (calendar->exception_count == 0) return;
    struct exception *at = calendar->exceptions;
    qsort(at, (size_t)calendar->exception_count, sizeof *at, by_day);
    int kept = 1;
    for (int i = 1; i < calendar->exception_count; i++)
        if (at[i].day != at[kept - 1].day) at[kept++] = at[i];
    calendar->exception_count = kept;
}

static bool ever_open(const struct calendar *calendar) {
    for (int i = 0; i < WEEK_DAYS; i++)
        if (calendar->weekly[i].count) return true;
    for (int i = 0; i < calendar->exception_count; i++)
        if (calendar->exceptions[i].open.count) return true;
    return false;
}

const struct calendar *calendar_read(const struct tree *tree, const char *path,
                                     enum fields_mode mode, struct arena *arena,
                                     struct faults *faults) {
    struct reader reader = {arena, faults, path};
    struct calendar_file file = {0};
    int before = faults->count;

    if (tree->kind != TREE_MAP) {
        complain(&reader, tree, "", "expected a map with timezone and weekly");
        return NULL;
    }
    if (fields_decode(&calendar_table, tree, mode, arena, &file, faults)) return NULL;
    struct calendar *calendar = ARENA_NEW(arena, struct calendar);
    struct err err;
    calendar->zone = calendar_zone_find(file.timezone ? file.timezone : "UTC", arena, &err);
    if (!calendar->zone) complain(&reader, tree_get(tree, "timezone"), "timezone", err.text);
    int exceptions =
        (file.holidays ? file.holidays->count : 0) + (file.overrides ? file.overrides->count : 0);
    if (exceptions > CALENDAR_EXCEPTIONS_MAX) {
        complain(&reader, tree, "holidays", "expected at most 4096 holidays and overrides");
        return NULL;
    }
    calendar->exceptions =
        arena_alloc(arena, (size_t)(exceptions + 1) * sizeof *calendar->exceptions);
    read_weekly(&reader, file.weekly, mode, calendar);
    read_holidays(&reader, file.holidays, calendar);
    read_overrides(&reader, file.overrides, calendar);
    sort_exceptions(calendar);
    if (faults->count == before && !ever_open(calendar))
        complain(&reader, tree, "", "expected some open time, it is never open");
    if (faults->count == before) return calendar;
    return NULL;
}

int calendar_parse_allowance(const char *text, struct calendar_allowance *out) {
    size_t len = strlen(text);
    struct calendar_allowance allowance = {0};

    if (len > 2 && len < 8 && strcmp(text + len - 2, "wd") == 0) {
        for (size_t i = 0; i < len - 2; i++) {
            if (text[i] < '0' || text[i] > '9') return -1;
            allowance.days = allowance.days * 10 + text[i] - '0';
        }
        allowance.in_days = true;
        if (allowance.days > YEARS_MAX * 366) return -1;
    } else if (fields_parse_duration(text, &allowance.ms) ||
               allowance.ms > YEARS_MAX * 366 * DAY_MS) {
        return -1;
    }
    *out = allowance;

    return 0;
}

/* Days. */

static int64_t day_of(int64_t local_ms) {
    if (local_ms >= 0) return local_ms / DAY_MS;
    return -((-local_ms + DAY_MS - 1) / DAY_MS);
}

static const struct day *open_on(const struct calendar *calendar, int64_t day) {
    const struct exception *at = calendar->exceptions;
    int low = 0;
    int high = calendar->exception_count;

    while (low < high) {
        int middle = (low + high) / 2;
        if (at[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < calendar->exception_count && at[low].day == day) return &at[low].open;
    int64_t weekday = (day + 3) % WEEK_DAYS; /* 1970-01-01 was a Thursday */

    return &calendar->weekly[weekday < 0 ? weekday + WEEK_DAYS : weekday];
}

/* Behind this day nothing new can come: only the week repeats. */
static int64_t last_exception(const struct calendar *calendar) {
    if (!calendar->exception_count) return INT64_MIN;
    return calendar->exceptions[calendar->exception_count - 1].day;
}

int calendar_working_day(const struct calendar *calendar, int64_t from, int64_t *day_out) {
    int64_t last = from + WEEK_DAYS;
    if (calendar && last < last_exception(calendar) + WEEK_DAYS)
        last = last_exception(calendar) + WEEK_DAYS;

    for (int64_t day = from; day <= last; day++) {
        if (calendar && !open_on(calendar, day)->count) continue;
        *day_out = day;
        return 0;
    }
    return -1;
}

int64_t calendar_to_local(const struct calendar *calendar, int64_t utc_ms) {
    if (!calendar) return utc_ms;
    return calendar_zone_to_local(calendar->zone, utc_ms);
}

int64_t calendar_to_utc(const struct calendar *calendar, int64_t local_ms) {
    if (!calendar) return local_ms;
    return calendar_zone_to_utc(calendar->zone, local_ms);
}

struct find {
    bool found;
    int64_t day, from_ms, to_ms;
};

/* A better find among the windows of `day`: open at or after from_ms, the earliest, and of those
 * the longest. */
static void look(const struct calendar *calendar, int64_t day, int64_t from_ms, struct find *find) {
    const struct day *open = open_on(calendar, day);

    for (int i = 0; i < open->count; i++) {
        int64_t from =
            calendar_zone_to_utc(calendar->zone, day * DAY_MS + open->windows[i].from_ms);
        int64_t to = calendar_zone_to_utc(calendar->zone, day * DAY_MS + open->windows[i].to_ms);
        if (to <= from || to <= from_ms) continue;
        if (from < from_ms) from = from_ms;
        if (find->found && (from > find->from_ms || (from == find->from_ms && to <= find->to_ms)))
            continue;
        *find = (struct find){true, find->found ? find->day : day, from, to};
    }
}

int calendar_next_open(const struct calendar *calendar, int64_t from_ms, int64_t *from_out,
                       int64_t *to_out) {
    if (!calendar) {
        *from_out = from_ms;
        *to_out = CALENDAR_NEVER;
        return 0;
    }
    struct find find = {0};
    int64_t first = day_of(calendar_zone_to_local(calendar->zone, from_ms)) - REACH_DAYS;
    int64_t last = first + WEEK_DAYS + 2 * REACH_DAYS;
    if (last < last_exception(calendar) + WEEK_DAYS + REACH_DAYS)
        last = last_exception(calendar) + WEEK_DAYS + REACH_DAYS;
    for (int64_t day = first; day <= (find.found ? find.day + REACH_DAYS : last); day++)
        look(calendar, day, from_ms, &find);
    if (!find.found) return -1;
    *from_out = find.from_ms;
    *to_out = find.to_ms;

    return 0;
}

/* Pauses and allowances. */

int calendar_next_counted(const struct calendar *calendar, int64_t from_ms,
                          const struct calendar_pause *pauses, int pause_count, int64_t *from_out,
                          int64_t *to_out) {
    int64_t from, to;

    for (int i = 0;;) {
        if (calendar_next_open(calendar, from_ms, &from, &to)) return -1;
        while (i < pause_count && pauses[i].to_ms <= from) i++;
        if (i == pause_count || pauses[i].from_ms >= to) break;
        if (pauses[i].from_ms > from) {
            to = pauses[i].from_ms;
            break;
        }
        if (pauses[i].to_ms == CALENDAR_NEVER) return -1;
        from_ms = pauses[i].to_ms;
    }
    *from_out = from;
    *to_out = to;

    return 0;
}

/* The last closing of a day; INT64_MIN on a closed day. */
static int64_t closing_of(const struct calendar *calendar, int64_t day) {
    if (!calendar) return (day + 1) * DAY_MS;
    const struct day *open = open_on(calendar, day);
    int64_t closing = INT64_MIN;
    for (int i = 0; i < open->count; i++) {
        int64_t from =
            calendar_zone_to_utc(calendar->zone, day * DAY_MS + open->windows[i].from_ms);
        int64_t to = calendar_zone_to_utc(calendar->zone, day * DAY_MS + open->windows[i].to_ms);
        if (to > from && to > closing) closing = to;
    }

    return closing;
}

/* The closing of the start's own working day, or of the one before it. */
static int64_t same_day_closing(const struct calendar *calendar, int64_t day) {
    for (int i = 0; i <= CALENDAR_EXCEPTIONS_MAX + WEEK_DAYS; i++) {
        int64_t closing = closing_of(calendar, day - i);
        if (closing != INT64_MIN) return closing;
    }
    return CALENDAR_NEVER;
}

static int64_t due_in_days(const struct calendar *calendar, int64_t start_ms, int64_t days,
                           const struct calendar_pause *pauses, int pause_count) {
    int64_t day = day_of(calendar_to_local(calendar, start_ms));

    if (days == 0) return same_day_closing(calendar, day);
    int64_t barren = 0;
    int64_t last = INT64_MIN;
    if (calendar) last = last_exception(calendar);
    for (int i = 0; barren <= WEEK_DAYS || day <= last;) {
        int64_t closing = closing_of(calendar, ++day);
        if (closing == INT64_MIN) {
            barren++;
            continue;
        }
        barren = 0;
        while (i < pause_count && pauses[i].to_ms < closing) i++;
        if (i < pause_count && pauses[i].from_ms < closing) {
            if (pauses[i].to_ms == CALENDAR_NEVER) return CALENDAR_NEVER;
            continue;
        }
        if (--days == 0) return closing;
    }

    return CALENDAR_NEVER;
}

int64_t calendar_due(const struct calendar *calendar, int64_t start_ms,
                     struct calendar_allowance allowance, const struct calendar_pause *pauses,
                     int pause_count) {
    if (allowance.in_days)
        return due_in_days(calendar, start_ms, allowance.days, pauses, pause_count);
    int64_t from, to;
    int64_t at = start_ms;
    int64_t left_ms = allowance.ms;
    while (calendar_next_counted(calendar, at, pauses, pause_count, &from, &to) == 0) {
        if (to == CALENDAR_NEVER || left_ms <= to - from) return from + left_ms;
        left_ms -= to - from;
        at = to;
    }

    return CALENDAR_NEVER;
}

int64_t calendar_elapsed(const struct calendar *calendar, int64_t start_ms, int64_t end_ms,
                         const struct calendar_pause *pauses, int pause_count) {
    int64_t from, to;
    int64_t at = start_ms;
    int64_t sum_ms = 0;

    while (at < end_ms &&
           calendar_next_counted(calendar, at, pauses, pause_count, &from, &to) == 0 &&
           from < end_ms) {
        sum_ms += (to < end_ms ? to : end_ms) - from;
        at = to;
    }

    return sum_ms;
}
