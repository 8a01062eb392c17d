/* The states that a keyed worker keeps: true under one `applied`, forgotten with it, and bounded. */
#include "runtime/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct toy {
    const char *name;
    int64_t count;
};
static const struct field toy_fields[] = {
    {FIELD(toy, name), .type = FIELD_NAME}, {FIELD(toy, count), .type = FIELD_INT}, FIELDS_END};
static const struct table toy_table = {
    .name = "toy", .size = sizeof(struct toy), .fields = toy_fields};

static void put(struct recent *recent, int shard, const char *id, int64_t count) {
    char name[] = "a name";
    struct toy toy = {.name = name, .count = count};
    recent_put(recent, shard, id, &toy, (uint64_t)count + 1);
    name[0] = 0; /* it is copied */
}

/* -1: not known. */
static int64_t find(const struct recent *recent, int shard, int64_t applied, const char *id) {
    uint64_t sum = 0;
    const struct toy *toy = recent_find(recent, shard, applied, id, &sum);
    if (!toy) return -1;
    assert_string_equal(toy->name, "a name");
    assert_int_equal(sum, (uint64_t)toy->count + 1);
    return toy->count;
}

static void test_under_one_applied(void **state) {
    (void)state;
    struct recent *recent = recent_new(&toy_table, 1 << 20);
    assert_int_equal(find(recent, 3, 10, "a"), -1);
    recent_move(recent, 3, 0, 10);
    put(recent, 3, "a", 7);
    assert_int_equal(find(recent, 3, 10, "a"), 7);
    assert_int_equal(find(recent, 3, 9, "a"), -1);
    assert_int_equal(find(recent, 3, 11, "a"), -1);
    assert_int_equal(find(recent, 2, 10, "a"), -1);
    assert_int_equal(find(recent, 3, 10, "b"), -1);

    recent_move(recent, 3, 10, 20); /* by this process: what did not change still counts */
    put(recent, 3, "b", 8);
    assert_int_equal(find(recent, 3, 20, "a"), 7);
    assert_int_equal(find(recent, 3, 20, "b"), 8);
    put(recent, 3, "a", 9);
    assert_int_equal(find(recent, 3, 20, "a"), 9);
    recent_put(recent, 3, "a", NULL, 0);
    assert_int_equal(find(recent, 3, 20, "a"), -1);

    recent_move(recent, 3, 25, 30); /* somebody else moved it from 20 to 25 */
    assert_int_equal(find(recent, 3, 30, "b"), -1);
    recent_free(recent);
}

static void test_forgotten(void **state) {
    (void)state;
    struct recent *recent = recent_new(&toy_table, 1 << 20);
    for (int shard = 0; shard < 3; shard++) {
        recent_move(recent, shard, 0, 5);
        put(recent, shard, "a", shard);
    }
    recent_forget(recent, 1);
    assert_int_equal(find(recent, 0, 5, "a"), 0);
    assert_int_equal(find(recent, 1, 5, "a"), -1);
    recent_move(recent, 1, 5, 6); /* it was healed, and goes on */
    assert_int_equal(find(recent, 1, 6, "a"), -1);
    put(recent, 1, "a", 4);
    assert_int_equal(find(recent, 1, 6, "a"), 4);
    recent_forget_all(recent);
    for (int shard = 0; shard < 3; shard++) assert_int_equal(find(recent, shard, 5, "a"), -1);
    recent_free(recent);
}

static void test_bounded(void **state) {
    (void)state;
    enum { BYTES = 64 * 1024, CASES = 20000 };
    struct recent *recent = recent_new(&toy_table, BYTES);
    char id[16];
    int known = 0;
    recent_move(recent, 0, 0, 1);
    for (int i = 0; i < CASES; i++) {
        snprintf(id, sizeof id, "case-%d", i);
        put(recent, 0, id, i);
        assert_int_equal(find(recent, 0, 1, id), i);
    }
    for (int i = 0; i < CASES; i++) {
        snprintf(id, sizeof id, "case-%d", i);
        int64_t found = find(recent, 0, 1, id);
        assert_true(found == i || found == -1);
        if (found == i) assert_true(i > CASES - 1000); /* the newest */
        known += found == i;
    }
    assert_true(known > 100);
    assert_true((size_t)known * (sizeof(struct toy) + sizeof "case-10000") <= BYTES);
    recent_free(recent);
}

static void test_off(void **state) {
    (void)state;
    struct recent *recent = recent_new(&toy_table, 0);
    recent_move(recent, 0, 0, 1);
    put(recent, 0, "a", 1);
    assert_int_equal(find(recent, 0, 1, "a"), -1);
    recent_free(recent);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_under_one_applied),
                                       cmocka_unit_test(test_forgotten),
                                       cmocka_unit_test(test_bounded), cmocka_unit_test(test_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
