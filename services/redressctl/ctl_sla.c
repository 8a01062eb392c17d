/* redressctl sla: deadlines computed, tried out and explained, without Kafka. */
#include "ctl_sla.h"
#include "commands.h"
#include "ctl_out.h"
#include <stdio.h>
#include <string.h>

int ctl_sla_usage(void) {
    ctl_note("usage: redressctl %s", ctl_sla.usage);
    ctl_note("More: redressctl help sla");
    return EXIT_BAD_USAGE;
}

int ctl_sla_fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ctl_complain("sla", fmt, args);
    va_end(args);
    return EXIT_CANNOT_GO_ON;
}

static int run(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } parts[] = {{"due", ctl_sla_due}, {"simulate", ctl_sla_simulate}, {"explain", ctl_sla_explain}};
    for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof *parts; i++)
        if (strcmp(argv[1], parts[i].name) == 0) return parts[i].run(argc - 2, argv + 2);
    return ctl_sla_usage();
}

const struct command ctl_sla = {
    .name = "sla",
    .usage = "sla due FILE | simulate --policies DIR [--policies DIR] [--until TIME] [--summary] FILE | "
             "explain [--policies DIR] [--until TIME] [--events FILE] [--json] CASE",
    .about = "compute deadlines, try policies out on real events, explain a case",
    .help = "`due` reads lines {id, calendar, start, target_seconds, events: [{type: \"pause\"|\"resume\", at}]} and "
            "writes\n"
            "{id, due_at, intervals: [[from, to]]}; with `target` (\"24h\", \"3wd\") in place of seconds; with `end` "
            "instead\n"
            "{id, elapsed_seconds}. due_at is null while paused without an end.\n"
            "`simulate` reads inbound CloudEvents, one a line, in the order of their times, and writes the sla.* "
            "events that the\n"
            "policies in DIR would give, in virtual time. It fires what is due up to the last event, or to TIME. A "
            "summary goes to\n"
            "stderr. With two folders it says what differs.\n"
            "`explain` tells of each deadline of a case: policy and target, what counted, what did not and why; from "
            "the events in\n"
            "a file, or from Redis and under the policy version that the case keeps (redress.policies has it).\n"
            "\n"
            "FILE - is standard input.\n"
            "\n"
            "OPTIONS\n"
            "  --policies DIR   the folder with sla.yaml and classification.yaml; REDRESS_POLICY_DIR, else "
            "the installation's\n"
            "  --until TIME     RFC 3339: let time pass until then\n"
            "  --summary        simulate: the summary only, no events\n"
            "  --events FILE    explain: the case's events as JSON lines\n"
            "  --json           explain: JSON in place of lines for people\n"
            "\n"
            "EXAMPLES\n"
            "  redressctl sla simulate --policies draft --until 2026-11-30T00:00:00Z october.jsonl > sla.jsonl\n"
            "  redressctl sla due cases.jsonl\n"
            "\n"
            "EXIT STATUS\n"
            "  0   done\n"
            "  64  usage\n"
            "  70  FILE or some of its lines cannot be read; explain: no such case, or it cannot be seen now\n"
            "  78  the policies have faults\n",
    .options = "due simulate explain --policies --until --summary --events --json",
    .run = run,
    .offline = true,
};
