/* message_report: what becomes of a message: delivered; or failed and tried again after growing
 * pauses, then on another channel, then given up, of which a person is told; or never reported on,
 * which is a failure after a while. */
#include "base/ids.h"
#include "message_parts.h"

#include <string.h>

enum { ATTEMPTS_MAX = 32 /* more than all channels and pauses of one message */ };

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* Takes a message out of a list. False when it is not (any more) there: a report that comes twice,
 * late or about somebody else's changes nothing. */
static bool take(struct message_turn *turn, struct parts *list, const char *attempt_id,
                 struct notification_pending *out) {
    const struct notification_pending *at = list->at;
    struct parts rest = {0};
    bool found = false;

    for (int i = 0; i < list->count; i++) {
        if (!found && strcmp(message_attempt_id(turn, &at[i]), attempt_id) == 0) {
            *out = at[i];
            found = true;
            continue;
        }
        *(struct notification_pending *)parts_add(&rest, sizeof *at, NOTIFICATION_PENDING_MAX,
                                                  arena_of(turn)) = at[i];
    }
    if (found) *list = rest;
    return found;
}

static bool is_for_customer(const struct notification_pending *message) {
    return strcmp(message->audience, MESSAGE_CUSTOMER) == 0;
}

static const struct message_rule *rule_of(const struct message_turn *turn,
                                          const struct notification_pending *message) {
    if (!message->moment) return NULL;
    return message_policy_rule(turn->policy, message->moment->type, message->audience,
                               message->kind);
}

/* ---- Delivered ---- */

/* The customer has been told how things stand; sla's next_update goes by it. */
static void update(struct message_turn *turn, const struct notification_pending *message) {
    const char *id = arena_printf(arena_of(turn), "%s.updated", message_attempt_id(turn, message));
    struct activity data = {.case_id = turn->case_id,
                            .by = "redress-notification",
                            .channel = message->channel,
                            .automated = true};
    contract_emit(turn->out, EVENT_CASE_UPDATED, turn->case_id, id, message_time(turn), &data);
}

void message_delivered(struct message_turn *turn, const struct activity *result) {
    struct notification_state *state = turn->state;
    struct notification_pending message;

    /* One that was said to have failed for now, and arrived after all, is not sent again. */
    if (!take(turn, &state->pending, result->notification_id, &message) &&
        !take(turn, &state->retries, result->notification_id, &message)) {
        turn->out->unchanged = true;
        return;
    }
    message_outcome(turn, EVENT_NOTIFICATION_DELIVERED, &message, NULL);
    const struct message_rule *rule = rule_of(turn, &message);
    if (rule && rule->updates && is_for_customer(&message)) update(turn, &message);
}

/* ---- Failed ---- */

static void put_off(struct message_turn *turn, struct notification_pending failed, int64_t until) {
    struct notification_pending *added =
        parts_add(&turn->state->retries, sizeof *added, NOTIFICATION_PENDING_MAX, arena_of(turn));
    *added = failed;
    added->again_at = until;
}

/* For now: after a pause, on the same channel. A customer is not woken for it. */
static bool try_later(struct message_turn *turn, const struct notification_pending *failed) {
    const struct message_policy *policy = turn->policy;

    if (failed->retries >= policy->retry.count) return false;
    int64_t until = turn->in->now_ms + policy->retry_ms[failed->retries];
    if (is_for_customer(failed)) {
        struct facts_reader reader = message_customer_reader(turn, NULL, failed->kind);
        until = facts_awake(turn, reader.zone, until);
    }
    put_off(turn, *failed, until);

    return true;
}

/* In words that hold now, on the first channel not tried yet; false when there is none. */
static bool try_again(struct message_turn *turn, struct notification_pending next) {
    struct message_reader reader = {
        .audience = next.audience, .rule = rule_of(turn, &next), .named = next.to};
    struct message_way way;
    int before = next.channel;

    next.attempt++;
    next.again_at = 0;
    if (is_for_customer(&next)) {
        const char *reason = message_obsolete(turn, reader.rule, next.kind, next.moment);
        if (reason) {
            message_outcome(turn, EVENT_NOTIFICATION_SUPPRESSED, &next, reason);
            return true;
        }
    } else {
        reader.staff = message_policy_staff(turn->policy, next.audience);
        if (!reader.staff) return false;
    }
    if (message_find_way(turn, &reader, next.kind, next.moment, &next.tried, &way)) return false;
    next.channel = way.channel;
    if (next.channel != before) next.retries = 0;
    next.locale = way.language->locale;
    message_send(turn, &reader, &way, &next);

    return true;
}

/* A colleague who cannot be reached: the role behind his is told. */
static bool tell_otherwise(struct message_turn *turn, const struct notification_pending *failed) {
    const struct message_staff *staff = message_policy_staff(turn->policy, failed->audience);
    struct notification_pending next = *failed;

    /* Two roles may stand behind each other. */
    if (!staff || !staff->otherwise || !failed->moment || failed->attempt >= ATTEMPTS_MAX)
        return false;
    struct message_reader reader = message_staff_reader(turn, failed->moment, staff->otherwise);
    next.audience = reader.audience;
    next.to = reader.named;
    next.tried = (struct texts){0};
    next.retries = 0;
    return try_again(turn, next);
}

static void give_up(struct message_turn *turn, const struct notification_pending *failed,
                    const char *reason) {
    struct moment *moment = ARENA_NEW(arena_of(turn), struct moment);

    *moment = (struct moment){.type = contract_row(EVENT_DELIVERY_FAILED)->name,
                              .at = message_time(turn),
                              .reason = reason,
                              .message = failed->notification_id,
                              .mark = failed->notification_id + IDS_CASE_LEN + 1};
    message_tell(turn, moment);
}

static void go_on(struct message_turn *turn, struct notification_pending failed,
                  const char *reason) {
    if (!is_for_customer(&failed)) {
        tell_otherwise(turn, &failed);
        return;
    }
    texts_add(&failed.tried, fields_choice_name(contract_channels, failed.channel), arena_of(turn));
    int64_t asleep_until = message_quiet_until(turn);
    if (asleep_until && failed.moment) {
        put_off(turn, failed, asleep_until);
        return;
    }
    if (failed.moment && try_again(turn, failed)) return;
    give_up(turn, &failed, reason);
}

void message_failed(struct message_turn *turn, const struct activity *result) {
    struct notification_pending message;

    if (!take(turn, &turn->state->pending, result->notification_id, &message)) {
        turn->out->unchanged = true;
        return;
    }
    message_outcome(turn, EVENT_NOTIFICATION_FAILED, &message, result->reason);
    if (result->temporary && message.moment && try_later(turn, &message)) return;
    go_on(turn, message, result->reason);
}

/* ---- Again ---- */

int64_t message_retries_wake(const struct notification_state *state, bool customer) {
    const struct notification_pending *at = state->retries.at;
    int64_t wake = 0;

    for (int i = 0; i < state->retries.count; i++)
        if ((!customer || is_for_customer(&at[i])) && (!wake || at[i].again_at < wake))
            wake = at[i].again_at;
    return wake;
}

void message_flush_retries(struct message_turn *turn) {
    struct parts *retries = &turn->state->retries;

    for (int i = 0; i < retries->count;) {
        const struct notification_pending *at = retries->at;
        struct notification_pending next;
        if (at[i].again_at > turn->in->now_ms) {
            i++;
            continue;
        }
        int64_t asleep_until = is_for_customer(&at[i]) ? message_quiet_until(turn) : 0;
        take(turn, retries, message_attempt_id(turn, &at[i]), &next);
        if (asleep_until) { /* the evening has come meanwhile */
            put_off(turn, next, asleep_until);
            i = 0;
            continue;
        }
        next.retries++;
        if (!try_again(turn, next)) go_on(turn, next, "no_address");
        i = 0;
    }
}

/* ---- Never reported on ---- */

/* Also of those that an older version sent, or a policy that waited for ever. */
void message_await_reports(struct message_turn *turn) {
    struct parts *pending = &turn->state->pending;
    const struct notification_pending *at = pending->at;
    bool all = true;

    for (int i = 0; i < pending->count; i++) all &= at[i].report_by != 0;
    if (all || !turn->policy->report_within) return;

    struct notification_pending *copy =
        arena_memdup(arena_of(turn), at, (size_t)pending->count * sizeof *copy);
    for (int i = 0; i < pending->count; i++)
        if (!copy[i].report_by) copy[i].report_by = turn->in->now_ms + turn->policy->report_within;
    pending->at = copy;
}

int64_t message_reports_wake(const struct notification_state *state) {
    const struct notification_pending *at = state->pending.at;
    int64_t wake = 0;

    for (int i = 0; i < state->pending.count; i++)
        if (at[i].report_by && (!wake || at[i].report_by < wake)) wake = at[i].report_by;
    return wake;
}

/* Not tried there again: it may have arrived. */
void message_flush_unreported(struct message_turn *turn) {
    struct parts *pending = &turn->state->pending;

    for (int i = 0; i < pending->count;) {
        const struct notification_pending *at = pending->at;
        struct notification_pending message;
        if (!at[i].report_by || at[i].report_by > turn->in->now_ms) {
            i++;
            continue;
        }
        take(turn, pending, message_attempt_id(turn, &at[i]), &message);
        message_outcome(turn, EVENT_NOTIFICATION_FAILED, &message, "no_report");
        go_on(turn, message, "no_report");
        i = 0;
    }
}

/* What is told of the oldest takes room, too, but is told to colleagues, of whose messages nobody
 * is told: this ends. */
void message_make_room(struct message_turn *turn) {
    struct parts *pending = &turn->state->pending;

    while (pending->count >= NOTIFICATION_PENDING_MAX) {
        const struct notification_pending *at = pending->at;
        struct notification_pending message;
        take(turn, pending, message_attempt_id(turn, &at[0]), &message);
        message_outcome(turn, EVENT_NOTIFICATION_FAILED, &message, "no_report");
        if (is_for_customer(&message)) give_up(turn, &message, "no_report");
    }
}

int message_drop_customers(struct message_turn *turn, const char *reason) {
    struct parts *retries = &turn->state->retries;
    const struct notification_waiting *waiting = turn->state->waiting.at;
    int dropped = turn->state->waiting.count;

    for (int i = 0; i < turn->state->waiting.count; i++)
        message_suppress(turn, waiting[i].mark, waiting[i].text, MESSAGE_CUSTOMER,
                         turn->state->channel, reason);
    turn->state->waiting = (struct parts){0};
    turn->state->greet_at = turn->state->hold_at = 0;
    for (int i = 0; i < retries->count;) {
        const struct notification_pending *at = retries->at;
        struct notification_pending message;
        if (!is_for_customer(&at[i])) {
            i++;
            continue;
        }
        take(turn, retries, message_attempt_id(turn, &at[i]), &message);
        message_outcome(turn, EVENT_NOTIFICATION_SUPPRESSED, &message, reason);
        dropped++;
    }
    return dropped;
}
