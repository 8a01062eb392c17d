/* model: the file. It is a header in lines, an empty line, the features' hashes as
 * little-endian 32-bit numbers, their weights, a byte each, and their rarity, a byte each. */
#include "model.h"

#include "base/ids.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES_MAX = 4 << 20 };

static const char magic[] = "redress-model 4\n";
static const char magic_before[] = "redress-model 3\n"; /* without rarity */

static int columns_of(const struct model *model) {
    return model->output_count + model->sign_count;
}

void model_index(struct model *model, struct arena *arena) {
    uint32_t size = 64;
    while (size < (uint32_t)model->feature_count * 2) size *= 2;
    struct model_slot *slots = arena_alloc(arena, size * sizeof *slots);

    model->mask = size - 1;
    for (int i = 0; i < model->feature_count; i++) {
        uint32_t at = model->hashes[i] & model->mask;
        while (slots[at].number) at = (at + 1) & model->mask;
        slots[at] = (struct model_slot){model->hashes[i], (uint32_t)i + 1};
    }
    model->slots = slots;
}

static void put_hash(struct buf *out, uint32_t hash) {
    char bytes[4];
    for (int i = 0; i < 4; i++) bytes[i] = (char)(hash >> 8 * i & 0xff);
    buf_add(out, bytes, sizeof bytes);
}

static void put_body(const struct model *model, struct buf *out) {
    buf_printf(out, "join %d %d %d\n", model->own, model->rules, model->other);
    buf_printf(out, "sure %d\n", model->sure);
    for (int i = 0; i < model->output_count; i++) {
        buf_printf(out, "output %d %d", model->scale[i], model->bias[i]);
        for (int n = 0; n < model->outputs[i].class_count; n++)
            buf_printf(out, " %s",
                       fields_choice_name(contract_classes, model->outputs[i].classes[n]));
        buf_puts(out, "\n");
    }
    for (int i = 0; i < model->sign_count; i++) {
        const struct model_sign *sign = &model->signs[i];
        int column = model->output_count + i;
        buf_printf(out, "sign %d %d %d %d %d %d %s\n", model->scale[column], model->bias[column],
                   sign->slope, sign->offset, sign->from, sign->by_sentence,
                   fields_choice_name(contract_flags, sign->flag));
    }
    buf_printf(out, "features %d\n\n", model->feature_count);
    for (int i = 0; i < model->feature_count; i++) put_hash(out, model->hashes[i]);
    if (model->feature_count)
        buf_add(out, (const char *)model->weights,
                (size_t)model->feature_count * (size_t)columns_of(model));
    if (model->rarity && model->feature_count)
        buf_add(out, (const char *)model->rarity, (size_t)model->feature_count);
}

/* Of all behind its line: for people to tell two models apart, and a cut file from a whole one; no
 * protection against anybody. */
static const char *checksum_of(const char *body, size_t len, struct arena *arena) {
    char digest[17];
    ids_digest(body, len, digest);
    return arena_strdup(arena, digest);
}

void model_write(const struct model *model, struct buf *out) {
    struct arena *work = arena_new();
    struct buf body = {0};

    put_body(model, &body);
    buf_puts(out, model->rarity ? magic : magic_before);
    buf_printf(out, "source %s\nlicence %s\nchecksum %s\n", model->source, model->licence,
               checksum_of(body.at, body.len, work));
    buf_add(out, body.at, body.len);
    buf_free(&body);
    arena_free(work);
}

static int read_output(struct model *model, const char *rest, struct err *err) {
    if (model->output_count == MODEL_OUTPUTS_MAX || model->sign_count)
        return err_set(err, "the model's header has more than %d outputs, or one behind a sign",
                       MODEL_OUTPUTS_MAX);
    struct model_output *output = &model->outputs[model->output_count];
    int at = 0;
    char name[64];
    if (sscanf(rest, "%d %d%n", &model->scale[model->output_count],
               &model->bias[model->output_count], &at) != 2)
        return err_set(err, "the model's header says output %.40s, not scale, bias and classes",
                       rest);
    for (int used; sscanf(rest + at, " %63s%n", name, &used) == 1; at += used) {
        int class_id = fields_choice_value(contract_classes, name);
        if (class_id == 0 || output->class_count == MODEL_OUTPUTS_MAX)
            return err_set(
                err, "the model's header names the class %s, which the contract does not have",
                name);
        output->classes[output->class_count++] = class_id;
    }
    model->output_count++;

    if (output->class_count > 0) return 0;
    return err_set(err, "an output in the model's header names no class");
}

static int read_sign(struct model *model, const char *rest, struct err *err) {
    char name[64];
    if (model->sign_count == MODEL_SIGNS_MAX)
        return err_set(err, "the model's header has more than %d signs", MODEL_SIGNS_MAX);
    struct model_sign *sign = &model->signs[model->sign_count];
    int by_sentence;
    int column = model->output_count + model->sign_count++;

    if (sscanf(rest, "%d %d %d %d %d %d %63s", &model->scale[column], &model->bias[column],
               &sign->slope, &sign->offset, &sign->from, &by_sentence, name) != 7)
        return err_set(err, "the model's header says sign %.40s, not six numbers and a flag", rest);
    sign->by_sentence = by_sentence != 0;
    sign->flag = fields_choice_value(contract_flags, name);
    if (sign->flag) return 0;
    return err_set(err, "the model's header names the flag %s, which the contract does not have",
                   name);
}

static int read_line(struct model *model, char *line, const char *body, size_t len,
                     struct arena *arena, struct err *err) {
    char *rest = strchr(line, ' ');

    if (rest == NULL) return err_set(err, "the model's header has the line \"%.40s\"", line);
    *rest++ = '\0';
    if (strcmp(line, "source") == 0) model->source = arena_strdup(arena, rest);
    if (strcmp(line, "licence") == 0) model->licence = arena_strdup(arena, rest);
    if (strcmp(line, "output") == 0) return read_output(model, rest, err);
    if (strcmp(line, "sign") == 0) return read_sign(model, rest, err);
    if (strcmp(line, "features") == 0) model->feature_count = atoi(rest);
    if (strcmp(line, "join") == 0 &&
        sscanf(rest, "%d %d %d", &model->own, &model->rules, &model->other) != 3)
        return err_set(err, "the model's header says join %s, not three numbers", rest);
    if (strcmp(line, "sure") == 0 && sscanf(rest, "%d", &model->sure) != 1)
        return err_set(err, "the model's header says sure %.40s, not a number", rest);
    if (strcmp(line, "checksum") != 0) return 0;
    model->checksum = checksum_of(body, len, arena);
    if (strcmp(model->checksum, rest) == 0) return 0;
    return err_set(err, "the model's check sum is %s, not %.20s: it is cut or damaged",
                   model->checksum, rest);
}

static int read_features(struct model *model, const char *bytes, size_t len, bool rarity,
                         struct arena *arena, struct err *err) {
    size_t columns = (size_t)columns_of(model);
    size_t width = 4 + columns + rarity;
    size_t count = (size_t)model->feature_count;
    if (model->output_count == 0 || model->feature_count < 0 || model->feature_count > FEATURES_MAX)
        return err_set(err,
                       "the model's header gives %d outputs and %d features; at least an output, "
                       "and at most %d features are expected",
                       model->output_count, model->feature_count, FEATURES_MAX);
    if (len != count * width)
        return err_set(err, "the model has %zu bytes of weights, not %zu: it is cut or damaged",
                       len, count * width);

    uint32_t *hashes = arena_alloc(arena, (count + 1) * sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        for (int n = 0; n < 4; n++)
            hashes[i] |= (uint32_t)(unsigned char)bytes[4 * i + (size_t)n] << 8 * n;
        if (i > 0 && hashes[i] <= hashes[i - 1])
            return err_set(err, "the model's features are not in order: it is damaged");
    }
    model->hashes = hashes;
    model->weights = (const int8_t *)arena_memdup(arena, bytes + 4 * count, columns * count);
    if (rarity) model->rarity = (const uint8_t *)arena_memdup(arena, bytes + len - count, count);
    model_index(model, arena);
    return 0;
}

int model_read(const char *bytes, size_t len, struct arena *arena, const struct model **model_out,
               struct err *err) {
    struct model *model = ARENA_NEW(arena, struct model);
    size_t at = strlen(magic);

    bool before = len >= at && memcmp(bytes, magic_before, at) == 0;
    if (!before && (len < at || memcmp(bytes, magic, at) != 0))
        return err_set(
            err,
            "the file does not begin with \"redress-model 4\": train one with redressctl train");
    while (at < len && bytes[at] != '\n') {
        const char *end = memchr(bytes + at, '\n', len - at);
        if (end == NULL) return err_set(err, "the model's header has no end");
        char *line = arena_strndup(arena, bytes + at, (size_t)(end - bytes) - at);
        at = (size_t)(end - bytes) + 1;
        if (read_line(model, line, bytes + at, len - at, arena, err) != 0) return -1;
    }
    if (at == len) return err_set(err, "the model has no weights: it is cut");
    if (!model->checksum) return err_set(err, "the model has no check sum");
    if (read_features(model, bytes + at + 1, len - at - 1, !before, arena, err) != 0) return -1;
    *model_out = model;

    return 0;
}
