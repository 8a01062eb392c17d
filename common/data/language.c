/* language: tables out of ICU, and the arithmetic that writes by them. */
#include "data/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucurr.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/unum.h>
#include <unicode/unumberformatter.h>
#include <unicode/ustring.h>

enum {
    SPANS = 200,   /* counts that are kept; a plural is chosen by a number's last two digits */
    ICU_MAX = 128, /* UTF-16 units of a sign, a name or a pattern */
    MONTHS = 12
};
#define DAY_MS INT64_C(86400000)

struct sign {
    char code[4];
    const char *text;
};

struct language {
    struct sign *signs; /* by code */
    int sign_count;
    bool sign_first;
    const char *gap; /* between sign and number, as the pattern has it */
    const char *decimal, *grouping;
    int group;
    const char *date, *short_date, *clock; /* ICU's patterns */
    const char *months[MONTHS], *short_months[MONTHS];
    const char *spans[LANGUAGE_UNITS][SPANS];
};

/* What is made of one language at start. */
struct loading {
    struct arena *arena;
    const char *locale; /* ICU's name */
    struct language *out;
    UErrorCode status;
};

static const char *utf8(const struct loading *loading, const UChar *units, int32_t len) {
    UErrorCode status = U_ZERO_ERROR;
    char bytes[ICU_MAX * 3 + 1];
    int32_t written = 0;

    u_strToUTF8(bytes, sizeof bytes - 1, &written, units, len, &status);
    if (U_FAILURE(status)) return "";
    return arena_strndup(loading->arena, bytes, (size_t)written);
}

/* ---- Amounts ---- */

/* By ISO 4217, list one, of 2024; what is not here has two. ICU's own figures are those of everyday
 * use (no cents for some), not those of minor units. */
int language_digits(const char *currency) {
    static const struct {
        const char *codes;
        int digits;
    } rows[] = {
        {"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0},
        {"BHD IQD JOD KWD LYD OMR TND", 3},
        {"CLF UYW", 4},
    };

    if (strlen(currency) != 3) return 2;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(rows[i].codes, currency)) return rows[i].digits;
    return 2;
}

static int by_code(const void *one, const void *two) {
    return strcmp(((const struct sign *)one)->code, ((const struct sign *)two)->code);
}

static void load_signs(struct loading *loading) {
    struct language *out = loading->out;
    UEnumeration *all = ucurr_openISOCurrencies(UCURR_ALL, &loading->status);
    const UChar *code;
    int32_t len;

    while (U_SUCCESS(loading->status) && (code = uenum_unext(all, &len, &loading->status))) {
        UBool choice = false;
        struct sign *sign = ARENA_ADD(loading->arena, out->signs, out->sign_count);
        u_UCharsToChars(code, sign->code, 3);
        code = ucurr_getName(code, loading->locale, UCURR_SYMBOL_NAME, &choice, &len,
                             &loading->status);
        sign->text = utf8(loading, code, len);
    }
    uenum_close(all);
    if (out->sign_count) qsort(out->signs, (size_t)out->sign_count, sizeof *out->signs, by_code);
}

static const char *symbol(struct loading *loading, const UNumberFormat *format,
                          UNumberFormatSymbol which) {
    UChar units[ICU_MAX];
    int32_t len = unum_getSymbol(format, which, units, ICU_MAX, &loading->status);
    return utf8(loading, units, len);
}

/* The pattern is `¤#,##0.00`, `#,##0.00 ¤`, or either with more between. */
static void take_pattern(struct loading *loading, const char *pattern) {
    static const char sign[] = "¤";
    static const char digits[] = "#,.0";
    struct language *out = loading->out;
    size_t first = strcspn(pattern, digits);
    size_t len = strspn(pattern + first, digits);
    const char *at = strstr(pattern, sign);

    out->gap = "";
    if (!at) return;
    out->sign_first = (size_t)(at - pattern) < first;
    if (out->sign_first) {
        const char *behind = at + strlen(sign);
        out->gap = arena_strndup(loading->arena, behind, (size_t)(pattern + first - behind));
    } else {
        const char *behind = pattern + first + len;
        out->gap = arena_strndup(loading->arena, behind, (size_t)(at - behind));
    }
}

static void load_amounts(struct loading *loading) {
    struct language *out = loading->out;
    UChar units[ICU_MAX];
    UNumberFormat *format =
        unum_open(UNUM_CURRENCY, NULL, 0, loading->locale, NULL, &loading->status);

    if (U_FAILURE(loading->status)) return;
    int32_t len = unum_toPattern(format, false, units, ICU_MAX, &loading->status);
    take_pattern(loading, utf8(loading, units, len));
    out->decimal = symbol(loading, format, UNUM_MONETARY_SEPARATOR_SYMBOL);
    out->grouping = symbol(loading, format, UNUM_MONETARY_GROUPING_SEPARATOR_SYMBOL);
    out->group = unum_getAttribute(format, UNUM_GROUPING_SIZE);
    if (out->group <= 0) out->group = 3;
    unum_close(format);
    load_signs(loading);
}

static const char *sign_of(const struct language *language, const char *currency) {
    struct sign wanted = {{0}, NULL};
    size_t len = strnlen(currency, 3);

    memcpy(wanted.code, currency, len);
    const struct sign *found = NULL;
    if (language->sign_count)
        found =
            bsearch(&wanted, language->signs, (size_t)language->sign_count, sizeof wanted, by_code);
    if (found) return found->text;
    return currency;
}

static const char *grouped(const struct language *language, uint64_t num, struct arena *arena) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)num);
    const char *text = "";

    for (int i = 0, left = len; left > 0; left -= len) {
        len = (left - 1) % language->group + 1;
        text = arena_printf(arena, "%s%s%.*s", text, i ? language->grouping : "", len, digits + i);
        i += len;
    }
    return text;
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Letters do not touch digits: "CHF 12.00". A blank that breaks no line. */
static const char *gap_of(const struct language *language, const char *sign) {
    char touching = sign[0];

    if (*language->gap || !*sign) return language->gap;
    if (language->sign_first) touching = sign[strlen(sign) - 1];
    return is_letter(touching) ? "\u00a0" : "";
}

const char *language_amount(const struct language *language, const char *currency, int64_t minor,
                            struct arena *arena) {
    uint64_t value = (uint64_t)minor;
    const char *minus = "";
    int digits = language_digits(currency);
    uint64_t unit = 1;

    if (minor < 0) {
        value = 0 - value;
        minus = "-";
    }
    for (int i = 0; i < digits; i++) unit *= 10;
    const char *num = grouped(language, value / unit, arena);
    if (digits)
        num = arena_printf(arena, "%s%s%0*llu", num, language->decimal, digits,
                           (unsigned long long)(value % unit));
    const char *sign = sign_of(language, currency);
    const char *gap = gap_of(language, sign);
    if (language->sign_first) return arena_printf(arena, "%s%s%s%s", minus, sign, gap, num);
    return arena_printf(arena, "%s%s%s%s", minus, num, gap, sign);
}

const char *language_number(const struct language *language, int64_t num, struct arena *arena) {
    if (num >= 0) return grouped(language, (uint64_t)num, arena);
    return arena_printf(arena, "-%s", grouped(language, 0 - (uint64_t)num, arena));
}

/* ---- Dates ---- */

/* Days since 1970 to year, month, day (proleptic Gregorian; years begin in March, so that the leap
 * day is the last). */
static void civil_of(int64_t days, int *year_out, int *month_out, int *day_out) {
    int64_t shifted = days + 719468; /* from 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * of_year + 2) / 153;

    *day_out = (int)(of_year - (153 * month + 2) / 5 + 1);
    *month_out = (int)(month < 10 ? month + 3 : month - 9);
    *year_out = (int)(year_of_era + era * 400 + (*month_out <= 2));
}

static int64_t days_of(int64_t local_ms) {
    return (local_ms >= 0 ? local_ms : local_ms - DAY_MS + 1) / DAY_MS;
}

int language_year(int64_t local_ms) {
    int year, month, day;
    civil_of(days_of(local_ms), &year, &month, &day);
    return year;
}

struct moment_parts {
    int year, month, day, hour, minute;
};

/* One field of ICU's pattern language; NULL: one that is not written here. */
static const char *field_text(const struct language *language, char letter, int len,
                              const struct moment_parts *at, struct arena *arena) {
    int value;

    switch (letter) {
    case 'y': value = at->year; break;
    case 'd': value = at->day; break;
    case 'H': value = at->hour; break;
    case 'm': value = at->minute; break;
    case 'M':
    case 'L':
        if (len == 4) return language->months[at->month - 1];
        if (len == 3) return language->short_months[at->month - 1];
        value = at->month;
        break;
    default: return NULL;
    }
    if (len > 2) len = 1;
    return arena_printf(arena, "%0*d", len, value);
}

/* NULL: the pattern has a field that is not written here. Literals stand between letters, or
 * between single quotes. */
static const char *fill(const struct language *language, const char *pattern,
                        const struct moment_parts *at, struct arena *arena) {
    const char *text = "";

    while (*pattern) {
        int len = 1;
        if (is_letter(*pattern)) {
            while (pattern[len] == *pattern) len++;
            const char *field = field_text(language, *pattern, len, at, arena);
            if (!field) return NULL;
            text = arena_printf(arena, "%s%s", text, field);
        } else if (*pattern == '\'') {
            len = (int)strcspn(pattern + 1, "'");
            text = arena_printf(arena, "%s%.*s", text, len, pattern + 1);
            len += pattern[len + 1] ? 2 : 1;
        } else {
            while (pattern[len] && pattern[len] != '\'' && !is_letter(pattern[len])) len++;
            text = arena_printf(arena, "%s%.*s", text, len, pattern);
        }
        pattern += len;
    }
    return text;
}

static struct moment_parts parts_of(int64_t local_ms) {
    struct moment_parts at;
    int64_t days = days_of(local_ms);
    int64_t minutes = (local_ms - days * DAY_MS) / 60000;

    civil_of(days, &at.year, &at.month, &at.day);
    at.hour = (int)(minutes / 60);
    at.minute = (int)(minutes % 60);
    return at;
}

const char *language_date(const struct language *language, int64_t local_ms, bool with_year,
                          struct arena *arena) {
    struct moment_parts at = parts_of(local_ms);
    return fill(language, with_year ? language->date : language->short_date, &at, arena);
}

const char *language_clock(const struct language *language, int64_t local_ms, struct arena *arena) {
    struct moment_parts at = parts_of(local_ms);
    return fill(language, language->clock, &at, arena);
}

static const char *best_pattern(struct loading *loading, UDateTimePatternGenerator *generator,
                                const UChar *skeleton) {
    UChar units[ICU_MAX];
    int32_t len = udatpg_getBestPattern(generator, skeleton, -1, units, ICU_MAX, &loading->status);
    return utf8(loading, units, len);
}

static void load_months(struct loading *loading, UDateFormatSymbolType type,
                        const char *names[MONTHS]) {
    UDateFormat *format =
        udat_open(UDAT_LONG, UDAT_LONG, loading->locale, u"UTC", -1, NULL, -1, &loading->status);

    for (int i = 0; i < MONTHS && U_SUCCESS(loading->status); i++) {
        UChar units[ICU_MAX];
        int32_t len = udat_getSymbols(format, type, i, units, ICU_MAX, &loading->status);
        names[i] = utf8(loading, units, len);
    }
    udat_close(format);
}

static void load_dates(struct loading *loading) {
    struct language *out = loading->out;
    UDateTimePatternGenerator *generator = udatpg_open(loading->locale, &loading->status);

    if (U_FAILURE(loading->status)) return;
    out->date = best_pattern(loading, generator, u"yMMMMd");
    out->short_date = best_pattern(loading, generator, u"MMMMd");
    out->clock = best_pattern(loading, generator, u"Hm");
    udatpg_close(generator);
    load_months(loading, UDAT_MONTHS, out->months);
    load_months(loading, UDAT_SHORT_MONTHS, out->short_months);
}

/* ---- Spans ---- */

static void load_spans(struct loading *loading, enum language_unit unit, const UChar *skeleton) {
    UNumberFormatter *formatter =
        unumf_openForSkeletonAndLocale(skeleton, -1, loading->locale, &loading->status);
    UFormattedNumber *result = unumf_openResult(&loading->status);

    for (int i = 0; i < SPANS && U_SUCCESS(loading->status); i++) {
        UChar units[ICU_MAX];
        unumf_formatInt(formatter, i, result, &loading->status);
        int32_t len = unumf_resultToString(result, units, ICU_MAX, &loading->status);
        loading->out->spans[unit][i] = utf8(loading, units, len);
    }
    unumf_closeResult(result);
    unumf_close(formatter);
}

/* Beyond what is kept: the words of a number with the same last two digits, around this one. */
static const char *long_span(const struct language *language, int64_t count,
                             enum language_unit unit, struct arena *arena) {
    int like = (int)(count % 100) + 100;
    const char *text = language->spans[unit][like];
    char digits[8];

    snprintf(digits, sizeof digits, "%d", like);
    const char *at = strstr(text, digits);
    if (!at) return text;
    return arena_printf(arena, "%.*s%s%s", (int)(at - text), text,
                        language_number(language, count, arena), at + strlen(digits));
}

const char *language_span(const struct language *language, int64_t count, enum language_unit unit,
                          struct arena *arena) {
    if (count < 0) count = 0;
    if (count < SPANS) return language->spans[unit][count];
    return long_span(language, count, unit, arena);
}

const char *language_duration(const struct language *language, int64_t ms, struct arena *arena) {
    const int64_t hour = 3600000;

    if (ms >= DAY_MS && ms % DAY_MS == 0)
        return language_span(language, ms / DAY_MS, LANGUAGE_DAY, arena);
    if (ms >= hour && ms % hour == 0)
        return language_span(language, ms / hour, LANGUAGE_HOUR, arena);
    return language_span(language, (ms + 59999) / 60000, LANGUAGE_MINUTE, arena);
}

/* ---- Loading ---- */

/* Whether ICU has data for the language itself, not only for its root. */
static bool is_known(const char *locale) {
    char language[ULOC_LANG_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;

    uloc_getLanguage(locale, language, sizeof language, &status);
    for (int32_t i = 0; U_SUCCESS(status) && i < uloc_countAvailable(); i++) {
        size_t len = strlen(language);
        const char *available = uloc_getAvailable(i);
        if (len && strncmp(available, language, len) == 0 && !is_letter(available[len]))
            return true;
    }
    return false;
}

const struct language *language_load(const char *tag, struct arena *arena, struct err *err) {
    static const struct moment_parts sample = {2026, 11, 22, 18, 5};
    char locale[ULOC_FULLNAME_CAPACITY];
    struct loading loading = {
        .arena = arena, .out = ARENA_NEW(arena, struct language), .status = U_ZERO_ERROR};
    int32_t parsed = 0;

    uloc_forLanguageTag(tag, locale, sizeof locale, &parsed, &loading.status);
    if (U_FAILURE(loading.status) || parsed != (int32_t)strlen(tag) || !is_known(locale)) {
        err_set(err, "\"%s\" is no language that ICU knows", tag);
        return NULL;
    }
    loading.locale = locale;
    load_amounts(&loading);
    load_dates(&loading);
    load_spans(&loading, LANGUAGE_MINUTE, u"unit/minute unit-width-full-name");
    load_spans(&loading, LANGUAGE_HOUR, u"unit/hour unit-width-full-name");
    load_spans(&loading, LANGUAGE_DAY, u"unit/day unit-width-full-name");
    if (U_FAILURE(loading.status)) {
        err_set(err, "%s: ICU says %s", tag, u_errorName(loading.status));
        return NULL;
    }
    const char *const patterns[] = {loading.out->date, loading.out->short_date, loading.out->clock};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (!fill(loading.out, patterns[i], &sample, arena)) {
            err_set(err, "%s: its dates are written \"%s\", which is not known here", tag,
                    patterns[i]);
            return NULL;
        }
    return loading.out;
}
