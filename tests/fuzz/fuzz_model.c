/* Any bytes as a model: what is read scores any text without a fault. */
#include "base/ids.h"
#include "classification/model.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The check sum would hide what lies behind it: that of the bytes at hand is put in its place. */
static const struct model *read_model(const uint8_t *data, size_t size, struct arena *arena) {
    static const char head[] = "redress-model 3\nsource a\nlicence b\nchecksum ";
    const struct model *model = NULL;
    struct buf whole = {0};
    struct err err = {""};
    char digest[17];

    ids_digest((const char *)data, size, digest);
    buf_printf(&whole, "%s%s\n", head, digest);
    buf_add(&whole, (const char *)data, size);
    if (model_read(whole.at, whole.len, arena, &model, &err)) {
        ASSERT(!model && *err.text);
        if (!model_read((const char *)data, size, arena, &model, &err)) model = NULL;
    }
    buf_free(&whole);
    return model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    const struct model *model = read_model(data, size, arena);
    char words[] = "the cup came broken";
    uint32_t places[sizeof words] = {0};
    const struct text text = {words, sizeof words - 1, places, places};
    struct feature_map map;
    struct model_text looked;
    struct model_scores scores = {0};
    size_t from = 0;
    size_t to = 0;

    features_map(&text, arena, &map);
    if (model) {
        model_look_up(model, &text, &map, arena, &looked);
        model_score_text(&looked, &scores);
        ASSERT(scores.known >= 0 && scores.known <= 1000);
        for (int i = 0; i < model->sign_count; i++)
            ASSERT(scores.signs[i] >= 0 && scores.signs[i] <= 1000);
        model_evidence(&looked, 0, arena, &from, &to);
        ASSERT(from <= to && to < sizeof words);
    }
    arena_free(arena);
    return 0;
}
