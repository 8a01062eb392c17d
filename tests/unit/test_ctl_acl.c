/* What a broker permits beside what is needed: as its own authorizer decides, denials first. */
#include "redressctl/log/acl_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char user[] = "User:redress-sla";
static const char everybody[] = "User:*";

static void one_entry(void **state) {
    (void)state;
    static const struct permission read = {KAFKA_TOPIC, "redress.events", false, KAFKA_READ, ""};
    static const struct permission describe = {KAFKA_TOPIC, "redress.events", false, KAFKA_DESCRIBE,
                                               ""};
    static const struct permission ids = {KAFKA_TRANSACTIONAL_ID, "redress-sla-", true, KAFKA_WRITE,
                                          ""};
    static const struct {
        struct kafka_acl acl;
        const struct permission *needed;
        enum acl_standing expected;
    } rows[] = {
        {{KAFKA_TOPIC, "redress.events", false, user, KAFKA_READ, false}, &read, ACL_THERE},
        {{KAFKA_TOPIC, "redress.events", false, everybody, KAFKA_READ, false}, &read, ACL_THERE},
        {{KAFKA_TOPIC, "*", false, user, KAFKA_ANY_OPERATION, false}, &read, ACL_THERE},
        {{KAFKA_TOPIC, "redress.", true, user, KAFKA_READ, false}, &read, ACL_THERE},
        {{KAFKA_TOPIC, "redress.events", true, user, KAFKA_READ, false}, &read, ACL_THERE},
        {{KAFKA_TOPIC, "redress.events.x", true, user, KAFKA_READ, false}, &read, ACL_MISSING},
        {{KAFKA_TOPIC, "redress.event", false, user, KAFKA_READ, false}, &read, ACL_MISSING},
        {{KAFKA_GROUP, "redress.events", false, user, KAFKA_READ, false}, &read, ACL_MISSING},
        {{KAFKA_TOPIC, "redress.events", false, "User:other", KAFKA_READ, false},
         &read,
         ACL_MISSING},
        {{KAFKA_TOPIC, "redress.events", false, user, KAFKA_WRITE, false}, &read, ACL_MISSING},
        {{KAFKA_TOPIC, "redress.events", false, user, KAFKA_WRITE, false}, &describe, ACL_THERE},
        {{KAFKA_TOPIC, "redress.events", false, user, KAFKA_DESCRIBE_CONFIGS, false},
         &describe,
         ACL_MISSING},
        {{KAFKA_TOPIC, "redress.events", false, user, KAFKA_READ, true}, &read, ACL_DENIED},
        {{KAFKA_TOPIC, "redress.events", false, user, KAFKA_READ, true}, &describe, ACL_MISSING},
        {{KAFKA_TRANSACTIONAL_ID, "redress-sla-", true, user, KAFKA_WRITE, false}, &ids, ACL_THERE},
        {{KAFKA_TRANSACTIONAL_ID, "redress-", true, user, KAFKA_WRITE, false}, &ids, ACL_THERE},
        {{KAFKA_TRANSACTIONAL_ID, "redress-sla-", false, user, KAFKA_WRITE, false},
         &ids,
         ACL_MISSING},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct acl_list list = {&rows[i].acl, 1};
        enum acl_standing found = acl_match(&list, rows[i].needed, user);
        if (found != rows[i].expected) fail_msg("row %zu: %d", i, found);
    }
}

static void a_denial_wins_wherever_it_stands(void **state) {
    (void)state;
    struct permission read = {KAFKA_TOPIC, "t", false, KAFKA_READ, ""};
    struct kafka_acl both[] = {{KAFKA_TOPIC, "t", false, user, KAFKA_READ, true},
                               {KAFKA_TOPIC, "t", false, user, KAFKA_READ, false},
                               {KAFKA_TOPIC, "t", false, everybody, KAFKA_ANY_OPERATION, true}};

    assert_int_equal(acl_match(&(struct acl_list){both, 2}, &read, user), ACL_DENIED);
    assert_int_equal(acl_match(&(struct acl_list){both + 1, 1}, &read, user), ACL_THERE);
    assert_int_equal(acl_match(&(struct acl_list){both + 1, 2}, &read, user), ACL_DENIED);
    assert_int_equal(acl_match(&(struct acl_list){both, 0}, &read, user), ACL_MISSING);
}

static void what_is_not_needed(void **state) {
    (void)state;
    static const struct permission needed[] = {
        {KAFKA_TOPIC, "t", false, KAFKA_READ, ""},
        {KAFKA_TRANSACTIONAL_ID, "x-", true, KAFKA_WRITE, ""}};
    static const struct {
        struct kafka_acl acl;
        bool expected;
    } rows[] = {
        {{KAFKA_TOPIC, "t", false, user, KAFKA_READ, false}, true},
        {{KAFKA_TOPIC, "t", false, user, KAFKA_DESCRIBE, false}, true},
        {{KAFKA_TOPIC, "t", false, user, KAFKA_WRITE, false}, false},
        {{KAFKA_TOPIC, "t", false, user, KAFKA_ANY_OPERATION, false}, false},
        {{KAFKA_TOPIC, "t", true, user, KAFKA_READ, false}, false},
        {{KAFKA_TOPIC, "t", false, user, 0, false}, false},
        {{KAFKA_TOPIC, "t", false, user, KAFKA_WRITE, true}, true},
        {{KAFKA_TOPIC, "t", false, "User:other", KAFKA_WRITE, false}, true},
        {{KAFKA_TRANSACTIONAL_ID, "x-", true, user, KAFKA_WRITE, false}, true},
        {{KAFKA_TRANSACTIONAL_ID, "x-1", false, user, KAFKA_WRITE, false}, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (acl_is_needed(&rows[i].acl, needed, 2, user) != rows[i].expected)
            fail_msg("row %zu", i);
}

static void who_writes(void **state) {
    (void)state;
    static const struct {
        struct kafka_acl acl;
        bool expected;
    } rows[] = {
        {{KAFKA_TOPIC, "r.decisions", false, "User:x", KAFKA_WRITE, false}, true},
        {{KAFKA_TOPIC, "r.", true, "User:x", KAFKA_ANY_OPERATION, false}, true},
        {{KAFKA_TOPIC, "*", false, "User:*", KAFKA_WRITE, false}, true},
        {{KAFKA_TOPIC, "r.decisions", false, "User:board", KAFKA_WRITE, false}, false},
        {{KAFKA_TOPIC, "r.decisions", false, "User:x", KAFKA_READ, false}, false},
        {{KAFKA_TOPIC, "r.decisions", false, "User:x", KAFKA_WRITE, true}, false},
        {{KAFKA_GROUP, "r.decisions", false, "User:x", KAFKA_WRITE, false}, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (acl_writes(&rows[i].acl, "r.decisions", "User:board") != rows[i].expected)
            fail_msg("row %zu", i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_entry), cmocka_unit_test(a_denial_wins_wherever_it_stands),
        cmocka_unit_test(what_is_not_needed), cmocka_unit_test(who_writes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
