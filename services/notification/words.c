/* words: formatting in integers; patterns are templates of the policy. */
#include "words.h"

#include <string.h>

const char *const words_time_names[] = {"year", "month",  "month_name", "day",
                                        "hour", "minute", NULL};
const char *const words_valid_names[] = {"days", NULL};
const char *const words_notes_names[] = {"notes", NULL};
const char *const words_option_names[] = {"option", "remedies", NULL};

#define DAY_MS INT64_C(86400000)

static bool is_among(const char *codes, const char *currency) {
    const char *at = strstr(codes, currency);
    return at && strlen(currency) == 3;
}

/* ISO 4217, list one, of 2024; what is not here has two. */
int words_exponent(const char *currency) {
    if (is_among("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", currency))
        return 0;
    if (is_among("BHD IQD JOD KWD LYD OMR TND", currency)) return 3;
    if (is_among("CLF UYW", currency)) return 4;
    return 2;
}

const char *words_amount(const struct message_locale *locale, const struct money *amount,
                         struct arena *arena) {
    const struct tree *sign = tree_get(locale->symbols, amount->currency);
    const char *before = sign ? sign->text : arena_printf(arena, "%s ", amount->currency);
    int digits = words_exponent(amount->currency);
    int64_t unit = 1;

    for (int i = 0; i < digits; i++) unit *= 10;
    long long whole = amount->minor / unit;
    long long rest = amount->minor % unit;
    if (digits == 0) return arena_printf(arena, "%s%lld", before, whole);
    return arena_printf(arena, "%s%lld.%0*lld", before, whole, digits, rest);
}

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

const char *words_time(const struct message_locale *locale, int64_t ms, struct arena *arena) {
    if (!ms) return NULL;
    int64_t local = calendar_zone_to_local(locale->zone, ms);
    int64_t days = local / DAY_MS;
    int64_t minutes = local % DAY_MS / 60000;
    int year, month, day;
    civil_of(days, &year, &month, &day);
    const char *values[] = {
        arena_printf(arena, "%d", year),
        arena_printf(arena, "%d", month),
        locale->months.count == 12 ? locale->months.at[month - 1] : NULL,
        arena_printf(arena, "%d", day),
        arena_printf(arena, "%02d", (int)(minutes / 60)),
        arena_printf(arena, "%02d", (int)(minutes % 60)),
    };

    return template_fill(locale->time_template, TEMPLATE_PLAIN, values, arena);
}

const char *words_of(const struct tree *map, const char *name) {
    const char *word = tree_text(map, name);
    if (word) return word;
    return name;
}

/* "coupon ¥200.00 (valid for 30 days, stackable)". */
static const char *remedy_words(const struct message_locale *locale, const struct remedy *remedy,
                                struct arena *arena) {
    const char *kind =
        words_of(locale->remedies, fields_choice_name(contract_remedy_kinds, remedy->kind));
    const char *text = kind;
    const char *notes = NULL;

    if (remedy->amount.currency[0])
        text = arena_printf(arena, "%s %s", kind, words_amount(locale, &remedy->amount, arena));
    if (remedy->valid_days) {
        const char *days[] = {arena_printf(arena, "%lld", (long long)remedy->valid_days)};
        notes = template_fill(locale->valid_template, TEMPLATE_PLAIN, days, arena);
    }
    if (remedy->detail) {
        const char *detail = words_of(locale->details, remedy->detail);
        if (notes)
            notes = arena_printf(arena, "%s%s%s", notes, locale->comma, detail);
        else
            notes = detail;
    }
    if (!notes) return text;
    return arena_printf(arena, "%s%s", text,
                        template_fill(locale->notes_template, TEMPLATE_PLAIN, &notes, arena));
}

const char *words_option(const struct message_locale *locale, const struct option *option,
                         struct arena *arena) {
    const struct remedy *remedies = option->remedies.at;
    const char *text = "";

    for (int i = 0; i < option->remedies.count; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? locale->plus : "",
                            remedy_words(locale, &remedies[i], arena));
    const char *values[] = {option->option, text};
    return template_fill(locale->option_template, TEMPLATE_PLAIN, values, arena);
}

const char *words_options(const struct message_locale *locale, const struct records *options,
                          struct arena *arena) {
    const struct option *at = options->at;
    const char *text = "";

    for (int i = 0; i < options->count; i++) {
        const char *option = words_option(locale, &at[i], arena);
        if (option)
            text = arena_printf(arena, "%s%s%s", text, *text ? locale->semicolon : "", option);
    }
    return text;
}

const char *words_mask_name(const char *name, struct arena *arena) {
    if (!name || !*name) return NULL;
    size_t len = 1;
    while (((unsigned char)name[len] & 0xc0) == 0x80) len++;
    return arena_printf(arena, "%.*s*", (int)len, name);
}

const char *words_mask_phone(const char *phone, struct arena *arena) {
    char digits[41] = "";
    size_t len = 0;

    if (!phone || !*phone) return NULL;
    for (const char *at = phone; *at && len < sizeof digits - 1; at++)
        if (*at >= '0' && *at <= '9') digits[len++] = *at;
    digits[len] = 0;
    const char *national = digits;
    if (len == 13 && strncmp(digits, "86", 2) == 0) national = digits + 2;
    if (strlen(national) == 11 && *national == '1')
        return arena_printf(arena, "%.3s****%s", national, national + 7);
    if (len < 8) return "****";
    return arena_printf(arena, "****%s", digits + len - 4);
}
