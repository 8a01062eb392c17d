/* config: a process's settings from the environment and --config FILE (the environment wins), one
 * row a setting: parsing, default and documentation come from that row (config.c). All errors are
 * listed at once, with file and line or the variable's name. */
#ifndef REDRESS_CONFIG_H
#define REDRESS_CONFIG_H

#include "base/secrets.h"
#include "outside/redis_tls.h"
#include <stdbool.h>
#include <stdint.h>

struct config_property { /* a librdkafka property: "bootstrap.servers" */
    const char *name, *value;
};

struct config {
    struct arena *arena;
    /* deploy/docs/running.md, Settings. */
    struct config_property
        *kafka; /* REDRESS_KAFKA_<PROPERTY>; in YAML `kafka: {bootstrap.servers: ...}` */
    int kafka_count;
    const char *redis_url; /* redis://127.0.0.1:6379/0 */
    struct redis_tls redis_tls;
    const char *topic_prefix; /* redress */
    const char *instance;     /* NULL: none given */
    const char *http_listen;  /* NULL: no HTTP */
    const char *policy_dir;   /* config_default_policy_dir() */
    const char *log_level;    /* info */
    const char *otlp_url;     /* NULL: no traces */
    /* Tuning, each with its reason in config.c. Durations in ms. */
    int64_t batch_ms;               /* 10: how long a batch is gathered */
    int64_t batch_records;          /* 2000: and how large it gets */
    int64_t recent_bytes;           /* 16 MiB: for states of cases that change again soon */
    int64_t late_settle_ms;         /* 10 000 (common/protocol.md, Time) */
    int64_t hold_max_ms;            /* 120 000 */
    int64_t step_hold_ms;           /* 10 000: firing waits after a clock step of more than 1 s */
    int64_t drain_ms;               /* 10 000: SIGTERM to the end */
    int64_t transaction_timeout_ms; /* 5 000 */
    int64_t session_timeout_ms;     /* 15 000 */
    int64_t dedupe_for_ms;          /* 7 d (deploy/contract/README.md) */
    int64_t join_for_ms;            /* 7 d (deploy/contract/README.md) */
    int64_t unproven_ms;            /* 60 000: then /readyz fails */
    struct secrets visit_secret, person_secret; /* of spec.h, struct settings */
    const char *file;                           /* that was read; NULL: none */
    int service_links;  /* variables of Kubernetes' service links, which are left out */
    bool demonstration; /* the broker is redress-devbroker: deadlines fire without proof (a warning
                           says so) */
};

/* Reads `path` (NULL: none) and the environment. Returns 0, or -1 with all errors as lines in
 * `errors`; *out then holds what is good, and the rest as it is by default, so that whoever lists
 * all that is wrong goes on looking. Secrets: for each variable REDRESS_X a REDRESS_X_FILE wins.
 * Unknown REDRESS_ variables and unknown keys are errors; service links are counted and left out.
 */
int config_load(const char *path, char **environ_list, struct arena *arena, struct config *out,
                struct buf *errors) MUST_CHECK;

/* Whether a variable is one that Kubernetes makes for a service, such as
 * REDRESS_SLA_SERVICE_HOST=10.0.0.1 or REDRESS_KAFKA_PORT=tcp://10.0.0.2:9092: name and value both
 * have that shape. */
bool config_is_service_link(const char *name, const char *value);

/* The policy folder of this installation: share/redress/policies beside the program's bin/, or
 * deploy/policies of the source that it was built in. The path lives in the arena. */
const char *config_default_policy_dir(struct arena *arena);

/* Every setting, its variable, default and meaning, as --help and README show it (Markdown rows).
 */
void config_document(struct buf *out);

/* The value of a librdkafka property, or NULL. */
const char *config_kafka(const struct config *config, const char *name);

/* The settings in force, one `key: value` line each; secrets are not shown. */
void config_print(const struct config *config, struct buf *out);

#endif
