/* notification_visit: when it is asked, how replies are read, and which scores reopen. */
#include "notification_visit.h"
#include "base/utf8.h"
#include "facts.h"
#include "notification_parts.h"

#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

/* ---- Asking ---- */

void notification_visit_plan(struct message_turn *turn) {
    const struct message_visit *visit = turn->policy->visit;
    struct notification_state *state = turn->state;
    int64_t resolved_at = turn->in->ev->time_ms;

    if (!visit || resolved_at + turn->policy->stale_after < turn->in->now_ms) return;
    const struct wording_language *language = message_policy_language(turn->policy, state->locale);
    const struct message_zone *zone = message_policy_zone(turn->policy, state->timezone, language);
    int64_t local = calendar_zone_to_local(zone->zone, resolved_at);
    state->visit_at = calendar_zone_to_utc(zone->zone, (local / DAY_MS + 1) * DAY_MS + visit->at);
}

void notification_visit_ask(struct message_turn *turn) {
    struct notification_state *state = turn->state;

    if (!state->visit_at || state->visit_at > turn->in->now_ms) return;
    struct moment *moment = ARENA_NEW(turn->in->arena, struct moment);
    *moment = (struct moment){.type = MOMENT_VISIT_DUE,
                              .at = turn->in->now_ms,
                              .mark = notification_number(turn, state->reopened)};
    state->visit_at = 0;
    if (turn->policy->visit)
        state->visit_until = turn->in->now_ms + turn->policy->visit->answer_within;
    message_tell(turn, moment);
}

/* ---- Answers ---- */

int notification_visit_score_of(const char *text) {
    static const char *const behind[] = {"", "分", "。", ".", "分。", NULL};

    if (!text) return 0;
    text += strspn(text, " ");
    if (!*text) return 0;
    uint32_t digit = utf8_half_width(utf8_next(&text));
    if (digit < '1' || digit > '5') return 0;
    size_t len = strlen(text);
    while (len && strchr(" \n\r", text[len - 1])) len--;
    for (int i = 0; behind[i]; i++)
        if (strlen(behind[i]) == len && strncmp(behind[i], text, len) == 0) return (int)digit - '0';
    return 0;
}

static bool is_open(const struct notification_state *state, int64_t at) {
    return !state->score && state->visit_until && at < state->visit_until;
}

bool notification_visit_is_answer(const struct notification_state *state, const struct event *ev) {
    return is_open(state, ev->time_ms) && notification_visit_score_of(tree_text(ev->data, "text"));
}

void notification_visit_take_reply(struct message_turn *turn, const char *text) {
    struct activity data = {.case_id = turn->case_id, .score = notification_visit_score_of(text)};
    const char *id = arena_printf(turn->in->arena, "%s.scored.%lld", turn->case_id,
                                  (long long)turn->state->reopened);

    if (!data.score || !is_open(turn->state, turn->in->ev->time_ms)) return;
    turn->state->visit_until = 0;
    contract_emit(turn->out, EVENT_VISIT_SCORED, turn->case_id, id, turn->in->ev->time_ms, &data);
}

void notification_on_reply(struct message_turn *turn, const void *data) {
    const struct activity *reply = data;
    notification_heard(turn);
    notification_visit_take_reply(turn, reply->text);
}

/* ---- What comes of it ---- */

static void reopen(struct message_turn *turn) {
    const char *id = arena_printf(turn->in->arena, "%s.low_score.%lld", turn->case_id,
                                  (long long)turn->state->reopened);
    struct activity data = {
        .case_id = turn->case_id, .by = "redress-notification", .automated = true};
    contract_emit(turn->out, EVENT_CASE_REOPENED, turn->case_id, id, message_time(turn), &data);
}

void notification_on_scored(struct message_turn *turn, const void *data) {
    const struct activity *activity = data;
    const struct message_visit *visit = turn->policy->visit;
    enum profile_status status = profile_status(turn->state->profile);
    struct moment *moment = notification_moment(turn);
    bool first = !turn->state->score;

    notification_heard(turn);
    turn->state->score = activity->score;
    turn->state->visit_at = turn->state->visit_until = 0;
    if (!notification_library_keep(turn)) return;
    moment->score = activity->score;
    moment->mark = notification_number(turn, turn->state->reopened);
    message_tell(turn, moment);
    if (visit && first && activity->score <= visit->reopen_to &&
        (status == PROFILE_RESOLVED || status == PROFILE_CLOSED))
        reopen(turn);
}
