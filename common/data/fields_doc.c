/* fields_doc: a table as documentation for people, and its fingerprint. */
#include "base/ids.h"
#include "data/fields_parts.h"

#include <stdio.h>

enum {
    FINGERPRINT_FORMAT =
        3 /* one more when the same table comes to another hash or changelog record than before */
};

static const char *type_name(enum field_type type) {
    switch (type) {
    case FIELD_TEXT: return "text";
    case FIELD_NAME: return "name";
    case FIELD_ID: return "id";
    case FIELD_INT: return "integer";
    case FIELD_REAL: return "number";
    case FIELD_BOOL: return "true or false";
    case FIELD_TIME: return "time";
    case FIELD_DURATION: return "duration";
    case FIELD_MONEY: return "money";
    case FIELD_CHOICE: return "one of";
    case FIELD_TEXTS: return "list of names";
    case FIELD_PART: return "map";
    case FIELD_PARTS:
    case FIELD_GROUPS: return "list of maps";
    case FIELD_TREE: return "any JSON";
    case FIELD_REST: return "other fields";
    }

    return "";
}

static void document_type(const struct field *field, struct buf *out) {
    buf_puts(out, type_name(field->type));
    if (field->type == FIELD_CHOICE)
        for (int i = 0; field->choices[i]; i++) buf_printf(out, " `%s`", field->choices[i]);
    if (field->min == 0 && field->max == 0) return;
    if (field->max < field->min || field->max == INT64_MAX)
        buf_printf(out, ", at least %lld", (long long)field->min);
    else if (field->min == 0)
        buf_printf(out, ", at most %lld", (long long)field->max);
    else
        buf_printf(out, ", %lld to %lld", (long long)field->min, (long long)field->max);
}

static void document_rows(const struct table *table, const char *prefix, struct buf *out) {
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->flags & FIELD_HIDDEN) continue;
        buf_printf(out, "| `%s%s`%s | ", prefix, field->name,
                   field->flags & FIELD_REQUIRED ? "" : " ?");
        document_type(field, out);
        buf_printf(out, " | %s |\n", field->doc ? field->doc : "");
        if (!field->of) continue;
        struct buf below = {0};
        buf_printf(&below, "%s%s%s.", prefix, field->name, field->type == FIELD_PART ? "" : "[]");
        document_rows(field->of, below.at, out);
        buf_free(&below);
    }
}

void fields_document(const struct table *table, struct buf *out) {
    document_rows(table, "", out);
}

static void print_list(const char *const *list, struct buf *out) {
    for (int i = 0; list && list[i]; i++) buf_printf(out, "%s%s", i ? "," : "(", list[i]);
    if (list) buf_puts(out, ")");
}

static void print_while(const struct field_while *condition, struct buf *out) {
    if (condition->field) buf_printf(out, " while %s", condition->field);
    if (condition->field) print_list(condition->values, out);
}

/* FIELD_REQUIRED says nothing of what is kept. */
static void print_table(const struct table *table, struct buf *out) {
    const unsigned kept = ~(unsigned)FIELD_REQUIRED;
    buf_puts(out, "{");
    for (const struct field *field = table->fields; field->name; field++) {
        buf_printf(out, "%s:%d:%u", field->name, (int)field->type, field->flags & kept);
        print_list(field->choices, out);
        if (field->of) print_table(field->of, out);
        buf_puts(out, ";");
    }
    print_while(&table->index_while, out);
    print_while(&table->count_while, out);
    print_list(table->words, out);
    buf_puts(out, "}");
}

void fields_fingerprint(const struct table *table, char out[FIELDS_FINGERPRINT_SIZE]) {
    struct buf buf = {0};
    buf_printf(&buf, "%d", FINGERPRINT_FORMAT);
    print_table(table, &buf);
    ids_hash(out, 1, buf.at);
    buf_free(&buf);
}
