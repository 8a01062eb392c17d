/* model: the learned classifier beside the rules. A linear model over the features of the
 * normalised text (features.h), one column for each class and for each flag that it knows; integers
 * once it is read, so that the same file gives the same probabilities everywhere. `redressctl
 * train` makes it. */
#ifndef REDRESS_MODEL_H
#define REDRESS_MODEL_H

#include "contract/contract.h"
#include "features.h"

enum {
    MODEL_OUTPUTS_MAX = 32, /* there are 25 classes */
    MODEL_SIGNS_MAX = 16,
    MODEL_COLUMNS_MAX = MODEL_OUTPUTS_MAX + MODEL_SIGNS_MAX,
    MODEL_FILE_MAX = 24 << 20, /* a policy folder stays small enough to be copied about */
    MODEL_LOGIT_MAX = 40000,   /* thousandths of a nat: e^-40 is nothing */
    MODEL_RARITY_ONE = 16      /* of a feature that all texts have */
};

/* One thing that the model tells apart: one class, or several that its labels do not distinguish
 * (the first is the one meant without a rule). */
struct model_output {
    int classes[MODEL_OUTPUTS_MAX]; /* ids */
    int class_count;
};

/* A flag that the model knows, `question` among them. */
struct model_sign {
    int flag;              /* id */
    bool by_sentence;      /* its margin: half the whole text's, half that of the sentence which
                              speaks most for it */
    int32_t slope, offset; /* thousandths: log-odds = slope * margin + offset */
    int32_t from; /* thousandths of a probability from which it is given; over 1000: never */
};

/* Where a feature is found: its hash beside its number, so that one look into memory tells. */
struct model_slot {
    uint32_t hash;
    uint32_t number; /* + 1; 0: nothing here */
};

struct model {
    struct model_output outputs[MODEL_OUTPUTS_MAX];
    int output_count;
    struct model_sign signs[MODEL_SIGNS_MAX];
    int sign_count;
    /* Columns: the outputs, then the signs. */
    int feature_count;
    const uint32_t *hashes; /* ascending */
    const int8_t *weights;  /* [feature][column] */
    const uint8_t *rarity;  /* of each feature, in sixteenths: it counts so many times in a text;
                              NULL (files from before): all alike */
    int32_t scale[MODEL_COLUMNS_MAX]; /* millionths of a unit of margin for a weight of 1 */
    int32_t bias[MODEL_COLUMNS_MAX];  /* thousandths */
    const struct model_slot *slots;   /* open addressing, by hash */
    uint32_t mask;
    int32_t own, rules, other; /* how model and rules are joined, in thousandths (join.h) */
    int32_t sure; /* thousandths: a person looks at a class that is less probable; over 1000: at
                     each, 0: at none */
    const char *source, *licence, *checksum;
};

/* Reads a model file's bytes; the model lives in the arena. */
int model_read(const char *bytes, size_t len, struct arena *arena, const struct model **model_out,
               struct err *err) MUST_CHECK;
/* Writes it, header first. */
void model_write(const struct model *model, struct buf *out);
/* How much a feature of this weight counts in a text. */
int64_t model_weigh(const uint8_t *rarity, int feature, uint32_t weight);
/* What finds a feature by its hash: for one that was not read from a file. */
void model_index(struct model *model, struct arena *arena);

/* What the model says of a text, in thousandths. */
struct model_scores {
    int32_t logits[MODEL_OUTPUTS_MAX]; /* margins: log-odds but for a factor (join.h, own) */
    int32_t signs[MODEL_SIGNS_MAX];    /* probabilities */
    int32_t margins[MODEL_SIGNS_MAX];
    int known; /* how far the model knows such texts: 1000 when it has met most of the features, 0
                  when hardly any */
};
/* Of one stretch, as if it were the whole. */
void model_score(const struct model *model, const struct features *features,
                 struct model_scores *out);
/* Of a text and its sentences: signs by sentence are joined. */
void model_score_parts(const struct model *model, const struct feature_parts *parts,
                       struct model_scores *out);

/* A text looked up in a model once, so that its stretches are scored without looking again. */
struct model_text {
    const struct model *model;
    const struct text *text;
    const struct feature_map *map;
    int *found; /* by number of the map: the model's number of the feature, or -1 */
    /* Of the stretch at hand: how often each of the map's features stands in it, and which do. */
    uint32_t *times;
    uint32_t *met;
    int met_count;
};
/* All three outlive what is made of them. */
void model_look_up(const struct model *model, const struct text *text,
                   const struct feature_map *map, struct arena *arena, struct model_text *out);
/* As model_score_parts() of the same text. */
void model_score_text(struct model_text *text, struct model_scores *out);
/* Outputs and `known` of bytes from..to, which end at signs, as model_score() of them by
 * themselves. Signs are not scored. */
void model_score_stretch(struct model_text *text, size_t from, size_t to, struct model_scores *out);

/* The stretch of the text that speaks most for a column: bytes from..to; empty when nothing does.
 */
void model_evidence(const struct model_text *text, int column, struct arena *arena,
                    size_t *from_out, size_t *to_out);

#endif
