/* train_folds: which example is measured with which, and what features they share. */
#include "redressctl/policy/train.h"

#include <stdlib.h>

/* A feature, and in which folds it is met, a bit each. */
struct met {
    uint32_t hash;
    unsigned folds;
};

static int by_hash(const void *a, const void *b) {
    uint32_t one = ((const struct met *)a)->hash;
    uint32_t two = ((const struct met *)b)->hash;
    return (one > two) - (one < two);
}

/* Each feature once, ascending; returns how many. */
static size_t join_same(struct met *met, size_t count) {
    size_t kept = 0;

    if (count) qsort(met, count, sizeof *met, by_hash);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && met[kept - 1].hash == met[i].hash)
            met[kept - 1].folds |= met[i].folds;
        else
            met[kept++] = met[i];
    }
    return kept;
}

static struct met *find_met(const struct train_set *set, struct arena *work, size_t *count_out) {
    size_t room = 0;
    size_t count = 0;

    for (int i = 0; i < set->count; i++) room += (size_t)set->at[i].parts.whole.count;
    struct met *met = arena_alloc(work, (room + 1) * sizeof *met);
    for (int i = 0; i < set->count; i++) {
        const struct train_example *example = &set->at[i];
        const struct features *features = &example->parts.whole;
        for (int n = 0; !example->beside && n < features->count; n++)
            met[count++] = (struct met){features->at[n].hash, 1u << example->fold};
    }
    *count_out = join_same(met, count);

    return met;
}

static void keep_met_twice(const struct met *met, size_t count, struct features *features) {
    int kept = 0;

    for (int n = 0; n < features->count; n++) {
        const struct met key = {.hash = features->at[n].hash};
        const struct met *found = bsearch(&key, met, count, sizeof *met, by_hash);
        if (found && (found->folds & (found->folds - 1))) features->at[kept++] = features->at[n];
    }
    features->count = kept;
}

static void keep_shared(struct train_set *set) {
    struct arena *work = arena_new();
    size_t count;
    const struct met *met = find_met(set, work, &count);

    for (int i = 0; i < set->count; i++) {
        struct feature_parts *parts = &set->at[i].parts;
        keep_met_twice(met, count, &parts->whole);
        for (int n = 0; n < parts->count; n++) keep_met_twice(met, count, &parts->sentences[n]);
    }
    arena_free(work);
}

void train_folds(struct train_set *set) {
    int seen[MODEL_OUTPUTS_MAX] = {0};

    for (int i = 0; i < set->count; i++) {
        struct train_example *example = &set->at[i];
        if (example->beside)
            example->fold = TRAIN_BESIDE;
        else
            example->fold = seen[example->output]++ % TRAIN_FOLDS;
    }
    if (set->shared) keep_shared(set);
}
