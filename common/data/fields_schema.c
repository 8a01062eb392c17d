/* fields_schema: a table as JSON Schema (draft 2020-12): what decoding takes, no more and no less,
 * but for what no schema can say and what is cleaned; tests/schemas/agree.py lists that. */
#include "data/currency.h"
#include "data/fields_parts.h"

#include <string.h>

enum { NAME_MAX_CHARACTERS = 200 };

/* utf8_is_control(). */
#define NO_CONTROL                                                                                 \
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]*$"
#define NO_NUL "^[^\\u0000]*$"

struct schema {
    struct json_out *out;
    bool inbound;
    bool spare; /* inbound: the document could do without, so that it is cleaned */
};

static void put_text(const struct schema *schema, const char *key, const char *text) {
    json_key(schema->out, key);
    json_text(schema->out, text);
}

static void put_int(const struct schema *schema, const char *key, int64_t num) {
    json_key(schema->out, key);
    json_int(schema->out, num);
}

/* A null counts as absent. Nobody needs to know of the case log, where there is none. */
static bool is_nullable(const struct schema *schema, const struct field *field) {
    return schema->inbound && !(field->flags & FIELD_REQUIRED);
}

static void put_type(const struct schema *schema, const struct field *field, const char *type) {
    if (!is_nullable(schema, field)) {
        put_text(schema, "type", type);
        return;
    }
    json_key(schema->out, "type");
    json_begin_list(schema->out);
    json_text(schema->out, type);
    json_text(schema->out, "null");
    json_end_list(schema->out);
}

static void put_range(const struct schema *schema, const struct field *field) {
    if (field->min == 0 && field->max == 0) return;
    put_int(schema, "minimum", field->min);
    if (field->max >= field->min && field->max != INT64_MAX) put_int(schema, "maximum", field->max);
}

/* An empty text counts as absent, an empty id does not. */
static void put_characters(const struct schema *schema, const struct field *field) {
    int64_t max = field->max;

    put_type(schema, field, "string");
    if (field->type == FIELD_ID) {
        put_text(schema, "pattern", field->pattern ? field->pattern : "^[A-Za-z0-9._:-]{1,128}$");
        return;
    }
    if (field->type == FIELD_NAME && max <= 0) max = NAME_MAX_CHARACTERS;
    if (field->flags & FIELD_REQUIRED)
        put_int(schema, "minLength", field->min > 0 ? field->min : 1);
    if (max > 0) put_int(schema, "maxLength", max);
    if (field->type == FIELD_NAME && !schema->spare)
        put_text(schema, "pattern", NO_CONTROL);
    else
        put_text(schema, "pattern", NO_NUL);
}

/* Any name, or one of those that there are. */
static void put_choices(const struct schema *schema, const struct field *field) {
    put_type(schema, field, "string");
    json_key(schema->out, "enum");
    json_begin_list(schema->out);
    for (int i = 0; field->choices[i]; i++) json_text(schema->out, field->choices[i]);
    if (is_nullable(schema, field)) json_null(schema->out);
    json_end_list(schema->out);
}

static void put_required(const struct schema *schema, const char *const *names, int count) {
    if (count == 0) return;
    json_key(schema->out, "required");
    json_begin_list(schema->out);
    for (int i = 0; i < count; i++) json_text(schema->out, names[i]);
    json_end_list(schema->out);
}

static void put_currency(const struct schema *schema) {
    struct buf known = {0};

    buf_printf(&known, "^(%s)$", currency_codes);
    put_text(schema, "type", "string");
    put_text(schema, "pattern", schema->inbound ? known.at : "^[A-Z]{3}$");
    buf_free(&known);
}

static void put_money(const struct schema *schema, const struct field *field) {
    static const char *const names[] = {"currency", "minor"};

    put_type(schema, field, "object");
    json_key(schema->out, "properties");
    json_begin_map(schema->out);
    json_key(schema->out, "currency");
    json_begin_map(schema->out);
    put_currency(schema);
    json_end_map(schema->out);
    json_key(schema->out, "minor");
    json_begin_map(schema->out);
    put_text(schema, "type", "integer");
    put_range(schema, field);
    json_end_map(schema->out);
    json_end_map(schema->out);
    put_required(schema, names, 2);
}

static void put_body(const struct schema *schema, const struct table *table);

static void put_list(const struct schema *schema, const struct field *field) {
    static const struct field name = {.type = FIELD_NAME, .flags = FIELD_REQUIRED};

    put_type(schema, field, "array");
    json_key(schema->out, "items");
    json_begin_map(schema->out);
    if (field->of) {
        put_text(schema, "type", "object");
        put_body(schema, field->of);
    } else {
        put_characters(schema, &name);
    }
    json_end_map(schema->out);
    if (field->flags & FIELD_REQUIRED) put_int(schema, "minItems", field->min > 0 ? field->min : 1);
    if (field->max > 0) put_int(schema, "maxItems", field->max);
}

/* A schema of its own, or a null. */
static void put_tree(const struct schema *schema, const struct field *field) {
    static const char null[] = "{\"type\":\"null\"}";
    bool nullable = is_nullable(schema, field);

    if (!field->schema) return;
    json_key(schema->out, nullable ? "anyOf" : "allOf");
    json_begin_list(schema->out);
    json_raw(schema->out, field->schema, strlen(field->schema));
    if (nullable) json_raw(schema->out, null, strlen(null));
    json_end_list(schema->out);
}

static void put_value(const struct schema *schema, const struct field *field) {
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID:
        if (field->choices)
            put_choices(schema, field);
        else
            put_characters(schema, field);
        break;
    case FIELD_INT:
    case FIELD_REAL:
        put_type(schema, field, field->type == FIELD_INT ? "integer" : "number");
        put_range(schema, field);
        break;
    case FIELD_BOOL: put_type(schema, field, "boolean"); break;
    case FIELD_TIME:
        put_type(schema, field, "string");
        put_text(schema, "format", "date-time");
        break;
    case FIELD_DURATION:
        put_type(schema, field, "string");
        put_text(schema, "pattern", "^[0-9]+(ms|s|m|h|d)$");
        break;
    case FIELD_MONEY: put_money(schema, field); break;
    case FIELD_CHOICE: put_choices(schema, field); break;
    case FIELD_TEXTS:
    case FIELD_PARTS:
    case FIELD_GROUPS: put_list(schema, field); break;
    case FIELD_PART:
        put_type(schema, field, "object");
        put_body(schema, field->of);
        break;
    case FIELD_TREE: put_tree(schema, field); break;
    case FIELD_REST: break;
    }
}

static void put_field(const struct schema *schema, const struct field *field) {
    struct schema below = *schema;

    below.spare = schema->inbound && (schema->spare || !(field->flags & FIELD_REQUIRED));
    json_key(schema->out, field->name);
    json_begin_map(schema->out);
    if (field->doc) put_text(schema, "description", field->doc);
    put_value(&below, field);
    json_end_map(schema->out);
}

/* The members of a record's schema, without its type and its doc, which is left to the field that
 * holds it. */
static void put_body(const struct schema *schema, const struct table *table) {
    enum { FIELDS_MAX = 64 };
    const char *required[FIELDS_MAX];
    int count = 0;

    json_key(schema->out, "properties");
    json_begin_map(schema->out);
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->flags & FIELD_HIDDEN) continue;
        ASSERT(count < FIELDS_MAX);
        if (field->flags & FIELD_REQUIRED) required[count++] = field->name;
        put_field(schema, field);
    }
    json_end_map(schema->out);
    put_required(schema, required, count);
    if (!table->schema) return;
    json_key(schema->out, "allOf");
    json_begin_list(schema->out);
    json_raw(schema->out, table->schema, strlen(table->schema));
    json_end_list(schema->out);
}

void fields_schema(const struct table *table, enum fields_mode mode, struct json_out *out) {
    const struct schema schema = {.out = out, .inbound = mode == FIELDS_INBOUND};

    json_begin_map(out);
    put_text(&schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    if (table->name) put_text(&schema, "title", table->name);
    if (table->doc) put_text(&schema, "description", table->doc);
    put_text(&schema, "type", "object");
    put_body(&schema, table);
    json_end_map(out);
}
