/* fields_unpack: the way back from a packed text (fields_pack.c). It was written by ourselves, but
 * may have been changed by anybody: whatever it holds, nothing is read beyond its end. */
#include "data/fields_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct json_limits own_limits = {
    .bytes = 16 * 1024 * 1024, .depth = 64, .values = 1000000};

enum { DEPTH_MAX = 16 }; /* of parts in parts: tables have three */

struct unpacker {
    const char *at, *end;
    struct arena *arena;
    struct fields_seen seen;
    int depth;
    bool bad;
};

static uint64_t fails(struct unpacker *unpacker) {
    unpacker->bad = true;
    unpacker->at = unpacker->end;
    return 0;
}

static uint64_t take_number(struct unpacker *unpacker) {
    uint64_t number = 0;

    while (unpacker->at < unpacker->end) {
        unsigned digit = (unsigned char)*unpacker->at++ - (unsigned)PACK_FIRST_DIGIT;
        if (digit >= 2 * PACK_BASE || __builtin_mul_overflow(number, PACK_BASE, &number) ||
            __builtin_add_overflow(number, digit % PACK_BASE, &number))
            break;
        if (digit < PACK_BASE) return number;
    }
    return fails(unpacker);
}

static int64_t take_signed(struct unpacker *unpacker) {
    uint64_t number = take_number(unpacker);
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

/* A number of things that take at least a byte each. */
static size_t take_count(struct unpacker *unpacker) {
    uint64_t count = take_number(unpacker);
    if (count > (uint64_t)(unpacker->end - unpacker->at) || count > INT_MAX)
        return (size_t)fails(unpacker);
    return (size_t)count;
}

static int64_t take_time(struct unpacker *unpacker) {
    int64_t later = take_signed(unpacker);

    if (later == PACK_WHOLE_TIME) return unpacker->seen.last_ms = take_signed(unpacker);
    uint64_t ms = (uint64_t)(later >> 1);
    if (!(later & 1)) ms *= 1000;
    return unpacker->seen.last_ms = (int64_t)((uint64_t)unpacker->seen.last_ms + ms);
}

static const char *take_bytes(struct unpacker *unpacker, size_t len) {
    const char *bytes = unpacker->at;
    if (len > (size_t)(unpacker->end - bytes)) {
        fails(unpacker);
        return "";
    }
    unpacker->at += len;
    return bytes;
}

static const char *take_like(struct unpacker *unpacker, uint64_t place) {
    size_t same = (size_t)take_number(unpacker);
    size_t more = take_count(unpacker);
    const char *rest = take_bytes(unpacker, more);

    if (unpacker->bad || same > unpacker->seen.lens[place]) {
        fails(unpacker);
        return "";
    }
    char *text = arena_memory(unpacker->arena, same + more + 1);
    memcpy(text, unpacker->seen.at[place], same);
    memcpy(text + same, rest, more);
    text[same + more] = 0;
    fields_see(&unpacker->seen, text, same + more);

    return text;
}

static const char *take_literal(struct unpacker *unpacker, uint64_t len) {
    if (len > (uint64_t)(unpacker->end - unpacker->at)) {
        fails(unpacker);
        return "";
    }
    const char *text =
        arena_strndup(unpacker->arena, take_bytes(unpacker, (size_t)len), (size_t)len);
    fields_see(&unpacker->seen, text, (size_t)len);

    return text;
}

static const char *take_text(struct unpacker *unpacker) {
    uint64_t number = take_number(unpacker);
    uint64_t place = number / PACK_KINDS;

    if (number % PACK_KINDS == PACK_LITERAL) return take_literal(unpacker, place);
    if (place >= (uint64_t)unpacker->seen.count) {
        fails(unpacker);
        return "";
    }
    if (number % PACK_KINDS == PACK_LIKE) return take_like(unpacker, place);
    return unpacker->seen.at[place];
}

static const struct tree *take_json(struct unpacker *unpacker) {
    const struct tree *tree = NULL;
    const char *text = take_text(unpacker);

    if (!*text) return NULL;
    if (json_read(unpacker->arena, text, strlen(text), &own_limits, &tree, NULL) != JSON_OK)
        fails(unpacker);
    return tree;
}

static void take_texts(struct unpacker *unpacker, struct texts *out) {
    size_t count = take_count(unpacker);
    out->at = arena_alloc(unpacker->arena, sizeof *out->at * (count + 1));
    for (size_t i = 0; i < count; i++) out->at[i] = take_text(unpacker);
    out->count = (int)count;
}

static void take_part(struct unpacker *unpacker, const struct table *table, void *data);

static void take_parts(struct unpacker *unpacker, const struct field *field, struct parts *out) {
    size_t count = take_count(unpacker);
    char *at = arena_alloc(unpacker->arena, field->of->size * (count + 1));
    for (size_t i = 0; i < count && !unpacker->bad; i++)
        take_part(unpacker, field->of, at + i * field->of->size);
    *out = (struct parts){at, (int)count};
}

static void take_real(struct unpacker *unpacker, double *out) {
    char *end;
    *out = strtod(take_text(unpacker), &end);
    if (*end || *out - *out != 0) fails(unpacker);
}

static void take_money(struct unpacker *unpacker, struct money *out) {
    const char *currency = take_text(unpacker);
    if (strlen(currency) != sizeof out->currency - 1) {
        fails(unpacker);
        return;
    }
    memcpy(out->currency, currency, sizeof out->currency);
    out->minor = take_signed(unpacker);
}

static void take_duration(struct unpacker *unpacker, int64_t *out) {
    *out = take_signed(unpacker);
    if (*out < 0) *out = (int64_t)fails(unpacker);
}

static void take_choice(struct unpacker *unpacker, const struct field *field, int *out) {
    size_t value = (size_t)take_number(unpacker);
    if (value > INT_MAX || !fields_choice_name(field->choices, (int)value))
        fails(unpacker);
    else
        *out = (int)value;
}

static void take_value(struct unpacker *unpacker, const struct field *field, void *data) {
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: *FIELD_AT(const char *, field, data) = take_text(unpacker); break;
    case FIELD_INT: *FIELD_AT(int64_t, field, data) = take_signed(unpacker); break;
    case FIELD_DURATION: take_duration(unpacker, FIELD_AT(int64_t, field, data)); break;
    case FIELD_TIME: *FIELD_AT(int64_t, field, data) = take_time(unpacker); break;
    case FIELD_REAL: take_real(unpacker, FIELD_AT(double, field, data)); break;
    case FIELD_BOOL: *FIELD_AT(bool, field, data) = true; break;
    case FIELD_MONEY: take_money(unpacker, FIELD_AT(struct money, field, data)); break;
    case FIELD_CHOICE: take_choice(unpacker, field, FIELD_AT(int, field, data)); break;
    case FIELD_TEXTS: take_texts(unpacker, FIELD_AT(struct texts, field, data)); break;
    case FIELD_PART: {
        void *part = arena_alloc(unpacker->arena, field->of->size);
        take_part(unpacker, field->of, part);
        *FIELD_AT(void *, field, data) = part;
        break;
    }
    case FIELD_PARTS:
    case FIELD_GROUPS: take_parts(unpacker, field, FIELD_AT(struct parts, field, data)); break;
    case FIELD_TREE: *FIELD_AT(const struct tree *, field, data) = take_json(unpacker); break;
    case FIELD_REST:
        FIELD_AT(struct rest, field, data)->shown = take_json(unpacker);
        FIELD_AT(struct rest, field, data)->private = take_json(unpacker);
        break;
    }
}

static int count_of(const struct table *table) {
    int count = 0;
    while (table->fields[count].name) count++;
    return count;
}

/* NULL: the table's end, or something is wrong. */
static const struct field *take_field(struct unpacker *unpacker, const struct table *table,
                                      int count) {
    uint64_t number = take_number(unpacker);
    if (!number) return NULL;
    if (number <= (uint64_t)count) return &table->fields[number - 1];
    fails(unpacker);
    return NULL;
}

static void take_part(struct unpacker *unpacker, const struct table *table, void *data) {
    const struct field *field;
    int count = count_of(table);

    if (++unpacker->depth > DEPTH_MAX) fails(unpacker);
    while (!unpacker->bad && (field = take_field(unpacker, table, count)))
        take_value(unpacker, field, data);
    unpacker->depth--;
}

static void take_group(struct unpacker *unpacker, const struct field *group, void *data) {
    size_t count = take_count(unpacker);

    for (size_t i = 0; i < count && !unpacker->bad; i++) {
        const char *name = take_text(unpacker);
        if (!*name) fails(unpacker);
        if (unpacker->bad) return;
        void *member = fields_group_member(group, name, strlen(name), unpacker->arena, data);
        take_part(unpacker, group->of, member);
    }
}

bool fields_unpack(const struct table *table, const char *bytes, size_t len, const char *id,
                   struct arena *arena, void *data) {
    struct unpacker unpacker = {.at = bytes, .end = bytes + len, .arena = arena};
    int count = count_of(table);

    fields_see_first(&unpacker.seen, table, data, id);
    while (unpacker.at < unpacker.end) {
        const struct field *field = take_field(&unpacker, table, count);
        if (!field) return false;
        if (fields_is_packed(field))
            take_value(&unpacker, field, data);
        else if (field->type == FIELD_GROUPS)
            take_group(&unpacker, field, data);
        else
            return false;
    }

    return !unpacker.bad;
}
