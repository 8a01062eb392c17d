/* message: ids, ways, and the events that tell of a message. */
#include "base/ids.h"
#include "message_parts.h"
#include "person.h"
#include "words.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

int64_t message_time(const struct message_turn *turn) {
    if (turn->in->ev) return turn->in->ev->time_ms;
    return turn->in->now_ms;
}

int64_t message_settle_by(const struct message_policy *policy, const struct remedy *remedy,
                          int64_t ms) {
    const struct message_settle *rows = policy->settle.at;
    const char *kind = fields_choice_name(contract_remedy_kinds, remedy->kind);

    for (int i = 0; i < policy->settle.count; i++) {
        if (!texts_has(&rows[i].remedies, kind)) continue;
        int64_t due = calendar_due(rows[i].open, ms, rows[i].allowance, NULL, 0);
        return due == CALENDAR_NEVER ? 0 : due;
    }
    return 0;
}

const struct answer *message_claim(struct message_turn *turn, const struct claim *claim) {
    if (turn->alone) return NULL;
    int index = turn->claimed++;

    if (index < turn->in->answer_count) return &turn->in->answers[index];
    ASSERT(turn->claims); /* a decision has its answers, or the runtime has a bug */
    claims_add(turn->claims, claim);
    return NULL;
}

/* ---- Ids ---- */

const char *message_id(const struct message_turn *turn, const char *mark) {
    const char *id = arena_printf(arena_of(turn), "%s.%s", turn->case_id, mark);
    char hash[27];

    /* Room for ".99.requested" behind it, in the ids of events. */
    if (fields_is_id(id, strlen(id)) && strlen(id) <= 100) return id;
    ids_hash(hash, 1, mark);
    return arena_printf(arena_of(turn), "%s.%s", turn->case_id, hash);
}

/* Kept is what is behind the case in the message's id: it holds no comma, whatever a target is
 * called. */
bool message_note(struct message_turn *turn, const char *mark) {
    struct texts *sent = &turn->state->sent;
    const char *kept = message_id(turn, mark) + strlen(turn->case_id) + 1;

    if (texts_has(sent, kept)) return false;
    texts_keep(sent, kept, NOTIFICATION_SENT_MAX, arena_of(turn));

    return true;
}

const char *message_attempt_id(const struct message_turn *turn,
                               const struct notification_pending *of) {
    if (of->attempt < 2) return of->notification_id;
    return arena_printf(arena_of(turn), "%s.%lld", of->notification_id, (long long)of->attempt);
}

/* ---- Ways ---- */

/* Only what one message can reach one person by. */
static const char *address_on(const struct message_turn *turn, int channel) {
    const struct notification_state *state = turn->state;

    switch (channel) {
    case CHANNEL_EMAIL: return person_email(state->email, arena_of(turn));
    case CHANNEL_SMS:
    case CHANNEL_PHONE: return person_phone(state->phone, state->locale, arena_of(turn));
    case CHANNEL_APP: return state->customer_id;
    default: return state->conversation ? state->conversation : state->customer_id;
    }
}

static enum template_escape escape_of(int channel) {
    if (channel == CHANNEL_EMAIL) return TEMPLATE_HTML;
    return TEMPLATE_PLAIN;
}

struct facts_reader message_customer_reader(const struct message_turn *turn,
                                            const struct message_rule *rule, const char *text) {
    const struct message_policy *policy = turn->policy;
    const char *locale = turn->state->locale;
    if (rule && rule->locale) locale = rule->locale;
    const struct wording_language *language = message_policy_language(policy, locale);

    if (!wording_text(language, text)) language = message_policy_language(policy, NULL);
    return (struct facts_reader){language,
                                 message_policy_zone(policy, turn->state->timezone, language)};
}

static struct texts channels_for_customer(const struct message_turn *turn,
                                          const struct message_rule *rule) {
    const struct message_route *route = message_policy_route(turn->policy, turn->state->channel);
    const char *own = fields_choice_name(contract_channels, turn->state->channel);

    if (rule && rule->use.count) return rule->use;
    if (route) return route->use;
    return (struct texts){arena_memdup(arena_of(turn), &own, sizeof own), own ? 1 : 0};
}

static const char *customer_way(const struct message_turn *turn,
                                const struct message_reader *reader, const char *text_name,
                                const struct moment *moment, const struct texts *tried,
                                struct message_way *out) {
    struct facts_reader who = message_customer_reader(turn, reader->rule, text_name);
    const struct wording_text *text = wording_text(who.language, text_name);
    struct texts use = channels_for_customer(turn, reader->rule);
    struct wording_values values;
    const char *reason = "no_address";

    if (!text) return "nothing_to_say";
    facts_fill(turn, moment, &who, text->words, &values);
    for (int i = 0; i < use.count; i++) {
        struct message_way way = {.channel = fields_choice_value(contract_channels, use.at[i]),
                                  .language = who.language};
        if (texts_has(tried, use.at[i])) continue;
        way.to = address_on(turn, way.channel);
        if (!way.to || !*way.to) continue;
        if (!wording_render(who.language, text, escape_of(way.channel), &values, arena_of(turn),
                            &way.words))
            return "nothing_to_say";
        if (way.channel == CHANNEL_SMS &&
            words_sms_parts(way.words.body) > turn->policy->sms_parts) {
            reason = "too_long";
            continue;
        }
        *out = way;
        return NULL;
    }

    return reason;
}

static const char *staff_way(const struct message_turn *turn, const struct message_reader *reader,
                             const char *text_name, const struct moment *moment,
                             const struct texts *tried, struct message_way *out) {
    const struct message_staff *staff = reader->staff;
    const struct message_rule *rule = reader->rule;
    const char *locale = staff->locale;
    if (rule && rule->locale) locale = rule->locale;
    struct message_way way = {.channel = staff->channel,
                              .to = staff->to ? staff->to : reader->named};
    way.language = message_policy_language(turn->policy, locale);
    if (!wording_text(way.language, text_name))
        way.language = message_policy_language(turn->policy, NULL);
    const struct wording_text *text = wording_text(way.language, text_name);
    struct facts_reader who = {way.language, message_policy_zone(turn->policy, NULL, way.language)};
    struct wording_values values;

    if (texts_has(tried, fields_choice_name(contract_channels, way.channel))) return "no_address";
    if (!text) return "nothing_to_say";
    facts_fill(turn, moment, &who, text->words, &values);
    /* What is not known is said to be so: colleagues are told in any case. */
    values.none = way.language->none;
    if (!wording_render(way.language, text, escape_of(way.channel), &values, arena_of(turn),
                        &way.words))
        return "nothing_to_say";
    *out = way;

    return NULL;
}

const char *message_find_way(const struct message_turn *turn, const struct message_reader *reader,
                             const char *text, const struct moment *moment,
                             const struct texts *tried, struct message_way *out) {
    if (reader->staff) return staff_way(turn, reader, text, moment, tried, out);
    return customer_way(turn, reader, text, moment, tried, out);
}

/* ---- Events ---- */

static const char *subject_of(const struct message_turn *turn) {
    if (!turn->state->without_case) return turn->case_id;
    return arena_printf(arena_of(turn), "order:%s", turn->state->order_id);
}

static void tell(struct message_turn *turn, enum event_type type, struct notification *data) {
    const char *what = strchr(contract_row(type)->name, '.');
    const char *id = arena_printf(arena_of(turn), "%s%s", data->notification_id, what);

    if (turn->state->without_case) {
        data->order_id = turn->state->order_id;
        data->cohort_id = turn->state->cohort_id;
    } else {
        data->case_id = turn->case_id;
    }
    struct output *output =
        contract_emit(turn->out, type, turn->case_id, id, message_time(turn), data);
    output->subject = subject_of(turn);
}

void message_suppress(struct message_turn *turn, const char *mark, const char *text,
                      const char *audience, int channel, const char *reason) {
    const char *name = fields_choice_name(contract_channels, channel);
    struct notification data = {.notification_id = message_id(turn, mark),
                                .channel = name ? name : "none",
                                .template_name = text,
                                .audience = audience,
                                .reason = reason};
    tell(turn, EVENT_NOTIFICATION_SUPPRESSED, &data);
}

void message_outcome(struct message_turn *turn, enum event_type type,
                     const struct notification_pending *of, const char *reason) {
    struct notification data = {.notification_id = message_attempt_id(turn, of),
                                .channel = fields_choice_name(contract_channels, of->channel),
                                .template_name = of->kind,
                                .audience = of->audience,
                                .reason = reason};
    tell(turn, type, &data);
}

static void note_told(struct message_turn *turn, const char *proposal_id) {
    struct parts *offers = &turn->state->offers;
    if (!offers->count) return;
    struct notification_offer *copy =
        arena_memdup(arena_of(turn), offers->at, (size_t)offers->count * sizeof *copy);

    for (int i = 0; i < offers->count; i++)
        copy[i].told |= strcmp(copy[i].proposal_id, proposal_id) == 0;
    offers->at = copy;
}

/* A digit is taken for an answer as long as the text says, however late it went out. */
static void note_asked(const struct message_turn *turn, const struct message_zone *zone) {
    int64_t until = facts_answer_by(turn, zone);
    if (turn->state->visit_until < until) turn->state->visit_until = until;
}

/* What the customer has been promised and offered, and who has been told: later texts speak of it.
 */
static void remember(struct message_turn *turn, const struct message_reader *reader,
                     const struct message_way *way, const struct moment *moment) {
    enum { TOLD_MAX = 16 };
    struct notification_state *state = turn->state;
    const struct message_zone *zone =
        message_policy_zone(turn->policy, state->timezone, way->language);

    /* A digest may be of other cases alone. */
    if (strcmp(moment->type, MOMENT_DIGEST) == 0) return;
    if (reader->staff) {
        if (!texts_has(&state->told, reader->audience))
            texts_keep(&state->told, reader->audience, TOLD_MAX, arena_of(turn));
        return;
    }
    if (strcmp(moment->type, MOMENT_VISIT_DUE) == 0) note_asked(turn, zone);
    if (way->words.used >> WORD_CONTACT_BY & 1) state->contact_told = facts_contact_by(turn, zone);
    if (way->words.used >> WORD_RESOLVE_BY & 1) state->resolve_told = facts_resolve_by(turn, zone);
    if (moment->proposal_id && (way->words.used >> WORD_OPTIONS & 1))
        note_told(turn, moment->proposal_id);
}

void message_send(struct message_turn *turn, const struct message_reader *reader,
                  const struct message_way *way, const struct notification_pending *pending) {
    const char *id = message_attempt_id(turn, pending);
    struct delivery delivery = {.notification_id = id,
                                .channel = fields_choice_name(contract_channels, way->channel),
                                .to = way->to,
                                .locale = way->language->locale,
                                .body = way->words.body};
    const char *route = arena_strndup(arena_of(turn), turn->case_id, IDS_ROUTE_LEN);

    if (way->channel == CHANNEL_EMAIL) delivery.subject = way->words.subject;
    if (turn->state->without_case) {
        delivery.tenant = turn->state->tenant;
        delivery.order_id = turn->state->order_id;
        delivery.cohort_id = turn->state->cohort_id;
    }
    remember(turn, reader, way, pending->moment);
    message_outcome(turn, EVENT_NOTIFICATION_REQUESTED, pending, NULL);
    struct output *output = contract_send(turn->out, EVENT_DELIVERY_REQUESTED, route, id,
                                          message_time(turn), &delivery);
    output->subject = subject_of(turn);
    message_make_room(turn);
    struct notification_pending *added =
        parts_add(&turn->state->pending, sizeof *added, NOTIFICATION_PENDING_MAX, arena_of(turn));
    *added = *pending;
    added->report_by = 0;
    message_await_reports(turn);
}
