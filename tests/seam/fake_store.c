/* fake_store: see fake_store.h. */
#include "fake_store.h"
#include "base/err.h"
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SCAN_STEP = 3 };

struct store fake_store;
static int64_t made;

struct bytes fake_store_bytes(const char *at, size_t len) {
    struct bytes bytes = {malloc(len + 1), len};

    ASSERT(bytes.at);
    memcpy(bytes.at, at, len);
    bytes.at[len] = 0;
    return bytes;
}

static bool equal(const struct bytes *bytes, const char *at, size_t len) {
    return bytes->len == len && memcmp(bytes->at, at, len) == 0;
}

static void free_key(struct key *key) {
    for (int i = 0; i < key->count; i++) {
        free(key->pairs[i].field.at);
        free(key->pairs[i].value.at);
    }
    free(key->pairs);
    free(key->name);
}

void fake_store_empty(struct store *from) {
    for (int i = 0; i < from->count; i++) free_key(&from->keys[i]);
    free(from->keys);
    *from = (struct store){0};
}

void fake_store_drop(int index) {
    free_key(&fake_store.keys[index]);
    fake_store.keys[index] = fake_store.keys[--fake_store.count];
}

int fake_store_find(const char *name) {
    for (int i = 0; i < fake_store.count; i++) {
        if (strcmp(fake_store.keys[i].name, name) != 0) continue;
        if (!fake_store.keys[i].expires_ms || fake_store.keys[i].expires_ms > sim_now_ms())
            return i;
        fake_store_drop(i);
        return -1;
    }
    return -1;
}

struct key *fake_store_key(const char *name) {
    int index = fake_store_find(name);
    return index < 0 ? NULL : &fake_store.keys[index];
}

static struct key *make(const char *name) {
    struct key *key = fake_store_key(name);
    if (key) return key;

    if (fake_store.count == fake_store.size) {
        fake_store.size = fake_store.size ? 2 * fake_store.size : 64;
        fake_store.keys =
            realloc(fake_store.keys, (size_t)fake_store.size * sizeof *fake_store.keys);
        ASSERT(fake_store.keys);
    }
    key = &fake_store.keys[fake_store.count++];
    *key = (struct key){.name = strdup(name), .number = ++made};
    return key;
}

static int find_pair(const struct key *key, const char *field, size_t len) {
    for (int i = 0; key && i < key->count; i++)
        if (equal(&key->pairs[i].field, field, len)) return i;
    return -1;
}

struct bytes *fake_store_value(struct key *key, const char *field, size_t len) {
    int index = find_pair(key, field, len);
    return index < 0 ? NULL : &key->pairs[index].value;
}

bool fake_store_put(struct key *key, const char *field, size_t field_len, const char *value,
                    size_t value_len) {
    int index = find_pair(key, field, field_len);

    if (index >= 0) {
        free(key->pairs[index].value.at);
        key->pairs[index].value = fake_store_bytes(value, value_len);
        return false;
    }
    if (key->count == key->size) {
        key->size = key->size ? 2 * key->size : 8;
        key->pairs = realloc(key->pairs, (size_t)key->size * sizeof *key->pairs);
        ASSERT(key->pairs);
    }
    key->pairs[key->count++] =
        (struct pair_of){fake_store_bytes(field, field_len), fake_store_bytes(value, value_len)};
    return true;
}

/* An empty hash or set is no key. */
static bool take(const char *name, const char *field, size_t len) {
    struct key *key = fake_store_key(name);
    int index = find_pair(key, field, len);

    if (index < 0) return false;
    free(key->pairs[index].field.at);
    free(key->pairs[index].value.at);
    key->pairs[index] = key->pairs[--key->count];
    if (!key->count) fake_store_drop(fake_store_find(name));
    return true;
}

/* ---- Commands: each leaves its reply on Lua's stack, as redis.call() would ---- */

static void push(lua_State *lua, const struct bytes *bytes) {
    if (bytes)
        lua_pushlstring(lua, bytes->at, bytes->len);
    else
        lua_pushboolean(lua, 0);
}

static void push_number(lua_State *lua, double number) {
    lua_pushnumber(lua, number);
}

static void push_status(lua_State *lua) {
    lua_pushliteral(lua, "OK");
}

static double score_of(const struct bytes *score) {
    return strtod(score->at, NULL);
}

static int by_score(const void *one, const void *two) {
    const struct pair_of *a = one, *b = two;
    double left = score_of(&a->value), right = score_of(&b->value);

    if (left != right) return left < right ? -1 : 1;
    return strcmp(a->field.at, b->field.at);
}

static void sort_members(struct key *key) {
    if (key) qsort(key->pairs, (size_t)key->count, sizeof *key->pairs, by_score);
}

static void list_range(lua_State *lua, const struct words *words) {
    struct key *key = fake_store_key(words->at[1]);
    int from = atoi(words->at[2]), to = atoi(words->at[3]), listed = 0;
    bool scores = words->count > 4;

    sort_members(key);
    lua_newtable(lua);
    if (to < 0 && key) to += key->count;
    for (int i = from; key && i <= to && i < key->count; i++) {
        push(lua, &key->pairs[i].field);
        lua_rawseti(lua, -2, ++listed);
        if (!scores) continue;
        push(lua, &key->pairs[i].value);
        lua_rawseti(lua, -2, ++listed);
    }
}

/* Whether a score is on the right side of a bound: "5", "(5", "-inf", "+inf". */
static bool is_within(double score, const char *bound, bool below) {
    bool open = *bound == '(';
    double limit = strtod(bound + open, NULL); /* it knows of infinity */

    if (open && score == limit) return false;
    return below ? score <= limit : score >= limit;
}

/* ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count], and ZCOUNT key min max. */
static void list_between(lua_State *lua, const struct words *words, bool counts) {
    struct key *key = fake_store_key(words->at[1]);
    int offset = 0, most = INT32_MAX, listed = 0, found = 0;
    bool scores = false;

    for (int i = 4; i < words->count; i++) {
        if (strcasecmp(words->at[i], "WITHSCORES") == 0) scores = true;
        if (strcasecmp(words->at[i], "LIMIT") != 0) continue;
        offset = atoi(words->at[i + 1]);
        if (atoi(words->at[i + 2]) >= 0) most = atoi(words->at[i + 2]);
        break;
    }
    sort_members(key);
    lua_newtable(lua);
    for (int i = 0; key && i < key->count; i++) {
        double score = score_of(&key->pairs[i].value);
        if (!is_within(score, words->at[2], false) || !is_within(score, words->at[3], true))
            continue;
        if (found++ < offset || found - offset > most) continue;
        push(lua, &key->pairs[i].field);
        lua_rawseti(lua, -2, ++listed);
        if (!scores) continue;
        push(lua, &key->pairs[i].value);
        lua_rawseti(lua, -2, ++listed);
    }
    if (!counts) return;
    lua_pop(lua, 1);
    push_number(lua, found);
}

static void list_fields(lua_State *lua, const struct key *key, bool fields, bool values) {
    int listed = 0;

    lua_newtable(lua);
    for (int i = 0; key && i < key->count; i++) {
        if (fields) {
            push(lua, &key->pairs[i].field);
            lua_rawseti(lua, -2, ++listed);
        }
        if (values) {
            push(lua, &key->pairs[i].value);
            lua_rawseti(lua, -2, ++listed);
        }
    }
}

static void add_to(lua_State *lua, const struct words *words) {
    char text[32];
    struct key *key = make(words->at[1]);
    struct bytes *value = fake_store_value(key, words->at[2], words->lens[2]);
    long long sum = (value ? strtoll(value->at, NULL, 10) : 0) + strtoll(words->at[3], NULL, 10);

    fake_store_put(key, words->at[2], words->lens[2], text,
                   (size_t)snprintf(text, sizeof text, "%lld", sum));
    push_number(lua, (double)sum);
}

/* -2: no key; -1: it does not run out. */
static void push_life(lua_State *lua, const char *name) {
    const struct key *key = fake_store_key(name);
    int64_t left_ms = -2;

    if (key) left_ms = key->expires_ms ? key->expires_ms - sim_now_ms() : -1;
    push_number(lua, (double)left_ms);
}

static void expire(lua_State *lua, const char *name, int64_t at_ms) {
    struct key *key = fake_store_key(name);

    if (key) key->expires_ms = at_ms;
    push_number(lua, key != NULL);
}

/* The pattern's plain beginning; `\\` takes away the meaning of the next character. */
static void plain_prefix(const char *pattern, char *out, size_t size) {
    size_t len = 0;

    for (const char *at = pattern; *at && *at != '*' && len + 1 < size; at++)
        if (*at != '\\') out[len++] = *at;
    out[len] = 0;
}

/* The youngest key below a number; NULL: none. */
static const struct key *youngest_below(int64_t number) {
    const struct key *youngest = NULL;

    for (int i = 0; i < fake_store.count; i++)
        if (fake_store.keys[i].number < number &&
            (!youngest || fake_store.keys[i].number > youngest->number))
            youngest = &fake_store.keys[i];
    return youngest;
}

/* A few keys at a time, from the youngest to the oldest: what is there from beginning to end is
 * returned. */
static void scan(lua_State *lua, const struct words *words) {
    int64_t cursor = strtoll(words->at[1], NULL, 10);
    const struct key *key = NULL;
    char prefix[300], text[32];
    int listed = 0, step = 0;

    plain_prefix(words->at[3], prefix, sizeof prefix);
    if (!cursor) cursor = INT64_MAX;
    lua_newtable(lua);
    lua_newtable(lua);
    for (; step < SCAN_STEP && (key = youngest_below(cursor)); step++) {
        cursor = key->number;
        if (strncmp(key->name, prefix, strlen(prefix)) != 0) continue;
        lua_pushstring(lua, key->name);
        lua_rawseti(lua, -2, ++listed);
    }
    lua_rawseti(lua, -2, 2);
    snprintf(text, sizeof text, "%" PRId64, key && youngest_below(cursor) ? cursor : 0);
    lua_pushstring(lua, text);
    lua_rawseti(lua, -2, 1);
}

static bool is(const struct words *words, const char *name) {
    return strcasecmp(words->at[0], name) == 0;
}

static void run_text(lua_State *lua, const struct words *words) {
    struct key *key = fake_store_key(words->at[1]);

    if (is(words, "GET")) {
        push(lua, key ? fake_store_value(key, "", 0) : NULL);
        return;
    }
    int64_t expires_ms = 0;
    bool once = false;
    for (int i = 3; i < words->count; i++) {
        once |= strcasecmp(words->at[i], "NX") == 0;
        if (strcasecmp(words->at[i], "PX") == 0)
            expires_ms = sim_now_ms() + strtoll(words->at[i + 1], NULL, 10);
    }
    if (once && key) {
        push(lua, NULL);
        return;
    }
    if (key) fake_store_drop(fake_store_find(words->at[1]));
    key = make(words->at[1]);
    key->is_text = true;
    key->expires_ms = expires_ms;
    fake_store_put(key, "", 0, words->at[2], words->lens[2]);
    push_status(lua);
}

static void run_removal(lua_State *lua, const struct words *words) {
    int gone = 0;

    for (int i = 1; i < words->count; i++) {
        int index = fake_store_find(words->at[i]);
        if (index < 0) continue;
        if (!is(words, "EXISTS")) fake_store_drop(index);
        gone++;
    }
    push_number(lua, gone);
}

static void run_hash(lua_State *lua, const struct words *words) {
    const char *name = words->at[1];

    if (is(words, "HGET")) {
        push(lua, fake_store_value(fake_store_key(name), words->at[2], words->lens[2]));
    } else if (is(words, "HEXISTS")) {
        push_number(lua,
                    fake_store_value(fake_store_key(name), words->at[2], words->lens[2]) != NULL);
    } else if (is(words, "HLEN")) {
        struct key *key = fake_store_key(name);
        push_number(lua, key ? key->count : 0);
    } else if (is(words, "HGETALL")) {
        list_fields(lua, fake_store_key(name), true, true);
    } else if (is(words, "HKEYS")) {
        list_fields(lua, fake_store_key(name), true, false);
    } else if (is(words, "HVALS")) {
        list_fields(lua, fake_store_key(name), false, true);
    } else if (is(words, "HMGET")) {
        lua_newtable(lua);
        for (int i = 2; i < words->count; i++) {
            push(lua, fake_store_value(fake_store_key(name), words->at[i], words->lens[i]));
            lua_rawseti(lua, -2, i - 1);
        }
    } else if (is(words, "HINCRBY")) {
        add_to(lua, words);
    } else if (is(words, "HDEL")) {
        int gone = 0;
        for (int i = 2; i < words->count; i++) gone += take(name, words->at[i], words->lens[i]);
        push_number(lua, gone);
    } else { /* HSET, HSETNX */
        bool once = is(words, "HSETNX");
        int added = 0;
        for (int i = 2; i + 1 < words->count; i += 2) {
            if (once && fake_store_value(fake_store_key(name), words->at[i], words->lens[i]))
                continue;
            added += fake_store_put(make(name), words->at[i], words->lens[i], words->at[i + 1],
                                    words->lens[i + 1]);
        }
        push_number(lua, added);
    }
}

/* All of a hash or a sorted set at once. */
static void scan_pairs(lua_State *lua, const struct words *words) {
    lua_newtable(lua);
    lua_pushliteral(lua, "0");
    lua_rawseti(lua, -2, 1);
    list_fields(lua, fake_store_key(words->at[1]), true, true);
    lua_rawseti(lua, -2, 2);
}

/* The whole set at once. */
static void scan_members(lua_State *lua, const struct words *words) {
    lua_newtable(lua);
    lua_pushliteral(lua, "0");
    lua_rawseti(lua, -2, 1);
    list_fields(lua, fake_store_key(words->at[1]), true, false);
    lua_rawseti(lua, -2, 2);
}

/* A plain set: members without scores. */
static void run_members(lua_State *lua, const struct words *words) {
    int changed = 0;

    for (int i = 2; i < words->count; i++)
        changed += is(words, "SADD")
                       ? fake_store_put(make(words->at[1]), words->at[i], words->lens[i], "", 0)
                       : take(words->at[1], words->at[i], words->lens[i]);
    if (is(words, "SCARD")) {
        struct key *key = fake_store_key(words->at[1]);
        changed = key ? key->count : 0;
    }
    push_number(lua, changed);
}

static void run_set(lua_State *lua, const struct words *words) {
    struct key *key = fake_store_key(words->at[1]);

    if (is(words, "ZADD")) {
        int added = 0;
        for (int i = 2; i + 1 < words->count; i += 2)
            added += fake_store_put(make(words->at[1]), words->at[i + 1], words->lens[i + 1],
                                    words->at[i], words->lens[i]);
        push_number(lua, added);
    } else if (is(words, "ZREM")) {
        int gone = 0;
        for (int i = 2; i < words->count; i++)
            gone += take(words->at[1], words->at[i], words->lens[i]);
        push_number(lua, gone);
    } else if (is(words, "ZSCORE")) {
        push(lua, fake_store_value(key, words->at[2], words->lens[2]));
    } else if (is(words, "ZCARD")) {
        push_number(lua, key ? key->count : 0);
    } else if (is(words, "ZRANGEBYSCORE")) {
        list_between(lua, words, false);
    } else if (is(words, "ZCOUNT")) {
        list_between(lua, words, true);
    } else {
        list_range(lua, words);
    }
}

static void run_time(lua_State *lua) {
    char text[32];

    lua_newtable(lua);
    snprintf(text, sizeof text, "%" PRId64, sim_now_ms() / 1000);
    lua_pushstring(lua, text);
    lua_rawseti(lua, -2, 1);
    snprintf(text, sizeof text, "%" PRId64, sim_now_ms() % 1000 * 1000);
    lua_pushstring(lua, text);
    lua_rawseti(lua, -2, 2);
}

void fake_store_run(lua_State *lua, const struct words *words) {
    static const char *const texts[] = {"GET", "SET", NULL}, *const removals[] = {"DEL", "UNLINK",
                                                                                  "EXISTS", NULL};
    const char *name = words->at[0];

    for (int i = 0; texts[i]; i++)
        if (is(words, texts[i])) {
            run_text(lua, words);
            return;
        }
    for (int i = 0; removals[i]; i++)
        if (is(words, removals[i])) {
            run_removal(lua, words);
            return;
        }
    if (strcasecmp(name + 1, "SCAN") == 0 && name[0] != 'S')
        scan_pairs(lua, words);
    else if (name[0] == 'H')
        run_hash(lua, words);
    else if (name[0] == 'Z')
        run_set(lua, words);
    else if (is(words, "SADD") || is(words, "SREM") || is(words, "SCARD"))
        run_members(lua, words);
    else if (is(words, "SSCAN"))
        scan_members(lua, words);
    else if (is(words, "SISMEMBER"))
        push_number(lua, fake_store_value(fake_store_key(words->at[1]), words->at[2],
                                          words->lens[2]) != NULL);
    else if (is(words, "TIME"))
        run_time(lua);
    else if (is(words, "PING"))
        lua_pushstring(lua, "PONG");
    else if (is(words, "PTTL"))
        push_life(lua, words->at[1]);
    else if (is(words, "PEXPIRE"))
        expire(lua, words->at[1], sim_now_ms() + strtoll(words->at[2], NULL, 10));
    else if (is(words, "PEXPIREAT"))
        expire(lua, words->at[1], strtoll(words->at[2], NULL, 10));
    else if (is(words, "SCAN"))
        scan(lua, words);
    else
        err_bug(__FILE__, __LINE__, name);
}
