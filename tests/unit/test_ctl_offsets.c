/* Where a worker goes on, by what it wrote. */
#include "intake/intake.h"
#include "redressctl/log/offsets.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEADER(name, value)                                                                        \
    { name, value, sizeof value - 1 }

static const struct config config = {.topic_prefix = "shop"};
static const struct kafka kafka = {.config = &config};

static void test_parse(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "complaints",
                                      "complaints/3",
                                      "complaints/3/",
                                      "/3/17",
                                      "nothing/3/17",
                                      "complaints/-3/17",
                                      "complaints/3/17x",
                                      "a/b/3/17",
                                      "complaints/3/17/1",
                                      "complaints/9999999999/1",
                                      "complaints/3/9223372036854775807"};
    struct place place;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(offsets_parse_from(bad[i], strlen(bad[i]), &place), -1);
    assert_int_equal(offsets_parse_from("complaints/3/17", 15, &place), 0);
    assert_int_equal(place.topic, TOPIC_COMPLAINTS);
    assert_int_equal(place.partition, 3);
    assert_int_equal(place.offset, 17);
}

static void note(struct offsets *offsets, enum topic topic, int partition,
                 const struct header *headers, int count) {
    offsets_note(offsets, &(struct raw){.topic = topic,
                                        .partition = partition,
                                        .headers = headers,
                                        .header_count = count});
}

static void test_without_state(void **state) {
    (void)state;
    struct place places[] = {{.topic = TOPIC_COMPLAINTS, .partition = 0, .offset = KAFKA_NO_OFFSET},
                             {.topic = TOPIC_COMPLAINTS, .partition = 1, .offset = KAFKA_NO_OFFSET},
                             {.topic = TOPIC_ACTIVITY, .partition = 1, .offset = KAFKA_NO_OFFSET}};
    struct offsets offsets = {.kafka = &kafka, .spec = &intake_spec, .at = places, .count = 3};
    note(&offsets, TOPIC_EVENTS, 0, &(struct header)HEADER("redress_from", "complaints/1/17"), 1);
    note(&offsets, TOPIC_EVENTS, 1, &(struct header)HEADER("redress_from", "complaints/1/9"), 1);
    note(&offsets, TOPIC_EVENTS, 1, &(struct header)HEADER("redress_from", "events/1/99"),
         1); /* classification's */
    note(&offsets, TOPIC_EVENTS, 1, NULL, 0);
    /* The last of a name is the worker's own. */
    const struct header rejected[] = {
        HEADER("redress_topic", "shop.complaints"), HEADER("redress_offset", "99"),
        HEADER("redress_topic", "shop.activity"), HEADER("redress_partition", "1"),
        HEADER("redress_offset", "30")};
    note(&offsets, TOPIC_REJECTED, 0, rejected, 5);
    /* Numbers that are nobody's; the second one is partition 1 in 32 bits. */
    const struct header too_far[] = {HEADER("redress_topic", "shop.activity"),
                                     HEADER("redress_partition", "1"),
                                     HEADER("redress_offset", "99999999999999999999")};
    const struct header elsewhere[] = {HEADER("redress_topic", "shop.activity"),
                                       HEADER("redress_partition", "4294967297"),
                                       HEADER("redress_offset", "77")};
    note(&offsets, TOPIC_REJECTED, 0, too_far, 3);
    note(&offsets, TOPIC_REJECTED, 0, elsewhere, 3);
    assert_int_equal(places[0].offset, KAFKA_NO_OFFSET);
    assert_int_equal(places[1].offset, 18);
    assert_int_equal(places[2].offset, 31);
}

static void note_waits(struct offsets *offsets, const char *value) {
    static const char key[] = "@waits:intake:complaints:1";
    offsets_note(offsets, &(struct raw){.topic = TOPIC_POLICIES,
                                        .key = key,
                                        .key_len = sizeof key - 1,
                                        .value = value,
                                        .value_len = value ? strlen(value) : 0});
}

/* What waited for another record is not behind what was published, though others behind it were. */
static void test_waiting(void **state) {
    (void)state;
    struct place said[] = {{.topic = TOPIC_COMPLAINTS, .partition = 1, .offset = KAFKA_NO_OFFSET}},
                 waits[1], place;
    struct offsets offsets = {&kafka, &intake_spec, said, 1, waits, arena_new()};
    waits[0] = place = said[0];
    note(&offsets, TOPIC_EVENTS, 0, &(struct header)HEADER("redress_from", "complaints/1/17"), 1);
    note_waits(&offsets, "{\"offset\":9,\"waits\":\"+3 0>0/4 2>0/5\"}");
    offsets_keep_waiting(waits, said[0].offset, &place);
    assert_int_equal(place.offset, 9);
    assert_string_equal(place.metadata, "+9 0>0/4 2>0/5");
    note_waits(&offsets, NULL);
    assert_int_equal(waits[0].offset, KAFKA_NO_OFFSET);
    arena_free(offsets.arena);
}

static void test_with_state(void **state) {
    (void)state;
    struct place places[] = {{.topic = TOPIC_EVENTS, .partition = 0, .offset = KAFKA_NO_OFFSET},
                             {.topic = TOPIC_EVENTS, .partition = 1, .offset = KAFKA_NO_OFFSET}};
    struct offsets offsets = {.kafka = &kafka, .spec = &sla_spec, .at = places, .count = 2};
    note(&offsets, TOPIC_STATE, 1, &(struct header)HEADER("redress_next", "41"), 1);
    note(&offsets, TOPIC_STATE, 1, &(struct header)HEADER("redress_next", "40"), 1);
    note(&offsets, TOPIC_STATE, 0, NULL, 0);
    assert_int_equal(places[0].offset, KAFKA_NO_OFFSET);
    assert_int_equal(places[1].offset, 41);
}

static void test_choose(void **state) {
    (void)state;
    static const struct {
        int64_t said, start, end, chosen;
        enum offsets_found found;
    } rows[] = {{KAFKA_NO_OFFSET, 5, 9, 5, OFFSETS_NOTHING_SAID},
                {7, 5, 9, 7, OFFSETS_FOUND},
                {9, 5, 9, 9, OFFSETS_FOUND},
                {5, 5, 9, 5, OFFSETS_FOUND},
                {10, 5, 9, 5, OFFSETS_BEYOND_END},
                {4, 5, 9, 5, OFFSETS_BEFORE_START}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t offset;
        assert_int_equal(offsets_choose(rows[i].said, rows[i].start, rows[i].end, &offset),
                         rows[i].found);
        assert_int_equal(offset, rows[i].chosen);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_without_state),
        cmocka_unit_test(test_waiting), cmocka_unit_test(test_with_state),
        cmocka_unit_test(test_choose)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
