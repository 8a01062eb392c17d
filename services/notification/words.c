/* words: the patterns filled. */
#include "words.h"
#include "base/utf8.h"
#include "person.h"

#include <string.h>

const char *const words_time_names[] = {"date", "clock", "zone", NULL};
const char *const words_remedy_names[] = {"amount", "term", NULL};
const char *const words_notes_names[] = {"notes", NULL};
const char *const words_option_names[] = {"option", "remedies", NULL};
const char *const words_line_names[] = {"line", NULL};

enum { REMEDY_AMOUNT, REMEDY_TERM };

const char *words_amount(const struct wording_language *language, const struct money *amount,
                         struct arena *arena) {
    return language_amount(language->language, amount->currency, amount->minor, arena);
}

/* ---- Times ---- */

static const char *zone_words(const struct wording_language *language,
                              const struct calendar_zone *zone, int64_t offset_ms,
                              struct arena *arena) {
    const char *name = tree_text(language->zones, zone->name);
    long long minutes = offset_ms / 60000;
    char sign = '+';

    if (name) return name;
    if (minutes < 0) {
        sign = '-';
        minutes = -minutes;
    }
    if (minutes % 60 == 0) return arena_printf(arena, "UTC%c%lld", sign, minutes / 60);
    return arena_printf(arena, "UTC%c%lld:%02lld", sign, minutes / 60, minutes % 60);
}

const char *words_time(const struct wording_language *language, const struct calendar_zone *zone,
                       int64_t ms, int64_t now_ms, struct arena *arena) {
    if (!ms) return NULL;
    int64_t local = calendar_zone_to_local(zone, ms);
    int64_t today = calendar_zone_to_local(zone, now_ms);
    bool with_year = language_year(local) != language_year(today);
    const char *values[] = {language_date(language->language, local, with_year, arena),
                            language_clock(language->language, local, arena),
                            zone_words(language, zone, local - ms, arena)};

    return template_fill(language->time_template, TEMPLATE_PLAIN, values, arena);
}

/* ---- Remedies ---- */

const struct wording_remedy *words_remedy(const struct wording_language *language, int kind) {
    const struct wording_remedy *rows = language->remedies.at;
    for (int i = 0; i < language->remedies.count; i++)
        if (rows[i].kind == kind) return &rows[i];
    return NULL;
}

/* Whether anything is given by it: a refund of 0.00 is none. */
static bool is_something(const struct remedy *remedy) {
    static const char *const money[] = {
        "refund", "refund_without_return", "coupon", "stored_value", "fee_share", NULL};
    const char *kind = fields_choice_name(contract_remedy_kinds, remedy->kind);

    if (!remedy->amount.currency[0] || remedy->amount.minor) return true;
    for (int i = 0; money[i]; i++)
        if (strcmp(money[i], kind) == 0) return false;
    return true;
}

static const char *add_note(const struct wording_language *language, const char *notes,
                            const char *note, struct arena *arena) {
    if (!note) return notes;
    if (!*notes) return note;
    return arena_printf(arena, "%s%s%s", notes, language->comma, note);
}

/* The language's words for a detail of the policy; what a person has written as it is. */
static const char *detail_words(const struct wording_language *language, const char *detail,
                                struct arena *arena) {
    enum { DETAIL_MAX = 80 /* characters; a remedy is a part of a sentence */ };
    const char *words = NULL;

    if (detail) words = tree_text(language->details, detail);
    if (words) return words;
    return person_harmless(detail, DETAIL_MAX, arena);
}

/* "coupon ¥200.00 (valid for 30 days, stackable)". A term that the pattern says itself is no note,
 * and a detail that names it ("6 months") is said in place of it. */
static const char *remedy_words(const struct wording_language *language,
                                const struct remedy *remedy, struct arena *arena) {
    const struct wording_remedy *row = words_remedy(language, remedy->kind);
    const struct template *with = row->with_template;
    const char *values[] = {NULL, NULL};
    const char *detail = detail_words(language, remedy->detail, arena);
    const char *notes = "";

    if (remedy->amount.currency[0] && remedy->amount.minor)
        values[REMEDY_AMOUNT] = words_amount(language, &remedy->amount, arena);
    if (remedy->valid_days)
        values[REMEDY_TERM] =
            language_span(language->language, remedy->valid_days, LANGUAGE_DAY, arena);
    if (with && template_uses(with, REMEDY_TERM)) {
        if (detail) values[REMEDY_TERM] = detail;
        detail = NULL;
    } else if (remedy->valid_days) {
        notes = template_fill(language->valid_template, TEMPLATE_PLAIN, values, arena);
    }
    notes = add_note(language, notes, detail, arena);
    const char *text = NULL;
    if (with) text = template_fill(with, TEMPLATE_PLAIN, values, arena);
    if (!text) text = row->say;
    if (!*notes) return text;
    return arena_printf(arena, "%s%s", text,
                        template_fill(language->notes_template, TEMPLATE_PLAIN, &notes, arena));
}

const char *words_details(const struct wording_language *language, const struct texts *details,
                          struct arena *arena) {
    const char *text = "";

    for (int i = 0; i < details->count; i++) {
        const char *before = i ? language->comma : "";
        text = arena_printf(arena, "%s%s%s", text, before,
                            detail_words(language, details->at[i], arena));
    }
    return text;
}

const char *words_lines(const struct wording_language *language, const struct texts *lines,
                        struct arena *arena) {
    const char *text = "";

    for (int i = 0; i < lines->count; i++) {
        const char *line = template_fill(language->line_template, TEMPLATE_PLAIN,
                                         (const char *const[]){lines->at[i]}, arena);
        text = arena_printf(arena, "%s%s%s", text, i ? WORDING_LINE_END : "", line);
    }
    return text;
}

bool words_share(const struct tree *split, const char *party, struct money *out) {
    const struct tree *share = tree_get(split, party);
    const struct tree *minor = tree_get(share, "minor");
    const char *currency = tree_text(share, "currency");

    if (!minor || minor->kind != TREE_INT || minor->num <= 0 || !currency || strlen(currency) != 3)
        return false;
    *out = (struct money){.minor = minor->num};
    memcpy(out->currency, currency, 3);
    return true;
}

const char *words_option(const struct wording_language *language, const struct option *option,
                         bool among_several, struct arena *arena) {
    const struct remedy *remedies = option->remedies.at;
    const char *text = "";
    struct money share;

    for (int i = 0; i < option->remedies.count; i++)
        if (is_something(&remedies[i]))
            text = arena_printf(arena, "%s%s%s", text, *text ? language->plus : "",
                                remedy_words(language, &remedies[i], arena));
    if (!*text) return text;
    const char *values[] = {option->option, text};
    if (among_several)
        text = template_fill(language->option_template, TEMPLATE_PLAIN, values, arena);
    if (!words_share(option->split, "customer", &share)) return text;
    const char *amount[] = {words_amount(language, &share, arena), NULL};
    return arena_printf(arena, "%s%s", text,
                        template_fill(language->share_template, TEMPLATE_PLAIN, amount, arena));
}

const char *words_options(const struct wording_language *language, const struct parts *options,
                          int *count_out, struct arena *arena) {
    const struct option *at = options->at;
    const char *text = "";

    *count_out = 0;
    for (int i = 0; i < options->count; i++)
        *count_out += *words_option(language, &at[i], false, arena) != 0;
    for (int i = 0; i < options->count; i++) {
        const char *option = words_option(language, &at[i], *count_out > 1, arena);
        if (*option)
            text = arena_printf(arena, "%s%s%s", text, *text ? language->semicolon : "", option);
    }
    return text;
}

const char *words_shares(const struct wording_language *language, const struct tree *split,
                         struct arena *arena) {
    const char *text = "";
    struct money share;

    for (const struct tree *at = split ? split->first : NULL; at; at = at->next)
        if (at->key && words_share(split, at->key, &share))
            text = arena_printf(arena, "%s%s%s %s", text, *text ? language->comma : "",
                                wording_of(language->parties, at->key),
                                words_amount(language, &share, arena));
    return text;
}

/* ---- Short messages ---- */

/* The basic character set of GSM 03.38 and its extension, whose characters count twice. */
static int gsm_size(uint32_t character) {
    static const char basic[] = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
                                "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    static const char twice[] = "^{}\\[~]|€";

    for (const char *at = basic; *at;)
        if (utf8_next(&at) == character) return 1;
    for (const char *at = twice; *at;)
        if (utf8_next(&at) == character) return 2;
    return 0;
}

int words_sms_parts(const char *text) {
    enum { GSM_ALONE = 160, GSM_JOINED = 153, UNITS_ALONE = 70, UNITS_JOINED = 67 };
    int gsm = 0;
    int units = 0;
    bool only_gsm = true;

    for (const char *at = text; *at;) {
        uint32_t character = utf8_next(&at);
        int size = gsm_size(character);
        only_gsm &= size > 0;
        gsm += size;
        units += 1 + (character > 0xffff);
    }
    if (only_gsm && gsm <= GSM_ALONE) return 1;
    if (only_gsm) return (gsm + GSM_JOINED - 1) / GSM_JOINED;
    if (units <= UNITS_ALONE) return 1;
    return (units + UNITS_JOINED - 1) / UNITS_JOINED;
}
