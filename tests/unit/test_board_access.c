/* Who may what: tokens, proxies, hosts; board.yaml; queries; the table of the API. */
#include "board/api.h"
#include "board/person.h"
#include "board/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ANNA "0123456789abcdef0123456789abcdef"
#define BO   "fedcba9876543210fedcba9876543210"

static struct arena *arena;
static char folder[200];

static int set_up(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/board-XXXXXX", tmp ? tmp : "/tmp");
    arena = arena_new();
    return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name) {
    return arena_printf(arena, "%s/%s", folder, name);
}

static int tear_down(void **state) {
    (void)state;
    unlink(path_of("board.yaml"));
    unlink(path_of("tokens"));
    rmdir(folder);
    arena_free(arena);
    return 0;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- board.yaml ---- */

static void test_policy(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *fault; /* NULL: it is good */
    } cases[] = {
        {"version: a", NULL},
        {"version: a\nlisten: 127.0.0.1:9180", NULL},
        {"version: a\nlisten: \"[::1]:9180\"", NULL},
        {"version: a\nlisten: \":9180\"", "board.yaml:2: listen: beyond this host"},
        {"version: a\nlisten: 10.0.0.1:9180", "board.yaml:2: listen: beyond this host"},
        {"version: a\nlisten: \":9180\"\nanonymous: everybody", NULL},
        {"version: a\nlisten: \":9180\"\ntokens_file: /x", NULL},
        {"version: a\nprivate: [manager, boss]", "board.yaml:2: private"},
        {"version: a\nproxy: {addresses: [10.0.0.0/8], user_header: X-User}", NULL},
        {"version: a\nproxy: {addresses: [ten], user_header: X-User}", "networks"},
        {"version: a\nproxy: {addresses: [10.0.0.0/8]}", "user_header"},
        {"version: a\nworkers: [{name: sla, url: \"http://127.0.0.1:9101\"}]", NULL},
        {"version: a\nworkers: [{name: sla, url: \"file:///etc/passwd\"}]", "http://HOST:PORT"},
        {"version: a\nworkers: [{name: sla, url: \"http://a/b\"}]", "http://HOST:PORT"},
        {"version: a\nlissten: x", "lissten"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct board_policy policy;
        struct buf errors = {NULL, 0, 0};
        write_text("board.yaml", cases[i].yaml);
        int rc = board_policy_read(folder, arena, &policy, &errors);
        if ((rc == 0) != !cases[i].fault || (cases[i].fault && !strstr(errors.at, cases[i].fault)))
            fail_msg("row %zu: %d, %s", i, rc, errors.at ? errors.at : "");
        buf_free(&errors);
    }
    /* Who has not signed in: on this host he may look, until there is a way to sign in. */
    static const struct {
        const char *yaml;
        int anonymous;
    } rows[] = {
        {"version: a", BOARD_LOCAL},
        {"version: a\ntokens_file: /x", BOARD_NOBODY},
        {"version: a\nproxy: {addresses: [10.0.0.0/8], user_header: X-User}", BOARD_NOBODY},
        {"version: a\ntokens_file: /x\nproxy: {addresses: [10.0.0.0/8], user_header: X-User}",
         BOARD_NOBODY},
        {"version: a\ntokens_file: /x\nanonymous: local", BOARD_LOCAL},
        {"version: a\nanonymous: nobody", BOARD_NOBODY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct board_policy policy;
        struct buf errors = {NULL, 0, 0};
        write_text("board.yaml", rows[i].yaml);
        assert_int_equal(board_policy_read(folder, arena, &policy, &errors), 0);
        if (policy.anonymous != rows[i].anonymous)
            fail_msg("%s: %d", rows[i].yaml, policy.anonymous);
        buf_free(&errors);
    }
    /* Without a file: this host only. */
    unlink(path_of("board.yaml"));
    struct board_policy policy;
    struct buf errors = {NULL, 0, 0};
    assert_int_equal(board_policy_read(folder, arena, &policy, &errors), 0);
    assert_string_equal(policy.listen, "127.0.0.1:9180");
    assert_int_equal(policy.anonymous, BOARD_LOCAL);
    assert_int_equal(policy.private.count, 0);
}

static void test_tokens_file(void **state) {
    (void)state;
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"", NULL},
        {"# a remark\n\n" ANNA " anna supervisor returns\n" BO " bo viewer", NULL},
        {"short anna supervisor\n", "tokens:1: a token has at least 32"},
        {"\n" ANNA "\n", "tokens:2: expected a name"},
        {ANNA " anna\n", "tokens:1: expected a role"},
        {ANNA " anna boss\n", "tokens:1: expected a role"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {""};
        write_text("tokens", cases[i].text);
        const struct person_tokens *tokens = person_tokens_read(path_of("tokens"), arena, &err);
        if (!tokens != (cases[i].fault != NULL) ||
            (cases[i].fault && !strstr(err.text, cases[i].fault)))
            fail_msg("row %zu: %s", i, err.text);
    }
}

/* ---- Who it is ---- */

static const char *const private[] = {"supervisor", "manager"};
static const char *const nets[] = {"10.1.0.0/16", "127.0.0.1"};
static struct board_group groups[] = {{"ops", BOARD_AGENT}, {"leads", BOARD_SUPERVISOR}};
static struct board_proxy proxy = {.addresses = {(const char **)nets, 2},
                                   .user_header = "X-User",
                                   .groups_header = "X-Groups",
                                   .groups = {groups, 2}};
static struct board_policy policy_of(int anonymous, bool proxied) {
    return (struct board_policy){.listen = "127.0.0.1:9180",
                                 .anonymous = anonymous,
                                 .proxy = proxied ? &proxy : NULL,
                                 .private = {(const char **)private, 2}};
}

static void test_who(void **state) {
    (void)state;
    static const struct {
        int anonymous;
        bool proxied, decisions;
        struct person_claims claims;
        int status, role;
        const char *name;
        bool sees_private, decides;
    } cases[] = {
        {BOARD_LOCAL,
         false,
         true,
         {.peer = "127.0.0.1", .local = true},
         200,
         BOARD_VIEWER,
         "",
         false,
         false},
        {BOARD_LOCAL, false, true, {.peer = "10.0.0.1"}, 401, 0, NULL, false, false},
        {BOARD_NOBODY,
         false,
         true,
         {.peer = "127.0.0.1", .local = true},
         401,
         0,
         NULL,
         false,
         false},
        {BOARD_EVERYBODY, false, true, {.peer = "8.8.8.8"}, 200, BOARD_VIEWER, "", false, false},
        {BOARD_NOBODY,
         false,
         true,
         {.peer = "8.8.8.8", .authorization = "Bearer " ANNA},
         200,
         BOARD_SUPERVISOR,
         "anna",
         true,
         true},
        {BOARD_NOBODY,
         false,
         false,
         {.peer = "8.8.8.8", .authorization = "bearer " ANNA},
         200,
         BOARD_SUPERVISOR,
         "anna",
         true,
         false},
        {BOARD_NOBODY,
         false,
         true,
         {.peer = "8.8.8.8", .authorization = "Bearer " BO},
         200,
         BOARD_VIEWER,
         "bo",
         false,
         false},
        /* A wrong token is no anonymous visit. */
        {BOARD_EVERYBODY,
         false,
         true,
         {.peer = "8.8.8.8", .authorization = "Bearer x" ANNA},
         401,
         0,
         NULL,
         false,
         false},
        {BOARD_EVERYBODY,
         false,
         true,
         {.peer = "8.8.8.8", .authorization = "Basic YTpi"},
         401,
         0,
         NULL,
         false,
         false},
        {BOARD_NOBODY,
         false,
         true,
         {.peer = "8.8.8.8", .authorization = "Bearer "},
         401,
         0,
         NULL,
         false,
         false},
        {BOARD_NOBODY,
         true,
         true,
         {.peer = "10.1.2.3", .user = "lin"},
         200,
         BOARD_VIEWER,
         "lin",
         false,
         false},
        {BOARD_NOBODY,
         true,
         true,
         {.peer = "10.1.2.3", .user = "lin", .groups = "x, leads ,ops"},
         200,
         BOARD_SUPERVISOR,
         "lin",
         true,
         true},
        {BOARD_NOBODY,
         true,
         true,
         {.peer = "10.1.2.3", .user = "lin", .groups = "leadsx"},
         200,
         BOARD_VIEWER,
         "lin",
         false,
         false},
        /* From elsewhere the headers are somebody's invention. */
        {BOARD_NOBODY,
         true,
         true,
         {.peer = "10.2.2.3", .user = "lin", .groups = "leads"},
         403,
         0,
         NULL,
         false,
         false},
        {BOARD_NOBODY,
         true,
         true,
         {.peer = "10.1.2.3", .user = "li\nn"},
         401,
         0,
         NULL,
         false,
         false},
        {BOARD_NOBODY,
         false,
         true,
         {.peer = "10.1.2.3", .user = "lin"},
         401,
         0,
         NULL,
         false,
         false},
        {BOARD_NOBODY, true, true, {.peer = "10.1.2.3"}, 401, 0, NULL, false, false},
    };
    struct err err;

    write_text("tokens", ANNA " anna supervisor returns\n" BO " bo viewer\n");
    const struct person_tokens *tokens = person_tokens_read(path_of("tokens"), arena, &err);
    assert_non_null(tokens);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct board_policy policy = policy_of(cases[i].anonymous, cases[i].proxied);
        struct person_rules rules = {&policy, tokens, cases[i].decisions};
        struct person person;
        int status = person_find(&rules, &cases[i].claims, arena, &person);
        if (status != cases[i].status) fail_msg("row %zu: %d", i, status);
        if (status != 200) continue;
        if (strcmp(person.name, cases[i].name) != 0 || person.role != cases[i].role ||
            person.sees_private != cases[i].sees_private || person.decides != cases[i].decides)
            fail_msg("row %zu: %s, role %d", i, person.name, person.role);
    }
    /* Whose cases he sees. */
    struct board_policy policy = policy_of(BOARD_NOBODY, false);
    struct person_rules rules = {&policy, tokens, true};
    struct person person;
    assert_int_equal(person_find(&rules, &(struct person_claims){.authorization = "Bearer " ANNA},
                                 arena, &person),
                     200);
    assert_string_equal(person.team, "returns");
}

/* A name of somebody else's that leads here must not: its page would read the board. */
static void test_hosts(void **state) {
    (void)state;
    static const char *const names[] = {"board.example.com"};
    const struct board_policy policy = {.listen = "192.168.1.5:9180",
                                        .hosts = {(const char **)names, 1}};
    static const struct {
        const char *host;
        bool ours;
    } cases[] = {{"localhost", true},
                 {"localhost:9180", true},
                 {"127.0.0.1:9180", true},
                 {"[::1]:9180", true},
                 {"Board.Example.com", true},
                 {"192.168.1.5:80", true},
                 {"192.168.1.51:80", false},
                 {"192.168.1.", false},
                 {"evil.example", false},
                 {"evil.example:9180", false},
                 {"board.example.com.evil.example", false},
                 {"", false},
                 {":9180", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (person_is_our_host(&policy, cases[i].host) != cases[i].ours)
            fail_msg("%s: expected %d", cases[i].host, cases[i].ours);
}

static void test_seals(void **state) {
    (void)state;
    char anna[SEAL_SIZE], bo[SEAL_SIZE];

    seal_make("anna", anna);
    seal_make("bo", bo);
    assert_true(seal_is(anna, "anna"));
    assert_false(seal_is(anna, "bo"));
    assert_false(seal_is(bo, "anna"));
    assert_false(seal_is("", "anna"));
    anna[3] ^= 1;
    assert_false(seal_is(anna, "anna"));
}

/* ---- What is asked ---- */

static void test_query(void **state) {
    (void)state;
    static const struct {
        const char *text, *name, *value; /* value NULL: it is refused */
    } cases[] = {
        {"a=1&b=2", "b", "2"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"&&a=x&", "a", "x"},
        {"a=x%20y+z", "a", "x y z"},
        {"a=%e5%bc%a0", "a", "\xe5\xbc\xa0"},
        {"a=b=c", "a", "b=c"},
        {"a=%2", "a", NULL},
        {"a=%", "a", NULL},
        {"a=%zz", "a", NULL},
        {"a=%00", "a", NULL},
        {"a=%0a", "a", NULL},
        {"a=%ff", "a", NULL},
        {"a=1&a=2", "a", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_query query;
        struct err err;
        int rc = http_query_read(cases[i].text, arena, &query, &err);
        if ((rc == 0) != (cases[i].value != NULL)) fail_msg("%s: %d", cases[i].text, rc);
        if (rc == 0) assert_string_equal(http_query_get(&query, cases[i].name), cases[i].value);
    }
    struct buf many = {NULL, 0, 0};
    for (int i = 0; i <= HTTP_QUERY_MAX; i++) buf_printf(&many, "a%d=1&", i);
    struct http_query query;
    struct err err;
    assert_int_equal(http_query_read(many.at, arena, &query, &err), -1);
    buf_free(&many);
}

static void test_routes(void **state) {
    (void)state;
    static const struct {
        const char *method, *path, *name, *rest; /* name NULL: rest is the status */
    } cases[] = {
        {"GET", "/api/v1/due", "due", NULL},           {"HEAD", "/api/v1/due", "due", NULL},
        {"POST", "/api/v1/due", NULL, "405"},          {"GET", "/api/v1/decisions", NULL, "405"},
        {"POST", "/api/v1/decisions", "decide", NULL}, {"GET", "/api/v1/cases", "cases", NULL},
        {"GET", "/api/v1/cases/", NULL, "404"},        {"GET", "/api/v1/cases/X", "case", "X"},
        {"GET", "/api/v1/cases/X/Y", NULL, "404"},     {"GET", "/api/v1/nothing", NULL, "404"},
        {"DELETE", "/api/v1/cases/X", NULL, "405"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *rest;
        int status;
        const struct api_endpoint *found =
            api_route(cases[i].method, cases[i].path, &rest, &status);
        if (!found != !cases[i].name) fail_msg("%s %s", cases[i].method, cases[i].path);
        if (!found) {
            assert_int_equal(status, atoi(cases[i].rest));
            continue;
        }
        assert_string_equal(found->name, cases[i].name);
        if (cases[i].rest) assert_string_equal(rest, cases[i].rest);
    }
}

static void test_parameters(void **state) {
    (void)state;
    static const struct {
        const char *query, *fault;
    } cases[] = {
        {"class=quality.*&severity=P1&tier=vip&limit=10&within=15m&overdue=true&team=x", NULL},
        {"class=&severity=&limit=", NULL}, /* a form's empty fields */
        {"class=nonsense", "class: expected"},
        {"severity=P9", "severity: expected one of P1, P2, P3, P4"},
        {"limit=0", "limit: expected a number from 1 to 1000"},
        {"limit=1001", "limit: expected"},
        {"limit=1x", "limit: expected"},
        {"limit=99999999999999999999", "limit: expected"},
        {"within=soon", "within: expected a duration"},
        {"overdue=maybe", "overdue: expected one of"},
        {"colour=red", "colour: there is no such parameter"},
    };
    const char *rest;
    int status;
    const struct api_endpoint *due = api_route("GET", "/api/v1/due", &rest, &status);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_query query;
        struct err err = {""};
        assert_int_equal(http_query_read(cases[i].query, arena, &query, &err), 0);
        int rc = api_check(due, &query, &err);
        if ((rc == 0) != !cases[i].fault || (cases[i].fault && !strstr(err.text, cases[i].fault)))
            fail_msg("%s: %s", cases[i].query, err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy), cmocka_unit_test(test_tokens_file),
        cmocka_unit_test(test_who),    cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_seals),  cmocka_unit_test(test_query),
        cmocka_unit_test(test_routes), cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
