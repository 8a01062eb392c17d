/* library: see the header. An entry is one line:
 *
 *   <case> <minute it ended> <minutes it took> <score> <facts> <chosen> <options>
 *   facts: article,warehouse,carrier    options: A=refund:12900CNY+coupon:2000CNY:60;B=repair
 *
 * with - for what is not known. */
#include "library.h"
#include "base/ids.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
enum {
    PLACE_LEN = 16, /* 80 bits: no two places of a shop are one */
    FACT_LEN = 6,   /* 30 bits: two facts of one class are hardly ever one */
    OF_CLASS = 4,   /* places of a class, */
    OF_FACT = 2,    /* and of a fact of it */
    OPTIONS_MAX = 8 /* more than fit */
};
static const char *const names[] = {"article", "warehouse", "carrier"};
_Static_assert(sizeof names / sizeof *names == LIBRARY_FACTS, "one name a fact");

static const char *hash_of(struct arena *arena, size_t len, const char *what, const char *value) {
    char hash[27];

    ids_hash(hash, 2, what, value);
    return arena_strndup(arena, hash, len);
}

/* ---- Places ---- */

static const char *place(const struct library_about *about, const char *name, const char *value,
                         unsigned number, struct arena *arena) {
    const char *of =
        arena_printf(arena, "%s\x1f%s\x1f%s\x1f%u", about->tenant, about->class_name, name, number);
    return hash_of(arena, PLACE_LEN, of, value);
}

static unsigned number_of(const struct library_about *about, unsigned count) {
    return ids_feature_hash(about->case_id, strlen(about->case_id)) % count;
}

struct texts library_places(const struct library_about *about, struct arena *arena) {
    struct texts places = {0};

    texts_add(&places, place(about, "class", "", number_of(about, OF_CLASS), arena), arena);
    for (int i = 0; i < LIBRARY_FACTS; i++)
        if (about->facts[i])
            texts_add(&places,
                      place(about, names[i], about->facts[i], number_of(about, OF_FACT), arena),
                      arena);
    return places;
}

struct texts library_around(const struct library_about *about, struct arena *arena) {
    struct texts places = {0};

    for (unsigned number = 0; number < OF_CLASS; number++)
        texts_add(&places, place(about, "class", "", number, arena), arena);
    for (int i = 0; i < LIBRARY_FACTS; i++)
        for (unsigned number = 0; about->facts[i] && number < OF_FACT; number++)
            texts_add(&places, place(about, names[i], about->facts[i], number, arena), arena);
    return places;
}

/* ---- Writing ---- */

static const char *fact_hash(const struct library_about *about, int fact, struct arena *arena) {
    if (!about->facts[fact]) return "-";
    return hash_of(arena, FACT_LEN, names[fact], about->facts[fact]);
}

/* Nothing that separates. */
static bool is_plain(const char *name) {
    return name && *name && strcmp(name, "-") != 0 && !name[strcspn(name, " =:+;")];
}

static const char *option_text(const struct option *option, struct arena *arena) {
    const struct remedy *remedies = option->remedies.at;
    const char *text = arena_printf(arena, "%s=", option->option);

    for (int i = 0; i < option->remedies.count; i++) {
        const struct remedy *remedy = &remedies[i];
        text = arena_printf(arena, "%s%s%s", text, i ? "+" : "",
                            fields_choice_name(contract_remedy_kinds, remedy->kind));
        if (remedy->amount.currency[0] || remedy->valid_days)
            text = arena_printf(arena, "%s:%" PRId64 "%s", text, remedy->amount.minor,
                                remedy->amount.currency);
        if (remedy->valid_days) text = arena_printf(arena, "%s:%" PRId64, text, remedy->valid_days);
    }
    return text;
}

/* All options; with `only` that one. */
static const char *options_text(const struct parts *options, const char *only,
                                struct arena *arena) {
    const struct option *at = options->at;
    const char *text = "";

    for (int i = 0; i < options->count; i++) {
        if (!is_plain(at[i].option)) return "-";
        if (only && strcmp(at[i].option, only) != 0) continue;
        text = arena_printf(arena, "%s%s%s", text, *text ? ";" : "", option_text(&at[i], arena));
    }
    return *text ? text : "-";
}

const char *library_write(const struct library_entry *entry, const struct library_about *about,
                          struct arena *arena) {
    const char *chosen = is_plain(entry->chosen) ? entry->chosen : "-";
    const char *head = arena_printf(
        arena, "%s %" PRId64 " %" PRId64 " %" PRId64 " %s,%s,%s", entry->case_id,
        entry->ended_at / MINUTE_MS, (entry->took + MINUTE_MS - 1) / MINUTE_MS, entry->score,
        fact_hash(about, LIBRARY_ARTICLE, arena), fact_hash(about, LIBRARY_WAREHOUSE, arena),
        fact_hash(about, LIBRARY_CARRIER, arena));
    const char *const offers[] = {options_text(&entry->options, NULL, arena),
                                  options_text(&entry->options, chosen, arena), "-"};

    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        const char *value = arena_printf(arena, "%s %s %s", head, chosen, offers[i]);
        if (strlen(value) <= LIBRARY_VALUE_MAX) return value;
    }
    return arena_printf(arena, "%s - -", head);
}

/* ---- Reading ---- */

/* Cuts the next piece off *text at `end`; NULL behind the last one. */
static char *cut(char **text, char end) {
    char *piece = *text;

    if (!piece) return NULL;
    *text = strchr(piece, end);
    if (*text) *(*text)++ = 0;
    return piece;
}

static bool number(const char *text, int64_t *out) {
    char *end;

    if (!text || !*text || *text < '0' || *text > '9') return false;
    *out = strtoll(text, &end, 10);
    return !*end;
}

/* "12900CNY", or "0" of one that is worth no money. */
static bool read_amount(const char *text, struct money *out) {
    size_t digits = strspn(text, "0123456789");
    const char *currency = text + digits;

    if (!digits || digits > 15 || (*currency && strlen(currency) != 3)) return false;
    out->minor = strtoll(text, NULL, 10);
    memcpy(out->currency, currency, strlen(currency) + 1);
    return true;
}

static bool read_remedy(char *text, struct remedy *out) {
    const char *kind = cut(&text, ':');
    const char *amount = cut(&text, ':');

    out->kind = fields_choice_value(contract_remedy_kinds, kind);
    if (!out->kind || (amount && !read_amount(amount, &out->amount))) return false;
    return !text || number(text, &out->valid_days);
}

static bool read_option(char *text, struct arena *arena, struct option *out) {
    out->option = cut(&text, '=');
    for (char *piece; text && (piece = cut(&text, '+'));) {
        struct remedy *remedy = parts_add(&out->remedies, sizeof *remedy, OPTIONS_MAX, arena);
        *remedy = (struct remedy){0};
        if (!read_remedy(piece, remedy)) return false;
    }
    return is_plain(out->option);
}

static bool read_options(char *text, struct arena *arena, struct parts *out) {
    if (strcmp(text, "-") == 0) return true;
    for (char *piece; (piece = cut(&text, ';'));) {
        struct option *option = parts_add(out, sizeof *option, OPTIONS_MAX, arena);
        *option = (struct option){0};
        if (!read_option(piece, arena, option)) return false;
    }
    return true;
}

static const char *known(const char *text) {
    if (!text || strcmp(text, "-") == 0) return NULL;
    return text;
}

bool library_read(const char *value, struct arena *arena, struct library_entry *out) {
    char *rest = arena_strdup(arena, value);
    struct library_entry entry = {.case_id = cut(&rest, ' '), .value = value};
    bool good = number(cut(&rest, ' '), &entry.ended_at) && number(cut(&rest, ' '), &entry.took) &&
                number(cut(&rest, ' '), &entry.score);
    char *facts = cut(&rest, ' ');

    entry.chosen = known(cut(&rest, ' '));
    if (!good || !rest || !fields_is_id(entry.case_id, strlen(entry.case_id))) return false;
    for (int i = 0; i < LIBRARY_FACTS; i++) entry.facts[i] = known(cut(&facts, ','));
    entry.ended_at *= MINUTE_MS;
    entry.took *= MINUTE_MS;
    if (!read_options(rest, arena, &entry.options)) return false;
    *out = entry;

    return true;
}

/* ---- Choosing ---- */

static int shared(const struct library_entry *entry, const struct library_about *about,
                  struct arena *arena) {
    int count = 0;

    for (int i = 0; i < LIBRARY_FACTS; i++)
        count += about->facts[i] && entry->facts[i] &&
                 strcmp(entry->facts[i], fact_hash(about, i, arena)) == 0;
    return count;
}

static int64_t content(const struct library_entry *entry) {
    enum { SAID_NOTHING = 3 };
    if (entry->score) return entry->score;
    return SAID_NOTHING;
}

/* Whether one is to be told rather than the other, which shares as much. */
static bool is_better(const struct library_entry *one, const struct library_entry *two) {
    if (content(one) != content(two)) return content(one) > content(two);
    if (one->ended_at != two->ended_at) return one->ended_at > two->ended_at;
    return strcmp(one->case_id, two->case_id) < 0;
}

const struct library_entry *library_choose(const struct library_entry *entries, int count,
                                           const struct library_about *about, struct arena *arena) {
    const struct library_entry *best = NULL;
    int most = -1;

    for (int i = 0; i < count; i++) {
        if (strcmp(entries[i].case_id, about->case_id) == 0) continue;
        int same = shared(&entries[i], about, arena);
        if (same < most || (same == most && !is_better(&entries[i], best))) continue;
        best = &entries[i];
        most = same;
    }
    return best;
}
