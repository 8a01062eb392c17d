/* preview: the events folded, and the last one's moment written. */
#include "preview.h"
#include "facts.h"
#include "notification_parts.h"
#include "words.h"

#include <string.h>

static const char *const part_names[] = {"subject", "line",   "empathy", "information",
                                         "value",   "action", "body"};

/* A case that was opened by nobody in particular. */
static void open_anyway(struct notification_state *state) {
    if (state->tenant) return;
    state->tenant = "default";
    state->channel = CHANNEL_IM;
    state->tier = TIER_REGULAR;
    state->customer_id = "customer";
}

/* Some rule tells of the moment by the text. */
static bool says(const struct message_turn *turn, const char *text) {
    const struct message_rule *rules = turn->policy->rules.at;

    for (int i = 0; i < turn->policy->rules.count; i++)
        if (strcmp(rules[i].on, turn->moment->type) == 0 && strcmp(rules[i].text, text) == 0)
            return true;
    return false;
}

/* The first `count` events; returns how many of them there are up to the last that anybody is told
 * of, by this text where it is used at all. -1: one cannot be read. */
static int fold(const struct preview_request *request, int count, struct arena *arena,
                struct notification_state *state, struct effects *out, struct decision *in,
                struct message_turn *turn, struct err *err) {
    const struct event *events = request->events;
    int told = 0;
    int said = 0;

    for (int i = 0; i < count; i++) {
        bool last = i + 1 == count;
        *in = (struct decision){.policies = request->policies,
                                .settings = request->settings,
                                .ev = &events[i],
                                .now_ms =
                                    last && request->now_ms ? request->now_ms : events[i].time_ms,
                                .exists = state->tenant != NULL,
                                .arena = arena};
        *turn = (struct message_turn){.in = in, .alone = true, .similar = request->similar};
        effects_init(out, arena);
        if (contract_event(events[i].type) != EVENT_CASE_OPENED) open_anyway(state);
        if (notification_fold(in, state, out, turn) == REJECT)
            return err_set(err, "event %d (%s): %s", i + 1, events[i].type, out->rejection.detail);
        if (!turn->moment) continue;
        told = i + 1;
        if (says(turn, request->text)) said = told;
    }
    if (said) return said;

    return told;
}

/* Behind the event that somebody is told of may lie others: workers write in any order. */
static int fold_all(const struct preview_request *request, struct arena *arena,
                    struct notification_state *state, struct effects *out, struct decision *in,
                    struct message_turn *turn, struct err *err) {
    int count = request->count;
    int told = fold(request, count, arena, state, out, in, turn, err);

    if (told < 0) return -1;
    if (!told)
        return err_set(err, "nobody is told of %s, nor of an event before it",
                       count ? request->events[count - 1].type : "nothing");
    if (told == count) return 0;

    *state = (struct notification_state){0};
    if (fold(request, told, arena, state, out, in, turn, err) < 0) return -1;
    return 0;
}

static void list(struct buf *buf, const char *mark, uint64_t bits, bool facts) {
    for (int i = 0; i < WORDING_FACTS_MAX; i++) {
        if (!(bits >> i & 1)) continue;
        const char *name = facts ? wording_fact_name(i) : wording_words[i];
        buf_printf(buf, "%s%s%s", buf->len ? ", " : "", mark, name);
    }
}

/* What a condition lacks. */
static const char *lacks(const struct wording_condition *when, const struct wording_values *values,
                         struct arena *arena) {
    struct buf buf = {0};
    uint64_t words = 0;

    for (int i = 0; i < WORDING_WORDS; i++)
        if (values->words[i] && *values->words[i]) words |= UINT64_C(1) << i;
    buf_puts(&buf, "");
    list(&buf, "", when->facts & ~values->facts, true);
    list(&buf, "", when->words & ~words, false);
    list(&buf, "not ", when->without_facts & values->facts, true);
    list(&buf, "not ", when->without_words & words, false);
    const char *text = arena_strdup(arena, buf.at);
    buf_free(&buf);

    return text;
}

static void note_sentences(const struct wording_text *text, const struct wording_values *values,
                           struct arena *arena, struct preview *out) {
    for (int part = 0; part < WORDING_PARTS; part++) {
        const struct wording_sentence *sentences = text->sentences[part].at;
        for (int i = 0; i < text->sentences[part].count; i++) {
            struct preview_sentence *one =
                parts_add(&out->sentences, sizeof *one, INT32_MAX, arena);
            *one = (struct preview_sentence){.part = part_names[part], .index = i};
            if (!wording_holds(&sentences[i].when, values))
                one->lacks = lacks(&sentences[i].when, values, arena);
        }
    }
}

static void write_one(const struct message_turn *turn, const struct wording_language *language,
                      const struct wording_text *text, int channel, struct preview *out) {
    struct arena *arena = turn->in->arena;
    const struct message_policy *policy = turn->policy;
    const char *timezone = wording_for_customers(text) ? turn->state->timezone : NULL;
    struct facts_reader reader = {language, message_policy_zone(policy, timezone, language)};
    enum template_escape escape = TEMPLATE_PLAIN;
    struct wording_values values;

    *out = (struct preview){.locale = language->locale, .channel = channel};
    facts_fill(turn, turn->moment, &reader, text->words, &values);
    if (!wording_for_customers(text)) values.none = language->none;
    if (channel == CHANNEL_EMAIL) escape = TEMPLATE_HTML;
    for (int i = 0; i < WORDING_FACTS_MAX; i++)
        if (values.facts >> i & 1) texts_add(&out->facts, wording_fact_name(i), arena);
    note_sentences(text, &values, arena, out);
    out->said = wording_render(language, text, escape, &values, arena, &out->words);
    if (!out->said) return;
    out->characters = template_length(out->words.body);
    out->sms_parts = words_sms_parts(out->words.body);
}

int preview_make(const struct preview_request *request, struct arena *arena,
                 struct preview **previews_out, int *count_out, struct err *err) {
    struct notification_state *state = ARENA_NEW(arena, struct notification_state);
    struct effects out;
    struct decision in;
    struct message_turn turn = {.in = &in};

    int channel = request->channel;

    if (fold_all(request, arena, state, &out, &in, &turn, err) < 0) return -1;
    const struct wording_language *languages = turn.policy->languages.at;
    struct preview *previews =
        arena_alloc(arena, (size_t)turn.policy->languages.count * sizeof *previews);
    int written = 0;
    if (!channel) channel = state->channel;
    for (int i = 0; i < turn.policy->languages.count; i++) {
        const struct wording_text *found = wording_text(&languages[i], request->text);
        if (found) write_one(&turn, &languages[i], found, channel, &previews[written++]);
    }
    if (!written) return err_set(err, "no language has a text %s", request->text);
    *previews_out = previews;
    *count_out = written;

    return 0;
}
