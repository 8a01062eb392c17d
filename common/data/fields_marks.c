/* fields_marks: where a struct stands in indexes, counters and hours, and what finds it. */
#include "base/ids.h"
#include "data/fields_parts.h"

#include <string.h>

static void add_mark(struct marks *marks, struct arena *arena, struct mark mark) {
    *ARENA_ADD(arena, marks->at, marks->count) = mark;
}

/* The value as a text where the field has one, or NULL. */
static const char *value_text(const struct field *field, const void *data, struct arena *arena) {
    if (!fields_present(field, data)) return NULL;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: return *FIELD_IN(const char *, field, data);
    case FIELD_CHOICE: return fields_choice_name(field->choices, *FIELD_IN(int, field, data));
    case FIELD_BOOL: return "1";
    case FIELD_INT: return arena_printf(arena, "%lld", (long long)*FIELD_IN(int64_t, field, data));
    default: return NULL;
    }
}

static bool holds(const struct table *table, const struct field_while *condition, const void *data,
                  struct arena *arena) {
    if (!condition->field) return true;
    for (const struct field *field = table->fields; field->name; field++) {
        if (strcmp(field->name, condition->field) != 0) continue;
        const char *value = value_text(field, data, arena);
        for (int i = 0; value && condition->values[i]; i++)
            if (strcmp(condition->values[i], value) == 0) return true;
        return false;
    }
    ASSERT(!"a condition names a field of its table");

    return false;
}

/* The times with a flag, of the struct itself and of each group's members. */
typedef void add_time(const struct table *table, const struct field *group, const char *member,
                      const struct field *field, int64_t ms, struct arena *arena,
                      struct marks *out);

static void visit_times(const struct table *table, const struct table *owner,
                        const struct field *group, const void *data, unsigned flag, add_time *add,
                        struct arena *arena, struct marks *out) {
    const char *member = NULL;
    if (group) member = fields_group_name(group, data);
    for (const struct field *field = owner->fields; field->name; field++) {
        if (field->type != FIELD_TIME || !(field->flags & flag) || !fields_present(field, data))
            continue;
        add(table, group, member, field, *FIELD_IN(int64_t, field, data), arena, out);
    }
}

static void visit(const struct table *table, const void *data, unsigned flag, add_time *add,
                  struct arena *arena, struct marks *out) {
    *out = (struct marks){0};
    bool index = flag == FIELD_INDEXED;
    if (!index || holds(table, &table->index_while, data, arena))
        visit_times(table, table, NULL, data, flag, add, arena, out);
    for (const struct field *group = table->fields; group->name; group++) {
        if (group->type != FIELD_GROUPS) continue;
        const struct parts *members = FIELD_IN(struct parts, group, data);
        for (int i = 0; i < members->count; i++) {
            const void *member = fields_member(group, members, i);
            if (!index || holds(group->of, &group->of->index_while, member, arena))
                visit_times(table, group->of, group, member, flag, add, arena, out);
        }
    }
}

static void add_index(const struct table *table, const struct field *group, const char *member,
                      const struct field *field, int64_t ms, struct arena *arena,
                      struct marks *out) {
    const char *name = fields_column(table, group, member, field, PART_WHOLE, arena);
    add_mark(out, arena, (struct mark){.name = name, .ms = ms});
}

void fields_indexes(const struct table *table, const void *data, struct arena *arena,
                    struct marks *out) {
    visit(table, data, FIELD_INDEXED, add_index, arena, out);
}

int64_t fields_found_as(const char *name, const char *text) {
    return (int64_t)(ids_checksum(name, text, strlen(text)) >> 12);
}

const char *fields_found(const struct table *table, const void *data, const char *name) {
    const struct field *field = table->fields;
    while (field->name && strcmp(field->name, name) != 0) field++;
    ASSERT(field->name && (field->flags & FIELD_FOUND));
    return value_text(field, data, NULL);
}

void fields_finds(const struct table *table, const void *data, struct arena *arena,
                  struct marks *out) {
    *out = (struct marks){0};
    for (const struct field *field = table->fields; field->name; field++) {
        const char *text = NULL;
        if (field->flags & FIELD_FOUND) text = value_text(field, data, arena);
        if (text)
            add_mark(out, arena,
                     (struct mark){.name = field->name, .ms = fields_found_as(field->name, text)});
    }
}

int64_t fields_indexed(const struct table *table, const void *data, const char *name,
                       struct arena *arena) {
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->type != FIELD_TIME || !(field->flags & FIELD_INDEXED) ||
            strcmp(field->name, name) != 0)
            continue;
        if (!holds(table, &table->index_while, data, arena)) return 0;
        return *FIELD_IN(int64_t, field, data);
    }
    return 0;
}

/* `opened_at` counts as "opened", `met_at` of the group member first_contact as
 * "first_contact_met". */
static void add_hour(const struct table *table, const struct field *group, const char *member,
                     const struct field *field, int64_t ms, struct arena *arena,
                     struct marks *out) {
    (void)table;
    size_t len = strlen(field->name);
    if (len > 3 && strcmp(field->name + len - 3, "_at") == 0) len -= 3;
    const char *name = group ? arena_printf(arena, "%s_%.*s", member, (int)len, field->name)
                             : arena_strndup(arena, field->name, len);
    add_mark(out, arena, (struct mark){.name = name, .ms = ms});
}

void fields_hours(const struct table *table, const void *data, struct arena *arena,
                  struct marks *out) {
    visit(table, data, FIELD_HOURLY, add_hour, arena, out);
}

void fields_counters(const struct table *table, const void *data, struct arena *arena,
                     struct marks *out) {
    *out = (struct marks){0};
    if (!holds(table, &table->count_while, data, arena)) return;
    for (const struct field *field = table->fields; field->name; field++) {
        if (!(field->flags & FIELD_COUNTED)) continue;
        if (field->type == FIELD_TEXTS) {
            const struct texts *texts = FIELD_IN(struct texts, field, data);
            for (int i = 0; i < texts->count; i++)
                add_mark(out, arena, (struct mark){.name = field->name, .value = texts->at[i]});
            continue;
        }
        const char *value = value_text(field, data, arena);
        if (value) add_mark(out, arena, (struct mark){.name = field->name, .value = value});
    }
}
