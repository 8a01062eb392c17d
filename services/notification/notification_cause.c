/* notification_cause: what has begun to bring more complaints, told to those who can mend it. Its
 * id is of the form of a case's, so its state lies where its events do, and messages about it and
 * what gateways report of them name it as their case. */
#include "notification_parts.h"

static const char *value_of(const struct cohort_match *match) {
    if (match->batch) return match->batch;
    if (match->sku) return match->sku;
    if (match->lane) return match->lane;
    if (match->warehouse) return match->warehouse;
    return match->carrier;
}

/* The first word is for those who complain; nobody else is told anything but this. */
static void open_cause(struct message_turn *turn, const struct cause_event *data) {
    static const struct texts no_flags = {0};
    struct notification_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);

    state->tenant = data->tenant ? data->tenant : "default";
    state->greeted = true;
    state->forget_at = turn->in->now_ms + turn->policy->keep_for;
    state->profile = profile_classified(state->profile, &place, data->class_name, SEVERITY_P3,
                                        &no_flags, turn->in->arena);
    state->carrier = data->match->carrier;
    state->warehouse = data->match->warehouse;
    state->article = data->match->sku;
    state->batch = data->match->batch;
}

void notification_on_cause(struct message_turn *turn, const void *event) {
    const struct cause_event *data = event;
    struct moment *moment = notification_moment(turn);
    struct moment_cause *cause = ARENA_NEW(turn->in->arena, struct moment_cause);

    open_cause(turn, data);
    *cause = (struct moment_cause){.value = value_of(data->match),
                                   .lane = data->match->lane,
                                   .days = data->days,
                                   .complaints = data->complaints,
                                   .orders = data->orders,
                                   .rate = data->rate,
                                   .usual_rate = data->usual_rate,
                                   .examples = data->examples,
                                   .answer = data->answer};
    moment->cause = cause;
    moment->role = data->party;
    moment->reason = fields_choice_name(contract_cause_outcomes, data->outcome);
    /* It may be answered more than once, and reviewed as often. */
    if (data->outcome) moment->mark = notification_event_mark(turn);
    message_tell(turn, moment);
}
