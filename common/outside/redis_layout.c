/* redis_layout: see the header. */
#include "outside/redis_layout.h"
#include "base/heap.h"
#include "outside/redis_credentials.h"
#include "outside/redis_link.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Keys ---- */

static uint16_t crc16(const char *bytes, size_t len) {
    unsigned crc = 0;

    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)(unsigned char)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            bool carry = crc & 0x8000;
            crc = crc << 1 & 0xffff;
            if (carry) crc ^= 0x1021;
        }
    }
    return (uint16_t)crc;
}

int redis_slot(const char *key, size_t len) {
    const char *open = memchr(key, '{', len);

    if (open) {
        const char *tag = open + 1;
        const char *end = memchr(tag, '}', len - (size_t)(tag - key));
        if (end && end > tag) return crc16(tag, (size_t)(end - tag)) % REDIS_SLOTS;
    }
    return crc16(key, len) % REDIS_SLOTS;
}

int redis_key_at(int argc, const char *const *argv) {
    static const char *const keyless[] = {"PING",   "INFO",   "TIME", "SCRIPT", "ACL",
                                          "CONFIG", "CLIENT", "ROLE", "DBSIZE", "FLUSHALL"};

    for (size_t i = 0; i < sizeof keyless / sizeof *keyless; i++)
        if (strcasecmp(argv[0], keyless[i]) == 0) return -1;
    if (strcasecmp(argv[0], "EVALSHA") == 0) return argc > 3 && strcmp(argv[2], "0") != 0 ? 3 : -1;
    if (strcasecmp(argv[0], "SCAN") == 0)
        return argc > 3 ? 3 : -1; /* MATCH pattern, with its tag */
    return argc > 1 ? 1 : -1;
}

/* ---- Servers ---- */

void redis_layout_free(struct redis_layout_map *map) {
    free(map->nodes);
    map->nodes = NULL;
    map->count = 0;
}

static int add_node(struct redis_layout_map *map, const char *host, int port) {
    for (int i = 0; i < map->count; i++)
        if (map->nodes[i].port == port && strcmp(map->nodes[i].host, host) == 0) return i;
    map->nodes = heap_resize(map->nodes, sizeof *map->nodes * ((size_t)map->count + 1));
    struct redis_node *node = &map->nodes[map->count];
    *node = (struct redis_node){.port = port};
    snprintf(node->host, sizeof node->host, "%s", host);

    return map->count++;
}

static void give_slots(struct redis_layout_map *map, int64_t from, int64_t to, int node) {
    for (int64_t slot = from < 0 ? 0 : from; slot <= to && slot < REDIS_SLOTS; slot++)
        map->slots[slot] = (uint16_t)node;
}

/* Each host of the URL with its part. */
static void spread(const struct redis_address *address, struct redis_layout_map *map) {
    for (int i = 0; i < address->host_count; i++) {
        int node = add_node(map, address->hosts[i].name, address->hosts[i].port);
        give_slots(map, (int64_t)i * REDIS_SLOTS / address->host_count,
                   (int64_t)(i + 1) * REDIS_SLOTS / address->host_count - 1, node);
    }
}

typedef int read_answer(const struct redis_address *address, const struct redis_link *asked,
                        const redisReply *reply, struct redis_layout_map *map, struct err *err);

static bool is_text(const redisReply *reply) {
    return reply->type == REDIS_REPLY_STRING && reply->len > 0;
}

/* [host, port], or nil for a service that this Sentinel does not watch. */
static int read_primary(const struct redis_address *address, const struct redis_link *asked,
                        const redisReply *reply, struct redis_layout_map *map, struct err *err) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !is_text(reply->element[0]) ||
        !is_text(reply->element[1]))
        return err_set(err,
                       "redis %s: this Sentinel watches no \"%s\": REDRESS_REDIS_URL names it "
                       "behind the hosts as `sentinel monitor` does",
                       asked->where, address->service);
    int node = add_node(map, reply->element[0]->str, atoi(reply->element[1]->str));
    give_slots(map, 0, REDIS_SLOTS - 1, node);

    return 0;
}

/* [from, to, [host, port, ...], replicas...]; a node that does not know its own name gives none. */
static int read_range(const struct redis_link *asked, const redisReply *range,
                      struct redis_layout_map *map) {
    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3) return -1;
    const redisReply *from = range->element[0];
    const redisReply *to = range->element[1];
    const redisReply *server = range->element[2];
    if (from->type != REDIS_REPLY_INTEGER || to->type != REDIS_REPLY_INTEGER ||
        server->type != REDIS_REPLY_ARRAY || server->elements < 2 ||
        server->element[1]->type != REDIS_REPLY_INTEGER || map->count >= REDIS_NODES_MAX)
        return -1;
    const char *host = asked->host;
    if (is_text(server->element[0]) && strcmp(server->element[0]->str, "?") != 0)
        host = server->element[0]->str;
    give_slots(map, from->integer, to->integer,
               add_node(map, host, (int)server->element[1]->integer));

    return 0;
}

static int read_slots(const struct redis_address *address, const struct redis_link *asked,
                      const redisReply *reply, struct redis_layout_map *map, struct err *err) {
    (void)address;
    if (reply->type != REDIS_REPLY_ARRAY)
        return err_set(err, "redis %s: CLUSTER SLOTS: answered in another form than expected",
                       asked->where);
    for (size_t i = 0; i < reply->elements; i++)
        if (read_range(asked, reply->element[i], map) < 0)
            return err_set(err, "redis %s: CLUSTER SLOTS: answered in another form than expected",
                           asked->where);
    if (map->count) return 0;
    return err_set(err,
                   "redis %s: no node of this cluster has a slot yet: create it with "
                   "`redis-cli --cluster create`",
                   asked->where);
}

/* Sentinels often have no password though their servers have one: it is given when they ask. */
static redisReply *ask_sentinel(struct redis_link *link, const struct redis_address *address,
                                struct err *err) {
    const char *argv[3] = {"SENTINEL", "get-master-addr-by-name", address->service};
    struct redis_address signed_in = *address;
    struct redis_address bare = *address;
    redisReply *reply = NULL;

    bare.db = signed_in.db = 0;
    bare.password = NULL;
    link->address = &bare;
    if (redis_link_connect(link, err) == 0) reply = redis_link_ask(link, argv[0], 3, argv, err);
    if (!reply && address->password && link->context && !link->context->err) {
        redis_link_close(link);
        link->address = &signed_in;
        if (redis_link_connect(link, err) == 0) reply = redis_link_ask(link, argv[0], 3, argv, err);
    }

    return reply;
}

static redisReply *ask_node(struct redis_link *link, const struct redis_address *address,
                            struct err *err) {
    const char *argv[2] = {"CLUSTER", "SLOTS"};

    (void)address;
    if (redis_link_connect(link, err) < 0) return NULL;
    return redis_link_ask(link, "CLUSTER SLOTS", 2, argv, err);
}

static int ask_host(const struct redis_address *address, const struct redis_host *host,
                    struct redis_layout_map *map, struct err *err) {
    bool sentinel = address->layout == REDIS_SENTINEL;
    read_answer *read = read_slots;
    struct redis_link link;

    if (sentinel) read = read_primary;
    redis_link_to(&link, address, host->name, host->port);
    redisReply *reply =
        sentinel ? ask_sentinel(&link, address, err) : ask_node(&link, address, err);
    int bad = -1;
    if (reply) bad = read(address, &link, reply, map, err);
    freeReplyObject(reply);
    redis_link_close(&link);
    if (bad) redis_layout_free(map);

    return bad;
}

int redis_layout_find(const struct redis_address *address, int *first_inout,
                      struct redis_layout_map *out, struct err *err) {
    *out = (struct redis_layout_map){.count = 0};
    memset(out->slots, 0xff, sizeof out->slots);
    if (address->layout == REDIS_ONE || address->layout == REDIS_SPREAD) {
        spread(address, out);
        return 0;
    }
    for (int i = 0; i < address->host_count; i++) {
        int at = (*first_inout + i) % address->host_count;
        if (ask_host(address, &address->hosts[at], out, err) == 0) {
            *first_inout = at;
            return 0;
        }
        redis_credentials_note(err->text); /* the last one may say something else */
    }

    return -1;
}
