/* rules: words and patterns of classification.yaml, compiled once and looked for in every
 * normalised text.
 *
 * A rule stands for one class or one flag, or only says how a text speaks (it complains, it asks).
 * It fires once a text, on the first of its words or patterns that
 *   - stands as a word of its own, where it begins or ends with a Latin letter,
 *   - is not denied: no negation stands directly before it (没有破损, not broken), unless the rule
 * counts denied words too,
 *   - has one of the rule's `near` words within `within` units, where it has such,
 *   - has none of its `unless` words within `within` units,
 * and only if the order's facts, where known, agree. A unit is one character, or one word in Latin
 * letters. A find in a clause that only supposes (如果, 会不会, …吗, in case) does not complain:
 * its rule still names the topic, but sets no flag. */
#ifndef REDRESS_RULES_H
#define REDRESS_RULES_H

#include "contract/contract.h"
#include "data/match.h"
#include "data/text.h"

enum says { SAYS_COMPLAINT = 1, SAYS_QUESTION, SAYS_TOPIC };

struct rule_order { /* facts that an order must have for the rule to hold; an absent fact rules
                       nothing out, except that of a bool */
    struct texts status;
    bool custom, perishable;
};

struct rule {
    const char *name;
    int class_id, flag_id; /* 1-based, as contract_classes and contract_flags; 0: none */
    int64_t weight;        /* points for the class or flag; may be negative */
    int says;              /* enum says; 0: topic */
    struct texts words, patterns, near, unless;
    int64_t within;
    bool even_denied, even_supposed;
    struct rule_order *order;
};

struct negation {
    struct texts words, patterns, except;
    int64_t reach; /* units between the negation and what it denies */
};

struct supposition { /* what makes a clause a question or a condition */
    struct texts words, patterns, except;
    int64_t within; /* units before or behind the find, in its clause */
};

struct compounds { /* parts of words that change the meaning of what they touch */
    struct texts before, after;
};

struct finding {
    const struct rule *rule;
    size_t from, to; /* bytes of the normalised text */
    bool supposed;
};

struct rules;

/* What of classification.yaml is about words. */
struct rules_source {
    struct parts rules; /* struct rule */
    const struct negation *negation;
    const struct supposition *supposition;
    const struct compounds *compounds;
    const struct tree *groups; /* names to lists of words that rules refer to as {name} */
    const struct tree *file;   /* what it was decoded from, for the lines of faults */
};

extern const struct table rules_rule, rules_negation, rules_supposition, rules_compounds;

/* Compiles the rules. Adds all faults and returns NULL when there were any. */
struct rules *rules_new(const struct rules_source *source, const struct text_tables *tables,
                        struct arena *arena, struct faults *faults);

/* The rules that fire on a text, in their order in the file. `order` may be NULL. */
int rules_find(const struct rules *rules, const struct text *text, const struct order *order,
               struct arena *arena, struct finding **found_out);

#endif
