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

/* A key that several cases share, and what the step does to it, in one command each. */
struct shared {
    const char *kind, *name;
    int number;                       /* 1-based, as the script counts keys */
    struct view_words added, removed; /* of an index: scores and members; members */
    struct total *counts;             /* of a counter: by value or metric */
    int count_count;
    int64_t hour_ms; /* it counts the hour that begins here; 0: it is no such */
};

struct application {
    const struct view *view;
    int shard;
    struct arena *arena;
    struct view_words keys, args;
    struct shared *shared;
    int shared_count;
    struct total *totals;
    int total_count;
};

/* ---- Words ---- */

/* The names that come here are those of the tables, and a dozen. */
static struct shared *shared_key(struct application *app, const char *kind, const char *name) {
    for (int i = 0; i < app->shared_count; i++)
        if (strcmp(app->shared[i].name, name) == 0 && strcmp(app->shared[i].kind, kind) == 0)
            return &app->shared[i];

    const char *key = view_key(app->view, app->arena, app->shard, kind, name);
    struct shared *shared = ARENA_ADD(app->arena, app->shared, app->shared_count);
    *shared = (struct shared){.kind = kind,
                              .name = arena_strdup(app->arena, name),
                              .number = view_add(&app->keys, key, strlen(key)) + 1,
                              .added.arena = app->arena,
                              .removed.arena = app->arena};
    return shared;
}

static void put(struct application *app, const char *operation) {
    view_add_text(&app->args, operation);
}

static void add_delta(struct arena *arena, struct total **at, int *count, const char *name,
                      int64_t delta) {
    for (int i = 0; i < *count; i++) {
        if (strcmp((*at)[i].name, name) != 0) continue;
        (*at)[i].delta += delta;
        return;
    }
    *ARENA_ADD(arena, *at, *count) = (struct total){arena_strdup(arena, name), delta};
}

/* One operation for all cases of the step. */
static void add_total(struct application *app, const char *kind, const char *name, int64_t delta) {
    if (!delta) return;
    const char *full = arena_printf(app->arena, "%s%s", kind, name);
    add_delta(app->arena, &app->totals, &app->total_count, full, delta);
}

static void put_totals(struct application *app) {
    for (int i = 0; i < app->total_count; i++) {
        if (!app->totals[i].delta) continue;
        put(app, "S");
        put(app, app->totals[i].name);
        view_add_number(&app->args, app->totals[i].delta);
    }
}

static void put_words(struct application *app, const char *operation, int number,
                      const struct view_words *words) {
    if (!words->count) return;
    put(app, operation);
    view_add_number(&app->args, number);
    view_add_number(&app->args, words->count);
    for (int i = 0; i < words->count; i++) view_add(&app->args, words->at[i], words->lens[i]);
}

static void put_counters(struct application *app, const struct shared *shared) {
    for (int i = 0; i < shared->count_count; i++) {
        const struct total *count = &shared->counts[i];
        if (!count->delta) continue;
        put(app, shared->hour_ms ? "T" : "C");
        view_add_number(&app->args, shared->number);
        put(app, count->name);
        view_add_number(&app->args, count->delta);
        if (!shared->hour_ms) continue;
        view_add_number(&app->args, shared->hour_ms);
        put(app, arena_printf(app->arena, "%s%s", shared->kind, shared->name));
    }
}

static void put_shared(struct application *app) {
    for (int i = 0; i < app->shared_count; i++) {
        put_words(app, "R", app->shared[i].number, &app->shared[i].removed);
        put_words(app, "Z", app->shared[i].number, &app->shared[i].added);
        put_counters(app, &app->shared[i]);
    }
}

/* ---- Hashes ---- */

static const struct pair *find_pair(const struct pairs *pairs, const char *name, int guess) {
    if (guess < pairs->count && strcmp(pairs->at[guess].name, name) == 0) return &pairs->at[guess];
    for (int i = 0; i < pairs->count; i++)
        if (strcmp(pairs->at[i].name, name) == 0) return &pairs->at[i];
    return NULL;
}

static bool same_pair(const struct pair *one, const struct pair *two) {
    return one && one->value_len == two->value_len &&
           memcmp(one->value, two->value, two->value_len) == 0;
}

/* What of a hash goes, and what is new or other than it was. */
static void put_difference(struct application *app, int number, const struct pairs *old,
                           const struct pairs *now) {
    struct view_words gone = {.arena = app->arena}, set = {.arena = app->arena};
    int added = 0;

    for (int i = 0; i < old->count; i++)
        if (!find_pair(now, old->at[i].name, i)) view_add_text(&gone, old->at[i].name);
    for (int i = 0; i < now->count; i++) {
        const struct pair *pair = &now->at[i];
        const struct pair *before = find_pair(old, pair->name, i);
        if (same_pair(before, pair)) continue;
        added += !before;
        view_add_text(&set, pair->name);
        view_add(&set, pair->value, pair->value_len);
    }
    put_words(app, "D", number, &gone);
    if (!set.count) return;
    put(app, "F");
    view_add_number(&app->args, number);
    view_add_number(&app->args, set.count);
    view_add_number(&app->args, added);
    for (int i = 0; i < set.count; i++) view_add(&app->args, set.at[i], set.lens[i]);
}

/* The hash as it is from now on, whatever there was. */
static void put_whole(struct application *app, int number, const struct pairs *pairs) {
    put(app, "H");
    view_add_number(&app->args, number);
    view_add_number(&app->args, 2 * pairs->count);
    for (int i = 0; i < pairs->count; i++) {
        view_add_text(&app->args, pairs->at[i].name);
        view_add(&app->args, pairs->at[i].value, pairs->at[i].value_len);
    }
}

/* old NULL: it is not known what stands there. A hash that goes is gone whatever was in it. */
static void put_hash(struct application *app, int number, const struct pairs *old,
                     const struct pairs *now) {
    if (old && (now->count || !old->count))
        put_difference(app, number, old, now);
    else
        put_whole(app, number, now);
}

static struct hashes hashes_of(struct application *app, const char *id, const void *state) {
    struct hashes hashes = {.id = id};
    char sum[VIEW_SUM_DIGITS + 1];
    if (!state) return hashes;

    fields_to_hashes(app->view->state, state, id, app->arena, &hashes);
    view_print_sum(hashes.sum, sum);
    *ARENA_ADD(app->arena, hashes.public.at, hashes.public.count) =
        (struct pair){VIEW_SUM_FIELD, arena_strdup(app->arena, sum), VIEW_SUM_DIGITS};
    return hashes;
}

static void put_hashes(struct application *app, struct view_change *change, int number) {
    struct hashes old = hashes_of(app, change->id, change->old);
    struct hashes now = hashes_of(app, change->id, change->now);
    /* It may be written in another way than what was read: then fields cannot be compared. */
    bool known = !change->old || old.sum == change->old_sum;

    change->now_sum = now.sum;
    put_hash(app, number, known ? &old.public : NULL, &now.public);
    put_hash(app, number + 1, known ? &old.private : NULL, &now.private);
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

/* Index entries: `by:` a time, or `of:` a text (view.h). */
static void put_entry(struct application *app, const char *kind, const char *name, const char *id,
                      const struct mark *now) {
    struct shared *shared = shared_key(app, kind, name);

    if (!now) {
        view_add_text(&shared->removed, id);
        return;
    }
    view_add_number(&shared->added, now->ms);
    view_add_text(&shared->added, id);
}

typedef void get_marks(const struct table *table, const void *data, struct arena *arena,
                       struct marks *out);

static void put_entries(struct application *app, const struct view_change *change, const char *kind,
                        get_marks *get) {
    struct marks old = {0}, now = {0};

    if (change->old) get(app->view->state, change->old, app->arena, &old);
    if (change->now) get(app->view->state, change->now, app->arena, &now);
    for (int i = 0; i < old.count; i++) {
        if (find_mark(&now, old.at[i].name)) continue;
        put_entry(app, kind, old.at[i].name, change->id, NULL);
        add_total(app, kind, old.at[i].name, -1);
    }
    for (int i = 0; i < now.count; i++) {
        const struct mark *before = find_mark(&old, now.at[i].name);
        if (!before) add_total(app, kind, now.at[i].name, 1);
        if (before && before->ms == now.at[i].ms) continue;
        put_entry(app, kind, now.at[i].name, change->id, &now.at[i]);
        if (get == fields_indexes) view_indexes_note(app->view->indexes, now.at[i].name);
    }
}

static void put_indexes(struct application *app, const struct view_change *change) {
    put_entries(app, change, "by:", fields_indexes);
    put_entries(app, change, "of:", fields_finds);
}

static void put_count(struct application *app, const struct mark *mark, int delta) {
    struct shared *shared = shared_key(app, "count:", mark->name);
    add_delta(app->arena, &shared->counts, &shared->count_count, mark->value, delta);
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
    struct shared *shared = shared_key(app, "hour:", hour);
    shared->hour_ms = mark->ms - mark->ms % VIEW_HOUR_MS;
    add_delta(app->arena, &shared->counts, &shared->count_count, mark->name, delta);
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

static enum outcome verdict(const struct redis_reply *last, const struct view_standing *standing,
                            int64_t from, struct err *err) {
    if (last->kind == REDIS_TEXT && strcmp(last->text, "done") == 0) return OUTCOME_DONE;
    if (last->kind == REDIS_TEXT && strcmp(last->text, "stale") == 0) {
        err_set(err, "the view stands at %" PRId64 " where %" PRId64 " was expected",
                standing->applied, from);
        return OUTCOME_STALE;
    }
    err_set(err, "%s",
            last->kind == REDIS_TEXT ? last->text
                                     : "apply.lua answered in another form than expected");
    return OUTCOME_BROKEN;
}

struct view_step {
    int64_t from;
    struct arena *arena;
    struct view_words keys, args;
};

struct view_step *view_apply_prepare(struct view *view, int shard, struct arena *arena,
                                     int64_t from, int64_t to, struct view_change *changes,
                                     int count) {
    ASSERT(count <= VIEW_CASES_MAX);
    struct application app = {
        .view = view, .shard = shard, .arena = arena, .keys.arena = arena, .args.arena = arena};
    view_add_standing(view, &app.keys, shard);
    for (int i = 0; i < count; i++) {
        view_add_text(&app.keys, view_key(view, arena, shard, "case:", changes[i].id));
        view_add_text(&app.keys, view_key(view, arena, shard, "private:", changes[i].id));
    }
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
    put_shared(&app);
    put_totals(&app);

    struct view_step *step = ARENA_NEW(arena, struct view_step);
    *step = (struct view_step){.from = from, .arena = arena, .keys = app.keys, .args = app.args};
    return step;
}

enum outcome view_apply_send(struct view *view, struct view_step *step, struct err *err) {
    enum outcome result = view_indexes_tell(view->indexes, step->arena, err);
    if (result != OUTCOME_DONE) return result;
    view_queue(view, &view->apply, &step->keys, &step->args);
    redis_send(view->redis);
    return OUTCOME_DONE;
}

enum outcome view_apply_take(struct view *view, struct view_step *step,
                             struct view_standing *standing_out, struct err *err) {
    struct redis_reply *replies;
    const struct redis_reply *last;
    int count;
    enum outcome result = redis_exchange(view->redis, step->arena, &replies, &count, err);
    if (result == OUTCOME_DONE)
        result = view_take_standing(view, &replies[0], standing_out, &last, err);
    if (result != OUTCOME_DONE) return result;
    return verdict(last, standing_out, step->from, err);
}

/* Changes that go into the view in several steps. */
struct cut {
    struct view_change *changes;
    int count, done;
    int64_t from, to;
};

static struct view_step *cut_next(struct cut *cut, struct view *view, int shard,
                                  struct arena *arena) {
    struct view_change *changes = cut->changes + cut->done;
    int count = cut->count - cut->done;
    int64_t reached = cut->to;

    if (count > VIEW_CASES_MAX) {
        count = VIEW_CASES_MAX;
        reached = changes[count - 1].offset + 1;
    }
    struct view_step *step =
        view_apply_prepare(view, shard, arena, cut->from, reached, changes, count);
    cut->from = reached;
    cut->done += count;
    return step;
}

/* A step is written down while Redis does the one before it, and sent when that one is done. */
enum outcome view_apply(struct view *view, int shard, struct arena *arena, int64_t from, int64_t to,
                        struct view_change *changes, int count, struct view_standing *standing_out,
                        struct err *err) {
    if (count && changes[0].offset <
                     from) { /* a changelog that was recreated: healing looks at its @log again */
        err_set(err, "the changelog goes on at %" PRId64 ", before the view's %" PRId64,
                changes[0].offset, from);
        return OUTCOME_STALE;
    }
    struct cut cut = {.changes = changes, .count = count, .from = from, .to = to};
    struct view_step *step = cut_next(&cut, view, shard, arena);
    while (step) {
        enum outcome result = view_apply_send(view, step, err);
        if (result != OUTCOME_DONE) return result;
        struct view_step *next = NULL;
        if (cut.done < count) next = cut_next(&cut, view, shard, arena);
        result = view_apply_take(view, step, standing_out, err);
        if (result != OUTCOME_DONE) return result;
        FAULT_POINT("after_apply_step");
        step = next;
    }
    return OUTCOME_DONE;
}
