/* URI references: what RFC 3986 allows and java.net.URI reads. */
#include "data/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *text;
    int wrong_at; /* -1: it is one */
};

static const struct row rows[] = {
    /* Sources as people name them. */
    {"/shop/app", -1},
    {"shop", -1},
    {"shop/app", -1},
    {"https://shop.example/app?v=2#top", -1},
    {"urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", -1},
    {"urn:event:from:myapi/resource/123", -1},
    {"mailto:cncf-wg-serverless@lists.cncf.io", -1},
    {"//host/path", -1},
    {"1-555-123-4567", -1},
    {"/cloudevents/spec/pull/123", -1},
    {"tag:shop,2026:app", -1},
    {"/%E5%BA%97", -1},
    {"Shop%20App", -1},
    {"", -1},
    {".", -1},
    {"../a", -1},
    {"?q", -1},
    {"#f", -1},
    {"a@b", -1},
    {"a/b:c", -1},
    {"/a:b", -1},
    {"a?b:c?d/e", -1},
    {"a#b?c/d", -1},
    {"http://user:word@host:8080/", -1},
    {"http://[::1]:80/x", -1},
    {"http://[::ffff:192.0.2.1]", -1},
    {"http://host:", -1},
    {"file:///etc/x", -1},
    {"a!$&'()*+,;=b", -1},
    {"x-y.z+1:rest", -1},

    {"Shop App", 4},
    {" ", 0},
    {"/shop/app ", 9},
    {"/shop\tapp", 5},
    {"\xe5\xba\x97", 0},
    {"/\xe5\xba\x97", 1},
    {"shop\\app", 4},
    {"/a\"b", 2},
    {"/<a>", 1},
    {"/a|b", 2},
    {"/{id}", 1},
    {"/a^b", 2},
    {"/a`b", 2},
    {"/[a]", 1},
    {"/a%", 2},
    {"/a%2", 2},
    {"/a%2g", 2},
    {"a#b#c", 3},
    {"1:b", 1},
    {":b", 0},
    {"a_b:c", 3},
    {"\xe5:", 0},
    {"http://a b/", 8},
    {"http://host:8o/", 13},
    {"http://a:b:c", 9},
    {"http://a@b@c", 10},
    {"http://[::1", 7},
    {"http://[::1]x", 12},
    {"http://[1:2]", 7},
    {"http://[]", 7},
    {"http://[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb]", 7},

    /* RFC 3986 has these, java.net.URI has not. */
    {"urn:", 3},
    {"urn:#f", 3},
    {"//", 1},
    {"http://", 6},
    {"http://[v1.a]/", 7},
};

static void test_references(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].text);
        size_t expected = rows[i].wrong_at < 0 ? len : (size_t)rows[i].wrong_at;
        char *exact = malloc(len ? len : 1); /* so that a read beyond it is seen */
        memcpy(exact, rows[i].text, len);
        size_t found = uri_reference(exact, len);
        free(exact);
        if (found != expected) fail_msg("%s: %zu, expected %zu", rows[i].text, found, expected);
    }
}

static void test_a_nul_is_no_character(void **state) {
    (void)state;
    assert_int_equal(uri_reference("/a\0b", 4), 2);
    assert_int_equal(uri_reference("\0", 1), 0);
    assert_int_equal(uri_reference("http://h\0", 9), 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_a_nul_is_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
