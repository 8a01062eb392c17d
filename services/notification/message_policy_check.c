/* message_policy_check: what rules, roles and texts must be like together. */
#include "message_policy.h"
#include "moment.h"

#include <stdio.h>
#include <string.h>

/* One member of the file's list, for line numbers. */
struct check {
    struct faults *faults;
    struct arena *arena;
    const char *path;
    int line;
};

static struct check at_member(const struct tree *file, const char *list, int index,
                              struct arena *arena, struct faults *faults) {
    const struct tree *node = tree_get(file, list)->first;
    for (int i = 0; i < index; i++) node = node->next;
    return (struct check){faults, arena, arena_printf(arena, "%s[%d]", list, index), node->line};
}

static void complain(const struct check *check, const char *fmt, ...) PRINTF(2, 3);
static void complain(const struct check *check, const char *fmt, ...) {
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    faults_add(check->faults, FAULT_VALUE, check->line, check->path, "%s", text);
}

static bool is_language(const struct message_policy *policy, const char *locale) {
    const struct wording_language *languages = policy->languages.at;
    for (int i = 0; i < policy->languages.count; i++)
        if (strcmp(languages[i].locale, locale) == 0) return true;
    return false;
}

static void check_channel_names(const struct check *check, const struct texts *use) {
    for (int i = 0; i < use->count; i++)
        if (!fields_choice_value(contract_channels, use->at[i]))
            complain(check, "unknown channel %s", use->at[i]);
}

static void check_channels(const struct tree *file, const struct message_policy *policy,
                           struct arena *arena, struct faults *faults) {
    const struct message_route *routes = policy->channels.at;

    for (int i = 0; i < policy->channels.count; i++) {
        struct check check = at_member(file, "channels", i, arena, faults);
        check_channel_names(&check, &routes[i].use);
        if (message_policy_route(policy, routes[i].from) != &routes[i])
            complain(&check, "from: is there twice");
    }
}

/* Where nobody is named somebody is told all the same. */
static bool ends_somewhere(const struct message_policy *policy, const struct message_staff *staff) {
    for (int i = 0; staff && i <= policy->staff.count; i++) {
        if (staff->to) return true;
        staff = message_policy_staff(policy, staff->otherwise);
    }
    return false;
}

static void check_staff(const struct tree *file, const struct message_policy *policy,
                        struct arena *arena, struct faults *faults) {
    const struct message_staff *staff = policy->staff.at;

    for (int i = 0; i < policy->staff.count; i++) {
        struct check check = at_member(file, "staff", i, arena, faults);
        if (!is_language(policy, staff[i].locale))
            complain(&check, "locale: expected one of the languages");
        if (message_policy_staff(policy, staff[i].role) != &staff[i])
            complain(&check, "role: is there twice");
        if (strcmp(staff[i].role, MESSAGE_CUSTOMER) == 0)
            complain(&check, "role: customers are reached by `channels`");
        if (staff[i].digest && !message_policy_digest(policy, staff[i].role))
            complain(&check, "digest: no rule on notification.digest tells it");
        if (!ends_somewhere(policy, &staff[i]))
            complain(&check, "expected `to`, or in `otherwise` a role that has one");
    }
}

static void check_choices(const struct check *check, const char *member, const struct texts *names,
                          const char *const *choices) {
    for (int i = 0; i < names->count; i++)
        if (!fields_choice_value(choices, names->at[i]))
            complain(check, "%s: unknown %s", member, names->at[i]);
}

static void check_match(const struct check *check, const struct message_match *match) {
    if (!match) return;
    check_choices(check, "match.severity", &match->severity, contract_severities);
    check_choices(check, "match.tier", &match->tier, contract_tiers);
    check_choices(check, "match.channel", &match->channel, contract_channels);
    check_choices(check, "match.flags", &match->flags, contract_flags);
    for (int i = 0; i < match->class_names.count; i++) {
        bool known = false;
        for (int j = 0; contract_classes[j]; j++)
            known |= contract_class_matches(match->class_names.at[i], contract_classes[j]);
        if (!known) complain(check, "match.class: %s is no class", match->class_names.at[i]);
    }
}

#define W(word) (UINT64_C(1) << WORD_##word)
static const uint64_t times =
    W(CONTACT_BY) | W(RESOLVE_BY) | W(UPDATE_BY) | W(ANSWER_BY) | W(CHOOSE_BY) | W(SETTLE_BY);

/* The first of some words, for a message about it. */
static const char *name_of(uint64_t words) {
    for (int i = 0; i < WORDING_WORDS; i++)
        if (words >> i & 1) return wording_words[i];
    return "";
}

/* A sentence has values for all that it uses, or asks for them. Of colleagues' texts gaps are
 * filled: what is not known is said to be so. */
static void check_sentence(const struct check *check, const struct message_rule *rule,
                           const struct wording_sentence *sentence, bool for_customer) {
    uint64_t always = W(NAME) | W(CASE) | W(ANSWER_BY) | rule->kind->always;
    uint64_t there = always | moment_of_case() | rule->kind->maybe;
    uint64_t used = sentence->words;
    uint64_t asked = sentence->when.words | rule->when.words;
    struct check own = *check;
    own.line = sentence->line;

    if (!for_customer) there &= ~W(NAME);
    if (used & ~there)
        complain(&own, "{%s} has no value on %s", name_of(used & ~there), rule->on);
    else if (for_customer && (used & ~always & ~asked))
        complain(&own, "{%s} may be missing on %s: say needs: [%s]",
                 name_of(used & ~always & ~asked), rule->on, name_of(used & ~always & ~asked));
}

/* A promise names a time: a placeholder of one, or a number. */
static bool names_time(const struct wording_text *text) {
    const struct wording_sentence *sentences = text->sentences[PART_ACTION].at;
    for (int i = 0; i < text->sentences[PART_ACTION].count; i++)
        if (sentences[i].words & times) return true;
    return false;
}

static void check_text(const struct message_rule *rule, const struct wording_language *language,
                       bool for_customer, struct arena *arena, struct faults *faults) {
    const struct wording_text *text = wording_text(language, rule->text);
    if (!text) return;
    struct check check = {faults, arena, arena_printf(arena, "texts[%s]", text->name), text->line};

    faults->file = language->file;
    if (wording_for_customers(text) != for_customer)
        complain(&check, "is for %s, and a rule tells it %s",
                 for_customer ? "colleagues" : "customers",
                 for_customer ? "customers" : "colleagues");
    else if (for_customer && !names_time(text))
        complain(&check, "action: names no time: a promise is an action and a time");
    for (int part = 0; part < WORDING_PARTS; part++) {
        const struct wording_sentence *sentences = text->sentences[part].at;
        for (int i = 0; i < text->sentences[part].count; i++)
            check_sentence(&check, rule, &sentences[i], for_customer);
    }
    faults->file = NULL;
}

/* There is no case that could be updated, or that colleagues could look at. */
static void check_warning(const struct check *check, const struct message_rule *rule) {
    if (!texts_has(&rule->tell, MESSAGE_CUSTOMER))
        complain(check, "tell: expected customer: of an order without a case nobody else is told");
    if (rule->updates || rule->first)
        complain(check, "updates, first: not of an order without a case");
    if (rule->use.count == 0) complain(check, "use: expected: no complaint has named a channel");
}

/* It is about no customer. */
static void check_cause(const struct check *check, const struct message_rule *rule) {
    if (texts_has(&rule->tell, MESSAGE_CUSTOMER))
        complain(check, "tell: expected roles: a cause is about no single customer");
}

static void check_rule(const struct check *check, const struct message_policy *policy,
                       const struct message_rule *rule) {
    const struct wording_language *languages = policy->languages.at;
    bool for_customer = texts_has(&rule->tell, MESSAGE_CUSTOMER);

    check_match(check, rule->match);
    check_channel_names(check, &rule->use);
    if (rule->locale && !is_language(policy, rule->locale))
        complain(check, "locale: expected one of the languages");
    if (for_customer && rule->tell.count > 1)
        complain(check, "tell: customers and colleagues are told different texts: write two rules");
    if (rule->first && !for_customer) complain(check, "first: is for customers");
    if (rule->updates && !for_customer) complain(check, "updates: is for customers");
    if (contract_event(rule->on) == EVENT_COHORT_MEMBER_WARNED) check_warning(check, rule);
    if (contract_event(rule->on) == EVENT_CAUSE_RISEN ||
        contract_event(rule->on) == EVENT_CAUSE_REVIEWED)
        check_cause(check, rule);
    for (int i = 0; i < rule->tell.count && !for_customer; i++)
        if (!message_policy_staff(policy, rule->tell.at[i]))
            complain(check, "tell: %s has no row in `staff`", rule->tell.at[i]);
    if (!wording_text(message_policy_language(policy, NULL), rule->text))
        complain(check, "text: the default language has no %s", rule->text);
    for (int i = 0; i < policy->languages.count; i++)
        check_text(rule, &languages[i], for_customer, check->arena, check->faults);
}

/* Whoever complains is acknowledged. */
static bool acknowledges(const struct message_policy *policy) {
    const struct message_rule *rules = policy->rules.at;
    for (int i = 0; i < policy->rules.count; i++)
        if (rules[i].first && contract_event(rules[i].on) == EVENT_SLA_STARTED) return true;
    return false;
}

void message_policy_check(const struct tree *file, const struct message_policy *policy,
                          struct arena *arena, struct faults *faults) {
    const struct wording_language *languages = policy->languages.at;
    const struct message_rule *rules = policy->rules.at;

    if (!is_language(policy, policy->default_locale)) {
        faults_add(faults, FAULT_VALUE, tree_get(file, "default_locale")->line, "default_locale",
                   "expected one of the languages");
        return;
    }
    for (int i = 0; i < policy->languages.count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(languages[i].locale, languages[j].locale) == 0)
                faults_add(faults, FAULT_VALUE, 0, "languages", "%s is there twice",
                           languages[i].locale);
    for (int i = 0; i < policy->pass.count; i++)
        if (!fields_choice_value(contract_severities, policy->pass.at[i]))
            faults_add(faults, FAULT_VALUE, tree_get(file, "pass")->line, "pass",
                       "unknown severity %s", policy->pass.at[i]);
    check_channels(file, policy, arena, faults);
    check_staff(file, policy, arena, faults);
    for (int i = 0; i < policy->rules.count; i++) {
        struct check check = at_member(file, "rules", i, arena, faults);
        check_rule(&check, policy, &rules[i]);
    }
    if (!acknowledges(policy))
        faults_add(faults, FAULT_MISSING, 0, "rules",
                   "no rule on sla.started is `first`: whoever complains is acknowledged");
}
