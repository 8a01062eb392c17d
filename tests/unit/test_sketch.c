/* How alike two texts are: sketches against the sets of features that they stand for, and, where
 * they lie beside the repository (../shared/data/README.md, jddc_intents), against what people said
 * of 1 000 pairs of sentences. */
#include "classification/sketch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PAIRS REDRESS_SOURCE_DIR "/../shared/data/jddc_intents/sentence_pairs.tsv"

enum { PAIRS_COUNT = 1000, LINE_MAX = 4096 };

struct world {
    struct arena *arena;
    const struct text_tables *tables;
};

static int open_world(void **state) {
    static struct world world;
    world.arena = arena_new();
    world.tables = text_tables_new(world.arena);
    *state = &world;
    return 0;
}

static int close_world(void **state) {
    struct world *world = *state;
    arena_free(world->arena);
    return 0;
}

static struct features features(struct world *world, const char *words) {
    struct text text;
    struct features found;

    text_normalise(world->tables, words, strlen(words), world->arena, &text);
    features_of(&text, world->arena, &found);
    return found;
}

static const char *sketch(struct world *world, const char *words) {
    char text[SKETCH_SIZE];
    struct features found = features(world, words);

    sketch_of(&found, text);
    return arena_strdup(world->arena, text);
}

/* The share of features that both have, counted. */
static double share(const struct features *one, const struct features *two) {
    int both = 0;

    for (int i = 0; i < one->count; i++)
        for (int j = 0; j < two->count; j++) both += one->at[i].hash == two->at[j].hash;
    int either = one->count + two->count - both;
    if (!either) return 0;
    return (double)both / either;
}

/* The same text always, and everywhere, has this: sketches of before are compared with it. */
static void test_stays(void **state) {
    struct world *world = *state;

    assert_string_equal(sketch(world, "杯子碎了"),
                        "cLFiYHwPoLwJaLj4-3vUb1NwrP6VN76t6iUGgpZS8bfPn8qXIpiTCzi36-"
                        "uz4m4MtTP5LW3cDeE3fsxUEvIbh1kvv8d7uS0z");
    assert_string_equal(sketch(world, ""), "");
    assert_string_equal(sketch(world, "..."), "");
}

static void test_alike(void **state) {
    struct world *world = *state;
    const char *broken = sketch(world, "收到的杯子碎了,要求退款");
    static const struct {
        const char *words;
        int from, to;
    } cases[] = {
        {"收到的杯子碎了,要求退款", 1000, 1000},
        {"收到的杯子碎了，要求退款", 1000, 1000}, /* another width */
        {"收到的杯子碎了,要求退款!", 900, 999},
        {"收到的杯子碎了，我要退款", 350, 950},
        {"快递三天没有更新了", 0, 120},
        {"The cup arrived broken", 0, 60},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int alike = sketch_alike(broken, sketch(world, cases[i].words));
        if (alike < cases[i].from || alike > cases[i].to)
            fail_msg("%s: %d, expected %d to %d", cases[i].words, alike, cases[i].from,
                     cases[i].to);
    }
    assert_int_equal(sketch_alike(broken, NULL), -1);
    assert_int_equal(sketch_alike("", broken), -1);
    assert_int_equal(sketch_alike(broken, "AAAA"), -1);
    char odd[SKETCH_SIZE];
    memset(odd, '!', SKETCH_LEN);
    odd[SKETCH_LEN] = 0;
    assert_int_equal(sketch_alike(odd, odd), -1);
}

/* Sets of which a known share is common, at each share: the mean of what sketches say is that
 * share, and each is as far off as the header says. */
static void test_says_the_share(void **state) {
    enum { ROUNDS = 400, SIZE = 120 };
    struct feature one[SIZE], two[SIZE];
    char left[SKETCH_SIZE], right[SKETCH_SIZE];
    uint32_t seed = 1;
    (void)state;

    for (int common = 0; common <= SIZE; common += SIZE / 4) {
        double true_share = 1000.0 * common / (2 * SIZE - common);
        double sum = 0;
        int far = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < SIZE; i++) {
                seed = seed * 1664525 + 1013904223;
                one[i].hash = seed ^ seed >> 15;
                seed = seed * 1664525 + 1013904223;
                two[i].hash = i < common ? one[i].hash : seed ^ seed >> 15;
            }
            sketch_of(&(struct features){one, SIZE}, left);
            sketch_of(&(struct features){two, SIZE}, right);
            int alike = sketch_alike(left, right);
            sum += alike;
            far += fabs(alike - true_share) > 160;
        }
        double mean = sum / ROUNDS;
        if (fabs(mean - true_share) > 25) fail_msg("share %.0f: mean %.1f", true_share, mean);
        if (far > ROUNDS / 50)
            fail_msg("share %.0f: %d of %d are far off", true_share, far, ROUNDS);
    }
}

/* ---- What people say ---- */

struct ranked {
    double value, rank;
    int place;
};

static int by_value(const void *one, const void *two) {
    const struct ranked *left = one;
    const struct ranked *right = two;
    return (left->value > right->value) - (left->value < right->value);
}
static int by_place(const void *one, const void *two) {
    return ((const struct ranked *)one)->place - ((const struct ranked *)two)->place;
}

/* Equal values share the mean of their ranks. */
static void rank(struct ranked *row, int count) {
    for (int i = 0; i < count; i++) row[i].place = i;
    qsort(row, (size_t)count, sizeof *row, by_value);
    for (int i = 0, end; i < count; i = end) {
        for (end = i; end < count && row[end].value == row[i].value;) end++;
        for (int j = i; j < end; j++) row[j].rank = (i + end - 1) / 2.0;
    }
    qsort(row, (size_t)count, sizeof *row, by_place);
}

/* Spearman's: the correlation of the ranks. */
static double spearman(struct ranked *one, struct ranked *two, int count) {
    double mean = (count - 1) / 2.0;
    double both = 0, ones = 0, twos = 0;

    rank(one, count);
    rank(two, count);
    for (int i = 0; i < count; i++) {
        both += (one[i].rank - mean) * (two[i].rank - mean);
        ones += (one[i].rank - mean) * (one[i].rank - mean);
        twos += (two[i].rank - mean) * (two[i].rank - mean);
    }
    return both / sqrt(ones * twos);
}

static void test_people(void **state) {
    struct world *world = *state;
    static struct ranked said[PAIRS_COUNT], sketched[PAIRS_COUNT], counted[PAIRS_COUNT];
    char line[LINE_MAX];
    int count = 0;
    if (access(PAIRS, R_OK)) {
        print_message("skipped: no %s\n", PAIRS);
        skip();
    }

    FILE *file = fopen(PAIRS, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *rest = line;
        line[strcspn(line, "\r\n")] = 0;
        const char *score = strsep(&rest, "\t");
        const char *left = strsep(&rest, "\t");
        const char *right = strsep(&rest, "\t");
        assert_true(count < PAIRS_COUNT && right);
        struct features one = features(world, left);
        struct features two = features(world, right);
        said[count].value = atoi(score);
        counted[count].value = share(&one, &two);
        sketched[count++].value = sketch_alike(sketch(world, left), sketch(world, right));
    }
    fclose(file);
    assert_int_equal(count, PAIRS_COUNT);

    double exact = spearman(counted, said, count);
    double by_sketch = spearman(sketched, said, count);
    print_message("Spearman with what people said: %.3f, by sketches %.3f\n", exact, by_sketch);
    assert_true(exact >= 0.70);
    assert_true(by_sketch >= 0.60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stays),
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_says_the_share),
        cmocka_unit_test(test_people),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
