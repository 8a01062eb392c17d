/* Working time: tables of the boundary rules, the arithmetic cases of well-known systems
 * (data/sla_cases, when it is there), and a slow, obvious second implementation against random
 * calendars, pauses and durations. */
#include "base/clock.h"
#include "data/calendar_cutoff.h"
#include "data/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE ((int64_t)60000)
#define HOUR   (60 * MINUTE)

static struct arena *arena;

static const struct tree *json(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (json_read(arena, text, strlen(text), NULL, &tree, &err)) fail_msg("%s: %s", text, err.text);
    return tree;
}

static const struct calendar *calendar(const char *text) {
    struct faults faults = {.arena = arena};
    const struct calendar *read = calendar_read(json(text), "", FIELDS_STRICT, arena, &faults);
    if (!read) fail_msg("%s: %s", text, faults.at[0].text);
    return read;
}

static int64_t ms(const char *text) {
    int64_t out = CALENDAR_NEVER;
    if (text && clock_parse(text, &out)) fail_msg("not a time: %s", text);
    return out;
}

static void same_time(const char *what, int64_t found, const char *expected) {
    char text[CLOCK_TEXT_MAX];
    if (found != ms(expected))
        fail_msg("%s: found %s, expected %s", what,
                 found == CALENDAR_NEVER ? "never" : clock_format(found, text),
                 expected ? expected : "never");
}

#define OFFICE                                                                                     \
    "{\"timezone\":\"Asia/"                                                                        \
    "Shanghai\",\"weekly\":{\"mon\":[[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]],"                \
    "\"tue\":[[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]],\"wed\":[[\"09:00\",\"18:00\"]],"       \
    "\"thu\":[[\"09:00\",\"18:00\"]],\"fri\":[[\"09:00\",\"18:00\"]]},"                            \
    "\"holidays\":[\"2026-10-01\",\"2026-10-02\"],\"overrides\":{\"2026-10-10\":[[\"09:00\",\"18:" \
    "00\"]],"                                                                                      \
    "\"2026-10-01\":[[\"10:00\",\"11:00\"]]}}"
#define NIGHT                                                                                      \
    "{\"timezone\":\"Europe/"                                                                      \
    "Berlin\",\"weekly\":{\"sat\":[[\"22:00\",\"06:00\"]],\"sun\":[[\"02:15\",\"02:45\"]]}}"
#define ALL_SUNDAY                                                                                 \
    "{\"timezone\":\"America/Sao_Paulo\",\"weekly\":{\"sun\":[[\"00:00\",\"24:00\"]]}}"
#define ALL_SATURDAY                                                                               \
    "{\"timezone\":\"America/Sao_Paulo\",\"weekly\":{\"sat\":[[\"00:00\",\"24:00\"]]}}"
#define WESTERN                                                                                    \
    "{\"timezone\":\"America/Sao_Paulo\",\"weekly\":{\"thu\":[[\"09:00\",\"18:00\"]],"             \
    "\"fri\":[[\"09:00\",\"18:00\"]]}}"
#define SPLIT_FOLD                                                                                 \
    "{\"timezone\":\"Europe/"                                                                      \
    "Berlin\",\"weekly\":{\"sun\":[[\"01:00\",\"02:30\"],[\"02:30\",\"04:00\"]]}}"

static void test_due(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *calendar, *start, *allowance, *due;
    } cases[] = {
        {"always open", NULL, "2026-11-01T09:00:00Z", "1h", "2026-11-01T10:00:00Z"},
        {"nothing allowed, always open", NULL, "2026-11-01T09:00:00Z", "0s",
         "2026-11-01T09:00:00Z"},
        {"over lunch", OFFICE, "2026-09-28T11:30:00+08:00", "1h", "2026-09-28T13:30:00+08:00"},
        {"ends with the morning", OFFICE, "2026-09-28T11:00:00+08:00", "1h",
         "2026-09-28T12:00:00+08:00"},
        {"ends with the day", OFFICE, "2026-09-28T17:00:00+08:00", "1h",
         "2026-09-28T18:00:00+08:00"},
        {"starts at closing", OFFICE, "2026-09-28T18:00:00+08:00", "1h",
         "2026-09-29T10:00:00+08:00"},
        {"nothing allowed, at closing", OFFICE, "2026-09-28T18:00:00+08:00", "0s",
         "2026-09-29T09:00:00+08:00"},
        {"nothing allowed, at opening", OFFICE, "2026-09-28T09:00:00+08:00", "0s",
         "2026-09-28T09:00:00+08:00"},
        {"an override beats a holiday", OFFICE, "2026-09-30T17:30:00+08:00", "90m",
         "2026-10-01T11:00:00+08:00"},
        {"a holiday is closed", OFFICE, "2026-10-01T10:30:00+08:00", "1h",
         "2026-10-05T09:30:00+08:00"},
        {"a make-up Saturday", OFFICE, "2026-10-09T17:00:00+08:00", "2h",
         "2026-10-10T10:00:00+08:00"},
        {"sub-second", OFFICE, "2026-09-28T11:59:59.500+08:00", "1s",
         "2026-09-28T13:00:00.500+08:00"},
        {"overnight", NIGHT, "2026-06-06T23:00:00+02:00", "5h", "2026-06-07T04:00:00+02:00"},
        {"overnight into the hour that is missing", NIGHT, "2026-03-28T22:00:00+01:00", "5h",
         "2026-03-29T04:00:00+02:00"},
        {"overnight in the hour that comes twice", NIGHT, "2026-10-24T22:00:00+02:00", "9h",
         "2026-10-25T06:00:00+01:00"},
        {"a day of 25 hours", ALL_SATURDAY, "2018-02-17T00:00:00-02:00", "25h",
         "2018-02-18T00:00:00-03:00"},
        {"a day that begins at one", ALL_SUNDAY, "2018-11-04T00:00:00-02:00", "23h",
         "2018-11-05T00:00:00-02:00"},
        {"both sides of half past two", SPLIT_FOLD, "2026-10-25T00:00:00+02:00", "4h",
         "2026-10-25T04:00:00+01:00"},
        {"working days", OFFICE, "2026-09-28T10:00:00+08:00", "3wd", "2026-10-01T11:00:00+08:00"},
        {"working days, a local date before 1970", WESTERN, "1970-01-01T02:00:00Z", "1wd",
         "1970-01-01T18:00:00-03:00"},
        {"working days, the local date after it", WESTERN, "1970-01-01T03:00:00Z", "1wd",
         "1970-01-02T18:00:00-03:00"},
        {"working days over holidays", OFFICE, "2026-09-30T10:00:00+08:00", "3wd",
         "2026-10-06T18:00:00+08:00"},
        {"working days from a closed day", OFFICE, "2026-10-03T10:00:00+08:00", "1wd",
         "2026-10-05T18:00:00+08:00"},
        {"working days, the start's local date", OFFICE, "2026-09-27T17:00:00Z", "1wd",
         "2026-09-29T18:00:00+08:00"},
        {"working days, always open", NULL, "2026-09-28T10:00:00Z", "2wd", "2026-10-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct calendar_allowance allowance;
        assert_int_equal(calendar_parse_allowance(cases[i].allowance, &allowance), 0);
        const struct calendar *open = cases[i].calendar ? calendar(cases[i].calendar) : NULL;
        int64_t due = calendar_due(open, ms(cases[i].start), allowance, NULL, 0);
        same_time(cases[i].what, due, cases[i].due);
    }
}

static void test_pauses(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *calendar, *start, *allowance, *from, *to, *due;
    } cases[] = {
        {"with an end", NULL, "2026-09-28T09:00:00Z", "2h", "2026-09-28T10:00:00Z",
         "2026-09-28T15:00:00Z", "2026-09-28T16:00:00Z"},
        {"without an end", NULL, "2026-09-28T09:00:00Z", "2h", "2026-09-28T10:00:00Z", NULL, NULL},
        {"after the due time", NULL, "2026-09-28T09:00:00Z", "2h", "2026-09-28T12:00:00Z", NULL,
         "2026-09-28T11:00:00Z"},
        {"at the due time", NULL, "2026-09-28T09:00:00Z", "2h", "2026-09-28T11:00:00Z", NULL,
         "2026-09-28T11:00:00Z"},
        {"from the start", NULL, "2026-09-28T09:00:00Z", "0s", "2026-09-28T08:00:00Z", NULL, NULL},
        {"in closed time", OFFICE, "2026-09-28T17:00:00+08:00", "2h", "2026-09-28T18:00:00+08:00",
         "2026-09-29T09:00:00+08:00", "2026-09-29T10:00:00+08:00"},
        {"over a closing", OFFICE, "2026-09-28T17:00:00+08:00", "1wd", "2026-09-29T17:00:00+08:00",
         "2026-09-30T10:00:00+08:00", "2026-09-30T18:00:00+08:00"},
        {"within a working day", OFFICE, "2026-09-28T17:00:00+08:00", "1wd",
         "2026-09-29T10:00:00+08:00", "2026-09-29T11:00:00+08:00", "2026-09-29T18:00:00+08:00"},
        {"working days, no end", OFFICE, "2026-09-28T17:00:00+08:00", "1wd",
         "2026-09-29T10:00:00+08:00", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct calendar_allowance allowance;
        assert_int_equal(calendar_parse_allowance(cases[i].allowance, &allowance), 0);
        const struct calendar *open = cases[i].calendar ? calendar(cases[i].calendar) : NULL;
        struct calendar_pause pause = {ms(cases[i].from), ms(cases[i].to)};
        same_time(cases[i].what, calendar_due(open, ms(cases[i].start), allowance, &pause, 1),
                  cases[i].due);
    }
}

static void test_elapsed(void **unused) {
    (void)unused;
    const struct calendar *office = calendar(OFFICE);
    struct calendar_pause pause = {ms("2026-09-28T10:00:00+08:00"),
                                   ms("2026-09-28T14:00:00+08:00")};
    int64_t start = ms("2026-09-28T09:00:00+08:00"), end = ms("2026-09-28T20:00:00+08:00");
    assert_int_equal(calendar_elapsed(office, start, end, NULL, 0), 8 * HOUR);
    assert_int_equal(calendar_elapsed(office, start, end, &pause, 1), 5 * HOUR);
    assert_int_equal(calendar_elapsed(office, end, start, NULL, 0), 0);
    assert_int_equal(calendar_elapsed(NULL, start, end, &pause, 1), 7 * HOUR);
    pause.to_ms = CALENDAR_NEVER;
    assert_int_equal(calendar_elapsed(office, start, end, &pause, 1), 1 * HOUR);
}

static void test_runs_out_of_open_time(void **unused) {
    (void)unused;
    const struct calendar *once =
        calendar("{\"overrides\":{\"2026-10-10\":[[\"09:00\",\"10:00\"]]}}");
    struct calendar_allowance hour = {.ms = HOUR}, day = {.days = 2, .in_days = true};
    same_time("all of it", calendar_due(once, 0, hour, NULL, 0), "2026-10-10T10:00:00Z");
    same_time("behind it", calendar_due(once, ms("2026-10-10T09:30:00Z"), hour, NULL, 0), NULL);
    same_time("working days", calendar_due(once, 0, day, NULL, 0), NULL);
}

static void test_faults(void **unused) {
    (void)unused;
    static const char *const cases[][2] = {
        {"{\"timezone\":\"Asia/Peking\",\"weekly\":{\"mon\":[[\"09:00\",\"10:00\"]]}}",
         "c.timezone"},
        {"{\"timezone\":\"GMT+8\",\"weekly\":{\"mon\":[[\"09:00\",\"10:00\"]]}}", "c.timezone"},
        {"{\"weekly\":{\"mon\":[[\"9:00\",\"10:00\"]]}}", "c.weekly.mon"},
        {"{\"weekly\":{\"mon\":[[\"24:00\",\"10:00\"]]}}", "c.weekly.mon"},
        {"{\"weekly\":{\"mon\":[[\"09:00\",\"24:01\"]]}}", "c.weekly.mon"},
        {"{\"weekly\":{\"mon\":[[\"09:00\"]]}}", "c.weekly.mon"},
        {"{\"weekly\":{\"monday\":[[\"09:00\",\"10:00\"]]}}", "c.weekly.monday"},
        {"{\"weekly\":{\"mon\":[[\"09:00\",\"10:00\"]]},\"holidays\":[\"2026-02-29\"]}",
         "c.holidays"},
        {"{\"weekly\":{\"mon\":[[\"09:00\",\"10:00\"]]},\"overrides\":{\"2026-13-01\":[]}}",
         "c.overrides.2026-13-01"},
        {"{\"weekly\":{\"mon\":[]}}", "c"},
        {"{}", "c"},
        {"[]", "c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faults faults = {.arena = arena};
        assert_null(calendar_read(json(cases[i][0]), "c", FIELDS_STRICT, arena, &faults));
        assert_int_equal(faults.count, 1);
        assert_string_equal(faults.at[0].path, cases[i][1]);
    }
    struct faults faults = {.arena = arena};
    const char *extra = "{\"weekly\":{\"mon\":[[\"09:00\",\"10:00\"]]},\"colour\":1}";
    assert_null(calendar_read(json(extra), "c", FIELDS_STRICT, arena, &faults));
    assert_non_null(calendar_read(json(extra), "c", FIELDS_EVENT, arena, &faults));
}

/* The second implementation: time as a row of quarter hours, each marked open or closed. */

enum { QUARTERS = 40 * 96, DAYS = 40, WINDOWS = 3, PAUSES = 3 };
#define QUARTER (15 * MINUTE)

struct slow {
    const struct calendar_zone *zone;
    int64_t begin; /* of the row */
    bool open[QUARTERS], closing[QUARTERS + 1];
};

/* The first moment that shows this local time; in a gap the offset before it is used. */
static int64_t slow_utc(const struct slow *slow, int64_t local) {
    for (int64_t at = local - 15 * HOUR; at <= local + 39 * HOUR; at += QUARTER) {
        int64_t shown = calendar_zone_to_local(slow->zone, at);
        if (shown == local) return at;
        if (shown > local)
            return local - (calendar_zone_to_local(slow->zone, at - QUARTER) - (at - QUARTER));
    }
    fail_msg("no such local time");
    return 0;
}

static void slow_open(struct slow *slow, int64_t from_local, int64_t to_local) {
    int64_t from = slow_utc(slow, from_local), to = slow_utc(slow, to_local);
    for (int64_t at = from; at < to; at += QUARTER) {
        int64_t i = (at - slow->begin) / QUARTER;
        if (at >= slow->begin && i < QUARTERS) slow->open[i] = true;
    }
}

static bool slow_paused(const struct calendar_pause *pauses, int count, int64_t at) {
    for (int i = 0; i < count; i++)
        if (at >= pauses[i].from_ms && at < pauses[i].to_ms) return true;
    return false;
}

static int64_t slow_due(const struct slow *slow, int64_t start, int64_t allowed,
                        const struct calendar_pause *pauses, int count) {
    for (int i = 0; i < QUARTERS; i++) {
        int64_t at = slow->begin + i * QUARTER;
        if (at < start || !slow->open[i] || slow_paused(pauses, count, at)) continue;
        if (allowed == 0) return at;
        allowed -= QUARTER;
        if (allowed == 0) return at + QUARTER;
    }
    return CALENDAR_NEVER;
}

static int64_t slow_elapsed(const struct slow *slow, int64_t start, int64_t end,
                            const struct calendar_pause *pauses, int count) {
    int64_t sum = 0;
    for (int i = 0; i < QUARTERS; i++) {
        int64_t at = slow->begin + i * QUARTER;
        if (at >= start && at < end && slow->open[i] && !slow_paused(pauses, count, at))
            sum += QUARTER;
    }
    return sum;
}

static uint64_t random_state = 88172645463325252u;
static int64_t random_below(int64_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int64_t)(random_state % (uint64_t)limit);
}

static void random_windows(struct buf *text, int64_t (*windows)[2], int *count) {
    *count = (int)random_below(WINDOWS + 1);
    buf_puts(text, "[");
    for (int i = 0; i < *count; i++) {
        int64_t from = random_below(96), to = random_below(97);
        buf_printf(text, "%s[\"%02d:%02d\",\"%02d:%02d\"]", i ? "," : "", (int)(from / 4),
                   (int)(from % 4 * 15), (int)(to / 4), (int)(to % 4 * 15));
        windows[i][0] = from * QUARTER;
        windows[i][1] = (to <= from ? to + 96 : to) * QUARTER;
    }
    buf_puts(text, "]");
}

/* A random week with some odd dates around a change of the clock, in both forms. */
static const struct calendar *random_calendar(struct slow *slow, int64_t first_day) {
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    int64_t week[7][WINDOWS][2], odd[2][WINDOWS][2];
    int week_counts[7], odd_counts[2];
    int64_t odd_days[2] = {first_day + random_below(DAYS), first_day + random_below(DAYS)};
    int64_t holiday = first_day + random_below(DAYS);
    struct buf text = {0};
    char date[CLOCK_TEXT_MAX];
    buf_printf(&text, "{\"timezone\":\"%s\",\"weekly\":{", slow->zone->name);
    for (int i = 0; i < 7; i++) {
        buf_printf(&text, "%s\"%s\":", i ? "," : "", names[i]);
        random_windows(&text, week[i], &week_counts[i]);
    }
    buf_printf(&text, "},\"holidays\":[\"%.10s\"],\"overrides\":{",
               clock_format(holiday * 86400000, date));
    if (odd_days[1] == odd_days[0]) odd_days[1]++;
    for (int i = 0; i < 2; i++) {
        buf_printf(&text, "%s\"%.10s\":", i ? "," : "", clock_format(odd_days[i] * 86400000, date));
        random_windows(&text, odd[i], &odd_counts[i]);
    }
    buf_puts(&text, "}}");
    struct faults faults = {.arena = arena};
    const struct calendar *read = calendar_read(json(text.at), "", FIELDS_STRICT, arena, &faults);
    buf_free(&text);

    memset(slow->open, 0, sizeof slow->open);
    for (int64_t day = first_day - 3; day < first_day + DAYS; day++) {
        int weekday = (int)((day + 3) % 7), count = day == holiday ? 0 : week_counts[weekday];
        int64_t(*windows)[2] = week[weekday];
        for (int i = 0; i < 2; i++)
            if (day == odd_days[i]) {
                windows = odd[i];
                count = odd_counts[i];
            }
        for (int i = 0; i < count; i++)
            slow_open(slow, day * 86400000 + windows[i][0], day * 86400000 + windows[i][1]);
    }
    return read;
}

static int random_pauses(struct calendar_pause *pauses, int64_t start) {
    int count = (int)random_below(PAUSES + 1);
    int64_t at = start - 8 * QUARTER;
    for (int i = 0; i < count; i++) {
        pauses[i].from_ms = at += random_below(100) * QUARTER;
        pauses[i].to_ms = at += (1 + random_below(100)) * QUARTER;
        at += QUARTER;
    }
    if (count && random_below(4) == 0) pauses[count - 1].to_ms = CALENDAR_NEVER;
    return count;
}

/* 2 000 calendars, 50 starts, pauses and allowances each. Days around clock changes of seven zones,
 * a day left out in Samoa and a half-hour change among them. What the row of quarter hours cannot
 * see (due behind its end) is left out.
 */
static void test_against_a_slow_implementation(void **unused) {
    (void)unused;
    static const char *const zones[][2] = {{"Asia/Shanghai", "2026-05-01T00:00:00Z"},
                                           {"Europe/Berlin", "2026-03-20T00:00:00Z"},
                                           {"Europe/Berlin", "2026-10-15T00:00:00Z"},
                                           {"America/Sao_Paulo", "2018-02-10T00:00:00Z"},
                                           {"America/Sao_Paulo", "2018-10-28T00:00:00Z"},
                                           {"Asia/Tehran", "2015-03-12T00:00:00Z"},
                                           {"Australia/Lord_Howe", "2026-03-28T00:00:00Z"},
                                           {"Pacific/Apia", "2011-12-20T00:00:00Z"}};
    struct slow *slow = calloc(1, sizeof *slow);
    struct err err;
    int compared = 0, bounded = 0, paused = 0;
    for (int i = 0; i < 2000; i++) {
        arena_reset(arena);
        const char *const *zone = zones[random_below(8)];
        slow->zone = calendar_zone_find(zone[0], arena, &err);
        slow->begin = ms(zone[1]);
        const struct calendar *open = random_calendar(slow, slow->begin / 86400000);
        if (!open) continue; /* all lists empty */
        for (int k = 0; k < 50; k++) {
            int64_t start = slow->begin + 192 * QUARTER + random_below(16 * 96) * QUARTER;
            struct calendar_pause pauses[PAUSES];
            int count = random_pauses(pauses, start);
            struct calendar_allowance allowance = {.ms = random_below(200) * QUARTER};
            int64_t due = calendar_due(open, start, allowance, pauses, count);
            int64_t expected = slow_due(slow, start, allowance.ms, pauses, count);
            compared++;
            paused += due == CALENDAR_NEVER;
            if (due != CALENDAR_NEVER && due > slow->begin + (QUARTERS - 192) * QUARTER) continue;
            bounded++;
            if (due != expected)
                fail_msg("%s %d/%d: due %lld, expected %lld", zone[0], i, k, (long long)due,
                         (long long)expected);
            int64_t end = start + random_below(16 * 96) * QUARTER;
            assert_int_equal(calendar_elapsed(open, start, end, pauses, count),
                             slow_elapsed(slow, start, end, pauses, count));
            if (due == CALENDAR_NEVER) continue;
            /* A fact is late exactly when the working time up to it exceeds the allowance. */
            assert_true(calendar_elapsed(open, start, due, pauses, count) == allowance.ms);
            assert_true(calendar_elapsed(open, start, due + 1, pauses, count) <= allowance.ms + 1);
        }
    }
    print_message("%d compared, %d within the row, %d without a due time\n", compared, bounded,
                  paused);
    assert_true(compared > 90000 && bounded > 80000 && paused > 1000);
    free(slow);
}

static int set_up(void **unused) {
    (void)unused;
    arena = arena_new();
    return 0;
}
static int tear_down(void **unused) {
    (void)unused;
    arena_free(arena);
    return 0;
}

/* A time of day on a working day, with the holidays, the fold and the gap. */
static void test_cutoff(void **unused) {
    (void)unused;
    static const struct calendar_cutoff plain = {.time_ms = 16 * HOUR, .days = 1};
    static const struct calendar_cutoff same_day = {.time_ms = 16 * HOUR};
    static const struct calendar_cutoff split = {.time_ms = 16 * HOUR,
                                                 .split = true,
                                                 .before_ms = 14 * HOUR,
                                                 .else_time_ms = 12 * HOUR,
                                                 .else_days = 1};
    static const struct calendar_cutoff early = {.time_ms = 2 * HOUR + 30 * MINUTE, .days = 1};
    const struct calendar *office = calendar(OFFICE);
    const struct calendar *night = calendar(NIGHT);
    const struct calendar_pause pauses[] = {
        {ms("2026-09-28T07:00:00Z"), ms("2026-09-28T08:00:00Z")}, {0, CALENDAR_NEVER}};
    const struct {
        const char *what, *start, *due;
        const struct calendar *calendar;
        const struct calendar_cutoff *cutoff;
        int pauses, from;
    } cases[] = {
        {"before", "2026-09-28T05:59:59Z", "2026-09-28T08:00:00Z", office, &split, 0, 0},
        {"at the cut-off", "2026-09-28T06:00:00Z", "2026-09-29T04:00:00Z", office, &split, 0, 0},
        {"behind the time itself", "2026-09-28T12:00:00Z", "2026-09-29T04:00:00Z", office, &split,
         0, 0},
        {"a wait that ends at the time", "2026-09-28T01:00:00Z", "2026-09-29T08:00:00Z", office,
         &split, 1, 0},
        {"it begins at the time, as a wait ends", "2026-09-28T08:00:00Z", "2026-09-29T08:00:00Z",
         office, &plain, 1, 0},
        {"of the same day, at the time itself", "2026-09-28T08:00:00Z", "2026-09-29T08:00:00Z",
         office, &same_day, 0, 0},
        {"a wait without an end", "2026-09-28T01:00:00Z", NULL, office, &split, 1, 1},
        {"an override on a holiday", "2026-09-30T09:00:00Z", "2026-10-01T08:00:00Z", office, &plain,
         0, 0},
        {"a holiday, then the weekend", "2026-10-02T01:00:00Z", "2026-10-06T08:00:00Z", office,
         &plain, 0, 0},
        {"a closed day is before every hour", "2026-10-04T15:00:00Z", "2026-10-05T08:00:00Z",
         office, &split, 0, 0},
        {"in the gap", "2026-03-28T10:00:00Z", "2026-03-29T01:30:00Z", night, &early, 0, 0},
        {"in the fold", "2026-10-24T10:00:00Z", "2026-10-25T00:30:00Z", night, &early, 0, 0},
        {"no calendar", "2026-10-24T17:00:00Z", "2026-10-25T16:00:00Z", NULL, &plain, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        same_time(cases[i].what,
                  calendar_cutoff_due(cases[i].calendar, ms(cases[i].start), cases[i].cutoff,
                                      pauses + cases[i].from, cases[i].pauses),
                  cases[i].due);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cutoff),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_elapsed),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_runs_out_of_open_time),
        cmocka_unit_test(test_against_a_slow_implementation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
