/* train_score: precision, recall and calibration of what train_evaluate() counted. */
#include "redressctl/policy/train.h"

static int ratio(int part, int whole) {
    if (whole == 0) return -1;
    return (int)(((int64_t)part * 2000 + whole) / (2 * (int64_t)whole));
}

static int said(const struct train_score *score, int outputs, int output) {
    int sum = 0;
    for (int i = 0; i < outputs; i++) sum += score->confusion[i][output];
    return sum;
}

static int is(const struct train_score *score, int outputs, int output) {
    int sum = 0;
    for (int i = 0; i < outputs; i++) sum += score->confusion[output][i];
    return sum;
}

int train_precision(const struct train_score *score, int outputs, int output) {
    return ratio(score->confusion[output][output], said(score, outputs, output));
}

int train_recall(const struct train_score *score, int outputs, int output) {
    return ratio(score->confusion[output][output], is(score, outputs, output));
}

int train_f1(const struct train_score *score, int outputs, int output) {
    return ratio(2 * score->confusion[output][output],
                 said(score, outputs, output) + is(score, outputs, output));
}

int train_macro_f1(const struct train_score *score, int outputs) {
    int sum = 0;

    for (int i = 0; i < outputs; i++) {
        int f1 = train_f1(score, outputs, i);
        if (f1 < 0)
            sum += 0;
        else
            sum += f1;
    }
    return ratio(sum, outputs * 1000);
}

int train_calibration_error(const struct train_score *score) {
    int64_t sum = 0;

    for (int i = 0; i < TRAIN_BINS; i++) {
        int64_t gap = (int64_t)score->bin_right[i] * 1000000 - score->bin_sure[i];
        if (gap < 0)
            sum += -gap;
        else
            sum += gap;
    }
    if (score->count == 0) return 0;
    return (int)(sum / score->count / 1000);
}
