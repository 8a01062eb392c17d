/* message_wait: what waits for the customer: in the order in which it came to be, behind the first
 * word; what is no longer so when it could go out is not said. */
#include "base/clock.h"
#include "base/ids.h"
#include "message_parts.h"

#include <string.h>

void message_queue(struct message_turn *turn, const char *mark, const char *text,
                   const struct moment *moment) {
    struct parts *waiting = &turn->state->waiting;

    if (waiting->count == NOTIFICATION_WAITING_MAX) {
        message_suppress(turn, mark, text, MESSAGE_CUSTOMER, turn->state->channel, "too_many");
        return;
    }
    struct notification_waiting *added =
        parts_add(waiting, sizeof *added, NOTIFICATION_WAITING_MAX, turn->in->arena);
    *added = (struct notification_waiting){.mark = mark, .text = text, .moment = moment};
}

static const struct message_rule *rule_of(const struct message_turn *turn,
                                          const struct notification_waiting *message) {
    return message_policy_rule(turn->policy, message->moment->type, MESSAGE_CUSTOMER,
                               message->text);
}

static bool is_first(const struct message_turn *turn, const struct notification_waiting *message) {
    const struct message_rule *rule = rule_of(turn, message);
    return rule && rule->first;
}

/* That a case is withdrawn, and with it what was offered, is told although it is. */
static bool ends_with_case(const struct moment *moment) {
    enum event_type type = contract_event(moment->type);
    return type == EVENT_CASE_WITHDRAWN || type == EVENT_COMPENSATION_WITHDRAWN;
}

const char *message_obsolete(const struct message_turn *turn, const struct message_rule *rule,
                             const char *text, const struct moment *moment) {
    struct facts_reader reader = message_customer_reader(turn, rule, text);
    bool withdrawn = profile_status(turn->state->profile) == PROFILE_WITHDRAWN;
    struct wording_values values;

    if (turn->state->erased_at && !turn->state->customer_id) return "erased";
    if (withdrawn && !ends_with_case(moment)) return "withdrawn";
    if (moment->at + turn->policy->stale_after < turn->in->now_ms) return "stale";
    if (!rule) return "superseded";
    facts_fill(turn, moment, &reader, wording_looks_for(&rule->when), &values);
    if (wording_holds(&rule->when, &values)) return NULL;
    return "superseded";
}

/* ---- How often a customer is told something in a day ---- */

static struct message_zone zone_of(const struct message_turn *turn) {
    return *message_customer_reader(turn, NULL, "").zone;
}

/* Midnight in the customer's zone, `days` from now. */
static int64_t midnight(const struct message_turn *turn, const struct message_zone *zone,
                        int64_t days) {
    enum { DAY_MS = 24 * 3600 * 1000 };
    int64_t local = calendar_zone_to_local(zone->zone, turn->in->now_ms);
    return calendar_zone_to_utc(zone->zone, (local / DAY_MS + days) * DAY_MS);
}

/* What is told counts, of all of a customer's cases. The first word and what waits for no morning
 * are told in any case. */
static bool is_within_limit(struct message_turn *turn, const struct message_rule *rule,
                            const char *id) {
    enum { KEPT_MS = 3 * 24 * 3600 * 1000 }; /* a day is over everywhere after two */
    const struct notification_state *state = turn->state;
    struct message_zone zone = zone_of(turn);
    int64_t limit = turn->policy->customer_daily;
    char day[CLOCK_TEXT_MAX];
    char customer[27];

    if (!limit || !state->customer_id) return true;
    ids_hash(customer, 2, state->tenant, state->customer_id);
    clock_format(midnight(turn, &zone, 0), day);
    if (rule->first || facts_passes(turn)) limit = INT64_MAX / 2;
    const char *name =
        secrets_pseudonym(&decision_settings(turn->in)->persons, customer, turn->in->arena);
    struct claim claim = {.kind = CLAIM_COUNT,
                          .key = arena_printf(turn->in->arena, "told\x1f%s\x1f%s", name, day),
                          .id = id,
                          .time_ms = turn->in->now_ms,
                          .valid_ms = KEPT_MS,
                          .amount = 1,
                          .limit = limit};
    const struct answer *answer = message_claim(turn, &claim);

    return !answer || answer->granted;
}

/* Takes the index-th message out. */
static void take(struct message_turn *turn, int index) {
    struct parts *waiting = &turn->state->waiting;
    const struct notification_waiting *at = waiting->at;
    struct parts rest = {0};

    for (int i = 0; i < waiting->count; i++)
        if (i != index)
            *(struct notification_waiting *)parts_add(&rest, sizeof *at, NOTIFICATION_WAITING_MAX,
                                                      turn->in->arena) = at[i];
    *waiting = rest;
}

/* Says the index-th message, or why not. False: the customer has been told enough today. */
static bool send(struct message_turn *turn, int index) {
    const struct notification_waiting *waiting = turn->state->waiting.at;
    struct notification_waiting message = waiting[index];
    struct message_reader reader = {.audience = MESSAGE_CUSTOMER, .rule = rule_of(turn, &message)};
    struct message_way way = {.channel = turn->state->channel};
    struct texts tried = {0};
    const char *id = message_id(turn, message.mark);
    const char *reason = message_obsolete(turn, reader.rule, message.text, message.moment);

    if (!reason)
        reason = message_find_way(turn, &reader, message.text, message.moment, &tried, &way);
    if (!reason && !is_within_limit(turn, reader.rule, id)) return false;
    take(turn, index);
    if (reason) {
        message_suppress(turn, message.mark, message.text, MESSAGE_CUSTOMER, turn->state->channel,
                         reason);
        return true;
    }
    struct notification_pending pending = {.notification_id = id,
                                           .kind = message.text,
                                           .audience = MESSAGE_CUSTOMER,
                                           .locale = way.language->locale,
                                           .channel = way.channel,
                                           .attempt = 1,
                                           .moment = message.moment};
    message_send(turn, &reader, &way, &pending);
    return true;
}

/* The first word is said. False: it is still waited for; one that is no longer so is none. */
static bool greet(struct message_turn *turn) {
    struct notification_state *state = turn->state;

    for (int i = 0; !state->greeted && i < state->waiting.count;) {
        const struct notification_waiting *waiting = state->waiting.at;
        if (!is_first(turn, &waiting[i])) {
            i++;
            continue;
        }
        const struct notification_waiting *first = &waiting[i];
        const char *reason =
            message_obsolete(turn, rule_of(turn, first), first->text, first->moment);
        state->greeted = !reason || strcmp(reason, "superseded") != 0;
        send(turn, i);
    }
    if (state->greeted) state->greet_at = 0;
    return state->greeted;
}

/* No deadline has come by now: it is said without one. */
static void greet_anyway(struct message_turn *turn) {
    struct moment *moment = ARENA_NEW(turn->in->arena, struct moment);

    *moment = (struct moment){
        .type = contract_row(EVENT_SLA_STARTED)->name, .at = turn->in->now_ms, .promise = true};
    message_tell(turn, moment);
    greet(turn);
    turn->state->greeted = true;
    turn->state->greet_at = 0;
}

int64_t message_quiet_until(const struct message_turn *turn) {
    const struct message_quiet *quiet = turn->policy->quiet;
    struct facts_reader reader = message_customer_reader(turn, NULL, "");
    int64_t now = turn->in->now_ms;

    if (!quiet || turn->state->heard_at + quiet->answer_within > now) return 0;
    int64_t awake = facts_awake(turn, reader.zone, now);
    return awake > now ? awake : 0;
}

void message_flush(struct message_turn *turn) {
    struct notification_state *state = turn->state;

    state->hold_at = 0;
    if (!state->waiting.count) return;
    /* A message that failed for now comes before those that were to follow it. */
    state->hold_at = message_quiet_until(turn);
    if (!state->hold_at) state->hold_at = message_retries_wake(state, true);
    if (state->hold_at) {
        state->greet_at = 0;
        return;
    }
    if (!greet(turn)) {
        if (!state->greet_at) state->greet_at = turn->in->now_ms + turn->policy->first_within;
        if (turn->in->now_ms < state->greet_at) return;
        greet_anyway(turn);
    }
    while (state->waiting.count && send(turn, 0)) continue;
    if (!state->waiting.count) return;
    struct message_zone zone = zone_of(turn);
    state->hold_at = facts_awake(turn, &zone, midnight(turn, &zone, 1));
}

static int64_t earlier(int64_t one, int64_t two) {
    if (!one || (two && two < one)) return two;
    return one;
}

int64_t message_wake(const struct notification_state *state) {
    int64_t customer = earlier(state->greet_at, state->hold_at);
    int64_t colleagues = earlier(message_lines_wake(state), message_retries_wake(state, false));
    customer = earlier(customer, state->visit_at);
    colleagues = earlier(colleagues, message_reports_wake(state));
    colleagues = earlier(colleagues, state->token_by);
    return earlier(state->forget_at, earlier(customer, colleagues));
}
