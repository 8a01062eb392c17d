/* Unit tests of the keys of redress.orders. */
#include "cohort_keys.h"
#include "contract/cohort_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static void the_narrowest_dimension_decides(void **state) {
    (void)state;
    static const struct {
        struct cohort_match match;
        int64_t from, to;
        const char *key;
    } rows[] = {
        {{.carrier = "SF"}, 0, 0, CARRIER},
        {{.carrier = "SF", .warehouse = "W1"}, 0, 0, WAREHOUSE},
        {{.lane = "HZ-SH", .warehouse = "W1"}, 0, 0, LANE},
        {{.lane = "HZ-SH"},
         1763769600000,
         1763856000000,
         "default\x1f"
         "day\x1f"
         "HZ-SH@2025-11-22"},
        {{.lane = "HZ-SH"}, 1763769600001, 1763856000001, LANE},
        {{.lane = "HZ-SH"}, 1763769600000, 0, LANE},
        {{.sku = "s", .lane = "HZ-SH"},
         0,
         0,
         "default\x1f"
         "sku\x1f"
         "s"},
        {{.batch = "B-7", .sku = "s"}, 0, 0, BATCH},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_string_equal(
            cohort_key_of_match("default", &rows[i].match, rows[i].from, rows[i].to, arena),
            rows[i].key);
    assert_null(cohort_key_of_match("default", &(struct cohort_match){0}, 0, 0, arena));
}

static void an_order_has_a_key_for_each_dimension(void **state) {
    (void)state;
    const struct order order = {.carrier = "SF",
                                .warehouse = "W1",
                                .lane = "HZ-SH",
                                .placed_at = INT64_C(1795341600000)}; /* 2026-11-22T10:00:00Z */
    struct item cherries = {.sku = "cherries", .batch = "B-7"};
    struct texts keys;
    cohort_keys_of_order("default", &order, &(struct parts){&cherries, 1}, arena, &keys);
    static const char *const expected[] = {CARRIER,
                                           WAREHOUSE,
                                           LANE,
                                           TRUCK,
                                           "default\x1f"
                                           "sku\x1f"
                                           "cherries",
                                           BATCH};

    assert_int_equal(keys.count, LENGTH(expected));
    for (int i = 0; i < keys.count; i++) assert_string_equal(keys.at[i], expected[i]);
    struct item items[60];
    for (int i = 0; i < 60; i++) items[i] = (struct item){.sku = arena_printf(arena, "S%d", i / 2)};
    cohort_keys_of_order("default", &(struct order){0}, &(struct parts){items, 60}, arena, &keys);
    assert_int_equal(keys.count, COHORT_KEY_ITEMS_MOST);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_narrowest_dimension_decides),
        TEST(an_order_has_a_key_for_each_dimension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
