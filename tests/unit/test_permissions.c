/* The table of permissions: what it says of each worker, that it knows every command that our
 * scripts run, what is made of Redis' answers, the page; and what /readyz makes of a thing that
 * cannot be proven. */
#include "base/file.h"
#include "board/board.h"
#include "classification/classification.h"
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "gateway/gateway.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "runtime/health.h"
#include "runtime/lua_scripts.h"
#include "runtime/permissions.h"
#include "sla/sla.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct worker_spec *const workers[] = {
    &intake_spec,       &classification_spec, &sla_spec,
    &compensation_spec, &notification_spec,   &cohort_spec,
    &gateway_spec,      &board_spec,          NULL};
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

static bool has(const struct worker_spec *spec, const char *name) {
    struct permission *list;
    int count = permissions_of(spec, "shop", arena, &list);
    for (int i = 0; i < count; i++)
        if (strcmp(permissions_name(&list[i], arena), name) == 0) return true;
    return false;
}

static void each_worker_has_its_own(void **state) {
    (void)state;
    static const struct {
        const struct worker_spec *spec;
        const char *name;
        bool needed;
    } rows[] = {
        {&gateway_spec, "Read on topic shop.deliveries", true},
        {&gateway_spec, "Read on topic shop.settlements", true},
        {&gateway_spec, "Write on topic shop.activity", true},
        {&gateway_spec, "Write on topic shop.events", false},
        {&gateway_spec, "Write on topic shop.decisions", false},
        {&board_spec, "Write on topic shop.decisions", true},
        {&board_spec, "Read on topic shop.policies", true},
        {&board_spec, "Write on topic shop.events", false},
        {&board_spec, "Read on topic shop.events", false},
        {&gateway_spec, "Read on group shop-gateway-*", true},
        {&gateway_spec, "Write on transactional id shop-gateway-*", true},
        {&intake_spec, "Read on topic shop.complaints", true},
        {&intake_spec, "Describe on topic shop.complaints", false}, /* Read brings it */
        {&intake_spec, "Write on topic shop.orders", true},
        {&intake_spec, "Read on topic shop.claims", true},
        {&intake_spec, "Write on topic shop.policies", true}, /* where it has begun */
        {&intake_spec, "DescribeConfigs on topic shop.complaints", true},
        {&intake_spec, "DescribeConfigs on topic shop.orders", true},
        {&intake_spec, "DescribeConfigs on topic shop.deliveries", false},
        {&classification_spec, "Write on topic shop.policies", true},
        {&classification_spec, "Read on group shop-classification", true},
        {&classification_spec, "Describe on group shop-intake", false},
        {&sla_spec, "Describe on topic shop.activity", true},
        {&sla_spec, "Describe on topic shop.deliveries", true},
        {&sla_spec, "DescribeConfigs on topic shop.sla.state", true},
        {&sla_spec, "Describe on group shop-intake", true},
        {&sla_spec, "Write on transactional id shop-sla-*", true},
        {&sla_spec, "Write on topic shop.claims", false},
        {&compensation_spec, "Write on topic shop.settlements", true},
        {&compensation_spec, "Describe on topic shop.settlements", false},
        {&compensation_spec, "Write on topic shop.claims", true},
        {&notification_spec, "Write on topic shop.deliveries", true},
        {&notification_spec, "Write on topic shop.settlements", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (has(rows[i].spec, rows[i].name) != rows[i].needed)
            fail_msg("%s: %s %s", rows[i].spec->name, rows[i].name,
                     rows[i].needed ? "is missing" : "is not needed");
}

static void grants_can_be_pasted(void **state) {
    (void)state;
    struct permission *list;
    struct permission_texts texts;
    int count = permissions_of(&sla_spec, "redress", arena, &list);
    assert_string_equal(permissions_grant(&list[count - 1], "sla", arena),
                        "kafka-acls.sh --add --allow-principal User:sla --operation Write "
                        "--transactional-id redress-sla- --resource-pattern-type prefixed");
    permissions_of_redis(&sla_spec, "redress", arena, &texts);
    const char *rule = permissions_redis_grant(&texts, "sla", arena);
    assert_non_null(
        strstr(rule, "ACL SETUSER sla on resetkeys ~redress:{sla.*}:* ~redress:meta -@all +info "));
    assert_non_null(
        strstr(permissions_redis_quoted(&texts, "sla", arena), " '~redress:{sla.*}:*' "));
    permissions_of_redis(&classification_spec, "redress", arena, &texts);
    assert_int_equal(texts.command_count, 0);
}

/* ---- Commands ---- */

static bool lists(const struct permission_texts *texts, const char *command) {
    for (int i = 0; i < texts->command_count; i++)
        if (strcmp(texts->commands[i], command) == 0) return true;
    return false;
}

/* Every command that a script names in capitals is one of some worker's commands; some capitals are
 * options of one. */
static void check_script(const char *name, const char *lua) {
    for (const char *at = lua; (at = strchr(at, '\''));) {
        size_t len = strspn(++at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (len < 3 || at[len] != '\'' || strncmp(at, "WITHSCORES", len) == 0 ||
            strncmp(at, "LIMIT", len) == 0)
            continue;
        char *command = arena_strndup(arena, at, len);
        for (char *c = command; *c; c++) *c = (char)(*c - 'A' + 'a');
        bool known = false;
        for (const struct worker_spec *const *spec = workers; *spec; spec++) {
            struct permission_texts texts;
            permissions_of_redis(*spec, "redress", arena, &texts);
            known |= lists(&texts, command);
        }
        if (!known)
            fail_msg("%s: no worker's permissions have %s: add the script to permissions.c", name,
                     command);
    }
}

static void every_script_is_known(void **state) {
    (void)state;
    DIR *dir = opendir("common/runtime/lua");
    int scripts = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *text;
        size_t len;
        struct err err;
        if (!strstr(entry->d_name, ".lua")) continue;
        assert_int_equal(file_read(arena,
                                   arena_printf(arena, "common/runtime/lua/%s", entry->d_name),
                                   1 << 20, &text, &len, &err),
                         0);
        check_script(entry->d_name, text);
        scripts++;
    }
    closedir(dir);
    assert_true(scripts >= 9);
}

/* A command that permitted.lua does not know is never asked about. */
static void every_command_is_asked_about(void **state) {
    (void)state;
    for (const struct worker_spec *const *spec = workers; *spec; spec++) {
        struct permission_texts texts;
        if (*spec == &board_spec) continue; /* it does not ask */
        permissions_of_redis(*spec, "redress", arena, &texts);
        for (int i = 0; i < texts.command_count; i++) {
            const char *command = texts.commands[i];
            if (strchr(command, '|') || strcmp(command, "evalsha") == 0)
                continue; /* they carry the question */
            if (!strstr(lua_permitted, arena_printf(arena, "%s = {", command)))
                fail_msg("lua/permitted.lua does not know %s: give it whole arguments there",
                         command);
        }
    }
}

static void answers_are_told_apart(void **state) {
    (void)state;
    static const char *commands[] = {"info", "get", "set", "hset"}, *keys[] = {"a", "b"};
    const struct permission_texts texts = {commands, 4, keys, 2, false};
    static const struct {
        const char *text, *answers[4];
        int missing[4]; /* ended by -1 */
    } rows[] = {
        {"all is there", {"y", "11", "11", "11"}, {-1}},
        {"a command without keys", {"n", "11", "11", "11"}, {0, -1}},
        {"a command", {"y", "11", "11", "00"}, {3, -1}},
        {"writing", {"y", "11", "00", "00"}, {2, 3, -1}},
        {"one pattern of keys", {"y", "10", "10", "10"}, {5, -1}},
        {"both, and nothing is known of the commands", {"y", "00", "00", "00"}, {4, 5, -1}},
        {"a pattern that may only be read", {"y", "11", "01", "01"}, {4, -1}},
        {"a command and a pattern", {"y", "10", "00", "10"}, {2, 5, -1}},
        {"a Redis that cannot be asked", {"", "", "", ""}, {-1}},
        {"a command that is not asked about", {"y", "11", "11", ""}, {-1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int missing[6], expected = 0;
        int count = permissions_redis_missing(&texts, rows[i].answers, missing);
        while (rows[i].missing[expected] >= 0) expected++;
        if (count != expected)
            fail_msg("%s: %d missing, expected %d", rows[i].text, count, expected);
        for (int k = 0; k < count; k++)
            if (missing[k] != rows[i].missing[k])
                fail_msg("%s: %d is missing, expected %d", rows[i].text, missing[k],
                         rows[i].missing[k]);
    }
}

/* ---- The page ---- */

static void the_page_is_that_of_the_table(void **state) {
    (void)state;
    struct buf page = {0};
    const char *text;
    size_t len;
    struct err err;
    permissions_document(workers, "redress", &page);
    assert_int_equal(file_read(arena, "deploy/permissions.md", 1 << 20, &text, &len, &err), 0);
    if (len != page.len || memcmp(text, page.at, len) != 0)
        fail_msg("deploy/permissions.md is not what the table says: redressctl acl document > "
                 "deploy/permissions.md");
    buf_free(&page);
}

/* ---- /readyz ---- */

static int readiness(const char **text_out) {
    struct buf body = {0};
    int status = health_serve_ready(NULL, NULL, &body);
    *text_out = arena_strndup(arena, body.at, body.len);
    buf_free(&body);
    return status;
}

static void what_is_not_proven_makes_readiness_fail(void **state) {
    (void)state;
    enum { HOUR_MS = 3600000 };
    const char *text;
    health_init(HOUR_MS);
    health_turned(true);
    assert_int_equal(readiness(&text), 200);
    health_unproven("Describe on topic t", "forbidden; grant it");
    health_unproven("Describe on topic t", "forbidden; grant it"); /* once */
    assert_int_equal(readiness(&text), 200);                       /* not yet for long */

    health_init(0);
    assert_int_equal(readiness(&text), 503);
    assert_string_equal(text, "not proven for 0 s: Describe on topic t: forbidden; grant it\n");
    health_proven("something else");
    assert_int_equal(readiness(&text), 503);
    health_proven("Describe on topic t");
    assert_int_equal(readiness(&text), 200);

    health_waits("waiting to start", "no broker");
    health_turned(false);
    assert_int_equal(readiness(&text), 503);
    assert_non_null(strstr(text, "not ready: waiting to start: no broker"));
    health_waits(NULL, NULL);
    assert_int_equal(readiness(&text), 503);
    assert_non_null(strstr(text, "not ready: waiting for"));
}

/* A clock that is off is said, and does not make a worker unready. */
static void remarks_are_said_beside(void **state) {
    const char *text;
    (void)state;
    health_init(0);
    health_turned(true);
    health_remark("this host's clock is behind");
    assert_int_equal(readiness(&text), 200);
    assert_string_equal(text, "ready\nthis host's clock is behind\n");
    health_remark(NULL);
    assert_int_equal(readiness(&text), 200);
    assert_string_equal(text, "ready\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_worker_has_its_own),
        cmocka_unit_test(grants_can_be_pasted),
        cmocka_unit_test(every_script_is_known),
        cmocka_unit_test(every_command_is_asked_about),
        cmocka_unit_test(answers_are_told_apart),
        cmocka_unit_test(the_page_is_that_of_the_table),
        cmocka_unit_test(what_is_not_proven_makes_readiness_fail),
        cmocka_unit_test(remarks_are_said_beside),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
