/* Tables for template: parsing with its errors, filling once, escaping, length. */
#include "data/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"name", "due", "amount", NULL};

static const char *filled(struct arena *arena, const char *text, enum template_escape escape,
                          const char *const *values) {
    const struct template *template = NULL;
    struct err err;
    assert_int_equal(template_parse(text, names, arena, &template, NULL, &err), 0);
    return template_fill(template, escape, values, arena);
}

static void fills_once(void **state) {
    (void)state;
    static const struct {
        const char *text, *name, *plain, *html;
    } cases[] = {
        {"Hello {name}.", "Li", "Hello Li.", "Hello Li."},
        {"", "Li", "", ""},
        {"{name}{name}", "Li", "LiLi", "LiLi"},
        {"{name} by {due}", "{due}", "{due} by 18:00", "{due} by 18:00"},
        {"%s %n {name}", "%d%n", "%s %n %d%n", "%s %n %d%n"},
        {"{{name}} is {name}", "Li", "{name} is Li", "{name} is Li"},
        {"{{{name}}}", "Li", "{Li}", "{Li}"},
        {"a\nb {name}", "x\r\ny", "a\nb x y", "a<br>\nb x y"},
        {"1 < 2 & {name}", "<b>\"O'Neil\"&</b>", "1 < 2 & <b>\"O'Neil\"&</b>",
         "1 &lt; 2 &amp; &lt;b&gt;&quot;O&#39;Neil&quot;&amp;&lt;/b&gt;"},
        {"您好，{name}", "张伟", "您好，张伟", "您好，张伟"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *values[] = {cases[i].name, "18:00", NULL};
        assert_string_equal(filled(arena, cases[i].text, TEMPLATE_PLAIN, values), cases[i].plain);
        assert_string_equal(filled(arena, cases[i].text, TEMPLATE_HTML, values), cases[i].html);
    }
    arena_free(arena);
}

static void refuses_half_a_promise(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    const char *values[] = {"Li", NULL, ""};
    assert_null(filled(arena, "until {due}", TEMPLATE_PLAIN, values));
    assert_null(filled(arena, "for {amount}", TEMPLATE_PLAIN, values));
    assert_non_null(filled(arena, "for {name}", TEMPLATE_PLAIN, values));
    arena_free(arena);
}

static void reports_faults(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
        int line;
    } cases[] = {
        {"Hello {nmae}", "{nmae}", 0},         {"a\nb\n{who}", "{who}", 2},
        {"open {name", "expected {name}", 0},  {"x\n} lone", "lone }", 1},
        {"{}", "expected {name}", 0},          {"{na\nme}", "expected {name}", 0},
        {"{ name}", "unknown placeholder", 0},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct template *template = NULL;
        struct err err;
        int line = -1;
        assert_int_equal(template_parse(cases[i].text, names, arena, &template, &line, &err), -1);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_int_equal(line, cases[i].line);
        assert_null(template);
    }
    arena_free(arena);
}

static void knows_its_names_and_length(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    const struct template *template = NULL;
    assert_int_equal(template_parse("{due} {due}", names, arena, &template, NULL, NULL), 0);
    assert_false(template_uses(template, 0));
    assert_true(template_uses(template, 1));
    assert_int_equal(template_length(""), 0);
    assert_int_equal(template_length("abc"), 3);
    assert_int_equal(template_length("您好😀"), 3);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_once),
        cmocka_unit_test(refuses_half_a_promise),
        cmocka_unit_test(reports_faults),
        cmocka_unit_test(knows_its_names_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
