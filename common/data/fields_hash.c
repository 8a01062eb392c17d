/* fields_hash: a struct as the name and value pairs of a Redis hash (the way back:
 * fields_unhash.c). The names are those
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

/* Longer values and more fields make Redis keep a hash as a table, at twice the memory: beyond so
 * many pieces it is one. */
enum { PIECES_MAX = 64 };

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

/* As lines where that can be. */
static void add_parts(struct flattener *flattener, const struct field *field, const void *data) {
    bool in_lines = flattener->packs && field->flags & FIELD_LINES && !flattener->group;
    struct pairs pieces;

    if (!in_lines || !fields_lines(field, data, flattener->arena, &pieces)) {
        add_json(flattener, field, data);
        return;
    }
    for (int i = 0; i < pieces.count && flattener->pairs; i++) {
        const struct pair *piece = &pieces.at[i];
        add_named(flattener, flattener->pairs, piece->name, piece->value, piece->value_len);
        flattener->sum += ids_checksum(piece->name, piece->value, piece->value_len);
    }
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
    case FIELD_PARTS: add_parts(flattener, field, data); break;
    case FIELD_REAL:
    case FIELD_PART:
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

static bool is_plain(const struct table *table, const struct tree *member) {
    struct fields_place place;
    if (member->kind != TREE_TEXT || !member->key[0] || fields_is_mark(member->key[0]))
        return false;
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
    size_t most = FIELDS_PIECE_MAX;

    if (!pieces || len <= most) return len;
    while (most > FIELDS_PIECE_MAX / 2 && ((unsigned char)bytes[most] & 0xC0) == 0x80) most--;
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
    bool pieces = buf->len <= (size_t)FIELDS_PIECE_MAX * PIECES_MAX;
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
