/* notification: the state table, and which event is told to whom. */
#include "notification.h"
#include "base/ids.h"
#include "message.h"

#include <string.h>

static const struct field pending_fields[] = {
    {FIELD(notification_pending, notification_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The message."},
    {FIELD(notification_pending, kind), .type = FIELD_NAME, .doc = "Its template."},
    {FIELD(notification_pending, audience), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Who is told."},
    {FIELD(notification_pending, locale), .type = FIELD_NAME, .doc = "Its locale."},
    {FIELD(notification_pending, channel), .type = FIELD_CHOICE, .choices = contract_channels,
     .doc = "Where it went."},
    {FIELD(notification_pending, fell_back), .type = FIELD_BOOL,
     .doc = "It is the second try already."},
    {FIELD(notification_pending, values), .type = FIELD_TREE,
     .doc = "What it was filled with, but the name."},
    {FIELD_REST_OF(notification_pending, rest)},
    FIELDS_END,
};
static const struct record pending_record = {.name = "pending",
                                             .size = sizeof(struct notification_pending),
                                             .fields = pending_fields,
                                             .doc = "A message under way."};

#define OWN(member, field_type)                                                                    \
    FIELD(notification_state, member), .type = field_type, .flags = FIELD_HIDDEN
#define PERSONAL(member, field_type)                                                               \
    FIELD(notification_state, member), .type = field_type, .flags = FIELD_PRIVATE
static const struct field state_fields[] = {
    {FIELD(notification_state, tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD(notification_state, channel), .type = FIELD_CHOICE, .choices = contract_channels,
     .doc = "The way the complaint came in."},
    {FIELD(notification_state, locale), .type = FIELD_NAME, .doc = "The customer's locale."},
    {OWN(policy_version, FIELD_NAME),
     .doc = "The version of notification.yaml that the case keeps."},
    {OWN(tier, FIELD_CHOICE), .choices = contract_tiers, .doc = "The customer's tier."},
    {OWN(profile, FIELD_RECORD), .of = &profile_record,
     .doc = "Class, severity, flags and status by now."},
    {OWN(first_contact_due, FIELD_TIME), .doc = "As promised; absent while it is paused."},
    {OWN(resolution_due, FIELD_TIME), .doc = "As promised; absent while it is paused."},
    {OWN(reopened, FIELD_INT), .doc = "How often."},
    {OWN(proposal_id, FIELD_ID), .doc = "The proposal at hand."},
    {OWN(cost, FIELD_MONEY), .doc = "Of its costliest option."},
    {OWN(approve_by, FIELD_TIME), .doc = "It expires then."},
    {OWN(options, FIELD_RECORDS), .of = &contract_option, .doc = "What the customer was offered."},
    {OWN(sent, FIELD_TEXTS), .doc = "Causes that have been told."},
    {OWN(pending, FIELD_RECORDS), .of = &pending_record, .doc = "Messages under way."},
    {FIELD(notification_state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN,
     .doc = "The closed case is forgotten then."},
    {PERSONAL(customer_id, FIELD_ID), .doc = "The customer."},
    {PERSONAL(name, FIELD_NAME), .doc = "The customer's name."},
    {PERSONAL(phone, FIELD_NAME), .doc = "Telephone number."},
    {PERSONAL(email, FIELD_NAME), .max = 254, .doc = "Mail address."},
    {PERSONAL(conversation, FIELD_ID), .doc = "The chat or thread."},
    {FIELD_REST_OF(notification_state, rest)},
    FIELDS_END,
};
#undef OWN
#undef PERSONAL
const struct record notification_state_record = {
    .name = "notification",
    .size = sizeof(struct notification_state),
    .fields = state_fields,
    .doc = "How a case's customer is reached, and what has been said."};

static const char *printed(const struct message_turn *turn, const char *what, int64_t num) {
    return arena_printf(turn->in->arena, "%s.%lld", what, (long long)num);
}

/* "offer.2" for the case's second proposal; the hash takes care of a foreign id. */
static const char *proposal_cause(const struct message_turn *turn, const char *what,
                                  const char *proposal_id) {
    bool ours = strlen(proposal_id) > IDS_CASE_LEN &&
                strncmp(proposal_id, turn->case_id, IDS_CASE_LEN) == 0;
    return arena_printf(turn->in->arena, "%s.%s", what,
                        ours ? proposal_id + IDS_CASE_LEN + 1 : proposal_id);
}

static const char *cycle_cause(const struct message_turn *turn, const char *what,
                               const struct sla_event *sla) {
    return arena_printf(turn->in->arena, "%s.%s.%lld", what, sla->target, (long long)sla->cycle);
}

/* Newer words on how to reach the customer win; what is absent stays. */
static void take_contact(struct notification_state *state, const struct complaint *complaint) {
    const struct customer *customer = complaint->customer;

    if (complaint->channel) state->channel = complaint->channel;
    if (complaint->conversation) state->conversation = complaint->conversation;
    if (!customer) return;
    state->customer_id = customer->id;
    state->tier = customer->tier;
    if (customer->locale) state->locale = customer->locale;
    if (customer->name) state->name = customer->name;
    if (customer->phone) state->phone = customer->phone;
    if (customer->email) state->email = customer->email;
}

static void on_opened(struct message_turn *turn, const void *data) {
    const struct complaint *complaint = data;
    if (complaint->tenant)
        turn->state->tenant = complaint->tenant;
    else
        turn->state->tenant = "default";
    take_contact(turn->state, complaint);
}

static void on_repeated(struct message_turn *turn, const void *data) {
    static const enum message_kind kinds[] = {MESSAGE_REPEATED, MESSAGE_KINDS};
    const struct complaint *complaint = data;
    take_contact(turn->state, complaint);
    message_customer(turn, kinds, printed(turn, "repeated", complaint->repeats),
                     &(struct message_facts){0});
}

static void on_message(struct message_turn *turn, const void *data) {
    take_contact(turn->state, data);
}

static void on_classified(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct classified *classified = data;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile = profile_classified(state->profile, &place, classified->class_name,
                                        classified->severity, &classified->flags, turn->in->arena);
}

static void on_reclassified(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct activity *activity = data;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile = profile_reclassified(state->profile, &place, activity->class_name,
                                          activity->severity, turn->in->arena);
}

/* A case that is over is forgotten after a while; one that goes on is not. */
static void on_moved(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);

    (void)data;
    state->profile = profile_moved(state->profile, &place, turn->in->ev->type, turn->in->arena);
    bool over = profile_status(state->profile) >= PROFILE_CLOSED;
    if (over)
        state->wake_at = turn->in->now_ms + turn->policy->keep_for;
    else
        state->wake_at = 0;
}

static void on_resolved(struct message_turn *turn, const void *data) {
    static const enum message_kind kinds[] = {MESSAGE_RESOLVED, MESSAGE_KINDS};
    on_moved(turn, data);
    message_customer(turn, kinds, printed(turn, "resolved", turn->state->reopened),
                     &(struct message_facts){0});
}

static void on_reopened(struct message_turn *turn, const void *data) {
    on_moved(turn, data);
    turn->state->reopened++;
}

static int64_t *due_of(struct notification_state *state, const char *target) {
    if (strcmp(target, "first_contact") == 0) return &state->first_contact_due;
    if (strcmp(target, "resolution") != 0) return NULL;
    return &state->resolution_due;
}

/* Returns whether one of the two promised deadlines is among the targets. */
static bool take_targets(struct notification_state *state, const struct records *targets) {
    const struct sla_target *at = targets->at;
    bool promised = false;

    for (int i = 0; i < targets->count; i++) {
        int64_t *due = due_of(state, at[i].name);
        if (due) *due = at[i].due_at;
        promised = promised || due;
    }

    return promised;
}

/* The first promise is the acknowledgement; those of a case that was opened again are said anew. */
static void on_started(struct message_turn *turn, const void *data) {
    static const enum message_kind again[] = {MESSAGE_REOPENED, MESSAGE_KINDS};
    const struct sla_started *started = data;

    if (!take_targets(turn->state, &started->targets)) return;
    if (turn->state->reopened)
        message_customer(turn, again, printed(turn, "reopened", turn->state->reopened),
                         &(struct message_facts){0});
    else
        message_customer(turn, message_acknowledgements, "acknowledgement",
                         &(struct message_facts){0});
}

static void on_clock(struct message_turn *turn, const void *data) {
    const struct sla_pause *pause = data;
    take_targets(turn->state, &pause->targets);
}

static void on_rescheduled(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    int64_t *due = due_of(turn->state, sla->target);

    if (due)
        *due = sla->due_at;
    else
        turn->out->unchanged = true;
}

static void on_warned(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    struct message_facts facts = {.target = sla->target,
                                  .due_at = sla->due_at,
                                  .percent = sla->percent,
                                  .before_ms = sla->before};
    const char *cause = cycle_cause(turn, "warning", sla);

    if (sla->percent)
        cause = printed(turn, cause, sla->percent);
    else
        cause = arena_printf(turn->in->arena, "%s.%lldms", cause, (long long)sla->before);
    message_staff(turn, MESSAGE_WARNING, cause, turn->policy->alarm, true, &facts);
}

static void on_breached(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    struct message_facts facts = {.target = sla->target, .due_at = sla->due_at};
    message_staff(turn, MESSAGE_BREACH, cycle_cause(turn, "breach", sla), turn->policy->alarm, true,
                  &facts);
}

static void on_sla_escalated(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    struct message_facts facts = {.target = sla->target, .level = sla->level, .role = sla->to};
    const char *cause = printed(turn, cycle_cause(turn, "escalation", sla), sla->level);
    message_staff(turn, MESSAGE_ESCALATION, cause, sla->to, true, &facts);
}

static void on_retracted(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    struct message_facts facts = {.target = sla->target, .due_at = sla->due_at};
    message_staff(turn, MESSAGE_RETRACTION, cycle_cause(turn, "retraction", sla),
                  turn->policy->alarm, true, &facts);
}

static struct money costliest(const struct records *options) {
    const struct option *at = options->at;
    struct money most = {0};
    for (int i = 0; i < options->count; i++)
        if (!most.currency[0] || at[i].cost.minor > most.minor) most = at[i].cost;
    return most;
}

/* What policy approves at once needs nobody. */
static void on_proposed(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct compensation *proposed = data;

    state->proposal_id = proposed->proposal_id;
    state->cost = costliest(&proposed->options);
    state->approve_by = proposed->approve_by;
    if (!proposed->needs) return;
    struct message_facts facts = {.options = &proposed->options,
                                  .cost = state->cost,
                                  .proposal_id = proposed->proposal_id,
                                  .approve_by = proposed->approve_by,
                                  .approvals = proposed->needs->approvals,
                                  .role =
                                      fields_choice_name(contract_roles, proposed->needs->role)};
    message_staff(turn, MESSAGE_APPROVAL_REQUEST,
                  proposal_cause(turn, "approval", proposed->proposal_id), facts.role, false,
                  &facts);
}

static void on_approved(struct message_turn *turn, const void *data) {
    static const enum message_kind kinds[] = {MESSAGE_OFFER, MESSAGE_KINDS};
    const struct compensation *approved = data;
    turn->state->options = approved->options;
    struct message_facts facts = {.options = &approved->options, .choose_by = approved->choose_by};
    message_customer(turn, kinds, proposal_cause(turn, "offer", approved->proposal_id), &facts);
}

static const struct option *offered(const struct notification_state *state, const char *name) {
    const struct option *options = state->options.at;
    for (int i = 0; name && i < state->options.count; i++)
        if (strcmp(options[i].option, name) == 0) return &options[i];
    return NULL;
}

/* Only what was chosen is still to be said of the offer. */
static void on_chosen(struct message_turn *turn, const void *data) {
    static const enum message_kind kinds[] = {MESSAGE_CHOSEN, MESSAGE_KINDS};
    const struct compensation *chosen = data;
    const struct option *option = offered(turn->state, chosen->option);
    struct message_facts facts = {.chosen = option};
    message_customer(turn, kinds, proposal_cause(turn, "chosen", chosen->proposal_id), &facts);
    if (option) turn->state->options = (struct records){(void *)option, 1};
}

static void on_settled(struct message_turn *turn, const void *data) {
    static const enum message_kind kinds[] = {MESSAGE_SETTLED, MESSAGE_KINDS};
    const struct compensation *settled = data;
    const struct option *options = turn->state->options.at;
    struct message_facts facts = {.chosen = turn->state->options.count == 1 ? options : NULL};
    message_customer(turn, kinds, proposal_cause(turn, "settled", settled->proposal_id), &facts);
}

static void on_failed(struct message_turn *turn, const void *data) {
    const struct compensation *failed = data;
    struct message_facts facts = {.proposal_id = failed->proposal_id};
    const char *cause = proposal_cause(turn, "settlement_failed", failed->proposal_id);
    message_staff(turn, MESSAGE_SETTLEMENT_FAILED, cause, turn->policy->alarm, false, &facts);
}

/* An offer that the customer let pass needs nobody; one that nobody decided does. */
static void on_expired(struct message_turn *turn, const void *data) {
    const struct compensation *expired = data;
    struct message_facts facts = {
        .proposal_id = expired->proposal_id, .cost = turn->state->cost, .reason = expired->reason};
    const char *cause = proposal_cause(turn, "not_decided", expired->proposal_id);

    if (expired->reason && strcmp(expired->reason, "not decided") == 0)
        message_staff(turn, MESSAGE_NOT_DECIDED, cause, turn->policy->alarm, false, &facts);
    else
        turn->out->unchanged = true;
}

static void on_escalated(struct message_turn *turn, const void *data) {
    const struct compensation *escalated = data;
    const char *role = fields_choice_name(contract_roles, escalated->role);
    struct message_facts facts = {.proposal_id = escalated->proposal_id,
                                  .cost = turn->state->cost,
                                  .approve_by = turn->state->approve_by,
                                  .role = role};

    /* Every step has an event of its own; its id says which. */
    const char *step = strrchr(turn->in->ev->id, '.');
    const char *cause = proposal_cause(turn, "approval_reminder", escalated->proposal_id);
    cause = arena_printf(turn->in->arena, "%s%s", cause, step ? step : "");
    message_staff(turn, MESSAGE_APPROVAL_REMINDER, cause, role ? role : turn->policy->alarm, false,
                  &facts);
}

static void on_delivered(struct message_turn *turn, const void *data) {
    message_delivered(turn, data);
}

static void on_undelivered(struct message_turn *turn, const void *data) {
    message_failed(turn, data);
}

static const struct reaction {
    const char *type;
    void (*act)(struct message_turn *turn, const void *data);
    const struct record *record;
} reactions[] = {
    {"case.opened", on_opened, &contract_case_opened},
    {"sla.started", on_started, &contract_sla_started},
    {"case.classified", on_classified, &contract_classified},
    {"delivery.done", on_delivered, &contract_delivery_result},
    {"case.resolved", on_resolved, &contract_noted},
    {"case.closed", on_moved, &contract_closed},
    {"case.customer_replied", on_message, &contract_joined},
    {"case.repeated", on_repeated, &contract_case_repeated},
    {"case.reclassified", on_reclassified, &contract_reclassified},
    {"case.reopened", on_reopened, &contract_noted},
    {"case.withdrawn", on_moved, &contract_withdrawn},
    {"sla.rescheduled", on_rescheduled, &contract_sla_rescheduled},
    {"sla.paused", on_clock, &contract_sla_paused},
    {"sla.resumed", on_clock, &contract_sla_resumed},
    {"sla.warned", on_warned, &contract_sla_warned},
    {"sla.breached", on_breached, &contract_sla_breached},
    {"sla.escalated", on_sla_escalated, &contract_sla_escalated},
    {"sla.retracted", on_retracted, &contract_sla_retracted},
    {"compensation.proposed", on_proposed, &contract_proposed},
    {"compensation.approved", on_approved, &contract_approved},
    {"compensation.chosen", on_chosen, &contract_outcome},
    {"compensation.settled", on_settled, &contract_settled},
    {"compensation.failed", on_failed, &contract_settled},
    {"compensation.expired", on_expired, &contract_outcome},
    {"compensation.escalated", on_escalated, &contract_outcome},
    {"delivery.failed", on_undelivered, &contract_delivery_result},
    {NULL, NULL, NULL},
};

static const struct reaction *find_reaction(const char *type) {
    for (const struct reaction *row = reactions; row->type; row++)
        if (strcmp(row->type, type) == 0) return row;
    return NULL;
}

static bool wants(const char *type) {
    return find_reaction(type);
}

/* A further message brings a whole submission only when it came in as one; else there is nothing
 * new in it. */
static bool is_bare_message(const struct event *ev) {
    return strcmp(ev->type, "case.customer_replied") == 0 && !tree_get(ev->data, "customer");
}

static enum result wake(const struct decision *in, struct notification_state *state,
                        struct effects *out) {
    if (state->wake_at && state->wake_at <= in->now_ms) {
        state->wake_at = 0;
        out->forget = true;
    }
    return DONE;
}

static enum result decide(const struct decision *in, void *state_at, struct effects *out) {
    struct notification_state *state = state_at;

    if (!in->ev) return wake(in, state, out);
    const struct reaction *row = find_reaction(in->ev->type);
    bool opening = row && row->act == on_opened;
    /* Nobody is told of a case that was never opened, and a case is opened once. */
    if (!row || !state->tenant != opening || is_bare_message(in->ev)) {
        out->unchanged = true;
        return DONE;
    }
    void *data = arena_alloc(in->arena, row->record->size);
    if (effects_decode(out, in->ev, row->record, data) != DONE) return REJECT;
    const struct policy_version *chosen = policies_choose(in->policies, state->policy_version);
    ASSERT(chosen);
    state->policy_version = chosen->version;
    struct message_turn turn = {
        .in = in, .state = state, .out = out, .policy = chosen->policy, .case_id = in->ev->subject};
    row->act(&turn, data);

    return DONE;
}

static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_DELIVERIES, TOPIC_NONE};
const struct worker_spec notification_spec = {
    .name = "notification",
    .about = "tells customers and colleagues what happens, each of it once",
    .kind = WORKER_KEYED,
    .reads = reads,
    .writes = writes,
    .policy_file = "notification.yaml",
    .load = message_policy_load,
    .state = &notification_state_record,
    .wants = wants,
    .decide = decide,
};
