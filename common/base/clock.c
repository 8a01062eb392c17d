/* clock: reading clocks, and RFC 3339 by hand: strptime and timegm depend on locale and leave
 * offsets and fractions out. */
#include "base/clock.h"
#include "base/digits.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum { DAY_S = 86400, MONTHS = 12, LEAP_SECOND = 60, FRACTION_MAX = 9 };

static int64_t read_us(clockid_t which) {
    struct timespec now;
    ASSERT(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(void) {
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_boot_ms(void) {
    return read_us(CLOCK_BOOTTIME) / 1000;
}

int64_t clock_boot_us(void) {
    return read_us(CLOCK_BOOTTIME);
}

/* Years begin in March, so that the leap day is their last, and 400 years (146 097 days) are one
 * era. */
int64_t clock_days(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil {
    int64_t year;
    int month, day;
};

static struct civil civil_from_days(int64_t days) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (int)((5 * day_of_year + 2) / 153);
    int month = shifted + (shifted < 10 ? 3 : -9);
    return (struct civil){.year = year_of_era + era * 400 + (month <= 2),
                          .month = month,
                          .day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

static int days_in_month(int year, int month) {
    static const int days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Exactly `digits` digits at *at, of a value between min and max; moves *at behind them. */
static bool take_number(const char **at, int digits, int min, int max, int *out) {
    int num = 0;

    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') return false;
        num = num * 10 + (c - '0');
    }
    if (num < min || num > max) return false;
    *at += digits;
    *out = num;

    return true;
}

static bool take_char(const char **at, char upper, char lower) {
    if (**at != upper && **at != lower) return false;
    ++*at;
    return true;
}

static bool take_date(const char **at, int64_t *days_out) {
    int year, month, day;

    if (!take_number(at, 4, 1970 - 1, 9999, &year) || !take_char(at, '-', '-')) return false;
    if (!take_number(at, 2, 1, MONTHS, &month) || !take_char(at, '-', '-')) return false;
    if (!take_number(at, 2, 1, days_in_month(year, month), &day)) return false;
    *days_out = clock_days(year, month, day);
    return true;
}

/* One to nine digits behind a point, truncated to ms. */
static bool take_fraction(const char **at, int *ms_out) {
    *ms_out = 0;
    if (**at != '.') return true;
    ++*at;
    int digits = 0;
    for (int unit = 100; **at >= '0' && **at <= '9'; ++*at, digits++, unit /= 10)
        *ms_out += (**at - '0') * unit;
    return digits >= 1 && digits <= FRACTION_MAX;
}

static bool take_offset(const char **at, int *seconds_out) {
    *seconds_out = 0;
    if (take_char(at, 'Z', 'z')) return true;
    int sign = 1;
    if (**at == '-') sign = -1;
    int hours, minutes;
    if (!take_char(at, '+', '-')) return false;
    if (!take_number(at, 2, 0, 23, &hours) || !take_char(at, ':', ':') ||
        !take_number(at, 2, 0, 59, &minutes))
        return false;
    *seconds_out = sign * (hours * 3600 + minutes * 60);

    return true;
}

int clock_parse(const char *text, int64_t *ms_out) {
    const char *at = text;
    int64_t days;
    int hour, minute, second, ms, offset;

    if (!take_date(&at, &days) || !take_char(&at, 'T', 't')) return -1;
    if (!take_number(&at, 2, 0, 23, &hour) || !take_char(&at, ':', ':')) return -1;
    if (!take_number(&at, 2, 0, 59, &minute) || !take_char(&at, ':', ':')) return -1;
    if (!take_number(&at, 2, 0, LEAP_SECOND, &second) || !take_fraction(&at, &ms)) return -1;
    if (!take_offset(&at, &offset) || *at) return -1;
    bool leap = second == LEAP_SECOND;
    if (leap) {
        second = 59;
        ms = 999;
    }
    int64_t seconds = days * DAY_S + hour * 3600 + minute * 60 + second - offset;
    /* Leap seconds are inserted at the end of a UTC day only. */
    if (leap && seconds % DAY_S != DAY_S - 1) return -1;
    if (seconds < 0 || seconds >= clock_days(10000, 1, 1) * DAY_S) return -1;
    *ms_out = seconds * 1000 + ms;

    return 0;
}

static int64_t floor_div(int64_t num, int64_t by) {
    return num / by - (num % by < 0);
}

/* Of the years that clock_parse() takes, and of any other as it is. */
static char *put_year(char *at, int64_t year) {
    if (year >= 0 && year <= 9999) return digits_pad(at, 4, (unsigned)year);
    return at + digits_print(year, at);
}

char *clock_format(int64_t ms, char text_out[CLOCK_TEXT_MAX]) {
    int64_t seconds = floor_div(ms, 1000);
    int64_t days = floor_div(seconds, DAY_S);
    int fraction = (int)((ms % 1000 + 1000) % 1000);
    int rest = (int)(seconds - days * DAY_S);
    struct civil date = civil_from_days(days);
    char *at = put_year(text_out, date.year);

    *at++ = '-';
    at = digits_pad(at, 2, (unsigned)date.month);
    *at++ = '-';
    at = digits_pad(at, 2, (unsigned)date.day);
    *at++ = 'T';
    at = digits_pad(at, 2, (unsigned)rest / 3600);
    *at++ = ':';
    at = digits_pad(at, 2, (unsigned)rest / 60 % 60);
    *at++ = ':';
    at = digits_pad(at, 2, (unsigned)rest % 60);
    if (fraction) {
        *at++ = '.';
        at = digits_pad(at, 3, (unsigned)fraction);
    }
    *at++ = 'Z';
    *at = 0;

    return text_out;
}

char *clock_format_hour(int64_t ms, char text_out[CLOCK_TEXT_MAX]) {
    int64_t hours = floor_div(ms, 3600 * 1000);
    int64_t days = floor_div(hours, 24);
    struct civil date = civil_from_days(days);

    snprintf(text_out, CLOCK_TEXT_MAX, "%04lld%02d%02d%02d", (long long)date.year, date.month,
             date.day, (int)(hours - days * 24));
    return text_out;
}
