/* Unit tests of the rate test: against exact binomial sums, against what is said of its false
 * alarms, and of what is counted as usual. */
#include "cohort_world.h"

#include <math.h>

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

/* Sums of binomial(k + C, i) p^i (1 - p)^(k + C - i), computed with fractions (Python). */
static void the_chance_is_the_exact_one(void **state) {
    (void)state;
    static const struct {
        int64_t complaints;
        double orders, usual_complaints, usual_orders, chance;
    } rows[] = {
        {0, 10, 5, 100, 1},
        {1, 10, 0, 90, 0.1},
        {3, 21, 0, 100, 0.005227593066228033},
        {3, 21, 2, 100, 0.03961166603103642},
        {5, 100, 20, 1000, 0.0710407783478487},
        {2, 1000, 20, 1000, 0.9999945163726807},
        {20, 1000, 20, 1000, 0.5626853438097896},
        {40, 1000, 20, 1000, 0.00674464686559593},
        {3, 3, 20, 1000000, 4.7814417959461864e-14},
        {12, 50, 100, 100000, 1.0235680673546223e-24},
        {200, 5000, 100, 100000, 1.1669645794720968e-185},
        {30, 100, 0, 1, 0.7419229177871243},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct cohort_rate rate = {rows[i].complaints, rows[i].orders, rows[i].usual_complaints,
                                   rows[i].usual_orders};
        double chance = cohort_rate_chance(&rate);
        if (fabs(chance / rows[i].chance - 1) > 1e-9) fail_msg("row %zu: %.17g", i, chance);
    }
}

/* Without complaints nothing is unlikely; one about nothing is impossible. */
static void the_chance_at_its_ends(void **state) {
    (void)state;
    static const struct {
        struct cohort_rate rate;
        double chance;
    } rows[] = {
        {{.complaints = 0, .orders = 0, .usual_complaints = 3, .usual_orders = 100}, 1},
        {{.complaints = 0, .orders = 10, .usual_complaints = 0, .usual_orders = 100}, 1},
        {{.complaints = 1, .orders = 0, .usual_complaints = 3, .usual_orders = 100}, 0},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_true(cohort_rate_chance(&rows[i].rate) == rows[i].chance);
}

/* More complaints are less likely, a longer history makes the same surer, and nothing leaves 0..1.
 */
static void the_chance_falls_as_it_should(void **state) {
    (void)state;
    static const double orders[] = {1, 20, 500, 40000, 1e7};
    static const double usual[] = {0, 0.3, 7.7, 900, 1e6};

    for (size_t o = 0; o < LENGTH(orders); o++)
        for (size_t u = 0; u < LENGTH(usual); u++) {
            double before = 1;
            for (int64_t k = 0; k < 400; k++) {
                struct cohort_rate rate = {k, orders[o], usual[u], 1 + 50 * usual[u]};
                double chance = cohort_rate_chance(&rate);
                assert_true(chance >= 0 && chance <= 1 + 1e-9);
                assert_true(chance <= before * (1 + 1e-9) + 1e-13);
                before = chance;
            }
        }
}

/* The table of deploy/docs/cohorts.md. */
static void so_many_complaints_it_takes(void **state) {
    (void)state;
    static const double levels[] = {1e-3, 1e-4, 1e-6};
    static const struct {
        double before, now;
        int64_t takes[3];
    } rows[] = {
        {200, 21, {5, 7, 9}},   {200, 100, {12, 15, 20}},  {200, 1000, {80, 96, 127}},
        {1200, 21, {5, 6, 7}},  {1200, 100, {9, 11, 14}},  {1200, 1000, {45, 51, 61}},
        {50200, 21, {4, 5, 7}}, {50200, 100, {9, 10, 13}}, {50200, 1000, {36, 40, 46}},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t k = 0; k < LENGTH(levels); k++) {
            struct cohort_rate rate = {0, rows[i].now, rows[i].before / 50, rows[i].before};
            while (cohort_rate_chance(&rate) > levels[k]) rate.complaints++;
            assert_int_equal(rate.complaints, rows[i].takes[k]);
        }
}

/* ---- False alarms ---- */

static uint64_t seed = 88172645463325252u;

static double chance_of_one(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static int64_t poisson(double mean) {
    double limit = exp(-mean);
    int64_t count = -1;
    for (double product = 1; product > limit; product *= chance_of_one()) count++;
    return count;
}

/* The same rate before and now, whatever it is: at most `false_alarm` of the tests alarm. Of 20 000
 * the count may exceed its mean by five deviations. */
static void false_alarms_are_no_more_than_stated(void **state) {
    (void)state;
    static const double levels[] = {0.05, 0.01, 0.001};
    static const struct {
        double rate, before, now;
    } rows[] = {{0.01, 1000, 100}, {0.01, 5000, 5000}, {0.05, 200, 60}, {0.002, 20000, 300}};
    enum { TESTS = 20000 };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        int alarms[LENGTH(levels)] = {0};
        for (int test = 0; test < TESTS; test++) {
            struct cohort_rate rate = {poisson(rows[i].rate * rows[i].now), rows[i].now,
                                       (double)poisson(rows[i].rate * rows[i].before),
                                       rows[i].before};
            double chance = cohort_rate_chance(&rate);
            for (size_t k = 0; k < LENGTH(levels); k++) alarms[k] += chance <= levels[k];
        }
        for (size_t k = 0; k < LENGTH(levels); k++) {
            double most = TESTS * levels[k] + 5 * sqrt(TESTS * levels[k]);
            if (alarms[k] > most)
                fail_msg("row %zu at %g: %d of %d", i, levels[k], alarms[k], TESTS);
        }
    }
}

/* ---- What is counted ---- */

static const struct cohort_policy policy = {
    .window = 7 * DAY_MS, .half_life = 28 * DAY_MS, .per_thousand = 10, .weight = 100};

#define START (INT64_C(20000) * DAY_MS)

static void a_day_counts_now_then_as_usual_then_half(void **state) {
    (void)state;
    struct cohort_state data = {0};
    for (int i = 0; i < 50; i++) cohort_rate_see_order(&data, START + i, arena);
    for (int i = 0; i < 4; i++) cohort_rate_see_complaint(&data, "quality", START + i, arena);
    static const struct {
        int64_t days;
        int64_t complaints;
        double orders, usual_complaints, usual_orders;
    } rows[] = {
        {1, 4, 50, 1, 100},
        {7, 4, 50, 1, 100}, /* the first day is within the window until its end */
        {8, 0, 0, 1 + 4 * 0.8203353, 100 + 50 * 0.8203353},
        {28, 0, 0, 1 + 2, 100 + 25},
        {56, 0, 0, 1 + 1, 100 + 12.5},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t now_ms = START + rows[i].days * DAY_MS;
        cohort_rate_roll(&data, &policy, now_ms, arena);
        struct cohort_rate rate = cohort_rate_of(&data, &policy, "quality", now_ms);
        assert_int_equal(rate.complaints, rows[i].complaints);
        if (fabs(rate.orders - rows[i].orders) > 1e-6) fail_msg("row %zu: %f", i, rate.orders);
        if (fabs(rate.usual_complaints - rows[i].usual_complaints) > 1e-5)
            fail_msg("row %zu: %f", i, rate.usual_complaints);
        if (fabs(rate.usual_orders - rows[i].usual_orders) > 1e-4)
            fail_msg("row %zu: %f", i, rate.usual_orders);
        rate = cohort_rate_of(&data, &policy, "logistics", now_ms);
        assert_int_equal(rate.complaints, 0);
        assert_true(fabs(rate.usual_complaints - 1) < 1e-9);
    }
    assert_false(cohort_rate_faded(&data, &policy, START + 100 * DAY_MS));
    assert_true(cohort_rate_faded(&data, &policy, START + 28 * 7 * DAY_MS));
}

/* Rolled day by day or all at once, the same is usual. */
static void it_does_not_matter_when_days_are_rolled(void **state) {
    (void)state;
    struct cohort_state often = {0};
    struct cohort_state once = {0};
    for (int day = 0; day < 40; day++) {
        int64_t now_ms = START + day * DAY_MS;
        for (int i = 0; i < 5 + day % 3; i++) {
            cohort_rate_see_order(&often, now_ms, arena);
            cohort_rate_see_order(&once, now_ms, arena);
        }
        cohort_rate_see_complaint(&often, "quality", now_ms, arena);
        cohort_rate_see_complaint(&once, "quality", now_ms, arena);
        cohort_rate_roll(&often, &policy, now_ms, arena);
    }
    int64_t end_ms = START + 39 * DAY_MS;
    cohort_rate_roll(&once, &policy, end_ms, arena);
    struct cohort_rate one = cohort_rate_of(&often, &policy, "quality", end_ms);
    struct cohort_rate two = cohort_rate_of(&once, &policy, "quality", end_ms);
    assert_int_equal(one.complaints, two.complaints);
    assert_true(fabs(one.orders - two.orders) < 1e-9);
    assert_true(fabs(one.usual_complaints - two.usual_complaints) < 1e-9);
    assert_true(fabs(one.usual_orders - two.usual_orders) < 1e-9);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_chance_is_the_exact_one),
        TEST(the_chance_at_its_ends),
        TEST(the_chance_falls_as_it_should),
        TEST(so_many_complaints_it_takes),
        TEST(false_alarms_are_no_more_than_stated),
        TEST(a_day_counts_now_then_as_usual_then_half),
        TEST(it_does_not_matter_when_days_are_rolled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
