/* fields_encode: a struct as JSON. */
#include "base/clock.h"
#include "data/fields_parts.h"

#include <stdio.h>

/* In the largest unit that divides it; days from two on, so that a day stays "24h". */
static void encode_duration(int64_t ms, struct json_out *out) {
    ASSERT(ms >= 0);
    const int64_t hour = 3600000;
    char text[32];
    if (ms % (24 * hour) == 0 && ms > 24 * hour)
        snprintf(text, sizeof text, "%lldd", (long long)(ms / (24 * hour)));
    else if (ms % hour == 0 && ms > 0)
        snprintf(text, sizeof text, "%lldh", (long long)(ms / hour));
    else if (ms % 60000 == 0 && ms > 0)
        snprintf(text, sizeof text, "%lldm", (long long)(ms / 60000));
    else if (ms % 1000 == 0)
        snprintf(text, sizeof text, "%llds", (long long)(ms / 1000));
    else
        snprintf(text, sizeof text, "%lldms", (long long)ms);
    json_text(out, text);
}

static void encode_money(const struct money *money, struct json_out *out) {
    json_begin_map(out);
    json_key(out, "currency");
    json_text(out, money->currency);
    json_key(out, "minor");
    json_int(out, money->minor);
    json_end_map(out);
}

static void encode_texts(const struct texts *texts, struct json_out *out) {
    json_begin_list(out);
    for (int i = 0; i < texts->count; i++) json_text(out, texts->at[i]);
    json_end_list(out);
}

static void encode_records(const struct field *field, const struct parts *parts,
                           struct json_out *out) {
    json_begin_list(out);
    for (int i = 0; i < parts->count; i++)
        fields_encode(field->of, fields_member(field, parts, i), out);
    json_end_list(out);
}

static void encode_time(int64_t ms, struct json_out *out) {
    char text[CLOCK_TEXT_MAX];
    json_text(out, clock_format(ms, text));
}

static void encode_choice(const struct field *field, int value, struct json_out *out) {
    const char *name = fields_choice_name(field->choices, value);
    ASSERT(name);
    json_text(out, name);
}

void fields_encode_value(const struct field *field, const void *data, struct json_out *out) {
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: json_text(out, *FIELD_IN(const char *, field, data)); break;
    case FIELD_INT: json_int(out, *FIELD_IN(int64_t, field, data)); break;
    case FIELD_REAL: json_real(out, *FIELD_IN(double, field, data)); break;
    case FIELD_BOOL: json_bool(out, *FIELD_IN(bool, field, data)); break;
    case FIELD_TIME: encode_time(*FIELD_IN(int64_t, field, data), out); break;
    case FIELD_DURATION: encode_duration(*FIELD_IN(int64_t, field, data), out); break;
    case FIELD_MONEY: encode_money(FIELD_IN(struct money, field, data), out); break;
    case FIELD_CHOICE: encode_choice(field, *FIELD_IN(int, field, data), out); break;
    case FIELD_TEXTS: encode_texts(FIELD_IN(struct texts, field, data), out); break;
    case FIELD_PART: fields_encode(field->of, *FIELD_IN(void *, field, data), out); break;
    case FIELD_PARTS:
    case FIELD_GROUPS: encode_records(field, FIELD_IN(struct parts, field, data), out); break;
    case FIELD_TREE: json_tree(out, *FIELD_IN(struct tree *, field, data)); break;
    case FIELD_REST: json_tree(out, FIELD_IN(struct rest, field, data)->shown); break;
    }
}

void fields_encode(const struct table *table, const void *data, struct json_out *out) {
    json_begin_map(out);
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->type == FIELD_REST) {
            fields_rest_encode(table, data, out);
            continue;
        }
        bool said = field->type == FIELD_BOOL && (field->flags & FIELD_REQUIRED);
        if (!said && !fields_present(field, data)) continue;
        json_key(out, field->name);
        fields_encode_value(field, data, out);
    }
    json_end_map(out);
}
