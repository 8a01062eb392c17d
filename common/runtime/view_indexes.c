/* view_indexes: what this process has put into indexes it knows, and tells before it does. A list
 * that is not there is made of that and of the totals of all shards, which say what stands in the
 * indexes of each. */
#include "runtime/view_indexes.h"
#include "runtime/lua_scripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char more[] = "*";

struct view_indexes {
    struct redis *redis;
    char *prefix, *worker;
    char *meta, *field, *found_field; /* <prefix>:meta, indexes:sla, found_indexes:sla */
    struct redis_script script;
    char *names[VIEW_INDEXES_MAX + 1]; /* the last may be `more` */
    int count, told;
};

static char *join(const char *first, const char *second) {
    char *text;
    int len = asprintf(&text, "%s%s", first, second);
    ASSERT(len >= 0);
    return text;
}

struct view_indexes *view_indexes_new(struct redis *redis, const char *prefix, const char *worker) {
    struct view_indexes *indexes = calloc(1, sizeof *indexes);

    ASSERT(indexes);
    *indexes = (struct view_indexes){.redis = redis, .script = {.name = "names", .lua = lua_names}};
    indexes->prefix = join(prefix, "");
    indexes->worker = join(worker, "");
    indexes->meta = join(prefix, ":meta");
    indexes->field = join("indexes:", worker);
    indexes->found_field = join("found_indexes:", worker);
    redis_use(redis, &indexes->script);

    return indexes;
}

void view_indexes_free(struct view_indexes *indexes) {
    if (!indexes) return;
    for (int i = 0; i < indexes->count; i++) free(indexes->names[i]);
    free(indexes->prefix);
    free(indexes->worker);
    free(indexes->meta);
    free(indexes->field);
    free(indexes->found_field);
    free(indexes);
}

void view_indexes_note(struct view_indexes *indexes, const char *name) {
    for (int i = 0; i < indexes->count; i++)
        if (strcmp(indexes->names[i], name) == 0) return;

    if (indexes->count > VIEW_INDEXES_MAX) return;
    indexes->names[indexes->count] = strdup(indexes->count < VIEW_INDEXES_MAX ? name : more);
    ASSERT(indexes->names[indexes->count]);
    indexes->count++;
}

/* Adds names to the list, from the `first` on. `all`: with what was found they are all there are.
 */
static enum outcome add(struct view_indexes *indexes, int first, bool all, struct arena *arena,
                        bool *whole_out, struct err *err) {
    const char **argv = arena_alloc(arena, sizeof *argv * (size_t)(indexes->count + 5));
    int argc = 0;
    int count;
    struct redis_reply *replies;
    argv[argc++] = indexes->meta;
    argv[argc++] = indexes->field;
    argv[argc++] = indexes->found_field;
    argv[argc++] = arena_printf(arena, "%d", VIEW_INDEXES_MAX);
    if (all)
        argv[argc++] = "1";
    else
        argv[argc++] = "0";
    for (int i = first; i < indexes->count; i++) argv[argc++] = indexes->names[i];

    redis_add_script(indexes->redis, &indexes->script, 1, argc, argv, NULL);
    enum outcome told = redis_exchange(indexes->redis, arena, &replies, &count, err);
    if (told != OUTCOME_DONE) return told;
    *whole_out = replies[0].number == 1;
    indexes->told = indexes->count;
    return OUTCOME_DONE;
}

enum outcome view_indexes_tell(struct view_indexes *indexes, struct arena *arena, struct err *err) {
    bool whole;
    if (indexes->told == indexes->count) return OUTCOME_DONE;
    return add(indexes, indexes->told, false, arena, &whole, err);
}

/* "by:resolution_due" of the totals of each shard. False: Redis cannot be asked now. */
static bool note_totals(struct view_indexes *indexes, int shards, struct arena *arena) {
    static const char by[] = "by:";
    struct redis_reply *replies;
    struct err err;
    int count;
    for (int shard = 0; shard < shards; shard++)
        redis_addf(
            indexes->redis, 2, "HKEYS",
            arena_printf(arena, "%s:{%s.%d}:totals", indexes->prefix, indexes->worker, shard));
    if (redis_exchange(indexes->redis, arena, &replies, &count, &err) != OUTCOME_DONE) return false;

    for (int shard = 0; shard < count; shard++)
        for (int i = 0; replies[shard].kind == REDIS_LIST && i < replies[shard].count; i++) {
            const char *name = replies[shard].items[i].text;
            if (strncmp(name, by, sizeof by - 1) == 0)
                view_indexes_note(indexes, name + sizeof by - 1);
        }
    return true;
}

void view_indexes_look(struct view_indexes *indexes, int shards, struct arena *arena) {
    bool whole = false;
    struct err err;
    if (add(indexes, 0, false, arena, &whole, &err) != OUTCOME_DONE || whole) return;
    if (note_totals(indexes, shards, arena)) (void)!add(indexes, 0, true, arena, &whole, &err);
}
