/* facts: the state looked at. */
#include "facts.h"
#include "person.h"
#include "visit_token.h"
#include "words.h"

#include <string.h>

/* One filling: of the case, of the moment, for a reader. */
struct filling {
    const struct message_turn *turn;
    const struct notification_state *state;
    const struct moment *moment;
    const struct wording_language *language;
    const struct message_zone *zone;
    struct arena *arena;
    uint64_t wanted; /* words: of others no time is written */
    int64_t now;
    const struct notification_offer *offer; /* the moment's; NULL: none was approved */
    const struct option *chosen;
    struct wording_values *out;
};

static void set(const struct filling *filling, enum wording_word word, const char *text) {
    filling->out->words[word] = text;
}

static void note(const struct filling *filling, enum wording_fact fact, bool is_so) {
    if (is_so) filling->out->facts |= UINT64_C(1) << fact;
}

/* ---- Promises ---- */

static const struct notification_target *running(const struct notification_state *state,
                                                 const char *name) {
    const struct notification_target *targets = state->targets.at;
    const struct notification_target *latest = NULL;

    for (int i = 0; i < state->targets.count; i++)
        if (strcmp(targets[i].name, name) == 0 && (!latest || targets[i].cycle > latest->cycle))
            latest = &targets[i];
    return latest;
}

static int64_t ahead(const struct message_turn *turn, const struct notification_target *target) {
    if (target && target->due_at > turn->in->now_ms) return target->due_at;
    return 0;
}

static bool is_late(const struct message_turn *turn, const struct notification_target *target) {
    return target && target->due_at && target->due_at <= turn->in->now_ms;
}

bool facts_passes(const struct message_turn *turn) {
    int severity = profile_severity(turn->state->profile);
    return texts_has(&turn->policy->pass, fields_choice_name(contract_severities, severity));
}

int64_t facts_awake(const struct message_turn *turn, const struct message_zone *zone, int64_t ms) {
    int64_t from;
    int64_t to;

    if (!zone->awake || facts_passes(turn) || calendar_next_open(zone->awake, ms, &from, &to))
        return ms;
    return from;
}

/* A promise for then. The end of an open hour belongs to it: "until 21:00" may be said of 21:00. */
static int64_t promised(const struct message_turn *turn, const struct message_zone *zone,
                        int64_t ms) {
    if (!ms || facts_awake(turn, zone, ms - 1) == ms - 1) return ms;
    return facts_awake(turn, zone, ms);
}

/* A contact in the hours in which somebody can call and the customer is awake; 0: there are none.
 * Nobody calls at the very moment at which either begins. */
static int64_t contact_after(const struct message_turn *turn, const struct message_zone *zone,
                             int64_t ms) {
    enum { TRIES = 4 }; /* hours that never meet within so many days are far apart */
    struct calendar_allowance within = {.ms = turn->policy->late_contact_within};

    for (int i = 0; i < TRIES; i++) {
        int64_t due = calendar_due(turn->policy->contact_open, ms, within, NULL, 0);
        ms = promised(turn, zone, due);
        if (ms == due) return due;
    }
    return 0;
}

int64_t facts_contact_by(const struct message_turn *turn, const struct message_zone *zone) {
    static const char *const names[] = {"first_contact", "next_reply"};
    bool late = false;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct notification_target *target = running(turn->state, names[i]);
        int64_t due = ahead(turn, target);
        if (due && facts_awake(turn, zone, due - 1) == due - 1) return due;
        if (due) return contact_after(turn, zone, facts_awake(turn, zone, due));
        late |= is_late(turn, target);
    }
    /* Nobody is held to a contact that no deadline asks for. */
    if (!late) return 0;
    return contact_after(turn, zone, turn->in->now_ms);
}

int64_t facts_resolve_by(const struct message_turn *turn, const struct message_zone *zone) {
    return promised(turn, zone, ahead(turn, running(turn->state, "resolution")));
}

int64_t facts_answer_by(const struct message_turn *turn, const struct message_zone *zone) {
    return promised(turn, zone, turn->in->now_ms + turn->policy->answer_within);
}

static bool wants(const struct filling *filling, enum wording_word word) {
    return filling->wanted >> word & 1;
}

static const char *time_words(const struct filling *filling, int64_t ms) {
    return words_time(filling->language, filling->zone->zone, ms, filling->now, filling->arena);
}

static void set_time(const struct filling *filling, enum wording_word word, int64_t ms) {
    if (wants(filling, word)) set(filling, word, time_words(filling, ms));
}

/* Of something that is promised for then. */
static void set_awake(const struct filling *filling, enum wording_word word, int64_t ms) {
    if (wants(filling, word)) set_time(filling, word, promised(filling->turn, filling->zone, ms));
}

static void set_promises(const struct filling *filling) {
    const struct message_turn *turn = filling->turn;
    const struct notification_target *update = running(filling->state, "next_update");

    if (wants(filling, WORD_CONTACT_BY))
        set_time(filling, WORD_CONTACT_BY, facts_contact_by(turn, filling->zone));
    if (wants(filling, WORD_RESOLVE_BY))
        set_time(filling, WORD_RESOLVE_BY, facts_resolve_by(turn, filling->zone));
    set_awake(filling, WORD_UPDATE_BY, ahead(turn, update));
    if (wants(filling, WORD_ANSWER_BY))
        set_time(filling, WORD_ANSWER_BY, facts_answer_by(turn, filling->zone));
    note(filling, FACT_KEPT_WAITING, is_late(turn, running(filling->state, "first_contact")));
}

/* "resolution"; of another agreement, "marketplace.resolution", with that named behind. */
static const char *target_words(const struct filling *filling, const char *target) {
    const struct tree *targets = filling->language->targets;
    const char *dot = strchr(target, '.');
    if (!dot || tree_get(targets, target)) return wording_of(targets, target);

    return arena_printf(filling->arena, "%s (%.*s)", wording_of(targets, dot + 1),
                        (int)(dot - target), target);
}

/* The moment's target as it stands, and what the customer had been told of it. */
static void set_target(const struct filling *filling) {
    const struct moment *moment = filling->moment;
    const struct notification_target *targets = filling->state->targets.at;
    int64_t told = 0;

    if (!moment->target) return;
    for (int i = 0; i < filling->state->targets.count; i++)
        if (strcmp(targets[i].name, moment->target) == 0 && targets[i].cycle == moment->cycle)
            note(filling, FACT_OVERDUE, is_late(filling->turn, &targets[i]));
    if (strcmp(moment->target, "first_contact") == 0) told = filling->state->contact_told;
    if (strcmp(moment->target, "resolution") == 0) told = filling->state->resolve_told;
    note(filling, FACT_PROMISE_TOLD, told && told <= filling->now);
    if (told <= filling->now) set_time(filling, WORD_PROMISED, told);
    set(filling, WORD_TARGET, target_words(filling, moment->target));
    set_time(filling, WORD_DUE, moment->due_at);
}

/* ---- The case ---- */

static const char *harmless(const struct filling *filling, const char *text) {
    return person_harmless(text, FACTS_TEXT_MAX, filling->arena);
}

static const char *masked_customer(const struct filling *filling) {
    const char *name = person_harmless(filling->state->name, PERSON_NAME_MAX, filling->arena);
    const char *phone = person_mask_phone(filling->state->phone, filling->arena);

    name = person_mask_name(name, filling->arena);
    if (name && phone) return arena_printf(filling->arena, "%s %s", name, phone);
    return name ? name : phone;
}

static void set_case(const struct filling *filling) {
    const struct notification_state *state = filling->state;
    const char *name = person_harmless(state->name, PERSON_NAME_MAX, filling->arena);

    set(filling, WORD_CASE, filling->turn->case_id);
    set(filling, WORD_NAME, name ? name : filling->language->customer);
    set(filling, WORD_AGENT, harmless(filling, state->assignee));
    set(filling, WORD_CUSTOMER, masked_customer(filling));
    set(filling, WORD_CLASS, wording_of(filling->language->classes, profile_class(state->profile)));
    set(filling, WORD_SEVERITY,
        fields_choice_name(contract_severities, profile_severity(state->profile)));
    set(filling, WORD_ORDER, state->order_id);
    set(filling, WORD_ARTICLE, harmless(filling, state->article));
    set(filling, WORD_BATCH, harmless(filling, state->batch));
    set(filling, WORD_WAREHOUSE, harmless(filling, state->warehouse));
    set(filling, WORD_CARRIER, harmless(filling, state->carrier));
}

/* The task that the moment is about, else the first that the customer is told of. */
static void set_task(const struct filling *filling) {
    const struct notification_task *tasks = filling->state->tasks.at;

    if (filling->moment->task)
        set(filling, WORD_TASK, tree_text(filling->language->tasks, filling->moment->task));
    for (int i = 0; i < filling->state->tasks.count; i++) {
        const char *words = tree_text(filling->language->tasks, tasks[i].name);
        bool about = !filling->moment->task || strcmp(filling->moment->task, tasks[i].name) == 0;
        if (!words || !about || filling->out->words[WORD_SINCE]) continue;
        set(filling, WORD_TASK, words);
        set(filling, WORD_SINCE, time_words(filling, tasks[i].since));
    }
}

static bool was_told(const struct filling *filling, const char *audience) {
    return texts_has(&filling->state->told, audience);
}

static void note_case(const struct filling *filling) {
    const struct notification_state *state = filling->state;
    const struct profile *profile = state->profile;
    int severity = profile_severity(profile);
    enum profile_status status = profile_status(profile);
    bool asks = profile_only_asks(profile);

    note(filling, FACT_COMPLAINT, profile_class(profile) && !asks);
    note(filling, FACT_QUESTION, asks);
    note(filling, FACT_URGENT, severity == SEVERITY_P1 || severity == SEVERITY_P2);
    note(filling, FACT_REOPENED, state->reopened > 0);
    note(filling, FACT_OVER, status == PROFILE_RESOLVED || status == PROFILE_CLOSED);
    note(filling, FACT_WITHDRAWN, status == PROFILE_WITHDRAWN);
    note(filling, FACT_ASSIGNED, state->assignee != NULL);
    note(filling, FACT_ASSESSED, state->assessed);
    note(filling, FACT_ESCALATED, state->escalated);
    note(filling, FACT_EVIDENCE_GIVEN, state->evidence);
    note(filling, FACT_PHONE_KNOWN, state->phone && *state->phone);
    note(filling, FACT_TOLD_FINANCE, was_told(filling, "finance"));
    note(filling, FACT_TOLD_QUALITY, was_told(filling, "quality"));
    note(filling, FACT_TOLD_WAREHOUSE, was_told(filling, "warehouse"));
    note(filling, FACT_TOLD_SUPERVISOR, was_told(filling, "supervisor"));
    note(filling, FACT_TOLD_LEGAL, was_told(filling, "legal"));
    note(filling, FACT_REFUSED, state->demand == NOTIFICATION_REFUSED);
    note(filling, FACT_REFERRED, state->demand == NOTIFICATION_REFERRED);
    note(filling, FACT_SCORED, state->score > 0);
    for (int i = 0; contract_flags[i]; i++) {
        if (!profile_has_flag(profile, contract_flags[i])) continue;
        int fact = wording_fact(contract_flags[i]);
        if (fact >= WORDING_OWN_FACTS) filling->out->facts |= UINT64_C(1) << fact;
    }
}

/* ---- Offers ---- */

static const struct notification_offer *find_offer(const struct notification_state *state,
                                                   const char *proposal_id) {
    const struct notification_offer *offers = state->offers.at;
    for (int i = 0; proposal_id && i < state->offers.count; i++)
        if (strcmp(offers[i].proposal_id, proposal_id) == 0) return &offers[i];
    return NULL;
}

static const struct option *find_option(const struct parts *options, const char *name) {
    const struct option *at = options->at;
    for (int i = 0; name && i < options->count; i++)
        if (strcmp(at[i].option, name) == 0) return &at[i];
    return NULL;
}

static bool has_kind(const char *const *kinds, const struct remedy *remedy) {
    const char *kind = fields_choice_name(contract_remedy_kinds, remedy->kind);
    for (; *kinds; kinds++)
        if (strcmp(*kinds, kind) == 0) return true;
    return false;
}

/* What needs nothing of the customer, and what may need the goods back or looked at. A refund is
 * neither: with some goods it is only paid for what comes back. */
static void note_chosen(const struct filling *filling) {
    static const char *const by_itself[] = {"refund_without_return",
                                            "coupon",
                                            "stored_value",
                                            "gift",
                                            "apology",
                                            "reissue",
                                            "warranty",
                                            "insurance",
                                            "recovery_claim",
                                            "cancel",
                                            NULL};
    static const char *const with_goods[] = {"exchange", "repair", "inspection", NULL};
    const struct remedy *remedies = filling->chosen->remedies.at;
    struct money share;
    bool pays = words_share(filling->chosen->split, "customer", &share);
    bool nothing = !pays;
    bool back = false;

    for (int i = 0; i < filling->chosen->remedies.count; i++) {
        nothing &= has_kind(by_itself, &remedies[i]);
        back |= has_kind(with_goods, &remedies[i]);
    }
    note(filling, FACT_NOTHING_TO_DO, nothing);
    note(filling, FACT_SENDS_BACK, back);
}

/* Of the option that is spoken of: the chosen one, or the only one. */
static void set_shares(const struct filling *filling, const struct option *option) {
    struct money share;

    if (words_share(option->split, "customer", &share))
        set(filling, WORD_CUSTOMER_SHARE, words_amount(filling->language, &share, filling->arena));
    set(filling, WORD_SHARES, words_shares(filling->language, option->split, filling->arena));
    for (const struct tree *at = option->split ? option->split->first : NULL; at; at = at->next)
        if (at->key && strcmp(at->key, "customer") != 0 && strcmp(at->key, "platform") != 0)
            note(filling, FACT_OTHERS_PAY, words_share(option->split, at->key, &share));
}

static void set_options(const struct filling *filling, const struct parts *options) {
    const struct option *at = options->at;
    struct money share;
    int count;

    set(filling, WORD_OPTIONS, words_options(filling->language, options, &count, filling->arena));
    note(filling, FACT_CHOICE, count > 1);
    for (int i = 0; i < options->count; i++)
        note(filling, FACT_CUSTOMER_PAYS, words_share(at[i].split, "customer", &share));
    if (options->count == 1) set_shares(filling, at);
}

/* The longest of what its remedies take; 0: of one of them it is not known. */
static int64_t settle_by(const struct filling *filling) {
    const struct message_policy *policy = filling->turn->policy;
    const struct remedy *remedies = filling->chosen->remedies.at;
    int64_t latest = 0;

    for (int i = 0; i < filling->chosen->remedies.count; i++) {
        int64_t due = message_settle_by(policy, &remedies[i], filling->now);
        if (!due) return 0;
        if (due > latest) latest = due;
    }
    return latest;
}

static void note_offer(const struct filling *filling) {
    const struct notification_offer *offer = filling->offer;
    const struct notification_offer *offers = filling->state->offers.at;

    for (int i = 0; i < filling->state->offers.count; i++)
        note(filling, FACT_REPLACES, &offers[i] != offer && offers[i].told && !offers[i].chosen);
    if (!offer) return;
    bool over = offer->choose_by && offer->choose_by <= filling->now;
    note(filling, FACT_OFFERED, offer->told);
    note(filling, FACT_OFFER_OPEN, !offer->ended && !offer->chosen && !over);
    if (!over) set_time(filling, WORD_CHOOSE_BY, offer->choose_by);
}

static void set_offer(struct filling *filling) {
    const struct moment *moment = filling->moment;

    set(filling, WORD_PROPOSAL, moment->proposal_id);
    filling->offer = find_offer(filling->state, moment->proposal_id);
    note_offer(filling);
    if (filling->offer) {
        const char *name = moment->option ? moment->option : filling->offer->chosen;
        filling->chosen = find_option(&filling->offer->options, name);
    }
    if (moment->options.count)
        set_options(filling, &moment->options);
    else if (filling->offer)
        set_options(filling, &filling->offer->options);
    if (!filling->chosen) return;
    struct money share;
    uint64_t pays = UINT64_C(1) << FACT_CUSTOMER_PAYS;
    filling->out->facts &= ~pays;
    note(filling, FACT_CUSTOMER_PAYS, words_share(filling->chosen->split, "customer", &share));
    note_chosen(filling);
    set_shares(filling, filling->chosen);
    set(filling, WORD_CHOSEN,
        words_option(filling->language, filling->chosen, false, filling->arena));
    set_awake(filling, WORD_SETTLE_BY, settle_by(filling));
}

/* ---- The moment ---- */

static const char *number(const struct filling *filling, int64_t num) {
    if (!num) return NULL;
    return language_number(filling->language->language, num, filling->arena);
}

/* Good for as long as the text says; there is none without a secret. */
static void set_visit_link(const struct filling *filling) {
    const struct message_visit *visit = filling->turn->policy->visit;
    const struct secrets *secrets = &decision_settings(filling->turn->in)->visit;

    if (strcmp(filling->moment->type, MOMENT_VISIT_DUE) != 0 || !visit || !visit->link ||
        !secrets->count)
        return;
    const char *token = strstr(visit->link, MESSAGE_TOKEN);
    const char *own =
        visit_token_make(secrets, filling->turn->case_id,
                         facts_answer_by(filling->turn, filling->zone), filling->arena);
    set(filling, WORD_VISIT_LINK,
        arena_printf(filling->arena, "%.*s%s%s", (int)(token - visit->link), visit->link, own,
                     token + strlen(MESSAGE_TOKEN)));
}

static void set_moment(const struct filling *filling) {
    const struct moment *moment = filling->moment;
    const char *why = NULL;

    if (moment->reason) why = tree_text(filling->language->reasons, moment->reason);
    if (moment->cost.currency[0])
        set(filling, WORD_COST, words_amount(filling->language, &moment->cost, filling->arena));
    set(filling, WORD_ROLE, wording_of(filling->language->roles, moment->role));
    set(filling, WORD_APPROVALS, number(filling, moment->approvals));
    set_time(filling, WORD_APPROVE_BY, moment->approve_by);
    if (moment->percent)
        set(filling, WORD_USED, arena_printf(filling->arena, "%lld%%", (long long)moment->percent));
    if (moment->before)
        set(filling, WORD_LEFT,
            language_duration(filling->language->language, moment->before, filling->arena));
    set(filling, WORD_LEVEL, number(filling, moment->level));
    set(filling, WORD_REASON, harmless(filling, moment->reason));
    set(filling, WORD_WHY, why);
    set(filling, WORD_KEEP, words_details(filling->language, &moment->keep, filling->arena));
    set(filling, WORD_OTHER_CASE, moment->other_case);
    set(filling, WORD_SCORE, number(filling, moment->score));
    note(filling, FACT_PROMISE, moment->promise);
    note(filling, FACT_SEVERAL_APPROVALS, moment->approvals > 1);
    note(filling, FACT_BY_CUSTOMER, moment->by_customer);
    note(filling, FACT_SAME_CHOICE, moment->same_choice);
    note(filling, FACT_GIVEN_UP, moment->message != NULL);
    note(filling, FACT_OVER_BUDGET,
         texts_has(&moment->reasons, "over the budget") ||
             (moment->reason && strcmp(moment->reason, "over_budget") == 0));
}

void facts_fill(const struct message_turn *turn, const struct moment *moment,
                const struct facts_reader *reader, uint64_t wanted, struct wording_values *out) {
    *out = (struct wording_values){.facts = 0};
    struct filling filling = {.turn = turn,
                              .state = turn->state,
                              .moment = moment,
                              .language = reader->language,
                              .zone = reader->zone,
                              .arena = turn->in->arena,
                              .wanted = wanted,
                              .now = turn->in->now_ms,
                              .out = out};

    set_case(&filling);
    note_case(&filling);
    set_task(&filling);
    set_promises(&filling);
    set_target(&filling);
    set_offer(&filling);
    set_moment(&filling);
    facts_tell(moment, reader->language, turn->in->arena, out);
    set_visit_link(&filling);
}
