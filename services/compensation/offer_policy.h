/* offer_policy: compensation.yaml as structs: the decision table, who may approve how much, caps,
 * budgets and periods. Amounts of money are written {CURRENCY: minor units}; a row without the
 * order's currency cannot be applied to that order. */
#ifndef REDRESS_OFFER_POLICY_H
#define REDRESS_OFFER_POLICY_H

#include "contract/contract.h"

enum {
    OFFER_OPTIONS_MAX = 4,   /* people choose between two; a person may offer somewhat more */
    OFFER_REMEDIES_MAX = 10, /* of one option: more is no longer read */
    OFFER_STEPS_MAX = 10     /* reminders of one proposal */
};

enum offer_on { OFFER_ON_CLASSIFIED = 1, OFFER_ON_ASSESSED };
enum offer_round { OFFER_HALF_UP = 1, OFFER_UP, OFFER_DOWN };
enum offer_yes { OFFER_NO = 1, OFFER_YES };
enum offer_by {
    OFFER_BY_POLICY = 1,
    OFFER_BY_AGENT,
    OFFER_BY_SUPERVISOR,
    OFFER_BY_MANAGER,
    OFFER_BY_FINANCE
}; /* role + 1 */
extern const char *const offer_policy_by[];

struct offer_remedy {
    int kind;
    const struct tree *fixed;              /* amount {CUR: minor}, or: */
    int64_t percent;                       /* amount: this share of the order's amount */
    int round;                             /* of that share; half_up when absent */
    const struct tree *at_most, *at_least; /* limits of that share */
    bool assessed_costs;  /* amount: what of the assessed costs the customer does not bear */
    int64_t cost_percent; /* no amount is paid, but it costs this share of the order's amount */
    int64_t valid_days;
    const char *detail;
    const struct tree *split; /* {party: percent}; absent: the option's */
};
struct offer_option {
    const char *option;
    struct records remedies;
    const struct tree *split; /* absent: the policy's */
};
struct offer_match { /* absent = any */
    struct texts class_names, severity, tier, tenant;
    struct texts flags;         /* one of them is set; threats cannot be asked for */
    struct texts without_flags; /* none of them is set */
    struct texts order_status, currency;
    int order, custom, perishable;                 /* OFFER_NO, OFFER_YES, 0 = any */
    const struct tree *amount_from, *amount_below; /* of the order, in its currency */
    struct texts costs; /* assessed: costs of one of these kinds are there */
};
struct offer_rule {
    const char *name;
    int on;
    struct offer_match *match;
    struct records options;
};
struct offer_level {
    int by;
    int64_t approvals;
    const struct tree *up_to; /* absent: without limit; only the last */
};
struct offer_step {
    int64_t after;
    int to;
};
struct offer_caps {
    const struct tree *order_extra; /* beyond the order's amount */
    const struct tree *customer_monthly;
    int over; /* the role that may go beyond */
};
struct offer_budget {
    int by;
    const struct tree *daily;
};
struct offer_share {
    const char *cost; /* kind of an assessed cost */
    const struct tree *split;
};
struct offer_policy {
    const char *version;
    bool migrate;         /* the runtime's: policies.h */
    const char *currency; /* of a case without an order */
    const struct tree *split;
    int64_t approve_within, choose_within, keep_for;
    int64_t day_offset;      /* ahead of UTC: budgets count local days and months */
    struct records escalate; /* struct offer_step */
    struct records approval; /* struct offer_level */
    struct offer_caps *caps;
    struct records budgets; /* struct offer_budget */
    struct records shares;  /* struct offer_share */
    struct records rules;   /* struct offer_rule */
};

extern const struct record offer_policy_record;

/* worker_spec.load of compensation. */
int offer_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                      void **policy_out, const char **version_out, struct faults *faults);

/* An amount out of {CUR: minor}; -1 when the currency is not there. */
int64_t offer_policy_amount(const struct tree *amounts, const char *currency);

/* The first level whose limit reaches the cost. */
const struct offer_level *offer_policy_level(const struct offer_policy *policy,
                                             const char *currency, int64_t cost_minor);

/* True for the flags by which nobody may gain: review_threat, excessive_demand. */
bool offer_policy_is_threat(const char *flag);

#endif
