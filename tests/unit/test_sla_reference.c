/* The reference of sla.yaml in deploy/docs/policies.md has every key, in the words of the tables
 * that read it, and each example is a policy that loads. A row that is wrong is shown as it should
 * be. */
#include "base/file.h"
#include "data/yaml.h"
#include "sla/sla_policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PAGE "deploy/docs/policies.md"

/* Where an example stands, %s, and what the rest of the file must have; a line that begins with a
 * key (or several) and a question mark is left out where the example has that key. */
static const struct {
    const char *table, *file;
} frames[] = {
    {"sla.yaml", "%s\n"
                 "version?version: \"1\"\n"
                 "policies?policies: [{name: a, targets: {resolution: {within: 1h}}}]\n"},
    {"policy", "version: \"1\"\n"
               "policies:\n"
               "  - {name: marketplace, match: {tenant: [mall]}, targets: {resolution: {within: "
               "48h}}}\n"
               "  - %s\n"
               "name?    name: a\n"
               "targets?    targets: {resolution: {within: 1h}}\n"},
    {"pause", "version: \"1\"\n"
              "pauses:\n"
              "  %s\n"
              "policies: [{name: a, targets: {resolution: {within: 1h}}}]\n"},
    {"target", "version: \"1\"\n"
               "calendars: {office: {weekly: {mon: [[\"09:00\", \"18:00\"]]}}}\n"
               "policies:\n"
               "  - name: a\n"
               "    targets:\n"
               "      next_update:\n"
               "        %s\n"
               "within/by?        within: 24h\n"},
    {"by", "version: \"1\"\n"
           "policies:\n"
           "  - name: a\n"
           "    targets:\n"
           "      resolution:\n"
           "        by:\n"
           "          %s\n"},
    {"calendar of the case", "version: \"1\"\n"
                             "calendars: {office: {weekly: {mon: [[\"09:00\", \"18:00\"]]}}, DE: "
                             "{weekly: {mon: [[\"08:00\", \"17:00\"]]}}}\n"
                             "policies:\n"
                             "  - name: a\n"
                             "    targets:\n"
                             "      resolution:\n"
                             "        within: 24h\n"
                             "        calendar:\n"
                             "          %s\n"},
    {"warning", "version: \"1\"\n"
                "policies:\n"
                "  - name: a\n"
                "    targets:\n"
                "      resolution:\n"
                "        within: 24h\n"
                "        warn:\n"
                "          - %s\n"},
    {"step", "version: \"1\"\n"
             "policies:\n"
             "  - name: a\n"
             "    targets:\n"
             "      resolution:\n"
             "        within: 24h\n"
             "        escalate:\n"
             "          - %s\n"
             "after?            after: 15m\n"
             "to?            to: supervisor\n"},
    {"match", "version: \"1\"\n"
              "policies:\n"
              "  - name: a\n"
              "    match:\n"
              "      %s\n"
              "    targets: {resolution: {within: 1h}}\n"},
    {"order", "version: \"1\"\n"
              "policies:\n"
              "  - name: a\n"
              "    match:\n"
              "      order:\n"
              "        %s\n"
              "    targets: {resolution: {within: 1h}}\n"},
    {"calendar", "version: \"1\"\n"
                 "calendars:\n"
                 "  office:\n"
                 "    %s\n"
                 "weekly?    weekly: {mon: [[\"09:00\", \"18:00\"]]}\n"
                 "policies: [{name: a, targets: {resolution: {within: 1h}}}]\n"},
};

static const char *frame_of(const char *table) {
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        if (strcmp(frames[i].table, table) == 0) return frames[i].file;
    fail_msg("no frame for the examples of %s", table);
    return NULL;
}

static bool has_key(const char *example, const char *key, size_t len) {
    for (const char *at = example; (at = strstr(at, key)); at++)
        if ((at == example || strchr(" {\n", at[-1])) && at[len] == ':') return true;
    return false;
}

/* "within/by": one of these. */
static bool has_one(const char *example, const char *keys, size_t len) {
    char key[40];

    for (const char *at = keys; at < keys + len;) {
        size_t part = strcspn(at, "/?");
        snprintf(key, sizeof key, "%.*s", (int)part, at);
        if (has_key(example, key, part)) return true;
        at += part + 1;
    }
    return false;
}

/* The frame with the example in it. */
static const char *put_in_frame(const char *frame, const char *example, struct arena *arena) {
    struct buf out = {0};

    for (const char *at = frame; *at;) {
        const char *end = strchr(at, '\n');
        size_t name = strcspn(at, "?\n");
        const char *place = strstr(at, "%s");
        if (at[name] == '?') {
            if (!has_one(example, at, name))
                buf_printf(&out, "%.*s", (int)(end + 1 - at - (ptrdiff_t)name - 1), at + name + 1);
        } else if (place && place < end) {
            buf_printf(&out, "%.*s%s\n", (int)(place - at), at, example);
        } else {
            buf_printf(&out, "%.*s", (int)(end + 1 - at), at);
        }
        at = end + 1;
    }
    const char *text = arena_strdup(arena, out.at);
    buf_free(&out);

    return text;
}

static void loads(const char *table, const char *example, struct arena *arena) {
    struct faults faults = {.arena = arena};
    const char *text = put_in_frame(frame_of(table), example, arena);
    const struct tree *tree;
    struct err err = {""};
    void *policy;
    const char *version;

    if (yaml_read(arena, "sla.yaml", text, strlen(text), &tree, &err))
        fail_msg("%s in\n%s", err.text, text);
    if (sla_policy_load(tree, "", arena, &policy, &version, &faults))
        fail_msg("%s: %s in\n%s", faults.at[0].path, faults.at[0].text, text);
}

/* The rows of a table of the page, or NULL. */
static const char *section_of(const char *page, const char *table, struct arena *arena) {
    const char *head = strstr(page, arena_printf(arena, "\n### %s\n", table));
    if (!head) return NULL;
    const char *rows = strstr(head, "|---|---|---|\n");
    if (!rows) return NULL;
    return rows + strlen("|---|---|---|\n");
}

/* One row: | `key` | what | `example` |. Returns the next. */
static const char *check_row(const char *row, const struct table *table, const struct field *field,
                             struct arena *arena) {
    const char *begin = arena_printf(arena, "| `%s` | %s | `", field->name, field->doc);

    if (strncmp(row, begin, strlen(begin)) != 0)
        fail_msg("%s, ### %s: expected the row\n%sEXAMPLE` |\nfound\n%.*s", PAGE, table->name,
                 begin, (int)strcspn(row, "\n"), row);
    const char *example = row + strlen(begin);
    const char *end = strstr(example, "` |\n");
    assert_non_null(end);
    const char *text = arena_strndup(arena, example, (size_t)(end - example));
    if (!has_key(text, field->name, strlen(field->name)))
        fail_msg("%s, ### %s: the example of %s does not have it", PAGE, table->name, field->name);
    loads(table->name, text, arena);

    return end + strlen("` |\n");
}

static void test_every_key(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct err err;
    const char *page;
    size_t len;
    int keys = 0;

    if (file_read(arena, PAGE, 1 << 20, &page, &len, &err)) fail_msg("%s", err.text);
    for (int i = 0; sla_policy_tables[i]; i++) {
        const struct table *table = sla_policy_tables[i];
        const char *row = section_of(page, table->name, arena);
        if (!row) fail_msg("%s has no table ### %s", PAGE, table->name);
        for (const struct field *field = table->fields; field->name; field++, keys++)
            row = check_row(row, table, field, arena);
        if (*row == '|')
            fail_msg("%s, ### %s: no such key: %.*s", PAGE, table->name, (int)strcspn(row, "\n"),
                     row);
    }
    print_message("%d keys\n", keys);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
