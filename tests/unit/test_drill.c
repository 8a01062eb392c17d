/* redressctl drill: the score's formula by a table; a recorded case; and files that are no drill. */
#include "ctl_play.h"
#include "redressctl/drill/drill.h"

#define CASE "BYCRCNPA1C41H-FRGWX4V"
#define LOGGED(type, time, data)                                                                   \
    "{\"time\":\"" time "\",\"type\":\"" type "\",\"id\":\"" type time                             \
    "\",\"source\":\"/shop\",\"subject\":\"" CASE                                                  \
    "\",\"topic\":\"redress.events\",\"partition\":1,\"offset\":7,\"data\":{\"case_id\":\"" CASE   \
    "\"" data "}}\n"
#define OPENED                                                                                     \
    LOGGED("case.opened", "2026-11-02T02:00:00Z",                                                  \
           ",\"opened_at\":\"2026-11-02T02:00:00Z\",\"channel\":\"app\",\"customer\":{\"id\":"     \
           "\"u\",\"tier\":\"regular\"},\"text\":\"the cup arrived broken\"")

static const char *const verdicts[] = {"kept", "late", "missed", "open", "void"};

/* ---- The formula ---- */

static void score_is_the_formula(void **state) {
    (void)state;
    static const struct {
        const char *promises; /* a letter each: k l m o v */
        struct drill_offer offer;
        const char *decision; /* its outcome; NULL: none */
        int64_t points, possible, score;
    } rows[] = {
        {"", {.outcome = "open"}, NULL, 0, 0, 0},
        {"k", {.outcome = "open"}, NULL, 2, 2, 100},
        {"l", {.outcome = "open"}, NULL, 1, 2, 50},
        {"m", {.outcome = "open"}, NULL, 0, 2, 0},
        {"ov", {.outcome = "open"}, NULL, 0, 0, 0},
        {"kklm", {.outcome = "open"}, NULL, 5, 8, 62},
        {"k", {.outcome = "chosen", .needs = "finance"}, NULL, 4, 4, 100},
        {"k", {.outcome = "expired", .needs = "finance", .undecided = true}, NULL, 2, 4, 50},
        {"k", {.outcome = "expired", .needs = "finance"}, NULL, 4, 4, 100}, /* not chosen */
        {"k", {.outcome = "open", .needs = "finance"}, NULL, 2, 2, 100},
        {"k", {.outcome = "withdrawn", .needs = "finance"}, NULL, 2, 2, 100},
        {"k", {.outcome = "withdrawn", .needs = "finance", .undecided = true}, NULL, 2, 4, 50},
        {"k", {.outcome = "chosen"}, NULL, 2, 2, 100}, /* the policy alone */
        {"k", {.outcome = "open", .person = true}, NULL, 4, 4, 100},
        {"k", {.outcome = "open", .person = true, .above = true}, NULL, 2, 4, 50},
        {"k", {.outcome = "open"}, "counted", 4, 4, 100},
        {"k", {.outcome = "open"}, "over_budget", 2, 4, 50},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct drill_promise promises[8];
        struct drill_offer offer = rows[i].offer;
        struct drill_decision decision = {.outcome = rows[i].decision};
        struct drill_result result = {.offers = {&offer, 1},
                                      .decisions = {&decision, rows[i].decision != NULL}};
        for (const char *at = rows[i].promises; *at; at++)
            for (size_t v = 0; v < sizeof verdicts / sizeof *verdicts; v++)
                if (*verdicts[v] == *at) promises[result.promises.count++].verdict = verdicts[v];
        result.promises.at = promises;
        drill_score(&result);
        if (result.points != rows[i].points || result.possible != rows[i].possible ||
            result.score != rows[i].score || result.scored != (rows[i].possible > 0))
            fail_msg("row %zu: %lld of %lld, %lld", i, (long long)result.points,
                     (long long)result.possible, (long long)result.score);
    }
}

/* ---- Files ---- */

static struct play play;

static int run(const char *arguments, const char **said_out) {
    return play_run(&play, &ctl_drill, arguments, said_out);
}

/* As the log has it: what workers said is passed over and made anew. */
static void a_recorded_case_is_played(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(
        &play,
        OPENED LOGGED("case.classified", "2026-11-02T02:00:00Z",
                      ",\"class\":\"other\",\"severity\":\"P4\",\"confidence\":1,"
                      "\"rules_version\":\"old\"")
            LOGGED("sla.breached", "2026-11-02T03:00:00Z",
                   ",\"target\":\"first_contact\",\"cycle\":\"2026-11-02T02:00:00Z\",\"due_at\":"
                   "\"2026-11-02T03:00:00Z\",\"breached_at\":\"2026-11-02T03:00:00Z\"")
                LOGGED("case.contacted", "2026-11-02T02:10:00Z", ",\"by\":\"anna\"")
                    LOGGED("case.closed", "2026-11-02T02:20:00Z", ",\"by\":\"anna\""));

    assert_int_equal(run("--policies deploy/policies --json FILE", &said), 0);
    static const char *const parts[] = {
        "\"case_id\":\"" CASE "\"",
        "\"class\":\"quality.damaged\"",
        "\"status\":\"closed\"",
        "{\"target\":\"first_contact\",\"verdict\":\"kept\",\"began_at\":\"2026-11-02T02:00:00Z\"",
        "\"met_at\":\"2026-11-02T02:10:00Z\"",
        "\"score\":100"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(said, parts[i])) fail_msg("without %s: %s", parts[i], said);
    assert_null(strstr(said, "missed"));
    play_end(&play);
}

static void what_is_no_drill_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *file;
        int status;
    } rows[] = {
        {"", EXIT_CANNOT_GO_ON},
        {"# nothing\n", EXIT_CANNOT_GO_ON},
        {"CUSTOMER hello\n", EXIT_CANNOT_GO_ON},
        {"AT now\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nAT 2026-11-02T09:00:00Z\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nAFTER a while\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nDANCE now\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nEVENT case.danced {}\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nEVENT sla.met {}\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nEVENT case.contacted\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nCUSTOMER it is broken\nEVENT case.contacted {\n",
         EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nCUSTOMER it is broken\nEVENT case.contacted []\n",
         EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nCUSTOMER it is broken\nEVENT visit.scored {\"score\":9}\n",
         EXIT_CANNOT_GO_ON},
        {"{\"type\":\"case.opened\"}\n", EXIT_CANNOT_GO_ON},
        {"{\n", EXIT_CANNOT_GO_ON},
        {"AT 2026-11-02T10:00:00Z\nCUSTOMER it is broken\n", EXIT_OK},
    };
    const char *said;
    play_begin(&play);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play_events(&play, rows[i].file);
        int status = run("--policies deploy/policies FILE", &said);
        if (status != rows[i].status)
            fail_msg("row %zu: status %d, expected %d: %s", i, status, rows[i].status, said);
    }
    assert_int_equal(run("FILE --until tomorrow", &said), EXIT_BAD_USAGE);
    assert_int_equal(run("--json", &said), EXIT_BAD_USAGE);
    assert_int_equal(run("--policies deploy/policies /nowhere", &said), EXIT_CANNOT_GO_ON);
    play_end(&play);
}

/* A file that is wrong everywhere does not fill the screen. */
static void ten_faults_are_told(void **state) {
    (void)state;
    enum { TOLD_MAX = 10 };
    static const char wrong[] = "DANCE now\n";
    char file[40 + 11 * sizeof wrong] = "AT 2026-11-02T10:00:00Z\n";
    const char *said;
    play_begin(&play);

    for (int faults = 1; faults <= TOLD_MAX + 1; faults++) {
        int told = 0;
        strcat(file, wrong);
        if (faults < TOLD_MAX) continue; /* the policies are read each time */
        play_events(&play, file);
        ctl_errors_as_json(true); /* as the whole program does for --json */
        assert_int_equal(run("--policies deploy/policies --json FILE", &said), EXIT_CANNOT_GO_ON);
        ctl_errors_as_json(false);
        for (const char *at = said; (at = strstr(at, "\"error\"")); at++) told++;
        assert_int_equal(told, TOLD_MAX);
    }
    play_end(&play);
}

/* A drill has one case. */
static void two_cases_are_refused(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(&play,
                "AT 2026-11-02T10:00:00Z\nCUSTOMER it is broken\n"
                "EVENT complaint.submitted {\"customer\":{\"id\":\"other\",\"tier\":\"vip\"},"
                "\"text\":\"where is it\"}\n");
    assert_int_equal(run("--policies deploy/policies FILE", &said), EXIT_CANNOT_GO_ON);
    play_end(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_is_the_formula),        cmocka_unit_test(a_recorded_case_is_played),
        cmocka_unit_test(what_is_no_drill_is_refused), cmocka_unit_test(ten_faults_are_told),
        cmocka_unit_test(two_cases_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
