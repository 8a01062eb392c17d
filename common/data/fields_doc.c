/* fields_doc: a table as documentation, for people and as JSON Schema (draft 2020-12). */
#include "base/ids.h"
#include "data/fields_parts.h"

#include <stdio.h>

enum {
    NAME_MAX_CHARACTERS = 200,
    FINGERPRINT_FORMAT =
        1 /* one more when the same table comes to another hash or changelog record than before */
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
    case FIELD_RECORD: return "map";
    case FIELD_RECORDS:
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

static void document_rows(const struct record *record, const char *prefix, struct buf *out) {
    for (const struct field *field = record->fields; field->name; field++) {
        if (field->flags & FIELD_HIDDEN) continue;
        buf_printf(out, "| `%s%s`%s | ", prefix, field->name,
                   field->flags & FIELD_REQUIRED ? "" : " ?");
        document_type(field, out);
        buf_printf(out, " | %s |\n", field->doc ? field->doc : "");
        if (!field->of) continue;
        struct buf below = {0};
        buf_printf(&below, "%s%s%s.", prefix, field->name, field->type == FIELD_RECORD ? "" : "[]");
        document_rows(field->of, below.at, out);
        buf_free(&below);
    }
}

void fields_document(const struct record *record, struct buf *out) {
    document_rows(record, "", out);
}

static void put_text(struct json_out *out, const char *key, const char *text) {
    json_key(out, key);
    json_text(out, text);
}

static void put_int(struct json_out *out, const char *key, int64_t num) {
    json_key(out, key);
    json_int(out, num);
}

static void put_range(struct json_out *out, const struct field *field, const char *min_key,
                      const char *max_key) {
    if (field->min == 0 && field->max == 0) return;
    put_int(out, min_key, field->min);
    if (field->max >= field->min && field->max != INT64_MAX) put_int(out, max_key, field->max);
}

static void schema_text(const struct field *field, struct json_out *out) {
    put_text(out, "type", "string");
    if (field->type == FIELD_ID) {
        put_text(out, "pattern", "^[A-Za-z0-9._:-]{1,128}$");
        return;
    }
    if (field->flags & FIELD_REQUIRED || (field->type == FIELD_TEXT && field->min > 0))
        put_int(out, "minLength", field->type == FIELD_TEXT && field->min > 0 ? field->min : 1);
    if (field->type == FIELD_NAME)
        put_int(out, "maxLength", field->max > 0 ? field->max : NAME_MAX_CHARACTERS);
    else if (field->max > 0)
        put_int(out, "maxLength", field->max);
}

static void schema_money(const struct field *field, struct json_out *out) {
    put_text(out, "type", "object");
    json_key(out, "properties");
    json_begin_map(out);
    json_key(out, "currency");
    json_begin_map(out);
    put_text(out, "type", "string");
    put_text(out, "pattern", "^[A-Z]{3}$");
    json_end_map(out);
    json_key(out, "minor");
    json_begin_map(out);
    put_text(out, "type", "integer");
    put_range(out, field, "minimum", "maximum");
    json_end_map(out);
    json_end_map(out);
    json_key(out, "required");
    json_begin_list(out);
    json_text(out, "currency");
    json_text(out, "minor");
    json_end_list(out);
}

static void schema_choice(const struct field *field, struct json_out *out) {
    put_text(out, "type", "string");
    json_key(out, "enum");
    json_begin_list(out);
    for (int i = 0; field->choices[i]; i++) json_text(out, field->choices[i]);
    json_end_list(out);
}

static void schema_body(const struct record *record, struct json_out *out);

static void schema_list(const struct field *field, struct json_out *out) {
    put_text(out, "type", "array");
    json_key(out, "items");
    json_begin_map(out);
    if (field->of) {
        schema_body(field->of, out);
    } else {
        const struct field name = {.type = FIELD_NAME, .flags = FIELD_REQUIRED};
        schema_text(&name, out);
    }
    json_end_map(out);
    if (field->min > 0 || field->flags & FIELD_REQUIRED)
        put_int(out, "minItems", field->min > 0 ? field->min : 1);
    if (field->max > 0) put_int(out, "maxItems", field->max);
}

static void schema_field(const struct field *field, struct json_out *out) {
    json_begin_map(out);
    if (field->doc) put_text(out, "description", field->doc);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: schema_text(field, out); break;
    case FIELD_INT:
    case FIELD_REAL:
        put_text(out, "type", field->type == FIELD_INT ? "integer" : "number");
        put_range(out, field, "minimum", "maximum");
        break;
    case FIELD_BOOL: put_text(out, "type", "boolean"); break;
    case FIELD_TIME:
        put_text(out, "type", "string");
        put_text(out, "format", "date-time");
        break;
    case FIELD_DURATION:
        put_text(out, "type", "string");
        put_text(out, "pattern", "^[0-9]+(ms|s|m|h|d)$");
        break;
    case FIELD_MONEY: schema_money(field, out); break;
    case FIELD_CHOICE: schema_choice(field, out); break;
    case FIELD_TEXTS:
    case FIELD_RECORDS:
    case FIELD_GROUPS: schema_list(field, out); break;
    case FIELD_RECORD: schema_body(field->of, out); break;
    case FIELD_TREE:
    case FIELD_REST: break;
    }
    json_end_map(out);
}

/* The members of a schema's map, without its braces. A record's own doc is left to the field that
 * holds it. */
static void schema_body(const struct record *record, struct json_out *out) {
    put_text(out, "type", "object");
    json_key(out, "properties");
    json_begin_map(out);
    int required = 0;
    for (const struct field *field = record->fields; field->name; field++) {
        if (field->flags & FIELD_HIDDEN) continue;
        required += (field->flags & FIELD_REQUIRED) != 0;
        json_key(out, field->name);
        schema_field(field, out);
    }
    json_end_map(out);
    if (!required) return;
    json_key(out, "required");
    json_begin_list(out);
    for (const struct field *field = record->fields; field->name; field++)
        if (field->flags & FIELD_REQUIRED && !(field->flags & FIELD_HIDDEN))
            json_text(out, field->name);
    json_end_list(out);
}

void fields_schema(const struct record *record, struct json_out *out) {
    json_begin_map(out);
    put_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    if (record->name) put_text(out, "title", record->name);
    if (record->doc) put_text(out, "description", record->doc);
    schema_body(record, out);
    json_end_map(out);
}

static void print_list(const char *const *list, struct buf *out) {
    for (int i = 0; list && list[i]; i++) buf_printf(out, "%s%s", i ? "," : "(", list[i]);
    if (list) buf_puts(out, ")");
}

static void print_while(const struct field_while *condition, struct buf *out) {
    if (condition->field) buf_printf(out, " while %s", condition->field);
    if (condition->field) print_list(condition->values, out);
}

/* FIELD_REQUIRED and FIELD_HIDDEN say nothing of what is kept. */
static void print_table(const struct record *record, struct buf *out) {
    const unsigned kept = FIELD_PRIVATE | FIELD_INDEXED | FIELD_COUNTED | FIELD_HOURLY;
    buf_puts(out, "{");
    for (const struct field *field = record->fields; field->name; field++) {
        buf_printf(out, "%s:%d:%u", field->name, (int)field->type, field->flags & kept);
        print_list(field->choices, out);
        if (field->of) print_table(field->of, out);
        buf_puts(out, ";");
    }
    print_while(&record->index_while, out);
    print_while(&record->count_while, out);
    buf_puts(out, "}");
}

void fields_fingerprint(const struct record *record, char out[FIELDS_FINGERPRINT_SIZE]) {
    struct buf buf = {0};
    buf_printf(&buf, "%d", FINGERPRINT_FORMAT);
    print_table(record, &buf);
    ids_hash(out, 1, buf.at);
    buf_free(&buf);
}
