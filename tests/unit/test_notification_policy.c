/* The notification policy and its language files: every fault is told, with its file and line. */
#include "notification_world.h"

#include "base/file.h"

#include <unistd.h>

#define MAIN "notification.yaml"
#define ZH   "notification.zh-CN.yaml"
#define EN   "notification.en.yaml"

static const char *const files[] = {MAIN, ZH, "notification.zh-TW.yaml", EN};

static const char *path_in(struct arena *arena, const char *dir, const char *name) {
    return arena_printf(arena, "%s/%s", dir, name);
}

/* A copy of the delivered files in which one text stands in place of another. Returns the line at
 * which it stands. */
static int write_with(struct arena *arena, const char *dir, const char *name, const char *from,
                      const char *to) {
    int line = 1;
    struct err err = {{0}};

    for (size_t i = 0; i < LENGTH(files); i++) {
        const char *bytes;
        size_t len;
        if (file_read(arena, path_in(arena, "deploy/policies", files[i]), 1 << 20, &bytes, &len,
                      &err))
            fail_msg("%s", err.text);
        if (strcmp(files[i], name) == 0) {
            const char *at = strstr(bytes, from);
            if (!at) fail_msg("not in %s: %s", name, from);
            for (const char *before = bytes; before < at; before++) line += *before == '\n';
            bytes =
                arena_printf(arena, "%.*s%s%s", (int)(at - bytes), bytes, to, at + strlen(from));
        }
        if (file_write(path_in(arena, dir, files[i]), bytes, strlen(bytes), &err))
            fail_msg("%s", err.text);
    }
    return line;
}

/* What is said at the start of a worker with this policy, "" when nothing is. */
static const char *faults_in(struct arena *arena, const char *dir) {
    struct faults faults = {.arena = arena};
    struct err err = {{0}};
    struct buf buf = {0};
    const struct tree *tree;
    void *policy;
    const char *version;

    buf_puts(&buf, "");
    if (policy_file_read(&notification_spec, dir, arena, &tree, &err)) {
        buf_puts(&buf, err.text);
    } else {
        int result = message_policy_load(tree, dir, arena, &policy, &version, &faults);
        faults_print(&faults, path_in(arena, dir, MAIN), &buf);
        assert_int_equal(result, *buf.at ? -1 : 0);
    }
    const char *said = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return said;
}

static void refuses(const char *name, const char *from, const char *to, const char *says,
                    bool at_its_line) {
    struct arena *arena = arena_new();
    char dir[] = "/tmp/notification-XXXXXX";

    assert_non_null(mkdtemp(dir));
    int line = write_with(arena, dir, name, from, to);
    const char *said = faults_in(arena, dir);
    if (!says && *said) fail_msg("%s", said);
    const char *wanted = says;
    if (says && at_its_line) wanted = arena_printf(arena, "%s/%s:%d: %s", dir, name, line, says);
    if (says && !strstr(said, wanted)) fail_msg("no `%s` in: %s", wanted, said);
    for (size_t i = 0; i < LENGTH(files); i++) unlink(path_in(arena, dir, files[i]));
    rmdir(dir);
    arena_free(arena);
}

static void refuses_bad_policies(void **unused) {
    (void)unused;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"stale_after: 30d", "stale_after: 30d", NULL},
        {"stale_after: 30d", "stale: 30d", "stale"},
        {"default_locale: zh-CN", "default_locale: fr",
         "default_locale: expected one of the languages"},
        {"zones: [Asia/Shanghai", "zones: [Mars/Olympus", "\"Mars/Olympus\" is no IANA time zone"},
        {"contact_calendar: service", "contact_calendar: nights",
         "nights: expected one of `calendars`"},
        {"pass: [P1]", "pass: [P9]", "pass: unknown severity P9"},
        {"awake:\n", "awake:\n    timezone: UTC\n",
         "quiet.awake: expected a calendar without a timezone"},
        {"mon: [[\"08:00\", \"21:00\"]]", "mon: [[\"8\", \"21:00\"]]", "quiet.awake.weekly.mon"},
        {"timezone: Asia/Shanghai\n    weekly:\n      mon: [[\"08",
         "timezone: X\n    weekly:\n"
         "      mon: [[\"08",
         "calendars.service.timezone"},
        {"use: [im, sms, email]", "use: [pigeon]", "unknown channel pigeon"},
        {"from: app,", "from: im,", "is there twice"},
        {"role: manager,", "role: agent,", "is there twice"},
        {"to: managers, locale: zh-CN", "to: managers, locale: de", "staff[6]"},
        {"to: supervisors, ", "", "expected `to`, or in `otherwise` a role that has one"},
        {"{role: legal,", "{role: customer,", "customers are reached by `channels`"},
        {"within: 24h}", "within: soon}", "settle[0]: within: expected a duration"},
        {"remedies: [coupon,", "remedies: [cupon,", "unknown remedy cupon"},
        {"on: case.repeated,", "on: case.opened,", "nobody can be told of case.opened"},
        {"text: repeated}", "text: again}", "text: the default language has no again"},
        {"tell: [finance], text: budget", "tell: [finances], text: budget",
         "finances has no row in `staff`"},
        {"tell: [customer], text: repeated", "tell: [customer, finance], text: repeated",
         "write two rules"},
        {"tell: [customer], text: repeated", "tell: [finance], text: repeated",
         "is for customers, and a rule tells it colleagues"},
        {"tell: [finance], text: budget", "tell: [customer], text: budget",
         "is for colleagues, and a rule tells it customers"},
        {"class: [\"quality.*\"]}", "class: [\"qualify.*\"]}", "qualify.* is no class"},
        {"flags: [safety]", "flags: [safe]", "match.flags: unknown safe"},
        {"needs: [evidence_missing, complaint]", "needs: [evidence_lost]",
         "evidence_lost is neither a fact nor a placeholder"},
        {"role: finance, channel: im, to: finance, locale: zh-CN, digest: 1h",
         "role: finance, channel: im, to: finance, locale: zh-CN, digest: soon", "staff[7].digest"},
        {"retry: [1m, 10m, 1h]", "retry: [1h, 10m]",
         "retry: 10m: expected a duration, not shorter than the one before"},
        {"retry: [1m, 10m, 1h]", "retry: [1s, 2s, 3s, 4s, 5s, 6s, 7s, 8s, 9s]",
         "retry: expected at most 8 pauses"},
        {"text: breach, alarm: true}", "text: breach, alarm: true, updates: true}",
         "updates: is for customers"},
        {"visit: {at: 10h,", "visit: {at: 25h,", "visit.at"},
        {"reopen_to: 1}", "reopen_to: 6}", "visit.reopen_to"},
        {"reopen_to: 1}", "reopen_to: 1, link: 'https://care.example/visit'}", "visit.link"},
        {"reopen_to: 1}", "reopen_to: 1, link: 'http://care.example/{token}'}", "visit.link"},
        {"reopen_to: 1}", "reopen_to: 1, link: 'https://care.example/{token}/{token}'}",
         "visit.link"},
        {"report_within: 26h", "report_within: 0s", "report_within"},
        {"hours: office", "hours: nights", "nights: expected one of `calendars`"},
        {"tell: [assignee, team, agent, supervisor, ", "tell: [assignee, team, agent, ",
         "digest: no rule on notification.digest tells it"},
        {"digest_passing: 1m", "digest_passing: 0s", "digest_passing"},
        {"text: acknowledgement, first: true", "text: acknowledgement", NULL},
        {"languages: [notification.zh-CN.yaml, ", "languages: [notification.fr.yaml, ",
         "notification.fr.yaml: No such file"},
        {"languages: [notification.zh-CN.yaml, ", "languages: [../x.yaml, ",
         "expected the name of a file beside this one"},
        {"notification.zh-TW.yaml, notification.en.yaml]",
         "notification.zh-CN.yaml, notification.en.yaml]", "zh-CN is there twice"},
        {"languages: [notification.zh-CN.yaml, notification.zh-TW.yaml, notification.en.yaml]",
         "languages: []", "languages: expected a list of files"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        refuses(MAIN, cases[i].from, cases[i].to, cases[i].says, false);
}

/* Each with the file's name and the line. */
static void refuses_bad_texts(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *from, *to, *says;
    } cases[] = {
        {ZH, "客服会在 {contact_by}前与您联系", "客服会在 {contact_bye} 前与您联系",
         "texts[acknowledgement].action[0]: unknown placeholder {contact_bye}"},
        {ZH, "needs: [kept_waiting]", "needs: [kept_wating]",
         "texts[acknowledgement].empathy[2]: kept_wating is neither a fact nor a placeholder"},
        {ZH, "{needs: [resolve_by], say: \"最迟在 {resolve_by}前给您处理结果。\"}",
         "{say: \"最迟在 {resolve_by}前给您处理结果。\"}",
         "texts[acknowledgement]: {resolve_by} may be missing on sla.started: say needs: "
         "[resolve_by]"},
        {ZH, "想补充说明，直接回复即可", "请回复 {options}",
         "texts[question_received]: {options} has no value on sla.started"},
        {ZH, "{needs: [assigned], say: 已有专人负责，", "{say: 已有专人负责，",
         "texts[acknowledgement].value[0]: says \"专人\" without needs: [assigned]"},
        {EN, "{needs: [assessed], say: We have looked into it.}", "{say: We have looked into it.}",
         "texts[offer].information[0]: says \"looked into it\" without needs: [assessed]"},
        {EN, "We hope that it helped.", "{sey: x}", "texts[question_answered].value[0].sey"},
        {EN, "- To add something, just reply.", "- {needs: [assigned]}",
         "texts[question_received].action[1].say"},
        {EN, "BREACH {case}", "BREACH {name}",
         "texts[breach]: {name} has no value on sla.breached"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bool one_line = !strstr(cases[i].says, ".sey") && !strstr(cases[i].says, ".say");
        refuses(cases[i].name, cases[i].from, cases[i].to, cases[i].says, one_line);
    }
}

static void refuses_bad_languages(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *from, *to, *says;
    } cases[] = {
        {EN, "locale: en\n", "locale: klingon\n", "\"klingon\" is no language that ICU knows"},
        {EN, "timezone: Asia/Shanghai", "timezone: CST", "timezone: "},
        {EN, "time: \"{date},", "time: \"{day},", "time: unknown placeholder {day}"},
        {EN, "  - {kind: loaner, say: loan device}\n", "", "no row for the kind loaner"},
        {EN, "with: \"gift worth {amount}\"", "with: \"gift worth {money}\"",
         "remedies: unknown placeholder {money}"},
        {EN, "needs: assigned}", "needs: asigned}", "claims: asigned is no fact"},
        {EN, "name: lapsed", "name: offer", "texts[offer]: is there twice"},
        {EN, "    value: If you still want it, we will look at it again.\n", "",
         "texts[lapsed]: no value: a customer is told four parts"},
        {EN, "    body: \"BREACH", "    value: x\n    body: \"BREACH",
         "texts[breach]: has a body (for colleagues) and parts (for customers)"},
        {EN, "action: Please answer by {answer_by}, and a colleague will take it up.",
         "action: Please answer soon.",
         "texts[lapsed]: action: names no time: a promise is an action and a time"},
        {EN, "roles: {agent: agent", "roles: {agent: []", "roles: agent: expected a text"},
        {ZH, "subject: 您的问题已重新受理（{case}）", "subjekt: x", "subjekt"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        refuses(cases[i].name, cases[i].from, cases[i].to, cases[i].says, false);
}

/* Whoever complains is acknowledged. */
static void refuses_to_leave_people_unanswered(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    const struct tree *tree;
    struct err err = {{0}};
    struct faults faults = {.arena = arena};
    void *policy;
    const char *version;

    if (policy_file_read(&notification_spec, "deploy/policies", arena, &tree, &err))
        fail_msg("%s", err.text);
    const struct tree *rules = tree_get(tree, "rules");
    for (struct tree *rule = rules->first; rule; rule = rule->next) {
        struct tree *first = (struct tree *)tree_get(rule, "first");
        if (first) first->num = 0;
    }
    assert_int_equal(message_policy_load(tree, ".", arena, &policy, &version, &faults), -1);
    assert_int_equal(faults.count, 1);
    assert_non_null(strstr(faults.at[0].text, "whoever complains is acknowledged"));
    arena_free(arena);
}

/* What redress.policies has is the whole of it: it loads without any file. */
static void is_whole_without_its_files(void **unused) {
    (void)unused;
    static const struct json_limits limits = {.bytes = 4 << 20, .depth = 64, .values = 1 << 20};
    struct arena *arena = arena_new();
    const struct tree *tree;
    const struct tree *again;
    struct err err = {{0}};
    struct faults faults = {.arena = arena};
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};
    void *policy;
    const char *version;

    if (policy_file_read(&notification_spec, "deploy/policies", arena, &tree, &err))
        fail_msg("%s", err.text);
    json_tree(&json, tree);
    assert_int_equal(json_read(arena, buf.at, buf.len, &limits, &again, &err), JSON_OK);
    assert_int_equal(message_policy_load(again, "/nowhere", arena, &policy, &version, &faults), 0);
    buf_free(&buf);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_policies),
        cmocka_unit_test(refuses_bad_texts),
        cmocka_unit_test(refuses_bad_languages),
        cmocka_unit_test(refuses_to_leave_people_unanswered),
        cmocka_unit_test(is_whole_without_its_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
