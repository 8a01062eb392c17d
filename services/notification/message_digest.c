/* message_digest: what teams are told together. Of one window of time and one address the first
 * case that has something to tell is the host (a claim says which): the others send their lines to
 * it through the case log, and when the window is over it tells them all in one message. */
#include "message_parts.h"

#include "base/ids.h"
#include <string.h>

enum {
    SETTLE_MS = 5000, /* lines of the window's last moment are still on their way */
    LINES_MAX = 50    /* more than anybody reads at once */
};

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* ---- Into a digest ---- */

int64_t message_window(const struct message_turn *turn, const struct message_reader *reader) {
    const struct message_policy *policy = turn->policy;
    int64_t window = reader->staff->digest;

    if (reader->rule->at_once || !window) return 0;
    if (facts_passes(turn) && policy->digest_passing < window) return policy->digest_passing;
    return window;
}

/* Windows begin at whole multiples since midnight UTC. The message is told at the window's end, or
 * when the role's hours begin. */
static int64_t told_at(const struct message_turn *turn, const struct message_staff *staff,
                       int64_t window) {
    int64_t end = (turn->in->now_ms / window + 1) * window;
    int64_t from;
    int64_t to;

    if (facts_passes(turn) || calendar_next_open(staff->open, end, &from, &to)) return end;
    return from;
}

/* The case that hosts the window's digest: this one, if no other was first. */
static const char *host_of(struct message_turn *turn, const struct collected *line,
                           int64_t window) {
    long long number = (long long)(turn->in->now_ms / window);
    struct claim claim = {
        .kind = CLAIM_JOIN,
        .key = arena_printf(arena_of(turn), "digest\x1f%s\x1f%s\x1f%s\x1f%lld\x1f%lld",
                            line->audience, line->channel, line->to, (long long)window, number),
        .id = line->notification_id,
        .value = turn->case_id,
        .time_ms = turn->in->now_ms,
        .valid_ms = 2 * window};
    const struct answer *answer = message_claim(turn, &claim);

    if (answer && *answer->value) return answer->value;
    return turn->case_id;
}

static const char *line_of(const struct wording_rendered *words) {
    if (words->line) return words->line;
    if (words->subject) return words->subject;
    return words->body;
}

void message_collect(struct message_turn *turn, const struct message_reader *reader,
                     const char *mark, const char *text, const struct message_way *way,
                     int64_t window) {
    struct collected line = {.notification_id = message_id(turn, mark),
                             .of = turn->case_id,
                             .audience = reader->audience,
                             .channel = fields_choice_name(contract_channels, way->channel),
                             .to = way->to,
                             .template_name = text,
                             .line = line_of(&way->words),
                             .tell_at = told_at(turn, reader->staff, window)};

    line.case_id = host_of(turn, &line, window);
    const char *id = arena_printf(arena_of(turn), "%s.collected", line.notification_id);
    contract_emit(turn->out, EVENT_NOTIFICATION_COLLECTED, line.case_id, id, message_time(turn),
                  &line);
}

/* ---- Out of it ---- */

static bool same_digest(const struct collected *one, const struct collected *two) {
    return strcmp(one->audience, two->audience) == 0 && strcmp(one->channel, two->channel) == 0 &&
           strcmp(one->to, two->to) == 0;
}

static int count_like(const struct parts *lines, const struct collected *line) {
    const struct collected *at = lines->at;
    int count = 0;

    for (int i = 0; i < lines->count; i++) count += same_digest(&at[i], line);
    return count;
}

/* All lines of one digest, as one moment. */
static struct moment *moment_of(struct message_turn *turn, const struct collected *first) {
    const struct collected *at = turn->state->lines.at;
    struct moment *moment = ARENA_NEW(arena_of(turn), struct moment);
    char hash[27];

    ids_hash(hash, 1, first->notification_id);
    moment->type = MOMENT_DIGEST;
    moment->at = turn->in->now_ms;
    moment->mark = arena_strndup(arena_of(turn), hash, 8);
    for (int i = 0; i < turn->state->lines.count; i++)
        if (same_digest(&at[i], first)) texts_add(&moment->lines, at[i].line, arena_of(turn));
    return moment;
}

static void drop(struct message_turn *turn, const struct collected *first) {
    struct parts *lines = &turn->state->lines;
    const struct collected *at = lines->at;
    struct parts rest = {0};

    for (int i = 0; i < lines->count; i++)
        if (!same_digest(&at[i], first))
            *(struct collected *)parts_add(&rest, sizeof *at, NOTIFICATION_LINES_MAX,
                                           arena_of(turn)) = at[i];
    *lines = rest;
}

static void tell(struct message_turn *turn, struct collected line) {
    const struct message_policy *policy = turn->policy;
    struct message_reader reader = {.audience = line.audience,
                                    .staff = message_policy_staff(policy, line.audience),
                                    .named = line.to,
                                    .rule = message_policy_digest(policy, line.audience)};
    struct moment *moment = moment_of(turn, &line);
    struct message_way way = {0};
    struct texts tried = {0};

    drop(turn, &line);
    const char *text = reader.rule ? reader.rule->text : "digest";
    const char *mark = arena_printf(arena_of(turn), "%s.%s.%s", text, moment->mark, line.audience);
    const char *reason = "nothing_to_say";
    if (reader.rule && reader.staff)
        reason = message_find_way(turn, &reader, text, moment, &tried, &way);
    if (reason) {
        message_suppress(turn, mark, text, line.audience,
                         fields_choice_value(contract_channels, line.channel), reason);
        return;
    }
    struct notification_pending pending = {.notification_id = message_id(turn, mark),
                                           .kind = text,
                                           .audience = line.audience,
                                           .locale = way.language->locale,
                                           .channel = way.channel,
                                           .attempt = 1,
                                           .to = line.to,
                                           .moment = moment};
    message_send(turn, &reader, &way, &pending);
}

void message_take_line(struct message_turn *turn, const struct collected *line) {
    struct parts *lines = &turn->state->lines;
    struct collected *added =
        parts_add(lines, sizeof *added, NOTIFICATION_LINES_MAX, arena_of(turn));

    *added = *line;
    turn->moment = moment_of(turn, line);
    if (count_like(lines, line) == LINES_MAX || lines->count == NOTIFICATION_LINES_MAX)
        tell(turn, *line);
}

void message_flush_lines(struct message_turn *turn) {
    struct parts *lines = &turn->state->lines;

    for (int i = 0; i < lines->count;) {
        const struct collected *at = lines->at;
        if (at[i].tell_at + SETTLE_MS > turn->in->now_ms) {
            i++;
            continue;
        }
        tell(turn, at[i]);
        i = 0;
    }
}

int64_t message_lines_wake(const struct notification_state *state) {
    const struct collected *at = state->lines.at;
    int64_t wake = 0;

    for (int i = 0; i < state->lines.count; i++)
        if (!wake || at[i].tell_at + SETTLE_MS < wake) wake = at[i].tell_at + SETTLE_MS;
    return wake;
}
