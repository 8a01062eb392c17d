/* train: descent, joining and scores. No floating point: sums of doubles depend on how a compiler
 * orders and fuses them. */
#include "train.h"

#include <stdlib.h>
#include <string.h>

enum {
    EPOCHS = 10,        /* found on the folds: more only learns the labels' noise by heart */
    RATE = 22000 * 256, /* of the first epoch: thousandths of a nat, times WEIGHT_SCALE */
    WEIGHT_SCALE = 256, /* parts of a weight's unit while training */
    BIAS_SHIFT = 4,     /* biases learn more slowly than words */
    BALANCE = 300,      /* thousandths: a label n times rarer counts n^0.3 times as much */
    RARITY_LOG =
        8 /* an n-gram of one text in 2^8 learns at the full rate, a commoner one more slowly */
};

/* A fixed sequence of numbers: the examples' order. */
static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

void train_folds(struct train_set *set) {
    int seen[MODEL_OUTPUTS_MAX] = {0};
    for (int i = 0; i < set->count; i++) set->at[i].fold = seen[set->at[i].output]++ % TRAIN_FOLDS;
}

/* Weights while they are learned. */
struct learner {
    int outputs;
    int32_t *weights; /* [bucket][output], WEIGHT_SCALE parts of a thousandth */
    int32_t *rarity;  /* of buckets: the square of the inverse document frequency's logarithm, in
                         thousandths */
    int32_t weight[MODEL_OUTPUTS_MAX]; /* of an example of this output, in thousandths */
    int64_t *sums; /* of the weights after each of the later epochs: their mean is the model */
    int32_t bias[MODEL_OUTPUTS_MAX];
    int64_t bias_sums[MODEL_OUTPUTS_MAX];
};

static int64_t root(int64_t n) {
    int64_t result = 0;
    for (int64_t bit = INT64_C(1) << 30; bit > 0; bit >>= 1) {
        if ((result + bit) * (result + bit) <= n) result += bit;
    }
    return result;
}

/* One step towards what the example is. `length` is the root of its number of features, times 1024.
 */
static void learn(struct learner *learner, const struct train_example *example, int64_t rate,
                  int64_t length) {
    int64_t sums[MODEL_OUTPUTS_MAX] = {0}, top = INT64_MIN, total = 0;
    int64_t odds[MODEL_OUTPUTS_MAX];
    int outputs = learner->outputs;

    for (int i = 0; i < example->features.count; i++) {
        const int32_t *row = learner->weights + (size_t)example->features.at[i] * (size_t)outputs;
        for (int k = 0; k < outputs; k++) sums[k] += row[k];
    }
    for (int k = 0; k < outputs; k++) {
        sums[k] = sums[k] * 1024 / length / WEIGHT_SCALE + learner->bias[k] / WEIGHT_SCALE;
        if (sums[k] > top) top = sums[k];
    }
    for (int k = 0; k < outputs; k++) {
        odds[k] = join_exp(sums[k] - top < -30000 ? -30000 : (int32_t)(sums[k] - top));
        total += odds[k];
    }
    int64_t steps[MODEL_OUTPUTS_MAX];
    for (int k = 0; k < outputs; k++) {
        int64_t error = (k == example->output ? JOIN_ONE : 0) - odds[k] * JOIN_ONE / total;
        steps[k] = rate * error / JOIN_ONE * learner->weight[example->output] / 1000;
        learner->bias[k] += (int32_t)(steps[k] >> BIAS_SHIFT);
        steps[k] = steps[k] * 1024 / length;
    }
    for (int i = 0; i < example->features.count; i++) {
        int32_t *row = learner->weights + (size_t)example->features.at[i] * (size_t)outputs;
        int64_t rare = learner->rarity[example->features.at[i]];
        for (int k = 0; k < outputs; k++) row[k] += (int32_t)(steps[k] * rare / 1000);
    }
}

static void add_up(struct learner *learner, size_t weights) {
    for (size_t i = 0; i < weights; i++) learner->sums[i] += learner->weights[i];
    for (int k = 0; k < learner->outputs; k++) learner->bias_sums[k] += learner->bias[k];
}

/* The square of log2(1 + count / (texts + 1)) / RARITY_LOG, in thousandths. */
static int32_t rarity(int32_t texts, int count) {
    int64_t nats = join_ln((uint32_t)(texts + 1 + count)) - join_ln((uint32_t)texts + 1);
    int64_t share = nats * 1000 / 693 / RARITY_LOG;
    return (int32_t)(share * share / 1000);
}

/* Common n-grams say little about anything, and rare labels would drown. */
static void weigh(struct learner *learner, const struct train_set *set, const int *order, int count,
                  struct arena *work) {
    size_t buckets = (size_t)1 << TRAIN_BITS;
    int32_t *texts = arena_alloc(work, buckets * sizeof *texts);
    int counts[MODEL_OUTPUTS_MAX] = {0}, rarest = count;

    for (int i = 0; i < count; i++) {
        const struct train_example *example = &set->at[order[i]];
        for (int n = 0; n < example->features.count; n++) texts[example->features.at[n]]++;
        counts[example->output]++;
    }
    for (size_t i = 0; i < buckets; i++)
        learner->rarity[i] = texts[i] == 0 ? 0 : rarity(texts[i], count);
    for (int k = 0; k < set->output_count; k++) {
        if (counts[k] > 0 && counts[k] < rarest) rarest = counts[k];
    }
    for (int k = 0; k < set->output_count; k++) {
        int64_t nats =
            counts[k] == 0 ? 0 : join_ln((uint32_t)rarest) - join_ln((uint32_t)counts[k]);
        learner->weight[k] =
            (int32_t)((uint64_t)join_exp((int32_t)(nats * BALANCE / 1000)) * 1000 / JOIN_ONE);
    }
}

static int16_t rounded(int64_t weight) {
    if (weight > INT16_MAX) return INT16_MAX;
    return (int16_t)(weight < INT16_MIN ? INT16_MIN : weight);
}

static void shuffle(int *order, int count, uint32_t *state) {
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(next_random(state) % (uint32_t)(i + 1));
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* Trains on the folds that are not left out. */
static void fit(const struct train_set *set, unsigned without, struct arena *arena,
                struct model *out) {
    struct arena *work = arena_new();
    struct learner learner = {.outputs = set->output_count};
    size_t weights = ((size_t)1 << TRAIN_BITS) * (size_t)set->output_count;

    learner.weights = arena_alloc(work, weights * sizeof *learner.weights);
    learner.rarity = arena_alloc(work, ((size_t)1 << TRAIN_BITS) * sizeof *learner.rarity);
    learner.sums = arena_alloc(work, weights * sizeof *learner.sums);
    int *order = arena_alloc(work, (size_t)set->count * sizeof *order);
    int count = 0;
    uint32_t state = 20261122;
    for (int i = 0; i < set->count; i++) {
        if (!(without >> set->at[i].fold & 1)) order[count++] = i;
    }
    weigh(&learner, set, order, count, work);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        shuffle(order, count, &state);
        for (int i = 0; i < count; i++) {
            const struct train_example *example = &set->at[order[i]];
            learn(&learner, example, RATE / (1 + epoch),
                  root((int64_t)(example->features.count > 0 ? example->features.count : 1) << 20));
        }
        if (epoch >= EPOCHS / 2) add_up(&learner, weights);
    }
    int16_t *made = arena_alloc(arena, weights * sizeof *made);
    const int64_t divisor = (int64_t)(EPOCHS - EPOCHS / 2) * WEIGHT_SCALE;
    for (size_t i = 0; i < weights; i++) made[i] = rounded(learner.sums[i] / divisor);
    memset(out, 0, sizeof *out);
    for (int k = 0; k < set->output_count; k++) {
        out->bias[k] = (int32_t)(learner.bias_sums[k] / divisor);
        out->outputs[k] = set->outputs[k];
    }
    out->weights = made;
    out->bits = TRAIN_BITS;
    out->output_count = set->output_count;
    arena_free(work);
}

/* Scores fold `scored` by a model that has seen neither it nor fold `other`; with two folds, each
 * is scored. */
static void score_without(struct train_set *set, int scored, int other) {
    struct arena *work = arena_new();
    struct model model;

    fit(set, 1u << scored | 1u << other, work, &model);
    for (int i = 0; i < set->count; i++) {
        struct train_example *example = &set->at[i];
        int without = scored;
        if (example->fold == scored) without = other;
        if (example->fold != scored && example->fold != other) continue;
        example->known[without] = model_score(&model, &example->features, example->logits[without]);
    }
    arena_free(work);
}

static void score_each_fold(struct train_set *set) {
    for (int fold = 0; fold < TRAIN_FOLDS && !set->scored; fold++) score_without(set, fold, fold);
    set->scored = true;
}

/* The probability that the joined classifier gives to what the example is, of JOIN_ONE. */
static uint64_t odds_of(const struct join *join, const struct joined *joined, int output) {
    uint64_t sum = 0;
    for (int c = 1; c <= join->class_count; c++) {
        if (join->output[c] == output) sum += joined->odds[c];
    }
    return sum;
}

/* How surprised the joining is by the truth, over the folds but `without` (-1: over all). */
static int64_t surprise(const struct train_set *set, const struct join *join, int without) {
    int64_t sum = 0;

    for (int i = 0; i < set->count; i++) {
        const struct train_example *example = &set->at[i];
        int by = without;
        if (without < 0) by = example->fold;
        struct joined joined;
        if (example->fold == without) continue;
        join_scores(join, example->points, example->barred, example->logits[by], example->known[by],
                    &joined);
        uint64_t odds = odds_of(join, &joined, example->output);
        if (odds > JOIN_ONE) odds = JOIN_ONE;
        if (odds < JOIN_ONE / 100000) odds = JOIN_ONE / 100000;
        sum -= join_ln((uint32_t)odds);
    }

    return sum;
}

/* Descends along one figure of the joining at a time, with steps that shrink. */
static void fit_join(const struct train_set *set, int without, struct join *join) {
    int32_t *const figures[] = {&join->own, &join->rules, &join->bias};

    join_outputs(join, set->outputs, set->output_count);
    join->own = 1000;
    join->rules = 500;
    join->bias = 0;
    int64_t best = surprise(set, join, without);
    for (int32_t step = 400; step >= 25; step /= 2) {
        bool better = true;
        while (better) {
            better = false;
            for (int i = 0; i < 6; i++) {
                int32_t *figure = figures[i / 2];
                int32_t kept = *figure;
                if (i % 2 == 0)
                    *figure += step;
                else
                    *figure += -step;
                int64_t now =
                    *figure < 0 && figure != &join->bias ? INT64_MAX : surprise(set, join, without);
                if (now < best) {
                    best = now;
                    better = true;
                } else {
                    *figure = kept;
                }
            }
        }
    }
}

void train_model(struct train_set *set, struct arena *arena, struct model *out) {
    struct join join = set->join;

    score_each_fold(set);
    fit_join(set, -1, &join);
    fit(set, 0, arena, out);
    out->own = join.own;
    out->rules = join.rules;
    out->other = join.bias;
}

static void count_one(struct train_score *score, const struct join *join,
                      const struct joined *joined, int is) {
    int64_t sure = (int64_t)joined->odds[joined->best] * 1000000 / JOIN_ONE;
    int said = join->output[joined->best];
    int bin = (int)(sure * TRAIN_BINS / 1000000);

    if (bin >= TRAIN_BINS) bin = TRAIN_BINS - 1;
    score->confusion[is][said]++;
    score->bin_count[bin]++;
    score->bin_right[bin] += said == is;
    score->bin_sure[bin] += sure;
    score->count++;
}

/* One text in the three ways. */
static void count_all(const struct train_example *example, const struct join *join,
                      struct train_score *rules_out, struct train_score *model_out,
                      struct train_score *joined_out) {
    static const int32_t no_points[JOIN_CLASSES_MAX];
    struct join model_alone = *join;
    struct joined joined;

    model_alone.own = 1000;
    model_alone.bias = 0;
    model_alone.favour = 0;
    join_scores(join, example->points, example->barred, NULL, 0, &joined);
    count_one(rules_out, join, &joined, example->output);
    join_scores(&model_alone, no_points, NULL, example->logits[example->fold], 1000, &joined);
    count_one(model_out, join, &joined, example->output);
    join_scores(join, example->points, example->barred, example->logits[example->fold],
                example->known[example->fold], &joined);
    count_one(joined_out, join, &joined, example->output);
}

void train_evaluate(struct train_set *set, struct train_score *rules_out,
                    struct train_score *model_out, struct train_score *joined_out) {
    score_each_fold(set);
    for (int a = 0; a < TRAIN_FOLDS; a++) {
        for (int b = a + 1; b < TRAIN_FOLDS; b++) score_without(set, a, b);
    }
    for (int fold = 0; fold < TRAIN_FOLDS; fold++) {
        struct join join = set->join;
        fit_join(set, fold, &join);
        for (int i = 0; i < set->count; i++) {
            if (set->at[i].fold == fold)
                count_all(&set->at[i], &join, rules_out, model_out, joined_out);
        }
    }
}

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
