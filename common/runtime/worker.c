/* worker: from the command line to the loop and out again. */
#include "runtime/worker.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/pipes.h"
#include "data/calendar_zone.h"
#include "outside/redis_errors.h"
#include "runtime/health.h"
#include "runtime/keyed.h"
#include "runtime/map.h"
#include "runtime/memory.h"
#include "runtime/permissions_try.h"
#include "runtime/renew.h"
#include "runtime/watch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

struct process {
    struct engine engine;
    struct config config;
    struct http *http;
};

/* ---- The command line ---- */

static void print_help(const struct worker_spec *spec, FILE *to) {
    struct buf buf = {0};

    config_document(&buf);
    fprintf(to,
            "redress-%s: %s\n\nUsage: redress-%s [--config FILE] [--check] [--version] [--help]\n\n"
            "  --config FILE  settings in YAML; the environment wins over it\n"
            "  --check        check settings and policies, list every error, else the settings in "
            "force\n\n"
            "Signals: SIGTERM and SIGINT drain and leave the group; SIGHUP reloads policies\n"
            "and secrets.\n"
            "Exit status: 0 clean, 64 usage, 70 cannot go on, 78 configuration.\n\nSettings\n\n%s",
            spec->name, spec->about, spec->name, buf.at ? buf.at : "");
    buf_free(&buf);
}

/* -1: go on; otherwise the exit status. */
static int parse_options(const struct worker_spec *spec, int argc, char **argv,
                         const char **file_out, bool *check_out) {
    bool version = false;
    bool help = false;
    const struct options_row options[] = {{"--config", file_out, NULL},
                                          {"--check", NULL, check_out},
                                          {"--version", NULL, &version},
                                          {"--help", NULL, &help},
                                          {NULL, NULL, NULL}};
    struct err err;

    int bad = options_take(options, &argc, argv, &err);
    if (!bad && argc > 1) bad = err_set(&err, "unexpected argument %s", argv[1]);
    if (bad) {
        fprintf(stderr, "redress-%s: %s; see --help\n", spec->name, err.text);
        return EXIT_BAD_USAGE;
    }
    if (version)
        printf("redress-%s %s (librdkafka %s)\n", spec->name, REDRESS_VERSION,
               kafka_library_version());
    if (help) print_help(spec, stdout);

    return version || help ? EXIT_OK : -1;
}

/* ---- Configuration ---- */

static const char *default_instance(struct arena *arena) {
    char host[100] = "";
    gethostname(host, sizeof host - 1);
    return arena_printf(arena, "%s-%d-%llx", host, (int)getpid(),
                        (unsigned long long)clock_now_ms());
}

/* Everything that can be wrong is listed at once. */
static int configure(struct process *process, const char *file, struct buf *errors) {
    struct engine *engine = &process->engine;
    struct arena *arena = arena_new();
    int bad = config_load(file, environ, arena, &process->config, errors) < 0;

    engine->config = &process->config;
    engine->kafka = (struct kafka){.config = &process->config, .worker = engine->spec->name};
    bad |= kafka_check(&process->config, errors) < 0;
    engine->store = policy_store_new(engine->spec, process->config.policy_dir, &engine->policies);
    bad |= policy_store_load(engine->store, errors) < 0;
    struct err err;
    bool needs_redis = engine->spec->kind == WORKER_KEYED || engine->spec->ask;
    if (needs_redis) engine->redis = redis_of(&process->config, &err);
    if (needs_redis && !engine->redis) buf_printf(errors, "%s\n", err.text);
    bad |= needs_redis && !engine->redis;
    enum log_level level;
    bad |= log_parse_level(process->config.log_level, &level) < 0;

    if (bad) return -1;
    return 0;
}

/* ---- Checks at start, repeated until Kafka and Redis answer ---- */

static enum outcome check_counts(struct engine *engine, struct err *err) {
    enum topic equal[] = {TOPIC_NONE /* its input */, TOPIC_STATE, TOPIC_DELIVERIES,
                          TOPIC_SETTLEMENTS, TOPIC_NONE};
    int events = kafka_partitions(engine->asker, TOPIC_EVENTS, ENGINE_ASK_MS, err);

    if (events < 0) return OUTCOME_WAIT;
    if (!events) {
        err_set(err, "the topic %s.events does not exist; run `redressctl topics create`",
                engine->config->topic_prefix);
        return OUTCOME_STOP;
    }
    engine->partitions = engine->counts[TOPIC_EVENTS] = events;
    equal[0] = spec_input(engine->spec);
    for (const enum topic *topic = equal;
         *topic != TOPIC_NONE && engine->spec->kind == WORKER_KEYED; topic++) {
        int count = kafka_partitions(engine->asker, *topic, ENGINE_ASK_MS, err);
        if (count < 0) return OUTCOME_WAIT;
        engine->counts[*topic] = count;
        char name[KAFKA_NAME_MAX], first[KAFKA_NAME_MAX];
        if (count == events) continue;
        err_set(err,
                "%s has %d partitions and %s has %d: they must be equal; create it anew with "
                "`redressctl topics create --partitions %d`, or take open cases along with "
                "`redressctl repartition`",
                kafka_topic(&engine->kafka, *topic, name), count,
                kafka_topic(&engine->kafka, TOPIC_EVENTS, first), events, events);
        return OUTCOME_STOP;
    }

    return OUTCOME_DONE;
}

static enum outcome check_changelog(struct engine *engine, struct err *err) {
    char value[200], name[KAFKA_NAME_MAX];

    if (engine->spec->kind != WORKER_KEYED || engine->config->demonstration) return OUTCOME_DONE;
    if (kafka_topic_setting(engine->asker, TOPIC_STATE, "cleanup.policy", ENGINE_ASK_MS, value,
                            sizeof value, err) < 0)
        return OUTCOME_WAIT;
    if (strcmp(value, "compact") == 0) return OUTCOME_DONE;
    err_set(err,
            "%s has cleanup.policy=%s: it must be compact, or states are lost; set it with "
            "kafka-configs --alter",
            kafka_topic(&engine->kafka, TOPIC_STATE, name), value);
    return OUTCOME_STOP;
}

/* The version of our own file is in the topic before its first use. */
static enum outcome publish_policy(struct engine *engine, struct err *err) {
    struct policy_topic topic = policy_log_open(&engine->policy_log);
    const char *newer;
    enum outcome result = policy_store_publish(engine->store, &topic, &newer, err);

    if (result == OUTCOME_STOP) engine_stop(engine, EXIT_BAD_CONFIG, "policy refused", err->text);
    if (newer)
        log_say(LOG_WARN,
                "another version was published after this process' own, which new cases of its "
                "shards get",
                "own", engine->policies.current->version, "newer", newer, NULL);
    return result;
}

static enum outcome check_redis(struct engine *engine, struct err *err) {
    switch (redis_check(engine->redis, err)) {
    case REDIS_GOOD: return OUTCOME_DONE;
    case REDIS_FORGETFUL: return OUTCOME_STOP;
    case REDIS_MISCONFIGURED:
        /* What it may not do is listed with all other permissions that are missing; and a password
         * may have changed since the settings were read. */
        if (!redis_refuses(err) && !renew_turn(engine->config, &engine->settings.visit))
            engine_stop(engine, EXIT_BAD_CONFIG, "redis cannot be used", err->text);
        break;
    case REDIS_AWAY: break;
    }

    return OUTCOME_WAIT;
}

/* A Redis that is set wrongly is told before anybody waits for Kafka. */
static enum outcome check_world(struct process *process, struct err *err) {
    struct engine *engine = &process->engine;
    enum outcome outcome = OUTCOME_DONE;
    if (engine->redis) outcome = check_redis(engine, err);
    if (outcome == OUTCOME_STOP || engine->stopping) return outcome;

    struct err unsure;
    enum permissions_result permitted = permissions_try_all(engine->permissions, &unsure);
    if (permitted == PERMISSIONS_MISSING) {
        *err = unsure;
        return OUTCOME_WAIT;
    }

    if (outcome == OUTCOME_DONE) outcome = check_counts(engine, err);
    if (outcome == OUTCOME_DONE) outcome = check_changelog(engine, err);
    if (outcome == OUTCOME_DONE) outcome = bounds_ask(engine, err);
    if (outcome == OUTCOME_DONE) outcome = watch_begin(engine, err);
    if (outcome == OUTCOME_DONE) outcome = publish_policy(engine, err);
    if (outcome != OUTCOME_DONE || permitted == PERMISSIONS_DONE) return outcome;
    *err = unsure;
    return OUTCOME_WAIT;
}

static void wait_for_world(struct process *process) {
    static const struct engine_words words = {.wait = "waiting to start", .stop = "cannot start"};
    struct engine *engine = &process->engine;
    struct err err;

    while (!engine->stopping && !engine_stop_asked()) {
        health_turned(false);
        renew_turn(engine->config, &engine->settings.visit);
        arena_reset(engine->arena);
        enum outcome outcome = check_world(process, &err);
        if (engine->stopping || engine_takes(engine, outcome, &words, err.text)) break;
        while (!engine->stopping && engine_paused(engine) && !engine_stop_asked())
            usleep(10000); /* nothing to poll yet */
    }
    if (!engine->stopping && !engine_stop_asked()) engine_calm(engine);
}

/* SIGHUP: the file is read again. What is wrong with it is told, and the policies stay as they
 * were. */
static void reload(struct engine *engine) {
    renew_secrets(engine->config, &engine->settings.visit);
    struct policy_topic topic = policy_log_open(&engine->policy_log);
    struct buf errors = {0};
    bool changed;
    enum outcome result = policy_store_reload(engine->store, &topic, &changed, &errors);
    const char *version = "none";
    if (engine->policies.current) version = engine->policies.current->version;

    if (result != OUTCOME_DONE)
        log_say(LOG_ERROR, "policies not reloaded", "errors", errors.at ? errors.at : "", NULL);
    else
        log_say(LOG_INFO, changed ? "policies reloaded" : "policies unchanged", "version", version,
                NULL);
    buf_free(&errors);
}

/* ---- The process ---- */

/* The version of the time zones that calendars and messages go by. */
static const char *tzdata(struct arena *arena) {
    struct err err;
    const char *version = calendar_zone_version(arena, &err);
    return version ? version : "none";
}

static int run(struct process *process) {
    struct engine *engine = &process->engine;
    struct err err;

    engine->asker = kafka_asker_new(&engine->kafka, &err);
    if (!engine->asker) {
        log_say(LOG_ERROR, "no kafka client", "error", err.text, NULL);
        return EXIT_BAD_CONFIG;
    }
    engine->policy_log = (struct policy_log){&engine->kafka, engine->asker};
    engine->permissions = permissions_new(engine);
    if (engine->spec->ask) engine->claims = claim_store_new(engine->redis, &engine->kafka);
    wait_for_world(process);
    if (!engine->stopping && !engine_stop_asked()) {
        if (engine->config->demonstration)
            log_say(LOG_WARN, "demonstration: deadlines fire without proof", NULL);
        if (engine->spec->kind == WORKER_KEYED)
            keyed_run(engine);
        else
            map_run(engine);
    }
    log_say(LOG_INFO, "stopped", "exit", log_int(engine->exit_status), NULL);
    kafka_producer_free(engine->producer);
    kafka_asker_free(engine->asker);
    claim_store_free(engine->claims);
    permissions_free(engine->permissions);
    bounds_free(&engine->bounds);
    free(engine->begun);

    return engine->exit_status;
}

static int start(struct process *process) {
    enum log_level level = LOG_INFO;
    struct config *config = &process->config;

    if (log_parse_level(config->log_level, &level) < 0) level = LOG_INFO;
    process->engine.instance =
        config->instance ? config->instance : default_instance(config->arena);
    log_init(process->engine.spec->name, process->engine.instance, level);
    process->engine.settings =
        (struct settings){config->dedupe_for_ms, config->join_for_ms, config->late_settle_ms,
                          config->visit_secret, config->person_secret};
    process->engine.reload = reload;
    renew_begin(config);
    engine_signals((unsigned)(config->drain_ms / 1000 + 1));
    engine_metrics(&process->engine);
    if (config->otlp_url)
        process->engine.spans = spans_new(
            config->otlp_url, arena_printf(config->arena, "redress-%s", process->engine.spec->name),
            process->engine.instance);
    health_init(config->unproven_ms);
    process->engine.committed_ms = clock_boot_ms();
    health_turned(false);
    if (health_serve(config->http_listen, &process->http) < 0) return EXIT_BAD_CONFIG;
    log_say(LOG_INFO, "started", "version", REDRESS_VERSION, "librdkafka", kafka_library_version(),
            "tzdata", tzdata(config->arena), "policy",
            process->engine.policies.current ? process->engine.policies.current->version : "none",
            NULL);
    if (config->service_links > 0)
        log_say(LOG_INFO, "variables of Kubernetes' service links are left out", "count",
                log_int(config->service_links), NULL);
    int status = run(process);
    spans_free(process->engine.spans);
    http_stop(process->http);

    return status;
}

static void print_checked(const struct process *process) {
    struct buf settings = {0};

    config_print(&process->config, &settings);
    printf("redress-%s: settings and policies are good; time zones are those of tzdata %s\n"
           "Settings in force:\n%s",
           process->engine.spec->name, tzdata(process->config.arena), settings.at);
    buf_free(&settings);
}

int worker_main(const struct worker_spec *spec, int argc, char **argv) {
    const char *file = NULL;
    bool check = false;
    memory_keep_private();
    pipes_survive();
    int status = parse_options(spec, argc, argv, &file, &check);

    if (status >= 0) return status;
    struct process process = {.engine = {.spec = spec, .arena = arena_new()}};
    struct buf errors = {0};
    if (configure(&process, file, &errors) < 0) {
        fprintf(stderr, "%s", errors.at ? errors.at : "");
        fprintf(stderr, "redress-%s: not started; mend the errors above\n", spec->name);
        status = EXIT_BAD_CONFIG;
    } else if (check) {
        print_checked(&process);
        status = EXIT_OK;
    } else {
        status = start(&process);
    }
    buf_free(&errors);
    redis_free(process.engine.redis);
    arena_free(process.engine.arena);
    policy_store_free(process.engine.store);
    arena_free(process.config.arena);

    return status;
}
