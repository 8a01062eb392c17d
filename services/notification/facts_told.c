/* facts_told: what a moment tells of others than its case: the lines of a digest, what has risen, a
 * closed case that is like it. */
#include "facts.h"
#include "library.h"
#include "person.h"
#include "words.h"

#include <string.h>

struct telling {
    const struct moment *moment;
    const struct wording_language *language;
    struct arena *arena;
    struct wording_values *out;
};

static void set(const struct telling *telling, enum wording_word word, const char *text) {
    telling->out->words[word] = text;
}

static const char *harmless(const struct telling *telling, const char *text) {
    return person_harmless(text, FACTS_TEXT_MAX, telling->arena);
}

static const char *number(const struct telling *telling, int64_t num) {
    return language_number(telling->language->language, num, telling->arena);
}

/* ---- Digests ---- */

static void set_lines(const struct telling *telling) {
    const struct texts *lines = &telling->moment->lines;

    if (!lines->count) return;
    set(telling, WORD_LINES, words_lines(telling->language, lines, telling->arena));
    set(telling, WORD_COUNT_OF_LINES, number(telling, lines->count));
}

/* ---- Causes ---- */

static const char *rate_words(const struct telling *telling, double rate) {
    return arena_printf(telling->arena, "%.1f", rate);
}

static const char *cases_words(const struct telling *telling, const struct texts *cases) {
    const char *words = NULL;

    for (int i = 0; i < cases->count; i++)
        words = words ? arena_printf(telling->arena, "%s, %s", words, cases->at[i]) : cases->at[i];
    return words;
}

/* Counts of 0 are said, too. */
static void set_cause(const struct telling *telling) {
    const struct moment_cause *cause = telling->moment->cause;

    if (!cause) return;
    set(telling, WORD_VALUE, harmless(telling, cause->value));
    set(telling, WORD_LANE, harmless(telling, cause->lane));
    set(telling, WORD_DAYS, number(telling, cause->days));
    set(telling, WORD_COMPLAINTS, number(telling, cause->complaints));
    set(telling, WORD_ORDERS, number(telling, cause->orders));
    set(telling, WORD_RATE, rate_words(telling, cause->rate));
    set(telling, WORD_USUAL, rate_words(telling, cause->usual_rate));
    set(telling, WORD_CASES, cases_words(telling, &cause->examples));
    set(telling, WORD_ANSWER, harmless(telling, cause->answer));
}

/* ---- A case that is like it ---- */

static const char *chosen_words(const struct telling *telling, const struct library_entry *entry) {
    const struct option *options = entry->options.at;

    for (int i = 0; entry->chosen && i < entry->options.count; i++)
        if (strcmp(options[i].option, entry->chosen) == 0)
            return words_option(telling->language, &options[i], entry->options.count > 1,
                                telling->arena);
    return harmless(telling, entry->chosen);
}

/* "3 hours" of what took 185 minutes: in days from three on, in hours likewise, rounded. */
static int64_t about(int64_t took) {
    static const int64_t HOUR_MS = 3600000;
    int64_t unit = HOUR_MS;

    if (took >= 72 * HOUR_MS) unit = 24 * HOUR_MS;
    if (took < 3 * HOUR_MS) return took;
    return (took + unit / 2) / unit * unit;
}

static void set_similar(const struct telling *telling) {
    struct library_entry entry;
    int count;

    if (!telling->moment->similar ||
        !library_read(telling->moment->similar, telling->arena, &entry))
        return;
    set(telling, WORD_SIMILAR, entry.case_id);
    set(telling, WORD_SIMILAR_OFFERED,
        words_options(telling->language, &entry.options, &count, telling->arena));
    set(telling, WORD_SIMILAR_CHOSEN, chosen_words(telling, &entry));
    if (entry.took)
        set(telling, WORD_SIMILAR_TOOK,
            language_duration(telling->language->language, about(entry.took), telling->arena));
    if (entry.score) set(telling, WORD_SIMILAR_SCORE, number(telling, entry.score));
}

void facts_tell(const struct moment *moment, const struct wording_language *language,
                struct arena *arena, struct wording_values *out) {
    struct telling telling = {moment, language, arena, out};

    set_lines(&telling);
    set_cause(&telling);
    set_similar(&telling);
}
