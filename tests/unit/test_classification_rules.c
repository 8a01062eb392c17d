/* classification: the rules' mechanics, held to small policies of their own; and the decision
 * around them. */
#include "classified.h"

#include <time.h>

/* Faults of a policy, with their lines. */
static void check_fault(const char *yaml, int line, const char *part) {
    const struct tree *file;
    const char *version;
    void *policy;
    struct err err;
    struct faults faults = {.arena = arena};
    assert_int_equal(yaml_read(arena, "p.yaml", yaml, strlen(yaml), &file, &err), 0);
    assert_int_equal(policy_load(file, "/nonexistent", arena, &policy, &version, &faults), -1);
    for (int i = 0; i < faults.count; i++) {
        if (faults.at[i].line == line && strstr(faults.at[i].text, part) != NULL) return;
    }
    for (int i = 0; i < faults.count; i++)
        print_message("%d: %s: %s\n", faults.at[i].line, faults.at[i].path, faults.at[i].text);
    fail_msg("no fault in line %d about \"%s\"", line, part);
}

#define HEAD "version: a\njoining: {rules: 900}\nseverity: [{name: all, is: P3}]\n"

static void test_faults(void **state) {
    (void)state;
    check_fault(
        HEAD "rules:\n  - name: x\n    class: quality.flaw\n    patterns: ['ok',\n      'a(b']\n",
        8, "cannot be compiled");
    check_fault(HEAD "rules:\n  - name: x\n    class: quality.flaw\n    words: ['{nobody}']\n", 7,
                "no group {nobody}");
    check_fault(HEAD "rules:\n  - name: x\n    class: quality.flaw\n", 5,
                "needs words or patterns");
    check_fault(HEAD "rules:\n  - name: x\n    words: [a]\n", 5, "needs a class");
    check_fault(HEAD "rules:\n  - name: x\n    class: quality.flaws\n    words: [a]\n", 6, "");
    check_fault(HEAD "rules:\n  - name: x\n    class: quality.flaw\n    word: [a]\n", 7, "");
    check_fault(HEAD "rules:\n  - name: x\n    class: quality.flaw\n    words: [\"\u200b\"]\n", 7,
                "no character that remains");
    check_fault(HEAD "model: none.model\nrules: [{name: x, class: quality.flaw, words: [a]}]\n", 4,
                "none.model");
    check_fault(HEAD "model: ../none.model\nrules: [{name: x, class: quality.flaw, words: [a]}]\n",
                4, "without a slash");
    check_fault("version: a\njoining: {rules: 900}\nseverity:\n  - {name: all, is: P3, flags: "
                "[angry]}\nrules: [{name: x, class: quality.flaw, words: [a]}]\n",
                4, "angry");
    check_fault("version: a\njoining: {rules: 900}\nseverity:\n  - {name: all, is: P3, classes: "
                "[qualty.*]}\nrules: [{name: x, class: quality.flaw, words: [a]}]\n",
                4, "qualty.*");
}

/* A small policy for the mechanics of rules. */
static const struct policy *small(const char *rules) {
    const struct tree *file;
    const char *version,
        *yaml = arena_printf(arena,
                             HEAD "negation: {words: [不是, not], except: [是不是], reach: 1}\n"
                                  "supposition: {words: [如果, if], within: 6}\n"
                                  "compounds: {before: [防], after: [器]}\n"
                                  "groups: {parcel: [箱子, 包裹]}\nrules:\n%s",
                             rules);
    void *policy;
    struct err err;
    struct faults faults = {.arena = arena};
    assert_int_equal(yaml_read(arena, "p.yaml", yaml, strlen(yaml), &file, &err), 0);
    assert_int_equal(policy_load(file, ".", arena, &policy, &version, &faults), 0);
    return policy;
}

static void test_mechanics(void **state) {
    static const struct {
        const char *rule, *text;
        bool fires;
    } rows[] = {
        {"words: [破损]", "破损", true},
        {"words: [破損]", "破损", true},
        {"words: [late]", "plate", false},
        {"words: [late]", "too late!", true},
        {"words: [late]", "太late了", true},
        {"words: [破损]", "不是破损", false},
        {"words: [破损]", "不是很破损", false},
        {"words: [破损]", "不是很大的破损", true},
        {"words: [破损]", "不是,破损", true},
        {"words: [破损]", "是不是破损", true},
        {"words: [破损]\n    even_denied: true", "不是破损", true},
        {"words: [破损, 划痕]", "不是破损、划痕", false},
        {"words: [破损]", "不是破损,确实破损", true},
        {"words: [破损]\n    near: ['{parcel}']\n    within: 3", "箱子有点破损", true},
        {"words: [破损]\n    near: ['{parcel}']\n    within: 3", "箱子里的东西破损", false},
        {"words: [破损]\n    near: ['{parcel}']\n    within: 3", "破损", false},
        {"words: [broken]\n    near: [box]\n    within: 2", "box came all broken", true},
        {"words: [broken]\n    near: [box]\n    within: 1", "box came all broken", false},
        {"words: [破损]\n    unless: [险]", "破损险", false},
        {"words: [破损]", "防破损", false},
        {"words: [破损]", "破损器", false},
        {"patterns: ['箱子~破']", "箱子全都破", true},
        {"patterns: ['箱子~破']", "箱子,破", false},
        {"patterns: ['箱子~破']", "箱子里面的东西破", false},
        {"patterns: ['箱子~~破']", "箱子里面的东西破", true},
        {"patterns: ['{parcel}破']", "包裹破", true},
        {"patterns: ['a{2}b']", "xaab", false},
        {"patterns: ['a{2}b']", "x aab", true},
        {"words: [破损]\n    order: {status: [signed]}", "破损", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct policy *policy = small(arena_printf(
            arena,
            "  - name: x\n    class: quality.flaw\n    weight: 5\n    says: complaint\n    %s\n",
            rows[i].rule));
        const struct complaint complaint = {.text = rows[i].text};
        bool fired = strcmp(judged(policy, &complaint).classified.class_name, "quality.flaw") == 0;
        if (fired != rows[i].fires)
            fail_msg("%s on \"%s\": %s", rows[i].rule, rows[i].text,
                     fired ? "fires" : "does not fire");
    }
    struct order paid = {.status = ORDER_PAID};
    const struct complaint complaint = {.text = "破损", .order = &paid};
    const struct policy *policy = small("  - {name: x, class: quality.flaw, weight: 5, words: "
                                        "[破损], order: {status: [signed]}}\n");
    assert_string_equal(judged(policy, &complaint).classified.class_name, "other");
}

static void test_supposed(void **state) {
    const struct policy *policy =
        small("  - {name: x, flag: safety, says: complaint, words: [爆炸]}\n  - {name: y, flag: "
              "legal, says: complaint, even_supposed: true, words: [律师]}\n");
    const struct complaint supposed = {.text = "如果爆炸怎么办"}, happened = {.text = "爆炸了"},
                           threat = {.text = "如果不赔就找律师"};
    (void)state;
    struct verdict verdict = judged(policy, &supposed);
    assert_false(has_flag(&verdict, "safety"));
    verdict = judged(policy, &happened);
    assert_true(has_flag(&verdict, "safety"));
    verdict = judged(policy, &threat);
    assert_true(has_flag(&verdict, "legal"));
}

/* The decision, as the worker calls it. */
static struct effects decided(const char *type, const char *data) {
    const struct tree *tree;
    struct err err;
    struct effects out;
    struct event *ev = ARENA_NEW(arena, struct event);
    struct policy_version *version = ARENA_NEW(arena, struct policy_version);
    struct policies *policies = ARENA_NEW(arena, struct policies);
    assert_int_equal(json_read(arena, data, strlen(data), NULL, &tree, &err), JSON_OK);
    *ev = (struct event){.id = "e-1",
                         .source = "/shop",
                         .type = type,
                         .subject = "BYCRCNPA1C41H-FRGWX4V",
                         .time_ms = 1000,
                         .sequence = EVENT_NO_SEQUENCE,
                         .data = tree};
    *version = (struct policy_version){.version = shipped->version, .policy = shipped};
    policies->current = version;
    const struct decision in = {.policies = policies, .ev = ev, .now_ms = 5000, .arena = arena};
    effects_init(&out, arena);
    assert_int_equal(classification_spec.decide(&in, NULL, &out), DONE);
    return out;
}

/* What goes to the orders' topic says nothing of what the customer wrote, not even a sketch. */
static void test_orders_hold_no_words(void **state) {
    static const char opened[] =
        "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\",\"opened_at\":\"2026-11-22T00:00:00Z\",\"channel\":"
        "\"im\",\"customer\":{\"id\":\"c\",\"tier\":\"vip\"},\"order\":{\"id\":\"A1\",\"status\":"
        "\"signed\",\"amount\":{\"currency\":\"CNY\",\"minor\":100},\"carrier\":\"SF\"},"
        "\"text\":\"收到的椅子腿是断的\"}";
    (void)state;
    struct effects out = decided("case.opened", opened);
    assert_true(out.count > 1);
    for (int i = 0; i < out.count; i++) {
        bool log = out.at[i].topic == TOPIC_EVENTS;
        assert_int_equal(strstr(out.at[i].data, "\"sketch\"") != NULL, log);
        assert_int_equal(strstr(out.at[i].data, "\"reasons\"") != NULL, log);
    }
}

static void test_decision(void **state) {
    static const char opened[] =
        "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\",\"opened_at\":\"2026-11-22T00:00:00Z\",\"channel\":"
        "\"im\",\"customer\":{\"id\":\"c\",\"tier\":\"vip\"},\"text\":\"收到的椅子腿是断的\"}";
    (void)state;
    assert_true(classification_spec.wants("case.opened"));
    assert_true(classification_spec.wants("case.repeated"));
    assert_true(classification_spec.wants("case.customer_replied"));
    assert_false(classification_spec.wants("case.classified"));
    struct effects out = decided("case.opened", opened), again = decided("case.opened", opened);
    assert_int_equal(out.count, 1);
    assert_string_equal(out.at[0].type, "case.classified");
    assert_int_equal(out.at[0].time_ms, 1000);
    assert_non_null(strstr(out.at[0].data, "\"class\":\"quality.damaged\""));
    assert_non_null(strstr(out.at[0].data, "\"vip\""));
    assert_string_equal(out.at[0].id, again.at[0].id);
    assert_int_equal(out.at[0].data_len, again.at[0].data_len);
    assert_memory_equal(out.at[0].data, again.at[0].data, out.at[0].data_len);
    /* Given anew, by the repeat and by what a further message says. */
    assert_non_null(strstr(out.at[0].data, "\"severity\":\"P2\""));
    out = decided("case.repeated",
                  arena_printf(arena, "%.*s,\"repeats\":3}", (int)strlen(opened) - 1, opened));
    assert_int_equal(out.count, 1);
    assert_non_null(strstr(out.at[0].data, "\"severity\":\"P1\""));
    assert_non_null(strstr(out.at[0].data, "\"repeat\""));
    out =
        decided("case.customer_replied",
                "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\",\"text\":\"充电宝爆炸了，烫伤了我的手\"}");
    assert_non_null(strstr(out.at[0].data, "\"severity\":\"P1\""));
    assert_non_null(strstr(out.at[0].data, "\"safety\""));
    out = decided("case.customer_replied", "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\"}");
    assert_int_equal(out.count, 0);
    out = decided("case.customer_replied",
                  "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\",\"text\":\"收到的椅子腿是断的\"}");
    assert_int_equal(out.count, 1);
    assert_null(
        strstr(out.at[0].data,
               "evidence_missing")); /* the photographs came with the first message, if at all */
}

/* Nothing hides a matter of safety, however much stands before it, and no text takes long: words
 * that every rule looks at, as often as a text of 8 000 characters can hold them. */
static void test_padding(void **state) {
    static const char *const pads[] = {"几么吗呢",
                                       "没不坏了吗",
                                       "防破损器、",
                                       "broken not or ",
                                       "if it is late?",
                                       "包裹箱子破了",
                                       "你好，我是老顾客了，一直很满意。"};
    (void)state;
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++) {
        struct buf text = {0};
        for (int characters = 0; characters < 7950;) {
            buf_puts(&text, pads[i]);
            for (const char *c = pads[i]; *c != '\0'; c++)
                characters += ((unsigned char)*c & 0xc0) != 0x80;
        }
        buf_puts(&text, "。宝宝喝了上吐下泻住院了");
        const struct complaint complaint = {.text = text.at};
        clock_t start = clock();
        struct verdict verdict = judged(shipped, &complaint);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (!has_flag(&verdict, "safety") || verdict.classified.severity != SEVERITY_P1)
            fail_msg("behind \"%s\" the matter is not seen", pads[i]);
        if (seconds > 5)
            fail_msg("\"%s\" over and over takes %.1f s", pads[i],
                     seconds); /* with sanitizers 0.5 */
        buf_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),   cmocka_unit_test(test_mechanics),
        cmocka_unit_test(test_supposed), cmocka_unit_test(test_orders_hold_no_words),
        cmocka_unit_test(test_decision), cmocka_unit_test(test_padding),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
