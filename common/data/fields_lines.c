/* fields_lines: a list of moments as text that people read and Redis keeps short: members separated
 * by commas, what is in a member by blanks in the order of its table, times as they are or, behind
 * a plus, as what they are later than the one before: "1764000000000 case.opened,+5 sla.started
 * resolution". A piece holds whole members and is at most FIELDS_PIECE_MAX bytes long where no
 * member is longer alone. What cannot be said so is written as JSON. */
#include "data/fields_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char absent[] = "-";

static bool is_word(const char *text) {
    return *text && *text != '[' && strcmp(text, absent) != 0 && !strpbrk(text, " ,");
}

/* ---- Writing ---- */

struct lines {
    const struct field *field;
    struct arena *arena;
    struct buf line; /* of one member */
    int64_t last_ms; /* of this piece; 0: none yet */
    struct pairs pieces;
    struct buf piece;
};

/* False: it has something that has no place in a line. */
static bool put_word(struct lines *lines, const struct field *field, const void *member,
                     int *skipped) {
    if (!fields_present(field, member)) {
        ++*skipped;
        return true;
    }
    bool is_time = field->type == FIELD_TIME;
    bool is_text = field->type == FIELD_NAME || field->type == FIELD_ID;
    if (!is_time && !is_text) return false;
    const char *text = "";
    int64_t ms = 0;
    if (is_text) text = *FIELD_IN(const char *, field, member);
    if (is_time) ms = *FIELD_IN(int64_t, field, member);
    if ((is_text && !is_word(text)) || ms < 0) return false;

    for (; *skipped; --*skipped) buf_printf(&lines->line, "%s ", absent);
    if (is_text)
        buf_printf(&lines->line, "%s ", text);
    else if (lines->last_ms && ms >= lines->last_ms)
        buf_printf(&lines->line, "+%lld ", (long long)(ms - lines->last_ms));
    else
        buf_printf(&lines->line, "%lld ", (long long)ms);
    if (is_time) lines->last_ms = ms;

    return true;
}

static bool put_line(struct lines *lines, const void *member) {
    int skipped = 0;

    buf_clear(&lines->line);
    for (const struct field *field = lines->field->of->fields; field->name; field++)
        if (!put_word(lines, field, member, &skipped)) return false;
    if (!lines->line.len) return false;
    lines->line.len--; /* the blank behind the last word */
    return true;
}

static void end_piece(struct lines *lines) {
    if (!lines->piece.len) return;
    int count = lines->pieces.count;
    const char *name = lines->field->name;
    if (count) name = arena_printf(lines->arena, "%s%c%d", name, FIELDS_PACK_NAME, count);
    *ARENA_ADD(lines->arena, lines->pieces.at, lines->pieces.count) = (struct pair){
        name, arena_strndup(lines->arena, lines->piece.at, lines->piece.len), lines->piece.len};
    buf_clear(&lines->piece);
    lines->last_ms = 0;
}

static bool put_member(struct lines *lines, const void *member) {
    if (!put_line(lines, member)) return false;
    if (lines->piece.len && lines->piece.len + 1 + lines->line.len > FIELDS_PIECE_MAX) {
        end_piece(lines); /* a piece begins with a whole time */
        if (!put_line(lines, member)) return false;
    } else if (lines->piece.len) {
        buf_add(&lines->piece, ",", 1);
    }
    buf_add(&lines->piece, lines->line.at, lines->line.len);

    return true;
}

bool fields_lines(const struct field *field, const void *data, struct arena *arena,
                  struct pairs *out) {
    const struct parts *members = FIELD_IN(struct parts, field, data);
    struct lines lines = {.field = field, .arena = arena};
    bool good = true;

    for (int i = 0; i < members->count && good; i++)
        good = put_member(&lines, fields_member(field, members, i));
    end_piece(&lines);
    buf_free(&lines.line);
    buf_free(&lines.piece);
    *out = lines.pieces;

    return good;
}

/* ---- Reading ---- */

static bool read_time(const char *word, int64_t *last_ms, int64_t *out) {
    char *end;
    bool later = *word == '+';

    if (word[later] < '0' || word[later] > '9') return false;
    errno = 0;
    long long ms = strtoll(word + later, &end, 10);
    if (*end || errno) return false;
    *out = ms;
    if (later && __builtin_add_overflow(*last_ms, ms, out)) return false;
    *last_ms = *out;

    return true;
}

static bool read_line(const struct field *field, char *line, int64_t *last_ms, void *member) {
    char *rest = line;
    const struct field *column = field->of->fields;

    for (char *word; (word = strsep(&rest, " ")); column++) {
        if (!*word || !column->name) return false;
        if (strcmp(word, absent) == 0) continue;
        if (column->type == FIELD_NAME || column->type == FIELD_ID)
            *FIELD_AT(const char *, column, member) = word;
        else if (column->type != FIELD_TIME ||
                 !read_time(word, last_ms, FIELD_AT(int64_t, column, member)))
            return false;
    }

    return true;
}

bool fields_read_lines(const struct field *field, const struct pair *pair, struct arena *arena,
                       void *data) {
    struct parts *members = FIELD_AT(struct parts, field, data);
    char *rest = arena_strndup(arena, pair->value, pair->value_len);
    size_t size = field->of->size;
    size_t count = (size_t)members->count + 1;
    int64_t last_ms = 0;

    if (strlen(rest) != pair->value_len) return false;
    for (const char *at = rest; *at; at++) count += *at == ',';
    char *all = arena_alloc(arena, count * size);
    if (members->count) memcpy(all, members->at, (size_t)members->count * size);
    members->at = all;
    for (char *line; (line = strsep(&rest, ","));)
        if (!read_line(field, line, &last_ms, all + (size_t)members->count++ * size)) return false;

    return true;
}
