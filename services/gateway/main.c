/* redress-gateway: from redress.deliveries and redress.settlements to those who send and pay: by
 * webhook, by mail, or to a file; see gateway.h. */
#include "base/clock.h"
#include "base/log.h"
#include "base/options.h"
#include "base/pipes.h"
#include "gateway/gateway.h"
#include "gateway/sender.h"
#include "outside/kafka.h"
#include "runtime/engine.h"
#include "runtime/health.h"
#include "runtime/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "redress-gateway: sends messages and settlement orders on, by webhook, mail or to a file\n"
    "\n"
    "Usage: redress-gateway [--config FILE] [--check] [--version] [--help]\n"
    "\n"
    "  --config FILE  settings in YAML; the environment wins over it\n"
    "  --check        check settings and gateway.yaml, list every error, and exit\n"
    "\n"
    "Lanes, receivers and retries: gateway.yaml in the policies' folder.\n"
    "Exit status: 0 clean, 64 usage, 70 cannot go on, 78 configuration.\n";

struct program {
    struct arena *arena;
    struct config config;
    struct gateway_policy policy;
};

/* Everything that can be wrong is listed at once. */
static int configure(struct program *program, const char *file, struct buf *errors) {
    struct err err;
    int bad = config_load(file, environ, program->arena, &program->config, errors);

    bad |= kafka_check(&program->config, errors);
    const char *dir = program->config.policy_dir;
    if (gateway_policy_read(dir, program->arena, &program->policy, errors) < 0) return -1;
    const struct gateway_lane *lanes = program->policy.lanes.at;
    for (int i = 0; i < program->policy.lanes.count; i++) {
        if (sender_target_new(&lanes[i], program->arena, &err)) continue;
        buf_printf(errors, "%s/gateway.yaml: lanes[%d]: %s\n", dir, i, err.text);
        bad = -1;
    }

    return bad;
}

static int run(struct program *program) {
    struct config *config = &program->config;
    enum log_level level = LOG_INFO;
    struct http *http = NULL;
    char host[100] = "";

    if (log_parse_level(config->log_level, &level) < 0) level = LOG_INFO;
    gethostname(host, sizeof host - 1);
    if (!config->instance)
        config->instance = arena_printf(program->arena, "%s-%d-%llx", host, (int)getpid(),
                                        (unsigned long long)clock_now_ms());
    log_init("gateway", config->instance, level);
    engine_signals((unsigned)(config->drain_ms / 1000 + 1));
    health_init(config->unproven_ms);
    health_turned(false);
    if (health_serve(config->http_listen, &http) < 0) return EXIT_BAD_CONFIG;
    log_say(LOG_INFO, "started", "version", REDRESS_VERSION, "librdkafka", kafka_library_version(),
            "policy", program->policy.version, NULL);
    int status = gateway_run(config, &program->policy);
    http_stop(http);

    return status;
}

static int parse(int argc, char **argv, const char **file_out, bool *check_out) {
    bool version = false;
    bool is_help = false;
    const struct options_row options[] = {{"--config", file_out, NULL},
                                          {"--check", NULL, check_out},
                                          {"--version", NULL, &version},
                                          {"--help", NULL, &is_help},
                                          {NULL, NULL, NULL}};
    struct err err;
    int bad = options_take(options, &argc, argv, &err);

    if (!bad && argc > 1) bad = err_set(&err, "unexpected argument %s", argv[1]);
    if (bad) {
        fprintf(stderr, "redress-gateway: %s; see --help\n", err.text);
        return EXIT_BAD_USAGE;
    }
    if (version)
        printf("redress-gateway %s (librdkafka %s)\n", REDRESS_VERSION, kafka_library_version());
    if (is_help) fputs(help, stdout);

    return version || is_help ? EXIT_OK : -1;
}

int main(int argc, char **argv) {
    const char *file = NULL;
    bool check = false;
    memory_keep_private();
    pipes_survive();
    int status = parse(argc, argv, &file, &check);

    if (status >= 0) return status;
    struct program program = {.arena = arena_new()};
    struct buf errors = {0};
    if (configure(&program, file, &errors) < 0) {
        fprintf(stderr, "%sredress-gateway: not started; mend the errors above\n",
                errors.at ? errors.at : "");
        status = EXIT_BAD_CONFIG;
    } else if (check) {
        printf("redress-gateway: settings and gateway.yaml are good\n");
        status = EXIT_OK;
    } else {
        status = run(&program);
    }
    buf_free(&errors);
    arena_free(program.arena);

    return status;
}
