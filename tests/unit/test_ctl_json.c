/* redressctl --json: all of standard output are JSON maps, a line each, with the members that the
 * page of help names; what is wrong is one of them, {"error": "..."}, whatever the command. What
 * needs Kafka or Redis is in tests/seam/stories/lines.txt and tests/integration. */
#include "ctl_play.h"
#include "data/json.h"
#include "redressctl/commands.h"

#define EVENT(id, type, data)                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/slabugs\",\"type\":\"" type          \
    "\",\"time\":\"2026-11-02T09:00:00Z\",\"data\":{" data "}}\n"
#define COMPLAINT                                                                                  \
    EVENT("a", "complaint.submitted",                                                              \
          "\"channel\":\"app\",\"customer\":{\"id\":\"u-a\",\"tier\":\"regular\"},"                \
          "\"order\":{\"id\":\"A1\",\"status\":\"signed\",\"amount\":{\"currency\":\"CNY\","       \
          "\"minor\":29900}},\"text\":\"the cup is broken\"")
#define BROKEN "no event\n"

static struct play play;

/* Fails where a line is no map; how many have the member. */
static int count(const char *said, const char *member) {
    const struct json_limits limits = {16 << 20, 64, 1 << 24};
    const struct tree *tree;
    struct err err;
    int found = 0;

    while (*said) {
        size_t len = strcspn(said, "\n");
        if (json_read(play.arena, said, len, &limits, &tree, &err) != JSON_OK)
            fail_msg("%s: %.*s", err.text, (int)len, said);
        if (tree->kind != TREE_MAP) fail_msg("no map: %.*s", (int)len, said);
        found += tree_get(tree, member) != NULL;
        said += len + 1;
    }
    return found;
}

struct row {
    const char *words, *file;
    int status;
    const char *members; /* of at least one line each */
};

static void play_row(const struct row *row) {
    const char *said;

    play_begin(&play);
    play_events(&play, row->file ? row->file : "");
    int status = play_main(&play, row->words, &said);
    if (status != row->status) fail_msg("%s: status %d: %s", row->words, status, said);
    char *members = arena_strdup(play.arena, row->members), *rest = NULL;
    for (char *at = strtok_r(members, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
        if (!count(said, at)) fail_msg("%s: no %s in %s", row->words, at, said);
    bool faulty = strstr(row->members, "error") != NULL;
    if (!faulty && count(said, "error")) fail_msg("%s: an error: %s", row->words, said);
    play_end(&play);
}

static void test_results(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"--version --json", NULL, 0, "version"},
        {"classify --json --policies deploy/policies FILE",
         "{\"id\":1,\"text\":\"the cup is broken\"}\n", 0, "id class severity reasons"},
        {"labels --json FILE",
         EVENT("o", "case.opened", "\"case_id\":\"A\",\"customer\":{\"id\":\"c\"},\"text\":\"t\"")
             EVENT("r", "case.reclassified", "\"case_id\":\"A\",\"class\":\"quality.damaged\""),
         0, "case_id text class"},
        {"sla due --json FILE",
         "{\"id\":1,\"start\":\"2026-11-02T09:00:00Z\",\"target\":\"24h\"}\n", 0,
         "id due_at intervals"},
        {"sla simulate --json --policies deploy/policies --until 2026-11-20T00:00:00Z FILE",
         COMPLAINT, 0, "specversion policies target met met_late breached cancelled"},
        {"compensation simulate --json --policies deploy/policies FILE", COMPLAINT, 0,
         "policies class rule role proposals offered_minor chosen_minor"},
        {"compensation simulate --json --policies deploy/policies --policies deploy/policies FILE",
         COMPLAINT, 0, "policies sum currency minor"},
        {"drill --json --policies deploy/policies tests/drills/kept.txt", NULL, 0,
         "case_id score promises offers"},
        {"contract asyncapi --json", NULL, 0, "asyncapi channels"},
        {"contract openapi --json", NULL, 0, "openapi paths"},
        {"contract schemas --json", NULL, 0, "$schema title properties"},
        {"contract document --json", NULL, 0, "document"},
        {"acl --json", NULL, 0, "user what command"},
        {"acl print sla --json", NULL, 0, "user what command"},
        {"acl document --json", NULL, 0, "document"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) play_row(&rows[i]);
}

static void test_errors(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"--json", NULL, EXIT_BAD_USAGE, "error"},
        {"pubish --json", NULL, EXIT_BAD_USAGE, "error"},
        {"classify --json --policies deploy/policies FILE", "{\"id\":1,\"text\":\"x\"}\n" BROKEN,
         EXIT_CANNOT_GO_ON, "id error"},
        {"classify --json --policies /nowhere FILE", "", EXIT_BAD_CONFIG, "error"},
        {"labels --json FILE", BROKEN, EXIT_CANNOT_GO_ON, "error"},
        {"train --json --policies deploy/policies --evaluate FILE", BROKEN, EXIT_CANNOT_GO_ON,
         "error"},
        {"notify preview --json --template offer FILE", BROKEN, EXIT_CANNOT_GO_ON, "error"},
        {"notify preview --json FILE", BROKEN, EXIT_BAD_USAGE, "error"},
        {"sla due --json FILE",
         "{\"id\":1,\"start\":\"2026-11-02T09:00:00Z\",\"target\":\"24h\"}\n" BROKEN,
         EXIT_CANNOT_GO_ON, "id error"},
        {"sla simulate --json --policies deploy/policies FILE", BROKEN, EXIT_CANNOT_GO_ON, "error"},
        {"compensation simulate --json --policies deploy/policies FILE", BROKEN, EXIT_CANNOT_GO_ON,
         "error"},
        {"drill --json --policies deploy/policies FILE", BROKEN, EXIT_CANNOT_GO_ON, "error"},
        {"contract all --json", NULL, EXIT_BAD_USAGE, "error"},
        {"acl print nobody --json", NULL, EXIT_BAD_USAGE, "error"},
        {"visit verify nothing --json", NULL, EXIT_BAD_CONFIG, "error"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) play_row(&rows[i]);
}

/* Of every command: that it cannot be asked so, and that its settings are no settings. */
static void test_every_command(void **state) {
    (void)state;
    for (int i = 0; commands_all[i]; i++) {
        const char *said;
        play_begin(&play);
        const char *words =
            arena_printf(play.arena, "%s --json --no-such-option", commands_all[i]->name);
        assert_int_equal(play_main(&play, words, &said), EXIT_BAD_USAGE);
        if (count(said, "error") != 1) fail_msg("%s: %s", words, said);
        play_end(&play);
    }

    play_begin(&play);
    const char *said;
    assert_int_equal(setenv("REDRESS_REDIS_URL", "nowhere", 1), 0);
    assert_int_equal(setenv("REDRESS_TOPIC_PREFIX", "two words", 1), 0);
    assert_int_equal(play_main(&play, "doctor --json", &said), EXIT_BAD_CONFIG);
    assert_int_equal(count(said, "error"), 2);
    assert_int_equal(play_main(&play, "doctor", &said), EXIT_BAD_CONFIG);
    assert_string_equal(said, "");
    unsetenv("REDRESS_REDIS_URL");
    unsetenv("REDRESS_TOPIC_PREFIX");
    play_end(&play);
}

static void test_contract_files(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    char *dir = arena_strdup(play.arena, "/tmp/redressctl-contract-XXXXXX");
    assert_non_null(mkdtemp(dir));
    const char *words = arena_printf(play.arena, "contract document --json --out %s", dir);

    assert_int_equal(play_main(&play, words, &said), 0);
    assert_int_equal(count(said, "bytes"), 1);
    assert_non_null(strstr(said, arena_printf(play.arena, "\"file\":\"%s/contract.md\"", dir)));
    assert_int_equal(system(arena_printf(play.arena, "rm -r %s", dir)), 0);
    play_end(&play);
}

/* Two classes, told apart by their words. */
static void test_train(void **state) {
    (void)state;
    enum { EACH = 25 };
    const char *said;
    struct buf labels = {NULL, 0, 0};
    play_begin(&play);
    for (int i = 0; i < EACH; i++)
        buf_printf(
            &labels,
            "{\"text\":\"the cup number %d is broken\",\"class\":\"quality.damaged\"}\n"
            "{\"text\":\"where is parcel %d, it is late\",\"class\":\"logistics.delayed\"}\n",
            i, i);
    play_events(&play, labels.at);
    buf_free(&labels);
    const char *model = arena_printf(play.arena, "%s.model", play.said);
    const char *words = arena_printf(
        play.arena, "train --json --policies deploy/policies --evaluate FILE -o %s", model);

    assert_int_equal(play_main(&play, words, &said), 0);
    assert_int_equal(count(said, "confusion"), 1);
    assert_int_equal(count(said, "model"), 2); /* its score; its file */
    assert_non_null(strstr(said, "\"texts\":50,"));
    assert_non_null(strstr(said, "\"labels\":50,"));
    assert_non_null(strstr(said, "{\"class\":\"quality.damaged\",\"precision\":1.0,"));
    unlink(model);
    play_end(&play);
}

/* Each worker whose rights are printed may be asked for by name, and its page says so. */
static void test_acl_names(void **state) {
    (void)state;
    static const char before[] = "\"user\":\"redress-";
    const char *said;
    play_begin(&play);
    assert_int_equal(play_main(&play, "acl --json", &said), 0);
    for (const char *at = said; (at = strstr(at, before));) {
        at += sizeof before - 1;
        const char *name = arena_strndup(play.arena, at, strcspn(at, "\""));
        if (!strstr(ctl_acl.options, name) || !strstr(ctl_acl.help, name))
            fail_msg("acl does not say that it knows %s", name);
    }
    play_end(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),       cmocka_unit_test(test_errors),
        cmocka_unit_test(test_every_command), cmocka_unit_test(test_contract_files),
        cmocka_unit_test(test_train),         cmocka_unit_test(test_acl_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
