/* The day after: asked once a resolution, at a decent hour of the customer's own zone, and not who
 * only asked or withdrew; one digit is an answer; 1 opens the case again, 5 is passed on. */
#include "notification_world.h"

#include "base/file.h"
#include "notification/notification_visit.h"
#include "notification/visit_token.h"

#define RESOLVED "{" IN_CASE ",'by':'li'}"

static void resolve(struct world *world) {
    world_event(world, "case.resolved", RESOLVED);
}

static void ask(struct world *world) {
    resolve(world);
    world_wake(world, world->wake_at);
    world_expect(world, "notification.requested", "'template':'satisfaction'");
}

static void asks_the_next_day(void **unused) {
    (void)unused;
    static const struct {
        const char *zone, *resolved, *asked;
    } cases[] = {
        {"", "2026-11-22T10:00:00Z", "2026-11-23T02:00:00Z"},
        {"", "2026-11-22T15:59:59Z", "2026-11-23T02:00:00Z"},
        {"", "2026-11-22T16:00:00Z", "2026-11-24T02:00:00Z"}, /* midnight: the next day begins */
        {",'timezone':'America/New_York'", "2026-11-23T04:59:59Z", "2026-11-23T15:00:00Z"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_with(&world, "im", cases[i].zone);
        classify(&world, "");
        acknowledge(&world);
        world.now_ms = world_time(cases[i].resolved);
        resolve(&world);
        if (world.wake_at < world_time(cases[i].asked)) world_wake(&world, world.wake_at);
        assert_int_equal(world.wake_at, world_time(cases[i].asked));
        world_wake(&world, world.wake_at);
        world_expect(&world, "notification.requested",
                     "'notification_id':'" WORLD_CASE ".satisfaction.0'");
        expect_told(&world, "customer", "1（很不满意）到 5（很满意）");
        assert_int_equal(world.wake_at, 0);
        world_close(&world);
    }
}

/* Rows: what happens, and whether the customer is asked the next day. */
static void asks_only_who_complained(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *flags, *type, *data;
        bool asked;
    } cases[] = {
        {"resolved", "", NULL, NULL, true},
        {"closed behind it", "", "case.closed", RESOLVED, true},
        {"only asked", "'question'", NULL, NULL, false},
        {"withdrawn", "", "case.withdrawn", "{" IN_CASE ",'reason':'withdrawn','by':'li'}", false},
        {"reopened", "", "case.reopened", RESOLVED, false},
        {"scored already", "", "visit.scored", "{" IN_CASE ",'score':4}", false},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_case(&world);
        classify(&world, cases[i].flags);
        acknowledge(&world);
        resolve(&world);
        if (cases[i].type) world_event(&world, cases[i].type, "%s", cases[i].data);
        world_wake(&world, world_time("2026-11-23T02:00:00Z"));
        if ((told(&world, "customer") != NULL) != cases[i].asked) fail_msg("%s", cases[i].name);
        world_close(&world);
    }

    /* A log of last year, published today. */
    struct world world;
    begin(&world);
    world.event_age_ms = 31 * 24 * HOUR_MS;
    resolve(&world);
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

static void reads_one_digit(void **unused) {
    (void)unused;
    static const struct {
        const char *text;
        int score;
    } cases[] = {{"5", 5},   {" 3 ", 3},     {"４", 4}, {"1分", 1},
                 {"2。", 2}, {"5.\n", 5},    {"0", 0},  {"6", 0},
                 {"55", 0},  {"5 stars", 0}, {"", 0},   {"好", 0},
                 {"4.5", 0}, {"-1", 0},      {" ", 0},  {"5分钟后给我打电话", 0}};
    for (size_t i = 0; i < LENGTH(cases); i++)
        if (notification_visit_score_of(cases[i].text) != cases[i].score)
            fail_msg("%s", cases[i].text);
    assert_int_equal(notification_visit_score_of(NULL), 0);
}

#define REPLY(text) "{" IN_CASE ",'text':'" text "'}"

static void takes_a_reply_for_the_score(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "case.customer_replied", REPLY("5"));
    assert_true(world.unchanged); /* nobody has asked */
    ask(&world);
    world_event(&world, "case.customer_replied", REPLY("谢谢"));
    assert_true(world.unchanged);
    world_event(&world, "case.customer_replied", REPLY("5"));
    world_expect(&world, "visit.scored", "{'case_id':'" WORLD_CASE "','score':5}");
    assert_string_equal(world.outputs[0].id, WORLD_CASE ".scored.0");
    world_event(&world, "case.customer_replied", REPLY("5")); /* once */
    assert_true(world.unchanged);
    world_event(&world, "visit.scored", "{" IN_CASE ",'score':5}");
    expect_told(&world, "supervisor", "打了 5 分"); /* nobody is assigned */
    world_close(&world);

    /* A whole submission in the conversation; and a week later it is no answer any more. */
    begin(&world);
    ask(&world);
    world_event(&world, "case.customer_replied",
                "{" IN_CASE ",'text':'４分','channel':'im','customer':{'id':'c1','tier':'vip'}}");
    world_expect(&world, "visit.scored", "'score':4");
    world_close(&world);

    begin(&world);
    ask(&world);
    world.now_ms += 7 * 24 * HOUR_MS;
    world_event(&world, "case.customer_replied", REPLY("5"));
    assert_true(world.unchanged);
    world_close(&world);
}

/* A 1 opens it again, once a resolution; a 2 tells a supervisor; who is content changes nothing. */
static void a_low_score_has_consequences(void **unused) {
    (void)unused;
    for (int score = 1; score <= 5; score++) {
        struct world world;
        begin(&world);
        ask(&world);
        world_event(&world, "visit.scored", "{" IN_CASE ",'score':%d}", score);
        assert_int_equal(world_count(&world, "case.reopened"), score == 1);
        assert_int_equal(told(&world, "customer") != NULL, score == 2);
        assert_int_equal(told(&world, "supervisor") != NULL, score <= 2 || score == 5);
        world_event(&world, "visit.scored", "{" IN_CASE ",'score':1}");
        assert_int_equal(world_count(&world, "case.reopened"), 0);
        world_close(&world);
    }
    struct world world;
    begin(&world);
    ask(&world);
    world_event(&world, "visit.scored", "{" IN_CASE ",'score':1}");
    world_expect(&world, "case.reopened",
                 "{'case_id':'" WORLD_CASE "','by':'redress-notification','automated':true}");
    world_event(&world, "case.reopened", "{" IN_CASE ",'by':'redress-notification'}");
    world_event(&world, "sla.started",
                "{" IN_CASE ",'policy':'p','policy_version':'1','targets':[{'name':'resolution',"
                "'cycle':'2026-11-23T02:00:00Z','due_at':'2026-11-24T02:00:00Z'}]}");
    expect_told(&world, "customer", "已重新受理");
    /* The next resolution is asked about anew. */
    resolve(&world);
    world_wake(&world, world.wake_at);
    world_expect(&world, "notification.requested", ".satisfaction.1");
    world_event(&world, "visit.scored", "{" IN_CASE ",'score':1}");
    assert_string_equal(world_find(&world, "case.reopened")->id, WORLD_CASE ".low_score.1");
    world_close(&world);
}

/* ---- The link ---- */

#define OLD_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NEW_SECRET "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
/* deploy/contract/README.md; computed by openssl and by Python. */
#define EXAMPLE "BYCRCNPA1C41H-FRGWX4V.1796090400.LM3hynHJEhptKXRYIXxlEQ"

static struct secrets secrets_of(const char *text) {
    struct secrets secrets;
    struct err err;
    if (secrets_read(text, &secrets, &err) < 0) fail_msg("%s", err.text);
    return secrets;
}

static void the_formula_is_the_documented_one(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct secrets secrets = secrets_of(OLD_SECRET);
    struct visit_token token;
    struct err err;
    const char *made = visit_token_make(&secrets, WORLD_CASE, INT64_C(1796090400999), arena);
    assert_string_equal(made, EXAMPLE);
    assert_int_equal(
        visit_token_read(&secrets, EXAMPLE, INT64_C(1796090399999), arena, &token, &err), 0);
    assert_string_equal(token.case_id, WORLD_CASE);
    assert_int_equal(token.expires_ms, INT64_C(1796090400000));

    const char *bytes;
    size_t len;
    if (file_read(arena, "deploy/contract/README.md", 1 << 20, &bytes, &len, &err))
        fail_msg("%s", err.text);
    assert_non_null(strstr(arena_strndup(arena, bytes, len), EXAMPLE));
    arena_free(arena);
}

static void others_are_refused(void **unused) {
    (void)unused;
    static const struct {
        const char *token, *why;
    } cases[] = {
        {"", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V.", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V..", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V.1796090400", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V.01796090400.LM3hynHJEhptKXRYIXxlEQ", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V.+1796090400.LM3hynHJEhptKXRYIXxlEQ", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V.1796090400000000.LM3hynHJEhptKXRYIXxlEQ", "no token"},
        {"bYCRCNPA1C41H-FRGWX4V.1796090400.LM3hynHJEhptKXRYIXxlEQ", "no token"},
        {EXAMPLE ".x", "no token"},
        {EXAMPLE "=", "no token"},
        {EXAMPLE "\n", "no token"},
        {"BYCRCNPA1C41H-FRGWX4V.1796090400.", "another signature"},
        {"BYCRCNPA1C41H-FRGWX4V.1796090400.LM3hynHJEhptKXRYIXxlE", "another signature"},
        {"BYCRCNPA1C41H-FRGWX4V.1796090401.LM3hynHJEhptKXRYIXxlEQ", "another signature"},
        {"BYCRCNPA1C41H-FRGWX4W.1796090400.LM3hynHJEhptKXRYIXxlEQ", "another signature"},
        {EXAMPLE "A", "another signature"},
        {EXAMPLE, "expired"},
    };
    struct arena *arena = arena_new();
    struct secrets secrets = secrets_of(OLD_SECRET);
    struct visit_token token;
    struct err err;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        int64_t now_ms = strcmp(cases[i].why, "expired") == 0 ? INT64_C(1796090400000) : 0;
        if (visit_token_read(&secrets, cases[i].token, now_ms, arena, &token, &err) != -1 ||
            strcmp(err.text, cases[i].why) != 0)
            fail_msg("%s: %s", cases[i].token, err.text);
    }
    arena_free(arena);
}

/* The first signs, both are believed; the old one alone does not believe the new one. */
static void secrets_follow_each_other(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct secrets old = secrets_of(OLD_SECRET);
    struct secrets both = secrets_of(NEW_SECRET "\n" OLD_SECRET "\n");
    struct secrets new = secrets_of(NEW_SECRET);
    struct visit_token token;
    struct err err;
    const char *by_old = visit_token_make(&old, WORLD_CASE, 2000, arena);
    const char *by_both = visit_token_make(&both, WORLD_CASE, 2000, arena);
    assert_string_equal(by_both, visit_token_make(&new, WORLD_CASE, 2000, arena));
    assert_int_equal(visit_token_read(&both, by_old, 0, arena, &token, &err), 0);
    assert_int_equal(visit_token_read(&both, by_both, 0, arena, &token, &err), 0);
    assert_int_equal(visit_token_read(&old, by_both, 0, arena, &token, &err), -1);
    assert_int_equal(visit_token_read(&new, by_old, 0, arena, &token, &err), -1);
    arena_free(arena);
}

/* With a secret and a link; else a reply is asked for, as ever. */
static void the_question_has_a_link(void **unused) {
    (void)unused;
    for (int with = 0; with < 4; with++) {
        static const char *const link = "https://care.example/v?t={token}&l=zh";
        struct settings settings = SETTINGS_DEFAULT;
        struct world world;
        open_with(&world, "im", ZHANG);
        struct message_policy *policy = own_policy(&world);
        struct message_visit visit = *policy->visit;
        if (with & 1) visit.link = link;
        if (with & 2) settings.visit = secrets_of(OLD_SECRET);
        policy->visit = &visit;
        world.settings = &settings;
        classify(&world, "");
        acknowledge(&world);
        ask(&world);
        if (with == 3) {
            int64_t until = world.now_ms + 7 * 24 * HOUR_MS;
            expect_told(
                &world, "customer",
                arena_printf(world.arena, "https://care.example/v?t=%s&l=zh",
                             visit_token_make(&settings.visit, WORLD_CASE, until, world.arena)));
            expect_told(&world, "customer", "也可以直接回复一个数字");
        } else {
            expect_untold(&world, "customer", "https");
            expect_told(&world, "customer", "前直接回复一个数字");
        }
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_the_next_day),
        cmocka_unit_test(asks_only_who_complained),
        cmocka_unit_test(reads_one_digit),
        cmocka_unit_test(takes_a_reply_for_the_score),
        cmocka_unit_test(a_low_score_has_consequences),
        cmocka_unit_test(the_formula_is_the_documented_one),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(secrets_follow_each_other),
        cmocka_unit_test(the_question_has_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
