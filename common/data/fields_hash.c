/* fields_hash: a struct as the name and value pairs of a Redis hash, and back. The names are those
 * of fields_column.c. What no field claims stands under its own name when it is a text, else as
 * JSON under "@<name>"; the latter also where the name has another meaning here. What no dashboard
 * reads has no columns in a view's hash, but is one packed text (fields_pack.c) in pieces. */
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

/* Longer values and more fields make Redis keep a hash as a table, at twice the memory: beyond so
 * many pieces it is one. */
enum { PIECE_MAX = 64, PIECES_MAX = 64 };

struct flattener {
    const struct table *table;
    struct arena *arena;
    const char *id;
    bool packs;     /* what no dashboard reads has no column */
    struct buf buf; /* for values that are written as JSON */
    const struct field *group;
    const char *member;
    struct pairs *pairs;
    uint64_t sum;
};

static void add_named(struct flattener *flattener, struct pairs *pairs, const char *name,
                      const char *value, size_t len) {
    if (!pairs) return;
    *ARENA_ADD(flattener->arena, pairs->at, pairs->count) =
        (struct pair){.name = name, .value = value, .value_len = len};
}

static void add_pair(struct flattener *flattener, const struct field *field, enum fields_part part,
                     const char *value, size_t len) {
    if (!flattener->pairs) return;
    const char *name = fields_column(flattener->table, flattener->group, flattener->member, field,
                                     part, flattener->arena);
    add_named(flattener, flattener->pairs, name, value, len);
    flattener->sum += ids_checksum(name, value, len);
}

static void add_text(struct flattener *flattener, const struct field *field, enum fields_part part,
                     const char *text) {
    size_t len = strlen(text);
    add_pair(flattener, field, part, arena_strndup(flattener->arena, text, len), len);
}

static void add_int(struct flattener *flattener, const struct field *field, enum fields_part part,
                    int64_t num) {
    const char *text = arena_printf(flattener->arena, "%lld", (long long)num);
    add_pair(flattener, field, part, text, strlen(text));
}

static void add_json(struct flattener *flattener, const struct field *field, const void *data) {
    struct buf *buf = &flattener->buf;
    buf_clear(buf);
    struct json_out json = {.buf = buf};
    fields_encode_value(field, data, &json);
    add_pair(flattener, field, PART_WHOLE, arena_strndup(flattener->arena, buf->at, buf->len),
             buf->len);
}

/* Joined by commas; a comma within a text, and the backslash itself, have a backslash before them.
 */
static void add_joined(struct flattener *flattener, const struct field *field,
                       const struct texts *texts) {
    struct buf *buf = &flattener->buf;

    buf_clear(buf);
    for (int i = 0; i < texts->count; i++) {
        if (i) buf_add(buf, ",", 1);
        for (const char *at = texts->at[i]; *at; at++) {
            if (*at == ',' || *at == '\\') buf_add(buf, "\\", 1);
            buf_add(buf, at, 1);
        }
    }
    add_pair(flattener, field, PART_WHOLE, arena_strndup(flattener->arena, buf->at, buf->len),
             buf->len);
}

static void flatten_value(struct flattener *flattener, const struct field *field,
                          const void *data) {
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID:
        add_text(flattener, field, PART_WHOLE, *FIELD_IN(const char *, field, data));
        break;
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_DURATION:
        add_int(flattener, field, PART_WHOLE, *FIELD_IN(int64_t, field, data));
        break;
    case FIELD_BOOL: add_text(flattener, field, PART_WHOLE, "1"); break;
    case FIELD_MONEY: {
        const struct money *money = FIELD_IN(struct money, field, data);
        add_int(flattener, field, PART_MINOR, money->minor);
        add_text(flattener, field, PART_CURRENCY, money->currency);
        break;
    }
    case FIELD_CHOICE: {
        const char *name = fields_choice_name(field->choices, *FIELD_IN(int, field, data));
        ASSERT(name);
        add_text(flattener, field, PART_WHOLE, name);
        break;
    }
    case FIELD_TEXTS: add_joined(flattener, field, FIELD_IN(struct texts, field, data)); break;
    case FIELD_REAL:
    case FIELD_PART:
    case FIELD_PARTS:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_REST: add_json(flattener, field, data); break;
    }
}

static void flatten_group(struct flattener *flattener, const struct field *group,
                          const struct parts *members) {
    flattener->group = group;
    for (int i = 0; i < members->count; i++) {
        const void *member = fields_member(group, members, i);
        flattener->member = fields_group_name(group, member);
        for (const struct field *field = group->of->fields + 1; field->name; field++) {
            bool packed = flattener->packs && fields_is_grouped(field);
            if (!packed && fields_present(field, member)) flatten_value(flattener, field, member);
        }
    }
    flattener->group = NULL;
    flattener->member = NULL;
}

/* Names that begin so are not a field's: "@" is ours, "#" is the view's, "~" what is packed. */
static bool is_plain(const struct table *table, const struct tree *member) {
    struct fields_place place;
    if (member->kind != TREE_TEXT || strchr("@#~", member->key[0])) return false;
    return !fields_find_column(table, member->key, &place);
}

static void flatten_rest(struct flattener *flattener, const struct tree *map, struct pairs *pairs) {
    struct arena *arena = flattener->arena;
    struct buf *buf = &flattener->buf;

    for (const struct tree *member = map ? map->first : NULL; member; member = member->next) {
        if (is_plain(flattener->table, member)) {
            add_named(flattener, pairs, member->key, member->text, member->text_len);
            continue;
        }
        buf_clear(buf);
        json_tree(&(struct json_out){.buf = buf}, member);
        add_named(flattener, pairs, arena_printf(arena, "@%s", member->key),
                  arena_strndup(arena, buf->at, buf->len), buf->len);
    }
}

/* As many bytes as go into a piece: characters stay whole. */
static size_t piece_len(const char *bytes, size_t len, bool pieces) {
    size_t most = PIECE_MAX;

    if (!pieces || len <= most) return len;
    while (most > PIECE_MAX / 2 && ((unsigned char)bytes[most] & 0xC0) == 0x80) most--;
    return most;
}

static void flatten_packed(struct flattener *flattener, const void *data, struct pairs *pairs) {
    struct buf *buf = &flattener->buf;
    struct arena *arena = flattener->arena;
    const char name[] = {FIELDS_PACK_NAME, 0};

    buf_clear(buf);
    fields_pack(flattener->table, data, flattener->id, arena, buf);
    if (!buf->len) return;
    const char *bytes = buf->at;
    bool pieces = buf->len <= (size_t)PIECE_MAX * PIECES_MAX;
    int count = 0;
    for (size_t at = 0; at < buf->len;) {
        size_t len = piece_len(bytes + at, buf->len - at, pieces);
        const char *piece =
            count ? arena_printf(arena, "%s%d", name, count) : arena_strdup(arena, name);
        add_named(flattener, pairs, piece, arena_strndup(arena, bytes + at, len), len);
        count++;
        at += len;
    }
    flattener->sum += ids_checksum(name, bytes, buf->len);
}

static void flatten(struct flattener *flattener, const void *data, struct pairs *public,
                    struct pairs *private) {
    for (const struct field *field = flattener->table->fields; field->name; field++) {
        if (!fields_present(field, data) || (flattener->packs && fields_is_packed(field))) continue;
        if (field->flags & FIELD_PRIVATE)
            flattener->pairs = private;
        else
            flattener->pairs = public;
        if (field->type == FIELD_REST) {
            flatten_rest(flattener, FIELD_IN(struct rest, field, data)->shown, public);
            flatten_rest(flattener, FIELD_IN(struct rest, field, data)->private, private);
        } else if (field->type == FIELD_GROUPS) {
            flatten_group(flattener, field, FIELD_IN(struct parts, field, data));
        } else {
            flatten_value(flattener, field, data);
        }
    }
    if (flattener->packs) flatten_packed(flattener, data, public);
    buf_free(&flattener->buf);
}

void fields_to_hashes(const struct table *table, const void *data, const char *id,
                      struct arena *arena, struct hashes *out) {
    struct flattener flattener = {.table = table, .arena = arena, .id = id, .packs = true};
    *out = (struct hashes){.id = id};
    flatten(&flattener, data, &out->public, &out->private);
    out->sum = flattener.sum;
}

void fields_flatten(const struct table *table, const void *data, struct arena *arena,
                    struct pairs *public_out, struct pairs *private_out) {
    struct flattener flattener = {.table = table, .arena = arena};
    if (public_out) *public_out = (struct pairs){0};
    if (private_out) *private_out = (struct pairs){0};
    flatten(&flattener, data, public_out, private_out);
}

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

struct unflattener {
    const struct table *table;
    struct arena *arena;
    void *out;
    struct fields_rest rest;
    uint64_t sum;
    const struct pair **pieces; /* of the packed text, by their number */
    size_t piece_count, piece_size;
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
        take_pairs(&way, &hashes->private, true, err) < 0 || take_packed(&way, hashes->id, err) < 0)
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
