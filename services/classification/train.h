/* train: makes the model of model.h from labelled texts, and measures it by cross-validation.
 * Softmax regression by stochastic gradient descent in integers, in a fixed order: the same labels
 * give the same bytes, whatever compiler and machine.
 *
 * Folds are fixed: the n-th text of a label belongs to fold n mod 5. How model and rules are joined
 * is fitted on texts that the model has not seen: each fold is scored by a model of the others. */
#ifndef REDRESS_TRAIN_H
#define REDRESS_TRAIN_H

#include "join.h"
#include "model.h"

enum { TRAIN_FOLDS = 5, TRAIN_BITS = 17, TRAIN_BINS = 15 };

struct train_example {
    const char *text; /* for people */
    struct features features;
    const int32_t *points; /* from the rules, by class id */
    const bool *barred;    /* by the rules */
    int output;            /* what it is */
    int fold;              /* set by train_folds */
    /* What models say that have seen neither its own fold nor fold f. */
    int32_t logits[TRAIN_FOLDS][MODEL_OUTPUTS_MAX];
    int known[TRAIN_FOLDS];
};

struct train_set {
    struct train_example *at;
    int count;
    struct model_output outputs[MODEL_OUTPUTS_MAX];
    int output_count;
    bool scored;      /* each example by a model of the other folds */
    struct join join; /* classes, other, favour and the rules alone; the rest is fitted */
};

/* Deals the examples out to the folds. */
void train_folds(struct train_set *set);

/* Trains on all examples and fits the joining. The model's weights live in the arena; source and
 * licence are left to the caller. */
void train_model(struct train_set *set, struct arena *arena, struct model *out);

/* What came out of a cross-validation. */
struct train_score {
    int confusion[MODEL_OUTPUTS_MAX][MODEL_OUTPUTS_MAX]; /* [is][said] */
    int bin_count[TRAIN_BINS], bin_right[TRAIN_BINS];
    int64_t bin_sure[TRAIN_BINS]; /* sum of confidences, in millionths */
    int count;
};
/* Scores the rules alone (with the figures of the policy), the model alone, and both. */
void train_evaluate(struct train_set *set, struct train_score *rules_out,
                    struct train_score *model_out, struct train_score *joined_out);

/* Each in thousandths; -1 where there is nothing to divide by. */
int train_precision(const struct train_score *score, int outputs, int output);
int train_recall(const struct train_score *score, int outputs, int output);
int train_f1(const struct train_score *score, int outputs, int output);
int train_macro_f1(const struct train_score *score, int outputs);
int train_calibration_error(const struct train_score *score);

#endif
