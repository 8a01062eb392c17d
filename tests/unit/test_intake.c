/* Intake's decision: every inbound type, every way to be refused, and which case a submission joins. Records go in as
 * bytes through event_read(), claims are kept by a small table that behaves as claims.h says. */
#include "bad_input.h"
#include "clock.h"
#include "contract.h"
#include "ids.h"
#include "intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLAIMS_MAX = 200, MEMBERS_MAX = 20, BATCH_MAX = 8, ANSWERS_MAX = 16, ROUNDS_MAX = 4 };
#define DAY_MS INT64_C(86400000)
#define CASE   "BYCRCNPA1C41H-FRGWX4V"

/* Claims in memory. */

struct kept_claim {
    char key[200], owner[80], value[80];
    char members[MEMBERS_MAX][80];
    int member_count;
    int64_t last_ms;
    bool logged;
};

struct world {
    struct arena *arena;
    struct kept_claim claims[CLAIMS_MAX];
    int claim_count;
    int64_t now_ms;
    int next_offset;
};

static struct kept_claim *find_claim(struct world *world, const char *key) {
    for (int i = 0; i < world->claim_count; i++)
        if (strcmp(world->claims[i].key, key) == 0) return &world->claims[i];
    return NULL;
}

static void own(struct kept_claim *kept, const struct claim *claim) {
    assert_true(strlen(claim->value) < sizeof kept->value);
    strcpy(kept->owner, claim->id);
    strcpy(kept->value, claim->value);
    kept->member_count = 0;
    kept->last_ms = claim->time_ms;
    kept->logged = claim->logged;
}

static struct kept_claim *new_claim(struct world *world, const struct claim *claim) {
    assert_true(world->claim_count < CLAIMS_MAX);
    struct kept_claim *kept = &world->claims[world->claim_count++];
    snprintf(kept->key, sizeof kept->key, "%s", claim->key);
    own(kept, claim);
    return kept;
}

static int64_t join_claim(struct kept_claim *kept, const struct claim *claim) {
    for (int i = 0; i < kept->member_count; i++)
        if (strcmp(kept->members[i], claim->id) == 0) return i + 1;
    assert_true(kept->member_count < MEMBERS_MAX);
    strcpy(kept->members[kept->member_count++], claim->id);
    if (claim->time_ms > kept->last_ms) kept->last_ms = claim->time_ms;
    return kept->member_count;
}

static struct answer make_claim(struct world *world, const struct claim *claim) {
    struct kept_claim *kept = find_claim(world, claim->key);
    struct answer answer = {.value = ""};
    if (claim->kind == CLAIM_LOOK) {
        answer.found = kept != NULL;
        if (kept) answer.value = arena_strdup(world->arena, kept->value);
        return answer;
    }
    assert_int_not_equal(claim->valid_ms, 0);
    if (!kept) {
        new_claim(world, claim);
        answer.granted = true;
        answer.value = claim->value;
        return answer;
    }
    bool owner = strcmp(kept->owner, claim->id) == 0;
    if (claim->kind == CLAIM_JOIN) {
        bool over = claim->time_ms > kept->last_ms + claim->valid_ms;
        if (owner)
            strcpy(kept->value, claim->value);
        else if (over)
            own(kept, claim);
        else
            answer.ordinal = join_claim(kept, claim);
        owner = owner || over;
    }
    answer.granted = owner;
    answer.value = arena_strdup(world->arena, kept->value);
    return answer;
}

/* What is not logged is gone with Redis; the log keeps everything else of a claim. */
static void lose_redis(struct world *world) {
    int kept = 0;
    for (int i = 0; i < world->claim_count; i++)
        if (world->claims[i].logged) world->claims[kept++] = world->claims[i];
    world->claim_count = kept;
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    world->arena = arena_new();
    assert_int_equal(clock_parse("2026-11-22T12:00:00Z", &world->now_ms), 0);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    arena_free(world->arena);
    free(world);
    return 0;
}

/* Records through the decision, as the runtime does it. */

struct sent {
    struct raw raw;
    struct event ev;
    struct answer answers[ANSWERS_MAX];
    int answer_count;
    struct effects out;
    enum result result;
};

static struct decision decision(struct world *world, const struct sent *sent) {
    return (struct decision){.ev = &sent->ev,
                             .now_ms = world->now_ms,
                             .answers = sent->answers,
                             .answer_count = sent->answer_count,
                             .arena = world->arena};
}

static int ask_round(struct world *world, struct sent *batch, int count) {
    int asked = 0;
    struct claims claims[BATCH_MAX];
    for (int i = 0; i < count; i++) {
        struct decision in = decision(world, &batch[i]);
        claims[i] = (struct claims){.arena = world->arena};
        intake_spec.ask(&in, NULL, &claims[i]);
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < claims[i].count; j++, asked++) {
            assert_true(batch[i].answer_count < ANSWERS_MAX);
            batch[i].answers[batch[i].answer_count++] = make_claim(world, &claims[i].at[j]);
        }
    return asked;
}

/* All of a batch go through each round together, in their order. */
static void decide_batch(struct world *world, struct sent *batch, int count) {
    for (int i = 0; i < count; i++) batch[i].answer_count = 0;
    int rounds = 0;
    while (ask_round(world, batch, count) > 0) rounds++;
    assert_true(rounds <= ROUNDS_MAX);
    for (int i = 0; i < count; i++) {
        struct decision in = decision(world, &batch[i]);
        effects_init(&batch[i].out, world->arena);
        batch[i].result = intake_spec.decide(&in, NULL, &batch[i].out);
    }
}

static void receive(struct world *world, enum topic topic, const char *json, struct sent *sent) {
    static const struct header header = {"content-type", "application/cloudevents+json", 28};
    struct rejection rejection;
    sent->raw = (struct raw){.topic = topic,
                             .partition = 3,
                             .offset = world->next_offset++,
                             .value = json,
                             .value_len = strlen(json),
                             .headers = &header,
                             .header_count = 1};
    if (event_read(&sent->raw, world->arena, &sent->ev, &rejection) != 0)
        fail_msg("%s: %s in %s", rejection.reason, rejection.detail, json);
}

static const char *event_json(struct world *world, const char *type, const char *id, const char *data) {
    return arena_printf(world->arena,
                        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/app\",\"type\":\"%s\","
                        "\"time\":\"2026-11-22T19:00:00+08:00\",\"sequence\":7,\"data\":%s}",
                        id, type, data);
}

static struct sent *decide_one(struct world *world, enum topic topic, const char *json) {
    struct sent *sent = ARENA_NEW(world->arena, struct sent);
    receive(world, topic, json, sent);
    decide_batch(world, sent, 1);
    return sent;
}

static const char *data_of(struct world *world, const struct sent *sent) {
    if (sent->result != DONE) fail_msg("%s: %s", sent->out.rejection.reason, sent->out.rejection.detail);
    assert_int_equal(sent->out.count, 1);
    return arena_strndup(world->arena, sent->out.at[0].data, sent->out.at[0].data_len);
}

/* Types. */

#define MONEY(minor)  "{\"currency\":\"CNY\",\"minor\":" minor "}"
#define CASE_IS       "\"case_id\":\"" CASE "\""
#define IN_CASE(rest) "{" CASE_IS rest "}"
#define OPTIONS                                                                                                        \
    "[{\"option\":\"A\",\"remedies\":[{\"kind\":\"refund\",\"amount\":" MONEY("500") "}],\"cost\":" MONEY(             \
        "500") ",\"split\":{\"platform\":" MONEY("500") "}}]"
#define ORDER_DATA                                                                                                     \
    "\"order\":{\"id\":\"A1001\",\"status\":\"shipped\",\"amount\":" MONEY(                                            \
        "29900") "},\"items\":[{\"sku\":\"s\","                                                                        \
                 "\"name\":\"n\",\"quantity\":1,\"price\":" MONEY("29900") "}],\"customer\":{\"id\":\"u-1\"}"

struct type_row {
    enum topic topic;
    const char *type, *data;
    const char *expected; /* NULL: the data as it is */
};

static const struct type_row case_types[] = {
    {TOPIC_ACTIVITY, "case.contacted", IN_CASE(",\"by\":\"li\",\"channel\":\"phone\",\"note\":\"called\""), NULL},
    {TOPIC_ACTIVITY, "case.contacted", IN_CASE(",\"by\":\"li\",\"channel\":\" Phone\""),
     IN_CASE(",\"by\":\"li\",\"channel\":\"phone\"")},
    {TOPIC_ACTIVITY, "case.replied", IN_CASE(",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.updated", IN_CASE(",\"by\":\"li\",\"mood\":{\"good\":true}"), IN_CASE(",\"by\":\"li\"")},
    {TOPIC_ACTIVITY, "case.customer_replied", IN_CASE(",\"text\":\"and?\""), NULL},
    {TOPIC_ACTIVITY, "case.customer_replied", IN_CASE(",\"text\":null"), IN_CASE("")},
    {TOPIC_ACTIVITY, "case.paused",
     IN_CASE(",\"reason\":\"awaiting_customer\",\"until\":\"2026-11-30T08:00:00+08:00\""),
     IN_CASE(",\"reason\":\"awaiting_customer\",\"until\":\"2026-11-30T00:00:00Z\"")},
    {TOPIC_ACTIVITY, "case.resumed", IN_CASE(""), NULL},
    {TOPIC_ACTIVITY, "case.assigned", IN_CASE(",\"to\":\"li\",\"team\":\"night\""), NULL},
    {TOPIC_ACTIVITY, "case.reclassified", IN_CASE(",\"class\":\"quality.flaw\",\"severity\":\"P2\",\"by\":\"li\""),
     NULL},
    {TOPIC_ACTIVITY, "case.assessed",
     IN_CASE(",\"finding\":\"wet\",\"fault\":{\"platform\":70,\"customer\":29.5},\"costs\":[{\"kind\":\"test\","
             "\"amount\":" MONEY("900") "}],\"facts\":{\"days\":3,\"part\":\"board\"},\"by\":\"lab\""),
     NULL},
    {TOPIC_ACTIVITY, "case.resolved", IN_CASE(",\"by\":\"li\",\"note\":\"done\""), NULL},
    {TOPIC_ACTIVITY, "case.closed", IN_CASE(",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.reopened", IN_CASE(",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.withdrawn", IN_CASE(",\"reason\":\"spam\",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "case.deadline_set",
     IN_CASE(",\"target\":\"resolution\",\"at\":\"2026-11-30T00:00:00Z\",\"set_by\":\"mall\""), NULL},
    {TOPIC_ACTIVITY, "task.started", IN_CASE(",\"task\":\"warehouse_intercept\",\"by\":\"li\""), NULL},
    {TOPIC_ACTIVITY, "task.done", IN_CASE(",\"task\":\"warehouse_intercept\",\"by\":\"wms\",\"result\":\"held\""),
     NULL},
    {TOPIC_ACTIVITY, "visit.scored", IN_CASE(",\"score\":5,\"text\":\"good\""), NULL},
    {TOPIC_ACTIVITY, "decision.chosen", IN_CASE(",\"proposal_id\":\"" CASE ".1\",\"option\":\"A\""), NULL},
    {TOPIC_ACTIVITY, "settlement.done", IN_CASE(",\"settlement_id\":\"s.1\",\"reference\":\"r\""), NULL},
    {TOPIC_ACTIVITY, "settlement.failed", IN_CASE(",\"settlement_id\":\"s.1\",\"reason\":\"no account\""), NULL},
    {TOPIC_ACTIVITY, "delivery.done", IN_CASE(",\"notification_id\":\"n.1\""), NULL},
    {TOPIC_ACTIVITY, "delivery.failed", IN_CASE(",\"notification_id\":\"n.1\",\"reason\":\"bounced\""), NULL},
    {TOPIC_DECISIONS, "decision.approved",
     IN_CASE(",\"proposal_id\":\"p\",\"actor\":\"wu\",\"role\":\"manager\",\"option\":\"B\",\"comment\":\"fair\""),
     NULL},
    {TOPIC_DECISIONS, "decision.rejected",
     IN_CASE(",\"proposal_id\":\"p\",\"actor\":\"wu\",\"role\":\"finance\",\"reason\":\"too much\""), NULL},
    {TOPIC_DECISIONS, "compensation.requested",
     IN_CASE(",\"options\":" OPTIONS ",\"reason\":\"VIP\",\"actor\":\"li\",\"role\":\"agent\""), NULL},
};

static void test_case_types_pass(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof case_types / sizeof *case_types; i++) {
        const struct type_row *row = &case_types[i];
        const char *id = arena_printf(world->arena, "t-%zu", i);
        struct sent *sent = decide_one(world, row->topic, event_json(world, row->type, id, row->data));
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
        if (!type->names_case || (type->topic != TOPIC_ACTIVITY && type->topic != TOPIC_DECISIONS)) continue;
        bool tried = false;
        for (size_t i = 0; i < sizeof case_types / sizeof *case_types; i++)
            tried = tried || (strcmp(case_types[i].type, type->name) == 0 && case_types[i].topic == type->topic);
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
        {"order.updated", "{" ORDER_DATA "}", "{\"tenant\":\"default\"," ORDER_DATA "}", TOPIC_ORDERS, "BYCRCNPA1C41H",
         "order:A1001"},
        {"customer.erased", "{\"tenant\":\"t1\",\"customer_id\":\"u-1\"}", NULL, TOPIC_EVENTS, NULL, "customer:u-1"},
        {"cohort.confirmed",
         "{\"tenant\":\"t1\",\"match\":{\"warehouse\":\"\xe4\xb8\x8a\xe6\xb5\xb7 "
         "1\"},\"class\":\"quality.expired\",\"by\":\"li\"}",
         NULL, TOPIC_ORDERS, "cohort", NULL},
        {"cohort.ended", "{\"tenant\":\"t1\",\"match\":{\"batch\":\"b\"},\"class\":\"other\",\"by\":\"li\"}", NULL,
         TOPIC_ORDERS, "cohort", NULL},
        {"settlement.done", "{\"order_id\":\"A1001\",\"cohort_id\":\"c1\",\"settlement_id\":\"c1.A1001\"}",
         "{\"order_id\":\"A1001\",\"cohort_id\":\"c1\",\"tenant\":\"default\",\"settlement_id\":\"c1.A1001\"}",
         TOPIC_EVENTS, "BYCRCNPA1C41H", "order:A1001"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *id = arena_printf(world->arena, "e-%zu", i);
        struct sent *sent = decide_one(world, TOPIC_ACTIVITY, event_json(world, rows[i].type, id, rows[i].data));
        assert_string_equal(data_of(world, sent), rows[i].expected ? rows[i].expected : rows[i].data);
        const struct output *output = &sent->out.at[0];
        assert_int_equal(output->topic, rows[i].topic);
        assert_string_equal(output->type, rows[i].type);
        assert_true(rows[i].key ? output->key && strcmp(output->key, rows[i].key) == 0 : !output->key);
        assert_true(rows[i].subject ? output->subject && strcmp(output->subject, rows[i].subject) == 0
                                    : !output->subject);
        assert_string_equal(output->id, id);
    }
}

static void test_complaint_opens_its_case(void **state) {
    struct world *world = *state;
    const char *data =
        "{\"channel\":\"Email\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":\"\xe6\x9d\x8e\",\"phone\":"
        "\"138-0013 8000\"},\"order\":{\"id\":\"A1001\",\"status\":\"signed\",\"amount\":" MONEY(
            "29900") ",\"placed_at\":\"2026-11-20T10:00:00+08:00\",\"custom\":false,\"perishable\":true,\"colour\":1},"
                     "\"text\":\"\xe7\xa0\xb4\xe4\xba\x86 "
                     "\\u202e\\u0007\\\"\xf0\x9f\x98\xa1\\n\",\"requested\":{\"remedy\":"
                     "\"refund\"},\"evidence\":[{\"kind\":\"photo\",\"url\":\"https://x/1\"}]}";
    struct sent *sent = decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", "c-1", data));
    assert_string_equal(
        data_of(world, sent),
        "{\"case_id\":\"" CASE "\",\"opened_at\":\"2026-11-22T11:00:00Z\",\"tenant\":\"default\",\"channel\":\"email\","
        "\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"name\":\"\xe6\x9d\x8e\",\"phone\":\"+8613800138000\"},"
        "\"order\":{\"id\":\"A1001\",\"status\":\"signed\",\"amount\":" MONEY(
            "29900") ",\"placed_at\":"
                     "\"2026-11-20T02:00:00Z\",\"perishable\":true},\"text\":\"\xe7\xa0\xb4\xe4\xba\x86 "
                     "\xe2\x80\xae\\u0007\\\"\xf0\x9f\x98\xa1"
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

static void test_phones(void **state) {
    struct world *world = *state;
    static const char *const rows[][2] = {
        {"13800138000", "+8613800138000"},
        {"138 0013-8000", "+8613800138000"},
        {"\xef\xbc\x91\xef\xbc\x93\xef\xbc\x98\xef\xbc\x90\xef\xbc\x90\xef\xbc\x91\xef\xbc\x93\xef\xbc\x98\xef\xbc\x90"
         "\xef\xbc\x90"
         "\xef\xbc\x90",
         "+8613800138000"},
        {"+86 138.0013.8000", "+8613800138000"},
        {"\xef\xbc\x8b"
         "8613800138000",
         "+8613800138000"},
        {"0086 13800138000", "+8613800138000"},
        {"8613800138000", "+8613800138000"},
        {"\xef\xbc\x88"
         "021"
         "\xef\xbc\x89"
         "6888\xe2\x80\x93"
         "0000",
         "02168880000"},
        {"0044 20 7946 0018", "+442079460018"},
        {"95555", "95555"},
        {"12800138000", "12800138000"},
        {"021-6888 ext 5", "021-6888 ext 5"},
        {"+", "+"},
        {"00", "00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *data =
            arena_printf(world->arena,
                         "{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\",\"phone\":\"%s\"},"
                         "\"text\":\"x\"}",
                         rows[i][0]);
        const char *id = arena_printf(world->arena, "p-%zu", i);
        struct sent *sent = decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", id, data));
        const char *phone = arena_printf(world->arena, "\"phone\":\"%s\"", rows[i][1]);
        if (!strstr(data_of(world, sent), phone)) fail_msg("%s: %s", rows[i][0], data_of(world, sent));
    }
}

static void test_five_minutes_ahead_are_allowed(void **state) {
    struct world *world = *state;
    int64_t event_ms;
    assert_int_equal(clock_parse("2026-11-22T11:00:00Z", &event_ms), 0);
    world->now_ms = event_ms - 300000;
    struct sent *sent =
        decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.closed", "f-1", IN_CASE(",\"by\":\"li\"")));
    assert_int_equal(sent->result, DONE);
    world->now_ms--;
    sent = decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.closed", "f-2", IN_CASE(",\"by\":\"li\"")));
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
    if (!rejection.reason || strcmp(rejection.reason, bad->reason) != 0 || !strstr(rejection.detail, bad->detail))
        fail_msg("%s: %s, %s; expected %s, %s", bad->name, rejection.reason, rejection.detail, bad->reason,
                 bad->detail);
    if (!rejection.detail[0]) fail_msg("%s: no detail", bad->name);
    if (strstr(rejection.detail, BAD_INPUT_PRIVATE)) fail_msg("%s: %s", bad->name, rejection.detail);
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
    static const char *const reasons[] = {"not_json",      "too_large",   "too_deep",      "too_many_values",
                                          "duplicate_key", "bad_utf8",    "missing_field", "bad_value",
                                          "unknown_type",  "wrong_topic", "in_future"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        bool found = false;
        for (int j = 0; j < bad_input_count(); j++) found = found || strcmp(bad_input_at(j)->reason, reasons[i]) == 0;
        if (!found) fail_msg("no bad input for %s", reasons[i]);
    }
}

/* Joining. */

struct step {
    const char *id, *order, *conversation;
    int day;
    const char *type;   /* NULL: nothing comes out */
    const char *opener; /* id of the submission whose case it is */
    int repeats;
    bool in_batch; /* together with the step before */
};
struct story {
    const char *name;
    bool takes_over; /* a later case takes conversation or order over */
    struct step steps[BATCH_MAX];
};

#define GIVEN(step_id, step_order, step_conversation, step_day)                                                        \
    .id = step_id, .order = step_order, .conversation = step_conversation, .day = step_day
#define OPENS(id, order, conversation, day) GIVEN(id, order, conversation, day), .type = "case.opened", .opener = id
#define REPLIES(id, order, conversation, day, of)                                                                      \
    GIVEN(id, order, conversation, day), .type = "case.customer_replied", .opener = of
#define REPEATS(id, order, conversation, day, of, how_many)                                                            \
    GIVEN(id, order, conversation, day), .type = "case.repeated", .opener = of, .repeats = how_many
#define DROPS(id, order, conversation, day) GIVEN(id, order, conversation, day)

static const struct story stories[] = {
    {"nothing in common", false, {{OPENS("a", "A1", "v1", 0)}, {OPENS("b", "A2", "v2", 0)}}},
    {"customers alone never join", false, {{OPENS("a", NULL, NULL, 0)}, {OPENS("b", NULL, NULL, 0)}}},
    {"a chat is one case",
     false,
     {{OPENS("a", NULL, "v1", 0)}, {REPLIES("b", NULL, "v1", 0, "a")}, {REPLIES("c", NULL, "v1", 1, "a")}}},
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
     {{OPENS("a", "A1", NULL, 0)}, {REPEATS("b", "A1", "v1", 0, "a", 1)}, {REPLIES("c", NULL, "v1", 0, "a")}}},
    {"an order named later belongs to the chat's case",
     false,
     {{OPENS("a", NULL, "v1", 0)}, {REPLIES("b", "A1", "v1", 0, "a")}, {REPEATS("c", "A1", NULL, 0, "a", 1)}}},
    {"chat and order of two cases: the chat wins",
     false,
     {{OPENS("a", NULL, "v1", 0)}, {OPENS("b", "A1", NULL, 0)}, {REPLIES("c", "A1", "v1", 0, "a")}}},
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
            snprintf(subject, sizeof subject, "customer:u-1");
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
            ? arena_printf(world->arena, ",\"order\":{\"id\":\"%s\",\"status\":\"paid\",\"amount\":" MONEY("1") "}",
                           step->order)
            : "";
    return arena_printf(
        world->arena,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/app\",\"type\":\"complaint.submitted\","
        "\"time\":\"2026-10-%02dT12:00:00Z\",\"data\":{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\","
        "\"tier\":\"vip\"},\"text\":\"words of %s\"%s%s}}",
        step->id, step->day + 1, step->id, order, member(world, "conversation", step->conversation));
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
    if (sent->out.count != 1) fail_msg("%s, %s: %d outputs", story->name, step->id, sent->out.count);
    const struct output *output = &sent->out.at[0];
    const char *data = data_of(world, sent);
    if (strcmp(output->type, step->type) != 0 || strcmp(output->subject, case_id) != 0)
        fail_msg("%s, %s: %s of %s, expected %s of %s", story->name, step->id, output->type, output->subject,
                 step->type, case_id);
    assert_memory_equal(output->key, case_id, IDS_ROUTE_LEN);
    assert_string_equal(output->id, step->id);
    assert_non_null(strstr(data, arena_printf(world->arena, "\"case_id\":\"%s\"", case_id)));
    assert_non_null(strstr(data, arena_printf(world->arena, "\"text\":\"words of %s\"", step->id)));
    const char *repeats = arena_printf(world->arena, "\"repeats\":%d,", step->repeats);
    if (step->repeats && !strstr(data, repeats)) fail_msg("%s, %s: %s", story->name, step->id, data);
    if (!step->repeats) assert_null(strstr(data, "\"repeats\""));
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
        if (strncmp(kept->key, "order", 5) != 0 && strncmp(kept->key, "conversation", 12) != 0) continue;
        if (!is_opened(story, kept->value)) fail_msg("%s: %s holds %s", story->name, kept->key, kept->value);
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

/* After a crash the same records are decided again, at the same offsets and with the same claims made. */
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

/* Published once more at other offsets: nothing comes out, with all claims or with those that survive Redis. */
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
                    fail_msg("%s, %s%s: %s", stories[i].name, step->id, lost ? ", lost" : "", sent->out.at[0].type);
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
        const char *data = arena_printf(world->arena, "{\"case_id\":\"%s\",\"by\":\"li\"}", case_id);
        const char *id = arena_printf(world->arena, "act-%d", i);
        struct sent *sent = decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.contacted", id, data));
        assert_string_equal(data_of(world, sent),
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
    static const char *const ids[] = {"0000000000000-0000001", "0000000000000-0000002", "0000000000000-0000003", CASE};
    for (int i = 0; i < 3; i++)
        new_claim(world, &(struct claim){
                             .key = arena_printf(world->arena, "alias\x1f%s", ids[i]), .id = "x", .value = ids[i + 1]});
    const char *data = arena_printf(world->arena, "{\"case_id\":\"%s\",\"by\":\"li\"}", ids[0]);
    struct sent *sent = decide_one(world, TOPIC_ACTIVITY, event_json(world, "case.closed", "x", data));
    assert_string_equal(sent->out.at[0].subject, CASE);
}

/* Another tenant's order of the same number is another order. */
static void test_tenants_do_not_meet(void **state) {
    struct world *world = *state;
    static const char *const tenants[] = {"t1", "t2"};
    for (int i = 0; i < 2; i++) {
        const char *data = arena_printf(
            world->arena,
            "{\"tenant\":\"%s\",\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\"},\"text\":\"x\","
            "\"conversation\":\"v1\",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":" MONEY("1") "}}",
            tenants[i]);
        struct sent *sent =
            decide_one(world, TOPIC_COMPLAINTS, event_json(world, "complaint.submitted", tenants[i], data));
        assert_int_equal(sent->out.count, 1);
        assert_string_equal(sent->out.at[0].type, "case.opened");
        char route[IDS_ROUTE_LEN + 1];
        ids_route(tenants[i], "order:A1", route);
        assert_string_equal(sent->out.at[0].key, route);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_case_types_pass, setup, teardown),
        cmocka_unit_test(test_every_inbound_case_type_is_tried),
        cmocka_unit_test_setup_teardown(test_types_without_a_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_complaint_opens_its_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_phones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_five_minutes_ahead_are_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_input, setup, teardown),
        cmocka_unit_test(test_bad_input_names_each_reason),
        cmocka_unit_test_setup_teardown(test_joining, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_replay_decides_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_duplicates_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_activity_of_a_joined_submission, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_alias_of_an_alias_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tenants_do_not_meet, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
