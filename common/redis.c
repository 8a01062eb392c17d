/* redis: one blocking connection with pipelines. After any trouble the connection is dropped: a late reply would answer
 * the next command. */
#include "redis.h"
#include "clock.h"
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

enum {
    CONNECT_MS = 1000,   /* Redis is near: longer means that it is away */
    COMMAND_MS = 5000,   /* Redis itself calls a script slow after 5 s (busy-reply-threshold) */
    PAUSE_FIRST_MS = 20, /* growing pauses between attempts to connect */
    PAUSE_LAST_MS = 1000,
    SCRIPTS_MAX = 32 /* scripts of a process */
};

struct redis {
    char *host, *user, *password, *where;
    int port, db;
    bool is_unix;
    redisContext *context;
    int queued;
    bool broken; /* a command of this pipeline could not be queued: the exchange says that Redis is away */
    struct redis_script *scripts[SCRIPTS_MAX];
    int script_count;
    char run_id[64];
    int64_t incarnation;
    int64_t next_try_ms, pause_ms;
};

/* ---- The URL ---- */

static char *cut(const char *from, const char *to) {
    char *copy = strndup(from, (size_t)(to - from));
    ASSERT(copy);
    return copy;
}

static int parse_credentials(struct redis *redis, const char **rest) {
    const char *at = strrchr(*rest, '@');
    if (!at) return 0;
    const char *colon = memchr(*rest, ':', (size_t)(at - *rest));
    if (colon) {
        if (colon > *rest) redis->user = cut(*rest, colon);
        redis->password = cut(colon + 1, at);
    } else {
        redis->user = cut(*rest, at);
    }
    *rest = at + 1;
    return 0;
}

static int parse_number(const char *text, const char *end, int max, int *out) {
    char *stop;
    long number = strtol(text, &stop, 10);
    if (stop == text || stop != end || number < 0 || number > max) return -1;
    *out = (int)number;
    return 0;
}

static int parse_host(struct redis *redis, const char *rest, struct err *err) {
    const char *end = rest + strcspn(rest, "/");
    const char *port = *rest == '[' ? strchr(rest, ']') : rest;
    port = port ? memchr(port, ':', (size_t)(end - port)) : NULL;
    if (port && parse_number(port + 1, end, 65535, &redis->port) < 0)
        return err_set(err, "REDRESS_REDIS_URL: the port must be 0-65535");
    if (*end == '/' && end[1] && parse_number(end + 1, end + strlen(end), 10000, &redis->db) < 0)
        return err_set(err, "REDRESS_REDIS_URL: the database behind the last / must be a number");
    const char *host_end = port ? port : end;
    if (*rest == '[' && host_end > rest + 1)
        redis->host = cut(rest + 1, host_end - 1);
    else
        redis->host = host_end > rest ? cut(rest, host_end) : strdup("127.0.0.1");
    return 0;
}

static int parse_url(struct redis *redis, const char *url, struct err *err) {
    redis->port = 6379;
    if (strncmp(url, "unix://", 7) == 0) {
        redis->is_unix = true;
        redis->host = strdup(url + 7);
        return 0;
    }
    if (strncmp(url, "rediss://", 9) == 0 || strncmp(url, "redis+", 6) == 0)
        return err_set(err,
                       "REDRESS_REDIS_URL: %.*s is not supported by this build yet; use redis:// (for TLS through a "
                       "local TLS proxy)",
                       (int)strcspn(url, ":"), url);
    if (strncmp(url, "redis://", 8) != 0)
        return err_set(err, "REDRESS_REDIS_URL: expected redis://host:port/db or unix:///path");
    const char *rest = url + 8;
    if (parse_credentials(redis, &rest) < 0) return -1;
    return parse_host(redis, rest, err);
}

struct redis *redis_new(const char *url, struct err *err) {
    struct redis *redis = calloc(1, sizeof *redis);
    ASSERT(redis);
    if (parse_url(redis, url, err) < 0) {
        redis_free(redis);
        return NULL;
    }
    size_t size = strlen(redis->host) + 40;
    redis->where = malloc(size);
    ASSERT(redis->where);
    if (redis->is_unix)
        snprintf(redis->where, size, "unix://%s", redis->host);
    else
        snprintf(redis->where, size, "redis://%s:%d/%d", redis->host, redis->port, redis->db);
    return redis;
}

const char *redis_where(const struct redis *redis) {
    return redis->where;
}

int64_t redis_incarnation(const struct redis *redis) {
    return redis->incarnation;
}

const char *redis_run_id(const struct redis *redis) {
    return redis->run_id;
}

/* ---- The connection ---- */

static void drop(struct redis *redis) {
    if (redis->context) redisFree(redis->context);
    redis->context = NULL;
}

void redis_free(struct redis *redis) {
    if (!redis) return;
    drop(redis);
    free(redis->host);
    free(redis->user);
    if (redis->password) explicit_bzero(redis->password, strlen(redis->password));
    free(redis->password);
    free(redis->where);
    free(redis);
}

static int simple(struct redis *redis, struct err *err, int argc, const char **argv) {
    redisReply *reply = redisCommandArgv(redis->context, argc, argv, NULL);
    if (!reply) return err_set(err, "redis %s: %s: %s", redis->where, argv[0], redis->context->errstr);
    int bad =
        reply->type == REDIS_REPLY_ERROR ? err_set(err, "redis %s: %s: %s", redis->where, argv[0], reply->str) : 0;
    freeReplyObject(reply);
    return bad;
}

static int sign_in(struct redis *redis, struct err *err) {
    const char *argv[3] = {"AUTH", redis->user ? redis->user : redis->password, redis->password};
    if (redis->password && simple(redis, err, redis->user ? 3 : 2, argv) < 0) return -1;
    char db[16];
    snprintf(db, sizeof db, "%d", redis->db);
    const char *choose[2] = {"SELECT", db};
    return redis->db ? simple(redis, err, 2, choose) : 0;
}

/* A run_id never seen on this handle means that what was kept may be gone. */
static int identify(struct redis *redis, struct err *err) {
    const char *argv[2] = {"INFO", "server"};
    redisReply *reply = redisCommandArgv(redis->context, 2, argv, NULL);
    if (!reply) return err_set(err, "redis %s: %s", redis->where, redis->context->errstr);
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, "run_id:") : NULL;
    char run_id[64] = "";
    if (at) snprintf(run_id, sizeof run_id, "%.*s", (int)strcspn(at + 7, "\r\n"), at + 7);
    freeReplyObject(reply);
    if (!at) return err_set(err, "redis %s: INFO server gave no run_id (is the user allowed +info?)", redis->where);
    if (strcmp(run_id, redis->run_id) != 0) redis->incarnation++;
    memcpy(redis->run_id, run_id, sizeof run_id);
    return 0;
}

static int load(struct redis *redis, struct redis_script *script, struct err *err) {
    const char *argv[3] = {"SCRIPT", "LOAD", script->lua};
    redisReply *reply = redisCommandArgv(redis->context, 3, argv, NULL);
    if (!reply) return err_set(err, "redis %s: SCRIPT LOAD %s: %s", redis->where, script->name, redis->context->errstr);
    int bad = reply->type != REDIS_REPLY_STRING
                  ? err_set(err, "redis %s: SCRIPT LOAD %s: %s", redis->where, script->name, reply->str)
                  : 0;
    if (!bad) snprintf(script->sha, sizeof script->sha, "%s", reply->str);
    freeReplyObject(reply);
    return bad;
}

void redis_use(struct redis *redis, struct redis_script *script) {
    ASSERT(redis->script_count < SCRIPTS_MAX && !redis->queued);
    if (redis->context) redisFree(redis->context); /* the next connection loads it */
    redis->context = NULL;
    redis->scripts[redis->script_count++] = script;
}

static int open_context(struct redis *redis, struct err *err) {
    struct timeval connect = {CONNECT_MS / 1000, 0}, command = {COMMAND_MS / 1000, 0};
    redis->context = redis->is_unix ? redisConnectUnixWithTimeout(redis->host, connect)
                                    : redisConnectWithTimeout(redis->host, redis->port, connect);
    ASSERT(redis->context);
    if (redis->context->err) return err_set(err, "redis %s: %s", redis->where, redis->context->errstr);
    redisSetTimeout(redis->context, command);
    if (!redis->is_unix) redisEnableKeepAlive(redis->context); /* on a Unix socket it fails, and the context with it */
    if (sign_in(redis, err) < 0 || identify(redis, err) < 0) return -1;
    for (int i = 0; i < redis->script_count; i++)
        if (load(redis, redis->scripts[i], err) < 0) return -1;
    return 0;
}

/* 0 or 1 (away). Between attempts the pause grows, so that a Redis that is away for minutes costs nothing. */
static int connected(struct redis *redis, struct err *err) {
    if (redis->context) return 0;
    int64_t now = clock_boot_ms();
    if (now < redis->next_try_ms) {
        err_set(err, "redis %s: away", redis->where);
        return 1;
    }
    if (open_context(redis, err) == 0) {
        redis->pause_ms = 0;
        return 0;
    }
    drop(redis);
    redis->pause_ms = redis->pause_ms ? redis->pause_ms * 2 : PAUSE_FIRST_MS;
    if (redis->pause_ms > PAUSE_LAST_MS) redis->pause_ms = PAUSE_LAST_MS;
    redis->next_try_ms = clock_boot_ms() + redis->pause_ms;
    return 1;
}

const char *redis_reach(struct redis *redis) {
    struct err err;

    return connected(redis, &err) == 0 ? redis->run_id : "";
}

/* ---- Commands ---- */

void redis_add(struct redis *redis, int argc, const char *const *argv, const size_t *lens) {
    struct err err;
    redis->broken = redis->broken || connected(redis, &err);
    if (redis->broken) return;
    redisAppendCommandArgv(redis->context, argc, (const char **)argv, lens);
    redis->queued++;
}

void redis_addf(struct redis *redis, int argc, ...) {
    const char *argv[16];
    ASSERT(argc <= 16);
    va_list args;
    va_start(args, argc);
    for (int i = 0; i < argc; i++) argv[i] = va_arg(args, const char *);
    va_end(args);
    redis_add(redis, argc, argv, NULL);
}

void redis_add_script(struct redis *redis, struct redis_script *script, int keys, int argc, const char *const *argv,
                      const size_t *lens) {
    struct err err;
    redis->broken = redis->broken || connected(redis, &err); /* the script has its sha once connected */
    char count[16];
    snprintf(count, sizeof count, "%d", keys);
    const char **all = malloc(sizeof *all * (size_t)(argc + 3));
    size_t *all_lens = malloc(sizeof *all_lens * (size_t)(argc + 3));
    ASSERT(all && all_lens);
    all[0] = "EVALSHA", all[1] = script->sha, all[2] = count;
    for (int i = 0; i < 3; i++) all_lens[i] = strlen(all[i]);
    for (int i = 0; i < argc; i++) {
        all[i + 3] = argv[i];
        all_lens[i + 3] = lens ? lens[i] : strlen(argv[i]);
    }
    redis_add(redis, argc + 3, all, all_lens);
    free(all);
    free(all_lens);
}

static void convert(const redisReply *from, struct arena *arena, struct redis_reply *to) {
    *to = (struct redis_reply){.kind = REDIS_NIL};
    switch (from->type) {
    case REDIS_REPLY_INTEGER: to->kind = REDIS_NUMBER, to->number = from->integer; break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        to->kind = from->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT;
        to->text = arena_strndup(arena, from->str, (size_t)from->len);
        to->len = (size_t)from->len;
        break;
    case REDIS_REPLY_ARRAY:
        to->kind = REDIS_LIST;
        to->count = (int)from->elements;
        to->items = arena_alloc(arena, sizeof *to->items * (from->elements + 1));
        for (size_t i = 0; i < from->elements; i++) convert(from->element[i], arena, &to->items[i]);
        break;
    default: break;
    }
}

/* Errors of a Redis that will take the same thing later. */
static bool is_passing(const char *text) {
    static const char *const passing[] = {"NOSCRIPT", "LOADING",    "BUSY",      "READONLY",   "MOVED",
                                          "ASK",      "TRYAGAIN",   "OOM",       "MASTERDOWN", "CLUSTERDOWN",
                                          "MISCONF",  "NOREPLICAS", "UNBLOCKED", NULL};
    for (const char *const *word = passing; *word; word++)
        if (strncmp(text, *word, strlen(*word)) == 0) return true;
    return false;
}

static int sort_reply(struct redis *redis, const struct redis_reply *reply, int worst, struct err *err) {
    if (reply->kind != REDIS_ERROR || worst < 0) return worst;
    err_set(err, "redis %s: %s", redis->where, reply->text);
    return is_passing(reply->text) ? 1 : -1;
}

int redis_exchange(struct redis *redis, struct arena *arena, struct redis_reply **replies_out, int *count_out,
                   struct err *err) {
    int count = redis->queued, worst = 0;
    bool broken = redis->broken || (count && !redis->context);
    redis->queued = 0;
    redis->broken = false;
    if (broken) {
        drop(redis);
        err_set(err, "redis %s: away", redis->where);
        return 1;
    }
    struct redis_reply *replies =
        arena_alloc(arena, sizeof *replies * ((size_t)count + 1)); /* none for nothing queued */
    for (int i = 0; i < count; i++) {
        void *reply = NULL;
        if (redisGetReply(redis->context, &reply) != REDIS_OK || !reply) {
            err_set(err, "redis %s: %s", redis->where, redis->context->errstr);
            drop(redis);
            return 1;
        }
        convert(reply, arena, &replies[i]);
        freeReplyObject(reply);
        worst = sort_reply(redis, &replies[i], worst, err);
    }
    if (worst) {
        drop(redis); /* NOSCRIPT, READONLY, LOADING: the next connection finds another Redis, or loads its scripts again
                      */
        return worst;
    }
    *replies_out = replies;
    *count_out = count;
    return 0;
}

int redis_ask(struct redis *redis, struct arena *arena, struct redis_reply *reply_out, struct err *err, int argc, ...) {
    const char *argv[16];
    ASSERT(argc <= 16 && redis->queued == 0);
    va_list args;
    va_start(args, argc);
    for (int i = 0; i < argc; i++) argv[i] = va_arg(args, const char *);
    va_end(args);
    redis_add(redis, argc, argv, NULL);
    struct redis_reply *replies;
    int count;
    int result = redis_exchange(redis, arena, &replies, &count, err);
    if (result == 0) *reply_out = replies[0];
    return result;
}

int redis_check(struct redis *redis, struct arena *arena, struct err *err) {
    struct redis_reply reply;
    int result = redis_ask(redis, arena, &reply, err, 2, "INFO", "memory");
    if (result) return result;
    const char *at = reply.kind == REDIS_TEXT ? strstr(reply.text, "maxmemory_policy:") : NULL;
    if (!at) return err_set(err, "redis %s: INFO memory names no maxmemory_policy", redis->where);
    at += strlen("maxmemory_policy:");
    if (strncmp(at, "noeviction", 10) == 0) return 0;
    return err_set(err,
                   "redis %s: maxmemory-policy is %.*s, which would throw deadlines away; set it with CONFIG SET "
                   "maxmemory-policy noeviction "
                   "and in redis.conf",
                   redis->where, (int)strcspn(at, "\r\n"), at);
}
