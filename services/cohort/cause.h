/* cause: whether one value of a dimension (an article, a batch, a warehouse, a carrier, a lane) has
 * begun to bring more complaints of a group of classes than it used to, and whether that has
 * fallen again since somebody did something about it.
 *
 * Day by day, in the tenant's time zone. What a day would usually bring follows from its exposure:
 * the orders of the last CAUSE_DELAY days, each by how many of those who complain do so after so
 * many days (a promotion brings its complaints a week later). Two windows are looked at: the last
 * day, for what breaks, against the same weekday of the CAUSE_WEEKS weeks before; and the last
 * seven, for what creeps, against all days of those weeks. So the season of the week is in both
 * sides alike, and nothing about it is estimated. The uncertainty of what is usual is in the test:
 * k complaints in an exposure n against C in N is the conditional exact test of cohort_rate.h. Each
 * window has half of `false_alarm`: false alarms are at most false_alarm x values x groups a day,
 * on average.
 *
 * A rise is told once. While it lasts its days do not become usual. It is over when the last week
 * is as usual again; one that lasts for CAUSE_ACCEPTED days is what is usual from then on. Of one
 * that was answered it is told once whether it fell.
 *
 * Pure: counts in, a finding out. cohort_causes.h keeps the counts and runs it. */
#ifndef REDRESS_CAUSE_H
#define REDRESS_CAUSE_H

#include "cohort_rate.h"

enum {
    CAUSE_WEEKS = 8,
    CAUSE_DELAY = 28,                 /* days after which hardly anybody complains */
    CAUSE_DAYS = 7 * CAUSE_WEEKS + 8, /* kept: the weeks, the window behind them, today */
    CAUSE_GROUPS = 6,                 /* of classes (contract): aftersale ... service */
    CAUSE_WEEK = 7,
    CAUSE_ACCEPTED = 56 /* days */
};

struct cause_policy {
    double false_alarm;        /* of one value and group, one day */
    int64_t at_least;          /* complaints within the window, whatever is usual */
    double per_order, weight;  /* before there is a history: complaints an order, and of how many */
    double delay[CAUSE_DELAY]; /* of those who complain, how many after 0, 1, ... days; sum 1 */
};

enum cause_status { CAUSE_QUIET, CAUSE_RISEN, CAUSE_ANSWERED };

/* A rise of a group of classes. */
struct cause_rise {
    enum cause_status status;
    int64_t since, answered_on; /* days; the first day of the window that showed it */
    bool told;                  /* what the answer has brought */
};

/* One value. Rings by day; zeroed before use. 1.7 KB. */
struct cause_value {
    int64_t today; /* day since the epoch; 0: nothing was counted yet */
    uint32_t orders[CAUSE_DAYS];
    float exposure[CAUSE_DAYS];
    uint16_t complaints[CAUSE_GROUPS][CAUSE_DAYS];
    uint64_t risen[CAUSE_GROUPS]; /* days that are no part of what is usual, a bit each, by ring */
    struct cause_rise rises[CAUSE_GROUPS];
};

/* Goes on to a day: what is too old is forgotten. Days do not go back: an earlier one is ignored.
 */
void cause_go_on(struct cause_value *value, const struct cause_policy *policy, int64_t day);
/* On the day that was gone on to. */
void cause_see_orders(struct cause_value *value, const struct cause_policy *policy, int64_t count);
void cause_see_complaints(struct cause_value *value, int group, int64_t count);

/* The evidence: of the window of `days` up to today. */
struct cause_finding {
    struct cohort_rate rate; /* orders are exposures */
    double expected, chance;
    int days;
    int64_t orders, usual_orders; /* as they are, for people */
};
struct cause_finding cause_look(const struct cause_value *value, int group, int days,
                                const struct cause_policy *policy);

enum cause_news {
    CAUSE_NO_NEWS,
    CAUSE_HAS_RISEN,
    CAUSE_HAS_FALLEN, /* after what was done about it */
    CAUSE_STAYS,      /* a week after what was done: not less than before it */
    CAUSE_IS_OVER     /* as usual again, of itself; or it is what is usual now */
};
/* At the end of a day: what is to be told, with its evidence. */
enum cause_news cause_judge(struct cause_value *value, int group, const struct cause_policy *policy,
                            struct cause_finding *out);

#endif
