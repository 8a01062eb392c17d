/* sla_state: the table of the state, and its lists. */
#include "sla_state.h"
#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {"open", "paused", "resolved", "closed", "withdrawn", NULL};
static const char *const open_statuses[] = {"open", "paused", "resolved", NULL};
static const char *const cycle_states[] = {"running",  "paused",    "met", "met_late",
                                           "breached", "cancelled", NULL};
static const char *const yes[] = {"1", NULL};

static const struct field fact_fields[] = {
    {FIELD(sla_fact, at), .type = FIELD_TIME, .doc = "Time of the fact."},
    {FIELD(sla_fact, ordered), .type = FIELD_BOOL, .doc = "It has a sequence."},
    {FIELD(sla_fact, sequence), .type = FIELD_INT, .doc = "The sequence."},
    {FIELD(sla_fact, automated), .type = FIELD_BOOL, .doc = "A program did it."},
    {FIELD(sla_fact, id), .type = FIELD_NAME, .doc = "Which event it was."},
    {FIELD(sla_fact, type), .type = FIELD_NAME, .doc = "Event type."},
    {FIELD(sla_fact, name), .type = FIELD_NAME, .doc = "Task, target, class or agent."},
    {FIELD(sla_fact, set_by), .type = FIELD_NAME, .doc = "Who set the deadline."},
    {FIELD(sla_fact, team), .type = FIELD_NAME, .doc = "The team that got the case."},
    {FIELD(sla_fact, until), .type = FIELD_TIME, .doc = "End of the pause, or the deadline."},
    {FIELD(sla_fact, reason), .type = FIELD_ID, .doc = "Reason of the pause."},
    {FIELD(sla_fact, severity), .type = FIELD_CHOICE, .choices = contract_severities,
     .doc = "Severity given."},
    {FIELD(sla_fact, flags), .type = FIELD_TEXTS, .doc = "Flags given."},
    {FIELD_REST_OF(sla_fact, rest)},
    FIELDS_END};
static const struct table fact_table = {
    .name = "fact", .size = sizeof(struct sla_fact), .fields = fact_fields};

#define HIDDEN .flags = FIELD_HIDDEN
static const struct field cycle_fields[] = {
    {FIELD(sla_cycle, name), .type = FIELD_NAME, .max = SLA_TARGET_NAME_MAX, .doc = "The target."},
    {FIELD(sla_cycle, due), .type = FIELD_TIME, .flags = FIELD_INDEXED,
     .doc = "When it is due; absent while paused."},
    {FIELD(sla_cycle, state), .type = FIELD_CHOICE, .choices = cycle_states,
     .doc = "What became of it so far."},
    {FIELD(sla_cycle, cycle), .type = FIELD_TIME, .doc = "Time of the fact that started it."},
    {FIELD(sla_cycle, met_at), .type = FIELD_TIME, .flags = FIELD_HIDDEN | FIELD_HOURLY,
     .doc = "When it was met."},
    {FIELD(sla_cycle, breached_at), .type = FIELD_TIME, .flags = FIELD_HIDDEN | FIELD_HOURLY,
     .doc = "When the breach was noticed."},
    {FIELD(sla_cycle, breach_due), .type = FIELD_TIME, HIDDEN,
     .doc = "The deadline that was reported breached."},
    {FIELD(sla_cycle, retracted), .type = FIELD_INT, HIDDEN,
     .doc = "How often a breach was retracted."},
    {FIELD(sla_cycle, settle_at), .type = FIELD_TIME, HIDDEN,
     .doc = "No breach is reported before this."},
    {FIELD(sla_cycle, warned), .type = FIELD_TEXTS, HIDDEN, .doc = "Warnings given."},
    {FIELD(sla_cycle, told), .type = FIELD_TEXTS, HIDDEN, .doc = "Steps of ladders taken."},
    {FIELD(sla_cycle, level), .type = FIELD_INT, HIDDEN, .doc = "How many."},
    {FIELD(sla_cycle, waits_for), .type = FIELD_ID, HIDDEN, .doc = "Reported pause."},
    {FIELD(sla_cycle, set_by), .type = FIELD_NAME, HIDDEN,
     .doc = "Whose deadline it is, when set from outside."},
    {FIELD(sla_cycle, frozen), .type = FIELD_BOOL, HIDDEN,
     .doc = "Its verdict is of an earlier policy version."},
    {FIELD(sla_cycle, watched), .type = FIELD_BOOL, HIDDEN, .doc = "In the index of deadlines."},
    {FIELD_REST_OF(sla_cycle, rest)},
    FIELDS_END};
/* Deadlines stay in the index until they are met or cancelled, breached ones included, and leave it
 * with the case (deploy/docs/redis.md). */
static const struct table cycle_table = {.name = "target",
                                         .size = sizeof(struct sla_cycle),
                                         .fields = cycle_fields,
                                         .index_while = {"watched", yes},
                                         .doc = "The latest cycle of a target."};

static const struct field span_fields[] = {
    {FIELD(sla_pause_span, from), .type = FIELD_TIME, .doc = "From here."},
    {FIELD(sla_pause_span, to), .type = FIELD_TIME, .doc = "To here; absent: without an end."},
    {FIELD(sla_pause_span, reason), .type = FIELD_ID, .doc = "Whom it waits for."},
    FIELDS_END};
static const struct table span_table = {
    .name = "pause", .size = sizeof(struct sla_pause_span), .fields = span_fields};
static const struct field moment_fields[] = {
    {FIELD(sla_moment, at), .type = FIELD_TIME, .doc = "When."},
    {FIELD(sla_moment, type), .type = FIELD_NAME, .doc = "Event type."},
    {FIELD(sla_moment, target), .type = FIELD_NAME, .doc = "The target or task."},
    {FIELD_REST_OF(sla_moment, rest)},
    FIELDS_END};
static const struct table moment_table = {
    .name = "moment", .size = sizeof(struct sla_moment), .fields = moment_fields};

static const struct field order_fields[] = {
    {FIELD(sla_order, status), .type = FIELD_CHOICE, .choices = contract_order_statuses,
     .doc = "Status."},
    {FIELD(sla_order, carrier), .type = FIELD_NAME, .doc = "Carrier."},
    {FIELD(sla_order, warehouse), .type = FIELD_NAME, .doc = "Warehouse."},
    {FIELD(sla_order, lane), .type = FIELD_NAME, .doc = "Lane."},
    {FIELD(sla_order, custom), .type = FIELD_BOOL, .doc = "Made to order."},
    {FIELD(sla_order, perishable), .type = FIELD_BOOL, .doc = "Perishable."},
    {FIELD(sla_order, amount), .type = FIELD_MONEY, .doc = "Amount."},
    {FIELD_REST_OF(sla_order, rest)},
    FIELDS_END};
static const struct table order_table = {
    .name = "order", .size = sizeof(struct sla_order), .fields = order_fields};

static const struct field state_fields[] = {
    {FIELD(sla_state, status), .type = FIELD_CHOICE, .choices = statuses, .flags = FIELD_COUNTED,
     .doc = "Where the case stands."},
    {FIELD(sla_state, tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD(sla_state, channel), .type = FIELD_CHOICE, .choices = contract_channels,
     .doc = "The complaint's channel."},
    {FIELD(sla_state, tier), .type = FIELD_CHOICE, .choices = contract_tiers,
     .flags = FIELD_COUNTED, .doc = "The customer's tier."},
    {FIELD_AS("class", sla_state, class_name), .type = FIELD_NAME, .flags = FIELD_COUNTED,
     .doc = "The class by now."},
    {FIELD(sla_state, severity), .type = FIELD_CHOICE, .choices = contract_severities,
     .flags = FIELD_COUNTED, .doc = "The severity by now."},
    {FIELD(sla_state, flags), .type = FIELD_TEXTS, .doc = "All flags ever given."},
    {FIELD(sla_state, policy), .type = FIELD_NAME, .doc = "The policy that matches."},
    {FIELD(sla_state, policy_version), .type = FIELD_NAME,
     .doc = "The version of sla.yaml that the case keeps."},
    {FIELD(sla_state, opened_at), .type = FIELD_TIME, .flags = FIELD_HOURLY,
     .doc = "The complaint's time."},
    {FIELD(sla_state, contacted_at), .type = FIELD_TIME, .doc = "The first contact."},
    {FIELD(sla_state, resolved_at), .type = FIELD_TIME, .flags = FIELD_HOURLY,
     .doc = "The latest resolution."},
    {FIELD(sla_state, closed_at), .type = FIELD_TIME, .doc = "Closed."},
    {FIELD(sla_state, assignee), .type = FIELD_NAME, .doc = "Who has the case."},
    {FIELD(sla_state, repeats), .type = FIELD_INT,
     .doc = "Further complaints about the same order."},
    {FIELD(sla_state, pauses), .type = FIELD_PARTS, .flags = FIELD_LINES, .of = &span_table,
     .doc = "When it waited, and for whom."},
    {FIELD(sla_state, timeline), .type = FIELD_PARTS, .flags = FIELD_LINES, .of = &moment_table,
     .doc = "The last 100: time, type, target."},
    {FIELD(sla_state, targets), .type = FIELD_GROUPS, .of = &cycle_table,
     .doc = "The latest cycle of each target."},
    {FIELD(sla_state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN,
     .doc = "To be looked at then."},
    {FIELD(sla_state, case_id), .type = FIELD_ID, HIDDEN, .doc = "The case."},
    {FIELD(sla_state, traceparent), .type = FIELD_NAME, HIDDEN, .doc = "Of the complaint."},
    {FIELD(sla_state, order), .type = FIELD_PART, .of = &order_table, HIDDEN,
     .doc = "What policies ask of the order."},
    {FIELD(sla_state, customer), .type = FIELD_NAME, HIDDEN,
     .doc = "Who complains, as a hash: policies may ask."},
    {FIELD(sla_state, contract), .type = FIELD_NAME, HIDDEN, .doc = "The service contract."},
    {FIELD(sla_state, region), .type = FIELD_NAME, HIDDEN, .doc = "The customer's region."},
    {FIELD(sla_state, locale), .type = FIELD_NAME, HIDDEN, .doc = "The customer's locale."},
    {FIELD(sla_state, categories), .type = FIELD_TEXTS, HIDDEN, .doc = "Categories of the items."},
    {FIELD(sla_state, facts), .type = FIELD_PARTS, .of = &fact_table, HIDDEN,
     .doc = "What happened, in its own order."},
    {FIELD(sla_state, cycles), .type = FIELD_PARTS, .of = &cycle_table, HIDDEN,
     .doc = "Earlier cycles."},
    {FIELD(sla_state, assigned_at), .type = FIELD_TIME, HIDDEN, .doc = "When the assignee got it."},
    {FIELD(sla_state, assigned_sequence), .type = FIELD_INT, HIDDEN, .doc = "And its sequence."},
    {FIELD(sla_state, heard_at), .type = FIELD_TIME, HIDDEN,
     .doc = "The last word of people or systems."},
    {FIELD(sla_state, started), .type = FIELD_BOOL, HIDDEN, .doc = "Targets run."},
    {FIELD(sla_state, start_by), .type = FIELD_TIME, HIDDEN,
     .doc = "They run from here, classified or not."},
    {FIELD(sla_state, looked_at), .type = FIELD_TIME, HIDDEN, .doc = "The last wake-up."},
    {FIELD(sla_state, migrated_at), .type = FIELD_TIME, HIDDEN,
     .doc = "When the version was taken over."},
    {FIELD(sla_state, closed_books), .type = FIELD_TIME, HIDDEN,
     .doc = "Cycles up to here are not taken up again."},
    {FIELD(sla_state, forget_at), .type = FIELD_TIME, HIDDEN,
     .doc = "The case is over and goes then."},
    {FIELD_REST_OF(sla_state, rest)},
    FIELDS_END};
/* What stands in most cases. */
static const char *const words[] = {"case.classified",
                                    "case.opened",
                                    "sla.started",
                                    "first_contact",
                                    "resolution",
                                    "next_update",
                                    "next_reply",
                                    "case.contacted",
                                    "case.replied",
                                    "case.updated",
                                    "case.assigned",
                                    "case.customer_replied",
                                    "case.paused",
                                    "case.resumed",
                                    "case.repeated",
                                    "case.resolved",
                                    "case.closed",
                                    "case.reclassified",
                                    "sla.warned",
                                    "sla.breached",
                                    "sla.escalated",
                                    "sla.met",
                                    "sla.rescheduled",
                                    "sla.paused",
                                    "sla.resumed",
                                    "follow_up",
                                    "sla.cancelled",
                                    "awaiting_customer",
                                    "CNY",
                                    "zh-CN",
                                    NULL};
const struct table sla_state_table = {.name = "sla.state",
                                      .size = sizeof(struct sla_state),
                                      .fields = state_fields,
                                      .count_while = {"status", open_statuses},
                                      .words = words,
                                      .doc = "One case, as the deadlines see it."};

/* Time, then sequence (none comes first), then arrival. */
static int order_of(const struct sla_fact *one, const struct sla_fact *two) {
    if (one->at != two->at) return one->at < two->at ? -1 : 1;
    if (one->ordered != two->ordered) return one->ordered ? 1 : -1;
    if (one->sequence != two->sequence) return one->sequence < two->sequence ? -1 : 1;
    return 0;
}

bool sla_state_same_text(const char *one, const char *two) {
    return one == two || (one && two && strcmp(one, two) == 0);
}

/* An event that came twice is one fact; two that say the same of one moment are two. */
static bool same_fact(const struct sla_fact *one, const struct sla_fact *two) {
    if (one->id && two->id && strcmp(one->id, two->id) != 0) return false;
    if (order_of(one, two) || !sla_state_same_text(one->type, two->type) ||
        !sla_state_same_text(one->name, two->name) || !sla_state_same_text(one->team, two->team) ||
        !sla_state_same_text(one->set_by, two->set_by))
        return false;
    if (one->id && two->id) return true; /* the end of a wait may have been noted since */
    if (one->until != two->until || !sla_state_same_text(one->reason, two->reason)) return false;
    return one->automated == two->automated && one->severity == two->severity &&
           texts_equal(&one->flags, &two->flags);
}

/* Of these a case may have hundreds, and all but the first contact matter only for a while. */
static bool is_chatty(enum event_type type) {
    return type == EVENT_CASE_CUSTOMER_REPLIED || type == EVENT_CASE_REPLIED ||
           type == EVENT_CASE_CONTACTED || type == EVENT_CASE_UPDATED;
}

static bool is_contact(enum event_type type) {
    return type == EVENT_CASE_REPLIED || type == EVENT_CASE_CONTACTED;
}

/* Drops the oldest fact that can be spared, and closes the books up to it. */
static void make_room(struct sla_state *state) {
    struct sla_fact *facts = state->facts.at;
    bool contacted = false;
    int spared = -1;

    for (int i = 0; i < state->facts.count && spared < 0; i++) {
        enum event_type type = contract_event(facts[i].type);
        if (is_chatty(type) && (contacted || !is_contact(type))) spared = i;
        contacted |= is_contact(type);
    }
    if (spared < 0) spared = 0;
    if (facts[spared].at > state->closed_books) state->closed_books = facts[spared].at;
    memmove(&facts[spared], &facts[spared + 1],
            (size_t)(state->facts.count - spared - 1) * sizeof *facts);
    state->facts.count--;
}

bool sla_state_has_fact(const struct sla_state *state, const struct sla_fact *fact) {
    const struct sla_fact *facts = state->facts.at;
    for (int i = 0; i < state->facts.count; i++)
        if (same_fact(&facts[i], fact)) return true;
    return false;
}

const enum event_type *sla_state_events(const struct sla_state *state, struct arena *arena) {
    const struct sla_fact *facts = state->facts.at;
    enum event_type *types = arena_alloc(arena, ((size_t)state->facts.count + 1) * sizeof *types);

    for (int i = 0; i < state->facts.count; i++) types[i] = contract_event(facts[i].type);
    return types;
}

bool sla_state_add_fact(struct sla_state *state, const struct sla_fact *fact, struct arena *arena) {
    struct sla_fact *facts = state->facts.at;
    int count = state->facts.count;
    int place = count;

    if (sla_state_has_fact(state, fact)) return false;
    if (count == SLA_FACTS_MAX) {
        make_room(state);
        place = --count;
    }
    struct sla_fact *grown = arena_alloc(arena, (size_t)(count + 1) * sizeof *grown);
    while (place > 0 && order_of(fact, &facts[place - 1]) < 0) place--;
    if (count) memcpy(grown, facts, (size_t)place * sizeof *grown);
    grown[place] = *fact;
    if (count > place)
        memcpy(&grown[place + 1], &facts[place], (size_t)(count - place) * sizeof *grown);
    state->facts = (struct parts){grown, count + 1};

    return true;
}

void sla_state_add_moment(struct sla_state *state, int64_t at, enum event_type type,
                          const char *target, struct arena *arena) {
    struct sla_moment *added = parts_add(&state->timeline, sizeof *added, SLA_TIMELINE_MAX, arena);

    *added = (struct sla_moment){.at = at, .type = contract_row(type)->name, .target = target};
}

void sla_state_take_cycles(const struct sla_state *state, struct arena *arena,
                           struct sla_cycles *out) {
    const struct sla_cycle *latest = state->targets.at;
    const struct sla_cycle *earlier = state->cycles.at;

    *out = (struct sla_cycles){.arena = arena};
    for (int i = 0; i < state->targets.count; i++)
        *ARENA_ADD(arena, out->at, out->count) = latest[i];
    for (int i = 0; i < state->cycles.count; i++)
        *ARENA_ADD(arena, out->at, out->count) = earlier[i];
}

static int by_cycle(const void *a, const void *b) {
    const struct sla_cycle *one = a;
    const struct sla_cycle *two = b;
    int order = (one->cycle > two->cycle) - (one->cycle < two->cycle);
    if (order) return order;
    return strcmp(one->name, two->name);
}

static bool is_latest(const struct sla_cycles *cycles, int at) {
    for (int i = at + 1; i < cycles->count; i++)
        if (strcmp(cycles->at[i].name, cycles->at[at].name) == 0) return false;
    return true;
}

/* The oldest of too many earlier cycles go; what would lead to them again is not looked at any
 * more. */
void sla_state_put_cycles(struct sla_state *state, const struct sla_cycles *cycles) {
    size_t size = (size_t)(cycles->count + 1) * sizeof *cycles->at;
    struct sla_cycle *latest = arena_alloc(cycles->arena, size);
    struct sla_cycle *earlier = arena_alloc(cycles->arena, size);
    int latest_count = 0;
    int earlier_count = 0;

    if (cycles->count) qsort(cycles->at, (size_t)cycles->count, sizeof *cycles->at, by_cycle);
    for (int i = 0; i < cycles->count; i++) {
        if (is_latest(cycles, i))
            latest[latest_count++] = cycles->at[i];
        else
            earlier[earlier_count++] = cycles->at[i];
    }
    int skip = 0;
    if (earlier_count > SLA_CYCLES_MAX) skip = earlier_count - SLA_CYCLES_MAX;
    if (skip && earlier[skip - 1].cycle > state->closed_books)
        state->closed_books = earlier[skip - 1].cycle;
    state->targets = (struct parts){latest, latest_count};
    state->cycles = (struct parts){earlier + skip, earlier_count - skip};
}

struct sla_cycle *sla_state_find_cycle(struct sla_cycles *cycles, const char *name, int64_t cycle) {
    for (int i = 0; i < cycles->count; i++)
        if (cycles->at[i].cycle == cycle && strcmp(cycles->at[i].name, name) == 0)
            return &cycles->at[i];
    return NULL;
}

struct sla_cycle *sla_state_add_cycle(struct sla_cycles *cycles, const char *name, int64_t cycle) {
    struct sla_cycle *added = ARENA_ADD(cycles->arena, cycles->at, cycles->count);

    *added = (struct sla_cycle){.name = name, .cycle = cycle, .state = SLA_CYCLE_RUNNING};
    return added;
}
