/* offer_policy: compensation.yaml as structs: the decision table, who may approve how much, caps,
 * budgets and periods. Amounts of money are written {CURRENCY: minor units}; a row without the
 * order's currency cannot be applied to that order. */
#ifndef REDRESS_OFFER_POLICY_H
#define REDRESS_OFFER_POLICY_H

#include "contract/contract.h"
#include "duty_policy.h"

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
    bool assessed_costs;     /* amount: what of the assessed costs the customer does not bear */
    int64_t cost_percent;    /* no amount is paid, but it costs this share of the order's amount, */
    const struct tree *cost; /* or this; with neither it costs what `values` says of its kind */
    int64_t valid_days;
    const char *detail;
    const struct tree *split; /* {party: percent}; absent: the option's */
    struct texts region;      /* given where the customer is there; empty: anywhere */
    bool goodwill; /* it does not pay the order back, though its kind does: beside a refund */
};
struct offer_option {
    const char *option;
    struct parts remedies;
    const struct tree *split; /* absent: the policy's */
    bool only_requested; /* offered, as the first of two, to who asks for one of its remedies */
};
struct offer_match { /* absent = any */
    struct texts class_names, severity, tier, tenant;
    struct texts flags;         /* one of them is set; threats cannot be asked for */
    struct texts without_flags; /* none of them is set */
    struct texts order_status, currency, carrier, warehouse;
    struct texts region;           /* the customer's, with all below them */
    int64_t repeats;               /* at least so many further complaints of the case */
    int64_t late_from, late_below; /* how late the order came, or is by now */
    int64_t age_from, age_below;   /* since it came, else since it was placed */
    struct texts breached;         /* one of these targets was */
    struct texts requested;        /* the customer asks for one of these */
    int order, custom, perishable, items, evidence; /* OFFER_NO, OFFER_YES, 0 = any */
    const struct tree *amount_from, *amount_below;  /* of the order, in its currency */
    struct texts costs;         /* assessed: costs of one of these kinds are there */
    const struct tree *facts;   /* assessed: {name: text, or {from, below}}; each of them */
    const struct tree *history; /* {name: {from, below}}; each of them */
};
struct offer_rule {
    const char *name;
    int on;
    struct offer_match *match;
    struct parts options;
};
/* Who looks at a case whatever it costs, and what is answered to its demand. */
enum offer_demand { OFFER_LAWFUL = 1, OFFER_REFUSED };
struct offer_review {
    const char *name;
    struct offer_match *match;
    int by;            /* enum role: this one or a higher one decides */
    int demand;        /* enum offer_demand; 0: nothing is demanded */
    struct texts keep; /* of a refused demand: what to keep as evidence */
};
struct offer_level {
    int by;
    int64_t approvals;
    const struct tree *up_to; /* absent: without limit; only the last */
};
struct offer_step { /* who is told: the highest of who must approve, `to`, and `up` */
    int64_t after;
    int to;
    int64_t up; /* so many levels above who must approve */
};
struct offer_caps {
    const struct tree *order_extra;      /* goodwill beside an order, in its currency */
    const struct tree *customer_monthly; /* in one currency */
    int64_t without_order_every;         /* 0: no such limit */
    int over;                            /* the role that may go beyond */
};
struct offer_value { /* of goods or work for which no amount is said */
    int kind;
    const struct tree *fixed;
    int64_t percent; /* of the order's amount */
};
struct offer_share {
    const char *cost; /* kind of an assessed cost */
    const struct tree *split;
};
struct offer_policy {
    const char *version;
    bool migrate;             /* the runtime's: policies.h */
    const char *currency;     /* of a case without an order */
    const struct tree *rates; /* {CUR: units of `currency` for one of it}; rate.h */
    const struct tree *split;
    int64_t approve_within, choose_within, keep_for;
    int64_t day_offset;               /* ahead of UTC: budgets count local days and months */
    struct parts escalate;            /* struct offer_step */
    struct parts settle;              /* struct duty_settle */
    struct duty_undecided *undecided; /* NULL: it expires */
    struct parts delegations;         /* struct duty_delegation */
    struct parts approval;            /* struct offer_level */
    struct offer_caps *caps;
    struct parts budgets;  /* struct duty_budget */
    struct parts history;  /* struct duty_history */
    struct parts recovery; /* struct duty_recovery */
    struct parts shares;   /* struct offer_share */
    struct parts values;   /* struct offer_value */
    struct parts reviews;  /* struct offer_review */
    int exceptions;        /* enum role: decides what a person offers where a demand was refused */
    struct parts rules;    /* struct offer_rule */
};

extern const struct table offer_policy_table;

/* worker_spec.load of compensation. */
int offer_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                      void **policy_out, const char **version_out, struct faults *faults);

/* The currency of an amount {CUR: minor} that has one; NULL when there is none. */
const char *offer_policy_currency(const struct tree *amounts);

/* An amount out of {CUR: minor}; -1 when the currency is not there. */
int64_t offer_policy_amount(const struct tree *amounts, const char *currency);

/* The first level whose limit reaches the cost. */
const struct offer_level *offer_policy_level(const struct offer_policy *policy,
                                             const char *currency, int64_t cost_minor);

/* True for goods and work: what they cost is not the amount that somebody says. */
bool offer_policy_is_goods(int kind);
/* True for kinds that cost nothing. */
bool offer_policy_is_costless(int kind);
/* What a remedy costs for which no amount is said; goods and work of which the policy says nothing
 * cost as much as the order. */
struct offer_value offer_policy_value(const struct offer_policy *policy, int kind);

/* True for the flags by which nobody gains or loses, so that no rule may ask for them: threats,
 * demands, publicity. */
bool offer_policy_is_pressure(const char *flag);

#endif
