/* train: joining and scores. */
#include "redressctl/policy/train.h"
#include "redressctl/policy/train_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIGN_PRECISION = 900, /* thousandths: a flag is given from where so many are right */
    SURE_RIGHT = 900,     /* and a class is sure from where so many are */
    NEVER = 1001
};

/* Scores fold `scored` by a model that has seen neither it nor fold `other`; with two folds, each
 * is scored. */
static void score_without(struct train_set *set, int scored, int other) {
    struct arena *work = arena_new();
    struct model model;

    train_fit(set, 1u << scored | 1u << other, work, &model);
    for (int i = 0; i < set->count; i++) {
        struct train_example *example = &set->at[i];
        int without = scored;
        if (example->fold == scored) without = other;
        if (example->fold != scored && example->fold != other) continue;
        model_score_parts(&model, &example->parts, &example->scores[without]);
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
        if (example->beside || example->fold == without) continue;
        join_scores(join, example->points, example->barred, example->scores[by].logits,
                    example->scores[by].known, &joined);
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
    join->own = 4000;
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

/* ---- Flags ---- */

struct measured {
    double margin;
    bool is;
};

static int by_margin_down(const void *a, const void *b) {
    double one = ((const struct measured *)a)->margin;
    double two = ((const struct measured *)b)->margin;
    return (one < two) - (one > two);
}

/* Margins of the texts of all folds but `without` (-1: of all), from models that have not seen
 * them. */
static int measure_sign(const struct train_set *set, int without, int sign, struct measured *out) {
    int count = 0;

    for (int i = 0; i < set->count; i++) {
        const struct train_example *example = &set->at[i];
        int by = without;
        if (without < 0) by = example->fold;
        if (example->beside || example->fold == without || !example->signed_out) continue;
        out[count++] =
            (struct measured){example->scores[by].margins[sign] / 1000.0, example->signs[sign]};
    }
    return count;
}

/* Platt's logistic curve by Newton's steps on its two figures. */
static void fit_curve(const struct measured *at, int count, struct model_sign *out) {
    enum { STEPS = 50 };
    double slope = 1;
    double offset = 0;

    for (int step = 0; step < STEPS; step++) {
        double g1 = 0;
        double g2 = 0;
        double h11 = 1e-6;
        double h12 = 0;
        double h22 = 1e-6;
        for (int i = 0; i < count; i++) {
            double p = 1 / (1 + exp(-(slope * at[i].margin + offset)));
            double wrong = at[i].is - p;
            double spread = p * (1 - p);
            g1 += wrong * at[i].margin;
            g2 += wrong;
            h11 += spread * at[i].margin * at[i].margin;
            h12 += spread * at[i].margin;
            h22 += spread;
        }
        double determinant = h11 * h22 - h12 * h12;
        if (determinant < 1e-9) break;
        slope += (g1 * h22 - g2 * h12) / determinant;
        offset += (g2 * h11 - g1 * h12) / determinant;
        slope = fmin(fmax(slope, 0.01), 30);
        offset = fmin(fmax(offset, -30), 30);
    }
    out->slope = (int32_t)lround(slope * 1000);
    out->offset = (int32_t)lround(offset * 1000);
}

/* The lowest probability from which on SIGN_PRECISION of 1 000 are right. */
static void fit_threshold(struct measured *at, int count, struct model_sign *out) {
    int right = 0;

    qsort(at, (size_t)count, sizeof *at, by_margin_down);
    out->from = NEVER;
    for (int i = 0; i < count; i++) {
        right += at[i].is;
        bool tied = i + 1 < count && at[i + 1].margin == at[i].margin;
        if (tied || right * 1000 < SIGN_PRECISION * (i + 1)) continue;
        double odds = at[i].margin * out->slope + out->offset; /* thousandths */
        out->from = (int32_t)floor(1000 / (1 + exp(-odds / 1000)));
    }
    if (out->from < 1) out->from = 1;
}

static void fit_sign(const struct train_set *set, int without, int sign, struct model_sign *out) {
    struct arena *work = arena_new();
    struct measured *at = arena_alloc(work, ((size_t)set->count + 1) * sizeof *at);
    int count = measure_sign(set, without, sign, at);

    out->flag = set->signs[sign];
    out->by_sentence = set->by_sentence[sign];
    fit_curve(at, count, out);
    fit_threshold(at, count, out);
    arena_free(work);
}

/* ---- From which confidence on a class needs no person ---- */

/* What the joined classifier says of an example that it has not seen. */
static void join_unseen(const struct join *join, const struct train_example *example, int without,
                        struct joined *out) {
    int by = without;
    if (without < 0) by = example->fold;
    const struct model_scores *scores = &example->scores[by];

    join_scores(join, example->points, example->barred, scores->logits, scores->known, out);
}

/* The lowest confidence from which on SURE_RIGHT of 1 000 classes are right, over the folds but
 * `without` (-1: over all). */
static int32_t fit_sure(const struct train_set *set, const struct join *join, int without) {
    struct arena *work = arena_new();
    struct measured *at = arena_alloc(work, ((size_t)set->count + 1) * sizeof *at);
    int32_t limit = NEVER;
    int count = 0;
    int right = 0;

    for (int i = 0; i < set->count; i++) {
        const struct train_example *example = &set->at[i];
        struct joined joined;
        if (example->beside || example->fold == without) continue;
        join_unseen(join, example, without, &joined);
        at[count].margin = join_sure(&joined);
        at[count++].is = join->output[joined.best] == example->output;
    }
    if (count) qsort(at, (size_t)count, sizeof *at, by_margin_down);
    for (int i = 0; i < count; i++) {
        right += at[i].is;
        bool tied = i + 1 < count && at[i + 1].margin == at[i].margin;
        if (!tied && right * 1000 >= SURE_RIGHT * (i + 1)) limit = (int32_t)at[i].margin;
    }
    arena_free(work);

    return limit;
}

void train_model(struct train_set *set, struct arena *arena, struct model *out) {
    struct join join = set->join;

    score_each_fold(set);
    fit_join(set, -1, &join);
    train_fit(set, 0, arena, out);
    for (int i = 0; i < set->sign_count; i++) fit_sign(set, -1, i, &out->signs[i]);
    out->own = join.own;
    out->rules = join.rules;
    out->other = join.bias;
    out->sure = fit_sure(set, &join, -1);
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
    const struct model_scores *scores = &example->scores[example->fold];
    join_scores(&model_alone, no_points, NULL, scores->logits, 1000, &joined);
    count_one(model_out, join, &joined, example->output);
    join_scores(join, example->points, example->barred, scores->logits, scores->known, &joined);
    count_one(joined_out, join, &joined, example->output);
}

/* Whether the class needs no person, and is right. */
static void count_sure(const struct train_example *example, const struct join *join, int32_t limit,
                       struct train_score *score) {
    struct joined joined;

    join_unseen(join, example, example->fold, &joined);
    if (join_sure(&joined) < limit) return;
    score->sure++;
    score->sure_right += join->output[joined.best] == example->output;
}

static void count_sign(struct train_score *score, int sign, bool is, bool said) {
    score->sign_is[sign] += is;
    score->sign_said[sign] += said;
    score->sign_right[sign] += said && is;
}

static struct train_rule *rule_at(struct train_score *score, const struct rule *rule) {
    for (int i = 0; i < score->rule_count; i++)
        if (score->rules[i].rule == rule) return &score->rules[i];
    if (score->rule_count == TRAIN_RULES_MAX) return NULL;

    score->rules[score->rule_count] = (struct train_rule){.rule = rule};
    return &score->rules[score->rule_count++];
}

/* Counts the rules that fire for a flag; returns whether together they raise it, as
 * classification does. */
static bool count_rules(const struct train_example *example, int flag, bool is, bool said,
                        struct train_score *score) {
    int64_t points = 0;

    for (int i = 0; i < example->found_count; i++) {
        const struct rule *rule = example->found[i].rule;
        if (rule->flag_id != flag || example->found[i].supposed) continue;
        points += rule->weight;
        struct train_rule *counted = rule_at(score, rule);
        if (counted == NULL) continue;
        counted->right += is;
        counted->wrong += !is;
        counted->added_right += is && !said;
        counted->added_wrong += !is && !said;
    }
    return points > 0;
}

static void count_signs(const struct train_set *set, int fold, struct train_score *model_out,
                        struct train_score *joined_out) {
    for (int k = 0; k < set->sign_count; k++) {
        struct model_sign sign = {0};
        fit_sign(set, fold, k, &sign);
        for (int i = 0; i < set->count; i++) {
            const struct train_example *example = &set->at[i];
            if (example->fold != fold || !example->signed_out) continue;
            double odds = example->scores[fold].margins[k] / 1000.0 * sign.slope + sign.offset;
            bool is = example->signs[k];
            bool said = 1000 / (1 + exp(-odds / 1000)) >= sign.from;
            bool raised = count_rules(example, sign.flag, is, said, joined_out);
            count_sign(model_out, k, is, said);
            count_sign(joined_out, k, is, said || raised);
        }
    }
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
        count_signs(set, fold, model_out, joined_out);
        int32_t sure = fit_sure(set, &join, fold);
        for (int i = 0; i < set->count; i++) {
            if (set->at[i].fold != fold) continue;
            count_all(&set->at[i], &join, rules_out, model_out, joined_out);
            count_sure(&set->at[i], &join, sure, joined_out);
        }
    }
}
