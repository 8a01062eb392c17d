/* How rules and model become one class: thousands of random tables, each held against the formulas
 * of join.h in floating point. */
#include "classification/join.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLASSES = 6, OUTPUTS = 4, ROUNDS = 20000 };

struct scene {
    struct join join;
    struct model_output outputs[OUTPUTS];
    int32_t points[CLASSES + 1], logits[OUTPUTS];
    bool barred[CLASSES + 1];
    int known;
};

static uint32_t dice(uint32_t *seed, uint32_t sides) {
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*seed * sides) >> 32);
}

/* Classes 1 and 2 share the first output, `other` is 4, and no output knows 6. */
static void throw_scene(uint32_t *seed, struct scene *scene) {
    *scene = (struct scene){.join = {.class_count = CLASSES,
                                     .other = 4,
                                     .own = 500 + (int32_t)dice(seed, 1000),
                                     .rules = 300 + (int32_t)dice(seed, 1000),
                                     .bias = (int32_t)dice(seed, 2000) - 1000,
                                     .alone_rules = 300 + (int32_t)dice(seed, 1000),
                                     .alone_bias = (int32_t)dice(seed, 3000) - 500,
                                     .favour = (int32_t)dice(seed, 600)}};
    scene->outputs[0].class_count = 2;
    scene->outputs[0].classes[0] = 1;
    scene->outputs[0].classes[1] = 2;
    for (int i = 1; i < OUTPUTS; i++) {
        scene->outputs[i].class_count = 1;
        scene->outputs[i].classes[0] = i + 2;
    }
    join_outputs(&scene->join, scene->outputs, OUTPUTS);
    for (int c = 1; c <= CLASSES; c++) {
        if (dice(seed, 3) == 0) scene->points[c] = (int32_t)dice(seed, 14);
        scene->barred[c] = c != 4 && dice(seed, 8) == 0;
    }
    for (int i = 0; i < OUTPUTS; i++) scene->logits[i] = (int32_t)dice(seed, 12000) - 8000;
    static const int known[] = {0, 1, 400, 999, 1000};
    scene->known = known[dice(seed, 5)];
}

static int output_of(int c) {
    static const int outputs[CLASSES + 1] = {0, 0, 0, 1, 2, 3, 2};
    return outputs[c];
}

static double expected_score(const struct scene *scene, int c) {
    const struct join *join = &scene->join;
    double points = fmin(scene->points[c], JOIN_POINTS_MAX);
    double known = scene->known / 1000.0;
    double alone = join->alone_rules * points;
    double joined = join->own * (scene->logits[output_of(c)] / 1000.0) + join->rules * points;

    if (c == join->other) {
        alone += join->alone_bias;
        joined += join->bias;
    } else if (points <= 0) {
        alone -= JOIN_POINTLESS;
    }
    return known * joined + (1 - known) * alone;
}

static bool is_possible(const struct scene *scene, int c) {
    bool first = c != 2 && c != 6; /* class 6 belongs to `other` without being meant by it */

    if (scene->barred[c]) return false;
    return scene->points[c] > 0 || c == scene->join.other || (scene->known > 0 && first);
}

static void check(const struct scene *scene) {
    struct joined found;
    double scores[CLASSES + 1];
    double sum = 0;
    double best = -1e18;

    join_scores(&scene->join, scene->points, scene->barred, scene->logits, scene->known, &found);
    for (int c = 1; c <= CLASSES; c++) {
        scores[c] = expected_score(scene, c);
        if (!is_possible(scene, c)) continue;
        sum += exp(scores[c] / 1000);
        best = fmax(best, scores[c] + (c == scene->join.other ? 0 : scene->join.favour));
    }
    for (int c = 1; c <= CLASSES; c++) {
        double odds = is_possible(scene, c) ? exp(scores[c] / 1000) / sum : 0;
        assert_true(fabs(found.odds[c] / (double)JOIN_ONE - odds) < 0.004);
    }
    assert_true(is_possible(scene, found.best));
    double taken = scores[found.best];
    if (found.best != scene->join.other) taken += scene->join.favour;
    assert_true(taken >= best - 3); /* thousandths are cut off */
}

static void as_the_formulas_say(void **state) {
    uint32_t seed = 11;
    struct scene scene;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        throw_scene(&seed, &scene);
        check(&scene);
    }
}

static void powers_and_logarithms(void **state) {
    (void)state;
    for (int x = 0; x >= -20000; x -= 7)
        assert_true(fabs(join_exp(x) / (double)JOIN_ONE - exp(x / 1000.0)) < 0.001);
    for (uint32_t p = JOIN_ONE; p > JOIN_ONE / 1000; p -= p / 50)
        assert_true(fabs(join_ln(p) - 1000 * log(p / (double)JOIN_ONE)) < 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_formulas_say),
                                       cmocka_unit_test(powers_and_logarithms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
