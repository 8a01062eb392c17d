/* view_check: looking for what was lost though nobody asked for it: a little each time. */
#include "base/clock.h"
#include "runtime/view_parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKED_AT_ONCE = 64 }; /* keys in one script: some 20 us of Redis */

/* The beginning of the hour that a name like "hour:2026112217" stands for; 0: it is none. */
static int64_t hour_of(const char *name, struct arena *arena) {
    int64_t ms;
    const char *hour = name + strlen("hour:");
    if (strncmp(name, "hour:", strlen("hour:")) != 0 || strlen(hour) != strlen("YYYYMMDDHH"))
        return 0;
    const char *text =
        arena_printf(arena, "%.4s-%.2s-%.2sT%.2s:00:00Z", hour, hour + 4, hour + 6, hour + 8);
    if (clock_parse(text, &ms) < 0) return 0;
    return ms;
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const struct redis_reply *)a)->text, ((const struct redis_reply *)b)->text);
}

static void add_names(const struct view *view, int shard, struct redis_reply *names, int *next,
                      struct view_words *keys, struct view_words *args) {
    struct arena *arena = keys->arena;
    int taken = 0;

    if (names->count > 1) qsort(names->items, (size_t)names->count, sizeof *names->items, by_text);
    if (*next >= names->count) *next = 0;
    for (; *next < names->count && taken < CHECKED_AT_ONCE; ++*next) {
        const char *name = names->items[*next].text;
        if (name[0] == '@') continue; /* of the standing */
        int64_t hour_ms = hour_of(name, arena);
        view_add_text(keys, view_key(view, arena, shard, name, ""));
        view_add_text(args, name);
        view_add_number(args, hour_ms ? hour_ms + VIEW_HOURS_KEPT_MS : 0);
        taken++;
    }
    if (*next >= names->count) *next = 0;
}

enum outcome view_check(struct view *view, int shard, struct arena *arena, int *next,
                        struct view_standing *standing_out, struct err *err) {
    struct redis_reply names, reply;
    struct view_words keys = {.arena = arena}, args = {.arena = arena};
    enum outcome asked = redis_ask(view->redis, arena, &names, err, 2, "HKEYS",
                                   view_key(view, arena, shard, "totals", ""));
    if (asked == OUTCOME_WAIT) return asked;
    if (asked == OUTCOME_STOP)
        names = (struct redis_reply){
            .kind = REDIS_LIST}; /* of another type: the standing says the rest */
    view_add_standing(view, &keys, shard);
    add_names(view, shard, &names, next, &keys, &args);

    const struct redis_reply *differs;
    enum outcome result = view_run(view, &view->check, &keys, &args, &reply, err);
    if (result == OUTCOME_DONE)
        result = view_take_standing(view, &reply, standing_out, &differs, err);
    if (result != OUTCOME_DONE || differs->count < 3) return result;
    err_set(err, "%s holds %s where %s belong", differs->items[0].text, differs->items[1].text,
            differs->items[2].text);
    return OUTCOME_BROKEN;
}

enum outcome view_next_ids(struct view *view, int shard, struct arena *arena,
                           struct view_walk *walk, int limit, const char ***ids_out, int *count_out,
                           struct err *err) {
    const char *key = view_key(view, arena, shard, walk->asleep ? "asleep" : "by:wake_at", "");
    const char *cursor = arena_printf(arena, "%" PRIu64, walk->cursor);
    const char *count = arena_printf(arena, "%d", limit);
    struct redis_reply reply;
    enum outcome asked = redis_ask(view->redis, arena, &reply, err, 5,
                                   walk->asleep ? "SSCAN" : "ZSCAN", key, cursor, "COUNT", count);

    if (asked == OUTCOME_STOP) return OUTCOME_BROKEN; /* the key is of another type */
    if (asked != OUTCOME_DONE) return asked;
    const struct redis_reply *found = &reply.items[1];
    int step = 2;
    if (walk->asleep) step = 1; /* of by:wake_at the scores come with them */
    *ids_out = arena_alloc(arena, sizeof **ids_out * ((size_t)found->count + 1));
    *count_out = 0;
    for (int i = 0; i < found->count; i += step) (*ids_out)[(*count_out)++] = found->items[i].text;
    walk->cursor = strtoull(reply.items[0].text, NULL, 10);
    if (!walk->cursor) walk->asleep = !walk->asleep;
    return OUTCOME_DONE;
}
