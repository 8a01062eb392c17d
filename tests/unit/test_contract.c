/* The contract's tables against the words of the contract, written down here once more, and against
 * themselves; and the files under deploy/contract/ against the tables. */
#include "base/file.h"
#include "board/openapi.h"
#include "contract/contract.h"
#include "redressctl/contract/asyncapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct said {
    const char *type;
    enum topic topic;
    const char *fields; /* in any order; ? may be absent */
};

#define COMPLAINT                                                                                  \
    "tenant? channel customer order? items? text conversation? evidence? deadlines? requested?"
#define VERDICT  "policy_version? late_seconds? late_working_seconds?"
#define CYCLE    "case_id target cycle "
#define PROPOSAL "case_id proposal_id "
#define ABOUT    "case_id? order_id? cohort_id? "

static const struct said said[] = {
    {"complaint.submitted", TOPIC_COMPLAINTS, COMPLAINT},
    {"case.contacted", TOPIC_ACTIVITY, "case_id by channel? note? automated?"},
    {"case.replied", TOPIC_ACTIVITY, "case_id by channel? note? automated?"},
    {"case.updated", TOPIC_ACTIVITY, "case_id by channel? note? automated?"},
    {"case.customer_replied", TOPIC_ACTIVITY, "case_id text? automated?"},
    {"case.paused", TOPIC_ACTIVITY, "case_id reason until? automated?"},
    {"case.resumed", TOPIC_ACTIVITY, "case_id automated?"},
    {"case.assigned", TOPIC_ACTIVITY, "case_id to team? automated?"},
    {"case.reclassified", TOPIC_ACTIVITY, "case_id class severity? by reason? automated?"},
    {"case.assessed", TOPIC_ACTIVITY, "case_id finding fault? costs? facts? by automated?"},
    {"case.resolved", TOPIC_ACTIVITY, "case_id by note? automated?"},
    {"case.closed", TOPIC_ACTIVITY, "case_id by note? automated? reason?"},
    {"case.reopened", TOPIC_ACTIVITY, "case_id by note? automated?"},
    {"case.withdrawn", TOPIC_ACTIVITY, "case_id reason of? by automated?"},
    {"case.deadline_set", TOPIC_ACTIVITY, "case_id target at set_by automated?"},
    {"task.started", TOPIC_ACTIVITY, "case_id task by result? automated?"},
    {"task.done", TOPIC_ACTIVITY, "case_id task by result? automated?"},
    {"visit.scored", TOPIC_ACTIVITY, "case_id score text? automated?"},
    {"decision.chosen", TOPIC_ACTIVITY, PROPOSAL "option"},
    {"settlement.done", TOPIC_ACTIVITY, ABOUT "tenant? settlement_id reference? reason?"},
    {"settlement.failed", TOPIC_ACTIVITY, ABOUT "tenant? settlement_id reference? reason?"},
    {"delivery.done", TOPIC_ACTIVITY, ABOUT "tenant? notification_id reason? temporary?"},
    {"delivery.failed", TOPIC_ACTIVITY, ABOUT "tenant? notification_id reason? temporary?"},
    {"order.updated", TOPIC_ACTIVITY, "tenant? order items customer"},
    {"customer.erased", TOPIC_ACTIVITY, "tenant? customer_id"},
    {"cohort.confirmed", TOPIC_ACTIVITY, "tenant? match placed_from? placed_to? class by"},
    {"cohort.ended", TOPIC_ACTIVITY, "tenant? match placed_from? placed_to? class by"},
    {"cause.answered", TOPIC_ACTIVITY, "tenant? match class note by"},
    {"decision.approved", TOPIC_DECISIONS, PROPOSAL "actor role option? comment?"},
    {"decision.rejected", TOPIC_DECISIONS, PROPOSAL "actor role option? comment? reason"},
    {"compensation.requested", TOPIC_DECISIONS, "case_id options reason actor role"},
    {"case.opened", TOPIC_EVENTS, "case_id opened_at " COMPLAINT},
    {"case.repeated", TOPIC_EVENTS, "case_id repeats " COMPLAINT},
    {"case.classified", TOPIC_EVENTS,
     "case_id class others? severity flags? confidence reasons? rules_version sketch?"},
    {"case.erased", TOPIC_EVENTS, "case_id by fields? messages? clear_by"},
    {"sla.started", TOPIC_EVENTS, "case_id policy policy_version targets"},
    {"sla.rescheduled", TOPIC_EVENTS, CYCLE "old_due_at? due_at? cause by? reason? set_by?"},
    {"sla.paused", TOPIC_EVENTS, "case_id reason targets"},
    {"sla.resumed", TOPIC_EVENTS, "case_id reason targets"},
    {"sla.warned", TOPIC_EVENTS, CYCLE "due_at percent? before? set_by?"},
    {"sla.breached", TOPIC_EVENTS, CYCLE "due_at breached_at unconfirmed? set_by? " VERDICT},
    {"sla.escalated", TOPIC_EVENTS, CYCLE "level telling? to"},
    {"sla.met", TOPIC_EVENTS, CYCLE "due_at met_at on_time set_by? " VERDICT},
    {"sla.cancelled", TOPIC_EVENTS, CYCLE "cause"},
    {"sla.retracted", TOPIC_EVENTS, CYCLE "due_at breached_at met_at? cause"},
    {"compensation.proposed", TOPIC_EVENTS, PROPOSAL "options needs? approve_by? reasons?"},
    {"compensation.vote_counted", TOPIC_EVENTS, PROPOSAL "actor in_place_of? approvals required"},
    {"compensation.decision_refused", TOPIC_EVENTS, PROPOSAL "decision reason"},
    {"compensation.refused", TOPIC_EVENTS, "case_id proposal_id? rule role alternative? keep?"},
    {"compensation.referred", TOPIC_EVENTS, "case_id proposal_id? rule role"},
    {"compensation.recovery_claimed", TOPIC_EVENTS,
     "case_id order_id rule party carrier? amount late_seconds settlement_id? claimed_at?"},
    {"compensation.recovery_failed", TOPIC_EVENTS,
     "case_id order_id party carrier? amount settlement_id claimed_at reference?"},
    {"compensation.recovery_settled", TOPIC_EVENTS,
     "case_id order_id party carrier? amount settlement_id claimed_at reference?"},
    {"compensation.approved", TOPIC_EVENTS, PROPOSAL "options choose_by? by"},
    {"compensation.chosen", TOPIC_EVENTS, PROPOSAL "option? role? reason?"},
    {"compensation.rejected", TOPIC_EVENTS, PROPOSAL "option? role? reason?"},
    {"compensation.expired", TOPIC_EVENTS, PROPOSAL "option? role? reason?"},
    {"compensation.escalated", TOPIC_EVENTS, PROPOSAL "option? role? reason? settlement_id?"},
    {"compensation.withdrawn", TOPIC_EVENTS, PROPOSAL "option? role? reason?"},
    {"compensation.settled", TOPIC_EVENTS, PROPOSAL "settlements"},
    {"compensation.failed", TOPIC_EVENTS, PROPOSAL "settlements"},
    {"notification.requested", TOPIC_EVENTS,
     ABOUT "notification_id channel template audience reason?"},
    {"notification.delivered", TOPIC_EVENTS,
     ABOUT "notification_id channel template audience reason?"},
    {"notification.failed", TOPIC_EVENTS,
     ABOUT "notification_id channel template audience reason?"},
    {"notification.suppressed", TOPIC_EVENTS,
     ABOUT "notification_id channel template audience reason?"},
    {"notification.collected", TOPIC_EVENTS,
     "case_id of notification_id channel to template audience line tell_at"},
    {"cohort.opened", TOPIC_EVENTS,
     "cohort_id match placed_from? placed_to? class size? order_id? token? tenant?"},
    {"cohort.member_warned", TOPIC_EVENTS,
     "cohort_id match placed_from? placed_to? class size? order_id? token? tenant?"},
    {"cohort.closed", TOPIC_EVENTS,
     "cohort_id match placed_from? placed_to? class size? order_id? token? tenant?"},
    {"cause.risen", TOPIC_EVENTS,
     "cause_id tenant? match class party since days complaints orders rate rate_from rate_to "
     "usual_rate expected chance examples?"},
    {"cause.reviewed", TOPIC_EVENTS,
     "cause_id tenant? match class party since days complaints orders rate rate_from rate_to "
     "usual_rate expected outcome answer? by? answered_at?"},
    {"order.complained", TOPIC_ORDERS, "tenant? case_id order_id again?"},
    {"delivery.requested", TOPIC_DELIVERIES,
     "notification_id channel to locale subject? body not_before? order_id? cohort_id? tenant?"},
    {"settlement.ordered", TOPIC_SETTLEMENTS,
     ABOUT "settlement_id customer_id proposal_id? remedy split attempt? tenant?"},
};

struct said_part {
    const struct table *table;
    const char *fields;
};
static const struct said_part said_parts[] = {
    {&contract_customer,
     "id tier contract? region? address_id? locale? timezone? name? phone? email? "
     "erased_at?"},
    {&contract_contact, "id locale? timezone? name? phone? email?"},
    {&contract_order, "id status amount placed_at? shipped_at? promised_at? delivered_at? carrier? "
                      "tracking? warehouse? lane? custom? perishable? other_account?"},
    {&contract_item, "sku name category? batch? quantity price"},
    {&contract_evidence, "kind url"},
    {&contract_deadline, "target at set_by"},
    {&contract_requested, "remedy amount?"},
    {&contract_cost, "kind amount"},
    {&contract_match, "carrier? warehouse? sku? batch? lane?"},
    {&contract_option, "option remedies cost split"},
    {&contract_remedy, "kind amount? valid_days? detail?"},
    {&contract_need, "role approvals"},
    {&contract_reason, "rule text"},
    {&contract_target, "name cycle due_at? set_by?"},
    {&contract_joined, "case_id " COMPLAINT},
};

static int count_words(const char *text) {
    int count = 1;
    for (; *text; text++) count += *text == ' ';
    return count;
}

static bool has_word(const char *text, const char *word) {
    size_t len = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += len)
        if ((at == text || at[-1] == ' ') && (at[len] == ' ' || !at[len])) return true;
    return false;
}

static void check_fields(const char *name, const struct table *table, const char *fields) {
    int count = 0;
    for (const struct field *field = table->fields; field->name; field++, count++) {
        char word[64];
        snprintf(word, sizeof word, "%s%s", field->name, field->flags & FIELD_REQUIRED ? "" : "?");
        if (!has_word(fields, word)) fail_msg("%s: %s is not among %s", name, word, fields);
    }
    if (count != count_words(fields))
        fail_msg("%s has %d fields, expected %s", name, count, fields);
}

static void test_fields_are_those_of_the_contract(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const struct contract_type *type = contract_find(said[i].type);
        if (!type) fail_msg("%s is missing", said[i].type);
        assert_string_equal(type->name, said[i].type);
        assert_int_equal(type->topic, said[i].topic);
        check_fields(type->name, type->table, said[i].fields);
        assert_int_equal(type->names_case, strstr(said[i].fields, "case_id") != NULL);
    }
    for (size_t i = 0; i < sizeof said_parts / sizeof *said_parts; i++)
        check_fields(said_parts[i].table->name, said_parts[i].table, said_parts[i].fields);
}

static void test_no_type_beyond_the_contract(void **state) {
    (void)state;
    size_t count = 0;
    while (contract_types[count].name) count++;
    assert_int_equal(count, sizeof said / sizeof *said);
    assert_null(contract_find("case.contacted "));
    assert_null(contract_find(""));
    assert_null(contract_find("zzz"));
}

static void test_each_type_has_its_number(void **state) {
    (void)state;
    for (int type = EVENT_UNKNOWN + 1; type <= EVENT_TYPES; type++) {
        const struct contract_type *row = contract_row((enum event_type)type);
        assert_int_equal(row->type, type);
        assert_int_equal(contract_event(row->name), type);
        assert_ptr_equal(contract_find(row->name), row);
    }
    assert_int_equal(contract_event("visit.due"), EVENT_UNKNOWN);
}

/* A document with every field of a table, each with a value of its own. */
static void put_sample(const struct table *table, int *number, struct json_out *json);

static void put_sample_value(const struct field *field, int *number, struct json_out *json) {
    char text[64];
    int n = ++*number;
    snprintf(text, sizeof text, "v%d", n);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ID: json_text(json, text); return;
    case FIELD_INT: json_int(json, field->min ? field->min : n); return;
    case FIELD_REAL: json_real(json, 0.5); return;
    case FIELD_BOOL: json_bool(json, true); return;
    case FIELD_TIME:
        snprintf(text, sizeof text, "2026-01-01T%02d:%02d:00Z", n / 60, n % 60);
        json_text(json, text);
        return;
    case FIELD_DURATION:
        snprintf(text, sizeof text, "%ds", n * 60 + 1);
        json_text(json, text);
        return;
    case FIELD_MONEY:
        snprintf(text, sizeof text, "{\"currency\":\"CNY\",\"minor\":%d}", n);
        json_raw(json, text, strlen(text));
        return;
    case FIELD_CHOICE: json_text(json, field->choices[0]); return;
    case FIELD_TEXTS:
        json_begin_list(json);
        json_text(json, text);
        json_end_list(json);
        return;
    case FIELD_PART: put_sample(field->of, number, json); return;
    case FIELD_PARTS:
    case FIELD_GROUPS:
        json_begin_list(json);
        put_sample(field->of, number, json);
        put_sample(field->of, number, json);
        json_end_list(json);
        return;
    case FIELD_TREE:
    case FIELD_REST: /* no event carries any */
        snprintf(text, sizeof text, "{\"party\":%d}", n);
        json_raw(json, text, strlen(text));
        return;
    }
}

static void put_sample(const struct table *table, int *number, struct json_out *json) {
    json_begin_map(json);
    for (const struct field *field = table->fields; field->name; field++) {
        json_key(json, field->name);
        put_sample_value(field, number, json);
    }
    json_end_map(json);
}

static void check_round_trip(const char *name, const struct table *table) {
    struct arena *arena = arena_new();
    struct buf sample = {0}, again = {0};
    struct json_out json = {.buf = &sample}, json_again = {.buf = &again};
    const struct tree *tree;
    struct err err;
    int number = 0;
    put_sample(table, &number, &json);
    assert_int_equal(json_read(arena, sample.at, sample.len, NULL, &tree, &err), JSON_OK);
    void *data = arena_alloc(arena, table->size);
    struct faults faults = {.arena = arena};
    if (fields_decode(table, tree, FIELDS_STRICT, arena, data, &faults) != 0)
        fail_msg("%s: %s: %s", name, faults.at[0].path, faults.at[0].text);
    fields_encode(table, data, &json_again);
    assert_string_equal(again.at, sample.at);
    buf_free(&sample);
    buf_free(&again);
    arena_free(arena);
}

static void test_every_field_has_its_own_place(void **state) {
    (void)state;
    for (const struct contract_type *type = contract_types; type->name; type++)
        check_round_trip(type->name, type->table);
    check_round_trip("joined", &contract_joined);
    check_round_trip("contact", &contract_contact);
}

static void check_docs(const struct table *table) {
    assert_non_null(table->doc);
    for (const struct field *field = table->fields; field->name; field++) {
        if (!field->doc || !field->doc[0])
            fail_msg("%s.%s is not documented", table->name, field->name);
        assert_true(field->offset < table->size);
        if (field->of) check_docs(field->of);
    }
}

static void test_everything_is_documented(void **state) {
    (void)state;
    for (const struct contract_type *type = contract_types; type->name; type++) {
        assert_true(type->doc && type->doc[0]);
        check_docs(type->table);
    }
}

static void check_choices(const char *const *choices, int last, const char *first_name,
                          const char *last_name) {
    assert_string_equal(choices[0], first_name);
    assert_string_equal(choices[last - 1], last_name);
    assert_null(choices[last]);
}

static void test_choices_follow_their_enums(void **state) {
    (void)state;
    check_choices(contract_channels, CHANNEL_SOCIAL, "im", "social");
    check_choices(contract_tiers, TIER_SVIP, "regular", "svip");
    check_choices(contract_order_statuses, ORDER_CANCELLED, "created", "cancelled");
    check_choices(contract_severities, SEVERITY_P4, "P1", "P4");
    check_choices(contract_roles, ROLE_FINANCE, "agent", "finance");
    check_choices(contract_pause_reasons, 2, "awaiting_customer", "awaiting_third_party");
    check_choices(contract_withdraw_reasons, WITHDRAW_SPAM, "withdrawn", "spam");
    check_choices(contract_evidence_kinds, 4, "photo", "chat");
    check_choices(contract_classes, 25, "quality.damaged", "other");
    check_choices(contract_flags, 17, "question", "unsure");
    check_choices(contract_remedy_kinds, 17, "refund", "change");
    check_choices(contract_refusals, 10, "expired", "other_currency");
    check_choices(contract_cancel_causes, 6, "policy", "late_record");
    check_choices(contract_rejections, 14, "not_json", "unknown_case");
}

struct match_row {
    const char *pattern, *class_name;
    bool matches;
};

static void test_class_patterns(void **state) {
    (void)state;
    static const struct match_row rows[] = {
        {"*", "other", true},
        {"*", "quality.flaw", true},
        {"quality.*", "quality.flaw", true},
        {"quality.*", "quality", false},
        {"quality.*", "qualityx.flaw", false},
        {"quality.*", "logistics.lost", false},
        {"quality.flaw", "quality.flaw", true},
        {"quality.flaw", "quality.flawed", false},
        {"quality.flawed", "quality.flaw", false},
        {"", "other", false},
        {".*", "other", false},
        {"other", "other", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (contract_class_matches(rows[i].pattern, rows[i].class_name) != rows[i].matches)
            fail_msg("%s on %s", rows[i].pattern, rows[i].class_name);
}

static void check_file(const char *path, const struct buf *expected) {
    struct arena *arena = arena_new();
    const char *bytes;
    size_t len;
    struct err err;
    if (file_read(arena, path, 1 << 20, &bytes, &len, &err) != 0) fail_msg("%s", err.text);
    if (len != expected->len || memcmp(bytes, expected->at, len) != 0)
        fail_msg("%s is not what the tables say: redressctl contract writes it", path);
    arena_free(arena);
}

/* What was written is JSON, too. */
static void check_json(const struct buf *text) {
    struct arena *arena = arena_new();
    const struct json_limits limits = {.bytes = 1 << 20, .depth = 32, .values = 100000};
    const struct tree *tree;
    struct err err;
    if (json_read(arena, text->at, text->len, &limits, &tree, &err) != JSON_OK)
        fail_msg("%s", err.text);
    arena_free(arena);
}

static void test_committed_files_are_up_to_date(void **state) {
    (void)state;
    struct buf text = {0};
    asyncapi_write(&text);
    check_json(&text);
    check_file("deploy/contract/asyncapi.json", &text);
    buf_clear(&text);
    asyncapi_markdown(&text);
    check_file("deploy/contract/contract.md", &text);
    buf_clear(&text);
    openapi_write(&text);
    check_json(&text);
    check_file("deploy/contract/openapi.json", &text);
    for (const struct contract_type *type = contract_types; type->name; type++) {
        char path[128];
        buf_clear(&text);
        asyncapi_schema(type, &text);
        check_json(&text);
        snprintf(path, sizeof path, "deploy/contract/schemas/%s.json", type->name);
        check_file(path, &text);
    }
    buf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_those_of_the_contract),
        cmocka_unit_test(test_no_type_beyond_the_contract),
        cmocka_unit_test(test_each_type_has_its_number),
        cmocka_unit_test(test_every_field_has_its_own_place),
        cmocka_unit_test(test_everything_is_documented),
        cmocka_unit_test(test_choices_follow_their_enums),
        cmocka_unit_test(test_class_patterns),
        cmocka_unit_test(test_committed_files_are_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
