/* commands: the operator's command line, one row a command (table in commands.c). Each command
 * lives in ctl_<name>.c; it writes results to stdout, people's words to stderr, and returns an exit
 * status of deploy/docs/running.md. */
#ifndef REDRESS_COMMANDS_H
#define REDRESS_COMMANDS_H

#include "base/arena.h"
#include <stdbool.h>

struct command {
    const char *name;  /* "publish" */
    const char *usage; /* "publish FILE" */
    const char *about; /* one line for the list */
    const char *help;  /* the rest of --help: options, input, output, examples, exit status */
    const char
        *options; /* its long options and subcommands separated by blanks, for shell completion */
    bool offline; /* needs neither Kafka nor Redis, and takes no --config */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command ctl_publish, ctl_topics, ctl_events, ctl_cases, ctl_case, ctl_top,
    ctl_approvals, ctl_approve, ctl_reject, ctl_rejected, ctl_sla, ctl_classify, ctl_compensation,
    ctl_budgets, ctl_train, ctl_labels, ctl_rebuild, ctl_contract, ctl_notify, ctl_acl, ctl_offsets,
    ctl_repartition, ctl_visit, ctl_lag, ctl_doctor, ctl_drill, ctl_cohorts, ctl_recoveries,
    ctl_causes, ctl_erase;

/* The table; ends with NULL. */
extern const struct command *const commands_all[];
const struct command *commands_find(const char *name); /* NULL: unknown */
const char *commands_nearest(const char *name); /* the command meant by a mistyped name, or NULL */

/* The list of commands; one command's page; a shell's completion (bash, zsh, fish; -1 for another
 * shell). */
void commands_help(struct buf *out);
void commands_help_one(const struct command *command, struct buf *out);
int commands_completion(const char *shell, struct buf *out) MUST_CHECK;
/* All of it as redressctl(1), in troff's language. */
void commands_man(struct buf *out);

/* For commands that read their arguments by themselves: says how it is called. EXIT_BAD_USAGE. */
int commands_usage(const struct command *command);

/* The whole program; returns its exit status. */
int commands_main(int argc, char **argv);

#endif
