/* redressctl sla explain: a case from a file of events, also when the workers have forgotten it. */
#include "ctl_play.h"
#include "redressctl/commands.h"

#define CASE "BZQ5KP2E0HMGQ-K6V96J9" /* of the complaint, by the contract's formula */
#define EVENT(id, type, time, data)                                                                \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/slabugs\",\"type\":\"" type          \
    "\",\"time\":\"" time "\",\"data\":{" data "}}\n"
#define COMPLAINT                                                                                  \
    EVENT("a", "complaint.submitted", "2026-11-02T09:00:00Z",                                      \
          "\"channel\":\"app\",\"customer\":{\"id\":\"u-a\",\"tier\":\"regular\"},"                \
          "\"text\":\"the parcel is broken\",\"conversation\":\"c-a\"")
#define CLOSED                                                                                     \
    EVENT("b", "case.closed", "2026-11-02T10:00:00Z", "\"case_id\":\"" CASE "\",\"by\":\"lin\"")

static struct play play;

static void a_case_is_explained_long_after_it_was_forgotten(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(&play, COMPLAINT CLOSED);

    int status = play_run(&play, &ctl_sla,
                          "explain --json --policies deploy/policies --until 2031-01-01T00:00:00Z "
                          "--events FILE " CASE,
                          &said);
    assert_int_equal(status, 0);
    assert_non_null(strstr(said, "\"target\":\"resolution\""));
    assert_non_null(strstr(said, "\"met_at\":\"2026-11-02T10:00:00Z\""));
    play_end(&play);
}

static void a_case_that_never_was_is_not(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(&play, COMPLAINT);

    int status = play_run(&play, &ctl_sla,
                          "explain --json --policies deploy/policies --events FILE "
                          "BZQ5KP2E0HMGQ-K6V96J8",
                          &said);
    assert_int_equal(status, EXIT_CANNOT_GO_ON);
    assert_string_equal(said, "");
    play_end(&play);
}

/* A folder with this policy. */
static void write_policy(char *dir, const char *text) {
    char path[80];
    strcpy(dir, "/tmp/redressctl-policy-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/sla.yaml", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_policy(const char *dir) {
    char path[80];
    snprintf(path, sizeof path, "%s/sla.yaml", dir);
    unlink(path);
    rmdir(dir);
}

/* What a draft with the newer keys would change, a line each. */
static void a_draft_is_compared_case_by_case(void **state) {
    (void)state;
    char old[40], draft[40];
    const char *said;
    play_begin(&play);
    play_events(&play,
                COMPLAINT EVENT("b", "case.reclassified", "2026-11-02T09:00:01Z",
                                "\"case_id\":\"" CASE "\",\"by\":\"lin\",\"class\":\"other\""));
    write_policy(
        old, "version: '1'\npolicies:\n  - name: all\n    targets:\n"
             "      first_contact: {within: 1h}\n"
             "      resolution: {within: 8h, warn: [50%], escalate: [{after: 1h, to: boss}]}\n");
    write_policy(
        draft,
        "version: '2'\npolicies:\n  - name: all\n    also: [mall]\n    targets:\n"
        "      first_contact: {within: 1h}\n"
        "      resolution: {by: {time: '16:00', days: 1}, warn: [{at: 50%, if: unassigned}],\n"
        "        escalate: [{after: 1h, every: 30m, times: 2, to: boss}]}\n"
        "  - {name: mall, targets: {resolution: {within: 9h}}}\n");

    const char *command = arena_printf(
        play.arena, "simulate --policies %s --policies %s --until 2026-11-04T00:00:00Z FILE", old,
        draft);
    assert_int_equal(play_run(&play, &ctl_sla, command, &said), 0);
    static const char cycle[] = "\"cycle\":\"2026-11-02T09:00:00Z\",";
    const struct {
        const char *target, *rest, *only, *dir;
    } lines[] = {
        {"mall.resolution", "\"what\":\"due\",\"at\":\"2026-11-02T18:00:00Z\"", "only_under",
         draft},
        {"mall.resolution", "", "breached_only_under", draft},
        {"resolution", "\"what\":\"due\",\"at\":\"2026-11-02T17:00:00Z\"", "only_under", old},
        {"resolution", "\"what\":\"due\",\"at\":\"2026-11-03T16:00:00Z\"", "only_under", draft},
        {"resolution", "\"what\":\"warned\",\"which\":\"50%\",\"at\":\"2026-11-02T13:00:00Z\"",
         "only_under", old},
        {"resolution", "\"what\":\"warned\",\"which\":\"50%\",\"at\":\"2026-11-03T00:30:00Z\"",
         "only_under", draft},
        {"resolution",
         "\"what\":\"escalated\",\"which\":\"level 1 to boss\",\"at\":\"2026-11-02T18:00:00.001Z\"",
         "only_under", old},
        {"resolution",
         "\"what\":\"escalated\",\"which\":\"level 1 to boss\",\"at\":\"2026-11-03T17:00:00.001Z\"",
         "only_under", draft},
        {"resolution",
         "\"what\":\"escalated\",\"which\":\"level 1 to boss, time 2\",\"at\":"
         "\"2026-11-03T17:30:00.001Z\"",
         "only_under", draft}};
    const char *at = said;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *comma = *lines[i].rest ? "," : "";
        const char *expected = arena_printf(
            play.arena, "{\"case_id\":\"" CASE "\",\"target\":\"%s\",%s%s%s\"%s\":\"%s\"}\n",
            lines[i].target, cycle, lines[i].rest, comma, lines[i].only, lines[i].dir);
        if (strncmp(at, expected, strlen(expected)) != 0)
            fail_msg("expected %sfound %s", expected, at);
        at += strlen(expected);
    }
    assert_string_equal(at, "");
    remove_policy(old);
    remove_policy(draft);
    play_end(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_explained_long_after_it_was_forgotten),
        cmocka_unit_test(a_case_that_never_was_is_not),
        cmocka_unit_test(a_draft_is_compared_case_by_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
