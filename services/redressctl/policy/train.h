/* train: makes the model of model.h from labelled texts, and measures it by cross-validation: a
 * linear support vector machine for each class and for each flag (linear_fit.h), classes with few
 * texts counting as much as those with many. The margins become probabilities on texts that the
 * model has not seen: for the classes by the joining with the rules (join.h), for the flags by a
 * logistic curve each. From which probability on a flag is given and a class needs no person is
 * what keeps nine of ten of them right there.
 *
 * Folds are fixed: the n-th text of a label belongs to fold n mod 5. What is fitted to held-back
 * texts is fitted on all folds, each scored by a model of the others. */
#ifndef REDRESS_TRAIN_H
#define REDRESS_TRAIN_H

#include "classification/join.h"
#include "classification/model.h"
#include "classification/rules.h"

enum {
    TRAIN_FOLDS = 5,
    TRAIN_BESIDE = -1, /* in place of a fold: always trained on, never measured */
    TRAIN_BINS = 15,
    TRAIN_RULES_MAX = 64 /* of which is counted what they add: a policy has some twenty */
};

struct train_example {
    const char *text; /* for people */
    struct feature_parts parts;
    const int32_t *points; /* from the rules, by class id */
    const bool *barred;    /* by the rules */
    const struct finding *found;
    int found_count;
    int output;      /* what it is */
    bool signed_out; /* its flags are known: */
    bool signs[MODEL_SIGNS_MAX];
    int times;   /* it counts as so many texts */
    bool beside; /* it is no part of what is measured: */
    int fold;    /* set by train_folds: TRAIN_BESIDE, or 0 to 4 */
    /* What models say that have seen neither its own fold nor fold f. */
    struct model_scores scores[TRAIN_FOLDS];
};

struct train_set {
    struct train_example *at;
    int count;
    struct model_output outputs[MODEL_OUTPUTS_MAX];
    int output_count;
    int signs[MODEL_SIGNS_MAX]; /* flag ids */
    bool by_sentence[MODEL_SIGNS_MAX];
    int sign_count;
    bool shared;      /* features met in one fold alone are left out: for labels by a machine */
    int times;        /* that an example which is measured counts, among those beside it */
    bool scored;      /* each example by a model of the other folds */
    struct join join; /* classes, other, favour and the rules alone; the rest is fitted */
};

/* Deals the examples out to the folds, and leaves out what is not shared. */
void train_folds(struct train_set *set);

/* Trains on all examples and fits the joining. The model's weights live in the arena; source and
 * licence are left to the caller. */
void train_model(struct train_set *set, struct arena *arena, struct model *out);

/* What a rule for a flag is good for: the texts on which it fires, and those of them to which the
 * model by itself does not give the flag. */
struct train_rule {
    const struct rule *rule;
    int right, wrong, added_right, added_wrong;
};

/* What came out of a cross-validation. */
struct train_score {
    int confusion[MODEL_OUTPUTS_MAX][MODEL_OUTPUTS_MAX]; /* [is][said] */
    int bin_count[TRAIN_BINS], bin_right[TRAIN_BINS];
    int64_t bin_sure[TRAIN_BINS]; /* sum of confidences, in millionths */
    int count;
    int sure,
        sure_right; /* of the joined one: classes that need no person, and the right of them */
    /* Flags: of the model alone, from its own threshold on, or of the rules beside it. */
    int sign_is[MODEL_SIGNS_MAX], sign_said[MODEL_SIGNS_MAX], sign_right[MODEL_SIGNS_MAX];
    struct train_rule rules[TRAIN_RULES_MAX]; /* of the joined one */
    int rule_count;
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
