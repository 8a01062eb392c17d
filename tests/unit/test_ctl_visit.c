/* redressctl visit verify: good tokens, others, and none to verify by. */
#include "ctl_play.h"

#include "base/clock.h"
#include "notification/visit_token.h"
#include "redressctl/commands.h"

#include <stdlib.h>

#define OLD  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NEW  "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define CASE "BYCRCNPA1C41H-FRGWX4V"

static struct play play;

static int setup(void **state) {
    (void)state;
    play_begin(&play);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unsetenv("REDRESS_VISIT_SECRET");
    play_end(&play);
    return 0;
}

static const char *token(const char *secret, int64_t expires_ms) {
    struct secrets secrets;
    struct err err;
    assert_int_equal(secrets_read(secret, &secrets, &err), 0);
    return visit_token_make(&secrets, CASE, expires_ms, play.arena);
}

static int run(const char *tokens, const char **said_out) {
    return play_run(&play, &ctl_visit, arena_printf(play.arena, "verify %s", tokens), said_out);
}

static void tells_good_from_others(void **state) {
    (void)state;
    const char *said;
    int64_t later = clock_now_ms() + 3600000;
    setenv("REDRESS_VISIT_SECRET", NEW "\n" OLD, 1);
    assert_int_equal(run(token(OLD, INT64_C(4102444800000)), &said), 0);
    assert_string_equal(said,
                        "{\"case_id\":\"" CASE "\",\"expires_at\":\"2100-01-01T00:00:00Z\"}\n");
    assert_int_equal(run(token(NEW, later), &said), 0);
    assert_non_null(strstr(said, CASE));
    assert_int_equal(run(token(NEW, clock_now_ms() - 1000), &said), 70);
    assert_string_equal(said, "");
    assert_int_equal(run("x", &said), 70);
    /* One bad one does not hide the good one. */
    assert_int_equal(run(arena_printf(play.arena, "x %s", token(NEW, later)), &said), 70);
    assert_non_null(strstr(said, CASE));
    setenv("REDRESS_VISIT_SECRET", NEW, 1);
    assert_int_equal(run(token(OLD, later), &said), 70);
}

static void says_what_it_lacks(void **state) {
    (void)state;
    const char *said;
    assert_int_equal(run("x", &said), 78);
    setenv("REDRESS_VISIT_SECRET", "hunter2", 1);
    assert_int_equal(run("x", &said), 78);
    assert_int_equal(play_run(&play, &ctl_visit, "verify", &said), 64);
    assert_int_equal(play_run(&play, &ctl_visit, "look x", &said), 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_good_from_others, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_it_lacks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
