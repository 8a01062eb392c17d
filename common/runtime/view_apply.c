/* view_apply: changes as operations of apply.lua. Counter changes are computed from the state that
 * the change replaces, which was read under the same `applied` that the script compares: what is
 * subtracted is what the view holds. */
#include "base/clock.h"
#include "base/fault.h"
#include "runtime/view_parts.h"
#include <inttypes.h>
#include <string.h>

struct total {
    const char *name;
    int64_t delta;
};

struct application {
    const struct view *view;
    int shard;
    struct arena *arena;
    struct view_words keys, args;
    int shared_from;
    struct total *totals;
    int total_count;
};

/* ---- Words ---- */

/* Keys that several cases share are listed once. Returns the 1-based number that the script uses.
 */
static int shared_key(struct application *app, const char *kind, const char *name) {
    const char *key = view_key(app->view, app->arena, app->shard, kind, name);
    for (int i = app->shared_from; i < app->keys.count; i++)
        if (strcmp(app->keys.at[i], key) == 0) return i + 1;
    return view_add(&app->keys, key, strlen(key)) + 1;
}

static void put(struct application *app, const char *operation) {
    view_add_text(&app->args, operation);
}

/* One operation for all cases of the step. */
static void add_total(struct application *app, const char *kind, const char *name, int64_t delta) {
    const char *full = arena_printf(app->arena, "%s%s", kind, name);

    for (int i = 0; i < app->total_count; i++) {
        if (strcmp(app->totals[i].name, full) != 0) continue;
        app->totals[i].delta += delta;
        return;
    }
    size_t size = sizeof *app->totals;
    size_t count = (size_t)app->total_count;
    app->totals = arena_grow(app->arena, app->totals, count * size, (count + 1) * size);
    app->totals[app->total_count++] = (struct total){full, delta};
}

static void put_totals(struct application *app) {
    for (int i = 0; i < app->total_count; i++) {
        if (!app->totals[i].delta) continue;
        put(app, "S");
        put(app, app->totals[i].name);
        view_add_number(&app->args, app->totals[i].delta);
    }
}

/* ---- Hashes ---- */

/* sum NULL: without one. */
static void put_hash(struct application *app, int number, const struct pairs *pairs,
                     const char *sum) {
    put(app, "H");
    view_add_number(&app->args, number);
    view_add_number(&app->args, pairs->count + (sum != NULL));
    for (int i = 0; i < pairs->count; i++) {
        view_add_text(&app->args, pairs->at[i].name);
        view_add(&app->args, pairs->at[i].value, pairs->at[i].value_len);
    }
    if (!sum) return;
    put(app, VIEW_SUM_FIELD);
    put(app, sum);
}

static void put_hashes(struct application *app, const struct view_change *change, int number) {
    struct hashes hashes = {.sum = 0};
    char sum[VIEW_SUM_DIGITS + 1];

    if (change->now) fields_to_hashes(app->view->state, change->now, app->arena, &hashes);
    view_print_sum(hashes.sum, sum);
    put_hash(app, number, &hashes.public, change->now ? arena_strdup(app->arena, sum) : NULL);
    put_hash(app, number + 1, &hashes.private, NULL);
}

static void put_asleep(struct application *app, const char *id, bool asleep) {
    put(app, "A");
    put(app, id);
    put(app, asleep ? "1" : "0");
}

/* Whether it lives, and where its wake-up or the lack of one is noted. */
static void put_life(struct application *app, const struct view_change *change) {
    const struct view *view = app->view;
    bool slept = change->old && !view_wake_ms(view, change->old, app->arena);
    bool sleeps = change->now && !view_wake_ms(view, change->now, app->arena);

    if (slept != sleeps) put_asleep(app, change->id, sleeps);
    add_total(app, "@cases", "", (change->now != NULL) - (change->old != NULL));
    if (change->unread || change->was_unread) {
        put(app, "U");
        put(app, change->id);
        put(app, change->unread ? change->unread : "");
    }
    add_total(app, "@unread", "", (change->unread != NULL) - change->was_unread);
}

/* ---- Indexes, counters, hours ---- */

static const struct mark *find_mark(const struct marks *marks, const char *name) {
    for (int i = 0; i < marks->count; i++)
        if (strcmp(marks->at[i].name, name) == 0) return &marks->at[i];
    return NULL;
}

static void put_index(struct application *app, const char *name, const char *id,
                      const struct mark *now) {
    put(app, "Z");
    view_add_number(&app->args, shared_key(app, "by:", name));
    put(app, id);
    if (now)
        view_add_number(&app->args, now->ms);
    else
        put(app, "");
    if (now) view_indexes_note(app->view->indexes, name);
}

static void put_indexes(struct application *app, const struct view_change *change) {
    struct marks old = {0}, now = {0};

    if (change->old) fields_indexes(app->view->state, change->old, app->arena, &old);
    if (change->now) fields_indexes(app->view->state, change->now, app->arena, &now);
    for (int i = 0; i < old.count; i++) {
        if (find_mark(&now, old.at[i].name)) continue;
        put_index(app, old.at[i].name, change->id, NULL);
        add_total(app, "by:", old.at[i].name, -1);
    }
    for (int i = 0; i < now.count; i++) {
        const struct mark *before = find_mark(&old, now.at[i].name);
        if (!before) add_total(app, "by:", now.at[i].name, 1);
        if (!before || before->ms != now.at[i].ms)
            put_index(app, now.at[i].name, change->id, &now.at[i]);
    }
}

static void put_count(struct application *app, const struct mark *mark, int delta) {
    put(app, "C");
    view_add_number(&app->args, shared_key(app, "count:", mark->name));
    put(app, mark->value);
    view_add_number(&app->args, delta);
    add_total(app, "count:", mark->name, delta);
}

static void put_counts(struct application *app, const struct view_change *change) {
    struct marks old = {0}, now = {0};

    if (change->old) fields_counters(app->view->state, change->old, app->arena, &old);
    if (change->now) fields_counters(app->view->state, change->now, app->arena, &now);
    for (int i = 0; i < old.count; i++) {
        const struct mark *same = find_mark(&now, old.at[i].name);
        if (!same || strcmp(same->value, old.at[i].value) != 0) put_count(app, &old.at[i], -1);
    }
    for (int i = 0; i < now.count; i++) {
        const struct mark *same = find_mark(&old, now.at[i].name);
        if (!same || strcmp(same->value, now.at[i].value) != 0) put_count(app, &now.at[i], 1);
    }
}

static void put_hour(struct application *app, const struct mark *mark, int delta) {
    char hour[CLOCK_TEXT_MAX];

    clock_format_hour(mark->ms, hour);
    put(app, "T");
    view_add_number(&app->args, shared_key(app, "hour:", hour));
    put(app, mark->name);
    view_add_number(&app->args, delta);
    view_add_number(&app->args, mark->ms - mark->ms % VIEW_HOUR_MS);
    put(app, arena_printf(app->arena, "hour:%s", hour));
}

static bool same_hour(const struct mark *a, const struct mark *b) {
    return a && b && a->ms / VIEW_HOUR_MS == b->ms / VIEW_HOUR_MS;
}

/* A case that is forgotten keeps its hours: they are older than what is kept (8 days,
 * deploy/docs/redis.md).
 */
static void put_hours(struct application *app, const struct view_change *change) {
    if (!change->now) return;
    struct marks old = {0}, now = {0};
    if (change->old) fields_hours(app->view->state, change->old, app->arena, &old);
    fields_hours(app->view->state, change->now, app->arena, &now);
    for (int i = 0; i < old.count; i++)
        if (!same_hour(&old.at[i], find_mark(&now, old.at[i].name))) put_hour(app, &old.at[i], -1);
    for (int i = 0; i < now.count; i++)
        if (!same_hour(&now.at[i], find_mark(&old, now.at[i].name))) put_hour(app, &now.at[i], 1);
}

/* ---- One step ---- */

static enum view_result verdict(const struct redis_reply *last,
                                const struct view_standing *standing, int64_t from,
                                struct err *err) {
    if (last->kind == REDIS_TEXT && strcmp(last->text, "done") == 0) return VIEW_DONE;
    if (last->kind == REDIS_TEXT && strcmp(last->text, "stale") == 0) {
        err_set(err, "the view stands at %" PRId64 " where %" PRId64 " was expected",
                standing->applied, from);
        return VIEW_STALE;
    }
    err_set(err, "%s",
            last->kind == REDIS_TEXT ? last->text
                                     : "apply.lua answered in another form than expected");
    return VIEW_BAD;
}

static enum view_result apply_step(struct view *view, int shard, struct arena *arena, int64_t from,
                                   int64_t to, const struct view_change *changes, int count,
                                   struct view_standing *standing_out, struct err *err) {
    struct application app = {
        .view = view, .shard = shard, .arena = arena, .keys.arena = arena, .args.arena = arena};
    if (FAULT_WITHOUT("cas") &&
        view_read(view, shard, arena, NULL, 0, standing_out, err) == VIEW_DONE)
        from = standing_out->applied;
    view_add_standing(view, &app.keys, shard);
    for (int i = 0; i < count; i++) {
        view_add_text(&app.keys, view_key(view, arena, shard, "case:", changes[i].id));
        view_add_text(&app.keys, view_key(view, arena, shard, "private:", changes[i].id));
    }
    app.shared_from =
        app.keys
            .count; /* keys shared by several cases stand behind, a short list to look them up in */

    view_add_number(&app.args, from);
    view_add_number(&app.args, to);
    view_add_number(&app.args, VIEW_HOURS_KEPT_MS);
    for (int i = 0; i < count; i++) {
        put_hashes(&app, &changes[i], VIEW_STANDING_KEYS + 2 * i + 1);
        put_life(&app, &changes[i]);
        put_indexes(&app, &changes[i]);
        put_counts(&app, &changes[i]);
        put_hours(&app, &changes[i]);
    }
    put_totals(&app);

    struct redis_reply reply;
    const struct redis_reply *last;
    enum view_result result = view_indexes_tell(view->indexes, arena, err);
    if (result == VIEW_DONE)
        result = view_run(view, &view->apply, &app.keys, &app.args, &reply, err);
    if (result == VIEW_DONE) result = view_take_standing(view, &reply, standing_out, &last, err);
    if (result != VIEW_DONE) return result;
    return verdict(last, standing_out, from, err);
}

enum view_result view_apply(struct view *view, int shard, struct arena *arena, int64_t from,
                            int64_t to, const struct view_change *changes, int count,
                            struct view_standing *standing_out, struct err *err) {
    int done = 0;
    if (count && changes[0].offset <
                     from) { /* a changelog that was recreated: healing looks at its @log again */
        err_set(err, "the changelog goes on at %" PRId64 ", before the view's %" PRId64,
                changes[0].offset, from);
        return VIEW_STALE;
    }
    do {
        int step = VIEW_CASES_MAX;
        if (count - done < VIEW_CASES_MAX) step = count - done;
        int64_t reached = to;
        if (done + step != count) reached = changes[done + step - 1].offset + 1;
        enum view_result result =
            apply_step(view, shard, arena, from, reached, changes + done, step, standing_out, err);
        if (result != VIEW_DONE) return result;
        FAULT_POINT("after_apply_step");
        from = reached;
        done += step;
    } while (done < count);
    return VIEW_DONE;
}
