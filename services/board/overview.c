/* overview: see the header. */
#include "board/overview.h"
#include "base/clock.h"
#include "sight/sight_view.h"

#include <string.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, FAULT_MAX = 200, TENANTS_MAX = 50 };

/* ---- From the mirror ---- */

static void count_row(const struct sight_row *row, struct arena *arena,
                      struct overview_counts *out) {
    const struct {
        struct parts *counts;
        const char *value;
    } counted[] = {{&out->status, row->status},
                   {&out->severity, row->severity},
                   {&out->tier, row->tier},
                   {&out->class_name, row->class_name},
                   {&out->team, row->team}};

    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (counted[i].value) sight_counts_add(counted[i].counts, counted[i].value, 1, arena);
    if (!row->opened_at || (out->oldest_opened_at && out->oldest_opened_at <= row->opened_at))
        return;
    out->oldest_opened_at = row->opened_at;
    out->oldest_case = row->case_id;
}

static void count_deadline(int64_t due_ms, int64_t now_ms, struct overview_counts *out) {
    out->overdue += due_ms < now_ms;
    if (due_ms < now_ms) return;
    out->due_15m += due_ms < now_ms + 15 * MINUTE_MS;
    out->due_1h += due_ms < now_ms + HOUR_MS;
    out->due_4h += due_ms < now_ms + 4 * HOUR_MS;
}

void overview_count(const struct mirror_list *list, const struct sight_filter *filter,
                    int64_t now_ms, struct arena *arena, struct overview_counts *out,
                    struct texts *tenants) {
    *out = (struct overview_counts){0};
    for (int i = 0; i < list->case_count; i++) {
        const struct sight_row *row = list->cases[i];
        if (!sight_filter_row(filter, row)) continue;
        count_row(row, arena, out);
        out->open++;
        if (tenants && row->tenant && tenants->count < TENANTS_MAX &&
            !texts_has(tenants, row->tenant))
            texts_add(tenants, arena_strdup(arena, row->tenant), arena);
    }
    for (int i = 0; i < list->deadline_count; i++)
        if (sight_filter_row(filter, list->deadlines[i].row))
            count_deadline(list->deadlines[i].due_ms, now_ms, out);
    /* Rows go when they change. */
    out->oldest_case = arena_strdup(arena, out->oldest_case);
    struct parts *const lists[] = {&out->status, &out->severity, &out->tier, &out->class_name,
                                   &out->team};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sight_count *at = lists[i]->at;
        for (int j = 0; j < lists[i]->count; j++) at[j].value = arena_strdup(arena, at[j].value);
        sight_counts_sort(lists[i]);
    }
}

/* ---- From Redis ---- */

static void add_lines(struct texts *faults, const char *lines, struct arena *arena) {
    for (const char *at = lines; at && *at;) {
        size_t len = strcspn(at, "\n");
        texts_add(faults, arena_strndup(arena, at, len < FAULT_MAX ? len : FAULT_MAX), arena);
        at += len + (at[len] == '\n');
    }
}

static void take_meta(const struct redis_reply *meta, struct overview *out) {
    for (int i = 0; meta->kind == REDIS_LIST && i + 1 < meta->count; i += 2) {
        const char *name = meta->items[i].text;
        const char *value = meta->items[i + 1].text;
        if (strncmp(name, "held:", 5) == 0) {
            struct overview_held *held = parts_add(&out->held, sizeof *held, 1000, out->arena);
            *held = (struct overview_held){name + 5, value};
        } else if (strncmp(name, "policy:", 7) == 0) {
            struct overview_version *one = parts_add(&out->versions, sizeof *one, 50, out->arena);
            *one = (struct overview_version){name + 7, value};
        }
    }
}

/* Whether all is shown. Compensation counts where it has ever run with this Redis. */
static int look(struct sight *sight, struct overview *out) {
    struct sight_view sla = {.sight = sight, .worker = "sla", .shard = SIGHT_ALL};
    struct sight_view money = {.sight = sight, .worker = "compensation", .shard = SIGHT_ALL};
    int rc = sight_view_look(&sla);

    if (rc == 0) rc = sight_view_look(&money);
    if (rc == 0) {
        add_lines(&out->counts.faults, sla.faults.at, out->arena);
        if (sight_view_exists(&money)) add_lines(&out->counts.faults, money.faults.at, out->arena);
        take_meta(sla.meta, out);
        out->indexes = sla.indexes;
        out->looked_ms = clock_boot_ms();
    }
    sight_view_end(&sla);
    sight_view_end(&money);

    return rc;
}

static void keep_look(const struct overview *last, struct overview *out) {
    const struct overview_held *held = last->held.at;
    const struct overview_version *versions = last->versions.at;
    struct arena *arena = out->arena;

    for (int i = 0; i < last->counts.faults.count; i++)
        texts_add(&out->counts.faults, arena_strdup(arena, last->counts.faults.at[i]), arena);
    for (int i = 0; i < last->held.count; i++)
        *(struct overview_held *)parts_add(&out->held, sizeof *held, 1000, arena) =
            (struct overview_held){arena_strdup(arena, held[i].where),
                                   arena_strdup(arena, held[i].why)};
    for (int i = 0; i < last->versions.count; i++)
        *(struct overview_version *)parts_add(&out->versions, sizeof *versions, 50, arena) =
            (struct overview_version){arena_strdup(arena, versions[i].worker),
                                      arena_strdup(arena, versions[i].version)};
    out->indexes = arena_strdup(arena, last->indexes);
    out->looked_ms = last->looked_ms;
}

static int read_hours(struct sight *sight, const struct overview *last, struct overview *out) {
    struct sight_hour *hours = arena_alloc(out->arena, OVERVIEW_HOURS * sizeof *hours);
    const struct sight_hour *before = last->hours.at;
    int64_t now_ms = clock_boot_ms();
    bool again = last->hours.count == 0 || now_ms - last->hours_ms >= OVERVIEW_HOURS_MS;

    out->hours = (struct parts){hours, OVERVIEW_HOURS};
    out->hours_ms = last->hours_ms;
    if (again) {
        out->hours_ms = now_ms;
        return sight_hours_read(sight, out->as_of_ms, OVERVIEW_HOURS, hours);
    }
    for (int i = 0; i < OVERVIEW_HOURS; i++)
        fields_copy(&sight_hour_table, &before[i], out->arena, &hours[i]);
    return 0;
}

static bool ends_in(const char *text, const char *end) {
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* The last 24 hours. */
static void sum_hours(struct overview *out) {
    const struct sight_hour *hours = out->hours.at;

    for (int i = out->hours.count - 24; i >= 0 && i < out->hours.count; i++) {
        const struct sight_count *metrics = hours[i].metrics.at;
        for (int j = 0; j < hours[i].metrics.count; j++) {
            const char *name = metrics[j].value;
            if (strcmp(name, "opened") == 0) out->counts.opened_24h += metrics[j].cases;
            if (strcmp(name, "resolved") == 0) out->counts.resolved_24h += metrics[j].cases;
            if (ends_in(name, "_breached")) out->counts.breached_24h += metrics[j].cases;
        }
    }
}

static int read_spans(struct sight *sight, struct overview *out) {
    int64_t now_ms = out->as_of_ms;
    struct sight_span spans[] = {{INT64_MIN, now_ms, 0},
                                 {now_ms, now_ms + 15 * MINUTE_MS, 0},
                                 {now_ms, now_ms + HOUR_MS, 0},
                                 {now_ms, now_ms + (int64_t)4 * HOUR_MS, 0}};
    struct texts targets = sight_deadlines_targets(NULL, out->arena);
    if (out->indexes && strcmp(out->indexes, "*") != 0)
        targets = sight_deadlines_listed(out->indexes, out->arena);

    if (sight_counts_due(sight, &targets, spans, 4) < 0) return -1;
    out->counts.overdue = spans[0].deadlines;
    out->counts.due_15m = spans[1].deadlines;
    out->counts.due_1h = spans[2].deadlines;
    out->counts.due_4h = spans[3].deadlines;
    return 0;
}

/* Redis' counters over what the mirror knows: they are there from the first moment. */
static int read_counts(struct sight *sight, struct mirror *mirror, struct overview *out,
                       struct texts *tenants) {
    static const struct sight_filter all = {.tier = NULL};
    struct texts faults = out->counts.faults;
    struct sight_counts counted;

    if (sight_counts_read(sight, &counted) < 0) return -1;
    const struct mirror_list *list = mirror_lock(mirror);
    overview_count(list, &all, out->as_of_ms, out->arena, &out->counts, tenants);
    mirror_unlock(mirror);
    out->counts.status = counted.status;
    out->counts.severity = counted.severity;
    out->counts.tier = counted.tier;
    out->counts.class_name = counted.class_name;
    out->counts.faults = faults;
    out->counts.known = mirror_count(mirror);
    out->counts.behind = mirror_behind(mirror);
    out->counts.open = 0;
    const struct sight_count *at = counted.status.at;
    for (int i = 0; i < counted.status.count; i++) out->counts.open += at[i].cases;

    return read_spans(sight, out);
}

static int read_approvals(struct sight *sight, struct overview *out) {
    if (sight_approvals_read(sight, NULL, OVERVIEW_APPROVALS, &out->approvals) < 0) return -1;
    out->counts.awaiting_approval = out->approvals.count;
    if (out->approvals.lost)
        texts_add(&out->counts.faults,
                  arena_printf(out->arena,
                               "Redis has lost %d proposals that wait: `redressctl rebuild "
                               "compensation` makes the view anew",
                               out->approvals.lost),
                  out->arena);
    return 0;
}

static void tell_lost(struct overview *out, int lost, const char *what) {
    if (!lost) return;
    texts_add(&out->counts.faults,
              arena_printf(out->arena,
                           "Redis has lost %d values that have %s: `redressctl rebuild cohort` "
                           "makes the view anew",
                           lost, what),
              out->arena);
}

static int read_cohorts(struct sight *sight, struct overview *out) {
    if (sight_causes_read(sight, &out->causes) < 0) return -1;
    if (sight_cohorts_read(sight, &out->cohorts) < 0) return -1;
    tell_lost(out, out->causes.lost, "causes");
    tell_lost(out, out->cohorts.lost, "cohorts");
    return 0;
}

static void take_levels(const struct offer_policy *policy, struct overview *out) {
    const struct offer_level *levels = policy->approval.at;
    for (int i = 0; i < policy->approval.count; i++) {
        struct overview_level *level = parts_add(&out->levels, sizeof *level, 20, out->arena);
        *level = (struct overview_level){offer_policy_by[levels[i].by - 1], levels[i].approvals,
                                         levels[i].up_to};
    }
}

int overview_read(struct sight *sight, const struct overview *last, struct mirror *mirror,
                  const struct offer_policy *policy, struct overview *out) {
    struct texts tenants = {NULL, 0};
    struct arena *turn = sight->arena;
    int rc = 0;

    sight->arena = out->arena;
    out->as_of_ms = clock_now_ms();
    if (!last->looked_ms || clock_boot_ms() - last->looked_ms >= OVERVIEW_LOOK_MS)
        rc = look(sight, out);
    else
        keep_look(last, out);
    if (rc == 0) rc = read_counts(sight, mirror, out, &tenants);
    if (rc == 0) rc = read_approvals(sight, out);
    if (rc == 0) rc = read_cohorts(sight, out);
    if (rc == 0) rc = read_hours(sight, last, out);
    if (rc == 0) sum_hours(out);
    if (rc == 0 && policy) take_levels(policy, out);
    if (rc == 0 && policy)
        rc = sight_budgets_read(sight, policy, &tenants, out->as_of_ms, &out->budgets);
    out->whole = rc == 0 && out->counts.faults.count == 0;
    sight->arena = turn;

    return rc;
}
