/* Intake's decision: every inbound type passes, and every kind of bad input is refused for its
 * reason. */
#include "bad_input.h"
#include "contract/contract.h"
#include "intake_world.h"

/* Types. */

#define MONEY(minor)  "{\"currency\":\"CNY\",\"minor\":" minor "}"
#define CASE_IS       "\"case_id\":\"" CASE "\""
#define IN_CASE(rest) "{" CASE_IS rest "}"
#define OPTIONS                                                                                    \
    "[{\"option\":\"A\",\"remedies\":[{\"kind\":\"refund\",\"amount\":" MONEY(                     \
        "500") "}],\"cost\":" MONEY("500") ",\"split\":{\"platform\":" MONEY("500") "}}]"
#define ORDER_DATA                                                                                 \
    "\"order\":{\"id\":\"A1001\",\"status\":\"shipped\",\"amount\":" MONEY(                        \
        "29900") "},\"items\":[{\"sku\":\"s\","                                                    \
                 "\"name\":\"n\",\"quantity\":1,\"price\":" MONEY(                                 \
                     "29900") "}],\"customer\":{\"id\":\"u-1\"}"

struct type_row {
    enum topic topic;
    const char *type, *data;
    const char *expected; /* NULL: the data as it is */
};

static const struct type_row case_types[] = {
    {TOPIC_ACTIVITY, "case.contacted",
     IN_CASE(",\"by\":\"li\",\"channel\":\"phone\",\"note\":\"called\""), NULL},
    {TOPIC_ACTIVITY, "case.contacted", IN_CASE(",\"by\":\"li\",\"channel\":\" Phone\""),
     IN_CASE(",\"by\":\"li\",\"channel\":\"phone\"")},
    {TOPIC_ACTIVITY, "case.replied", IN_CASE(",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.updated", IN_CASE(",\"by\":\"li\",\"mood\":{\"good\":true}"),
     IN_CASE(",\"by\":\"li\"")},
    {TOPIC_ACTIVITY, "case.customer_replied", IN_CASE(",\"text\":\"and?\""), NULL},
    {TOPIC_ACTIVITY, "case.customer_replied", IN_CASE(",\"text\":null"), IN_CASE("")},
    {TOPIC_ACTIVITY, "case.paused",
     IN_CASE(",\"reason\":\"awaiting_customer\",\"until\":\"2026-11-30T08:00:00+08:00\""),
     IN_CASE(",\"reason\":\"awaiting_customer\",\"until\":\"2026-11-30T00:00:00Z\"")},
    {TOPIC_ACTIVITY, "case.resumed", IN_CASE(""), NULL},
    {TOPIC_ACTIVITY, "case.assigned", IN_CASE(",\"to\":\"li\",\"team\":\"night\""), NULL},
    {TOPIC_ACTIVITY, "case.reclassified",
     IN_CASE(",\"class\":\"quality.flaw\",\"severity\":\"P2\",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.assessed",
     IN_CASE(",\"finding\":\"wet\",\"fault\":{\"platform\":70,\"customer\":29.5},\"costs\":[{"
             "\"kind\":\"test\",\"amount\":" MONEY(
                 "900") "}],\"facts\":{\"days\":3,\"part\":\"board\"},\"by\":\"lab\""),
     NULL},
    {TOPIC_ACTIVITY, "case.resolved", IN_CASE(",\"by\":\"li\",\"note\":\"done\""), NULL},
    {TOPIC_ACTIVITY, "case.closed", IN_CASE(",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.reopened", IN_CASE(",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.withdrawn", IN_CASE(",\"reason\":\"spam\",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.deadline_set",
     IN_CASE(",\"target\":\"resolution\",\"at\":\"2026-11-30T00:00:00Z\",\"set_by\":\"mall\""),
     NULL},
    {TOPIC_ACTIVITY, "task.started", IN_CASE(",\"task\":\"warehouse_intercept\",\"by\":\"li\""),
     NULL},
    {TOPIC_ACTIVITY, "task.done",
     IN_CASE(",\"task\":\"warehouse_intercept\",\"by\":\"wms\",\"result\":\"held\""), NULL},
    {TOPIC_ACTIVITY, "visit.scored", IN_CASE(",\"score\":5,\"text\":\"good\""), NULL},
    {TOPIC_ACTIVITY, "decision.chosen", IN_CASE(",\"proposal_id\":\"" CASE ".1\",\"option\":\"A\""),
     NULL},
    {TOPIC_ACTIVITY, "settlement.done", IN_CASE(",\"settlement_id\":\"s.1\",\"reference\":\"r\""),
     NULL},
    {TOPIC_ACTIVITY, "settlement.failed",
     IN_CASE(",\"settlement_id\":\"s.1\",\"reason\":\"no account\""), NULL},
    {TOPIC_ACTIVITY, "delivery.done", IN_CASE(",\"notification_id\":\"n.1\""), NULL},
    {TOPIC_ACTIVITY, "delivery.failed",
     IN_CASE(",\"notification_id\":\"n.1\",\"reason\":\"bounced\""), NULL},
    {TOPIC_DECISIONS, "decision.approved",
     IN_CASE(",\"proposal_id\":\"p\",\"actor\":\"wu\",\"role\":\"manager\",\"option\":\"B\","
             "\"comment\":\"fair\""),
     NULL},
    {TOPIC_DECISIONS, "decision.rejected",
     IN_CASE(
         ",\"proposal_id\":\"p\",\"actor\":\"wu\",\"role\":\"finance\",\"reason\":\"too much\""),
     NULL},
    {TOPIC_DECISIONS, "compensation.requested",
     IN_CASE(",\"options\":" OPTIONS ",\"reason\":\"VIP\",\"actor\":\"li\",\"role\":\"agent\""),
     NULL},
};

static void test_case_types_pass(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof case_types / sizeof *case_types; i++) {
        const struct type_row *row = &case_types[i];
        const char *id = arena_printf(world->arena, "t-%zu", i);
        struct sent *sent =
            decide_one(world, row->topic, event_json(world, row->type, id, row->data));
        assert_string_equal(data_of(world, sent), row->expected ? row->expected : row->data);
        const struct output *output = &sent->out.at[0];
        assert_int_equal(output->topic, TOPIC_EVENTS);
        assert_string_equal(output->type, row->type);
        assert_string_equal(output->key, "BYCRCNPA1C41H");
        assert_string_equal(output->subject, CASE);
        assert_string_equal(output->id, id);
        assert_string_equal(output->source, "/shop/app");
        assert_int_equal(output->time_ms, world->now_ms - 3600000);
        assert_int_equal(output->sequence, 7);
    }
}

static void test_every_inbound_case_type_is_tried(void **state) {
    (void)state;
    for (const struct contract_type *type = contract_types; type->name; type++) {
        if (!type->names_case || (type->topic != TOPIC_ACTIVITY && type->topic != TOPIC_DECISIONS))
            continue;
        bool tried = false;
        for (size_t i = 0; i < sizeof case_types / sizeof *case_types; i++)
            tried = tried || (strcmp(case_types[i].type, type->name) == 0 &&
                              case_types[i].topic == type->topic);
        if (!tried) fail_msg("%s has no row", type->name);
    }
}

struct elsewhere_row {
    const char *type, *data, *expected;
    enum topic topic;
    const char *key, *subject;
};

static void test_types_without_a_case(void **state) {
    struct world *world = *state;
    static const struct elsewhere_row rows[] = {
        {"order.updated", "{" ORDER_DATA "}", "{\"tenant\":\"default\"," ORDER_DATA "}",
         TOPIC_EVENTS, "BYCRCNPA1C41H", "order:A1001"},
        {"customer.erased", "{\"tenant\":\"t1\",\"customer_id\":\"u-1\"}", NULL, TOPIC_EVENTS, NULL,
         "customer:u-1"},
        {"cohort.confirmed",
         "{\"tenant\":\"t1\",\"match\":{\"warehouse\":\"\xe4\xb8\x8a\xe6\xb5\xb7 "
         "1\"},\"class\":\"quality.expired\",\"by\":\"li\"}",
         NULL, TOPIC_ORDERS, "t1\x1fwarehouse\x1f\xe4\xb8\x8a\xe6\xb5\xb7 1", NULL},
        {"cohort.ended",
         "{\"tenant\":\"t1\",\"match\":{\"batch\":\"b\"},\"class\":\"other\",\"by\":\"li\"}", NULL,
         TOPIC_ORDERS,
         "t1\x1f"
         "batch\x1f"
         "b",
         NULL},
        {"settlement.done",
         "{\"order_id\":\"A1001\",\"cohort_id\":\"c1\",\"settlement_id\":\"c1.A1001\"}",
         "{\"order_id\":\"A1001\",\"cohort_id\":\"c1\",\"tenant\":\"default\",\"settlement_id\":"
         "\"c1.A1001\"}",
         TOPIC_EVENTS, "BYCRCNPA1C41H", "order:A1001"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *id = arena_printf(world->arena, "e-%zu", i);
        struct sent *sent =
            decide_one(world, TOPIC_ACTIVITY, event_json(world, rows[i].type, id, rows[i].data));
        assert_string_equal(data_of(world, sent),
                            rows[i].expected ? rows[i].expected : rows[i].data);
        const struct output *output = &sent->out.at[0];
        assert_int_equal(output->topic, rows[i].topic);
        assert_string_equal(output->type, rows[i].type);
        assert_true(rows[i].key ? output->key && strcmp(output->key, rows[i].key) == 0
                                : !output->key);
        assert_true(rows[i].subject
                        ? output->subject && strcmp(output->subject, rows[i].subject) == 0
                        : !output->subject);
        assert_string_equal(output->id, id);
    }
}

static void test_complaint_opens_its_case(void **state) {
    struct world *world = *state;
    const char *data =
        "{\"channel\":\"Email\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":"
        "\"\xe6\x9d\x8e\",\"phone\":\"138-0013 "
        "8000\"},\"order\":{\"id\":\"A1001\",\"status\":\"signed\",\"amount\":" MONEY(
            "29900") ",\"placed_at\":\"2026-11-20T10:00:00+08:00\",\"custom\":false,\"perishable\":"
                     "true,\"colour\":1},\"text\":\"\xe7\xa0\xb4\xe4\xba\x86 "
                     "\\u202e\\u0007\\\"\xf0\x9f\x98\xa1\\n\",\"requested\":{\"remedy\":\"refund\"}"
                     ",\"evidence\":[{\"kind\":\"photo\",\"url\":\"https://x/1\"}]}";
    struct sent *sent =
        decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", "c-1", data));
    assert_string_equal(
        data_of(world, sent),
        "{\"case_id\":\"" CASE
        "\",\"opened_at\":\"2026-11-22T11:00:00Z\",\"tenant\":\"default\",\"channel\":\"email\","
        "\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":\"\xe6\x9d\x8e\",\"phone\":\"+"
        "8613800138000\"},\"order\":{\"id\":\"A1001\",\"status\":\"signed\",\"amount\":" MONEY(
            "29900") ",\"placed_at\":\"2026-11-20T02:00:00Z\",\"perishable\":true},\"text\":"
                     "\"\xe7\xa0\xb4\xe4\xba\x86 \xe2\x80\xae\\u0007\\\"\xf0\x9f\x98\xa1"
                     "\\n\",\"evidence\":[{\"kind\":\"photo\",\"url\":\"https://x/"
                     "1\"}],\"requested\":{\"remedy\":\"refund\"}}");
    const struct output *output = &sent->out.at[0];
    assert_int_equal(output->topic, TOPIC_EVENTS);
    assert_string_equal(output->type, "case.opened");
    assert_string_equal(output->key, "BYCRCNPA1C41H");
    assert_string_equal(output->subject, CASE);
    assert_string_equal(output->id, "c-1");
    assert_string_equal(output->source, "/shop/app");
    assert_int_equal(output->sequence, 7);
}

/* The case's id is that of the order's as it was meant. */
static void test_a_complaint_copied_from_a_form(void **state) {
    struct world *world = *state;
    const char *data =
        "{\"tenant\":\"default\\r\\n\",\"channel\":\" "
        "Email\\n\",\"customer\":{\"id\":\"u-1\",\"tier\":"
        "\"vip\",\"name\":\"Li\\tLei\\n\",\"email\":\"\\u202aa@b.c\\u202c\"},\"order\":{\"id\":"
        "\"A1001\\n\","
        "\"status\":\"signed\\t\",\"amount\":{\"currency\":\"CNY \",\"minor\":29900.0},\"carrier\":"
        "\"SF\\nExpress\"},\"items\":[{\"sku\":\"s\\n\",\"name\":\"\xe6\x9d\xaf\\t\xe7\xba\xa2\","
        "\"quantity\":1,\"price\":" MONEY("29900") "}],\"text\":\"\\tbroken\\n\",\"conversation\":"
                                                   "\"chat-1\\n\",\"evidence\":[{\"kind\":"
                                                   "\"photo\",\"url\":\"https://x/1\\n\"}]}";
    struct sent *sent =
        decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", "c-1", data));
    assert_string_equal(
        data_of(world, sent),
        "{\"case_id\":\"" CASE
        "\",\"opened_at\":\"2026-11-22T11:00:00Z\",\"tenant\":\"default\",\"channel\":\"email\","
        "\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":\"Li Lei\",\"email\":\"a@b.c\"},"
        "\"order\":{\"id\":\"A1001\",\"status\":\"signed\",\"amount\":" MONEY(
            "29900") ",\"carrier\":"
                     "\"SF Express\"},\"items\":[{\"sku\":\"s\",\"name\":\"\xe6\x9d\xaf "
                     "\xe7\xba\xa2\","
                     "\"quantity\":1,\"price\":" MONEY(
                         "29900") "}],\"text\":\"\\tbroken\\n\",\"conversation\":"
                                  "\"chat-1\",\"evidence\":[{\"kind\":\"photo\",\"url\":\"https://"
                                  "x/1\"}]}");

    /* The next message of that chat, from a form that is in order, is about the same case. */
    data = "{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\"},\"text\":\"and?\","
           "\"conversation\":\"chat-1\"}";
    sent =
        decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", "c-2", data));
    assert_string_equal(sent->out.at[0].type, "case.customer_replied");
    assert_string_equal(sent->out.at[0].subject, CASE);
}

/* A settlement may name its case, and then names it like this. */
static void test_a_case_id_with_a_line_end(void **state) {
    struct world *world = *state;
    struct sent *sent =
        decide_one(world, TOPIC_ACTIVITY,
                   event_json(world, "settlement.done", "s-1",
                              "{\"case_id\":\"" CASE "\\n\",\"settlement_id\":\"s.1\"}"));
    assert_string_equal(data_of(world, sent), IN_CASE(",\"settlement_id\":\"s.1\""));
    assert_string_equal(sent->out.at[0].subject, CASE);
}

/* test_phone.c has all forms; here that the locale counts, and that no form costs the complaint. */
static void test_phones(void **state) {
    struct world *world = *state;
    static const struct {
        const char *written, *locale, *logged;
    } rows[] = {
        {"13800138000", "", "+8613800138000"},
        {"138 0013-8000", "\"locale\":\"zh-CN\",", "+8613800138000"},
        {"13800138000\\n", "\"locale\":\"zh-CN\",", "+8613800138000"},
        {"\\u202a13800138000\\u202c", "\"locale\":\"zh-CN\\n\",", "+8613800138000"},
        {"13800138000", "\"locale\":\"de-DE\",", "13800138000"},
        {"14155552671", "\"locale\":\"en-US\",", "+14155552671"},
        {"17215550123", "\"locale\":\"en-SX\",", "17215550123"},
        {"13800138000 / 13900139000", "", "13800138000 / 13900139000"},
        {"13800138000\\n13900139000", "", "13800138000 13900139000"},
        {"110;+1900555", "", "110;+1900555"},
        {"021-6888 ext 5", "", "021-6888 ext 5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *data = arena_printf(world->arena,
                                        "{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":"
                                        "\"vip\",%s\"phone\":\"%s\"},\"text\":\"x\"}",
                                        rows[i].locale, rows[i].written);
        const char *id = arena_printf(world->arena, "p-%zu", i);
        struct sent *sent =
            decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", id, data));
        const char *phone = arena_printf(world->arena, "\"phone\":\"%s\"", rows[i].logged);
        if (!strstr(data_of(world, sent), phone))
            fail_msg("%s: %s", rows[i].written, data_of(world, sent));
    }
}

/* ---- What people's programs send ---- */

/* Fields that nobody knows cost nothing, whatever they hold. */
static void test_unknown_fields_of_any_kind(void **state) {
    struct world *world = *state;
    static const char *const values[] = {"18446744073709551615",
                                         "-9223372036854775809",
                                         "1e999",
                                         "-1e999",
                                         "1e-999",
                                         "123456789012345678901234567890.5",
                                         "1.7976931348623157e308",
                                         "\"\\ud83d\"",
                                         "{\"\\ude00\":[null,true,1e400]}",
                                         "\"\\t\\n\\u202e\"",
                                         "[]",
                                         "null"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *data =
            arena_printf(world->arena, "{" CASE_IS ",\"by\":\"li\",\"x\":%s}", values[i]);
        const char *event =
            arena_printf(world->arena,
                         "{\"specversion\":\"1.0\",\"id\":\"u-%zu\",\"source\":\"/s\",\"type\":"
                         "\"case.closed\",\"time\":\"2026-11-22T11:00:00Z\",\"x\":%s,\"data\":%s}",
                         i, values[i], data);
        assert_string_equal(data_of(world, decide_one(world, TOPIC_ACTIVITY, event)),
                            IN_CASE(",\"by\":\"li\""));
    }
}

static void test_a_text_cut_within_an_emoji(void **state) {
    struct world *world = *state;
    struct sent *sent = decide_one(
        world, TOPIC_ACTIVITY,
        event_json(world, "case.customer_replied", "cut", IN_CASE(",\"text\":\"angry \\ud83d\"")));
    assert_string_equal(data_of(world, sent), IN_CASE(",\"text\":\"angry \xef\xbf\xbd\""));
}

/* As JSON Schema has it. */
static void test_integers_however_written(void **state) {
    struct world *world = *state;
    static const char *const scores[] = {"5", "5.0", "5e0", "0.5e1", "50E-1"};

    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        const char *id = arena_printf(world->arena, "n-%zu", i);
        const char *data = arena_printf(world->arena, IN_CASE(",\"score\":%s"), scores[i]);
        struct sent *sent =
            decide_one(world, TOPIC_ACTIVITY, event_json(world, "visit.scored", id, data));
        assert_string_equal(data_of(world, sent), IN_CASE(",\"score\":5"));
    }
    const char *options = "[{\"option\":\"A\",\"remedies\":[{\"kind\":\"refund\",\"amount\":" MONEY(
        "500.0") "}],\"cost\":" MONEY("5e2") ",\"split\":{\"platform\":" MONEY("500.0") "}}]";
    const char *rest = ",\"reason\":\"VIP\",\"actor\":\"li\",\"role\":\"agent\"}";
    struct sent *sent = decide_one(
        world, TOPIC_DECISIONS,
        event_json(world, "compensation.requested", "n-9",
                   arena_printf(world->arena, "{" CASE_IS ",\"options\":%s%s", options, rest)));
    assert_string_equal(data_of(world, sent),
                        arena_printf(world->arena, "{" CASE_IS ",\"options\":%s%s", OPTIONS, rest));
}

static void test_five_minutes_ahead_are_allowed(void **state) {
    struct world *world = *state;
    int64_t event_ms;
    assert_int_equal(clock_parse("2026-11-22T11:00:00Z", &event_ms), 0);
    world->now_ms = event_ms - 300000;
    struct sent *sent = decide_one(
        world, TOPIC_ACTIVITY, event_json(world, "case.closed", "f-1", IN_CASE(",\"by\":\"li\"")));
    assert_int_equal(sent->result, DONE);
    world->now_ms--;
    sent = decide_one(world, TOPIC_ACTIVITY,
                      event_json(world, "case.closed", "f-2", IN_CASE(",\"by\":\"li\"")));
    assert_int_equal(sent->result, REJECT);
    assert_string_equal(sent->out.rejection.reason, "in_future");
}

/* Rejections. */

static void check_bad(struct world *world, int index) {
    const struct bad_input *bad = bad_input_at(index);
    struct sent *sent = ARENA_NEW(world->arena, struct sent);
    struct rejection rejection = {0};
    bad_input_make(index, world->arena, &sent->raw);
    if (event_read(&sent->raw, world->arena, &sent->ev, &rejection) == 0) {
        decide_batch(world, sent, 1);
        if (sent->result != REJECT) fail_msg("%s: accepted", bad->name);
        rejection = sent->out.rejection;
    }
    if (!rejection.reason || strcmp(rejection.reason, bad->reason) != 0 ||
        !strstr(rejection.detail, bad->detail))
        fail_msg("%s: %s, %s; expected %s, %s", bad->name, rejection.reason, rejection.detail,
                 bad->reason, bad->detail);
    if (!rejection.detail[0]) fail_msg("%s: no detail", bad->name);
    if (strstr(rejection.detail, BAD_INPUT_PRIVATE))
        fail_msg("%s: %s", bad->name, rejection.detail);
    assert_int_equal(sent->out.count, 0);
}

static void test_bad_input(void **state) {
    struct world *world = *state;
    assert_true(bad_input_count() >= 40);
    for (int i = 0; i < bad_input_count(); i++) check_bad(world, i);
    /* A rejected submission claims nothing. */
    assert_int_equal(world->claim_count, 0);
}

static void test_bad_input_names_each_reason(void **state) {
    (void)state;
    static const char *const reasons[] = {"not_json",        "too_large",     "too_deep",
                                          "too_many_values", "duplicate_key", "bad_utf8",
                                          "missing_field",   "bad_value",     "unknown_type",
                                          "wrong_topic",     "in_future"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        bool found = false;
        for (int j = 0; j < bad_input_count(); j++)
            found = found || strcmp(bad_input_at(j)->reason, reasons[i]) == 0;
        if (!found) fail_msg("no bad input for %s", reasons[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_case_types_pass, setup, teardown),
        cmocka_unit_test(test_every_inbound_case_type_is_tried),
        cmocka_unit_test_setup_teardown(test_types_without_a_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_complaint_opens_its_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_complaint_copied_from_a_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_case_id_with_a_line_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_phones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_fields_of_any_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_text_cut_within_an_emoji, setup, teardown),
        cmocka_unit_test_setup_teardown(test_integers_however_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_five_minutes_ahead_are_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_input, setup, teardown),
        cmocka_unit_test(test_bad_input_names_each_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
