/* Where Redis is, from a URL: each part with its %XX, and what is refused without showing what may
 * be a password. */
#include "outside/redis_credentials.h"
#include "outside/redis_errors.h"
#include "outside/redis_layout.h"
#include "outside/redis_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void same(const char *found, const char *expected) {
    if (!expected)
        assert_null(found);
    else
        assert_string_equal(found ? found : "(none)", expected);
}

static void what_a_url_says(void **state) {
    (void)state;
    static const struct {
        const char *url;
        struct {
            const char *host, *user, *password;
            int port, db;
            bool is_unix;
        } expected;
    } rows[] = {
        {"redis://", {"127.0.0.1", NULL, NULL, 6379, 0, false}},
        {"redis://redis", {"redis", NULL, NULL, 6379, 0, false}},
        {"redis://redis:7000/3", {"redis", NULL, NULL, 7000, 3, false}},
        {"redis://redis/", {"redis", NULL, NULL, 6379, 0, false}},
        {"redis://:secret@redis", {"redis", NULL, "secret", 6379, 0, false}},
        {"redis://sla:p%40ss%3Aw%2Ford%25@redis:1/%32",
         {"redis", "sla", "p@ss:w/ord%", 1, 2, false}},
        {"redis://:a@b/c@redis/1",
         {"redis", NULL, "a@b/c", 6379, 1, false}}, /* not encoded, and understood */
        {"redis://a%3ab:@redis", {"redis", "a:b", "", 6379, 0, false}},
        {"redis://:@redis", {"redis", NULL, NULL, 6379, 0, false}},
        {"redis://[::1]:7000", {"::1", NULL, NULL, 7000, 0, false}},
        {"redis://[fe80::1%25eth0]/4", {"fe80::1%eth0", NULL, NULL, 6379, 4, false}},
        {"redis://:x@[::1]", {"::1", NULL, "x", 6379, 0, false}},
        {"unix:///run/redis.sock", {"/run/redis.sock", NULL, NULL, 6379, 0, true}},
        {"unix:///run/a%20b%3F/r.sock?db=2", {"/run/a b?/r.sock", NULL, NULL, 6379, 2, true}},
        {"unix://:s%40@/run/r.sock", {"/run/r.sock", NULL, "s@", 6379, 0, true}},
        {"unix:///run/at@home.sock", {"/run/at@home.sock", NULL, NULL, 6379, 0, true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_address address;
        struct err err;
        if (redis_url_parse(rows[i].url, &address, &err)) fail_msg("%s: %s", rows[i].url, err.text);
        assert_int_equal(address.host_count, 1);
        same(address.hosts[0].name, rows[i].expected.host);
        same(address.user, rows[i].expected.user);
        same(address.password, rows[i].expected.password);
        if (!address.is_unix) assert_int_equal(address.hosts[0].port, rows[i].expected.port);
        assert_int_equal(address.db, rows[i].expected.db);
        assert_int_equal(address.is_unix, rows[i].expected.is_unix);
        redis_url_free(&address);
    }
}

/* Several servers: "host:port ..." in the order of the URL. */
static void where_there_are_several(void **state) {
    (void)state;
    static const struct {
        const char *url;
        enum redis_layout layout;
        const char *hosts, *service, *password;
        int db;
    } rows[] = {
        {"rediss://a:7/1", REDIS_ONE, "a:7 ", NULL, NULL, 1},
        {"rediss://:p@a,b", REDIS_SPREAD, "a:6379 b:6379 ", NULL, "p", 0},
        {"rediss+sentinel://a/m", REDIS_SENTINEL, "a:26379 ", "m", NULL, 0},
        {"rediss+cluster://a", REDIS_CLUSTER, "a:6379 ", NULL, NULL, 0},
        {"redis://a", REDIS_ONE, "a:6379 ", NULL, NULL, 0},
        {"redis://a,b:7000/3", REDIS_SPREAD, "a:6379 b:7000 ", NULL, NULL, 3},
        {"redis://x:y,z@[::1],[::2]:1", REDIS_SPREAD, "::1:6379 ::2:1 ", NULL, "y,z", 0},
        {"redis+sentinel://a,b:5/mymaster", REDIS_SENTINEL, "a:26379 b:5 ", "mymaster", NULL, 0},
        {"redis+sentinel://:p@a/my%2fmaster/2", REDIS_SENTINEL, "a:26379 ", "my/master", "p", 2},
        {"redis+cluster://a:1,b,[::3]:4", REDIS_CLUSTER, "a:1 b:6379 ::3:4 ", NULL, NULL, 0},
        {"redis+cluster://a/", REDIS_CLUSTER, "a:6379 ", NULL, NULL, 0},
        {"redis+cluster://a/0", REDIS_CLUSTER, "a:6379 ", NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_address address;
        struct err err;
        char hosts[200] = "";
        if (redis_url_parse(rows[i].url, &address, &err)) fail_msg("%s: %s", rows[i].url, err.text);
        for (int k = 0; k < address.host_count; k++)
            snprintf(hosts + strlen(hosts), sizeof hosts - strlen(hosts), "%s:%d ",
                     address.hosts[k].name, address.hosts[k].port);
        assert_string_equal(hosts, rows[i].hosts);
        assert_int_equal(address.layout, rows[i].layout);
        same(address.service, rows[i].service);
        same(address.password, rows[i].password);
        assert_int_equal(address.db, rows[i].db);
        assert_int_equal(address.tls, strncmp(rows[i].url, "rediss", 6) == 0);
        redis_url_free(&address);
    }
}

/* As the specification of Redis Cluster and `CLUSTER KEYSLOT` have them. */
static void which_slot_a_key_has(void **state) {
    (void)state;
    static const struct {
        const char *key;
        int slot;
    } rows[] = {{"123456789", 12739},
                {"foo", 12182},
                {"", 0},
                {"{user1000}.following", 3443},
                {"{user1000}.followers", 3443},
                {"foo{}{bar}", 8363},
                {"foo{{bar}}zap", 4015},
                {"foo{bar}{zap}", 5061},
                {"redress:sla:{3}:applied", 1584}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(redis_slot(rows[i].key, strlen(rows[i].key)), rows[i].slot);
    const char *one = "redress:{claims.7}:marker";
    const char *other = "redress:{claims.7}:order:o-1";
    assert_int_equal(redis_slot(one, strlen(one)), redis_slot(other, strlen(other)));
}

static void where_a_command_has_its_key(void **state) {
    (void)state;
    static const struct {
        const char *words[6];
        int at;
    } rows[] = {{{"GET", "k"}, 1},
                {{"hget", "k", "f"}, 1},
                {{"EVALSHA", "sha", "2", "k", "k2"}, 3},
                {{"EVALSHA", "sha", "0", "a"}, -1},
                {{"SCAN", "0", "MATCH", "x:{1}:*"}, 3},
                {{"SCAN", "0"}, -1},
                {{"TIME"}, -1},
                {{"ping"}, -1},
                {{"CONFIG", "GET", "x"}, -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int argc = 0;
        while (argc < 6 && rows[i].words[argc]) argc++;
        assert_int_equal(redis_key_at(argc, rows[i].words), rows[i].at);
    }
}

/* Each of several has its part of the slots, and nobody's is none. */
static void who_has_which_slots(void **state) {
    (void)state;
    struct redis_address address;
    struct redis_layout_map map;
    struct err err;
    int first = 0;
    int counts[3] = {0};

    assert_int_equal(redis_url_parse("redis://a,b,c", &address, &err), 0);
    assert_int_equal(redis_layout_find(&address, &first, &map, &err), 0);
    assert_int_equal(map.count, 3);
    for (int slot = 0; slot < REDIS_SLOTS; slot++) {
        assert_true(map.slots[slot] < 3);
        assert_true(slot == 0 || map.slots[slot] >= map.slots[slot - 1]);
        counts[map.slots[slot]]++;
    }
    for (int i = 0; i < 3; i++) assert_true(counts[i] >= REDIS_SLOTS / 3);
    redis_layout_free(&map);
    redis_url_free(&address);
}

static void what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *url, *expected;
    } rows[] = {
        {"redis://hushhush@redis", "redis://:PASSWORD@HOST"},
        {"redis://hushhush@redis:6379/0", "name without a password"},
        {"unix://hushhush@/run/r.sock", "name without a password"},
        {"redis://:hushhush%4@redis", "in the password a % is not followed"},
        {"redis://:hushhush%zz@redis", "a % itself is written %25"},
        {"redis://:hushhush%00@redis", "other than 00"},
        {"redis://hushhush%:x@redis", "in the user a %"},
        {"redis://a%b", "in the host a %"},
        {"unix:///run%", "in the path a %"},
        {"unix://run/redis.sock", "three slashes"},
        {"unix:///run/r.sock?x=1", "expected db=NUMBER"},
        {"unix:///run/r.sock?db=x", "the database behind ?db= must be a number from 0"},
        {"redis://redis:x", "the port must be a number from 1 to 65535"},
        {"redis://redis:0", "the port must be"},
        {"redis://redis:65536", "the port must be"},
        {"redis://redis:", "the port must be"},
        {"redis://redis/x", "the database behind the last / must be a number"},
        {"redis://redis/-1", "the database"},
        {"redis://redis/0?ssl=1", "the database"},
        {"redis://[::1", "has no ]"},
        {"rediss+cluster://:hushhush@a,b/1", "a cluster has database 0 only"},
        {"redisss://:hushhush@a", "expected redis://HOST"},
        {"s://a", "expected redis://HOST"},
        {"redis", "expected redis://HOST"},
        {"rediss", "expected redis://HOST"},
        {"redis+cluster://a,b/1", "a cluster has database 0 only"},
        {"redis+cluster://:hushhush@a,b:0", "the port must be"},
        {"redis+sentinel://:hushhush@a,b", "stands no name"},
        {"redis+sentinel://a,b//1", "stands no name"},
        {"redis+sentinel://a,b/x/y", "the database behind the last /"},
        {"redis+sentinel://a,b:x/x", "the port must be"},
        {"redis+other://a", "expected redis://HOST:PORT/DB, redis+sentinel://"},
        {"http://redis", "expected redis://HOST:PORT/DB, redis+sentinel://"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_address address;
        struct err err = {""};
        if (redis_url_parse(rows[i].url, &address, &err) != -1)
            fail_msg("accepted: %s", rows[i].url);
        if (!strstr(err.text, rows[i].expected))
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].url, err.text, rows[i].expected);
        assert_null(strstr(err.text, "hushhush"));
    }
}

/* Each error has words of its own. */
static void what_each_error_means(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum redis_trouble trouble;
        bool elsewhere;
        const char *remedy;
    } rows[] = {
        {"WRONGPASS invalid username-password pair or user is disabled.", REDIS_SETTINGS, true,
         "USER:PASSWORD"},
        {"NOAUTH Authentication required.", REDIS_SETTINGS, true, "asks for a password"},
        {"ERR AUTH <password> called without any password configured for the default user.",
         REDIS_SETTINGS, true, "no password set"},
        {"NOPERM this user has no permissions to run the 'evalsha' command", REDIS_SETTINGS, false,
         "ACL SETUSER"},
        {"ERR The user executing the script can't run this command or subcommand script: x",
         REDIS_SETTINGS, false, "ACL SETUSER"},
        {"ERR DB index is out of range", REDIS_SETTINGS, false, "databases"},
        {"DENIED Redis is running in protected mode", REDIS_SETTINGS, false, "protected mode"},
        {"ERR unknown command 'ZADD', with args", REDIS_SETTINGS, false, "renamed"},
        {"OOM command not allowed when used memory > 'maxmemory'.", REDIS_PASSING, false,
         "raise maxmemory"},
        {"ERR Error running script (call to f_x): @user_script:8: -OOM command not allowed when "
         "used memory",
         REDIS_PASSING, false, "raise maxmemory"},
        {"MISCONF Redis is configured to save RDB snapshots", REDIS_PASSING, false, "disk"},
        {"BUSY Redis is busy running a script.", REDIS_PASSING, false, "script"},
        {"ERR max number of clients reached", REDIS_PASSING, false, "maxclients"},
        {"LOADING Redis is loading the dataset in memory", REDIS_PASSING, true, "start"},
        {"READONLY You can't write against a read only replica.", REDIS_PASSING, true, "primary"},
        {"MOVED 3999 127.0.0.1:6381", REDIS_PASSING, true, "cluster"},
        {"NOSCRIPT No matching script.", REDIS_PASSING, true, ""},
        {"ERR Error compiling script", REDIS_UNKNOWN, false, ""},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", REDIS_UNKNOWN, false,
         ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_words words = redis_words_of_reply(rows[i].text);
        if (words.trouble != rows[i].trouble || words.elsewhere != rows[i].elsewhere ||
            !strstr(words.remedy, rows[i].remedy))
            fail_msg("%s: %d, %d, \"%s\"", rows[i].text, words.trouble, words.elsewhere,
                     words.remedy);
    }
}

/* ---- While a process runs ---- */

static void which_urls_name_the_same_servers(void **state) {
    (void)state;
    static const struct {
        const char *one, *other;
        bool same;
    } rows[] = {
        {"redis://a/0", "redis://a/0", true},
        {"redis://:old@a/0", "redis://user:new@a:6379", true},
        {"redis+cluster://u:old@a,b", "redis+cluster://u:new@a,b", true},
        {"redis+sentinel://:old@a/x", "redis+sentinel://a/x", true},
        {"unix://:old@/s", "unix:///s?db=0", true},
        {"redis://a/0", "redis://b/0", false},
        {"redis://a/0", "redis://a/1", false},
        {"redis://a:1/0", "redis://a:2/0", false},
        {"redis://a,b", "redis://b,a", false},
        {"redis://a,b", "redis://a", false},
        {"redis://a", "rediss://a", false},
        {"redis://a", "redis+cluster://a", false},
        {"redis+sentinel://a/x", "redis+sentinel://a/y", false},
        {"redis://a", "redis://:old", false},
        {"redis://a", "http://a", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (redis_url_same_servers(rows[i].one, rows[i].other) != rows[i].same)
            fail_msg("%s and %s", rows[i].one, rows[i].other);
}

static void expect_given(const char *user, const char *password) {
    struct redis_address address;
    struct err err;

    assert_int_equal(redis_url_parse("redis://first:word@a", &address, &err), 0);
    redis_credentials_give(&address);
    const char *const pairs[][2] = {{address.user, user}, {address.password, password}};
    for (size_t i = 0; i < 2; i++) {
        if (pairs[i][1])
            assert_string_equal(pairs[i][0], pairs[i][1]);
        else
            assert_null(pairs[i][0]);
    }
    redis_url_free(&address);
}

static void what_is_read_again_is_given(void **state) {
    (void)state;
    static const struct {
        const char *url;
        bool changed;
        const char *user, *password;
    } rows[] = {
        {"redis://first:word@a", true, "first", "word"}, /* the first time nothing is known */
        {"redis://first:word@a", false, "first", "word"},
        {"redis://first:other@a", true, "first", "other"},
        {"redis://second:other@a", true, "second", "other"},
        {"redis://:other@a", true, NULL, "other"},
        {"redis://b", true, NULL, NULL},
        {"redis://a", false, NULL, NULL},
        {"redis://:%zz@a", false, NULL, NULL}, /* no URL: nothing is taken */
        {"redis://:again@a", true, NULL, "again"},
    };

    expect_given("first", "word"); /* as its URL says */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config config = {.redis_url = rows[i].url};
        assert_int_equal(redis_credentials_take(&config), rows[i].changed);
        expect_given(rows[i].user, rows[i].password);
    }
}

static void which_errors_are_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool refused;
    } rows[] = {
        {"redis redis://a:6379/0: AUTH: WRONGPASS invalid username-password pair", true},
        {"redis redis://a:6379/0: INFO: NOAUTH Authentication required.", true},
        {"ERR invalid password", true},
        {"ERR AUTH <password> called without any password configured", true},
        {"ERR Client sent AUTH, but no password is set", true},
        {"redis redis://a:6379/0: NOPERM this user has no permissions", false},
        {"redis redis://a:6379/0: Connection refused: nothing listens there", false},
        {"MOVED 3999 127.0.0.1:6381", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        redis_credentials_note(rows[i].text);
        if (redis_credentials_refused() != rows[i].refused) fail_msg("%s", rows[i].text);
        assert_false(redis_credentials_refused()); /* told once */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_url_says),
                                       cmocka_unit_test(where_there_are_several),
                                       cmocka_unit_test(which_slot_a_key_has),
                                       cmocka_unit_test(where_a_command_has_its_key),
                                       cmocka_unit_test(who_has_which_slots),
                                       cmocka_unit_test(what_is_refused),
                                       cmocka_unit_test(what_each_error_means),
                                       cmocka_unit_test(which_urls_name_the_same_servers),
                                       cmocka_unit_test(what_is_read_again_is_given),
                                       cmocka_unit_test(which_errors_are_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
