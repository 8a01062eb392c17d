/* redressctl notify preview: a text as it would go out, and what the command says when it cannot. */
#include "ctl_play.h"
#include "data/json.h"
#include "redressctl/commands.h"

#define CASE "BYCRCNPA1C41H-FRGWX4V"
#define EVENT(id, type, data)                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/test\",\"type\":\"" type             \
    "\",\"time\":\"2026-11-22T10:00:00Z\",\"subject\":\"" CASE "\",\"data\":{\"case_id\":\"" CASE  \
    "\"," data "}}\n"
#define STARTED                                                                                    \
    EVENT("2", "sla.started",                                                                      \
          "\"policy\":\"p\",\"policy_version\":\"1\",\"targets\":[{\"name\":\"resolution\","       \
          "\"cycle\":\"2026-11-22T10:00:00Z\",\"due_at\":\"2026-11-23T10:00:00Z\"}]")
#define ASSIGNED EVENT("1", "case.assigned", "\"to\":\"lin\"")

static struct play play;

static int setup(void **state) {
    (void)state;
    play_begin(&play);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    play_end(&play);
    return 0;
}

/* Runs the command on these events; what it wrote to stdout is in *said_out. */
static int run(const char *events, const char *arguments, const char **said_out) {
    play_events(&play, events);
    return play_run(&play, &ctl_notify, arena_printf(play.arena, "preview FILE %s", arguments),
                    said_out);
}

#define OPTIONS " --policies deploy/policies"

static void writes_all_languages(void **state) {
    (void)state;
    const char *said;
    assert_int_equal(run(ASSIGNED STARTED, "--template acknowledgement" OPTIONS, &said), 0);
    int lines = 0;
    for (const char *at = said; *at; at++) lines += *at == '\n';
    assert_int_equal(lines, 3);
    assert_non_null(strstr(said, "\"locale\":\"zh-TW\""));
    assert_non_null(strstr(said, "已有专人负责"));
    assert_non_null(strstr(said, "One person takes care of it"));
    assert_non_null(strstr(said, "\"facts\":[\"promise\",\"assigned\"]"));
    assert_non_null(strstr(said, "{\"part\":\"action\",\"number\":1,\"said\":false,\"lacks\":"
                                 "\"contact_by\"}"));
    assert_non_null(strstr(said, "\"sms_parts\":"));
}

static void writes_one_language_for_one_channel(void **state) {
    (void)state;
    const char *said;
    assert_int_equal(run(STARTED,
                         "--template acknowledgement --locale en --channel email --at "
                         "2026-11-24T00:00:00Z" OPTIONS,
                         &said),
                     0);
    assert_non_null(strstr(said, "\"subject\":\"We have received your message"));
    assert_non_null(strstr(said, "<p>Dear customer,"));
    assert_null(strstr(said, "November 23")); /* it is over by then */
    assert_null(strstr(said, "zh-CN"));
}

static void says_why_it_cannot(void **state) {
    (void)state;
    static const struct {
        const char *events, *arguments;
        int status;
    } cases[] = {
        {STARTED, "--template nothing" OPTIONS, 70},
        {STARTED, "--template acknowledgement --locale fr" OPTIONS, 70},
        {EVENT("1", "case.contacted", "\"by\":\"li\""), "--template acknowledgement" OPTIONS, 70},
        {EVENT("1", "sla.started", "\"policy\":7"), "--template acknowledgement" OPTIONS, 70},
        {"", "--template acknowledgement" OPTIONS, 70},
        {"{\n", "--template acknowledgement" OPTIONS, 70},
        {"{\"id\":\"1\"}\n", "--template acknowledgement" OPTIONS, 70},
        {STARTED, "--template acknowledgement --policies /nowhere", 78},
        {STARTED, "--template acknowledgement --channel pigeon" OPTIONS, 64},
        {STARTED, "--template acknowledgement --at soon" OPTIONS, 64},
        {STARTED, "--template" OPTIONS, 64},
        {STARTED, "--tamplate x" OPTIONS, 64},
        {STARTED, "", 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said;
        assert_int_equal(run(cases[i].events, cases[i].arguments, &said), cases[i].status);
        assert_string_equal(said, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_all_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_one_language_for_one_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(says_why_it_cannot, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
