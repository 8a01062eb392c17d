/* permissions: the table. Whoever makes the runtime ask the broker or Redis something new adds its
 * row here; the tests on a broker with an authorizer fail otherwise. */
#include "runtime/permissions.h"
#include "runtime/lua_scripts.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Whose row it is. */
enum who { EVERYONE /* but the gateway and the board */, KEYED, CLAIMS, GATEWAY, BOARD };

struct row {
    enum who who;
    enum kafka_resource resource;
    enum topic topic; /* of KAFKA_TOPIC; TOPIC_NONE: what the spec reads, or writes, or both, as the
                         operation says */
    const char *name; /* behind "<prefix>-" otherwise; NULL: the worker's own */
    enum kafka_operation operation;
    const char *why;
};

static const struct row rows[] = {
    {EVERYONE, KAFKA_TOPIC, TOPIC_NONE, NULL, KAFKA_READ, "its input"},
    {KEYED, KAFKA_TOPIC, TOPIC_STATE, NULL, KAFKA_READ, "taking shards over, healing their views"},
    {CLAIMS, KAFKA_TOPIC, TOPIC_CLAIMS, NULL, KAFKA_READ, "restoring claims that Redis has lost"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_POLICIES, NULL, KAFKA_READ,
     "policy versions, and where a group has begun"},
    {KEYED, KAFKA_TOPIC, TOPIC_COMPLAINTS, NULL, KAFKA_DESCRIBE,
     "its true end, before a deadline fires"},
    {KEYED, KAFKA_TOPIC, TOPIC_ACTIVITY, NULL, KAFKA_DESCRIBE,
     "its true end, before a deadline fires"},
    {KEYED, KAFKA_TOPIC, TOPIC_DECISIONS, NULL, KAFKA_DESCRIBE,
     "its true end, before a deadline fires"},
    {KEYED, KAFKA_TOPIC, TOPIC_DELIVERIES, NULL, KAFKA_DESCRIBE,
     "its partition count must be that of the case log"},
    {KEYED, KAFKA_TOPIC, TOPIC_SETTLEMENTS, NULL, KAFKA_DESCRIBE,
     "its partition count must be that of the case log"},
    {KEYED, KAFKA_TOPIC, TOPIC_STATE, NULL, KAFKA_DESCRIBE_CONFIGS,
     "it must be compacted; what it takes"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_NONE, NULL, KAFKA_DESCRIBE_CONFIGS,
     "how large a record it takes"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_EVENTS, NULL, KAFKA_DESCRIBE_CONFIGS,
     "how large a record it takes"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_REJECTED, NULL, KAFKA_DESCRIBE_CONFIGS,
     "how large a record it takes"},
    {CLAIMS, KAFKA_TOPIC, TOPIC_CLAIMS, NULL, KAFKA_DESCRIBE_CONFIGS,
     "how large a record it takes"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_EVENTS, NULL, KAFKA_WRITE, "its words in the case log"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_REJECTED, NULL, KAFKA_WRITE, "what it cannot accept"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_NONE, NULL, KAFKA_WRITE, "its orders to others"},
    {KEYED, KAFKA_TOPIC, TOPIC_STATE, NULL, KAFKA_WRITE, "its states"},
    {CLAIMS, KAFKA_TOPIC, TOPIC_CLAIMS, NULL, KAFKA_WRITE, "what was granted"},
    {EVERYONE, KAFKA_TOPIC, TOPIC_POLICIES, NULL, KAFKA_WRITE,
     "its policy, and that its group has begun"},
    {EVERYONE, KAFKA_GROUP, TOPIC_NONE, NULL, KAFKA_READ, "membership, offsets in transactions"},
    {KEYED, KAFKA_GROUP, TOPIC_NONE, "intake", KAFKA_DESCRIBE,
     "how far intake is, before a deadline fires"},
    {EVERYONE, KAFKA_TRANSACTIONAL_ID, TOPIC_NONE, NULL, KAFKA_WRITE, "exactly once"},
    {GATEWAY, KAFKA_TOPIC, TOPIC_NONE, NULL, KAFKA_READ, "what it sends on"},
    {GATEWAY, KAFKA_TOPIC, TOPIC_NONE, NULL, KAFKA_WRITE, "what became of it"},
    {GATEWAY, KAFKA_GROUP, TOPIC_NONE, NULL, KAFKA_READ, "a group for each lane"},
    {GATEWAY, KAFKA_TRANSACTIONAL_ID, TOPIC_NONE, NULL, KAFKA_WRITE,
     "reports and offsets as one, for each lane"},
    {BOARD, KAFKA_TOPIC, TOPIC_POLICIES, NULL, KAFKA_READ,
     "the versions that running cases keep, to explain their deadlines"},
    {BOARD, KAFKA_TOPIC, TOPIC_NONE, NULL, KAFKA_WRITE,
     "what is decided; with `--allow-decisions` only"},
};
enum { ROWS = sizeof rows / sizeof *rows, LIST_MAX = 2 * ROWS };

static bool concerns(const struct worker_spec *spec, enum who who) {
    switch (who) {
    case EVERYONE: return spec->kind != WORKER_GATEWAY && spec->kind != WORKER_BOARD;
    case KEYED: return spec->kind == WORKER_KEYED;
    case CLAIMS: return spec->ask != NULL;
    case GATEWAY: return spec->kind == WORKER_GATEWAY;
    case BOARD: return spec->kind == WORKER_BOARD;
    }
    return false;
}

struct listing {
    const struct kafka kafka; /* only for the topics' names */
    struct arena *arena;
    struct permission *at;
    int count;
};

static void add_topic(struct listing *listing, const struct row *row, enum topic topic) {
    char name[KAFKA_NAME_MAX];

    kafka_topic(&listing->kafka, topic, name);
    for (int i = 0; i < listing->count; i++) /* as of compensation, which reads and describes one */
        if (listing->at[i].operation == row->operation && strcmp(listing->at[i].name, name) == 0)
            return;
    listing->at[listing->count++] = (struct permission){.resource = KAFKA_TOPIC,
                                                        .name = arena_strdup(listing->arena, name),
                                                        .operation = row->operation,
                                                        .why = row->why};
}

static void add_all(struct listing *listing, const struct row *row, const enum topic *topics) {
    for (; topics && *topics != TOPIC_NONE; topics++) add_topic(listing, row, *topics);
}

static void add_topics_of(struct listing *listing, const struct row *row,
                          const struct worker_spec *spec) {
    if (row->operation != KAFKA_WRITE) add_all(listing, row, spec->reads);
    if (row->operation != KAFKA_READ) add_all(listing, row, spec->writes);
}

/* Behind a transactional id's name stands the instance, behind the gateway's group the lane. */
static void add_other(struct listing *listing, const struct row *row, const char *prefix,
                      const char *worker) {
    bool prefixed = row->resource == KAFKA_TRANSACTIONAL_ID || row->who == GATEWAY;

    listing->at[listing->count++] = (struct permission){
        .resource = row->resource,
        .name = arena_printf(listing->arena, "%s-%s%s", prefix, row->name ? row->name : worker,
                             prefixed ? "-" : ""),
        .prefixed = prefixed,
        .operation = row->operation,
        .why = row->why};
}

/* A Describe of what may be read or written anyway needs no row of its own. */
static bool is_implied(const struct listing *listing, const struct permission *permission) {
    if (permission->operation != KAFKA_DESCRIBE) return false;
    for (int i = 0; i < listing->count; i++) {
        const struct permission *other = &listing->at[i];
        bool more = other->operation == KAFKA_READ || other->operation == KAFKA_WRITE;
        if (more && other->resource == permission->resource &&
            strcmp(other->name, permission->name) == 0)
            return true;
    }
    return false;
}

int permissions_of(const struct worker_spec *spec, const char *prefix, struct arena *arena,
                   struct permission **permissions_out) {
    const struct config config = {.topic_prefix = prefix};
    struct listing listing = {.kafka = {.config = &config, .worker = spec->name}, .arena = arena};

    listing.at = arena_alloc(arena, LIST_MAX * sizeof *listing.at);
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        if (!concerns(spec, row->who)) continue;
        if (row->resource != KAFKA_TOPIC)
            add_other(&listing, row, prefix, spec->name);
        else if (row->topic != TOPIC_NONE)
            add_topic(&listing, row, row->topic);
        else
            add_topics_of(&listing, row, spec);
    }
    int kept = 0;
    for (int i = 0; i < listing.count; i++)
        if (!is_implied(&listing, &listing.at[i])) listing.at[kept++] = listing.at[i];
    *permissions_out = listing.at;

    return kept;
}

/* ---- Words ---- */

const char *permissions_resource(enum kafka_resource resource) {
    static const char *const names[] = {[KAFKA_TOPIC] = "topic",
                                        [KAFKA_GROUP] = "group",
                                        [KAFKA_TRANSACTIONAL_ID] = "transactional id"};
    return names[resource];
}

const char *permissions_operation(enum kafka_operation operation) {
    static const char *const names[] = {[KAFKA_READ] = "Read",
                                        [KAFKA_WRITE] = "Write",
                                        [KAFKA_DESCRIBE] = "Describe",
                                        [KAFKA_DESCRIBE_CONFIGS] = "DescribeConfigs"};
    return names[operation];
}

const char *permissions_name(const struct permission *permission, struct arena *arena) {
    return arena_printf(arena, "%s on %s %s%s", permissions_operation(permission->operation),
                        permissions_resource(permission->resource), permission->name,
                        permission->prefixed ? "*" : "");
}

const char *permissions_grant(const struct permission *permission, const char *principal,
                              struct arena *arena) {
    static const char *const options[] = {[KAFKA_TOPIC] = "topic",
                                          [KAFKA_GROUP] = "group",
                                          [KAFKA_TRANSACTIONAL_ID] = "transactional-id"};
    return arena_printf(
        arena, "kafka-acls.sh --add --allow-principal User:%s --operation %s --%s %s%s", principal,
        permissions_operation(permission->operation), options[permission->resource],
        permission->name, permission->prefixed ? " --resource-pattern-type prefixed" : "");
}

/* ---- Redis ---- */

static void add_text(const char ***texts, int *count, const char *text, struct arena *arena) {
    for (int i = 0; i < *count; i++)
        if (strcmp((*texts)[i], text) == 0) return;
    *ARENA_ADD(arena, *texts, *count) = text;
}

static void add_command(struct permission_texts *out, const char *command, struct arena *arena) {
    add_text(&out->commands, &out->command_count, command, arena);
}

static void add_key(struct permission_texts *out, const char *pattern, struct arena *arena) {
    add_text(&out->keys, &out->key_count, pattern, arena);
}

/* Every redis.call('NAME', ...) of a script, also through a function of its own: a name in capitals
 * that comes first.
 */
static void add_script(struct permission_texts *out, const char *lua, struct arena *arena) {
    for (const char *at = lua; (at = strstr(at, "('"));) {
        at += 2;
        size_t len = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (!len || at[len] != '\'') continue;
        char *command = arena_strndup(arena, at, len);
        for (char *c = command; *c; c++) *c = (char)tolower((unsigned char)*c);
        add_command(out, command, arena);
    }
}

/* What it shows lies in the views of others; what is personal in them (`private:`) is for a board
 * alone that shows it to somebody. Scripts, and what writes, are none of its business. */
static void add_board(struct permission_texts *out, const char *prefix, struct arena *arena) {
    static const char *const commands[] = {
        "info",   "ping",          "time",   "get",   "exists", "hget",  "hmget", "hgetall",
        "zrange", "zrangebyscore", "zcount", "zcard", "zscore", "zscan", "scard", "sscan"};
    static const char *const views[] = {"sla", "compensation", "notification", "cohort"};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        add_command(out, commands[i], arena);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        add_key(out, arena_printf(arena, "%s:{%s.*}:[^p]*", prefix, views[i]), arena);
    add_key(out, arena_printf(arena, "%s:{claims.*}:*", prefix), arena);
    add_key(out, arena_printf(arena, "%s:meta", prefix), arena);
    out->only_reads = true;
}

void permissions_of_redis(const struct worker_spec *spec, const char *prefix, struct arena *arena,
                          struct permission_texts *out) {
    static const char *const view_scripts[] = {lua_standing, lua_read,  lua_due,  lua_find,
                                               lua_apply,    lua_check, lua_wipe, lua_wiped,
                                               lua_names,    NULL};
    static const char *const claim_scripts[] = {lua_claims, lua_claim, lua_restored, NULL};
    static const char *const always[] = {"info", "ping", "script|load", "evalsha", NULL};
    static const char *const view_commands[] = {"scan", "hscan",  "sscan", "zscan", "hkeys", "sadd",
                                                "srem", "unlink", "hset",  "hdel",  NULL};
    static const char *const claim_commands[] = {"get", "set", NULL};
    bool keyed = spec->kind == WORKER_KEYED;
    bool claims = spec->ask != NULL;
    *out = (struct permission_texts){0};
    if (spec->kind == WORKER_BOARD) add_board(out, prefix, arena);
    if (!keyed && !claims) return;

    for (const char *const *at = always; *at; at++) add_command(out, *at, arena);
    for (const char *const *at = view_scripts; keyed && *at; at++) add_script(out, *at, arena);
    for (const char *const *at = view_commands; keyed && *at; at++) add_command(out, *at, arena);
    for (const char *const *at = claim_scripts; claims && *at; at++) add_script(out, *at, arena);
    for (const char *const *at = claim_commands; claims && *at; at++) add_command(out, *at, arena);
    if (keyed) add_key(out, arena_printf(arena, "%s:{%s.*}:*", prefix, spec->name), arena);
    if (keyed) add_key(out, arena_printf(arena, "%s:meta", prefix), arena);
    if (claims) add_key(out, arena_printf(arena, "%s:{claims.*}:*", prefix), arena);
}

static const char *grant(const struct permission_texts *texts, const char *user, const char *quote,
                         struct arena *arena) {
    struct buf buf = {0};

    buf_printf(&buf, "ACL SETUSER %s on resetkeys", user);
    for (int i = 0; i < texts->key_count; i++)
        buf_printf(&buf, " %s%s~%s%s", quote, texts->only_reads ? "%R" : "", texts->keys[i], quote);
    buf_puts(&buf, " -@all");
    for (int i = 0; i < texts->command_count; i++) {
        const char *around = "";
        if (strchr(texts->commands[i], '|')) around = quote;
        buf_printf(&buf, " %s+%s%s", around, texts->commands[i], around);
    }
    const char *rule = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);

    return rule;
}

const char *permissions_redis_grant(const struct permission_texts *texts, const char *user,
                                    struct arena *arena) {
    return grant(texts, user, "", arena);
}

const char *permissions_redis_quoted(const struct permission_texts *texts, const char *user,
                                     struct arena *arena) {
    return grant(texts, user, "'", arena);
}

static bool may_use(const char *answer, int key) {
    return (size_t)key < strlen(answer) && answer[key] == '1';
}

/* Whether some command may touch the key; also when none was asked about keys. */
static bool is_reached(const struct permission_texts *texts, const char *const *answers, int key) {
    bool asked = false;

    for (int i = 0; i < texts->command_count; i++) {
        if (may_use(answers[i], key)) return true;
        asked |= answers[i][0] == '0' || answers[i][0] == '1';
    }
    return !asked;
}

/* Whether it may be written, as far as anything may: a command that is missing is no matter of
 * keys. */
static bool is_written(const struct permission_texts *texts, const char *const *answers, int key) {
    for (int i = 0; i < texts->command_count; i++)
        if (strcmp(texts->commands[i], "set") == 0)
            return may_use(answers[i], key) || !strchr(answers[i], '1');
    return true;
}

int permissions_redis_missing(const struct permission_texts *texts, const char *const *answers,
                              int *missing_out) {
    int count = 0;
    bool reached = false;

    for (int k = 0; k < texts->key_count; k++) reached |= is_reached(texts, answers, k);
    for (int i = 0; i < texts->command_count; i++) {
        bool keyless = answers[i][0] == 'n';
        bool refused = answers[i][0] && !strchr(answers[i], '1') && answers[i][0] != 'y';
        if (refused && (keyless || reached)) missing_out[count++] = i;
    }
    for (int k = 0; k < texts->key_count; k++)
        if (!is_reached(texts, answers, k) || !is_written(texts, answers, k))
            missing_out[count++] = texts->command_count + k;
    return count;
}

/* ---- The page ---- */

static void document_worker(const struct worker_spec *spec, const char *prefix, struct arena *arena,
                            struct buf *out) {
    struct permission *list;
    struct permission_texts texts;
    int count = permissions_of(spec, prefix, arena, &list);

    buf_printf(out,
               "\n## redress-%s\n\n| resource | name | operation | what for |\n|---|---|---|---|\n",
               spec->name);
    for (int i = 0; i < count; i++)
        buf_printf(out, "| %s | `%s`%s | %s | %s |\n", permissions_resource(list[i].resource),
                   list[i].name, list[i].prefixed ? ", prefixed" : "",
                   permissions_operation(list[i].operation), list[i].why);
    permissions_of_redis(spec, prefix, arena, &texts);
    if (!texts.command_count) {
        buf_puts(out, "\nNo Redis.\n");
        return;
    }
    const char *user = arena_printf(arena, "%s-%s", prefix, spec->name);
    buf_printf(out, "\n```\n%s\n```\n", permissions_redis_grant(&texts, user, arena));
}

void permissions_document(const struct worker_spec *const *specs, const char *prefix,
                          struct buf *out) {
    struct arena *arena = arena_new();

    buf_puts(
        out,
        "# What the workers may do\n\n"
        "Written by `redressctl acl document` from the table by which a worker tries all of it, at "
        "start and while it runs.\nKafka's `Read` and `Write` bring `Describe` with them. Brokers "
        "before 3.0 want `IdempotentWrite` on the cluster as well.\nThe Redis rules are whole but "
        "for the password; a database other than 0 needs `+select`, too.\n");
    for (; *specs; specs++) document_worker(*specs, prefix, arena, out);
    arena_free(arena);
}
