/* redress-board: what is due, what is late, where it hurts: in the browser, and for programs; see
 * board.h. */
#include "base/clock.h"
#include "base/log.h"
#include "base/options.h"
#include "base/pipes.h"
#include "board/board.h"
#include "outside/kafka.h"
#include "runtime/engine.h"
#include "runtime/health.h"
#include "runtime/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "redress-board: what is due, late and waiting, in the browser\n"
    "\n"
    "Usage: redress-board [--listen HOST:PORT] [--allow-decisions] [--config FILE] [--check]\n"
    "                     [--version] [--help]\n"
    "\n"
    "  --listen HOST:PORT  where it is; board.yaml says so otherwise, and without that it is\n"
    "                      127.0.0.1:9180. Beyond this host people sign in\n"
    "  --allow-decisions   who has signed in may approve and reject proposals, as himself\n"
    "  --config FILE       settings in YAML; the environment wins over it\n"
    "  --check             check settings and board.yaml, list every error, and exit\n"
    "\n"
    "Who may see and do what: board.yaml in the policies' folder. Without it: who is on this host\n"
    "may look, and nobody sees personal data.\n"
    "Exit status: 0 clean, 64 usage, 70 cannot go on, 78 configuration.\n";

struct program {
    const char *file, *listen;
    bool check, decides;
    struct arena *arena;
    struct config config;
    struct board_policy policy;
};

/* Everything that can be wrong is listed at once. */
static int configure(struct program *program, struct buf *errors) {
    struct board_policy *policy = &program->policy;
    int bad = config_load(program->file, environ, program->arena, &program->config, errors);

    bad |= kafka_check(&program->config, errors);
    bad |= board_policy_read(program->config.policy_dir, program->arena, policy, errors);
    if (bad || !program->listen) return bad;
    policy->listen = program->listen;
    if (board_policy_is_loopback(policy->listen) || policy->tokens_file || policy->proxy ||
        policy->anonymous == BOARD_EVERYBODY)
        return 0;
    buf_printf(errors,
               "--listen %s: beyond this host people sign in: board.yaml needs `tokens_file`, "
               "`proxy`, or `anonymous: everybody`\n",
               policy->listen);
    return -1;
}

static int run(struct program *program) {
    struct config *config = &program->config;
    enum log_level level = LOG_INFO;
    struct http *http = NULL;

    if (log_parse_level(config->log_level, &level) < 0) level = LOG_INFO;
    log_init("board", config->instance, level);
    engine_signals((unsigned)(config->drain_ms / 1000 + 1));
    health_init(config->unproven_ms);
    health_turned(false);
    if (health_serve(config->http_listen, &http) < 0) return EXIT_BAD_CONFIG;
    log_say(LOG_INFO, "started", "version", REDRESS_VERSION, "policy", program->policy.version,
            NULL);
    int status = board_run(config, &program->policy, program->decides);
    http_stop(http);

    return status;
}

static int parse(int argc, char **argv, struct program *program) {
    bool version = false;
    bool is_help = false;
    const struct options_row options[] = {{"--config", &program->file, NULL},
                                          {"--listen", &program->listen, NULL},
                                          {"--allow-decisions", NULL, &program->decides},
                                          {"--check", NULL, &program->check},
                                          {"--version", NULL, &version},
                                          {"--help", NULL, &is_help},
                                          {NULL, NULL, NULL}};
    struct err err;
    int bad = options_take(options, &argc, argv, &err);

    if (!bad && argc > 1) bad = err_set(&err, "unexpected argument %s", argv[1]);
    if (bad) {
        fprintf(stderr, "redress-board: %s; see --help\n", err.text);
        return EXIT_BAD_USAGE;
    }
    if (version) printf("redress-board %s\n", REDRESS_VERSION);
    if (is_help) fputs(help, stdout);

    return version || is_help ? EXIT_OK : -1;
}

int main(int argc, char **argv) {
    memory_keep_private();
    pipes_survive();
    struct program program = {.file = NULL};
    struct buf errors = {0};
    int status = parse(argc, argv, &program);

    if (status >= 0) return status;
    program.arena = arena_new();
    if (configure(&program, &errors) < 0) {
        fprintf(stderr, "%sredress-board: not started; mend the errors above\n",
                errors.at ? errors.at : "");
        status = EXIT_BAD_CONFIG;
    } else if (program.check) {
        printf("redress-board: settings and board.yaml are good\n");
        status = EXIT_OK;
    } else {
        status = run(&program);
    }
    buf_free(&errors);
    arena_free(program.arena);

    return status;
}
