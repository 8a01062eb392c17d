/* train_fit: rows, columns, and the bytes that become of them. */
#include "redressctl/policy/train_fit.h"
#include "redressctl/policy/linear_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COST 2.0 /* of a text on the wrong side: found on the folds, as flat as they come */

enum {
    WEIGHT_MAX = 127, /* of a byte */
    FAINT = 6         /* of WEIGHT_MAX: a feature without a greater weight is left out */
};

/* Features by number. */

struct dictionary {
    uint32_t *hashes; /* ascending */
    uint8_t *rarity;
    int count;
};

static int by_hash(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a;
    uint32_t two = *(const uint32_t *)b;
    return (one > two) - (one < two);
}

static bool is_in(const struct train_example *example, unsigned without) {
    return example->fold == TRAIN_BESIDE || !(without >> example->fold & 1);
}

/* A feature counts the more in a text the fewer texts have it: 1 + ln(texts / those with it), the
 * inverse document frequency of Sparck Jones 1972. */
static uint8_t rarity_of(int texts, int with) {
    double rarity = MODEL_RARITY_ONE * (1 + log((double)texts / with));
    return (uint8_t)fmin(lround(rarity), UINT8_MAX);
}

/* Each feature once, with its rarity. */
static void count_same(struct dictionary *dictionary, size_t count, int texts) {
    size_t end;

    for (size_t from = 0; from < count; from = end) {
        for (end = from; end < count && dictionary->hashes[end] == dictionary->hashes[from];) end++;
        dictionary->hashes[dictionary->count] = dictionary->hashes[from];
        dictionary->rarity[dictionary->count++] = rarity_of(texts, (int)(end - from));
    }
}

static struct dictionary dictionary_of(const struct train_set *set, unsigned without,
                                       struct arena *arena) {
    struct dictionary dictionary = {0};
    size_t room = 0;
    for (int i = 0; i < set->count; i++) room += (size_t)set->at[i].parts.whole.count;
    dictionary.hashes = arena_alloc(arena, (room + 1) * sizeof *dictionary.hashes);
    dictionary.rarity = arena_alloc(arena, room + 1);

    size_t count = 0;
    int texts = 0;
    for (int i = 0; i < set->count; i++) {
        const struct features *features = &set->at[i].parts.whole;
        if (!is_in(&set->at[i], without)) continue;
        texts++;
        for (int n = 0; n < features->count; n++) dictionary.hashes[count++] = features->at[n].hash;
    }
    if (count) qsort(dictionary.hashes, count, sizeof *dictionary.hashes, by_hash);
    count_same(&dictionary, count, texts);

    return dictionary;
}

static int number_of(const struct dictionary *dictionary, uint32_t hash) {
    const uint32_t *found = bsearch(&hash, dictionary->hashes, (size_t)dictionary->count,
                                    sizeof *dictionary->hashes, by_hash);
    return (int)(found - dictionary->hashes);
}

/* Rows. */

struct entry {
    int index;
    double value;
};

static int by_index(const void *a, const void *b) {
    return ((const struct entry *)a)->index - ((const struct entry *)b)->index;
}

/* As the model scores: weights of a length of one. */
static void set_row(struct linear *linear, int row, const struct features *features,
                    const struct dictionary *dictionary, struct arena *work) {
    size_t count = (size_t)features->count;
    struct entry *entries = arena_alloc(work, (count + 1) * sizeof *entries);
    int *indexes = arena_alloc(work, (count + 1) * sizeof *indexes);
    double *values = arena_alloc(work, (count + 1) * sizeof *values);
    double square = 0;

    for (size_t i = 0; i < count; i++) {
        int number = number_of(dictionary, features->at[i].hash);
        double weight = (double)model_weigh(dictionary->rarity, number, features->at[i].weight);
        entries[i] = (struct entry){number, weight};
        square += weight * weight;
    }
    if (count) qsort(entries, count, sizeof *entries, by_index);
    for (size_t i = 0; i < count; i++) {
        indexes[i] = entries[i].index;
        values[i] = entries[i].value / sqrt(square);
    }
    linear_row(linear, row, indexes, values, features->count);
}

/* One row for each time that a text counts; behind them, those of its sentences. */
struct rows {
    struct linear *linear;
    int whole;                             /* rows of whole texts */
    int count;                             /* of all */
    const struct train_example **examples; /* of each row */
};

static void count_rows(const struct train_set *set, unsigned without, struct rows *rows,
                       int *times_out) {
    *times_out = 0;
    for (int i = 0; i < set->count; i++) {
        const struct train_example *example = &set->at[i];
        if (!is_in(example, without)) continue;
        rows->whole += example->times;
        rows->count += example->times * (1 + example->parts.count);
        if (example->times > *times_out) *times_out = example->times;
    }
}

static struct rows rows_of(const struct train_set *set, unsigned without,
                           const struct dictionary *dictionary, struct arena *work) {
    struct rows rows = {0};
    int times;
    count_rows(set, without, &rows, &times);

    rows.linear = linear_new(rows.count, dictionary->count, work);
    rows.examples = arena_alloc(work, ((size_t)rows.count + 1) * sizeof(struct train_example *));
    int row = 0;
    int sentence = rows.whole;
    for (int n = 0; n < times; n++) {
        for (int i = 0; i < set->count; i++) {
            const struct train_example *example = &set->at[i];
            if (!is_in(example, without) || example->times <= n) continue;
            set_row(rows.linear, row, &example->parts.whole, dictionary, work);
            rows.examples[row++] = example;
            for (int k = 0; k < example->parts.count; k++) {
                set_row(rows.linear, sentence, &example->parts.sentences[k], dictionary, work);
                rows.examples[sentence++] = example;
            }
        }
    }

    return rows;
}

/* Columns. */

/* +1, -1, or 0 where it is not known. */
static signed char side_of(const struct train_set *set, const struct train_example *example,
                           int column) {
    if (column < set->output_count) return example->output == column ? 1 : -1;
    if (!example->signed_out) return 0;
    return example->signs[column - set->output_count] ? 1 : -1;
}

/* A class counts as much as any other; of a flag both sides count as much. */
static bool fit_sides(const struct train_set *set, const struct rows *rows, int column,
                      const signed char *sides, double *weights, double *bias) {
    double positive = 0;
    double negative = 0;

    for (int i = 0; i < rows->count; i++) {
        positive += sides[i] > 0;
        negative += sides[i] < 0;
    }
    double all = positive + negative;
    double cost = COST;
    if (set->shared) cost /= set->times; /* what is measured counts once, all else less */
    double rare = cost * all / (set->output_count * (positive > 0 ? positive : 1));
    double common = cost;
    if (column >= set->output_count) {
        rare = cost * all / (2 * (positive > 0 ? positive : 1));
        common = cost * all / (2 * (negative > 0 ? negative : 1));
    }
    return linear_fit(rows->linear, sides, rare, common, weights, bias);
}

/* Which sentence of a flagged text has the flag nobody said: the one that speaks most for it so
 * far. Of a text without the flag no sentence has it. */
static void choose_sentences(const struct train_set *set, const struct rows *rows, int column,
                             const double *weights, double bias, signed char *sides) {
    int end;

    for (int from = rows->whole; from < rows->count; from = end) {
        const struct train_example *example = rows->examples[from];
        signed char side = side_of(set, example, column);
        double most = -HUGE_VAL;
        int best = from;
        for (end = from; end < rows->count && rows->examples[end] == example; end++) {
            double margin = linear_margin(rows->linear, end, weights, bias);
            if (margin > most) best = end;
            if (margin > most) most = margin;
            sides[end] = side > 0 ? 0 : side;
        }
        if (side > 0) sides[best] = 1;
    }
}

static bool fit_column(const struct train_set *set, const struct rows *rows, int column,
                       double *weights, double *bias, struct arena *work) {
    enum { ROUNDS = 2 }; /* a third changes hardly anything */
    signed char *sides = arena_alloc(work, (size_t)rows->count + 1);

    for (int i = 0; i < rows->whole; i++) sides[i] = side_of(set, rows->examples[i], column);
    if (!fit_sides(set, rows, column, sides, weights, bias)) return false;
    if (column < set->output_count || !set->by_sentence[column - set->output_count]) return true;

    for (int round = 0; round < ROUNDS; round++) {
        choose_sentences(set, rows, column, weights, *bias, sides);
        if (!fit_sides(set, rows, column, sides, weights, bias)) return false;
    }
    return true;
}

/* A byte a weight: millionths of a margin for each step of it. */
static void put_column(struct model *model, int column, int columns, const double *weights,
                       double bias, int8_t *out) {
    double top = 1e-9;
    for (int i = 0; i < model->feature_count; i++)
        if (fabs(weights[i]) > top) top = fabs(weights[i]);

    model->scale[column] = (int32_t)ceil(top / WEIGHT_MAX * 1e6);
    for (int i = 0; i < model->feature_count; i++)
        out[(size_t)i * (size_t)columns + (size_t)column] =
            (int8_t)lround(weights[i] * 1e6 / model->scale[column]);
    model->bias[column] = (int32_t)lround(bias * 1000);
}

/* Features that speak for nothing in particular: two thirds of them, and nothing is lost by it. */
static void drop_faint(struct model *model, uint32_t *hashes, uint8_t *rarity, int8_t *weights) {
    size_t columns = (size_t)(model->output_count + model->sign_count);
    int kept = 0;

    for (int i = 0; i < model->feature_count; i++) {
        const int8_t *row = weights + (size_t)i * columns;
        bool loud = false;
        for (size_t k = 0; k < columns; k++) loud |= abs(row[k]) >= FAINT;
        if (!loud) continue;
        hashes[kept] = hashes[i];
        rarity[kept] = rarity[i];
        memmove(weights + (size_t)kept * columns, row, columns);
        kept++;
    }
    model->feature_count = kept;
}

void train_fit(const struct train_set *set, unsigned without, struct arena *arena,
               struct model *out) {
    struct arena *work = arena_new();
    struct dictionary dictionary = dictionary_of(set, without, arena);
    struct rows rows = rows_of(set, without, &dictionary, work);
    int columns = set->output_count + set->sign_count;
    double *weights = arena_alloc(work, ((size_t)dictionary.count + 1) * sizeof *weights);
    int8_t *made = arena_alloc(arena, (size_t)dictionary.count * (size_t)columns + 1);

    *out = (struct model){.output_count = set->output_count,
                          .sign_count = set->sign_count,
                          .feature_count = dictionary.count,
                          .hashes = dictionary.hashes,
                          .rarity = dictionary.rarity,
                          .weights = made};
    memcpy(out->outputs, set->outputs, sizeof out->outputs);
    for (int i = 0; i < set->sign_count; i++)
        out->signs[i] = (struct model_sign){
            .flag = set->signs[i], .by_sentence = set->by_sentence[i], .slope = 1000, .from = 500};
    for (int k = 0; k < columns; k++) {
        double bias = -1;
        if (!fit_column(set, &rows, k, weights, &bias, work))
            memset(weights, 0, (size_t)dictionary.count * sizeof *weights);
        put_column(out, k, columns, weights, bias, made);
    }
    drop_faint(out, dictionary.hashes, dictionary.rarity, made);
    model_index(out, arena);
    arena_free(work);
}
