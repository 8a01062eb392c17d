/* mirror_list: what others read: sorted, and pages of it. */
#include "base/heap.h"
#include "board/mirror_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sorted ---- */

static int order(int64_t one_ms, const char *one_id, const char *one_target, int64_t two_ms,
                 const char *two_id, const char *two_target) {
    if (one_ms != two_ms) return one_ms < two_ms ? -1 : 1;
    int ids = strcmp(one_id, two_id);
    if (ids) return ids;
    return strcmp(one_target, two_target);
}

static int by_deadline(const void *a, const void *b) {
    const struct mirror_entry *one = a;
    const struct mirror_entry *two = b;
    return order(one->due_ms, one->row->case_id, one->target->name, two->due_ms, two->row->case_id,
                 two->target->name);
}

static int by_next_due(const void *a, const void *b) {
    const struct sight_row *one = *(const struct sight_row *const *)a;
    const struct sight_row *two = *(const struct sight_row *const *)b;
    return order(mirror_next_due(one), one->case_id, "", mirror_next_due(two), two->case_id, "");
}

/* Still to be met: it runs, or it was missed. */
static bool matters(const struct sight_target *target) {
    return target->due_at &&
           (strcmp(target->state, "running") == 0 || strcmp(target->state, "breached") == 0);
}

int64_t mirror_next_due(const struct sight_row *row) {
    const struct sight_target *targets = row->targets.at;
    int64_t due_ms = INT64_MAX;

    for (int i = 0; i < row->targets.count; i++)
        if (matters(&targets[i]) && targets[i].due_at < due_ms) due_ms = targets[i].due_at;
    return due_ms;
}

struct lists {
    struct mirror_entry *deadlines;
    const struct sight_row **cases;
    int deadline_count, case_count;
};

/* What Redis has lost has no state; its marks say when it is due. */
static void add_lost(struct lists *lists, const struct mirror_case *one) {
    static const struct sight_target lost = {"lost", "lost", 0};
    for (int i = 0; i < one->mark_count; i++) {
        struct mirror_entry *entry = HEAP_ADD(lists->deadlines, lists->deadline_count);
        *entry = (struct mirror_entry){one->marks[i].due_ms, &one->row->row, &lost};
    }
}

static void add(struct lists *lists, const struct mirror_case *one) {
    const struct sight_row *row = &one->row->row;
    const struct sight_target *targets = row->targets.at;

    *HEAP_ADD(lists->cases, lists->case_count) = row;
    if (!row->status) add_lost(lists, one);
    for (int i = 0; i < row->targets.count; i++) {
        if (!matters(&targets[i])) continue;
        struct mirror_entry *entry = HEAP_ADD(lists->deadlines, lists->deadline_count);
        *entry = (struct mirror_entry){targets[i].due_at, row, &targets[i]};
    }
}

static void free_rows(struct mirror_row *row) {
    while (row) {
        struct mirror_row *next = row->next;
        free(row);
        row = next;
    }
}

bool mirror_publish(struct mirror *mirror) {
    struct lists lists = {NULL, NULL, 0, 0};
    if (!mirror->changed) return false;

    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct mirror_case *one = mirror->buckets[i]; one; one = one->next)
            if (one->row) add(&lists, one);
    if (lists.deadline_count)
        qsort(lists.deadlines, (size_t)lists.deadline_count, sizeof *lists.deadlines, by_deadline);
    if (lists.case_count)
        qsort(lists.cases, (size_t)lists.case_count, sizeof *lists.cases, by_next_due);
    pthread_mutex_lock(&mirror->lock);
    struct mirror_list old = mirror->list;
    mirror->list = (struct mirror_list){old.version + 1, lists.deadlines, lists.deadline_count,
                                        lists.cases, lists.case_count};
    pthread_mutex_unlock(&mirror->lock);
    free((void *)(uintptr_t)old.deadlines);
    free((void *)(uintptr_t)old.cases);
    free_rows(mirror->old);
    mirror->old = NULL;
    mirror->changed = false;

    return true;
}

const struct mirror_list *mirror_lock(struct mirror *mirror) {
    pthread_mutex_lock(&mirror->lock);
    return &mirror->list;
}

void mirror_unlock(struct mirror *mirror) {
    pthread_mutex_unlock(&mirror->lock);
}

void mirror_shown(const struct sight_row *row) {
    struct mirror_row *kept = (struct mirror_row *)(uintptr_t)row;
    kept->shown = *kept->turn;
}

/* ---- Pages ---- */

/* A place in a list. */
struct place {
    int64_t due_ms;
    char case_id[130], target[210];
};

/* False: none, and the list begins at its beginning. */
static bool read_place(const char *after, struct place *out) {
    long long due_ms;
    *out = (struct place){.due_ms = INT64_MIN};
    if (!after || sscanf(after, "%lld.%129[^.].%209[^\n]", &due_ms, out->case_id, out->target) < 2)
        return false;
    out->due_ms = due_ms;
    return true;
}

static const char *write_place(struct arena *arena, int64_t due_ms, const char *case_id,
                               const char *target) {
    return arena_printf(arena, "%" PRId64 ".%s.%s", due_ms, case_id, target);
}

void mirror_find_deadlines(const struct mirror_list *list, struct mirror_page *page,
                           struct arena *arena, const struct mirror_entry **out) {
    struct place place;
    const struct mirror_entry *last = NULL;
    bool behind = read_place(page->after, &place);

    page->count = 0;
    page->total = 0;
    page->next = NULL;
    for (int i = 0; i < list->deadline_count; i++) {
        const struct mirror_entry *entry = &list->deadlines[i];
        struct sight_target target = *entry->target;
        target.due_at = entry->due_ms;
        if (!sight_filter_row(page->filter, entry->row) ||
            !sight_filter_target(page->filter, &target))
            continue;
        page->total++;
        if (behind && order(entry->due_ms, entry->row->case_id, target.name, place.due_ms,
                            place.case_id, place.target) <= 0)
            continue;
        if (page->count < page->limit)
            out[page->count++] = last = entry;
        else if (!page->next)
            page->next = write_place(arena, last->due_ms, last->row->case_id, last->target->name);
    }
}

/* Without a wish about deadlines also those that have none. */
static bool has_target(const struct sight_filter *filter, const struct sight_row *row) {
    const struct sight_target *targets = row->targets.at;
    if (!filter->target && !filter->state && !filter->from_ms && !filter->to_ms) return true;
    for (int i = 0; i < row->targets.count; i++)
        if (sight_filter_target(filter, &targets[i])) return true;
    return false;
}

void mirror_find_cases(const struct mirror_list *list, struct mirror_page *page,
                       struct arena *arena, const struct sight_row **out) {
    struct place place;
    const struct sight_row *last = NULL;
    bool behind = read_place(page->after, &place);

    page->count = 0;
    page->total = 0;
    page->next = NULL;
    for (int i = 0; i < list->case_count; i++) {
        const struct sight_row *row = list->cases[i];
        int64_t due_ms = mirror_next_due(row);
        if (!sight_filter_row(page->filter, row) || !has_target(page->filter, row)) continue;
        page->total++;
        if (behind && order(due_ms, row->case_id, "", place.due_ms, place.case_id, "") <= 0)
            continue;
        if (page->count < page->limit)
            out[page->count++] = last = row;
        else if (!page->next)
            page->next = write_place(arena, mirror_next_due(last), last->case_id, "");
    }
}
