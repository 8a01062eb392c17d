/* calendar_rule: a reader of one line, and the days that it names. */
#include "data/calendar_rule.h"
#include "base/clock.h"
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, ZONE_HOURS = 24, RULE_HOURS = 167 };

struct text {
    const char *at, *end;
};

static bool take(struct text *text, char letter) {
    if (text->at == text->end || *text->at != letter) return false;
    text->at++;
    return true;
}

/* A number of at most three digits. -1: there is none, or it is larger than `most`. */
static int number(struct text *text, int most) {
    int value = 0;
    int digits = 0;

    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9' && digits < 3; digits++)
        value = value * 10 + (*text->at++ - '0');
    if (digits == 0 || value > most) return -1;
    return value;
}

/* [+-]h[h[h]][:mm[:ss]], in seconds. */
static int time_of_day(struct text *text, int most_hours, int64_t *out) {
    int64_t sign = 1;
    if (take(text, '-'))
        sign = -1;
    else
        take(text, '+');
    int hours = number(text, most_hours);
    if (hours < 0) return -1;

    int minutes = 0;
    int seconds = 0;
    if (take(text, ':')) minutes = number(text, 59);
    if (minutes >= 0 && take(text, ':')) seconds = number(text, 59);
    if (minutes < 0 || seconds < 0) return -1;
    *out = sign * ((int64_t)hours * HOUR_S + minutes * 60 + seconds);
    return 0;
}

/* Letters, or anything of letters, digits and signs in <>. */
static int name(struct text *text) {
    bool quoted = take(text, '<');
    const char *first = text->at;

    while (text->at < text->end) {
        char c = *text->at;
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-';
        if (!letter && !(quoted && other)) break;
        text->at++;
    }
    if (text->at - first < 3) return -1;
    return !quoted || take(text, '>') ? 0 : -1;
}

static int week_of(struct text *text, struct calendar_rule_day *out) {
    out->kind = CALENDAR_RULE_WEEK;
    out->month = number(text, 12);
    if (!take(text, '.')) return -1;
    out->week = number(text, 5);
    if (!take(text, '.')) return -1;
    out->day = number(text, 6);
    return out->month >= 1 && out->week >= 1 && out->day >= 0 ? 0 : -1;
}

static int day_of(struct text *text, struct calendar_rule_day *out) {
    int rc = 0;
    if (take(text, 'M')) {
        rc = week_of(text, out);
    } else {
        bool julian = take(text, 'J');
        out->kind = julian ? CALENDAR_RULE_JULIAN : CALENDAR_RULE_DAY;
        out->day = number(text, 365);
        if (out->day < julian) rc = -1;
    }
    out->time_s = 2 * HOUR_S;
    if (rc == 0 && take(text, '/')) rc = time_of_day(text, RULE_HOURS, &out->time_s);
    return rc;
}

int calendar_rule_read(const char *bytes, size_t len, struct calendar_rule *out) {
    struct text text = {bytes, bytes + len};
    int64_t west_s;

    *out = (struct calendar_rule){0};
    if (name(&text) || time_of_day(&text, ZONE_HOURS, &west_s)) return -1;
    out->standard_s = out->other_s = -west_s;
    if (text.at == text.end) return 0;

    out->changes = true;
    out->other_s = out->standard_s + HOUR_S;
    if (name(&text)) return -1;
    bool own = text.at < text.end && *text.at != ',';
    if (own && time_of_day(&text, ZONE_HOURS, &west_s)) return -1;
    if (own) out->other_s = -west_s;
    if (!take(&text, ',') || day_of(&text, &out->from) || !take(&text, ',') ||
        day_of(&text, &out->to))
        return -1;
    return text.at == text.end ? 0 : -1;
}

/* ---- Days ---- */

static bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 of the day that a rule names. */
static int64_t day_in(const struct calendar_rule_day *rule, int year) {
    enum { THURSDAY = 4 }; /* 1 January 1970 */
    int64_t first = clock_days(year, 1, 1);
    if (rule->kind == CALENDAR_RULE_DAY) return first + rule->day;
    if (rule->kind == CALENDAR_RULE_JULIAN)
        return first + rule->day - 1 + (is_leap(year) && rule->day >= 60);

    int64_t month = clock_days(year, rule->month, 1);
    int64_t next =
        rule->month == 12 ? clock_days(year + 1, 1, 1) : clock_days(year, rule->month + 1, 1);
    int64_t weekday = ((month + THURSDAY) % 7 + 7) % 7;
    int64_t day = month + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
    while (day >= next) day -= 7;
    return day;
}

void calendar_rule_changes(const struct calendar_rule *rule, int year, int64_t *from_s_out,
                           int64_t *to_s_out) {
    *from_s_out = day_in(&rule->from, year) * DAY_S + rule->from.time_s - rule->standard_s;
    *to_s_out = day_in(&rule->to, year) * DAY_S + rule->to.time_s - rule->other_s;
}
