/* How examples are dealt out to the folds of a cross-validation, and which features count when
 * those met in one fold alone are left out. */
#include "redressctl/policy/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each output is dealt out by itself, in turn; what stands beside is in no fold. */
static void each_output_goes_round(void **state) {
    static const struct {
        int output;
        bool beside;
        int fold;
    } rows[] = {{0, false, 0}, {0, false, 1},           {1, false, 0}, {0, true, TRAIN_BESIDE},
                {0, false, 2}, {0, false, 3},           {1, false, 1}, {0, false, 4},
                {0, false, 0}, {1, true, TRAIN_BESIDE}, {1, false, 2}};
    enum { COUNT = sizeof rows / sizeof *rows };
    struct train_example examples[COUNT] = {{.fold = -7}};
    struct train_set set = {.at = examples, .count = COUNT};
    (void)state;

    for (int i = 0; i < COUNT; i++)
        examples[i] = (struct train_example){.output = rows[i].output, .beside = rows[i].beside};
    train_folds(&set);
    for (int i = 0; i < COUNT; i++) assert_int_equal(examples[i].fold, rows[i].fold);
}

enum { FEATURES = 3, EXAMPLES = 3 };

/* Example 0 is in fold 0, 1 in fold 1, 2 in fold 0 or beside; 0: no feature. */
struct sharing {
    bool shared, third_beside;
    uint32_t features[EXAMPLES][FEATURES], kept[EXAMPLES][FEATURES];
};

static int count_of(const uint32_t hashes[FEATURES]) {
    int count = 0;
    while (count < FEATURES && hashes[count]) count++;
    return count;
}

static void fill(struct feature features[FEATURES], const uint32_t hashes[FEATURES],
                 struct features *out) {
    for (int i = 0; i < FEATURES; i++) features[i] = (struct feature){hashes[i], 1000 + hashes[i]};
    *out = (struct features){features, count_of(hashes)};
}

static void expect(const struct features *found, const uint32_t kept[FEATURES]) {
    assert_int_equal(found->count, count_of(kept));
    for (int i = 0; i < found->count; i++) {
        assert_int_equal(found->at[i].hash, kept[i]);
        assert_int_equal(found->at[i].weight, 1000 + kept[i]);
    }
}

static void play(const struct sharing *row) {
    struct feature whole[EXAMPLES][FEATURES], sentence[EXAMPLES][FEATURES];
    struct features sentences[EXAMPLES];
    struct train_example examples[EXAMPLES] = {{.fold = 0}};
    struct train_set set = {.at = examples, .count = EXAMPLES, .shared = row->shared};

    for (int i = 0; i < EXAMPLES; i++) {
        fill(whole[i], row->features[i], &examples[i].parts.whole);
        fill(sentence[i], row->features[i], &sentences[i]);
        examples[i].parts.sentences = &sentences[i];
        examples[i].parts.count = 1;
    }
    examples[2].beside = row->third_beside;
    examples[2].output = 1; /* of fold 0, as the first */
    train_folds(&set);
    for (int i = 0; i < EXAMPLES; i++) {
        expect(&examples[i].parts.whole, row->kept[i]);
        expect(&sentences[i], row->kept[i]);
    }
}

static void what_is_met_in_two_folds_counts(void **state) {
    static const struct sharing rows[] = {
        /* everything, unless asked */
        {false, false, {{5}, {6}, {7}}, {{5}, {6}, {7}}},
        /* one that all have */
        {true, false, {{5}, {5}, {5}}, {{5}, {5}, {5}}},
        /* in two examples of one fold */
        {true, false, {{5, 9}, {9}, {5}}, {{9}, {9}, {0}}},
        /* each alone */
        {true, false, {{5}, {6}, {7}}, {{0}, {0}, {0}}},
        /* the order of each stays; the greatest and the least are found as well */
        {true,
         false,
         {{4000000000, 3, 50}, {50, 3, 4000000000}, {2, 3}},
         {{4000000000, 3, 50}, {50, 3, 4000000000}, {3}}},
        /* what stands beside makes nothing shared, and keeps only what is */
        {true, true, {{5, 9}, {9}, {5, 9}}, {{9}, {9}, {9}}},
        {true, true, {{0}, {0}, {5}}, {{0}, {0}, {0}}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) play(&rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_output_goes_round),
        cmocka_unit_test(what_is_met_in_two_folds_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
