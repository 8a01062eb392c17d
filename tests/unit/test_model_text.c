/* model_text: a text that was looked up once gives what its stretches would give by themselves. */
#include "classification/classification.h"
#include "data/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define POLICIES REDRESS_SOURCE_DIR "/deploy/policies"

/* What the walks, sentences and clauses could be confused by: pairs of words with signs and other
 * script between, words too long to be one, numbers with stops, ends without a sign, blanks. */
static const char *const texts[] = {
    "",
    "。",
    "坏了",
    "杯子坏了，我要退货。客服不理人！再不处理我就去12315投诉；差评",
    "The cup came broken. I want my money back, or I will post this everywhere!",
    "refund 中文 refund, 3.5 stars. broken 坏 broken 坏 broken; it's #1",
    ("aaaaabbbbbcccccdddddeeeeefffffggggghhhhhiiiii late parcel "
     "aaaaabbbbbcccccdddddeeeeefffffggggg "
     "hhhhhiiiii lost. Where is it?"),
    "\n\n  第一行没有发货\n第二行要退款\n\n>",
    "质量太差质量太差质量太差质量太差 too bad too bad too bad. too bad. 质量太差。",
};
enum { TEXTS = sizeof texts / sizeof *texts };

struct world {
    struct arena *arena;
    const struct policy *policy;
    struct text text;
    struct feature_map map;
    struct model_text looked;
};

static int set_up(void **state) {
    struct arena *arena = arena_new();
    struct world *world = ARENA_NEW(arena, struct world);
    struct faults faults = {.arena = arena};
    const struct tree *file;
    const char *version;
    void *policy;
    struct err err;

    if (yaml_read_file(arena, POLICIES "/classification.yaml", &file, &err) != 0) return -1;
    if (policy_load(file, POLICIES, arena, &policy, &version, &faults) != 0) return -1;
    world->arena = arena;
    world->policy = policy;
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    arena_free(world->arena);
    return 0;
}

static void look(struct world *world, const char *text) {
    classification_read(world->policy, text, world->arena, &world->text);
    features_map(&world->text, world->arena, &world->map);
    model_look_up(world->policy->model, &world->text, &world->map, world->arena, &world->looked);
}

/* All of them, behind one another: several hundred places, sentences of each kind. */
static const char *all_texts(struct world *world) {
    const char *all = "";
    for (int i = 0; i < TEXTS; i++) all = arena_printf(world->arena, "%s %s", all, texts[i]);
    return all;
}

static void check_text(struct world *world, const char *text) {
    const struct model *model = world->policy->model;
    struct model_scores wanted;
    struct model_scores got;
    struct feature_parts parts;

    look(world, text);
    features_parts(&world->text, world->arena, &parts);
    model_score_parts(model, &parts, &wanted);
    model_score_text(&world->looked, &got);
    assert_int_equal(got.known, wanted.known);
    for (int i = 0; i < model->output_count; i++) assert_int_equal(got.logits[i], wanted.logits[i]);
    for (int i = 0; i < model->sign_count; i++) {
        assert_int_equal(got.margins[i], wanted.margins[i]);
        assert_int_equal(got.signs[i], wanted.signs[i]);
    }
}

static void test_whole_and_sentences(void **state) {
    struct world *world = *state;

    for (int i = 0; i < TEXTS; i++) check_text(world, texts[i]);
    check_text(world, all_texts(world));
}

/* The sentences of a text, bars between them; one that is a single sentence has none. */
static void test_sentences(void **state) {
    static const struct {
        const char *text, *sentences;
    } rows[] = {
        {"the parcel came late. the cup was broken", "the parcel came late. |the cup was broken|"},
        {"the parcel came late! why? the cup was broken",
         "the parcel came late! |the cup was broken|"}, /* too short to say something */
        {"no. the parcel came late", "the parcel came late|"},
        {"the cup was broken, at 3.5 kg", ""},
        {"the cup was broken.", ""},
        {"no", ""},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = "";
        size_t from, to;
        look(world, rows[i].text);
        for (size_t at = 0; features_sentence(&world->text, &at, &from, &to);)
            found = arena_printf(world->arena, "%s%.*s|", found, (int)(to - from),
                                 world->text.at + from);
        assert_string_equal(found, rows[i].sentences);
    }
}

static void check_stretch(struct world *world, size_t from, size_t to) {
    const struct model *model = world->policy->model;
    const struct text stretch = {.at = world->text.at + from,
                                 .len = to - from,
                                 .from = world->text.from + from,
                                 .to = world->text.to + from};
    struct features features;
    struct model_scores wanted;
    struct model_scores got;

    features_of(&stretch, world->arena, &features);
    model_score(model, &features, &wanted);
    model_score_stretch(&world->looked, from, to, &got);
    assert_int_equal(got.known, wanted.known);
    for (int i = 0; i < model->output_count; i++) assert_int_equal(got.logits[i], wanted.logits[i]);
}

/* Between any two signs, not only neighbours. */
static void test_stretches(void **state) {
    static const char signs[] = ",.!?;:\n";
    struct world *world = *state;

    for (int i = 0; i < TEXTS; i++) {
        look(world, texts[i]);
        const struct text *text = &world->text;
        for (size_t from = 0; from < text->len; from++) {
            if (from > 0 && !strchr(signs, text->at[from - 1])) continue;
            for (size_t to = from; to <= text->len; to++)
                if (to == text->len || strchr(signs, text->at[to])) check_stretch(world, from, to);
        }
    }
}

/* By the definition: each place with all that lies in it among the 64 up to it. */
static void best_place(const struct world *world, int column, size_t *from_out, size_t *to_out) {
    const struct model *model = world->policy->model;
    int columns = model->output_count + model->sign_count;
    const struct feature_place *places = world->map.places;
    int64_t best = 0;

    *from_out = *to_out = 0;
    for (int i = 0; i < world->map.count; i++) {
        int64_t sum = 0;
        for (int n = i; n >= 0 && n > i - 64; n--) {
            int feature = world->looked.found[places[n].number];
            if (feature < 0 || places[n].from < places[i].from || places[n].to > places[i].to)
                continue;
            sum += model_weigh(model->rarity, feature, MODEL_RARITY_ONE) *
                   model->weights[feature * columns + column];
        }
        if (sum <= best) continue;
        best = sum;
        *from_out = places[i].from;
        *to_out = places[i].to;
    }
}

static void test_evidence(void **state) {
    struct world *world = *state;
    const struct model *model = world->policy->model;
    int found = 0;

    for (int i = 0; i <= TEXTS; i++) {
        look(world, i < TEXTS ? texts[i] : all_texts(world));
        for (int column = 0; column < model->output_count + model->sign_count; column++) {
            size_t from, to, wanted_from, wanted_to;
            best_place(world, column, &wanted_from, &wanted_to);
            model_evidence(&world->looked, column, world->arena, &from, &to);
            assert_int_equal(from, wanted_from);
            assert_int_equal(to, wanted_to);
            found += to > from;
        }
    }
    assert_true(found > 100);
}

/* Weights that do not fit 16 bits, and sums that do not fit 32. */
static void test_heavy(void **state) {
    enum { FEATURES = 3000 };
    struct world *world = *state;
    static const uint8_t rarity[FEATURES] = {[0 ... FEATURES - 1] = 255};
    struct model model = {.output_count = 2, .feature_count = FEATURES, .rarity = rarity};
    uint32_t *hashes = arena_alloc(world->arena, FEATURES * sizeof *hashes);
    int8_t *weights = arena_alloc(world->arena, FEATURES * 2);
    struct feature *at = arena_alloc(world->arena, FEATURES * sizeof *at);
    int64_t sums[2] = {0};
    double square = 0;
    struct model_scores scores;

    for (int i = 0; i < FEATURES; i++) {
        hashes[i] = (uint32_t)i * 7 + 1;
        weights[2 * i] = 127;
        weights[2 * i + 1] = i % 3 ? -128 : 1;
        at[i] = (struct feature){hashes[i], features_weight((uint32_t)(i % 50) * 1000 + 1)};
        int64_t weight = (int64_t)at[i].weight * 255 / MODEL_RARITY_ONE;
        square += (double)(weight * weight);
        for (int k = 0; k < 2; k++) sums[k] += weight * weights[2 * i + k];
    }
    model.hashes = hashes;
    model.weights = weights;
    model.scale[0] = model.scale[1] = 1000;
    model_index(&model, world->arena);
    model_score(&model, &(struct features){at, FEATURES}, &scores);

    assert_true(sums[0] > INT32_MAX);
    int64_t length = 0;
    while ((double)((length + 1) * (length + 1)) <= square) length++;
    for (int k = 0; k < 2; k++)
        assert_int_equal(scores.logits[k], sums[k] * model.scale[k] / length / 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_and_sentences), cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_stretches), cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_heavy)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
