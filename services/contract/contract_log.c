/* contract_log: the tables of the workers' own words: classification, sla, compensation,
 * notification, cohort. */
#include "contract_row.h"

static const struct field classified_fields[] = {
    CASE_ID(classified),
    {FIELD_AS("class", classified, class_name), MUST(FIELD_NAME), .doc = "The class."},
    {FIELD(classified, others), MAY(FIELD_TEXTS),
     .doc = "Further classes that the text speaks of."},
    {FIELD(classified, severity), MUST(FIELD_CHOICE), .choices = contract_severities,
     .doc = "Readers take the highest."},
    {FIELD(classified, flags), MAY(FIELD_TEXTS), .doc = "Readers take all that were ever given."},
    {FIELD(classified, confidence), MUST(FIELD_REAL), BETWEEN(0, 1),
     .doc = "0 to 1: how often such a class is right."},
    {FIELD(classified, reasons), MAY(FIELD_PARTS), .of = &contract_reason,
     .doc = "What led to it."},
    {FIELD(classified, rules_version), MUST(FIELD_NAME), .doc = "Version of the rules."},
    {FIELD(classified, sketch), MAY(FIELD_ID),
     .doc = "The text as 96 characters that tell how alike two texts are, and not what they say."},
    FIELDS_END,
};
TABLE(classified, classified, "case.classified",
      "Class, severity and flags of a submission, with the evidence.");

static const struct field case_erased_fields[] = {
    CASE_ID(erasure),
    {FIELD(erasure, by), MUST(FIELD_NAME), .doc = "The worker whose state held it."},
    {FIELD(erasure, fields), MAY(FIELD_TEXTS), .doc = "What was blanked, by name."},
    {FIELD(erasure, messages), MAY(FIELD_INT),
     .doc = "How many messages to the customer waited and are not sent any more."},
    {FIELD(erasure, clear_by), MUST(FIELD_TIME),
     .doc = "By then the records of all topics that held it have run out (31 days), and changelogs "
            "are compacted."},
    FIELDS_END,
};
TABLE(case_erased, erasure, "case.erased", "What a case held of a customer who asked for erasure.");

static const struct field sla_started_fields[] = {
    CASE_ID(sla_started),
    {FIELD(sla_started, policy), MUST(FIELD_NAME), .doc = "The policy that matched."},
    {FIELD(sla_started, policy_version), MUST(FIELD_NAME),
     .doc = "The version that the case keeps."},
    {FIELD(sla_started, targets), MUST(FIELD_PARTS), .of = &contract_target,
     .doc = "What runs from now on."},
    FIELDS_END,
};
TABLE(sla_started, sla_started, "sla.started", "The case has its deadlines.");

static const struct field sla_paused_fields[] = {
    CASE_ID(sla_pause),
    {FIELD(sla_pause, reason), MUST(FIELD_NAME), .doc = "Whom the case waits for."},
    {FIELD(sla_pause, targets), MUST(FIELD_PARTS), .of = &contract_target,
     .doc = "Which targets stand still."},
    FIELDS_END,
};
TABLE(sla_paused, sla_pause, "sla.paused", "Clocks stand still.");

static const struct field sla_resumed_fields[] = {
    CASE_ID(sla_pause),
    {FIELD(sla_pause, reason), MUST(FIELD_NAME), .doc = "What they had waited for."},
    {FIELD(sla_pause, targets), MUST(FIELD_PARTS), .of = &contract_target,
     .doc = "Which targets run again, and when they are due."},
    FIELDS_END,
};
TABLE(sla_resumed, sla_pause, "sla.resumed", "Clocks run again.");

/* Which cycle of which target, as every other sla.* event says it. */
#define CYCLE                                                                                      \
    CASE_ID(sla_event), {FIELD(sla_event, target), MUST(FIELD_NAME), .doc = "The target."}, {      \
        FIELD(sla_event, cycle), MUST(FIELD_TIME),                                                 \
            .doc = "The cycle: the time of the fact that started it."                              \
    }
#define DUE_AT                                                                                     \
    { FIELD(sla_event, due_at), MUST(FIELD_TIME), .doc = "When it was due." }
/* Deadlines may be set from outside. */
#define SET_BY                                                                                     \
    {                                                                                              \
        FIELD(sla_event, set_by), MAY(FIELD_NAME),                                                 \
            .doc = "Whose deadline it is, when it was set from outside."                           \
    }
/* Never rewritten, so they say what they were given under. */
#define VERDICT                                                                                    \
    {FIELD(sla_event, policy_version), MAY(FIELD_NAME),                                            \
     .doc = "The policy version that it was given under."},                                        \
        {FIELD(sla_event, late_seconds), MAY(FIELD_INT),                                           \
         .doc = "How late, by the clock on the wall; absent: 0."},                                 \
    {                                                                                              \
        FIELD(sla_event, late_working_seconds), MAY(FIELD_INT),                                    \
            .doc = "How late in the target's working time, without its pauses; absent: 0."         \
    }
#define CAUSE(sentence)                                                                            \
    { FIELD(sla_event, cause), MUST(FIELD_NAME), .doc = sentence }

static const struct field sla_rescheduled_fields[] = {
    CYCLE,
    {FIELD(sla_event, old_due_at), MAY(FIELD_TIME),
     .doc = "Due until now; absent: it had no due time."},
    {FIELD(sla_event, due_at), MAY(FIELD_TIME),
     .doc = "Due from now on; absent: it has no due time."},
    CAUSE("What moved it."),
    {FIELD(sla_event, by), MAY(FIELD_NAME), .doc = "The person who did, by another class."},
    {FIELD(sla_event, reason), MAY(FIELD_NAME), .doc = "And why."},
    SET_BY,
    FIELDS_END,
};
TABLE(sla_rescheduled, sla_event, "sla.rescheduled", "A deadline moved.");

static const struct field sla_warned_fields[] = {
    CYCLE,
    DUE_AT,
    {FIELD(sla_event, percent), MAY(FIELD_INT), BETWEEN(1, 100),
     .doc = "This share of the allowance is used, or:"},
    {FIELD(sla_event, before), MAY(FIELD_DURATION), .doc = "so long before the deadline."},
    SET_BY,
    FIELDS_END,
};
TABLE(sla_warned, sla_event, "sla.warned", "A deadline comes near; has percent or before.");

static const struct field sla_breached_fields[] = {
    CYCLE,
    DUE_AT,
    {FIELD(sla_event, breached_at), MUST(FIELD_TIME), .doc = "When it was noticed."},
    {FIELD(sla_event, unconfirmed), MAY(FIELD_BOOL),
     .doc = "Fired without proof, for intake stood still."},
    SET_BY,
    VERDICT,
    FIELDS_END,
};
TABLE(sla_breached, sla_event, "sla.breached", "A deadline has passed unmet.");

static const struct field sla_escalated_fields[] = {
    CYCLE,
    {FIELD(sla_event, level), MUST(FIELD_INT), BETWEEN(1, 20),
     .doc = "The step of the ladder, from 1."},
    {FIELD(sla_event, telling), MAY(FIELD_INT), BETWEEN(2, 10),
     .doc = "The step is told again: for the second time, the third; absent: the first."},
    {FIELD(sla_event, to), MUST(FIELD_NAME), .doc = "The role that is told."},
    FIELDS_END,
};
TABLE(sla_escalated, sla_event, "sla.escalated", "A breach goes up the ladder.");

static const struct field sla_met_fields[] = {
    CYCLE,
    DUE_AT,
    {FIELD(sla_event, met_at), MUST(FIELD_TIME), .doc = "The time of the fact that met it."},
    {FIELD(sla_event, on_time), MUST(FIELD_BOOL), .doc = "Not after the deadline."},
    SET_BY,
    VERDICT,
    FIELDS_END,
};
TABLE(sla_met, sla_event, "sla.met", "A target was met.");

static const struct field sla_cancelled_fields[] = {
    CYCLE,
    CAUSE(
        "`policy`, `withdrawn`, `reopened`, `resolved`, `closed`, `late_record`, or the type that "
        "the target's own `ends_on` names."),
    FIELDS_END,
};
TABLE(sla_cancelled, sla_event, "sla.cancelled", "A target runs no longer.");

static const struct field sla_retracted_fields[] = {
    CYCLE,
    DUE_AT,
    {FIELD(sla_event, breached_at), MUST(FIELD_TIME), .doc = "When the breach had been noticed."},
    {FIELD(sla_event, met_at), MAY(FIELD_TIME),
     .doc = "The time of the fact that met it after all."},
    CAUSE("`late_record`."),
    FIELDS_END,
};
TABLE(sla_retracted, sla_event, "sla.retracted", "A breach that a later record disproved.");

#define PROPOSAL                                                                                   \
    CASE_ID(compensation), {                                                                       \
        FIELD(compensation, proposal_id), MUST(FIELD_ID), .doc = "The proposal: `<case_id>.<n>`."  \
    }

static const struct field proposed_fields[] = {
    PROPOSAL,
    {FIELD(compensation, options), MUST(FIELD_PARTS), .of = &contract_option,
     .doc = "What the customer may choose from."},
    {FIELD(compensation, needs), MAY(FIELD_PART), .of = &contract_need,
     .doc = "Whose approval; absent: nobody's."},
    {FIELD(compensation, approve_by), MAY(FIELD_TIME),
     .doc = "It expires then when nobody has decided."},
    {FIELD(compensation, reasons), MAY(FIELD_TEXTS), .doc = "What led to it."},
    FIELDS_END,
};
TABLE(proposed, compensation, "compensation.proposed", "What could be offered.");

static const struct field vote_counted_fields[] = {
    PROPOSAL,
    {FIELD(compensation, actor), MUST(FIELD_NAME), .doc = "Who approved."},
    {FIELD(compensation, in_place_of), MAY(FIELD_NAME),
     .doc = "Who has delegated it to him, by `delegations` of compensation.yaml."},
    {FIELD(compensation, approvals), MUST(FIELD_INT), .doc = "How many have by now."},
    {FIELD(compensation, required), MUST(FIELD_INT), .doc = "How many must."},
    FIELDS_END,
};
TABLE(vote_counted, compensation, "compensation.vote_counted", "One of several approvals.");

static const struct field decision_ref_fields[] = {
    {FIELD(decision_ref, source), MUST(FIELD_NAME), .doc = "Source of the decision's event."},
    {FIELD(decision_ref, id), MUST(FIELD_ID), .doc = "Id of the decision's event."},
    FIELDS_END,
};
static const struct table decision_ref = {.name = "decision",
                                          .size = sizeof(struct decision_ref),
                                          .fields = decision_ref_fields,
                                          .doc = "The decision as it came in."};

static const struct field decision_refused_fields[] = {
    PROPOSAL,
    {FIELD(compensation, decision), MUST(FIELD_PART), .of = &decision_ref,
     .doc = "Which decision."},
    {FIELD_AS("reason", compensation, refusal), MUST(FIELD_CHOICE), .choices = contract_refusals,
     .doc = "Why it does not count."},
    FIELDS_END,
};
TABLE(decision_refused, compensation, "compensation.decision_refused",
      "A decision that does not count.");

#define DEMAND                                                                                     \
    CASE_ID(compensation),                                                                         \
        {FIELD(compensation, proposal_id), MAY(FIELD_ID),                                          \
         .doc = "The proposal that is offered all the same; absent: the table offers nothing."},   \
        {FIELD(compensation, rule), MUST(FIELD_NAME),                                              \
         .doc = "The row of `reviews` in compensation.yaml."},                                     \
    {                                                                                              \
        FIELD(compensation, role), MUST(FIELD_CHOICE),                                             \
            .choices = contract_roles,                                                             \
            .doc = "Who looks at it: what is offered is decided by this role or a higher one."     \
    }

static const struct field refused_fields[] = {
    DEMAND,
    {FIELD_AS("alternative", compensation, options), MAY(FIELD_PARTS), .of = &contract_option,
     .doc = "What the policy gives anyone in such a case: neither more nor less."},
    {FIELD(compensation, keep), MAY(FIELD_TEXTS), .doc = "What to keep as evidence."},
    FIELDS_END,
};
TABLE(refused, compensation, "compensation.refused",
      "A demand that is too much, or comes with a threat, is not met.");

static const struct field referred_fields[] = {DEMAND, FIELDS_END};
TABLE(referred, compensation, "compensation.referred",
      "A demand that the law may give: not refused, for legal review.");

static const struct field recovery_claimed_fields[] = {
    CASE_ID(compensation),
    {FIELD(compensation, order_id), MUST(FIELD_ID), .doc = "The order, for which it is said once."},
    {FIELD(compensation, rule), MUST(FIELD_NAME),
     .doc = "The row of `recovery` in compensation.yaml."},
    {FIELD(compensation, party), MUST(FIELD_ID), .doc = "Who owes it, e.g. `carrier`."},
    {FIELD(compensation, carrier), MAY(FIELD_NAME), .doc = "The order's carrier."},
    {FIELD(compensation, amount), MUST(FIELD_MONEY), MONEY_RANGE, .doc = "How much."},
    {FIELD(compensation, late_seconds), MUST(FIELD_INT), BETWEEN(1, INT64_MAX),
     .doc = "How late the order came, or was by the time that the case was told of it."},
    {FIELD(compensation, settlement_id), MAY(FIELD_ID),
     .doc = "The `settlement.ordered` of it; absent: said before there was one."},
    {FIELD(compensation, claimed_at), MAY(FIELD_TIME), .doc = "When; it is summed in this month."},
    FIELDS_END,
};
TABLE(recovery_claimed, compensation, "compensation.recovery_claimed",
      "What a party owes the house because an order is late.");

static const struct field recovery_reported_fields[] = {
    CASE_ID(compensation),
    {FIELD(compensation, order_id), MUST(FIELD_ID), .doc = "The order."},
    {FIELD(compensation, party), MUST(FIELD_ID), .doc = "Who owed it."},
    {FIELD(compensation, carrier), MAY(FIELD_NAME), .doc = "The order's carrier."},
    {FIELD(compensation, amount), MUST(FIELD_MONEY), MONEY_RANGE, .doc = "How much."},
    {FIELD(compensation, settlement_id), MUST(FIELD_ID), .doc = "What was reported on."},
    {FIELD(compensation, claimed_at), MUST(FIELD_TIME), .doc = "When it was claimed."},
    {FIELD(compensation, reference), MAY(FIELD_NAME),
     .doc = "The reference of whoever reported it."},
    FIELDS_END,
};
TABLE(recovery_reported, compensation, "compensation.recovery_reported",
      "What became of what a party owed.");

static const struct field approved_fields[] = {
    PROPOSAL,
    {FIELD(compensation, options), MUST(FIELD_PARTS), .of = &contract_option,
     .doc = "What the customer is offered, never before."},
    {FIELD(compensation, choose_by), MAY(FIELD_TIME), .doc = "The offer ends then."},
    {FIELD(compensation, by), MUST(FIELD_TEXTS), .doc = "`policy`, or the approvers."},
    FIELDS_END,
};
TABLE(approved, compensation, "compensation.approved", "The offer stands.");

#define OUTCOME                                                                                    \
    PROPOSAL, {FIELD(compensation, option), MAY(FIELD_NAME), .max = 16, .doc = "The option."},     \
        {FIELD(compensation, role), MAY(FIELD_CHOICE), .choices = contract_roles,                  \
         .doc = "The role that is told or has decided."},                                          \
    {                                                                                              \
        FIELD(compensation, reason), MAY(FIELD_NAME), .doc = "Why."                                \
    }

static const struct field outcome_fields[] = {
    OUTCOME,
    FIELDS_END,
};
TABLE(outcome, compensation, "compensation_outcome", "What became of a proposal.");

static const struct field escalated_fields[] = {
    OUTCOME,
    {FIELD(compensation, settlement_id), MAY(FIELD_ID),
     .doc = "The settlement that is not done in its time."},
    FIELDS_END,
};
TABLE(escalated, compensation, "compensation.escalated", "A role is asked to act.");

static const struct field settlement_ref_fields[] = {
    {FIELD(settlement_ref, settlement_id), MUST(FIELD_ID), .doc = "The settlement."},
    {FIELD(settlement_ref, reference), MAY(FIELD_NAME),
     .doc = "The reference of whoever carried it out."},
    FIELDS_END,
};
static const struct table settlement_ref = {.name = "settlement",
                                            .size = sizeof(struct settlement_ref),
                                            .fields = settlement_ref_fields,
                                            .doc = "A settlement and its reference."};

static const struct field settled_fields[] = {
    PROPOSAL,
    {FIELD(compensation, settlements), MUST(FIELD_PARTS), .of = &settlement_ref,
     .doc = "What was carried out, or failed."},
    FIELDS_END,
};
TABLE(settled, compensation, "compensation_settled", "All is carried out, or something failed.");

static const struct field settlement_fields[] = {
    ABOUT(settlement),
    {FIELD(settlement, settlement_id), MUST(FIELD_ID),
     .doc = "The idempotency key: `<proposal_id>.<n>`; of what a party owes "
            "`<case_id>.recovery.<party>`."},
    {FIELD(settlement, customer_id), MUST(FIELD_ID), .doc = "The customer."},
    {FIELD(settlement, proposal_id), MAY(FIELD_ID), .doc = "The proposal that it follows from."},
    {FIELD(settlement, remedy), MUST(FIELD_PART), .of = &contract_remedy,
     .doc = "What is to be done."},
    {FIELD(settlement, split), MUST(FIELD_TREE), .schema = SPLIT_SCHEMA,
     .doc = "Who bears it: {party: money}."},
    {FIELD(settlement, attempt), MAY(FIELD_INT),
     .doc = "The how manieth order of it, from 2: it was not reported as done. What was done "
            "already is not done again, but reported again."},
    {FIELD(settlement, tenant), MAY(FIELD_ID),
     .doc = "Of an order without a case: its tenant, which the report must name."},
    FIELDS_END,
};
TABLE_OF(settlement, settlement, "settlement.ordered", CASE_OR_ORDER,
         "One remedy that somebody must carry out, once.");

static const struct field notification_fields[] = {
    ABOUT(notification),
    {FIELD(notification, notification_id), MUST(FIELD_ID), .doc = "The message's idempotency key."},
    {FIELD(notification, channel), MUST(FIELD_NAME), .doc = "The channel it goes out on."},
    {FIELD_AS("template", notification, template_name), MUST(FIELD_NAME), .doc = "The template."},
    {FIELD(notification, audience), MUST(FIELD_NAME), .doc = "Who is told: `customer`, or a role."},
    {FIELD(notification, reason), MAY(FIELD_NAME), .doc = "Why it failed or was suppressed."},
    FIELDS_END,
};
TABLE_OF(notification, notification, "notification", CASE_OR_ORDER,
         "A message, and what became of it.");

static const struct field collected_fields[] = {
    {FIELD(collected, case_id), MUST(FIELD_ID), .doc = "The case that tells it."},
    {FIELD(collected, of), MUST(FIELD_ID), .doc = "The case that it is about."},
    {FIELD(collected, notification_id), MUST(FIELD_ID), .doc = "What the message would have been."},
    {FIELD(collected, channel), MUST(FIELD_NAME), .doc = "The channel,"},
    {FIELD(collected, to), MUST(FIELD_NAME), .max = 254, .doc = "and the address on it."},
    {FIELD_AS("template", collected, template_name), MUST(FIELD_NAME), .doc = "The template."},
    {FIELD(collected, audience), MUST(FIELD_NAME), .doc = "The role."},
    {FIELD(collected, line), MUST(FIELD_TEXT), .doc = "The template's subject line."},
    {FIELD(collected, tell_at), MUST(FIELD_TIME), .doc = "It is told then."},
    FIELDS_END,
};
TABLE(collected, collected, "notification.collected",
      "A line of a message to colleagues that is told with others of their window.");

static const struct field delivery_fields[] = {
    {FIELD(delivery, notification_id), MUST(FIELD_ID), .doc = "The idempotency key."},
    {FIELD(delivery, channel), MUST(FIELD_NAME), .doc = "The channel."},
    {FIELD(delivery, to), MUST(FIELD_NAME), .max = 254, .doc = "The address on that channel."},
    {FIELD(delivery, locale), MUST(FIELD_NAME), .max = 35, .doc = "BCP 47 language tag."},
    {FIELD(delivery, subject), MAY(FIELD_NAME),
     .doc = "The subject line, where the channel has one."},
    {FIELD(delivery, body), MUST(FIELD_TEXT), .doc = "The words."},
    {FIELD(delivery, not_before), MAY(FIELD_TIME), .doc = "Not to be sent earlier (quiet hours)."},
    {FIELD(delivery, order_id), MAY(FIELD_ID), .doc = "About an order without a case: the order,"},
    {FIELD(delivery, cohort_id), MAY(FIELD_ID), .doc = "its cohort,"},
    {FIELD(delivery, tenant), MAY(FIELD_ID),
     .doc = "and its tenant, all of which the report must name in place of a case."},
    FIELDS_END,
};
TABLE(delivery, delivery, "delivery.requested", "One message to send on one channel.");

static const struct field cohort_fields[] = {
    {FIELD(cohort_event, cohort_id), MUST(FIELD_ID), .doc = "The cohort."},
    {FIELD(cohort_event, match), MUST(FIELD_PART), .of = &contract_match, .doc = "Which orders."},
    {FIELD(cohort_event, placed_from), MAY(FIELD_TIME), .doc = "Placed at this time or later."},
    {FIELD(cohort_event, placed_to), MAY(FIELD_TIME), .doc = "Placed before this time."},
    {FIELD_AS("class", cohort_event, class_name), MUST(FIELD_NAME),
     .doc = "The class of complaint that threatens."},
    {FIELD(cohort_event, size), MAY(FIELD_INT), .doc = "How many orders are in it."},
    {FIELD(cohort_event, order_id), MAY(FIELD_ID), .doc = "cohort.member_warned: the order,"},
    {FIELD(cohort_event, token), MAY(FIELD_PART), .of = &contract_remedy,
     .doc = "and what its customer is given with the warning."},
    TENANT(cohort_event),
    FIELDS_END,
};
TABLE(cohort, cohort_event, "cohort", "Orders at risk from one cause.");

#define CAUSE_OF                                                                                   \
    {FIELD(cause_event, cause_id), MUST(FIELD_ID), .pattern = CASE_PATTERN,                        \
     .doc = "The cause; of the form of a case's id."},                                             \
        TENANT(cause_event),                                                                       \
        {FIELD(cause_event, match), MUST(FIELD_PART), .of = &contract_match,                       \
         .doc = "Whose it is: one carrier, warehouse, article, batch or lane."},                   \
        {FIELD_AS("class", cause_event, class_name), MUST(FIELD_NAME),                             \
         .doc = "The class of most of the complaints; those of its group are counted."},           \
        {FIELD(cause_event, party), MUST(FIELD_NAME), .doc = "The role that can mend it."},        \
        {FIELD(cause_event, since), MUST(FIELD_TIME),                                              \
         .doc = "The beginning of the first day that shows it."},                                  \
        {FIELD(cause_event, days), MUST(FIELD_INT), .doc = "The days that are compared: 1 or 7."}, \
        {FIELD(cause_event, complaints), MUST(FIELD_INT), .doc = "Complaints in them,"},           \
        {FIELD(cause_event, orders), MUST(FIELD_INT), .doc = "and orders."},                       \
        {FIELD(cause_event, rate), MUST(FIELD_REAL),                                               \
         .doc = "Complaints in 1 000 orders, each counted when it may bring some,"},               \
        {FIELD(cause_event, rate_from), MUST(FIELD_REAL),                                          \
         .doc = "with the interval that holds 95 in 100: from"},                                   \
        {FIELD(cause_event, rate_to), MUST(FIELD_REAL), .doc = "to."},                             \
        {FIELD(cause_event, usual_rate), MUST(FIELD_REAL),                                         \
         .doc = "The same of the eight weeks before."},                                            \
    {                                                                                              \
        FIELD(cause_event, expected), MUST(FIELD_REAL), .doc = "How many complaints were usual."   \
    }

static const struct field cause_risen_fields[] = {
    CAUSE_OF,
    {FIELD(cause_event, chance), MUST(FIELD_REAL), BETWEEN(0, 1),
     .doc = "How likely so many are by chance."},
    {FIELD(cause_event, examples), MAY(FIELD_TEXTS), .doc = "Cases of it, the latest."},
    FIELDS_END,
};
TABLE(cause_risen, cause_event, "cause.risen", "More complaints than usual have one cause.");

const char *const contract_cause_outcomes[] = {"fallen", "stays", "over", "lasting", NULL};
static const struct field cause_reviewed_fields[] = {
    CAUSE_OF,
    {FIELD(cause_event, outcome), MUST(FIELD_CHOICE), .choices = contract_cause_outcomes,
     .doc = "A week after an answer `fallen` or `stays`; in the end `over` (as usual again) or "
            "`lasting` (usual from now on)."},
    {FIELD(cause_event, answer), MAY(FIELD_TEXT), .doc = "What was done about it,"},
    {FIELD(cause_event, by), MAY(FIELD_NAME), .doc = "who said so,"},
    {FIELD(cause_event, answered_at), MAY(FIELD_TIME), .doc = "and when."},
    FIELDS_END,
};
TABLE(cause_reviewed, cause_event, "cause.reviewed", "What became of a cause.");

static const struct field order_complained_fields[] = {
    TENANT(order_complaint),
    CASE_ID(order_complaint),
    {FIELD(order_complaint, order_id), MUST(FIELD_ID), .doc = "The order."},
    {FIELD(order_complaint, again), MAY(FIELD_BOOL),
     .doc = "By a submission that joined its case."},
    FIELDS_END,
};
TABLE(order_complained, order_complaint, "order.complained",
      "That there is a complaint about an order, without what it says.");
