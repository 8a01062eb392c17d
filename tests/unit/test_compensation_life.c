/* The life of a proposal: the table is whole, and the diagram in the documentation is made from it.
 *
 *     test_compensation_life --write     writes the diagram anew */
#include "base/file.h"
#include "case_world.h"
#include "compensation/life.h"

#define PAGE  "deploy/docs/compensation.md"
#define BEGIN "```mermaid\nstateDiagram-v2\n"
#define END   "```\n"

static const char *const *names(void) {
    for (const struct field *field = compensation_state_table.fields; field->name; field++)
        if (strcmp(field->name, "status") == 0) return field->choices;
    fail_msg("no status");
    return NULL;
}

static const char *name(int status) {
    return fields_choice_name(names(), status);
}

static bool is_end(int status) {
    for (const struct life_row *row = life_rows; row->from; row++)
        if (row->from == status) return false;
    return true;
}

/* One row a status and step; everything can be reached; what has ended stays so. */
static void the_table_is_whole(void **unused) {
    (void)unused;
    bool reached[COMPENSATION_WITHDRAWN + 1] = {false};
    reached[COMPENSATION_PROPOSED] = true;
    for (const struct life_row *row = life_rows; row->from; row++) {
        for (const struct life_row *other = life_rows; other != row; other++)
            assert_false(other->from == row->from && other->step == row->step);
        assert_int_equal(life_next(row->from, row->step), row->to);
        assert_true(reached[row->from]); /* rows stand in the order of a life */
        reached[row->to] = true;
        assert_non_null(row->words);
    }
    for (int status = COMPENSATION_PROPOSED; status <= COMPENSATION_WITHDRAWN; status++)
        if (!reached[status]) fail_msg("%s cannot be reached", name(status));
    static const int ends[] = {COMPENSATION_SETTLED, COMPENSATION_REJECTED, COMPENSATION_EXPIRED,
                               COMPENSATION_WITHDRAWN};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) assert_true(is_end(ends[i]));
    for (int step = LIFE_ASK; step <= LIFE_FAIL; step++)
        assert_int_equal(life_next(COMPENSATION_NONE, step), COMPENSATION_NONE);
    /* Nothing is taken back from who has chosen. */
    for (int status = COMPENSATION_CHOSEN; status <= COMPENSATION_FAILED; status++)
        for (int step = LIFE_ASK; step <= LIFE_CHOOSE; step++)
            assert_int_equal(life_next(status, step), COMPENSATION_NONE);
}

static void draw(struct buf *out) {
    buf_puts(out, BEGIN);
    buf_printf(out, "    [*] --> %s\n", name(COMPENSATION_PROPOSED));
    for (const struct life_row *row = life_rows; row->from; row++)
        buf_printf(out, "    %s --> %s: %s\n", name(row->from), name(row->to), row->words);
    for (int status = COMPENSATION_PROPOSED; status <= COMPENSATION_WITHDRAWN; status++)
        if (is_end(status)) buf_printf(out, "    %s --> [*]\n", name(status));
    buf_puts(out, END);
}

/* The page with the diagram in its place. */
static void make_page(struct arena *arena, const char **is_out, struct buf *wanted) {
    const char *page;
    size_t len;
    struct err err;
    if (file_read(arena, PAGE, 1 << 20, &page, &len, &err)) fail_msg("%s", err.text);
    page = arena_strndup(arena, page, len);
    const char *begin = strstr(page, BEGIN);
    if (!begin) fail_msg(PAGE " has no diagram");
    const char *end = strstr(begin + strlen(BEGIN), END);
    assert_non_null(end);
    buf_printf(wanted, "%.*s", (int)(begin - page), page);
    draw(wanted);
    buf_puts(wanted, end + strlen(END));
    *is_out = page;
}

static void the_diagram_is_made_from_it(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct buf wanted = {0};
    const char *is;
    make_page(arena, &is, &wanted);
    if (strcmp(is, wanted.at) != 0)
        fail_msg(PAGE " is not what the table says: test_compensation_life --write writes it");
    buf_free(&wanted);
    arena_free(arena);
}

static int write_page(void) {
    struct arena *arena = arena_new();
    struct buf wanted = {0};
    struct err err;
    const char *is;
    make_page(arena, &is, &wanted);
    int result = file_write(PAGE, wanted.at, wanted.len, &err);
    buf_free(&wanted);
    arena_free(arena);
    return result != 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(the_diagram_is_made_from_it),
    };
    if (argc > 1 && strcmp(argv[1], "--write") == 0) return write_page();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
