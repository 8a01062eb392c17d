/* Who bears what: maps that are no shares, and sums that grow until there is no room for one more
 * party. How an amount is divided is in test_compensation_offers.c. */
#include "compensation/share.h"
#include "data/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct tree *read(struct arena *arena, const char *text) {
    const struct json_limits limits = {4096, 8, 100};
    const struct tree *tree;
    struct err err;
    if (json_read(arena, text, strlen(text), &limits, &tree, &err) != JSON_OK)
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static void what_is_a_share(void **state) {
    static const struct {
        const char *map;
        bool percents, money;
        int64_t first; /* weight, in thousandths of a percent or minor units */
    } rows[] = {
        {"{\"a\":100}", true, false, 100000},
        {"{\"a\":33.3335,\"b\":0}", true, false, 33334},
        {"{\"a\":0,\"b\":0.001}", true, false, 0},
        {"{\"a\":0}", false, false, 0},
        {"{\"a\":100.001}", false, false, 0},
        {"{\"a\":50,\"b\":-1}", false, false, 0},
        {"{\"a\":\"50\"}", false, false, 0},
        {"{}", false, false, 0},
        {"[50]", false, false, 0},
        {"{\"a\":{\"currency\":\"CNY\",\"minor\":7}}", false, true, 7},
        {"{\"a\":{\"minor\":0},\"b\":{\"minor\":1}}", false, true, 0},
        {"{\"a\":{\"minor\":0}}", false, false, 0},
        {"{\"a\":{\"minor\":5},\"b\":{\"minor\":-1}}", false, false, 0},
        {"{\"a\":{\"minor\":5},\"b\":{}}", false, false, 0},
        {"{\"a\":{\"minor\":5.5}}", false, false, 0},
        {"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1}", true, false, 1000},
        {"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}", false, false,
         0},
    };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tree *map = read(arena, rows[i].map);
        struct share_weights weights = {.count = -7};
        if (share_read_percents(map, &weights) != rows[i].percents)
            fail_msg("%s as percents", rows[i].map);
        if (rows[i].percents) assert_int_equal(weights.weight[0], rows[i].first);
        if (!rows[i].percents) assert_int_equal(weights.count, -7);
        if (share_read_money(map, &weights) != rows[i].money) fail_msg("%s as money", rows[i].map);
        if (rows[i].money) assert_int_equal(weights.weight[0], rows[i].first);
    }
    struct share_weights weights;
    assert_false(share_read_percents(NULL, &weights));
    assert_false(share_read_money(NULL, &weights));
    arena_free(arena);
}

/* Party by party; one too many is refused. */
static void sums_grow(void **state) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    struct share_split split = {.sums = {.count = 0}};
    (void)state;

    for (int i = 0; i < SHARE_PARTIES_MAX; i++)
        assert_true(share_add(&split, i + 1, &(struct share_weights){{names[i]}, {1}, 1}));
    assert_int_equal(split.sums.count, SHARE_PARTIES_MAX);
    assert_true(share_merge(&split, &(struct share_split){{{"h", "a"}, {10, 20}, 2}}));
    assert_int_equal(share_in(&split, "a"), 21);
    assert_int_equal(share_in(&split, "b"), 2);
    assert_int_equal(share_in(&split, "h"), 18);
    assert_int_equal(share_in(&split, "i"), 0);
    assert_int_equal(split.sums.count, SHARE_PARTIES_MAX);
    assert_false(share_merge(&split, &(struct share_split){{{"a", "i"}, {1, 1}, 2}}));
    assert_false(share_add(&split, 1, &(struct share_weights){{"i"}, {1}, 1}));
    assert_int_equal(share_in(&split, "i"), 0);

    assert_true(share_is_useful(&(struct share_weights){{"a", "b"}, {0, 1}, 2}));
    assert_false(share_is_useful(&(struct share_weights){{"a"}, {0}, 1}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_share),
        cmocka_unit_test(sums_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
