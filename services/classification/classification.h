/* classification: what a complaint is about, how severe it is, and the customer's words that say
 * so.
 *
 * consumes  case.opened, case.repeated, case.customer_replied with a text (redress.events)
 * emits     case.classified, once for each of them; to redress.orders the same, without reasons,
 *           once for each value of a dimension that the order has (contract/cohort_key.h)
 * keeps     nothing
 * decides   class, further classes, severity, flags, confidence, reasons, by classification.yaml
 * and its model rejects   an event whose data is not of its type (none comes from intake) */
#ifndef REDRESS_CLASSIFICATION_H
#define REDRESS_CLASSIFICATION_H

#include "decision/spec.h"
#include "policy.h"

extern const struct worker_spec classification_spec;

enum {
    CLASSIFICATION_REASONS_MAX = 12,
    CLASSIFICATION_QUOTE_MAX = 200
}; /* a case's page shows no more; bytes of one quotation */

/* A reason with the place of its words in the original text; from == to where it has none. */
struct evidence_place {
    const char *rule;
    size_t from, to;
};

struct verdict {
    struct classified classified; /* without case_id */
    struct evidence_place places[CLASSIFICATION_REASONS_MAX];
    int place_count;
    int class_id;
};

/* Classifies one text with what is known beside it; of the complaint only `text` is required.
 * `first` is false for a further message that brings no facts about customer, order and evidence:
 * what is absent then says nothing. */
void classification_classify(const struct policy *policy, const struct complaint *complaint,
                             bool first, struct arena *arena, struct verdict *out);

/* The first half of it, for training: points of each class by id, from the rules; and the classes
 * that are out of the question: those that a shop marks by_rules_only, without points. */
void classification_points(const struct policy *policy, const struct finding *found, int count,
                           int32_t *points_out, bool *barred_out);
/* The normalised text without its quoted history. */
void classification_read(const struct policy *policy, const char *text, struct arena *arena,
                         struct text *out);

#endif
