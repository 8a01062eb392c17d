/* join: how the rules' points and the model's log-odds become one class with a probability.
 *
 * For every class c:  score(c) = own * model(c) + rules * points(c), and for `other`:  score = own
 * * model(other) + other. model(c) is the log-odds of the output that c belongs to; a class that
 * the model does not know belongs to `other`, for the model has met such texts, if at all, under
 * that name. Probabilities are the softmax of the scores: odds multiply, as for independent
 * witnesses. own, rules and other are fitted together on texts that the model was not trained on,
 * and stand in its file. A class of an output with several classes that is not its first needs a
 * rule's word to be given.
 *
 * A model knows nothing of texts unlike those it was trained on (another language, another matter),
 * so it counts only as far as it has met the text's n-grams: with the share `known`, the score is
 * known * (the one above) + (1 - known) * (that of the rules alone). Alone, score(c) = rules *
 * points(c), with the figures of classification.yaml, and a class without points is all but
 * impossible. */
#ifndef REDRESS_JOIN_H
#define REDRESS_JOIN_H

#include "model.h"

enum {
    JOIN_CLASSES_MAX = 64,
    JOIN_POINTS_MAX = 8, /* of one class: more words do not make it surer */
    JOIN_POINTLESS =
        8000, /* thousandths of a nat that a class without points lies behind, by the rules alone */
    JOIN_ONE = 1 << 30 /* a probability of 1 */
};

struct join {
    int class_count, other;          /* ids are 1..class_count */
    int32_t own, rules, bias;        /* thousandths; bias is that of `other` */
    int32_t alone_rules, alone_bias; /* where the model knows nothing */
    int32_t
        favour; /* thousandths of a nat that a class is favoured by over `other` in the choice */
    int8_t output[JOIN_CLASSES_MAX]; /* of the model, by class id */
    bool first[JOIN_CLASSES_MAX];    /* the class is the one meant by its output */
};

struct joined {
    int best;                        /* class id */
    uint32_t odds[JOIN_CLASSES_MAX]; /* probability by class id, of JOIN_ONE */
};

/* Which output a class belongs to: its own, or that of `other`. */
void join_outputs(struct join *join, const struct model_output *outputs, int count);

/* points by class id; barred classes (order facts) get no probability; logits by output and
 * `known`, in thousandths, are the model's; without one, NULL and 0. */
void join_scores(const struct join *join, const int32_t *points, const bool *barred,
                 const int32_t *logits, int known, struct joined *out);

/* The probability of the best class, in thousandths. */
int join_sure(const struct joined *joined);

/* e^(x/1000) for x <= 0, of JOIN_ONE; in integers, the same everywhere. */
uint32_t join_exp(int32_t x);
/* 1000 ln(p) of p of JOIN_ONE, p > 0. */
int32_t join_ln(uint32_t p);

#endif
