/* ctl: what the commands share: options, settings, connections, and words for people on stderr. */
#ifndef REDRESS_CTL_H
#define REDRESS_CTL_H

#include "base/options.h"
#include "data/json.h"
#include "outside/config.h"
#include "outside/kafka.h"
#include "outside/redis.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"
#include "redressctl/ctl_row.h"
#include "sight/sight.h"

#include <stdbool.h>

/* A running command. */
struct ctl {
    const struct command *command;
    const char *config_path;
    bool json;           /* results are JSON, a line each */
    struct arena *arena; /* the whole run's */
    struct arena *turn;  /* replies and keys; who asks again and again resets it */
    struct config config;
    struct kafka kafka;
    struct redis *redis; /* ctl_redis() */
    int shards;          /* ctl_shards() */
    struct sight sight;  /* ctl_shards(): the same, for what sight/ finds */
};

/* options_take() for a command that connects to nothing. 0; EXIT_BAD_USAGE, and it was said why. */
int ctl_take(const struct ctl *ctl, const struct options_row *options, int *argc,
             char **argv) MUST_CHECK;
/* The same with --config and --json, which all others know, and what they need. */
int ctl_options(struct ctl *ctl, const struct options_row *options, int *argc,
                char **argv) MUST_CHECK;

/* Reads the settings. 0 or EXIT_BAD_CONFIG after having listed the errors. */
int ctl_config(struct ctl *ctl) MUST_CHECK;
/* ctl_config() and a connection that answers. 0, EXIT_BAD_CONFIG or EXIT_CANNOT_GO_ON. */
int ctl_redis(struct ctl *ctl) MUST_CHECK;
/* The shard count of redress:meta. 0 or EXIT_CANNOT_GO_ON. */
int ctl_shards(struct ctl *ctl) MUST_CHECK;
void ctl_close(struct ctl *ctl);

/* "redressctl publish: ..." on stderr. They return the exit status, so that `return ctl_fail(ctl,
 * ...)` reads well. */
int ctl_fail(const struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3); /* EXIT_CANNOT_GO_ON */
int ctl_usage(const struct ctl *ctl, const char *fmt, ...)
    PRINTF(2, 3); /* EXIT_BAD_USAGE, and where help is */

/* Whole numbers, durations and times (RFC 3339) given as options; 0, or EXIT_BAD_USAGE after having
 * said what was expected. */
int ctl_number(const struct ctl *ctl, const char *option, const char *text, int64_t min,
               int64_t max, int64_t *out) MUST_CHECK;
int ctl_duration(const struct ctl *ctl, const char *option, const char *text,
                 int64_t *ms_out) MUST_CHECK;
int ctl_time(const struct ctl *ctl, const char *option, const char *text,
             int64_t *ms_out) MUST_CHECK;
/* A moment: as RFC 3339 has it, or how long ago ("2h"). */
int ctl_moment(const struct ctl *ctl, const char *option, const char *text,
               int64_t *ms_out) MUST_CHECK;

/* Runs what was queued. 0 or EXIT_CANNOT_GO_ON after having said so; then nothing is set. */
int ctl_exchange(struct ctl *ctl, struct redis_reply **replies_out, int *count_out) MUST_CHECK;
/* What kafka_partitions() said of a topic: 0 when there are 1 to `max`, else EXIT_CANNOT_GO_ON
 * after having said why.
 */
int ctl_partitions(const struct ctl *ctl, enum topic topic, int partitions, int max,
                   const struct err *err) MUST_CHECK;

/* A row of a table as one JSON line. */
void ctl_json_row(const struct table *table, const void *row);

/* "2h 5m", "-35s", "3d 4h": the two largest units of a time span; negative when it is over. */
enum { CTL_SPAN_MAX = 48 };
char *ctl_span(int64_t ms, char text_out[CTL_SPAN_MAX]);

#endif
