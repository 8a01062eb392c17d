/* Unit tests of what intake writes to redress.orders: one record for each value of a dimension that
 * an order has, beside its other output. */
#include "intake_world.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define MONEY "{'currency':'CNY','minor':29900}"
#define ORDER                                                                                      \
    "'order':{'id':'A1001','status':'shipped','amount':" MONEY                                     \
    ",'placed_at':'2026-11-20T23:30:00-02:00','carrier':'SF','warehouse':'W1','lane':'HZ-SH'}"
#define ITEM(more) "{'sku':'s','name':'n','quantity':1,'price':" MONEY more "}"
#define ITEMS      "'items':[" ITEM(",'batch':'b1'") "," ITEM(",'batch':'b2'") "," ITEM("") "]"

/* 23:30 two hours west of Greenwich is the next day there. */
static const char *const keys[] = {
    "default\x1f"
    "carrier\x1f"
    "SF",
    "default\x1f"
    "warehouse\x1f"
    "W1",
    "default\x1f"
    "lane\x1f"
    "HZ-SH",
    "default\x1f"
    "day\x1f"
    "HZ-SH@2026-11-21",
    "default\x1f"
    "sku\x1f"
    "s",
    "default\x1f"
    "batch\x1f"
    "b1",
    "default\x1f"
    "batch\x1f"
    "b2",
};

static const char *quoted(struct world *world, const char *text) {
    char *copy = arena_strdup(world->arena, text);
    for (char *at = copy; *at; at++)
        if (*at == '\'') *at = '"';
    return copy;
}

static struct sent *send(struct world *world, enum topic topic, const char *type, const char *id,
                         const char *data) {
    struct sent *sent = decide_one(world, topic, event_json(world, type, id, quoted(world, data)));
    if (sent->result != DONE) fail_msg("%s", sent->out.rejection.detail);
    return sent;
}

/* From `first` on there is one for each key, alike but for it. */
static void expect_copies(struct world *world, const struct sent *sent, int first, const char *type,
                          const char *id, const char *data) {
    assert_int_equal(sent->out.count, first + (int)LENGTH(keys));
    for (size_t i = 0; i < LENGTH(keys); i++) {
        const struct output *output = &sent->out.at[first + (int)i];
        assert_int_equal(output->topic, TOPIC_ORDERS);
        assert_string_equal(output->key, keys[i]);
        assert_string_equal(output->type, type);
        assert_string_equal(output->id, id);
        assert_string_equal(output->source, sent->ev.source);
        assert_string_equal(output->subject, "order:A1001");
        if (data)
            assert_string_equal(arena_strndup(world->arena, output->data, output->data_len),
                                quoted(world, data));
    }
}

static void facts_go_to_each_dimension(void **state) {
    struct world *world = *state;
    struct sent *sent = send(world, TOPIC_ACTIVITY, "order.updated", "o-1",
                             "{" ORDER "," ITEMS ",'customer':{'id':'u-1'}}");

    assert_int_equal(sent->out.at[0].topic, TOPIC_EVENTS);
    assert_string_equal(sent->out.at[0].type, "order.updated");
    assert_string_equal(sent->out.at[0].subject, "order:A1001");
    expect_copies(world, sent, 1, "order.updated", "o-1", NULL);
    /* Sent again it is known. */
    sent = send(world, TOPIC_ACTIVITY, "order.updated", "o-1",
                "{" ORDER "," ITEMS ",'customer':{'id':'u-1'}}");
    assert_int_equal(sent->out.count, 0);
}

#define COMPLAINT(more)                                                                            \
    "{'channel':'im','customer':{'id':'u-1','tier':'vip','name':'Li Lei'},'text':'late'" more "}"

static void a_complaint_goes_to_each_without_its_words(void **state) {
    struct world *world = *state;
    struct sent *sent =
        send(world, TOPIC_COMPLAINTS, "complaint.submitted", "c-1", COMPLAINT("," ORDER "," ITEMS));
    assert_string_equal(sent->out.at[0].type, "case.opened");
    expect_copies(world, sent, 1, "order.complained", "c-1",
                  "{'tenant':'default','case_id':'" CASE "','order_id':'A1001'}");

    sent =
        send(world, TOPIC_COMPLAINTS, "complaint.submitted", "c-2", COMPLAINT("," ORDER "," ITEMS));
    assert_string_equal(sent->out.at[0].type, "case.repeated");
    expect_copies(world, sent, 1, "order.complained", "c-2",
                  "{'tenant':'default','case_id':'" CASE "','order_id':'A1001','again':true}");
}

static void what_names_no_dimension_goes_nowhere(void **state) {
    struct world *world = *state;
    static const char *const rows[] = {
        COMPLAINT(""), COMPLAINT(",'order':{'id':'A7','status':'paid','amount':" MONEY "}"),
        COMPLAINT(",'items':[" ITEM("") "]"), /* of no order */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct sent *sent = send(world, TOPIC_COMPLAINTS, "complaint.submitted",
                                 arena_printf(world->arena, "c-%zu", i), rows[i]);
        assert_int_equal(sent->out.count, 1);
    }
}

static void a_word_goes_to_the_one_that_decides(void **state) {
    struct world *world = *state;
    struct sent *sent =
        send(world, TOPIC_ACTIVITY, "cohort.confirmed", "w-1",
             "{'match':{'lane':'HZ-SH','carrier':'SF'},'placed_from':'2026-11-21T00:00:00Z',"
             "'placed_to':'2026-11-22T00:00:00Z','class':'logistics.delayed','by':'li'}");

    const char *data = data_of(world, sent);
    assert_non_null(strstr(data, "\"tenant\":\"default\",\"match\":{"));
    assert_int_equal(sent->out.count, 1);
    assert_int_equal(sent->out.at[0].topic, TOPIC_ORDERS);
    assert_string_equal(sent->out.at[0].key, keys[3]);
    assert_string_equal(sent->out.at[0].type, "cohort.confirmed");
    assert_null(sent->out.at[0].subject);
}

/* A window ends behind its beginning, or there is nothing in it. */
static void a_window_without_time_is_refused(void **state) {
    struct world *world = *state;
    static const char *const ends[] = {"2026-11-21T00:00:00Z", "2026-11-20T23:59:59Z"};

    for (size_t i = 0; i < LENGTH(ends); i++) {
        const char *data = arena_printf(world->arena,
                                        "{'match':{'lane':'HZ-SH'},'placed_from':"
                                        "'2026-11-21T00:00:00Z','placed_to':'%s','class':"
                                        "'logistics.delayed','by':'li'}",
                                        ends[i]);
        struct sent *sent =
            decide_one(world, TOPIC_ACTIVITY,
                       event_json(world, "cohort.confirmed", arena_printf(world->arena, "w-%zu", i),
                                  quoted(world, data)));
        assert_int_equal(sent->result, REJECT);
        assert_string_equal(sent->out.rejection.reason, "bad_value");
        assert_non_null(strstr(sent->out.rejection.detail, "placed_to"));
        assert_non_null(strstr(sent->out.rejection.detail, "a time after placed_from"));
        assert_int_equal(sent->out.count, 0);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(facts_go_to_each_dimension),
        TEST(a_complaint_goes_to_each_without_its_words),
        TEST(what_names_no_dimension_goes_nowhere),
        TEST(a_word_goes_to_the_one_that_decides),
        TEST(a_window_without_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
