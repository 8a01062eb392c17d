/* permissions_try: one list of things, and what was found of each. */
#include "runtime/permissions_try.h"
#include "base/clock.h"
#include "base/log.h"
#include "outside/redis_errors.h"
#include "runtime/health.h"
#include "runtime/lua_scripts.h"
#include "runtime/permissions.h"
#include <stdlib.h>
#include <string.h>

enum {
    TRY_MS = 1000,     /* one question; an answer takes a few ms */
    ROUNDS = 4,        /* within the time that something may be unproven */
    EVERY_MIN_MS = 20, /* between two things */
    AGAIN_MS = 60000,  /* the same list of what is missing is told again so seldom at start */
};

/* One permission of Kafka's. */
struct item {
    const struct permission *permission;
    const char *what, *remedy;
    const char *name; /* that it is tried by */
    bool tried;
    enum kafka_verdict verdict;
    struct err err;
};

/* A command or a pattern of keys of Redis. */
struct question {
    const char *what, *remedy;
    bool forbidden;
};

struct permissions {
    struct engine *engine;
    struct arena *arena;
    struct kafka_tries *tries;
    struct item *items;
    int item_count;
    struct permission_texts texts;
    struct question *questions; /* commands, then patterns of keys */
    int question_count;
    const char **argv; /* of the script that asks */
    int argc;
    const char *rule; /* the whole of Redis' */
    bool refused;     /* Redis did not even let us ask */
    struct redis_script script;
    int next; /* item_count: Redis */
    int64_t next_ms, told_ms;
    int told; /* how many were forbidden when they were told last */
};

/* ---- The list ---- */

static const char *principal(const struct engine *engine) {
    const char *user = config_kafka(engine->config, "sasl.username");
    if (user) return user;
    return "PRINCIPAL";
}

static void list_kafka(struct permissions *permissions) {
    struct engine *engine = permissions->engine;
    struct permission *list;
    int count =
        permissions_of(engine->spec, engine->config->topic_prefix, permissions->arena, &list);

    permissions->items =
        arena_alloc(permissions->arena, sizeof *permissions->items * ((size_t)count + 1));
    permissions->item_count = count;
    for (int i = 0; i < count; i++) {
        struct item *item = &permissions->items[i];
        const char *name = list[i].name;
        item->permission = &list[i];
        item->what = permissions_name(&list[i], permissions->arena);
        item->remedy = permissions_grant(&list[i], principal(engine), permissions->arena);
        if (list[i].prefixed)
            item->name = arena_printf(permissions->arena, "%s%s", name, engine->instance);
        else
            item->name = name;
    }
}

/* "redis://user:password@host": its user, else "default". */
static const char *redis_user(const char *url, struct arena *arena) {
    const char *at = strstr(url, "://");
    const char *end = strchr(url, '@');
    size_t len = 0;
    if (at && end) len = strcspn(at + 3, ":@");
    if (!len) return "default";
    return arena_strndup(arena, at + 3, len);
}

/* A key that a pattern matches. */
static const char *key_of(const char *pattern, struct arena *arena) {
    char *key = arena_strdup(arena, pattern);
    for (char *at = key; *at; at++)
        if (*at == '*') *at = '0';
    return key;
}

static void list_redis(struct permissions *permissions) {
    struct engine *engine = permissions->engine;
    struct arena *arena = permissions->arena;
    struct permission_texts *texts = &permissions->texts;

    permissions_of_redis(engine->spec, engine->config->topic_prefix, arena, texts);
    const char *user = redis_user(engine->config->redis_url, arena);
    permissions->rule = permissions_redis_grant(texts, user, arena);
    permissions->question_count = texts->command_count + texts->key_count;
    size_t count = (size_t)permissions->question_count;
    permissions->questions = arena_alloc(arena, sizeof *permissions->questions * (count + 1));
    permissions->argv = arena_alloc(arena, sizeof *permissions->argv * (count + 1));
    permissions->argv[permissions->argc++] = arena_printf(arena, "%d", texts->key_count);
    struct question *question = permissions->questions;
    for (int i = 0; i < texts->command_count; i++, question++) {
        question->what = arena_printf(arena, "Redis command %s", texts->commands[i]);
        question->remedy = arena_printf(arena, "ACL SETUSER %s +%s", user, texts->commands[i]);
    }
    for (int i = 0; i < texts->key_count; i++, question++) {
        question->what = arena_printf(arena, "Redis keys %s", texts->keys[i]);
        question->remedy = arena_printf(arena, "ACL SETUSER %s ~%s", user, texts->keys[i]);
        permissions->argv[permissions->argc++] = key_of(texts->keys[i], arena);
    }
    for (int i = 0; i < texts->command_count; i++)
        permissions->argv[permissions->argc++] = texts->commands[i];
}

struct permissions *permissions_new(struct engine *engine) {
    struct permissions *permissions = calloc(1, sizeof *permissions);

    ASSERT(permissions);
    permissions->engine = engine;
    permissions->arena = arena_new();
    permissions->tries = kafka_tries_new(&engine->kafka);
    permissions->script = (struct redis_script){.name = "permitted", .lua = lua_permitted};
    list_kafka(permissions);
    if (!engine->redis) return permissions;
    list_redis(permissions);
    redis_use(engine->redis, &permissions->script);

    return permissions;
}

void permissions_free(struct permissions *permissions) {
    if (!permissions) return;
    kafka_tries_free(permissions->tries);
    arena_free(permissions->arena);
    free(permissions);
}

/* ---- Trying ---- */

static void try_item(struct permissions *permissions, struct item *item) {
    const struct permission *permission = item->permission;

    item->verdict = kafka_try(permissions->tries, permission->resource, item->name,
                              permission->operation, TRY_MS, &item->err);
    item->tried = true;
    if (item->verdict == KAFKA_ALLOWED)
        health_proven(item->what);
    else
        health_unproven(
            item->what,
            arena_printf(permissions->engine->arena, "%s (%s); %s", item->err.text, permission->why,
                         item->verdict == KAFKA_FORBIDDEN ? item->remedy : "it is tried again"));
}

static void note_question(struct permissions *permissions, struct question *question) {
    struct arena *arena = permissions->engine->arena;
    if (question->forbidden)
        health_unproven(question->what, arena_printf(arena, "not permitted; %s", question->remedy));
    else
        health_proven(question->what);
}

static void take_answers(struct permissions *permissions, const struct redis_reply *list) {
    struct arena *arena = permissions->engine->arena;
    int *missing = arena_alloc(arena, sizeof *missing * ((size_t)permissions->question_count + 1));
    const char **answers =
        arena_alloc(arena, sizeof *answers * ((size_t)permissions->question_count + 1));

    for (int i = 0; i < permissions->texts.command_count; i++)
        answers[i] =
            i < list->count && list->items[i].kind == REDIS_TEXT ? list->items[i].text : "";
    int count = permissions_redis_missing(&permissions->texts, answers, missing);
    for (int i = 0; i < permissions->question_count; i++)
        permissions->questions[i].forbidden = false;
    for (int i = 0; i < count; i++) permissions->questions[missing[i]].forbidden = true;
    for (int i = 0; i < permissions->question_count; i++)
        note_question(permissions, &permissions->questions[i]);
}

/* 0, or -1 and err: Redis did not answer, or not even the question is permitted. */
static int try_redis(struct permissions *permissions, struct err *err) {
    struct engine *engine = permissions->engine;
    struct redis_reply *replies;
    int count;

    redis_add_script(engine->redis, &permissions->script, 0, permissions->argc, permissions->argv,
                     NULL);
    if (redis_exchange(engine->redis, engine->arena, &replies, &count, err)) return -1;
    take_answers(permissions, &replies[0]);
    return 0;
}

/* Signing in, and the commands that carry the question. */
static const char CARRIERS[] =
    "Redis: to sign in, and the commands info, ping, script|load and evalsha";

static void note_redis(struct permissions *permissions, int result, const struct err *err) {
    permissions->refused = result && redis_refuses(err);
    if (!permissions->engine->redis) return;
    if (result == 0)
        health_proven(CARRIERS);
    else if (permissions->refused)
        health_unproven(CARRIERS, arena_printf(permissions->engine->arena, "%s; %s", err->text,
                                               permissions->rule));
}

/* ---- At start ---- */

static void tell(const char *what, const char *why, const char *remedy) {
    log_say(LOG_ERROR, "not permitted", "what", what, "why", why, "grant", remedy, NULL);
}

static int count_forbidden(const struct permissions *permissions) {
    int count = 0;
    for (int i = 0; i < permissions->item_count; i++)
        count += permissions->items[i].verdict == KAFKA_FORBIDDEN;
    for (int i = 0; i < permissions->question_count; i++)
        count += permissions->questions[i].forbidden;
    return count + permissions->refused;
}

static void tell_all(struct permissions *permissions, int count) {
    if (count == permissions->told && clock_boot_ms() < permissions->told_ms + AGAIN_MS) return;
    permissions->told = count;
    permissions->told_ms = clock_boot_ms();
    for (int i = 0; i < permissions->item_count; i++) {
        const struct item *item = &permissions->items[i];
        if (item->verdict == KAFKA_FORBIDDEN) tell(item->what, item->permission->why, item->remedy);
    }
    for (int i = 0; i < permissions->question_count; i++)
        if (permissions->questions[i].forbidden)
            tell(permissions->questions[i].what, "the worker's own keys",
                 permissions->questions[i].remedy);
    if (permissions->refused) tell(CARRIERS, "everything in Redis", permissions->rule);
}

/* The first that is not permitted for another reason than a missing permission; NULL: none. */
static const struct item *first_unsure(const struct permissions *permissions) {
    for (int i = 0; i < permissions->item_count; i++)
        if (permissions->items[i].verdict == KAFKA_UNSURE) return &permissions->items[i];
    return NULL;
}

/* False: nobody answers, and what is left need not wait as long again. A transactional id is taken
 * once: each time ends what another process of this name has open. */
static bool try_kafka(struct permissions *permissions, struct err *err) {
    for (int i = 0; i < permissions->item_count; i++) {
        struct item *item = &permissions->items[i];
        bool taken = item->permission->resource == KAFKA_TRANSACTIONAL_ID && item->tried;
        if (!taken || item->verdict != KAFKA_ALLOWED) try_item(permissions, item);
        if (item->verdict != KAFKA_SILENT && !engine_stop_asked()) continue;
        err_set(err, "%s: %s", item->what, item->err.text);
        return false;
    }

    return true;
}

enum permissions_result permissions_try_all(struct permissions *permissions, struct err *err) {
    struct engine *engine = permissions->engine;
    struct err redis_err = {""};
    if (engine->config->demonstration) return PERMISSIONS_DONE;
    if (!try_kafka(permissions, err)) return PERMISSIONS_MISSING;
    int redis = 0;
    if (engine->redis) redis = try_redis(permissions, &redis_err);
    note_redis(permissions, redis, &redis_err);

    int forbidden = count_forbidden(permissions);
    const struct item *unsure = first_unsure(permissions);
    if (forbidden) {
        tell_all(permissions, forbidden);
        err_set(err, "%d permissions are missing: the log and /readyz list them", forbidden);
        return PERMISSIONS_MISSING;
    }
    if (!redis && !unsure) return PERMISSIONS_DONE;
    *err = redis_err;
    if (unsure) err_set(err, "%s: %s", unsure->what, unsure->err.text);
    return PERMISSIONS_UNSURE;
}

/* ---- While the worker runs ---- */

static void step(struct permissions *permissions) {
    struct engine *engine = permissions->engine;
    struct err err = {""};

    if (permissions->next < permissions->item_count) {
        struct item *item = &permissions->items[permissions->next++];
        if (item->permission->resource != KAFKA_TRANSACTIONAL_ID) try_item(permissions, item);
        return;
    }
    permissions->next = 0;
    if (!engine->redis) return;
    int result = try_redis(permissions, &err);
    note_redis(permissions, result, &err);
}

void permissions_turn(struct permissions *permissions) {
    if (!permissions) return;
    struct engine *engine = permissions->engine;
    int64_t now_ms = clock_boot_ms();
    if (now_ms < permissions->next_ms || engine_paused(engine) || engine->config->demonstration)
        return;
    step(permissions);
    int64_t every_ms = engine->config->unproven_ms / ROUNDS / (permissions->item_count + 1);
    permissions->next_ms = clock_boot_ms() + (every_ms > EVERY_MIN_MS ? every_ms : EVERY_MIN_MS);
}
