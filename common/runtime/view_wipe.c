/* view_wipe: a view that is emptied, in steps. */
#include "base/fault.h"
#include "runtime/view_parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *mark_text(struct arena *arena, uint64_t mark) {
    return arena_printf(arena, "%016" PRIx64, mark);
}

static enum outcome run_wipe(struct view *view, struct redis_script *script,
                             const struct view_words *keys, const struct view_words *args,
                             struct err *err) {
    struct redis_reply reply;
    enum outcome result = view_run(view, script, keys, args, &reply, err);
    if (result != OUTCOME_DONE || reply.number == 1) return result;
    err_set(err, "somebody else changed the view");
    return OUTCOME_STALE;
}

enum outcome view_wipe_begin(struct view *view, int shard, struct arena *arena,
                             const struct view_standing *seen, uint64_t mark, struct err *err) {
    struct view_words keys = {.arena = arena}, args = {.arena = arena};

    view_add_standing(view, &keys, shard);
    view_add_text(&args, mark_text(arena, mark));
    if (seen->known)
        view_add_number(&args, seen->applied);
    else
        view_add_text(&args, "");
    return run_wipe(view, &view->wipe, &keys, &args, err);
}

enum outcome view_wipe_step(struct view *view, int shard, struct arena *arena, uint64_t mark,
                            uint64_t *cursor, struct err *err) {
    const char *own = view_key(view, arena, shard, "wiping", "");
    const char *pattern = view_key(view, arena, shard, "*", "");
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, *cursor);
    struct redis_reply scan;
    enum outcome asked = redis_ask(view->redis, arena, &scan, err, 6, "SCAN", text, "MATCH",
                                   pattern, "COUNT", "1000");
    if (asked != OUTCOME_DONE) return asked;
    FAULT_POINT("within_wipe");
    const struct redis_reply *found = &scan.items[1];
    struct view_words keys = {.arena = arena}, args = {.arena = arena};
    view_add_standing(view, &keys, shard);
    view_add_text(&args, mark_text(arena, mark));
    for (int i = 0; i < found->count; i++)
        if (strcmp(found->items[i].text, own) != 0)
            view_add(&keys, found->items[i].text, found->items[i].len);
    enum outcome result = run_wipe(view, &view->wipe, &keys, &args, err);
    if (result == OUTCOME_DONE) *cursor = strtoull(scan.items[0].text, NULL, 10);
    return result;
}

enum outcome view_wipe_end(struct view *view, int shard, struct arena *arena, uint64_t mark,
                           int64_t start, struct err *err) {
    struct view_words keys = {.arena = arena}, args = {.arena = arena};

    view_add_standing(view, &keys, shard);
    view_add_number(&args, start);
    view_add_text(&args, mark_text(arena, mark));
    view_add_text(&args, view->fingerprint);
    return run_wipe(view, &view->wiped, &keys, &args, err);
}
