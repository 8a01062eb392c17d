/* cohort_rate: see the header. */
#include "cohort_rate.h"

#include <math.h>
#include <string.h>

enum {
    DAYS_MOST = 64,    /* of a window of at most 60 d */
    COUNTS_MOST = 640, /* groups of classes are fewer than ten */
    TERMS_MOST = 1000000
};
static const double SMALL = 1e-17; /* of a sum: less than its rounding */

/* ---- The test ---- */

double cohort_rate_expected(const struct cohort_rate *rate) {
    return rate->orders * rate->usual_complaints / rate->usual_orders;
}

/* P(L = k), r and p as in the header. */
static double negative_binomial(int64_t k, double r, double p) {
    double sum = r * log(1 - p) + (double)k * log(p);

    for (int64_t j = 0; j < k; j++) sum += log((r + (double)j) / ((double)j + 1));
    return exp(sum);
}

/* Sums from the term of `k` upwards, or downwards, as far as it changes anything. */
static double sum_up(int64_t k, double r, double p) {
    double term = negative_binomial(k, r, p);
    double sum = 0;

    for (int i = 0; i < TERMS_MOST && term > sum * SMALL; i++) {
        double at = (double)k + i;
        sum += term;
        term *= (r + at) / (at + 1) * p;
    }
    return sum;
}

static double sum_down(int64_t k, double r, double p) {
    double term = negative_binomial(k, r, p);
    double sum = 0;

    for (int64_t at = k; at >= 0 && term > sum * SMALL; at--) {
        sum += term;
        term *= (double)at / ((r + (double)at - 1) * p);
    }
    return sum;
}

double cohort_rate_chance(const struct cohort_rate *rate) {
    double r = rate->usual_complaints + 1;
    double p = rate->orders / (rate->orders + rate->usual_orders);

    if (rate->complaints <= 0) return 1;
    if (p <= 0) return 0;
    double mean = r * p / (1 - p);
    if ((double)rate->complaints <= mean) return 1 - sum_down(rate->complaints - 1, r, p);
    return sum_up(rate->complaints, r, p);
}

const char *cohort_rate_group(const char *class_name, struct arena *arena) {
    return arena_strndup(arena, class_name, strcspn(class_name, "."));
}

/* ---- What is counted ---- */

static int64_t day_of(int64_t ms) {
    return ms - ms % COHORT_KEY_DAY_MS;
}

/* A day is within the window as long as any of it is. */
static bool is_past(int64_t day_ms, const struct cohort_policy *policy, int64_t now_ms) {
    return day_ms + COHORT_KEY_DAY_MS <= now_ms - policy->window;
}

void cohort_rate_see_order(struct cohort_state *state, int64_t now_ms, struct arena *arena) {
    struct cohort_day *days = state->days.at;
    int64_t at = day_of(now_ms);

    for (int i = 0; i < state->days.count; i++)
        if (days[i].at == at) {
            days[i].orders++;
            return;
        }
    struct cohort_day *day = parts_add(&state->days, sizeof *day, DAYS_MOST, arena);
    *day = (struct cohort_day){.at = at, .orders = 1};
}

void cohort_rate_see_complaint(struct cohort_state *state, const char *group, int64_t now_ms,
                               struct arena *arena) {
    struct cohort_count *counts = state->counts.at;
    int64_t at = day_of(now_ms);

    for (int i = 0; i < state->counts.count; i++)
        if (counts[i].at == at && strcmp(counts[i].group, group) == 0) {
            counts[i].complaints++;
            return;
        }
    struct cohort_count *count = parts_add(&state->counts, sizeof *count, COUNTS_MOST, arena);
    *count = (struct cohort_count){.at = at, .group = group, .complaints = 1};
}

/* ---- What is usual ---- */

static double halved(const struct cohort_policy *policy, int64_t age_ms) {
    return pow(2, -(double)age_ms / (double)policy->half_life);
}

/* What happened at a time, as a part of one at which things are counted whole: that of the latest
 * that has become usual. */
static double weight_of(struct cohort_state *state, const struct cohort_policy *policy,
                        int64_t at_ms) {
    struct cohort_usual *usual = state->usual.at;

    if (at_ms <= state->usual_at) return halved(policy, state->usual_at - at_ms);
    double left = halved(policy, at_ms - state->usual_at);
    state->usual_orders *= left;
    for (int i = 0; i < state->usual.count; i++) usual[i].complaints *= left;
    state->usual_at = at_ms;
    return 1;
}

static struct cohort_usual *usual_of(const struct cohort_state *state, const char *group) {
    struct cohort_usual *usual = state->usual.at;

    for (int i = 0; i < state->usual.count; i++)
        if (strcmp(usual[i].group, group) == 0) return &usual[i];
    return NULL;
}

static void become_usual(struct cohort_state *state, const struct cohort_policy *policy,
                         const struct cohort_count *count, struct arena *arena) {
    struct cohort_usual *usual = usual_of(state, count->group);
    double weight = weight_of(state, policy, count->at);

    if (!usual) {
        usual = parts_add(&state->usual, sizeof *usual, COUNTS_MOST, arena);
        *usual = (struct cohort_usual){.group = count->group};
    }
    usual->complaints += weight * (double)count->complaints;
}

static bool is_explained(const struct cohort_state *state, const char *group, struct arena *arena) {
    const struct cohort *cohorts = state->cohorts.at;

    for (int i = 0; i < state->cohorts.count; i++)
        if (cohorts[i].status != COHORT_CLOSED &&
            strcmp(cohort_rate_group(cohorts[i].class_name, arena), group) == 0)
            return true;
    return false;
}

void cohort_rate_roll(struct cohort_state *state, const struct cohort_policy *policy,
                      int64_t now_ms, struct arena *arena) {
    struct cohort_day *days = state->days.at;
    struct cohort_count *counts = state->counts.at;
    int kept_days = 0;
    int kept_counts = 0;

    for (int i = 0; i < state->days.count; i++) {
        if (!is_past(days[i].at, policy, now_ms)) {
            days[kept_days++] = days[i];
            continue;
        }
        double weight = weight_of(state, policy, days[i].at);
        state->usual_orders += weight * (double)days[i].orders;
    }
    state->days.count = kept_days;

    for (int i = 0; i < state->counts.count; i++) {
        if (!is_past(counts[i].at, policy, now_ms))
            counts[kept_counts++] = counts[i];
        else if (!is_explained(state, counts[i].group, arena))
            become_usual(state, policy, &counts[i], arena);
    }
    state->counts.count = kept_counts;
}

static double left_of(const struct cohort_state *state, const struct cohort_policy *policy,
                      int64_t now_ms) {
    if (now_ms <= state->usual_at) return 1;
    return halved(policy, now_ms - state->usual_at);
}

bool cohort_rate_faded(const struct cohort_state *state, const struct cohort_policy *policy,
                       int64_t now_ms) {
    return state->usual_orders * left_of(state, policy, now_ms) < 0.5;
}

struct cohort_rate cohort_rate_of(const struct cohort_state *state,
                                  const struct cohort_policy *policy, const char *group,
                                  int64_t now_ms) {
    const struct cohort_day *days = state->days.at;
    const struct cohort_count *counts = state->counts.at;
    const struct cohort_usual *usual = usual_of(state, group);
    double left = left_of(state, policy, now_ms);
    struct cohort_rate rate = {
        .usual_complaints = (double)policy->weight * policy->per_thousand / 1000,
        .usual_orders = (double)policy->weight + left * state->usual_orders,
    };

    if (usual) rate.usual_complaints += left * usual->complaints;
    for (int i = 0; i < state->days.count; i++)
        if (!is_past(days[i].at, policy, now_ms)) rate.orders += (double)days[i].orders;
    for (int i = 0; i < state->counts.count; i++)
        if (!is_past(counts[i].at, policy, now_ms) && strcmp(counts[i].group, group) == 0)
            rate.complaints += counts[i].complaints;
    if (rate.orders < state->orders.count) rate.orders = state->orders.count;
    if (rate.orders < (double)rate.complaints) rate.orders = (double)rate.complaints;

    return rate;
}

void cohort_rate_explained(struct cohort_state *state, const char *group) {
    struct cohort_count *counts = state->counts.at;
    int kept = 0;

    for (int i = 0; i < state->counts.count; i++)
        if (strcmp(counts[i].group, group) != 0) counts[kept++] = counts[i];
    state->counts.count = kept;
}
