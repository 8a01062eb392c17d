/* cohort: who will be hit next, told before he complains.
 *
 * A state is one value of one dimension of a tenant's orders: a carrier, a warehouse, an article
 * (sku), a batch, a lane, or a lane's day (`<lane>@<YYYY-MM-DD>`, the UTC day an order was placed).
 * It is named by the key of its records: tenant 0x1F dimension 0x1F value.
 *
 * Consumes (records of one state, in order): order.updated (facts of an order),
 * order.complained (its customer has), case.classified (about what), cohort.confirmed and
 * cohort.ended (a person's word; sent to the one dimension that cohort_key_of_match() names), and
 * so is cause.answered. Emits: cohort.opened, cohort.member_warned, cohort.closed;
 * settlement.ordered for a token; cause.risen, cause.reviewed.
 *
 * Keeps: the orders of the last `window`, at most `orders_most` of them; complaints by group of
 * classes and day within the window; what is usual, as decayed counts (cohort_rate.h); its cohorts.
 *
 * Decides: a cohort opens, once, when complaints of a group exceed what is usual here
 * (cohort_rate.h), or when a person confirms a cause. Warnings are given by wake-ups alone, which
 * fire only when all that came before is read: so who has complained by then is known. At most
 * COHORT_STEP orders a wake-up, so that events flow in between. An order is warned at most once,
 * ever, whatever cohorts it is in: a claim (cohort_warn.h). A token goes with the warning, under
 * the settlement's id `<cohort_id>.<order_id>`. A cohort that would warn more orders than
 * `people_over`, or cost more than `cost_over`, or of which this state has had to let orders go,
 * waits: it warns nobody until another person than the one who opened it confirms it
 * (cohort.confirmed with the same match and class); each confirmation admits as many again beyond
 * those that are in it by then. Orders that join later are warned as the others, at once or at
 * their hand-over (`joins`). It closes on cohort.ended, or `ends_after` its last confirmation. The
 * complaints that a cohort explains never become what is usual.
 *
 * Rejects: what cannot be read (bad_value, missing_field).
 *
 * Causes: cohort_causes.h.
 *
 * The records come from intake, case.classified from classification (deploy/docs/cohorts.md).
 *
 * Claims: `owner tenant order` of intake is looked at (contract_owner_claim): whoever has
 * complained is not warned, also when his complaint named none of the order's dimensions. So is
 * `erased account` (contract_erased_claim): who asked to be forgotten after the order's last facts
 * is neither warned nor given anything, and his order goes from the state.
 * `warned tenant order` (once, logged) is granted to the first cohort. */
#ifndef REDRESS_COHORT_H
#define REDRESS_COHORT_H

#include "cohort_policy.h"
#include "contract/cohort_key.h"
#include "decision/spec.h"

enum cohort_dimension {
    COHORT_CARRIER = 1,
    COHORT_WAREHOUSE,
    COHORT_SKU,
    COHORT_BATCH,
    COHORT_LANE,
    COHORT_DAY
};
extern const char *const cohort_dimensions[];

enum cohort_status {
    COHORT_WAITING = 1, /* for a person */
    COHORT_OPEN,
    COHORT_CLOSED
};

enum {
    COHORT_STEP = 50,         /* orders warned by one wake-up: some 100 records, 10 ms */
    COHORT_MOST = 16,         /* of one state, closed ones included: causes that overlap are few */
    COHORT_PENDING_MOST = 200 /* complaints that await their class: it comes within seconds */
};
/* Longer than an order can be held: two windows of 60 d. */
#define COHORT_WARNED_FOR_MS (INT64_C(120) * 24 * 3600 * 1000)

struct cohort_order {
    const char *order_id, *customer_id, *carrier, *warehouse, *lane;
    struct texts skus, batches;
    int status; /* enum order_status */
    int64_t placed_at;
    int64_t first_at;              /* when this state first heard of it, by the log's time */
    int64_t facts_at, facts_order; /* of the facts that hold: time, then sequence */
    bool complained;
    bool counted;          /* among the orders that causes are looked for in */
    const char *warned_by; /* the cohort that warned it; NULL: none */
    bool erased;           /* not kept: its customer asked to be forgotten, and it goes */
    struct rest rest;
};
/* One that has no class yet. */
struct cohort_pending {
    const char *case_id;
    int64_t at;
    int64_t said_at; /* when the customer did */
    struct rest rest;
};
/* One day of the window, UTC. */
struct cohort_day {
    int64_t at; /* its beginning */
    int64_t orders;
    struct rest rest;
};
struct cohort_count {
    int64_t at; /* a day's beginning */
    const char *group;
    int64_t complaints;
    struct rest rest;
};
struct cohort_usual {
    const char *group;
    double complaints;
    struct rest rest;
};
struct cohort {
    const char *cohort_id, *class_name;
    int status;
    struct cohort_match *match;
    int64_t placed_from, placed_to; /* 0: no limit; the second is exclusive */
    int64_t at;                     /* when it was found; */
    int64_t opened_at;       /* when it was told as cohort.opened; 0: not yet, it has only waited */
    int64_t ends_at;         /* closed: when it is forgotten */
    const char *by;          /* the person that found it; NULL: the rate did */
    int64_t limit;           /* orders that may be warned */
    int64_t warned;          /* orders that were */
    int64_t members;         /* orders in it that are at risk or were warned, by the last look */
    int64_t complaints;      /* by rate: how many there were, */
    double expected, chance; /* how many are usual, and how likely so many are by chance */
    struct rest rest;
};

/* Complaints of a class, or orders, by day (cause_line.h). */
struct cohort_line {
    const char *class_name;
    int64_t last;
    const char *counts;
    struct texts examples; /* case ids: the latest */
    struct rest rest;
};
/* A rise, as it was told. Days since 1970-01-01, of the tenant's zone. */
struct cohort_cause {
    const char *cause_id, *class_name, *party;
    int status;                       /* enum cohort_cause_status */
    int64_t at;                       /* when it was told */
    int64_t since_day, until_day;     /* its first and, when over, its last day */
    int64_t days, complaints, orders; /* of the window that showed it */
    double rate, rate_from, rate_to, usual_rate, expected, chance;
    struct texts examples;
    int64_t answered_at, answered_day; /* 0: nobody has */
    const char *answer, *by;
    int outcome;          /* enum cause_outcome: the last that was told; 0: none yet */
    int64_t reviewed_at;  /* when, */
    double reviewed_rate; /* and the rate of the week then */
    bool told;            /* what the answer has brought */
    struct rest rest;
};
enum cohort_cause_status { COHORT_CAUSE_RISEN = 1, COHORT_CAUSE_ANSWERED, COHORT_CAUSE_OVER };

struct cohort_state {
    const char *tenant, *value;
    int dimension;
    const char *policy_version;
    int status;                   /* of its cohorts the one that needs most attention; 0: none */
    int64_t ends_at, waits_since; /* the earliest end; since when one waits; 0: none */
    struct parts orders;          /* struct cohort_order */
    struct parts pending;         /* struct cohort_pending */
    struct parts days;            /* struct cohort_day */
    struct parts counts;          /* struct cohort_count */
    struct parts usual;           /* struct cohort_usual */
    double usual_orders;
    int64_t usual_at;         /* what is usual is as of then */
    int64_t incomplete_until; /* an order was let go that may be in a cohort until then */
    struct parts cohorts;     /* struct cohort */
    struct parts causes;      /* struct cohort_cause: those that are over for CAUSE_DAYS */
    int cause_status;         /* of its causes the one that needs most attention; 0: none */
    int64_t risen_at;         /* when the latest of them was told; 0: none */
    struct parts lines;       /* struct cohort_line: complaints by class, and orders (no class) */
    int64_t judged_day;       /* the last day that was looked at; 0: none */
    int64_t wake_at;
    struct rest rest;
};

extern const struct table cohort_state_table;
extern const struct worker_spec cohort_spec;

/* The rule that a class of complaints falls under; NULL: none, it warns nobody. */
const struct cohort_rule *cohort_rule_of(const struct cohort_policy *policy,
                                         const char *class_name);

#endif
