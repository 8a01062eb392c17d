/* commands: the operator's command line, one row a command (table in main.c). Each command lives in ctl_<name>.c; it writes results to
 * stdout, people's words to stderr, and returns an exit status of CONTRACT.md. */
#ifndef REDRESS_COMMANDS_H
#define REDRESS_COMMANDS_H

struct command {
    const char *name;  /* "publish" */
    const char *usage; /* "publish FILE" */
    const char *about; /* one line for the list */
    const char *help;  /* the rest of --help: options, input, output, examples, exit status */
    const char *options; /* its long options and subcommands separated by blanks, for shell completion */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command ctl_publish, ctl_topics, ctl_cases, ctl_case, ctl_top, ctl_rejected, ctl_sla, ctl_classify, ctl_train,
    ctl_labels, ctl_rebuild, ctl_contract;

#endif
