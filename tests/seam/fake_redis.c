/* fake_redis: keys in a list, values as lists of pairs: the worlds of these tests are small. Commands are those that
 * the runtime uses; any other is a fault of the test. */
#include "fake_redis.h"
#include "redis.h"
#include "sim.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4096, SCAN_STEP = 3, DOWN_MS = 30 };

/* ---- The store ---- */

struct bytes {
    char *at;
    size_t len;
};
struct pair_of {
    struct bytes field, value; /* a sorted set's member and score */
};
struct key {
    char *name;
    struct pair_of *pairs;
    int count, size;
    bool is_text;       /* one pair with an empty field */
    int64_t expires_ms; /* 0: never */
    int64_t number;     /* of its making */
};
struct store {
    struct key *keys;
    int count, size;
};

static struct store store, remembered;
static struct fake_redis_faults faults;
static int64_t runs, made;

static struct bytes bytes_of(const char *at, size_t len) {
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

static void empty(struct store *from) {
    for (int i = 0; i < from->count; i++) free_key(&from->keys[i]);
    free(from->keys);
    *from = (struct store){0};
}

static void drop(int index) {
    free_key(&store.keys[index]);
    store.keys[index] = store.keys[--store.count];
}

static int find(const char *name) {
    for (int i = 0; i < store.count; i++) {
        if (strcmp(store.keys[i].name, name) != 0) continue;
        if (!store.keys[i].expires_ms || store.keys[i].expires_ms > sim_now_ms()) return i;
        drop(i);
        return -1;
    }
    return -1;
}

static struct key *key_at(const char *name) {
    int index = find(name);
    return index < 0 ? NULL : &store.keys[index];
}

static struct key *make(const char *name) {
    struct key *key = key_at(name);
    if (key) return key;

    if (store.count == store.size) {
        store.size = store.size ? 2 * store.size : 64;
        store.keys = realloc(store.keys, (size_t)store.size * sizeof *store.keys);
        ASSERT(store.keys);
    }
    key = &store.keys[store.count++];
    *key = (struct key){.name = strdup(name), .number = ++made};
    return key;
}

static int find_pair(const struct key *key, const char *field, size_t len) {
    for (int i = 0; key && i < key->count; i++)
        if (equal(&key->pairs[i].field, field, len)) return i;
    return -1;
}

static struct bytes *value_at(struct key *key, const char *field, size_t len) {
    int index = find_pair(key, field, len);
    return index < 0 ? NULL : &key->pairs[index].value;
}

static bool put(struct key *key, const char *field, size_t field_len, const char *value, size_t value_len) {
    int index = find_pair(key, field, field_len);

    if (index >= 0) {
        free(key->pairs[index].value.at);
        key->pairs[index].value = bytes_of(value, value_len);
        return false;
    }
    if (key->count == key->size) {
        key->size = key->size ? 2 * key->size : 8;
        key->pairs = realloc(key->pairs, (size_t)key->size * sizeof *key->pairs);
        ASSERT(key->pairs);
    }
    key->pairs[key->count++] = (struct pair_of){bytes_of(field, field_len), bytes_of(value, value_len)};
    return true;
}

/* An empty hash or set is no key. */
static bool take(const char *name, const char *field, size_t len) {
    struct key *key = key_at(name);
    int index = find_pair(key, field, len);

    if (index < 0) return false;
    free(key->pairs[index].field.at);
    free(key->pairs[index].value.at);
    key->pairs[index] = key->pairs[--key->count];
    if (!key->count) drop(find(name));
    return true;
}

/* ---- Commands: each leaves its reply on Lua's stack, as redis.call() would ---- */

struct words {
    const char **at;
    size_t *lens;
    int count;
};

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
    struct key *key = key_at(words->at[1]);
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

/* ZRANGEBYSCORE key -inf (limit LIMIT 0 count. */
static void list_below(lua_State *lua, const struct words *words) {
    struct key *key = key_at(words->at[1]);
    bool open = words->at[3][0] == '(';
    double limit = strcmp(words->at[3], "+inf") == 0 ? 1e300 : strtod(words->at[3] + open, NULL);
    int most = words->count > 6 ? atoi(words->at[6]) : INT32_MAX, listed = 0;

    sort_members(key);
    lua_newtable(lua);
    for (int i = 0; key && i < key->count && listed < most; i++) {
        double score = score_of(&key->pairs[i].value);
        if (open ? score >= limit : score > limit) break;
        push(lua, &key->pairs[i].field);
        lua_rawseti(lua, -2, ++listed);
    }
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
    struct bytes *value = value_at(key, words->at[2], words->lens[2]);
    long long sum = (value ? strtoll(value->at, NULL, 10) : 0) + strtoll(words->at[3], NULL, 10);

    put(key, words->at[2], words->lens[2], text, (size_t)snprintf(text, sizeof text, "%lld", sum));
    push_number(lua, (double)sum);
}

static void expire(lua_State *lua, const char *name, int64_t at_ms) {
    struct key *key = key_at(name);

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

    for (int i = 0; i < store.count; i++)
        if (store.keys[i].number < number && (!youngest || store.keys[i].number > youngest->number))
            youngest = &store.keys[i];
    return youngest;
}

/* A few keys at a time, from the youngest to the oldest: what is there from beginning to end is returned. */
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
    struct key *key = key_at(words->at[1]);

    if (is(words, "GET")) {
        push(lua, key ? value_at(key, "", 0) : NULL);
        return;
    }
    if (key) drop(find(words->at[1]));
    key = make(words->at[1]);
    key->is_text = true;
    put(key, "", 0, words->at[2], words->lens[2]);
    push_status(lua);
}

static void run_removal(lua_State *lua, const struct words *words) {
    int gone = 0;

    for (int i = 1; i < words->count; i++) {
        int index = find(words->at[i]);
        if (index < 0) continue;
        if (!is(words, "EXISTS")) drop(index);
        gone++;
    }
    push_number(lua, gone);
}

static void run_hash(lua_State *lua, const struct words *words) {
    const char *name = words->at[1];

    if (is(words, "HGET")) {
        push(lua, value_at(key_at(name), words->at[2], words->lens[2]));
    } else if (is(words, "HEXISTS")) {
        push_number(lua, value_at(key_at(name), words->at[2], words->lens[2]) != NULL);
    } else if (is(words, "HLEN")) {
        struct key *key = key_at(name);
        push_number(lua, key ? key->count : 0);
    } else if (is(words, "HGETALL")) {
        list_fields(lua, key_at(name), true, true);
    } else if (is(words, "HKEYS")) {
        list_fields(lua, key_at(name), true, false);
    } else if (is(words, "HVALS")) {
        list_fields(lua, key_at(name), false, true);
    } else if (is(words, "HMGET")) {
        lua_newtable(lua);
        for (int i = 2; i < words->count; i++) {
            push(lua, value_at(key_at(name), words->at[i], words->lens[i]));
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
            if (once && value_at(key_at(name), words->at[i], words->lens[i])) continue;
            added += put(make(name), words->at[i], words->lens[i], words->at[i + 1], words->lens[i + 1]);
        }
        push_number(lua, added);
    }
}

static void run_set(lua_State *lua, const struct words *words) {
    struct key *key = key_at(words->at[1]);

    if (is(words, "ZADD")) {
        int added = 0;
        for (int i = 2; i + 1 < words->count; i += 2)
            added += put(make(words->at[1]), words->at[i + 1], words->lens[i + 1], words->at[i], words->lens[i]);
        push_number(lua, added);
    } else if (is(words, "ZREM")) {
        int gone = 0;
        for (int i = 2; i < words->count; i++) gone += take(words->at[1], words->at[i], words->lens[i]);
        push_number(lua, gone);
    } else if (is(words, "ZSCORE")) {
        push(lua, value_at(key, words->at[2], words->lens[2]));
    } else if (is(words, "ZCARD")) {
        push_number(lua, key ? key->count : 0);
    } else if (is(words, "ZRANGEBYSCORE")) {
        list_below(lua, words);
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

static void run_command(lua_State *lua, const struct words *words) {
    static const char *const texts[] = {"GET", "SET", NULL}, *const removals[] = {"DEL", "UNLINK", "EXISTS", NULL};
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
    if (name[0] == 'H')
        run_hash(lua, words);
    else if (name[0] == 'Z')
        run_set(lua, words);
    else if (is(words, "TIME"))
        run_time(lua);
    else if (is(words, "PEXPIRE"))
        expire(lua, words->at[1], sim_now_ms() + strtoll(words->at[2], NULL, 10));
    else if (is(words, "PEXPIREAT"))
        expire(lua, words->at[1], strtoll(words->at[2], NULL, 10));
    else if (is(words, "SCAN"))
        scan(lua, words);
    else
        err_bug(__FILE__, __LINE__, name);
}

/* ---- Scripts ---- */

static int call(lua_State *lua) {
    struct words words = {.count = lua_gettop(lua)};

    words.at = malloc((size_t)words.count * sizeof *words.at);
    words.lens = malloc((size_t)words.count * sizeof *words.lens);
    for (int i = 0; i < words.count; i++) words.at[i] = lua_tolstring(lua, i + 1, &words.lens[i]);
    run_command(lua, &words);
    free(words.at);
    free(words.lens);
    return 1;
}

static lua_State *interpreter(void) {
    static lua_State *lua;
    if (lua) return lua;

    lua = luaL_newstate();
    luaL_openlibs(lua);
    lua_newtable(lua);
    lua_pushcfunction(lua, call);
    lua_setfield(lua, -2, "call");
    lua_setglobal(lua, "redis");
    return lua;
}

/* Compiled once, and kept under its text's address. */
static void push_script(lua_State *lua, const struct redis_script *script) {
    lua_pushlightuserdata(lua, (void *)script->lua);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    if (lua_isfunction(lua, -1)) return;

    lua_pop(lua, 1);
    if (luaL_loadbuffer(lua, script->lua, strlen(script->lua), script->name))
        err_bug(script->name, __LINE__, lua_tostring(lua, -1));
    lua_pushlightuserdata(lua, (void *)script->lua);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, LUA_REGISTRYINDEX);
}

static void set_words(lua_State *lua, const char *name, const struct words *words, int from, int to) {
    lua_newtable(lua);
    for (int i = from; i < to; i++) {
        lua_pushlstring(lua, words->at[i], words->lens[i]);
        lua_rawseti(lua, -2, i - from + 1);
    }
    lua_setglobal(lua, name);
}

/* What Lua left on its stack, as hiredis would hand it out. */
static void convert(lua_State *lua, struct arena *arena, struct redis_reply *out) {
    *out = (struct redis_reply){.kind = REDIS_NIL};
    switch (lua_type(lua, -1)) {
    case LUA_TNUMBER:
        out->kind = REDIS_NUMBER;
        out->number = (int64_t)lua_tonumber(lua, -1);
        break;
    case LUA_TSTRING:
        out->kind = REDIS_TEXT;
        out->text = lua_tolstring(lua, -1, &out->len);
        out->text = arena_strndup(arena, out->text, out->len);
        break;
    case LUA_TTABLE:
        out->kind = REDIS_LIST;
        out->count = (int)lua_objlen(lua, -1);
        out->items = arena_alloc(arena, sizeof *out->items * (size_t)(out->count + 1));
        for (int i = 0; i < out->count; i++) {
            lua_rawgeti(lua, -1, i + 1);
            convert(lua, arena, &out->items[i]);
            lua_pop(lua, 1);
        }
        break;
    default: break;
    }
}

/* ---- A connection ---- */

struct queued {
    struct redis_script *script; /* NULL: a command */
    int keys;
    struct words words;
};
struct redis {
    struct queued *queue;
    int count, size;
    int64_t run; /* seen at the last exchange that went well */
    char run_id[24];
};

struct redis *redis_new(const char *url, struct err *err) {
    (void)url, (void)err;
    struct redis *redis = calloc(1, sizeof *redis);
    ASSERT(redis);
    return redis;
}

static void free_queue(struct redis *redis) {
    for (int i = 0; i < redis->count; i++) {
        struct words *words = &redis->queue[i].words;
        for (int k = 0; k < words->count; k++) free((char *)words->at[k]);
        free(words->at);
        free(words->lens);
    }
    redis->count = 0;
}

void redis_free(struct redis *redis) {
    if (!redis) return;
    free_queue(redis);
    free(redis->queue);
    free(redis);
}

const char *redis_where(const struct redis *redis) {
    (void)redis;
    return "fake";
}

static void enqueue(struct redis *redis, struct redis_script *script, int keys, int argc, const char *const *argv,
                    const size_t *lens) {
    if (redis->count == redis->size) {
        redis->size = redis->size ? 2 * redis->size : 16;
        redis->queue = realloc(redis->queue, (size_t)redis->size * sizeof *redis->queue);
        ASSERT(redis->queue);
    }
    struct queued *queued = &redis->queue[redis->count++];
    *queued = (struct queued){.script = script, .keys = keys, .words = {.count = argc}};
    queued->words.at = calloc((size_t)argc + 1, sizeof *queued->words.at);
    queued->words.lens = calloc((size_t)argc + 1, sizeof *queued->words.lens);
    for (int i = 0; i < argc; i++) {
        queued->words.lens[i] = lens ? lens[i] : strlen(argv[i]);
        queued->words.at[i] = bytes_of(argv[i], queued->words.lens[i]).at;
    }
}

void redis_add(struct redis *redis, int argc, const char *const *argv, const size_t *lens) {
    enqueue(redis, NULL, 0, argc, argv, lens);
}

static void add_list(struct redis *redis, int argc, va_list args) {
    const char *words[32];

    ASSERT(argc <= 32);
    for (int i = 0; i < argc; i++) words[i] = va_arg(args, const char *);
    enqueue(redis, NULL, 0, argc, words, NULL);
}

void redis_addf(struct redis *redis, int argc, ...) {
    va_list args;
    va_start(args, argc);
    add_list(redis, argc, args);
    va_end(args);
}

void redis_use(struct redis *redis, struct redis_script *script) {
    (void)redis, (void)script;
}

void redis_add_script(struct redis *redis, struct redis_script *script, int keys, int argc, const char *const *argv,
                      const size_t *lens) {
    enqueue(redis, script, keys, argc, argv, lens);
}

static void run_queued(const struct queued *queued, struct arena *arena, struct redis_reply *out) {
    lua_State *lua = interpreter();

    if (queued->script) {
        push_script(lua, queued->script);
        set_words(lua, "KEYS", &queued->words, 0, queued->keys);
        set_words(lua, "ARGV", &queued->words, queued->keys, queued->words.count);
        if (lua_pcall(lua, 0, 1, 0)) err_bug(queued->script->name, __LINE__, lua_tostring(lua, -1));
    } else {
        run_command(lua, &queued->words);
    }
    convert(lua, arena, out);
    lua_settop(lua, 0);
}

/* How much of the pipeline the server gets to see. */
static int reach(const struct redis *redis) {
    if (sim_chance(faults.away)) return 0;
    if (sim_chance(faults.half)) return (int)sim_random((uint64_t)redis->count);
    return redis->count;
}

int redis_exchange(struct redis *redis, struct arena *arena, struct redis_reply **replies_out, int *count_out,
                   struct err *err) {
    sim_seam("redis request");
    int done = reach(redis), asked = redis->count;
    struct redis_reply *replies = arena_alloc(arena, sizeof *replies * (size_t)(asked + 1));
    bool good = done == asked && !sim_chance(faults.lost_reply);

    for (int i = 0; i < done; i++) run_queued(&redis->queue[i], arena, &replies[i]);
    free_queue(redis);
    if (good) redis->run = runs;
    sim_seam("redis reply");
    if (!good) {
        sim_sleep((int64_t)sim_random(DOWN_MS));
        err_set(err, "the fake says no");
        return 1;
    }
    *replies_out = replies;
    *count_out = asked;
    return 0;
}

int redis_ask(struct redis *redis, struct arena *arena, struct redis_reply *reply_out, struct err *err, int argc, ...) {
    va_list args;
    va_start(args, argc);
    add_list(redis, argc, args);
    va_end(args);

    struct redis_reply *replies;
    int count, result = redis_exchange(redis, arena, &replies, &count, err);
    if (result == 0) *reply_out = replies[0];
    return result;
}

int64_t redis_incarnation(const struct redis *redis) {
    return redis->run;
}

const char *redis_run_id(const struct redis *redis) {
    static char text[24];

    snprintf(text, sizeof text, "run-%" PRId64, redis->run);
    return text;
}

int redis_check(struct redis *redis, struct arena *arena, struct err *err) {
    (void)redis, (void)arena, (void)err;
    return 0;
}

/* ---- The test's ---- */

void fake_redis_begin(void) {
    empty(&store);
    empty(&remembered);
    faults = (struct fake_redis_faults){0};
    runs++;
}

void fake_redis_faults(const struct fake_redis_faults *wanted) {
    faults = *wanted;
}

void fake_redis_flush(void) {
    empty(&store);
}

void fake_redis_restart(void) {
    empty(&store);
    runs++;
}

static void copy_store(const struct store *from, struct store *to) {
    empty(to);
    to->keys = calloc((size_t)from->count + 1, sizeof *to->keys);
    to->count = to->size = from->count;
    for (int i = 0; i < from->count; i++) {
        const struct key *key = &from->keys[i];
        struct key *copy = &to->keys[i];
        *copy = (struct key){
            .name = strdup(key->name), .number = key->number, .is_text = key->is_text, .expires_ms = key->expires_ms};
        for (int k = 0; k < key->count; k++)
            put(copy, key->pairs[k].field.at, key->pairs[k].field.len, key->pairs[k].value.at, key->pairs[k].value.len);
    }
}

void fake_redis_remember(void) {
    copy_store(&store, &remembered);
}

void fake_redis_roll_back(void) {
    copy_store(&remembered, &store);
    runs++;
}

bool fake_redis_lose(const char *key) {
    int index = find(key);

    if (index >= 0) drop(index);
    return index >= 0;
}

bool fake_redis_has(const char *key) {
    return find(key) >= 0;
}

const char *fake_redis_get(const char *key) {
    struct key *found = key_at(key);
    struct bytes *value = found ? value_at(found, "", 0) : NULL;

    return value ? value->at : NULL;
}

void fake_redis_each(const char *prefix,
                     void (*each)(void *context, const char *key, const char *field, const char *value, size_t len),
                     void *context) {
    for (int i = 0; i < store.count; i++) {
        const struct key *key = &store.keys[i];
        if (strncmp(key->name, prefix, strlen(prefix)) != 0) continue;
        for (int k = 0; k < key->count; k++)
            each(context, key->name, key->pairs[k].field.at, key->pairs[k].value.at, key->pairs[k].value.len);
    }
}
