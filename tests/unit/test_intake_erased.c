/* A customer was erased: what he said before and what comes behind it says nothing of who he is;
 * what he says afterwards does. Nothing in a claim is his name. */
#include "intake_world.h"

#define ZHANG                                                                                      \
    "{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":\"Zhang\",\"phone\":\"+8613812341234\",\"email\":"  \
    "\"z@shop.example\"}"

static const char *at_time(struct world *world, const char *type, const char *id, const char *time,
                           const char *data) {
    return arena_printf(world->arena,
                        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/app\",\"type\":"
                        "\"%s\",\"time\":\"%s\",\"data\":%s}",
                        id, type, time, data);
}

static const char *complain(struct world *world, const char *id, const char *time) {
    const char *data = "{\"channel\":\"im\",\"customer\":" ZHANG ",\"text\":\"x\"}";
    return data_of(world, decide_one(world, TOPIC_COMPLAINTS,
                                     at_time(world, "complaint.submitted", id, time, data)));
}

static void erase(struct world *world, const char *id, const char *customer, const char *time) {
    const char *data =
        arena_printf(world->arena, "{\"tenant\":\"default\",\"customer_id\":\"%s\"}", customer);
    (void)data_of(world, decide_one(world, TOPIC_ACTIVITY,
                                    at_time(world, "customer.erased", id, time, data)));
}

static void expect_known(const char *data, bool known) {
    static const char *const traces[] = {"Zhang", "13812341234", "z@shop.example"};
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
        if ((strstr(data, traces[i]) != NULL) != known) fail_msg("%s in %s", traces[i], data);
    assert_int_equal(strstr(data, "erased_at") == NULL, known);
    assert_non_null(strstr(data, "\"tier\":\"vip\""));
}

static void what_was_said_before_brings_nobody(void **state) {
    struct world *world = *state;
    expect_known(complain(world, "a", "2026-11-22T11:00:00Z"), true);
    erase(world, "e1", "u-1", "2026-11-22T11:30:00Z");
    erase(world, "e2", "u-2", "2026-11-22T11:50:00Z"); /* somebody else's */
    expect_known(complain(world, "b", "2026-11-22T11:29:00Z"), false);
    expect_known(complain(world, "c", "2026-11-22T11:30:00Z"), false);
    expect_known(complain(world, "d", "2026-11-22T11:30:01Z"), true);
    expect_known(complain(world, "e", "2026-11-22T12:00:00Z"), true);
    /* Once more: the latest counts, whichever comes first. */
    erase(world, "e3", "u-1", "2026-11-22T11:45:00Z");
    erase(world, "e4", "u-1", "2026-11-22T11:20:00Z");
    expect_known(complain(world, "f", "2026-11-22T11:44:00Z"), false);
    assert_non_null(strstr(complain(world, "g", "2026-11-22T11:44:00Z"),
                           "\"erased_at\":\"2026-11-22T11:45:00Z\""));
}

/* Publishers do not say who is erased. */
static void nobody_else_says_so(void **state) {
    struct world *world = *state;
    const char *data =
        "{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":\"Zhang\","
        "\"phone\":\"+8613812341234\",\"email\":\"z@shop.example\",\"erased_at\":"
        "\"2026-11-22T11:00:00Z\"},\"text\":\"x\"}";
    const char *json = at_time(world, "complaint.submitted", "a", "2026-11-22T11:00:00Z", data);
    expect_known(data_of(world, decide_one(world, TOPIC_COMPLAINTS, json)), true);
}

/* With a secret a chat still is one case, and no claim names it; nor does one name who was erased,
 * with a secret or without. */
static void claims_name_nobody(void **state) {
    struct world *world = *state;
    static const char *const data =
        "{\"channel\":\"im\",\"conversation\":\"wx-zhang\",\"customer\":" ZHANG ",\"text\":\"x\"}";
    struct settings settings = SETTINGS_DEFAULT;
    struct err err;
    assert_int_equal(
        secrets_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &settings.persons, &err), 0);
    erase(world, "e0", "u-1", "2026-11-22T10:00:00Z");
    world->settings = &settings;
    erase(world, "e1", "u-1", "2026-11-22T10:00:00Z");
    for (int i = 0; i < 2; i++) {
        struct sent *sent = decide_one(
            world, TOPIC_COMPLAINTS,
            at_time(world, "complaint.submitted", i ? "b" : "a", "2026-11-22T11:00:00Z", data));
        (void)data_of(world, sent);
        assert_string_equal(sent->out.at[0].type, i ? "case.customer_replied" : "case.opened");
    }
    for (int i = 0; i < world->claim_count; i++)
        if (strstr(world->claims[i].key, "zhang") || strstr(world->claims[i].key, "u-1"))
            fail_msg("%s", world->claims[i].key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_said_before_brings_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_else_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(claims_name_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
