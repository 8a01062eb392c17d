/* model: features, scores and the file. The file is a header in lines, an empty line, and the
 * weights as little-endian 16-bit numbers. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BITS_MIN = 10,
    BITS_MAX = 17,
    NGRAM_MAX = 3,
    /* Shares of n-grams in thousandths, measured: unseen texts of the training's kind have 660 and
     * more of them in common with it (95 of 100), texts in another language 440 and less, by the
     * chance of hashing and by single letters. */
    KNOWN_NONE = 500,
    KNOWN_ALL = 700
};

/* Mixes a character into the hash of those before it. The constants are those of MurmurHash3's
 * finaliser. */
static uint32_t mix(uint32_t hash, uint32_t point) {
    hash ^= point * 0x9e3779b1u;
    hash ^= hash >> 16;
    hash *= 0x85ebca6bu;
    hash ^= hash >> 13;
    hash *= 0xc2b2ae35u;
    return hash ^ (hash >> 16);
}

/* Characters as the n-grams see them: the text between two ends, a digit like any other. */
static int read_points(const struct text *text, struct arena *arena, uint32_t **points_out,
                       uint32_t **places_out) {
    size_t room = text->len + 3;
    uint32_t *points = arena_alloc(arena, room * sizeof *points);
    uint32_t *places = arena_alloc(arena, room * sizeof *places);
    int count = 0;

    points[count++] = '^';
    for (size_t i = 0; i < text->len && count < MODEL_FEATURES_MAX / NGRAM_MAX - 2;) {
        places[count] = (uint32_t)i;
        uint32_t point = text_next(text->at, text->len, &i);
        if (point >= '0' && point <= '9')
            points[count++] = '0';
        else
            points[count++] = point;
    }
    places[count] = (uint32_t)text->len;
    points[count++] = '$';
    *points_out = points;
    *places_out = places;

    return count;
}

static uint32_t bucket(const uint32_t *points, int n, int bits) {
    uint32_t hash = (uint32_t)n;
    for (int i = 0; i < n; i++) hash = mix(hash, points[i]);
    return hash >> (32 - bits);
}

/* A set with open addressing: a text has few features beside the room it is given. */
static bool is_new(uint32_t *set, uint32_t mask, uint32_t feature) {
    uint32_t at = feature & mask;

    while (set[at] != 0) {
        if (set[at] == feature + 1) return false;
        at = (at + 1) & mask;
    }
    set[at] = feature + 1;
    return true;
}

void model_features(const struct text *text, int bits, struct arena *arena, struct features *out) {
    uint32_t *points, *places;
    uint32_t mask = 64;
    int count = read_points(text, arena, &points, &places);

    while ((int)mask < count * NGRAM_MAX * 2) mask *= 2;
    uint32_t *set = arena_alloc(arena, mask * sizeof *set);
    out->at = arena_alloc(arena, (size_t)count * NGRAM_MAX * sizeof *out->at);
    out->count = 0;
    for (int i = 0; i < count; i++) {
        for (int n = 1; n <= NGRAM_MAX && i + n <= count; n++) {
            uint32_t feature = bucket(points + i, n, bits);
            if (is_new(set, mask - 1, feature)) out->at[out->count++] = feature;
        }
    }
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

/* From the share of n-grams met to how far the model counts. */
static int known(int met, int count) {
    int share = 0;
    if (count != 0) share = met * 1000 / count;
    if (share <= KNOWN_NONE) return 0;
    if (share >= KNOWN_ALL) return 1000;
    return (share - KNOWN_NONE) * 1000 / (KNOWN_ALL - KNOWN_NONE);
}

int model_score(const struct model *model, const struct features *features, int32_t *logits_out) {
    int32_t sums[MODEL_OUTPUTS_MAX] = {0};
    int outputs = model->output_count;
    int met = 0;

    for (int i = 0; i < features->count; i++) {
        const int16_t *row = model->weights + (size_t)features->at[i] * (size_t)outputs;
        int any = 0;
        for (int k = 0; k < outputs; k++) {
            sums[k] += row[k];
            any |= row[k];
        }
        met += any != 0;
    }
    int64_t length =
        (int64_t)root((uint64_t)(features->count > 0 ? features->count : 1) << 20); /* of 2^10 */
    for (int k = 0; k < outputs; k++) {
        int64_t logit = ((int64_t)sums[k] * 1024) / length + model->bias[k];
        if (logit > MODEL_LOGIT_MAX) logit = MODEL_LOGIT_MAX;
        if (logit < -MODEL_LOGIT_MAX) logit = -MODEL_LOGIT_MAX;
        logits_out[k] = (int32_t)logit;
    }

    return known(met, features->count);
}

void model_evidence(const struct model *model, const struct text *text, int output,
                    struct arena *arena, size_t *from_out, size_t *to_out) {
    uint32_t *points, *places;
    int count = read_points(text, arena, &points, &places);
    int best = 0;
    int from = 0;
    int to = 0;

    for (int i = 1; i + 1 < count; i++) {
        int sum = 0;
        for (int n = 1; n <= NGRAM_MAX && i + n < count; n++) {
            sum += model->weights[(size_t)bucket(points + i, n, model->bits) *
                                      (size_t)model->output_count +
                                  (size_t)output];
            if (sum <= best) continue;
            best = sum;
            from = i;
            to = i + n;
        }
    }
    if (from > 0)
        *from_out = places[from];
    else
        *from_out = 0;
    if (from > 0)
        *to_out = places[to];
    else
        *to_out = 0;
}

/* A check sum of the weights for people to tell two models apart; no protection against anybody. */
static const char *checksum_of(const struct model *model, struct arena *arena) {
    size_t count = ((size_t)1 << model->bits) * (size_t)model->output_count;
    uint32_t hash = (uint32_t)model->output_count;

    for (size_t i = 0; i < count; i++) hash = mix(hash, (uint16_t)model->weights[i]);
    for (int i = 0; i < model->output_count; i++) hash = mix(hash, (uint32_t)model->bias[i]);
    hash =
        mix(mix(mix(hash, (uint32_t)model->own), (uint32_t)model->rules), (uint32_t)model->other);
    return arena_printf(arena, "%08x", hash);
}

void model_write(const struct model *model, struct buf *out) {
    struct arena *work = arena_new();

    buf_printf(out, "redress-model 1\nsource %s\nlicence %s\nchecksum %s\n", model->source,
               model->licence, checksum_of(model, work));
    buf_printf(out, "features character 1-3-grams of normalised text, hashed to %d bits\nbits %d\n",
               model->bits, model->bits);
    buf_printf(out, "join %d %d %d\n", model->own, model->rules, model->other);
    for (int i = 0; i < model->output_count; i++) {
        buf_printf(out, "output %d", model->bias[i]);
        for (int n = 0; n < model->outputs[i].class_count; n++)
            buf_printf(out, " %s",
                       fields_choice_name(contract_classes, model->outputs[i].classes[n]));
        buf_puts(out, "\n");
    }
    buf_puts(out, "\n");
    size_t count = ((size_t)1 << model->bits) * (size_t)model->output_count;
    for (size_t i = 0; i < count; i++) {
        uint16_t weight = (uint16_t)model->weights[i];
        char bytes[2] = {(char)(weight & 0xff), (char)(weight >> 8)};
        buf_add(out, bytes, 2);
    }
    arena_free(work);
}

static int read_output(struct model *model, char *rest, struct err *err) {
    char *save = NULL;
    char *word = strtok_r(rest, " ", &save);

    if (word == NULL || model->output_count == MODEL_OUTPUTS_MAX)
        return err_set(err, "the model's header has an empty output or more than %d of them",
                       MODEL_OUTPUTS_MAX);
    struct model_output *output = &model->outputs[model->output_count];
    model->bias[model->output_count++] = (int32_t)strtol(word, NULL, 10);
    while ((word = strtok_r(NULL, " ", &save)) != NULL) {
        int class_id = fields_choice_value(contract_classes, word);
        if (class_id == 0 || output->class_count == MODEL_OUTPUTS_MAX)
            return err_set(
                err, "the model's header names the class %s, which the contract does not have",
                word);
        output->classes[output->class_count++] = class_id;
    }

    if (output->class_count > 0) return 0;
    return err_set(err, "an output in the model's header names no class");
}

static int read_line(struct model *model, char *line, struct arena *arena, struct err *err) {
    char *rest = strchr(line, ' ');

    if (rest == NULL) return err_set(err, "the model's header has the line \"%.40s\"", line);
    *rest++ = '\0';
    if (strcmp(line, "source") == 0) model->source = arena_strdup(arena, rest);
    if (strcmp(line, "licence") == 0) model->licence = arena_strdup(arena, rest);
    if (strcmp(line, "checksum") == 0) model->checksum = arena_strdup(arena, rest);
    if (strcmp(line, "bits") == 0) model->bits = atoi(rest);
    if (strcmp(line, "join") == 0 &&
        sscanf(rest, "%d %d %d", &model->own, &model->rules, &model->other) != 3)
        return err_set(err, "the model's header says join %s, not three numbers", rest);
    if (strcmp(line, "output") != 0) return 0;
    return read_output(model, rest, err);
}

static int read_weights(struct model *model, const char *bytes, size_t len, struct arena *arena,
                        struct err *err) {
    if (model->bits < BITS_MIN || model->bits > BITS_MAX || model->output_count == 0)
        return err_set(err,
                       "the model's header gives %d bits and %d outputs; %d to %d bits and an "
                       "output are needed",
                       model->bits, model->output_count, BITS_MIN, BITS_MAX);
    size_t count = ((size_t)1 << model->bits) * (size_t)model->output_count;
    if (len != count * 2)
        return err_set(err, "the model has %zu bytes of weights, not %zu: it is cut or damaged",
                       len, count * 2);
    int16_t *weights = arena_alloc(arena, count * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[i] = (int16_t)((uint8_t)bytes[2 * i] | (uint16_t)(uint8_t)bytes[2 * i + 1] << 8);
    model->weights = weights;
    const char *checksum = checksum_of(model, arena);
    if (model->checksum == NULL || strcmp(checksum, model->checksum) != 0)
        return err_set(err, "the model's check sum is %s, not %s: it is damaged", checksum,
                       model->checksum == NULL ? "given" : model->checksum);
    return 0;
}

int model_read(const char *bytes, size_t len, struct arena *arena, const struct model **model_out,
               struct err *err) {
    static const char magic[] = "redress-model 1\n";
    struct model *model = ARENA_NEW(arena, struct model);
    size_t at = strlen(magic);

    if (len < at || memcmp(bytes, magic, at) != 0)
        return err_set(
            err,
            "the file does not begin with \"redress-model 1\": train one with redressctl train");
    while (at < len && bytes[at] != '\n') {
        const char *end = memchr(bytes + at, '\n', len - at);
        if (end == NULL) return err_set(err, "the model's header has no end");
        if (read_line(model, arena_strndup(arena, bytes + at, (size_t)(end - bytes) - at), arena,
                      err) != 0)
            return -1;
        at = (size_t)(end - bytes) + 1;
    }
    if (at == len) return err_set(err, "the model has no weights");
    if (read_weights(model, bytes + at + 1, len - at - 1, arena, err) != 0) return -1;
    *model_out = model;

    return 0;
}
