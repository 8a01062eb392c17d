/* fields: faults, and the parsers of single values. The tables' uses are in fields_*.c. */
#include "base/utf8.h"
#include "data/fields_parts.h"

#include <stdio.h>
#include <string.h>

enum { FAULTS_LIMIT = 100, FAULT_TEXT_MAX = 1024, ID_MAX = 128 };

/* A hundred years: longer than any allowance, short enough that sums of durations and times never
 * overflow. */
static const int64_t duration_max_ms = INT64_C(36525) * 24 * 3600 * 1000;

void faults_add(struct faults *faults, enum fault_kind kind, int line, const char *path,
                const char *fmt, ...) {
    int count = faults->count;

    if (count >= (faults->limit ? faults->limit : FAULTS_LIMIT)) return;
    char text[FAULT_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    *ARENA_ADD(faults->arena, faults->at, faults->count) =
        (struct fault){.kind = kind,
                       .file = faults->file,
                       .line = line,
                       .path = arena_strdup(faults->arena, path),
                       .text = arena_strdup(faults->arena, text)};
}

/* At the limit others may not have been kept. */
bool fields_faults_are_keys(const struct faults *faults, int before) {
    int limit = faults->limit ? faults->limit : FAULTS_LIMIT;

    for (int i = before; i < faults->count; i++)
        if (faults->at[i].kind != FAULT_UNKNOWN_KEY) return false;
    return faults->count < limit;
}

/* "deploy/policies/" of "deploy/policies/sla.yaml"; 0: it stands in no folder. */
static int folder_len(const char *file) {
    const char *slash = strrchr(file, '/');
    if (slash) return (int)(slash - file) + 1;
    return 0;
}

void faults_print(const struct faults *faults, const char *file, struct buf *buf) {
    for (int i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->at[i];
        if (fault->file)
            buf_printf(buf, "%.*s%s:", folder_len(file), file, fault->file);
        else
            buf_printf(buf, "%s:", file);
        if (fault->line) buf_printf(buf, "%d:", fault->line);
        buf_puts(buf, " ");
        if (fault->path && *fault->path) buf_printf(buf, "%s: ", fault->path);
        buf_printf(buf, "%s\n", fault->text);
    }
}

struct unit {
    const char *name;
    int64_t ms;
};

int fields_parse_duration(const char *text, int64_t *ms_out) {
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    int64_t num = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++) {
        num = num * 10 + (*at - '0');
        if (num > duration_max_ms) return -1;
    }
    if (at == text) return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(at, units[i].name) != 0) continue;
        if (num > duration_max_ms / units[i].ms) return -1;
        *ms_out = num * units[i].ms;
        return 0;
    }

    return -1;
}

const char *fields_choice_name(const char *const *choices, int value) {
    for (int i = 1; value >= 1 && choices[i - 1]; i++)
        if (i == value) return choices[i - 1];
    return NULL;
}

int fields_choice_value(const char *const *choices, const char *name) {
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], name) == 0) return i + 1;
    return 0;
}

bool fields_is_id(const char *text, size_t len) {
    if (len < 1 || len > ID_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '_' && c != ':' && c != '-') return false;
    }
    return true;
}

bool fields_is_name(const char *text, size_t len, int max_characters) {
    const char *end = text + len;

    if (utf8_valid(text, len) < len) return false;
    int count = 0;
    for (const char *at = text; at < end; count++)
        if (utf8_is_control(utf8_next(&at))) return false;
    return count <= max_characters;
}

bool fields_present(const struct field *field, const void *data) {
    bool required = field->flags & FIELD_REQUIRED;

    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: {
        const char *text = *FIELD_IN(const char *, field, data);
        return text && *text;
    }
    case FIELD_INT:
    case FIELD_DURATION: return *FIELD_IN(int64_t, field, data) != 0 || required;
    case FIELD_REAL: return *FIELD_IN(double, field, data) != 0 || required;
    case FIELD_BOOL: return *FIELD_IN(bool, field, data);
    case FIELD_TIME: return *FIELD_IN(int64_t, field, data) != 0;
    case FIELD_MONEY: return FIELD_IN(struct money, field, data)->currency[0] != 0;
    case FIELD_CHOICE: return *FIELD_IN(int, field, data) != 0;
    case FIELD_TEXTS: return FIELD_IN(struct texts, field, data)->count > 0;
    case FIELD_PART: return *FIELD_IN(void *, field, data) != NULL;
    case FIELD_PARTS:
    case FIELD_GROUPS: return FIELD_IN(struct parts, field, data)->count > 0;
    case FIELD_TREE: return *FIELD_IN(struct tree *, field, data) != NULL;
    case FIELD_REST:
        return FIELD_IN(struct rest, field, data)->shown ||
               FIELD_IN(struct rest, field, data)->private;
    }

    return false;
}
