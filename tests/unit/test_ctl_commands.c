/* The command table: every page of help is whole, and the completion made from the table works. */
#include "base/err.h"
#include "redressctl/commands.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Is the word in the text, not as a part of a longer one? */
static bool has_word(const char *text, const char *word) {
    size_t len = strlen(word);
    static const char inside[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || !strchr(inside, at[-1])) && (!at[len] || !strchr(inside, at[len])))
            return true;
    return false;
}

static void test_table(void **state) {
    (void)state;
    assert_ptr_equal(commands_find("publish"), &ctl_publish);
    assert_null(commands_find("publsh"));
    assert_string_equal(commands_nearest("publsh"), "publish");
    assert_string_equal(commands_nearest("topcis"), "topics");
    assert_null(commands_nearest("zzzzzz"));
    struct buf list = {NULL, 0, 0};
    commands_help(&list);
    for (int i = 0; commands_all[i]; i++) {
        const struct command *command = commands_all[i];
        assert_non_null(command->run);
        assert_true(has_word(list.at, command->name));
        assert_non_null(strstr(list.at, command->about));
        assert_ptr_equal(commands_find(command->name), command); /* no name twice */
        assert_memory_equal(command->usage, command->name, strlen(command->name));
    }
    buf_free(&list);
}

/* The help of each command mentions each of its options and subcommands. */
static void test_help_mentions_options(void **state) {
    (void)state;
    for (int i = 0; commands_all[i]; i++) {
        struct buf page = {NULL, 0, 0};
        commands_help_one(commands_all[i], &page);
        char *words = strdup(commands_all[i]->options), *rest = NULL;
        for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
            if (!has_word(commands_all[i]->help, word))
                fail_msg("help of %s does not mention %s", commands_all[i]->name, word);
        free(words);
        buf_free(&page);
    }
}

/* And each option that a page lists is one that completion knows. */
static void test_options_are_in_the_table(void **state) {
    (void)state;
    for (int i = 0; commands_all[i]; i++)
        for (const char *line = commands_all[i]->help; line;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
            char option[64];
            if (sscanf(line, "  --%40[a-z-]", option) != 1 || strncmp(line, "  --", 4) != 0)
                continue;
            char dashed[80];
            snprintf(dashed, sizeof dashed, "--%s", option);
            if (!has_word(commands_all[i]->options, dashed))
                fail_msg("%s has %s in its help, not in its table", commands_all[i]->name, dashed);
        }
}

/* A page of manual: name, synopsis, description, examples, exit status, and lines that fit a
 * terminal. */
static void test_pages(void **state) {
    (void)state;
    static const char *const sections[] = {"NAME\n", "\nSYNOPSIS\n", "\nDESCRIPTION\n",
                                           "\nEXAMPLES\n", "\nEXIT STATUS\n"};
    for (int i = 0; commands_all[i]; i++) {
        struct buf page = {NULL, 0, 0};
        commands_help_one(commands_all[i], &page);
        for (size_t j = 0; j < sizeof sections / sizeof *sections; j++)
            if (!strstr(page.at, sections[j]))
                fail_msg("%s has no section%s", commands_all[i]->name, sections[j]);
        for (const char *line = page.at; *line; line += strcspn(line, "\n") + 1)
            if (strcspn(line, "\n") > 130)
                fail_msg("%s: too long: %.200s", commands_all[i]->name, line);
        static const char *const statuses[] = {"\n  0 ", "\n  64 "};
        for (size_t j = 0; j < 2; j++)
            if (!strstr(page.at, statuses[j]))
                fail_msg("%s: exit status%s is not told of", commands_all[i]->name, statuses[j]);
        assert_true(commands_all[i]->offline == !strstr(page.at, "\nSETTINGS\n"));
        buf_free(&page);
    }
}

/* `--json` for every form of every command, and what it writes: {its members}. */
static void test_json_everywhere(void **state) {
    (void)state;
    for (int i = 0; commands_all[i]; i++) {
        const struct command *command = commands_all[i];
        struct buf page = {NULL, 0, 0};
        commands_help_one(command, &page);
        if (!has_word(command->options, "--json"))
            fail_msg("%s has no --json in its table", command->name);
        char *forms = strstr(page.at, "\nSYNOPSIS\n") + strlen("\nSYNOPSIS\n"), *rest = NULL;
        *strstr(forms, "\n\n") = '\0';
        for (char *form = strtok_r(forms, "\n", &rest); form; form = strtok_r(NULL, "\n", &rest))
            if (!has_word(form, "--json")) fail_msg("no --json:%s", form);
        buf_free(&page);

        const char *said = strstr(command->help, "\n  --json ");
        if (!said) fail_msg("%s does not say what --json writes", command->name);
        const char *members = strchr(said, '{');
        const char *next = strstr(said + 1, "\n  --");
        const char *end = strstr(said + 1, "\n\n");
        if (next && next < end) end = next;
        if (!members || members > end) fail_msg("%s: --json writes which members?", command->name);
    }
}

static void test_synopsis(void **state) {
    (void)state;
    static const struct command several = {.name = "sla",
                                           .usage = "sla due FILE | explain [--a | --b] CASE",
                                           .about = "x",
                                           .help = ""};
    struct buf page = {NULL, 0, 0};
    commands_help_one(&several, &page);
    assert_non_null(strstr(page.at, "SYNOPSIS\n  redressctl sla due FILE\n  redressctl sla explain "
                                    "[--a | --b] CASE\n\nDESCRIPTION\n"));
    buf_free(&page);
}

/* What bash offers for a line, by the script itself. */
static const char *complete(const char *words, int current) {
    static char offered[4096];
    char path[] = "/tmp/redress-test-completion-XXXXXX", command[512];
    struct buf script = {NULL, 0, 0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(commands_completion("bash", &script), 0);
    assert_int_equal(write(fd, script.at, script.len), (ssize_t)script.len);
    close(fd);
    buf_free(&script);
    snprintf(command, sizeof command,
             "bash -c 'source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _redressctl; echo "
             "\"${COMPREPLY[*]}\"'",
             path, words, current);
    FILE *bash = popen(command, "r");
    assert_non_null(bash);
    size_t len = fread(offered, 1, sizeof offered - 1, bash);
    offered[len] = 0;
    assert_int_equal(pclose(bash), 0);
    unlink(path);
    return offered;
}

static void test_bash_completion(void **state) {
    (void)state;
    assert_string_equal(complete("redressctl pub", 1), "publish\n");
    assert_string_equal(complete("redressctl topics --part", 2), "--partitions\n");
    assert_string_equal(complete("redressctl topics cr", 2), "create\n");
    assert_string_equal(complete("redressctl help rebu", 2), "rebuild\n");
    assert_true(has_word(complete("redressctl \"\"", 1), "cases"));
}

static void test_zsh_completion(void **state) {
    (void)state;
    struct buf script = {NULL, 0, 0};
    assert_int_equal(commands_completion("zsh", &script), 0);
    assert_memory_equal(script.at, "#compdef redressctl\n", 20);
    for (int i = 0; commands_all[i]; i++) assert_true(has_word(script.at, commands_all[i]->name));
    assert_non_null(strstr(script.at, "--due-within"));
    assert_int_equal(commands_completion("tcsh", &script), -1);
    buf_free(&script);
}

/* Each line is a whole command of fish: its quotes are closed, and each command and option is
 * there. */
static void test_fish_completion(void **state) {
    (void)state;
    struct buf script = {NULL, 0, 0};

    assert_int_equal(commands_completion("fish", &script), 0);
    for (int i = 0; commands_all[i]; i++) {
        char line[200];
        snprintf(line, sizeof line, "__fish_use_subcommand -a %s -d '", commands_all[i]->name);
        assert_non_null(strstr(script.at, line));
    }
    assert_non_null(strstr(script.at, "_from acl' -a check\n"));
    assert_non_null(strstr(script.at, "_from acl' -l user\n"));
    assert_non_null(strstr(script.at, "_from cases' -l config\n"));
    for (char *rest, *line = strtok_r(script.at, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        int quotes = 0;
        for (char *at = line; *at && *line != '#'; at++)
            quotes += *at == '\'' && (at == line || at[-1] != '\\');
        assert_int_equal(quotes % 2, 0);
    }
    buf_free(&script);
}

/* Only requests of ours begin a line, and every page is there. */
static void test_man(void **state) {
    (void)state;
    static const char *const requests[] = {".\\\"", ".TH ", ".SH ", ".nf", ".fi"};
    struct buf page = {NULL, 0, 0};

    commands_man(&page);
    for (int i = 0; commands_all[i]; i++) {
        char line[100];
        snprintf(line, sizeof line, "\n.SH \"%s\"\n", commands_all[i]->name);
        assert_non_null(strstr(page.at, line));
    }
    for (char *rest, *line = strtok_r(page.at, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        bool known = *line != '.' && *line != '\'';
        for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
            known |= strncmp(line, requests[i], strlen(requests[i])) == 0;
        if (!known) fail_msg("a request: %s", line);
    }
    buf_free(&page);
}

/* main() as a whole, with what goes to the terminal thrown away. */
static int run(const char *first, const char *second) {
    char *argv[] = {(char *)"redressctl", (char *)first, (char *)second, NULL};
    int argc = first ? second ? 3 : 2 : 1;
    fflush(stdout);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), nothing = open("/dev/null", O_WRONLY);
    assert_true(nothing >= 0);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    close(nothing);
    int status = commands_main(argc, argv);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    return status;
}

static void test_main(void **state) {
    (void)state;
    assert_int_equal(run(NULL, NULL), EXIT_BAD_USAGE);
    assert_int_equal(run("--help", NULL), EXIT_OK);
    assert_int_equal(run("--version", NULL), EXIT_OK);
    assert_int_equal(run("help", "settings"), EXIT_OK);
    assert_int_equal(run("help", "nothing"), EXIT_BAD_USAGE);
    assert_int_equal(run("topcis", NULL), EXIT_BAD_USAGE);
    assert_int_equal(run("completion", "tcsh"), EXIT_BAD_USAGE);
    assert_int_equal(run("completion", NULL), EXIT_BAD_USAGE);
    for (int i = 0; commands_all[i]; i++) {
        assert_int_equal(run(commands_all[i]->name, "--help"), EXIT_OK);
        assert_int_equal(run(commands_all[i]->name, "--no-such-option"), EXIT_BAD_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_help_mentions_options),
        cmocka_unit_test(test_options_are_in_the_table),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_json_everywhere),
        cmocka_unit_test(test_synopsis),
        cmocka_unit_test(test_bash_completion),
        cmocka_unit_test(test_zsh_completion),
        cmocka_unit_test(test_fish_completion),
        cmocka_unit_test(test_man),
        cmocka_unit_test(test_main),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
