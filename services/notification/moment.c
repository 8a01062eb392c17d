/* moment: its table, and which placeholders an event has values for. */
#include "moment.h"
#include "wording.h"

#include <string.h>

static const struct field cause_fields[] = {
    {FIELD(moment_cause, value), .type = FIELD_NAME, .doc = "Whose it is."},
    {FIELD(moment_cause, lane), .type = FIELD_NAME, .doc = "The lane."},
    {FIELD(moment_cause, days), .type = FIELD_INT, .doc = "The days that are compared."},
    {FIELD(moment_cause, complaints), .type = FIELD_INT, .doc = "Complaints in them,"},
    {FIELD(moment_cause, orders), .type = FIELD_INT, .doc = "and orders."},
    {FIELD(moment_cause, rate), .type = FIELD_REAL, .doc = "Complaints in 1 000 orders;"},
    {FIELD(moment_cause, usual_rate), .type = FIELD_REAL, .doc = "and those that are usual."},
    {FIELD(moment_cause, examples), .type = FIELD_TEXTS, .doc = "Cases of it."},
    {FIELD(moment_cause, answer), .type = FIELD_TEXT, .doc = "What was done about it."},
    {FIELD_REST_OF(moment_cause, rest)},
    FIELDS_END,
};
static const struct table moment_cause_table = {.name = "cause",
                                                .size = sizeof(struct moment_cause),
                                                .fields = cause_fields,
                                                .doc = "What has risen."};

static const struct field moment_fields[] = {
    {FIELD(moment, type), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .doc = "Type of the event."},
    {FIELD(moment, at), .type = FIELD_TIME, .doc = "Its time."},
    {FIELD(moment, mark), .type = FIELD_NAME, .doc = "Which of several such events."},
    {FIELD(moment, target), .type = FIELD_NAME, .doc = "The target."},
    {FIELD(moment, task), .type = FIELD_NAME, .doc = "The task."},
    {FIELD(moment, cycle), .type = FIELD_TIME, .doc = "The target's cycle."},
    {FIELD(moment, due_at), .type = FIELD_TIME, .doc = "When it was due."},
    {FIELD(moment, percent), .type = FIELD_INT, .doc = "Of a warning."},
    {FIELD(moment, before), .type = FIELD_DURATION, .doc = "Of a warning."},
    {FIELD(moment, level), .type = FIELD_INT, .doc = "Step of the ladder."},
    {FIELD(moment, proposal_id), .type = FIELD_ID, .doc = "The proposal."},
    {FIELD(moment, option), .type = FIELD_NAME, .doc = "The chosen option."},
    {FIELD(moment, options), .type = FIELD_PARTS, .of = &contract_option, .doc = "Its options."},
    {FIELD(moment, cost), .type = FIELD_MONEY, .doc = "Of its costliest option."},
    {FIELD(moment, choose_by), .type = FIELD_TIME, .doc = "The offer ends then."},
    {FIELD(moment, approve_by), .type = FIELD_TIME, .doc = "The proposal expires then."},
    {FIELD(moment, approvals), .type = FIELD_INT, .doc = "How many must approve."},
    {FIELD(moment, role), .type = FIELD_NAME, .doc = "Whose approval, or who is told."},
    {FIELD(moment, actor), .type = FIELD_NAME, .doc = "Who decided."},
    {FIELD(moment, reason), .type = FIELD_NAME, .doc = "Why."},
    {FIELD(moment, reasons), .type = FIELD_TEXTS, .doc = "What led to it."},
    {FIELD(moment, keep), .type = FIELD_TEXTS, .doc = "What to keep as evidence."},
    {FIELD(moment, other_case), .type = FIELD_ID, .doc = "The case that goes on."},
    {FIELD(moment, lines), .type = FIELD_TEXTS, .doc = "What colleagues are told together."},
    {FIELD(moment, score), .type = FIELD_INT, .doc = "What the customer said."},
    {FIELD(moment, message), .type = FIELD_ID, .doc = "A message that was not delivered."},
    {FIELD(moment, cause), .type = FIELD_PART, .of = &moment_cause_table, .doc = "What has risen."},
    {FIELD(moment, similar), .type = FIELD_TEXT, .doc = "What it is most like."},
    {FIELD(moment, promise), .type = FIELD_BOOL, .doc = "A promise began."},
    {FIELD(moment, by_customer), .type = FIELD_BOOL, .doc = "The customer decided."},
    {FIELD(moment, same_choice), .type = FIELD_BOOL, .doc = "And had before, the same."},
    {FIELD_REST_OF(moment, rest)},
    FIELDS_END,
};
const struct table moment_table = {.name = "moment",
                                   .size = sizeof(struct moment),
                                   .fields = moment_fields,
                                   .doc = "What a message is about."};

#define W(word)  (UINT64_C(1) << WORD_##word)
#define TARGET   (W(TARGET) | W(DUE))
#define OFFER    (W(PROPOSAL) | W(OPTIONS))
#define PROPOSAL W(PROPOSAL)
#define SIMILAR                                                                                    \
    (W(SIMILAR) | W(SIMILAR_OFFERED) | W(SIMILAR_CHOSEN) | W(SIMILAR_TOOK) | W(SIMILAR_SCORE))
#define CAUSE                                                                                      \
    (W(VALUE) | W(DAYS) | W(COMPLAINTS) | W(ORDERS) | W(RATE) | W(USUAL) | W(CLASS) | W(ROLE))
static const struct moment_kind kinds[] = {
    {"case.classified", 0, 0},
    {"case.assigned", 0, 0},
    {"case.repeated", 0, 0},
    {"case.resolved", 0, 0},
    {"case.reopened", 0, 0},
    {"case.withdrawn", W(REASON), W(OTHER_CASE) | W(WHY)},
    {"task.started", 0, 0},
    {"task.done", 0, 0},
    {MOMENT_VISIT_DUE, 0, W(VISIT_LINK)},
    {"visit.scored", W(SCORE), 0},
    {"sla.started", 0, 0},
    {"sla.warned", TARGET, W(USED) | W(LEFT)},
    {"sla.breached", TARGET, W(PROMISED)},
    {"sla.escalated", W(TARGET) | W(LEVEL) | W(ROLE), SIMILAR},
    {"sla.retracted", TARGET, 0},
    {"compensation.proposed", OFFER | W(COST), W(ROLE) | W(APPROVALS) | W(APPROVE_BY)},
    {"compensation.approved", OFFER, W(CHOOSE_BY) | W(CUSTOMER_SHARE) | W(SHARES)},
    {"compensation.chosen", PROPOSAL, W(CHOSEN) | W(SETTLE_BY) | W(CUSTOMER_SHARE) | W(SHARES)},
    {"compensation.settled", PROPOSAL, W(CHOSEN)},
    {"compensation.failed", PROPOSAL, W(CHOSEN)},
    {"compensation.refused", W(ROLE) | W(REASON), OFFER | W(CHOOSE_BY) | W(WHY) | W(KEEP)},
    {"compensation.referred", W(ROLE) | W(REASON), W(PROPOSAL) | W(WHY)},
    {"compensation.rejected", PROPOSAL, W(REASON) | W(WHY)},
    {"compensation.expired", PROPOSAL, W(COST) | W(REASON) | W(WHY)},
    {"compensation.withdrawn", PROPOSAL, W(REASON) | W(WHY)},
    {"compensation.escalated", PROPOSAL, W(COST) | W(ROLE) | W(APPROVE_BY)},
    {"compensation.decision_refused", PROPOSAL | W(REASON),
     W(WHY) | W(OPTIONS) | W(CHOOSE_BY) | W(CHOSEN)},
    {MOMENT_DIGEST, W(LINES) | W(COUNT_OF_LINES), 0},
    {"delivery.failed", 0, W(REASON) | W(WHY)},
    {"cohort.member_warned", W(ORDER) | W(CLASS), W(OPTIONS)},
    {MOMENT_TOKEN_DUE, PROPOSAL | W(ORDER) | W(CLASS), W(REASON)},
    {"cause.risen", CAUSE, W(LANE) | W(CASES)},
    {"cause.reviewed", CAUSE | W(REASON), W(LANE) | W(CASES) | W(ANSWER) | W(WHY)},
};

const struct moment_kind *moment_kind(const char *type) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0) return &kinds[i];
    return NULL;
}

uint64_t moment_of_case(void) {
    return W(AGENT) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(ORDER) | W(ARTICLE) | W(BATCH) |
           W(WAREHOUSE) | W(CARRIER) | W(TASK) | W(SINCE) | W(CONTACT_BY) | W(RESOLVE_BY) |
           W(UPDATE_BY);
}
