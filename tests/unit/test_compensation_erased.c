/* A customer is erased: his id goes, the caps that count him go on by a pseudonym, and what he was
 * offered is settled all the same. */
#include "compensation_world.h"

#define ERASED "{'tenant':'default','customer_id':'c1'}"

static struct settings settings_with_secret(void) {
    struct settings settings = SETTINGS_DEFAULT;
    struct err err;
    assert_int_equal(
        secrets_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &settings.persons, &err), 0);
    return settings;
}

static bool is_in_state(const struct world *world) {
    for (int i = 0; i < world->pairs.count; i++)
        if (world->pairs.at[i].value_len == 2 && strncmp(world->pairs.at[i].value, "c1", 2) == 0)
            return true;
    return false;
}

static bool is_in_claims(const struct world *world) {
    for (int i = 0; i < world->claim_count; i++)
        if (strstr(world->claims[i].key, "\x1f"
                                         "c1"))
            return true;
    return false;
}

static void id_goes_once(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    assert_true(is_in_state(&world));
    world_event(&world, "customer.erased", "{'tenant':'other','customer_id':'c1'}");
    assert_true(world.unchanged);
    world_event(&world, "customer.erased", ERASED);
    world_expect(&world, "case.erased", "'by':'redress-compensation'");
    world_expect(&world, "case.erased", "'fields':['customer_id']");
    assert_false(is_in_state(&world));
    world_event(&world, "customer.erased", ERASED);
    assert_true(world.unchanged);
    world_close(&world);
}

/* Given back under the key that it was taken under. */
static void caps_go_on(void **unused) {
    (void)unused;
    struct settings settings = settings_with_secret();
    struct world world;
    open_world(&world);
    world.settings = &settings;
    open_case(&world, "regular", ORDER_299);
    classify(&world, "logistics.delayed", "");
    world_expect(&world, "compensation.approved", "policy");
    assert_int_equal(world.claim_count, 4); /* goodwill, customer, budget, history */
    assert_false(is_in_claims(&world));
    world_event(&world, "customer.erased", ERASED);
    assert_false(is_in_state(&world));
    world_wake(&world, world.wake_at); /* not chosen */
    world_expect(&world, "compensation.expired", "not chosen");
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

static void what_was_offered_is_settled(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    classify(&world, "logistics.delayed", "");
    world_event(&world, "customer.erased", ERASED);
    choose(&world, P1, "A");
    world_expect(&world, "settlement.ordered", "'customer_id':'erased'");
    world_close(&world);
}

/* Intake says that the customer of a late complaint is erased. */
static void a_late_complaint_brings_nobody(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    world_event(&world, "case.opened",
                "{'case_id':'" WORLD_CASE "','opened_at':'2026-11-22T10:00:00Z','tenant':'default',"
                "'channel':'im','customer':{'id':'c1','tier':'regular','erased_at':"
                "'2026-11-22T11:00:00Z'},'order':" ORDER_299 ",'text':'x'}");
    assert_false(is_in_state(&world));
    classify(&world, "logistics.delayed", "");
    world_expect(&world, "compensation.approved", "policy");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_goes_once),
        cmocka_unit_test(caps_go_on),
        cmocka_unit_test(what_was_offered_is_settled),
        cmocka_unit_test(a_late_complaint_brings_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
