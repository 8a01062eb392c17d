/* notification_deadlines: what runs, and what passed. */
#include "notification_parts.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

static bool is_promise(const char *target) {
    return strcmp(target, "first_contact") == 0 || strcmp(target, "resolution") == 0;
}

/* All but one cycle of a target; the one that was there, or an empty one of that name. */
static struct notification_target drop_target(struct message_turn *turn, const char *name,
                                              int64_t cycle) {
    struct parts *targets = &turn->state->targets;
    const struct notification_target *at = targets->at;
    struct notification_target found = {.name = name, .cycle = cycle};
    struct parts rest = {0};

    for (int i = 0; i < targets->count; i++) {
        if (strcmp(at[i].name, name) == 0 && at[i].cycle == cycle)
            found = at[i];
        else
            *(struct notification_target *)parts_add(&rest, sizeof *at, NOTIFICATION_TARGETS_MAX,
                                                     arena_of(turn)) = at[i];
    }
    *targets = rest;
    return found;
}

static void put_target(struct message_turn *turn, const struct notification_target *target) {
    struct notification_target *added =
        parts_add(&turn->state->targets, sizeof *added, NOTIFICATION_TARGETS_MAX, arena_of(turn));
    *added = *target;
}

static void set_due(struct message_turn *turn, const char *name, int64_t cycle, int64_t due_at) {
    struct notification_target target = drop_target(turn, name, cycle);
    target.due_at = due_at;
    put_target(turn, &target);
}

/* Returns whether one of the two promised deadlines is among them. */
static bool take_targets(struct message_turn *turn, const struct parts *targets) {
    const struct sla_target *at = targets->at;
    bool promise = false;

    for (int i = 0; i < targets->count; i++) {
        set_due(turn, at[i].name, at[i].cycle, at[i].due_at);
        promise |= is_promise(at[i].name);
    }
    return promise;
}

void notification_on_started(struct message_turn *turn, const void *data) {
    const struct sla_started *started = data;
    struct moment *moment = notification_moment(turn);

    moment->promise = take_targets(turn, &started->targets);
    if (turn->state->reopened) moment->mark = notification_number(turn, turn->state->reopened);
    message_tell(turn, moment);
}

void notification_on_clock(struct message_turn *turn, const void *data) {
    const struct sla_pause *pause = data;
    take_targets(turn, &pause->targets);
}

void notification_on_rescheduled(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    set_due(turn, sla->target, sla->cycle, sla->due_at);
}

void notification_on_ended(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    drop_target(turn, sla->target, sla->cycle);
}

/* "resolution.1795341600000" and what tells one such event of a cycle from the next. */
static struct moment *sla_moment(const struct message_turn *turn, const struct sla_event *sla,
                                 const char *step) {
    struct moment *moment = notification_moment(turn);

    moment->target = sla->target;
    moment->cycle = sla->cycle;
    moment->due_at = sla->due_at;
    moment->mark =
        arena_printf(arena_of(turn), "%s.%lld%s", sla->target, (long long)sla->cycle, step);
    return moment;
}

void notification_on_warned(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    const char *step;

    if (sla->percent)
        step = arena_printf(arena_of(turn), ".%lld", (long long)sla->percent);
    else
        step = arena_printf(arena_of(turn), ".%lldms", (long long)sla->before);
    struct moment *moment = sla_moment(turn, sla, step);
    moment->percent = sla->percent;
    moment->before = sla->before;
    message_tell(turn, moment);
}

void notification_on_breached(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    struct notification_target target = drop_target(turn, sla->target, sla->cycle);

    target.breached = true;
    target.due_at = sla->due_at;
    put_target(turn, &target);
    message_tell(turn, sla_moment(turn, sla, ""));
}

void notification_on_escalated(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    const char *step = arena_printf(arena_of(turn), ".%lld", (long long)sla->level);
    if (sla->telling) step = arena_printf(arena_of(turn), "%s.%lld", step, (long long)sla->telling);
    struct moment *moment = sla_moment(turn, sla, step);

    turn->state->escalated = true;
    moment->level = sla->level;
    moment->role = sla->to;
    if (!notification_library_find(turn, moment)) return;
    message_tell(turn, moment);
}

/* Met after all, by a record that came late; without one it runs on. */
void notification_on_retracted(struct message_turn *turn, const void *data) {
    const struct sla_event *sla = data;
    struct notification_target target = drop_target(turn, sla->target, sla->cycle);

    target.breached = false;
    if (!sla->met_at) put_target(turn, &target);
    message_tell(turn, sla_moment(turn, sla, ""));
}
