/* commands: the table, and what is made from it: help, completion, the answer to a mistyped name.
 */
#include "redressctl/commands.h"
#include "base/suggest.h"
#include "outside/config.h"
#include "redressctl/ctl_out.h"
#include "redressctl/ctl_row.h"

#include <stdio.h>
#include <string.h>

const struct command *const commands_all[] = {
    &ctl_publish,     &ctl_cases,     &ctl_case,     &ctl_top,
    &ctl_events,      &ctl_approvals, &ctl_approve,  &ctl_reject,
    &ctl_budgets,     &ctl_rejected,  &ctl_classify, &ctl_train,
    &ctl_labels,      &ctl_rebuild,   &ctl_topics,   &ctl_offsets,
    &ctl_repartition, &ctl_contract,  &ctl_sla,      &ctl_compensation,
    &ctl_drill,       &ctl_notify,    &ctl_visit,    &ctl_acl,
    &ctl_lag,         &ctl_doctor,    &ctl_cohorts,  &ctl_recoveries,
    &ctl_causes,      &ctl_erase,     NULL};

/* Behind the help of each command that needs them. */
static const char settings_help[] =
    "\n"
    "SETTINGS\n"
    "  --config FILE   settings as YAML; variables of the environment win over it\n"
    "  The environment says where things are: REDRESS_KAFKA_BOOTSTRAP_SERVERS, REDRESS_REDIS_URL,\n"
    "  REDRESS_TOPIC_PREFIX; `redressctl help settings` lists all.\n";

const struct command *commands_find(const char *name) {
    for (int i = 0; commands_all[i]; i++)
        if (strcmp(commands_all[i]->name, name) == 0) return commands_all[i];
    return NULL;
}

const char *commands_nearest(const char *name) {
    struct suggest nearest = {.word = name};
    for (int i = 0; commands_all[i]; i++) suggest_offer(&nearest, commands_all[i]->name);
    suggest_offer(&nearest, "help");
    suggest_offer(&nearest, "completion");
    return suggest_best(&nearest);
}

void commands_help(struct buf *out) {
    buf_puts(out, "redressctl - the operator's command line of Redress\n"
                  "\n"
                  "  redressctl COMMAND [ARGUMENT...]\n"
                  "  redressctl help COMMAND     what a command does, in full\n"
                  "  redressctl help settings    every setting, its variable, default and meaning\n"
                  "  redressctl help man         all pages as redressctl(1), for man -l\n"
                  "  redressctl completion bash|zsh|fish\n"
                  "  redressctl --version\n"
                  "\n"
                  "COMMANDS\n");
    for (int i = 0; commands_all[i]; i++)
        buf_printf(out, "  %-12s %s\n", commands_all[i]->name, commands_all[i]->about);
    buf_puts(out, "\n"
                  "Results go to stdout, words for people to stderr. Every command takes --json: "
                  "then all of\n"
                  "stdout are JSON lines, an object each, and what is wrong stands there as "
                  "{\"error\": \"...\"},\n"
                  "beside the words. Exit status: 0 done, 64 usage, 70 cannot go on, 75 not yet, "
                  "78 bad settings.\n");
}

/* "sla due FILE | simulate FILE": a line each for what stands beside each other outside of
 * brackets. */
static void synopsis(const struct command *command, struct buf *out) {
    int depth = 0;

    buf_puts(out, "  redressctl ");
    for (const char *at = command->usage; *at; at++) {
        depth += (*at == '[') - (*at == ']');
        if (depth > 0 || strncmp(at, " | ", 3) != 0) {
            buf_add(out, at, 1);
            continue;
        }
        buf_printf(out, "\n  redressctl %s ", command->name);
        at += 2;
    }
    buf_puts(out, "\n");
}

void commands_help_one(const struct command *command, struct buf *out) {
    buf_printf(out, "NAME\n  redressctl %s - %s\n\nSYNOPSIS\n", command->name, command->about);
    synopsis(command, out);
    buf_puts(out, "\nDESCRIPTION\n");
    /* The description is indented here; sections of the help (in capitals, at the margin) stay
     * where they are. */
    bool described = false;
    for (const char *line = command->help; *line;) {
        size_t len = strcspn(line, "\n");
        described = described || (len > 3 && strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == len);
        if (len > 0 && !described && *line != ' ') buf_puts(out, "  ");
        buf_add(out, line, len);
        buf_puts(out, "\n");
        line += len + (line[len] == '\n');
    }
    if (!command->offline) buf_puts(out, settings_help);
}

static void names(struct buf *out) {
    for (int i = 0; commands_all[i]; i++) buf_printf(out, "%s ", commands_all[i]->name);
    buf_puts(out, "help completion");
}

static const char *with_config(const struct command *command) {
    if (command->offline) return "";
    return " --config";
}

static void completion_bash(struct buf *out) {
    buf_puts(out, "# bash completion of redressctl: source <(redressctl completion bash)\n"
                  "_redressctl() {\n"
                  "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"");
    names(out);
    buf_puts(out, " --help --version\"\n    else case ${COMP_WORDS[1]} in\n        help) "
                  "words=\"settings man ");
    names(out);
    buf_puts(out, "\" ;;\n        completion) words=\"bash zsh fish\" ;;\n");
    for (int i = 0; commands_all[i]; i++)
        buf_printf(out, "        %s) words=\"%s%s --help\" ;;\n", commands_all[i]->name,
                   commands_all[i]->options, with_config(commands_all[i]));
    buf_puts(out, "    esac; fi\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                  "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
                  "}\n"
                  "complete -o filenames -F _redressctl redressctl\n");
}

/* A description within single quotes: no quote, no colon (which would end the name). */
static void zsh_text(struct buf *out, const char *text) {
    for (; *text; text++)
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_printf(out, "%s%c", *text == ':' ? "\\" : "", *text);
}

static void completion_zsh(struct buf *out) {
    buf_puts(out, "#compdef redressctl\n"
                  "# zsh completion of redressctl: source <(redressctl completion zsh)\n"
                  "_redressctl() {\n"
                  "    local -a commands\n"
                  "    commands=(\n");
    for (int i = 0; commands_all[i]; i++) {
        buf_printf(out, "        '%s:", commands_all[i]->name);
        zsh_text(out, commands_all[i]->about);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "        'help:what a command does, in full'\n        'completion:for bash, zsh "
                  "or fish'\n    )\n"
                  "    if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
                  "    case ${words[2]} in\n"
                  "        help) compadd settings man ");
    names(out);
    buf_puts(out, " ;;\n        completion) compadd bash zsh fish ;;\n");
    for (int i = 0; commands_all[i]; i++)
        buf_printf(out, "        %s) compadd -- %s%s --help; _files ;;\n", commands_all[i]->name,
                   commands_all[i]->options, with_config(commands_all[i]));
    buf_puts(out, "    esac\n}\ncompdef _redressctl redressctl\n");
}

/* A text within single quotes of fish. */
static void fish_text(struct buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') buf_puts(out, "\\");
        buf_add(out, text, 1);
    }
}

/* A word that begins with -- is an option to fish, any other a word. */
static void fish_words(struct buf *out, const char *command, const char *words) {
    while (*words) {
        size_t len = strcspn(words, " ");
        bool option = len > 2 && strncmp(words, "--", 2) == 0;
        buf_printf(out, "complete -c redressctl -n '__fish_seen_subcommand_from %s' %s %.*s\n",
                   command, option ? "-l" : "-a", (int)len - (option ? 2 : 0),
                   words + (option ? 2 : 0));
        words += len + strspn(words + len, " ");
    }
}

static void completion_fish(struct buf *out) {
    static const char begin[] = "complete -c redressctl -f -n __fish_use_subcommand";
    struct buf all = {NULL, 0, 0};

    buf_puts(out, "# fish completion of redressctl: redressctl completion fish | source\n");
    for (int i = 0; commands_all[i]; i++) {
        buf_printf(out, "%s -a %s -d '", begin, commands_all[i]->name);
        fish_text(out, commands_all[i]->about);
        buf_puts(out, "'\n");
        fish_words(out, commands_all[i]->name, commands_all[i]->options);
        if (!commands_all[i]->offline) fish_words(out, commands_all[i]->name, "--config");
    }
    buf_printf(out, "%s -a help -d 'what a command does, in full'\n", begin);
    buf_printf(out, "%s -a completion -d 'for bash, zsh or fish'\n", begin);
    names(&all);
    fish_words(out, "help", all.at);
    fish_words(out, "help", "settings man");
    fish_words(out, "completion", "bash zsh fish");
    buf_free(&all);
}

int commands_completion(const char *shell, struct buf *out) {
    if (strcmp(shell, "bash") == 0)
        completion_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        completion_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        completion_fish(out);
    else
        return -1;
    return 0;
}

static int print(struct buf *buf) {
    ctl_page(buf->at);
    buf_free(buf);
    if (ctl_flush() == 0) return EXIT_OK;
    return EXIT_CANNOT_GO_ON;
}

int commands_usage(const struct command *command) {
    struct buf line = {NULL, 0, 0};

    buf_printf(&line, "usage: redressctl %s", command->usage);
    ctl_faults(line.at);
    ctl_note("More: redressctl help %s", command->name);
    buf_free(&line);
    return EXIT_BAD_USAGE;
}

static int unknown(const char *name) {
    const char *best = commands_nearest(name);

    if (best)
        ctl_error(NULL, "unknown command \"%s\", did you mean %s?", name, best);
    else
        ctl_error(NULL, "unknown command \"%s\"", name);
    ctl_note("redressctl --help lists all commands");
    return EXIT_BAD_USAGE;
}

static int help(const char *name) {
    struct buf buf = {NULL, 0, 0};
    const struct command *command = NULL;
    if (name) command = commands_find(name);

    if (!name)
        commands_help(&buf);
    else if (command)
        commands_help_one(command, &buf);
    else if (strcmp(name, "settings") == 0)
        config_document(&buf);
    else if (strcmp(name, "man") == 0)
        commands_man(&buf);
    else
        return unknown(name);
    return print(&buf);
}

static bool has_flag(int argc, char **argv, const char *flag) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], flag) == 0) return true;
    return false;
}

static void version(bool as_json) {
    struct ctl_row row;
    if (!as_json) {
        ctl_line("redressctl %s", REDRESS_VERSION);
        return;
    }

    ctl_row_begin(&row);
    ctl_row_text(&row, "version", REDRESS_VERSION);
    ctl_row_end(&row);
}

static int completion(const char *shell) {
    struct buf buf = {NULL, 0, 0};
    if (shell && commands_completion(shell, &buf) == 0) return print(&buf);
    ctl_note("redressctl completion: expected bash, zsh or fish");
    return EXIT_BAD_USAGE;
}

int commands_main(int argc, char **argv) {
    const char *name = NULL;
    if (argc > 1) name = argv[1];
    const char *next = NULL;
    if (argc > 2) next = argv[2];

    bool as_json = has_flag(argc, argv, "--json");
    ctl_errors_as_json(as_json);
    if (!name) {
        struct buf buf = {NULL, 0, 0};
        commands_help(&buf);
        ctl_notes(buf.at);
        buf_free(&buf);
        return EXIT_BAD_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) return help(next);
    if (strcmp(name, "--version") == 0) {
        version(as_json);
        if (ctl_flush() == 0) return EXIT_OK;
        return EXIT_CANNOT_GO_ON;
    }
    if (strcmp(name, "completion") == 0) return completion(next);
    const struct command *command = commands_find(name);
    if (!command) return unknown(name);
    if (has_flag(argc - 1, argv + 1, "--help")) return help(name);
    int status = command->run(argc - 1, argv + 1);
    if (ctl_flush() != 0) { /* a full disk or a closed pipe must not look like success */
        ctl_note("redressctl %s: cannot write the result", name);
        return EXIT_CANNOT_GO_ON;
    }

    return status;
}
