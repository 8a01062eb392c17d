/* Random steps on the pure core: orders that change, come late and twice, complaints, words of
 * people, time; each decision also twice, as after a crash. This test keeps its own books:
 *
 *   - no order is warned twice, nor given two tokens, through however many cohorts and dimensions;
 *   - nobody is warned whose complaint had been read before;
 *   - who is warned is one of those that the cohort says it is about, and it is open;
 *   - a token goes with every warning whose class has one, and with nothing else;
 *   - a cohort opens once and closes once; what one person says warns no more than the limits;
 *   - nobody is forgotten: when all wake-ups have fired, an open cohort has nobody left to warn.
 *
 *     test_cohort_random [STEPS [SEED]]     e.g. 1000000 7 */
#include "cohort/cohort_warn.h"
#include "cohort_world.h"

enum {
    STEPS = 1200,
    EPISODE = 400, /* steps of one world */
    ORDERS = 60,
    COHORTS_MAX = 1000
};

static struct cohort_world so;
static uint64_t seed = 1;

static int pick(int count) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 33) % (uint64_t)count);
}

static bool chance(int percent) {
    return pick(100) < percent;
}

static const char policy_text[] =
    "version: v\nmigrate: true\nwindow: 7d\nends_after: 3d\nhalf_life: 28d\nfalse_alarm: 0.01\n"
    "at_least: 2\nper_thousand: 10\nweight: 100\norders_most: 25\npeople_over: 12\n"
    "cost_over: {currency: CNY, minor: 40000}\njoins: hand_over\nborne_by: platform\n"
    "rules:\n"
    "  - {name: late, class: ['logistics.*'], at_risk: [created, paid, packed, shipped], token: "
    "{kind: coupon, amount: {currency: CNY, minor: 5000}}}\n"
    "  - {name: bad, class: ['quality.*'], at_risk: [paid, packed, shipped, delivered]}\n";

/* ---- The books ---- */

struct order_book {
    struct world_order facts;
    bool complained; /* before what comes out now */
    int warned, tokens;
};
struct cohort_book {
    const char *id;
    bool closed;
};
static struct order_book orders[ORDERS];
static struct cohort_book cohorts[COHORTS_MAX];
static int cohort_count, read_to;
static int64_t warned_in_all, opened_in_all, tokens_in_all, prevented_in_all;

static struct cohort_book *cohort_at(const char *id) {
    for (int i = 0; i < cohort_count; i++)
        if (strcmp(cohorts[i].id, id) == 0) return &cohorts[i];
    return NULL;
}

static struct order_book *order_at(const char *id) {
    int number = atoi(id + 1);
    assert_in_range(number, 0, ORDERS - 1);
    return &orders[number];
}

static bool is_same(const char *wanted, const char *found) {
    return !wanted || (found && strcmp(wanted, found) == 0);
}

static void book_opened(const char *id) {
    assert_null(cohort_at(id));
    assert_in_range(cohort_count, 0, COHORTS_MAX - 1);
    cohorts[cohort_count++] = (struct cohort_book){.id = id};
    opened_in_all++;
}

static void book_warned(const struct cohort_event *event) {
    struct order_book *order = order_at(event->order_id);
    const struct world_order *facts = &order->facts;
    const struct cohort_book *cohort = cohort_at(event->cohort_id);

    if (++order->warned > 1) fail_msg("%s is warned again", event->order_id);
    if (order->complained) fail_msg("%s had complained", event->order_id);
    if (!cohort || cohort->closed) fail_msg("%s is warned by no cohort", event->order_id);
    assert_true(is_same(event->match->carrier, facts->carrier));
    assert_true(is_same(event->match->warehouse, facts->warehouse));
    assert_true(is_same(event->match->lane, facts->lane));
    assert_true(is_same(event->match->sku, facts->sku));
    assert_true(is_same(event->match->batch, facts->batch));
    assert_int_not_equal(facts->status, ORDER_CANCELLED);
    warned_in_all++;
}

static void book_token(const struct settlement *settlement) {
    struct order_book *order = order_at(settlement->order_id);

    order->tokens++;
    assert_int_equal(order->tokens, 1);
    assert_int_equal(order->warned, 1);
    assert_int_equal(settlement->remedy->amount.minor, 5000);
    tokens_in_all++;
}

static void book_event(const struct output *output, const struct tree *data) {
    struct faults faults = {.arena = so.arena};
    struct cohort_event event = {0};

    assert_int_equal(fields_decode(&contract_cohort, data, FIELDS_EVENT, so.arena, &event, &faults),
                     0);
    if (contract_event(output->type) == EVENT_COHORT_OPENED) book_opened(event.cohort_id);
    if (contract_event(output->type) == EVENT_COHORT_MEMBER_WARNED) book_warned(&event);
    if (contract_event(output->type) != EVENT_COHORT_CLOSED) return;
    assert_non_null(cohort_at(event.cohort_id));
    assert_false(cohort_at(event.cohort_id)->closed);
    cohort_at(event.cohort_id)->closed = true;
}

static bool has_token(const struct output *warning) {
    return strstr(warning->data, "\"class\":\"logistics") != NULL;
}

static void read_outputs(void) {
    for (; read_to < so.count; read_to++) {
        const struct output *output = &so.outputs[read_to];
        const struct tree *data;
        struct err err = {""};
        assert_int_equal(json_read(so.arena, output->data, output->data_len, NULL, &data, &err),
                         JSON_OK);
        if (contract_event(output->type) != EVENT_SETTLEMENT_ORDERED) {
            book_event(output, data);
            continue;
        }
        struct faults faults = {.arena = so.arena};
        struct settlement settlement = {0};
        assert_int_equal(
            fields_decode(&contract_settlement, data, FIELDS_EVENT, so.arena, &settlement, &faults),
            0);
        assert_true(has_token(output - 1));
        book_token(&settlement);
    }
    for (int i = 0; i + 1 < so.count; i++)
        if (contract_event(so.outputs[i].type) == EVENT_COHORT_MEMBER_WARNED &&
            has_token(&so.outputs[i]))
            assert_int_equal(contract_event(so.outputs[i + 1].type), EVENT_SETTLEMENT_ORDERED);
}

/* ---- Steps ---- */

static const char *one_of(const char *letter, int count) {
    return arena_printf(so.arena, "%s%d", letter, pick(count));
}

static void new_facts(int number) {
    struct world_order *facts = &orders[number].facts;

    if (!facts->id) {
        *facts = (struct world_order){.id = arena_printf(so.arena, "O%d", number),
                                      .carrier = one_of("SF", 2),
                                      .warehouse = one_of("W", 2),
                                      .lane = one_of("L", 3),
                                      .sku = one_of("S", 4),
                                      .batch = one_of("B", 4),
                                      .status = ORDER_CREATED};
        facts->placed_at = so.now_ms;
    } else if (facts->status < ORDER_CANCELLED && chance(60)) {
        facts->status += 1;
    }
}

static void step_order(void) {
    int number = pick(ORDERS);
    int64_t late_ms = chance(10) ? 5 * DAY_MS : 0;

    if (late_ms && orders[number].facts.id) {
        /* A fact of five days ago comes now. */
        struct world_order old = orders[number].facts;
        old.status = ORDER_PAID;
        so.event_age_ms = late_ms;
        world_order(&so, &old);
        so.event_age_ms = 0;
        return;
    }
    new_facts(number);
    world_order(&so, &orders[number].facts);
    if (chance(10)) world_order(&so, &orders[number].facts);
}

static void step_complaint(void) {
    static const char *const classes[] = {"logistics.delayed", "logistics.lost", "quality.expired",
                                          "order.cancel"};
    struct order_book *order = &orders[pick(ORDERS)];

    if (!order->facts.id) return;
    if (!order->complained && !order->warned) prevented_in_all++;
    order->complained = true;
    if (chance(30))
        world_case_opened(&so, order->facts.id);
    else
        world_complain(&so, &order->facts, classes[pick(4)], "");
}

static void step_word(const char *type) {
    struct world_word word = {.class_name = chance(70) ? "logistics.delayed" : "quality.expired",
                              .by = one_of("person", 3)};

    switch (pick(5)) {
    case 0: word.match.carrier = one_of("SF", 2); break;
    case 1: word.match.warehouse = one_of("W", 2); break;
    case 2: word.match.lane = one_of("L", 3); break;
    case 3: word.match.batch = one_of("B", 4); break;
    default: word.match.sku = one_of("S", 4);
    }
    if (chance(20)) word.match.warehouse = one_of("W", 2);
    world_say(&so, type, &word);
}

static void step(void) {
    static const int64_t pauses[] = {1, 1000, HOUR_MS, 6 * HOUR_MS, DAY_MS};

    so.crash = chance(20);
    switch (pick(20)) {
    case 0: step_word("cohort.confirmed"); break;
    case 1:
        if (chance(30)) step_word("cohort.ended");
        break;
    case 2:
    case 3: step_complaint(); break;
    case 4:
    case 5:
    case 6: world_pass(&so, pauses[pick(5)]); break;
    default: step_order();
    }
    read_outputs();
}

static void nobody_is_left(void) {
    world_pass(&so, 1000);
    read_outputs();
    for (int i = 0; i < so.state_count; i++) {
        const struct cohort_state *data = world_state(&so, &so.states[i]);
        const struct cohort *at = data->cohorts.at;
        assert_true(data->orders.count <= 25);
        for (int k = 0; k < data->cohorts.count; k++) {
            if (at[k].status == COHORT_OPEN)
                assert_int_equal(cohort_warn_count(so.version.policy, data, &at[k], so.now_ms), 0);
            assert_true(at[k].warned <= at[k].limit);
        }
    }
}

static void episode(int steps) {
    world_open(&so, policy_text);
    memset(orders, 0, sizeof orders);
    cohort_count = 0;
    read_to = 0;
    for (int i = 0; i < steps; i++) step();
    nobody_is_left();
    world_pass(&so, 400 * DAY_MS);
    read_outputs();
    for (int i = 0; i < cohort_count; i++) assert_true(cohorts[i].closed);
    for (int i = 0; i < so.state_count; i++) assert_false(so.states[i].exists);
    world_close(&so);
}

static int steps = STEPS;

static void the_books_agree(void **state) {
    (void)state;
    for (int done = 0; done < steps; done += EPISODE) episode(EPISODE);
    print_message("%d steps: %d cohorts, %d warned, %d tokens, %d complained unwarned\n", steps,
                  (int)opened_in_all, (int)warned_in_all, (int)tokens_in_all,
                  (int)prevented_in_all);
    assert_true(opened_in_all > steps / 400);
    assert_true(warned_in_all > steps / 100);
    assert_true(tokens_in_all > steps / 400 && tokens_in_all < warned_in_all);
}

int main(int argc, char **argv) {
    if (argc > 1) steps = atoi(argv[1]);
    if (argc > 2) seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_books_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
