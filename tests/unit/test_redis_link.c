/* What one connection makes of a Redis' answers (outside/redis_link.h): who it is, whether it may be
 * trusted with deadlines, and what is wrong with it. The answers come through a socket pair. */
#include "outside/redis_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { HERE, THERE, ANSWER_MAX = 2000 };

static struct redis_address address; /* of no user, no TLS */

/* A link to one who has said `answer` already, and hangs up behind it. */
static void link_to(struct redis_link *link, const char *answer) {
    int ends[2];

    redis_link_to(link, &address, "r", 6379);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[THERE], answer, strlen(answer)), strlen(answer));
    assert_int_equal(shutdown(ends[THERE], SHUT_WR), 0);
    link->context = redisConnectFd(ends[HERE]);
    assert_non_null(link->context);
    dup2(ends[THERE], STDIN_FILENO); /* stays open until the next: what is asked is not refused */
    close(ends[THERE]);
}

static int look(struct redis_link *link, const char *info, const struct redis_greeting *greeting,
                struct err *err) {
    char answer[ANSWER_MAX];

    snprintf(answer, sizeof answer, "$%zu\r\n%s\r\n", strlen(info), info);
    link_to(link, answer);
    int result = redis_link_look(link, greeting, err);
    redis_link_close(link);
    return result;
}

#define ID   "0123456789abcdef0123456789abcdef01234567"
#define GOOD "role:master\r\nmaxmemory_policy:noeviction\r\n"

/* ---- Who it is ---- */

static void who_it_is(void **state) {
    static const struct {
        const char *info, *run_id;
    } rows[] = {
        {"run_id:" ID "\r\n", ID "-"},
        {"# Server\r\nrun_id:" ID "\r\nmaster_replid:aabbccddeeff00112233\r\n", ID "-aabbccddeeff"},
        {"run_id:a\r\nmaster_replid:b\r\nevicted_keys:0\r\n", "a-b"},
        {"run_id:a\r\nmaster_replid:b\r\nevicted_keys:7\r\n", "a-b.7"},
        {"run_id:a\r\nevicted_keys:1", "a-.1"},
        /* A name is a whole line's, however often its letters come before. */
        {"old_run_id:x\r\nrun_id:a\r\n", "a-"},
        {"run_id_before:x\r\nrun_id:a\r\n", "a-"},
        {"os:run_id:x\r\nrun_id:a\nmaster_replid:b\n", "a-b"},
        {"run_id:a\r\nmaster_replid2:x\r\nmaster_replid:b\r\n", "a-b"},
        {"run_id:\r\nmaster_replid:b\r\n", "-b"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct redis_greeting greeting = {.guarded = false};
        struct redis_link link;
        struct err err = {""};
        if (look(&link, rows[i].info, &greeting, &err) < 0) fail_msg("%s", err.text);
        assert_string_equal(link.run_id, rows[i].run_id);
    }
}

/* ---- What it must be ---- */

static void what_it_must_be(void **state) {
    static const char nobody[] = "redis redis://r:6379/0: INFO gave no run_id (is the user allowed "
                                 "+info?)";
    static const char unsaid[] = "redis redis://r:6379/0: INFO names no maxmemory_policy (is the "
                                 "user allowed +info?)";
    static const char forgets[] = "redis redis://r:6379/0: maxmemory-policy is allkeys-lru, which "
                                  "would throw deadlines away; set it with CONFIG SET "
                                  "maxmemory-policy noeviction and in redis.conf";
    static const char replica[] = "redis redis://r:6379/0: it is a replica; its Sentinels have not "
                                  "named another yet";
    static const struct {
        const char *info;
        bool guarded, primary;
        const char *said; /* NULL: it is good */
        enum redis_state state;
    } rows[] = {
        {"run_id:a\r\n" GOOD, true, true, NULL, REDIS_AWAY},
        {"", false, false, nobody, REDIS_AWAY},
        {"role:master\r\nrun_id\r\n", false, false, nobody, REDIS_AWAY},
        {"my_run_id:a\r\n", false, false, nobody, REDIS_AWAY},
        {"run_id:a\r\n", true, false, unsaid, REDIS_AWAY},
        {"run_id:a\r\nmaxmemory_policy:\r\n" GOOD, true, false,
         "redis redis://r:6379/0: maxmemory-policy is , which would throw deadlines away; set it "
         "with CONFIG SET maxmemory-policy noeviction and in redis.conf",
         REDIS_FORGETFUL},
        {"run_id:a\r\nmaxmemory_policy:allkeys-lru\r\n", true, false, forgets, REDIS_FORGETFUL},
        {"run_id:a\r\nmaxmemory_policy:allkeys-lru\r\n", false, true, NULL, REDIS_AWAY},
        {"run_id:a\r\nrole:slave\r\n", false, true, replica, REDIS_AWAY},
        {"run_id:a\r\nrole:slave\r\n", false, false, NULL, REDIS_AWAY},
        {"run_id:a\r\nmaxmemory_policy:noeviction\r\n", true, true, NULL, REDIS_AWAY},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct redis_greeting greeting = {.guarded = rows[i].guarded,
                                                .primary = rows[i].primary};
        struct redis_link link;
        struct err err = {""};
        int result = look(&link, rows[i].info, &greeting, &err);
        assert_string_equal(err.text, rows[i].said ? rows[i].said : "");
        assert_int_equal(result, rows[i].said ? -1 : 0);
        assert_int_equal(link.state, rows[i].state);
    }
}

/* ---- What it answers otherwise ---- */

static void what_it_answers_otherwise(void **state) {
    static const struct {
        const char *answer, *said; /* how err begins */
        enum redis_state state;
    } rows[] = {
        {"-NOAUTH Authentication required.\r\n",
         "redis redis://r:6379/0: INFO: NOAUTH Authentication required.: ", REDIS_MISCONFIGURED},
        {"-NOPERM no permissions\r\n",
         "redis redis://r:6379/0: INFO: NOPERM no permissions: ", REDIS_MISCONFIGURED},
        {"-LOADING Redis is loading\r\n", "redis redis://r:6379/0: INFO: LOADING ", REDIS_AWAY},
        {":7\r\n", "redis redis://r:6379/0: INFO gave no run_id", REDIS_AWAY},
        {"what", "redis redis://r:6379/0: INFO: Protocol error", REDIS_MISCONFIGURED},
        {"", "redis redis://r:6379/0: INFO: Server closed the connection", REDIS_AWAY},
        {"$90\r\nrun_id:a\r\n", "redis redis://r:6379/0: INFO: Server closed the connection",
         REDIS_AWAY},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct redis_greeting greeting = {.guarded = true};
        struct redis_link link;
        struct err err = {""};
        link_to(&link, rows[i].answer);
        assert_int_equal(redis_link_look(&link, &greeting, &err), -1);
        if (strncmp(err.text, rows[i].said, strlen(rows[i].said)) != 0) fail_msg("%s", err.text);
        assert_int_equal(link.state, rows[i].state);
        redis_link_close(&link);
        assert_null(link.context);
        redis_link_close(&link);
    }
}

/* ---- What it is called ---- */

static void where_it_is(void **state) {
    static const struct {
        struct redis_address address;
        const char *host, *where;
    } rows[] = {
        {{.db = 0}, "redis.shop", "redis://redis.shop:6379/0"},
        {{.db = 3, .user = (char *)"sla", .password = (char *)"secret"},
         "10.0.0.1",
         "redis://10.0.0.1:6379/3"},
        {{.tls = true}, "r", "rediss://r:6379/0"},
        {{.db = 1}, "::1", "redis://[::1]:6379/1"},
        {{.is_unix = true}, "/run/redis.sock", "unix:///run/redis.sock"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_link link;
        redis_link_to(&link, &rows[i].address, rows[i].host, 6379);
        assert_string_equal(link.where, rows[i].where);
        assert_string_equal(link.host, rows[i].host);
        assert_int_equal(link.state, REDIS_AWAY);
        assert_null(link.context);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_it_is),
        cmocka_unit_test(what_it_must_be),
        cmocka_unit_test(what_it_answers_otherwise),
        cmocka_unit_test(where_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
