/* Who asked to be forgotten is neither warned nor given anything, and his order goes. */
#include "cohort_world.h"

#define ORDERS 3

static struct cohort_world so;

static struct world_order order(int number) {
    return (struct world_order){.id = arena_printf(so.arena, "F%d", number),
                                .lane = "HZ-SH",
                                .placed_at = so.now_ms - DAY_MS};
}

/* As intake claims it. */
static void erase(int number, const char *tenant, int64_t at_ms) {
    static const struct secrets none = {0};
    const char *customer = arena_printf(so.arena, "c-F%d", number);
    const char *account = contract_account(so.arena, &none, tenant, customer);
    struct claim claim = {.kind = CLAIM_JOIN,
                          .key = contract_erased_claim(so.arena, account),
                          .id = "erased",
                          .value = "",
                          .time_ms = at_ms,
                          .valid_ms = CONTRACT_ERASED_KEPT_MS,
                          .shared = true};
    rehearse_claims_make(so.claims, &claim, so.arena);
}

static void confirm(void) {
    struct world_word word = {
        .match = {.lane = "HZ-SH"}, .class_name = "logistics.delayed", .by = "li"};
    world_say(&so, "cohort.confirmed", &word);
    so.now_ms += 1000;
    world_advance(&so, so.now_ms);
}

/* How many outputs of a type there are, of the orders and of this one. */
static int count(const char *type, const char *text) {
    int found = 0;
    for (int i = 0; i < so.count; i++)
        found += strcmp(so.outputs[i].type, type) == 0 && strstr(so.outputs[i].data, text);
    return found;
}

/* Whether a state of the lane holds a text, private fields included. */
static bool holds(const char *text) {
    const struct world_state *at = world_at(&so, "default\x1flane\x1fHZ-SH");
    for (int i = 0; i < at->pairs.count; i++)
        if (strstr(at->pairs.at[i].value, text)) return true;
    return false;
}

static void each_is_as_it_was_said(void **unused) {
    (void)unused;
    static const struct {
        const char *tenant;
        int64_t after_ms; /* the order's facts */
        bool warned;
    } rows[] = {
        {"default", 0, false},
        {"default", HOUR_MS, false},
        {"default", -1, true}, /* the shop has spoken of him since */
        {"other", HOUR_MS, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        world_open(&so, world_policy);
        int64_t facts_ms = so.now_ms;
        for (int n = 1; n <= ORDERS; n++) {
            struct world_order one = order(n);
            world_order(&so, &one);
        }
        so.now_ms += 2 * HOUR_MS;
        erase(2, rows[i].tenant, facts_ms + rows[i].after_ms);
        so.crash = true;
        confirm();
        int warned = rows[i].warned ? ORDERS : ORDERS - 1;
        assert_int_equal(count("cohort.member_warned", ""), warned);
        assert_int_equal(count("settlement.ordered", ""), warned);
        assert_int_equal(count("settlement.ordered", "c-F2"), rows[i].warned);
        assert_int_equal(holds("F2"), rows[i].warned);
        assert_true(holds("c-F1"));
        so.now_ms = facts_ms + 8 * DAY_MS;
        world_advance(&so, so.now_ms);
        assert_false(holds("F1"));
        world_close(&so);
    }
}

/* He is a customer like any other with what he orders later. */
static void a_later_order_is_warned(void **unused) {
    (void)unused;
    world_open(&so, world_policy);
    struct world_order one = order(1);
    world_order(&so, &one);
    so.now_ms += HOUR_MS;
    erase(1, "default", so.now_ms);
    confirm();
    assert_int_equal(count("cohort.member_warned", ""), 0);
    so.now_ms += HOUR_MS;
    world_order(&so, &one);
    world_advance(&so, so.now_ms + 1000);
    assert_int_equal(count("cohort.member_warned", ""), 1);
    world_close(&so);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_as_it_was_said),
        cmocka_unit_test(a_later_order_is_warned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
