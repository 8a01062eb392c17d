/* model_score: what a model says of a text. A text is looked up once (model_look_up); whole,
 * sentences, clauses and evidence are sums over the same rows of weights. */
#include "join.h"

#include "base/wide.h"
#include <string.h>

enum {
    /* Shares of features in thousandths, measured: unseen texts of the training's kind and language
     * have more than KNOWN_ALL of theirs in common with it. */
    KNOWN_NONE = 100,
    KNOWN_ALL = 250,
    /* Weights that together, times a weight of the model (a byte), fit 32 bits. */
    PART_MAX = 1 << 24,
    /* Evidence: so many of the places before count that lie within a stretch. */
    MET_MAX = 64
};

static int columns_of(const struct model *model) {
    return model->output_count + model->sign_count;
}

static const int8_t *row_of(const struct model *model, int feature) {
    return model->weights + (size_t)feature * (size_t)columns_of(model);
}

static inline int64_t weigh(const uint8_t *rarity, int feature, uint32_t weight) {
    if (!rarity) return weight;
    return (int64_t)((uint64_t)weight * rarity[feature] / MODEL_RARITY_ONE);
}

int64_t model_weigh(const uint8_t *rarity, int feature, uint32_t weight) {
    return weigh(rarity, feature, weight);
}

/* The feature's number, or -1. */
static int feature_of(const struct model *model, uint32_t hash) {
    const struct model_slot *slots = model->slots;

    for (uint32_t at = hash & model->mask; slots[at].number; at = (at + 1) & model->mask)
        if (slots[at].hash == hash) return (int)slots[at].number - 1;
    return -1;
}

/* Sums over a text's features. */

struct sums {
    const struct model *model;
    int from, to; /* the columns that are wanted */
    int64_t at[MODEL_COLUMNS_MAX];
    /* What is not yet in `at`: eight of these are added in the time of two of those. */
    int32_t part[MODEL_COLUMNS_MAX];
    int64_t part_weight;
    uint64_t square;
    int met, count; /* features that the model has, and all */
};

WIDE_BODY void add_body(int32_t *part, const int8_t *row, int16_t weight, int count) {
    for (int k = 0; k < count; k++) part[k] += (int16_t)row[k] * weight;
}

static void add_plain(int32_t *part, const int8_t *row, int16_t weight, int count) {
    add_body(part, row, weight, count);
}

WIDE_TARGET static void add_wide(int32_t *part, const int8_t *row, int16_t weight, int count) {
    add_body(part, row, weight, count);
}

static void add_row(struct sums *sums, const int8_t *row, int16_t weight) {
    if (WIDE_HERE)
        add_wide(sums->part + sums->from, row + sums->from, weight, sums->to - sums->from);
    else
        add_plain(sums->part + sums->from, row + sums->from, weight, sums->to - sums->from);
}

static void take_part(struct sums *sums) {
    for (int k = sums->from; k < sums->to; k++) sums->at[k] += sums->part[k];
    memset(sums->part, 0, sizeof sums->part);
    sums->part_weight = 0;
}

/* One that stands there with this weight; feature < 0: the model has not met it. */
static void add(struct sums *sums, int feature, uint32_t times_weight) {
    sums->count++;
    if (feature < 0) return;
    const int8_t *row = row_of(sums->model, feature);
    int64_t weight = weigh(sums->model->rarity, feature, times_weight);

    sums->met++;
    sums->square += (uint64_t)(weight * weight);
    if (sums->part_weight + weight > PART_MAX) take_part(sums);
    sums->part_weight += weight;
    /* In steps that fit 16 bits, for which processors have instructions; hardly ever a second. */
    for (; weight > INT16_MAX; weight -= INT16_MAX) add_row(sums, row, INT16_MAX);
    add_row(sums, row, (int16_t)weight);
}

/* floor(sqrt(n)) of a number below 2^62, digit by digit. */
static uint64_t root(uint64_t n) {
    uint64_t result = 0;

    for (int bit = 30; bit >= 0; bit--) {
        uint64_t next = result | UINT64_C(1) << bit;
        if (next * next <= n) result = next;
    }
    return result;
}

/* From the share of features met to how far the model counts. */
static int known(const struct sums *sums) {
    int share = 0;
    if (sums->count != 0) share = sums->met * 1000 / sums->count;
    if (share <= KNOWN_NONE) return 0;
    if (share >= KNOWN_ALL) return 1000;
    return (share - KNOWN_NONE) * 1000 / (KNOWN_ALL - KNOWN_NONE);
}

static int32_t within(int64_t margin) {
    if (margin > MODEL_LOGIT_MAX) return MODEL_LOGIT_MAX;
    if (margin < -MODEL_LOGIT_MAX) return -MODEL_LOGIT_MAX;
    return (int32_t)margin;
}

/* By column; only those that are wanted. */
static void margins_of(struct sums *sums, int32_t *margins_out) {
    const struct model *model = sums->model;
    int64_t length = (int64_t)root(sums->square);

    take_part(sums);
    for (int k = sums->from; k < sums->to; k++) {
        int64_t margin = model->bias[k];
        if (length) margin += sums->at[k] * model->scale[k] / length / 1000;
        margins_out[k] = within(margin);
    }
}

/* 1 / (1 + e^-x), both in thousandths. */
static int32_t sigmoid(int32_t x) {
    uint64_t below = join_exp(x > 0 ? -x : x); /* of JOIN_ONE */
    int64_t small = (int64_t)(below * 1000 / (JOIN_ONE + below));
    if (x > 0) return (int32_t)(1000 - small);
    return (int32_t)small;
}

/* Scores of all columns. Where there are sentences, `most` has what speaks most for each column
 * among them; NULL: there are none. */
static void set_scores(struct sums *sums, const int32_t *most, struct model_scores *out) {
    const struct model *model = sums->model;
    int32_t margins[MODEL_COLUMNS_MAX];

    margins_of(sums, margins);
    memcpy(out->logits, margins, (size_t)model->output_count * sizeof *margins);
    for (int i = 0; i < model->sign_count; i++) {
        const struct model_sign *sign = &model->signs[i];
        int column = model->output_count + i;
        int32_t margin = margins[column];

        if (most && sign->by_sentence) margin = (margin + most[column]) / 2;
        out->margins[i] = margin;
        out->signs[i] = sigmoid(within(margin * (int64_t)sign->slope / 1000 + sign->offset));
    }
    out->known = known(sums);
}

static struct sums sums_of(const struct model *model, int from, int to) {
    return (struct sums){.model = model, .from = from, .to = to};
}

static void add_features(struct sums *sums, const struct features *features) {
    for (int i = 0; i < features->count; i++)
        add(sums, feature_of(sums->model, features->at[i].hash), features->at[i].weight);
}

static void raise(struct sums *sums, int32_t *most) {
    int32_t margins[MODEL_COLUMNS_MAX];

    margins_of(sums, margins);
    for (int k = sums->from; k < sums->to; k++)
        if (margins[k] > most[k]) most[k] = margins[k];
}

static void none_yet(int32_t *most) {
    for (int k = 0; k < MODEL_COLUMNS_MAX; k++) most[k] = -MODEL_LOGIT_MAX;
}

void model_score(const struct model *model, const struct features *features,
                 struct model_scores *out) {
    struct sums sums = sums_of(model, 0, columns_of(model));

    add_features(&sums, features);
    set_scores(&sums, NULL, out);
}

void model_score_parts(const struct model *model, const struct feature_parts *parts,
                       struct model_scores *out) {
    struct sums whole = sums_of(model, 0, columns_of(model));
    int32_t most[MODEL_COLUMNS_MAX];

    none_yet(most);
    for (int n = 0; n < parts->count; n++) {
        struct sums sums = sums_of(model, model->output_count, columns_of(model));
        add_features(&sums, &parts->sentences[n]);
        raise(&sums, most);
    }
    add_features(&whole, &parts->whole);
    set_scores(&whole, parts->count ? most : NULL, out);
}

/* A text looked up once. */

/* Has what is known of a feature on its way from memory; a row may lie in two of its lines. */
static void call(const struct model *model, int feature) {
    const int8_t *row = row_of(model, feature);

    __builtin_prefetch(row);
    __builtin_prefetch(row + columns_of(model) - 1);
    if (model->rarity) __builtin_prefetch(model->rarity + feature);
}

/* All are called before the first is waited for. */
void model_look_up(const struct model *model, const struct text *text,
                   const struct feature_map *map, struct arena *arena, struct model_text *out) {
    size_t count = (size_t)map->distinct.count;
    const struct feature *at = map->distinct.at;
    int *found = arena_memory(arena, count * sizeof *found);

    for (size_t i = 0; i < count; i++) __builtin_prefetch(&model->slots[at[i].hash & model->mask]);
    for (size_t i = 0; i < count; i++) {
        found[i] = feature_of(model, at[i].hash);
        if (found[i] >= 0) call(model, found[i]);
    }
    *out = (struct model_text){.model = model,
                               .text = text,
                               .map = map,
                               .found = found,
                               .times = arena_alloc(arena, count * sizeof *out->times),
                               .met = arena_memory(arena, count * sizeof *out->met)};
}

/* The first place of first..last that ends behind a byte: they stand in the order of their ends. */
static int first_behind(const struct feature_place *places, int first, int last, size_t byte) {
    while (first < last) {
        int middle = first + (last - first) / 2;
        if (places[middle].to <= byte)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

/* Counts what lies within a stretch, of one walk's places. */
static void count_places(struct model_text *text, int first, int last, size_t from, size_t to) {
    const struct feature_place *places = text->map->places;

    for (int i = first_behind(places, first, last, from); i < last && places[i].to <= to; i++) {
        uint32_t number = places[i].number;
        if (places[i].from < from) continue;
        if (text->times[number]++ == 0) text->met[text->met_count++] = number;
    }
}

static void add_stretch(struct model_text *text, size_t from, size_t to, struct sums *sums) {
    text->met_count = 0;
    count_places(text, 0, text->map->words, from, to);
    count_places(text, text->map->words, text->map->count, from, to);
    for (int i = 0; i < text->met_count; i++) {
        uint32_t number = text->met[i];
        add(sums, text->found[number], features_weight(text->times[number]));
        text->times[number] = 0;
    }
}

void model_score_text(struct model_text *text, struct model_scores *out) {
    const struct model *model = text->model;
    const struct features *distinct = &text->map->distinct;
    struct sums whole = sums_of(model, 0, columns_of(model));
    int32_t most[MODEL_COLUMNS_MAX];
    int sentences = 0;
    size_t from;
    size_t to;

    none_yet(most);
    for (size_t at = 0; features_sentence(text->text, &at, &from, &to); sentences++) {
        struct sums sums = sums_of(model, model->output_count, columns_of(model));
        add_stretch(text, from, to, &sums);
        raise(&sums, most);
    }
    for (int i = 0; i < distinct->count; i++) add(&whole, text->found[i], distinct->at[i].weight);
    set_scores(&whole, sentences ? most : NULL, out);
}

void model_score_stretch(struct model_text *text, size_t from, size_t to,
                         struct model_scores *out) {
    struct sums sums = sums_of(text->model, 0, text->model->output_count);

    add_stretch(text, from, to, &sums);
    margins_of(&sums, out->logits);
    out->known = known(&sums);
}

/* Evidence: what speaks for a column within a stretch is the stretch's own weight and that of what
 * lies in it, which was met just before. */

/* The weight of place i and of what lies in it, of the MET_MAX places up to it. Backwards, what
 * ends before the stretch begins ends a walk's part of the search. */
static int weight_within(const struct feature_map *map, const int *weights, int i) {
    const struct feature_place *stretch = &map->places[i];
    int oldest = i < MET_MAX ? 0 : i - MET_MAX + 1;
    int begin = i < map->words ? 0 : map->words;
    int sum = 0;

    for (int n = i; n >= oldest && n >= begin && map->places[n].to > stretch->from; n--)
        if (map->places[n].from >= stretch->from) sum += weights[map->places[n].number];
    for (int n = begin - 1; n >= oldest && map->places[n].to > stretch->from; n--)
        if (map->places[n].from >= stretch->from && map->places[n].to <= stretch->to)
            sum += weights[map->places[n].number];
    return sum;
}

void model_evidence(const struct model_text *text, int column, struct arena *arena,
                    size_t *from_out, size_t *to_out) {
    const struct feature_map *map = text->map;
    const struct model *model = text->model;
    size_t count = (size_t)map->distinct.count;
    int *weights = arena_memory(arena, count * sizeof *weights);
    int best = 0;

    for (size_t i = 0; i < count; i++) {
        int feature = text->found[i];
        weights[i] = 0;
        if (feature >= 0)
            weights[i] = (int)weigh(model->rarity, feature, MODEL_RARITY_ONE) *
                         row_of(model, feature)[column];
    }
    *from_out = *to_out = 0;
    for (int i = 0; i < map->count; i++) {
        int weight = weight_within(map, weights, i);
        if (weight <= best) continue;
        best = weight;
        *from_out = map->places[i].from;
        *to_out = map->places[i].to;
    }
}
