/* notification_case: the case, its customer, its tasks, and what the customer says of it in the
 * end. */
#include "notification_parts.h"
#include "notification_visit.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* Newer words on how to reach the customer win; what is absent stays. Of one who was erased later
 * than he said it nothing is kept, wherever that was found out. */
static void take_contact(struct notification_state *state, const struct complaint *complaint,
                         int64_t at) {
    const struct customer *customer = complaint->customer;
    bool erased = at <= state->erased_at;

    if (customer && customer->erased_at > state->erased_at) state->erased_at = customer->erased_at;
    if (customer && customer->erased_at) erased = true;

    if (complaint->channel) state->channel = complaint->channel;
    if (complaint->evidence.count) state->evidence = true;
    if (customer) state->tier = customer->tier;
    if (customer && customer->locale) state->locale = customer->locale;
    if (customer && customer->timezone) state->timezone = customer->timezone;
    if (erased) return;

    if (complaint->conversation) state->conversation = complaint->conversation;
    if (!customer) return;
    state->customer_id = customer->id;
    if (customer->name) state->name = customer->name;
    if (customer->phone) state->phone = customer->phone;
    if (customer->email) state->email = customer->email;
}

static void take_order(struct notification_state *state, const struct complaint *complaint) {
    const struct order *order = complaint->order;
    const struct item *items = complaint->items.at;

    if (complaint->items.count) {
        state->article = items[0].name;
        state->batch = items[0].batch;
    }
    if (!order) return;
    state->order_id = order->id;
    state->order_status = order->status;
    if (order->warehouse) state->warehouse = order->warehouse;
    if (order->carrier) state->carrier = order->carrier;
}

/* Facts may come late: the latest word counts. */
void notification_heard(struct message_turn *turn) {
    int64_t at = turn->in->ev->time_ms;
    if (at > turn->state->heard_at) turn->state->heard_at = at;
}

static void take(struct message_turn *turn, const struct complaint *complaint) {
    notification_heard(turn);
    take_contact(turn->state, complaint, turn->in->ev->time_ms);
    take_order(turn->state, complaint);
}

void notification_on_opened(struct message_turn *turn, const void *data) {
    const struct complaint *complaint = data;
    if (complaint->tenant)
        turn->state->tenant = complaint->tenant;
    else
        turn->state->tenant = "default";
    turn->state->opened_at = complaint->opened_at;
    take(turn, complaint);
}

void notification_on_repeated(struct message_turn *turn, const void *data) {
    const struct complaint *complaint = data;
    struct moment *moment = notification_moment(turn);

    take(turn, complaint);
    moment->mark = notification_number(turn, complaint->repeats);
    message_tell(turn, moment);
}

void notification_on_message(struct message_turn *turn, const void *data) {
    const struct complaint *complaint = data;
    take(turn, complaint);
    notification_visit_take_reply(turn, complaint->text);
}

void notification_on_classified(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct classified *classified = data;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile = profile_classified(state->profile, &place, classified->class_name,
                                        classified->severity, &classified->flags, arena_of(turn));
    message_tell(turn, notification_moment(turn));
}

void notification_on_reclassified(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct activity *activity = data;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile = profile_reclassified(state->profile, &place, activity->class_name,
                                          activity->severity, arena_of(turn));
    notification_library_keep(turn);
}

void notification_on_assigned(struct message_turn *turn, const void *data) {
    const struct activity *activity = data;
    struct moment *moment = notification_moment(turn);

    turn->state->assignee = activity->to;
    turn->state->team = activity->team;
    moment->mark = notification_event_mark(turn);
    message_tell(turn, moment);
}

void notification_on_assessed(struct message_turn *turn, const void *data) {
    (void)data;
    turn->state->assessed = true;
}

/* A case that is over is forgotten after a while; one that goes on is not. */
static void move(struct message_turn *turn) {
    struct notification_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile =
        profile_moved(state->profile, &place, contract_event(turn->in->ev->type), arena_of(turn));
    bool over = profile_status(state->profile) >= PROFILE_CLOSED;
    if (over)
        state->forget_at = turn->in->now_ms + turn->policy->keep_for;
    else
        state->forget_at = 0;
    if (profile_status(state->profile) != PROFILE_CLOSED) state->visit_at = state->visit_until = 0;
}

void notification_on_closed(struct message_turn *turn, const void *data) {
    (void)data;
    move(turn);
    notification_library_keep(turn);
}

void notification_on_resolved(struct message_turn *turn, const void *data) {
    struct moment *moment = notification_moment(turn);

    (void)data;
    move(turn);
    if (!notification_library_keep(turn)) return;
    notification_visit_plan(turn);
    moment->mark = notification_number(turn, turn->state->reopened);
    message_tell(turn, moment);
}

void notification_on_reopened(struct message_turn *turn, const void *data) {
    struct moment *moment = notification_moment(turn);

    (void)data;
    move(turn);
    turn->state->reopened++;
    turn->state->escalated = false;
    turn->state->score = 0;
    if (!notification_library_keep(turn)) return;
    moment->mark = notification_number(turn, turn->state->reopened);
    message_tell(turn, moment);
}

void notification_on_withdrawn(struct message_turn *turn, const void *data) {
    const struct activity *activity = data;
    struct moment *moment = notification_moment(turn);

    move(turn);
    if (!notification_library_keep(turn)) return;
    moment->reason = fields_choice_name(contract_withdraw_reasons, activity->withdraw_reason);
    moment->other_case = activity->of;
    message_tell(turn, moment);
}

/* ---- Tasks ---- */

static void drop_task(struct message_turn *turn, const char *name) {
    struct parts *tasks = &turn->state->tasks;
    const struct notification_task *at = tasks->at;
    struct parts rest = {0};

    for (int i = 0; i < tasks->count; i++)
        if (strcmp(at[i].name, name) != 0)
            *(struct notification_task *)parts_add(&rest, sizeof *at, NOTIFICATION_TASKS_MAX,
                                                   arena_of(turn)) = at[i];
    *tasks = rest;
}

void notification_on_task_started(struct message_turn *turn, const void *data) {
    const struct activity *activity = data;
    struct moment *moment = notification_moment(turn);

    drop_task(turn, activity->task);
    struct notification_task *task =
        parts_add(&turn->state->tasks, sizeof *task, NOTIFICATION_TASKS_MAX, arena_of(turn));
    *task = (struct notification_task){.name = activity->task, .since = turn->in->ev->time_ms};
    moment->task = activity->task;
    moment->mark = notification_event_mark(turn);
    message_tell(turn, moment);
}

void notification_on_task_done(struct message_turn *turn, const void *data) {
    const struct activity *activity = data;
    struct moment *moment = notification_moment(turn);

    drop_task(turn, activity->task);
    moment->task = activity->task;
    moment->mark = notification_event_mark(turn);
    message_tell(turn, moment);
}
