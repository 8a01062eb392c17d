/* The notification policy: every fault is told, with its line. */
#include "notification/message_policy.h"
#include "notification_world.h"

/* The default policy with one text in place of another; both are in `arena`. */
static const char *policy_with(struct arena *arena, const char *from, const char *to,
                               size_t *at_out) {
    char *whole = arena_alloc(arena, 1 << 16);
    FILE *file = fopen(POLICY, "rb");
    assert_non_null(file);
    size_t len = fread(whole, 1, (1 << 16) - 1, file);
    fclose(file);
    assert_in_range(len, 1000, (1 << 16) - 2);
    const char *at = strstr(whole, from);
    if (!at) fail_msg("not in the policy: %s", from);
    *at_out = (size_t)(at - whole);
    return arena_printf(arena, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
}

/* Loads it and returns what is wrong with it, "" when nothing is. */
static const char *faults_of(struct arena *arena, const char *text) {
    struct faults faults = {.arena = arena};
    struct err err = {{0}};
    struct buf buf = {0};
    const struct tree *tree;
    void *policy;
    const char *version;
    if (yaml_read(arena, "p", text, strlen(text), &tree, &err)) fail_msg("%s", err.text);
    int result = message_policy_load(tree, ".", arena, &policy, &version, &faults);
    buf_puts(&buf, "");
    faults_print(&faults, "notification.yaml", &buf);
    assert_int_equal(result, *buf.at ? -1 : 0);
    const char *said = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return said;
}

static void refuses_bad_policies(void **unused) {
    (void)unused;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"alarm: supervisor", "alarm: supervisor", NULL},
        {"stale_after: 30d", "stale: 30d", "stale"},
        {"alarm: supervisor ", "alarm: nobody ", "alarm: no address"},
        {"default_locale: zh-CN", "default_locale: fr",
         "default_locale: expected one of `locales`"},
        {"timezone: Asia/Shanghai", "timezone: Mars/Olympus",
         "timezone: \"Mars/Olympus\" is no IANA time zone"},
        {"{first_contact_due} 前与您联系", "{first_contact_dew} 前与您联系",
         "unknown placeholder {first_contact_dew}"},
        {"{first_contact_due} 前与您联系", "{options} 前与您联系",
         "{options} has no value in acknowledgement"},
        {"{first_contact_due} 前与您联系", "尽快与您联系", "names no time"},
        {"    value: 希望这次的处理能让您满意，我们会持续改进。\n", "",
         "templates[8].value: missing"},
        {"      fee_share: 我们承担费用\n", "", "no word for fee_share"},
        {"use: [im, sms, email]", "use: [pigeon]", "unknown channel pigeon"},
        {"from: app,", "from: im,", "is there twice"},
        {"role: manager,", "role: agent,", "is there twice"},
        {"to: managers, locale: zh-CN", "to: managers, locale: de", "staff[2].locale"},
        {"name: repeated\n    locale: zh-CN", "name: resolved\n    locale: zh-CN",
         "is there twice for this locale"},
        {"name: repeated\n    locale: zh-CN", "name: greeting\n    locale: zh-CN",
         "unknown occasion greeting"},
        {"name: acknowledgement_late\n    locale: zh-CN",
         "name: acknowledgement_late\n    locale: fr",
         "no acknowledgement_late in the default locale"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct arena *arena = arena_new();
        size_t at;
        const char *said = faults_of(arena, policy_with(arena, cases[i].from, cases[i].to, &at));
        if (!cases[i].says) assert_string_equal(said, "");
        if (cases[i].says && !strstr(said, cases[i].says))
            fail_msg("no `%s` in: %s", cases[i].says, said);
        arena_free(arena);
    }
}

/* An unknown placeholder is told with its own line, also within a text of several. */
static void names_the_line(void **unused) {
    (void)unused;
    static const char from[] = "    information: 您选择的{chosen}，我们已收到并开始办理。";
    static const struct {
        const char *to;
        int lines; /* of the placeholder, below that of the key */
    } cases[] = {{"    information: 您选择的{nothing}。", 0},
                 {"    information: |-\n      一\n      二{nothing}", 2}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct arena *arena = arena_new();
        size_t at;
        int line = 1 + cases[i].lines;
        const char *text = policy_with(arena, from, cases[i].to, &at);
        for (size_t j = 0; j < at; j++) line += text[j] == '\n';
        const char *wanted = arena_printf(
            arena, "notification.yaml:%d: templates[7].information: unknown placeholder {nothing}",
            line);
        const char *said = faults_of(arena, text);
        if (!strstr(said, wanted)) fail_msg("no `%s` in: %s", wanted, said);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_policies),
        cmocka_unit_test(names_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
