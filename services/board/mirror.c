/* mirror: a table of cases by id, what changed since it was read, and the rows themselves. */
#include "base/heap.h"
#include "base/ids.h"
#include "board/mirror_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 1 << 17,
    TARGETS_MAX = 1000, /* names that are told apart, as view_indexes.h has them */
    SHOWN_TURNS = 30,   /* so long a row that somebody was shown is kept fresh */
    ROUND = 300         /* of all others in a turn */
};

struct mirror *mirror_new(void) {
    struct mirror *mirror = heap_resize(NULL, sizeof *mirror);

    memset(mirror, 0, sizeof *mirror);
    mirror->bucket_count = BUCKETS;
    mirror->buckets = heap_resize(NULL, BUCKETS * sizeof(struct mirror_case *));
    memset(mirror->buckets, 0, BUCKETS * sizeof(struct mirror_case *));
    mirror->names = arena_new();
    pthread_mutex_init(&mirror->lock, NULL);
    return mirror;
}

static size_t bucket_of(const struct mirror *mirror, const char *case_id) {
    return ids_table_hash(case_id, strlen(case_id)) % mirror->bucket_count;
}

static struct mirror_case *find(const struct mirror *mirror, const char *case_id) {
    struct mirror_case *at = mirror->buckets[bucket_of(mirror, case_id)];
    while (at && strcmp(at->id, case_id) != 0) at = at->next;
    return at;
}

bool mirror_knows(const struct mirror *mirror, const char *case_id) {
    return find(mirror, case_id) != NULL;
}

static void set_stale(struct mirror *mirror, struct mirror_case *one, bool stale) {
    mirror->behind += stale - one->stale;
    one->stale = stale;
}

static void retire(struct mirror *mirror, struct mirror_row *row) {
    if (!row) return;
    row->next = mirror->old;
    mirror->old = row;
    mirror->changed = true;
}

static void drop(struct mirror *mirror, struct mirror_case *one) {
    struct mirror_case **at = &mirror->buckets[bucket_of(mirror, one->id)];

    while (*at != one) at = &(*at)->next;
    *at = one->next;
    set_stale(mirror, one, false);
    retire(mirror, one->row);
    free(one->marks);
    free(one);
    mirror->count--;
}

void mirror_forget(struct mirror *mirror) {
    for (size_t i = 0; i < mirror->bucket_count; i++)
        while (mirror->buckets[i]) drop(mirror, mirror->buckets[i]);
}

void mirror_free(struct mirror *mirror) {
    if (!mirror) return;
    mirror_forget(mirror);
    mirror_publish(mirror);
    free((void *)(uintptr_t)mirror->list.deadlines);
    free((void *)(uintptr_t)mirror->list.cases);
    free(mirror->buckets);
    arena_free(mirror->names);
    pthread_mutex_destroy(&mirror->lock);
    free(mirror);
}

/* ---- What changed ---- */

/* NULL: there is no room. */
static struct mirror_case *meet(struct mirror *mirror, int shard, const char *case_id) {
    struct mirror_case *one = find(mirror, case_id);
    size_t size = strlen(case_id) + 1;
    if (one) return one;
    if (mirror->count == MIRROR_CASES_MAX) return NULL;

    struct mirror_case **bucket = &mirror->buckets[bucket_of(mirror, case_id)];
    one = heap_resize(NULL, sizeof *one + size);
    *one = (struct mirror_case){.next = *bucket, .shard = shard};
    memcpy(one->id, case_id, size);
    *bucket = one;
    mirror->count++;
    set_stale(mirror, one, true);

    return one;
}

void mirror_met(struct mirror *mirror, int shard, const char *case_id) {
    (void)meet(mirror, shard, case_id);
}

/* The name as it is kept. */
static const char *name_of(struct mirror *mirror, const char *target) {
    for (int i = 0; i < mirror->targets.count; i++)
        if (strcmp(mirror->targets.at[i], target) == 0) return mirror->targets.at[i];
    if (mirror->targets.count == TARGETS_MAX) return "other";
    const char *kept = arena_strdup(mirror->names, target);
    texts_add(&mirror->targets, kept, mirror->names);
    return kept;
}

void mirror_index_begin(struct mirror *mirror, int shard) {
    mirror->shard = shard;
    mirror->look++;
}

void mirror_index_saw(struct mirror *mirror, const char *case_id, const char *target,
                      int64_t due_ms) {
    struct mirror_case *one = meet(mirror, mirror->shard, case_id);
    const char *name = name_of(mirror, target);
    struct mirror_mark *mark = NULL;
    if (!one) return;

    one->look = mirror->look;
    for (int i = 0; i < one->mark_count && !mark; i++)
        if (one->marks[i].target == name) mark = &one->marks[i];
    if (!mark) {
        mark = HEAP_ADD(one->marks, one->mark_count);
        mark->target = name;
        mark->due_ms = INT64_MIN;
    }
    if (mark->due_ms != due_ms) set_stale(mirror, one, true);
    mark->due_ms = due_ms;
    mark->look = mirror->look;
}

/* Marks that were not seen are no more. */
static void sweep(struct mirror *mirror, struct mirror_case *one) {
    int kept = 0;

    for (int i = 0; i < one->mark_count; i++)
        if (one->marks[i].look == mirror->look) one->marks[kept++] = one->marks[i];
    if (kept == one->mark_count) return;
    one->mark_count = kept;
    set_stale(mirror, one, true);
}

void mirror_index_end(struct mirror *mirror) {
    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct mirror_case *one = mirror->buckets[i]; one; one = one->next)
            if (one->shard == mirror->shard) sweep(mirror, one);
}

/* ---- What to read ---- */

struct wanted {
    const struct mirror_case *one;
    int64_t due_ms;
};

static int by_due(const void *a, const void *b) {
    const struct wanted *one = a;
    const struct wanted *two = b;
    if (one->due_ms != two->due_ms) return one->due_ms < two->due_ms ? -1 : 1;
    return strcmp(one->one->id, two->one->id);
}

static int64_t earliest_mark(const struct mirror_case *one) {
    int64_t due_ms = INT64_MAX;
    for (int i = 0; i < one->mark_count; i++)
        if (one->marks[i].due_ms < due_ms) due_ms = one->marks[i].due_ms;
    return due_ms;
}

static bool is_shown(const struct mirror *mirror, const struct mirror_case *one) {
    return one->row && one->row->shown && one->row->shown + SHOWN_TURNS > mirror->turn;
}

/* Those that have changed, the earliest first. */
static int take_stale(const struct mirror *mirror, const char **ids, int most) {
    struct wanted *found = heap_resize(NULL, ((size_t)mirror->behind + 1) * sizeof *found);
    int count = 0;

    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct mirror_case *one = mirror->buckets[i]; one; one = one->next)
            if (one->stale) found[count++] = (struct wanted){one, earliest_mark(one)};
    if (count) qsort(found, (size_t)count, sizeof *found, by_due);
    if (count > most) count = most;
    for (int i = 0; i < count; i++) ids[i] = found[i].one->id;
    free(found);

    return count;
}

/* Of those that may have changed without a deadline having moved: what is shown. */
static int take_shown(const struct mirror *mirror, const bool *changed, const char **ids, int count,
                      int most) {
    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct mirror_case *one = mirror->buckets[i]; one && count < most; one = one->next)
            if (!one->stale && changed[one->shard] && is_shown(mirror, one)) ids[count++] = one->id;
    return count;
}

/* And in turns all others. */
static int take_round(struct mirror *mirror, const bool *changed, const char **ids, int count,
                      int most) {
    if (most > count + ROUND) most = count + ROUND;
    for (size_t i = 0; i < mirror->bucket_count && count < most; i++) {
        mirror->round = (mirror->round + 1) % mirror->bucket_count;
        for (struct mirror_case *one = mirror->buckets[mirror->round]; one && count < most;
             one = one->next)
            if (!one->stale && changed[one->shard] && !is_shown(mirror, one))
                ids[count++] = one->id;
    }
    return count;
}

int mirror_wanted(struct mirror *mirror, const bool *changed, const char **ids, int most) {
    mirror->turn++;
    int count = 0;
    if (mirror->behind) count = take_stale(mirror, ids, most);
    count = take_shown(mirror, changed, ids, count, most);
    return take_round(mirror, changed, ids, count, most);
}

/* ---- Rows ---- */

int mirror_turns(const struct mirror *mirror) {
    return mirror->count / ROUND + 2;
}

int mirror_count(const struct mirror *mirror) {
    return mirror->count;
}

int mirror_behind(const struct mirror *mirror) {
    return mirror->behind;
}

static bool is_open(const struct sight_row *row) {
    if (!row->status) return false;
    return strcmp(row->status, "closed") != 0 && strcmp(row->status, "withdrawn") != 0;
}

static bool is_watched(const struct sight_row *row) {
    return mirror_next_due(row) != INT64_MAX;
}

static size_t room(const char *text) {
    if (!text) return 0;
    return strlen(text) + 1;
}

static const char *lay(char **at, const char *text) {
    if (!text) return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

static bool same_row(const struct sight_row *one, const struct sight_row *two) {
    const char *const ours[] = {one->status, one->class_name, one->severity,
                                one->tier,   one->assignee,   one->team,
                                one->tenant, one->channel,    one->policy};
    const char *const theirs[] = {two->status, two->class_name, two->severity,
                                  two->tier,   two->assignee,   two->team,
                                  two->tenant, two->channel,    two->policy};
    const struct sight_target *mine = one->targets.at;
    const struct sight_target *yours = two->targets.at;

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!ours[i] != !theirs[i] || (ours[i] && strcmp(ours[i], theirs[i]) != 0)) return false;
    if (one->opened_at != two->opened_at || !texts_equal(&one->flags, &two->flags) ||
        one->targets.count != two->targets.count)
        return false;
    for (int i = 0; i < one->targets.count; i++)
        if (strcmp(mine[i].name, yours[i].name) != 0 ||
            strcmp(mine[i].state, yours[i].state) != 0 || mine[i].due_at != yours[i].due_at)
            return false;
    return true;
}

/* One block of memory. */
static struct mirror_row *keep(struct mirror *mirror, const struct sight_row *from) {
    const struct sight_target *targets = from->targets.at;
    size_t lists = (size_t)from->targets.count * sizeof *targets +
                   (size_t)from->flags.count * sizeof(const char *);
    size_t texts = room(from->case_id) + room(from->status) + room(from->class_name) +
                   room(from->severity) + room(from->tier) + room(from->assignee) +
                   room(from->team) + room(from->tenant) + room(from->channel) + room(from->policy);
    for (int i = 0; i < from->flags.count; i++) texts += room(from->flags.at[i]);
    for (int i = 0; i < from->targets.count; i++) texts += room(targets[i].state);

    struct mirror_row *kept = heap_resize(NULL, sizeof *kept + lists + texts);
    *kept = (struct mirror_row){.turn = &mirror->turn};
    struct sight_target *own = (struct sight_target *)(kept + 1);
    const char **flags = (const char **)(own + from->targets.count);
    char *at = (char *)(flags + from->flags.count);
    kept->row = (struct sight_row){.case_id = lay(&at, from->case_id),
                                   .status = lay(&at, from->status),
                                   .class_name = lay(&at, from->class_name),
                                   .severity = lay(&at, from->severity),
                                   .tier = lay(&at, from->tier),
                                   .assignee = lay(&at, from->assignee),
                                   .team = lay(&at, from->team),
                                   .tenant = lay(&at, from->tenant),
                                   .channel = lay(&at, from->channel),
                                   .policy = lay(&at, from->policy),
                                   .opened_at = from->opened_at,
                                   .flags = {flags, from->flags.count},
                                   .targets = {own, from->targets.count}};
    for (int i = 0; i < from->flags.count; i++) flags[i] = lay(&at, from->flags.at[i]);
    for (int i = 0; i < from->targets.count; i++)
        own[i] = (struct sight_target){name_of(mirror, targets[i].name), lay(&at, targets[i].state),
                                       targets[i].due_at};

    return kept;
}

void mirror_put(struct mirror *mirror, const struct sight_row *row) {
    struct mirror_case *one = find(mirror, row->case_id);
    if (!one) return;

    set_stale(mirror, one, false);
    /* One that Redis has lost stands in the index, and is listed: it may be late. */
    bool is_kept = is_open(row) || is_watched(row) || (!row->status && one->mark_count > 0);
    if (!is_kept) {
        if (one->mark_count == 0) {
            drop(mirror, one);
            return;
        }
        set_stale(mirror, one, true); /* the index was read before it ended */
    }
    if (one->row && same_row(&one->row->row, row)) return;
    int64_t shown = 0;
    if (one->row) shown = one->row->shown;
    retire(mirror, one->row);
    one->row = keep(mirror, row);
    one->row->shown = shown;
    mirror->changed = true;
}
