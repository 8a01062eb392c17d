/* notification_state: the table of a case's state, and of what stands in it. */
#include "notification.h"

static const struct field target_fields[] = {
    {FIELD(notification_target, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The target."},
    {FIELD(notification_target, cycle), .type = FIELD_TIME, .doc = "Its cycle."},
    {FIELD(notification_target, due_at), .type = FIELD_TIME, .doc = "Absent while it is paused."},
    {FIELD(notification_target, breached), .type = FIELD_BOOL, .doc = "Its time is over."},
    {FIELD_REST_OF(notification_target, rest)},
    FIELDS_END,
};
static const struct table target_table = {.name = "target",
                                          .size = sizeof(struct notification_target),
                                          .fields = target_fields,
                                          .doc = "A deadline that runs."};

static const struct field task_fields[] = {
    {FIELD(notification_task, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The task."},
    {FIELD(notification_task, since), .type = FIELD_TIME, .doc = "When it began."},
    {FIELD_REST_OF(notification_task, rest)},
    FIELDS_END,
};
static const struct table task_table = {.name = "task",
                                        .size = sizeof(struct notification_task),
                                        .fields = task_fields,
                                        .doc = "A task that is not done."};

static const struct field offer_fields[] = {
    {FIELD(notification_offer, proposal_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The proposal."},
    {FIELD(notification_offer, options), .type = FIELD_PARTS, .of = &contract_option,
     .doc = "What was approved."},
    {FIELD(notification_offer, choose_by), .type = FIELD_TIME, .doc = "It ends then."},
    {FIELD(notification_offer, chosen), .type = FIELD_NAME, .doc = "The chosen option."},
    {FIELD(notification_offer, told), .type = FIELD_BOOL, .doc = "The customer was told."},
    {FIELD(notification_offer, ended), .type = FIELD_BOOL, .doc = "It cannot be chosen any more."},
    {FIELD_REST_OF(notification_offer, rest)},
    FIELDS_END,
};
static const struct table offer_table = {.name = "offer",
                                         .size = sizeof(struct notification_offer),
                                         .fields = offer_fields,
                                         .doc = "What the customer was offered."};

static const struct field decision_fields[] = {
    {FIELD(notification_decision, id), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Hash of its source and id."},
    {FIELD(notification_decision, actor), .type = FIELD_NAME,
     .doc = "Who made it; absent: the customer."},
    {FIELD(notification_decision, option), .type = FIELD_NAME, .doc = "For which option."},
    {FIELD_REST_OF(notification_decision, rest)},
    FIELDS_END,
};
static const struct table decision_table = {.name = "decision",
                                            .size = sizeof(struct notification_decision),
                                            .fields = decision_fields,
                                            .doc = "A decision that may be refused."};

static const struct field pending_fields[] = {
    {FIELD(notification_pending, notification_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The message."},
    {FIELD(notification_pending, kind), .type = FIELD_NAME, .doc = "Its text."},
    {FIELD(notification_pending, audience), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Who is told."},
    {FIELD(notification_pending, locale), .type = FIELD_NAME, .doc = "Its locale."},
    {FIELD(notification_pending, channel), .type = FIELD_CHOICE, .choices = contract_channels,
     .doc = "Where it went."},
    {FIELD(notification_pending, attempt), .type = FIELD_INT, .doc = "Which attempt this is."},
    {FIELD(notification_pending, tried), .type = FIELD_TEXTS,
     .doc = "Channels on which it failed."},
    {FIELD(notification_pending, retries), .type = FIELD_INT,
     .doc = "How often it was tried again on this channel."},
    {FIELD(notification_pending, again_at), .type = FIELD_TIME, .doc = "It is tried again then."},
    {FIELD(notification_pending, report_by), .type = FIELD_TIME,
     .doc = "Without a report by then it has failed."},
    {FIELD(notification_pending, to), .type = FIELD_NAME, .max = 254,
     .doc = "The colleague whom the event named."},
    {FIELD(notification_pending, moment), .type = FIELD_PART, .of = &moment_table,
     .doc = "What it is about."},
    {FIELD_REST_OF(notification_pending, rest)},
    FIELDS_END,
};
static const struct table pending_table = {.name = "pending",
                                           .size = sizeof(struct notification_pending),
                                           .fields = pending_fields,
                                           .doc = "A message under way."};

static const struct field waiting_fields[] = {
    {FIELD(notification_waiting, mark), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Its id behind the case's."},
    {FIELD(notification_waiting, text), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Its text."},
    {FIELD(notification_waiting, moment), .type = FIELD_PART, .of = &moment_table,
     .doc = "What it is about."},
    {FIELD_REST_OF(notification_waiting, rest)},
    FIELDS_END,
};
static const struct table waiting_table = {.name = "waiting",
                                           .size = sizeof(struct notification_waiting),
                                           .fields = waiting_fields,
                                           .doc = "A message to the customer that waits."};

static const char *const demands[] = {"refused", "referred", NULL};

#define OWN(member, field_type)                                                                    \
    FIELD(notification_state, member), .type = field_type, .flags = FIELD_HIDDEN
#define PERSONAL(member, field_type)                                                               \
    FIELD(notification_state, member), .type = field_type, .flags = FIELD_PRIVATE
static const struct field state_fields[] = {
    {OWN(case_id, FIELD_ID), .doc = "The case."},
    {FIELD(notification_state, tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD(notification_state, channel), .type = FIELD_CHOICE, .choices = contract_channels,
     .doc = "The way the complaint came in."},
    {FIELD(notification_state, locale), .type = FIELD_NAME, .doc = "The customer's locale."},
    {OWN(timezone, FIELD_NAME), .doc = "The customer's time zone."},
    {OWN(policy_version, FIELD_NAME),
     .doc = "The version of notification.yaml that the case keeps."},
    {OWN(tier, FIELD_CHOICE), .choices = contract_tiers, .doc = "The customer's tier."},
    {OWN(profile, FIELD_PART), .of = &profile_table,
     .doc = "Class, severity, flags and status by now."},
    {OWN(assignee, FIELD_NAME), .doc = "The agent who has it."},
    {FIELD(notification_state, team), .type = FIELD_NAME, .doc = "The agent's team."},
    {OWN(order_id, FIELD_ID), .doc = "The order."},
    {OWN(order_status, FIELD_CHOICE), .choices = contract_order_statuses,
     .doc = "Where it stood when it was last named."},
    {OWN(article, FIELD_NAME), .doc = "Its first article."},
    {OWN(batch, FIELD_NAME), .doc = "That one's batch."},
    {OWN(warehouse, FIELD_NAME), .doc = "Where it left from."},
    {OWN(carrier, FIELD_NAME), .doc = "Who carried it."},
    {OWN(without_case, FIELD_BOOL), .doc = "An order's, about which there is no case."},
    {OWN(cohort_id, FIELD_ID), .doc = "The cohort that warned it."},
    {OWN(facts_at, FIELD_TIME), .doc = "Its facts were so then."},
    {OWN(demand, FIELD_CHOICE), .choices = demands, .doc = "What became of the customer's demand."},
    {OWN(assessed, FIELD_BOOL), .doc = "An inspection or check has reported."},
    {OWN(escalated, FIELD_BOOL), .doc = "A breach went up the ladder, since it was opened last."},
    {OWN(evidence, FIELD_BOOL), .doc = "The customer has shown something."},
    {OWN(reopened, FIELD_INT), .doc = "How often."},
    {OWN(score, FIELD_INT), .doc = "What the customer said when asked afterwards."},
    {OWN(targets, FIELD_PARTS), .of = &target_table, .doc = "Deadlines that run."},
    {OWN(tasks, FIELD_PARTS), .of = &task_table, .doc = "Tasks that are not done."},
    {OWN(offers, FIELD_PARTS), .of = &offer_table, .doc = "What the customer was offered."},
    {OWN(decisions, FIELD_PARTS), .of = &decision_table, .doc = "The last decisions."},
    {OWN(proposal_id, FIELD_ID), .doc = "The last proposal."},
    {OWN(cost, FIELD_MONEY), .doc = "Of its costliest option."},
    {OWN(approve_by, FIELD_TIME), .doc = "It expires then."},
    {OWN(contact_told, FIELD_TIME), .doc = "When first contact was promised for."},
    {OWN(resolve_told, FIELD_TIME), .doc = "When a solution was promised for."},
    {OWN(told, FIELD_TEXTS), .doc = "Audiences that were told of the case."},
    {OWN(sent, FIELD_TEXTS), .doc = "Messages that have been asked for."},
    {OWN(pending, FIELD_PARTS), .of = &pending_table, .doc = "Messages under way."},
    {OWN(retries, FIELD_PARTS), .of = &pending_table, .doc = "Messages that failed for now."},
    {OWN(waiting, FIELD_PARTS), .of = &waiting_table, .doc = "Messages that wait."},
    {OWN(lines, FIELD_PARTS), .of = &contract_collected,
     .doc = "What colleagues are told together."},
    {OWN(greeted, FIELD_BOOL), .doc = "The first word has been said."},
    {OWN(greet_at, FIELD_TIME), .doc = "It is said then, whatever is known."},
    {OWN(heard_at, FIELD_TIME), .doc = "When the customer wrote or chose last."},
    {OWN(hold_at, FIELD_TIME), .doc = "What waits goes out then: the customer is asleep."},
    {OWN(visit_at, FIELD_TIME), .doc = "The customer is asked then how content he is."},
    {OWN(visit_until, FIELD_TIME), .doc = "A digit is his answer until then."},
    {OWN(forget_at, FIELD_TIME), .doc = "A closed case is forgotten then."},
    {FIELD(notification_state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN,
     .doc = "The worker looks at the case again then."},
    {OWN(erased_at, FIELD_TIME), .doc = "The customer asked for his erasure."},
    {FIELD(notification_state, customer_id), .type = FIELD_ID, .flags = FIELD_PRIVATE | FIELD_FOUND,
     .doc = "The customer."},
    {PERSONAL(name, FIELD_NAME), .doc = "The customer's name."},
    {PERSONAL(phone, FIELD_NAME), .doc = "The customer's telephone number."},
    {PERSONAL(email, FIELD_NAME), .max = 254, .doc = "The customer's mail address."},
    {PERSONAL(conversation, FIELD_ID), .doc = "The chat or thread."},
    {FIELD_REST_OF(notification_state, rest)},
    FIELDS_END,
};
#undef OWN
#undef PERSONAL
const struct table notification_state_table = {
    .name = "notification",
    .size = sizeof(struct notification_state),
    .fields = state_fields,
    .doc = "How a case's customer is reached, and what has been said."};
