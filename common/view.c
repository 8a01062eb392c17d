/* view: building the scripts' arguments from the field tables, and reading their replies. Counter changes are computed
 * from the state that the change replaces, which was read under the same `applied` that apply.lua compares: what is
 * subtracted is what the hash holds. */
#include "view.h"
#include "clock.h"
#include "fault.h"
#include "lua_scripts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOUR_MS = 3600 * 1000,
    HOURS_KEPT_MS = 8 * 24 * HOUR_MS, /* CONTRACT.md, Redis */
    STANDING_KEYS = 5
};

struct view {
    struct redis *redis;
    char *prefix, *worker;
    const struct record *state;
    struct redis_script read, due, apply, wipe, wiped;
};

struct view *view_new(struct redis *redis, const char *prefix, const char *worker, const struct record *state) {
    struct view *view = calloc(1, sizeof *view);
    ASSERT(view);
    *view = (struct view){.redis = redis, .prefix = strdup(prefix), .worker = strdup(worker), .state = state};
    view->read = (struct redis_script){.name = "read", .lua = lua_read};
    view->due = (struct redis_script){.name = "due", .lua = lua_due};
    view->apply = (struct redis_script){.name = "apply", .lua = lua_apply};
    view->wipe = (struct redis_script){.name = "wipe", .lua = lua_wipe};
    view->wiped = (struct redis_script){.name = "wiped", .lua = lua_wiped};
    redis_use(redis, &view->read);
    redis_use(redis, &view->due);
    redis_use(redis, &view->apply);
    redis_use(redis, &view->wipe);
    redis_use(redis, &view->wiped);
    return view;
}

void view_free(struct view *view) {
    if (!view) return;
    free(view->prefix);
    free(view->worker);
    free(view);
}

/* ---- Arguments: keys, then the rest ---- */

struct arguments {
    struct arena *arena;
    const char **at;
    size_t *lens;
    int count, size;
};

static int add(struct arguments *args, const char *text, size_t len) {
    if (args->count == args->size) {
        int size = args->size ? args->size * 2 : 64;
        args->at =
            arena_grow(args->arena, args->at, sizeof *args->at * (size_t)args->size, sizeof *args->at * (size_t)size);
        args->lens = arena_grow(args->arena, args->lens, sizeof *args->lens * (size_t)args->size,
                                sizeof *args->lens * (size_t)size);
        args->size = size;
    }
    args->at[args->count] = text;
    args->lens[args->count] = len;
    return args->count++;
}

static void add_text(struct arguments *args, const char *text) {
    add(args, text, strlen(text));
}

static void add_number(struct arguments *args, int64_t number) {
    add_text(args, arena_printf(args->arena, "%" PRId64, number));
}

static const char *key_of(const struct view *view, struct arena *arena, int shard, const char *kind, const char *name) {
    return arena_printf(arena, "%s:{%s.%d}:%s%s", view->prefix, view->worker, shard, kind, name);
}

static void add_standing_keys(const struct view *view, struct arguments *keys, int shard) {
    static const char *const names[STANDING_KEYS] = {"applied", "applied_at", "wiping", "wipe", "by:wake_at"};
    for (int i = 0; i < STANDING_KEYS; i++) add_text(keys, key_of(view, keys->arena, shard, names[i], ""));
}

/* Keys that several cases share are listed once. Returns the 1-based number that the script uses. */
static int shared_key(const struct view *view, struct arguments *keys, int shared_from, int shard, const char *kind,
                      const char *name) {
    const char *key = key_of(view, keys->arena, shard, kind, name);
    for (int i = shared_from; i < keys->count; i++)
        if (strcmp(keys->at[i], key) == 0) return i + 1;
    return add(keys, key, strlen(key)) + 1;
}

static enum view_result run(struct view *view, struct redis_script *script, const struct arguments *keys,
                            const struct arguments *args, struct arena *arena, struct redis_reply *reply_out,
                            struct err *err) {
    struct arguments all = {.arena = arena};
    for (int i = 0; i < keys->count; i++) add(&all, keys->at[i], keys->lens[i]);
    for (int i = 0; args && i < args->count; i++) add(&all, args->at[i], args->lens[i]);
    redis_add_script(view->redis, script, keys->count, all.count, all.at, all.lens);
    struct redis_reply *replies;
    int count, result = redis_exchange(view->redis, arena, &replies, &count, err);
    if (result) return result > 0 ? VIEW_AWAY : VIEW_BROKEN;
    *reply_out = replies[0];
    return VIEW_DONE;
}

/* ---- Replies ---- */

static int64_t number_of(const struct redis_reply *reply) {
    return reply->kind == REDIS_TEXT ? strtoll(reply->text, NULL, 10) : reply->kind == REDIS_NUMBER ? reply->number : 0;
}

static enum view_result read_standing(const struct redis_reply *reply, struct view_standing *out, struct err *err) {
    if (reply->kind != REDIS_LIST || reply->count < 7) {
        err_set(err, "a script answered in another form than expected");
        return VIEW_BROKEN;
    }
    const struct redis_reply *item = reply->items;
    *out = (struct view_standing){.known = item[0].len > 0,
                                  .applied = number_of(&item[0]),
                                  .applied_at_ms = number_of(&item[1]),
                                  .wiping = item[2].number != 0,
                                  .wipe_asked = item[3].number != 0,
                                  .redis_ms = number_of(&item[4]),
                                  .next_wake_ms = item[5].len ? (int64_t)strtod(item[5].text, NULL) : 0};
    return VIEW_DONE;
}

static struct pairs pairs_of(const struct redis_reply *hash, struct arena *arena) {
    struct pairs pairs = {arena_alloc(arena, sizeof *pairs.at * (size_t)(hash->count / 2 + 1)), hash->count / 2};
    for (int i = 0; i < pairs.count; i++)
        pairs.at[i] = (struct pair){hash->items[2 * i].text, hash->items[2 * i + 1].text, hash->items[2 * i + 1].len};
    return pairs;
}

static enum view_result read_case(const struct view *view, const struct redis_reply *public,
                                  const struct redis_reply *private, struct arena *arena, struct view_case *out,
                                  struct err *err) {
    out->state = NULL;
    if (public->count == 0) return VIEW_DONE;
    struct pairs shown = pairs_of(public, arena), hidden = pairs_of(private, arena);
    void *state = arena_alloc(arena, view->state->size);
    struct err why;
    if (fields_unflatten_both(view->state, &shown, &hidden, arena, state, &why) < 0) {
        err_set(err, "the hash of case %s is not a %s state: %s", out->id, view->worker, why.text);
        return VIEW_BROKEN;
    }
    out->state = state;
    return VIEW_DONE;
}

enum view_result view_read(struct view *view, int shard, struct arena *arena, struct view_case *cases, int count,
                           struct view_standing *standing_out, struct err *err) {
    ASSERT(count <= VIEW_CASES_MAX);
    struct arguments keys = {.arena = arena};
    add_standing_keys(view, &keys, shard);
    for (int i = 0; i < count; i++) {
        add_text(&keys, key_of(view, arena, shard, "case:", cases[i].id));
        add_text(&keys, key_of(view, arena, shard, "private:", cases[i].id));
    }
    struct redis_reply reply;
    enum view_result result = run(view, &view->read, &keys, NULL, arena, &reply, err);
    if (result == VIEW_DONE) result = read_standing(&reply, standing_out, err);
    if (result == VIEW_DONE && (reply.items[6].kind != REDIS_LIST || reply.items[6].count != 2 * count)) {
        err_set(err, "read.lua answered in another form than expected");
        result = VIEW_BROKEN;
    }
    for (int i = 0; result == VIEW_DONE && i < count; i++)
        result = read_case(view, &reply.items[6].items[2 * i], &reply.items[6].items[2 * i + 1], arena, &cases[i], err);
    return result;
}

enum view_result view_due(struct view *view, int shard, struct arena *arena, int64_t limit_ms, int limit,
                          const char ***ids_out, int *count_out, struct view_standing *standing_out, struct err *err) {
    struct arguments keys = {.arena = arena}, args = {.arena = arena};
    add_standing_keys(view, &keys, shard);
    add_number(&args, limit_ms);
    add_number(&args, limit);
    struct redis_reply reply;
    enum view_result result = run(view, &view->due, &keys, &args, arena, &reply, err);
    if (result == VIEW_DONE) result = read_standing(&reply, standing_out, err);
    if (result != VIEW_DONE) return result;
    const struct redis_reply *ids = &reply.items[6];
    *ids_out = arena_alloc(arena, sizeof **ids_out * ((size_t)ids->count + 1));
    for (int i = 0; i < ids->count; i++) (*ids_out)[i] = ids->items[i].text;
    *count_out = ids->count;
    return VIEW_DONE;
}

/* ---- Applying ---- */

struct application {
    const struct view *view;
    int shard;
    struct arguments keys, args;
    int shared_from;
};

static void put_hash(struct application *app, int number, const struct pairs *pairs) {
    add_text(&app->args, "H");
    add_number(&app->args, number);
    add_number(&app->args, pairs->count);
    for (int i = 0; i < pairs->count; i++) {
        add_text(&app->args, pairs->at[i].name);
        add(&app->args, pairs->at[i].value, pairs->at[i].value_len);
    }
}

static const struct mark *find_mark(const struct marks *marks, const char *name) {
    for (int i = 0; i < marks->count; i++)
        if (strcmp(marks->at[i].name, name) == 0) return &marks->at[i];
    return NULL;
}

static void put_index(struct application *app, const char *name, const char *id, const struct mark *now) {
    int key = shared_key(app->view, &app->keys, app->shared_from, app->shard, "by:", name);
    add_text(&app->args, "Z");
    add_number(&app->args, key);
    add_text(&app->args, id);
    if (now)
        add_number(&app->args, now->ms);
    else
        add_text(&app->args, "");
}

static void put_indexes(struct application *app, const struct view_change *change) {
    struct arena *arena = app->keys.arena;
    struct marks old = {0}, now = {0};
    if (change->old) fields_indexes(app->view->state, change->old, arena, &old);
    if (change->now) fields_indexes(app->view->state, change->now, arena, &now);
    for (int i = 0; i < old.count; i++)
        if (!find_mark(&now, old.at[i].name)) put_index(app, old.at[i].name, change->id, NULL);
    for (int i = 0; i < now.count; i++) {
        const struct mark *before = find_mark(&old, now.at[i].name);
        if (!before || before->ms != now.at[i].ms) put_index(app, now.at[i].name, change->id, &now.at[i]);
    }
}

static void put_count(struct application *app, const struct mark *mark, const char *delta) {
    int key = shared_key(app->view, &app->keys, app->shared_from, app->shard, "count:", mark->name);
    add_text(&app->args, "C");
    add_number(&app->args, key);
    add_text(&app->args, mark->value);
    add_text(&app->args, delta);
}

static void put_counts(struct application *app, const struct view_change *change) {
    struct arena *arena = app->keys.arena;
    struct marks old = {0}, now = {0};
    if (change->old) fields_counters(app->view->state, change->old, arena, &old);
    if (change->now) fields_counters(app->view->state, change->now, arena, &now);
    for (int i = 0; i < old.count; i++) {
        const struct mark *same = find_mark(&now, old.at[i].name);
        if (!same || strcmp(same->value, old.at[i].value) != 0) put_count(app, &old.at[i], "-1");
    }
    for (int i = 0; i < now.count; i++) {
        const struct mark *same = find_mark(&old, now.at[i].name);
        if (!same || strcmp(same->value, now.at[i].value) != 0) put_count(app, &now.at[i], "1");
    }
}

static void put_hour(struct application *app, const struct mark *mark, const char *delta) {
    char hour[CLOCK_TEXT_MAX];
    int key =
        shared_key(app->view, &app->keys, app->shared_from, app->shard, "hour:", clock_format_hour(mark->ms, hour));
    add_text(&app->args, "T");
    add_number(&app->args, key);
    add_text(&app->args, mark->name);
    add_text(&app->args, delta);
    add_number(&app->args, mark->ms - mark->ms % HOUR_MS);
}

static bool same_hour(const struct mark *a, const struct mark *b) {
    return a && b && a->ms / HOUR_MS == b->ms / HOUR_MS;
}

/* A case that is forgotten keeps its hours: they are older than what is kept (CONTRACT.md: 8 days). */
static void put_hours(struct application *app, const struct view_change *change) {
    if (!change->now) return;
    struct arena *arena = app->keys.arena;
    struct marks old = {0}, now = {0};
    if (change->old) fields_hours(app->view->state, change->old, arena, &old);
    fields_hours(app->view->state, change->now, arena, &now);
    for (int i = 0; i < old.count; i++)
        if (!same_hour(&old.at[i], find_mark(&now, old.at[i].name))) put_hour(app, &old.at[i], "-1");
    for (int i = 0; i < now.count; i++)
        if (!same_hour(&now.at[i], find_mark(&old, now.at[i].name))) put_hour(app, &now.at[i], "1");
}

static void put_change(struct application *app, const struct view_change *change, int number) {
    struct pairs public = {0}, private = {0};
    if (change->now) fields_flatten(app->view->state, change->now, app->keys.arena, &public, &private);
    put_hash(app, number, &public);
    put_hash(app, number + 1, &private);
    put_indexes(app, change);
    put_counts(app, change);
    put_hours(app, change);
}

static enum view_result apply_step(struct view *view, int shard, struct arena *arena, int64_t from, int64_t to,
                                   const struct view_change *changes, int count, struct view_standing *standing_out,
                                   struct err *err) {
    struct application app = {.view = view, .shard = shard, .keys.arena = arena, .args.arena = arena};
    if (FAULT_WITHOUT("cas") && view_read(view, shard, arena, NULL, 0, standing_out, err) == VIEW_DONE)
        from = standing_out->applied;
    add_standing_keys(view, &app.keys, shard);
    for (int i = 0; i < count; i++) {
        add_text(&app.keys, key_of(view, arena, shard, "case:", changes[i].id));
        add_text(&app.keys, key_of(view, arena, shard, "private:", changes[i].id));
    }
    app.shared_from = app.keys.count; /* keys shared by several cases stand behind, a short list to look them up in */
    add_number(&app.args, from);
    add_number(&app.args, to);
    add_number(&app.args, HOURS_KEPT_MS);
    for (int i = 0; i < count; i++) put_change(&app, &changes[i], STANDING_KEYS + 2 * i + 1);
    struct redis_reply reply;
    enum view_result result = run(view, &view->apply, &app.keys, &app.args, arena, &reply, err);
    if (result == VIEW_DONE) result = read_standing(&reply, standing_out, err);
    if (result != VIEW_DONE) return result;
    if (strcmp(reply.items[6].text, "done") == 0) return VIEW_DONE;
    err_set(err, "the view stands at %" PRId64 " where %" PRId64 " was expected", standing_out->applied, from);
    return VIEW_STALE;
}

enum view_result view_apply(struct view *view, int shard, struct arena *arena, int64_t from, int64_t to,
                            const struct view_change *changes, int count, struct view_standing *standing_out,
                            struct err *err) {
    int done = 0;
    if (count && changes[0].offset < from) { /* a changelog that was recreated: healing looks at its @log again */
        err_set(err, "the changelog goes on at %" PRId64 ", before the view's %" PRId64, changes[0].offset, from);
        return VIEW_STALE;
    }
    do {
        int step = count - done < VIEW_CASES_MAX ? count - done : VIEW_CASES_MAX;
        int64_t reached = done + step == count ? to : changes[done + step - 1].offset + 1;
        enum view_result result =
            apply_step(view, shard, arena, from, reached, changes + done, step, standing_out, err);
        if (result != VIEW_DONE) return result;
        FAULT_POINT("after_apply_step");
        from = reached;
        done += step;
    } while (done < count);
    return VIEW_DONE;
}

/* ---- Emptying ---- */

static const char *mark_text(struct arena *arena, uint64_t mark) {
    return arena_printf(arena, "%016" PRIx64, mark);
}

static enum view_result run_wipe(struct view *view, struct redis_script *script, const struct arguments *keys,
                                 const struct arguments *args, struct err *err) {
    struct redis_reply reply;
    enum view_result result = run(view, script, keys, args, keys->arena, &reply, err);
    if (result != VIEW_DONE || reply.number == 1) return result;
    err_set(err, "somebody else changed the view");
    return VIEW_STALE;
}

enum view_result view_wipe_begin(struct view *view, int shard, struct arena *arena, const struct view_standing *seen,
                                 uint64_t mark, struct err *err) {
    struct arguments keys = {.arena = arena}, args = {.arena = arena};
    add_standing_keys(view, &keys, shard);
    add_text(&args, mark_text(arena, mark));
    if (seen->known)
        add_number(&args, seen->applied);
    else
        add_text(&args, "");
    return run_wipe(view, &view->wipe, &keys, &args, err);
}

/* Only for the test that shows what the mark keeps off. */
static enum view_result remove_anyway(struct view *view, const struct arguments *keys, struct err *err) {
    struct redis_reply *replies;
    int count;
    for (int i = STANDING_KEYS; i < keys->count; i++) redis_addf(view->redis, 2, "UNLINK", keys->at[i]);
    return redis_exchange(view->redis, keys->arena, &replies, &count, err) ? VIEW_AWAY : VIEW_DONE;
}

enum view_result view_wipe_step(struct view *view, int shard, struct arena *arena, uint64_t mark, uint64_t *cursor,
                                struct err *err) {
    const char *own = key_of(view, arena, shard, "wiping", ""), *pattern = key_of(view, arena, shard, "*", "");
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, *cursor);
    struct redis_reply scan;
    int asked = redis_ask(view->redis, arena, &scan, err, 6, "SCAN", text, "MATCH", pattern, "COUNT", "1000");
    if (asked) return asked > 0 ? VIEW_AWAY : VIEW_BROKEN;
    FAULT_POINT("within_wipe");
    const struct redis_reply *found = &scan.items[1];
    struct arguments keys = {.arena = arena}, args = {.arena = arena};
    add_standing_keys(view, &keys, shard);
    add_text(&args, mark_text(arena, mark));
    for (int i = 0; i < found->count; i++)
        if (strcmp(found->items[i].text, own) != 0) add(&keys, found->items[i].text, found->items[i].len);
    enum view_result result =
        FAULT_WITHOUT("mark") ? remove_anyway(view, &keys, err) : run_wipe(view, &view->wipe, &keys, &args, err);
    if (result == VIEW_DONE) *cursor = strtoull(scan.items[0].text, NULL, 10);
    return result;
}

enum view_result view_wipe_end(struct view *view, int shard, struct arena *arena, uint64_t mark, int64_t start,
                               struct err *err) {
    struct arguments keys = {.arena = arena}, args = {.arena = arena};
    add_standing_keys(view, &keys, shard);
    add_number(&args, start);
    add_text(&args, mark_text(arena, mark));
    return run_wipe(view, &view->wiped, &keys, &args, err);
}

void view_meta(struct view *view, struct arena *arena, const char *field, const char *value) {
    struct err err;
    struct redis_reply reply;
    const char *key = arena_printf(arena, "%s:meta", view->prefix);
    int result = value ? redis_ask(view->redis, arena, &reply, &err, 4, "HSET", key, field, value)
                       : redis_ask(view->redis, arena, &reply, &err, 3, "HDEL", key, field);
    (void)result; /* a note for people: the next one comes soon */
}
