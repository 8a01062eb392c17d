/* fields_hash: a struct as the name and value pairs of a Redis hash, and back.
 *
 * A member of a group stands as <name>_<field>. Read back, a name is taken for a top-level field if
 * there is one, else for the group's field with the longest matching end. Where that would give
 * something else than was meant (a task called `opened` with a field `at`, beside `opened_at`), the
 * pair is named "_<group>.<field>:<name>" instead: no field's name begins with `_`.
 *
 * What no field claims stands under its own name when it is a text, else as JSON under "@<name>";
 * the latter also where the name has another meaning here. */
#include "base/ids.h"
#include "base/utf8.h"
#include "data/fields_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What stands in a hash was written by ourselves: generous, but not without an end. */
static const struct json_limits own_limits = {
    .bytes = 16 * 1024 * 1024, .depth = 64, .values = 1000000};

static const char *part_suffix(enum fields_part part) {
    if (part == PART_MINOR) return "_minor";
    if (part == PART_CURRENCY) return "_currency";
    return "";
}

static enum fields_part first_part(const struct field *field) {
    if (field->type == FIELD_MONEY) return PART_MINOR;
    return PART_WHOLE;
}

static enum fields_part last_part(const struct field *field) {
    if (field->type == FIELD_MONEY) return PART_CURRENCY;
    return PART_WHOLE;
}

static bool is_column(const struct field *field, enum fields_part part, const char *name,
                      size_t len) {
    size_t own = strlen(field->name);
    const char *suffix = part_suffix(part);
    return len == own + strlen(suffix) && memcmp(name, field->name, own) == 0 &&
           memcmp(name + own, suffix, len - own) == 0;
}

/* The field of a table that has a column of this name. */
static bool find_own(const struct field *fields, const char *name, size_t len,
                     struct fields_place *out) {
    for (const struct field *field = fields; field->name; field++) {
        if (field->type == FIELD_GROUPS || field->name[0] != name[0]) continue;
        for (enum fields_part part = first_part(field); part <= last_part(field); part++) {
            if (!is_column(field, part, name, len)) continue;
            out->field = field;
            out->part = part;
            return true;
        }
    }

    return false;
}

static bool ends_with(const char *name, size_t len, const char *end, size_t end_len) {
    return len > end_len && memcmp(name + len - end_len, end, end_len) == 0;
}

/* The length of "_<field><suffix>" at the name's end, or 0. */
static size_t match_end(const struct field *field, enum fields_part part, const char *name,
                        size_t len) {
    const char *suffix = part_suffix(part);
    size_t suffix_len = strlen(suffix);
    size_t own = strlen(field->name);

    if (!ends_with(name, len, suffix, suffix_len)) return 0;
    len -= suffix_len;
    if (!ends_with(name, len, field->name, own)) return 0;
    len -= own;

    if (len > 1 && name[len - 1] == '_') return suffix_len + own + 1;
    return 0;
}

/* Among the fields of all groups, that with the longest end of the name. */
static bool find_grouped(const struct record *record, const char *name, size_t len,
                         struct fields_place *out) {
    size_t best = 0;

    for (const struct field *group = record->fields; group->name; group++) {
        if (group->type != FIELD_GROUPS) continue;
        for (const struct field *field = group->of->fields + 1; field->name; field++) {
            for (enum fields_part part = first_part(field); part <= last_part(field); part++) {
                size_t end = match_end(field, part, name, len);
                if (end <= best) continue;
                best = end;
                *out = (struct fields_place){.group = group,
                                             .member = name,
                                             .member_len = len - end,
                                             .field = field,
                                             .part = part};
            }
        }
    }

    return best > 0;
}

/* "_<group>.<field>:<name>" */
static bool find_spelled(const struct record *record, const char *name, struct fields_place *out) {
    const char *point = strchr(name, '.');
    const char *colon = NULL;
    if (point) colon = strchr(point, ':');

    if (!colon || !colon[1]) return false;
    for (const struct field *group = record->fields; group->name; group++) {
        if (group->type != FIELD_GROUPS) continue;
        size_t len = strlen(group->name);
        if (len != (size_t)(point - name - 1) || memcmp(group->name, name + 1, len) != 0) continue;
        if (!find_own(group->of->fields + 1, point + 1, (size_t)(colon - point - 1), out))
            return false;
        out->group = group;
        out->member = colon + 1;
        out->member_len = strlen(colon + 1);
        return true;
    }

    return false;
}

bool fields_find_column(const struct record *record, const char *name, struct fields_place *out) {
    *out = (struct fields_place){0};
    if (name[0] == '@') return false; /* carried (above), also where it ends like a group's field */
    if (name[0] == '_') return find_spelled(record, name, out);
    size_t len = strlen(name);
    return find_own(record->fields, name, len, out) || find_grouped(record, name, len, out);
}

const char *fields_column(const struct record *record, const struct field *group,
                          const char *member, const struct field *field, enum fields_part part,
                          struct arena *arena) {
    if (!group)
        return part == PART_WHOLE ? field->name
                                  : arena_printf(arena, "%s%s", field->name, part_suffix(part));
    ASSERT(member && *member);
    const char *name = arena_printf(arena, "%s_%s%s", member, field->name, part_suffix(part));
    struct fields_place place;
    bool same = fields_find_column(record, name, &place) && place.group == group &&
                place.field == field && place.part == part;
    if (same && name[0] != '_') return name;
    return arena_printf(arena, "_%s.%s%s:%s", group->name, field->name, part_suffix(part), member);
}

enum { FIRST_SIZE = 16 };

struct flattener {
    const struct record *record;
    struct arena *arena;
    struct buf buf; /* for values that are written as JSON */
    const struct field *group;
    const char *member;
    struct pairs *pairs;
    uint64_t sum;
};

static void add_named(struct flattener *flattener, struct pairs *pairs, const char *name,
                      const char *value, size_t len) {
    if (!pairs) return;
    int count = pairs->count;
    if (count == 0 || (count >= FIRST_SIZE && (count & (count - 1)) == 0)) {
        size_t size = (size_t)(count ? count * 2 : FIRST_SIZE);
        pairs->at = arena_grow(flattener->arena, pairs->at, (size_t)count * sizeof *pairs->at,
                               size * sizeof *pairs->at);
    }
    pairs->at[count] = (struct pair){.name = name, .value = value, .value_len = len};
    pairs->count++;
}

static void add_pair(struct flattener *flattener, const struct field *field, enum fields_part part,
                     const char *value, size_t len) {
    if (!flattener->pairs) return;
    const char *name = fields_column(flattener->record, flattener->group, flattener->member, field,
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
    case FIELD_RECORD:
    case FIELD_RECORDS:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_REST: add_json(flattener, field, data); break;
    }
}

static void flatten_group(struct flattener *flattener, const struct field *group,
                          const struct records *members) {
    flattener->group = group;
    for (int i = 0; i < members->count; i++) {
        const void *member = fields_member(group, members, i);
        flattener->member = fields_group_name(group, member);
        for (const struct field *field = group->of->fields + 1; field->name; field++)
            if (fields_present(field, member)) flatten_value(flattener, field, member);
    }
    flattener->group = NULL;
    flattener->member = NULL;
}

/* Names that begin so are not a field's: "@" is ours, "#" and what else may come are the view's. */
static bool is_plain(const struct record *record, const struct tree *member) {
    struct fields_place place;
    if (member->kind != TREE_TEXT || member->key[0] == '@' || member->key[0] == '#') return false;
    return !fields_find_column(record, member->key, &place);
}

static void flatten_rest(struct flattener *flattener, const struct tree *map, struct pairs *pairs) {
    struct arena *arena = flattener->arena;
    struct buf *buf = &flattener->buf;

    for (const struct tree *member = map ? map->first : NULL; member; member = member->next) {
        if (is_plain(flattener->record, member)) {
            add_named(flattener, pairs, member->key, member->text, member->text_len);
            continue;
        }
        buf_clear(buf);
        json_tree(&(struct json_out){.buf = buf}, member);
        add_named(flattener, pairs, arena_printf(arena, "@%s", member->key),
                  arena_strndup(arena, buf->at, buf->len), buf->len);
    }
}

static void flatten(struct flattener *flattener, const void *data, struct pairs *public,
                    struct pairs *private) {
    for (const struct field *field = flattener->record->fields; field->name; field++) {
        if (!fields_present(field, data)) continue;
        if (field->flags & FIELD_PRIVATE)
            flattener->pairs = private;
        else
            flattener->pairs = public;
        if (field->type == FIELD_REST) {
            flatten_rest(flattener, FIELD_IN(struct rest, field, data)->shown, public);
            flatten_rest(flattener, FIELD_IN(struct rest, field, data)->private, private);
        } else if (field->type == FIELD_GROUPS) {
            flatten_group(flattener, field, FIELD_IN(struct records, field, data));
        } else {
            flatten_value(flattener, field, data);
        }
    }
    buf_free(&flattener->buf);
}

void fields_to_hashes(const struct record *record, const void *data, struct arena *arena,
                      struct hashes *out) {
    struct flattener flattener = {.record = record, .arena = arena};
    *out = (struct hashes){.sum = 0};
    flatten(&flattener, data, &out->public, &out->private);
    out->sum = flattener.sum;
}

void fields_flatten(const struct record *record, const void *data, struct arena *arena,
                    struct pairs *public_out, struct pairs *private_out) {
    struct flattener flattener = {.record = record, .arena = arena};
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
    case FIELD_RECORD:
    case FIELD_RECORDS:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_REST: return read_json(field, pair, arena, data);
    }

    return false;
}

/* The member of a group by name; a new one at the end where there is none. */
static void *group_member(const struct fields_place *place, struct arena *arena, void *data) {
    const struct field *group = place->group;
    struct records *members = FIELD_AT(struct records, group, data);
    size_t size = group->of->size;

    for (int i = 0; i < members->count; i++) {
        char *member = (char *)members->at + (size_t)i * size;
        const char *name = fields_group_name(group, member);
        if (strncmp(name, place->member, place->member_len) == 0 && !name[place->member_len])
            return member;
    }
    size_t count = (size_t)members->count;
    members->at = arena_grow(arena, members->at, count * size, (count + 1) * size);
    members->count++;
    char *member = (char *)members->at + count * size;
    *FIELD_AT(const char *, &group->of->fields[0], member) =
        arena_strndup(arena, place->member, place->member_len);

    return member;
}

static int compare_names(const void *a, const void *b, void *context) {
    const struct field *group = context;
    return strcmp(fields_group_name(group, a), fields_group_name(group, b));
}

/* Redis gives the pairs of a hash in any order; what is decided must not depend on it. */
static void sort_groups(const struct record *record, void *data) {
    for (const struct field *field = record->fields; field->name; field++) {
        if (field->type != FIELD_GROUPS) continue;
        struct records *members = FIELD_AT(struct records, field, data);
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
    const struct record *record;
    struct arena *arena;
    void *out;
    struct fields_rest rest;
    uint64_t sum;
};

static int take_rest(struct unflattener *way, const struct pair *pair, bool private,
                     struct err *err) {
    if (!fields_rest_of(way->record))
        return err_set(err, "%s: hash field %.100s: not in this table", way->record->name,
                       pair->name);
    const struct tree *value = rest_value(pair, way->arena);
    if (!value)
        return err_set(err, "%s: hash field %.100s: a value that no version writes",
                       way->record->name, pair->name);
    fields_rest_add(&way->rest, pair->name[0] == '@' ? pair->name + 1 : pair->name, value, private);
    return 0;
}

static int take_pairs(struct unflattener *way, const struct pairs *pairs, bool private,
                      struct err *err) {
    for (int i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->at[i];
        struct fields_place place;
        if (!fields_find_column(way->record, pair->name, &place)) {
            if (take_rest(way, pair, private, err) < 0) return -1;
            continue;
        }
        void *data = place.group ? group_member(&place, way->arena, way->out) : way->out;
        const char *text = arena_strndup(way->arena, pair->value, pair->value_len);
        if (strlen(text) != pair->value_len || !read_value(&place, pair, text, way->arena, data))
            return err_set(err, "%s: hash field %.100s: a value that this field cannot have",
                           way->record->name, pair->name);
        way->sum += ids_checksum(pair->name, pair->value, pair->value_len);
    }

    return 0;
}

int fields_from_hashes(const struct record *record, const struct hashes *hashes,
                       struct arena *arena, void *out, uint64_t *sum_out, struct err *err) {
    struct unflattener way = {
        .record = record, .arena = arena, .out = out, .rest = {.arena = arena, .record = record}};
    const struct field *rest = fields_rest_of(record);

    if (take_pairs(&way, &hashes->public, false, err) < 0 ||
        take_pairs(&way, &hashes->private, true, err) < 0)
        return -1;
    sort_groups(record, out);
    if (rest) *FIELD_AT(struct rest, rest, out) = fields_rest_end(&way.rest);
    *sum_out = way.sum;

    return 0;
}

int fields_unflatten(const struct record *record, const struct pairs *pairs, struct arena *arena,
                     void *out, struct err *err) {
    uint64_t sum;
    return fields_from_hashes(record, &(struct hashes){.public = *pairs}, arena, out, &sum, err);
}
