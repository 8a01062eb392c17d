/* Unit tests of lane: in virtual time, against a receiver that fails in every way. */
#include "gateway/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct lane_rules usual = {.concurrency = 4,
                                        .retry_first_ms = SECOND,
                                        .retry_longest_ms = MINUTE,
                                        .give_up_ms = HOUR,
                                        .breaker = 5,
                                        .rest_first_ms = 10 * SECOND,
                                        .rest_longest_ms = 5 * MINUTE};

/* One allocation: the item and its texts. */
static struct lane_item *item_new(int number, const char *key, int partition, int64_t offset) {
    struct {
        struct lane_item item;
        char id[20], key[20];
    } *all = calloc(1, sizeof *all);

    assert_non_null(all);
    snprintf(all->id, sizeof all->id, "n-%d", number);
    snprintf(all->key, sizeof all->key, "%s", key);
    all->item = (struct lane_item){.id = all->id,
                                   .case_id = "c-1",
                                   .key = all->key,
                                   .place = {.partition = partition, .offset = offset},
                                   .bytes = 100,
                                   .memory = all};
    return &all->item;
}

static struct lane_item *add(struct lane *lane, int number, const char *key) {
    struct lane_item *item = item_new(number, key, 0, number);
    lane_add(lane, item);
    return item;
}

static struct lane_item *next(struct lane *lane, int64_t now_ms) {
    int64_t wake_ms;
    return lane_next(lane, now_ms, &wake_ms);
}

static void one_key_goes_in_its_order(void **state) {
    (void)state;
    struct lane lane = {.rules = usual};
    struct lane_item *first = add(&lane, 1, "a");
    struct lane_item *second = add(&lane, 2, "a");
    struct lane_item *other = add(&lane, 3, "b");
    int64_t wake_ms;

    assert_ptr_equal(next(&lane, 0), first);
    assert_ptr_equal(next(&lane, 0), other);
    assert_null(lane_next(&lane, 0, &wake_ms));
    assert_true(wake_ms == INT64_MAX);
    lane_result(&lane, first, LANE_TROUBLE, "no answer", 0, 0);
    assert_null(lane_next(&lane, 0, &wake_ms)); /* the second waits for the first, not for time */
    assert_true(wake_ms == SECOND);
    assert_ptr_equal(next(&lane, SECOND), first);
    lane_result(&lane, first, LANE_REFUSED, "no such number", 0, SECOND);
    assert_ptr_equal(next(&lane, SECOND), second);
    assert_string_equal(first->reason, "no such number");
    assert_false(first->delivered);
    lane_forget(&lane);
    assert_int_equal(lane.count + (int)lane.bytes, 0);
}

/* 1, 2, 4, ... 60, 60 s; after an hour it is given up. */
static void pauses_grow_and_end(void **state) {
    (void)state;
    static const int64_t expected[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    struct lane_rules rules = usual;
    rules.breaker = 1000000;
    struct lane lane = {.rules = rules};
    struct lane_item *item = add(&lane, 1, "a");
    int64_t now_ms = 0;

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        int64_t wake_ms;
        assert_ptr_equal(next(&lane, now_ms), item);
        lane_result(&lane, item, LANE_TROUBLE, "no answer", 0, now_ms);
        assert_null(lane_next(&lane, now_ms, &wake_ms));
        assert_true(wake_ms - now_ms == expected[i] * SECOND);
        now_ms = wake_ms;
    }
    int tries = 0;
    while (!item->finished) {
        int64_t wake_ms;
        if (lane_next(&lane, now_ms, &wake_ms)) {
            lane_result(&lane, item, LANE_BUSY, "429", 0, now_ms);
            tries++;
        } else {
            now_ms = wake_ms;
        }
    }
    assert_true(now_ms >= HOUR && now_ms < HOUR + 2 * MINUTE);
    assert_true(tries > 50);
    assert_string_equal(item->reason, "429");
    lane_forget(&lane);
}

static void the_receiver_says_when(void **state) {
    (void)state;
    struct lane lane = {.rules = usual};
    struct lane_item *first = add(&lane, 1, "a");
    struct lane_item *second = add(&lane, 2, "b");
    int64_t wake_ms;

    assert_ptr_equal(next(&lane, 0), first);
    lane_result(&lane, first, LANE_BUSY, "429", 30 * SECOND, 0);
    assert_null(lane_next(&lane, 0, &wake_ms)); /* all of the lane leaves it alone */
    assert_true(wake_ms == 30 * SECOND);
    assert_ptr_equal(next(&lane, 30 * SECOND), first);
    assert_ptr_equal(next(&lane, 30 * SECOND), second);
    lane_forget(&lane);
}

/* Five failures of whatever messages: nothing for ten seconds, then one alone, then longer. */
static void a_sick_receiver_is_left_alone(void **state) {
    (void)state;
    struct lane lane = {.rules = usual};
    char key[8];
    int64_t wake_ms;

    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "k%d", i % 100);
        add(&lane, i, key);
    }
    for (int i = 0; i < 5; i++) lane_result(&lane, next(&lane, 0), LANE_TROUBLE, "no answer", 0, 0);
    assert_null(lane_next(&lane, 0, &wake_ms));
    assert_true(wake_ms == 10 * SECOND);
    struct lane_item *probe = next(&lane, wake_ms);
    assert_non_null(probe);
    assert_null(next(&lane, wake_ms)); /* one alone */
    lane_result(&lane, probe, LANE_TROUBLE, "no answer", 0, wake_ms);
    assert_null(lane_next(&lane, 10 * SECOND, &wake_ms));
    assert_true(wake_ms == 30 * SECOND);
    probe = next(&lane, wake_ms);
    lane_result(&lane, probe, LANE_DONE, "", 0, wake_ms);
    for (int i = 0; i < usual.concurrency; i++) assert_non_null(next(&lane, wake_ms));
    assert_null(next(&lane, wake_ms));
    lane_forget(&lane);
}

static void offsets_stop_at_the_first_unfinished(void **state) {
    (void)state;
    struct lane lane = {.rules = usual};
    struct lane_item *items[4];

    for (int i = 0; i < 4; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i % 100);
        items[i] = item_new(i, key, i % 2, 10 + i);
        lane_add(&lane, items[i]);
    }
    for (int i = 0; i < 4; i++) assert_ptr_equal(next(&lane, 0), items[i]);
    lane_result(&lane, items[2], LANE_DONE, "", 0, 0);
    lane_result(&lane, items[1], LANE_DONE, "", 0, 0);
    assert_int_equal(lane_choose(&lane, 9), 2);
    assert_true(lane_finished_to(&lane, 0, 13) == 10);
    assert_true(lane_finished_to(&lane, 1, 14) == 13);
    lane_told(&lane);
    lane_drop(&lane, 1, 13);
    assert_int_equal(lane.count, 3);
    lane_result(&lane, items[0], LANE_DONE, "", 0, 0);
    assert_int_equal(lane_choose(&lane, 9), 1);
    assert_true(lane_finished_to(&lane, 0, 13) == 13);
    lane_drop(&lane, 0, 13);
    assert_int_equal(lane.count, 1);
    lane_add(&lane, item_new(9, "k", 1, 14)); /* the end of the list is still known */
    assert_int_equal(lane.count, 2);
    assert_ptr_equal(lane.first->next, lane.last);
    lane_forget(&lane);
}

/* A transaction holds so many reports: the offset stays before what waits for the next one. */
static void offsets_stop_at_the_first_untold(void **state) {
    (void)state;
    struct lane lane = {.rules = usual};
    struct lane_item *items[4];

    lane.rules.concurrency = 4;
    for (int i = 0; i < 4; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i % 100);
        items[i] = add(&lane, i, key);
        assert_ptr_equal(next(&lane, 0), items[i]);
        lane_result(&lane, items[i], LANE_DONE, "", 0, 0);
    }
    items[0]->case_id = NULL;  /* nobody asks */
    items[1]->accepted = true; /* somebody else tells */
    assert_true(lane_finished_to(&lane, 0, 4) == 2);
    assert_int_equal(lane_choose(&lane, 1), 1);
    assert_true(items[2]->telling && !items[3]->telling);
    assert_true(lane_finished_to(&lane, 0, 4) == 3);
    assert_int_equal(lane_choose(&lane, 1), 1); /* it was aborted: the same once more */
    assert_true(items[2]->telling);
    lane_told(&lane);
    lane_drop(&lane, 0, 3);
    assert_int_equal(lane.count, 1);
    assert_int_equal(lane_choose(&lane, 1), 1);
    assert_true(lane_finished_to(&lane, 0, 4) == 4);
    lane_told(&lane);
    assert_int_equal(lane_choose(&lane, 1), 0);
    assert_true(lane_finished_to(&lane, 0, 4) == 4);
    lane_forget(&lane);
}

/* ---- Any order of anything ---- */

enum { MESSAGES = 200, KEYS = 12, ON_THEIR_WAY = 4 };

struct world {
    uint64_t dice;
    struct lane lane;
    struct lane_item *under_way[ON_THEIR_WAY];
    int64_t ends_ms[ON_THEIR_WAY], now_ms, started_ms;
    int started; /* within the second that began at started_ms */
    int last_of_key[KEYS], finished, tries;
    int64_t committed;
    bool told[MESSAGES], ill;
};

static unsigned roll(struct world *world, unsigned sides) {
    world->dice = world->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->dice >> 33) % sides;
}

static int key_of(const struct lane_item *item) {
    return atoi(item->key);
}

static void end_one(struct world *world, int i) {
    struct lane_item *item = world->under_way[i];
    enum lane_outcome outcome = LANE_DONE;
    int64_t after_ms = 0;

    world->under_way[i] = NULL;
    unsigned chance = roll(world, 100);
    if (world->ill)
        outcome = LANE_TROUBLE;
    else if (chance < 10)
        outcome = LANE_TROUBLE;
    else if (chance < 15)
        outcome = LANE_BUSY;
    else if (chance < 20)
        outcome = LANE_REFUSED;
    if (outcome == LANE_BUSY && chance % 2) after_ms = 1 + roll(world, 20000);
    int number = atoi(item->id + 2);
    lane_result(&world->lane, item, outcome, "why", after_ms, world->now_ms);
    if (!item->finished) return;
    assert_true(world->last_of_key[key_of(item)] < number); /* in their order */
    world->last_of_key[key_of(item)] = number;
    world->finished++;
}

static void begin_all(struct world *world, int64_t *wake_ms_out) {
    for (int i = 0; i < ON_THEIR_WAY; i++) {
        if (world->under_way[i]) continue;
        struct lane_item *item = lane_next(&world->lane, world->now_ms, wake_ms_out);
        if (!item) return;
        if (world->now_ms - world->started_ms >= 1000) {
            world->started_ms = world->now_ms;
            world->started = 0;
        }
        assert_true(++world->started <= world->lane.rules.rate + 1);
        assert_true(item->not_before_ms <= world->now_ms);
        for (int k = 0; k < ON_THEIR_WAY; k++)
            assert_true(!world->under_way[k] || strcmp(world->under_way[k]->key, item->key) != 0);
        world->under_way[i] = item;
        world->ends_ms[i] = world->now_ms + roll(world, 3000);
        world->tries++;
    }
    assert_null(lane_next(&world->lane, world->now_ms, wake_ms_out)); /* no more at once */
}

/* As a transaction does, which may be aborted: nothing is passed that nobody was told of. */
static void report(struct world *world) {
    lane_choose(&world->lane, (int)roll(world, 5));
    int64_t to = lane_finished_to(&world->lane, 0, MESSAGES);
    if (roll(world, 4) == 0) return;
    for (struct lane_item *item = world->lane.first; item; item = item->next) {
        if (!item->telling) continue;
        assert_false(world->told[item->place.offset]); /* once each */
        world->told[item->place.offset] = true;
    }
    lane_told(&world->lane);
    lane_drop(&world->lane, 0, to);
    for (; world->committed < to; world->committed++) assert_true(world->told[world->committed]);
}

static void turn(struct world *world) {
    int64_t wake_ms = INT64_MAX;

    begin_all(world, &wake_ms);
    for (int i = 0; i < ON_THEIR_WAY; i++)
        if (world->under_way[i] && world->ends_ms[i] < wake_ms) wake_ms = world->ends_ms[i];
    assert_true(wake_ms < INT64_MAX); /* else it would stand for ever */
    if (wake_ms > world->now_ms) world->now_ms = wake_ms;
    world->ill = world->now_ms / (2 * MINUTE) % 3 == 1;
    for (int i = 0; i < ON_THEIR_WAY; i++)
        if (world->under_way[i] && world->ends_ms[i] <= world->now_ms) end_one(world, i);
    if (roll(world, 3) == 0) report(world);
}

static void everything_ends(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct world world = {.dice = seed, .lane = {.rules = usual}};
        world.lane.rules.rate = 20;
        world.lane.rules.concurrency = ON_THEIR_WAY;
        memset(world.last_of_key, 0xff, sizeof world.last_of_key);
        for (int i = 0; i < MESSAGES; i++) {
            char key[8];
            snprintf(key, sizeof key, "%u", roll(&world, KEYS));
            struct lane_item *item = item_new(i, key, 0, i);
            if (roll(&world, 10) == 0) item->not_before_ms = roll(&world, HOUR);
            lane_add(&world.lane, item);
        }
        while (world.finished < MESSAGES) turn(&world);
        while (world.committed < MESSAGES) report(&world);
        assert_true(lane_finished_to(&world.lane, 0, MESSAGES) == MESSAGES);
        assert_true(world.tries >= MESSAGES);
        assert_int_equal(world.lane.on_their_way, 0);
        assert_int_equal(world.lane.count, 0);
        assert_null(world.lane.first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_goes_in_its_order),
        cmocka_unit_test(offsets_stop_at_the_first_untold),
        cmocka_unit_test(pauses_grow_and_end),
        cmocka_unit_test(the_receiver_says_when),
        cmocka_unit_test(a_sick_receiver_is_left_alone),
        cmocka_unit_test(offsets_stop_at_the_first_unfinished),
        cmocka_unit_test(everything_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
