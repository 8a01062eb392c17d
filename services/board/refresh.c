/* refresh: see the header. */
#include "board/refresh.h"
#include "base/heap.h"
#include "outside/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 1000,         /* of an index: 0.3 ms of Redis */
    CENSUS = 200,        /* cases a turn of the walk through all that live, */
    FIRST_CENSUS = 3000, /* of the first round: a millisecond of Redis a thousand, */
    STEP = 1000,         /* in steps of at most so many, */
    SETS = 24,           /* of at most so many sets */
    UNKNOWN = -2         /* `applied`, before it was read */
};

struct refresh {
    struct sight sight;
    struct mirror *mirror;
    int shards;       /* of the arrays */
    int64_t *applied; /* of each shard, as of the last look; -1: no view */
    int *turns;       /* for so many more its cases may have changed */
    bool *changed;
    /* The walk. */
    int shard;
    bool asleep;
    char cursor[24];
    bool walked; /* once through all */
};

struct refresh *refresh_new(const struct config *config, struct mirror *mirror, struct err *err) {
    struct redis *redis = redis_of(config, err);
    struct refresh *refresh = heap_resize(NULL, sizeof *refresh);

    if (!redis) {
        free(refresh);
        return NULL;
    }
    *refresh = (struct refresh){
        .sight = {.redis = redis, .arena = arena_new(), .prefix = config->topic_prefix},
        .mirror = mirror,
        .cursor = "0"};
    return refresh;
}

void refresh_free(struct refresh *refresh) {
    if (!refresh) return;
    redis_free(refresh->sight.redis);
    arena_free(refresh->sight.arena);
    free(refresh->applied);
    free(refresh->turns);
    free(refresh->changed);
    free(refresh);
}

struct sight *refresh_sight(struct refresh *refresh) {
    return &refresh->sight;
}

/* ---- What changed ---- */

static void make_room(struct refresh *refresh) {
    int shards = refresh->sight.shards;
    if (refresh->shards == shards) return;

    mirror_forget(refresh->mirror);
    refresh->shards = shards;
    refresh->applied = heap_resize(refresh->applied, (size_t)shards * sizeof *refresh->applied);
    refresh->turns = heap_resize(refresh->turns, (size_t)shards * sizeof *refresh->turns);
    refresh->changed = heap_resize(refresh->changed, (size_t)shards * sizeof *refresh->changed);
    for (int i = 0; i < shards; i++) refresh->applied[i] = UNKNOWN;
    memset(refresh->turns, 0, (size_t)shards * sizeof *refresh->turns);
    refresh->shard = 0;
    refresh->walked = false;
}

/* Where each shard stands; true in `moved` for those that stand elsewhere than at the last look. */
static int look(struct refresh *refresh, bool *moved) {
    struct sight *sight = &refresh->sight;
    struct redis_reply *replies;
    int count;

    for (int i = 0; i < sight->shards; i++)
        redis_addf(sight->redis, 2, "GET", sight_key(sight, "sla", i, "applied"));
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    for (int i = 0; i < sight->shards; i++) {
        int64_t applied = -1;
        if (replies[i].kind == REDIS_TEXT) applied = sight_number(replies[i].text);
        moved[i] = applied != refresh->applied[i];
        refresh->applied[i] = applied;
        if (moved[i]) refresh->turns[i] = mirror_turns(refresh->mirror);
        refresh->changed[i] = refresh->turns[i] > 0;
        if (refresh->turns[i] > 0) refresh->turns[i]--;
    }

    return 0;
}

/* ---- Indexes ---- */

/* One page of each index that has more: by rank, so that a page costs what it holds. What moves
 * meanwhile is seen at the next look. */
static int read_pages(struct refresh *refresh, int shard, const struct texts *targets, bool *over,
                      int first) {
    struct sight *sight = &refresh->sight;
    struct redis_reply *replies;
    int count;
    int asked = 0;
    const char *from = arena_printf(sight->arena, "%d", first);
    const char *to = arena_printf(sight->arena, "%d", first + PAGE - 1);

    for (int i = 0; i < targets->count; i++) {
        if (over[i]) continue;
        redis_addf(
            sight->redis, 5, "ZRANGE",
            sight_key(sight, "sla", shard, arena_printf(sight->arena, "by:%s_due", targets->at[i])),
            from, to, "WITHSCORES");
        asked++;
    }
    if (!asked) return 0;
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    for (int i = 0, reply = 0; i < targets->count; i++) {
        if (over[i]) continue;
        const struct redis_reply *page = &replies[reply++];
        int members = 0;
        if (page->kind == REDIS_LIST) members = page->count / 2;
        for (int j = 0; j < members; j++)
            mirror_index_saw(refresh->mirror, page->items[2 * j].text, targets->at[i],
                             (int64_t)strtod(page->items[2 * j + 1].text, NULL));
        over[i] = members < PAGE;
    }

    return 1;
}

static int read_indexes(struct refresh *refresh, int shard, const struct texts *targets) {
    bool *over = arena_alloc(refresh->sight.arena, (size_t)targets->count + 1);
    int rc = 1;

    mirror_index_begin(refresh->mirror, shard);
    for (int first = 0; rc > 0; first += PAGE)
        rc = read_pages(refresh, shard, targets, over, first);
    if (rc < 0) return -1; /* nothing is swept: it was not seen whole */
    mirror_index_end(refresh->mirror);
    return 0;
}

/* ---- Those without a deadline ---- */

static void next_set(struct refresh *refresh) {
    if (refresh->asleep) refresh->shard = (refresh->shard + 1) % refresh->sight.shards;
    if (refresh->asleep && refresh->shard == 0) refresh->walked = true;
    refresh->asleep = !refresh->asleep;
}

/* One step of one set. Returns how many it had, or -1. */
static int walk_on(struct refresh *refresh, int most) {
    struct sight *sight = &refresh->sight;
    struct redis_reply *replies;
    int count;
    const char *command = "ZSCAN";
    const char *set = "by:wake_at";
    int step = 2;

    if (refresh->asleep) {
        command = "SSCAN";
        set = "asleep";
        step = 1;
    }
    redis_addf(sight->redis, 5, command, sight_key(sight, "sla", refresh->shard, set),
               refresh->cursor, "COUNT", arena_printf(sight->arena, "%d", most));
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    if (replies[0].kind != REDIS_LIST || replies[0].count != 2) return 0;
    const struct redis_reply *members = &replies[0].items[1];
    for (int i = 0; i < members->count; i += step)
        if (!mirror_knows(refresh->mirror, members->items[i].text))
            mirror_met(refresh->mirror, refresh->shard, members->items[i].text);
    snprintf(refresh->cursor, sizeof refresh->cursor, "%s", replies[0].items[0].text);
    if (strcmp(refresh->cursor, "0") == 0) next_set(refresh);

    return members->count / step;
}

/* A few of all cases that live, which are by:wake_at or asleep (view.h): those that wait without
 * an end have no deadline. */
static int walk(struct refresh *refresh) {
    int most = refresh->walked ? CENSUS : FIRST_CENSUS;
    int seen = 0;

    for (int steps = 0; steps < SETS && steps < 2 * refresh->sight.shards && seen < most; steps++) {
        int some = walk_on(refresh, most < STEP ? most : STEP);
        if (some < 0) return -1;
        seen += some;
    }
    return 0;
}

/* ---- Rows ---- */

static int read_rows(struct refresh *refresh, const struct texts *targets) {
    struct sight *sight = &refresh->sight;
    const char **ids = arena_alloc(sight->arena, REFRESH_READ_MAX * sizeof *ids);
    int count = mirror_wanted(refresh->mirror, refresh->changed, ids, REFRESH_READ_MAX);

    for (int first = 0; first < count; first += SIGHT_ROWS_MAX) {
        int some = count - first < SIGHT_ROWS_MAX ? count - first : SIGHT_ROWS_MAX;
        struct sight_row *rows = arena_alloc(sight->arena, (size_t)some * sizeof *rows);
        for (int i = 0; i < some; i++) rows[i].case_id = ids[first + i];
        if (sight_rows_read(sight, targets, rows, some) < 0) return -1;
        for (int i = 0; i < some; i++) mirror_put(refresh->mirror, &rows[i]);
    }
    (void)mirror_publish(refresh->mirror);

    return mirror_behind(refresh->mirror) > 0;
}

int refresh_turn(struct refresh *refresh, const char *indexes) {
    struct sight *sight = &refresh->sight;

    arena_reset(sight->arena);
    if (sight_open(sight) < 0) return -1;
    make_room(refresh);
    struct texts targets = sight_deadlines_targets(NULL, sight->arena);
    if (indexes && strcmp(indexes, "*") != 0)
        targets = sight_deadlines_listed(indexes, sight->arena);
    bool *moved = arena_alloc(sight->arena, (size_t)sight->shards);
    if (look(refresh, moved) < 0) return -1;
    for (int i = 0; i < sight->shards; i++) {
        if (!moved[i]) continue;
        if (read_indexes(refresh, i, &targets) == 0) continue;
        refresh->applied[i] = UNKNOWN; /* again the next time */
        return -1;
    }
    if (walk(refresh) < 0) return -1;

    int more = read_rows(refresh, &targets);
    if (more == 0 && !refresh->walked) more = 1;
    return more;
}
