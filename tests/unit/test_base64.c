/* base64: the test vectors of RFC 4648, every byte, and what is none. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_vectors(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"+/+/", "\xfb\xff\xbf"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i][0]), found;
        char *bytes = malloc(BASE64_ROOM(len) + 1);
        assert_int_equal(base64_decode(rows[i][0], len, bytes, &found), 0);
        assert_int_equal(found, strlen(rows[i][1]));
        assert_memory_equal(bytes, rows[i][1], found);
        struct buf again = {NULL, 0, 0};
        base64_encode(bytes, found, &again);
        assert_int_equal(again.len, len);
        assert_memory_equal(again.at ? again.at : "", rows[i][0], len);
        buf_free(&again);
        free(bytes);
    }
}

static void test_refused(void **state) {
    (void)state;
    static const char *const rows[] = {"Z",    "Zg",      "Zg=",      "Zg===",  "=",
                                       "====", "Z===",    "Zg==Zg==", "Zm9v\n", "Zm 9",
                                       "Zm-_", "Zm9\xc3", "Zg=a",     "{}=="};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char bytes[16];
        size_t len;
        if (base64_decode(rows[i], strlen(rows[i]), bytes, &len) == 0) fail_msg("%s", rows[i]);
    }
}

/* Against the definition, bit by bit. */
static void test_every_three_bytes(void **state) {
    (void)state;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned bits = 0; bits < 1 << 24; bits += 61) {
        const char text[] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                             digits[bits & 63]};
        unsigned char bytes[3];
        size_t len;
        assert_int_equal(base64_decode(text, 4, (char *)bytes, &len), 0);
        assert_int_equal(len, 3);
        assert_int_equal((unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2], bits);
        struct buf again = {NULL, 0, 0};
        base64_encode((const char *)bytes, 3, &again);
        assert_memory_equal(again.at, text, 4);
        buf_free(&again);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_every_three_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
