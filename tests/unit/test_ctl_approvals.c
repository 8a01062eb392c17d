/* A decision as an event: intake must be able to read it with the contract's own table. */
#include "contract/contract.h"
#include "redressctl/cases/approvals.h"
#include "redressctl/log/publish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char proposal[] = "BYCRCNPA1C41H-FRGWX4V.1";

static void test_event(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct buf out = {NULL, 0, 0};
    struct err err;
    struct approvals_decision decision = {.proposal_id = proposal,
                                          .actor = "wang.fang",
                                          .role = "supervisor",
                                          .option = "A",
                                          .comment = "ok"};
    assert_int_equal(approvals_event(EVENT_DECISION_APPROVED, &decision, "ID1", 1795370000000,
                                     arena, &out, &err),
                     0);
    struct raw raw = {.topic = TOPIC_DECISIONS, .value = out.at, .value_len = out.len};
    struct event ev;
    struct rejection rejection;
    struct activity data = {0};
    struct faults faults = {.arena = arena};
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), 0);
    assert_string_equal(ev.id, "ID1");
    assert_string_equal(ev.source, "/redress/redressctl");
    assert_int_equal(ev.time_ms, 1795370000000);
    assert_int_equal(
        fields_decode(contract_find(ev.type)->table, ev.data, FIELDS_STRICT, arena, &data, &faults),
        0);
    assert_string_equal(data.case_id, "BYCRCNPA1C41H-FRGWX4V");
    assert_string_equal(data.proposal_id, proposal);
    assert_string_equal(data.actor, "wang.fang");
    assert_int_equal(data.role, ROLE_SUPERVISOR);
    assert_string_equal(data.option, "A");
    struct publish_record table;
    assert_int_equal(publish_route(out.at, out.len, arena, &table, &err), 0);
    assert_int_equal(table.topic, TOPIC_DECISIONS);
    assert_string_equal(table.key, "BYCRCNPA1C41H");
    buf_free(&out);
    arena_free(arena);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        enum event_type type;
        struct approvals_decision decision;
        const char *why;
    } cases[] = {
        {EVENT_DECISION_APPROVED,
         {.proposal_id = "BYCRCNPA1C41H-FRGWX4V", .actor = "a", .role = "agent"},
         "expected <case id>.<number>"},
        {EVENT_DECISION_APPROVED,
         {.proposal_id = "BYCRCNPA1C41H-FRGWX4V.x", .actor = "a", .role = "agent"},
         "expected <case id>.<number>"},
        {EVENT_DECISION_APPROVED,
         {.proposal_id = "nonsense.1", .actor = "a", .role = "agent"},
         "expected <case id>.<number>"},
        {EVENT_DECISION_APPROVED,
         {.proposal_id = proposal, .actor = "a", .role = "boss"},
         "role \"boss\": expected agent, supervisor"},
        {EVENT_DECISION_APPROVED, {.proposal_id = proposal, .role = "agent"}, "actor"},
        {EVENT_DECISION_REJECTED,
         {.proposal_id = proposal, .actor = "a", .role = "agent"},
         "reason"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {NULL, 0, 0};
        struct err err = {""};
        assert_int_equal(approvals_event(cases[i].type, &cases[i].decision, "ID", 1795370000000,
                                         arena, &out, &err),
                         -1);
        if (!strstr(err.text, cases[i].why)) fail_msg("%zu: %s", i, err.text);
        assert_int_equal(out.len, 0);
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_event),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
