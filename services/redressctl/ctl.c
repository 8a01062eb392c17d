/* ctl: the plumbing of the command line. */
#include "redressctl/ctl.h"
#include "base/log.h"
#include "base/suggest.h"
#include "data/fields.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHARDS_MAX = 10000 }; /* partitions of a topic: beyond any cluster that this serves */

int ctl_fail(const struct ctl *ctl, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ctl_complain(ctl->command->name, fmt, args);
    va_end(args);
    return EXIT_CANNOT_GO_ON;
}

int ctl_usage(const struct ctl *ctl, const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    ctl_complain(ctl->command->name, fmt, args);
    va_end(args);
    ctl_note("usage: redressctl %s", ctl->command->usage);
    ctl_note("More: redressctl help %s", ctl->command->name);
    return EXIT_BAD_USAGE;
}

static int unknown_option(const struct ctl *ctl, const struct ctl_option *options,
                          const char *given, size_t len) {
    struct suggest nearest = {.word = arena_strndup(ctl->arena, given, len)};

    for (; options->name; options++) suggest_offer(&nearest, options->name);
    suggest_offer(&nearest, "--config");
    const char *best = suggest_best(&nearest);
    if (best) return ctl_usage(ctl, "unknown option %s, did you mean %s?", nearest.word, best);
    return ctl_usage(ctl, "unknown option %s", nearest.word);
}

static const struct ctl_option *find_option(const struct ctl_option *options, const char *given,
                                            size_t len) {
    for (; options->name; options++)
        if (strlen(options->name) == len && memcmp(options->name, given, len) == 0) return options;
    return NULL;
}

/* Takes argv[at]; returns how many arguments it used, or -1 after having said why. */
static int take_option(struct ctl *ctl, const struct ctl_option *options, int at, int argc,
                       char **argv) {
    const struct ctl_option config[] = {{"--config", &ctl->config_path, NULL}, {NULL, NULL, NULL}};
    const char *given = argv[at];
    const char *equals = strchr(given, '=');
    size_t len = equals ? (size_t)(equals - given) : strlen(given);
    const struct ctl_option *option = find_option(options, given, len);

    if (!option) option = find_option(config, given, len);
    if (!option) {
        unknown_option(ctl, options, given, len);
        return -1;
    }
    if (option->flag) {
        *option->flag = true;
        if (equals) ctl_usage(ctl, "%s takes no value", option->name);
        if (equals) return -1;
        return 1;
    }
    if (equals) {
        *option->value = equals + 1;
        return 1;
    }
    if (at + 1 == argc) {
        ctl_usage(ctl, "%s needs a value", option->name);
        return -1;
    }
    *option->value = argv[at + 1];

    return 2;
}

int ctl_options(struct ctl *ctl, const struct ctl_option *options, int *argc, char **argv) {
    int kept = 1;

    ctl->arena = arena_new();
    ctl->turn = arena_new();
    for (int at = 1; at < *argc;) {
        if (strcmp(argv[at], "--") == 0) { /* what follows are no options */
            for (at++; at < *argc; at++) argv[kept++] = argv[at];
            break;
        }
        if (argv[at][0] != '-' || argv[at][1] == 0) { /* "-" is standard input */
            argv[kept++] = argv[at++];
            continue;
        }
        int used = take_option(ctl, options, at, *argc, argv);
        if (used < 0) return EXIT_BAD_USAGE;
        at += used;
    }
    *argc = kept;

    return 0;
}

int ctl_config(struct ctl *ctl) {
    struct buf errors = {NULL, 0, 0};
    int bad = config_load(ctl->config_path, environ, ctl->arena, &ctl->config, &errors);

    if (bad == 0) bad = kafka_check(&ctl->config, &errors);
    if (bad) ctl_notes(errors.at);
    buf_free(&errors);
    enum log_level level =
        LOG_WARN; /* a tool speaks for itself; Kafka's client only when something is wrong */
    if (!bad && strcmp(ctl->config.log_level, "info") != 0 &&
        log_parse_level(ctl->config.log_level, &level) < 0)
        level = LOG_WARN;
    log_init("redressctl", NULL, level);
    ctl->kafka = (struct kafka){.config = &ctl->config, .worker = NULL};

    if (bad) return EXIT_BAD_CONFIG;
    return 0;
}

int ctl_redis(struct ctl *ctl) {
    struct err err;
    struct redis_reply pong;
    int status = ctl_config(ctl);

    if (status) return status;
    ctl->redis = redis_new(ctl->config.redis_url, &err);
    if (!ctl->redis) {
        ctl_fail(ctl, "%s", err.text);
        return EXIT_BAD_CONFIG;
    }
    if (redis_ask(ctl->redis, ctl->arena, &pong, &err, 1, "PING") != 0)
        return ctl_fail(ctl, "Redis at %s does not answer: %s (REDRESS_REDIS_URL says where it is)",
                        redis_where(ctl->redis), err.text);
    return 0;
}

int ctl_shards(struct ctl *ctl) {
    struct redis_reply *replies;
    int count;

    redis_addf(ctl->redis, 3, "HGET", arena_printf(ctl->arena, "%s:meta", ctl->config.topic_prefix),
               "shards");
    int status = ctl_exchange(ctl, &replies, &count);
    if (status) return status;
    if (replies[0].kind == REDIS_NIL)
        return ctl_fail(ctl,
                        "Redis at %s has no %s:meta: no worker has run with this Redis and "
                        "REDRESS_TOPIC_PREFIX yet",
                        redis_where(ctl->redis), ctl->config.topic_prefix);
    const char *text = "";
    if (replies[0].kind == REDIS_TEXT) text = replies[0].text;
    ctl->shards = atoi(text);
    if (ctl->shards < 1 || ctl->shards > SHARDS_MAX)
        return ctl_fail(ctl, "%s:meta: shards is \"%.20s\", expected 1-%d",
                        ctl->config.topic_prefix, text, SHARDS_MAX);
    return 0;
}

void ctl_close(struct ctl *ctl) {
    redis_free(ctl->redis);
    arena_free(ctl->turn);
    arena_free(ctl->arena);
    ctl->redis = NULL;
    ctl->arena = ctl->turn = NULL;
}

int ctl_number(const struct ctl *ctl, const char *option, const char *text, int64_t min,
               int64_t max, int64_t *out) {
    char *end;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || *end || !isdigit((unsigned char)*text) || number < min || number > max)
        return ctl_usage(ctl, "%s \"%.40s\": expected a whole number from %" PRId64 " to %" PRId64,
                         option, text, min, max);
    *out = number;

    return 0;
}

int ctl_duration(const struct ctl *ctl, const char *option, const char *text, int64_t *ms_out) {
    if (fields_parse_duration(text, ms_out) < 0)
        return ctl_usage(ctl, "%s \"%.40s\": expected a duration such as 90s, 10m, 1h or 3d",
                         option, text);
    return 0;
}

int ctl_exchange(struct ctl *ctl, struct redis_reply **replies_out, int *count_out) {
    struct err err;
    if (redis_exchange(ctl->redis, ctl->turn, replies_out, count_out, &err) == 0) return 0;
    return ctl_fail(ctl, "Redis at %s: %s", redis_where(ctl->redis), err.text);
}

int ctl_partitions(const struct ctl *ctl, enum topic topic, int partitions, int max,
                   const struct err *err) {
    const char *prefix = ctl->config.topic_prefix;
    const char *name = topic_name(topic);

    if (partitions < 0) return ctl_fail(ctl, "Kafka does not answer: %s", err->text);
    if (partitions == 0)
        return ctl_fail(ctl,
                        "there is no topic %s.%s: wrong REDRESS_TOPIC_PREFIX, another Kafka, or "
                        "`redressctl topics create` has not been run",
                        prefix, name);
    if (partitions > max)
        return ctl_fail(ctl, "%s.%s has %d partitions, at most %d are read", prefix, name,
                        partitions, max);
    return 0;
}

const char *ctl_key(struct ctl *ctl, const char *worker, int shard, const char *rest) {
    return arena_printf(ctl->turn, "%s:{%s.%d}:%s", ctl->config.topic_prefix, worker, shard, rest);
}

const char *ctl_hash_get(const struct redis_reply *hash, const char *field) {
    for (int i = 0; hash->kind == REDIS_LIST && i + 1 < hash->count; i += 2)
        if (hash->items[i].kind == REDIS_TEXT && strcmp(hash->items[i].text, field) == 0)
            return hash->items[i + 1].kind == REDIS_TEXT ? hash->items[i + 1].text : NULL;
    return NULL;
}

char *ctl_span(int64_t ms, char text_out[CTL_SPAN_MAX]) {
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t seconds = (ms < 0 ? -ms : ms) / 1000;
    const char *sign = "";
    if (ms < 0 && seconds > 0) sign = "-";
    int unit = 0;
    while (unit < 3 && seconds < units[unit].seconds) unit++;
    int64_t large = seconds / units[unit].seconds;
    int64_t rest = seconds % units[unit].seconds;
    int64_t small = 0;
    if (unit < 3) small = rest / units[unit + 1].seconds;
    if (small)
        snprintf(text_out, CTL_SPAN_MAX, "%s%" PRId64 "%c %" PRId64 "%c", sign, large,
                 units[unit].letter, small, units[unit + 1].letter);
    else
        snprintf(text_out, CTL_SPAN_MAX, "%s%" PRId64 "%c", sign, large, units[unit].letter);
    return text_out;
}
