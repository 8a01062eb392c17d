/* linear_fit: liblinear's problem and its parameters. Its header has names of its own for what ours
 * call model and features, so nothing of classification is included here. */
#include "redressctl/policy/linear_fit.h"

#include <linear.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 20261127 };

struct linear {
    struct arena *arena;
    int rows, features;
    struct feature_node **at;
};

struct linear *linear_new(int rows, int features, struct arena *arena) {
    struct linear *linear = ARENA_NEW(arena, struct linear);

    *linear = (struct linear){.arena = arena, .rows = rows, .features = features};
    linear->at = arena_alloc(arena, ((size_t)rows + 1) * sizeof(struct feature_node *));
    return linear;
}

/* liblinear counts from 1; the last feature is the bias, and behind it stands -1. */
void linear_row(struct linear *linear, int row, const int *indexes, const double *values,
                int count) {
    struct feature_node *nodes = arena_alloc(linear->arena, ((size_t)count + 2) * sizeof *nodes);

    for (int i = 0; i < count; i++) nodes[i] = (struct feature_node){indexes[i] + 1, values[i]};
    nodes[count] = (struct feature_node){linear->features + 1, 1};
    nodes[count + 1] = (struct feature_node){-1, 0};
    linear->at[row] = nodes;
}

static void say_nothing(const char *text) {
    (void)text;
}

bool linear_fit(struct linear *linear, const signed char *sides, double cost_positive,
                double cost_negative, double *weights_out, double *bias_out) {
    struct problem problem = {.n = linear->features + 1, .bias = 1};
    struct arena *work = arena_new();
    int positive = 0;

    problem.x = arena_alloc(work, ((size_t)linear->rows + 1) * sizeof(struct feature_node *));
    problem.y = arena_alloc(work, ((size_t)linear->rows + 1) * sizeof *problem.y);
    for (int i = 0; i < linear->rows; i++) {
        if (!sides[i]) continue;
        positive += sides[i] > 0;
        problem.y[problem.l] = sides[i] > 0 ? 1 : -1;
        problem.x[problem.l++] = linear->at[i];
    }
    bool both = positive > 0 && positive < problem.l;
    if (both) {
        int labels[] = {1, -1};
        double costs[] = {cost_positive, cost_negative};
        struct parameter parameter = {.solver_type = L2R_L2LOSS_SVC_DUAL,
                                      .eps = 0.05,
                                      .C = 1,
                                      .nr_weight = 2,
                                      .weight_label = labels,
                                      .weight = costs};
#if LIBLINEAR_VERSION >= 240
        parameter.regularize_bias = 1; /* as versions before had it */
#endif
        set_print_string_function(say_nothing);
        srand(SEED); /* liblinear's order of rows */
        struct model *model = train(&problem, &parameter);
        double side = model->label[0] == 1 ? 1 : -1;
        for (int i = 0; i < linear->features; i++) weights_out[i] = side * model->w[i];
        *bias_out = side * model->w[linear->features];
        free_and_destroy_model(&model);
    }
    arena_free(work);

    return both;
}

double linear_margin(const struct linear *linear, int row, const double *weights, double bias) {
    double sum = bias;

    for (const struct feature_node *node = linear->at[row]; node->index <= linear->features; node++)
        sum += weights[node->index - 1] * node->value;
    return sum;
}
