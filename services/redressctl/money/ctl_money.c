/* redressctl compensation: why a case is offered what it is, and what a policy would cost. */
#include "redressctl/money/ctl_money.h"
#include "classification/classification.h"
#include "compensation/compensation.h"
#include "intake/intake.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"
#include "redressctl/help_texts.h"
#include "sla/sla.h"

#include <string.h>

int ctl_money_fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ctl_complain("compensation", fmt, args);
    va_end(args);
    return EXIT_CANNOT_GO_ON;
}

struct rehearse *ctl_money_rehearse(const char *dir, const struct worker_spec *spec,
                                    rehearse_listener *listener, void *context) {
    const struct worker_spec *const specs[] = {&intake_spec, &classification_spec, &sla_spec, spec};
    struct rehearse *rehearse = rehearse_new(listener, context);
    struct buf errors = {0};
    int bad = 0;

    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        bad |= rehearse_add(rehearse, specs[i], dir, &errors);
    if (bad) ctl_faults(errors.at);
    buf_free(&errors);
    if (!bad) return rehearse;
    rehearse_free(rehearse);

    return NULL;
}

static int run(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "explain") == 0) return ctl_money_explain(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "simulate") == 0) return ctl_money_simulate(argc - 1, argv + 1);
    return commands_usage(&ctl_compensation);
}

const struct command ctl_compensation = {
    .name = "compensation",
    .usage = "compensation explain [--policies DIR] [--until TIME] [--events FILE] [--json] CASE | "
             "simulate --policies DIR [--policies DIR] [--until TIME] [--json] FILE",
    .about = "why a case is offered what it is, and what a policy costs on real events",
    .help = help_compensation,
    .options = "explain simulate --policies --until --events --json",
    .run = run,
    .offline = true,
};
