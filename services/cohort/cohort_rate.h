/* cohort_rate: are so many complaints more than usual? A conditional exact test of two Poisson
 * rates, with a stated probability of a false alarm.
 *
 * Usual are C complaints in N orders; now there are k in n. If complaints come at one rate, then of
 * the k + C that there are, those of now are binomial with p = n / (n + N) (J. Przyborowski and
 * H. Wilenski, Homogeneity of results in testing samples from Poisson series, Biometrika 31, 1940,
 * 313-323), whatever the rate is. So
 *
 *     P(K >= k) = sum, i = k .. k + C, of binomial(k + C, i) p^i (1 - p)^(k + C - i)
 *               = I_p(k, C + 1)                          (Abramowitz and Stegun 26.5.24)
 *               = P(L >= k), L negative binomial with r = C + 1 and p
 *
 * the last of which holds for any real C, and is what is computed. A cohort opens when it is at
 * most `false_alarm`. The uncertainty of what is usual is in it: a lane with no history must be
 * very loud. The test errs to the quiet side (it is discrete), and every counted complaint is one
 * test in each dimension of its order: so false alarms are at most false_alarm x complaints counted
 * x dimensions, on average, e.g. 1e-6 x 200 000 a year x 6: about one a year.
 *
 * An order counts in n from its first record for `window`, or as long as it is held if that is
 * longer, which only makes the test quieter; then it counts in N. A complaint counts in k for
 * `window`, by its day; then in C. C and N are halved every `half_life`: what is usual changes.
 * Before a dimension has a history, `weight` orders with `per_thousand` stand for it. */
#ifndef REDRESS_COHORT_RATE_H
#define REDRESS_COHORT_RATE_H

#include "cohort.h"

struct cohort_rate {
    int64_t complaints;      /* k */
    double orders;           /* n */
    double usual_complaints; /* C */
    double usual_orders;     /* N, above 0 */
};

double cohort_rate_expected(const struct cohort_rate *rate); /* n C / N */
double cohort_rate_chance(const struct cohort_rate *rate);   /* P(K >= k) */

/* The group of a class: what stands before its point. In the arena. */
const char *cohort_rate_group(const char *class_name, struct arena *arena);

/* One more order, one more complaint of a group, by the log's time. */
void cohort_rate_see_order(struct cohort_state *state, int64_t now_ms, struct arena *arena);
void cohort_rate_see_complaint(struct cohort_state *state, const char *group, int64_t now_ms,
                               struct arena *arena);
/* Days that have left the window become what is usual, but for complaints that a running cohort
 * explains. */
void cohort_rate_roll(struct cohort_state *state, const struct cohort_policy *policy,
                      int64_t now_ms, struct arena *arena);
/* How a group stands, by the window before now_ms. */
struct cohort_rate cohort_rate_of(const struct cohort_state *state,
                                  const struct cohort_policy *policy, const char *group,
                                  int64_t now_ms);
/* Whether what is usual has faded: less than half an order is left of it. */
bool cohort_rate_faded(const struct cohort_state *state, const struct cohort_policy *policy,
                       int64_t now_ms);
/* A cohort has ended: the group's complaints within the window are explained by it, and count
 * neither now nor as usual. */
void cohort_rate_explained(struct cohort_state *state, const char *group);

#endif
