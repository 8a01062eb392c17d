/* fields_pack: what no dashboard reads of a struct, as one text: a tenth of what a hash takes for
 * it. Fields stand by their number in the table, numbers in a base of 47, times as what they are
 * later than the one before, texts that were there before by their place. All of it is valid UTF-8
 * without control characters of its own, so that whoever lists a hash sees nothing odd. A view is
 * read by the table that made it (fields_fingerprint), so numbers of fields may change. */
#include "base/utf8.h"
#include "data/fields_parts.h"

#include <stdio.h>
#include <string.h>

enum { LIKE_MIN = 5 }; /* so many bytes must two texts share for one to stand for the other's */

static void see_shown(struct fields_seen *seen, const struct field *field, const void *data) {
    if (fields_is_packed(field) || field->flags & FIELD_PRIVATE || !fields_present(field, data))
        return;
    if (field->type == FIELD_TEXT || field->type == FIELD_NAME || field->type == FIELD_ID) {
        const char *text = *FIELD_IN(const char *, field, data);
        fields_see(seen, text, strlen(text));
    }
    if (field->type != FIELD_TEXTS) return;
    const struct texts *texts = FIELD_IN(struct texts, field, data);
    for (int i = 0; i < texts->count; i++) fields_see(seen, texts->at[i], strlen(texts->at[i]));
}

void fields_see(struct fields_seen *seen, const char *text, size_t len) {
    if (seen->count == FIELDS_SEEN_MAX || len < 2 || len > FIELDS_SEEN_LEN) return;
    seen->at[seen->count] = text;
    seen->lens[seen->count++] = len;
}

void fields_see_first(struct fields_seen *seen, const struct table *table, const void *data,
                      const char *id) {
    seen->count = 0;
    for (const char *const *word = table->words; word && *word; word++)
        fields_see(seen, *word, strlen(*word));
    if (id) fields_see(seen, id, strlen(id));
    seen->last_ms = 0;
    for (const struct field *field = table->fields; field->name; field++) {
        see_shown(seen, field, data);
        if (field->type == FIELD_TIME && !fields_is_packed(field) &&
            !(field->flags & FIELD_PRIVATE) && !seen->last_ms)
            seen->last_ms = *FIELD_IN(int64_t, field, data);
    }
}

bool fields_is_packed(const struct field *field) {
    if (field->type == FIELD_REST || field->flags & FIELD_PRIVATE) return false;
    return (field->flags & (FIELD_HIDDEN | FIELD_PACKED)) != 0;
}

/* ---- Writing ---- */

struct packer {
    struct buf *out;
    struct arena *arena; /* of texts that are remembered */
    struct fields_seen seen;
};

static void put_number(struct packer *packer, uint64_t number) {
    char digits[16];
    int at = sizeof digits;

    digits[--at] = (char)(PACK_FIRST_DIGIT + number % PACK_BASE);
    while (number /= PACK_BASE)
        digits[--at] = (char)(PACK_FIRST_DIGIT + PACK_BASE + number % PACK_BASE);
    buf_add(packer->out, digits + at, sizeof digits - (size_t)at);
}

/* Small ones of both signs are short. */
static void put_signed(struct packer *packer, int64_t number) {
    put_number(packer, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

/* By how much it is later than the one before: in seconds where that is exact. */
static void put_time(struct packer *packer, int64_t ms) {
    int64_t later = (int64_t)((uint64_t)ms - (uint64_t)packer->seen.last_ms);
    packer->seen.last_ms = ms;
    bool whole = later % 1000 == 0;

    if (whole) later /= 1000;
    if (later > PACK_LATER_MAX || later < -PACK_LATER_MAX) {
        put_signed(packer, PACK_WHOLE_TIME);
        put_signed(packer, ms);
        return;
    }
    put_signed(packer, later * 2 + !whole);
}

static size_t shared(const char *one, const char *two, size_t most) {
    size_t len = 0;
    while (len < most && one[len] == two[len]) len++;
    return len;
}

/* The place of the one that has most in common with it. */
static int find_like(const struct fields_seen *seen, const char *text, size_t len,
                     size_t *shared_out) {
    int best = -1;

    *shared_out = LIKE_MIN - 1;
    for (int i = 0; i < seen->count; i++) {
        if (seen->at[i][0] != text[0]) continue;
        size_t most = seen->lens[i] < len ? seen->lens[i] : len;
        size_t same = shared(seen->at[i], text, most);
        if (same == len && seen->lens[i] == len) {
            *shared_out = len;
            return i;
        }
        while (same && same < len && ((unsigned char)text[same] & 0xC0) == 0x80) same--;
        if (same <= *shared_out || same == len) continue;
        *shared_out = same;
        best = i;
    }

    return best;
}

static void put_text(struct packer *packer, const char *text) {
    size_t len = strlen(text);
    size_t same = 0;
    int at = -1;
    if (len >= 2 && len <= FIELDS_SEEN_LEN) at = find_like(&packer->seen, text, len, &same);

    if (at >= 0 && same == len) {
        put_number(packer, (uint64_t)at * PACK_KINDS + PACK_SEEN);
        return;
    }
    if (at >= 0) {
        put_number(packer, (uint64_t)at * PACK_KINDS + PACK_LIKE);
        put_number(packer, same);
        put_number(packer, len - same);
        buf_add(packer->out, text + same, len - same);
    } else {
        put_number(packer, len * PACK_KINDS + PACK_LITERAL);
        buf_add(packer->out, text, len);
    }
    fields_see(&packer->seen, text, len);
}

/* As a text, for the same one often comes again: how a cost is split. */
static void put_json(struct packer *packer, const struct tree *tree) {
    struct buf buf = {0};

    if (tree) json_tree(&(struct json_out){.buf = &buf}, tree);
    const char *text = "";
    if (tree) text = arena_strndup(packer->arena, buf.at, buf.len);
    put_text(packer, text);
    buf_free(&buf);
}

static void put_part(struct packer *packer, const struct table *table, const void *data);

static void put_parts(struct packer *packer, const struct field *field, const struct parts *parts) {
    put_number(packer, (uint64_t)parts->count);
    for (int i = 0; i < parts->count; i++)
        put_part(packer, field->of, fields_member(field, parts, i));
}

static void put_texts(struct packer *packer, const struct texts *texts) {
    put_number(packer, (uint64_t)texts->count);
    for (int i = 0; i < texts->count; i++) put_text(packer, texts->at[i]);
}

static void put_real(struct packer *packer, double real) {
    char text[40];
    snprintf(text, sizeof text, "%.17g", real);
    put_text(packer, arena_strdup(packer->arena, text));
}

static void put_money(struct packer *packer, const struct money *money) {
    put_text(packer, money->currency);
    put_signed(packer, money->minor);
}

static void put_value(struct packer *packer, const struct field *field, const void *data) {
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: put_text(packer, *FIELD_IN(const char *, field, data)); break;
    case FIELD_INT:
    case FIELD_DURATION: put_signed(packer, *FIELD_IN(int64_t, field, data)); break;
    case FIELD_TIME: put_time(packer, *FIELD_IN(int64_t, field, data)); break;
    case FIELD_REAL: put_real(packer, *FIELD_IN(double, field, data)); break;
    case FIELD_BOOL: break; /* that it is there says all */
    case FIELD_MONEY: put_money(packer, FIELD_IN(struct money, field, data)); break;
    case FIELD_CHOICE: put_number(packer, (uint64_t)*FIELD_IN(int, field, data)); break;
    case FIELD_TEXTS: put_texts(packer, FIELD_IN(struct texts, field, data)); break;
    case FIELD_PART: put_part(packer, field->of, *FIELD_IN(void *, field, data)); break;
    case FIELD_PARTS:
    case FIELD_GROUPS: put_parts(packer, field, FIELD_IN(struct parts, field, data)); break;
    case FIELD_TREE: put_json(packer, *FIELD_IN(struct tree *, field, data)); break;
    case FIELD_REST:
        put_json(packer, FIELD_IN(struct rest, field, data)->shown);
        put_json(packer, FIELD_IN(struct rest, field, data)->private);
        break;
    }
}

static void put_field(struct packer *packer, const struct table *table, const struct field *field,
                      const void *data) {
    put_number(packer, (uint64_t)(field - table->fields) + 1);
    put_value(packer, field, data);
}

/* Each field by its number, from 1; 0 ends it. */
static void put_part(struct packer *packer, const struct table *table, const void *data) {
    for (const struct field *field = table->fields; field->name; field++)
        if (fields_present(field, data)) put_field(packer, table, field, data);
    put_number(packer, 0);
}

/* Whether a field of a group's member has no column. */
static bool is_kept(const struct field *field, const void *member) {
    return fields_is_grouped(field) && fields_present(field, member);
}

static bool has_kept(const struct table *table, const void *member) {
    for (const struct field *field = table->fields + 1; field->name; field++)
        if (is_kept(field, member)) return true;
    return false;
}

static void put_member(struct packer *packer, const struct field *group, const void *member) {
    put_text(packer, fields_group_name(group, member));
    for (const struct field *field = group->of->fields + 1; field->name; field++)
        if (is_kept(field, member)) put_field(packer, group->of, field, member);
    put_number(packer, 0);
}

/* The member that comes after `name` in the order of names, as they come back from a hash; NULL:
 * none. */
static const void *next_member(const struct field *group, const struct parts *members,
                               const char *name) {
    const void *next = NULL;

    for (int i = 0; i < members->count; i++) {
        const void *member = fields_member(group, members, i);
        const char *own = fields_group_name(group, member);
        if (strcmp(own, name) <= 0) continue;
        if (!next || strcmp(own, fields_group_name(group, next)) < 0) next = member;
    }
    return next;
}

/* Of a group's members what has no column. */
static void put_group(struct packer *packer, const struct table *table, const struct field *group,
                      const void *data) {
    const struct parts *members = FIELD_IN(struct parts, group, data);
    int count = 0;

    for (int i = 0; i < members->count; i++)
        count += has_kept(group->of, fields_member(group, members, i));
    if (!count) return;
    put_number(packer, (uint64_t)(group - table->fields) + 1);
    put_number(packer, (uint64_t)count);
    const void *member = next_member(group, members, "");
    for (; member; member = next_member(group, members, fields_group_name(group, member)))
        if (has_kept(group->of, member)) put_member(packer, group, member);
}

void fields_pack(const struct table *table, const void *data, const char *id, struct arena *arena,
                 struct buf *out) {
    struct packer packer = {.out = out, .arena = arena};

    fields_see_first(&packer.seen, table, data, id);
    for (const struct field *field = table->fields; field->name; field++) {
        if (fields_is_packed(field) && fields_present(field, data))
            put_field(&packer, table, field, data);
        else if (field->type == FIELD_GROUPS)
            put_group(&packer, table, field, data);
    }
}
