/* redressctl sla: deadlines computed, tried out and explained, without Kafka. */
#include "redressctl/policy/ctl_sla.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"
#include "redressctl/help_texts.h"
#include <stdio.h>
#include <string.h>

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
    } parts[] = {
        {"due", ctl_sla_due}, {"simulate", ctl_sla_simulate}, {"explain", ctl_sla_explain}};
    for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof *parts; i++)
        if (strcmp(argv[1], parts[i].name) == 0) return parts[i].run(argc - 1, argv + 1);
    return commands_usage(&ctl_sla);
}

const struct command ctl_sla = {
    .name = "sla",
    .usage = "sla due [--json] FILE | simulate --policies DIR [--policies DIR] [--until TIME] "
             "[--summary] [--json] FILE | explain [--policies DIR] [--until TIME] [--events FILE] "
             "[--json] CASE",
    .about = "compute deadlines, try policies out on real events, explain a case",
    .help = help_sla,
    .options = "due simulate explain --policies --until --summary --events --json",
    .run = run,
    .offline = true,
};
