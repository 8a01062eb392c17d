/* redis: one blocking connection with pipelines. After any trouble the connection is dropped: a
 * late reply would answer the next command. */
#include "outside/redis.h"
#include "base/clock.h"
#include "outside/redis_errors.h"
#include "outside/redis_url.h"
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
    CONNECT_MS = 1000,   /* Redis is near: longer means that it is away */
    COMMAND_MS = 5000,   /* Redis itself calls a script slow after 5 s (busy-reply-threshold) */
    PAUSE_FIRST_MS = 20, /* growing pauses between attempts to connect */
    PAUSE_LAST_MS = 1000,
    LOOK_MS = 5000,  /* the server's settings are looked at so often */
    SCRIPTS_MAX = 32 /* scripts of a process */
};

struct redis {
    struct redis_address address;
    char *where;
    redisContext *context;
    int queued;
    bool broken; /* a command of this pipeline could not be queued: the exchange says that Redis is
                    away */
    struct redis_script *scripts[SCRIPTS_MAX];
    int script_count;
    char run_id[64];
    int64_t next_try_ms, pause_ms;
    bool guarded; /* its settings are looked at with each connection, and now and then */
    int64_t look_at_ms;
    struct err trouble; /* why there is no connection */
    enum redis_state state;
};

struct redis *redis_new(const char *url, struct err *err) {
    struct redis *redis = calloc(1, sizeof *redis);

    ASSERT(redis);
    if (redis_url_parse(url, &redis->address, err) < 0) {
        redis_free(redis);
        return NULL;
    }
    const struct redis_address *address = &redis->address;
    size_t size = strlen(address->host) + 40;
    redis->where = malloc(size);
    ASSERT(redis->where);
    if (address->is_unix)
        snprintf(redis->where, size, "unix://%s", address->host);
    else
        snprintf(redis->where, size,
                 strchr(address->host, ':') ? "redis://[%s]:%d/%d" : "redis://%s:%d/%d",
                 address->host, address->port, address->db);
    return redis;
}

const char *redis_where(const struct redis *redis) {
    return redis->where;
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
    redis_url_free(&redis->address);
    free(redis->where);
    free(redis);
}

/* What went wrong with `what`, and what there is to do about it. Returns -1. */
static int fails(struct redis *redis, struct redis_words words, const char *what, const char *text,
                 struct err *err) {
    if (words.trouble == REDIS_SETTINGS)
        redis->state = REDIS_MISCONFIGURED;
    else
        redis->state = REDIS_AWAY;
    return err_set(err, "redis %s: %s%s%s%s%s", redis->where, what, *what ? ": " : "", text,
                   *words.remedy ? ": " : "", words.remedy);
}

static int connection_fails(struct redis *redis, const char *what, bool early, struct err *err) {
    const char *text = redis->context->errstr;
    return fails(redis, redis_words_of_connection(text, early), what, text, err);
}

/* A command that begins a connection; its reply is the caller's. NULL and err. */
static redisReply *begin_with(struct redis *redis, const char *what, int argc, const char **argv,
                              struct err *err) {
    redisReply *reply = redisCommandArgv(redis->context, argc, argv, NULL);

    if (!reply) {
        connection_fails(redis, what, true, err);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        fails(redis, redis_words_of_reply(reply->str), what, reply->str, err);
        freeReplyObject(reply);
        reply = NULL;
    }

    return reply;
}

static int simple(struct redis *redis, struct err *err, int argc, const char **argv) {
    redisReply *reply = begin_with(redis, argv[0], argc, argv, err);
    if (!reply) return -1;
    freeReplyObject(reply);
    return 0;
}

static int sign_in(struct redis *redis, struct err *err) {
    const struct redis_address *address = &redis->address;
    const char *argv[3] = {"AUTH", address->user ? address->user : address->password,
                           address->password};

    if (address->password && simple(redis, err, address->user ? 3 : 2, argv) < 0) return -1;
    char db[16];
    snprintf(db, sizeof db, "%d", address->db);
    const char *choose[2] = {"SELECT", db};
    if (!address->db) return 0;
    return simple(redis, err, 2, choose);
}

/* A line of INFO: "name:value". */
static bool line_of(const char *info, const char *name, char *out, size_t size) {
    size_t len = strlen(name);

    for (const char *at = strstr(info, name); at; at = strstr(at + 1, name)) {
        if (at != info && at[-1] != '\n') continue;
        if (at[len] != ':') continue;
        snprintf(out, size, "%.*s", (int)strcspn(at + len + 1, "\r\n"), at + len + 1);
        return true;
    }

    return false;
}

/* maxmemory-policy may change at any time, by CONFIG SET or with another server. */
static int check_policy(struct redis *redis, const char *info, struct err *err) {
    char policy[64];

    if (!redis->guarded) return 0;
    if (!line_of(info, "maxmemory_policy", policy, sizeof policy))
        return err_set(err, "redis %s: INFO names no maxmemory_policy (is the user allowed +info?)",
                       redis->where);
    if (strcmp(policy, "noeviction") == 0) return 0;
    redis->state = REDIS_FORGETFUL;
    return err_set(err,
                   "redis %s: maxmemory-policy is %s, which would throw deadlines away; set it "
                   "with CONFIG SET maxmemory-policy noeviction and in redis.conf",
                   redis->where, policy);
}

/* A run_id never seen on this handle means that what was kept may be gone; so does one that has
 * thrown keys away since: it is another run to us. */
static int identify(struct redis *redis, struct err *err) {
    const char *argv[1] = {"INFO"};
    redisReply *reply = begin_with(redis, "INFO", 1, argv, err);
    if (!reply) return -1;
    const char *info = "";
    if (reply->type == REDIS_REPLY_STRING) info = reply->str;
    char run_id[41] = "";
    char evicted[21] = "";
    char full[sizeof redis->run_id];
    int bad = line_of(info, "run_id", run_id, sizeof run_id)
                  ? check_policy(redis, info, err)
                  : err_set(err, "redis %s: INFO gave no run_id (is the user allowed +info?)",
                            redis->where);
    bool threw_away =
        line_of(info, "evicted_keys", evicted, sizeof evicted) && strcmp(evicted, "0") != 0;
    freeReplyObject(reply);
    if (bad) return -1;

    snprintf(full, sizeof full, "%s%s%s", run_id, threw_away ? "." : "", threw_away ? evicted : "");
    memcpy(redis->run_id, full, sizeof full);
    redis->look_at_ms = clock_boot_ms() + LOOK_MS;
    return 0;
}

static int load(struct redis *redis, struct redis_script *script, struct err *err) {
    const char *argv[3] = {"SCRIPT", "LOAD", script->lua};
    char what[64];

    snprintf(what, sizeof what, "SCRIPT LOAD %s", script->name);
    redisReply *reply = begin_with(redis, what, 3, argv, err);
    if (!reply) return -1;
    int bad = reply->type == REDIS_REPLY_STRING
                  ? 0
                  : err_set(err, "redis %s: %s: answered in another form than expected",
                            redis->where, what);
    if (!bad) snprintf(script->sha, sizeof script->sha, "%s", reply->str);
    freeReplyObject(reply);

    return bad;
}

void redis_use(struct redis *redis, struct redis_script *script) {
    ASSERT(redis->script_count < SCRIPTS_MAX && !redis->queued);
    drop(redis); /* the next connection loads it */
    redis->scripts[redis->script_count++] = script;
}

static int open_context(struct redis *redis, struct err *err) {
    const struct redis_address *address = &redis->address;
    struct timeval connect = {CONNECT_MS / 1000, 0}, command = {COMMAND_MS / 1000, 0};

    if (address->is_unix)
        redis->context = redisConnectUnixWithTimeout(address->host, connect);
    else
        redis->context = redisConnectWithTimeout(address->host, address->port, connect);
    ASSERT(redis->context);
    if (redis->context->err) return connection_fails(redis, "", false, err);
    redisSetTimeout(redis->context, command);
    if (!address->is_unix)
        redisEnableKeepAlive(
            redis->context); /* on a Unix socket it fails, and the context with it */
    if (sign_in(redis, err) < 0 || identify(redis, err) < 0) return -1;
    for (int i = 0; i < redis->script_count; i++)
        if (load(redis, redis->scripts[i], err) < 0) return -1;
    return 0;
}

static bool looks_good(struct redis *redis) {
    if (!redis->guarded || redis->queued || clock_boot_ms() < redis->look_at_ms) return true;
    if (identify(redis, &redis->trouble) == 0) return true;
    drop(redis);
    return false;
}

/* 0 or 1 (away: redis->trouble says why). Between attempts the pause grows, so that a Redis that is
 * away for minutes costs nothing. */
static int connected(struct redis *redis) {
    if (redis->context && looks_good(redis)) return 0;
    if (redis->context || clock_boot_ms() < redis->next_try_ms) return 1;
    redis->state = REDIS_AWAY;
    if (open_context(redis, &redis->trouble) == 0) {
        redis->pause_ms = 0;
        redis->state = REDIS_GOOD;
        return 0;
    }
    drop(redis);
    if (redis->pause_ms)
        redis->pause_ms = redis->pause_ms * 2;
    else
        redis->pause_ms = PAUSE_FIRST_MS;
    if (redis->pause_ms > PAUSE_LAST_MS) redis->pause_ms = PAUSE_LAST_MS;
    redis->next_try_ms = clock_boot_ms() + redis->pause_ms;

    return 1;
}

const char *redis_reach(struct redis *redis) {
    if (connected(redis) != 0) return "";
    return redis_run_id(redis);
}

/* ---- Commands ---- */

void redis_add(struct redis *redis, int argc, const char *const *argv, const size_t *lens) {
    redis->broken = redis->broken || connected(redis);
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

void redis_add_script(struct redis *redis, struct redis_script *script, int keys, int argc,
                      const char *const *argv, const size_t *lens) {
    redis->broken = redis->broken || connected(redis); /* the script has its sha once connected */
    char count[16];
    snprintf(count, sizeof count, "%d", keys);
    const char **all = malloc(sizeof *all * (size_t)(argc + 3));
    size_t *all_lens = malloc(sizeof *all_lens * (size_t)(argc + 3));
    ASSERT(all && all_lens);
    all[0] = "EVALSHA", all[1] = script->sha, all[2] = count;
    for (int i = 0; i < 3; i++) all_lens[i] = strlen(all[i]);
    for (int i = 0; i < argc; i++) {
        all[i + 3] = argv[i];
        if (lens)
            all_lens[i + 3] = lens[i];
        else
            all_lens[i + 3] = strlen(argv[i]);
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

/* The worst of a pipeline's replies, as redis_exchange(). */
static enum outcome classify_reply(struct redis *redis, const struct redis_reply *reply,
                                   enum outcome worst, bool *elsewhere, struct err *err) {
    if (reply->kind != REDIS_ERROR || worst == OUTCOME_STOP) return worst;
    struct redis_words words = redis_words_of_reply(reply->text);
    fails(redis, words, "", reply->text, err);
    *elsewhere |= words.elsewhere;
    if (words.trouble == REDIS_UNKNOWN) return OUTCOME_STOP;
    return OUTCOME_WAIT;
}

static enum outcome read_replies(struct redis *redis, struct arena *arena,
                                 struct redis_reply *replies, int count, struct err *err) {
    enum outcome worst = OUTCOME_DONE;
    bool elsewhere = false;

    for (int i = 0; i < count; i++) {
        void *reply = NULL;
        if (redisGetReply(redis->context, &reply) != REDIS_OK || !reply) {
            connection_fails(redis, "", false, err);
            drop(redis);
            return OUTCOME_WAIT;
        }
        convert(reply, arena, &replies[i]);
        freeReplyObject(reply);
        worst = classify_reply(redis, &replies[i], worst, &elsewhere, err);
    }
    if (elsewhere)
        drop(redis); /* the next connection finds another Redis, or loads its scripts again */
    return worst;
}

enum outcome redis_exchange(struct redis *redis, struct arena *arena,
                            struct redis_reply **replies_out, int *count_out, struct err *err) {
    int count = redis->queued;
    bool broken = redis->broken || (count && !redis->context);

    redis->queued = 0;
    redis->broken = false;
    if (broken) {
        drop(redis);
        *err = redis->trouble;
        return OUTCOME_WAIT;
    }
    struct redis_reply *replies =
        arena_alloc(arena, sizeof *replies * ((size_t)count + 1)); /* none for nothing queued */
    enum outcome worst = read_replies(redis, arena, replies, count, err);
    if (worst != OUTCOME_DONE) return worst;
    redis->state = REDIS_GOOD;
    *replies_out = replies;
    *count_out = count;

    return OUTCOME_DONE;
}

enum outcome redis_ask(struct redis *redis, struct arena *arena, struct redis_reply *reply_out,
                       struct err *err, int argc, ...) {
    const char *argv[16];

    ASSERT(argc <= 16 && redis->queued == 0);
    va_list args;
    va_start(args, argc);
    for (int i = 0; i < argc; i++) argv[i] = va_arg(args, const char *);
    va_end(args);
    redis_add(redis, argc, argv, NULL);
    struct redis_reply *replies;
    int count;
    enum outcome outcome = redis_exchange(redis, arena, &replies, &count, err);
    if (outcome == OUTCOME_DONE) *reply_out = replies[0];
    return outcome;
}

enum redis_state redis_check(struct redis *redis, struct err *err) {
    struct arena *arena = arena_new();
    struct redis_reply reply;

    redis->guarded = true;
    redis->look_at_ms = 0;
    enum outcome outcome = redis_ask(redis, arena, &reply, err, 1, "PING");
    arena_free(arena);
    if (outcome == OUTCOME_DONE) return REDIS_GOOD;
    if (redis->state == REDIS_GOOD) return REDIS_AWAY;
    return redis->state;
}
