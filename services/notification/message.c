/* message: values, rendering, the channel, and the events that tell of it. */
#include "message.h"
#include "base/ids.h"
#include "words.h"

#include <string.h>

const enum message_kind message_acknowledgements[] = {
    MESSAGE_ACKNOWLEDGEMENT, MESSAGE_ACKNOWLEDGEMENT_FIRST_CONTACT,
    MESSAGE_ACKNOWLEDGEMENT_RESOLUTION, MESSAGE_ACKNOWLEDGEMENT_LATE, MESSAGE_KINDS};

struct rendered {
    const char *subject, *body;
};

/* Where a message goes. */
struct way {
    int channel;
    const char *to;
    struct rendered words;
};

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

static const char *number(const struct message_turn *turn, int64_t num) {
    if (!num) return NULL;
    return arena_printf(arena_of(turn), "%lld", (long long)num);
}

/* Never promise a time already past. */
static const char *ahead(const struct message_turn *turn, const struct message_locale *locale,
                         int64_t ms) {
    if (ms > turn->in->now_ms) return words_time(locale, ms, arena_of(turn));
    return NULL;
}

static void set_times(const struct message_turn *turn, const struct message_facts *facts,
                      const struct message_locale *locale, const char *values[WORD_COUNT]) {
    const struct message_policy *policy = turn->policy;
    int64_t now = turn->in->now_ms;

    values[WORD_FIRST_CONTACT_DUE] = ahead(turn, locale, turn->state->first_contact_due);
    values[WORD_RESOLUTION_DUE] = ahead(turn, locale, turn->state->resolution_due);
    values[WORD_CONTACT_BY] = words_time(locale, now + policy->late_contact_within, arena_of(turn));
    values[WORD_SETTLE_BY] = words_time(locale, now + policy->settle_within, arena_of(turn));
    values[WORD_REPLY_BY] = words_time(locale, now + policy->reply_within, arena_of(turn));
    values[WORD_CHOOSE_BY] = ahead(turn, locale, facts->choose_by);
    values[WORD_APPROVE_BY] = words_time(locale, facts->approve_by, arena_of(turn));
    values[WORD_DUE] = words_time(locale, facts->due_at, arena_of(turn));
}

static const char *masked_customer(const struct message_turn *turn) {
    const char *name = words_mask_name(turn->state->name, arena_of(turn));
    const char *phone = words_mask_phone(turn->state->phone, arena_of(turn));
    if (name && phone) return arena_printf(arena_of(turn), "%s %s", name, phone);
    return name ? name : phone;
}

static const char *used_words(const struct message_turn *turn, const struct message_facts *facts) {
    if (facts->percent) return arena_printf(arena_of(turn), "%lld%%", (long long)facts->percent);
    if (!facts->before_ms) return NULL;
    return arena_printf(arena_of(turn), "%lld min", (long long)facts->before_ms / 60000);
}

static void set_facts(const struct message_turn *turn, const struct message_facts *facts,
                      const struct message_locale *locale, const char *values[WORD_COUNT]) {
    const struct notification_state *state = turn->state;
    struct arena *arena = arena_of(turn);
    const char *class_name = profile_class(state->profile);

    values[WORD_CASE] = turn->case_id;
    if (facts->options)
        values[WORD_OPTIONS] = words_options(locale, facts->options, arena);
    else
        values[WORD_OPTIONS] = NULL;
    if (facts->chosen)
        values[WORD_CHOSEN] = words_option(locale, facts->chosen, arena);
    else
        values[WORD_CHOSEN] = NULL;
    values[WORD_CUSTOMER] = masked_customer(turn);
    if (class_name)
        values[WORD_CLASS] = words_of(locale->classes, class_name);
    else
        values[WORD_CLASS] = NULL;
    values[WORD_SEVERITY] =
        fields_choice_name(contract_severities, profile_severity(state->profile));
    if (facts->target)
        values[WORD_TARGET] = words_of(locale->targets, facts->target);
    else
        values[WORD_TARGET] = NULL;
    values[WORD_USED] = used_words(turn, facts);
    values[WORD_LEVEL] = number(turn, facts->level);
    values[WORD_PROPOSAL] = facts->proposal_id;
    if (facts->cost.currency[0])
        values[WORD_COST] = words_amount(locale, &facts->cost, arena);
    else
        values[WORD_COST] = NULL;
    if (facts->role)
        values[WORD_ROLE] = words_of(locale->roles, facts->role);
    else
        values[WORD_ROLE] = NULL;
    values[WORD_APPROVALS] = number(turn, facts->approvals);
    values[WORD_REASON] = facts->reason;
}

/* The parts one below the other; in mail a paragraph each. NULL: a value is missing. */
static const char *join_parts(const struct message_text *text, enum template_escape escape,
                              const char *const *values, struct arena *arena) {
    const char *body = "";

    for (int i = 0; i < PARTS; i++) {
        const char *part = template_fill(text->parts[i], escape, values, arena);
        if (!part) return NULL;
        if (escape == TEMPLATE_HTML)
            body = arena_printf(arena, "%s<p>%s</p>\n", body, part);
        else
            body = arena_printf(arena, "%s%s%s", body, i ? "\n" : "", part);
    }

    return body;
}

static bool render(const struct message_text *text, int channel, const char *const *values,
                   struct arena *arena, struct rendered *out) {
    enum template_escape escape = TEMPLATE_PLAIN;
    if (channel == CHANNEL_EMAIL) escape = TEMPLATE_HTML;
    bool for_customer = text->parts[PART_EMPATHY];
    const char *body = for_customer ? join_parts(text, escape, values, arena)
                                    : template_fill(text->body_template, escape, values, arena);

    if (!body) return false;
    bool titled = channel == CHANNEL_EMAIL && text->subject_template;
    *out = (struct rendered){
        titled ? template_fill(text->subject_template, TEMPLATE_PLAIN, values, arena) : NULL, body};
    return true;
}

static const char *address_on(const struct notification_state *state, int channel) {
    switch (channel) {
    case CHANNEL_EMAIL: return state->email;
    case CHANNEL_SMS:
    case CHANNEL_PHONE: return state->phone;
    case CHANNEL_APP: return state->customer_id;
    default: return state->conversation ? state->conversation : state->customer_id;
    }
}

/* The first way in the route other than `failed` (0: none has) that has an address and room.
 * Returns why there is none, or NULL. */
static const char *find_way(const struct message_turn *turn, const struct message_text *text,
                            const char *const *values, int failed, struct way *out) {
    const struct message_route *route = message_policy_route(turn->policy, turn->state->channel);
    const char *own[] = {fields_choice_name(contract_channels, turn->state->channel)};
    struct texts use = route ? route->use : (struct texts){own, 1};
    const char *reason = "no_address";

    for (int i = 0; i < use.count; i++) {
        struct way way = {.channel = fields_choice_value(contract_channels, use.at[i])};
        if (way.channel != failed)
            way.to = address_on(turn->state, way.channel);
        else
            way.to = NULL;
        if (!way.to || !*way.to || !render(text, way.channel, values, arena_of(turn), &way.words))
            continue;
        if (template_length(way.words.body) > message_policy_limit(turn->policy, way.channel)) {
            reason = "too_long";
            continue;
        }
        *out = way;
        return NULL;
    }

    return reason;
}

static const char *id_of(const struct message_turn *turn, const char *cause) {
    const char *id = arena_printf(arena_of(turn), "%s.%s", turn->case_id, cause);
    char hash[27];

    /* Room for ".fallback.requested" behind it, in the ids of events. */
    if (fields_is_id(id, strlen(id)) && strlen(id) <= 100) return id;
    ids_hash(hash, 1, cause);
    return arena_printf(arena_of(turn), "%s.%s", turn->case_id, hash);
}

static void tell(struct message_turn *turn, const char *what, struct notification *data) {
    data->case_id = turn->case_id;
    const char *type = arena_printf(arena_of(turn), "notification.%s", what);
    const char *id = arena_printf(arena_of(turn), "%s.%s", data->notification_id, what);
    effects_emit(turn->out, type, turn->case_id, id, turn->in->ev->time_ms, &contract_notification,
                 data);
}

static void suppress(struct message_turn *turn, const char *cause, const char *template_name,
                     const char *channel, const char *audience, const char *reason) {
    struct notification data = {.notification_id = id_of(turn, cause),
                                .channel = channel ? channel : "none",
                                .template_name = template_name,
                                .audience = audience,
                                .reason = reason};
    tell(turn, "suppressed", &data);
}

static bool was_told(const struct message_turn *turn, const char *mark) {
    const struct texts *sent = &turn->state->sent;
    for (int i = 0; i < sent->count; i++)
        if (strcmp(sent->at[i], mark) == 0) return true;
    return false;
}

/* True the first time. Kept is what is behind the case in the message's id: it holds no comma,
 * whatever a target is called. */
static bool note_cause(struct message_turn *turn, const char *cause) {
    struct texts *sent = &turn->state->sent;
    const char *mark = id_of(turn, cause) + strlen(turn->case_id) + 1;

    if (was_told(turn, mark)) return false;
    int keep = sent->count < NOTIFICATION_SENT_MAX ? sent->count : NOTIFICATION_SENT_MAX - 1;
    const char **grown = arena_alloc(arena_of(turn), (size_t)(keep + 1) * sizeof *grown);
    for (int i = 0; i < keep; i++) grown[i] = sent->at[sent->count - keep + i];
    grown[keep] = mark;
    *sent = (struct texts){grown, keep + 1};

    return true;
}

static bool uses(const struct message_text *text, int word) {
    if (text->subject_template && template_uses(text->subject_template, word)) return true;
    for (int i = 0; i < PARTS; i++)
        if (text->parts[i] && template_uses(text->parts[i], word)) return true;
    return false;
}

/* What a customer's message was filled with, for another try; the name stays in the private fields.
 */
static const struct tree *keep_values(const struct message_turn *turn,
                                      const struct message_text *text, const char *const *values) {
    struct tree *map = tree_new(arena_of(turn), TREE_MAP);
    for (int i = 0; i < WORD_COUNT; i++)
        if (i != WORD_NAME && uses(text, i) && values[i])
            tree_add(map, message_policy_words[i], tree_new_text(arena_of(turn), values[i]));
    return map;
}

/* The oldest goes when no gateway ever answers. */
static void keep_pending(struct message_turn *turn, const struct notification_pending *message) {
    struct records *pending = &turn->state->pending;
    int keep =
        pending->count < NOTIFICATION_PENDING_MAX ? pending->count : NOTIFICATION_PENDING_MAX - 1;
    struct notification_pending *grown =
        arena_alloc(arena_of(turn), (size_t)(keep + 1) * sizeof *grown);
    const struct notification_pending *old = pending->at;

    if (keep) memcpy(grown, old + pending->count - keep, (size_t)keep * sizeof *grown);
    grown[keep] = *message;
    *pending = (struct records){grown, keep + 1};
}

static void dispatch(struct message_turn *turn, const char *notification_id,
                     const struct message_text *text, const char *audience, const struct way *way,
                     bool fell_back, const char *const *values) {
    const char *channel = fields_choice_name(contract_channels, way->channel);
    struct notification data = {.notification_id = notification_id,
                                .channel = channel,
                                .template_name = text->name,
                                .audience = audience};
    struct delivery delivery = {.notification_id = notification_id,
                                .channel = channel,
                                .to = way->to,
                                .locale = text->locale,
                                .subject = way->words.subject,
                                .body = way->words.body};
    const char *route = arena_strndup(arena_of(turn), turn->case_id, IDS_ROUTE_LEN);

    tell(turn, "requested", &data);
    struct output *output =
        effects_send(turn->out, TOPIC_DELIVERIES, route, "delivery.requested", notification_id,
                     turn->in->ev->time_ms, &contract_delivery, &delivery);
    output->subject = turn->case_id;
    struct notification_pending pending = {.notification_id = notification_id,
                                           .kind = text->name,
                                           .audience = audience,
                                           .locale = text->locale,
                                           .channel = way->channel,
                                           .fell_back = fell_back,
                                           .values =
                                               values ? keep_values(turn, text, values) : NULL};
    keep_pending(turn, &pending);
}

static bool is_stale(const struct message_turn *turn) {
    return turn->in->ev->time_ms + turn->policy->stale_after < turn->in->now_ms;
}

/* The texts of the first kind for which nothing is missing; the customer's locale, else the
 * default. NULL: nothing to say. */
static const struct message_text *choose_text(const struct message_turn *turn,
                                              const enum message_kind *kinds,
                                              const struct message_facts *facts,
                                              const char *values[WORD_COUNT]) {
    const char *const wanted[] = {turn->state->locale, turn->policy->default_locale};

    for (int i = 0; i < 2; i++) {
        const struct message_locale *locale = message_policy_locale(turn->policy, wanted[i]);
        const char *name = turn->state->name;
        if (name && *name)
            values[WORD_NAME] = name;
        else
            values[WORD_NAME] = locale->customer;
        set_times(turn, facts, locale, values);
        set_facts(turn, facts, locale, values);
        for (const enum message_kind *kind = kinds; *kind != MESSAGE_KINDS; kind++) {
            const struct message_text *text =
                message_policy_text(turn->policy, *kind, locale->locale);
            struct rendered words;
            if (text && render(text, CHANNEL_IM, values, arena_of(turn), &words)) return text;
        }
    }

    return NULL;
}

static bool is_withdrawn(const struct message_turn *turn) {
    return profile_status(turn->state->profile) == PROFILE_WITHDRAWN;
}

void message_customer(struct message_turn *turn, const enum message_kind *kinds, const char *cause,
                      const struct message_facts *facts) {
    const char *values[WORD_COUNT] = {0};

    if (!note_cause(turn, cause)) return;
    const struct message_text *text = choose_text(turn, kinds, facts, values);
    if (!text) return;
    struct way way = {0};
    const char *reason = NULL;
    if (is_withdrawn(turn))
        reason = "withdrawn";
    else if (is_stale(turn))
        reason = "stale";
    else
        reason = find_way(turn, text, values, 0, &way);
    if (reason) {
        suppress(turn, cause, text->name,
                 fields_choice_name(contract_channels, turn->state->channel), "customer", reason);
        return;
    }
    dispatch(turn, id_of(turn, cause), text, "customer", &way, false, values);
}

/* What is not known is said to be so: colleagues are told in any case. */
static void fill_gaps(const char *values[WORD_COUNT], const char *none) {
    for (int i = 0; i < WORD_COUNT; i++)
        if (!values[i] || !*values[i]) values[i] = none;
}

void message_staff(struct message_turn *turn, enum message_kind kind, const char *cause,
                   const char *role, bool alarm, const struct message_facts *facts) {
    const char *values[WORD_COUNT] = {0};

    if (!note_cause(turn, cause)) return;
    const struct message_staff *staff = message_policy_staff(turn->policy, role);
    const char *wanted = staff ? staff->locale : turn->policy->default_locale;
    const struct message_locale *locale = message_policy_locale(turn->policy, wanted);
    const struct message_text *text = message_policy_text(turn->policy, kind, locale->locale);
    if (!text) return;
    set_times(turn, facts, locale, values);
    set_facts(turn, facts, locale, values);
    fill_gaps(values, locale->none);
    struct way way = {.channel = staff ? staff->channel : 0, .to = staff ? staff->to : NULL};
    const char *reason = NULL;
    if (is_withdrawn(turn))
        reason = "withdrawn";
    else if (alarm && profile_only_asks(turn->state->profile))
        reason = "question";
    else if (is_stale(turn))
        reason = "stale";
    else if (!staff || !render(text, way.channel, values, arena_of(turn), &way.words))
        reason = "no_address";
    if (reason)
        suppress(turn, cause, text->name, fields_choice_name(contract_channels, way.channel), role,
                 reason);
    else
        dispatch(turn, id_of(turn, cause), text, role, &way, false, NULL);
}

/* Takes a message out of those under way. False when it is not (any more) there. */
static bool take_pending(struct message_turn *turn, const char *notification_id,
                         struct notification_pending *out) {
    struct records *pending = &turn->state->pending;
    const struct notification_pending *at = pending->at;

    for (int i = 0; i < pending->count; i++) {
        if (strcmp(at[i].notification_id, notification_id) != 0) continue;
        *out = at[i];
        struct notification_pending *rest =
            arena_alloc(arena_of(turn), (size_t)pending->count * sizeof *rest);
        int count = 0;
        for (int j = 0; j < pending->count; j++)
            if (j != i) rest[count++] = at[j];
        *pending = (struct records){rest, count};
        return true;
    }

    return false;
}

static void tell_outcome(struct message_turn *turn, const char *what,
                         const struct notification_pending *of, const char *reason) {
    struct notification data = {.notification_id = of->notification_id,
                                .channel = fields_choice_name(contract_channels, of->channel),
                                .template_name = of->kind,
                                .audience = of->audience,
                                .reason = reason};
    tell(turn, what, &data);
}

void message_delivered(struct message_turn *turn, const struct activity *result) {
    struct notification_pending pending;
    if (take_pending(turn, result->notification_id, &pending))
        tell_outcome(turn, "delivered", &pending, NULL);
    else
        turn->out->unchanged = true;
}

/* The same words once more; but an acknowledgement promises only what still lies ahead. */
static const struct message_text *words_again(const struct message_turn *turn,
                                              const struct notification_pending *failed,
                                              const char *values[WORD_COUNT]) {
    int kind = fields_choice_value(message_policy_kinds, failed->kind) - 1;
    const struct message_locale *locale = message_policy_locale(turn->policy, failed->locale);
    const char *name = turn->state->name;
    if (kind < 0) return NULL;
    if (kind <= MESSAGE_ACKNOWLEDGEMENT_LATE)
        return choose_text(turn, message_acknowledgements, &(struct message_facts){0}, values);
    for (int i = 0; i < WORD_COUNT; i++)
        values[i] = tree_text(failed->values, message_policy_words[i]);
    if (name && *name)
        values[WORD_NAME] = name;
    else
        values[WORD_NAME] = locale->customer;
    return message_policy_text(turn->policy, kind, failed->locale);
}

/* On another channel; false when there is none. */
static bool fall_back(struct message_turn *turn, const struct notification_pending *failed) {
    const char *values[WORD_COUNT] = {0};
    struct way way;

    if (failed->fell_back) return false;
    const struct message_text *text = words_again(turn, failed, values);
    if (!text || find_way(turn, text, values, failed->channel, &way)) return false;
    const char *id = arena_printf(arena_of(turn), "%s.fallback", failed->notification_id);
    dispatch(turn, id, text, "customer", &way, true, values);

    return true;
}

void message_failed(struct message_turn *turn, const struct activity *result) {
    struct notification_pending pending;

    if (!take_pending(turn, result->notification_id, &pending)) {
        turn->out->unchanged = true;
        return;
    }
    tell_outcome(turn, "failed", &pending, result->reason);
    if (strcmp(pending.audience, "customer") != 0 || fall_back(turn, &pending)) return;
    const char *cause =
        arena_printf(arena_of(turn), "undelivered%s", pending.notification_id + IDS_CASE_LEN);
    struct message_facts facts = {.reason = result->reason};
    message_staff(turn, MESSAGE_DELIVERY_FAILED, cause, turn->policy->alarm, false, &facts);
}
