/* redress-devbroker: a Kafka broker in one process, for demonstrations and development without
 * Java. It stands on librdkafka's mock cluster: topics in memory (about 5 MB a partition, the
 * oldest records go silently), one member a group at a time, transactions accepted but without
 * their guarantees: aborted records are visible, and offsets committed in a transaction are not
 * kept. Nothing about Redress's promises can be shown on it, so workers are told with
 * REDRESS_DEMONSTRATION=true; production needs Apache Kafka. */
#include "base/options.h"
#include "base/pipes.h"
#include "redressctl/log/topics.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
    PARTITIONS_MAX = 32, /* 5 MB each and a dozen topics: 2 GB */
    TOPIC_BYTES = 250    /* Kafka allows 249 characters */
};

static const char help[] =
    "redress-devbroker: a Kafka broker in memory, for demonstrations only.\n"
    "\n"
    "Usage: redress-devbroker [--partitions N] [--prefix NAME] [--topics NAME,NAME,...]\n"
    "\n"
    "  --partitions N   of every topic, 1 to 32 (default 4)\n"
    "  --prefix NAME    of the topics (default: REDRESS_TOPIC_PREFIX, else redress)\n"
    "  --topics LIST    these topics only, whole names, in place of all that Redress uses\n"
    "  --version, --help\n"
    "\n"
    "It chooses a free port on 127.0.0.1 and prints one line, \"bootstrap servers: "
    "127.0.0.1:PORT\", when it is ready; it ends at\n"
    "SIGTERM or SIGINT, and with the process that started it. Everything is in memory and gone "
    "then. It keeps no offsets that are\n"
    "committed in transactions and shows records of aborted ones: start workers with "
    "REDRESS_DEMONSTRATION=true, and use Apache\n"
    "Kafka for everything else.\n";

struct settings {
    int partitions;
    const char *prefix, *topics;
};

static int parse_count(const char *text, int max, int *out) {
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || *end || end == text || number < 1 || number > max) return -1;
    *out = (int)number;
    return 0;
}

static int complain(const struct err *err) {
    fprintf(stderr, "redress-devbroker: %s; see --help\n", err->text);
    return EXIT_BAD_USAGE;
}

/* -1: go on; otherwise the exit status. */
static int read_options(int argc, char **argv, struct settings *out) {
    const char *partitions = NULL;
    bool version = false;
    bool is_help = false;
    const struct options_row options[] = {
        {"--partitions", &partitions, NULL}, {"--prefix", &out->prefix, NULL},
        {"--topics", &out->topics, NULL},    {"--version", NULL, &version},
        {"--help", NULL, &is_help},          {NULL, NULL, NULL}};
    struct err err;

    int bad = options_take(options, &argc, argv, &err);
    if (!bad && argc > 1) bad = err_set(&err, "unexpected argument %s", argv[1]);
    if (!bad && partitions && parse_count(partitions, PARTITIONS_MAX, &out->partitions) < 0)
        bad =
            err_set(&err, "--partitions: expected 1 to %d, found '%s'", PARTITIONS_MAX, partitions);
    if (bad) return complain(&err);
    if (version)
        printf("redress-devbroker %s, librdkafka %s\n", REDRESS_VERSION, rd_kafka_version_str());
    if (is_help) fputs(help, stdout);

    return version || is_help ? EXIT_OK : -1;
}

static int create_topic(rd_kafka_mock_cluster_t *cluster, const char *name, int partitions) {
    rd_kafka_resp_err_t error = rd_kafka_mock_topic_create(cluster, name, partitions, 1);
    if (!error) return 0;
    fprintf(stderr, "redress-devbroker: topic %s: %s\n", name, rd_kafka_err2str(error));
    return -1;
}

static int create_all(rd_kafka_mock_cluster_t *cluster, const struct settings *settings) {
    struct topics_plan plans[TOPICS_MAX];
    struct arena *arena = arena_new();
    int count = topics_plan(arena, settings->prefix, settings->partitions, 1, plans);
    int status = 0;

    for (int i = 0; i < count && status == 0; i++)
        status = create_topic(cluster, plans[i].name, plans[i].partitions);
    arena_free(arena);
    return status;
}

static int create_listed(rd_kafka_mock_cluster_t *cluster, const struct settings *settings) {
    char name[TOPIC_BYTES];

    for (const char *at = settings->topics; *at;) {
        size_t len = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(len < INT_MAX ? len : INT_MAX), at);
        if (len > 0 && create_topic(cluster, name, settings->partitions) < 0) return -1;
        at += len + (at[len] == ',');
    }

    return 0;
}

/* The cluster needs a client instance to live in, which warns that it has no broker of its own:
 * errors only. */
static rd_kafka_t *new_handle(void) {
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set(conf, "log_level", "3", error, sizeof error);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (!handle) fprintf(stderr, "redress-devbroker: %s\n", error);
    return handle;
}

int main(int argc, char **argv) {
    const char *prefix = getenv("REDRESS_TOPIC_PREFIX");
    struct settings settings = {.partitions = 4, .prefix = prefix && *prefix ? prefix : "redress"};
    int status = read_options(argc, argv, &settings);

    if (status >= 0) return status;
    pipes_survive();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before librdkafka makes its threads */
    rd_kafka_t *handle = new_handle();
    rd_kafka_mock_cluster_t *cluster = handle ? rd_kafka_mock_cluster_new(handle, 1) : NULL;
    if (!cluster) return EXIT_CANNOT_GO_ON;
    if ((settings.topics ? create_listed : create_all)(cluster, &settings) < 0)
        return EXIT_CANNOT_GO_ON;
    printf("bootstrap servers: %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    fputs("redress-devbroker: for demonstrations only: in memory, and without the guarantees of "
          "Kafka's transactions\n",
          stderr);
    int signal_number;
    sigwait(&ends, &signal_number);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);

    return EXIT_OK;
}
