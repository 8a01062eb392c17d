/* cause: see the header. */
#include "cause.h"

static int ring_of(int64_t day) {
    return (int)(day % CAUSE_DAYS);
}

/* ---- Counting ---- */

static void forget(struct cause_value *value, int64_t day) {
    int at = ring_of(day);

    value->orders[at] = 0;
    value->exposure[at] = 0;
    for (int g = 0; g < CAUSE_GROUPS; g++) {
        value->complaints[g][at] = 0;
        value->risen[g] &= ~(UINT64_C(1) << at);
    }
}

static void expose(struct cause_value *value, const struct cause_policy *policy) {
    double sum = 0;

    for (int ago = 0; ago < CAUSE_DELAY; ago++)
        sum += policy->delay[ago] * value->orders[ring_of(value->today - ago)];
    value->exposure[ring_of(value->today)] = (float)sum;
}

void cause_go_on(struct cause_value *value, const struct cause_policy *policy, int64_t day) {
    if (value->today == 0) value->today = day;
    if (day - value->today >= 2 * CAUSE_DAYS) value->today = day - 2 * CAUSE_DAYS;

    while (value->today < day) {
        value->today++;
        forget(value, value->today);
        expose(value, policy);
    }
}

void cause_see_orders(struct cause_value *value, const struct cause_policy *policy, int64_t count) {
    value->orders[ring_of(value->today)] += (uint32_t)count;
    value->exposure[ring_of(value->today)] += (float)(policy->delay[0] * (double)count);
}

void cause_see_complaints(struct cause_value *value, int group, int64_t seen) {
    uint16_t *count = &value->complaints[group][ring_of(value->today)];
    int64_t sum = *count + seen;

    *count = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
}

/* ---- The test ---- */

static double exposed(const struct cause_value *value, int64_t day) {
    return (double)value->exposure[ring_of(day)];
}

/* Of a week all days, of a day its weekday. */
static bool compares(int days, int ago) {
    return days > 1 || ago % CAUSE_WEEK == 0;
}

struct cause_finding cause_look(const struct cause_value *value, int group, int days,
                                const struct cause_policy *policy) {
    struct cause_finding found = {.days = days};
    struct cohort_rate *rate = &found.rate;

    rate->usual_complaints = policy->weight * policy->per_order;
    rate->usual_orders = policy->weight;
    for (int ago = 0; ago < days + CAUSE_WEEK * CAUSE_WEEKS && ago < value->today; ago++) {
        int64_t day = value->today - ago;
        int at = ring_of(day);
        if (ago >= CAUSE_DAYS) break;
        if (ago < days) {
            rate->complaints += value->complaints[group][at];
            rate->orders += exposed(value, day);
            found.orders += value->orders[at];
        } else if (compares(days, ago) && !(value->risen[group] >> at & 1)) {
            rate->usual_complaints += value->complaints[group][at];
            rate->usual_orders += exposed(value, day);
            found.usual_orders += value->orders[at];
        }
    }
    if (rate->orders < (double)rate->complaints) rate->orders = (double)rate->complaints;
    found.expected = cohort_rate_expected(rate);
    found.chance = cohort_rate_chance(rate);

    return found;
}

/* ---- What is to be told ---- */

static void note_days(struct cause_value *value, int group, int days) {
    for (int ago = 0; ago < days; ago++)
        value->risen[group] |= UINT64_C(1) << ring_of(value->today - ago);
}

static bool is_loud(const struct cause_finding *found, const struct cause_policy *policy) {
    return found->rate.complaints >= policy->at_least && found->chance <= policy->false_alarm / 2;
}

static enum cause_news begin(struct cause_value *value, int group,
                             const struct cause_policy *policy, struct cause_finding *out) {
    int64_t complaints = 0;
    for (int ago = 0; ago < CAUSE_WEEK && ago < value->today; ago++)
        complaints += value->complaints[group][ring_of(value->today - ago)];
    if (complaints < policy->at_least) return CAUSE_NO_NEWS; /* as nearly all: it is cheap */

    struct cause_finding week = cause_look(value, group, CAUSE_WEEK, policy);
    *out = cause_look(value, group, 1, policy);
    if (week.chance < out->chance) *out = week;
    if (!is_loud(out, policy)) return CAUSE_NO_NEWS;

    value->rises[group] =
        (struct cause_rise){.status = CAUSE_RISEN, .since = value->today - out->days + 1};
    note_days(value, group, out->days);
    return CAUSE_HAS_RISEN;
}

static enum cause_news end(struct cause_value *value, int group, enum cause_news news) {
    value->rises[group] = (struct cause_rise){.status = CAUSE_QUIET};
    return news;
}

/* The week after the answer against the days before it that had risen: is it less? The same test,
 * looked at from the other side. */
static bool has_fallen(const struct cause_value *value, int group, const struct cause_rise *rise) {
    static const double LESS = 0.01;
    struct cohort_rate before = {.usual_orders = 0};

    for (int64_t day = value->today - CAUSE_WEEK + 1; day <= value->today; day++) {
        before.usual_complaints += value->complaints[group][ring_of(day)];
        before.usual_orders += exposed(value, day);
    }
    for (int64_t day = rise->since; day <= rise->answered_on; day++) {
        if (value->today - day >= CAUSE_DAYS) continue;
        before.complaints += value->complaints[group][ring_of(day)];
        before.orders += exposed(value, day);
    }
    return before.usual_orders > 0 && cohort_rate_chance(&before) <= LESS;
}

/* A week behind the answer. */
static enum cause_news judge_answer(struct cause_value *value, int group, struct cause_rise *rise) {
    if (rise->told || value->today - rise->answered_on < CAUSE_WEEK) return CAUSE_NO_NEWS;

    rise->told = true;
    if (has_fallen(value, group, rise)) return CAUSE_HAS_FALLEN;
    return CAUSE_STAYS;
}

enum cause_news cause_judge(struct cause_value *value, int group, const struct cause_policy *policy,
                            struct cause_finding *out) {
    static const double USUAL = 0.05;
    struct cause_rise *rise = &value->rises[group];
    if (rise->status == CAUSE_QUIET) return begin(value, group, policy, out);

    note_days(value, group, 1);
    *out = cause_look(value, group, CAUSE_WEEK, policy);
    if (rise->status == CAUSE_ANSWERED) {
        enum cause_news news = judge_answer(value, group, rise);
        if (news != CAUSE_NO_NEWS) return news;
    }

    bool waits = rise->status == CAUSE_ANSWERED && !rise->told;
    bool long_enough = value->today - rise->since >= CAUSE_WEEK;
    if (!waits && long_enough && out->chance > USUAL) return end(value, group, CAUSE_IS_OVER);
    if (value->today - rise->since < CAUSE_ACCEPTED) return CAUSE_NO_NEWS;
    value->risen[group] = 0;
    return end(value, group, CAUSE_IS_OVER);
}
