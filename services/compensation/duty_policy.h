/* duty_policy: the parts of compensation.yaml that say who must do what by when, beside the
 * decision table: whose word stands in whose place, what happens when nobody decides, budgets, and
 * the watch over settlements. */
#ifndef REDRESS_DUTY_POLICY_H
#define REDRESS_DUTY_POLICY_H

#include "contract/contract.h"

struct offer_policy;

enum {
    DUTY_STEPS_MAX = 10,   /* of one settlement: who has been told so often knows it */
    DUTY_BUDGETS_MAX = 40, /* each that matches is claimed, one more question to Redis */
    DUTY_HISTORY_MAX = 10  /* each is claimed with every offer */
};

/* When nobody has decided by approve_by. */
enum duty_then { DUTY_EXPIRE = 1, DUTY_REJECT, DUTY_APPROVE };
struct duty_undecided {
    int then;
    const struct tree *up_to; /* approve: what policy offers, up to this; more of it expires */
};

/* One person decides in another's place. */
struct duty_delegation {
    const char *from, *to;    /* actors */
    int role;                 /* as which, */
    int64_t begins, ends;     /* from the one on and before the other, by the log's time, */
    const struct tree *up_to; /* up to this; absent: whatever the role may */
};

/* What may be approved in a day or month. */
struct duty_budget {
    const char *name;                 /* absent: that of `by` */
    int by;                           /* enum offer_by: what these approve; absent: whoever does */
    struct texts tenant, class_names; /* which cases; absent: any */
    const struct tree *daily, *monthly; /* one of them, in one currency */
    int over;                           /* without `by`: the role that may go beyond */
};

/* What is counted of who complains, over his cases. */
enum duty_of { DUTY_OF_CUSTOMER = 1, DUTY_OF_ADDRESS, DUTY_OF_PHONE };
enum duty_counts { DUTY_COUNTS_OFFERS = 1, DUTY_COUNTS_ACCOUNTS };
struct duty_history {
    const char *name;
    int of, counts;
    struct texts class_names; /* offers: in cases of these classes only; absent: of any */
    int64_t within;
};

/* What a party owes the house for an order that is late. */
struct offer_match;
struct duty_recovery {
    const char *name, *party;
    struct offer_match *match; /* NULL: any case */
    int64_t late_over;         /* more than this */
    const struct tree *amount; /* {currency: minor units} */
};

/* What is done about a settlement that is not done so long after its first order. */
struct duty_settle {
    int64_t after;
    bool retry;         /* it is ordered again, under the same id; or: */
    int to;             /* this role is told */
    struct texts kinds; /* of remedies that it is about; none: of all */
};
bool duty_settle_is_about(const struct duty_settle *step, int remedy_kind);

extern const struct table duty_settle_table, duty_undecided_table, duty_delegation_table,
    duty_budget_table, duty_history_table;

/* Digits of a period's date: "20261122", "202611". */
enum { DUTY_DAY_DIGITS = 8, DUTY_MONTH_DIGITS = 6 };

/* Its name, and its limit with how many digits of its period's date count. */
const char *duty_budget_name(const struct duty_budget *budget);
/* The claim that counts it (compensation.h), for a tenant in a period. */
const char *duty_budget_key(const char *name, const char *tenant, const char *currency,
                            const char *period, struct arena *arena);
/* The local day ("20261122") or month ("202611") of a time. */
const char *duty_budget_period(const struct offer_policy *policy, int64_t ms, int digits,
                               struct arena *arena);
const struct tree *duty_budget_limit(const struct duty_budget *budget, int *digits_out);

#endif
