/* wording: names of words and facts, conditions, and the writing of a text. The files are read by
 * wording_read.c. */
#include "wording.h"

#include <string.h>

const char *const wording_words[] = {"name",
                                     "case",
                                     "agent",
                                     "customer",
                                     "class",
                                     "severity",
                                     "order",
                                     "article",
                                     "batch",
                                     "warehouse",
                                     "carrier",
                                     "task",
                                     "since",
                                     "contact_by",
                                     "resolve_by",
                                     "update_by",
                                     "answer_by",
                                     "options",
                                     "chosen",
                                     "choose_by",
                                     "settle_by",
                                     "your_share",
                                     "shares",
                                     "proposal",
                                     "cost",
                                     "role",
                                     "approvals",
                                     "approve_by",
                                     "target",
                                     "due",
                                     "used",
                                     "left",
                                     "level",
                                     "promised",
                                     "reason",
                                     "why",
                                     "keep",
                                     "other_case",
                                     "score",
                                     "visit_link",
                                     "lines",
                                     "count",
                                     "value",
                                     "lane",
                                     "days",
                                     "complaints",
                                     "orders",
                                     "rate",
                                     "usual",
                                     "cases",
                                     "answer",
                                     "similar",
                                     "similar_offered",
                                     "similar_chosen",
                                     "similar_took",
                                     "similar_score",
                                     NULL};
_Static_assert(sizeof wording_words / sizeof *wording_words == WORDING_WORDS + 1,
               "one name a word");

static const char *const own_facts[] = {
    [FACT_COMPLAINT] = "complaint",
    [FACT_QUESTION] = "question",
    [FACT_URGENT] = "urgent",
    [FACT_PROMISE] = "promise",
    [FACT_KEPT_WAITING] = "kept_waiting",
    [FACT_REOPENED] = "reopened",
    [FACT_OVER] = "over",
    [FACT_WITHDRAWN] = "withdrawn",
    [FACT_ASSIGNED] = "assigned",
    [FACT_ASSESSED] = "assessed",
    [FACT_ESCALATED] = "escalated",
    [FACT_EVIDENCE_GIVEN] = "evidence_given",
    [FACT_PHONE_KNOWN] = "phone_known",
    [FACT_TOLD_FINANCE] = "told_finance",
    [FACT_TOLD_QUALITY] = "told_quality",
    [FACT_TOLD_WAREHOUSE] = "told_warehouse",
    [FACT_TOLD_SUPERVISOR] = "told_supervisor",
    [FACT_TOLD_LEGAL] = "told_legal",
    [FACT_REFUSED] = "refused",
    [FACT_REFERRED] = "referred",
    [FACT_OVERDUE] = "overdue",
    [FACT_PROMISE_TOLD] = "promise_told",
    [FACT_OFFERED] = "offered",
    [FACT_OFFER_OPEN] = "offer_open",
    [FACT_REPLACES] = "replaces",
    [FACT_CHOICE] = "choice",
    [FACT_CUSTOMER_PAYS] = "customer_pays",
    [FACT_OTHERS_PAY] = "others_pay",
    [FACT_NOTHING_TO_DO] = "nothing_to_do",
    [FACT_SENDS_BACK] = "sends_back",
    [FACT_SEVERAL_APPROVALS] = "several_approvals",
    [FACT_OVER_BUDGET] = "over_budget",
    [FACT_BY_CUSTOMER] = "by_customer",
    [FACT_SAME_CHOICE] = "same_choice",
    [FACT_GIVEN_UP] = "given_up",
    [FACT_SCORED] = "scored",
};
_Static_assert(sizeof own_facts / sizeof *own_facts == WORDING_OWN_FACTS, "one name a fact");

const char *wording_fact_name(int fact) {
    if (fact < WORDING_OWN_FACTS) return own_facts[fact];
    return fields_choice_name(contract_flags, fact - WORDING_OWN_FACTS + 1);
}

int wording_fact(const char *name) {
    for (int fact = 0; wording_fact_name(fact); fact++)
        if (strcmp(wording_fact_name(fact), name) == 0) return fact;
    return -1;
}

static int find_word(const char *name) {
    for (int i = 0; i < WORDING_WORDS; i++)
        if (strcmp(wording_words[i], name) == 0) return i;
    return -1;
}

static void read_names(const struct texts *names, int line, const char *path, struct faults *faults,
                       uint64_t *facts_out, uint64_t *words_out) {
    for (int i = 0; i < names->count; i++) {
        int fact = wording_fact(names->at[i]);
        int word = find_word(names->at[i]);
        if (fact >= 0)
            *facts_out |= UINT64_C(1) << fact;
        else if (word >= 0)
            *words_out |= UINT64_C(1) << word;
        else
            faults_add(faults, FAULT_VALUE, line, path, "%s is neither a fact nor a placeholder",
                       names->at[i]);
    }
}

void wording_condition(const struct texts *needs, const struct texts *unless, int line,
                       const char *path, struct faults *faults, struct wording_condition *out) {
    *out = (struct wording_condition){0};
    read_names(needs, line, path, faults, &out->facts, &out->words);
    read_names(unless, line, path, faults, &out->without_facts, &out->without_words);
}

static uint64_t words_there(const struct wording_values *values) {
    uint64_t there = 0;
    for (int i = 0; i < WORDING_WORDS; i++)
        if (values->words[i] && *values->words[i]) there |= UINT64_C(1) << i;
    return there;
}

bool wording_holds(const struct wording_condition *condition, const struct wording_values *values) {
    uint64_t words = words_there(values);
    uint64_t facts = values->facts;

    return (facts & condition->facts) == condition->facts && !(facts & condition->without_facts) &&
           (words & condition->words) == condition->words && !(words & condition->without_words);
}

uint64_t wording_looks_for(const struct wording_condition *condition) {
    return condition->words | condition->without_words;
}

const struct wording_text *wording_text(const struct wording_language *language, const char *name) {
    const struct wording_text *texts = language->texts.at;
    for (int i = 0; i < language->texts.count; i++)
        if (strcmp(texts[i].name, name) == 0) return &texts[i];
    return NULL;
}

bool wording_for_customers(const struct wording_text *text) {
    return !text->parts[PART_BODY];
}

const char *wording_of(const struct tree *map, const char *name) {
    const char *word = NULL;
    if (name) word = tree_text(map, name);
    if (word) return word;
    return name;
}

/* WORDING_LINE_END as its channel ends a line. */
static const char *break_lines(const char *text, enum template_escape escape, struct arena *arena) {
    const char *end = escape == TEMPLATE_HTML ? "<br>\n" : "\n";
    const char *all = "";
    const char *at;

    while ((at = strstr(text, WORDING_LINE_END))) {
        all = arena_printf(arena, "%s%.*s%s", all, (int)(at - text), text, end);
        text = at + strlen(WORDING_LINE_END);
    }
    if (!*all) return text;
    return arena_printf(arena, "%s%s", all, text);
}

static const char *fill(const struct wording_sentence *sentence, enum template_escape escape,
                        const struct wording_values *values, struct arena *arena) {
    const char *words[WORDING_WORDS];

    for (int i = 0; i < WORDING_WORDS; i++) {
        words[i] = values->words[i];
        if (!words[i] || !*words[i]) words[i] = values->none;
    }
    const char *said = template_fill(sentence->say, escape, words, arena);
    if (!said || !template_uses(sentence->say, WORD_LINES)) return said;
    return break_lines(said, escape, arena);
}

/* Appends the sentences that hold. False: one of them lacks a value. */
static bool add_part(const struct wording_language *language, const struct parts *sentences,
                     enum template_escape escape, const struct wording_values *values,
                     struct arena *arena, const char **text, uint64_t *used) {
    const struct wording_sentence *at = sentences->at;

    for (int i = 0; i < sentences->count; i++) {
        if (!wording_holds(&at[i].when, values)) continue;
        const char *said = fill(&at[i], escape, values, arena);
        if (!said) return false;
        *text = arena_printf(arena, "%s%s%s", *text, **text ? language->between : "", said);
        *used |= at[i].words;
    }
    return true;
}

static const char *join(const char *body, const char *part, enum template_escape escape,
                        struct arena *arena) {
    if (!*part) return body;
    if (escape == TEMPLATE_HTML) return arena_printf(arena, "%s<p>%s</p>\n", body, part);
    return arena_printf(arena, "%s%s%s", body, *body ? "\n" : "", part);
}

bool wording_render(const struct wording_language *language, const struct wording_text *text,
                    enum template_escape escape, const struct wording_values *values,
                    struct arena *arena, struct wording_rendered *out) {
    const char *subject = "";
    const char *line = "";
    const char *body = "";
    uint64_t used = 0;

    if (!add_part(language, &text->sentences[PART_SUBJECT], TEMPLATE_PLAIN, values, arena, &subject,
                  &used) ||
        !add_part(language, &text->sentences[PART_LINE], TEMPLATE_PLAIN, values, arena, &line,
                  &used))
        return false;
    for (int part = PART_EMPATHY; part < WORDING_PARTS; part++) {
        const char *said = "";
        if (!add_part(language, &text->sentences[part], escape, values, arena, &said, &used))
            return false;
        body = join(body, said, escape, arena);
    }
    if (!*body) return false;
    *out = (struct wording_rendered){.subject = *subject ? subject : NULL,
                                     .line = *line ? line : NULL,
                                     .body = body,
                                     .used = used};

    return true;
}
