/* Unit tests of causes: what is counted and forgotten, the days of the week, when a rise is told and when it
 * is over, what an answer has brought, and false alarms in a world without causes. */
#include "cause_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST = 20000, GROUP = 2 };

/* A day of so many orders and complaints. */
static void pass(struct cause_value *value, const struct cause_policy *policy, int64_t orders,
                 int64_t complaints) {
    cause_go_on(value, policy, value->today ? value->today + 1 : FIRST);
    cause_see_orders(value, policy, orders);
    cause_see_complaints(value, GROUP, complaints);
}

static void expose_days(struct cause_value *value, const struct cause_policy *policy, int days) {
    for (int d = 0; d < days; d++) pass(value, policy, 1000, 4);
}

static enum cause_news judge(struct cause_value *value, const struct cause_policy *policy) {
    struct cause_finding found;
    return cause_judge(value, GROUP, policy, &found);
}

/* What is counted is what is found, for as long as it counts. */
static void test_counts(void **state) {
    (void)state;
    struct cause_policy policy = cause_policy_of(1e-6);
    struct cause_value value = {0};
    expose_days(&value, &policy, 100);

    struct cause_finding week = cause_look(&value, GROUP, 7, &policy);
    assert_int_equal(week.rate.complaints, 28);
    assert_int_equal(week.orders, 7000);
    assert_int_equal(week.usual_orders, 56000);
    assert_true(fabs(week.rate.orders - 7000) < 1); /* in a steady state exposure is orders */
    assert_true(fabs(week.rate.usual_complaints - (56 * 4 + 0.8)) < 1e-6);
    assert_true(fabs(week.rate.usual_orders - 56200) < 5);
    assert_true(fabs(week.expected - 28) < 0.1);
    assert_true(week.chance > 0.4 && week.chance < 0.6);
    assert_int_equal(cause_look(&value, GROUP + 1, 7, &policy).rate.complaints, 0);

    cause_go_on(&value, &policy, value.today - 5); /* days do not go back */
    assert_int_equal(cause_look(&value, GROUP, 7, &policy).rate.complaints, 28);
    cause_go_on(&value, &policy, value.today + 62);
    assert_int_equal(cause_look(&value, GROUP, 7, &policy).usual_orders, 1000);
    cause_go_on(&value, &policy, value.today + 5000);
    assert_int_equal(cause_look(&value, GROUP, 7, &policy).usual_orders, 0);
}

/* Ten times the orders bring ten times the complaints a week later: that is no cause. */
static void test_promotion(void **state) {
    (void)state;
    struct cause_policy policy = cause_policy_of(1e-4);
    struct cause_value value = {0};
    expose_days(&value, &policy, 70);

    pass(&value, &policy, 10000, 4 + (int64_t)(36 * policy.delay[0] + 0.5));
    assert_int_equal(judge(&value, &policy), CAUSE_NO_NEWS);
    for (int d = 1; d < CAUSE_DELAY; d++) {
        pass(&value, &policy, 1000, 4 + (int64_t)(36 * policy.delay[d] + 0.5));
        assert_int_equal(judge(&value, &policy), CAUSE_NO_NEWS);
    }
    assert_int_equal(value.rises[GROUP].status, CAUSE_QUIET);
}

/* Mondays bring three times as much: a Monday is held against Mondays, and more than that is told. */
static void test_season(void **state) {
    (void)state;
    struct cause_policy policy = cause_policy_of(1e-3);
    struct cause_value value = {0};

    for (int d = 0; d < 70; d++) {
        bool monday = (FIRST + d) % 7 == 4;
        pass(&value, &policy, 1000, monday ? 12 : 4);
        if (d < 63) continue;
        assert_int_equal(judge(&value, &policy), CAUSE_NO_NEWS);
        struct cause_finding found = cause_look(&value, GROUP, 1, &policy);
        assert_true(found.chance > 0.2);
        assert_true(fabs(found.expected - (monday ? 12 : 4)) < 0.5);
        assert_int_equal(found.usual_orders, 8000);
    }
    while ((value.today + 1) % 7 == 4) pass(&value, &policy, 1000, 4);
    pass(&value, &policy, 1000, 18);
    assert_int_equal(judge(&value, &policy), CAUSE_HAS_RISEN);
}

/* So many complaints a day, where 4 are usual, are told on this day of it; 0: within two weeks not.
 */
static void test_when_it_is_told(void **state) {
    (void)state;
    static const struct {
        int64_t complaints;
        int told_on;
    } rows[] = {{4, 0}, {5, 0}, {6, 0}, {8, 7}, {12, 4}, {20, 1}, {40, 1}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause_policy policy = cause_policy_of(1e-4);
        struct cause_value value = {0};
        int told_on = 0;
        expose_days(&value, &policy, 70);
        for (int d = 1; d <= 14 && !told_on; d++) {
            pass(&value, &policy, 1000, rows[i].complaints);
            if (judge(&value, &policy) == CAUSE_HAS_RISEN) told_on = d;
        }
        if (told_on != rows[i].told_on)
            fail_msg("%d complaints: told on day %d, expected %d", (int)rows[i].complaints, told_on,
                     rows[i].told_on);
    }
}

/* Told once, while it lasts; its days do not become usual; over when a week is as usual. */
static void test_life(void **state) {
    (void)state;
    struct cause_policy policy = cause_policy_of(1e-6);
    struct cause_value value = {0};
    struct cause_finding found;
    expose_days(&value, &policy, 70);

    pass(&value, &policy, 1000, 30);
    assert_int_equal(cause_judge(&value, GROUP, &policy, &found), CAUSE_HAS_RISEN);
    assert_int_equal(found.days, 1);
    assert_int_equal(found.rate.complaints, 30);
    assert_int_equal(value.rises[GROUP].since, value.today);
    for (int d = 0; d < 20; d++) {
        pass(&value, &policy, 1000, 30);
        assert_int_equal(cause_judge(&value, GROUP, &policy, &found), CAUSE_NO_NEWS);
    }
    assert_true(fabs(found.expected - 28) < 1);

    int days = 0;
    enum cause_news news = CAUSE_NO_NEWS;
    for (; news == CAUSE_NO_NEWS && days < 20; days++) {
        pass(&value, &policy, 1000, 4);
        news = judge(&value, &policy);
    }
    assert_int_equal(news, CAUSE_IS_OVER);
    assert_in_range(days, 6, 7);
    pass(&value, &policy, 1000, 30);
    assert_int_equal(judge(&value, &policy), CAUSE_HAS_RISEN); /* again: told again */
}

/* What stays for eight weeks is what is usual from then on. */
static void test_accepted(void **state) {
    (void)state;
    struct cause_policy policy = cause_policy_of(1e-6);
    struct cause_value value = {0};
    int told = 0;
    expose_days(&value, &policy, 70);

    for (int d = 0; d < 200; d++) {
        pass(&value, &policy, 1000, 30);
        enum cause_news news = judge(&value, &policy);
        if (news == CAUSE_HAS_RISEN) told++;
        if (news == CAUSE_IS_OVER) assert_in_range(d, CAUSE_ACCEPTED - 1, CAUSE_ACCEPTED + 1);
    }
    assert_int_equal(told, 1);
    assert_int_equal(value.rises[GROUP].status, CAUSE_QUIET);
}

/* As cohort_causes.c hands it over once somebody has done something about it today. */
static void answer(struct cause_value *value) {
    struct cause_rise *rise = &value->rises[GROUP];

    assert_int_equal(rise->status, CAUSE_RISEN);
    rise->status = CAUSE_ANSWERED;
    rise->answered_on = value->today;
}

static void test_answers(void **state) {
    (void)state;
    static const struct {
        int64_t after;
        enum cause_news news;
    } rows[] = {
        {4, CAUSE_HAS_FALLEN}, {12, CAUSE_HAS_FALLEN}, {30, CAUSE_STAYS}, {28, CAUSE_STAYS}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause_policy policy = cause_policy_of(1e-6);
        struct cause_value value = {0};
        enum cause_news news = CAUSE_NO_NEWS;
        int days = 0;
        expose_days(&value, &policy, 70);
        for (int d = 0; d < 10; d++) {
            pass(&value, &policy, 1000, 30);
            (void)judge(&value, &policy);
        }
        answer(&value);
        for (; news == CAUSE_NO_NEWS && days < 20; days++) {
            pass(&value, &policy, 1000, rows[i].after);
            news = judge(&value, &policy);
        }
        if (news != rows[i].news || days != CAUSE_WEEK)
            fail_msg("%d a day: news %d after %d days", (int)rows[i].after, news, days);
    }
}

/* Where nothing has a cause: of many days not more are told than is said. The test is discrete and
 * its windows overlap, so it is quieter. */
static void test_false_alarms(void **state) {
    (void)state;
    enum { VALUES = 400, DAYS = 300, WARM = 70 };
    static const double level = 1e-3;
    struct cause_policy policy = cause_policy_of(level);
    uint64_t seed = 7;
    int told = 0;

    for (int v = 0; v < VALUES; v++) {
        struct cause_value value = {0};
        double mean = 0.2 + 0.05 * (v % 100);
        for (int d = 0; d < DAYS; d++) {
            pass(&value, &policy, (int64_t)(mean * 250), chance_poisson(&seed, mean));
            enum cause_news news = judge(&value, &policy);
            told += d >= WARM && news == CAUSE_HAS_RISEN;
        }
    }
    double most = level * VALUES * (DAYS - WARM);
    print_message("%d false alarms of at most %.0f\n", told, most);
    assert_true(told > 0);
    assert_true(told <= most);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),  cmocka_unit_test(test_promotion),
        cmocka_unit_test(test_season),  cmocka_unit_test(test_when_it_is_told),
        cmocka_unit_test(test_life),    cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_answers), cmocka_unit_test(test_false_alarms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
