/* Time zones: every one against Python's zoneinfo, over the same tzdata; files that are none; names
 * that are none; the rule behind the table. */
#include "base/clock.h"
#include "data/calendar_rule.h"
#include "data/calendar_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static const struct calendar_zone *find(const char *name) {
    struct err err;
    const struct calendar_zone *zone = calendar_zone_find(name, arena, &err);
    if (!zone) fail_msg("%s: %s", name, err.text);
    return zone;
}

static const struct calendar_zone *parse(const char *file, size_t len, struct err *err) {
    return calendar_zone_parse("Test/Zone", file, len, arena, err);
}

/* ---- All of them ---- */

struct instant {
    int64_t seconds;
    int32_t offset_s;
} __attribute__((packed));

static void take(FILE *file, void *out, size_t len) {
    if (fread(out, 1, len, file) != len) fail_msg("zones.py ended early");
}

static void compare(const char *name, FILE *file, int count) {
    const struct calendar_zone *zone = find(name);
    struct instant *instants = calloc((size_t)count, sizeof *instants);
    take(file, instants, sizeof *instants * (size_t)count);
    for (int i = 0; i < count; i++) {
        int64_t ms = instants[i].seconds * 1000;
        int64_t local_ms = calendar_zone_to_local(zone, ms);
        if (local_ms - ms != (int64_t)instants[i].offset_s * 1000)
            fail_msg("%s at %lld: offset %lld s, expected %d", name, (long long)instants[i].seconds,
                     (long long)(local_ms - ms) / 1000, instants[i].offset_s);
    }
    free(instants);
}

static void test_every_zone(void **state) {
    (void)state;
    FILE *file = popen("python3 tests/unit/zones.py", "r");
    int zones = 0;
    long instants = 0;
    int32_t head[2];
    char name[100];

    assert_non_null(file);
    for (; fread(head, sizeof head, 1, file) == 1; zones++) {
        assert_true(head[0] > 0 && head[0] < (int)sizeof name);
        take(file, name, (size_t)head[0]);
        name[head[0]] = '\0';
        compare(name, file, head[1]);
        instants += head[1];
        arena_reset(arena);
    }
    assert_int_equal(pclose(file), 0);
    print_message("%d zones, %ld instants\n", zones, instants);
    assert_true(zones > 300 && instants > 300 * 4000L);
}

/* ---- Names ---- */

static void test_names(void **state) {
    (void)state;
    static const char *const abbreviations[] = {"CST", "BST", "IST", "JST", "PDT"};
    static const char *const others[] = {"Factory",   "Asia/Peking",      "asia/shanghai", "GMT+8",
                                         "",          "/etc/passwd",      "../passwd",     "Asia/",
                                         "Asia",      "Asia/Shanghai\n",  "posixrules",    "上海",
                                         "tzdata.zi", "America/Argentina"};
    struct err err;

    for (size_t i = 0; i < sizeof abbreviations / sizeof *abbreviations; i++) {
        assert_null(calendar_zone_find(abbreviations[i], arena, &err));
        assert_non_null(strstr(err.text, abbreviations[i]));
        assert_non_null(strstr(err.text, "several zones"));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (calendar_zone_find(others[i], arena, &err)) fail_msg("%s was found", others[i]);
        assert_non_null(strstr(err.text, "expected one like Asia/Shanghai"));
        assert_null(strstr(err.text, "several zones"));
    }
    find("UTC");
    find("Etc/GMT+8");
}

/* What ICU's tables of 2022 had wrong, or not at all. */
static void test_what_changed(void **state) {
    (void)state;
    static const struct {
        const char *zone, *at, *local;
    } rows[] = {
        {"America/Mexico_City", "2026-07-01T12:00:00Z", "2026-07-01T06:00:00Z"},
        {"Africa/Cairo", "2026-07-01T12:00:00Z", "2026-07-01T15:00:00Z"},
        {"Asia/Almaty", "2026-07-01T12:00:00Z", "2026-07-01T17:00:00Z"},
        {"America/Asuncion", "2026-07-01T12:00:00Z", "2026-07-01T09:00:00Z"},
        {"America/Nuuk", "2026-01-15T12:00:00Z", "2026-01-15T10:00:00Z"},
        {"America/Ciudad_Juarez", "2026-01-15T12:00:00Z", "2026-01-15T05:00:00Z"},
        {"America/Coyhaique", "2026-07-01T12:00:00Z", "2026-07-01T09:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t at_ms;
        int64_t local_ms;
        assert_int_equal(clock_parse(rows[i].at, &at_ms), 0);
        assert_int_equal(clock_parse(rows[i].local, &local_ms), 0);
        if (calendar_zone_to_local(find(rows[i].zone), at_ms) != local_ms)
            fail_msg("%s is not %s at %s", rows[i].zone, rows[i].local, rows[i].at);
    }
}

static void test_version(void **state) {
    (void)state;
    struct err err;
    const char *version = calendar_zone_version(arena, &err);
    assert_non_null(version);
    assert_true(version && strlen(version) >= 5 && strncmp(version, "20", 2) == 0);

    setenv("TZDIR", "/nowhere", 1);
    assert_null(calendar_zone_version(arena, &err));
    assert_non_null(strstr(err.text, "install tzdata"));
    assert_null(calendar_zone_find("Asia/Shanghai", arena, &err));
    assert_non_null(strstr(err.text, "/nowhere/tzdata.zi"));
    unsetenv("TZDIR");
}

/* ---- Rules ---- */

static void check_change(const char *rule_text, int year, const char *from, const char *to) {
    struct calendar_rule rule;
    int64_t from_s;
    int64_t to_s;
    int64_t expected_ms;
    if (calendar_rule_read(rule_text, strlen(rule_text), &rule)) fail_msg("%s", rule_text);
    calendar_rule_changes(&rule, year, &from_s, &to_s);
    assert_int_equal(clock_parse(from, &expected_ms), 0);
    assert_int_equal(from_s * 1000, expected_ms);
    assert_int_equal(clock_parse(to, &expected_ms), 0);
    assert_int_equal(to_s * 1000, expected_ms);
}

static void test_rules(void **state) {
    (void)state;
    check_change("EST5EDT,M3.2.0,M11.1.0", 2026, "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z");
    check_change("CET-1CEST,M3.5.0,M10.5.0/3", 2026, "2026-03-29T01:00:00Z",
                 "2026-10-25T01:00:00Z");
    check_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, "2026-03-29T01:00:00Z",
                 "2026-10-25T01:00:00Z");
    check_change("AAA0BBB,J60,59", 2024, "2024-03-01T02:00:00Z", "2024-02-29T01:00:00Z");

    static const char *const bad[] = {"",
                                      "EST",
                                      "E5",
                                      "EST5EDT",
                                      "EST25",
                                      "EST5EDT,M13.1.0,M1.1.0",
                                      "EST5EDT,J0,J1",
                                      "<EST5",
                                      "EST5EDT,M3.2.0",
                                      "EST5EDT,M3.6.0,M1.1.0",
                                      "EST5 ",
                                      "EST5EDT,M3.2.7,M11.1.0",
                                      "EST5EDT,J366,J1",
                                      "EST5:60",
                                      "EST5EDT,M3.2.0/168,M11.1.0"};
    struct calendar_rule rule;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (calendar_rule_read(bad[i], strlen(bad[i]), &rule) == 0) fail_msg("\"%s\"", bad[i]);
}

/* ---- Files ---- */

enum { FILE_MAX = 8192 };

static size_t read_zone(char *bytes) {
    FILE *file = fopen("/usr/share/zoneinfo/America/New_York", "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    return len;
}

/* Cut anywhere, or with any byte changed: refused with a reason, or a zone; never anything else. */
static void test_damaged_files(void **state) {
    (void)state;
    char whole[FILE_MAX];
    struct err err;
    size_t len = read_zone(whole);
    assert_non_null(parse(whole, len, &err));
    for (size_t cut = 0; cut < len; cut++) {
        err.text[0] = '\0';
        assert_null(parse(whole, cut, &err));
        assert_true(err.text[0] != '\0');
        arena_reset(arena);
    }
    for (size_t i = 0; i < len; i++) {
        whole[i] ^= (char)0xff;
        const struct calendar_zone *zone = parse(whole, len, &err);
        if (zone) assert_true(zone->count > 0 && zone->spans[0].from_ms == INT64_MIN);
        whole[i] ^= (char)0xff;
        arena_reset(arena);
    }
}

static int open_arena(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_zone),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_changed), cmocka_unit_test(test_version),
        cmocka_unit_test(test_rules),        cmocka_unit_test(test_damaged_files)};
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
