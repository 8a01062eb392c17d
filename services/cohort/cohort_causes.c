/* cohort_causes: see the header. */
#include "cohort_causes.h"
#include "base/ids.h"
#include "cause_line.h"
#include "cohort_orders.h"

#include <math.h>
#include <string.h>

#define DAY_MS COHORT_KEY_DAY_MS
enum { LINES_MOST = 32 /* one a class, and the orders */ };

static const char *const groups[] = {"aftersale", "inquiry", "logistics",
                                     "order",     "quality", "service"};
_Static_assert(sizeof groups / sizeof *groups == CAUSE_GROUPS, "one name a group");

/* -1: none that has a cause. */
static int group_of(const char *class_name) {
    size_t len = strcspn(class_name, ".");

    for (int g = 0; g < CAUSE_GROUPS; g++)
        if (strlen(groups[g]) == len && strncmp(groups[g], class_name, len) == 0) return g;
    return -1;
}

static bool is_looked_for(const struct cohort_turn *turn) {
    return turn->policy->causes && turn->state->dimension != COHORT_DAY;
}

/* ---- Days ---- */

static const struct calendar_zone *zone_of(const struct cohort_turn *turn) {
    return cohort_policy_zone(turn->policy->causes, turn->state->tenant);
}

static int64_t day_of(const struct cohort_turn *turn, int64_t ms) {
    return calendar_zone_to_local(zone_of(turn), ms) / DAY_MS;
}

static int64_t begin_of(const struct cohort_turn *turn, int64_t day) {
    return calendar_zone_to_utc(zone_of(turn), day * DAY_MS);
}

/* The last day that is over and settled. */
static int64_t settled_day(const struct cohort_turn *turn) {
    return day_of(turn, turn->now_ms - turn->policy->causes->judged_after) - 1;
}

/* ---- Counting ---- */

static struct cohort_line *line_of(const struct cohort_turn *turn, const char *class_name) {
    struct cohort_line *lines = turn->state->lines.at;

    for (int i = 0; i < turn->state->lines.count; i++) {
        const char *name = lines[i].class_name;
        if (name == class_name || (name && class_name && strcmp(name, class_name) == 0))
            return &lines[i];
    }
    struct cohort_line *line =
        parts_add(&turn->state->lines, sizeof *line, LINES_MOST, turn->in->arena);
    line->class_name = class_name;
    return line;
}

/* Of the record's own time, but not of the future. */
static bool count_one(const struct cohort_turn *turn, struct cohort_line *line, int64_t at_ms) {
    int64_t day = day_of(turn, at_ms < turn->now_ms ? at_ms : turn->now_ms);
    struct cause_line counts = {line->last, line->counts};

    if (day_of(turn, turn->now_ms) - day >= CAUSE_KEPT) return false;
    if (!cause_line_add(&counts, day, 1, turn->in->arena)) return false;
    line->last = counts.last;
    line->counts = counts.counts;
    return true;
}

/* One that was held counts when it has come so far. One that was not counts when it is said to;
 * when it is further already it may be one that was let go, and has counted. */
bool cohort_causes_see_order(const struct cohort_turn *turn, const struct activity *data,
                             bool was_held) {
    if (!is_looked_for(turn) || data->order->status == ORDER_CANCELLED) return false;
    struct cohort_order *held = cohort_orders_find(turn->state, data->order->id);
    int counts_at = turn->policy->causes->counts_at;
    bool counts = was_held || data->order->status == counts_at;

    if (data->order->status < counts_at || (held && held->counted)) return false;
    if (held) held->counted = true;
    if (counts) counts = count_one(turn, line_of(turn, NULL), turn->in->ev->time_ms);
    return counts || held;
}

void cohort_causes_see_complaint(const struct cohort_turn *turn, const struct cohort_pending *of,
                                 const char *class_name) {
    if (!is_looked_for(turn) || group_of(class_name) < 0) return;
    struct cohort_line *line = line_of(turn, class_name);

    if (count_one(turn, line, of->said_at ? of->said_at : of->at))
        texts_keep(&line->examples, of->case_id, COHORT_EXAMPLES_MOST, turn->in->arena);
}

/* ---- As cause.h has it ---- */

static struct cause_policy policy_of(const struct cohort_causes *causes) {
    struct cause_policy policy = {.false_alarm = causes->false_alarm,
                                  .at_least = causes->at_least,
                                  .per_order = causes->per_thousand / 1000,
                                  .weight = (double)causes->weight};
    double each = pow(0.5, (double)DAY_MS / (double)causes->half_within);
    double sum = 0;

    for (int d = 0; d < CAUSE_DELAY; d++) sum += policy.delay[d] = pow(each, d);
    for (int d = 0; d < CAUSE_DELAY; d++) policy.delay[d] /= sum;
    return policy;
}

static bool is_running(const struct cohort_cause *cause) {
    return cause->status != COHORT_CAUSE_OVER;
}

/* What has risen does not become usual, but for what stayed. */
static void note_cause(struct cause_value *value, const struct cohort_cause *cause, int group) {
    int64_t until = is_running(cause) ? value->today : cause->until_day;

    for (int64_t day = cause->since_day; day <= until && day <= value->today; day++)
        if (value->today - day < CAUSE_DAYS && cause->outcome != CAUSE_OUTCOME_LASTING)
            value->risen[group] |= UINT64_C(1) << (day % CAUSE_DAYS);
    if (!is_running(cause)) return;
    value->rises[group] = (struct cause_rise){
        .status = cause->status == COHORT_CAUSE_ANSWERED ? CAUSE_ANSWERED : CAUSE_RISEN,
        .since = cause->since_day,
        .answered_on = cause->answered_day,
        .told = cause->told};
}

/* The value as it stood at the end of a day. */
static void value_on(const struct cohort_turn *turn, const struct cause_policy *policy, int64_t day,
                     struct cause_value *out) {
    const struct cohort_state *state = turn->state;
    const struct cohort_line *lines = state->lines.at;
    const struct cohort_cause *causes = state->causes.at;
    int64_t(*counts)[CAUSE_KEPT] =
        arena_alloc(turn->in->arena, (size_t)(state->lines.count + 1) * sizeof *counts);

    *out = (struct cause_value){0};
    for (int i = 0; i < state->lines.count; i++)
        cause_line_read(&(struct cause_line){lines[i].last, lines[i].counts}, day, counts[i]);
    for (int at = 0; at < CAUSE_KEPT; at++) {
        cause_go_on(out, policy, day - CAUSE_KEPT + 1 + at);
        for (int i = 0; i < state->lines.count; i++) {
            if (!lines[i].class_name)
                cause_see_orders(out, policy, counts[i][at]);
            else
                cause_see_complaints(out, group_of(lines[i].class_name), counts[i][at]);
        }
    }
    for (int i = 0; i < state->causes.count; i++)
        note_cause(out, &causes[i], group_of(causes[i].class_name));
}

/* ---- Telling ---- */

static struct cohort_cause *running(const struct cohort_turn *turn, int group) {
    struct cohort_cause *causes = turn->state->causes.at;

    for (int i = 0; i < turn->state->causes.count; i++)
        if (is_running(&causes[i]) && group_of(causes[i].class_name) == group) return &causes[i];
    return NULL;
}

/* To the hundredth: nobody knows it better. */
static double per_thousand(double complaints, double orders) {
    if (orders <= 0) return 0;
    return round(100000 * complaints / orders) / 100;
}

/* The limits between which 95 in 100 of such counts have their mean (Byar's approximation of the
 * exact ones; Breslow and Day, Statistical Methods in Cancer Research II, 1987, 69). */
static void interval_of(int64_t count, double *from_out, double *to_out) {
    static const double WIDE = 1.96;
    double low = (double)count;
    double high = low + 1;

    *from_out = 0;
    if (count > 0) *from_out = low * pow(1 - 1 / (9 * low) - WIDE / (3 * sqrt(low)), 3);
    *to_out = high * pow(1 - 1 / (9 * high) + WIDE / (3 * sqrt(high)), 3);
}

static struct cause_event event_of(const struct cohort_turn *turn, const struct cohort_cause *cause,
                                   const struct cause_finding *found) {
    double from;
    double to;

    interval_of(found->rate.complaints, &from, &to);
    return (struct cause_event){
        .tenant = turn->state->tenant,
        .cause_id = cause->cause_id,
        .class_name = cause->class_name,
        .party = cause->party,
        .match = cohort_open_match(turn->state, turn->in->arena),
        .since = begin_of(turn, cause->since_day),
        .days = found->days,
        .complaints = found->rate.complaints,
        .orders = found->orders,
        .rate = per_thousand((double)found->rate.complaints, found->rate.orders),
        .rate_from = per_thousand(from, found->rate.orders),
        .rate_to = per_thousand(to, found->rate.orders),
        .usual_rate = per_thousand(found->rate.usual_complaints, found->rate.usual_orders),
        .expected = found->expected,
        .chance = found->chance,
        .examples = cause->examples,
        .outcome = cause->outcome,
        .answer = cause->answer,
        .by = cause->by,
        .answered_at = cause->answered_at,
    };
}

static void emit(const struct cohort_turn *turn, enum event_type type,
                 const struct cause_event *event, const char *word) {
    const char *id = arena_printf(turn->in->arena, "%s.%s", event->cause_id, word);

    contract_emit(turn->out, type, event->cause_id, id, turn->now_ms, event);
}

/* Its id depends on the state, the group and its first day alone. */
static const char *new_id(const struct cohort_turn *turn, int group, int64_t since) {
    const struct cohort_state *state = turn->state;
    struct arena *arena = turn->in->arena;
    char *id = arena_alloc(arena, IDS_CASE_LEN + 1);
    char route[IDS_ROUTE_LEN + 1];

    ids_route(
        state->tenant,
        arena_printf(arena, "cause:%s:%s", cohort_dimensions[state->dimension - 1], state->value),
        route);
    ids_case(route, groups[group], arena_printf(arena, "%lld", (long long)since), id);
    return id;
}

/* Of a group the class that had most complaints in the days up to one. */
static const struct cohort_line *loudest(const struct cohort_turn *turn, int group, int64_t day,
                                         int days) {
    const struct cohort_line *lines = turn->state->lines.at;
    const struct cohort_line *best = NULL;
    int64_t most = 0;

    for (int i = 0; i < turn->state->lines.count; i++) {
        int64_t counts[CAUSE_KEPT];
        int64_t sum = 0;
        if (!lines[i].class_name || group_of(lines[i].class_name) != group) continue;
        cause_line_read(&(struct cause_line){lines[i].last, lines[i].counts}, day, counts);
        for (int d = 0; d < days; d++) sum += counts[CAUSE_KEPT - 1 - d];
        if (sum <= most) continue;
        most = sum;
        best = &lines[i];
    }
    return best;
}

/* An older one goes, of those that are over. */
static struct cohort_cause *add(const struct cohort_turn *turn) {
    struct parts *causes = &turn->state->causes;
    struct cohort_cause *at = causes->at;

    for (int i = 0; causes->count >= COHORT_CAUSES_MOST && i < causes->count; i++) {
        if (is_running(&at[i])) continue;
        causes->count--;
        memmove(&at[i], &at[i + 1], (size_t)(causes->count - i) * sizeof *at);
        break;
    }
    return parts_add(causes, sizeof *at, COHORT_CAUSES_MOST, turn->in->arena);
}

static void rise(const struct cohort_turn *turn, int group, int64_t day,
                 const struct cause_finding *found) {
    const struct cohort_line *line = loudest(turn, group, day, found->days);
    struct cohort_cause *cause = add(turn);
    int64_t since = day - found->days + 1;

    ASSERT(line); /* it has `at_least` complaints */
    *cause = (struct cohort_cause){
        .cause_id = new_id(turn, group, since),
        .class_name = line->class_name,
        .party = cohort_policy_party(
            turn->policy->causes, cohort_dimensions[turn->state->dimension - 1], line->class_name),
        .status = COHORT_CAUSE_RISEN,
        .at = turn->now_ms,
        .since_day = since,
        .days = found->days,
        .examples = line->examples};
    struct cause_event event = event_of(turn, cause, found);
    cause->complaints = event.complaints;
    cause->orders = event.orders;
    cause->rate = event.rate;
    cause->rate_from = event.rate_from;
    cause->rate_to = event.rate_to;
    cause->usual_rate = event.usual_rate;
    cause->expected = event.expected;
    cause->chance = event.chance;
    emit(turn, EVENT_CAUSE_RISEN, &event, "risen");
}

static void review(const struct cohort_turn *turn, struct cohort_cause *cause,
                   const struct cause_finding *found, enum cause_outcome outcome) {
    cause->outcome = outcome;
    cause->reviewed_at = turn->now_ms;
    struct cause_event event = event_of(turn, cause, found);
    cause->reviewed_rate = event.rate;
    const char *word = contract_cause_outcomes[outcome - 1];
    /* It may be answered again, and brought again what that did. */
    if (cause->told && is_running(cause))
        word = arena_printf(turn->in->arena, "%s.%lld", word, (long long)cause->answered_day);
    emit(turn, EVENT_CAUSE_REVIEWED, &event, word);
}

/* ---- Judging ---- */

static void judge_group(const struct cohort_turn *turn, const struct cause_policy *policy,
                        struct cause_value *value, int group) {
    struct cohort_cause *cause = running(turn, group);
    struct cause_finding found;
    enum cause_news news = cause_judge(value, group, policy, &found);

    if (news == CAUSE_HAS_RISEN) rise(turn, group, value->today, &found);
    if (!cause || news == CAUSE_NO_NEWS || news == CAUSE_HAS_RISEN) return;
    if (news == CAUSE_IS_OVER) {
        bool lasting =
            value->today - cause->since_day >= CAUSE_ACCEPTED && value->risen[group] == 0;
        cause->status = COHORT_CAUSE_OVER;
        cause->until_day = value->today;
        review(turn, cause, &found, lasting ? CAUSE_OUTCOME_LASTING : CAUSE_OUTCOME_OVER);
        return;
    }
    cause->told = true;
    review(turn, cause, &found,
           news == CAUSE_HAS_FALLEN ? CAUSE_OUTCOME_FALLEN : CAUSE_OUTCOME_STAYS);
}

static void judge_day(const struct cohort_turn *turn, const struct cause_policy *policy,
                      int64_t day) {
    struct cause_value *value = ARENA_NEW(turn->in->arena, struct cause_value);

    value_on(turn, policy, day, value);
    for (int g = 0; g < CAUSE_GROUPS; g++) judge_group(turn, policy, value, g);
}

void cohort_causes_judge(const struct cohort_turn *turn) {
    if (!is_looked_for(turn) || !turn->state->tenant) return;
    struct cause_policy policy = policy_of(turn->policy->causes);
    int64_t last = settled_day(turn);
    int64_t day = turn->state->judged_day + 1;

    if (day < last - CAUSE_WEEK + 1) day = last - CAUSE_WEEK + 1;
    for (; day <= last; day++) judge_day(turn, &policy, day);
    if (last > turn->state->judged_day) turn->state->judged_day = last;
}

/* Enough of one group in the week before the day that would be looked at next. */
static bool is_worth_it(const struct cohort_turn *turn, int64_t day) {
    const struct cohort_line *lines = turn->state->lines.at;
    int64_t sums[CAUSE_GROUPS] = {0};

    for (int g = 0; g < CAUSE_GROUPS; g++)
        if (running(turn, g)) return true;
    for (int i = 0; i < turn->state->lines.count; i++) {
        int64_t counts[CAUSE_KEPT];
        if (!lines[i].class_name || day - lines[i].last >= CAUSE_WEEK) continue;
        cause_line_read(&(struct cause_line){lines[i].last, lines[i].counts}, day, counts);
        for (int d = 0; d < CAUSE_WEEK; d++)
            sums[group_of(lines[i].class_name)] += counts[CAUSE_KEPT - 1 - d];
    }
    for (int g = 0; g < CAUSE_GROUPS; g++)
        if (sums[g] >= turn->policy->causes->at_least) return true;
    return false;
}

/* When the first of what is kept is too old; 0: nothing is. */
static int64_t forget_at(const struct cohort_turn *turn) {
    const struct cohort_line *lines = turn->state->lines.at;
    const struct cohort_cause *causes = turn->state->causes.at;
    int64_t day = 0;

    for (int i = 0; i < turn->state->lines.count; i++)
        if (!day || lines[i].last + CAUSE_KEPT < day) day = lines[i].last + CAUSE_KEPT;
    for (int i = 0; i < turn->state->causes.count; i++) {
        int64_t last = causes[i].until_day + CAUSE_DAYS;
        if (!is_running(&causes[i]) && (!day || last < day)) day = last;
    }
    return day ? begin_of(turn, day + 1) : 0;
}

int64_t cohort_causes_wake(const struct cohort_turn *turn) {
    if (!is_looked_for(turn)) return 0;
    int64_t today = day_of(turn, turn->now_ms);
    int64_t day = turn->state->judged_day + 1;

    if (day < today - CAUSE_WEEK) day = today - CAUSE_WEEK;
    do {
        if (is_worth_it(turn, day))
            return begin_of(turn, day + 1) + turn->policy->causes->judged_after;
    } while (++day <= today);
    return forget_at(turn);
}

/* ---- Answers ---- */

bool cohort_causes_answer(const struct cohort_turn *turn, const struct activity *data) {
    if (!is_looked_for(turn)) return false;
    struct cohort_cause *cause = running(turn, group_of(data->class_name));

    if (!cause) return false;
    cause->status = COHORT_CAUSE_ANSWERED;
    cause->answered_at = turn->in->ev->time_ms;
    cause->answered_day = day_of(turn, turn->now_ms);
    cause->answer = data->note;
    cause->by = data->by;
    cause->told = false;
    cause->outcome = 0;
    return true;
}

/* ---- What time brings ---- */

void cohort_causes_tidy(const struct cohort_turn *turn) {
    struct cohort_state *state = turn->state;
    struct cohort_line *lines = state->lines.at;
    struct cohort_cause *causes = state->causes.at;
    int kept = 0;

    if (!turn->policy->causes) { /* nobody looks any more */
        state->lines.count = 0;
        state->causes.count = 0;
        return;
    }
    if (state->lines.count == 0 && state->causes.count == 0) return;
    int64_t today = day_of(turn, turn->now_ms);
    for (int i = 0; i < state->lines.count; i++)
        if (today - lines[i].last <= CAUSE_KEPT) lines[kept++] = lines[i];
    state->lines.count = kept;
    kept = 0;
    for (int i = 0; i < state->causes.count; i++)
        if (is_running(&causes[i]) || today - causes[i].until_day <= CAUSE_DAYS)
            causes[kept++] = causes[i];
    state->causes.count = kept;
}

bool cohort_causes_empty(const struct cohort_state *state) {
    return state->lines.count == 0 && state->causes.count == 0;
}

void cohort_causes_set_status(struct cohort_state *state) {
    const struct cohort_cause *causes = state->causes.at;

    state->cause_status = 0;
    state->risen_at = 0;
    for (int i = 0; i < state->causes.count; i++) {
        if (!state->cause_status || causes[i].status < state->cause_status)
            state->cause_status = causes[i].status;
        if (causes[i].at > state->risen_at) state->risen_at = causes[i].at;
    }
}
