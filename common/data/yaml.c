/* yaml: libyaml's events into a tree. What makes YAML surprising (aliases, tags, duplicate keys) is
 * refused: a policy means what it seems to. */
#include "data/yaml.h"
#include "base/file.h"
#include "base/utf8.h"

#include <yaml.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 * 1024 * 1024, LEVELS_MAX = 64 };

struct level {
    struct tree *node;
    const char *key; /* of a map: the key whose value comes next, or NULL */
    size_t key_line;
};

struct reader {
    struct arena *arena;
    const char *name;
    struct err *err;
    yaml_parser_t parser;
    struct level levels[LEVELS_MAX];
    int depth;
    struct tree *root;
};

static int refuse(struct reader *reader, size_t line, const char *fmt, ...) PRINTF(3, 4);
static int refuse(struct reader *reader, size_t line, const char *fmt, ...) {
    char what[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(reader->err, "%s:%zu: %s", reader->name, line, what);
}

static size_t line_of(const yaml_event_t *event) {
    return event->start_mark.line + 1;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcmp(text, *words) == 0) return true;
    return false;
}

/* [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+ ; returns the base, or 0. */
static int integer_base(const char *text) {
    if (strncmp(text, "0o", 2) == 0)
        return text[2] && !text[2 + strspn(text + 2, "01234567")] ? 8 : 0;
    if (strncmp(text, "0x", 2) == 0)
        return text[2] && !text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] ? 16 : 0;
    text += *text == '-' || *text == '+';
    if (*text && !text[strspn(text, "0123456789")]) return 10;
    return 0;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_real(const char *text) {
    text += *text == '-' || *text == '+';
    size_t before = strspn(text, "0123456789");
    size_t after = 0;
    text += before;
    if (*text == '.') {
        after = strspn(++text, "0123456789");
        text += after;
    }
    if (before + after == 0) return false;
    if (*text != 'e' && *text != 'E') return !*text;
    text++;
    text += *text == '-' || *text == '+';

    return *text && !text[strspn(text, "0123456789")];
}

static int resolve_number(struct reader *reader, struct tree *node, int base) {
    errno = 0;
    if (base) {
        node->kind = TREE_INT;
        node->num = strtoll(base == 10 ? node->text : node->text + 2, NULL, base);
        node->real = (double)node->num;
    } else {
        node->kind = TREE_REAL;
        node->real = strtod(node->text, NULL);
    }
    if ((base && errno) || !isfinite(node->real))
        return refuse(reader, (size_t)node->line,
                      "a number out of range; put quotes around it if it is a text");
    return 0;
}

/* The core schema of YAML 1.2. */
static int resolve_plain(struct reader *reader, struct tree *node) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const odd[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                      "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    const char *text = node->text;
    int base = integer_base(text);

    if (base || is_real(text)) return resolve_number(reader, node, base);
    if (is_one_of(text, odd))
        return refuse(reader, (size_t)node->line, "expected a number that is finite");
    if (is_one_of(text, nulls)) node->kind = TREE_NULL;
    node->num = is_one_of(text, trues);
    if (node->num || is_one_of(text, falses)) node->kind = TREE_BOOL;
    return 0;
}

/* Puts a finished or an opened node where it belongs. */
static int place(struct reader *reader, struct tree *node) {
    if (reader->depth == 0) {
        reader->root = node;
        return 0;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    bool map = level->node->kind == TREE_MAP;
    if (map && !level->key)
        return refuse(reader, (size_t)node->line, "expected a key that is a plain text");
    tree_add(level->node, level->key, node);
    level->key = NULL;

    return 0;
}

static int take_scalar(struct reader *reader, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    size_t line = line_of(event);

    if (event->data.scalar.anchor || event->data.scalar.tag)
        return refuse(reader, line, "anchors and tags are not read here");
    if (memchr(text, 0, len)) return refuse(reader, line, "expected a text without U+0000");
    /* A tab or line break by escape gets through libyaml, a lone surrogate does as well. */
    if (utf8_valid(text, len) < len) return refuse(reader, line, "expected UTF-8");
    struct level *level = NULL;
    if (reader->depth) level = &reader->levels[reader->depth - 1];
    if (level && level->node->kind == TREE_MAP && !level->key) {
        if (len == 0) return refuse(reader, line, "expected a key that is not empty");
        level->key = arena_strndup(reader->arena, text, len);
        level->key_line = line;
        return 0;
    }
    struct tree *node = tree_new(reader->arena, TREE_TEXT);
    node->line = (int)line;
    node->text = arena_strndup(reader->arena, text, len);
    node->text_len = len;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && resolve_plain(reader, node))
        return -1;
    return place(reader, node);
}

static int begin(struct reader *reader, const yaml_event_t *event, enum tree_kind kind) {
    bool list = kind == TREE_LIST;
    const yaml_char_t *anchor =
        list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
    const yaml_char_t *tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;

    if (anchor || tag) return refuse(reader, line_of(event), "anchors and tags are not read here");
    if (reader->depth == LEVELS_MAX)
        return refuse(reader, line_of(event), "deeper than %d levels", LEVELS_MAX);
    struct tree *node = tree_new(reader->arena, kind);
    node->line = (int)line_of(event);
    if (place(reader, node)) return -1;
    reader->levels[reader->depth++] = (struct level){.node = node};

    return 0;
}

static int compare_keys(const void *a, const void *b) {
    const struct tree *x = *(const struct tree *const *)a;
    const struct tree *y = *(const struct tree *const *)b;
    int order = strcmp(x->key, y->key);
    if (order) return order;
    return (x->line > y->line) - (x->line < y->line);
}

/* Sorted rather than each looked up: word lists have thousands of keys. */
static int refuse_duplicates(struct reader *reader, const struct tree *map) {
    if (map->count < 2) return 0;
    const struct tree **members = arena_alloc(reader->arena, (size_t)map->count * sizeof *members);
    size_t count = 0;
    for (const struct tree *member = map->first; member; member = member->next)
        members[count++] = member;
    qsort(members, count, sizeof *members, compare_keys);
    int result = 0;
    for (size_t i = 1; i < count && result == 0; i++)
        if (strcmp(members[i - 1]->key, members[i]->key) == 0)
            result = refuse(reader, (size_t)members[i]->line,
                            "%.200s: the key is there already, in line %d", members[i]->key,
                            members[i - 1]->line);
    return result;
}

static int end(struct reader *reader) {
    const struct tree *node = reader->levels[--reader->depth].node;
    if (node->kind == TREE_MAP) return refuse_duplicates(reader, node);
    return 0;
}

static int take(struct reader *reader, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reader->root) return refuse(reader, line_of(event), "expected one document");
        return 0;
    case YAML_ALIAS_EVENT: return refuse(reader, line_of(event), "aliases are not read here");
    case YAML_SCALAR_EVENT: return take_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT: return begin(reader, event, TREE_LIST);
    case YAML_MAPPING_START_EVENT: return begin(reader, event, TREE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return end(reader);
    default: return 0;
    }
}

static int take_all(struct reader *reader) {
    bool done = false;

    while (!done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            const char *problem =
                reader->parser.problem ? reader->parser.problem : "cannot be read";
            return refuse(reader, reader->parser.problem_mark.line + 1, "not YAML: %s", problem);
        }
        int result = take(reader, &event);
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (result) return -1;
    }

    return 0;
}

int yaml_read(struct arena *arena, const char *name, const char *bytes, size_t len,
              const struct tree **tree_out, struct err *err) {
    if (len > FILE_MAX)
        return err_set(err, "%s:1: %zu bytes, expected at most %d", name, len, FILE_MAX);
    size_t valid = utf8_valid(bytes, len);
    struct reader reader = {.arena = arena, .name = name, .err = err};
    if (valid < len) {
        size_t line = 1;
        for (size_t i = 0; i < valid; i++) line += bytes[i] == '\n';
        return refuse(&reader, line, "expected UTF-8");
    }
    ASSERT(yaml_parser_initialize(&reader.parser));
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, len);
    int result = take_all(&reader);
    yaml_parser_delete(&reader.parser);
    if (result) return -1;
    if (!reader.root) {
        reader.root = tree_new(arena, TREE_NULL);
        reader.root->line = 1;
    }
    *tree_out = reader.root;

    return 0;
}

int yaml_read_file(struct arena *arena, const char *path, const struct tree **tree_out,
                   struct err *err) {
    const char *bytes;
    size_t len;
    if (file_read(arena, path, FILE_MAX, &bytes, &len, err)) return -1;
    return yaml_read(arena, path, bytes, len, tree_out, err);
}
