/* message_tell: the rules: whom they name for an event, and what keeps them from being told. */
#include "message_parts.h"

#include <string.h>

enum { AUDIENCES_MAX = 32 /* of one event; more rows than a policy has roles */ };

/* One event, told to all that the rules name. */
struct telling {
    struct message_turn *turn;
    const struct moment *moment;
    struct texts served;            /* audiences that a rule has spoken to */
    struct wording_values customer; /* what holds for the customer, and for colleagues */
    struct wording_values staff;
    bool customer_known, staff_known;
};

static bool matches_text(const struct texts *wanted, const char *text) {
    return wanted->count == 0 || texts_has(wanted, text);
}

static bool matches_class(const struct texts *patterns, const char *class_name) {
    for (int i = 0; class_name && i < patterns->count; i++)
        if (contract_class_matches(patterns->at[i], class_name)) return true;
    return patterns->count == 0;
}

static bool matches_flags(const struct texts *flags, const struct profile *profile) {
    for (int i = 0; i < flags->count; i++)
        if (profile_has_flag(profile, flags->at[i])) return true;
    return flags->count == 0;
}

static bool matches(const struct message_turn *turn, const struct message_match *match,
                    const struct moment *moment) {
    const struct notification_state *state = turn->state;
    const struct profile *profile = state->profile;
    const char *severity = fields_choice_name(contract_severities, profile_severity(profile));

    if (!match) return true;
    return matches_class(&match->class_names, profile_class(profile)) &&
           matches_text(&match->severity, severity) &&
           matches_text(&match->tier, fields_choice_name(contract_tiers, state->tier)) &&
           matches_text(&match->channel, fields_choice_name(contract_channels, state->channel)) &&
           matches_text(&match->target, moment->target) &&
           matches_text(&match->task, moment->task) &&
           matches_text(&match->reason, moment->reason) &&
           matches_text(&match->role, moment->role) &&
           matches_text(&match->tenant, state->tenant) && matches_flags(&match->flags, profile) &&
           (!match->level || match->level == moment->level) &&
           (!match->score_from || moment->score >= match->score_from) &&
           (!match->score_to || moment->score <= match->score_to);
}

/* Values are made once for an event, and only if a rule asks. */
static const struct wording_values *values_for(struct telling *telling,
                                               const struct message_rule *rule) {
    const struct message_policy *policy = telling->turn->policy;

    if (texts_has(&rule->tell, MESSAGE_CUSTOMER)) {
        struct facts_reader reader = message_customer_reader(telling->turn, rule, rule->text);
        if (!telling->customer_known)
            facts_fill(telling->turn, telling->moment, &reader, policy->looked_for,
                       &telling->customer);
        telling->customer_known = true;
        return &telling->customer;
    }
    const struct wording_language *language = message_policy_language(policy, NULL);
    struct facts_reader reader = {language, message_policy_zone(policy, NULL, language)};
    if (!telling->staff_known)
        facts_fill(telling->turn, telling->moment, &reader, policy->looked_for, &telling->staff);
    telling->staff_known = true;
    return &telling->staff;
}

/* "breach.resolution.1795341600000.supervisor" */
static const char *mark_of(const struct telling *telling, const char *text, const char *audience) {
    struct arena *arena = telling->turn->in->arena;
    const char *mark = text;

    if (telling->moment->mark) mark = arena_printf(arena, "%s.%s", text, telling->moment->mark);
    if (audience) mark = arena_printf(arena, "%s.%s", mark, audience);
    return mark;
}

/* The person whom the event or the case names for a role without an address. */
static const char *named_for(const struct message_turn *turn, const struct moment *moment,
                             const char *role) {
    if (strcmp(role, "assignee") == 0) return turn->state->assignee;
    if (strcmp(role, "team") == 0) return turn->state->team;
    if (strcmp(role, "actor") == 0) return moment->actor;
    return NULL;
}

struct message_reader message_staff_reader(const struct message_turn *turn,
                                           const struct moment *moment, const char *audience) {
    const struct message_policy *policy = turn->policy;
    const struct message_staff *staff = message_policy_staff(policy, audience);
    struct message_reader reader = {.audience = audience, .staff = staff};

    for (int i = 0; staff && i <= policy->staff.count; i++) {
        if (strcmp(staff->role, "role") == 0) {
            const struct message_staff *own = message_policy_staff(policy, moment->role);
            if (!own) own = message_policy_staff(policy, staff->otherwise);
            staff = own;
            continue;
        }
        reader.staff = staff;
        reader.audience = staff->role;
        reader.named = named_for(turn, moment, staff->role);
        if (staff->to || reader.named) return reader;
        staff = message_policy_staff(policy, staff->otherwise);
    }
    return reader;
}

static bool is_withdrawn(const struct message_turn *turn) {
    return profile_status(turn->state->profile) == PROFILE_WITHDRAWN;
}

static void tell_staff(struct telling *telling, const struct message_rule *rule,
                       const char *audience) {
    struct message_turn *turn = telling->turn;
    struct message_reader reader = message_staff_reader(turn, telling->moment, audience);
    const char *mark = mark_of(telling, rule->text, reader.audience);
    struct message_way way = {.channel = reader.staff->channel};
    struct texts tried = {0};
    const char *reason = NULL;

    if (!message_note(turn, mark)) return;
    reader.rule = rule;
    if (is_withdrawn(turn))
        reason = "withdrawn";
    else if (rule->alarm && profile_only_asks(turn->state->profile))
        reason = "question";
    else if (telling->moment->at + turn->policy->stale_after < turn->in->now_ms)
        reason = "stale";
    else
        reason = message_find_way(turn, &reader, rule->text, telling->moment, &tried, &way);
    if (reason) {
        message_suppress(turn, mark, rule->text, reader.audience, way.channel, reason);
        return;
    }
    int64_t window = message_window(turn, &reader);
    if (window) {
        message_collect(turn, &reader, mark, rule->text, &way, window);
        return;
    }
    struct notification_pending pending = {.notification_id = message_id(turn, mark),
                                           .kind = rule->text,
                                           .audience = reader.audience,
                                           .locale = way.language->locale,
                                           .channel = way.channel,
                                           .attempt = 1,
                                           .to = reader.named,
                                           .moment = telling->moment};
    message_send(turn, &reader, &way, &pending);
}

static void tell_customer(struct telling *telling, const struct message_rule *rule) {
    const char *mark = mark_of(telling, rule->text, NULL);
    if (message_note(telling->turn, mark))
        message_queue(telling->turn, mark, rule->text, telling->moment);
}

/* Colleagues first, so that a customer's text may say that they were told. */
static void tell_all(struct telling *telling, bool customers) {
    const struct message_policy *policy = telling->turn->policy;
    const struct message_rule *rules = policy->rules.at;

    for (int i = 0; i < policy->rules.count; i++) {
        const struct message_rule *rule = &rules[i];
        if (texts_has(&rule->tell, MESSAGE_CUSTOMER) != customers ||
            strcmp(rule->on, telling->moment->type) != 0 ||
            !matches(telling->turn, rule->match, telling->moment) ||
            !wording_holds(&rule->when, values_for(telling, rule)))
            continue;
        for (int j = 0; j < rule->tell.count; j++) {
            if (texts_has(&telling->served, rule->tell.at[j])) continue;
            texts_keep(&telling->served, rule->tell.at[j], AUDIENCES_MAX, telling->turn->in->arena);
            if (customers)
                tell_customer(telling, rule);
            else
                tell_staff(telling, rule, rule->tell.at[j]);
        }
    }
}

void message_tell(struct message_turn *turn, const struct moment *moment) {
    struct telling telling = {.turn = turn, .moment = moment};

    turn->moment = moment;
    tell_all(&telling, false);
    tell_all(&telling, true);
}
