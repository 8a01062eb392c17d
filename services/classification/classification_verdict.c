/* classification_verdict: what is said of one text. Rules and model give the class (join.h), rules
 * and facts the flags, rows of the policy the severity. */
#include "classification.h"
#include "history.h"
#include "sketch.h"

#include <string.h>

enum {
    FLAGS_MAX = 32,
    YIELDS_AT = 3,   /* times as likely at most: a surer class does not give way */
    KNOWN_TEXT = 500 /* of 1 000: the model has met such texts */
};

/* What is being decided about one text. */
struct work {
    const struct policy *policy;
    const struct complaint *complaint;
    bool first;
    struct arena *arena;
    struct text text;
    struct feature_map map;
    struct model_text looked; /* the text in the model, where there is one */
    struct finding *found;
    int found_count;
    int32_t points[JOIN_CLASSES_MAX];
    bool barred[JOIN_CLASSES_MAX];
    bool flags[FLAGS_MAX];
    int barred_best; /* the class that would have won but for the order; 0: none */
    struct joined joined;
    struct model_scores scores; /* the model's; all 0 without one */
    struct verdict *out;
    struct reason *reasons;
    int reason_count;
};

void classification_read(const struct policy *policy, const char *text, struct arena *arena,
                         struct text *out) {
    text_normalise(policy->tables, text, strlen(text), arena, out);
    history_cut(out, arena);
}

void classification_points(const struct policy *policy, const struct finding *found, int count,
                           int32_t *points_out, bool *barred_out) {
    memset(points_out, 0, ((size_t)policy->class_count + 1) * sizeof *points_out);
    for (int i = 0; i < count; i++) {
        const struct rule *rule = found[i].rule;
        if (rule->class_id == 0) continue;
        points_out[rule->class_id] += (int32_t)rule->weight;
    }
    for (int c = 1; c <= policy->class_count; c++) {
        const struct class_row *row = policy->classes[c];
        bool by_rules = row != NULL && row->by_rules_only;
        barred_out[c] = c != policy->other && by_rules && points_out[c] <= 0;
    }
}

static int flag_id(const char *name) {
    return fields_choice_value(contract_flags, name);
}

static bool has_status(const struct texts *statuses, const struct order *order) {
    const char *status =
        order == NULL ? NULL : fields_choice_name(contract_order_statuses, order->status);
    for (int i = 0; status != NULL && i < statuses->count; i++) {
        if (strcmp(statuses->at[i], status) == 0) return true;
    }
    return false;
}

static void choose_class(struct work *work) {
    const struct policy *policy = work->policy;
    struct model_scores *scores = &work->scores;
    bool contradicted[JOIN_CLASSES_MAX];
    bool any = false;

    if (policy->model != NULL) {
        model_look_up(policy->model, &work->text, &work->map, work->arena, &work->looked);
        model_score_text(&work->looked, scores);
    }
    for (int c = 1; c <= policy->class_count; c++) {
        const struct class_row *row = policy->classes[c];
        contradicted[c] = row != NULL && has_status(&row->ruled_out_by, work->complaint->order);
        any = any || contradicted[c];
    }
    join_scores(&policy->join, work->points, work->barred, scores->logits, scores->known,
                &work->joined);
    if (any) {
        if (contradicted[work->joined.best]) work->barred_best = work->joined.best;
        for (int c = 1; c <= policy->class_count; c++)
            work->barred[c] = work->barred[c] || contradicted[c];
        join_scores(&policy->join, work->points, work->barred, scores->logits, scores->known,
                    &work->joined);
    }
    int sure = join_sure(&work->joined);
    work->flags[flag_id("unsure")] = policy->model != NULL && sure < policy->model->sure;
    if (sure < policy->joining->threshold)
        work->out->class_id = policy->other;
    else
        work->out->class_id = work->joined.best;
}

/* The model's word on a flag, where it has one: it has learned the flag, and knows such texts.
 * NULL: it has none. */
static const struct model_sign *sign_of(const struct work *work, int flag) {
    const struct model *model = work->policy->model;
    if (model == NULL || work->scores.known < KNOWN_TEXT) return NULL;

    for (int i = 0; i < model->sign_count; i++)
        if (model->signs[i].flag == flag && model->signs[i].from <= 1000) return &model->signs[i];
    return NULL;
}

static bool is_given(const struct work *work, const struct model_sign *sign) {
    return work->scores.signs[sign - work->policy->model->signs] >= sign->from;
}

/* Whether the text complains, and whether it asks: by the model, or by the rules where it does not
 * know. */
static bool only_asks(const struct work *work) {
    const struct model_sign *sign = sign_of(work, flag_id("question"));
    if (sign) return is_given(work, sign);
    int64_t asks = 0;

    for (int i = 0; i < work->found_count; i++) {
        const struct rule *rule = work->found[i].rule;
        if (rule->says == SAYS_COMPLAINT && rule->weight > 0 && !work->found[i].supposed)
            return false;
        if (rule->says == SAYS_QUESTION) asks += rule->weight;
    }
    return asks > 0;
}

static bool is_low_value(const struct policy *policy, const struct order *order) {
    const struct amount_row *rows = policy->low_values.at;

    for (int i = 0; order != NULL && i < policy->low_values.count; i++) {
        if (strcmp(rows[i].amount.currency, order->amount.currency) == 0 &&
            order->amount.minor <= rows[i].amount.minor)
            return true;
    }
    return false;
}

static void set_flags(struct work *work) {
    const struct complaint *complaint = work->complaint;
    const struct class_row *row = work->policy->classes[work->out->class_id];
    int64_t points[FLAGS_MAX] = {0};

    for (int i = 0; i < work->found_count; i++) {
        if (work->found[i].rule->flag_id != 0 && !work->found[i].supposed)
            points[work->found[i].rule->flag_id] += work->found[i].rule->weight;
    }
    for (int f = 1; f < FLAGS_MAX; f++) {
        const struct model_sign *sign = sign_of(work, f);
        if (points[f] > 0 || (sign && is_given(work, sign))) work->flags[f] = true;
    }
    bool asks = only_asks(work);
    work->flags[flag_id("question")] = asks;
    if (complaint->customer != NULL && complaint->customer->tier >= TIER_VIP)
        work->flags[flag_id("vip")] = true;
    if (complaint->repeats > 0) work->flags[flag_id("repeat")] = true;
    if (complaint->order != NULL && complaint->order->perishable)
        work->flags[flag_id("perishable")] = true;
    if (complaint->order != NULL && complaint->order->other_account)
        work->flags[flag_id("other_account")] = true;
    if (is_low_value(work->policy, complaint->order)) work->flags[flag_id("low_value")] = true;
    if (row != NULL && row->needs_proof && work->first && !asks && complaint->evidence.count == 0)
        work->flags[flag_id("evidence_missing")] = true;
}

static bool matches_class(const struct texts *patterns, const char *class_name) {
    for (int i = 0; i < patterns->count; i++) {
        if (contract_class_matches(patterns->at[i], class_name)) return true;
    }
    return false;
}

static bool has_flag(const struct texts *flags, const bool *set) {
    for (int i = 0; i < flags->count; i++) {
        if (set[flag_id(flags->at[i])]) return true;
    }
    return false;
}

static bool reaches(const struct parts *amounts, const struct order *order) {
    const struct amount_row *rows = amounts->at;

    for (int i = 0; order != NULL && i < amounts->count; i++) {
        if (strcmp(rows[i].amount.currency, order->amount.currency) == 0 &&
            order->amount.minor >= rows[i].amount.minor)
            return true;
    }
    return false;
}

static bool severity_matches(const struct work *work, const struct severity_row *row) {
    const struct complaint *complaint = work->complaint;
    const char *tier = complaint->customer == NULL
                           ? NULL
                           : fields_choice_name(contract_tiers, complaint->customer->tier);

    if (row->classes.count > 0 &&
        !matches_class(&row->classes, contract_classes[work->out->class_id - 1]))
        return false;
    if (row->flags.count > 0 && !has_flag(&row->flags, work->flags)) return false;
    if (row->tiers.count > 0 && !texts_has(&row->tiers, tier)) return false;
    if (row->amounts.count > 0 && !reaches(&row->amounts, complaint->order)) return false;
    return row->repeats_from == 0 || complaint->repeats >= row->repeats_from;
}

/* The most severe row that matches; a final row ends the search. */
static const struct severity_row *choose_severity(const struct work *work) {
    const struct severity_row *rows = work->policy->severities.at;
    const struct severity_row *best = NULL;

    for (int i = 0; i < work->policy->severities.count; i++) {
        if (!severity_matches(work, &rows[i])) continue;
        if (best == NULL || rows[i].is < best->is) best = &rows[i];
        if (rows[i].final) break;
    }

    return best;
}

/* At most QUOTE_MAX bytes of the original, cut between characters. */
static const char *quote(const struct work *work, size_t from, size_t to) {
    const char *text = work->complaint->text;

    if (to - from > CLASSIFICATION_QUOTE_MAX) {
        to = from + CLASSIFICATION_QUOTE_MAX;
        while (to > from && ((unsigned char)text[to] & 0xc0) == 0x80) to--;
    }
    return arena_strndup(work->arena, text + from, to - from);
}

static void add_reason(struct work *work, const char *rule, const char *text, size_t from,
                       size_t to) {
    if (work->reason_count == CLASSIFICATION_REASONS_MAX) return;
    work->out->places[work->reason_count] = (struct evidence_place){rule, from, to};
    work->reasons[work->reason_count++] = (struct reason){rule, text};
    work->out->place_count = work->reason_count;
}

/* The customer's own words behind a stretch of the normalised text. */
static void add_words(struct work *work, const char *rule, size_t from, size_t to) {
    size_t start = work->text.from[from];
    size_t end = work->text.to[to - 1];
    add_reason(work, rule, quote(work, start, end), start, end);
}

static bool supports(const struct work *work, const struct rule *rule) {
    if (rule->weight < 0) return false;
    if (rule->class_id != 0) return rule->class_id == work->out->class_id;
    if (rule->flag_id != 0) return work->flags[rule->flag_id];
    return rule->says == SAYS_QUESTION && work->flags[flag_id("question")];
}

static void add_model_reason(struct work *work) {
    const struct model *model = work->policy->model;
    size_t from, to;

    for (int i = 0; model != NULL && i < model->output_count; i++) {
        if (model->outputs[i].classes[0] != work->out->class_id) continue;
        model_evidence(&work->looked, i, work->arena, &from, &to);
        if (to > from) add_words(work, "model", from, to);
    }
}

/* Flags that the model gave, and no rule. */
static void add_sign_reasons(struct work *work, const bool *shown) {
    const struct model *model = work->policy->model;

    for (int i = 0; model != NULL && i < model->sign_count; i++) {
        int flag = model->signs[i].flag;
        size_t from, to;
        if (!work->flags[flag] || shown[flag] || sign_of(work, flag) == NULL) continue;
        model_evidence(&work->looked, model->output_count + i, work->arena, &from, &to);
        const char *name = arena_printf(work->arena, "model: %s", contract_flags[flag - 1]);
        if (to > from) add_words(work, name, from, to);
    }
}

static void add_reasons(struct work *work, const struct severity_row *severity) {
    bool class_shown = false;
    bool flag_shown[FLAGS_MAX] = {false};

    work->reasons = arena_alloc(work->arena, CLASSIFICATION_REASONS_MAX * sizeof *work->reasons);
    if (severity != NULL)
        add_reason(work, severity->name, fields_choice_name(contract_severities, severity->is), 0,
                   0);
    if (work->barred_best != 0)
        add_reason(work,
                   arena_printf(work->arena, "not %s: order status",
                                contract_classes[work->barred_best - 1]),
                   fields_choice_name(contract_order_statuses, work->complaint->order->status), 0,
                   0);
    for (int i = 0; i < work->found_count; i++) {
        if (!supports(work, work->found[i].rule)) continue;
        add_words(work, work->found[i].rule->name, work->found[i].from, work->found[i].to);
        class_shown = class_shown || work->found[i].rule->class_id != 0;
        flag_shown[work->found[i].rule->flag_id] = true;
        if (work->found[i].rule->says == SAYS_QUESTION) flag_shown[flag_id("question")] = true;
    }
    if (!class_shown && work->out->class_id != work->policy->other) add_model_reason(work);
    add_sign_reasons(work, flag_shown);
}

/* The end of the clause that begins at *at, which goes on to the next: up to a sign or line. */
static size_t clause_end(const struct text *text, size_t *at) {
    size_t end = *at + strcspn(text->at + *at, ",.!?;:\n");

    *at = end;
    while (*at < text->len && strchr(",.!?;:\n", text->at[*at])) (*at)++;
    return end;
}

/* The class that a clause, bytes from..to, names by itself; 0: none. */
static int class_of_clause(struct work *work, size_t from, size_t to) {
    enum { CLAUSE_MIN = 12 }; /* bytes: three Chinese characters say little */
    static const int32_t no_points[JOIN_CLASSES_MAX];
    const struct policy *policy = work->policy;
    struct model_scores scores;
    struct joined joined;
    if (to - from < CLAUSE_MIN) return 0;

    model_score_stretch(&work->looked, from, to, &scores);
    if (scores.known < KNOWN_TEXT) return 0;
    join_scores(&policy->join, no_points, work->barred, scores.logits, scores.known, &joined);
    int64_t sure = (int64_t)joined.odds[joined.best] * 1000 / JOIN_ONE;
    if (joined.best == policy->other || sure < policy->joining->others_sure) return 0;
    return joined.best;
}

/* Further classes: those that the rules found, the most points first, then those of clauses, as
 * they stand in the text. */
static void add_others(struct work *work, struct texts *out) {
    const struct policy *policy = work->policy;
    bool named[JOIN_CLASSES_MAX] = {false};
    named[work->out->class_id] = named[policy->other] = true;

    out->at = arena_alloc(work->arena, (size_t)policy->class_count * sizeof *out->at);
    for (;;) {
        int best = 0;
        for (int c = 1; c <= policy->class_count; c++) {
            if (named[c] || work->barred[c] || work->points[c] < policy->joining->others_from)
                continue;
            if (best == 0 || work->points[c] > work->points[best]) best = c;
        }
        if (best == 0) break;
        named[best] = true;
        out->at[out->count++] = contract_classes[best - 1];
    }
    bool by_clauses = policy->model != NULL && policy->joining->others_sure > 0;
    for (size_t at = 0; by_clauses && at < work->text.len;) {
        size_t from = at;
        size_t to = clause_end(&work->text, &at);
        int c = class_of_clause(work, from, to);
        if (c == 0 || named[c]) continue;
        named[c] = true;
        out->at[out->count++] = contract_classes[c - 1];
    }
}

/* Of several causes that are about as likely the gravest leads: the class changes places with one
 * among the others that its row yields to. */
static void let_graver_lead(struct work *work, struct texts *others) {
    const struct class_row *row = work->policy->classes[work->out->class_id];

    for (int i = 0; row != NULL && i < others->count; i++) {
        int graver = fields_choice_value(contract_classes, others->at[i]);
        const char *less = contract_classes[work->out->class_id - 1];
        if (!texts_has(&row->yields_to, others->at[i])) continue;
        if (work->joined.odds[graver] < work->joined.odds[work->out->class_id] / YIELDS_AT)
            continue;
        work->out->class_id = graver;
        others->at[i] = less;
        return;
    }
}

static void list_flags(struct work *work, struct texts *out) {
    out->at = arena_alloc(work->arena, FLAGS_MAX * sizeof *out->at);
    for (int f = 1; f < FLAGS_MAX && contract_flags[f - 1] != NULL; f++) {
        if (work->flags[f]) out->at[out->count++] = contract_flags[f - 1];
    }
}

static const char *sketch(const struct work *work) {
    char text[SKETCH_SIZE];

    sketch_of(&work->map.distinct, text);
    if (!text[0]) return NULL;
    return arena_strdup(work->arena, text);
}

void classification_classify(const struct policy *policy, const struct complaint *complaint,
                             bool first, struct arena *arena, struct verdict *out) {
    struct work work = {
        .policy = policy, .complaint = complaint, .first = first, .arena = arena, .out = out};

    memset(out, 0, sizeof *out);
    classification_read(policy, complaint->text, arena, &work.text);
    work.found_count = rules_find(policy->rules, &work.text, complaint->order, arena, &work.found);
    classification_points(policy, work.found, work.found_count, work.points, work.barred);
    features_map(&work.text, arena, &work.map);
    choose_class(&work);
    uint32_t odds = work.joined.odds[out->class_id];
    add_others(&work, &out->classified.others);
    let_graver_lead(&work, &out->classified.others);
    set_flags(&work);
    const struct severity_row *severity = choose_severity(&work);
    add_reasons(&work, severity);
    struct classified *classified = &out->classified;
    classified->class_name = contract_classes[out->class_id - 1];
    if (severity == NULL)
        classified->severity = SEVERITY_P3;
    else
        classified->severity = severity->is;
    classified->confidence = (double)((int64_t)odds * 10000 / JOIN_ONE) / 10000.0;
    classified->reasons = (struct parts){work.reasons, work.reason_count};
    classified->rules_version = policy->rules_version;
    list_flags(&work, &classified->flags);
    classified->sketch = sketch(&work);
}
