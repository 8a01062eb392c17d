/* redis: a blocking connection with pipelines to each server that has some of the keys. After any
 * trouble all connections are dropped: a late reply would answer the next command, and what was
 * found about the servers may be so no longer. */
#include "outside/redis.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/ids.h"
#include "outside/config.h"
#include "outside/redis_credentials.h"
#include "outside/redis_layout.h"
#include "outside/redis_link.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAUSE_FIRST_MS = 20, /* growing pauses between attempts to connect */
    PAUSE_LAST_MS = 1000,
    LOOK_MS = 5000,  /* the servers' settings are looked at so often */
    SCRIPTS_MAX = 32 /* scripts of a process */
};

struct redis {
    struct redis_address address;
    bool renewed; /* user and password are those that were last read (redis_credentials.h) */
    char *where;
    int first;                   /* of the URL's hosts: the one that answered last */
    struct redis_layout_map map; /* while connected */
    struct redis_link *links;    /* one for each of its nodes */
    bool connected;
    uint16_t *order; /* to which link each queued command went */
    int queued, order_max;
    bool broken; /* a command of this pipeline could not be queued: the exchange says that Redis is
                    away */
    struct redis_script *scripts[SCRIPTS_MAX];
    int script_count;
    char run_id[REDIS_RUN_MAX];
    int64_t next_try_ms, pause_ms;
    bool guarded; /* its settings are looked at with each connection, and now and then */
    int64_t look_at_ms;
    struct err trouble; /* why there is no connection */
    enum redis_state state;
};

/* The URL without user and password. */
static char *where_of(const struct redis_address *address) {
    static const char *const kinds[] = {[REDIS_ONE] = "",
                                        [REDIS_SPREAD] = "",
                                        [REDIS_SENTINEL] = "+sentinel",
                                        [REDIS_CLUSTER] = "+cluster"};
    struct buf buf = {0};

    if (address->is_unix) {
        buf_printf(&buf, "unix://%s", address->hosts[0].name);
        return buf.at;
    }
    buf_printf(&buf, "redis%s%s://", address->tls ? "s" : "", kinds[address->layout]);
    for (int i = 0; i < address->host_count; i++)
        buf_printf(&buf, strchr(address->hosts[i].name, ':') ? "%s[%s]:%d" : "%s%s:%d",
                   i ? "," : "", address->hosts[i].name, address->hosts[i].port);
    if (address->service) buf_printf(&buf, "/%s", address->service);
    if (address->layout != REDIS_CLUSTER) buf_printf(&buf, "/%d", address->db);

    return buf.at;
}

struct redis *redis_new(const char *url, struct err *err) {
    struct redis *redis = calloc(1, sizeof *redis);
    struct err why;

    ASSERT(redis);
    int bad = redis_url_parse(url, &redis->address, &why);
    if (!bad && redis->address.tls && redis_tls_missing())
        bad = err_set(&why, "%s", redis_tls_missing());
    if (bad) {
        err_set(err, "REDRESS_REDIS_URL: %s", why.text);
        redis_free(redis);
        return NULL;
    }
    redis->where = where_of(&redis->address);
    return redis;
}

struct redis *redis_of(const struct config *config, struct err *err) {
    struct redis *redis = redis_new(config->redis_url, err);

    if (!redis) return NULL;
    redis->address.files = config->redis_tls;
    redis->renewed = true;

    return redis;
}

const char *redis_where(const struct redis *redis) {
    return redis->where;
}

const char *redis_run_id(const struct redis *redis) {
    return redis->run_id;
}

/* ---- The connections ---- */

static void drop(struct redis *redis) {
    for (int i = 0; i < redis->map.count && redis->links; i++) redis_link_close(&redis->links[i]);
    free(redis->links);
    redis->links = NULL;
    redis_layout_free(&redis->map);
    redis->connected = false;
}

void redis_free(struct redis *redis) {
    if (!redis) return;
    drop(redis);
    redis_url_free(&redis->address);
    free(redis->order);
    free(redis->where);
    free(redis);
}

static struct redis_greeting greeting_of(const struct redis *redis) {
    return (struct redis_greeting){.scripts = redis->scripts,
                                   .script_count = redis->script_count,
                                   .guarded = redis->guarded,
                                   .primary = redis->address.layout == REDIS_SENTINEL};
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A run_id never seen on this handle means that what was kept may be gone; so does one that has
 * thrown keys away since: it is another run to us. Of several servers all count, in any order: keys
 * that move between them are lost to nobody. */
static void identify(struct redis *redis) {
    int count = redis->map.count;

    if (count == 1) {
        memcpy(redis->run_id, redis->links[0].run_id, sizeof redis->run_id);
    } else {
        const char **ids = heap_resize(NULL, sizeof *ids * (size_t)count);
        struct buf all = {0};
        char hash[27];
        for (int i = 0; i < count; i++) ids[i] = redis->links[i].run_id;
        qsort(ids, (size_t)count, sizeof *ids, by_text);
        for (int i = 0; i < count; i++) buf_printf(&all, "%s,", ids[i]);
        ids_hash(hash, 1, all.at);
        snprintf(redis->run_id, sizeof redis->run_id, "%d-%s", count, hash);
        buf_free(&all);
        free(ids);
    }
    redis->look_at_ms = clock_boot_ms() + LOOK_MS;
}

void redis_use(struct redis *redis, struct redis_script *script) {
    ASSERT(redis->script_count < SCRIPTS_MAX && !redis->queued);
    drop(redis); /* the next connection loads it */
    redis->scripts[redis->script_count++] = script;
}

static int open_links(struct redis *redis, struct err *err) {
    struct redis_greeting greeting = greeting_of(redis);

    if (redis->renewed) redis_credentials_give(&redis->address);
    if (redis_layout_find(&redis->address, &redis->first, &redis->map, err) < 0) return -1;
    redis->links = calloc((size_t)redis->map.count, sizeof *redis->links);
    ASSERT(redis->links);
    for (int i = 0; i < redis->map.count; i++) {
        const struct redis_node *node = &redis->map.nodes[i];
        redis_link_to(&redis->links[i], &redis->address, node->host, node->port);
    }
    for (int i = 0; i < redis->map.count; i++) {
        if (redis_link_open(&redis->links[i], &greeting, err) == 0) continue;
        redis->state = redis->links[i].state;
        redis_credentials_note(err->text);
        redis->first++; /* perhaps another one knows better */
        return -1;
    }
    identify(redis);

    return 0;
}

static bool looks_good(struct redis *redis) {
    struct redis_greeting greeting = greeting_of(redis);

    if (!redis->guarded || redis->queued || clock_boot_ms() < redis->look_at_ms) return true;
    for (int i = 0; i < redis->map.count; i++) {
        if (redis_link_look(&redis->links[i], &greeting, &redis->trouble) == 0) continue;
        redis->state = redis->links[i].state;
        redis_credentials_note(redis->trouble.text);
        drop(redis);
        return false;
    }
    identify(redis);

    return true;
}

/* 0 or 1 (away: redis->trouble says why). Between attempts the pause grows, so that a Redis that is
 * away for minutes costs nothing. */
static int connected(struct redis *redis) {
    if (redis->connected && looks_good(redis)) return 0;
    if (redis->connected || clock_boot_ms() < redis->next_try_ms) return 1;
    redis->state = REDIS_AWAY;
    if (open_links(redis, &redis->trouble) == 0) {
        redis->connected = true;
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

/* Which server has a command's key; -1: none, and the pipeline is broken. */
static int link_of(struct redis *redis, int argc, const char *const *argv, const size_t *lens) {
    int at = redis_key_at(argc, argv);

    if (redis->map.count == 1 || at < 0) return 0;
    size_t len = lens ? lens[at] : strlen(argv[at]);
    int slot = redis_slot(argv[at], len);
    int node = redis->map.slots[slot];
    if (node != REDIS_NO_NODE) return node;
    err_set(&redis->trouble,
            "redis %s: slot %d, of %.*s, is nobody's: see `redis-cli --cluster check`",
            redis->where, slot, (int)len, argv[at]);
    redis->broken = true;

    return -1;
}

void redis_add(struct redis *redis, int argc, const char *const *argv, const size_t *lens) {
    redis->broken = redis->broken || connected(redis);
    int link = -1;
    if (!redis->broken) link = link_of(redis, argc, argv, lens);
    if (link < 0) return;
    redisAppendCommandArgv(redis->links[link].context, argc, (const char **)argv, lens);
    if (redis->queued == redis->order_max) {
        redis->order_max = 2 * redis->order_max + 64;
        redis->order = heap_resize(redis->order, sizeof *redis->order * (size_t)redis->order_max);
    }
    redis->order[redis->queued++] = (uint16_t)link;
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
static enum outcome classify_reply(struct redis *redis, struct redis_link *link,
                                   const struct redis_reply *reply, enum outcome worst,
                                   bool *elsewhere, struct err *err) {
    if (reply->kind != REDIS_ERROR || worst == OUTCOME_STOP) return worst;
    struct redis_words words = redis_words_of_reply(reply->text);
    if (redis->address.layout == REDIS_CLUSTER) redis_words_of_moving(reply->text, &words);
    redis_link_fails(link, words, "", reply->text, err);
    redis_credentials_note(reply->text);
    redis->state = link->state;
    *elsewhere |= words.elsewhere;
    if (words.trouble == REDIS_UNKNOWN) return OUTCOME_STOP;
    return OUTCOME_WAIT;
}

/* All servers work at once; then their replies are read in the order of the commands. */
static int send_all(struct redis *redis, struct err *err) {
    if (redis->map.count == 1) return 0; /* with its first reply */
    for (int i = 0; i < redis->map.count; i++) {
        if (redis_link_send(&redis->links[i]) == 0) continue;
        redis_link_breaks(&redis->links[i], "", false, err);
        redis->state = redis->links[i].state;
        return -1;
    }
    return 0;
}

void redis_send(struct redis *redis) {
    for (int i = 0; redis->queued && redis->connected && i < redis->map.count; i++)
        if (redis_link_send(&redis->links[i]) < 0) return; /* the exchange will find it so */
}

static enum outcome read_replies(struct redis *redis, struct arena *arena,
                                 struct redis_reply *replies, int count, struct err *err) {
    enum outcome worst = OUTCOME_DONE;
    bool elsewhere = false;

    for (int i = 0; i < count; i++) {
        struct redis_link *link = &redis->links[redis->order[i]];
        void *reply = NULL;
        if (redisGetReply(link->context, &reply) != REDIS_OK || !reply) {
            redis_link_breaks(link, "", false, err);
            redis->state = link->state;
            drop(redis);
            return OUTCOME_WAIT;
        }
        convert(reply, arena, &replies[i]);
        freeReplyObject(reply);
        worst = classify_reply(redis, link, &replies[i], worst, &elsewhere, err);
    }
    if (elsewhere)
        drop(redis); /* the next connection finds another Redis, or loads its scripts again */
    return worst;
}

enum outcome redis_exchange(struct redis *redis, struct arena *arena,
                            struct redis_reply **replies_out, int *count_out, struct err *err) {
    int count = redis->queued;
    bool broken = redis->broken || (count && !redis->connected);

    redis->queued = 0;
    redis->broken = false;
    if (broken) {
        drop(redis);
        *err = redis->trouble;
        return OUTCOME_WAIT;
    }
    if (count && send_all(redis, err) < 0) {
        drop(redis);
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
