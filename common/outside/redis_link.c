/* redis_link: see the header. */
#include "outside/redis_link.h"
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

enum {
    CONNECT_MS = 1000, /* Redis is near: longer means that it is away */
    COMMAND_MS = 5000  /* Redis itself calls a script slow after 5 s (busy-reply-threshold) */
};

void redis_link_to(struct redis_link *link, const struct redis_address *address, const char *host,
                   int port) {
    *link = (struct redis_link){.address = address, .port = port, .state = REDIS_AWAY};
    snprintf(link->host, sizeof link->host, "%s", host);
    if (address->is_unix)
        snprintf(link->where, sizeof link->where, "unix://%s", link->host);
    else
        snprintf(link->where, sizeof link->where,
                 strchr(link->host, ':') ? "redis%s://[%s]:%d/%d" : "redis%s://%s:%d/%d",
                 address->tls ? "s" : "", link->host, port, address->db);
}

void redis_link_close(struct redis_link *link) {
    if (link->context) redisFree(link->context);
    link->context = NULL;
}

int redis_link_fails(struct redis_link *link, struct redis_words words, const char *what,
                     const char *text, struct err *err) {
    if (words.trouble == REDIS_SETTINGS)
        link->state = REDIS_MISCONFIGURED;
    else
        link->state = REDIS_AWAY;
    return err_set(err, "redis %s: %s%s%s%s%s", link->where, what, *what ? ": " : "", text,
                   *words.remedy ? ": " : "", words.remedy);
}

int redis_link_breaks(struct redis_link *link, const char *what, bool early, struct err *err) {
    const char *text = link->context->errstr;

    if (link->address->tls) text = redis_tls_reason(text);
    return redis_link_fails(link, redis_words_of_connection(text, early), what, text, err);
}

redisReply *redis_link_ask(struct redis_link *link, const char *what, int argc, const char **argv,
                           struct err *err) {
    redisReply *reply = redisCommandArgv(link->context, argc, argv, NULL);

    if (!reply) {
        redis_link_breaks(link, what, true, err);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        redis_link_fails(link, redis_words_of_reply(reply->str), what, reply->str, err);
        freeReplyObject(reply);
        reply = NULL;
    }

    return reply;
}

int redis_link_send(struct redis_link *link) {
    for (int done = 0; !done;)
        if (redisBufferWrite(link->context, &done) != REDIS_OK) return -1;
    return 0;
}

static int simple(struct redis_link *link, struct err *err, int argc, const char **argv) {
    redisReply *reply = redis_link_ask(link, argv[0], argc, argv, err);
    if (!reply) return -1;
    freeReplyObject(reply);
    return 0;
}

static int sign_in(struct redis_link *link, struct err *err) {
    const struct redis_address *address = link->address;
    const char *argv[3] = {"AUTH", address->user ? address->user : address->password,
                           address->password};

    if (address->password && simple(link, err, address->user ? 3 : 2, argv) < 0) return -1;
    char db[16];
    snprintf(db, sizeof db, "%d", address->db);
    const char *choose[2] = {"SELECT", db};
    if (!address->db) return 0;
    return simple(link, err, 2, choose);
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
static int check_policy(struct redis_link *link, const char *info, struct err *err) {
    char policy[64];

    if (!line_of(info, "maxmemory_policy", policy, sizeof policy))
        return err_set(err, "redis %s: INFO names no maxmemory_policy (is the user allowed +info?)",
                       link->where);
    if (strcmp(policy, "noeviction") == 0) return 0;
    link->state = REDIS_FORGETFUL;
    return err_set(err,
                   "redis %s: maxmemory-policy is %s, which would throw deadlines away; set it "
                   "with CONFIG SET maxmemory-policy noeviction and in redis.conf",
                   link->where, policy);
}

static int check_role(struct redis_link *link, const char *info, struct err *err) {
    char role[32];

    if (!line_of(info, "role", role, sizeof role) || strcmp(role, "master") == 0) return 0;
    return err_set(err, "redis %s: it is a replica; its Sentinels have not named another yet",
                   link->where);
}

static int read_info(struct redis_link *link, const struct redis_greeting *greeting,
                     const char *info, struct err *err) {
    char run_id[41] = "";
    char history[41] = "";
    char evicted[21] = "";

    if (!line_of(info, "run_id", run_id, sizeof run_id))
        return err_set(err, "redis %s: INFO gave no run_id (is the user allowed +info?)",
                       link->where);
    if (greeting->primary && check_role(link, info, err) < 0) return -1;
    if (greeting->guarded && check_policy(link, info, err) < 0) return -1;
    bool threw_away =
        line_of(info, "evicted_keys", evicted, sizeof evicted) && strcmp(evicted, "0") != 0;
    /* A primary that became a replica and is promoted again, before it had what it missed, is the
     * same process with what it had: only its history (replid) is another. */
    line_of(info, "master_replid", history, sizeof history);
    snprintf(link->run_id, sizeof link->run_id, "%s-%.12s%s%s", run_id, history,
             threw_away ? "." : "", threw_away ? evicted : "");

    return 0;
}

int redis_link_look(struct redis_link *link, const struct redis_greeting *greeting,
                    struct err *err) {
    const char *argv[1] = {"INFO"};
    redisReply *reply = redis_link_ask(link, "INFO", 1, argv, err);

    if (!reply) return -1;
    const char *info = "";
    if (reply->type == REDIS_REPLY_STRING) info = reply->str;
    int bad = read_info(link, greeting, info, err);
    freeReplyObject(reply);

    return bad;
}

static int load(struct redis_link *link, struct redis_script *script, struct err *err) {
    const char *argv[3] = {"SCRIPT", "LOAD", script->lua};
    char what[64];

    snprintf(what, sizeof what, "SCRIPT LOAD %s", script->name);
    redisReply *reply = redis_link_ask(link, what, 3, argv, err);
    if (!reply) return -1;
    int bad = 0;
    if (reply->type == REDIS_REPLY_STRING)
        snprintf(script->sha, sizeof script->sha, "%s", reply->str);
    else
        bad =
            err_set(err, "redis %s: %s: answered in another form than expected", link->where, what);
    freeReplyObject(reply);

    return bad;
}

static int shake_hands(struct redis_link *link, struct err *err) {
    struct err why;

    if (redis_tls_start(link->context, &link->address->files, link->host, &why) == 0) return 0;
    return redis_link_fails(link, redis_words_of_connection(why.text, false), "", why.text, err);
}

int redis_link_connect(struct redis_link *link, struct err *err) {
    struct timeval connect = {CONNECT_MS / 1000, 0};
    struct timeval command = {COMMAND_MS / 1000, 0};
    bool is_unix = link->address->is_unix;

    if (is_unix)
        link->context = redisConnectUnixWithTimeout(link->host, connect);
    else
        link->context = redisConnectWithTimeout(link->host, link->port, connect);
    ASSERT(link->context);
    if (link->context->err) return redis_link_breaks(link, "", false, err);
    redisSetTimeout(link->context, command);
    /* On a Unix socket it fails, and the context with it. */
    if (!is_unix) redisEnableKeepAlive(link->context);
    if (link->address->tls && shake_hands(link, err) < 0) return -1;

    return sign_in(link, err);
}

int redis_link_open(struct redis_link *link, const struct redis_greeting *greeting,
                    struct err *err) {
    if (redis_link_connect(link, err) < 0 || redis_link_look(link, greeting, err) < 0) return -1;
    for (int i = 0; i < greeting->script_count; i++)
        if (load(link, greeting->scripts[i], err) < 0) return -1;
    link->state = REDIS_GOOD;

    return 0;
}
