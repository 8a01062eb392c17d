/* Which case a submission belongs to: stories of submissions, told once, again after a crash, and
 * again as duplicates.
 */
#include "intake_world.h"

#define MONEY(minor) "{\"currency\":\"CNY\",\"minor\":" minor "}"

/* What is not logged is gone with Redis; the log keeps everything else of a claim. */
static void lose_redis(struct world *world) {
    int kept = 0;
    for (int i = 0; i < world->claim_count; i++)
        if (world->claims[i].logged) world->claims[kept++] = world->claims[i];
    world->claim_count = kept;
}

struct step {
    const char *id, *order, *conversation;
    int day;
    const char *type;   /* NULL: nothing comes out */
    const char *opener; /* id of the submission whose case it is */
    int repeats;
    bool in_batch;        /* together with the step before */
    const char *customer; /* NULL: u-1 */
    bool other_account;   /* the order is another account's */
};
struct story {
    const char *name;
    bool takes_over; /* a later case takes conversation or order over */
    struct step steps[BATCH_MAX];
};

#define GIVEN(step_id, step_order, step_conversation, step_day)                                    \
    .id = step_id, .order = step_order, .conversation = step_conversation, .day = step_day
#define OPENS(id, order, conversation, day)                                                        \
    GIVEN(id, order, conversation, day), .type = "case.opened", .opener = id
#define REPLIES(id, order, conversation, day, of)                                                  \
    GIVEN(id, order, conversation, day), .type = "case.customer_replied", .opener = of
#define REPEATS(id, order, conversation, day, of, how_many)                                        \
    GIVEN(id, order, conversation, day), .type = "case.repeated", .opener = of, .repeats = how_many
#define DROPS(id, order, conversation, day) GIVEN(id, order, conversation, day)

static const struct story stories[] = {
    {"nothing in common", false, {{OPENS("a", "A1", "v1", 0)}, {OPENS("b", "A2", "v2", 0)}}},
    {"customers alone never join",
     false,
     {{OPENS("a", NULL, NULL, 0)}, {OPENS("b", NULL, NULL, 0)}}},
    {"a chat is one case",
     false,
     {{OPENS("a", NULL, "v1", 0)},
      {REPLIES("b", NULL, "v1", 0, "a")},
      {REPLIES("c", NULL, "v1", 1, "a")}}},
    {"a repeat by its order",
     false,
     {{OPENS("a", "A1", NULL, 0)},
      {REPEATS("b", "A1", NULL, 1, "a", 1)},
      {REPEATS("c", "A1", NULL, 2, "a", 2)},
      {REPEATS("d", "A1", "v1", 2, "a", 3)}}},
    {"messages of a chat about its order are no repeats",
     false,
     {{OPENS("a", "A1", "v1", 0)},
      {REPLIES("b", "A1", "v1", 0, "a")},
      {REPLIES("c", "A1", "v1", 0, "a")},
      {REPEATS("d", "A1", NULL, 1, "a", 1)}}},
    {"a chat that joined by its order goes on there",
     false,
     {{OPENS("a", "A1", NULL, 0)},
      {REPEATS("b", "A1", "v1", 0, "a", 1)},
      {REPLIES("c", NULL, "v1", 0, "a")}}},
    {"an order named later belongs to the chat's case",
     false,
     {{OPENS("a", NULL, "v1", 0)},
      {REPLIES("b", "A1", "v1", 0, "a")},
      {REPEATS("c", "A1", NULL, 0, "a", 1)}}},
    {"chat and order of two cases: the chat wins",
     false,
     {{OPENS("a", NULL, "v1", 0)},
      {OPENS("b", "A1", NULL, 0)},
      {REPLIES("c", "A1", "v1", 0, "a")}}},
    {"seven days after the last word",
     true,
     {{OPENS("a", "A1", NULL, 0)},
      {REPEATS("b", "A1", NULL, 7, "a", 1)},
      {REPEATS("c", "A1", NULL, 14, "a", 2)},
      {OPENS("d", "A1", NULL, 22)},
      {REPEATS("e", "A1", NULL, 23, "d", 1)}}},
    {"a record of yesterday joins today's case",
     false,
     {{OPENS("a", "A1", NULL, 3)}, {REPEATS("b", "A1", NULL, 2, "a", 1)}}},
    {"a chat after its time, about an order whose case lives",
     true,
     {{OPENS("a", NULL, "v1", 0)},
      {OPENS("b", "A1", NULL, 9)},
      {REPEATS("c", "A1", "v1", 10, "b", 1)},
      {REPLIES("d", NULL, "v1", 10, "b")}}},
    {"twice, in two places", false, {{OPENS("a", "A1", "v1", 0)}, {DROPS("a", "A1", "v1", 0)}}},
    {"duplicates do not count",
     false,
     {{OPENS("a", "A1", NULL, 0)},
      {REPEATS("b", "A1", NULL, 0, "a", 1)},
      {DROPS("b", "A1", NULL, 0)},
      {REPEATS("c", "A1", NULL, 0, "a", 2)}}},
    {"all in one batch",
     false,
     {{OPENS("a", "A1", "v1", 0)},
      {REPLIES("b", NULL, "v1", 0, "a"), .in_batch = true},
      {REPEATS("c", "A1", NULL, 0, "a", 1), .in_batch = true},
      {DROPS("c", "A1", NULL, 0), .in_batch = true}}},
    {"a new chat about a known order, two messages in one batch",
     false,
     {{OPENS("a", "A1", NULL, 0)},
      {REPEATS("b", "A1", "v1", 0, "a", 1)},
      {REPLIES("c", NULL, "v1", 0, "a"), .in_batch = true},
      {REPLIES("d", "A2", "v1", 0, "a"), .in_batch = true},
      {REPEATS("e", "A2", NULL, 1, "a", 2)}}},
    {"another account names the order",
     false,
     {{OPENS("a", "A1", "v1", 0)},
      {OPENS("b", "A1", "v2", 0), .customer = "u-2", .other_account = true},
      {REPLIES("c", NULL, "v2", 0, "b"), .customer = "u-2"},
      {REPEATS("d", "A1", NULL, 1, "b", 1), .customer = "u-2", .other_account = true},
      {REPEATS("e", "A1", NULL, 2, "a", 1)},
      {REPLIES("f", "A1", "v1", 2, "a")}}},
    {"another account names it in the same batch, and again after the case's time",
     true,
     {{OPENS("a", "A1", NULL, 0)},
      {OPENS("b", "A1", NULL, 0), .customer = "u-2", .other_account = true, .in_batch = true},
      {REPEATS("c", "A1", NULL, 0, "a", 1), .in_batch = true},
      {OPENS("d", "A1", NULL, 20), .customer = "u-2", .other_account = true},
      {OPENS("e", "A1", NULL, 21)}}},
    {"another account's chat names the order later",
     false,
     {{OPENS("a", "A1", NULL, 0)},
      {OPENS("b", NULL, "v2", 0), .customer = "u-2"},
      {REPLIES("c", "A1", "v2", 0, "b"), .customer = "u-2", .other_account = true},
      {REPEATS("d", "A1", NULL, 0, "b", 1), .customer = "u-2", .other_account = true},
      {REPEATS("e", "A1", NULL, 0, "a", 1)}}},
    {"a known chat names an order, another submission about it in one batch",
     false,
     {{OPENS("a", NULL, "v1", 0)},
      {REPLIES("b", "A1", "v1", 0, "a")},
      {REPEATS("c", "A1", NULL, 0, "a", 1), .in_batch = true}}},
};

static void step_case(const struct story *story, const char *id, char case_out[IDS_CASE_LEN + 1]) {
    for (const struct step *step = story->steps; step->id; step++) {
        if (strcmp(step->id, id) != 0) continue;
        char subject[64], route[IDS_ROUTE_LEN + 1];
        if (step->order)
            snprintf(subject, sizeof subject, "order:%s", step->order);
        else if (step->conversation)
            snprintf(subject, sizeof subject, "conversation:%s", step->conversation);
        else
            snprintf(subject, sizeof subject, "customer:%s",
                     step->customer ? step->customer : "u-1");
        ids_route("default", subject, route);
        ids_case(route, "/shop/app", id, case_out);
        return;
    }
    fail_msg("%s: no %s", story->name, id);
}

static const char *member(struct world *world, const char *key, const char *id) {
    return id ? arena_printf(world->arena, ",\"%s\":\"%s\"", key, id) : "";
}

static const char *step_json(struct world *world, const struct step *step) {
    const char *order =
        step->order
            ? arena_printf(world->arena,
                           ",\"order\":{\"id\":\"%s\",\"status\":\"paid\",\"amount\":" MONEY(
                               "1") ",\"other_account\":%s}",
                           step->order,
                           step->other_account ? "false" : "true") /* who publishes may lie */
            : "";
    return arena_printf(world->arena,
                        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/"
                        "app\",\"type\":\"complaint.submitted\",\"time\":\"2026-10-%02dT12:00:"
                        "00Z\",\"data\":{\"channel\":\"im\",\"customer\":{\"id\":\"%s\",\"tier\":"
                        "\"vip\"},\"text\":\"words of %s\"%s%s}}",
                        step->id, step->day + 1, step->customer ? step->customer : "u-1", step->id,
                        order, member(world, "conversation", step->conversation));
}

static void check_step(struct world *world, const struct story *story, const struct step *step,
                       const struct sent *sent) {
    assert_int_equal(sent->result, DONE);
    if (!step->type) {
        if (sent->out.count) fail_msg("%s, %s: %s", story->name, step->id, sent->out.at[0].type);
        return;
    }
    char case_id[IDS_CASE_LEN + 1];
    step_case(story, step->opener, case_id);
    if (sent->out.count != 1)
        fail_msg("%s, %s: %d outputs", story->name, step->id, sent->out.count);
    const struct output *output = &sent->out.at[0];
    const char *data = data_of(world, sent);
    if (strcmp(output->type, step->type) != 0 || strcmp(output->subject, case_id) != 0)
        fail_msg("%s, %s: %s of %s, expected %s of %s", story->name, step->id, output->type,
                 output->subject, step->type, case_id);
    assert_memory_equal(output->key, case_id, IDS_ROUTE_LEN);
    assert_string_equal(output->id, step->id);
    assert_non_null(strstr(data, arena_printf(world->arena, "\"case_id\":\"%s\"", case_id)));
    assert_non_null(strstr(data, arena_printf(world->arena, "\"text\":\"words of %s\"", step->id)));
    const char *repeats = arena_printf(world->arena, "\"repeats\":%d,", step->repeats);
    if (step->repeats && !strstr(data, repeats))
        fail_msg("%s, %s: %s", story->name, step->id, data);
    if (!step->repeats) assert_null(strstr(data, "\"repeats\""));
    bool other = strstr(data, "\"other_account\":true") != NULL;
    if (other != step->other_account) fail_msg("%s, %s: %s", story->name, step->id, data);
}

static bool is_opened(const struct story *story, const char *value) {
    for (const struct step *step = story->steps; step->id; step++) {
        char case_id[IDS_CASE_LEN + 1];
        if (!step->type || strcmp(step->type, "case.opened") != 0) continue;
        step_case(story, step->id, case_id);
        if (strcmp(case_id, value) == 0) return true;
    }
    return false;
}

/* Aliases end before a long conversation does: in the end it must hold the case itself. */
static void check_claims(struct world *world, const struct story *story) {
    for (int i = 0; i < world->claim_count; i++) {
        const struct kept_claim *kept = &world->claims[i];
        if (strncmp(kept->key, "order", 5) != 0 && strncmp(kept->key, "conversation", 12) != 0)
            continue;
        if (!is_opened(story, kept->value))
            fail_msg("%s: %s holds %s", story->name, kept->key, kept->value);
    }
}

/* Tells the story from `offset` on, batch by batch. */
static void tell(struct world *world, const struct story *story, int offset) {
    static struct sent batch[BATCH_MAX];
    world->next_offset = offset;
    for (const struct step *step = story->steps; step->id;) {
        const struct step *first = step;
        int count = 0;
        do receive(world, TOPIC_COMPLAINTS, step_json(world, step++), &batch[count++]);
        while (step->id && step->in_batch);
        decide_batch(world, batch, count);
        for (int i = 0; i < count; i++) check_step(world, story, &first[i], &batch[i]);
        check_claims(world, story);
    }
}

static void test_joining(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        world->claim_count = 0;
        tell(world, &stories[i], 0);
    }
}

/* After a crash the same records are decided again, at the same offsets and with the same claims
 * made. */
static void test_a_replay_decides_the_same(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        /* What was decided before another case took over is committed long since. */
        if (stories[i].takes_over) continue;
        world->claim_count = 0;
        tell(world, &stories[i], 0);
        tell(world, &stories[i], 0);
    }
}

/* Published once more at other offsets: nothing comes out, with all claims or with those that
 * survive Redis. */
static void test_duplicates_are_dropped(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        for (int lost = 0; lost < 2; lost++) {
            /* Ids of submissions are kept for dedupe_for, and not after a loss of Redis. */
            if (lost && stories[i].takes_over) continue;
            world->claim_count = 0;
            tell(world, &stories[i], 0);
            if (lost) lose_redis(world);
            for (const struct step *step = stories[i].steps; step->id; step++) {
                struct sent *sent = decide_one(world, TOPIC_COMPLAINTS, step_json(world, step));
                assert_int_equal(sent->result, DONE);
                if (sent->out.count)
                    fail_msg("%s, %s%s: %s", stories[i].name, step->id, lost ? ", lost" : "",
                             sent->out.at[0].type);
            }
        }
}

static void test_activity_of_a_joined_submission(void **state) {
    struct world *world = *state;
    static const struct story story = {"alias",
                                       false,
                                       {{OPENS("a", "A1", NULL, 0)},
                                        {OPENS("b", "A2", "v1", 0)},
                                        {REPEATS("c", "A1", "v2", 1, "a", 1)},
                                        {REPLIES("d", NULL, "v2", 1, "a")}}};
    tell(world, &story, 0);
    static const char *const named[] = {"a", "c", "d"};
    char target[IDS_CASE_LEN + 1];
    step_case(&story, "a", target);
    for (int i = 0; i < 3; i++) {
        char case_id[IDS_CASE_LEN + 1];
        step_case(&story, named[i], case_id);
        const char *data =
            arena_printf(world->arena, "{\"case_id\":\"%s\",\"by\":\"li\"}", case_id);
        const char *id = arena_printf(world->arena, "act-%d", i);
        struct sent *sent =
            decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.contacted", id, data));
        assert_string_equal(
            data_of(world, sent),
            arena_printf(world->arena, "{\"case_id\":\"%s\",\"by\":\"li\"}", target));
        assert_string_equal(sent->out.at[0].subject, target);
        assert_memory_equal(sent->out.at[0].key, target, IDS_ROUTE_LEN);
        /* And no more than once. */
        sent = decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.contacted", id, data));
        assert_int_equal(sent->result, DONE);
        assert_int_equal(sent->out.count, 0);
    }
}

static void test_an_alias_of_an_alias_is_followed(void **state) {
    struct world *world = *state;
    static const char *const ids[] = {"0000000000000-0000001", "0000000000000-0000002",
                                      "0000000000000-0000003", CASE};
    for (int i = 0; i < 3; i++)
        new_claim(world, &(struct claim){.key = arena_printf(world->arena, "alias\x1f%s", ids[i]),
                                         .id = "x",
                                         .value = ids[i + 1]});
    const char *data = arena_printf(world->arena, "{\"case_id\":\"%s\",\"by\":\"li\"}", ids[0]);
    struct sent *sent =
        decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.closed", "x", data));
    assert_string_equal(sent->out.at[0].subject, CASE);
}

/* Another tenant's order of the same number is another order. */
static void test_tenants_do_not_meet(void **state) {
    struct world *world = *state;
    static const char *const tenants[] = {"t1", "t2"};
    for (int i = 0; i < 2; i++) {
        const char *data =
            arena_printf(world->arena,
                         "{\"tenant\":\"%s\",\"channel\":\"im\",\"customer\":{\"id\":\"u-1\","
                         "\"tier\":\"vip\"},\"text\":\"x\",\"conversation\":\"v1\",\"order\":{"
                         "\"id\":\"A1\",\"status\":\"paid\",\"amount\":" MONEY("1") "}}",
                         tenants[i]);
        struct sent *sent = decide_one(world, TOPIC_COMPLAINTS,
                                       event_json(world, "complaint.submitted", tenants[i], data));
        assert_int_equal(sent->out.count, 1);
        assert_string_equal(sent->out.at[0].type, "case.opened");
        char route[IDS_ROUTE_LEN + 1];
        ids_route(tenants[i], "order:A1", route);
        assert_string_equal(sent->out.at[0].key, route);
    }
}

/* ---- Withdrawn cases ---- */

static const char *submission(struct world *world, const char *id, const char *order,
                              const char *conversation) {
    const char *data = arena_printf(
        world->arena,
        "{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\"},\"text\":\"x\"%s%s}",
        member(world, "conversation", conversation),
        order
            ? arena_printf(
                  world->arena,
                  ",\"order\":{\"id\":\"%s\",\"status\":\"paid\",\"amount\":" MONEY("1") "}", order)
            : "");
    return event_json(world, "complaint.submitted", id, data);
}

/* Returns the case that it comes to. */
static const char *submit(struct world *world, const char *id, const char *order,
                          const char *conversation, const char *type) {
    struct sent *sent =
        decide_one(world, TOPIC_COMPLAINTS, submission(world, id, order, conversation));
    assert_int_equal(sent->out.count, 1);
    if (strcmp(sent->out.at[0].type, type) != 0)
        fail_msg("%s: %s, expected %s", id, sent->out.at[0].type, type);
    return arena_strdup(world->arena, sent->out.at[0].subject);
}

static void withdraw(struct world *world, const char *id, const char *case_id, const char *of) {
    const char *data =
        arena_printf(world->arena, "{\"case_id\":\"%s\",\"reason\":\"duplicate\",\"by\":\"li\"%s}",
                     case_id, member(world, "of", of));
    struct sent *sent =
        decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.withdrawn", id, data));
    assert_int_equal(sent->out.count, 1);
}

/* The next submission about a withdrawn case opens one of its own, by whichever way it was found;
 * those behind it join that; and so on, when it is withdrawn, too. */
static void test_a_withdrawn_case_takes_nothing(void **state) {
    struct world *world = *state;
    const char *first = submit(world, "a", "A1", "v1", "case.opened");
    assert_string_equal(submit(world, "b", "A1", NULL, "case.repeated"), first);
    withdraw(world, "w1", first, NULL);

    const char *second = submit(world, "c", "A1", NULL, "case.opened");
    assert_string_not_equal(second, first);
    assert_string_equal(submit(world, "d", NULL, "v1", "case.customer_replied"), second);
    assert_string_equal(submit(world, "e", "A1", NULL, "case.repeated"), second);
    assert_string_equal(submit(world, "f", "A1", "v2", "case.repeated"), second);
    assert_string_equal(submit(world, "g", NULL, "v2", "case.customer_replied"), second);
    withdraw(world, "w2", second, NULL);

    const char *third = submit(world, "h", NULL, "v1", "case.opened");
    assert_string_equal(submit(world, "i", "A1", NULL, "case.repeated"), third);
    assert_string_equal(submit(world, "j", "A2", "v1", "case.customer_replied"), third);
    assert_string_equal(submit(world, "k", "A2", NULL, "case.repeated"), third);
}

/* Withdrawn as a duplicate of another: that one goes on. */
static void test_the_surviving_case_takes_what_comes(void **state) {
    struct world *world = *state;
    const char *one = submit(world, "a", "A1", NULL, "case.opened");
    const char *other = submit(world, "b", NULL, "v1", "case.opened");
    withdraw(world, "w", other, one);
    assert_string_equal(submit(world, "c", NULL, "v1", "case.customer_replied"), one);
    assert_string_equal(submit(world, "d", "A3", "v1", "case.customer_replied"), one);
    assert_string_equal(submit(world, "e", "A3", NULL, "case.repeated"), one);
}

/* Several in one batch, and each read again after a crash: the same. */
static void test_withdrawn_in_a_batch(void **state) {
    struct world *world = *state;
    static const char *const ids[] = {"c", "d", "e"};
    static const char *const types[] = {"case.opened", "case.customer_replied", "case.repeated"};
    enum { COUNT = 3 };
    struct sent batch[COUNT];
    const char *first = submit(world, "a", "A1", "v1", "case.opened");
    withdraw(world, "w", first, NULL);
    receive(world, TOPIC_COMPLAINTS, submission(world, ids[0], "A1", "v1"), &batch[0]);
    receive(world, TOPIC_COMPLAINTS, submission(world, ids[1], NULL, "v1"), &batch[1]);
    receive(world, TOPIC_COMPLAINTS, submission(world, ids[2], "A1", NULL), &batch[2]);
    for (int again = 0; again < 2; again++) {
        decide_batch(world, batch, COUNT);
        for (int i = 0; i < COUNT; i++) {
            assert_int_equal(batch[i].out.count, 1);
            assert_string_equal(batch[i].out.at[0].type, types[i]);
            assert_string_equal(batch[i].out.at[0].subject, batch[0].out.at[0].subject);
        }
        assert_string_not_equal(batch[0].out.at[0].subject, first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_joining, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_replay_decides_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_duplicates_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_activity_of_a_joined_submission, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_alias_of_an_alias_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tenants_do_not_meet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_withdrawn_case_takes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_surviving_case_takes_what_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_withdrawn_in_a_batch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
