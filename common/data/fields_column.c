/* fields_column: which name a field has in a Redis hash, and which field has a name.
 *
 * A member of a group stands as <name>_<field>. Read back, a name is taken for a top-level field if
 * there is one, else for the group's field with the longest matching end. Where that would give
 * something else than was meant (a task called `opened` with a field `at`, beside `opened_at`; one
 * called `~1`), the pair is named "_<group>.<field>:<name>" instead: no field's name begins with
 * `_`.
 */
#include "data/fields_parts.h"

#include <string.h>

static const char *part_suffix(enum fields_part part) {
    if (part == PART_MINOR) return "_minor";
    if (part == PART_CURRENCY) return "_currency";
    return "";
}

static enum fields_part first_part(const struct field *field) {
    if (field->type == FIELD_MONEY) return PART_MINOR;
    return PART_WHOLE;
}

static enum fields_part last_part(const struct field *field) {
    if (field->type == FIELD_MONEY) return PART_CURRENCY;
    return PART_WHOLE;
}

static bool is_column(const struct field *field, enum fields_part part, const char *name,
                      size_t len) {
    size_t own = strlen(field->name);
    const char *suffix = part_suffix(part);
    return len == own + strlen(suffix) && memcmp(name, field->name, own) == 0 &&
           memcmp(name + own, suffix, len - own) == 0;
}

/* The field of a table that has a column of this name. */
static bool find_own(const struct field *fields, const char *name, size_t len,
                     struct fields_place *out) {
    for (const struct field *field = fields; field->name; field++) {
        if (field->type == FIELD_GROUPS || field->name[0] != name[0]) continue;
        for (enum fields_part part = first_part(field); part <= last_part(field); part++) {
            if (!is_column(field, part, name, len)) continue;
            out->field = field;
            out->part = part;
            return true;
        }
    }

    return false;
}

static bool ends_with(const char *name, size_t len, const char *end, size_t end_len) {
    return len > end_len && memcmp(name + len - end_len, end, end_len) == 0;
}

/* The length of "_<field><suffix>" at the name's end, or 0. */
static size_t match_end(const struct field *field, enum fields_part part, const char *name,
                        size_t len) {
    const char *suffix = part_suffix(part);
    size_t suffix_len = strlen(suffix);
    size_t own = strlen(field->name);

    if (!ends_with(name, len, suffix, suffix_len)) return 0;
    len -= suffix_len;
    if (!ends_with(name, len, field->name, own)) return 0;
    len -= own;

    if (len > 1 && name[len - 1] == '_') return suffix_len + own + 1;
    return 0;
}

/* Among the fields of all groups, that with the longest end of the name. */
static bool find_grouped(const struct table *table, const char *name, size_t len,
                         struct fields_place *out) {
    size_t best = 0;

    for (const struct field *group = table->fields; group->name; group++) {
        if (group->type != FIELD_GROUPS) continue;
        for (const struct field *field = group->of->fields + 1; field->name; field++) {
            for (enum fields_part part = first_part(field); part <= last_part(field); part++) {
                size_t end = match_end(field, part, name, len);
                if (end <= best) continue;
                best = end;
                *out = (struct fields_place){.group = group,
                                             .member = name,
                                             .member_len = len - end,
                                             .field = field,
                                             .part = part};
            }
        }
    }

    return best > 0;
}

/* "_<group>.<field>:<name>" */
static bool find_spelled(const struct table *table, const char *name, struct fields_place *out) {
    const char *point = strchr(name, '.');
    const char *colon = NULL;
    if (point) colon = strchr(point, ':');

    if (!colon || !colon[1]) return false;
    for (const struct field *group = table->fields; group->name; group++) {
        if (group->type != FIELD_GROUPS) continue;
        size_t len = strlen(group->name);
        if (len != (size_t)(point - name - 1) || memcmp(group->name, name + 1, len) != 0) continue;
        if (!find_own(group->of->fields + 1, point + 1, (size_t)(colon - point - 1), out))
            return false;
        out->group = group;
        out->member = colon + 1;
        out->member_len = strlen(colon + 1);
        return true;
    }

    return false;
}

bool fields_find_column(const struct table *table, const char *name, struct fields_place *out) {
    *out = (struct fields_place){0};
    if (name[0] == '@') return false; /* carried (above), also where it ends like a group's field */
    if (name[0] == '_') return find_spelled(table, name, out);
    size_t len = strlen(name);
    return find_own(table->fields, name, len, out) || find_grouped(table, name, len, out);
}

const char *fields_column(const struct table *table, const struct field *group, const char *member,
                          const struct field *field, enum fields_part part, struct arena *arena) {
    if (!group)
        return part == PART_WHOLE ? field->name
                                  : arena_printf(arena, "%s%s", field->name, part_suffix(part));
    ASSERT(member && *member);
    const char *name = arena_printf(arena, "%s_%s%s", member, field->name, part_suffix(part));
    struct fields_place place;
    bool same = fields_find_column(table, name, &place) && place.group == group &&
                place.field == field && place.part == part;
    if (same && name[0] != '_' && !fields_is_mark(name[0])) return name;
    return arena_printf(arena, "_%s.%s%s:%s", group->name, field->name, part_suffix(part), member);
}
