/* fields_decode: a tree into a struct. Everything that is wrong is told at once; texts found are
 * never repeated, since they may be a customer's. */
#include "base/clock.h"
#include "base/utf8.h"
#include "data/currency.h"
#include "data/fields_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_CHARACTERS = 200, PATH_MAX_BYTES = 512, CURRENCY_LEN = 3 };

/* Ten million millions of a currency's unit: above any real amount, and a percentage of it still
 * fits 64 bits. */
static const int64_t money_max = INT64_C(1000000000000000);

static void print_path(const struct fields_path *path, struct buf *buf) {
    if (!path) return;
    print_path(path->up, buf);
    if (!path->key)
        buf_printf(buf, "[%d]", path->index);
    else
        buf_printf(buf, "%s%.*s", path->up ? "." : "", PATH_MAX_BYTES, path->key);
}

static void fault(struct fields_decoder *decoder, enum fault_kind kind, const struct tree *tree,
                  const struct fields_path *path, const char *fmt, ...) PRINTF(5, 6);
static void fault(struct fields_decoder *decoder, enum fault_kind kind, const struct tree *tree,
                  const struct fields_path *path, const char *fmt, ...) {
    decoder->failed = true;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct buf buf = {0};
    buf_add(&buf, "", 0);
    print_path(path, &buf);
    faults_add(decoder->faults, kind, tree ? tree->line : 0, buf.at, "%s", text);
    buf_free(&buf);
}

static void wrong_kind(struct fields_decoder *decoder, const struct tree *tree,
                       const struct fields_path *path, const char *expected) {
    const char *quotes =
        tree->line && tree->text ? " (put quotes around it to make it a text)" : "";
    fault(decoder, FAULT_VALUE, tree, path, "expected %s, found %s%s", expected,
          tree_kind_name(tree->kind), strcmp(expected, "a text") == 0 ? quotes : "");
}

/* min and max as a range; the one that was not set has no bound. */
static bool in_range(const struct field *field, int64_t num) {
    if (field->min == 0 && field->max == 0) return true;
    return num >= field->min && (field->max < field->min || num <= field->max);
}

static const char *range_text(const struct field *field, char out[64]) {
    if (field->min == 0 && field->max == 0)
        out[0] = 0;
    else if (field->max < field->min || field->max == INT64_MAX)
        snprintf(out, 64, " of at least %lld", (long long)field->min);
    else
        snprintf(out, 64, " from %lld to %lld", (long long)field->min, (long long)field->max);
    return out;
}

/* The characters of a text; in YAML also those of a number, so that `version: 2026` needs no
 * quotes. NULL: not a text.
 */
static const char *text_of(const struct tree *tree) {
    if (tree->kind == TREE_TEXT) return tree->text;
    if (tree->line && (tree->kind == TREE_INT || tree->kind == TREE_REAL)) return tree->text;
    return NULL;
}

static bool is_text_valid(const struct field *field, const char *text, size_t len) {
    switch (field->type) {
    case FIELD_ID: return fields_is_id(text, len);
    case FIELD_NAME:
        return fields_is_name(text, len, field->max > 0 ? (int)field->max : NAME_MAX_CHARACTERS);
    default: return in_range(field, (int64_t)utf8_count(text, len));
    }
}

static void expected_text(struct fields_decoder *decoder, const struct field *field,
                          const struct tree *tree, const struct fields_path *path) {
    char range[64];

    switch (field->type) {
    case FIELD_ID:
        fault(decoder, FAULT_VALUE, tree, path, "expected 1 to 128 bytes of [A-Za-z0-9._:-]");
        break;
    case FIELD_NAME:
        fault(decoder, FAULT_VALUE, tree, path,
              "expected 1 to %d characters without control or bidirectional characters, found %zu "
              "characters",
              field->max > 0 ? (int)field->max : NAME_MAX_CHARACTERS,
              utf8_count(tree->text, tree->text_len));
        break;
    default:
        if (field->min == 0 && field->max == 0)
            fault(decoder, FAULT_VALUE, tree, path, "expected a text that is not empty");
        else
            fault(decoder, FAULT_VALUE, tree, path, "expected a number of characters%s, found %zu",
                  range_text(field, range), utf8_count(tree->text, tree->text_len));
    }
}

static void decode_text(struct fields_decoder *decoder, const struct field *field,
                        const struct tree *tree, const struct fields_path *path, void *data) {
    const char *text = text_of(tree);

    if (!text) {
        wrong_kind(decoder, tree, path, "a text");
        return;
    }
    bool empty = tree->text_len == 0;
    /* An optional empty text counts as absent; an empty id is an error. */
    if (empty && !(field->flags & FIELD_REQUIRED) && field->type != FIELD_ID) return;
    if (empty || !is_text_valid(field, text, tree->text_len)) {
        expected_text(decoder, field, tree, path);
        return;
    }
    *FIELD_AT(const char *, field, data) = text;
}

static void decode_int(struct fields_decoder *decoder, const struct field *field,
                       const struct tree *tree, const struct fields_path *path, void *data) {
    char range[64], expected[96];

    snprintf(expected, sizeof expected, "an integer%s", range_text(field, range));
    if (tree->kind != TREE_INT)
        wrong_kind(decoder, tree, path, expected);
    else if (!in_range(field, tree->num))
        fault(decoder, FAULT_VALUE, tree, path, "expected %s, found %lld", expected,
              (long long)tree->num);
    else
        *FIELD_AT(int64_t, field, data) = tree->num;
}

static void decode_real(struct fields_decoder *decoder, const struct field *field,
                        const struct tree *tree, const struct fields_path *path, void *data) {
    char range[64], expected[96];

    snprintf(expected, sizeof expected, "a number%s", range_text(field, range));
    bool bounded = field->min != 0 || field->max != 0;
    if (tree->kind != TREE_INT && tree->kind != TREE_REAL)
        wrong_kind(decoder, tree, path, expected);
    else if (bounded && (tree->real < (double)field->min ||
                         (field->max >= field->min && tree->real > (double)field->max)))
        fault(decoder, FAULT_VALUE, tree, path, "expected %s, found %g", expected, tree->real);
    else
        *FIELD_AT(double, field, data) = tree->real;
}

static void decode_bool(struct fields_decoder *decoder, const struct field *field,
                        const struct tree *tree, const struct fields_path *path, void *data) {
    if (tree->kind != TREE_BOOL)
        wrong_kind(decoder, tree, path, "true or false");
    else
        *FIELD_AT(bool, field, data) = tree->num != 0;
}

static void decode_time(struct fields_decoder *decoder, const struct field *field,
                        const struct tree *tree, const struct fields_path *path, void *data) {
    int64_t ms;

    /* The epoch itself would read as absent. */
    if (tree->kind != TREE_TEXT || clock_parse(tree->text, &ms) || ms == 0)
        fault(decoder, FAULT_VALUE, tree, path,
              "expected a time with an offset as in RFC 3339, such as 2026-11-22T17:19:16Z");
    else
        *FIELD_AT(int64_t, field, data) = ms;
}

static void decode_duration(struct fields_decoder *decoder, const struct field *field,
                            const struct tree *tree, const struct fields_path *path, void *data) {
    int64_t ms;

    if (tree->kind != TREE_TEXT || fields_parse_duration(tree->text, &ms))
        fault(decoder, FAULT_VALUE, tree, path, "expected a duration such as 90s, 15m, 1h or 3d");
    else if (!in_range(field, ms))
        fault(decoder, FAULT_VALUE, tree, path,
              "expected a duration from %lld to %lld ms, found %lld ms", (long long)field->min,
              (long long)field->max, (long long)ms);
    else
        *FIELD_AT(int64_t, field, data) = ms;
}

static void list_choices(const char *const *choices, struct buf *buf) {
    for (int i = 0; choices[i]; i++) buf_printf(buf, "%s%s", i ? ", " : "", choices[i]);
}

static void decode_choice(struct fields_decoder *decoder, const struct field *field,
                          const struct tree *tree, const struct fields_path *path, void *data) {
    const char *text = text_of(tree);
    int value = 0;
    if (text) value = fields_choice_value(field->choices, text);

    if (value) {
        *FIELD_AT(int, field, data) = value;
        return;
    }
    struct buf buf = {0};
    list_choices(field->choices, &buf);
    fault(decoder, FAULT_VALUE, tree, path, "expected one of %s", buf.at);
    buf_free(&buf);
}

static bool is_currency(const struct tree *tree) {
    if (tree->kind != TREE_TEXT || tree->text_len != CURRENCY_LEN) return false;
    for (int i = 0; i < CURRENCY_LEN; i++)
        if (tree->text[i] < 'A' || tree->text[i] > 'Z') return false;
    return true;
}

/* Codes that ISO 4217 does not have are refused where they come in, not in what was accepted before
 * they were. */
static bool is_money_of(const struct fields_decoder *decoder, const struct tree *currency) {
    bool known = decoder->mode == FIELDS_INBOUND || decoder->mode == FIELDS_STRICT;

    if (!is_currency(currency)) return false;
    return !known || currency_is_known(currency->text, currency->text_len);
}

static void expected_currency(struct fields_decoder *decoder, const struct tree *tree,
                              const struct fields_path *path) {
    char code[CURRENCY_SIZE];
    const char *meant = NULL;

    if (tree->kind == TREE_TEXT) meant = currency_meant(tree->text, tree->text_len, code);
    if (meant)
        fault(decoder, FAULT_VALUE, tree, path, "expected three capital letters of ISO 4217: %s?",
              meant);
    else
        fault(decoder, FAULT_VALUE, tree, path,
              "expected three capital letters of ISO 4217, such as CNY");
}

static const struct tree *member_or_null(const struct tree *map, const char *key) {
    const struct tree *member = tree_get(map, key);
    if (member && member->kind != TREE_NULL) return member;
    return NULL;
}

static void refuse_other_keys(struct fields_decoder *decoder, const struct tree *map,
                              const struct fields_path *path,
                              bool (*is_known)(const void *context, const char *key),
                              const void *context) {
    if (decoder->mode != FIELDS_STRICT) return;
    for (const struct tree *member = map->first; member; member = member->next) {
        struct fields_path below = {.up = path, .key = member->key};
        if (!is_known(context, member->key))
            fault(decoder, FAULT_UNKNOWN_KEY, member, &below, "unknown key");
    }
}

static bool is_money_key(const void *context, const char *key) {
    (void)context;
    return strcmp(key, "currency") == 0 || strcmp(key, "minor") == 0;
}

/* A value as it is decoded: cleaned where the document comes from outside and could do without. */
static const struct tree *cleaned(const struct fields_decoder *decoder, const struct field *field,
                                  const struct tree *tree) {
    if (!tree || decoder->mode != FIELDS_INBOUND || !decoder->spare) return tree;
    return fields_clean(field, tree, decoder->arena);
}

static void decode_money(struct fields_decoder *decoder, const struct field *field,
                         const struct tree *tree, const struct fields_path *path, void *data) {
    if (tree->kind != TREE_MAP) {
        wrong_kind(decoder, tree, path, "a map of currency and minor");
        return;
    }
    static const struct field code = {.type = FIELD_CHOICE};
    const struct field bounds = {.min = field->min || field->max ? field->min : -money_max,
                                 .max = field->max ? field->max : money_max};
    struct fields_path currency_path = {.up = path, .key = "currency"},
                       minor_path = {.up = path, .key = "minor"};
    const struct tree *currency = cleaned(decoder, &code, member_or_null(tree, "currency"));
    const struct tree *minor = member_or_null(tree, "minor");
    char range[64];
    bool good = false;
    if (!currency)
        fault(decoder, FAULT_MISSING, tree, &currency_path, "expected a currency of ISO 4217");
    else if (!is_money_of(decoder, currency))
        expected_currency(decoder, currency, &currency_path);
    else
        good = true;
    if (!minor)
        fault(decoder, FAULT_MISSING, tree, &minor_path, "expected an integer in minor units");
    else if (minor->kind != TREE_INT)
        wrong_kind(decoder, minor, &minor_path, "an integer in minor units");
    else if (!in_range(&bounds, minor->num))
        fault(decoder, FAULT_VALUE, minor, &minor_path,
              "expected an integer in minor units%s, found %lld", range_text(&bounds, range),
              (long long)minor->num);
    else if (good) {
        struct money *money = FIELD_AT(struct money, field, data);
        memcpy(money->currency, currency->text, CURRENCY_LEN + 1);
        money->minor = minor->num;
    }
    refuse_other_keys(decoder, tree, path, is_money_key, NULL);
}

/* Lists: min and max bound the number of members, and one that must be there is not empty. */
static bool check_list(struct fields_decoder *decoder, const struct field *field,
                       const struct tree *tree, const struct fields_path *path) {
    char range[64];

    if (tree->kind != TREE_LIST)
        wrong_kind(decoder, tree, path, "a list");
    else if (tree->count == 0 && (field->flags & FIELD_REQUIRED))
        fault(decoder, FAULT_VALUE, tree, path, "expected a list that is not empty");
    else if (tree->count > 0 && !in_range(field, tree->count))
        fault(decoder, FAULT_VALUE, tree, path, "expected a number of members%s, found %d",
              range_text(field, range), tree->count);
    else
        return true;
    return false;
}

static void decode_texts(struct fields_decoder *decoder, const struct field *field,
                         const struct tree *tree, const struct fields_path *path, void *data) {
    if (!check_list(decoder, field, tree, path) || tree->count == 0) return;
    struct texts *texts = FIELD_AT(struct texts, field, data);
    *texts =
        (struct texts){.at = arena_alloc(decoder->arena, (size_t)tree->count * sizeof *texts->at)};
    const struct field name = {.type = FIELD_NAME, .flags = FIELD_REQUIRED, .offset = 0};
    for (const struct tree *member = tree->first; member; member = member->next) {
        struct fields_path below = {.up = path, .index = texts->count};
        fields_decode_value(decoder, &name, member, &below, &texts->at[texts->count++]);
    }
}

static void decode_map(struct fields_decoder *decoder, const struct table *table,
                       const struct tree *tree, const struct fields_path *path, void *data);

static void decode_record(struct fields_decoder *decoder, const struct field *field,
                          const struct tree *tree, const struct fields_path *path, void *data) {
    void *part = arena_alloc(decoder->arena, field->of->size);
    decode_map(decoder, field->of, tree, path, part);
    *FIELD_AT(void *, field, data) = part;
}

/* Whether a member has no name, and decoding it has not said so already. */
static bool is_nameless(const struct fields_decoder *decoder, const struct field *name_field,
                        const struct tree *member) {
    if (member->kind != TREE_MAP || name_field->flags & FIELD_REQUIRED) return false;
    const struct tree *name =
        cleaned(decoder, name_field, member_or_null(member, name_field->name));
    return !name ||
           (name->kind == TREE_TEXT && name->text_len == 0 && name_field->type != FIELD_ID);
}

/* The names of a group's members make the names of a hash: each may be there once. */
static void check_names(struct fields_decoder *decoder, const struct field *field,
                        const struct tree *tree, const struct fields_path *path,
                        const struct parts *parts) {
    const char *key = field->of->fields[0].name;
    int i = 0;

    for (const struct tree *member = tree->first; member; member = member->next, i++) {
        struct fields_path below = {.up = path, .index = i}, name_path = {.up = &below, .key = key};
        const char *name = fields_group_name(field, fields_member(field, parts, i));
        if (is_nameless(decoder, &field->of->fields[0], member))
            fault(decoder, FAULT_MISSING, member, &name_path, "expected a name");
        for (int j = 0; name && j < i; j++) {
            const char *other = fields_group_name(field, fields_member(field, parts, j));
            if (other && strcmp(name, other) == 0)
                fault(decoder, FAULT_VALUE, member, &name_path,
                      "expected another name than member %d has", j);
        }
    }
}

static void decode_records(struct fields_decoder *decoder, const struct field *field,
                           const struct tree *tree, const struct fields_path *path, void *data) {
    if (!check_list(decoder, field, tree, path) || tree->count == 0) return;
    struct parts *parts = FIELD_AT(struct parts, field, data);
    *parts =
        (struct parts){.at = arena_alloc(decoder->arena, (size_t)tree->count * field->of->size)};
    for (const struct tree *member = tree->first; member; member = member->next) {
        struct fields_path below = {.up = path, .index = parts->count};
        decode_map(decoder, field->of, member, &below,
                   (char *)parts->at + (size_t)parts->count * field->of->size);
        parts->count++;
    }
    if (field->type == FIELD_GROUPS) check_names(decoder, field, tree, path, parts);
}

/* Only as the column of a group's member, which this table's version has written. */
static void decode_rest(struct fields_decoder *decoder, const struct field *field,
                        const struct tree *tree, const struct fields_path *path, void *data) {
    if (tree->kind == TREE_MAP)
        FIELD_AT(struct rest, field, data)->shown = tree;
    else
        wrong_kind(decoder, tree, path, "a map");
}

void fields_decode_value(struct fields_decoder *decoder, const struct field *field,
                         const struct tree *tree, const struct fields_path *path, void *data) {
    tree = cleaned(decoder, field, tree);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: decode_text(decoder, field, tree, path, data); break;
    case FIELD_INT: decode_int(decoder, field, tree, path, data); break;
    case FIELD_REAL: decode_real(decoder, field, tree, path, data); break;
    case FIELD_BOOL: decode_bool(decoder, field, tree, path, data); break;
    case FIELD_TIME: decode_time(decoder, field, tree, path, data); break;
    case FIELD_DURATION: decode_duration(decoder, field, tree, path, data); break;
    case FIELD_MONEY: decode_money(decoder, field, tree, path, data); break;
    case FIELD_CHOICE: decode_choice(decoder, field, tree, path, data); break;
    case FIELD_TEXTS: decode_texts(decoder, field, tree, path, data); break;
    case FIELD_PART: decode_record(decoder, field, tree, path, data); break;
    case FIELD_PARTS:
    case FIELD_GROUPS: decode_records(decoder, field, tree, path, data); break;
    case FIELD_TREE: *FIELD_AT(const struct tree *, field, data) = tree; break;
    case FIELD_REST: decode_rest(decoder, field, tree, path, data); break;
    }
}

/* Members mostly come in the table's order, so that the search begins behind the one found last. */
static const struct tree *find_next(const struct tree *map, const char *key,
                                    const struct tree **cursor) {
    for (const struct tree *at = *cursor; at; at = at->next)
        if (strcmp(at->key, key) == 0) {
            *cursor = at->next;
            return at;
        }
    for (const struct tree *at = map->first; at != *cursor; at = at->next)
        if (strcmp(at->key, key) == 0) {
            *cursor = at->next;
            return at;
        }
    return NULL;
}

static bool is_field_key(const void *context, const char *key) {
    const struct table *table = context;
    for (const struct field *field = table->fields; field->name; field++)
        if (strcmp(field->name, key) == 0) return true;
    return false;
}

static void decode_map(struct fields_decoder *decoder, const struct table *table,
                       const struct tree *tree, const struct fields_path *path, void *data) {
    if (tree->kind != TREE_MAP) {
        wrong_kind(decoder, tree, path, "a map");
        return;
    }
    const struct tree *cursor = tree->first;
    bool spare = decoder->spare;
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->type == FIELD_REST) continue;
        decoder->spare = spare || !(field->flags & FIELD_REQUIRED);
        struct fields_path below = {.up = path, .key = field->name};
        const struct tree *member = find_next(tree, field->name, &cursor);
        if (member && member->kind != TREE_NULL)
            fields_decode_value(decoder, field, member, &below, data);
        else if (field->flags & FIELD_REQUIRED)
            fault(decoder, FAULT_MISSING, member ? member : tree, &below, "missing");
    }
    decoder->spare = spare;
    refuse_other_keys(decoder, tree, path, is_field_key, table);
    if (decoder->mode == FIELDS_STATE) fields_rest_decode(decoder->arena, table, tree, data);
}

int fields_decode(const struct table *table, const struct tree *tree, enum fields_mode mode,
                  struct arena *arena, void *out, struct faults *faults) {
    struct fields_decoder decoder = {.mode = mode, .arena = arena, .faults = faults};
    static const struct tree nothing = {.kind = TREE_NULL};
    decode_map(&decoder, table, tree ? tree : &nothing, NULL, out);
    if (decoder.failed) return -1;
    return 0;
}

int fields_decode_whole(const struct table *table, const struct tree *tree, struct arena *arena,
                        void *out, struct faults *faults) {
    int before = faults->count;

    if (fields_decode(table, tree, FIELDS_STRICT, arena, out, faults) == 0) return 0;
    return fields_faults_are_keys(faults, before) ? 0 : -1;
}
