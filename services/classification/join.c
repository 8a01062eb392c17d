/* join: softmax in integers. */
#include "join.h"

#include <string.h>

uint32_t join_exp(int32_t x) {
    if (x < -20000) return 0;
    uint64_t doublings = (uint64_t)(-x) * 6196328; /* in 2^-32: log2(e) / 1000 */
    int shift = (int)(doublings >> 32);
    int64_t g =
        (int64_t)(((doublings & 0xffffffffu) * 744261118) >> 32); /* the rest times ln 2, of 2^30 */
    int64_t term = JOIN_ONE;
    int64_t sum = JOIN_ONE;
    for (int n = 1; n <= 8; n++) { /* e^-g by its series */
        term = -(term * g >> 30) / n;
        sum += term;
    }

    return (uint32_t)(sum >> shift);
}

int32_t join_ln(uint32_t p) {
    int whole = 31 - __builtin_clz(p);
    uint64_t x = (uint64_t)p << (31 - whole); /* 1 to 2, of 2^31 */
    int64_t log2 = (int64_t)(whole - 30) * (1 << 20);

    for (int bit = 19; bit >= 0;
         bit--) { /* each squaring gives one binary digit of the logarithm */
        x = x * x >> 31;
        if (x >> 32) {
            log2 += INT64_C(1) << bit;
            x >>= 1;
        }
    }

    return (int32_t)(log2 * 693147 / 1000 / (1 << 20));
}

void join_outputs(struct join *join, const struct model_output *outputs, int count) {
    int other = 0;

    for (int c = 0; c <= join->class_count; c++) {
        join->output[c] = -1;
        join->first[c] = false;
    }
    for (int i = 0; i < count; i++) {
        for (int n = 0; n < outputs[i].class_count; n++) {
            int c = outputs[i].classes[n];
            join->output[c] = (int8_t)i;
            join->first[c] = n == 0;
            if (c == join->other) other = i;
        }
    }
    for (int c = 0; c <= join->class_count; c++) {
        if (join->output[c] < 0) join->output[c] = (int8_t)other;
    }
}

/* A class's score by rules and model, weighed against that of the rules alone. */
static int64_t score_of(const struct join *join, int c, int32_t points, const int32_t *logits,
                        int known) {
    int32_t counted = points;
    if (points > JOIN_POINTS_MAX) counted = JOIN_POINTS_MAX;
    int64_t alone = (int64_t)join->alone_rules * counted;
    int64_t joined = 0;

    if (c == join->other) {
        alone += join->alone_bias;
    } else if (points <= 0) {
        alone -= JOIN_POINTLESS;
    }
    if (known > 0) {
        joined =
            (int64_t)join->own * logits[join->output[c]] / 1000 + (int64_t)join->rules * counted;
        if (c == join->other) joined += join->bias;
    }

    return (joined * known + alone * (1000 - known)) / 1000;
}

void join_scores(const struct join *join, const int32_t *points, const bool *barred,
                 const int32_t *logits, int known, struct joined *out) {
    int64_t score[JOIN_CLASSES_MAX];
    int64_t top = INT64_MIN;
    int64_t best = INT64_MIN;
    bool possible[JOIN_CLASSES_MAX];
    uint64_t sum = 0;

    memset(out, 0, sizeof *out);
    for (int c = 1; c <= join->class_count; c++) {
        score[c] = score_of(join, c, points[c], logits, known);
        possible[c] = points[c] > 0 || c == join->other || (known > 0 && join->first[c]);
        possible[c] = possible[c] && (barred == NULL || !barred[c]);
        int64_t favoured = score[c] + (c == join->other ? 0 : join->favour);
        if (possible[c] && score[c] > top) top = score[c];
        if (!possible[c] || favoured <= best) continue;
        best = favoured;
        out->best = c;
    }
    for (int c = 1; c <= join->class_count; c++) {
        int64_t below = INT32_MIN;
        if (possible[c]) below = score[c] - top;
        out->odds[c] = join_exp(below < -30000 ? -30000 : (int32_t)below);
        sum += out->odds[c];
    }
    for (int c = 1; c <= join->class_count; c++)
        out->odds[c] = (uint32_t)((uint64_t)out->odds[c] * JOIN_ONE / sum);
}

int join_sure(const struct joined *joined) {
    return (int)((int64_t)joined->odds[joined->best] * 1000 / JOIN_ONE);
}
