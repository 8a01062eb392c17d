/* What may be committed of an input partition, whatever happens between a poll and a commit. */
#include "runtime/map_inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NONE = -1, COMMITTED = 10, BEGIN = 3 };

static const struct map_position other = {TOPIC_COMPLAINTS, 2, 4096},
                                 elsewhere = {TOPIC_DECISIONS, 7, 5};

static struct map_input standing(int64_t committed, const char *mark) {
    struct map_input input;
    map_input_assign(&input, TOPIC_COMPLAINTS, 1);
    map_input_stand(&input, committed, mark, BEGIN);
    return input;
}

static void poll(struct map_input *input, int64_t from, int64_t to) {
    for (int64_t offset = from; offset < to; offset++) map_input_polled(input, offset);
}

static void decide(struct map_input *input, int64_t from, int64_t to) {
    for (int64_t offset = from; offset < to; offset++) map_input_decide(input, offset);
}

/* NONE: nothing is to be committed. */
static int64_t due(const struct map_input *input) {
    struct place place;
    return map_input_due(input, &place) ? place.offset : NONE;
}

static void commit(struct map_input *input, int64_t offset, const char *mark) {
    struct place place;
    assert_true(map_input_due(input, &place));
    assert_int_equal(place.offset, offset);
    assert_string_equal(place.metadata, mark);
    map_input_settle(input, &place);
    assert_int_equal(due(input), NONE);
}

static void test_decided_then_committed(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    assert_int_equal(due(&input), NONE);
    poll(&input, 10, 15);
    assert_int_equal(due(&input), NONE); /* handed out is not decided */
    decide(&input, 10, 13);
    commit(&input, 13, "");
}

/* Behind the last record stand markers only; not while a record before them is in hand. */
static void test_an_end(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 12);
    map_input_ended(&input, 14);
    decide(&input, 10, 11);
    commit(&input, 11, "");
    decide(&input, 11, 12);
    commit(&input, 14, "");
    poll(&input, 14, 15); /* more came behind the end */
    assert_int_equal(due(&input), NONE);
    decide(&input, 14, 15);
    commit(&input, 15, "");
}

/* The fault that lost complaints: record 10 was not decided, so fetching went back to it, and the
 * end that had been reported behind it was committed. */
static void test_no_end_survives_a_rewind(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 12);
    map_input_ended(&input, 12);
    map_input_rewind(&input);
    assert_int_equal(input.polled, 10);
    assert_int_equal(due(&input), NONE);
    poll(&input, 10, 12);
    assert_int_equal(due(&input), NONE);
    decide(&input, 10, 12);
    commit(&input, 12, "");
}

/* What was decided in a transaction that failed is decided again. */
static void test_what_was_not_committed_comes_again(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 20);
    decide(&input, 10, 20);
    map_input_rewind(&input);
    assert_int_equal(input.polled, 10);
    assert_int_equal(due(&input), NONE);

    input = standing(NONE, "");
    poll(&input, BEGIN, 20);
    decide(&input, BEGIN, 20);
    map_input_rewind(&input);
    assert_int_equal(input.polled, BEGIN);
}

/* A revoke and an assignment forget everything, also when the same partition comes back. */
static void test_another_assignment(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 20);
    map_input_ended(&input, 20);
    map_input_assign(&input, TOPIC_COMPLAINTS, 1);
    assert_int_equal(due(&input), NONE);
    map_input_stand(&input, 12, "", BEGIN);
    assert_int_equal(input.decided, 12);
    assert_int_equal(due(&input), NONE);
}

/* A group that has committed nothing begins where the partition does; an empty partition commits
 * nothing. */
static void test_a_new_group(void **state) {
    (void)state;
    struct map_input input;
    map_input_assign(&input, TOPIC_ACTIVITY, 0);
    map_input_stand(&input, NONE, "", 0);
    map_input_ended(&input, 0);
    assert_int_equal(due(&input), NONE);
    poll(&input, 0, 1);
    map_input_wait(&input, 0, &other);
    commit(&input, 0, "+1 0>complaints/2/4096");
    map_input_decide(&input, 0);
    commit(&input, 1, "");
}

/* ---- Records that wait ---- */

/* Those behind them are decided; the offset stays, also when an end is reported. */
static void test_waiting(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 15);
    map_input_ended(&input, 20);
    decide(&input, 10, 11);
    map_input_wait(&input, 11, &other);
    decide(&input, 12, 13);
    map_input_wait(&input, 13, &elsewhere);
    decide(&input, 14, 15);
    commit(&input, 11, "+4 0>2/4096 2>decisions/7/5");
    assert_true(map_input_passed(&input, 10));
    assert_false(map_input_passed(&input, 11));
    assert_true(map_input_passed(&input, 14));
    assert_int_equal(map_position_compare(map_input_waits_for(&input, 13), &elsewhere), 0);
    assert_null(map_input_waits_for(&input, 12));

    map_input_wait(&input, 13, &other); /* for another one now */
    commit(&input, 11, "+4 0>2/4096 2>2/4096");
    map_input_decide(&input, 11);
    commit(&input, 13, "+2 0>2/4096");
    map_input_decide(&input, 13);
    commit(&input, 20, "");
}

/* Whoever owns the partition next decides what waits, and nothing else of what is decided. */
static void test_the_next_owner(void **state) {
    (void)state;
    struct map_input input = standing(11, "+4 0>2/4096 2>decisions/7/5");
    assert_int_equal(input.decided, 15);
    assert_int_equal(input.polled, 11);
    assert_int_equal(due(&input), NONE);
    assert_true(map_input_polled(&input, 11));
    assert_false(map_input_polled(&input, 12));
    assert_true(map_input_polled(&input, 13));
    assert_false(map_input_polled(&input, 14));
    assert_true(map_input_polled(&input, 15));
    map_input_decide(&input, 11);
    decide(&input, 15, 16);
    commit(&input, 13, "+3 0>decisions/7/5");
}

/* After trouble what is committed counts: record 11 waits again, and 13 was never seen. */
static void test_rewound_while_waiting(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 14);
    decide(&input, 10, 11);
    map_input_wait(&input, 11, &other);
    decide(&input, 12, 13);
    commit(&input, 11, "+2 0>2/4096");
    map_input_decide(&input, 11);
    map_input_wait(&input, 13, &other);
    map_input_rewind(&input);
    assert_int_equal(due(&input), NONE);
    assert_int_equal(input.polled, 11);
    assert_true(map_input_polled(&input, 11));
    assert_false(map_input_polled(&input, 12));
    assert_true(map_input_polled(&input, 13));
}

/* One more than there is room for: from there on nothing is decided, nor an end committed. */
static void test_no_room(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    int64_t next = COMMITTED;
    for (; input.waiting_count < MAP_WAITING_MAX; next++) {
        poll(&input, next, next + 1);
        map_input_wait(&input, next,
                       &(struct map_position){TOPIC_SETTLEMENTS, INT32_MAX, INT64_MAX});
    }
    poll(&input, next, next + 2);
    map_input_ended(&input, next + 2);
    map_input_stop(&input);
    assert_false(map_input_polled(&input, next + 2));
    assert_int_equal(due(&input), COMMITTED); /* its metadata have room for the longest */
    assert_false(map_input_has_room(&input));
    decide(&input, COMMITTED, next);
    assert_true(map_input_has_room(&input));
    commit(&input, next, "");
    map_input_rewind(&input);
    assert_int_equal(input.polled, next);
    assert_true(map_input_polled(&input, next));
}

/* The next owner passes over what is decided beyond the first that waits: not without end. */
static void test_too_far(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED, "");
    poll(&input, 10, 11);
    map_input_wait(&input, 10, &other);
    assert_true(map_input_polled(&input, 10 + MAP_AHEAD_MAX - 1));
    assert_false(map_input_polled(&input, 10 + MAP_AHEAD_MAX));
    assert_true(input.full);
}

/* An operator steps over something, or the offsets were lost and the case log says how far the
 * worker was: what waits still does. */
static void test_step(void **state) {
    (void)state;
    struct place place;
    struct map_input input = standing(COMMITTED, "+7 0>2/4096 5>decisions/7/5");
    map_input_step(&input, 30);
    assert_true(map_input_due(&input, &place));
    assert_int_equal(place.offset, COMMITTED);
    assert_string_equal(place.metadata, "+20 0>2/4096 5>decisions/7/5");
    map_input_step(&input, 12);
    assert_true(map_input_due(&input, &place));
    assert_string_equal(place.metadata, "+2 0>2/4096");
    map_input_step(&input, COMMITTED);
    assert_true(map_input_due(&input, &place));
    assert_string_equal(place.metadata, "");
}

static void test_notes(void **state) {
    (void)state;
    static const char *const bad[] = {"", "7", "{}", "{\"offset\":7}",
                                      "{\"offset\":\"7\",\"waits\":\"\"}"};
    struct arena *arena = arena_new();
    struct place read = {.offset = 3},
                 place = {.topic = TOPIC_COMPLAINTS, .offset = 4711, .metadata = "+7 0>1/4096"};
    const char *note = map_input_note(arena, &place);
    assert_string_equal(note, "{\"offset\":4711,\"waits\":\"+7 0>1/4096\"}");
    assert_string_equal(map_input_key(arena, "intake", TOPIC_COMPLAINTS, 3),
                        "@waits:intake:complaints:3");
    assert_true(map_input_read_note(arena, note, strlen(note), &read));
    assert_int_equal(read.offset, 4711);
    assert_string_equal(read.metadata, place.metadata);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(map_input_read_note(arena, bad[i], strlen(bad[i]), &read));
    assert_int_equal(read.offset, 4711);
    arena_free(arena);
}

/* What is no mark of ours is none: everything from the committed offset on is decided again, and
 * nothing is lost. */
static void test_marks_that_are_none(void **state) {
    (void)state;
    static const char *const marks[] = {"",           "7",         "+",
                                        "+5 ",        "+5 1",      "+5 1>",
                                        "+5 1>x/1/1", "+5 5>2/1",  "+5 2>2/1 1>2/1",
                                        "+5 -1>2/1",  "+5 1>2/1x", "+5 1>2/",
                                        "+5 1>-1/2",  "01J8ZK3N5Q"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct map_input input = standing(COMMITTED, marks[i]);
        if (input.decided != COMMITTED || input.waiting_count)
            fail_msg("\"%s\" was taken for a mark", marks[i]);
    }
}

/* ---- At random ---- */

enum { RECORDS = 400, ROUNDS = 300, MARKERS = 3 /* behind the last record */ };

/* A partition, and how often each record was decided in a transaction that counts. */
struct life {
    struct map_input input;
    bool polled[RECORDS], tried[RECORDS];
    int decided[RECORDS];
    int64_t committed;
    char mark[KAFKA_METADATA_MAX];
};

static void live_one_turn(struct life *life, unsigned *seed) {
    struct map_input *input = &life->input;
    int64_t next = input->polled;
    memset(life->tried, 0, sizeof life->tried);
    for (int left = (int)(rand_r(seed) % 20); left > 0 && next < RECORDS; left--, next++)
        life->polled[next] = map_input_polled(input, next);
    if (next >= RECORDS && rand_r(seed) % 2) map_input_ended(input, RECORDS + MARKERS);

    int room = MAP_WAITING_MAX - input->waiting_count;
    for (int64_t offset = 0; offset < RECORDS; offset++) {
        if (!life->polled[offset]) continue;
        bool waits = rand_r(seed) % 8 == 0, again = offset < input->decided;
        if (again && rand_r(seed) % 2) continue; /* not looked at in this turn */
        if (!again && (input->full || (waits && room-- <= 0))) {
            map_input_stop(input);
            life->polled[offset] = false;
        } else if (waits) {
            map_input_wait(input, offset, &other);
        } else {
            map_input_decide(input, offset);
            life->polled[offset] = false;
            life->tried[offset] = true;
        }
    }
}

/* The transaction is committed, or it is not and everything begins anew at what is; with the same
 * owner or another. */
static void end_turn(struct life *life, unsigned *seed) {
    struct map_input *input = &life->input;
    struct place place;
    bool fails = rand_r(seed) % 6 == 0, moves = rand_r(seed) % 10 == 0;
    if (!fails && map_input_due(input, &place)) {
        map_input_settle(input, &place);
        life->committed = place.offset;
        memcpy(life->mark, place.metadata, sizeof life->mark);
        for (int i = 0; i < RECORDS; i++) life->decided[i] += life->tried[i];
    }
    if (moves || fails) {
        memset(life->polled, 0, sizeof life->polled);
        map_input_assign(input, TOPIC_COMPLAINTS, 1);
        map_input_stand(input, life->committed, life->mark, 0);
    } else if (input->full && map_input_has_room(input)) {
        memset(life->polled, 0, sizeof life->polled);
        map_input_rewind(input);
    }
}

static void test_each_record_once(void **state) {
    (void)state;
    enum { TURNS_MAX = 100000 };
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct life life = {.committed = NONE};
        unsigned seed = round;
        map_input_assign(&life.input, TOPIC_COMPLAINTS, 1);
        map_input_stand(&life.input, NONE, "", 0);
        for (int turn = 0; life.committed < RECORDS + MARKERS; turn++) {
            if (turn == TURNS_MAX)
                fail_msg("seed %u: it stands still at %lld", round, (long long)life.committed);
            live_one_turn(&life, &seed);
            end_turn(&life, &seed);
        }
        for (int i = 0; i < RECORDS; i++)
            if (life.decided[i] != 1)
                fail_msg("seed %u: record %d was decided %d times", round, i, life.decided[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decided_then_committed),
        cmocka_unit_test(test_an_end),
        cmocka_unit_test(test_no_end_survives_a_rewind),
        cmocka_unit_test(test_what_was_not_committed_comes_again),
        cmocka_unit_test(test_another_assignment),
        cmocka_unit_test(test_a_new_group),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_the_next_owner),
        cmocka_unit_test(test_rewound_while_waiting),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_too_far),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_marks_that_are_none),
        cmocka_unit_test(test_each_record_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
