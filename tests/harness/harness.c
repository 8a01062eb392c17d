/* harness: see harness.h. */
#include "harness.h"
#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STOP_WITHIN_MS = 240000,   /* REDRESS_DRAIN is 10 s; leak checks come on top */
    SERVER_WITHIN_MS = 600000, /* Kafka takes 2 s alone, and much longer beside a compiler */
    ASK_WITHIN_MS = 240000,    /* one answer of a process that has others beside it */
    FETCH_WITHIN_MS = 600000,  /* three tries of a registry */
    RUN_LOG_BYTES = 1 << 20    /* what is read back of a tool's output */
};

static struct harness *open_harness; /* closed by nobody yet */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void end_processes(struct harness *h) {
    for (int i = 0; i < h->worker_count; i++) process_free(&h->workers[i]);
    process_free(&h->kafka);
    process_free(&h->redis);
    free(h);
    open_harness = NULL;
}

static void end_open(void) {
    struct harness *h = open_harness;

    if (h && h->left) harness_close(h);
    if (!open_harness) return;
    for (int i = 0; i < h->worker_count; i++) process_log_tail(&h->workers[i], 15);
    process_log_tail(&h->kafka, 5);
    process_log_tail(&h->redis, 5);
    fprintf(stderr, "--- left as it was: %s\n", h->dir);
    end_processes(h);
}

static void set_names(struct harness *h, const char *prefix) {
    snprintf(h->prefix, sizeof h->prefix, "%s", prefix);
    snprintf(h->policy_dir, sizeof h->policy_dir, "%s/deploy/policies", REDRESS_SOURCE_DIR);
}

struct harness *harness_new(const char *name) {
    static bool at_exit;

    if (!at_exit) atexit(end_open);
    at_exit = true;
    end_open();
    struct harness *h = calloc(1, sizeof *h);
    const char *tmp = getenv("TMPDIR");
    snprintf(h->dir, sizeof h->dir, "%s/redress-%s-XXXXXX", tmp ? tmp : "/tmp", name);
    if (!mkdtemp(h->dir)) wait_fail("folder %s: %s", h->dir, strerror(errno));
    set_names(h, "redress");
    process_init(&h->kafka, h->dir, "kafka");
    process_init(&h->redis, h->dir, "redis");
    open_harness = h;

    return h;
}

static void check_sanitizers(const struct process *process) {
    static const char *const reports[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                          "runtime error:"};
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
        if (process_log_count(process, reports[i]))
            wait_fail("%s: \"%s\" in its log", process->name, reports[i]);
}

static void close_worker(struct process *worker) {
    if (worker->pid != 0) {
        if (!process_running(worker))
            wait_fail("%s ended by itself, status %d", worker->name, process_exit_status(worker));
        int status = process_stop(worker, STOP_WITHIN_MS);
        if (status != 0)
            wait_fail("%s ended with status %d at SIGTERM, expected 0", worker->name, status);
    }
    check_sanitizers(worker);
}

static void close_workers(struct harness *h) {
    for (int i = 0; i < h->worker_count; i++) close_worker(&h->workers[i]);
    for (int i = 0; i < h->worker_count; i++) process_free(&h->workers[i]);
    h->worker_count = 0;
}

struct harness *harness_share(const char *name) {
    struct harness *h = open_harness;

    if (h && h->left && process_running(&h->kafka) && process_running(&h->redis)) {
        h->left = false;
    } else {
        h = harness_new(name);
        harness_start_kafka(h);
        harness_start_redis(h);
    }
    set_names(h, name);
    return h;
}

void harness_leave(struct harness *h) {
    char port[16];
    snprintf(port, sizeof port, "%d", h->redis_port);

    close_workers(h);
    if (harness_run(h, NULL, ASK_WITHIN_MS, "redis-cli", "-p", port, "flushall", NULL) != 0)
        wait_fail("Redis does not forget");
    h->left = true;
}

void harness_close(struct harness *h) {
    close_workers(h);
    char dir[sizeof h->dir];
    memcpy(dir, h->dir, sizeof dir);
    end_processes(h);
    enum { OPEN_FOLDERS = 16 };
    if (!getenv("HARNESS_KEEP")) nftw(dir, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* The folder that tests/harness/kafka/fetch prints. */
static void find_kafka(char *home, size_t size) {
    FILE *fetch = popen(REDRESS_SOURCE_DIR "/tests/harness/kafka/fetch", "r");
    if (!fetch || !fgets(home, (int)size, fetch))
        wait_fail("tests/harness/kafka/fetch did not find Apache Kafka");
    home[strcspn(home, "\n")] = 0;
    if (pclose(fetch) != 0) wait_fail("tests/harness/kafka/fetch failed");
}

void harness_kafka_jars(char *out, size_t size) {
    char home[256];
    find_kafka(home, sizeof home);
    snprintf(out, size, "%s/jars/*", home);
}

static void put_mark(const struct harness *h, const char *mark, FILE *out) {
    if (strncmp(mark, "{dir}", 5) == 0)
        fprintf(out, "%s/kafka", h->dir);
    else if (strncmp(mark, "{port}", 6) == 0)
        fprintf(out, "%d", h->kafka_port);
    else if (strncmp(mark, "{secure_port}", 13) == 0)
        fprintf(out, "%d", h->secure_port);
    else
        fprintf(out, "%d", strncmp(mark, "{tls_port}", 10) == 0 ? h->tls_port : h->controller_port);
}

/* A file of properties with this test's folder and ports in the place of {dir}, {port},
 * {secure_port}, {tls_port} and {controller_port}. Of a property that comes twice the last counts. */
static void write_properties(const struct harness *h, const char *name, FILE *out) {
    char line[512], path[300];

    snprintf(path, sizeof path, "%s/tests/harness/kafka/%s", REDRESS_SOURCE_DIR, name);
    FILE *in = fopen(path, "r");
    if (!in || !out) wait_fail("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, in)) {
        char *at = line;
        char *mark;
        while (line[0] != '#' && (mark = strchr(at, '{'))) {
            char *end = strchr(mark, '}');
            if (!end) break;
            fprintf(out, "%.*s", (int)(mark - at), at);
            put_mark(h, mark, out);
            at = end + 1;
        }
        fputs(at, out);
    }
    fclose(in);
}

static void set_up_kafka(struct harness *h) {
    char home[256], path[300];

    find_kafka(home, sizeof home);
    h->kafka_port = net_free_port();
    h->controller_port = net_free_port();
    h->secure_port = net_free_port();
    h->tls_port = net_free_port();
    snprintf(h->bootstrap, sizeof h->bootstrap, "127.0.0.1:%d", h->kafka_port);
    snprintf(path, sizeof path, "%s/server.properties", h->dir);
    FILE *properties = fopen(path, "w");
    write_properties(h, "server.properties", properties);
    if (h->secure) write_properties(h, "secure.properties", properties);
    if (h->tls) write_properties(h, "tls.properties", properties);
    fclose(properties);
    char formatted[300], data[300];
    snprintf(formatted, sizeof formatted, "%s/formatted", home);
    snprintf(data, sizeof data, "%s/kafka", h->dir);
    if (harness_run(h, NULL, SERVER_WITHIN_MS, "cp", "-r", formatted, data, NULL) != 0)
        wait_fail("no formatted log folder in %s", home);
    process_env_basic(&h->kafka);
    process_arg(&h->kafka, "java");
    process_arg(&h->kafka, "-Xms256m");
    process_arg(&h->kafka, "-Xmx512m");
    /* It lives for a minute: what compiles for days only takes the workers' time. */
    process_arg(&h->kafka, "-XX:TieredStopAtLevel=1");
    process_arg(&h->kafka, "-XX:+UseSerialGC");
    process_arg(&h->kafka, "-XX:SharedArchiveFile=%s/kafka.jsa",
                home); /* one of another Java is passed over */
    process_arg(&h->kafka, "-Djava.io.tmpdir=%s",
                h->dir); /* libraries are unpacked there, and left when it is killed */
    process_arg(&h->kafka, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    process_arg(&h->kafka, "-cp");
    process_arg(&h->kafka, "%s/jars/*", home);
    process_arg(&h->kafka, "kafka.Kafka");
    process_arg(&h->kafka, "%s", path);
}

static void start_server(struct process *server, bool (*answers)(int port), int port) {
    process_start(server);
    int64_t end_ms = wait_now_ms() + SERVER_WITHIN_MS;
    while (!answers(port)) {
        if (!process_running(server))
            process_log_tail(server, 20), wait_fail("%s ended at once", server->name);
        wait_turn(end_ms, __FILE__, __LINE__, server->name);
    }
}

void harness_start_kafka(struct harness *h) {
    if (!h->kafka_port) set_up_kafka(h);
    start_server(&h->kafka, net_kafka_answers, h->kafka_port);
}

static void set_up_redis(struct harness *h) {
    h->redis_port = net_free_port();
    snprintf(h->redis_url, sizeof h->redis_url, "redis://127.0.0.1:%d/0", h->redis_port);
    process_env_basic(&h->redis);
    process_arg(&h->redis, "redis-server");
    const char *const options[][2] = {{"bind", "127.0.0.1"}, {"dir", h->dir},
                                      {"save", ""},          {"maxmemory-policy", "noeviction"},
                                      {"appendonly", "yes"}, {"appendfsync", "everysec"},
                                      {"daemonize", "no"},   {"loglevel", "warning"}};
    process_arg(&h->redis, "--port");
    process_arg(&h->redis, "%d", h->redis_port);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        process_arg(&h->redis, "--%s", options[i][0]);
        process_arg(&h->redis, "%s", options[i][1]);
    }
}

void harness_start_redis(struct harness *h) {
    if (!h->redis_port) set_up_redis(h);
    start_server(&h->redis, net_redis_answers, h->redis_port);
}

/* False where the broker was too slow to answer redressctl. */
static bool topics_are_made(struct harness *h, const char *partitions) {
    struct buf out = {0};
    int status = harness_run(h, &out, SERVER_WITHIN_MS, "redressctl", "topics", "create",
                             "--partitions", partitions, "--replication", "1", NULL);

    if (status != 0) fprintf(stderr, "redressctl topics create: status %d: %s\n", status, out.at);
    buf_free(&out);
    if (status != 0 && status != EXIT_CANNOT_GO_ON)
        wait_fail("redressctl topics create: status %d", status);
    return status == 0;
}

/* Again until it is done: those that are there stay. */
void harness_create_topics(struct harness *h, int partitions) {
    char count[16];

    snprintf(count, sizeof count, "%d", partitions);
    WAIT_FOR(topics_are_made(h, count), SERVER_WITHIN_MS);
}

/* What every program of ours is told. */
static void set_environment(struct harness *h, struct process *process) {
    process_env_basic(process);
    process_env(process, "PATH=%s:%s", HARNESS_BIN_DIR, getenv("PATH"));
    process_env(process, "REDRESS_TOPIC_PREFIX=%s", h->prefix);
    process_env(process, "REDRESS_POLICY_DIR=%s", h->policy_dir);
    if (h->kafka_port) process_env(process, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=%s", h->bootstrap);
    if (h->redis_port) process_env(process, "REDRESS_REDIS_URL=%s", h->redis_url);
}

struct process *harness_worker(struct harness *h, const char *name, int replica) {
    if (h->worker_count == HARNESS_WORKERS_MAX)
        wait_fail("more than %d workers", HARNESS_WORKERS_MAX);
    struct process *worker = &h->workers[h->worker_count];
    int port = h->http_ports[h->worker_count++] = net_free_port();
    char instance[64], log[140];
    snprintf(instance, sizeof instance, "%s-%d", name, replica);
    snprintf(log, sizeof log, "%s-%s", h->prefix, instance);
    process_init(worker, h->dir, log);
    snprintf(worker->name, sizeof worker->name, "%s", instance);
    process_arg(worker, "%s/redress-%s", HARNESS_BIN_DIR, name);
    set_environment(h, worker);
    process_env(worker, "REDRESS_INSTANCE=%s-%s", h->prefix, instance);
    process_env(worker, "REDRESS_HTTP_LISTEN=127.0.0.1:%d", port);

    return worker;
}

int harness_http_port(struct harness *h, const struct process *worker) {
    return h->http_ports[worker - h->workers];
}

void harness_wait_ready(struct harness *h, struct process *worker) {
    char body[512] = "";
    int64_t end_ms = wait_now_ms() + HARNESS_READY_MS;

    while (net_http_get(harness_http_port(h, worker), "/readyz", body, sizeof body) != 200) {
        if (!process_running(worker))
            wait_fail("%s ended before it was ready, status %d", worker->name,
                      process_exit_status(worker));
        if (wait_now_ms() > end_ms) wait_fail("%s is not ready: %s", worker->name, body);
        wait_turn(end_ms + 1000, __FILE__, __LINE__, worker->name);
    }
}

/* The answer: until there is one, for the process may be slow, or end. */
static void get_metrics(struct harness *h, const struct process *worker, char *text, size_t size) {
    int64_t end_ms = wait_now_ms() + ASK_WITHIN_MS;
    while (net_http_get(harness_http_port(h, worker), "/metrics", text, size) != 200)
        wait_turn(end_ms, __FILE__, __LINE__, worker->name);
}

double harness_metric(struct harness *h, const struct process *worker, const char *sample) {
    enum { METRICS_MAX = 1 << 18 };
    char *text = calloc(1, METRICS_MAX);
    double value = -1;
    size_t len = strlen(sample);

    get_metrics(h, worker, text, METRICS_MAX);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, sample, len) == 0 && line[len] == ' ') value = strtod(line + len, NULL);
    }
    free(text);
    return value;
}

static void read_log(const struct process *process, struct buf *out) {
    FILE *file = fopen(process->log, "r");

    if (!file) return;
    char *text = malloc(RUN_LOG_BYTES);
    buf_add(out, text, fread(text, 1, RUN_LOG_BYTES, file));
    free(text);
    fclose(file);
}

/* To its end; takes the process. Returns its exit status. */
static int run_out(struct process *process, struct buf *out, int limit_ms) {
    unlink(process->log);
    process_start(process);
    if (!process_wait(process, limit_ms)) {
        process_log_tail(process, 20);
        process_kill(process, SIGKILL);
        wait_fail("%s did not end within %d ms", process->name, limit_ms);
    }
    check_sanitizers(process);
    if (out) read_log(process, out);
    int status = process_exit_status(process);
    process_free(process);

    return status;
}

int harness_run(struct harness *h, struct buf *out, int limit_ms, const char *program, ...) {
    struct process process;

    process_init(&process, h->dir, program);
    set_environment(h, &process);
    char ours[300];
    snprintf(ours, sizeof ours, "%s/%s", HARNESS_BIN_DIR, program);
    process_arg(&process, "%s", access(ours, X_OK) == 0 ? ours : program);
    va_list args;
    va_start(args, program);
    for (const char *arg; (arg = va_arg(args, const char *));) process_arg(&process, "%s", arg);
    va_end(args);

    return run_out(&process, out, limit_ms);
}

const char *harness_read(struct harness *h, struct arena *arena, const char *name) {
    enum { FILE_MAX = 8 * 1024 * 1024 };
    const char *bytes;
    size_t len;
    struct err err;

    if (file_read(arena, arena_printf(arena, "%s/%s", h->dir, name), FILE_MAX, &bytes, &len, &err))
        return NULL;
    return bytes;
}

const char *harness_fetch(struct harness *h, struct arena *arena, const char *what) {
    struct process process;
    struct buf said = {0};
    const char *folder = NULL;

    process_init(&process, h->dir, "fetch");
    process_env_whole(&process);
    process_arg(&process, "%s", REDRESS_SOURCE_DIR "/tests/harness/fetch");
    process_arg(&process, "%s", what);
    bool got = run_out(&process, &said, FETCH_WITHIN_MS) == 0;
    if (!got) fprintf(stderr, "--- %s cannot be got: %.*s\n", what, (int)said.len, said.at);
    /* The last line; what had to be installed is said before it. */
    size_t end = said.len;
    while (end > 0 && said.at[end - 1] == '\n') end--;
    size_t start = end;
    while (start > 0 && said.at[start - 1] != '\n') start--;
    if (got) folder = arena_strndup(arena, said.at + start, end - start);
    buf_free(&said);

    return folder;
}
