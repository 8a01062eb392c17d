/* ctl: the plumbing of the command line. */
#include "redressctl/ctl.h"
#include "base/clock.h"
#include "base/log.h"
#include "data/fields.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTIONS_MAX = 30 /* of one command */ };

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

int ctl_take(const struct ctl *ctl, const struct options_row *options, int *argc, char **argv) {
    struct err err;

    if (options_take(options, argc, argv, &err) < 0) return ctl_usage(ctl, "%s", err.text);
    return 0;
}

int ctl_options(struct ctl *ctl, const struct options_row *options, int *argc, char **argv) {
    struct options_row all[OPTIONS_MAX + 3] = {{"--config", &ctl->config_path, NULL},
                                               {"--json", NULL, &ctl->json}};

    ctl->arena = arena_new();
    ctl->turn = arena_new();
    for (int i = 0; options[i].name; i++) {
        ASSERT(i < OPTIONS_MAX);
        all[i + 2] = options[i];
    }

    return ctl_take(ctl, all, argc, argv);
}

int ctl_config(struct ctl *ctl) {
    struct buf errors = {NULL, 0, 0};
    int bad = config_load(ctl->config_path, environ, ctl->arena, &ctl->config, &errors);

    bad |= kafka_check(&ctl->config, &errors);
    if (bad) ctl_faults(errors.at);
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
    ctl->redis = redis_of(&ctl->config, &err);
    if (!ctl->redis) {
        ctl_fail(ctl, "%s", err.text);
        return EXIT_BAD_CONFIG;
    }
    if (redis_ask(ctl->redis, ctl->arena, &pong, &err, 1, "PING") != OUTCOME_DONE)
        return ctl_fail(ctl, "Redis at %s does not answer: %s (REDRESS_REDIS_URL says where it is)",
                        redis_where(ctl->redis), err.text);
    ctl->sight =
        (struct sight){.redis = ctl->redis, .arena = ctl->turn, .prefix = ctl->config.topic_prefix};
    return 0;
}

int ctl_shards(struct ctl *ctl) {
    if (sight_open(&ctl->sight) < 0) return ctl_fail(ctl, "%s", ctl->sight.err.text);
    ctl->shards = ctl->sight.shards;
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

int ctl_time(const struct ctl *ctl, const char *option, const char *text, int64_t *ms_out) {
    if (clock_parse(text, ms_out) < 0)
        return ctl_usage(ctl, "%s \"%.40s\": expected a time such as 2026-11-30T00:00:00Z", option,
                         text);
    return 0;
}

int ctl_moment(const struct ctl *ctl, const char *option, const char *text, int64_t *ms_out) {
    int64_t ago_ms;

    if (clock_parse(text, ms_out) == 0) return 0;
    if (fields_parse_duration(text, &ago_ms) < 0)
        return ctl_usage(ctl,
                         "%s \"%.40s\": expected RFC 3339, such as 2026-11-22T08:00:00+08:00, or a "
                         "duration such as 2h: so long ago",
                         option, text);
    *ms_out = clock_now_ms() - ago_ms;
    return 0;
}

void ctl_json_row(const struct table *table, const void *row) {
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};

    fields_encode(table, row, &json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

int ctl_exchange(struct ctl *ctl, struct redis_reply **replies_out, int *count_out) {
    struct err err;
    if (redis_exchange(ctl->redis, ctl->turn, replies_out, count_out, &err) == OUTCOME_DONE)
        return 0;
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
