/* view: the scripts' words and replies, and reading states. What is read is held against its
 * checksum and its place among the wake-ups: a hash that is not there is a case that does not live,
 * or the view has lost something. */
#include "base/digits.h"
#include "runtime/lua_scripts.h"
#include "runtime/view_parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct redis_script plain(struct view *view, const char *name, const char *lua) {
    (void)view;
    return (struct redis_script){.name = name, .lua = lua};
}

static struct redis_script with_standing(struct view *view, int slot, const char *name,
                                         const char *lua) {
    if (asprintf(&view->texts[slot], "%s\n%s", lua_standing, lua) < 0) ASSERT(!"memory");
    return plain(view, name, view->texts[slot]);
}

struct view *view_new(struct redis *redis, const char *prefix, const char *worker,
                      const struct table *state) {
    struct view *view = calloc(1, sizeof *view);
    ASSERT(view);
    *view = (struct view){
        .redis = redis, .prefix = strdup(prefix), .worker = strdup(worker), .state = state};
    fields_fingerprint(state, view->fingerprint);

    view->read = with_standing(view, 0, "read", lua_read);
    view->due = with_standing(view, 1, "due", lua_due);
    view->apply = with_standing(view, 2, "apply", lua_apply);
    view->check = with_standing(view, 3, "check", lua_check);
    view->find = with_standing(view, 4, "find", lua_find);
    view->wipe = plain(view, "wipe", lua_wipe);
    view->wiped = plain(view, "wiped", lua_wiped);

    struct redis_script *scripts[] = {&view->read,  &view->due,  &view->find, &view->apply,
                                      &view->check, &view->wipe, &view->wiped};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) redis_use(redis, scripts[i]);
    view->indexes = view_indexes_new(redis, prefix, worker);
    return view;
}

void view_free(struct view *view) {
    if (!view) return;
    for (size_t i = 0; i < sizeof view->texts / sizeof *view->texts; i++) free(view->texts[i]);
    view_indexes_free(view->indexes);
    free(view->prefix);
    free(view->worker);
    free(view);
}

/* ---- Words ---- */

int view_add(struct view_words *words, const char *text, size_t len) {
    if (words->count == words->size) {
        size_t before = (size_t)words->size;
        size_t size = 64;
        if (before) size = before * 2;
        words->at = arena_grow(words->arena, words->at, sizeof *words->at * before,
                               sizeof *words->at * size);
        words->lens = arena_grow(words->arena, words->lens, sizeof *words->lens * before,
                                 sizeof *words->lens * size);
        words->size = (int)size;
    }
    words->at[words->count] = text;
    words->lens[words->count] = len;

    return words->count++;
}

void view_add_text(struct view_words *words, const char *text) {
    view_add(words, text, strlen(text));
}

void view_add_number(struct view_words *words, int64_t number) {
    char digits[DIGITS_MAX];
    size_t len = digits_print(number, digits);

    view_add(words, arena_strndup(words->arena, digits, len), len);
}

const char *view_key(const struct view *view, struct arena *arena, int shard, const char *kind,
                     const char *name) {
    char number[DIGITS_MAX];
    const char *const parts[] = {view->prefix, ":{", view->worker, ".", number, "}:", kind, name};
    enum { PARTS = sizeof parts / sizeof *parts };
    size_t lens[PARTS];
    size_t len = 0;

    digits_print(shard, number);
    for (int i = 0; i < PARTS; i++) len += lens[i] = strlen(parts[i]);
    char *key = arena_memory(arena, len + 1);
    char *at = key;
    for (int i = 0; i < PARTS; at += lens[i++]) memcpy(at, parts[i], lens[i]);
    *at = 0;

    return key;
}

void view_add_standing(const struct view *view, struct view_words *keys, int shard) {
    static const char *const names[VIEW_STANDING_KEYS] = {
        "applied", "applied_at", "wiping", "wipe", "by:wake_at", "asleep", "totals", "unread"};
    for (int i = 0; i < VIEW_STANDING_KEYS; i++)
        view_add_text(keys, view_key(view, keys->arena, shard, names[i], ""));
}

void view_queue(struct view *view, struct redis_script *script, const struct view_words *keys,
                const struct view_words *args) {
    struct view_words all = {.arena = keys->arena};

    for (int i = 0; i < keys->count; i++) view_add(&all, keys->at[i], keys->lens[i]);
    for (int i = 0; args && i < args->count; i++) view_add(&all, args->at[i], args->lens[i]);
    redis_add_script(view->redis, script, keys->count, all.count, all.at, all.lens);
}

enum outcome view_run(struct view *view, struct redis_script *script, const struct view_words *keys,
                      const struct view_words *args, struct redis_reply *reply_out,
                      struct err *err) {
    view_queue(view, script, keys, args);
    struct redis_reply *replies;
    int count;
    enum outcome outcome = redis_exchange(view->redis, keys->arena, &replies, &count, err);
    if (outcome == OUTCOME_DONE) *reply_out = replies[0];

    return outcome;
}

/* ---- Replies ---- */

static int64_t number_of(const struct redis_reply *reply) {
    if (reply->kind == REDIS_NUMBER) return reply->number;
    if (reply->kind == REDIS_TEXT) return strtoll(reply->text, NULL, 10);
    return 0;
}

static const char *text_of(const struct redis_reply *reply) {
    if (reply->kind == REDIS_TEXT) return reply->text;
    return "";
}

static enum outcome other_form(struct err *err) {
    err_set(err, "a script answered in another form than expected");
    return OUTCOME_STOP;
}

enum outcome view_take_standing(const struct view *view, const struct redis_reply *reply,
                                struct view_standing *out, const struct redis_reply **last_out,
                                struct err *err) {
    enum {
        APPLIED,
        APPLIED_AT,
        WIPING,
        WIPE,
        NOW,
        WAKE,
        SCHEMA,
        CASES,
        PLACES,
        UNREAD,
        UNREAD_THERE,
        LAST,
        COUNT
    };
    if (reply->kind != REDIS_LIST || reply->count != COUNT) return other_form(err);
    const struct redis_reply *item = reply->items;
    *out = (struct view_standing){
        .known = item[APPLIED].len > 0,
        .wiping = number_of(&item[WIPING]) != 0,
        .wipe_asked = number_of(&item[WIPE]) != 0,
        .made_here = strcmp(text_of(&item[SCHEMA]), view->fingerprint) == 0,
        .whole = number_of(&item[CASES]) == number_of(&item[PLACES]) &&
                 number_of(&item[UNREAD]) == number_of(&item[UNREAD_THERE]),
        .applied = number_of(&item[APPLIED]),
        .applied_at_ms = number_of(&item[APPLIED_AT]),
        .redis_ms = number_of(&item[NOW]),
        .next_wake_ms = item[WAKE].len ? (int64_t)strtod(item[WAKE].text, NULL) : 0,
        .cases = number_of(&item[PLACES]),
        .unread = number_of(&item[UNREAD_THERE]),
    };
    *last_out = &item[LAST];

    return OUTCOME_DONE;
}

/* ---- Cases ---- */

void view_print_sum(uint64_t sum, char out[VIEW_SUM_DIGITS + 1]) {
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (int i = 0; i < VIEW_SUM_DIGITS; i++, sum >>= 5) out[i] = digits[sum & 31];
    out[VIEW_SUM_DIGITS] = 0;
}

int64_t view_wake_ms(const struct view *view, const void *state, struct arena *arena) {
    return fields_indexed(view->state, state, "wake_at", arena);
}

/* The checksum, which is not the table's, is taken out: NULL when there is none. */
static struct pairs pairs_of(const struct redis_reply *hash, struct arena *arena,
                             const char **sum_out) {
    struct pairs pairs = {.at =
                              arena_alloc(arena, sizeof *pairs.at * (size_t)(hash->count / 2 + 1))};

    for (int i = 0; i + 1 < hash->count; i += 2) {
        const struct redis_reply *name = &hash->items[i];
        const struct redis_reply *value = &hash->items[i + 1];
        if (strcmp(name->text, VIEW_SUM_FIELD) == 0)
            *sum_out = value->text;
        else
            pairs.at[pairs.count++] = (struct pair){name->text, value->text, value->len};
    }

    return pairs;
}

static enum outcome bad(const char *id, struct err *err, const char *why) {
    err_set(err, "case %s: %s", id, why);
    return OUTCOME_BROKEN;
}

/* Its place among the wake-ups is where its state says. */
static bool has_place(const struct view *view, const void *state, const struct redis_reply *place,
                      struct arena *arena) {
    int64_t wake_ms = view_wake_ms(view, state, arena);
    if (!wake_ms) return strcmp(place->text, "asleep") == 0;
    return place->len && strcmp(place->text, "asleep") != 0 &&
           (int64_t)strtod(place->text, NULL) == wake_ms;
}

static enum outcome read_hashes(const struct view *view, const struct redis_reply *items,
                                struct arena *arena, struct view_case *out, struct err *err) {
    const char *written = NULL;
    const char *stray = NULL;
    struct hashes hashes = {.id = out->id,
                            .public = pairs_of(&items[0], arena, &written),
                            .private = pairs_of(&items[1], arena, &stray)};

    void *state = arena_alloc(arena, view->state->size);
    struct err why;
    uint64_t sum;
    if (fields_from_hashes(view->state, &hashes, arena, state, &sum, &why) < 0)
        return bad(out->id, err, why.text);
    char found[VIEW_SUM_DIGITS + 1];
    view_print_sum(sum, found);
    if (!written || strcmp(written, found) != 0)
        return bad(out->id, err, "a field of its hash was lost, or changed by somebody else");
    if (!has_place(view, state, &items[2], arena))
        return bad(out->id, err, "it is not in by:wake_at or asleep as its hash says");
    out->state = state;
    out->sum = sum;

    return OUTCOME_DONE;
}

static enum outcome read_case(const struct view *view, const struct redis_reply *reply,
                              struct arena *arena, struct view_case *out, struct err *err) {
    enum { PUBLIC, PRIVATE, PLACE, UNREAD, COUNT };
    out->state = NULL;
    out->unread = NULL;
    if (reply->kind != REDIS_LIST || reply->count != COUNT) return other_form(err);
    const struct redis_reply *items = reply->items;
    if (items[PUBLIC].kind != REDIS_LIST || items[PRIVATE].kind != REDIS_LIST)
        return bad(out->id, err, "its hash is a key of another type");
    if (items[PUBLIC].count) return read_hashes(view, items, arena, out, err);
    if (items[PLACE].len) return bad(out->id, err, "its hash is gone");
    if (items[PRIVATE].count) return bad(out->id, err, "its public hash is gone");
    if (items[UNREAD].len) out->unread = items[UNREAD].text;
    return OUTCOME_DONE;
}

enum outcome view_read(struct view *view, int shard, struct arena *arena, struct view_case *cases,
                       int count, struct view_standing *standing_out, struct err *err) {
    ASSERT(count <= VIEW_CASES_MAX);
    struct view_words keys = {.arena = arena}, args = {.arena = arena};
    view_add_standing(view, &keys, shard);
    for (int i = 0; i < count; i++) {
        view_add_text(&keys, view_key(view, arena, shard, "case:", cases[i].id));
        view_add_text(&keys, view_key(view, arena, shard, "private:", cases[i].id));
        view_add_text(&args, cases[i].id);
    }
    struct redis_reply reply;
    const struct redis_reply *last;
    enum outcome result = view_run(view, &view->read, &keys, &args, &reply, err);
    if (result == OUTCOME_DONE) result = view_take_standing(view, &reply, standing_out, &last, err);
    if (result != OUTCOME_DONE) return result;
    if (last->kind != REDIS_LIST || last->count != count) return other_form(err);
    for (int i = 0; result == OUTCOME_DONE && i < count; i++)
        result = read_case(view, &last->items[i], arena, &cases[i], err);
    return result;
}

static const char **texts_of(const struct redis_reply *list, struct arena *arena) {
    const char **texts = arena_alloc(arena, sizeof *texts * ((size_t)list->count + 1));
    for (int i = 0; i < list->count; i++) texts[i] = text_of(&list->items[i]);
    return texts;
}

enum outcome view_due(struct view *view, int shard, struct arena *arena, int64_t limit_ms,
                      int limit, const char ***ids_out, int *count_out,
                      struct view_standing *standing_out, struct err *err) {
    struct view_words keys = {.arena = arena}, args = {.arena = arena};

    view_add_standing(view, &keys, shard);
    view_add_number(&args, limit_ms);
    view_add_number(&args, limit);
    struct redis_reply reply;
    const struct redis_reply *ids;
    enum outcome result = view_run(view, &view->due, &keys, &args, &reply, err);
    if (result == OUTCOME_DONE) result = view_take_standing(view, &reply, standing_out, &ids, err);
    if (result != OUTCOME_DONE) return result;
    *ids_out = texts_of(ids, arena);
    *count_out = ids->count;

    return OUTCOME_DONE;
}

enum outcome view_find(struct view *view, int shard, struct arena *arena, const char *field,
                       const char *text, const char ***ids_out, int *count_out,
                       struct view_standing *standing_out, struct err *err) {
    struct view_words keys = {.arena = arena}, args = {.arena = arena};

    view_add_standing(view, &keys, shard);
    view_add_text(&keys, view_key(view, arena, shard, "of:", field));
    view_add_number(&args, fields_found_as(field, text));
    struct redis_reply reply;
    const struct redis_reply *ids;
    enum outcome result = view_run(view, &view->find, &keys, &args, &reply, err);
    if (result == OUTCOME_DONE) result = view_take_standing(view, &reply, standing_out, &ids, err);
    if (result != OUTCOME_DONE) return result;
    *ids_out = texts_of(ids, arena);
    *count_out = ids->count;

    return OUTCOME_DONE;
}

void view_meta(struct view *view, struct arena *arena, const char *field, const char *value) {
    struct err err;
    struct redis_reply reply;
    const char *key = arena_printf(arena, "%s:meta", view->prefix);
    enum outcome outcome =
        value ? redis_ask(view->redis, arena, &reply, &err, 4, "HSET", key, field, value)
              : redis_ask(view->redis, arena, &reply, &err, 3, "HDEL", key, field);
    (void)outcome; /* a note for people: the next one comes soon */
}

void view_name_indexes(struct view *view, int shards, struct arena *arena) {
    view_indexes_look(view->indexes, shards, arena);
}
