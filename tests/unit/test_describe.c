/* What stands in redress.rejected of a record that cannot be copied there. */
#include "base/ids.h"
#include "base/utf8.h"
#include "runtime/bounds.h"
#include "runtime/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int start(void **state) {
    *state = arena_new();
    return 0;
}

static int end(void **state) {
    arena_free(*state);
    return 0;
}

static const struct tree *describe(struct arena *arena, const struct raw *raw,
                                   struct kafka_message *message) {
    struct header *headers = arena_alloc(arena, sizeof *headers * DESCRIBE_HEADERS_MAX);
    const struct tree *tree;
    struct err err;
    describe_record_into(raw, "shop.complaints", arena, headers, message);
    assert_int_equal(message->topic, TOPIC_REJECTED);
    assert_true(message->header_count <= DESCRIBE_HEADERS_MAX);
    assert_int_equal(json_read(arena, message->value, message->value_len, NULL, &tree, &err),
                     JSON_OK);
    return tree;
}

static void test_large(void **state) {
    enum { LARGE = 3000000, HEADERS = 100 };
    struct arena *arena = *state;
    char *value = arena_alloc(arena, LARGE), digest[17];
    struct header headers[HEADERS];
    memset(value, 'x', LARGE);
    for (int i = 0; i < HEADERS; i++)
        headers[i] = (struct header){i < 50 ? "ce_more" : "other", "y", 1};
    headers[0] = (struct header){"ce_type", "case.contacted", 14};
    headers[1] = (struct header){"ce_long", value, 1000};
    struct raw raw = {.topic = TOPIC_COMPLAINTS,
                      .partition = 3,
                      .offset = 17,
                      .key = "A1",
                      .key_len = 2,
                      .value = value,
                      .value_len = LARGE,
                      .headers = headers,
                      .header_count = HEADERS};
    struct kafka_message message;
    const struct tree *tree = describe(arena, &raw, &message);
    assert_string_equal(tree_text(tree, "topic"), "shop.complaints");
    assert_int_equal(tree_get(tree, "partition")->num, 3);
    assert_int_equal(tree_get(tree, "offset")->num, 17);
    assert_int_equal(tree_get(tree, "value_bytes")->num, LARGE);
    assert_int_equal(tree_get(tree, "value_begins")->text_len, DESCRIBE_BEGINNING_BYTES);
    assert_int_equal(tree_get(tree, "headers")->num, HEADERS);
    ids_digest(value, LARGE, digest);
    assert_string_equal(tree_text(tree, "value_xxh64"), digest);
    assert_memory_equal(message.key, "A1", 2);
    assert_string_equal(message.headers[0].name, "ce_type");
    for (int i = 0; i < message.header_count; i++)
        assert_string_not_equal(message.headers[i].name, "ce_long");
    assert_string_equal(message.headers[message.header_count - 1].name, "content-type");
    assert_true(bounds_size(&message) < 16 * 1024);
}

/* Whatever bytes they are, a key that is none or long included, it is a document in UTF-8. */
static void test_any_bytes(void **state) {
    struct arena *arena = *state;
    char *bytes = arena_alloc(arena, 5000);
    for (int i = 0; i < 5000; i++) bytes[i] = (char)(i * 7);
    for (size_t len = 0; len < 2000; len += 97) {
        struct raw raw = {
            .topic = TOPIC_COMPLAINTS, .offset = 9, .key = bytes, .key_len = 5000, .value = bytes};
        raw.value_len = len;
        struct kafka_message message;
        const struct tree *tree = describe(arena, &raw, &message);
        assert_int_equal(utf8_valid(message.value, message.value_len), message.value_len);
        assert_int_equal(tree_get(tree, "value_bytes")->num, (int64_t)len);
        assert_memory_equal(message.key, "shop.complaints-0-9", message.key_len);
    }
    struct raw none = {.topic = TOPIC_COMPLAINTS, .offset = 9};
    struct kafka_message message;
    const struct tree *tree = describe(arena, &none, &message);
    assert_null(tree_get(tree, "value_bytes"));
    assert_int_equal(message.key_len, strlen("shop.complaints-0-9"));
}

/* A character that lies across the end of the beginning is left out, not broken. */
static void test_cut_character(void **state) {
    struct arena *arena = *state;
    char text[DESCRIBE_BEGINNING_BYTES + 10];
    memset(text, 'a', sizeof text);
    memcpy(text + DESCRIBE_BEGINNING_BYTES - 2, "\xE5\xA5\xBD", 3);
    struct raw raw = {.topic = TOPIC_COMPLAINTS, .value = text, .value_len = sizeof text};
    struct kafka_message message;
    const struct tree *tree = describe(arena, &raw, &message);
    assert_int_equal(tree_get(tree, "value_begins")->text_len, DESCRIBE_BEGINNING_BYTES - 2);
}

static void test_unreadable(void **state) {
    struct arena *arena = *state;
    struct raw raw = {.topic = TOPIC_COMPLAINTS,
                      .partition = 1,
                      .offset = 5,
                      .unreadable = "it is packed with \"zstd\""};
    struct event ev;
    struct rejection rejection;
    struct kafka_message message;
    const struct tree *tree = describe(arena, &raw, &message);
    assert_string_equal(tree_text(tree, "unreadable"), "it is packed with \"zstd\"");
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    assert_string_equal(rejection.reason, "unreadable");
    assert_non_null(strstr(rejection.detail, "it is packed with"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_large, start, end),
        cmocka_unit_test_setup_teardown(test_any_bytes, start, end),
        cmocka_unit_test_setup_teardown(test_cut_character, start, end),
        cmocka_unit_test_setup_teardown(test_unreadable, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
