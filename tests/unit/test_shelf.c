/* Which closed cases stand where others find them, what is kept of them for that, in what the
 * facts of two are the same, and which is the most similar. */
#include "classification/sketch.h"
#include "compensation/shelf.h"
#include "compensation_world.h"
#include "sight/sight_similar.h"

#define SKETCH                                                                                     \
    "cLFiYHwPoLwJaLj4-3vUb1NwrP6VN76t6iUGgpZS8bfPn8qXIpiTCzi36-uz4m4MtTP5LW3cDeE3fsxUEvIbh1kvv8d7" \
    "uS0z"
#define ERASED "{'tenant':'default','customer_id':'c1'}"

static void classify_sketched(struct world *world, const char *class_name) {
    world_event(world, "case.classified",
                "{'case_id':'" WORLD_CASE "','class':'%s','severity':'P3','confidence':0.9,"
                "'rules_version':'1','sketch':'" SKETCH "'}",
                class_name);
}

static void noted(struct world *world, const char *type) {
    world_event(world, type, "{'case_id':'" WORLD_CASE "','by':'anna'}");
}

static void expect_shelf(struct world *world, const char *shelf) {
    const struct compensation_state *state = world_state(world);
    const char *is = state->library ? state->library : "none";

    if (strcmp(is, shelf) != 0) fail_msg("it stands at \"%s\", expected \"%s\"", is, shelf);
}

static void open_sketched(struct world *world) {
    open_world(world);
    open_case(world, "regular", ORDER_299);
    classify_sketched(world, "quality.flaw");
}

static void closed_cases_stand_there(void **unused) {
    (void)unused;
    struct world world;
    open_sketched(&world);
    expect_shelf(&world, "none");
    noted(&world, "case.resolved");
    expect_shelf(&world, "none");
    noted(&world, "case.closed");
    expect_shelf(&world, "default quality.flaw");
    world_event(&world, "visit.scored", "{'case_id':'" WORLD_CASE "','score':4,'text':'fine'}");
    const struct compensation_state *state = world_state(&world);
    assert_int_equal(state->score, 4);
    assert_int_equal(state->opened_at, world_time("2026-11-22T10:00:00Z"));
    assert_string_equal(state->profile->text_sketch, SKETCH);

    world_event(&world, "case.reclassified",
                "{'case_id':'" WORLD_CASE "','class':'quality.expired','by':'anna'}");
    expect_shelf(&world, "default quality.expired");
    noted(&world, "case.reopened");
    expect_shelf(&world, "none");
    world_close(&world);
}

static void what_is_void_does_not(void **unused) {
    (void)unused;
    struct world world;
    open_sketched(&world);
    world_event(&world, "case.withdrawn",
                "{'case_id':'" WORLD_CASE "','reason':'spam','by':'anna'}");
    expect_shelf(&world, "none");
    world_close(&world);
}

/* A worker of before gave no sketch: nothing can be said of the words. */
static void without_sketch_it_does_not(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    classify(&world, "quality.flaw", "");
    noted(&world, "case.closed");
    expect_shelf(&world, "none");
    world_close(&world);
}

static void nothing_is_left_of_the_erased(void **unused) {
    (void)unused;
    struct world world;
    open_sketched(&world);
    noted(&world, "case.closed");
    expect_shelf(&world, "default quality.flaw");
    world_event(&world, "customer.erased", ERASED);
    world_expect(&world, "case.erased", "'sketch'");
    expect_shelf(&world, "none");
    const struct compensation_state *state = world_state(&world);
    assert_null(state->profile->text_sketch);
    world_close(&world);
}

/* A text of the erased customer that is classified after that: it is not kept either. */
static void nor_of_what_comes_late(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    world_event(&world, "customer.erased", ERASED);
    classify_sketched(&world, "quality.flaw");
    noted(&world, "case.closed");
    expect_shelf(&world, "none");
    assert_null(((const struct compensation_state *)world_state(&world))->profile->text_sketch);
    world_close(&world);
}

/* ---- Two cases ---- */

static struct compensation_item cup = {.sku = "cup"}, lamp = {.sku = "lamp"};
#define CNY(amount)                                                                                \
    { "CNY", amount }

static void facts_in_common(void **unused) {
    (void)unused;
    const struct compensation_state one = {.order_status = 6,
                                           .items = {&cup, 1},
                                           .order_amount = CNY(10000),
                                           .carrier = "SF",
                                           .warehouse = "SHA",
                                           .requested = 1};
    const struct {
        struct compensation_state two;
        const char *same;
    } cases[] = {
        {{0}, ""},
        {{.order_status = 6}, "status goods "},
        {{.order_status = 5}, "goods "},
        {{.order_status = 6, .perishable = true}, "status "},
        {{.order_status = 6, .custom = true}, "status "},
        {{.items = {&cup, 1}}, "article "},
        {{.items = {&lamp, 1}}, ""},
        {{.order_amount = CNY(5000)}, "value "},
        {{.order_amount = CNY(20000)}, "value "},
        {{.order_amount = CNY(4999)}, ""},
        {{.order_amount = CNY(20002)}, ""},
        {{.order_amount = {"EUR", 10000}}, ""},
        {{.carrier = "SF", .warehouse = "SHA"}, "carrier warehouse "},
        {{.carrier = "YTO", .warehouse = "CAN"}, ""},
        {{.requested = 1}, "asked "},
        {{.requested = 2}, ""},
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct texts same = shelf_same(&one, &cases[i].two, arena);
        const char *names = "";
        for (int n = 0; n < same.count; n++)
            names = arena_printf(arena, "%s%s ", names, same.at[n]);
        if (strcmp(names, cases[i].same) != 0)
            fail_msg("row %zu: \"%s\", expected \"%s\"", i, names, cases[i].same);
        same = shelf_same(&cases[i].two, &one, arena);
        for (int n = 0; n < same.count; n++) assert_non_null(strstr(cases[i].same, same.at[n]));
    }
    struct texts nothing =
        shelf_same(&(struct compensation_state){0}, &(struct compensation_state){0}, arena);
    assert_int_equal(nothing.count, 0);
    arena_free(arena);
}

static void most_similar_first(void **unused) {
    (void)unused;
    static const char *facts[] = {"article", "status"};
    const struct sight_similar ordered[] = {
        {.case_id = "B", .same = {facts, 2}, .alike = 100},
        {.case_id = "C", .same = {facts, 1}, .alike = 900},
        {.case_id = "D", .same = {facts, 1}, .alike = 899, .ended_at = 2},
        {.case_id = "E", .same = {facts, 1}, .alike = 899, .ended_at = 1},
        {.case_id = "F", .same = {facts, 1}, .alike = 899, .ended_at = 1},
        {.case_id = "A", .alike = 1000},
    };

    for (size_t i = 0; i < LENGTH(ordered); i++)
        for (size_t j = 0; j < LENGTH(ordered); j++) {
            int order = sight_similar_order(&ordered[i], &ordered[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_cases_stand_there),
        cmocka_unit_test(what_is_void_does_not),
        cmocka_unit_test(without_sketch_it_does_not),
        cmocka_unit_test(nothing_is_left_of_the_erased),
        cmocka_unit_test(nor_of_what_comes_late),
        cmocka_unit_test(facts_in_common),
        cmocka_unit_test(most_similar_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
