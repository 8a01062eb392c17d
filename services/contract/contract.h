/* contract: the data of every event type as structs, and one field table each
 * (contract.c). Intake validates with these tables, the workers read and write with them, and
 * deploy/contract/ is generated from them. Decides nothing. */
#ifndef REDRESS_CONTRACT_H
#define REDRESS_CONTRACT_H

#include "base/secrets.h"
#include "data/fields.h"
#include "decision/effects.h"
#include "event_type.h"

enum {
    CONTRACT_TEXT_MAX =
        8000, /* characters of text, note, comment (deploy/contract/README.md, Limits) */
    CONTRACT_URL_MAX = 2000, /* characters; what browsers and proxies agree on */
    CONTRACT_ITEMS_MAX =
        200, /* the longest orders of a shopping festival; keeps a case's state small */
    CONTRACT_LIST_MAX =
        50 /* evidence, deadlines, costs, options of one submission, for the same reason */
};
/* Minor units, below 10^15: 4 096 values (the most that a document holds) of it can be summed in 64
 * bits, and percents of it taken. */
#define CONTRACT_MONEY_MAX INT64_C(999999999999999)

/* Names of choices; a FIELD_CHOICE holds the 1-based index. The enums follow the order of the
 * tables in contract.c. */
enum channel {
    CHANNEL_IM = 1,
    CHANNEL_APP,
    CHANNEL_WEB,
    CHANNEL_EMAIL,
    CHANNEL_PHONE,
    CHANNEL_SMS,
    CHANNEL_SOCIAL
};
enum tier { TIER_REGULAR = 1, TIER_VIP, TIER_SVIP };
enum order_status {
    ORDER_CREATED = 1,
    ORDER_PAID,
    ORDER_PACKED,
    ORDER_SHIPPED,
    ORDER_DELIVERED,
    ORDER_SIGNED,
    ORDER_CANCELLED
};
enum severity { SEVERITY_P1 = 1, SEVERITY_P2, SEVERITY_P3, SEVERITY_P4 };
enum role { ROLE_AGENT = 1, ROLE_SUPERVISOR, ROLE_MANAGER, ROLE_FINANCE };
enum withdraw_reason { WITHDRAW_WITHDRAWN = 1, WITHDRAW_DUPLICATE, WITHDRAW_SPAM };
extern const char *const contract_channels[];
extern const char *const contract_tiers[];
extern const char *const contract_order_statuses[];
extern const char *const contract_severities[];
extern const char *const contract_roles[];
/* Those that every policy knows; sla.yaml may name others. */
#define CONTRACT_AWAITING_CUSTOMER "awaiting_customer"
extern const char *const contract_pause_reasons[];
extern const char *const contract_withdraw_reasons[];
extern const char *const contract_evidence_kinds[];
extern const char *const contract_classes[];
extern const char *const contract_flags[];
extern const char *const contract_remedy_kinds[];
extern const char *const contract_refusals[];
extern const char *const contract_cancel_causes[];
extern const char *const contract_rejections[]; /* redress_reason */

struct customer {
    const char *id, *locale, *timezone, *name, *phone, *email;
    const char *contract, *region, *address_id;
    int tier;
    int64_t erased_at; /* in the case log: he asked for his erasure after he had said this */
};
struct order {
    const char *id, *carrier, *tracking, *warehouse, *lane;
    int status;
    struct money amount;
    int64_t placed_at, shipped_at, promised_at, delivered_at;
    bool custom, perishable;
    bool other_account; /* in the case log: another account has complained about it before */
};
struct item {
    const char *sku, *name, *category, *batch;
    int64_t quantity;
    struct money price;
};
struct evidence {
    int kind;
    const char *url;
};
struct outside_deadline {
    const char *target, *set_by;
    int64_t at;
};
struct requested {
    int remedy;
    struct money amount;
};

/* complaint.submitted, case.opened and case.repeated in one: inbound the last three are absent. */
struct complaint {
    const char *tenant; /* "default" */
    int channel;
    struct customer *customer;
    struct order *order; /* NULL: none */
    struct parts items;  /* struct item */
    const char *text, *conversation;
    struct parts evidence;  /* struct evidence */
    struct parts deadlines; /* struct outside_deadline */
    struct requested *requested;
    const char *case_id;
    int64_t opened_at;
    int64_t repeats; /* case.repeated: how many by now */
};

/* redress.activity and redress.decisions: one struct with every field that some type has. Each type
 * has its own table over this struct (contract_find), which says which fields it takes and which it
 * requires. */
struct activity {
    const char *tenant, *case_id, *by, *to, *team, *note, *text, *channel_name;
    int channel;
    const char *class_name; /* "class" */
    int severity;
    const char *pause_reason; /* "reason" of case.paused */
    int withdraw_reason;
    const char *of;     /* case.withdrawn: the case that goes on */
    bool automated;     /* case.closed: a program did it */
    const char *reason; /* free: settlement.failed, delivery.failed, decision.rejected,
                           compensation.requested, case.closed */
    int64_t until;
    const char *finding;
    const struct tree *fault; /* {party: percent} */
    struct parts costs;       /* struct cost */
    const struct tree *facts; /* {name: number or text} */
    const char *target, *set_by;
    int64_t at;
    const char *task, *result;
    int64_t score;
    const char *proposal_id, *option;
    const char *settlement_id, *reference;
    const char *notification_id;
    bool temporary;                   /* delivery.failed: it may succeed later */
    const char *order_id, *cohort_id; /* settlement.*, delivery.*: about an order without a case */
    struct customer *customer;
    struct order *order;
    struct parts items;
    const char *customer_id;
    struct cohort_match *match;
    int64_t placed_from, placed_to;
    const char *actor, *comment;
    int role;
    struct parts options; /* struct option: compensation.requested */
};
struct cost {
    const char *kind;
    struct money amount;
};
struct cohort_match {
    const char *carrier, *warehouse, *sku, *batch, *lane;
};

/* How long topics keep records with personal data (deploy/docs/topics.md): retention.ms and a
 * segment. */
#define CONTRACT_PERSONAL_MS (INT64_C(31) * 24 * 3600 * 1000)

/* How long it is remembered who asked for his erasure: longer than a topic keeps a complaint. */
#define CONTRACT_ERASED_KEPT_MS (INT64_C(40) * 24 * 3600 * 1000)

/* case.erased */
struct erasure {
    const char *case_id, *by;
    struct texts fields;
    int64_t messages;
    int64_t clear_by;
};

/* case.classified */
struct reason {
    const char *rule, *text;
};
struct classified {
    const char *case_id, *class_name;
    struct texts others;
    int severity;
    struct texts flags;
    double confidence;
    struct parts reasons; /* struct reason */
    const char *rules_version;
    const char *sketch; /* of the text (classification/sketch.h); NULL: none */
};

/* sla.* */
struct sla_target {
    const char *name;
    int64_t cycle, due_at; /* due_at 0: none (paused) */
    const char *set_by;    /* whose deadline it is; NULL: the policy's */
};
struct sla_started {
    const char *case_id, *policy, *policy_version;
    struct parts targets; /* struct sla_target */
};
struct sla_pause { /* sla.paused, sla.resumed */
    const char *case_id, *reason;
    struct parts targets; /* struct sla_target */
};
struct sla_event { /* all other sla.*: each type has its own table over this struct */
    const char *case_id, *target;
    int64_t cycle, due_at, old_due_at, breached_at, met_at;
    const char *cause;
    const char *by, *reason;    /* sla.rescheduled: the person that moved it, and why */
    const char *set_by;         /* whose deadline it is; NULL: the policy's */
    const char *policy_version; /* verdicts: what they were given under */
    int64_t late_seconds, late_working_seconds; /* verdicts: how late, rounded up; 0: not late */
    int64_t percent;                            /* sla.warned: one of the two */
    int64_t before;                             /* ms; a duration on the wire */
    int64_t level;
    int64_t telling; /* sla.escalated: the how manieth of the step; 0: the first */
    const char *to;
    bool unconfirmed, on_time;
};

/* compensation.* */
struct remedy {
    int kind;
    struct money amount;
    int64_t valid_days;
    const char *detail; /* "matching scarf", "air freight 48 h": a line for people */
};
struct option {
    const char *option;    /* "A", "B" */
    struct parts remedies; /* struct remedy */
    struct money cost;
    const struct tree *split; /* {party: money} */
};
struct approval_need {
    int role;
    int64_t approvals;
};
struct settlement_ref {
    const char *settlement_id, *reference;
};
struct decision_ref {
    const char *source, *id;
};
struct compensation { /* every compensation.* type has its own table over this struct */
    const char *case_id, *proposal_id;
    struct parts options; /* struct option */
    struct approval_need *needs;
    int64_t approve_by, choose_by;
    struct texts reasons;
    const char *actor, *in_place_of;
    int64_t approvals, required;
    struct decision_ref *decision;
    int refusal;     /* decision_refused: "reason" */
    struct texts by; /* approved: ["policy"] or the approvers */
    const char *option, *reason;
    int role;
    const char *rule;          /* refused, referred, recovery_claimed: the policy's row */
    struct texts keep;         /* refused: what to keep as evidence */
    struct parts settlements;  /* struct settlement_ref */
    const char *settlement_id; /* escalated: the one that is not done */
    const char *order_id, *party, *carrier; /* recovery_*: of whom, */
    struct money amount;                    /* how much, */
    int64_t late_seconds;                   /* for how long, */
    int64_t claimed_at;                     /* since when */
    const char *reference;                  /* and what it was paid by */
};
/* redress.settlements, type settlement.ordered */
struct settlement {
    const char *settlement_id, *case_id, *order_id, *cohort_id, *customer_id, *proposal_id;
    const char *tenant; /* about an order without a case; else NULL */
    struct remedy *remedy;
    const struct tree *split;
    int64_t attempt; /* the how manieth order of it; 0: the first */
};

/* notification.* and redress.deliveries (type delivery.requested) */
struct notification {
    const char *case_id, *order_id, *cohort_id, *notification_id, *channel, *template_name,
        *audience, *reason;
};
struct collected {
    const char *case_id, *of, *notification_id, *channel, *to, *template_name, *audience, *line;
    int64_t tell_at;
};
struct delivery {
    const char *notification_id, *channel, *to, *locale, *subject, *body;
    int64_t not_before;
    const char *tenant, *order_id, *cohort_id; /* about an order without a case; else NULL */
};

/* order.complained */
struct order_complaint {
    const char *tenant, *case_id, *order_id;
    bool again; /* by a submission that joined its case */
};

/* cohort.opened, cohort.member_warned, cohort.closed */
struct cohort_event {
    const char *tenant, *cohort_id, *class_name, *order_id;
    struct cohort_match *match;
    int64_t placed_from, placed_to;
    int64_t size;
    struct remedy *token; /* member_warned: what is given with it; NULL: nothing */
};

/* cause.risen, cause.reviewed: each type has its own table over this struct. Rates are complaints
 * in 1 000 orders. */
enum cause_outcome {
    CAUSE_OUTCOME_FALLEN = 1, /* after what was done */
    CAUSE_OUTCOME_STAYS,      /* although something was done */
    CAUSE_OUTCOME_OVER,       /* as usual again */
    CAUSE_OUTCOME_LASTING     /* what is usual from now on */
};
extern const char *const contract_cause_outcomes[];
struct cause_event {
    const char *tenant, *cause_id, *class_name, *party;
    struct cohort_match *match;
    int64_t since; /* the beginning of its first day */
    int64_t days;  /* the window that shows it, */
    int64_t complaints, orders;
    double rate, rate_from, rate_to; /* with the interval that holds 95 in 100 */
    double usual_rate;               /* of the weeks before, */
    double expected;                 /* how many complaints would be usual, */
    double chance;                   /* and how likely so many are by chance */
    struct texts examples;           /* case ids */
    int outcome;                     /* enum cause_outcome */
    const char *answer, *by;         /* what was done, and who said so */
    int64_t answered_at;
};

/* Parts; contract_contact is struct customer without tier,
 * contract and region. */
extern const struct table contract_customer, contract_contact, contract_order, contract_item,
    contract_evidence, contract_deadline, contract_requested, contract_cost, contract_match,
    contract_option, contract_remedy, contract_need, contract_reason, contract_target;
/* Inbound. contract_joined is case.customer_replied over struct complaint: a submission that joined
 * the case of its conversation keeps all its fields beside case_id and text. contract_noted:
 * resolved, reopened. */
extern const struct table contract_complaint_submitted, contract_contacted,
    contract_customer_replied, contract_joined, contract_paused, contract_resumed,
    contract_assigned, contract_reclassified, contract_assessed, contract_noted, contract_closed,
    contract_withdrawn, contract_deadline_set, contract_task, contract_visit_scored,
    contract_chosen, contract_settlement_result, contract_delivery_result, contract_order_updated,
    contract_customer_erased, contract_cohort_confirmed, contract_cause_answered,
    contract_decision_approved, contract_decision_rejected, contract_compensation_requested;
/* The workers' own. contract_outcome: compensation.chosen, rejected, expired, withdrawn.
 */
extern const struct table contract_case_opened, contract_case_repeated, contract_case_erased,
    contract_classified, contract_sla_started, contract_sla_paused, contract_sla_resumed,
    contract_sla_rescheduled, contract_sla_warned, contract_sla_breached, contract_sla_escalated,
    contract_sla_met, contract_sla_cancelled, contract_sla_retracted, contract_proposed,
    contract_vote_counted, contract_decision_refused, contract_refused, contract_referred,
    contract_recovery_claimed, contract_recovery_reported, contract_approved, contract_outcome,
    contract_escalated, contract_settled, contract_settlement, contract_notification,
    contract_collected, contract_delivery, contract_cohort, contract_cause_risen,
    contract_cause_reviewed, contract_order_complained;

/* One row an event type. */
struct contract_type {
    enum event_type type;
    const char *name; /* "case.contacted" */
    /* The one that it comes in on; TOPIC_EVENTS: a worker's own word; else where workers send it.
     */
    enum topic topic;
    const struct table *table; /* its data */
    bool names_case;           /* data has case_id */
    const char *doc;
};
extern const struct contract_type contract_types[];             /* ends with a NULL name */
const struct contract_type *contract_row(enum event_type type); /* a known one */
const struct contract_type *contract_find(const char *name);    /* NULL: unknown */
enum event_type contract_event(const char *name);

/* effects_emit() with the name and the table of the type. */
struct output *contract_emit(struct effects *out, enum event_type type, const char *case_id,
                             const char *id, int64_t time_ms, const void *data);
/* effects_send() with the name, the table and the topic of the type. */
struct output *contract_send(struct effects *out, enum event_type type, const char *key,
                             const char *id, int64_t time_ms, const void *data);

/* Whom an event is about: a submission's customer, or that of customer.erased. NULL: nobody. */
const char *contract_customer_named(const struct event *ev);
/* The claim by which intake knows whose an order is: it is there once somebody has complained about
 * the order; its value is his account's hash. */
const char *contract_owner_claim(struct arena *arena, const char *tenant, const char *order_id);
/* Who a customer is in claims: nobody reads from it who, and two of them differ. */
const char *contract_account(struct arena *arena, const struct secrets *secrets, const char *tenant,
                             const char *customer_id);
/* The claim by which intake knows for CONTRACT_ERASED_KEPT_MS when an account asked to be erased:
 * its last word is the latest time. */
const char *contract_erased_claim(struct arena *arena, const char *account);
/* The settlement of the token that goes with a cohort's warning: `<cohort_id>.<order_id>`
 * (deploy/contract/README.md); where that is too long for an id, a hash stands for the order. */
const char *contract_token_id(struct arena *arena, const char *cohort_id, const char *order_id);
/* The route of what is about an order without a case. */
const char *contract_order_route(struct arena *arena, const char *tenant, const char *order_id);
/* "quality.flaw" matches "quality.*", "quality.flaw" and "*". */
bool contract_class_matches(const char *pattern, const char *class_name);

#endif
