/* model: the learned classifier beside the rules. A linear model over hashed character n-grams of
 * the normalised text; integers throughout, so that the same file gives the same probabilities
 * everywhere. Training is in train.h. */
#ifndef REDRESS_MODEL_H
#define REDRESS_MODEL_H

#include "contract/contract.h"
#include "data/text.h"

enum {
    MODEL_OUTPUTS_MAX = 32,     /* there are 25 classes */
    MODEL_FILE_MAX = 4 << 20,   /* a policy folder stays small enough to be copied about */
    MODEL_FEATURES_MAX = 24576, /* of one text: 8 000 characters, three n-grams each */
    MODEL_LOGIT_MAX = 40000,    /* thousandths of a nat: e^-40 is nothing */
};

/* One thing that the model tells apart: one class, or several that its labels do not distinguish
 * (the first is the one meant without a rule). */
struct model_output {
    int classes[MODEL_OUTPUTS_MAX]; /* ids */
    int class_count;
};

struct model {
    struct model_output outputs[MODEL_OUTPUTS_MAX];
    int output_count;
    int bits; /* 2^bits buckets */
    const int16_t
        *weights; /* [bucket][output], thousandths of a nat before normalising by length */
    int32_t bias[MODEL_OUTPUTS_MAX];
    int32_t own, rules, other; /* how model and rules are joined, in thousandths (join.h) */
    const char *source, *licence, *checksum;
};

/* Reads a model file's bytes; the model lives in the arena. */
int model_read(const char *bytes, size_t len, struct arena *arena, const struct model **model_out,
               struct err *err) MUST_CHECK;
/* Writes it, header first. */
void model_write(const struct model *model, struct buf *out);

/* The distinct buckets of a text's n-grams of 1 to 3 characters. Digits count as one and the same.
 */
struct features {
    uint32_t *at;
    int count;
};
void model_features(const struct text *text, int bits, struct arena *arena, struct features *out);

/* Log-odds of each output in thousandths of a nat, up to a constant. Returns how far the model
 * knows such texts, in thousandths: 1000 when it has met most of the n-grams, 0 when no more of
 * them than hashing finds by chance. */
int model_score(const struct model *model, const struct features *features, int32_t *logits_out);

/* The stretch of the text that speaks most for an output: bytes from..to; empty when nothing does.
 */
void model_evidence(const struct model *model, const struct text *text, int output,
                    struct arena *arena, size_t *from_out, size_t *to_out);

#endif
