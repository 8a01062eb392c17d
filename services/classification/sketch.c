/* sketch: see the header. */
#include "sketch.h"

#include "base/wide.h"
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum {
    DIGIT_BITS = 6,
    DIGITS = 1 << DIGIT_BITS,
    BESIDE = 16 /* divides SKETCH_LEN */
};
static const uint32_t DOWN = UINT32_C(1) << 31;

/* The next number of a row in which none depends visibly on those before (SplitMix64). */
static uint64_t next_number(uint64_t *row) {
    *row += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t number = *row;

    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* Mixes the bits of a hash function's least, which are mostly zeros in front. */
static uint32_t digit_of(uint32_t least) {
    return least * UINT32_C(2654435761) >> (32 - DIGIT_BITS);
}

/* The least of so many hash functions over all features, side by side in registers. Numbers are
 * moved down by 2^31: of signed ones processors find the lesser faster. */
WIDE_BODY void least_body(const struct features *features, const uint32_t *factor,
                          const uint32_t *addend, uint32_t *least_out) {
    int32_t least[BESIDE];

    for (int k = 0; k < BESIDE; k++) least[k] = INT32_MAX;
    for (int i = 0; i < features->count; i++) {
        uint32_t hash = features->at[i].hash;
        for (int k = 0; k < BESIDE; k++) {
            int32_t number = (int32_t)(hash * factor[k] + addend[k] + DOWN);
            least[k] = number < least[k] ? number : least[k];
        }
    }
    for (int k = 0; k < BESIDE; k++) least_out[k] = (uint32_t)least[k] - DOWN;
}

static void least_of(const struct features *features, const uint32_t *factor,
                     const uint32_t *addend, uint32_t *least_out) {
    least_body(features, factor, addend, least_out);
}

WIDE_TARGET static void least_of_wide(const struct features *features, const uint32_t *factor,
                                      const uint32_t *addend, uint32_t *least_out) {
    least_body(features, factor, addend, least_out);
}

void sketch_of(const struct features *features, char out[SKETCH_SIZE]) {
    uint32_t factor[SKETCH_LEN], addend[SKETCH_LEN], least[SKETCH_LEN];
    uint64_t row = 0;

    out[0] = '\0';
    if (features->count == 0) return;
    for (int k = 0; k < SKETCH_LEN; k++) {
        uint64_t number = next_number(&row);
        factor[k] = (uint32_t)number | 1;
        addend[k] = (uint32_t)(number >> 32);
    }

    for (int k = 0; k < SKETCH_LEN; k += BESIDE) {
        if (WIDE_HERE)
            least_of_wide(features, factor + k, addend + k, least + k);
        else
            least_of(features, factor + k, addend + k, least + k);
    }

    for (int k = 0; k < SKETCH_LEN; k++) out[k] = digits[digit_of(least[k])];
    out[SKETCH_LEN] = '\0';
}

static bool is_sketch(const char *text) {
    return text && strlen(text) == SKETCH_LEN && strspn(text, digits) == SKETCH_LEN;
}

int sketch_alike(const char *one, const char *two) {
    int same = 0;
    if (!is_sketch(one) || !is_sketch(two)) return -1;

    for (int k = 0; k < SKETCH_LEN; k++)
        if (one[k] == two[k]) same++;
    /* Of those that differ one in 64 looks the same. */
    int beyond = same * DIGITS - SKETCH_LEN;
    if (beyond <= 0) return 0;
    return beyond * 1000 / (SKETCH_LEN * (DIGITS - 1));
}
