/* fake_redis: the scripts run in Lua, on the store of fake_store.c; a connection queues and
 * exchanges. */
#include "fake_redis.h"
#include "fake_store.h"
#include "outside/config.h"
#include "outside/redis.h"
#include "sim.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOWN_MS = 30 };

static struct store remembered;
static struct fake_redis_faults faults;
static int64_t runs;

/* ---- Scripts ---- */

static int call(lua_State *lua) {
    struct words words = {.count = lua_gettop(lua)};

    words.at = malloc((size_t)words.count * sizeof *words.at);
    words.lens = malloc((size_t)words.count * sizeof *words.lens);
    for (int i = 0; i < words.count; i++) words.at[i] = lua_tolstring(lua, i + 1, &words.lens[i]);
    fake_store_run(lua, &words);
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
    lua_pushcfunction(lua, call);
    lua_setfield(lua, -2, "pcall");
    lua_setglobal(lua, "redis");
    return lua;
}

/* Compiled once, and kept under its text. */
static void push_script(lua_State *lua, const struct redis_script *script) {
    lua_pushstring(lua, script->lua);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    if (lua_isfunction(lua, -1)) return;

    lua_pop(lua, 1);
    if (luaL_loadbuffer(lua, script->lua, strlen(script->lua), script->name))
        err_bug(script->name, __LINE__, lua_tostring(lua, -1));
    lua_pushstring(lua, script->lua);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, LUA_REGISTRYINDEX);
}

static void set_words(lua_State *lua, const char *name, const struct words *words, int from,
                      int to) {
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
    struct arena *early; /* replies to what was sent before its exchange */
    struct redis_reply *early_replies;
    int early_count;
    struct queued *queue;
    int count, size;
    int64_t run; /* of the server connected to; 0: not connected */
    int64_t known_run;
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
    redis->count = redis->early_count = 0;
}

struct redis *redis_of(const struct config *config, struct err *err) {
    return redis_new(config->redis_url, err);
}

void redis_free(struct redis *redis) {
    if (!redis) return;
    free_queue(redis);
    arena_free(redis->early);
    free(redis->queue);
    free(redis);
}

const char *redis_where(const struct redis *redis) {
    (void)redis;
    return "fake";
}

/* The first command queued connects. */
static void connect_to(struct redis *redis) {
    if (redis->run) return;
    redis->run = redis->known_run = runs;
}

const char *redis_reach(struct redis *redis) {
    connect_to(redis);
    return redis_run_id(redis);
}

static void enqueue(struct redis *redis, struct redis_script *script, int keys, int argc,
                    const char *const *argv, const size_t *lens) {
    if (redis->count == redis->size) {
        redis->size = redis->size ? 2 * redis->size : 16;
        redis->queue = realloc(redis->queue, (size_t)redis->size * sizeof *redis->queue);
        ASSERT(redis->queue);
    }
    connect_to(redis);
    struct queued *queued = &redis->queue[redis->count++];
    *queued = (struct queued){.script = script, .keys = keys, .words = {.count = argc}};
    queued->words.at = calloc((size_t)argc + 1, sizeof *queued->words.at);
    queued->words.lens = calloc((size_t)argc + 1, sizeof *queued->words.lens);
    for (int i = 0; i < argc; i++) {
        queued->words.lens[i] = lens ? lens[i] : strlen(argv[i]);
        queued->words.at[i] = fake_store_bytes(argv[i], queued->words.lens[i]).at;
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

void redis_add_script(struct redis *redis, struct redis_script *script, int keys, int argc,
                      const char *const *argv, const size_t *lens) {
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
        fake_store_run(lua, &queued->words);
    }
    convert(lua, arena, out);
    lua_settop(lua, 0);
}

/* What is sent runs at once, or only when it is waited for. */
void redis_send(struct redis *redis) {
    sim_seam("redis send");
    if (redis->run != runs || !sim_chance(50)) return;
    if (!redis->early) redis->early = arena_new();
    redis->early_count = redis->count;
    redis->early_replies =
        arena_alloc(redis->early, sizeof *redis->early_replies * (size_t)(redis->count + 1));
    for (int i = 0; i < redis->count; i++)
        run_queued(&redis->queue[i], redis->early, &redis->early_replies[i]);
}

/* How much of the pipeline the server gets to see. */
static int reach(const struct redis *redis) {
    if (sim_chance(faults.away)) return 0;
    if (sim_chance(faults.half)) return (int)sim_random((uint64_t)redis->count);
    return redis->count;
}

/* A connection does not outlive its server, nor do the commands that were queued for it. */
static bool is_gone(struct redis *redis, struct err *err) {
    if (redis->run == runs) return false;
    redis->run = 0;
    free_queue(redis);
    err_set(err, "connection reset");
    return true;
}

enum outcome redis_exchange(struct redis *redis, struct arena *arena,
                            struct redis_reply **replies_out, int *count_out, struct err *err) {
    sim_seam("redis request");
    if (is_gone(redis, err)) return OUTCOME_WAIT;
    int done = reach(redis), asked = redis->count;
    struct redis_reply *replies = arena_alloc(arena, sizeof *replies * (size_t)(asked + 1));
    bool good = done == asked && !sim_chance(faults.lost_reply);

    for (int i = 0; i < asked; i++) {
        if (i < redis->early_count)
            replies[i] = redis->early_replies[i];
        else if (i < done)
            run_queued(&redis->queue[i], arena, &replies[i]);
    }
    free_queue(redis);
    sim_seam("redis reply");
    if (!good) {
        sim_sleep((int64_t)sim_random(DOWN_MS));
        err_set(err, "the fake says no");
        return OUTCOME_WAIT;
    }
    *replies_out = replies;
    *count_out = asked;
    return OUTCOME_DONE;
}

enum outcome redis_ask(struct redis *redis, struct arena *arena, struct redis_reply *reply_out,
                       struct err *err, int argc, ...) {
    va_list args;
    va_start(args, argc);
    add_list(redis, argc, args);
    va_end(args);

    struct redis_reply *replies;
    int count;
    enum outcome outcome = redis_exchange(redis, arena, &replies, &count, err);
    if (outcome == OUTCOME_DONE) *reply_out = replies[0];
    return outcome;
}

const char *redis_run_id(const struct redis *redis) {
    static char text[24];

    snprintf(text, sizeof text, "run-%" PRId64, redis->known_run);
    return text;
}

enum redis_state redis_check(struct redis *redis, struct err *err) {
    (void)redis, (void)err;
    return REDIS_GOOD;
}

/* ---- The test's ---- */

void fake_redis_begin(void) {
    fake_store_empty(&fake_store);
    fake_store_empty(&remembered);
    faults = (struct fake_redis_faults){0};
    runs++;
}

void fake_redis_faults(const struct fake_redis_faults *wanted) {
    faults = *wanted;
}

void fake_redis_flush(void) {
    fake_store_empty(&fake_store);
}

void fake_redis_restart(void) {
    fake_store_empty(&fake_store);
    runs++;
}

static void copy_store(const struct store *from, struct store *to) {
    fake_store_empty(to);
    to->keys = calloc((size_t)from->count + 1, sizeof *to->keys);
    to->count = to->size = from->count;
    for (int i = 0; i < from->count; i++) {
        const struct key *key = &from->keys[i];
        struct key *copy = &to->keys[i];
        *copy = (struct key){.name = strdup(key->name),
                             .number = key->number,
                             .is_text = key->is_text,
                             .expires_ms = key->expires_ms};
        for (int k = 0; k < key->count; k++)
            fake_store_put(copy, key->pairs[k].field.at, key->pairs[k].field.len,
                           key->pairs[k].value.at, key->pairs[k].value.len);
    }
}

void fake_redis_remember(void) {
    copy_store(&fake_store, &remembered);
}

void fake_redis_roll_back(void) {
    copy_store(&remembered, &fake_store);
    runs++;
}

bool fake_redis_lose(const char *key) {
    int index = fake_store_find(key);

    if (index >= 0) fake_store_drop(index);
    return index >= 0;
}

bool fake_redis_has(const char *key) {
    return fake_store_find(key) >= 0;
}

const char *fake_redis_get(const char *key) {
    struct key *found = fake_store_key(key);
    struct bytes *value = found ? fake_store_value(found, "", 0) : NULL;

    return value ? value->at : NULL;
}

void fake_redis_each(const char *prefix,
                     void (*each)(void *context, const char *key, const char *field,
                                  const char *value, size_t len),
                     void *context) {
    for (int i = 0; i < fake_store.count; i++) {
        const struct key *key = &fake_store.keys[i];
        if (strncmp(key->name, prefix, strlen(prefix)) != 0) continue;
        for (int k = 0; k < key->count; k++)
            each(context, key->name, key->pairs[k].field.at, key->pairs[k].value.at,
                 key->pairs[k].value.len);
    }
}
