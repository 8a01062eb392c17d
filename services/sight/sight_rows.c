/* sight_rows: see the header. */
#include "sight/sight_rows.h"
#include "contract/contract.h"

#include <string.h>

static const struct field target_fields[] = {
    {FIELD(sight_target, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The target, such as first_contact."},
    {FIELD(sight_target, state), .type = FIELD_NAME,
     .doc = "running, paused, met, met_late, breached or cancelled."},
    {FIELD(sight_target, due_at), .type = FIELD_TIME,
     .doc = "When it is due; absent while it is paused."},
    FIELDS_END};
const struct table sight_target_table = {.name = "target",
                                         .size = sizeof(struct sight_target),
                                         .fields = target_fields,
                                         .doc = "The latest cycle of a target."};

/* The same facts of a case, wherever its row lies within a struct. */
#define ROW_FIELDS(table_struct, prefix)                                                           \
    {FIELD_AS("status", table_struct, prefix status), .type = FIELD_NAME,                          \
     .doc = "open, paused, resolved, closed or withdrawn."},                                       \
        {FIELD_AS("class", table_struct, prefix class_name), .type = FIELD_NAME,                   \
         .doc = "The class by now."},                                                              \
        {FIELD_AS("severity", table_struct, prefix severity), .type = FIELD_NAME,                  \
         .doc = "P1 to P4."},                                                                      \
        {FIELD_AS("tier", table_struct, prefix tier), .type = FIELD_NAME,                          \
         .doc = "The customer's tier."},                                                           \
        {FIELD_AS("assignee", table_struct, prefix assignee), .type = FIELD_NAME,                  \
         .doc = "Who has the case."},                                                              \
        {FIELD_AS("team", table_struct, prefix team), .type = FIELD_NAME,                          \
         .doc = "The team that got it."},                                                          \
        {FIELD_AS("tenant", table_struct, prefix tenant), .type = FIELD_ID, .doc = "The tenant."}, \
        {FIELD_AS("channel", table_struct, prefix channel), .type = FIELD_NAME,                    \
         .doc = "The complaint's channel."},                                                       \
        {FIELD_AS("policy", table_struct, prefix policy), .type = FIELD_NAME,                      \
         .doc = "The policy of sla.yaml that matches."},                                           \
        {FIELD_AS("flags", table_struct, prefix flags), .type = FIELD_TEXTS,                       \
         .doc = "All flags ever given."},                                                          \
    {                                                                                              \
        FIELD_AS("opened_at", table_struct, prefix opened_at), .type = FIELD_TIME,                 \
                                                               .doc = "The complaint's time."      \
    }

static const struct field row_fields[] = {
    {FIELD(sight_row, case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The case."},
    ROW_FIELDS(sight_row, ),
    {FIELD(sight_row, targets), .type = FIELD_PARTS, .of = &sight_target_table,
     .doc = "Its targets."},
    FIELDS_END};
const struct table sight_row_table = {.name = "case",
                                      .size = sizeof(struct sight_row),
                                      .fields = row_fields,
                                      .doc = "A case in a list."};

static const struct field listed_fields[] = {
    {FIELD_AS("case_id", sight_listed, row.case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The case."},
    {FIELD(sight_listed, target), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The target, such as first_contact."},
    {FIELD(sight_listed, due_at), .type = FIELD_TIME, .flags = FIELD_REQUIRED,
     .doc = "When it is due."},
    {FIELD(sight_listed, overdue), .type = FIELD_BOOL, .flags = FIELD_REQUIRED,
     .doc = "That time has passed."},
    {FIELD(sight_listed, state), .type = FIELD_NAME, .doc = "running or breached."},
    ROW_FIELDS(sight_listed, row.),
    FIELDS_END};
const struct table sight_listed_table = {.name = "deadline",
                                         .size = sizeof(struct sight_listed),
                                         .fields = listed_fields,
                                         .doc = "A deadline and its case."};

/* ---- Reading ---- */

/* Fields of the hash that are texts in a row, in the order in which they are asked for. */
static const struct {
    const char *name;
    size_t offset;
} facts[] = {{"status", offsetof(struct sight_row, status)},
             {"class", offsetof(struct sight_row, class_name)},
             {"severity", offsetof(struct sight_row, severity)},
             {"tier", offsetof(struct sight_row, tier)},
             {"assignee", offsetof(struct sight_row, assignee)},
             {"tenant", offsetof(struct sight_row, tenant)},
             {"channel", offsetof(struct sight_row, channel)},
             {"policy", offsetof(struct sight_row, policy)}};
enum { FACTS = sizeof facts / sizeof *facts, OPENED = FACTS, FLAGS, TARGETS };

/* Two commands. */
static void ask_row(struct sight *sight, const char *case_id, const struct texts *targets) {
    int argc = 2 + TARGETS + 2 * targets->count;
    const char **argv = arena_alloc(sight->arena, (size_t)argc * sizeof *argv);

    argv[0] = "HMGET";
    argv[1] = sight_case_key(sight, "sla", case_id);
    for (int i = 0; i < FACTS; i++) argv[2 + i] = facts[i].name;
    argv[2 + OPENED] = "opened_at";
    argv[2 + FLAGS] = "flags";
    for (int i = 0; i < targets->count; i++) {
        argv[2 + TARGETS + 2 * i] = arena_printf(sight->arena, "%s_state", targets->at[i]);
        argv[2 + TARGETS + 2 * i + 1] = arena_printf(sight->arena, "%s_due", targets->at[i]);
    }
    redis_add(sight->redis, argc, argv, NULL);
    redis_addf(sight->redis, 3, "HGET", sight_case_key(sight, "notification", case_id), "team");
}

/* "emotional,repeat" */
static struct texts split(const char *joined, struct arena *arena) {
    struct texts texts = {NULL, 0};

    for (const char *at = joined; at && *at;) {
        size_t len = strcspn(at, ",");
        texts_add(&texts, arena_strndup(arena, at, len), arena);
        at += len + (at[len] == ',');
    }
    return texts;
}

static void take_row(struct sight_row *row, const struct texts *targets,
                     const struct redis_reply *replies, struct arena *arena) {
    const struct redis_reply *hash = &replies[0];

    for (int i = 0; i < FACTS; i++) {
        const char *text = sight_item(hash, i);
        memcpy((char *)row + facts[i].offset, &text, sizeof text);
    }
    row->opened_at = sight_number(sight_item(hash, OPENED));
    row->flags = split(sight_item(hash, FLAGS), arena);
    row->team = NULL;
    if (replies[1].kind == REDIS_TEXT) row->team = replies[1].text;
    row->targets = (struct parts){NULL, 0};
    struct sight_target *at =
        arena_alloc(arena, ((size_t)targets->count + 1) * sizeof(struct sight_target));
    row->targets.at = at;
    for (int i = 0; i < targets->count; i++) {
        const char *state = sight_item(hash, TARGETS + 2 * i);
        int64_t due_at = sight_number(sight_item(hash, TARGETS + 2 * i + 1));
        if (state) at[row->targets.count++] = (struct sight_target){targets->at[i], state, due_at};
    }
}

int sight_rows_read(struct sight *sight, const struct texts *targets, struct sight_row *rows,
                    int count) {
    struct redis_reply *replies;
    int got;

    ASSERT(count <= SIGHT_ROWS_MAX);
    if (count == 0) return 0;
    for (int i = 0; i < count; i++) ask_row(sight, rows[i].case_id, targets);
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int i = 0; i < count; i++) take_row(&rows[i], targets, &replies[2 * i], sight->arena);
    return 0;
}

/* Three commands: the case, and then whether its deadline is still in the index. */
static void ask_deadline(struct sight *sight, const struct sight_deadline *deadline) {
    struct texts own = {(const char **)&deadline->target, 1};
    const char *index = arena_printf(sight->arena, "by:%s_due", deadline->target);

    ask_row(sight, deadline->case_id, &own);
    redis_addf(sight->redis, 3, "ZSCORE", sight_key(sight, "sla", deadline->shard, index),
               deadline->case_id);
}

int sight_rows_find(struct sight *sight, const struct sight_deadline *deadlines,
                    struct sight_found *found, int count, int64_t now_ms) {
    struct redis_reply *replies;
    int got;

    ASSERT(count <= SIGHT_ROWS_MAX);
    if (count == 0) return 0;
    for (int i = 0; i < count; i++) ask_deadline(sight, &deadlines[i]);
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int i = 0; i < count; i++) {
        const struct sight_deadline *deadline = &deadlines[i];
        struct texts own = {(const char **)&deadline->target, 1};
        struct sight_listed *listed = &found[i].listed;
        *listed = (struct sight_listed){.target = deadline->target,
                                        .due_at = deadline->due_ms,
                                        .overdue = deadline->due_ms < now_ms,
                                        .row.case_id = deadline->case_id};
        take_row(&listed->row, &own, &replies[3 * i], sight->arena);
        if (listed->row.targets.count)
            listed->state = ((struct sight_target *)listed->row.targets.at)->state;
        found[i].lost = !listed->row.status && replies[3 * i + 2].kind == REDIS_TEXT;
        if (!listed->row.status && !found[i].lost) listed->row.case_id = NULL;
    }

    return 0;
}

/* ---- Wanted ---- */

static bool is(const char *wanted, const char *found) {
    if (!wanted) return true;
    return found && strcmp(wanted, found) == 0;
}

bool sight_filter_row(const struct sight_filter *filter, const struct sight_row *row) {
    if (filter->class_pattern &&
        !contract_class_matches(filter->class_pattern, row->class_name ? row->class_name : ""))
        return false;
    if (filter->flag && !texts_has(&row->flags, filter->flag)) return false;
    return is(filter->tier, row->tier) && is(filter->severity, row->severity) &&
           is(filter->status, row->status) && is(filter->assignee, row->assignee) &&
           is(filter->team, row->team) && is(filter->tenant, row->tenant) &&
           is(filter->channel, row->channel);
}

bool sight_filter_target(const struct sight_filter *filter, const struct sight_target *target) {
    if (filter->from_ms && target->due_at < filter->from_ms) return false;
    if (filter->to_ms && target->due_at >= filter->to_ms) return false;
    return is(filter->target, target->name) && is(filter->state, target->state);
}
