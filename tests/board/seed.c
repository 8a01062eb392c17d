/* seed: see the header. */
#include "seed.h"
#include "base/clock.h"
#include "base/ids.h"
#include "compensation/shelf.h"
#include "notification/notification.h"
#include "runtime/view.h"
#include "sla/sla_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 3, MINUTE_MS = 60000, BATCH = 200 };

struct lane {
    const char *worker;
    const struct table *table;
    struct view *view;
    int64_t *applied; /* of each shard */
};
struct seed {
    struct redis *redis;
    struct arena *arena;
    const char *prefix;
    int shards;
    struct lane lanes[WORKERS];
    struct seed_case *before; /* by number */
    int count;
};

void seed_case_id(int number, char id_out[SEED_ID_SIZE]) {
    char route[IDS_ROUTE_LEN + 1], subject[40];
    snprintf(subject, sizeof subject, "order:S%d", number);
    ids_route("default", subject, route);
    ids_case(route, "/seed", subject, id_out);
}

static void fail(const char *what, const struct err *err) {
    fprintf(stderr, "seed: %s: %s\n", what, err->text);
    exit(70);
}

static void start_shard(struct seed *seed, struct lane *lane, int shard) {
    struct view_standing standing;
    struct err err = {""};
    uint64_t cursor = 0;
    uint64_t mark = 7;

    arena_reset(seed->arena);
    int rc = view_read(lane->view, shard, seed->arena, NULL, 0, &standing, &err);
    if (rc == OUTCOME_DONE && standing.known) {
        lane->applied[shard] = standing.applied;
        return;
    }
    rc = view_wipe_begin(lane->view, shard, seed->arena, &standing, mark, &err);
    do rc |= view_wipe_step(lane->view, shard, seed->arena, mark, &cursor, &err);
    while (cursor && !rc);
    rc |= view_wipe_end(lane->view, shard, seed->arena, mark, 0, &err);
    if (rc) fail("a shard cannot be begun", &err);
}

struct seed *seed_open(const char *redis_url, const char *prefix, int shards) {
    struct seed *seed = calloc(1, sizeof *seed);
    struct err err;

    *seed = (struct seed){.redis = redis_new(redis_url, &err),
                          .arena = arena_new(),
                          .prefix = strdup(prefix),
                          .shards = shards,
                          .lanes = {{"sla", &sla_state_table, NULL, NULL},
                                    {"compensation", &compensation_state_table, NULL, NULL},
                                    {"notification", &notification_state_table, NULL, NULL}}};
    if (!seed->redis) fail(redis_url, &err);
    for (int i = 0; i < WORKERS; i++) {
        struct lane *lane = &seed->lanes[i];
        lane->view = view_new(seed->redis, seed->prefix, lane->worker, lane->table);
        lane->applied = calloc((size_t)shards, sizeof *lane->applied);
        for (int shard = 0; shard < shards; shard++) start_shard(seed, lane, shard);
    }
    view_meta(seed->lanes[0].view, seed->arena, "shards", arena_printf(seed->arena, "%d", shards));

    return seed;
}

void seed_close(struct seed *seed) {
    for (int i = 0; i < WORKERS; i++) {
        view_free(seed->lanes[i].view);
        free(seed->lanes[i].applied);
    }
    redis_free(seed->redis);
    arena_free(seed->arena);
    free(seed->before);
    free((void *)(uintptr_t)seed->prefix);
    free(seed);
}

/* ---- States ---- */

static int64_t wake_of(const struct seed_case *one) {
    if (one->contact_due) return one->contact_due;
    if (one->resolution_due) return one->resolution_due;
    return one->opened_at + (int64_t)90 * 24 * 60 * MINUTE_MS;
}

static bool is_watched(const char *state) {
    return strcmp(state, "running") == 0 || strcmp(state, "breached") == 0;
}

static void *sla_of(const struct seed_case *one, struct arena *arena) {
    static const char *const statuses[] = {"open",   "paused",    "resolved",
                                           "closed", "withdrawn", NULL};
    static const char *const states[] = {"running",  "paused",    "met", "met_late",
                                         "breached", "cancelled", NULL};
    struct sla_state *state = ARENA_NEW(arena, struct sla_state);
    struct sla_cycle *cycles = arena_alloc(arena, 2 * sizeof *cycles);
    struct sla_moment *moments = arena_alloc(arena, sizeof *moments);
    char id[SEED_ID_SIZE];
    if (!one->status) return NULL;

    seed_case_id(one->number, id);
    cycles[0] = (struct sla_cycle){.name = "first_contact",
                                   .due = one->contact_due,
                                   .state = fields_choice_value(states, one->contact_state),
                                   .cycle = one->opened_at,
                                   .watched = is_watched(one->contact_state)};
    cycles[1] = (struct sla_cycle){.name = "resolution",
                                   .due = one->resolution_due,
                                   .state = fields_choice_value(states, one->resolution_state),
                                   .cycle = one->opened_at,
                                   .watched = is_watched(one->resolution_state)};
    moments[0] = (struct sla_moment){.at = one->opened_at, .type = "case.opened"};
    *state = (struct sla_state){.status = fields_choice_value(statuses, one->status),
                                .tenant = "default",
                                .channel = 1,
                                .tier = fields_choice_value(contract_tiers, one->tier),
                                .class_name = one->class_name,
                                .severity = fields_choice_value(contract_severities, one->severity),
                                .policy = "quality",
                                .policy_version = "2026-11-01",
                                .opened_at = one->opened_at,
                                .assignee = one->assignee,
                                .targets = {cycles, 2},
                                .timeline = {moments, 1},
                                .case_id = arena_strdup(arena, id),
                                .wake_at = wake_of(one)};
    return state;
}

/* A case with words: open, or closed with what it was offered. */
static void *compared(const struct seed_case *one, struct arena *arena) {
    struct compensation_state *state = ARENA_NEW(arena, struct compensation_state);
    struct profile *profile = ARENA_NEW(arena, struct profile);
    struct profile_place *closed = ARENA_NEW(arena, struct profile_place);
    struct compensation_remedy *remedy = ARENA_NEW(arena, struct compensation_remedy);
    struct compensation_option *option = ARENA_NEW(arena, struct compensation_option);

    closed->at = one->closed_at;
    *profile = (struct profile){.text_class = one->class_name, .text_sketch = one->sketch};
    if (one->closed_at) profile->closed = closed;
    *state = (struct compensation_state){.profile = profile,
                                         .tenant = "default",
                                         .customer_id = "c-1",
                                         .opened_at = one->opened_at,
                                         .warehouse = one->warehouse,
                                         .score = one->score,
                                         .wake_at = wake_of(one)};
    shelf_put(state, arena);
    if (!one->closed_at) return state;
    remedy->kind = fields_choice_value(contract_remedy_kinds, "refund");
    remedy->amount = (struct money){"CNY", one->cost_minor};
    remedy->detail = "as Anna promised Mr Li";
    *option = (struct compensation_option){.option = "A", .remedies = {remedy, 1}};
    state->status = COMPENSATION_SETTLED;
    state->options = (struct parts){option, 1};
    state->option = "A";
    state->rule = "flaw";
    return state;
}

static void *money_of(const struct seed_case *one, struct arena *arena) {
    struct compensation_state *state = ARENA_NEW(arena, struct compensation_state);
    struct approval_need *need = ARENA_NEW(arena, struct approval_need);
    char id[SEED_ID_SIZE];
    if (one->status && one->sketch) return compared(one, arena);
    if (!one->status || !one->approver) return NULL;

    seed_case_id(one->number, id);
    need->role = fields_choice_value(contract_roles, one->approver);
    need->approvals = 1;
    struct compensation_remedy *remedy = ARENA_NEW(arena, struct compensation_remedy);
    struct compensation_option *option = ARENA_NEW(arena, struct compensation_option);
    *remedy =
        (struct compensation_remedy){.kind = fields_choice_value(contract_remedy_kinds, "refund"),
                                     .amount = {"CNY", one->cost_minor}};
    *option = (struct compensation_option){
        .option = "A", .remedies = {remedy, 1}, .cost = {"CNY", one->cost_minor}};
    struct profile *profile = ARENA_NEW(arena, struct profile);
    static const char *rules[] = {"damaged.zh", "model"};
    profile->text_class = one->class_name;
    profile->text_rules = (struct texts){rules, 2};
    *state = (struct compensation_state){.status = COMPENSATION_AWAITING_APPROVAL,
                                         .profile = profile,
                                         .proposal_id = arena_printf(arena, "%s.1", id),
                                         .needs = need,
                                         .cost_minor = one->cost_minor,
                                         .currency = "CNY",
                                         .options = {option, 1},
                                         .tenant = "default",
                                         .approve_by = one->approve_by,
                                         .wake_at = one->approve_by};
    return state;
}

static void *words_of(const struct seed_case *one, struct arena *arena) {
    struct notification_state *state = ARENA_NEW(arena, struct notification_state);
    static const char *sent[] = {"acknowledgement"};
    char id[SEED_ID_SIZE];
    if (!one->status) return NULL;

    seed_case_id(one->number, id);
    *state = (struct notification_state){.case_id = arena_strdup(arena, id),
                                         .tenant = "default",
                                         .team = one->team,
                                         .sent = {sent, 1},
                                         .customer_id = "c-1",
                                         .name = one->customer,
                                         .wake_at = wake_of(one)};
    return state;
}

/* ---- Putting ---- */

static void *state_of(int lane, const struct seed_case *one, struct arena *arena) {
    if (lane == 0) return sla_of(one, arena);
    if (lane == 1) return money_of(one, arena);
    return words_of(one, arena);
}

static const struct seed_case *before_of(struct seed *seed, int number) {
    while (seed->count <= number) {
        seed->before = realloc(seed->before, ((size_t)seed->count + 1024) * sizeof *seed->before);
        memset(seed->before + seed->count, 0, 1024 * sizeof *seed->before);
        seed->count += 1024;
    }
    return &seed->before[number];
}

static void put_shard(struct seed *seed, int lane, int shard, const struct seed_case *cases,
                      int count) {
    struct view_change *changes = arena_alloc(seed->arena, BATCH * sizeof *changes);
    struct lane *at = &seed->lanes[lane];
    struct view_standing standing;
    struct err err = {""};
    int found = 0;

    for (int i = 0; i < count; i++) {
        char id[SEED_ID_SIZE];
        seed_case_id(cases[i].number, id);
        if (ids_partition(id, IDS_ROUTE_LEN, seed->shards) != shard) continue;
        void *old = state_of(lane, before_of(seed, cases[i].number), seed->arena);
        void *now = state_of(lane, &cases[i], seed->arena);
        if (!old && !now) continue;
        changes[found] = (struct view_change){.id = arena_strdup(seed->arena, id),
                                              .old = old,
                                              .now = now,
                                              .offset = at->applied[shard] + found};
        found++;
    }
    if (!found) return;
    int64_t from = at->applied[shard];
    if (view_apply(at->view, shard, seed->arena, from, from + found, changes, found, &standing,
                   &err) != OUTCOME_DONE)
        fail(at->worker, &err);
    at->applied[shard] = from + found;
}

void seed_put(struct seed *seed, const struct seed_case *cases, int count) {
    for (int first = 0; first < count; first += BATCH) {
        int some = count - first < BATCH ? count - first : BATCH;
        arena_reset(seed->arena);
        for (int lane = 0; lane < WORKERS; lane++)
            for (int shard = 0; shard < seed->shards; shard++)
                put_shard(seed, lane, shard, cases + first, some);
        for (int i = 0; i < some; i++) {
            (void)before_of(seed, cases[first + i].number);
            seed->before[cases[first + i].number] = cases[first + i];
        }
    }
    for (int lane = 0; lane < WORKERS; lane++)
        view_name_indexes(seed->lanes[lane].view, seed->shards, seed->arena);
}

void seed_make(int number, int64_t now_ms, struct seed_case *out) {
    static const char *const classes[] = {
        "quality.damaged",  "logistics.delayed", "logistics.lost",     "order.missing_items",
        "aftersale.return", "service.attitude",  "quality.counterfeit"};
    static const char *const severities[] = {"P3", "P2", "P4", "P3", "P1"};
    static const char *const tiers[] = {"regular", "vip", "regular", "svip"};
    static const char *const teams[] = {"returns", "parcels", "care"};
    static const char *const people[] = {"anna", "bo", "chen", NULL};
    int64_t spread = (int64_t)(number % 5000) * 6000; /* the next 8 hours */

    *out = (struct seed_case){.number = number,
                              .status = number % 11 == 5 ? "paused" : "open",
                              .class_name = classes[number % 7],
                              .severity = severities[number % 5],
                              .tier = tiers[number % 4],
                              .assignee = people[number % 4],
                              .team = teams[number % 3],
                              .opened_at = now_ms - (int64_t)(number % 2000) * MINUTE_MS,
                              .contact_due = now_ms - 20 * MINUTE_MS + spread,
                              .contact_state = "running",
                              .resolution_due = now_ms + 30 * MINUTE_MS + spread,
                              .resolution_state = "running",
                              .customer = "张三"};
    if (number % 3 == 0) out->contact_state = "met";
    if (number % 11 == 5) {
        out->contact_state = "met";
        out->resolution_state = "paused";
        out->resolution_due = 0;
    }
    if (out->contact_due < now_ms && number % 3) out->contact_state = "breached";
    if (number % 50 == 7) {
        out->approver = "supervisor";
        out->cost_minor = 1000 + number % 90000;
        out->approve_by = now_ms + 10 * MINUTE_MS + spread;
    }
}
