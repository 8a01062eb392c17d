/* What decisions collect: effects and claims; and looking up the policy that a case started with.
 */
#include "decision/claims.h"
#include "decision/effects.h"
#include "decision/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int setup(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

struct met {
    const char *target;
    int64_t met_at;
};
static const struct field met_fields[] = {
    {FIELD(met, target), .type = FIELD_NAME, .flags = FIELD_REQUIRED},
    {FIELD(met, met_at), .type = FIELD_TIME},
    FIELDS_END,
};
static const struct table met_table = {
    .name = "met", .size = sizeof(struct met), .fields = met_fields};

static void an_event_goes_to_the_case_log(void **state) {
    (void)state;
    struct effects out;
    effects_init(&out, arena);
    char case_id[] = "BYCRCNPA1C41H-FRGWX4V", id[] = "met-1", target[] = "first_contact";
    const struct met met = {.target = target, .met_at = 1795367956123};
    struct output *output =
        effects_emit(&out, "sla.met", case_id, id, 1795367956123, &met_table, &met);
    memset(case_id, 'x', strlen(case_id)); /* nothing is borrowed */
    memset(id, 'x', strlen(id));
    memset(target, 'x', strlen(target));
    assert_ptr_equal(output, &out.at[0]);
    assert_int_equal(output->topic, TOPIC_EVENTS);
    assert_string_equal(output->key, "BYCRCNPA1C41H");
    assert_string_equal(output->subject, "BYCRCNPA1C41H-FRGWX4V");
    assert_string_equal(output->id, "met-1");
    assert_string_equal(output->type, "sla.met");
    assert_null(output->source);
    assert_null(output->traceparent);
    assert_int_equal(output->time_ms, 1795367956123);
    assert_true(output->sequence == EVENT_NO_SEQUENCE);
    assert_string_equal(output->data,
                        "{\"target\":\"first_contact\",\"met_at\":\"2026-11-22T17:19:16.123Z\"}");
    assert_int_equal(output->data_len, strlen(output->data));
}

static void records_go_to_any_topic(void **state) {
    (void)state;
    struct effects out;
    effects_init(&out, arena);
    const struct output *output =
        effects_send(&out, TOPIC_SETTLEMENTS, NULL, "settlement.ordered", "s-1", 5, NULL, NULL);
    assert_int_equal(output->topic, TOPIC_SETTLEMENTS);
    assert_null(output->key);
    assert_null(output->subject);
    assert_string_equal(output->data, "{}");
    output = effects_send(&out, TOPIC_ORDERS, "k", "order.updated", "o-1", 5, &met_table, NULL);
    assert_string_equal(output->data, "{}");
    assert_string_equal(output->key, "k");
}

static void many_outputs_keep_their_order(void **state) {
    (void)state;
    struct effects out;
    effects_init(&out, arena);
    for (int i = 0; i < 100; i++)
        effects_emit(&out, "t", "BYCRCNPA1C41H-FRGWX4V", arena_printf(arena, "%d", i), i, NULL,
                     NULL);
    assert_int_equal(out.count, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(out.at[i].time_ms, i);
        assert_string_equal(out.at[i].id, arena_printf(arena, "%d", i));
    }
}

static void rejections_and_releases_are_kept(void **state) {
    (void)state;
    struct effects out;
    effects_init(&out, arena);
    assert_int_equal(effects_reject(&out, "bad_value", "%s: expected at most %d", "items", 200),
                     REJECT);
    assert_string_equal(out.rejection.reason, "bad_value");
    assert_string_equal(out.rejection.detail, "items: expected at most 200");
    char words[400];
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = 0;
    effects_reject(&out, "bad_value", "%s", words);
    assert_int_equal(strlen(out.rejection.detail), sizeof out.rejection.detail - 1);
    for (int i = 0; i < 20; i++) effects_release(&out, i * 3);
    assert_int_equal(out.release_count, 20);
    for (int i = 0; i < 20; i++) assert_int_equal(out.releases[i], i * 3);
}

static void claims_are_numbered_as_asked(void **state) {
    (void)state;
    struct claims claims = {.arena = arena};
    for (int i = 0; i < 100; i++) {
        const struct claim claim = {
            .kind = CLAIM_COUNT, .key = "k", .id = "i", .value = i % 2 ? "v" : NULL, .amount = i};
        assert_int_equal(claims_add(&claims, &claim), i);
        arena_alloc(arena, 8); /* so that the array cannot always grow in place */
    }
    assert_int_equal(claims.count, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(claims.at[i].amount, i);
        assert_string_equal(claims.at[i].value, i % 2 ? "v" : "");
    }
}

static void a_case_finds_its_version(void **state) {
    (void)state;
    const struct policy_version old = {.version = "2026-10-01", .policy = "old"};
    const struct policy_version new = {.version = "2026-11-01", .policy = "new", .older = &old};
    const struct policies policies = {.current = &new}, none = {0};
    assert_string_equal(policies_version(&policies, "2026-10-01")->policy, "old");
    assert_string_equal(policies_version(&policies, "2026-11-01")->policy, "new");
    assert_null(policies_version(&policies, "2026-09-01"));
    assert_null(policies_version(&policies, NULL));
    assert_null(policies_version(&none, "2026-11-01"));
    assert_string_equal(policies_current(&policies), "new");
    assert_null(policies_current(&none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_goes_to_the_case_log),
        cmocka_unit_test(records_go_to_any_topic),
        cmocka_unit_test(many_outputs_keep_their_order),
        cmocka_unit_test(rejections_and_releases_are_kept),
        cmocka_unit_test(claims_are_numbered_as_asked),
        cmocka_unit_test(a_case_finds_its_version),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
