/* wording: the language files of notification.yaml (notification.zh-CN.yaml and its like): how a
 * language says amounts, times and remedies, and the texts. A text stands in parts, a part in
 * sentences. A sentence may need facts and values, and falls away without them; so nothing is said
 * that is not so.
 *
 * What is wrong with a file is found at load: an unknown fact or placeholder, a value that may be
 * missing and is not asked for, a word that claims a fact (专人: assigned) without needing it. */
#ifndef REDRESS_WORDING_H
#define REDRESS_WORDING_H

#include "contract/contract.h"
#include "data/calendar_zone.h"
#include "data/language.h"
#include "data/template.h"

/* Placeholders, in the order of wording_words. */
enum wording_word {
    WORD_NAME, /* the customer's, or the language's word for one */
    WORD_CASE,
    /* Of the case as it stands. */
    WORD_AGENT,
    WORD_CUSTOMER, /* for colleagues: name and phone masked */
    WORD_CLASS,
    WORD_SEVERITY,
    WORD_ORDER,
    WORD_ARTICLE,
    WORD_BATCH,
    WORD_WAREHOUSE,
    WORD_CARRIER,
    WORD_TASK,  /* what the customer waits for */
    WORD_SINCE, /* and since when */
    WORD_CONTACT_BY,
    WORD_RESOLVE_BY,
    WORD_UPDATE_BY,
    WORD_ANSWER_BY, /* how long an answer goes on with this */
    /* Of the occasion. */
    WORD_OPTIONS,
    WORD_CHOSEN,
    WORD_CHOOSE_BY,
    WORD_SETTLE_BY,
    WORD_CUSTOMER_SHARE, /* what the customer bears of it */
    WORD_SHARES,         /* who bears what */
    WORD_PROPOSAL,
    WORD_COST,
    WORD_ROLE,
    WORD_APPROVALS,
    WORD_APPROVE_BY,
    WORD_TARGET,
    WORD_DUE,
    WORD_USED, /* of a warning: "75%", */
    WORD_LEFT, /* or "10 minutes" */
    WORD_LEVEL,
    WORD_PROMISED, /* the time that the customer was told */
    WORD_REASON,   /* as it was given */
    WORD_WHY,      /* the reason in words */
    WORD_KEEP,     /* what to keep as evidence */
    WORD_OTHER_CASE,
    WORD_SCORE,
    WORD_VISIT_LINK, /* where the question is answered */
    WORD_LINES,      /* of a digest */
    WORD_COUNT_OF_LINES,
    /* Of what has risen. */
    WORD_VALUE, /* whose it is: the name of a carrier, warehouse, article, batch or lane */
    WORD_LANE,
    WORD_DAYS,
    WORD_COMPLAINTS,
    WORD_ORDERS,
    WORD_RATE,  /* complaints in 1 000 orders, */
    WORD_USUAL, /* and those that are usual */
    WORD_CASES,
    WORD_ANSWER, /* what was done about it */
    /* Of a closed case that is like an escalated one. */
    WORD_SIMILAR,
    WORD_SIMILAR_OFFERED,
    WORD_SIMILAR_CHOSEN,
    WORD_SIMILAR_TOOK,
    WORD_SIMILAR_SCORE,
    WORDING_WORDS
};
extern const char *const wording_words[];

/* What may be so or not when a text is written; beside these every flag of the contract is a fact.
 */
enum wording_fact {
    FACT_COMPLAINT, /* classified, and more than a question */
    FACT_QUESTION,  /* classified, and no more than one */
    FACT_URGENT,    /* P1 or P2 */
    FACT_PROMISE,   /* first contact or solution began to run */
    FACT_KEPT_WAITING,
    FACT_REOPENED,
    FACT_OVER, /* resolved or closed */
    FACT_WITHDRAWN,
    FACT_ASSIGNED,
    FACT_ASSESSED,
    FACT_ESCALATED,
    FACT_EVIDENCE_GIVEN,
    FACT_PHONE_KNOWN,
    FACT_TOLD_FINANCE, /* these were told about the case */
    FACT_TOLD_QUALITY,
    FACT_TOLD_WAREHOUSE,
    FACT_TOLD_SUPERVISOR,
    FACT_TOLD_LEGAL,
    FACT_REFUSED,      /* the customer's demand is refused, */
    FACT_REFERRED,     /* or is with legal review */
    FACT_OVERDUE,      /* the occasion's target is still unmet, and its time is over */
    FACT_PROMISE_TOLD, /* the customer had been told its time */
    FACT_OFFERED,      /* the customer was told of the occasion's proposal */
    FACT_OFFER_OPEN,
    FACT_REPLACES, /* an earlier offer that the customer was told of */
    FACT_CHOICE,   /* more than one option */
    FACT_CUSTOMER_PAYS,
    FACT_OTHERS_PAY,    /* somebody beside us and the customer */
    FACT_NOTHING_TO_DO, /* what was chosen needs nothing of the customer */
    FACT_SENDS_BACK,    /* what was chosen may need the goods back */
    FACT_SEVERAL_APPROVALS,
    FACT_OVER_BUDGET,
    FACT_BY_CUSTOMER, /* the refused decision was the customer's */
    FACT_SAME_CHOICE, /* and it was the one that counts already */
    FACT_GIVEN_UP,    /* a message that could not be delivered at all */
    FACT_SCORED,
    WORDING_OWN_FACTS
};
/* Own facts first, then the contract's flags; ends with NULL. `question` is our own. */
enum { WORDING_FACTS_MAX = 64 };
const char *wording_fact_name(int fact); /* NULL: there is none of that number */
int wording_fact(const char *name);      /* -1: unknown */

/* Stands in a value where a line ends; line ends themselves are not let through. Names and other
 * people's texts never hold it (person.h). */
#define WORDING_LINE_END "\u2028"

/* What a text is written with. Facts are bits. */
struct wording_values {
    const char *words[WORDING_WORDS]; /* NULL or "": none */
    const char *none;                 /* stands for those; NULL: what lacks one cannot be said */
    uint64_t facts;
};

/* Bits of facts and of words that must be there, and that must not. */
struct wording_condition {
    uint64_t facts, without_facts, words, without_words;
};
/* Reads names of facts and words. Unknown ones are faults at `path`. */
void wording_condition(const struct texts *needs, const struct texts *unless, int line,
                       const char *path, struct faults *faults, struct wording_condition *out);
bool wording_holds(const struct wording_condition *condition, const struct wording_values *values);
/* The words that it looks for. */
uint64_t wording_looks_for(const struct wording_condition *condition);

enum wording_part {
    PART_SUBJECT, /* where the channel has one */
    PART_LINE,    /* what a digest says of it; without it the subject */
    PART_EMPATHY, /* for customers: what has happened to them (共情) */
    PART_INFORMATION,
    PART_VALUE,
    PART_ACTION, /* what is done, and by when (行动) */
    PART_BODY,   /* for colleagues */
    WORDING_PARTS
};

struct wording_sentence {
    struct wording_condition when;
    const struct template *say;
    uint64_t words; /* that it says: bits */
    int line;
};
struct wording_text {
    const char *name;
    const struct tree *parts[WORDING_PARTS];
    /* Parsed. */
    struct parts sentences[WORDING_PARTS]; /* struct wording_sentence */
    uint64_t words;                        /* that its sentences say or look for */
    int line;
};
/* How a kind of remedy is said: `with` where there is an amount or a term. */
struct wording_remedy {
    int kind;
    const char *say, *with;
    /* Parsed. */
    const struct template *with_template;
};
struct wording_claim {
    struct texts says;
    const char *needs;
};
struct wording_language {
    const char *file, *locale, *timezone, *customer, *none;
    const char *time, *valid, *notes, *option, *share, *line; /* patterns, see words.h */
    const char *between, *plus, *comma, *semicolon;           /* what stands between */
    const struct tree *details, *targets, *tasks, *classes, *roles, *parties, *reasons,
        *zones;            /* {name: words} */
    struct parts remedies; /* struct wording_remedy */
    struct parts claims;   /* struct wording_claim */
    struct parts texts;    /* struct wording_text */
    /* Parsed. */
    const struct language *language;
    const struct calendar_zone *zone;
    const struct template *time_template, *valid_template, *notes_template, *option_template,
        *share_template, *line_template;
};

/* Reads one file. Faults carry its name. */
void wording_read(const struct tree *file, struct arena *arena, struct wording_language *out,
                  struct faults *faults);
const struct wording_text *wording_text(const struct wording_language *language, const char *name);
bool wording_for_customers(const struct wording_text *text);

struct wording_rendered {
    const char *subject; /* NULL: none */
    const char *line;    /* of a digest; NULL: none */
    const char *body;
    uint64_t used; /* words that stand in it, as bits */
};
/* False: nothing is left to say, or a value is missing. In mail each part is a paragraph. */
bool wording_render(const struct wording_language *language, const struct wording_text *text,
                    enum template_escape escape, const struct wording_values *values,
                    struct arena *arena, struct wording_rendered *out);

/* The language's word out of a {name: word} map, else the name itself. */
const char *wording_of(const struct tree *map, const char *name);

#endif
