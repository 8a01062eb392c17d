/* wording_read: the tables of a language file, its texts' sentences, and what every one of them
 * must be like. */
#include "wording.h"
#include "words.h"

#include <string.h>

static const struct field text_fields[] = {
    {FIELD(wording_text, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "As the rules of notification.yaml name it."},
    {FIELD_AS("subject", wording_text, parts[PART_SUBJECT]), .type = FIELD_TREE,
     .doc = "Subject line, where the channel has one."},
    {FIELD_AS("line", wording_text, parts[PART_LINE]), .type = FIELD_TREE,
     .doc = "What a digest says of it; without it the subject."},
    {FIELD_AS("empathy", wording_text, parts[PART_EMPATHY]), .type = FIELD_TREE,
     .doc = "For customers, part one: what has happened to them (共情)."},
    {FIELD_AS("information", wording_text, parts[PART_INFORMATION]), .type = FIELD_TREE,
     .doc = "Part two: where the matter stands (信息)."},
    {FIELD_AS("value", wording_text, parts[PART_VALUE]), .type = FIELD_TREE,
     .doc = "Part three: what they get from it (价值)."},
    {FIELD_AS("action", wording_text, parts[PART_ACTION]), .type = FIELD_TREE,
     .doc = "Part four: what is done, and by when (行动)."},
    {FIELD_AS("body", wording_text, parts[PART_BODY]), .type = FIELD_TREE,
     .doc = "For colleagues: all of it."},
    FIELDS_END,
};
static const char *const part_names[] = {"subject", "line",   "empathy", "information",
                                         "value",   "action", "body"};
static const struct table text_table = {.name = "text",
                                        .size = sizeof(struct wording_text),
                                        .fields = text_fields,
                                        .doc = "What is said on an occasion."};

struct sentence_file {
    const char *say;
    struct texts needs, unless;
};
static const struct field sentence_fields[] = {
    {FIELD(sentence_file, say), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .doc = "The words."},
    {FIELD(sentence_file, needs), .type = FIELD_TEXTS,
     .doc = "Facts and placeholders without which it falls away."},
    {FIELD(sentence_file, unless), .type = FIELD_TEXTS, .doc = "Those with which it does."},
    FIELDS_END,
};
static const struct table sentence_table = {.name = "sentence",
                                            .size = sizeof(struct sentence_file),
                                            .fields = sentence_fields,
                                            .doc = "A sentence of a text."};

static const struct field claim_fields[] = {
    {FIELD(wording_claim, says), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Words that say that something is so."},
    {FIELD(wording_claim, needs), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The fact that a sentence with one of them must need."},
    FIELDS_END,
};
static const struct table claim_table = {.name = "claim",
                                         .size = sizeof(struct wording_claim),
                                         .fields = claim_fields,
                                         .doc = "What may be said only with a fact."};

static const struct field remedy_fields[] = {
    {FIELD(wording_remedy, kind), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_remedy_kinds, .doc = "The kind."},
    {FIELD(wording_remedy, say), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .doc = "Its name."},
    {FIELD(wording_remedy, with), .type = FIELD_TEXT,
     .doc = "Pattern where there is an {amount}, or a {term}."},
    FIELDS_END,
};
static const struct table remedy_table = {.name = "remedy",
                                          .size = sizeof(struct wording_remedy),
                                          .fields = remedy_fields,
                                          .doc = "How a kind of remedy is said."};

#define MUST_NAME(member)                                                                          \
    FIELD(wording_language, member), .type = FIELD_NAME, .flags = FIELD_REQUIRED
#define MUST_TEXT(member)                                                                          \
    FIELD(wording_language, member), .type = FIELD_TEXT, .flags = FIELD_REQUIRED
#define NAMES(member) FIELD(wording_language, member), .type = FIELD_TREE
static const struct field language_fields[] = {
    {MUST_NAME(file), .doc = "Set by the reader: this file's name."},
    {MUST_NAME(locale), .max = 35, .doc = "BCP 47."},
    {MUST_NAME(timezone), .doc = "IANA zone of readers whose own is not known."},
    {MUST_NAME(customer), .doc = "{name} where no name is known."},
    {MUST_NAME(none), .doc = "For colleagues, where something is not known."},
    {MUST_TEXT(time), .doc = "Pattern: {date} {clock} {zone}."},
    {MUST_TEXT(valid), .doc = "Pattern: {term}, e.g. of a coupon."},
    {MUST_TEXT(notes), .doc = "Pattern around a remedy's notes: {notes}."},
    {MUST_TEXT(option), .doc = "Pattern of an option among several: {option} {remedies}."},
    {MUST_TEXT(share), .doc = "Pattern of what the customer bears of an option: {amount}."},
    {MUST_TEXT(line), .doc = "Pattern of a line of a digest: {line}."},
    {FIELD(wording_language, between), .type = FIELD_TEXT, .doc = "Between sentences."},
    {MUST_TEXT(plus), .doc = "Between remedies."},
    {MUST_TEXT(comma), .doc = "Between notes."},
    {MUST_TEXT(semicolon), .doc = "Between options."},
    {NAMES(details), .doc = "Words for the details of compensation.yaml."},
    {NAMES(targets), .doc = "Words for targets."},
    {NAMES(tasks), .doc = "Words for tasks that customers wait for; others are not told of."},
    {NAMES(classes), .doc = "Words for classes."},
    {NAMES(roles), .doc = "Words for roles."},
    {NAMES(parties), .doc = "Words for who bears a cost."},
    {NAMES(reasons), .doc = "Words for reasons of events."},
    {NAMES(zones), .doc = "Words for time zones; others are said as UTC+8."},
    {FIELD(wording_language, remedies), .type = FIELD_PARTS, .of = &remedy_table,
     .flags = FIELD_REQUIRED, .doc = "One row a kind."},
    {FIELD(wording_language, claims), .type = FIELD_PARTS, .of = &claim_table,
     .doc = "What may be said only with a fact."},
    {FIELD(wording_language, texts), .type = FIELD_PARTS, .of = &text_table,
     .flags = FIELD_REQUIRED, .doc = "The texts."},
    FIELDS_END,
};
static const struct table language_table = {.name = "language",
                                            .size = sizeof(struct wording_language),
                                            .fields = language_fields,
                                            .doc = "One language."};

/* What is looked at, for the faults that are found. */
struct place {
    struct faults *faults;
    struct arena *arena;
    const char *path;
    int line;
};

static void complain(const struct place *place, const char *text) {
    faults_add(place->faults, FAULT_VALUE, place->line, place->path, "%s", text);
}

static const struct template *parse(const struct place *place, const char *text,
                                    const char *const *names) {
    const struct template *template = NULL;
    struct err err;
    int line = 0;

    if (!text || template_parse(text, names, place->arena, &template, &line, &err) == 0)
        return template;
    /* A text of several lines is a block, which begins in the line after its key. */
    struct place exact = *place;
    if (exact.line) exact.line += line + (strchr(text, '\n') != NULL);
    complain(&exact, err.text);

    return NULL;
}

/* ---- Sentences ---- */

static void check_claims(const struct place *place, const struct wording_language *language,
                         const char *say, const struct wording_condition *when) {
    const struct wording_claim *claims = language->claims.at;

    for (int i = 0; i < language->claims.count; i++) {
        int fact = wording_fact(claims[i].needs);
        if (fact < 0 || (when->facts >> fact & 1)) continue;
        for (int j = 0; j < claims[i].says.count; j++)
            if (strstr(say, claims[i].says.at[j]))
                complain(place, arena_printf(place->arena, "says \"%s\" without needs: [%s]",
                                             claims[i].says.at[j], claims[i].needs));
    }
}

static uint64_t words_said(const struct template *say) {
    uint64_t words = 0;
    for (int i = 0; say && i < WORDING_WORDS; i++)
        if (template_uses(say, i)) words |= UINT64_C(1) << i;
    return words;
}

static void read_sentence(const struct place *place, const struct wording_language *language,
                          const struct tree *tree, struct wording_sentence *out) {
    struct sentence_file file = {.say = tree->text};
    int before = place->faults->count;

    if (tree->kind == TREE_MAP) {
        const struct tree *say = tree_get(tree, "say");
        int failed =
            fields_decode(&sentence_table, tree, FIELDS_STRICT, place->arena, &file, place->faults);
        for (int i = before; i < place->faults->count; i++)
            place->faults->at[i].path =
                arena_printf(place->arena, "%s.%s", place->path, place->faults->at[i].path);
        if (failed) return;
        out->line = say->line;
    } else if (tree->kind == TREE_TEXT) {
        out->line = tree->line;
    } else {
        complain(place, "expected a text, or {say, needs, unless}");
        return;
    }
    struct place own = *place;
    own.line = out->line;
    wording_condition(&file.needs, &file.unless, own.line, own.path, own.faults, &out->when);
    out->say = parse(&own, file.say, wording_words);
    out->words = words_said(out->say);
    check_claims(&own, language, file.say, &out->when);
}

static void read_part(const struct place *text, const struct wording_language *language,
                      const struct tree *tree, const char *name, struct parts *out) {
    int count = 1;
    const struct tree *at = tree;
    if (tree->kind == TREE_LIST) {
        count = tree->count;
        at = tree->first;
    }
    struct wording_sentence *sentences =
        arena_alloc(text->arena, (size_t)(count + 1) * sizeof *sentences);

    for (int i = 0; i < count; i++) {
        struct place place = {text->faults, text->arena,
                              arena_printf(text->arena, "%s.%s[%d]", text->path, name, i),
                              at->line};
        read_sentence(&place, language, at, &sentences[i]);
        if (!sentences[i].say) sentences[i].when.without_words = ~UINT64_C(0);
        at = at->next;
    }
    *out = (struct parts){sentences, count};
}

static void check_parts(const struct place *place, const struct wording_text *text) {
    bool any = false;

    for (int part = PART_EMPATHY; part <= PART_ACTION; part++) any |= text->parts[part] != NULL;
    if (text->parts[PART_BODY]) {
        if (any) complain(place, "has a body (for colleagues) and parts (for customers)");
        return;
    }
    if (text->parts[PART_LINE]) complain(place, "line: digests are for colleagues");
    for (int part = PART_EMPATHY; part <= PART_ACTION; part++)
        if (!text->parts[part])
            complain(place, arena_printf(place->arena,
                                         "no %s: a customer is told four parts: empathy, "
                                         "information, value, action; or colleagues a body",
                                         part_names[part]));
}

static uint64_t words_of(const struct parts *sentences) {
    const struct wording_sentence *at = sentences->at;
    uint64_t words = 0;
    for (int i = 0; i < sentences->count; i++)
        words |= at[i].words | wording_looks_for(&at[i].when);
    return words;
}

static void read_text(struct place *place, const struct wording_language *language,
                      struct wording_text *text) {
    text->line = place->line;
    if (wording_text(language, text->name) != text) complain(place, "is there twice");
    for (int part = 0; part < WORDING_PARTS; part++) {
        if (text->parts[part])
            read_part(place, language, text->parts[part], part_names[part], &text->sentences[part]);
        text->words |= words_of(&text->sentences[part]);
    }
    check_parts(place, text);
}

/* ---- The file ---- */

static struct place place_of(const struct tree *file, const char *member, struct arena *arena,
                             struct faults *faults) {
    const struct tree *node = tree_get(file, member);
    return (struct place){faults, arena, member, node ? node->line : 0};
}

static const struct template *pattern(const struct tree *file, const char *member, const char *text,
                                      const char *const *names, struct arena *arena,
                                      struct faults *faults) {
    struct place place = place_of(file, member, arena, faults);
    return parse(&place, text, names);
}

static void read_remedies(const struct tree *file, struct arena *arena,
                          struct wording_language *out, struct faults *faults) {
    struct place place = place_of(file, "remedies", arena, faults);
    struct wording_remedy *rows = out->remedies.at;

    for (int i = 0; i < out->remedies.count; i++)
        rows[i].with_template = parse(&place, rows[i].with, words_remedy_names);
    for (int i = 0; contract_remedy_kinds[i]; i++)
        if (!words_remedy(out, i + 1))
            complain(&place,
                     arena_printf(arena, "no row for the kind %s", contract_remedy_kinds[i]));
}

static void check_maps(const struct tree *file, struct arena *arena, struct faults *faults) {
    static const char *const maps[] = {"details", "targets", "tasks",   "classes",
                                       "roles",   "parties", "reasons", "zones"};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        const struct tree *map = tree_get(file, maps[i]);
        if (!map) continue;
        struct place place = place_of(file, maps[i], arena, faults);
        if (map->kind != TREE_MAP) complain(&place, "expected {name: words}");
        for (const struct tree *at = map->first; map->kind == TREE_MAP && at; at = at->next) {
            place.line = at->line;
            if (at->kind != TREE_TEXT || !*at->text)
                complain(&place, arena_printf(arena, "%s: expected a text", at->key));
        }
    }
}

static void read_patterns(const struct tree *file, struct arena *arena,
                          struct wording_language *out, struct faults *faults) {
    if (!out->between) out->between = "";
    out->time_template = pattern(file, "time", out->time, words_time_names, arena, faults);
    out->valid_template = pattern(file, "valid", out->valid, words_remedy_names, arena, faults);
    out->notes_template = pattern(file, "notes", out->notes, words_notes_names, arena, faults);
    out->option_template = pattern(file, "option", out->option, words_option_names, arena, faults);
    out->share_template = pattern(file, "share", out->share, words_remedy_names, arena, faults);
    out->line_template = pattern(file, "line", out->line, words_line_names, arena, faults);
}

static void check_claim_names(const struct tree *file, const struct wording_language *out,
                              struct arena *arena, struct faults *faults) {
    const struct wording_claim *claims = out->claims.at;
    struct place place = place_of(file, "claims", arena, faults);

    for (int i = 0; i < out->claims.count; i++)
        if (wording_fact(claims[i].needs) < 0)
            complain(&place, arena_printf(arena, "%s is no fact", claims[i].needs));
}

void wording_read(const struct tree *file, struct arena *arena, struct wording_language *out,
                  struct faults *faults) {
    struct err err;

    faults->file = tree_text(file, "file");
    if (fields_decode_whole(&language_table, file, arena, out, faults) == 0) {
        struct place zone = place_of(file, "timezone", arena, faults);
        struct place locale = place_of(file, "locale", arena, faults);
        out->language = language_load(out->locale, arena, &err);
        if (!out->language) complain(&locale, err.text);
        out->zone = calendar_zone_find(out->timezone, arena, &err);
        if (!out->zone) complain(&zone, err.text);
        read_patterns(file, arena, out, faults);
        read_remedies(file, arena, out, faults);
        check_maps(file, arena, faults);
        check_claim_names(file, out, arena, faults);
        struct wording_text *texts = out->texts.at;
        const struct tree *node = tree_get(file, "texts")->first;
        for (int i = 0; i < out->texts.count; i++, node = node->next) {
            struct place place = {faults, arena, arena_printf(arena, "texts[%s]", texts[i].name),
                                  node->line};
            read_text(&place, out, &texts[i]);
        }
    }
    faults->file = NULL;
}
