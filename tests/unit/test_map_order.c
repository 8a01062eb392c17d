/* In which order the records of a batch are written, and which of them wait for the one whose claim
 * they join. */
#include "runtime/map_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ITEMS_MAX = 6, OWN = 2, OTHERS = 1 };

static const enum topic reads[] = {TOPIC_COMPLAINTS, TOPIC_NONE};

struct item {
    int partition;
    int64_t offset;
    const char *owners[3]; /* whose claims it joined */
};

/* What each item comes to: its place in the order ("1", "2", ...), or what it waits for ("0/11"),
 * or "left". */
struct row {
    const char *name;
    struct item items[ITEMS_MAX];
    const char *come_to[ITEMS_MAX];
};

/* Of partitions 0 and 1, which are ours, the first 10 and 0 are committed; of partition 2 of
 * another process the first 5, and two that follow wait for ours; of partition 3 nothing is known.
 */
static const struct row rows[] = {
    {"all granted", {{0, 10, {0}}, {0, 11, {0}}}, {"1", "2"}},
    {"joins what is committed", {{0, 10, {"complaints/0/9"}}}, {"1"}},
    {"joins what another process has committed", {{0, 10, {"complaints/2/4"}}}, {"1"}},
    {"joins what another process has not committed", {{0, 10, {"complaints/2/5"}}}, {"2/5"}},
    {"joins what another process has decided behind one that waits",
     {{0, 10, {"complaints/2/6"}}},
     {"1"}},
    {"joins what waits in another process", {{0, 10, {"complaints/2/7"}}}, {"2/7"}},
    {"joins what stands in a partition that is not known", {{0, 10, {"complaints/3/0"}}}, {"3/0"}},
    {"joins an earlier record of the batch",
     {{0, 10, {0}}, {1, 1, {"complaints/0/10"}}},
     {"1", "2"}},
    {"joins a later record of the batch: goes behind it",
     {{0, 10, {"complaints/1/1"}}, {1, 1, {0}}},
     {"2", "1"}},
    {"joins what was claimed before a crash and is not read yet",
     {{0, 10, {"complaints/1/7"}}},
     {"1/7"}},
    {"those behind it in its partition go on",
     {{0, 10, {"complaints/1/5"}}, {0, 11, {0}}, {1, 1, {0}}},
     {"1/5", "1", "2"}},
    {"joins a record that waits",
     {{0, 10, {"complaints/1/9"}}, {1, 1, {"complaints/0/10"}}},
     {"1/9", "0/10"}},
    {"joins its own successor", {{0, 10, {"complaints/0/11"}}, {0, 11, {0}}}, {"2", "1"}},
    {"each joins the other's successor: no circle",
     {{0, 10, {"complaints/1/1"}}, {0, 11, {0}}, {1, 0, {"complaints/0/11"}}, {1, 1, {0}}},
     {"4", "1", "2", "3"}},
    {"a chain against the order of the batch",
     {{0, 10, {"complaints/0/11"}},
      {0, 11, {"complaints/1/0"}},
      {1, 0, {"complaints/1/1"}},
      {1, 1, {0}}},
     {"4", "3", "2", "1"}},
    {"joins two", {{0, 10, {"complaints/0/11", "complaints/2/5"}}, {0, 11, {0}}}, {"2/5", "1"}},
    {"two that join each other: the one that stands first goes first",
     {{1, 1, {"complaints/0/10"}}, {0, 10, {"complaints/1/1"}}},
     {"2", "1"}},
    {"three in a circle, and one that joins one of them",
     {{1, 0, {"complaints/1/1"}},
      {1, 1, {"complaints/0/10"}},
      {0, 10, {"complaints/1/0"}},
      {1, 2, {"complaints/1/1"}}},
     {"4", "2", "1", "3"}},
    {"the first of a circle still waits for another one",
     {{0, 10, {"complaints/1/1", "complaints/2/8"}}, {1, 1, {"complaints/0/10"}}},
     {"2/8", "0/10"}},
    {"a circle through another process, of which ours stands first, for long",
     {{0, 10, {"complaints/2/5"}}},
     {"1"}},
    {"a circle through another process, which perhaps does not know better yet",
     {{0, 10, {"complaints/2/5"}}},
     {"2/5"}},
    {"a circle through another process, of which its record stands first, for long",
     {{0, 99, {"complaints/2/5"}}},
     {"2/5"}},
    {"joins a circle that it is not part of", {{0, 12, {"complaints/2/7"}}}, {"2/7"}},
    {"an owner that is no position, or of a topic that is not read",
     {{0, 10, {"BYCRCNPA1C41H-FRGWX4V.1", "events/0/1"}}},
     {"1"}},
};

/* A claim for each owner: joined, with another value than its own. */
static const struct asking *asking(struct arena *arena, const struct item *item) {
    struct asking *asking = ARENA_NEW(arena, struct asking);
    asking->claims.arena = arena;
    asking->answers = arena_alloc(arena, sizeof *asking->answers * 4);
    claims_add(&asking->claims,
               &(struct claim){.kind = CLAIM_JOIN, .key = "granted", .id = "x", .value = "case-x"});
    asking->answers[asking->answered++] =
        (struct answer){.granted = true, .owner = "complaints/1/999"};
    for (int i = 0; i < 3 && item->owners[i]; i++) {
        claims_add(
            &asking->claims,
            &(struct claim){.kind = CLAIM_JOIN, .key = "order", .id = "x", .value = "case-x"});
        asking->answers[asking->answered++] =
            (struct answer){.owner = item->owners[i], .value = "case-y"};
    }
    return asking;
}

static struct map_known known(struct map_input own[OWN], struct map_input others[OTHERS],
                              bool circle) {
    map_input_assign(&own[0], TOPIC_COMPLAINTS, 0);
    map_input_stand(&own[0], 10, "", 0);
    map_input_assign(&own[1], TOPIC_COMPLAINTS, 1);
    map_input_stand(&own[1], -1, "", 0);
    map_input_assign(&others[0], TOPIC_COMPLAINTS, 2);
    map_input_stand(&others[0], 5, circle ? "+3 0>0/10 2>2/5" : "+3 0>3/1 2>3/1", 0);
    return (struct map_known){
        .own = own, .own_count = OWN, .others = others, .other_count = OTHERS};
}

static void describe(const struct map_item *item, const int *order, int going, int index,
                     char text_out[40]) {
    snprintf(text_out, 40, "%d/%lld", item->on.partition, (long long)item->on.offset);
    for (int i = 0; i < going; i++)
        if (order[i] == index) snprintf(text_out, 40, "%d", i + 1);
    if (item->left) snprintf(text_out, 40, "left");
}

static void check(const struct row *row) {
    struct arena *arena = arena_new();
    struct map_input own[OWN], others[OTHERS];
    struct map_known what = known(own, others, strstr(row->name, "circle") != NULL);
    struct map_item items[ITEMS_MAX] = {0};
    int order[ITEMS_MAX], count = 0;
    for (; count < ITEMS_MAX && row->come_to[count]; count++) {
        items[count].at = (struct map_position){TOPIC_COMPLAINTS, row->items[count].partition,
                                                row->items[count].offset};
        items[count].long_waited = strstr(row->name, "for long") != NULL;
        map_order_needs(&items[count], asking(arena, &row->items[count]), reads, arena);
    }

    print_message("%s\n", row->name);
    int going = map_order(&what, items, count, order, arena);
    for (int i = 0; i < count; i++) {
        char text[40];
        describe(&items[i], order, going, i, text);
        if (strcmp(text, row->come_to[i]) != 0)
            fail_msg("item %d: %s, expected %s", i, text, row->come_to[i]);
    }
    arena_free(arena);
}

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check(&rows[i]);
}

/* Who is answered what he would have said himself depends on nobody: the opener of a case, whose
 * order a later message of the same conversation has claimed in that case's name, while that one
 * waits for the opener. */
static void test_same_value(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct item about = {0, 10, {"complaints/2/5"}};
    struct asking *ask = (struct asking *)asking(arena, &about);
    struct map_item item = {.at = {TOPIC_COMPLAINTS, 0, 10}};
    map_order_needs(&item, ask, reads, arena);
    assert_int_equal(item.need_count, 1);
    ask->answers[1].value = "case-x";
    map_order_needs(&item, ask, reads, arena);
    assert_int_equal(item.need_count, 0);
    arena_free(arena);
}

/* A claim of its own that it meets again (its batch was decided before) is passed over, and those
 * behind it are not. */
static void test_itself(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct item about = {0, 10, {"complaints/0/10", "complaints/2/5"}};
    struct map_item item = {.at = {TOPIC_COMPLAINTS, 0, 10}};

    map_order_needs(&item, asking(arena, &about), reads, arena);
    assert_int_equal(item.need_count, 1);
    assert_int_equal(item.needs[0].partition, 2);
    arena_free(arena);
}

/* What there is no room for does not go, nor does what joins it. */
static void test_left(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct map_input own[OWN], others[OTHERS];
    struct map_known what = known(own, others, false);
    struct map_position need = {TOPIC_COMPLAINTS, 0, 11};
    struct map_item items[] = {{.at = {TOPIC_COMPLAINTS, 0, 10}},
                               {.at = {TOPIC_COMPLAINTS, 0, 11}, .left = true},
                               {.at = {TOPIC_COMPLAINTS, 1, 0}, .needs = &need, .need_count = 1}};
    int order[3];
    assert_int_equal(map_order(&what, items, 3, order, arena), 1);
    assert_true(items[0].goes);
    assert_false(items[1].goes);
    assert_false(items[2].goes);
    assert_int_equal(map_position_compare(&items[2].on, &need), 0);
    arena_free(arena);
}

/* Whether a record that has waited for long goes. */
static bool goes(const struct map_known *known, struct map_position at, struct map_position on) {
    struct arena *arena = arena_new();
    struct map_item item = {.at = at, .needs = &on, .need_count = 1, .long_waited = true};
    int order[1], going = map_order(known, &item, 1, order, arena);
    arena_free(arena);
    return going == 1;
}

/* Two processes that see the same circle agree on who goes first: the other way round from "a
 * circle through another process". */
static void test_circle_from_both_sides(void **state) {
    (void)state;
    struct map_input left, right;
    map_input_assign(&left, TOPIC_COMPLAINTS, 0);
    map_input_stand(&left, 10, "+8 0>1/3", 0);
    map_input_assign(&right, TOPIC_COMPLAINTS, 1);
    map_input_stand(&right, 2, "+5 1>0/10", 0);
    struct map_position a = {TOPIC_COMPLAINTS, 0, 10}, b = {TOPIC_COMPLAINTS, 1, 3};
    struct map_known one = {.own = &left, .own_count = 1, .others = &right, .other_count = 1};
    struct map_known two = {.own = &right, .own_count = 1, .others = &left, .other_count = 1};
    assert_true(goes(&one, a, b));
    assert_false(goes(&two, b, a));

    map_input_stand(&right, 2, "+5 1>2/0", 0); /* it waits for somebody else: no circle */
    assert_false(goes(&one, a, b));
}

/* A record that is not there any more holds up nobody. */
static void test_gone(void **state) {
    (void)state;
    struct map_position at = {TOPIC_COMPLAINTS, 9, 7},
                        gone[] = {{TOPIC_COMPLAINTS, 9, 6}, {TOPIC_COMPLAINTS, 9, 7}};
    struct map_known what = {.gone = gone, .gone_count = 1};
    assert_false(map_known_passed(&what, &at));
    what.gone_count = 2;
    assert_true(map_known_passed(&what, &at));
}

/* Records at random, some of which join one of the others: each that goes stands behind all that it
 * joins, unless these join each other; those left over wait for something outside. */
static void test_at_random(void **state) {
    (void)state;
    enum { COUNT = 60, ROUNDS = 500 };
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_new();
        struct map_known nothing = {0};
        struct map_item items[COUNT] = {0};
        struct map_position needs[COUNT];
        int order[COUNT], place[COUNT];
        unsigned seed = round;
        for (int i = 0; i < COUNT; i++) {
            items[i].at = (struct map_position){TOPIC_COMPLAINTS, (int)(rand_r(&seed) % 4), i};
            place[i] = -1;
        }
        for (int i = 0; i < COUNT; i++) {
            int joined = (int)(rand_r(&seed) % (COUNT + 2));
            if (rand_r(&seed) % 2 || joined == i) continue;
            needs[i] =
                joined < COUNT ? items[joined].at : (struct map_position){TOPIC_COMPLAINTS, 99, 0};
            items[i].needs = &needs[i];
            items[i].need_count = 1;
        }

        int going = map_order(&nothing, items, COUNT, order, arena), broken = 0;
        for (int i = 0; i < going; i++) place[order[i]] = i;
        for (int i = 0; i < COUNT; i++) {
            assert_true(items[i].goes == (place[i] >= 0));
            const struct map_position *need = items[i].goes ? &needs[i] : &items[i].on;
            if (!items[i].need_count && items[i].goes) continue;
            int joined = need->partition == 99 ? -1 : (int)need->offset;
            if (items[i].goes && (joined < 0 || place[joined] > place[i]))
                fail_msg("seed %u: item %d", round, i);
            broken += !items[i].goes && joined >= 0 && items[joined].goes;
        }
        assert_int_equal(broken, 0); /* nobody waits for what has gone */
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_same_value),
        cmocka_unit_test(test_itself),
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_circle_from_both_sides),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
