/* redises: see the header. */
#include "redises.h"
#include "base/file.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRIMARIES = 3, SENTINELS = 3, ASK_MS = 240000 };

static struct process *server_new(struct redises *redises, const char *what) {
    int n = redises->count++;
    struct process *server = &redises->servers[n];
    char name[64];

    redises->ports[n] = net_free_port();
    snprintf(name, sizeof name, "%s-%d", what, n);
    process_init(server, redises->h->dir, name);
    process_env_basic(server);
    process_arg(server, "redis-server");

    return server;
}

/* A free port for the nodes' bus, too: by default it is the port and 10 000, which may be taken. */
static void add_server(struct redises *redises, const char *what, bool in_cluster) {
    struct process *server = server_new(redises, what);
    int n = redises->count - 1;
    char file[64];

    snprintf(file, sizeof file, "%s-%d.conf", what, n);
    const char *const options[][2] = {{"bind", "127.0.0.1"},
                                      {"dir", redises->h->dir},
                                      {"save", ""},
                                      {"maxmemory-policy", "noeviction"},
                                      {"daemonize", "no"},
                                      {"loglevel", "warning"},
                                      {"repl-diskless-sync-delay", "0"}};
    process_arg(server, "--port");
    process_arg(server, "%d", redises->ports[n]);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        process_arg(server, "--%s", options[i][0]);
        process_arg(server, "%s", options[i][1]);
    }
    if (!in_cluster) return;
    process_arg(server, "--cluster-enabled");
    process_arg(server, "yes");
    process_arg(server, "--cluster-config-file");
    process_arg(server, "%s", file);
    process_arg(server, "--cluster-node-timeout");
    process_arg(server, "2000");
    process_arg(server, "--cluster-port");
    process_arg(server, "%d", net_free_port());
}

static void start(struct redises *redises, int n) {
    process_start(&redises->servers[n]);
    WAIT_FOR(net_redis_answers(redises->ports[n]), REDISES_WITHIN_MS);
}

static const char *run(struct redises *redises, int *status_out, int n, va_list words) {
    enum { WORDS_MAX = 12 };
    const char *argv[WORDS_MAX] = {NULL};
    char port[16];
    struct buf out = {0};
    int argc = 0;

    snprintf(port, sizeof port, "%d", redises->ports[n]);
    for (const char *word; argc < WORDS_MAX && (word = va_arg(words, const char *));)
        argv[argc++] = word;
    *status_out =
        harness_run(redises->h, &out, ASK_MS, "redis-cli", "-p", port, argv[0], argv[1], argv[2],
                    argv[3], argv[4], argv[5], argv[6], argv[7], argv[8], argv[9], argv[10], NULL);
    const char *told = arena_strndup(redises->arena, out.at ? out.at : "", out.len);
    buf_free(&out);

    return told;
}

const char *redises_tell(struct redises *redises, int n, ...) {
    va_list words;
    int status;

    va_start(words, n);
    const char *told = run(redises, &status, n, words);
    va_end(words);
    if (status != 0) wait_fail("redis-cli: status %d: %s", status, told);

    return told;
}

static const char *ask(struct redises *redises, int n, ...) {
    va_list words;
    int status;

    va_start(words, n);
    const char *told = run(redises, &status, n, words);
    va_end(words);

    return told;
}

bool redises_is_primary(struct redises *redises, int n) {
    return process_running(&redises->servers[n]) && !redises->servers[n].frozen &&
           strncmp(ask(redises, n, "ROLE", NULL), "master", 6) == 0;
}

static bool is_whole(struct redises *redises) {
    for (int i = 0; i < redises->count; i++)
        if (!strstr(ask(redises, i, "CLUSTER", "INFO", NULL), "cluster_state:ok") ||
            !strstr(ask(redises, i, "CLUSTER", "INFO", NULL), "cluster_known_nodes:6"))
            return false;
    return true;
}

void redises_cluster(struct redises *redises, struct harness *h) {
    char nodes[REDISES_MAX][32];

    *redises = (struct redises){.h = h, .arena = arena_new()};
    for (int i = 0; i < REDISES_MAX; i++) {
        add_server(redises, "cluster", true);
        start(redises, i);
        snprintf(nodes[i], sizeof nodes[i], "127.0.0.1:%d", redises->ports[i]);
    }
    redises_tell(redises, 0, "--cluster", "create", nodes[0], nodes[1], nodes[2], nodes[3],
                 nodes[4], nodes[5], "--cluster-replicas", "1", "--cluster-yes", NULL);
    WAIT_FOR(is_whole(redises), REDISES_WITHIN_MS);
    snprintf(redises->url, sizeof redises->url, "redis+cluster://%s,%s,%s", nodes[0], nodes[1],
             nodes[2]);
}

static const char *id_of(struct redises *redises, int n) {
    const char *id = redises_tell(redises, n, "CLUSTER", "MYID", NULL);
    return arena_strndup(redises->arena, id, strcspn(id, "\r\n"));
}

static struct process *mover_new(struct redises *redises, const char *command) {
    struct process *mover = &redises->mover;

    process_init(mover, redises->h->dir, "mover");
    process_env_basic(mover);
    process_arg(mover, "redis-cli");
    process_arg(mover, "--cluster");
    process_arg(mover, "%s", command);
    process_arg(mover, "127.0.0.1:%d", redises->ports[0]);

    return mover;
}

void redises_move_slots(struct redises *redises) {
    struct process *mover = mover_new(redises, "rebalance");

    process_arg(mover, "--cluster-weight");
    process_arg(mover, "%s=0.1", id_of(redises, 0));
    process_start(mover);
}

void redises_move_some(struct redises *redises, int n, int to, int count) {
    struct process *mover = mover_new(redises, "reshard");

    process_arg(mover, "--cluster-from");
    process_arg(mover, "%s", id_of(redises, n));
    process_arg(mover, "--cluster-to");
    process_arg(mover, "%s", id_of(redises, to));
    process_arg(mover, "--cluster-slots");
    process_arg(mover, "%d", count);
    process_arg(mover, "--cluster-yes");
    process_start(mover);
}

bool redises_moved(struct redises *redises) {
    if (process_running(&redises->mover)) return false;
    if (process_exit_status(&redises->mover) != 0) {
        process_log_tail(&redises->mover, 20);
        wait_fail("the slots cannot be moved: status %d", process_exit_status(&redises->mover));
    }
    return true;
}

static void add_sentinel(struct redises *redises) {
    struct process *server = server_new(redises, "sentinel");
    int n = redises->count - 1;
    char path[300], text[600];
    struct err err;

    snprintf(path, sizeof path, "%s/sentinel-%d.conf", redises->h->dir, n);
    snprintf(text, sizeof text,
             "bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor redress 127.0.0.1 %d 2\n"
             "sentinel down-after-milliseconds redress 2000\n"
             "sentinel failover-timeout redress 6000\n",
             redises->ports[n], redises->h->dir, redises->ports[0]);
    if (file_write(path, text, strlen(text), &err) < 0) wait_fail("%s", err.text);
    process_arg(server, "%s", path);
    process_arg(server, "--sentinel");
}

/* Sentinels find each other and the replica by themselves. */
static bool is_watched(struct redises *redises) {
    for (int i = 2; i < redises->count; i++) {
        const char *told = ask(redises, i, "INFO", "sentinel", NULL);
        if (!strstr(told, "status=ok") || !strstr(told, "slaves=1,sentinels=3")) return false;
    }
    return true;
}

void redises_sentinel(struct redises *redises, struct harness *h) {
    char port[16];

    *redises = (struct redises){.h = h, .arena = arena_new()};
    add_server(redises, "primary", false);
    add_server(redises, "replica", false);
    for (int i = 0; i < SENTINELS; i++) add_sentinel(redises);
    start(redises, 0);
    start(redises, 1);
    snprintf(port, sizeof port, "%d", redises->ports[0]);
    redises_tell(redises, 1, "REPLICAOF", "127.0.0.1", port, NULL);
    for (int i = 2; i < redises->count; i++) start(redises, i);
    WAIT_FOR(is_watched(redises), REDISES_WITHIN_MS);
    snprintf(redises->url, sizeof redises->url,
             "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/redress", redises->ports[2],
             redises->ports[3], redises->ports[4]);
}

void redises_spread(struct redises *redises, struct harness *h) {
    *redises = (struct redises){.h = h, .arena = arena_new()};
    for (int i = 0; i < PRIMARIES; i++) {
        add_server(redises, "spread", false);
        start(redises, i);
    }
    snprintf(redises->url, sizeof redises->url, "redis://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/0",
             redises->ports[0], redises->ports[1], redises->ports[2]);
}

void redises_close(struct redises *redises) {
    for (int i = 0; i < redises->count; i++) process_free(&redises->servers[i]);
    process_free(&redises->mover);
    arena_free(redises->arena);
}
