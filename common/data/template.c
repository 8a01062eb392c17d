/* template: a text is read once into pieces, each literal or the index of a name; filling walks the
 * pieces. */
#include "data/template.h"

#include <stdint.h>
#include <string.h>

struct piece {
    const char *literal; /* NULL: a placeholder */
    size_t len;
    int index;
};

struct template {
    struct piece *pieces;
    int count;
    uint64_t used;
};

static int find_name(const char *const *names, const char *name, size_t len) {
    for (int i = 0; names[i]; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) return i;
    return -1;
}

static void add_piece(struct template *template, struct arena *arena, const struct piece *piece) {
    *ARENA_ADD(arena, template->pieces, template->count) = *piece;
}

static int line_of(const char *text, const char *at) {
    int line = 0;
    for (; text < at; text++) line += *text == '\n';
    return line;
}

/* Reads the placeholder that begins at `at`; returns what follows it, or NULL. */
static const char *read_placeholder(struct template *template, const char *at,
                                    const char *const *names, struct arena *arena,
                                    struct err *err) {
    size_t len = strcspn(at + 1, "{}\n");

    if (at[1 + len] != '}' || len == 0) {
        err_set(err, "`%.20s`: expected {name}, or {{ for a brace", at);
        return NULL;
    }
    int index = find_name(names, at + 1, len);
    if (index < 0) {
        err_set(err, "unknown placeholder {%.*s}", (int)(len > 60 ? 60 : len), at + 1);
        return NULL;
    }
    ASSERT(index < TEMPLATE_NAMES_MAX);
    template->used |= UINT64_C(1) << index;
    add_piece(template, arena, &(struct piece){.index = index});

    return at + len + 2;
}

int template_parse(const char *text, const char *const *names, struct arena *arena,
                   const struct template **out, int *line_out, struct err *err) {
    struct template *template = ARENA_NEW(arena, struct template);

    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "{}");
        bool doubled = at[len] && at[len + 1] == at[len];
        if (len + doubled)
            add_piece(template, arena,
                      &(struct piece){arena_strndup(arena, at, len + doubled), len + doubled, 0});
        at += len + (doubled ? 2 : 0);
        if (doubled || !*at) continue;
        const char *rest = NULL;
        if (*at == '{')
            rest = read_placeholder(template, at, names, arena, err);
        else
            err_set(err, "a lone }: write }} for a brace");
        if (!rest) {
            if (line_out) *line_out = line_of(text, at);
            return -1;
        }
        at = rest;
    }
    *out = template;

    return 0;
}

bool template_uses(const struct template *template, int index) {
    return template->used >> index & 1;
}

static const char *entity_of(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* Writes to `to` when it is given; returns the length either way, so that one pass measures and the
 * next one writes. */
static size_t put(char *to, const char *bytes, size_t len) {
    if (to) memcpy(to, bytes, len);
    return len;
}

static bool is_control(char c) {
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static size_t put_escaped(char *to, const char *text, enum template_escape escape, bool literal) {
    size_t len = 0;

    for (const char *at = text; *at; at++) {
        char *here = NULL;
        if (to) here = to + len;
        const char *entity = NULL;
        if (escape == TEMPLATE_HTML) entity = entity_of(*at);
        if (entity)
            len += put(here, entity, strlen(entity));
        else if (literal && *at == '\n' && escape == TEMPLATE_HTML)
            len += put(here, "<br>\n", 5);
        else if (!literal && is_control(*at))
            len += at > text && is_control(at[-1]) ? 0 : put(here, " ", 1);
        else
            len += put(here, at, 1);
    }

    return len;
}

static size_t put_pieces(char *to, const struct template *template, enum template_escape escape,
                         const char *const *values) {
    size_t len = 0;

    for (int i = 0; i < template->count; i++) {
        const struct piece *piece = &template->pieces[i];
        const char *text = piece->literal ? piece->literal : values[piece->index];
        len += put_escaped(to ? to + len : NULL, text, escape, piece->literal);
    }
    return len;
}

const char *template_fill(const struct template *template, enum template_escape escape,
                          const char *const *values, struct arena *arena) {
    for (int i = 0; i < template->count; i++) {
        const struct piece *piece = &template->pieces[i];
        if (!piece->literal && (!values[piece->index] || !*values[piece->index])) return NULL;
    }
    size_t len = put_pieces(NULL, template, escape, values);
    char *text = arena_alloc(arena, len + 1);
    put_pieces(text, template, escape, values);
    return text;
}

int template_length(const char *text) {
    int count = 0;
    for (; *text; text++) count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}
