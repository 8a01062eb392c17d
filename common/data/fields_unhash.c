/* fields_unhash: a struct of the name and value pairs of a Redis hash, as fields_hash.c writes
 * them. */
#include "base/ids.h"
#include "base/utf8.h"
#include "data/fields_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What stands in a hash was written by ourselves: generous, but not without an end. */
static const struct json_limits own_limits = {
    .bytes = 16 * 1024 * 1024, .depth = 64, .values = 1000000};

/* The whole text as a decimal integer. */
static bool read_int(const char *text, int64_t *out) {
    char *end;

    errno = 0;
    long long num = strtoll(text, &end, 10);
    if (end == text || *end || errno || text[0] == ' ' || text[0] == '+') return false;
    *out = num;
    return true;
}

static bool read_real(const char *text, double *out) {
    char *end;

    errno = 0;
    double num = strtod(text, &end);
    if (end == text || *end || num - num != 0) return false;
    *out = num;
    return true;
}

static bool read_joined(const char *text, struct arena *arena, struct texts *out) {
    size_t most = 1;

    for (const char *at = text; *at; at++) most += *at == ',';
    *out = (struct texts){.at = arena_alloc(arena, most * sizeof *out->at)};
    char *to = arena_alloc(arena, strlen(text) + 1);
    out->at[out->count++] = to;
    for (const char *at = text; *at; at++) {
        if (*at == ',') {
            *to++ = 0;
            out->at[out->count++] = to;
            continue;
        }
        if (*at == '\\' && !*++at) return false;
        *to++ = *at;
    }

    return true;
}

static bool read_money(const char *text, enum fields_part part, struct money *out) {
    if (part == PART_MINOR) return read_int(text, &out->minor);
    if (strlen(text) != sizeof out->currency - 1) return false;
    memcpy(out->currency, text, sizeof out->currency);
    return true;
}

static bool read_json(const struct field *field, const struct pair *pair, struct arena *arena,
                      void *data) {
    const struct tree *tree;

    if (json_read(arena, pair->value, pair->value_len, &own_limits, &tree, NULL) != JSON_OK)
        return false;
    struct faults faults = {.arena = arena, .limit = 1};
    struct fields_decoder decoder = {.mode = FIELDS_STATE, .arena = arena, .faults = &faults};
    fields_decode_value(&decoder, field, tree, NULL, data);
    return !decoder.failed;
}

/* The text is the pair's value, which ends with a NUL. */
static bool read_value(const struct fields_place *place, const struct pair *pair, const char *text,
                       struct arena *arena, void *data) {
    const struct field *field = place->field;

    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: *FIELD_AT(const char *, field, data) = text; return true;
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_DURATION: return read_int(text, FIELD_AT(int64_t, field, data));
    case FIELD_REAL: return read_real(text, FIELD_AT(double, field, data));
    case FIELD_BOOL: *FIELD_AT(bool, field, data) = true; return strcmp(text, "1") == 0;
    case FIELD_MONEY: return read_money(text, place->part, FIELD_AT(struct money, field, data));
    case FIELD_CHOICE:
        return (*FIELD_AT(int, field, data) = fields_choice_value(field->choices, text)) != 0;
    case FIELD_TEXTS: return read_joined(text, arena, FIELD_AT(struct texts, field, data));
    case FIELD_PART:
    case FIELD_PARTS:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_REST: return read_json(field, pair, arena, data);
    }

    return false;
}

void *fields_group_member(const struct field *group, const char *name, size_t len,
                          struct arena *arena, void *data) {
    struct parts *members = FIELD_AT(struct parts, group, data);
    size_t size = group->of->size;

    for (int i = 0; i < members->count; i++) {
        char *member = (char *)members->at + (size_t)i * size;
        const char *own = fields_group_name(group, member);
        if (strncmp(own, name, len) == 0 && !own[len]) return member;
    }
    char *member = parts_add(members, size, INT_MAX, arena);
    *FIELD_AT(const char *, &group->of->fields[0], member) = arena_strndup(arena, name, len);

    return member;
}

static int compare_names(const void *a, const void *b, void *context) {
    const struct field *group = context;
    return strcmp(fields_group_name(group, a), fields_group_name(group, b));
}

/* Redis gives the pairs of a hash in any order; what is decided must not depend on it. */
static void sort_groups(const struct table *table, void *data) {
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->type != FIELD_GROUPS) continue;
        struct parts *members = FIELD_AT(struct parts, field, data);
        if (members->count > 1)
            qsort_r(members->at, (size_t)members->count, field->of->size, compare_names,
                    (void *)field);
    }
}

/* A pair that no field claims: NULL when no JSON could hold it. */
static const struct tree *rest_value(const struct pair *pair, struct arena *arena) {
    const struct tree *tree = NULL;
    size_t name_len = strlen(pair->name);

    if (utf8_valid(pair->name, name_len) < name_len) return NULL;
    if (pair->name[0] == '@')
        return json_read(arena, pair->value, pair->value_len, &own_limits, &tree, NULL) == JSON_OK
                   ? tree
                   : NULL;
    if (memchr(pair->value, 0, pair->value_len) ||
        utf8_valid(pair->value, pair->value_len) < pair->value_len)
        return NULL;
    return tree_new_text(arena, arena_strndup(arena, pair->value, pair->value_len));
}

/* A piece of a list that is written as lines. */
struct line_piece {
    const struct field *field;
    int64_t number;
    const struct pair *pair;
};

struct unflattener {
    const struct table *table;
    struct arena *arena;
    void *out;
    struct fields_rest rest;
    uint64_t sum;
    const struct pair **pieces; /* of the packed text, by their number */
    size_t piece_count, piece_size;
    struct line_piece *lines;
    int line_count;
};

/* Whether it is a piece of the packed text, and which. */
static bool take_piece(struct unflattener *way, const struct pair *pair, struct err *err) {
    int64_t number = 0;

    if (pair->name[1] && (!read_int(pair->name + 1, &number) || number < 1)) number = -1;
    if (number < 0 || (size_t)number >= way->piece_size || way->pieces[number]) {
        err_set(err, "%s: hash field %.100s: not a piece that any version writes", way->table->name,
                pair->name);
        return false;
    }
    way->pieces[number] = pair;
    way->piece_count++;

    return true;
}

static int take_packed(struct unflattener *way, const char *id, struct err *err) {
    const char name[] = {FIELDS_PACK_NAME, 0};
    struct buf buf = {0};

    if (!way->piece_count) return 0;
    for (size_t i = 0; i < way->piece_count; i++) {
        if (!way->pieces[i]) {
            buf_free(&buf);
            return err_set(err, "%s: a piece of the packed fields is gone", way->table->name);
        }
        buf_add(&buf, way->pieces[i]->value, way->pieces[i]->value_len);
    }
    bool good = fields_unpack(way->table, buf.at, buf.len, id, way->arena, way->out);
    way->sum += ids_checksum(name, buf.at, buf.len);
    buf_free(&buf);
    if (!good)
        return err_set(err, "%s: packed fields that this version does not write", way->table->name);
    return 0;
}

/* Whether a pair is such a piece: the first has the field's own name, the others a number behind
 * it. */
static bool take_line(struct unflattener *way, const struct pair *pair) {
    const char *mark = strchr(pair->name, FIELDS_PACK_NAME);
    size_t len = strlen(pair->name);
    struct line_piece piece = {.pair = pair};

    if (mark) len = (size_t)(mark - pair->name);
    if (mark && (!read_int(mark + 1, &piece.number) || piece.number < 1)) return false;
    if (!mark && pair->value_len && pair->value[0] == '[') return false;
    for (const struct field *field = way->table->fields; field->name; field++) {
        if (!(field->flags & FIELD_LINES) || strncmp(field->name, pair->name, len) != 0 ||
            field->name[len])
            continue;
        piece.field = field;
        *ARENA_ADD(way->arena, way->lines, way->line_count) = piece;
        return true;
    }

    return false;
}

static int by_number(const void *a, const void *b) {
    const struct line_piece *one = a;
    const struct line_piece *two = b;
    if (one->field != two->field) return one->field < two->field ? -1 : 1;
    return (one->number > two->number) - (one->number < two->number);
}

static int take_lines(struct unflattener *way, struct err *err) {
    if (way->line_count > 1)
        qsort(way->lines, (size_t)way->line_count, sizeof *way->lines, by_number);
    int64_t number = 0;
    for (int i = 0; i < way->line_count; i++) {
        const struct line_piece *piece = &way->lines[i];
        if (i && way->lines[i - 1].field != piece->field) number = 0;
        if (piece->number != number++)
            return err_set(err, "%s: a piece of %s is gone", way->table->name, piece->field->name);
        if (!fields_read_lines(piece->field, piece->pair, way->arena, way->out))
            return err_set(err, "%s: hash field %.100s: a value that this field cannot have",
                           way->table->name, piece->pair->name);
        way->sum += ids_checksum(piece->pair->name, piece->pair->value, piece->pair->value_len);
    }

    return 0;
}

static int take_rest(struct unflattener *way, const struct pair *pair, bool private,
                     struct err *err) {
    if (!fields_rest_of(way->table))
        return err_set(err, "%s: hash field %.100s: not in this table", way->table->name,
                       pair->name);
    const struct tree *value = rest_value(pair, way->arena);
    if (!value)
        return err_set(err, "%s: hash field %.100s: a value that no version writes",
                       way->table->name, pair->name);
    fields_rest_add(&way->rest, pair->name[0] == '@' ? pair->name + 1 : pair->name, value, private);
    return 0;
}

static int take_pairs(struct unflattener *way, const struct pairs *pairs, bool private,
                      struct err *err) {
    for (int i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->at[i];
        struct fields_place place;
        if (pair->name[0] == FIELDS_PACK_NAME) {
            if (!take_piece(way, pair, err)) return -1;
            continue;
        }
        if (take_line(way, pair)) continue;
        if (!fields_find_column(way->table, pair->name, &place)) {
            if (take_rest(way, pair, private, err) < 0) return -1;
            continue;
        }
        void *data = way->out;
        if (place.group)
            data = fields_group_member(place.group, place.member, place.member_len, way->arena,
                                       way->out);
        const char *text = arena_strndup(way->arena, pair->value, pair->value_len);
        if (strlen(text) != pair->value_len || !read_value(&place, pair, text, way->arena, data))
            return err_set(err, "%s: hash field %.100s: a value that this field cannot have",
                           way->table->name, pair->name);
        way->sum += ids_checksum(pair->name, pair->value, pair->value_len);
    }

    return 0;
}

int fields_from_hashes(const struct table *table, const struct hashes *hashes, struct arena *arena,
                       void *out, uint64_t *sum_out, struct err *err) {
    struct unflattener way = {
        .table = table, .arena = arena, .out = out, .rest = {.arena = arena, .table = table}};
    const struct field *rest = fields_rest_of(table);

    way.piece_size = (size_t)hashes->public.count;
    way.pieces = arena_alloc(arena, sizeof *way.pieces * (way.piece_size + 1));
    if (take_pairs(&way, &hashes->public, false, err) < 0 ||
        take_pairs(&way, &hashes->private, true, err) < 0 || take_lines(&way, err) < 0 ||
        take_packed(&way, hashes->id, err) < 0)
        return -1;
    sort_groups(table, out);
    if (rest) *FIELD_AT(struct rest, rest, out) = fields_rest_end(&way.rest);
    *sum_out = way.sum;

    return 0;
}

int fields_unflatten(const struct table *table, const struct pairs *pairs, struct arena *arena,
                     void *out, struct err *err) {
    uint64_t sum;
    return fields_from_hashes(table, &(struct hashes){.public = *pairs}, arena, out, &sum, err);
}

int fields_expand(const struct table *table, const struct hashes *hashes, struct arena *arena,
                  struct pairs *out, struct err *err) {
    void *data = arena_alloc(arena, table->size);
    uint64_t sum;

    if (fields_from_hashes(table, hashes, arena, data, &sum, err) < 0) return -1;
    fields_flatten(table, data, arena, out, NULL);

    return 0;
}
