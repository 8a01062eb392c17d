/* api_find: what each row of the API answers, from memory. */
#include "board/api_parts.h"
#include "board/seal.h"
#include "contract/contract.h"

#include <stdlib.h>
#include <string.h>

static const char *get(const struct api_call *call, const char *name) {
    const char *value = http_query_get(call->query, name);
    if (value && *value) return value;
    return NULL;
}

static int64_t number_of(const struct api_call *call, const char *name, int64_t absent) {
    const char *value = get(call, name);
    if (!value) return absent;
    return strtoll(value, NULL, 10);
}

static void filter_times(const struct api_call *call, struct sight_filter *out) {
    const char *overdue = get(call, "overdue");
    const char *within = get(call, "within");
    int64_t within_ms;

    if (overdue && strcmp(overdue, "true") == 0) out->to_ms = call->now_ms;
    if (overdue && strcmp(overdue, "false") == 0) out->from_ms = call->now_ms;
    if (!within || fields_parse_duration(within, &within_ms) < 0) return;
    out->from_ms = call->now_ms;
    out->to_ms = call->now_ms + within_ms;
}

/* What is wanted, by the query, within what the person sees. */
static void filter_of(const struct api_call *call, struct sight_filter *out) {
    *out = (struct sight_filter){.class_pattern = get(call, "class"),
                                 .tier = get(call, "tier"),
                                 .severity = get(call, "severity"),
                                 .status = get(call, "status"),
                                 .assignee = get(call, "assignee"),
                                 .team = get(call, "team"),
                                 .tenant = get(call, "tenant"),
                                 .channel = get(call, "channel"),
                                 .flag = get(call, "flag"),
                                 .target = get(call, "target"),
                                 .state = get(call, "state")};
    filter_times(call, out);
    if (call->person->team) out->team = call->person->team;
}

/* ---- Lists ---- */

void api_find_due(const struct api_call *call, void *out) {
    struct api_page *answer = out;
    struct sight_filter filter;
    struct mirror_page page = {.filter = &filter,
                               .after = get(call, "after"),
                               .limit = (int)number_of(call, "limit", API_LIMIT)};
    const struct mirror_entry **found =
        arena_alloc(call->arena, (size_t)page.limit * sizeof(struct mirror_entry *));

    filter_of(call, &filter);
    mirror_find_deadlines(call->list, &page, call->arena, found);
    struct sight_listed *items =
        arena_alloc(call->arena, ((size_t)page.count + 1) * sizeof(struct sight_listed));
    for (int i = 0; i < page.count; i++) {
        items[i] = (struct sight_listed){.target = found[i]->target->name,
                                         .state = found[i]->target->state,
                                         .due_at = found[i]->due_ms,
                                         .overdue = found[i]->due_ms < call->now_ms,
                                         .row = *found[i]->row};
        mirror_shown(found[i]->row);
    }
    *answer = (struct api_page){{items, page.count}, page.total, page.next};
}

void api_find_cases(const struct api_call *call, void *out) {
    struct api_page *answer = out;
    struct sight_filter filter;
    struct mirror_page page = {.filter = &filter,
                               .after = get(call, "after"),
                               .limit = (int)number_of(call, "limit", API_LIMIT)};
    const struct sight_row **found =
        arena_alloc(call->arena, (size_t)page.limit * sizeof(struct sight_row *));

    filter_of(call, &filter);
    mirror_find_cases(call->list, &page, call->arena, found);
    struct sight_row *items =
        arena_alloc(call->arena, ((size_t)page.count + 1) * sizeof(struct sight_row));
    for (int i = 0; i < page.count; i++) {
        items[i] = *found[i];
        mirror_shown(found[i]);
    }
    *answer = (struct api_page){{items, page.count}, page.total, page.next};
}

static bool is_wanted(const struct api_call *call, const struct sight_waiting *waiting) {
    const char *role = get(call, "role");
    const char *team = call->person->team;

    if (role && strcmp(role, waiting->role) != 0) return false;
    return !team || (waiting->team && strcmp(team, waiting->team) == 0);
}

/* "<approve_by>.<case_id>" */
static const char *place_of(const struct sight_waiting *waiting, struct arena *arena) {
    return arena_printf(arena, "%lld.%s", (long long)waiting->approve_by, waiting->case_id);
}

static bool is_behind(const struct sight_waiting *waiting, const char *after) {
    if (!after) return true;
    char *end;
    long long approve_by = strtoll(after, &end, 10);
    if (waiting->approve_by != approve_by) return waiting->approve_by > approve_by;
    return strcmp(waiting->case_id, *end ? end + 1 : "") > 0;
}

void api_find_approvals(const struct api_call *call, void *out) {
    struct api_page *answer = out;
    const struct sight_approvals *all = &call->overview->approvals;
    const char *after = get(call, "after");
    int limit = (int)number_of(call, "limit", API_LIMIT);
    struct sight_waiting *items =
        arena_alloc(call->arena, ((size_t)limit + 1) * sizeof(struct sight_waiting));

    answer->items.at = items;
    for (int i = 0; i < all->count; i++) {
        if (!is_wanted(call, &all->at[i])) continue;
        answer->total++;
        if (!is_behind(&all->at[i], after)) continue;
        if (answer->items.count < limit)
            items[answer->items.count++] = all->at[i];
        else if (!answer->next)
            answer->next = place_of(&items[limit - 1], call->arena);
    }
}

/* ---- Causes and cohorts ---- */

void api_find_causes(const struct api_call *call, void *out) {
    struct api_page *answer = out;
    const struct sight_causes *all = &call->overview->causes;
    const char *party = get(call, "party");
    int limit = (int)number_of(call, "limit", API_LIMIT);
    struct sight_cause *items =
        arena_alloc(call->arena, ((size_t)limit + 1) * sizeof(struct sight_cause));

    answer->items.at = items;
    for (int i = 0; i < all->count; i++) {
        const struct sight_cause *cause = &all->at[i];
        if (party && (!cause->party || strcmp(party, cause->party) != 0)) continue;
        answer->total++;
        if (answer->items.count < limit) items[answer->items.count++] = *cause;
    }
}

void api_find_cohorts(const struct api_call *call, void *out) {
    struct api_page *answer = out;
    const struct sight_cohorts *all = &call->overview->cohorts;
    int limit = (int)number_of(call, "limit", API_LIMIT);

    answer->items = (struct parts){all->at, all->count < limit ? all->count : limit};
    answer->total = all->count;
}

/* ---- The rest ---- */

void api_find_counts(const struct api_call *call, void *out) {
    struct overview_counts *counts = out;
    const struct overview_counts *all = &call->overview->counts;
    static const struct sight_filter everything = {.tier = NULL};
    struct sight_filter filter;

    filter_of(call, &filter);
    if (memcmp(&filter, &everything, sizeof filter) == 0) {
        *counts = *all;
        return;
    }
    overview_count(call->list, &filter, call->now_ms, call->arena, counts, NULL);
    for (int i = 0; i < call->overview->approvals.count; i++)
        counts->awaiting_approval += is_wanted(call, &call->overview->approvals.at[i]);
    counts->known = all->known;
    counts->behind = all->behind;
    counts->faults = all->faults;
}

void api_find_hours(const struct api_call *call, void *out) {
    struct api_page *answer = out;
    struct sight_hour *hours = call->overview->hours.at;
    int count = (int)number_of(call, "hours", 24);

    if (count > call->overview->hours.count) count = call->overview->hours.count;
    answer->items = (struct parts){NULL, count};
    if (count > 0) answer->items.at = hours + (call->overview->hours.count - count);
}

void api_find_budgets(const struct api_call *call, void *out) {
    *(struct api_budgets *)out =
        (struct api_budgets){call->overview->budgets, call->overview->levels};
}

void api_find_workers(const struct api_call *call, void *out) {
    *(struct api_workers *)out = (struct api_workers){call->overview->workers, call->overview->held,
                                                      call->overview->versions};
}

void api_find_me(const struct api_call *call, void *out) {
    const struct person *person = call->person;
    struct api_me *me = out;
    char seal[SEAL_SIZE];

    *me = (struct api_me){.role = person->role,
                          .team = person->team,
                          .sees_private = person->sees_private,
                          .decides = person->decides,
                          .version = REDRESS_VERSION,
                          .prefix = call->prefix};
    if (!*person->name) return;
    me->name = person->name;
    seal_make(person->name, seal);
    me->csrf = arena_strdup(call->arena, seal);
}
